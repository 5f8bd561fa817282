/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kj_build: the checked tree to the bytes of a table file. A list of passes; see table.h.
 *
 * The bytes depend on the policy alone: no clock, no locale, no address, no order of a hash table gets into them.
 */
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

GBytes *kj_build(const KjPolicy *policy, gboolean optimise, KjDiagnostics *diagnostics) {
    g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func((GDestroyNotify)kj_table_block_free);
    gboolean fits = TRUE;
    guint boxes = 0;

    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        KjTableBlock *table = kj_table_block_new(block);

        g_ptr_array_add(tables, table);
        if (!kj_classify_block(table, diagnostics) || !kj_lower_block(table, &boxes, diagnostics))
            fits = FALSE; /* and on, to report what is wrong with the others */
        else if (fits)
            kj_grow_forest(table, optimise);
    }
    return fits ? kj_write_tables(policy, tables, diagnostics) : NULL;
}
