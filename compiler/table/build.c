/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kj_build: the checked tree to the bytes of a table file. A list of passes; see table.h.
 *
 * The bytes depend on the policy alone: no clock, no locale, no address, no order of a hash table gets into them.
 */
#include <kijun/table.h>

#include "table.h"

KjTableBlock *kj_table_block_new(const KjBlock *block) {
    KjTableBlock *table = g_new0(KjTableBlock, 1);

    table->block = block;
    table->arena = kj_arena_new();
    table->space = kj_space_new(block->fields, block->field_count);
    table->boxes = g_ptr_array_new();
    table->box_rules = g_array_new(FALSE, FALSE, sizeof(guint32));
    table->first_boxes = g_array_new(FALSE, FALSE, sizeof(guint32));
    table->nodes = g_array_new(FALSE, FALSE, sizeof(KjRecordNode));
    table->leaves = g_array_new(FALSE, FALSE, sizeof(guint32));
    return table;
}

void kj_table_block_free(KjTableBlock *table) {
    kj_space_free(table->space);
    kj_arena_free(table->arena);
    g_ptr_array_unref(table->boxes);
    g_array_unref(table->box_rules);
    g_array_unref(table->first_boxes);
    g_array_unref(table->nodes);
    g_array_unref(table->leaves);
    g_free(table);
}

guint kj_table_box_effect(const KjTableBlock *table, guint32 box) {
    return table->block->rules[g_array_index(table->box_rules, guint32, box)].effect;
}

/* FALSE when a limit was reported. */
static gboolean add_block(GPtrArray *tables, const KjBlock *block, gboolean optimise, guint *boxes, KjDiagnostics *diagnostics) {
    KjTableBlock *table = kj_table_block_new(block);

    g_ptr_array_add(tables, table);
    if (!kj_classify_block(table, diagnostics) || !kj_lower_block(table, boxes, diagnostics))
        return FALSE;
    kj_grow_forest(table, optimise);
    return TRUE;
}

GBytes *kj_build(const KjPolicy *policy, gboolean optimise, KjDiagnostics *diagnostics) {
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func((GDestroyNotify)kj_table_block_free);
    gboolean fits = TRUE;
    guint boxes = 0;

    for (const KjBlock *block = policy->blocks; block; block = block->next) /* all, to report what is wrong with each */
        fits = add_block(tables, block, optimise, &boxes, diagnostics) && fits;
    return fits ? kj_write_tables(policy, tables, diagnostics) : NULL;
}

GBytes *kj_build_until(const KjPolicy *policy, gint64 until, const KjPolicy *before, gboolean optimise, KjDiagnostics *diagnostics) {
    g_autoptr(KjArena) arena = kj_arena_new();
    const KjPolicy *both = kj_policy_lapse(arena, policy, until, before, diagnostics);

    return both ? kj_build(both, optimise, diagnostics) : NULL;
}

KjTable *kj_build_silent(const KjPolicy *policy, const KjBlock *block, KjDiagnostics *diagnostics) {
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func((GDestroyNotify)kj_table_block_free);
    g_autoptr(GBytes) bytes = NULL;
    guint boxes = 0;

    if (!add_block(tables, block, FALSE, &boxes, diagnostics))
        return NULL;
    bytes = kj_write_silent(policy, tables, diagnostics);
    return bytes ? kj_table_new_own(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
}
