/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorted interval lists of classes, each kept once. See class_set.h.
 *
 * Operations are one linear merge, questions one binary search. The pool is a hash table over contents; nothing depends on its order.
 */
#include "class_set.h"

#include <stdlib.h>
#include <string.h>

struct KjClassSets {
    GHashTable *table;        /* KjClassSet, as key and value */
    GArray *scratch;          /* KjClassInterval: the set being made */
    KjClassSet *probe;        /* the same as a key to look for */
    guint probe_room;
    guint32 next;
};

static guint set_hash(gconstpointer key) {
    const KjClassSet *set = key;
    guint hash = set->count;

    for (guint i = 0; i < set->count; i++)
        hash = (hash * 31 + set->intervals[i].low) * 0x9e3779b1u + set->intervals[i].high;
    return hash;
}

static gboolean set_equal(gconstpointer a, gconstpointer b) {
    const KjClassSet *left = a, *right = b;

    return left->count == right->count && memcmp(left->intervals, right->intervals, left->count * sizeof(KjClassInterval)) == 0;
}

static KjClassSet *set_allocate(guint count) {
    KjClassSet *set = g_malloc(sizeof(KjClassSet) + count * sizeof(KjClassInterval));

    set->count = count;
    return set;
}

KjClassSets *kj_class_sets_new(void) {
    KjClassSets *sets = g_new0(KjClassSets, 1);

    sets->table = g_hash_table_new_full(set_hash, set_equal, g_free, NULL);
    sets->scratch = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    return sets;
}

void kj_class_sets_free(KjClassSets *sets) {
    g_hash_table_unref(sets->table);
    g_array_unref(sets->scratch);
    g_free(sets->probe);
    g_free(sets);
}

/* Intervals arrive by rising low. */
static void push(KjClassSets *sets, guint32 low, guint32 high) {
    KjClassInterval *last = sets->scratch->len ? &g_array_index(sets->scratch, KjClassInterval, sets->scratch->len - 1) : NULL;
    KjClassInterval interval = { low, high };

    if (last && low <= last->high + 1)
        last->high = MAX(last->high, high);
    else
        g_array_append_val(sets->scratch, interval);
}

static const KjClassSet *keep_scratch(KjClassSets *sets) {
    guint count = sets->scratch->len;
    KjClassSet *made;
    gpointer known;

    if (!sets->probe || count > sets->probe_room) {
        g_free(sets->probe);
        sets->probe_room = 2 * count + 4;
        sets->probe = set_allocate(sets->probe_room);
    }
    sets->probe->count = count;
    if (count)
        memcpy(sets->probe->intervals, sets->scratch->data, count * sizeof(KjClassInterval));
    g_array_set_size(sets->scratch, 0);
    if (g_hash_table_lookup_extended(sets->table, sets->probe, &known, NULL))
        return known;
    made = set_allocate(count);
    if (count)
        memcpy(made->intervals, sets->probe->intervals, count * sizeof(KjClassInterval));
    made->id = sets->next++;
    g_hash_table_add(sets->table, made);
    return made;
}

static int compare_intervals(const void *a, const void *b) {
    guint32 left = ((const KjClassInterval *)a)->low, right = ((const KjClassInterval *)b)->low;

    return left < right ? -1 : left > right;
}

const KjClassSet *kj_class_sets_get(KjClassSets *sets, KjClassInterval *intervals, guint count) {
    if (count > 1)
        qsort(intervals, count, sizeof *intervals, compare_intervals);
    for (guint i = 0; i < count; i++)
        push(sets, intervals[i].low, intervals[i].high);
    return keep_scratch(sets);
}

const KjClassSet *kj_class_sets_range(KjClassSets *sets, guint32 low, guint32 high) {
    if (low <= high)
        push(sets, low, high);
    return keep_scratch(sets);
}

const KjClassSet *kj_class_set_unite(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b) {
    guint i = 0, j = 0;

    if (a == b || b->count == 0)
        return a;
    while (i < a->count || j < b->count) {
        gboolean left = j == b->count || (i < a->count && a->intervals[i].low <= b->intervals[j].low);
        const KjClassInterval *next = left ? &a->intervals[i++] : &b->intervals[j++];

        push(sets, next->low, next->high);
    }
    return keep_scratch(sets);
}

const KjClassSet *kj_class_set_intersect(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b) {
    guint i = 0, j = 0;

    if (a == b)
        return a;
    while (i < a->count && j < b->count) {
        guint32 low = MAX(a->intervals[i].low, b->intervals[j].low), high = MIN(a->intervals[i].high, b->intervals[j].high);

        if (low <= high)
            push(sets, low, high);
        if (a->intervals[i].high < b->intervals[j].high)
            i++;
        else
            j++;
    }
    return keep_scratch(sets);
}

const KjClassSet *kj_class_set_complement(KjClassSets *sets, const KjClassSet *a, guint32 low, guint32 high) {
    guint64 next = low; /* wide: the class after the last one must not wrap */

    for (guint i = 0; i < a->count && a->intervals[i].low <= high; i++) {
        if (a->intervals[i].low > next)
            push(sets, (guint32)next, a->intervals[i].low - 1);
        next = MAX(next, (guint64)a->intervals[i].high + 1);
    }
    if (next <= high)
        push(sets, (guint32)next, high);
    return keep_scratch(sets);
}

/* The first interval that ends at `klass` or later, or `count`. */
static guint find_interval(const KjClassSet *set, guint32 klass) {
    guint low = 0, high = set->count;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (set->intervals[middle].high < klass)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

gboolean kj_class_set_meets(const KjClassSet *set, guint32 low, guint32 high) {
    guint at = find_interval(set, low);

    return at < set->count && set->intervals[at].low <= high;
}

gboolean kj_class_set_covers(const KjClassSet *set, guint32 low, guint32 high) {
    guint at = find_interval(set, low);

    return at < set->count && set->intervals[at].low <= low && high <= set->intervals[at].high;
}

gboolean kj_class_set_has(const KjClassSet *set, guint32 klass) {
    return kj_class_set_covers(set, klass, klass);
}

gboolean kj_class_set_hull(const KjClassSet *set, guint32 low, guint32 high, KjClassInterval *hull) {
    guint first = find_interval(set, low), last;

    if (first == set->count || set->intervals[first].low > high)
        return FALSE;
    last = find_interval(set, high);
    if (last == set->count || set->intervals[last].low > high)
        last--; /* not before `first`, which begins at or below `high` */
    hull->low = MAX(set->intervals[first].low, low);
    hull->high = MIN(set->intervals[last].high, high);
    return TRUE;
}

gboolean kj_class_set_contains_many(const KjClassSet *outer, const KjClassSet *inner) {
    if (outer == inner)
        return TRUE;
    if (inner->count > 0 && (outer->count == 0 || outer->intervals[0].low > inner->intervals[0].low ||
                             outer->intervals[outer->count - 1].high < inner->intervals[inner->count - 1].high))
        return FALSE;
    for (guint i = 0; i < inner->count; i++) {
        if (!kj_class_set_covers(outer, inner->intervals[i].low, inner->intervals[i].high))
            return FALSE;
    }
    return TRUE;
}

const KjClassSet *kj_class_set_subtract(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b) {
    guint j = a->count ? find_interval(b, a->intervals[0].low) : 0;

    for (guint i = 0; i < a->count; i++) {
        guint32 low = a->intervals[i].low, high = a->intervals[i].high;

        while (j < b->count && b->intervals[j].high < low)
            j++;
        for (guint k = j; k < b->count && b->intervals[k].low <= high && low <= high; k++) {
            if (b->intervals[k].low > low)
                push(sets, low, b->intervals[k].low - 1);
            low = b->intervals[k].high + 1;
        }
        if (low <= high)
            push(sets, low, high);
    }
    return keep_scratch(sets);
}

gboolean kj_class_set_common_many(const KjClassSet *a, const KjClassSet *b) {
    const KjClassSet *few = a->count < b->count ? a : b, *many = few == a ? b : a;

    for (guint32 i = 0; i < few->count; i++) {
        guint at = find_interval(many, few->intervals[i].low);

        if (at == many->count)
            return FALSE;
        if (many->intervals[at].low <= few->intervals[i].high)
            return TRUE;
    }
    return FALSE;
}
