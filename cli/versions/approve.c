/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun approve: yes to a change, unit by unit.
 *
 * What an approval says is computed here, from the two texts: never from the proposal, which only names them. Without UNIT the units are
 * those in which the person's yes would help. What could never count is refused before it is signed, with the reason; who wonders later why
 * his word was worth nothing has been served badly.
 *
 * The same command signs an emergency beside others, ratifies one, and attests a decision that was made on paper.
 */
#include "config.h"

#include <kijun/plugin.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

#define EXPIRES "90d"

static char *expires, **overrules, *emergency, *ratify, *document, *decided, **by;

const GOptionEntry kj_options_approve[] = {
    { "expires", 0, 0, G_OPTION_ARG_STRING, &expires, N_("How long the approval waits for its release (90d)"), "DURATION" },
    { "overrules", 0, 0, G_OPTION_ARG_STRING_ARRAY, &overrules, N_("In the knowledge of this veto; may be given several times"), "DIGEST" },
    { "emergency", 0, 0, G_OPTION_ARG_STRING, &emergency, N_("Sign this emergency too"), "DIGEST" },
    { "ratify", 0, 0, G_OPTION_ARG_STRING, &ratify, N_("Agree afterwards to this emergency"), "DIGEST" },
    { "record", 0, 0, G_OPTION_ARG_STRING, &document, N_("Attest that it was decided on paper, in this document; two people must"),
      "DOCUMENT" },
    { "decided", 0, 0, G_OPTION_ARG_STRING, &decided, N_("The day of that decision"), "DATE" },
    { "by", 0, 0, G_OPTION_ARG_STRING_ARRAY, &by, N_("Who decided it; may be given several times"), "NAME" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

/* ---- what could never count ---- */

gboolean kj_desk_stands_in(const KjSitting *sitting, const KjStep *step, const char *person) {
    for (guint c = 0; c < sitting->desk->chains->len; c++) {
        const GPtrArray *chain = sitting->desk->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
            if (kj_statement_kind(statement) == KJ_STATEMENT_DELEGATION && strcmp(kj_statement_get(statement, "to"), person) == 0 &&
                g_strv_contains((const char *const *)step->authors, kj_statement_get(statement, "signer")) &&
                sitting->now < kj_statement_instant(statement, "until") && !kj_chain_takes_back(chain, kj_statement_digest(statement)))
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean has_agreed(const KjStep *step, const char *person) {
    return g_strv_contains((const char *const *)step->judgement->agreed, person);
}

static gboolean is_helpful(const KjStep *step, const char *person) {
    return g_strv_contains((const char *const *)step->judgement->helpful, person);
}

/* "people.committee (policy), people.ciso (grave)", and whether the person is of one. Free with g_free. */
static char *groups_of(const KjStep *step, const char *person, gboolean *member) {
    g_autoptr(GString) out = g_string_new(NULL);
    *member = FALSE;
    for (guint i = 0; i < step->judgement->requirements->len; i++) {
        const KjRequirement *requirement = &g_array_index(step->judgement->requirements, KjRequirement, i);
        g_string_append_printf(out, "%s%s (%s)", out->len ? _(", ") : "", requirement->group, requirement->label);
        *member = *member || g_strv_contains(requirement->people, person);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The reading in the proposal's line, when it is of these two texts and says something else. */
static const char *other_reading(const KjTarget *target, const KjNeed *need) {
    if (!target->statement)
        return NULL;
    g_autoptr(GPtrArray) lines = kj_listed_changes(target->statement);
    for (guint i = 0; i < lines->len; i++) {
        const KjListedChange *line = lines->pdata[i];
        if (strcmp(line->unit, need->name) == 0 && strcmp(line->base, need->base ? need->base->digest : "none") == 0 &&
            strcmp(line->result, need->result ? need->result->digest : "none") == 0 &&
            (strcmp(line->verdict, kj_change_verdict_name(need->verdict)) != 0 || line->weakens != need->weakens))
            return g_intern_string(line->verdict);
    }
    return NULL;
}

/* Why the person's yes to the step could never count, or NULL. Free with g_free. */
static char *why_never(const KjSitting *sitting, const KjTarget *target, const KjStep *step, const char *person) {
    gboolean member, in_emergency = target->statement && kj_statement_kind(target->statement) == KJ_STATEMENT_EMERGENCY && emergency;
    const char *reading = other_reading(target, step->need);
    g_autofree char *groups = groups_of(step, person, &member);
    if (step->need->refused)
        return g_strdup(step->need->refused);
    if (!step->proposed)
        return g_strdup(_("nobody has proposed it; next: kijun propose"));
    if (!in_emergency && g_strv_contains((const char *const *)step->authors, person))
        return g_strdup_printf(_("%s has proposed or written it, and nobody approves his own change"), person);
    if (!in_emergency && kj_desk_stands_in(sitting, step, person) && !is_helpful(step, person) && member)
        return g_strdup_printf(_("%s stands in for one who has proposed or written it"), person);
    if (!member)
        return g_strdup_printf(_("%s is not of those who are asked: %s"), person, groups);
    if (has_agreed(step, person) && !overrules)
        return g_strdup_printf(_("%s has agreed to it already"), person);
    if (reading)
        return g_strdup_printf(_("the proposal reads it otherwise (%s) than it is read here (%s); it must be proposed again"), reading,
                               kj_change_verdict_name(step->need->verdict));
    return NULL;
}

/* ---- which units ---- */

/* Whether a yes of the person, or of one of those who decided on paper, would fill a seat. */
static gboolean would_help(const KjSitting *sitting, const KjStep *step) {
    const char *const only[] = { sitting->person, NULL };
    for (const char *const *person = document ? (const char *const *)by : only; *person; person++)
        if (is_helpful(step, *person))
            return TRUE;
    return FALSE;
}

/* The reason why nobody who says yes here could ever count for the step, or NULL when all could. */
static char *why_not(const KjSitting *sitting, const KjTarget *target, const KjStep *step) {
    const char *const only[] = { sitting->person, NULL };
    for (const char *const *person = document ? (const char *const *)by : only; *person; person++) {
        char *reason = why_never(sitting, target, step, *person);
        if (reason)
            return reason;
    }
    return NULL;
}

/* The steps to sign (KjStep), as named, or those that a yes would help. NULL with *exit_code set, after telling. Free with g_ptr_array_unref. */
static GPtrArray *choose_steps(const KjSitting *sitting, const KjTarget *target, const KjRuling *ruling, char **named, int *exit_code) {
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    g_autoptr(GString) reasons = g_string_new(NULL);
    for (char **unit = named; *unit; unit++) {
        if (!kj_desk_step(ruling, *unit)) {
            *exit_code = kj_desk_no_unit(ruling, *unit);
            return NULL;
        }
    }
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        gboolean is_named = g_strv_contains((const char *const *)named, step->need->name);
        if (*named ? !is_named : !kj_target_names(target, step->need))
            continue;
        g_autofree char *reason = why_not(sitting, target, step);
        gboolean wanted = is_named || would_help(sitting, step);
        if (!reason && wanted)
            g_ptr_array_add(chosen, (gpointer)step);
        else
            g_string_append_printf(reasons, "\n  %s: %s", step->need->name, reason ? reason : _("every seat that is left is for others"));
        if (reason && is_named)
            g_ptr_array_set_size(chosen, 0);
        if (reason && is_named)
            break;
    }
    if (chosen->len > 0)
        return g_steal_pointer(&chosen);
    *exit_code = kj_cli_fail(KJ_EXIT_REFUSED, _("there is nothing here that %s could approve:%s"), sitting->person, reasons->str);
    return NULL;
}

/* ---- one approval ---- */

void kj_values_add_schema(KjValues *values, const KjNeed *need) {
    const KjBlock *block = need->result && need->result->block ? need->result->block : need->base ? need->base->block : NULL;
    if (!block)
        return;
    g_autofree char *digest = kj_domain_digest(block->domain), *pin = g_strconcat(block->domain->name, " ", digest, NULL);
    kj_values_add(values, "schema", pin);
}

/* The vetoes that are overruled, in full. FALSE with *exit_code set, after telling. */
static gboolean add_overruled(const KjSitting *sitting, KjValues *values, int *exit_code) {
    static const KjStatementKind veto[] = { KJ_STATEMENT_VETO, 0 };
    for (char **digest = overrules; digest && *digest; digest++) {
        const KjSigned *found = kj_desk_statement(sitting, *digest, veto, exit_code);
        if (!found)
            return FALSE;
        kj_values_add(values, "overrules", kj_statement_digest(found->statement));
    }
    return TRUE;
}

static gboolean approve_step(KjSitting *sitting, const KjTelling *telling, const KjStep *step, gint64 end, gint64 day, int *exit_code) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KjValues) values = kj_values_new();
    kj_telling_effect(telling, step, text);
    fputs(text->str, stdout);
    kj_values_add_unit(values, step->need, TRUE);
    kj_values_add_reading(values, step->need);
    kj_values_add_instant(values, "expires", end);
    if (document) {
        kj_values_add(values, "document", document);
        kj_values_add_instant(values, "decided", day);
        kj_values_add_list(values, "by", (const char *const *)by);
        return kj_desk_say(sitting, KJ_STATEMENT_RECORD, values, exit_code);
    }
    kj_values_add_schema(values, step->need);
    return add_overruled(sitting, values, exit_code) && kj_desk_say(sitting, KJ_STATEMENT_APPROVAL, values, exit_code);
}

/* What is missing now of what was signed, and what to do next. */
static void tell_after(KjSitting *sitting, const KjTarget *target, const char *named, const GPtrArray *steps) {
    g_autoptr(KjRuling) after = kj_desk_decide(sitting->desk, target->workspace, NULL, sitting->now);
    gboolean met = TRUE;
    for (guint i = 0; i < steps->len; i++) {
        const KjStep *step = kj_desk_step(after, ((const KjStep *)steps->pdata[i])->need->name);
        g_autoptr(GString) text = g_string_new(NULL);
        kj_telling_needs(step, text);
        printf(step->met ? _("%s: approved\n%s") : _("%s: not yet approved\n%s"), step->need->name, text->str);
        met = met && step->met;
    }
    if (after->met)
        printf(_("next: kijun release %s\n"), named);
    else if (!met)
        printf(document ? _("next: a second person attests the same, or the others: kijun approve %s\n")
                        : _("next, the others: kijun approve %s\n"),
               named);
}

static int approve_units(KjSitting *sitting, const char *named, char **units) {
    g_auto(KjTarget) target = { 0 };
    gint64 end, day = 0;
    int code = KJ_EXIT_FINE;
    if (!kj_desk_instant("expires", expires ? expires : EXPIRES, sitting->now, &end) ||
        (document && !kj_desk_instant("decided", decided, -1, &day)))
        return KJ_EXIT_USAGE;
    if (!kj_target_find(sitting, named, &target, &code))
        return code;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target.workspace, NULL, sitting->now);
    if (ruling->steps->len == 0)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s is what %s enforces already: there is nothing to approve"), named,
                           sitting->desk->context);
    if (ruling->by_thresholds) {
        g_autofree char *root = kj_telling_root(sitting, "root");
        return kj_cli_fail(
            KJ_EXIT_REFUSED,
            _("no governance is in force in %s, so that nobody has to approve: the release itself decides, signed by %s; next: kijun release %s"),
            sitting->desk->context, root, named);
    }
    g_autoptr(GPtrArray) steps = choose_steps(sitting, &target, ruling, units, &code);
    g_autoptr(GPtrArray) done = g_ptr_array_new();
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target.shown);
    g_autoptr(GString) text = g_string_new(NULL);
    if (steps)
        kj_telling_guards(telling, text);
    fputs(text->str, stdout);
    for (guint i = 0; steps && i < steps->len && code == KJ_EXIT_FINE; i++)
        if (approve_step(sitting, telling, steps->pdata[i], end, day, &code))
            g_ptr_array_add(done, steps->pdata[i]);
    if (done->len > 0)
        tell_after(sitting, &target, named, done);
    return code;
}

/* ---- emergencies ---- */

/* The reasons of all steps for which the person could never count; empty when he would help somewhere. */
static void judge_steps(const KjSitting *sitting, const KjTarget *target, const KjRuling *ruling, GString *reasons) {
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        g_autofree char *reason = why_never(sitting, target, step, sitting->person);
        if (!reason) {
            g_string_truncate(reasons, 0);
            return;
        }
        g_string_append_printf(reasons, "\n  %s: %s", step->need->name, reason);
    }
}

/* The emergency, its workspace and what both do; FALSE with *exit_code set, after telling. */
static gboolean find_emergency(const KjSitting *sitting, const char *digest, KjTarget *target, int *exit_code) {
    static const KjStatementKind kinds[] = { KJ_STATEMENT_EMERGENCY, 0 };
    return kj_desk_statement(sitting, digest, kinds, exit_code) && kj_target_find(sitting, digest, target, exit_code);
}

static gboolean same_changes(const KjNeeds *needs, const KjStatement *statement) {
    g_autoptr(KjValues) values = kj_values_new();
    const char *const *lines = kj_statement_list(statement, "change");
    kj_values_add_changes(values, needs);
    if (values->pairs->len != g_strv_length((char **)lines))
        return FALSE;
    for (guint i = 0; i < values->pairs->len; i++)
        if (!g_strv_contains(lines, g_array_index(values->pairs, KjStatementValue, i).value))
            return FALSE;
    return TRUE;
}

static int cosign(KjSitting *sitting, const KjTarget *target, const KjRuling *ruling) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjValues) values = kj_values_new();
    int code = KJ_EXIT_FINE;
    kj_values_add(values, "reason", kj_statement_get(target->statement, "reason"));
    kj_values_add(values, "until", kj_statement_get(target->statement, "until"));
    kj_values_add_changes(values, ruling->needs);
    const KjStatement *own = kj_desk_draft(sitting, KJ_STATEMENT_EMERGENCY, values, &code);
    if (!own || !kj_desk_sign(sitting, &code))
        return code;
    if (!kj_proposal_keep(sitting->desk->repository, own, target->workspace, &error))
        return kj_desk_fail(error);
    g_autoptr(KjRuling) after = kj_desk_decide(sitting->desk, target->workspace, target->statement, sitting->now);
    for (guint i = 0; i < after->steps->len; i++) {
        g_autofree char *missing = kj_step_missing(after->steps->pdata[i]);
        if (missing)
            printf("%s: %s\n", ((const KjStep *)after->steps->pdata[i])->need->name, missing);
    }
    printf(after->met ? _("next: kijun release --emergency %.12s\n") : _("next, the others: kijun approve --emergency %.12s\n"),
           kj_statement_digest(target->statement));
    return KJ_EXIT_FINE;
}

static int approve_emergency(KjSitting *sitting) {
    g_auto(KjTarget) target = { 0 };
    g_autoptr(GString) text = g_string_new(NULL), reasons = g_string_new(NULL);
    int code = KJ_EXIT_FINE;
    if (!find_emergency(sitting, emergency, &target, &code))
        return code;
    if (kj_statement_instant(target.statement, "until") <= sitting->now)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("the emergency was over at %s"), kj_statement_get(target.statement, "until"));
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target.workspace, target.statement, sitting->now);
    if (!same_changes(ruling->needs, target.statement))
        return kj_cli_fail(KJ_EXIT_REFUSED,
                           _("the emergency does not say what its text does to what is in force now; next: kijun propose --emergency"));
    judge_steps(sitting, &target, ruling, reasons);
    if (reasons->len > 0)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s cannot sign this emergency:%s"), sitting->person, reasons->str);
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target.shown);
    kj_telling_all(telling, text);
    fputs(text->str, stdout);
    return cosign(sitting, &target, ruling);
}

static int ratify_emergency(KjSitting *sitting) {
    g_auto(KjTarget) target = { 0 };
    g_autoptr(GString) text = g_string_new(NULL), reasons = g_string_new(NULL);
    g_autoptr(KjValues) values = kj_values_new();
    int code = KJ_EXIT_FINE;
    if (!find_emergency(sitting, ratify, &target, &code))
        return code;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target.workspace, NULL, sitting->now);
    if (!same_changes(ruling->needs, target.statement))
        return kj_cli_fail(
            KJ_EXIT_REFUSED,
            _("what lasts has changed since this emergency, so that its text does something else by now; next: kijun propose"));
    judge_steps(sitting, &target, ruling, reasons);
    if (reasons->len > 0)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("%s cannot ratify this emergency:%s"), sitting->person, reasons->str);
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target.shown);
    kj_telling_all(telling, text);
    fputs(text->str, stdout);
    kj_values_add(values, "emergency", kj_statement_digest(target.statement));
    if (!kj_desk_say(sitting, KJ_STATEMENT_RATIFY, values, &code))
        return code;
    tell_after(sitting, &target, ratify, ruling->steps);
    return KJ_EXIT_FINE;
}

int kj_command_approve(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 0, -1, &code))
        return code;
    guint modes = (guint)(emergency != NULL) + (guint)(ratify != NULL) + (guint)(document != NULL || decided || by) +
                  (guint)(overrules != NULL);
    if (modes > 1)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--emergency, --ratify, --record and --overrules each stand alone"));
    if ((document != NULL) != (decided != NULL) || (document != NULL) != (by != NULL))
        return kj_cli_fail(KJ_EXIT_USAGE, _("a decision made on paper needs --record DOCUMENT, --decided DATE and --by NAME"));
    if ((argc < 2) != (emergency || ratify))
        return kj_cli_fail(KJ_EXIT_USAGE, argc < 2 ? _("approve what? Usage: kijun approve CHANGE [UNIT...]")
                                                   : _("--emergency and --ratify name what is signed; nothing else does"));
    if (!kj_sitting_open(&sitting, TRUE, &code))
        return code;
    return emergency ? approve_emergency(&sitting) : ratify ? ratify_emergency(&sitting) : approve_units(&sitting, argv[1], argv + 2);
}
