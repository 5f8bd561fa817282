/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun replay: what a change does to requests that were really made.
 *
 * Each row of the log becomes a request for both versions and is decided by both tables. An answer is the effect, its parameters (a rate),
 * its obligations and the rule that gave it; rows with the same two answers are one kind, counted and shown by a few examples. What is kept
 * grows with the number of kinds, never with the length of the log. A message to people is no part of an answer.
 *
 * A row that neither version can use is a bad row. One that only one version can use is a change like any other: there it is refused in
 * error.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/explain.h>
#include <kijun/value.h>
#include <kijun/view.h>

#include "batch.h"
#include "cli.h"

enum { OLD, NEW };

static char *log_file, *log_form, *columns, *block_name, *at, *format;
static gboolean each;
static int examples = 3;

const GOptionEntry kj_options_replay[] = {
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &log_file, N_("The recorded requests (- for standard input)"), "FILE" },
    { "log-form", 0, 0, G_OPTION_ARG_STRING, &log_form, N_("How they are written: auto, tsv, kijun, or a form that `kijun describe DOMAIN` names (auto)"), "FORM" },
    { "columns", 0, 0, G_OPTION_ARG_STRING, &columns, N_("They are tab-separated without a first line of names; these are the names"), "NAMES" },
    { "block", 0, 0, G_OPTION_ARG_STRING, &block_name, N_("The block that was asked (the one whose fields the log names)"), "BLOCK" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("When requests without a time were made (now)"), "INSTANT" },
    { "each", 0, 0, G_OPTION_ARG_NONE, &each, N_("One line for each request instead of sums: old answer, rule, new answer, rule"), NULL },
    { "examples", 0, 0, G_OPTION_ARG_INT, &examples, N_("So many requests of each kind of change are shown (3)"), "N" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    G_OPTION_ENTRY_NULL,
};

typedef struct {
    guint64 line;
    char *arguments;
} Example;

/* Rows with the same two answers. */
typedef struct {
    char *effects[2];  /* "limit rate 100/s burst 200, @log" */
    char *rules[2];    /* label, "default", "error" */
    guint64 count;
    GArray *shown;     /* Example */
} Kind;

typedef struct {
    KjTable *tables[2];
    guint blocks[2];
    KjRequest *requests[2];
    gint64 instant;
    GHashTable *kinds;  /* "effect\teffect\trule\trule" -> Kind: those that changed */
    GPtrArray *order;   /* the same, most rows first */
    guint64 rows, same, changed, moved, bad, passed; /* moved: the same answer by another rule; passed: the log tells too little, no row */
    GPtrArray *problems;                     /* char *: of the first bad rows */
} Replay;

static void clear_example(gpointer data) {
    g_free(((Example *)data)->arguments);
}

static void kind_free(gpointer data) {
    Kind *kind = data;
    for (guint side = OLD; side <= NEW; side++) {
        g_free(kind->effects[side]);
        g_free(kind->rules[side]);
    }
    g_array_unref(kind->shown);
    g_free(kind);
}

/* ---- answers ---- */

static void append_rate(const KjTable *table, const KjBlockView *block, const KjParameterView *parameter, GString *out) {
    g_string_append_printf(out, " %s ", parameter->name);
    switch (parameter->kind) {
    case KJ_PARAMETER_RATE:
        kj_value_print(parameter->bytes ? KJ_TYPE_SIZE : KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), out);
        g_string_append_c(out, '/');
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->window), out);
        return;
    case KJ_PARAMETER_DURATION:
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->number), out);
        return;
    case KJ_PARAMETER_INTEGER:
        kj_value_print(KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), out);
        return;
    case KJ_PARAMETER_GROUP:
        g_string_append(out, parameter->text);
        return;
    case KJ_PARAMETER_FIELDS:
        for (guint i = 0; i < parameter->member_count; i++) {
            KjFieldView field;
            kj_view_field(table, block->first_field + kj_view_member(table, parameter->first_member + i), &field);
            g_string_append_printf(out, "%s%s", i ? "," : "", field.name);
        }
        return;
    }
}

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each obligation once, in the order of the alphabet. */
static void append_obligations(const KjRequest *request, const KjVerdict *verdict, GString *out) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    KjObligation obligation;
    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++) {
        if (strcmp(obligation.name, "message") == 0)
            continue;
        g_ptr_array_add(list, *obligation.value ? g_strdup_printf("@%s(\"%s\")", obligation.name, obligation.value)
                                                : g_strdup_printf("@%s", obligation.name));
    }
    g_ptr_array_sort(list, compare_texts);
    for (guint i = 0; i < list->len; i++)
        if (i == 0 || strcmp(list->pdata[i - 1], list->pdata[i]) != 0)
            g_string_append_printf(out, ", %s", (const char *)list->pdata[i]);
}

/* What the request gets: the effect with its parameters and obligations. */
static void append_answer(const Replay *replay, guint side, const KjVerdict *verdict, GString *out) {
    const KjTable *table = replay->tables[side];
    g_string_append(out, verdict->effect);
    if (verdict->outcome == KJ_OUTCOME_ERROR)
        return;
    if (verdict->rule != KJ_RULE_DEFAULT) {
        KjBlockView block;
        KjRuleView rule;
        kj_view_block(table, replay->blocks[side], &block);
        kj_view_rule(table, verdict->rule, &rule);
        for (guint i = 0; i < rule.parameter_count; i++) {
            KjParameterView parameter;
            kj_view_parameter(table, rule.first_parameter + i, &parameter);
            append_rate(table, &block, &parameter, out);
        }
    }
    append_obligations(replay->requests[side], verdict, out);
}

/* ---- rows ---- */

static void add_bad(Replay *replay, const KjBatch *batch, const char *problem) {
    replay->bad++;
    if (replay->problems->len < (guint)MAX(examples, 1)) {
        g_autofree char *told = kj_explain_problem(problem);
        g_ptr_array_add(replay->problems, g_strdup_printf(_("line %" PRIu64 ": %s"), kj_batch_line(batch), told));
    }
}

static void add_kind(Replay *replay, const KjBatch *batch, char *const answers[2], const KjVerdict verdicts[2]) {
    g_autofree char *key = g_strjoin("\t", answers[OLD], answers[NEW], verdicts[OLD].label, verdicts[NEW].label, NULL);
    Kind *kind = g_hash_table_lookup(replay->kinds, key);
    if (!kind) {
        kind = g_new0(Kind, 1);
        kind->shown = g_array_new(FALSE, FALSE, sizeof(Example));
        g_array_set_clear_func(kind->shown, clear_example);
        for (guint side = OLD; side <= NEW; side++) {
            kind->effects[side] = g_strdup(answers[side]);
            kind->rules[side] = g_strdup(verdicts[side].label);
        }
        g_hash_table_insert(replay->kinds, g_steal_pointer(&key), kind);
        g_ptr_array_add(replay->order, kind);
    }
    kind->count++;
    if (kind->shown->len < (guint)MAX(examples, 0)) {
        Example example = { kj_batch_line(batch), kj_batch_arguments(batch, replay->instant) };
        g_array_append_val(kind->shown, example);
    }
}

/* In the columns of a table of a database, so that nothing in them ends one. */
static void print_each(char *const answers[2], const KjVerdict verdicts[2]) {
    for (guint side = OLD; side <= NEW; side++) {
        g_autofree char *answer = g_strdelimit(g_strdup(answers[side]), "\t\n\\", ' ');
        printf("%s\t%s%s", answer, verdicts[side].label, side == OLD ? "\t" : "\n");
    }
}

static void add_row(Replay *replay, const KjBatch *batch, const char *problems[2], GString *const texts[2]) {
    KjVerdict verdicts[2];
    char *answers[2];
    for (guint side = OLD; side <= NEW; side++) {
        verdicts[side] = (KjVerdict){ .size = sizeof verdicts[side] };
        kj_decide(replay->requests[side], &verdicts[side]);
        if (problems[side]) /* half a request: what it was would be a guess */
            verdicts[side] = (KjVerdict){ .outcome = KJ_OUTCOME_ERROR, .effect = "deny", .label = "error", .problem = problems[side] };
        g_string_truncate(texts[side], 0);
        append_answer(replay, side, &verdicts[side], texts[side]);
        answers[side] = texts[side]->str;
    }
    replay->rows++;
    if (each)
        print_each(answers, verdicts);
    if (verdicts[OLD].outcome == KJ_OUTCOME_ERROR && verdicts[NEW].outcome == KJ_OUTCOME_ERROR) {
        add_bad(replay, batch, verdicts[NEW].problem);
        return;
    }
    gboolean same = strcmp(answers[OLD], answers[NEW]) == 0, same_rule = strcmp(verdicts[OLD].label, verdicts[NEW].label) == 0;
    replay->same += same && same_rule;
    replay->moved += same && !same_rule;
    replay->changed += !same;
    if ((!same || !same_rule) && !each)
        add_kind(replay, batch, answers, verdicts);
}

static void read_rows(Replay *replay, KjBatch *batch) {
    const char *problems[2];
    g_autoptr(GString) old_text = g_string_new(NULL), new_text = g_string_new(NULL);
    GString *const texts[2] = { old_text, new_text };
    while (kj_batch_next(batch, replay->requests, replay->instant, problems))
        add_row(replay, batch, problems, texts);
}

/* ---- what is told ---- */

static gboolean is_moved(const Kind *kind) {
    return strcmp(kind->effects[OLD], kind->effects[NEW]) == 0;
}

/* Changed answers first, then the most frequent; the rest as in the log. */
static int compare_kinds(gconstpointer a, gconstpointer b) {
    const Kind *left = *(const Kind *const *)a, *right = *(const Kind *const *)b;
    if (is_moved(left) != is_moved(right))
        return is_moved(left) ? 1 : -1;
    return left->count > right->count ? -1 : left->count < right->count;
}

static double share(const Replay *replay, guint64 count) {
    return replay->rows ? 100.0 * (double)count / (double)replay->rows : 0;
}

static char *qualified_name(const Replay *replay) {
    KjBlockView block;
    kj_view_block(replay->tables[NEW], replay->blocks[NEW], &block);
    return g_strdup_printf("%s.%s", block.module, block.name);
}

static void print_text(const Replay *replay, const char *new_path) {
    g_autofree char *name = qualified_name(replay), *path = g_shell_quote(new_path);
    gboolean plain = new_path[strspn(new_path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:~^@-")] == '\0';
    printf(_("%s: %" PRIu64 " requests: %" PRIu64 " as before, %" PRIu64 " answered otherwise, %" PRIu64 " by another rule alike, %" PRIu64
             " bad rows\n"),
           name, replay->rows, replay->same, replay->changed, replay->moved, replay->bad);
    if (replay->passed)
        printf(_("requests passed over because the log does not tell enough of them: %" PRIu64 "\n"), replay->passed);
    for (guint i = 0; i < replay->order->len; i++) {
        const Kind *kind = g_ptr_array_index(replay->order, i);
        printf(_("\n%" PRIu64 " (%.1f %%): %s by %s -> %s by %s\n"), kind->count, share(replay, kind->count), kind->effects[OLD],
               kind->rules[OLD], kind->effects[NEW], kind->rules[NEW]);
        for (guint e = 0; e < kind->shown->len; e++) {
            const Example *example = &g_array_index(kind->shown, Example, e);
            printf(_("  line %" PRIu64 ": kijun explain %s %s %s\n"), example->line, plain ? new_path : path, name, example->arguments);
        }
    }
}

static void add_number(JsonBuilder *builder, const char *name, guint64 number) {
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)number);
}

static void add_text(JsonBuilder *builder, const char *name, const char *text) {
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, text);
}

static void add_kind_json(JsonBuilder *builder, const Replay *replay, const Kind *kind) {
    static const char *const sides[] = { "old", "new" };
    json_builder_begin_object(builder);
    for (guint side = OLD; side <= NEW; side++) {
        json_builder_set_member_name(builder, sides[side]);
        json_builder_begin_object(builder);
        add_text(builder, "answer", kind->effects[side]);
        add_text(builder, "rule", kind->rules[side]);
        json_builder_end_object(builder);
    }
    add_number(builder, "count", kind->count);
    json_builder_set_member_name(builder, "percent");
    json_builder_add_double_value(builder, share(replay, kind->count));
    json_builder_set_member_name(builder, "examples");
    json_builder_begin_array(builder);
    for (guint i = 0; i < kind->shown->len; i++) {
        const Example *example = &g_array_index(kind->shown, Example, i);
        json_builder_begin_object(builder);
        add_number(builder, "line", example->line);
        add_text(builder, "arguments", example->arguments);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void print_json(const Replay *replay) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *name = qualified_name(replay);
    json_builder_begin_object(builder);
    add_number(builder, "version", 1);
    add_text(builder, "block", name);
    add_number(builder, "rows", replay->rows);
    add_number(builder, "same", replay->same);
    add_number(builder, "changed", replay->changed);
    add_number(builder, "moved", replay->moved);
    add_number(builder, "bad", replay->bad);
    add_number(builder, "passed", replay->passed);
    json_builder_set_member_name(builder, "changes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < replay->order->len; i++)
        add_kind_json(builder, replay, g_ptr_array_index(replay->order, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

/* ---- which block ---- */

/* By its whole name, or by the last part of it: a file given alone is a module of the file's name, and the two files need not be called
 * alike. */
static gboolean find_block(const KjTable *table, const char *name, guint *block, GError **error) {
    const char *dot = strrchr(name, '.');
    return kj_table_find_block(table, name, block, dot ? NULL : error) || (dot && kj_table_find_block(table, dot + 1, block, error));
}

static gboolean find_both(const Replay *replay, const char *name, guint blocks[2], GError **error) {
    return find_block(replay->tables[OLD], name, &blocks[OLD], error) && find_block(replay->tables[NEW], name, &blocks[NEW], error);
}

static gboolean fits(const Replay *replay, const KjBatch *batch, const guint blocks[2]) {
    const KjBatchSide sides[2] = { { replay->tables[OLD], blocks[OLD] }, { replay->tables[NEW], blocks[NEW] } };
    return kj_batch_fits(batch, sides, 2);
}

/* The block that the log says it is of, or the only block of both that has all the fields. */
static int choose_block(Replay *replay, const KjBatch *batch) {
    g_autoptr(GError) error = NULL;
    if (kj_batch_block(batch))
        return find_both(replay, kj_batch_block(batch), replay->blocks, &error) ? KJ_EXIT_FINE : kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < kj_table_block_count(replay->tables[NEW]); i++) {
        KjBlockView view;
        guint blocks[2];
        kj_view_block(replay->tables[NEW], i, &view);
        g_autofree char *name = g_strdup_printf("%s.%s", view.module, view.name);
        if (!find_both(replay, name, blocks, NULL) || !fits(replay, batch, blocks))
            continue;
        memcpy(replay->blocks, blocks, sizeof blocks);
        g_ptr_array_add(names, g_steal_pointer(&name));
    }
    if (names->len == 1)
        return KJ_EXIT_FINE;
    g_ptr_array_add(names, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
    if (names->len == 1)
        return kj_cli_fail(
            KJ_EXIT_USAGE,
            _("no block of both policies has all the fields that the log names; write --block BLOCK to see which is missing"));
    return kj_cli_fail(KJ_EXIT_USAGE, _("the log may be for any of %s; write --block BLOCK"), list);
}

static int replay_log(Replay *replay, const char *new_path) {
    g_autoptr(GError) error = NULL;
    const KjBatchForm form = { log_form, columns, replay->instant };
    g_autoptr(KjBatch) batch = kj_batch_open(log_file, &form, &error);
    if (!batch)
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    int code = block_name ? KJ_EXIT_FINE : choose_block(replay, batch);
    if (code != KJ_EXIT_FINE)
        return code;
    if (block_name && !find_both(replay, block_name, replay->blocks, &error))
        return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    const KjBatchSide sides[2] = { { replay->tables[OLD], replay->blocks[OLD] }, { replay->tables[NEW], replay->blocks[NEW] } };
    if (!kj_batch_bind(batch, sides, 2, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    for (guint side = OLD; side <= NEW; side++)
        replay->requests[side] = kj_request_new(replay->tables[side], replay->blocks[side]);
    read_rows(replay, batch);
    replay->passed = kj_batch_passed(batch);
    g_ptr_array_sort(replay->order, compare_kinds);
    if (each)
        fflush(stdout);
    else if (g_strcmp0(format, "json") == 0)
        print_json(replay);
    else
        print_text(replay, new_path);
    for (guint i = 0; i < replay->problems->len; i++)
        kj_cli_fail(KJ_EXIT_POLICY, "%s", (const char *)replay->problems->pdata[i]);
    return replay->bad > 0 ? KJ_EXIT_POLICY : replay->changed + replay->moved > 0 ? KJ_EXIT_DIFFERS : KJ_EXIT_FINE;
}

int kj_command_replay(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 2, 2, &code))
        return code;
    Replay replay = { .rows = 0 };
    if (!log_file)
        return kj_cli_fail(KJ_EXIT_USAGE, _("the recorded requests are needed: --log FILE"));
    if (!kj_cli_instant(at, &replay.instant))
        return KJ_EXIT_USAGE;
    for (guint side = OLD; side <= NEW && code == KJ_EXIT_FINE; side++)
        replay.tables[side] = kj_cli_table(argv[1 + side], &code);
    replay.kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kind_free);
    replay.order = g_ptr_array_new();
    replay.problems = g_ptr_array_new_with_free_func(g_free);
    if (code == KJ_EXIT_FINE)
        code = replay_log(&replay, argv[2]);
    for (guint side = OLD; side <= NEW; side++) {
        g_clear_pointer(&replay.requests[side], kj_request_free);
        g_clear_pointer(&replay.tables[side], kj_table_unref);
    }
    g_ptr_array_unref(replay.problems);
    g_ptr_array_unref(replay.order);
    g_hash_table_unref(replay.kinds);
    return code;
}
