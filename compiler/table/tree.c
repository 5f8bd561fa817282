/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One decision tree over some of a block's boxes.
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

/* What the sampled boxes say about the fields they constrain inside the cell: where they begin and where they end, each as the field in the
 * upper and the class in the lower half of a number, so that sorting brings the ends of a field together, in the same places of both. */
typedef struct {
    guint64 *lows, *highs;
    guint count, room;
} Ends;

typedef struct {
    guint32 field, klass;
    guint cost; /* less is better; G_MAXUINT: none */
} Split;

typedef struct {
    KjTableBlock *table;
    KjCell *cell;
    Ends ends; /* scratch */
} Growth;

/* Shell's sort: the numbers are few and there are many nodes, so that calls of a comparison would cost more than the sorting. */
static void sort_numbers(guint64 *numbers, guint count) {
    static const guint gaps[] = { 1750, 701, 301, 132, 57, 23, 10, 4, 1 };

    for (guint g = 0; g < G_N_ELEMENTS(gaps); g++) {
        guint gap = gaps[g];

        for (guint i = gap; i < count; i++) {
            guint64 number = numbers[i];
            guint j = i;

            for (; j >= gap && numbers[j - gap] > number; j -= gap)
                numbers[j] = numbers[j - gap];
            numbers[j] = number;
        }
    }
}

/* How many of the sorted numbers are below `limit`. */
static guint count_below(const guint64 *numbers, guint count, guint64 limit) {
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

static guint64 end_at(guint32 field, guint32 klass) {
    return (guint64)field << 32 | klass;
}

/* The sorted ends of one field, and how many boxes were sampled. */
typedef struct {
    guint32 field;
    const guint64 *lows, *highs;
    guint count, sampled;
} FieldEnds;

/* Tries one cut: lists left and right of it in the sample. */
static void try_cut(const Growth *growth, const FieldEnds *ends, guint32 klass, Split *best) {
    const KjCell *side = &growth->cell[ends->field];
    guint sampled = ends->sampled, left, right, cost;

    if (klass <= side->low || klass > side->high)
        return;
    left = sampled - ends->count + count_below(ends->lows, ends->count, end_at(ends->field, klass));
    right = sampled - count_below(ends->highs, ends->count, end_at(ends->field, klass));
    if (MAX(left, right) == sampled)
        return;
    cost = MAX(left, right) + (left + right > sampled ? left + right - sampled : 0);
    if (cost < best->cost)
        *best = (Split){ ends->field, klass, cost };
}

static void try_field(const Growth *growth, const FieldEnds *ends, Split *best) {
    guint step = MAX(ends->count / (CANDIDATES / 2), 1);

    for (guint i = step / 2; i < ends->count; i += step) {
        try_cut(growth, ends, (guint32)ends->lows[i], best);
        try_cut(growth, ends, (guint32)ends->highs[i] + 1, best);
    }
}

static void add_ends(Growth *growth, const KjBox *box) {
    Ends *ends = &growth->ends;

    if (ends->count + box->count > ends->room) {
        ends->room = 2 * (ends->count + box->count);
        ends->lows = g_renew(guint64, ends->lows, ends->room);
        ends->highs = g_renew(guint64, ends->highs, ends->room);
    }
    for (guint i = 0; i < box->count; i++) {
        guint32 field = box->tests[i].field;
        const KjCell *side = &growth->cell[field];
        KjClassInterval hull;

        if (side->low == side->high || !kj_class_set_hull(box->tests[i].set, side->low, side->high, &hull))
            continue;
        if (hull.low == side->low && hull.high == side->high)
            continue;
        ends->lows[ends->count] = end_at(field, hull.low);
        ends->highs[ends->count++] = end_at(field, hull.high);
    }
}

static Split choose_split(Growth *growth, const guint32 *list, guint count) {
    Split best = { 0, 0, G_MAXUINT };
    guint step = (count + SAMPLE - 1) / SAMPLE, sampled = 0;
    const Ends *ends = &growth->ends;

    growth->ends.count = 0;
    for (guint i = 0; i < count; i += step, sampled++)
        add_ends(growth, growth->table->boxes->pdata[list[i]]);
    sort_numbers(ends->lows, ends->count);
    sort_numbers(ends->highs, ends->count);
    for (guint first = 0, i = 0; first < ends->count; first = i) {
        guint32 field = (guint32)(ends->lows[first] >> 32);

        while (i < ends->count && ends->lows[i] >> 32 == field)
            i++;
        try_field(growth, &(FieldEnds){ field, ends->lows + first, ends->highs + first, i - first, sampled }, &best);
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

void kj_grow_tree(KjTableBlock *table, guint32 root, guint32 *list, guint count) {
    guint fields = table->space->fields->len;
    g_autofree KjCell *cell = g_new0(KjCell, fields + 1);
    Growth growth = { .table = table, .cell = cell };

    for (guint i = 0; i < fields; i++)
        cell[i] = (KjCell){ 0, kj_space_field(table->space, i)->class_count - 1 };
    grow(&growth, root, list, count, (guint64)REFERENCES_EACH * count + REFERENCES_MORE, 0);
    g_free(growth.ends.lows);
    g_free(growth.ends.highs);
}
