/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replayed.h"

#include <string.h>

#include <kijun/explain.h>
#include <kijun/view.h>

#include "answer.h"
#include "batch.h"
#include "cli.h"

static void clear_example(gpointer data) {
    g_free(((KjReplayedExample *)data)->arguments);
}

static void kind_free(gpointer data) {
    KjReplayedKind *kind = data;
    for (guint side = KJ_OLD; side <= KJ_NEW; side++) {
        g_free(kind->effects[side]);
        g_free(kind->rules[side]);
    }
    g_array_unref(kind->shown);
    g_free(kind);
}

/* ---- rows ---- */

static void add_bad(KjReplayed *replay, const KjBatch *batch, const char *problem) {
    replay->bad++;
    if (replay->problems->len < (guint)MAX(replay->asked.examples, 1)) {
        g_autofree char *told = kj_explain_problem(problem);
        g_ptr_array_add(replay->problems, g_strdup_printf(_("line %" PRIu64 ": %s"), kj_batch_line(batch), told));
    }
}

static void add_kind(KjReplayed *replay, const KjBatch *batch, char *const answers[2], const KjVerdict verdicts[2]) {
    g_autofree char *key = g_strjoin("\t", answers[KJ_OLD], answers[KJ_NEW], verdicts[KJ_OLD].label, verdicts[KJ_NEW].label, NULL);
    KjReplayedKind *kind = g_hash_table_lookup(replay->kinds, key);
    if (!kind) {
        kind = g_new0(KjReplayedKind, 1);
        kind->shown = g_array_new(FALSE, FALSE, sizeof(KjReplayedExample));
        g_array_set_clear_func(kind->shown, clear_example);
        for (guint side = KJ_OLD; side <= KJ_NEW; side++) {
            kind->effects[side] = g_strdup(answers[side]);
            kind->rules[side] = g_strdup(verdicts[side].label);
        }
        g_hash_table_insert(replay->kinds, g_steal_pointer(&key), kind);
        g_ptr_array_add(replay->order, kind);
    }
    kind->count++;
    if (kind->shown->len < (guint)MAX(replay->asked.examples, 0)) {
        KjReplayedExample example = { kj_batch_line(batch), kj_batch_arguments(batch, replay->asked.instant) };
        g_array_append_val(kind->shown, example);
    }
}

static void add_row(KjReplayed *replay, const KjBatch *batch, const char *problems[2], GString *const texts[2]) {
    KjVerdict verdicts[2];
    char *answers[2];
    for (guint side = KJ_OLD; side <= KJ_NEW; side++) {
        verdicts[side] = (KjVerdict){ .size = sizeof verdicts[side] };
        kj_decide(replay->requests[side], &verdicts[side]);
        if (problems[side]) /* half a request: what it was would be a guess */
            verdicts[side] = (KjVerdict){ .outcome = KJ_OUTCOME_ERROR, .effect = "deny", .label = "error", .problem = problems[side] };
        g_string_truncate(texts[side], 0);
        kj_answer_append(replay->tables[side], replay->blocks[side], replay->requests[side], &verdicts[side], texts[side]);
        answers[side] = texts[side]->str;
    }
    replay->rows++;
    if (replay->asked.each)
        replay->asked.each(answers, verdicts);
    if (verdicts[KJ_OLD].outcome == KJ_OUTCOME_ERROR && verdicts[KJ_NEW].outcome == KJ_OUTCOME_ERROR) {
        add_bad(replay, batch, verdicts[KJ_NEW].problem);
        return;
    }
    gboolean same = strcmp(answers[KJ_OLD], answers[KJ_NEW]) == 0, same_rule = strcmp(verdicts[KJ_OLD].label, verdicts[KJ_NEW].label) == 0;
    replay->same += same && same_rule;
    replay->moved += same && !same_rule;
    replay->changed += !same;
    if ((!same || !same_rule) && !replay->asked.each)
        add_kind(replay, batch, answers, verdicts);
}

static void read_rows(KjReplayed *replay, KjBatch *batch) {
    const char *problems[2];
    g_autoptr(GString) old_text = g_string_new(NULL), new_text = g_string_new(NULL);
    GString *const texts[2] = { old_text, new_text };
    if (replay->asked.each)
        kj_cli_progress_streams();
    while (kj_batch_next(batch, replay->requests, replay->asked.instant, problems))
        add_row(replay, batch, problems, texts);
}

/* ---- the whole ---- */

gboolean kj_replayed_is_moved(const KjReplayedKind *kind) {
    return strcmp(kind->effects[KJ_OLD], kind->effects[KJ_NEW]) == 0;
}

/* Changed answers first, then the most frequent; the rest as in the log. */
static int compare_kinds(gconstpointer a, gconstpointer b) {
    const KjReplayedKind *left = *(const KjReplayedKind *const *)a, *right = *(const KjReplayedKind *const *)b;
    if (kj_replayed_is_moved(left) != kj_replayed_is_moved(right))
        return kj_replayed_is_moved(left) ? 1 : -1;
    return left->count > right->count ? -1 : left->count < right->count;
}

double kj_replayed_share(const KjReplayed *replay, guint64 count) {
    return replay->rows ? 100.0 * (double)count / (double)replay->rows : 0;
}

char *kj_replayed_block(const KjReplayed *replay) {
    KjBlockView block;
    kj_view_block(replay->tables[KJ_NEW], replay->blocks[KJ_NEW], &block);
    return g_strdup_printf("%s.%s", block.module, block.name);
}

/* ---- which block ---- */

/* By its whole name, or by the last part of it: a file given alone is a module of the file's name, and the two files need not be called
 * alike. */
static gboolean find_block(const KjTable *table, const char *name, guint *block, GError **error) {
    const char *dot = strrchr(name, '.');
    return kj_table_find_block(table, name, block, dot ? NULL : error) || (dot && kj_table_find_block(table, dot + 1, block, error));
}

static gboolean find_both(const KjReplayed *replay, const char *name, guint blocks[2], GError **error) {
    return find_block(replay->tables[KJ_OLD], name, &blocks[KJ_OLD], error) &&
           find_block(replay->tables[KJ_NEW], name, &blocks[KJ_NEW], error);
}

static gboolean fits(const KjReplayed *replay, const KjBatch *batch, const guint blocks[2]) {
    const KjBatchSide sides[2] = { { replay->tables[KJ_OLD], blocks[KJ_OLD] }, { replay->tables[KJ_NEW], blocks[KJ_NEW] } };
    return kj_batch_fits(batch, sides, 2);
}

/* The block that the log says it is of, or the only block of both that has all the fields. */
static int choose_block(KjReplayed *replay, const KjBatch *batch) {
    g_autoptr(GError) error = NULL;
    if (kj_batch_block(batch))
        return find_both(replay, kj_batch_block(batch), replay->blocks, &error) ? KJ_EXIT_FINE
                                                                                : kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < kj_table_block_count(replay->tables[KJ_NEW]); i++) {
        KjBlockView view;
        guint blocks[2];
        kj_view_block(replay->tables[KJ_NEW], i, &view);
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

static int read_log(KjReplayed *replay) {
    g_autoptr(GError) error = NULL;
    const KjReplaying *asked = &replay->asked;
    const KjBatchForm form = { asked->log_form, asked->columns, asked->instant };
    g_autoptr(KjBatch) batch = kj_batch_open(asked->log_file, &form, &error);
    if (!batch)
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    int code = asked->block ? KJ_EXIT_FINE : choose_block(replay, batch);
    if (code != KJ_EXIT_FINE)
        return code;
    if (asked->block && !find_both(replay, asked->block, replay->blocks, &error))
        return kj_cli_fail(KJ_EXIT_USAGE, "%s", error->message);
    const KjBatchSide sides[2] = { { replay->tables[KJ_OLD], replay->blocks[KJ_OLD] }, { replay->tables[KJ_NEW], replay->blocks[KJ_NEW] } };
    if (!kj_batch_bind(batch, sides, 2, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    for (guint side = KJ_OLD; side <= KJ_NEW; side++)
        replay->requests[side] = kj_request_new(replay->tables[side], replay->blocks[side]);
    read_rows(replay, batch);
    replay->passed = kj_batch_passed(batch);
    g_ptr_array_sort(replay->order, compare_kinds);
    return KJ_EXIT_FINE;
}

int kj_replayed_read(KjReplayed *replayed, KjTable *const tables[2], const KjReplaying *asked) {
    *replayed = (KjReplayed){ .asked = *asked, .tables = { tables[KJ_OLD], tables[KJ_NEW] } };
    replayed->kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kind_free);
    replayed->order = g_ptr_array_new();
    replayed->problems = g_ptr_array_new_with_free_func(g_free);
    return read_log(replayed);
}

void kj_replayed_clear(KjReplayed *replayed) {
    for (guint side = KJ_OLD; side <= KJ_NEW; side++)
        g_clear_pointer(&replayed->requests[side], kj_request_free);
    g_clear_pointer(&replayed->problems, g_ptr_array_unref);
    g_clear_pointer(&replayed->order, g_ptr_array_unref);
    g_clear_pointer(&replayed->kinds, g_hash_table_unref);
}
