/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a release carries and changes: its sources are, unit by unit, what its statement pins; every change is listed for what it is; and those who must have agreed to each.
 * All of it is computed here from the two texts, by the same judge as an author's desk uses (ruling.h).
 */
#include "verifier_private.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "ruling.h"

#define REST "*"

/* ---- what it carries ---- */

/* The first message of the compiler, in one line. */
static char *first_problem(const KjWorkspace *workspace) {
    g_autoptr(GString) text = g_string_new(NULL);
    kj_diagnostics_print_text(workspace->compilation->diagnostics, workspace->compilation->sources, FALSE, text);
    return g_strndup(text->str, strcspn(text->str, "\n"));
}

static gboolean judge_units(const KjJudged *judged) {
    const GPtrArray *units = judged->workspace->units;
    for (guint i = 0; i < units->len; i++) {
        const KjUnit *unit = units->pdata[i];
        const char *pin = kj_release_pin(judged->statement, unit->name);
        if (strcmp(unit->name, REST) == 0) {
            if (unit->parts->len > 0)
                return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources hold more than its units, in %s"),
                              ((const KjUnitPart *)unit->parts->pdata[0])->path);
        } else if (!pin) {
            return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources hold %s, of which it says nothing"), unit->name);
        } else if (strcmp(pin, unit->digest) != 0) {
            return REFUSE(judged, KJ_ATTACK_MIX, _("its sources of %s are not those that it names"), unit->name);
        }
    }
    for (const char *const *name = kj_statement_list(judged->statement, "enforces"); *name; name++)
        if (!kj_units_find(units, *name))
            return REFUSE(judged, KJ_ATTACK_MIX, _("it enforces %s, and does not bring it"), *name);
    return TRUE;
}

/* What was there is there, or is gone from the release altogether (and that was agreed to). */
static gboolean judge_continuity(const KjJudged *judged) {
    const KjWorkspace *base = kj_verifier_lasting_workspace(judged->verifier);
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    if (!base)
        return TRUE;
    for (guint i = 0; i < base->units->len; i++) {
        const KjUnit *unit = base->units->pdata[i];
        if (strcmp(unit->name, REST) != 0 && kj_release_pin(judged->statement, unit->name) &&
            !kj_units_find(judged->workspace->units, unit->name))
            return REFUSE(judged, KJ_ATTACK_MIX, _("it does not bring %s any more, which it names"), unit->name);
    }
    for (const char *const *name = kj_statement_list(lasting->sealed->statement, "enforces"); *name; name++) {
        const char *before = kj_release_pin(lasting->sealed->statement, *name), *after = kj_release_pin(judged->statement, *name);
        if (after && strcmp(before, after) == 0 && !g_strv_contains(kj_statement_list(judged->statement, "enforces"), *name))
            return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("it does not enforce %s any more, of which nothing has changed"), *name);
    }
    return TRUE;
}

gboolean kj_verifier_judge_sources(KjJudged *judged) {
    judged->workspace = kj_link_workspace(judged->verifier->repository, judged->link, judged->error);
    if (!judged->workspace)
        return kj_verifier_name(judged->verifier, judged->error, KJ_ATTACK_EXTRANEOUS);
    if (!judged->workspace->units) {
        g_autofree char *problem = first_problem(judged->workspace);
        return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources are no policy: %s"), problem);
    }
    return judge_units(judged) && judge_continuity(judged);
}

/* ---- what it changes ---- */

static const KjListedChange *find_listed(const GPtrArray *listed, const char *unit, const char *base) {
    for (guint i = 0; i < listed->len; i++) {
        const KjListedChange *change = listed->pdata[i];
        if (strcmp(change->unit, unit) == 0 && strcmp(change->base, base) == 0)
            return change;
    }
    return NULL;
}

/* Every unit whose pin is another than before is among the changes, also those that are not brought. */
static gboolean judge_pins(const KjJudged *judged, const GPtrArray *listed) {
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    const KjStatement *before = lasting ? lasting->sealed->statement : NULL;
    const KjStatement *const sides[] = { before, judged->statement };
    for (guint side = 0; side < G_N_ELEMENTS(sides); side++) {
        for (const char *const *line = sides[side] ? kj_statement_list(sides[side], "unit") : (const char *const[]){ NULL }; *line;
             line++) {
            g_autofree char *unit = g_strndup(*line, strcspn(*line, " "));
            const char *old_pin = before ? kj_release_pin(before, unit) : NULL, *new_pin = kj_release_pin(judged->statement, unit);
            if (g_strcmp0(old_pin, new_pin) != 0 && !find_listed(listed, unit, old_pin ? old_pin : KJ_STATEMENT_NONE))
                return REFUSE(judged, KJ_ATTACK_MIX, _("it changes %s, and does not say so"), unit);
        }
    }
    return TRUE;
}

/* The step is listed for what it is, or for something graver. */
static gboolean judge_listed(const KjJudged *judged, const GPtrArray *listed, const KjStep *step) {
    g_autofree char *line = kj_step_line(step);
    g_auto(GStrv) words = g_strsplit(line, " ", 5);
    for (guint i = 0; i < listed->len; i++) {
        const KjListedChange *change = listed->pdata[i];
        if (strcmp(change->unit, words[0]) == 0 && strcmp(change->base, words[1]) == 0 && strcmp(change->result, words[2]) == 0 &&
            strcmp(change->verdict, words[3]) == 0 && (change->weakens || !step->need->weakens))
            return TRUE;
    }
    return REFUSE(judged, KJ_ATTACK_MIX, _("what it does to %s is: %s; and it does not say so"), step->need->name,
                  kj_change_verdict_name(step->need->verdict));
}

/* Within what time whoever rules wants an emergency ratified; 0: nobody does. */
static guint64 ratify_within(const KjRuling *ruling) {
    guint64 within = 0;
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjNeed *need = ((const KjStep *)ruling->steps->pdata[i])->need;
        if (need->ratify_within == 0)
            return 0;
        within = within ? MIN(within, need->ratify_within) : need->ratify_within;
    }
    return within;
}

static gboolean judge_bound(const KjJudged *judged, const KjRuling *ruling) {
    gint64 date = kj_statement_instant(judged->statement, "date");
    guint64 within = ratify_within(ruling);
    if (!judged->emergency)
        return TRUE;
    if (ruling->by_thresholds || within == 0)
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED,
                      _("no rule of the governance in force says within what time such an emergency is ratified, so there can be none"));
    if (kj_statement_instant(judged->emergency, "until") - date > (gint64)within)
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED,
                      _("its emergency lasts longer than the %" PRIu64 " hours within which it must be ratified"), within / 3600);
    return TRUE;
}

static gboolean judge_steps(const KjJudged *judged, const GPtrArray *listed, const KjRuling *ruling) {
    gboolean expired = kj_statement_instant(judged->statement, "date") >= kj_statement_instant(kj_root_statement(judged->root), "expires");
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        KjChangeVerdict verdict = step->need->verdict;
        if (strcmp(step->need->name, REST) == 0) /* nothing of it is brought */
            continue;
        if (!judge_listed(judged, listed, step))
            return FALSE;
        if (!step->met) {
            g_autofree char *missing = kj_step_missing(step);
            return REFUSE(judged, KJ_ATTACK_UNAPPROVED, "%s: %s", step->need->name, missing);
        }
        if (expired && (verdict == KJ_CHANGE_WIDENS || verdict == KJ_CHANGE_MIXED || step->need->weakens))
            return REFUSE(judged, KJ_ATTACK_EXPIRED,
                          _("root %" PRIu64 " expired at %s, and under it nothing is widened any more; %s would be"),
                          kj_root_version(judged->root), kj_statement_get(kj_root_statement(judged->root), "expires"), step->need->name);
    }
    return TRUE;
}

static const char *pinned_of(gpointer data, const char *unit) {
    const KjLink *lasting = kj_verifier_lasting(((const KjJudged *)data)->verifier);
    return lasting ? kj_release_pin(lasting->sealed->statement, unit) : NULL;
}

static gint64 since_of(gpointer data, const char *unit) {
    return kj_verifier_since(((const KjJudged *)data)->verifier, unit);
}

static KjWorkspace *read_approved(gpointer data, const char *unit, const char *digest) {
    const KjJudged *judged = data;
    (void)unit;
    return kj_link_step(judged->verifier->repository, judged->link, digest, NULL);
}

gboolean kj_verifier_judge_change(KjJudged *judged) {
    const KjWorkspace *before = kj_verifier_lasting_workspace(judged->verifier);
    const KjSide base = { before ? before->compilation : NULL, before ? before->units : NULL },
                 result = { judged->workspace->compilation, judged->workspace->units };
    g_autoptr(GPtrArray) listed = kj_listed_changes(judged->statement), chains = kj_verifier_chains(judged->verifier);
    const KjQuestion question = { .base = &base,
                                  .result = &result,
                                  .root = judged->root,
                                  .serial = kj_statement_number(judged->statement, "serial"),
                                  .date = kj_statement_instant(judged->statement, "date"),
                                  .context = judged->verifier->context,
                                  .chains = chains,
                                  .emergency = judged->emergency,
                                  .listed = listed,
                                  .approved = read_approved,
                                  .pinned = pinned_of,
                                  .since = since_of,
                                  .data = judged };
    if (!judge_pins(judged, listed))
        return FALSE;
    g_autoptr(KjRuling) ruling = kj_ruling_new(&question);
    return judge_steps(judged, listed, ruling) && judge_bound(judged, ruling);
}
