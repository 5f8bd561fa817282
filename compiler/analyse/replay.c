/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Witnesses, tried. See replay.h.
 *
 * Who has the whole table gives it. Else the blocks in question alone become tables, once each and only when something was found, by the passes that make any
 * table, and without what a table has to say to people: of a block of 10,000 rules that is nine tenths of the work.
 */
#include "replay.h"

#include <string.h>

#include <kijun/view.h>

#include "../diagnostics.h"

void kj_replay_clear(KjReplay *replay) {
    g_clear_pointer(&replay->table, kj_table_unref);
    g_clear_pointer(&replay->blocks, g_hash_table_unref);
}

gboolean kj_replay_refers(const KjBlock *block, const KjRule *rule, const KjWitness *witness) {
    KjReferenceVerdict verdict;
    guint count;
    const KjFieldText *texts = kj_witness_texts(witness, &count);
    gboolean right;

    kj_reference_decide(block, texts, count, witness->has_instant, witness->instant, &verdict);
    if (verdict.outcome == KJ_OUTCOME_ERROR)
        right = FALSE;
    else if (block->domain->combining == KJ_COMBINING_ADD_UP)
        right = !rule || g_ptr_array_find(verdict.matched, rule, NULL);
    else
        right = verdict.rule == rule;
    kj_reference_verdict_clear(&verdict);
    return right;
}

static void table_clear(gpointer table) {
    if (table)
        kj_table_unref(table);
}

/* NULL: it does not build, which others report. */
static KjTable *table_of(KjReplay *replay, const KjBlock *block) {
    gpointer table;

    if (replay->table)
        return replay->table;
    if (!replay->blocks)
        replay->blocks = g_hash_table_new_full(NULL, NULL, NULL, table_clear);
    if (!g_hash_table_lookup_extended(replay->blocks, block, NULL, &table)) {
        g_autoptr(KjDiagnostics) scratch = kj_diagnostics_new();
        table = kj_build_silent(replay->policy, block, scratch);
        g_hash_table_insert(replay->blocks, (gpointer)block, table);
    }
    return table;
}

static gboolean is_matched(const KjTable *table, const KjRequest *request, const KjVerdict *verdict, const char *label) {
    for (guint i = 0; i < verdict->matched; i++) {
        KjRuleView view;
        kj_view_rule(table, kj_request_matched_rule(request, i), &view);
        if (strcmp(view.label, label) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The request as the table decides it; NULL with nothing decided when the table knows no such block, field or value. */
static KjRequest *ask_table(KjTable *table, const KjBlock *block, const KjFieldText *texts, guint count, gboolean has_instant,
                            gint64 instant, KjVerdict *verdict) {
    g_autoptr(KjRequest) request = NULL;
    guint number;

    if (!kj_table_find_block(table, block->qualified, &number, NULL))
        return NULL;
    request = kj_request_new(table, number);
    for (guint i = 0; i < count; i++) {
        int field = kj_table_find_field(table, number, texts[i].field);
        if (!(texts[i].text ? kj_request_set_text(request, field, texts[i].text, -1, NULL) : kj_request_set_empty(request, field, NULL)))
            return NULL;
    }
    if (has_instant)
        kj_request_set_instant(request, instant);
    kj_decide(request, verdict);
    return g_steal_pointer(&request);
}

static gboolean table_decides(KjTable *table, const KjBlock *block, const KjRule *rule, const KjWitness *witness) {
    KjVerdict verdict = { .size = sizeof verdict };
    guint count;
    const KjFieldText *texts = kj_witness_texts(witness, &count);
    g_autoptr(KjRequest) request = ask_table(table, block, texts, count, witness->has_instant, witness->instant, &verdict);

    if (!request || verdict.outcome == KJ_OUTCOME_ERROR)
        return FALSE;
    if (block->domain->combining == KJ_COMBINING_ADD_UP)
        return !rule || is_matched(table, request, &verdict, rule->label);
    return strcmp(verdict.label, rule ? rule->label : "default") == 0;
}

gboolean kj_replay_agrees(KjReplay *replay, const KjBlock *block, const KjFieldText *texts, guint count, gboolean has_instant,
                          gint64 instant, const KjReferenceVerdict *reference) {
    KjVerdict verdict = { .size = sizeof verdict };
    KjTable *table = table_of(replay, block);
    g_autoptr(KjRequest) request = table ? ask_table(table, block, texts, count, has_instant, instant, &verdict) : NULL;

    if (!table)
        return TRUE;
    if (!request) /* a value the table refuses is an error of the request */
        return reference->outcome == KJ_OUTCOME_ERROR;
    return verdict.outcome == reference->outcome && strcmp(verdict.label, reference->label) == 0;
}

gboolean kj_replay_decides(KjReplay *replay, const KjBlock *block, const KjRule *rule, const KjWitness *witness) {
    KjTable *table = table_of(replay, block);

    return kj_replay_refers(block, rule, witness) && (!table || table_decides(table, block, rule, witness));
}

char *kj_replay_command(const char *path, const KjBlock *block, const KjWitness *witness) {
    g_autofree char *arguments = kj_witness_arguments(witness), *place = path ? g_shell_quote(path) : NULL;
    gboolean plain = path && path[0] && strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == strlen(path);

    return g_strdup_printf("kijun explain %s %s %s", !path ? "." : plain ? path : place, block->qualified, arguments);
}
