/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun veto: no to a unit's text, until it is withdrawn or overruled. It binds only from those whose approval the change could count, so
 * nobody else is let sign one: he has an opinion (`kijun comment --opinion against`).
 */
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *reason;

const GOptionEntry kj_options_veto[] = {
    { "reason", 0, 0, G_OPTION_ARG_STRING, &reason, N_("Why, in one line"), "TEXT" },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

static gboolean may_speak(const KjStep *step, const char *person) {
    for (guint i = 0; i < step->judgement->requirements->len; i++)
        if (g_strv_contains(g_array_index(step->judgement->requirements, KjRequirement, i).people, person))
            return TRUE;
    return FALSE;
}

static int veto(KjSitting *sitting, const char *named, const char *unit) {
    g_auto(KjTarget) target = { 0 };
    g_autoptr(KjValues) values = kj_values_new();
    g_autoptr(GString) text = g_string_new(NULL);
    int code = KJ_EXIT_FINE;
    if (!kj_target_find(sitting, named, &target, &code))
        return code;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target.workspace, NULL, sitting->now);
    const KjStep *step = kj_desk_step(ruling, unit);
    if (!step)
        return kj_desk_no_unit(ruling, unit);
    if (!step->judgement)
        return kj_cli_fail(KJ_EXIT_REFUSED, _("no governance is in force in %s, so that a veto would bind nobody"), sitting->desk->context);
    if (!may_speak(step, sitting->person))
        return kj_cli_fail(KJ_EXIT_REFUSED,
                           _("%s is not asked for approval of %s, so that a veto would bind nobody; next: kijun comment --opinion against"),
                           sitting->person, unit);
    g_autoptr(KjTelling) telling = kj_telling_new(sitting, ruling, target.shown);
    kj_telling_effect(telling, step, text);
    fputs(text->str, stdout);
    kj_values_add_unit(values, step->need, FALSE);
    kj_values_add(values, "reason", reason);
    const KjStatement *statement = kj_desk_draft(sitting, KJ_STATEMENT_VETO, values, &code);
    if (!statement || !kj_desk_sign(sitting, &code))
        return code;
    printf(_("%s: vetoed\nto take it back: kijun withdraw %.12s; to overrule it: kijun approve --overrules %.12s %s %s\n"), unit,
           kj_statement_digest(statement), kj_statement_digest(statement), named, unit);
    return KJ_EXIT_FINE;
}

int kj_command_veto(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 2, 2, &code))
        return code;
    if (!reason)
        return kj_cli_fail(KJ_EXIT_USAGE, _("a veto needs --reason TEXT"));
    return kj_sitting_open(&sitting, TRUE, &code) ? veto(&sitting, argv[1], argv[2]) : code;
}
