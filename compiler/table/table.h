/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The passes from the checked tree to the table file, for the files of this folder only. Each takes what the one before made:
 *
 *     classify   which classes every field has                     KjTableBlock.space
 *     lower      rules to boxes over classes                       .boxes
 *     forest     boxes to decision trees (optimise prunes them)    .nodes, .leaves
 *     write      everything to bytes
 *
 * Boxes are in rule order; their indices here are relative to the block.
 */
#ifndef KJ_TABLE_H
#define KJ_TABLE_H

#include <kijun/format.h>

#include "../compiler.h"
#include "../region/space.h"

typedef struct {
    const KjBlock *block;
    KjArena *arena;
    KjSpace *space;
    GPtrArray *boxes;      /* const KjBox * */
    GArray *box_rules;     /* guint32: the rule of each box */
    GArray *first_boxes;   /* guint32: for each rule its first box, and one more at the end */
    GArray *nodes;         /* KjRecordNode: BOTH, SPLIT and LEAF, the first is the root; children and leaves relative to the block */
    GArray *leaves;        /* guint32: boxes */
} KjTableBlock;

/* Free with kj_table_block_free. */
KjTableBlock *kj_table_block_new(const KjBlock *block);
void kj_table_block_free(KjTableBlock *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjTableBlock, kj_table_block_free)

/* FALSE when a limit was reported. `boxes` counts those of the whole table so far. */
gboolean kj_classify_block(KjTableBlock *table, KjDiagnostics *diagnostics);
gboolean kj_lower_block(KjTableBlock *table, guint *boxes, KjDiagnostics *diagnostics);

/* forest.c: one leaf with every box, or with `optimise` a tree, or several where that is cheaper to ask. */
void kj_grow_forest(KjTableBlock *table, gboolean optimise);

/* tree.c: a tree over the boxes of `list`, which is best first and is changed. Its root is the node `root`, which is there already; the rest is
 * added to `nodes` and `leaves`. */
void kj_grow_tree(KjTableBlock *table, guint32 root, guint32 *list, guint count);

/* A part of the space: for each field an interval of classes. */
typedef KjClassInterval KjCell;

/* optimise.c: which boxes of a list, best first, can matter in a cell. Both shorten the list in place and never change an answer. */
guint kj_prune_behind_cover(const KjTableBlock *table, const KjCell *cell, guint32 *list, guint count);
guint kj_prune_covered(const KjTableBlock *table, const KjCell *cell, guint32 *list, guint count);

/* The effect of a box's rule. */
guint kj_table_box_effect(const KjTableBlock *table, guint32 box);

/* NULL when the table would be too large; reported. `tables` is of KjTableBlock. */
GBytes *kj_write_tables(const KjPolicy *policy, const GPtrArray *tables, KjDiagnostics *diagnostics);

/* The same without what is only told (texts of rules, positions, targets) and without the hash: for kj_table_new_own. */
GBytes *kj_write_silent(const KjPolicy *policy, const GPtrArray *tables, KjDiagnostics *diagnostics);

#endif
