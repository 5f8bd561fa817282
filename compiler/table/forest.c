/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The trees of a block: one, or two side by side.
 *
 * A box that leaves free a field which others pin down must stand on both sides of every split of that field. A few such boxes do no
 * harm; thousands fill a tree with copies until its share of memory is used up, and then its lists stay long. So where rules combine by
 * first match the boxes may be dealt out to two trees by one field, the key: those narrow in it, which splits of the key hardly ever
 * copy, and the others. Both trees are asked, and the first box of their two answers decides (KJ_NODE_BOTH), which is the same answer
 * however boxes are dealt out. Nothing here knows what a field means.
 *
 * Whether that is better is not guessed. The key is the field in which most boxes are narrow, so long as some are not; both forests are
 * grown, asked at PROBES points taken from the boxes themselves, and the one is kept that had to look at less. Where one tree is cheap no
 * other is tried. Everything is counted in whole numbers and the points come from a fixed sequence, so every machine grows the same trees.
 *
 * Measured (100,000 ClassBench rules like fw1): the longest list of 1,860 boxes becomes 50, 16 references a box become 5, and a decision
 * takes half the time. More trees, by the patterns of two keys, copy less still (1.1 references a box) but each has to be asked.
 * Cost: a second growing at most.
 */
#include "table.h"

#include <string.h>

#define NARROW_SHARE 16u /* a box is narrow in a field of which it spans less than this part of the classes */
#define PART_SHARE 64u   /* each tree is for at least this part of the boxes */
#define PROBES 512u
#define PROBE_CHEAP 40u  /* where one tree looks at so little for a decision, a second is not worth trying */
#define COST_TREE 8u     /* of a decision: what a tree, */
#define COST_NODE 2u     /* each of its nodes, */
#define COST_BOX 3u      /* and each box cost */

typedef struct {
    KjTableBlock *table;
    const GArray *order; /* every box, best first */
    guint32 *points;     /* PROBES times a class for each field */
    guint fields;
} Forest;

/* ---- what a decision costs ---- */

/* The next of a fixed sequence of numbers (Marsaglia's xorshift). */
static guint32 next_number(guint32 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Requests are where rules are: each point lies in a box, anywhere in the fields the box leaves free. */
static void choose_points(Forest *forest) {
    const KjTableBlock *table = forest->table;
    guint32 state = 2463534242u;

    forest->points = g_new(guint32, (gsize)PROBES * MAX(forest->fields, 1));
    for (guint i = 0; i < PROBES; i++) {
        const KjBox *box = table->boxes->pdata[(guint64)i * table->boxes->len / PROBES];
        guint32 *point = forest->points + (gsize)i * forest->fields;

        for (guint f = 0; f < forest->fields; f++)
            point[f] = next_number(&state) % kj_space_field(table->space, f)->class_count;
        for (guint t = 0; t < box->count; t++) {
            const KjClassSet *set = box->tests[t].set;
            const KjClassInterval *interval = &set->intervals[next_number(&state) % set->count];

            point[box->tests[t].field] = interval->low + next_number(&state) % (interval->high - interval->low + 1);
        }
    }
}

static guint64 ask_tree(const KjTableBlock *table, guint32 root, const guint32 *point, guint32 *best) {
    const KjRecordNode *nodes = (const KjRecordNode *)(void *)table->nodes->data, *node = &nodes[root];
    const guint32 *list = (const guint32 *)(void *)table->leaves->data;
    guint64 cost = COST_TREE;

    for (; node->kind == KJ_NODE_SPLIT; cost += COST_NODE)
        node = &nodes[node->c + (point[node->a] >= node->b)];
    for (guint32 i = 0; i < node->b && list[node->a + i] < *best; i++) {
        cost += COST_BOX;
        if (kj_box_has(table->boxes->pdata[list[node->a + i]], point))
            *best = list[node->a + i];
    }
    return cost;
}

/* Of all points together. */
static guint64 ask_forest(const Forest *forest) {
    const KjTableBlock *table = forest->table;
    guint64 cost = 0;

    for (guint i = 0; i < PROBES; i++) {
        const guint32 *point = forest->points + (gsize)i * forest->fields;
        guint32 root = 0, best = KJ_NONE;
        const KjRecordNode *node;

        while (node = &g_array_index(table->nodes, KjRecordNode, root), node->kind == KJ_NODE_BOTH) {
            cost += ask_tree(table, node->c, point, &best);
            root = node->c + 1;
        }
        cost += ask_tree(table, root, point, &best);
    }
    return cost;
}

/* ---- dealing out ---- */

static gboolean is_narrow(const Forest *forest, const KjBox *box, guint32 field) {
    guint32 last = kj_space_field(forest->table->space, field)->class_count - 1;
    const KjClassSet *set = kj_box_field(box, field);
    KjClassInterval hull;

    return set && kj_class_set_hull(set, 0, last, &hull) && (guint64)(hull.high - hull.low) * NARROW_SHARE < last;
}

/* Lists the boxes that are narrow in `key` and then the others, both best first; how many are narrow. */
static guint deal_out(const Forest *forest, guint32 key, guint32 *list) {
    guint count = forest->order->len, narrow = 0, wide = 0;
    g_autofree guint32 *others = g_new(guint32, count);

    for (guint i = 0; i < count; i++) {
        guint32 box = g_array_index(forest->order, guint32, i);

        if (is_narrow(forest, forest->table->boxes->pdata[box], key))
            list[narrow++] = box;
        else
            others[wide++] = box;
    }
    memcpy(list + narrow, others, wide * sizeof(guint32));
    return narrow;
}

/* G_MAXUINT32: no field tells enough boxes apart. */
static guint32 choose_key(const Forest *forest) {
    const GPtrArray *boxes = forest->table->boxes;
    guint share = boxes->len / PART_SHARE, most = share;
    guint32 best = G_MAXUINT32;

    for (guint32 f = 0; f < forest->fields; f++) {
        guint narrow = 0;

        if (kj_space_field(forest->table->space, f)->class_count <= NARROW_SHARE)
            continue;
        for (guint i = 0; i < boxes->len; i++)
            narrow += is_narrow(forest, boxes->pdata[i], f);
        if (narrow > most && boxes->len - narrow > share) {
            most = narrow;
            best = f;
        }
    }
    return best;
}

/* ---- growing ---- */

static void grow_one(const Forest *forest) {
    g_autofree guint32 *list = g_memdup2(forest->order->data, forest->order->len * sizeof(guint32));

    g_array_set_size(forest->table->nodes, 1);
    kj_grow_tree(forest->table, 0, list, forest->order->len);
}

static void grow_two(const Forest *forest, guint32 key) {
    g_autofree guint32 *list = g_new(guint32, forest->order->len);
    guint narrow = deal_out(forest, key, list);

    g_array_set_size(forest->table->nodes, 3);
    g_array_index(forest->table->nodes, KjRecordNode, 0) = (KjRecordNode){ KJ_NODE_BOTH, 0, 0, 1, 0 };
    kj_grow_tree(forest->table, 1, list, narrow);
    kj_grow_tree(forest->table, 2, list + narrow, forest->order->len - narrow);
}

/* Grows two trees beside the one there is, and keeps what is cheaper. */
static void try_two(Forest *forest) {
    KjTableBlock *table = forest->table;
    GArray *nodes = table->nodes, *leaves = table->leaves;
    guint64 cost = ask_forest(forest);
    guint32 key = cost > (guint64)PROBE_CHEAP * PROBES ? choose_key(forest) : G_MAXUINT32;

    if (key == G_MAXUINT32)
        return;
    table->nodes = g_array_new(FALSE, FALSE, sizeof(KjRecordNode));
    table->leaves = g_array_new(FALSE, FALSE, sizeof(guint32));
    grow_two(forest, key);
    if (ask_forest(forest) >= cost) {
        GArray *worse_nodes = table->nodes, *worse_leaves = table->leaves;

        table->nodes = nodes;
        table->leaves = leaves;
        nodes = worse_nodes;
        leaves = worse_leaves;
    }
    g_array_unref(nodes);
    g_array_unref(leaves);
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

void kj_grow_forest(KjTableBlock *table, gboolean optimise) {
    g_autoptr(GArray) order = order_boxes(table);
    Forest forest = { .table = table, .order = order, .fields = table->space->fields->len };

    if (!optimise) {
        KjRecordNode leaf = { KJ_NODE_LEAF, 0, order->len, 0, 0 };

        g_array_append_val(table->nodes, leaf);
        g_array_append_vals(table->leaves, order->data, order->len);
        return;
    }
    grow_one(&forest);
    if (table->block->domain->combining == KJ_COMBINING_FIRST_MATCH && order->len > 0) {
        choose_points(&forest);
        try_two(&forest);
        g_free(forest.points);
    }
}
