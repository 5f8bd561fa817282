/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that asks a Kijun table.
 *
 *     embed TABLE.kjt BLOCK [FIELD=VALUE ... [-- FIELD=VALUE ...]]
 *
 * Opens the table once, then decides each request of the command line and prints effect, rule and obligations. Exit code 0 when every
 * request was let through, 1 when one was not, 2 when there is no table to ask. The three things an embedding program must get right:
 *   1. one request object for each thread, cleared before each decision;
 *   2. everything but KJ_OUTCOME_PERMIT (and LIMIT, where the program counts) means no;
 *   3. obligations are the program's to carry out.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/kijun.h>

/* An unknown field makes the request an error, because an index of -1 does; nothing more needs to be checked here. */
static void set_pair(KjRequest *request, const KjTable *table, guint block, const char *pair) {
    const char *equals = strchr(pair, '=');
    g_autofree char *name = g_strndup(pair, equals ? (gsize)(equals - pair) : strlen(pair));
    g_autoptr(GError) error = NULL;
    if (!kj_request_set_text(request, kj_table_find_field(table, block, name), equals ? equals + 1 : "", -1, &error))
        fprintf(stderr, "embed: `%s`: %s\n", name, error->message);
}

static void print_obligations(const KjRequest *request, const KjVerdict *verdict) {
    KjObligation obligation;
    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++)
        if (!*obligation.language) /* this program speaks one language */
            printf("  @%s%s%s\n", obligation.name, *obligation.value ? " " : "", obligation.value);
}

static gboolean is_let_through(KjRequest *request) {
    KjVerdict verdict = { .size = sizeof verdict };
    KjOutcome outcome = kj_decide(request, &verdict);
    printf("%s\t%s\n", verdict.effect, verdict.label);
    if (outcome == KJ_OUTCOME_ERROR)
        printf("  %s\n", verdict.problem);
    print_obligations(request, &verdict);
    return outcome == KJ_OUTCOME_PERMIT; /* this program does not count, so a limit is a no as well */
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    guint block;
    if (argc < 3) {
        fputs("usage: embed TABLE.kjt BLOCK [FIELD=VALUE ... [-- FIELD=VALUE ...]]\n", stderr);
        return 2;
    }
    g_autoptr(KjTable) table = kj_table_open(argv[1], &error);
    if (!table || !kj_table_find_block(table, argv[2], &block, &error)) {
        fprintf(stderr, "embed: %s\n", error->message);
        return 2;
    }
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    gboolean all = TRUE;
    for (int i = 3; i <= argc; i++) {
        if (i < argc && strcmp(argv[i], "--") != 0) {
            set_pair(request, table, block, argv[i]);
            continue;
        }
        kj_request_set_instant(request, g_get_real_time() / G_USEC_PER_SEC);
        all = is_let_through(request) && all;
        kj_request_clear(request);
    }
    return all ? 0 : 1;
}
