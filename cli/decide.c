/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun decide: one decision from FIELD=VALUE arguments, one from a real request in the domain's own form, or a stream of them from a
 * tab-separated file. Whatever goes wrong is answered with `deny`.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/view.h>

#include "asked.h"
#include "batch.h"
#include "cli.h"

static char *batch_file, *request_file, *at;
static gboolean json;

const GOptionEntry kj_options_decide[] = {
    { "batch", 0, 0, G_OPTION_ARG_FILENAME, &batch_file, N_("Decide every row of a tab-separated file (- for standard input)"), "FILE" },
    { "request", 0, 0, G_OPTION_ARG_FILENAME, &request_file, N_("Read one real request in the domain's own form (- for standard input)"),
      "FILE" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When the request is made (now)"), "INSTANT" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Answer in JSON"), NULL },
    G_OPTION_ENTRY_NULL,
};

static const char *position(const KjTable *table, const KjVerdict *verdict, KjRuleView *rule, char **text) {
    if (verdict->outcome == KJ_OUTCOME_ERROR || verdict->rule == KJ_RULE_DEFAULT)
        return NULL;
    kj_view_rule(table, verdict->rule, rule);
    *text = g_strdup_printf("%s:%u:%u", rule->file, rule->line, rule->column);
    return *text;
}

/* Each obligation's name once; the message in the user's language if there is one, else the first. */
static void add_obligations(JsonBuilder *builder, const KjRequest *request, const KjVerdict *verdict, const char **message) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *language = kj_cli_language();
    gboolean translated = FALSE;
    KjObligation obligation;
    kj_member_list(builder, "obligations");
    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++) {
        gboolean wanted = strcmp(obligation.language, language) == 0;
        if (strcmp(obligation.name, "message") != 0) {
            if (g_hash_table_add(seen, (gpointer)obligation.name))
                json_builder_add_string_value(builder, obligation.name);
        } else if (!*message || (wanted && !translated)) {
            *message = obligation.value;
            translated = wanted;
        }
    }
    json_builder_end_array(builder);
}

/* On a refusal, the smallest change that would get through, as one line; else NULL. */
static char *nearest_change(KjRequest *request, const KjVerdict *verdict) {
    KjNearMiss miss;
    if (!request || verdict->outcome == KJ_OUTCOME_ERROR || !kj_explain_nearest(request, verdict, &miss))
        return NULL;
    GString *text = g_string_new(NULL);
    kj_explain_changes(request, &miss, kj_cli_language(), text);
    return g_string_free(text, FALSE);
}

static void print_json(const KjTable *table, KjRequest *request, const KjVerdict *verdict) {
    KjRuleView rule;
    g_autofree char *text = NULL;
    g_autofree char *nearest = nearest_change(request, verdict);
    g_autofree char *problem = verdict->problem ? kj_explain_problem(verdict->problem) : NULL;
    const char *message = NULL;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "effect", verdict->effect);
    kj_member_text(builder, "rule", verdict->label);
    kj_member_text(builder, "at", position(table, verdict, &rule, &text));
    add_obligations(builder, request, verdict, &message);
    kj_member_text(builder, "message", problem ? problem : message);
    kj_member_text(builder, "nearest", nearest);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

static int answer(const KjTable *table, KjRequest *request) {
    KjVerdict verdict = { .size = sizeof verdict };
    kj_decide(request, &verdict);
    if (json)
        print_json(table, request, &verdict);
    else
        printf("%s\t%s\n", verdict.effect, verdict.label);
    if (verdict.outcome != KJ_OUTCOME_ERROR)
        return KJ_EXIT_FINE;
    g_autofree char *problem = kj_explain_problem(verdict.problem);
    return kj_cli_fail(KJ_EXIT_POLICY, "%s", problem);
}

/* A request that cannot even be read is denied like any other that is in error. */
static int refuse(const GError *error) {
    KjVerdict verdict = {
        .size = sizeof verdict, .outcome = KJ_OUTCOME_ERROR, .effect = "deny", .label = "error", .problem = error->message
    };
    if (json)
        print_json(NULL, NULL, &verdict);
    else
        puts("deny\terror");
    return kj_cli_fail(KJ_EXIT_POLICY, "%s", error->message);
}

static int decide_one(KjTable *table, guint block, const char *real, int count, char **pairs, gint64 instant) {
    g_auto(KjAsked) asked = { NULL, NULL, NULL, NULL };
    int code = kj_asked_read(&asked, table, block, real, count, pairs, instant);
    if (code != KJ_EXIT_FINE)
        return code;
    return asked.problem ? refuse(asked.problem) : answer(table, asked.request);
}

static int decide_batch(KjTable *table, guint block, const char *path, gint64 instant) {
    g_autoptr(GError) error = NULL;
    const KjBatchSide side = { table, block };
    const KjBatchForm form = { .form = "tsv" };
    g_autoptr(KjBatch) batch = kj_batch_open(path, &form, &error);
    if (!batch || !kj_batch_bind(batch, &side, 1, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    KjVerdict verdict = { .size = sizeof verdict };
    const char *problem;
    int code = KJ_EXIT_FINE;
    kj_cli_progress_streams();
    while (kj_batch_next(batch, &request, instant, &problem)) {
        if (!problem && kj_decide(request, &verdict) == KJ_OUTCOME_ERROR)
            problem = verdict.problem;
        if (problem) {
            g_autofree char *told = kj_explain_problem(problem);
            puts("deny\terror");
            code = kj_cli_fail(KJ_EXIT_POLICY, _("line %" PRIu64 ": %s"), kj_batch_line(batch), told);
        } else {
            fputs(verdict.effect, stdout);
            putchar('\t');
            puts(verdict.label);
        }
    }
    return code;
}

int kj_command_decide(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, -1, &code))
        return code;
    gint64 instant;
    guint block;
    if (batch_file && (argc > 3 || request_file))
        return kj_cli_fail(KJ_EXIT_USAGE, _("FIELD=VALUE, --batch and --request exclude each other"));
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;
    g_autoptr(KjTable) table = kj_cli_block(argv[1], argv[2], &block, &code);
    if (!table)
        return code;
    if (batch_file)
        return decide_batch(table, block, batch_file, instant);
    return decide_one(table, block, request_file, argc - 3, argv + 3, instant);
}
