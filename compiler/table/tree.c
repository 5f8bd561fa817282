/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decision tree over a block's boxes.
 *
 * An inner node splits one field at a class; a leaf lists the boxes that reach into its cell, best first, to be scanned. A split is worth
 * as much as the longer of its two lists gets shorter, less the boxes that must stand in both. Candidates are the ends of the intervals of
 * a sample of the node's boxes; the count in the sample decides, in whole numbers, so that every machine grows the same tree.
 *
 * Memory stays linear in the boxes: a tree may have REFERENCES_EACH references a box, and each split hands its share to its children in
 * proportion to their lists, and what the left one leaves over to the right one. Where the share is used up, a list stays long.
 * Cost: boxes * fields * depth, and a sort of the sample at each node.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define LEAF_BOXES 4u          /* lists this short are scanned */
#define REFERENCES_EACH 16u    /* references in leaves, a box: at most 64 bytes a box */
#define REFERENCES_MORE 1024u  /* and for small blocks */
#define SAMPLE 256u            /* boxes looked at to choose a split */
#define CANDIDATES 32u         /* cuts tried in a field */
#define DEPTH_MOST 64u

/* What one box says about one field inside the cell. */
typedef struct {
    guint32 field, low, high;
} Extent;

typedef struct {
    guint32 field, klass;
    guint cost; /* less is better; G_MAXUINT: none */
} Split;

typedef struct {
    KjTableBlock *table;
    KjCell *cell;
    GArray *extents;  /* Extent: scratch */
    guint32 *lows, *highs;
} Growth;

static int compare_extents(const void *a, const void *b) {
    const Extent *left = a, *right = b;

    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    return left->low < right->low ? -1 : left->low > right->low;
}

static int compare_numbers(const void *a, const void *b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

    return left < right ? -1 : left > right;
}

/* How many of the sorted numbers are below `limit`. */
static guint count_below(const guint32 *numbers, guint count, guint32 limit) {
    guint low = 0, high = count;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (numbers[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Tries one cut: lists left and right of it in the sample. */
static void try_cut(const Growth *growth, guint32 field, guint32 klass, guint constrained, guint sampled, Split *best) {
    guint left, right, cost;

    if (klass <= growth->cell[field].low || klass > growth->cell[field].high)
        return;
    left = sampled - constrained + count_below(growth->lows, constrained, klass);
    right = sampled - count_below(growth->highs, constrained, klass);
    if (MAX(left, right) == sampled)
        return;
    cost = MAX(left, right) + (left + right > sampled ? left + right - sampled : 0);
    if (cost < best->cost)
        *best = (Split){ field, klass, cost };
}

/* The extents of one field, sorted by low. */
static void try_field(Growth *growth, const Extent *extents, guint count, guint sampled, Split *best) {
    guint step = MAX(count / (CANDIDATES / 2), 1);

    for (guint i = 0; i < count; i++) {
        growth->lows[i] = extents[i].low;
        growth->highs[i] = extents[i].high;
    }
    qsort(growth->highs, count, sizeof(guint32), compare_numbers);
    for (guint i = step / 2; i < count; i += step) {
        try_cut(growth, extents[0].field, growth->lows[i], count, sampled, best);
        try_cut(growth, extents[0].field, growth->highs[i] + 1, count, sampled, best);
    }
}

static void add_extents(Growth *growth, const KjBox *box) {
    for (guint i = 0; i < box->count; i++) {
        const KjCell *side = &growth->cell[box->tests[i].field];
        Extent extent = { .field = box->tests[i].field };
        KjClassInterval hull;

        if (side->low == side->high || !kj_class_set_hull(box->tests[i].set, side->low, side->high, &hull))
            continue;
        if (hull.low == side->low && hull.high == side->high)
            continue;
        extent.low = hull.low;
        extent.high = hull.high;
        g_array_append_val(growth->extents, extent);
    }
}

static Split choose_split(Growth *growth, const guint32 *list, guint count) {
    Split best = { 0, 0, G_MAXUINT };
    guint step = MAX(count / SAMPLE, 1), sampled = 0;
    const Extent *extents;

    g_array_set_size(growth->extents, 0);
    for (guint i = 0; i < count && sampled < 2 * SAMPLE; i += step, sampled++)
        add_extents(growth, growth->table->boxes->pdata[list[i]]);
    if (growth->extents->len == 0)
        return best;
    qsort(growth->extents->data, growth->extents->len, sizeof(Extent), compare_extents);
    extents = (const Extent *)growth->extents->data;
    for (guint i = 0; i < growth->extents->len;) {
        guint first = i;

        while (i < growth->extents->len && extents[i].field == extents[first].field)
            i++;
        try_field(growth, extents + first, i - first, sampled, &best);
    }
    return best;
}

static void set_leaf(Growth *growth, guint32 node, guint32 *list, guint count) {
    KjTableBlock *table = growth->table;

    count = kj_prune_covered(table, growth->cell, list, count);
    g_array_index(table->nodes, KjRecordNode, node) = (KjRecordNode){ KJ_NODE_LEAF, table->leaves->len, count, 0, 0 };
    if (count)
        g_array_append_vals(table->leaves, list, count);
}

/* The boxes of `list` that reach into the part of the cell with classes low..high of the field. */
static guint select_boxes(const Growth *growth, guint32 field, guint32 low, guint32 high, const guint32 *list, guint count,
                          guint32 *selected) {
    guint kept = 0;

    for (guint i = 0; i < count; i++) {
        const KjClassSet *set = kj_box_field(growth->table->boxes->pdata[list[i]], field);

        if (!set || kj_class_set_meets(set, low, high))
            selected[kept++] = list[i];
    }
    return kept;
}

static void grow(Growth *growth, guint32 node, guint32 *list, guint count, guint64 budget, guint depth);

/* FALSE when the split is not worth its duplicates after all. */
static gboolean grow_children(Growth *growth, guint32 node, const Split *split, const guint32 *list, guint count, guint64 budget,
                              guint depth) {
    KjCell *side = &growth->cell[split->field], whole = *side;
    g_autofree guint32 *left = g_new(guint32, count), *right = g_new(guint32, count);
    guint left_count = select_boxes(growth, split->field, whole.low, split->klass - 1, list, count, left);
    guint right_count = select_boxes(growth, split->field, split->klass, whole.high, list, count, right);
    guint64 both = (guint64)left_count + right_count;
    guint32 child = growth->table->nodes->len;
    guint64 used;

    if (MAX(left_count, right_count) == count || both > budget)
        return FALSE;
    g_array_set_size(growth->table->nodes, child + 2);
    g_array_index(growth->table->nodes, KjRecordNode, node) = (KjRecordNode){ KJ_NODE_SPLIT, split->field, split->klass, child, 0 };
    left = g_realloc(left, MAX(left_count, 1) * sizeof(guint32));
    right = g_realloc(right, MAX(right_count, 1) * sizeof(guint32));
    side->high = split->klass - 1;
    used = growth->table->leaves->len;
    grow(growth, child, left, left_count, both ? budget * left_count / both : 0, depth + 1);
    used = growth->table->leaves->len - used;
    *side = (KjCell){ split->klass, whole.high };
    grow(growth, child + 1, right, right_count, budget - used, depth + 1);
    *side = whole;
    return TRUE;
}

static void grow(Growth *growth, guint32 node, guint32 *list, guint count, guint64 budget, guint depth) {
    Split split;

    count = kj_prune_behind_cover(growth->table, growth->cell, list, count);
    if (count > LEAF_BOXES && depth < DEPTH_MOST) {
        split = choose_split(growth, list, count);
        if (split.cost != G_MAXUINT && grow_children(growth, node, &split, list, count, budget, depth))
            return;
    }
    set_leaf(growth, node, list, count);
}

static gint compare_priority(gconstpointer a, gconstpointer b, gpointer data) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;
    guint left_effect = kj_table_box_effect(data, left), right_effect = kj_table_box_effect(data, right);

    if (left_effect != right_effect)
        return left_effect > right_effect ? -1 : 1;
    return left < right ? -1 : left > right;
}

/* Every box, best first. */
static GArray *order_boxes(KjTableBlock *table) {
    GArray *order = g_array_sized_new(FALSE, FALSE, sizeof(guint32), table->boxes->len);

    for (guint32 i = 0; i < table->boxes->len; i++)
        g_array_append_val(order, i);
    if (table->block->domain->combining == KJ_COMBINING_STRICTEST)
        g_array_sort_with_data(order, compare_priority, table);
    return order;
}

void kj_grow_tree(KjTableBlock *table, gboolean optimise) {
    g_autoptr(GArray) order = order_boxes(table);
    guint fields = table->space->fields->len;
    g_autofree KjCell *cell = g_new(KjCell, MAX(fields, 1));
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    Growth growth = { .table = table, .cell = cell, .extents = extents };
    g_autofree guint32 *lows = NULL, *highs = NULL;

    g_array_set_size(table->nodes, 1);
    if (!optimise) {
        g_array_index(table->nodes, KjRecordNode, 0) = (KjRecordNode){ KJ_NODE_LEAF, 0, order->len, 0, 0 };
        if (order->len)
            g_array_append_vals(table->leaves, order->data, order->len);
        return;
    }
    for (guint i = 0; i < fields; i++)
        cell[i] = (KjCell){ 0, kj_space_field(table->space, i)->class_count - 1 };
    growth.lows = lows = g_new(guint32, 2 * SAMPLE);
    growth.highs = highs = g_new(guint32, 2 * SAMPLE);
    grow(&growth, 0, (guint32 *)order->data, order->len, (guint64)REFERENCES_EACH * order->len + REFERENCES_MORE, 0);
}
