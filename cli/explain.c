/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun explain: a decision as sentences: the rule, its obligations, what did not match and why, and the smallest change that would get through. */
#include <stdio.h>

#include "asked.h"
#include "cli.h"

static char *real, *at;

const GOptionEntry kj_options_explain[] = {
    { "request", 0, 0, G_OPTION_ARG_FILENAME, &real, N_("Read one real request in the domain's own form (- for standard input)"), "FILE" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When the request is made (now)"), "INSTANT" },
    G_OPTION_ENTRY_NULL,
};

int kj_command_explain(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 instant;
    guint block;
    if (!kj_cli_options(&argc, &argv, 2, -1, &code))
        return code;
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;
    g_autoptr(KjTable) table = kj_cli_block(argv[1], argv[2], &block, &code);
    if (!table)
        return code;

    g_auto(KjAsked) asked = { NULL, NULL, NULL, NULL };
    code = kj_asked_read(&asked, table, block, real, argc - 3, argv + 3, instant);
    if (code != KJ_EXIT_FINE)
        return code;
    if (asked.problem) {
        puts("deny\terror");
        return kj_cli_fail(KJ_EXIT_POLICY, "%s", asked.problem->message);
    }
    g_autoptr(GString) text = g_string_new(NULL);
    KjVerdict verdict = { .size = sizeof verdict };
    kj_decide(asked.request, &verdict);
    kj_explain(asked.request, &verdict, (const KjAskedValue *)(void *)asked.values->data, asked.values->len, kj_cli_language(), text);
    fputs(text->str, stdout);
    return verdict.outcome == KJ_OUTCOME_ERROR ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
