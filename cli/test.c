/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun test: the tests written in the policy, run on its tables, and its proofs, decided for all requests by the algebra. A proof that is neither shown
 * nor refuted has failed. A request that refutes one is tried on the table before it is told.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kijun/explain.h>
#include <kijun/view.h>

#include "../compiler/analyse/replay.h"
#include "cli.h"
#include "coverage.h"

typedef struct {
    const char *name;
    char *failure; /* NULL: passed */
} Result;

typedef struct {
    const KjCompilation *compilation;
    KjTable *table;
    KjAnalysis analysis;
    GArray *results;
    gboolean wrong; /* an example did not show what the algebra said */
} Run;

static void clear_result(gpointer data) {
    Result *result = data;
    g_free(result->failure);
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
        g_string_append_printf(text, "%s%s", i ? _(" or ") : "", kj_block_effect_name(test->block, test->effects[i]));
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

    gboolean good = FALSE;
    for (guint i = 0; i < test->effect_count; i++)
        good |= strcmp(verdict.effect, kj_block_effect_name(test->block, test->effects[i])) == 0;
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

/* NULL when every request of the case gets one of its effects; else why not, with one that does not. */
static char *run_proof(Run *run, const KjProofCase *proof) {
    KjReplay replay = { run->compilation->policy, run->table, NULL };
    g_autofree char *where = position(run, proof->span), *command = NULL;
    KjProof result;
    kj_prove_case(proof, &run->analysis, &result);
    char *failure = result.holds ? NULL : g_strdup_printf("%s: %s", where, result.reason);
    if (result.witness) {
        g_free(failure);
        command = kj_replay_command(run->analysis.path, proof->block, result.witness);
        gboolean shown = kj_replay_decides(&replay, proof->block, result.rule, result.witness);
        failure = g_strdup_printf(shown ? _("%s: %s; for example: %s")
                                        : _("%s: %s, it seems, but the example does not show it, which is our mistake: %s"),
                                  where, result.reason, command);
        run->wrong |= !shown;
    }
    kj_proof_clear(&result);
    return failure;
}

static void run_test(Run *run, const KjTest *test) {
    Result result = { test->name, NULL };
    for (guint i = 0; i < test->count; i++) {
        g_autofree char *failure = test->proof ? run_proof(run, &test->proofs[i]) : run_case(run, &test->cases[i]);
        if (!failure)
            continue;
        char *joined = result.failure ? g_strconcat(result.failure, "\n", failure, NULL) : g_strdup(failure);
        g_free(result.failure);
        result.failure = joined;
    }
    g_array_append_val(run->results, result);
}

static void print_text(const Run *run, guint failed) {
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        printf("%-4s %s\n", result->failure ? "FAIL" : "ok", result->name);
        if (result->failure)
            printf("     %s\n", result->failure);
    }
    printf(_("%u passed, %u failed\n"), run->results->len - failed, failed);
}

static void print_tap(const Run *run) {
    printf("TAP version 13\n1..%u\n", run->results->len);
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        g_autofree char *name = g_strdup(result->name);
        g_strdelimit(name, "#\n", ' ');
        printf("%sok %u - %s\n", result->failure ? "not " : "", i + 1, name);
        g_auto(GStrv) lines = g_strsplit(result->failure ? result->failure : "", "\n", -1);
        for (guint l = 0; lines[l] && lines[l][0]; l++)
            printf("# %s\n", lines[l]);
    }
}

static void print_junit(const Run *run, guint failed) {
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"kijun\" tests=\"%u\" failures=\"%u\">\n", run->results->len,
           failed);
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        g_autofree char *name = g_markup_escape_text(result->name, -1);
        g_autofree char *failure = result->failure ? g_markup_escape_text(result->failure, -1) : NULL;
        printf("  <testcase name=\"%s\">", name);
        if (failure)
            printf("<failure>%s</failure>", failure);
        puts("</testcase>");
    }
    puts("</testsuite>");
}

static void print_json(const Run *run, guint failed, const GPtrArray *coverage) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_number(builder, "failed", failed);
    kj_member_list(builder, "tests");
    for (guint i = 0; i < run->results->len; i++) {
        const Result *result = &g_array_index(run->results, Result, i);
        json_builder_begin_object(builder);
        kj_member_text(builder, "name", result->name);
        json_builder_set_member_name(builder, "failure");
        if (result->failure)
            json_builder_add_string_value(builder, result->failure);
        else
            json_builder_add_null_value(builder);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    if (coverage)
        kj_cli_coverage_json(coverage, run->compilation->sources, builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

static char *format;
static gboolean wants_coverage;
static int threshold;

const GOptionEntry kj_options_test[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|tap|junit|json" },
    { "coverage", 0, 0, G_OPTION_ARG_NONE, &wants_coverage,
      N_("Tell which rules no test is decided by, and which values of a rule no test touches"), NULL },
    { "threshold", 0, 0, G_OPTION_ARG_INT, &threshold, N_("With --coverage: fail below this share of rules, in percent"), "N" },
    G_OPTION_ENTRY_NULL,
};

static Run run_all(const KjCompilation *compilation, KjTable *table, const char *path, guint *failed) {
    Run run = { .compilation = compilation, .table = table, .results = g_array_new(FALSE, FALSE, sizeof(Result)) };
    kj_cli_analysis(NULL, path, &run.analysis);
    g_array_set_clear_func(run.results, clear_result);
    *failed = 0;
    for (const KjTest *test = compilation->policy->tests; test; test = test->next) {
        run_test(&run, test);
        *failed += g_array_index(run.results, Result, run.results->len - 1).failure != NULL;
    }
    return run;
}

char *kj_cli_self_test(const KjCompilation *compilation, KjTable *table) {
    guint failed;
    Run run = run_all(compilation, table, ".", &failed);
    char *failure = NULL;
    for (guint i = 0; i < run.results->len && !failure; i++) {
        const Result *result = &g_array_index(run.results, Result, i);
        failure = result->failure ? g_strdup_printf("%s: %s", result->name, result->failure) : NULL;
    }
    g_array_unref(run.results);
    return failure;
}

int kj_command_test(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    const char *path = argc > 1 ? argv[1] : ".";
    g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, &code);
    if (!compilation)
        return code;
    g_autoptr(KjTable) table = kj_cli_build(compilation, &code);
    if (!table)
        return code;

    guint failed;
    Run run = run_all(compilation, table, path, &failed);
    g_autoptr(GPtrArray) coverage = wants_coverage ? kj_coverage_measure(compilation->policy) : NULL;
    if (g_strcmp0(format, "json") == 0)
        print_json(&run, failed, coverage);
    else if (g_strcmp0(format, "tap") == 0)
        print_tap(&run);
    else if (g_strcmp0(format, "junit") == 0)
        print_junit(&run, failed);
    else
        print_text(&run, failed);
    if (coverage && g_strcmp0(format, "json") != 0)
        kj_cli_coverage_print(coverage, compilation->sources);
    gboolean thin = coverage && (int)kj_cli_coverage_share(coverage) < threshold;
    g_array_unref(run.results);
    return run.wrong ? KJ_EXIT_BUG : failed > 0 || thin ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
