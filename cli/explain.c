/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun explain: a decision as sentences: the rule, its obligations, what did not match and why, and the smallest change that would get through. */
#include <stdio.h>
#include <string.h>

#include <kijun/explain.h>

#include "cli.h"

/* Sets the pairs one by one. A value that is wrong leaves the request in error, which is then what is explained; an unknown field is the caller's mistake. */
static int set_pairs(const KjTable *table, guint block, KjRequest *request, int count, char **pairs, GArray *asked) {
    for (int i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        char *value = strchr(pairs[i], '=');
        if (!value)
            return kj_cli_fail(KJ_EXIT_USAGE, "`%s` is not FIELD=VALUE", pairs[i]);
        *value++ = 0;
        if (!kj_cli_set_field(table, block, request, pairs[i], value, &error) && g_error_matches(error, KJ_ERROR, KJ_ERROR_UNKNOWN))
            return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
        KjAskedValue one = { kj_table_find_field(table, block, pairs[i]), value };
        g_array_append_val(asked, one);
    }
    return KJ_EXIT_FINE;
}

int kj_command_explain(int argc, char **argv) {
    g_autofree char *at = NULL;
    const GOptionEntry entries[] = {
        { "at", 0, 0, G_OPTION_ARG_STRING, &at, "When the request is made (now)", "INSTANT" },
        { NULL },
    };
    int code = KJ_EXIT_FINE;
    gint64 instant;
    guint block;
    if (!kj_cli_options(&argc, &argv, entries, 2, -1, &code))
        return code;
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjTable) table = kj_cli_table(argv[1], &code);
    if (!table)
        return code;
    if (!kj_table_find_block(table, argv[2], &block, &error))
        return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);

    g_autoptr(KjRequest) request = kj_request_new(table, block);
    g_autoptr(GArray) asked = g_array_new(FALSE, FALSE, sizeof(KjAskedValue));
    g_autoptr(GString) text = g_string_new(NULL);
    KjVerdict verdict = { .size = sizeof verdict };
    code = set_pairs(table, block, request, argc - 3, argv + 3, asked);
    if (code != KJ_EXIT_FINE)
        return code;
    kj_request_set_instant(request, instant);
    kj_decide(request, &verdict);
    kj_explain(request, &verdict, (const KjAskedValue *)(void *)asked->data, asked->len, kj_cli_language(), text);
    fputs(text->str, stdout);
    return verdict.outcome == KJ_OUTCOME_ERROR ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
