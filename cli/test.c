/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun test: the tests written in the policy, run on its tables. Proofs (`prove`) are read and typed; they are told as skipped, never as
 * passed, until the algebra decides them.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kijun/explain.h>
#include <kijun/view.h>

#include "cli.h"

typedef struct {
    const char *name;
    char *failure; /* NULL: passed */
    gboolean skipped;
    char *position;
} Result;

typedef struct {
    const KjCompilation *compilation;
    KjTable *table;
    GArray *results;
    GHashTable *reached; /* "module.block\nlabel" of each rule that decided a test */
} Run;

static void clear_result(gpointer data) {
    Result *result = data;
    g_free(result->failure);
    g_free(result->position);
}

static char *position(const Run *run, KjSpan span) {
    guint line, column;
    kj_sources_position(run->compilation->sources, span.file, span.start, &line, &column);
    return g_strdup_printf("%s:%u:%u", kj_sources_file(run->compilation->sources, span.file)->path, line, column);
}

/* "deny or reject by web" */
static char *expectation(const KjTestCase *test) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < test->effect_count; i++)
        g_string_append_printf(text, "%s%s", i ? _(" or ") : "", test->block->domain->effects[test->effects[i]].name);
    if (test->label)
        g_string_append_printf(text, _(" by %s"), test->label);
    return g_string_free(text, FALSE);
}

static gboolean set_values(const KjTable *table, guint block, const KjTestCase *test, KjRequest *request, GError **error) {
    for (guint i = 0; i < test->value_count; i++) {
        int field = kj_table_find_field(table, block, test->values[i].field);
        if (!(test->values[i].text ? kj_request_set_text(request, field, test->values[i].text, -1, error)
                                   : kj_request_set_empty(request, field, error)))
            return FALSE;
    }
    if (test->has_instant)
        kj_request_set_instant(request, test->instant);
    return TRUE;
}

/* Every rule that shares in the decision counts as reached. */
static void mark_reached(Run *run, const KjTestCase *test, const KjRequest *request, const KjVerdict *verdict) {
    for (guint i = 0; i < verdict->matched && verdict->rule != KJ_RULE_DEFAULT; i++) {
        KjRuleView rule;
        kj_view_rule(run->table, kj_request_matched_rule(request, i), &rule);
        g_hash_table_add(run->reached, g_strdup_printf("%s\n%s", test->block->qualified, rule.label));
    }
}

/* NULL when the case holds; else why not. */
static char *run_case(Run *run, const KjTestCase *test) {
    g_autoptr(GError) error = NULL;
    guint block;
    if (!kj_table_find_block(run->table, test->block->qualified, &block, &error))
        return g_strdup(error->message);
    g_autoptr(KjRequest) request = kj_request_new(run->table, block);
    KjVerdict verdict = { .size = sizeof verdict };
    set_values(run->table, block, test, request, &error); /* a bad value decides to an error, which is an answer too */
    kj_decide(request, &verdict);
    mark_reached(run, test, request, &verdict);

    gboolean good = FALSE;
    for (guint i = 0; i < test->effect_count; i++)
        good |= strcmp(verdict.effect, test->block->domain->effects[test->effects[i]].name) == 0;
    if (test->label)
        good &= strcmp(test->label, verdict.label) == 0;
    else
        good &= verdict.outcome != KJ_OUTCOME_ERROR;
    if (good)
        return NULL;
    g_autofree char *expected = expectation(test), *where = position(run, test->span);
    g_autofree char *problem = verdict.problem ? kj_explain_problem(verdict.problem) : NULL;
    return g_strdup_printf(_("%s: expected %s, but the answer is %s by %s%s%s"), where, expected, verdict.effect, verdict.label,
                           problem ? ": " : "", problem ? problem : "");
}

static void run_test(Run *run, const KjTest *test) {
    Result result = { test->name, NULL, test->proof, position(run, test->span) };
    for (guint i = 0; !test->proof && i < test->count; i++) {
        g_autofree char *failure = run_case(run, &test->cases[i]);
        if (!failure)
            continue;
        char *joined = result.failure ? g_strconcat(result.failure, "\n", failure, NULL) : g_strdup(failure);
        g_free(result.failure);
        result.failure = joined;
    }
    g_array_append_val(run->results, result);
}

static void print_text(const Run *run, guint failed, guint skipped) {
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        printf("%-4s %s\n", result->skipped ? "skip" : result->failure ? "FAIL" : "ok", result->name);
        if (result->failure)
            printf("     %s\n", result->failure);
        if (result->skipped)
            printf(_("     %s: a proof; this version reads and types proofs but does not decide them yet\n"), result->position);
    }
    printf(_("%u passed, %u failed, %u skipped\n"), run->results->len - failed - skipped, failed, skipped);
}

static void print_tap(const Run *run) {
    printf("TAP version 13\n1..%u\n", run->results->len);
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        g_autofree char *name = g_strdup(result->name);
        g_strdelimit(name, "#\n", ' ');
        printf("%sok %u - %s%s\n", result->failure ? "not " : "", i + 1, name, result->skipped ? " # SKIP proofs are not decided yet" : "");
        g_auto(GStrv) lines = g_strsplit(result->failure ? result->failure : "", "\n", -1);
        for (guint l = 0; lines[l] && lines[l][0]; l++)
            printf("# %s\n", lines[l]);
    }
}

static void print_junit(const Run *run, guint failed, guint skipped) {
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"kijun\" tests=\"%u\" failures=\"%u\" skipped=\"%u\">\n", run->results->len,
           failed, skipped);
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        g_autofree char *name = g_markup_escape_text(result->name, -1);
        g_autofree char *failure = result->failure ? g_markup_escape_text(result->failure, -1) : NULL;
        printf("  <testcase name=\"%s\">", name);
        if (failure)
            printf("<failure>%s</failure>", failure);
        if (result->skipped)
            fputs("<skipped/>", stdout);
        puts("</testcase>");
    }
    puts("</testsuite>");
}

/* Which rules decided at least one test. Returns the share in percent. */
static guint print_coverage(const Run *run) {
    guint rules = 0, reached = 0;
    for (const KjBlock *block = run->compilation->policy->blocks; block; block = block->next) {
        for (guint i = 0; i < block->rule_count; i++, rules++) {
            g_autofree char *key = g_strdup_printf("%s\n%s", block->qualified, block->rules[i].label);
            if (g_hash_table_contains(run->reached, key)) {
                reached++;
                continue;
            }
            g_autofree char *where = position(run, block->rules[i].span);
            fprintf(stderr, _("%s: no test is decided by `%s` of `%s`\n"), where, block->rules[i].label, block->qualified);
        }
    }
    guint share = rules ? reached * 100 / rules : 100;
    fprintf(stderr, _("coverage: %u of %u rules decide a test (%u %%)\n"), reached, rules, share);
    return share;
}

static KjTable *build(const KjCompilation *compilation, int *code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    KjTable *table = bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error) : NULL;
    if (!table)
        *code = kj_cli_fail(KJ_EXIT_POLICY, "%s", error ? error->message : _("the policy does not build; `kijun check` says why"));
    return table;
}

static char *format;
static gboolean coverage;
static int threshold;

const GOptionEntry kj_options_test[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|tap|junit" },
    { "coverage", 0, 0, G_OPTION_ARG_NONE, &coverage, N_("Tell which rules no test is decided by"), NULL },
    { "threshold", 0, 0, G_OPTION_ARG_INT, &threshold, N_("With --coverage: fail below this share of rules, in percent"), "N" },
    G_OPTION_ENTRY_NULL,
};

int kj_command_test(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    g_autoptr(KjCompilation) compilation = kj_cli_compile(argc > 1 ? argv[1] : ".", FALSE, &code);
    if (!compilation)
        return code;
    g_autoptr(KjTable) table = build(compilation, &code);
    if (!table)
        return code;

    Run run = { compilation, table, g_array_new(FALSE, FALSE, sizeof(Result)), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    g_array_set_clear_func(run.results, clear_result);
    guint failed = 0, skipped = 0;
    for (const KjTest *test = compilation->policy->tests; test; test = test->next) {
        run_test(&run, test);
        failed += g_array_index(run.results, Result, run.results->len - 1).failure != NULL;
        skipped += test->proof;
    }
    if (g_strcmp0(format, "tap") == 0)
        print_tap(&run);
    else if (g_strcmp0(format, "junit") == 0)
        print_junit(&run, failed, skipped);
    else
        print_text(&run, failed, skipped);
    gboolean thin = coverage && (int)print_coverage(&run) < threshold;
    g_array_unref(run.results);
    g_hash_table_unref(run.reached);
    return failed > 0 || thin ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
