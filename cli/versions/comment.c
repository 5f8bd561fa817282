/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun comment: a remark on a unit's text, or somebody's opinion of it. Neither fills a seat, and both stay with the change. */
#include <stdio.h>
#include <string.h>

#include "desk.h"

static char *opinion;
static gboolean asked;

const GOptionEntry kj_options_comment[] = {
    { "opinion", 0, 0, G_OPTION_ARG_STRING, &opinion, N_("It is an opinion, of a department or an expert"), "for|against|neutral" },
    { "asked", 0, 0, G_OPTION_ARG_NONE, &asked, N_("The opinion was asked for"), NULL },
    KJ_DESK_WHERE,
    KJ_DESK_WHO,
    G_OPTION_ENTRY_NULL,
};

static int comment(KjSitting *sitting, const char *named, const char *unit, const char *remark) {
    g_auto(KjTarget) target = { 0 };
    g_autoptr(KjValues) values = kj_values_new();
    int code = KJ_EXIT_FINE;
    if (!kj_target_find(sitting, named, &target, &code))
        return code;
    g_autoptr(KjRuling) ruling = kj_desk_decide(sitting->desk, target.workspace, NULL, sitting->now);
    const KjStep *step = kj_desk_step(ruling, unit);
    if (!step)
        return kj_desk_no_unit(ruling, unit);
    kj_values_add_unit(values, step->need, FALSE);
    kj_values_add(values, "text", remark);
    if (opinion) {
        kj_values_add(values, "stance", opinion);
        kj_values_add(values, "asked", asked ? "yes" : "no");
    }
    if (!kj_desk_say(sitting, opinion ? KJ_STATEMENT_OPINION : KJ_STATEMENT_COMMENT, values, &code))
        return code;
    printf(_("next: kijun review %s\n"), named);
    return KJ_EXIT_FINE;
}

int kj_command_comment(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    g_auto(KjSitting) sitting = { 0 };
    if (!kj_cli_options(&argc, &argv, 3, 3, &code))
        return code;
    if (asked && !opinion)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--asked goes with --opinion"));
    return kj_sitting_open(&sitting, TRUE, &code) ? comment(&sitting, argv[1], argv[2], argv[3]) : code;
}
