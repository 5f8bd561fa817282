/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The trees of a block: one, or several side by side.
 *
 * A box that leaves free a field which others pin down must stand on both sides of every split of that field. One such box is nothing, thousands
 * of them fill one tree with copies until its share of memory is used up, and then lists stay long. So for blocks that combine by first
 * match the boxes may be dealt out to several trees, by the pattern of the fields in which a box is narrow: within a tree all are
 * narrow in the same fields, and splits there copy next to nothing. All trees are asked, and the first box of all their answers decides
 * (KJ_NODE_BOTH), which is the same answer for every dealing out. Nothing here knows what a field means.
 *
 * Which dealing out is best is not guessed: each is grown, asked at PROBES points taken from the boxes themselves, and the cheapest
 * by the count of what was looked at is kept. One tree stands unless another dealing out is better by a clear margin, and where one tree
 * is cheap no other is tried. Numbers are whole and points come from a fixed sequence, so every machine grows the same trees.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MOST 2u       /* fields whose patterns deal the boxes out: at most 2^KEYS_MOST trees */
#define NARROW_SHARE 16u   /* a box is narrow in a field of which it holds less than this part of the classes */
#define PART_SHARE 64u     /* a tree of its own is for at least this part of the boxes; smaller parts go to the last tree */
#define PROBES 512u
#define PROBE_CHEAP 4u    /* a decision by one tree that looks at so little is not worth a second tree */
#define COST_NODE 2u       /* what looking at a node, */
#define COST_BOX 3u        /* a box, */
#define COST_TREE 8u       /* and at all of another tree costs */

typedef struct {
    KjTableBlock *table;
    const GArray *order;  /* every box, best first */
    guint32 *points;      /* PROBES times a class for each field */
    guint probes, fields;
} Forest;

/* Boxes to trees: `part` of each box, relative to `order`. */
typedef struct {
    guint8 *part;
    guint count;
} Dealing;

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

    forest->probes = PROBES;
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

    for (guint i = 0; i < forest->probes; i++) {
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

static const KjBox *box_at(const Forest *forest, guint place) {
    return forest->table->boxes->pdata[g_array_index(forest->order, guint32, place)];
}

/* A field narrow in so many boxes and wide in so many others as can be; G_MAXUINT32: none is worth it. */
static guint32 choose_key(const Forest *forest, const guint32 *keys, guint key_count) {
    guint32 best = G_MAXUINT32;
    guint most = forest->order->len / PART_SHARE;

    for (guint32 f = 0; f < forest->fields; f++) {
        gboolean taken = FALSE;
        guint narrow = 0;

        for (guint k = 0; k < key_count; k++)
            taken = taken || keys[k] == f;
        if (taken || kj_space_field(forest->table->space, f)->class_count <= NARROW_SHARE)
            continue;
        for (guint i = 0; i < forest->order->len; i++)
            narrow += is_narrow(forest, box_at(forest, i), f);
        narrow = MIN(narrow, forest->order->len - narrow);
        if (narrow > most) {
            most = narrow;
            best = f;
        }
    }
    return best;
}

/* Parts by the pattern of keys in which a box is narrow, those narrow in most keys first. */
static void deal_out(const Forest *forest, const guint32 *keys, guint key_count, Dealing *dealing) {
    guint patterns = 1u << key_count, sizes[1u << KEYS_MOST] = { 0 }, part_of[1u << KEYS_MOST], last = patterns - 1;

    for (guint i = 0; i < forest->order->len; i++) {
        guint wide = 0;

        for (guint k = 0; k < key_count; k++)
            wide |= !is_narrow(forest, box_at(forest, i), keys[k]) << k;
        dealing->part[i] = (guint8)wide;
        sizes[wide]++;
    }
    for (guint p = 0; p < last; p++) {
        if (sizes[p] < forest->order->len / PART_SHARE) {
            sizes[last] += sizes[p];
            sizes[p] = 0;
        }
    }
    dealing->count = 0;
    for (guint p = 0; p < patterns; p++)
        part_of[p] = sizes[p] ? dealing->count++ : G_MAXUINT;
    for (guint i = 0; i < forest->order->len; i++) {
        guint part = part_of[dealing->part[i]];
        dealing->part[i] = (guint8)(part == G_MAXUINT ? part_of[last] : part);
    }
}

static void grow_part(const Forest *forest, const Dealing *dealing, guint part, guint32 root) {
    g_autofree guint32 *list = g_new(guint32, MAX(forest->order->len, 1));
    guint count = 0;

    for (guint i = 0; i < forest->order->len; i++) {
        if (!dealing || dealing->part[i] == part)
            list[count++] = g_array_index(forest->order, guint32, i);
    }
    kj_grow_tree(forest->table, root, list, count);
}

/* Grows one tree for each part; NULL: for all boxes one. */
static void grow_parts(Forest *forest, const Dealing *dealing) {
    GArray *nodes = forest->table->nodes;
    guint32 root = 0;

    g_array_set_size(nodes, 1);
    g_array_set_size(forest->table->leaves, 0);
    for (guint part = 0; dealing && part + 1 < dealing->count; part++) {
        guint32 child = nodes->len;

        g_array_set_size(nodes, child + 2);
        g_array_index(nodes, KjRecordNode, root) = (KjRecordNode){ KJ_NODE_BOTH, 0, 0, child, 0 };
        grow_part(forest, dealing, part, child);
        root = child + 1;
    }
    grow_part(forest, dealing, dealing ? dealing->count - 1 : 0, root);
}

/* Tries the patterns of one key, of two, and so on, as long as that gets cheaper. */
static void try_dealings(Forest *forest, guint64 cost) {
    KjTableBlock *table = forest->table;
    guint32 keys[KEYS_MOST];
    Dealing dealing = { .part = g_new(guint8, forest->order->len) };

    for (guint count = 0; count < KEYS_MOST; count++) {
        GArray *nodes = table->nodes, *leaves = table->leaves;
        guint64 dealt_cost;

        keys[count] = choose_key(forest, keys, count);
        if (keys[count] == G_MAXUINT32)
            break;
        deal_out(forest, keys, count + 1, &dealing);
        table->nodes = g_array_new(FALSE, FALSE, sizeof(KjRecordNode));
        table->leaves = g_array_new(FALSE, FALSE, sizeof(guint32));
        grow_parts(forest, &dealing);
        dealt_cost = ask_forest(forest);
        if (getenv("KJDEBUG")) g_printerr("keys %u: key %s parts %u cost %lu (before %lu) refs %u\n", count+1, kj_space_field(table->space, keys[count])->field->name, dealing.count, dealt_cost/PROBES, cost/PROBES, table->leaves->len);
        if (dealt_cost < cost) {
            cost = dealt_cost;
        } else {
            GArray *swap = table->nodes;
            table->nodes = nodes;
            nodes = swap;
            swap = table->leaves;
            table->leaves = leaves;
            leaves = swap;
        }
        g_array_unref(nodes);
        g_array_unref(leaves);
    }
    g_free(dealing.part);
}

/* ---- all trees of a block ---- */

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
    guint64 cost;

    if (!optimise) {
        KjRecordNode leaf = { KJ_NODE_LEAF, 0, order->len, 0, 0 };

        g_array_append_val(table->nodes, leaf);
        g_array_append_vals(table->leaves, order->data, order->len);
        return;
    }
    grow_parts(&forest, NULL);
    if (table->block->domain->combining != KJ_COMBINING_FIRST_MATCH || order->len == 0)
        return;
    choose_points(&forest);
    cost = ask_forest(&forest);
        if (getenv("KJDEBUG")) g_printerr("one: cost %lu refs %u\n", cost/PROBES, table->leaves->len);
    if (cost > (guint64)PROBE_CHEAP * forest.probes)
        try_dealings(&forest, cost);
    g_free(forest.points);
}
