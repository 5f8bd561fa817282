/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruling.h"

#include <string.h>

#include "../compiler/translate.h"

#define GOVERNANCE "governance"

typedef struct {
    const KjQuestion *question;
    KjRuling *ruling;
    const KjPolicy *governance; /* NULL: there is none */
} Ruling;

static void step_free(gpointer data) {
    KjStep *step = data;
    kj_judgement_free(step->judgement);
    g_strfreev(step->authors);
    g_free(step);
}

/* ---- authors ---- */

static void add_name(GPtrArray *names, const char *name) {
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return;
    g_ptr_array_add(names, g_strdup(name));
}

static void add_authors(const KjQuestion *question, const KjSigned *link, const char *unit, const char *result, GPtrArray *names) {
    KjStatementKind kind = kj_statement_kind(link->statement);
    if ((kind != KJ_STATEMENT_PROPOSAL && kind != KJ_STATEMENT_EMERGENCY) ||
        strcmp(kj_statement_get(link->statement, "context"), question->context) != 0 || !kj_lists_change(link->statement, unit, result))
        return;
    const char *person = kj_root_person(question->root, link->key, question->serial);
    if (!person) /* a key of nobody's proposes nothing */
        return;
    if (kind == KJ_STATEMENT_PROPOSAL)
        for (const char *const *author = kj_statement_list(link->statement, "author"); *author; author++)
            add_name(names, *author);
    add_name(names, person);
}

static char **authors_of(const KjQuestion *question, const char *unit, const char *result) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint c = 0; c < question->chains->len; c++) {
        const GPtrArray *chain = question->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++)
            add_authors(question, chain->pdata[i], unit, result, names);
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* Governance may ask who wrote it; of several the first in their chains' order. Kept with the needs it was asked for. */
static const char *first_author(gpointer data, const char *unit, const char *result) {
    const Ruling *about = data;
    g_auto(GStrv) authors = authors_of(about->question, unit, result);
    return *authors ? g_intern_string(*authors) : NULL;
}

/* ---- one step ---- */

static KjNeeds *needs_between(Ruling *about, const KjSide *base, const KjSide *result) {
    const KjAsked asked = { .governance = about->governance,
                            .emergency = about->question->emergency != NULL,
                            .instant = about->question->date,
                            .author_of = first_author,
                            .data = about };
    return kj_needs_new(base, result, &asked);
}

static KjStep *step_new(const Ruling *about, const KjNeed *need) {
    const KjQuestion *question = about->question;
    KjStep *step = g_new0(KjStep, 1);
    step->need = need;
    step->authors = authors_of(question, need->name, kj_unit_digest(need->result));
    step->proposed = *step->authors != NULL;
    if (about->ruling->by_thresholds) {
        step->met = TRUE;
        return step;
    }
    const KjCircumstances circumstances = { question->root,   question->serial,    question->date, question->context, (const char *const *)step->authors,
                                            question->chains, question->emergency, question->since ? question->since(question->data, need->name) : G_MININT64 };
    step->judgement = kj_judgement_new(need, &circumstances);
    step->met = step->judgement->met && step->proposed;
    return step;
}

/* ---- several steps ---- */

/* A unit of its own pieces alone. Kept with the ruling; NULL when it does not compile to the same unit. */
static const KjWorkspace *alone(Ruling *about, KjWorkspace *workspace, const char *unit, const char *digest) {
    if (!workspace)
        return NULL;
    g_ptr_array_add(about->ruling->workspaces, workspace);
    const KjUnit *found = workspace->units ? kj_units_find(workspace->units, unit) : NULL;
    return found && strcmp(found->digest, digest) == 0 ? workspace : NULL;
}

static const KjWorkspace *alone_now(Ruling *about, const KjUnit *unit) {
    g_autoptr(GArray) files = kj_release_files(unit);
    return alone(about, kj_workspace_new_files((const KjUnitFile *)(void *)files->data, files->len, unit->name, NULL), unit->name,
                 unit->digest);
}

static const KjWorkspace *alone_then(Ruling *about, const char *unit, const char *digest) {
    const KjQuestion *question = about->question;
    return question->approved ? alone(about, question->approved(question->data, unit, digest), unit, digest) : NULL;
}

static KjSide side_of(const KjWorkspace *workspace) {
    return workspace ? (KjSide){ workspace->compilation, workspace->units } : (KjSide){ NULL, NULL };
}

/* The step from one text of the unit to another; NULL when they do not differ. */
static KjStep *step_between(Ruling *about, const KjWorkspace *from, const KjWorkspace *to, const char *unit) {
    const KjSide base = side_of(from), result = side_of(to);
    KjNeeds *needs = needs_between(about, &base, &result);
    g_ptr_array_add(about->ruling->partial, needs);
    const KjNeed *need = kj_needs_find(needs, unit);
    return need ? step_new(about, need) : NULL;
}

/* Of the base, whether its text is here or not. */
static const char *base_of(const Ruling *about, const KjNeed *need) {
    const KjQuestion *question = about->question;
    const char *pinned = !need->base && question->pinned ? question->pinned(question->data, need->name) : NULL;
    return pinned ? pinned : kj_unit_digest(need->base);
}

static const KjWorkspace *base_text(Ruling *about, const KjNeed *need) {
    return need->base ? alone_now(about, need->base) : alone_then(about, need->name, base_of(about, need));
}

/* base -> texts[0] -> ... -> result; NULL unless every text is there and every step but the first is one of words. */
static GPtrArray *walk(Ruling *about, const KjNeed *need, const char *const *texts) {
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);
    gboolean is_new = strcmp(base_of(about, need), KJ_STATEMENT_NONE) == 0;
    const KjWorkspace *from = is_new ? NULL : base_text(about, need);
    if (!need->result || (!is_new && !from))
        return NULL;
    for (guint i = 0;; i++) {
        const KjWorkspace *to = texts[i] ? alone_then(about, need->name, texts[i]) : alone_now(about, need->result);
        KjStep *step = to ? step_between(about, from, to, need->name) : NULL;
        if (!step)
            return NULL;
        g_ptr_array_add(steps, step);
        if (i > 0 && !kj_need_is_wording(step->need))
            return NULL;
        if (!texts[i])
            return g_steal_pointer(&steps);
        from = to;
    }
}

static gboolean all_met(const GPtrArray *steps) {
    for (guint i = 0; i < steps->len; i++)
        if (!((const KjStep *)steps->pdata[i])->met)
            return FALSE;
    return TRUE;
}

/* The texts between base and result, in their order, as the release lists them. Free the array alone. */
static const char **listed_texts(const Ruling *about, const KjNeed *need) {
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    const char *at = base_of(about, need), *end = kj_unit_digest(need->result);
    const GPtrArray *listed = about->question->listed;
    for (guint turn = 0; turn < listed->len && strcmp(at, end) != 0; turn++) { /* no longer than the list: it may be a ring */
        const char *next = NULL;
        for (guint i = 0; i < listed->len; i++) {
            const KjListedChange *change = listed->pdata[i];
            if (strcmp(change->unit, need->name) == 0 && strcmp(change->base, at) == 0)
                next = change->result;
        }
        if (!next)
            break;
        at = next;
        if (strcmp(at, end) != 0)
            g_ptr_array_add(texts, (gpointer)at);
    }
    g_ptr_array_add(texts, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
}

/* Texts that somebody approved instead of this result, the latest first in each chain. Free the array alone. */
static GPtrArray *approved_texts(const Ruling *about, const KjNeed *need) {
    GPtrArray *texts = g_ptr_array_new();
    for (guint c = 0; c < about->question->chains->len; c++) {
        const GPtrArray *chain = about->question->chains->pdata[c];
        for (guint i = chain->len; i-- > 0;) {
            const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
            KjStatementKind kind = kj_statement_kind(statement);
            if ((kind != KJ_STATEMENT_APPROVAL && kind != KJ_STATEMENT_RECORD) ||
                strcmp(kj_statement_get(statement, "unit"), need->name) != 0 ||
                strcmp(kj_statement_get(statement, "context"), about->question->context) != 0 ||
                strcmp(kj_statement_get(statement, "base"), kj_unit_digest(need->base)) != 0 ||
                strcmp(kj_statement_get(statement, "result"), kj_unit_digest(need->result)) == 0)
                continue;
            if (!g_ptr_array_find_with_equal_func(texts, kj_statement_get(statement, "result"), g_str_equal, NULL))
                g_ptr_array_add(texts, (gpointer)kj_statement_get(statement, "result"));
        }
    }
    return texts;
}

static GPtrArray *one_step(const Ruling *about, const KjNeed *need) {
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
    g_ptr_array_add(steps, step_new(about, need));
    return steps;
}

static GPtrArray *steps_of(Ruling *about, const KjNeed *need) {
    g_autoptr(GPtrArray) direct = one_step(about, need);
    if (about->question->listed) {
        g_autofree const char **texts = listed_texts(about, need);
        gboolean apart = !need->base && strcmp(base_of(about, need), KJ_STATEMENT_NONE) != 0; /* the base is not in the workspace */
        GPtrArray *steps = *texts || apart ? walk(about, need, texts) : NULL;
        return steps ? steps : g_steal_pointer(&direct);
    }
    if (!all_met(direct) && !about->question->emergency) {
        g_autoptr(GPtrArray) approved = approved_texts(about, need), best = NULL;
        for (guint i = 0; i < approved->len; i++) {
            const char *const texts[] = { approved->pdata[i], NULL };
            g_autoptr(GPtrArray) steps = walk(about, need, texts);
            if (steps && all_met(steps))
                return g_steal_pointer(&steps);
            if (steps && !best && ((const KjStep *)steps->pdata[0])->met)
                best = g_steal_pointer(&steps); /* the words alone are still to be agreed to */
        }
        if (best)
            return g_steal_pointer(&best);
    }
    return g_steal_pointer(&direct);
}

/* ---- the whole ---- */

static const KjPolicy *governance_of(const KjSide *side) {
    const KjPolicy *policy = side->compilation ? side->compilation->policy : NULL;
    for (const KjBlock *block = policy ? policy->blocks : NULL; block; block = block->next)
        if (strcmp(block->domain->name, GOVERNANCE) == 0)
            return policy;
    return NULL;
}

KjRuling *kj_ruling_new(const KjQuestion *question) {
    KjRuling *ruling = g_new0(KjRuling, 1);
    Ruling about = { question, ruling, governance_of(question->base) };
    ruling->by_thresholds = !about.governance;
    ruling->steps = g_ptr_array_new_with_free_func(step_free);
    ruling->workspaces = g_ptr_array_new_with_free_func((GDestroyNotify)kj_workspace_free);
    ruling->partial = g_ptr_array_new_with_free_func((GDestroyNotify)kj_needs_free);
    ruling->needs = needs_between(&about, question->base, question->result);
    for (guint i = 0; i < ruling->needs->needs->len; i++) {
        const KjNeed *need = ruling->needs->needs->pdata[i];
        if (strcmp(base_of(&about, need), kj_unit_digest(need->result)) == 0)
            continue; /* it was so before, and only comes along now */
        g_autoptr(GPtrArray) steps = steps_of(&about, need);
        while (steps->len > 0)
            g_ptr_array_add(ruling->steps, g_ptr_array_steal_index(steps, 0));
    }
    ruling->met = all_met(ruling->steps);
    return ruling;
}

void kj_ruling_free(KjRuling *ruling) {
    if (!ruling)
        return;
    g_ptr_array_unref(ruling->steps); /* judgements point at needs, needs at workspaces */
    g_ptr_array_unref(ruling->partial);
    kj_needs_free(ruling->needs);
    g_ptr_array_unref(ruling->workspaces);
    g_free(ruling);
}

/* ---- in words ---- */

static void tell_seats(const KjJudgement *judgement, GString *out) {
    for (guint i = 0; i < judgement->requirements->len; i++) {
        const KjRequirement *requirement = &g_array_index(judgement->requirements, KjRequirement, i);
        guint missing = 0;
        for (guint s = 0; s < judgement->quorum.seat_count; s++)
            missing += judgement->quorum.seats[s].requirement == i && !judgement->quorum.seats[s].person;
        if (missing == 0)
            continue;
        g_string_append_printf(
            out, g_dngettext(GETTEXT_PACKAGE, "%s%u approval of %s is missing (%s)", "%s%u approvals of %s are missing (%s)", missing),
            out->len ? _("; ") : "", missing, requirement->group, requirement->label);
    }
}

static void tell_vetoes(const KjJudgement *judgement, GString *out) {
    for (guint i = 0; i < judgement->vetoes->len; i++) {
        const KjVoice *veto = &g_array_index(judgement->vetoes, KjVoice, i);
        if (veto->state == KJ_VOICE_COUNTS)
            g_string_append_printf(out, _("%s%s has vetoed it: %s"), out->len ? _("; ") : "", veto->person,
                                   kj_statement_get(veto->statement->statement, "reason"));
    }
}

char *kj_step_missing(const KjStep *step) {
    g_autoptr(GString) out = g_string_new(NULL);
    const KjJudgement *judgement = step->judgement;
    if (step->met)
        return NULL;
    if (!step->proposed)
        g_string_append(out, _("nobody has proposed it: kijun propose"));
    if (step->need->refused)
        g_string_append_printf(out, "%s%s", out->len ? _("; ") : "", step->need->refused);
    tell_seats(judgement, out);
    if (judgement->quorum.missing > 0 && *judgement->helpful) {
        g_autofree char *helpful = g_strjoinv(_(", "), (char **)judgement->helpful);
        g_string_append_printf(out, _("; %s could give one"), helpful);
    } else if (judgement->quorum.missing > 0) {
        g_string_append(out, _("; nobody is left who could give it"));
    }
    tell_vetoes(judgement, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *kj_step_line(const KjStep *step) {
    const KjNeed *need = step->need;
    return g_strdup_printf("%s %s %s %s %s", need->name, kj_unit_digest(need->base), kj_unit_digest(need->result),
                           kj_change_verdict_name(need->verdict), need->weakens ? "yes" : "no");
}
