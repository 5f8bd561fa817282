/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorted interval lists of classes, each kept once. See class_set.h.
 *
 * Operations are one linear merge, questions one binary search. The pool is a table of hashes with open addressing over the sets in the order of their ids;
 * nothing depends on its order.
 */
#include "class_set.h"

#include <stdlib.h>
#include <string.h>

#include "../arena.h"

#define FIRST_ROOM 256u

typedef struct {
    guint32 hash, number; /* number: id + 1; 0: free */
} Place;

struct KjClassSets {
    KjArena *arena;
    Place *places;   /* at most half of them taken */
    guint32 room;    /* a power of two */
    GPtrArray *kept; /* KjClassSet by id */
    GArray *scratch; /* KjClassInterval: the set being made */
};

static guint32 hash_of(const GArray *intervals) {
    guint64 hash = intervals->len;

    for (guint i = 0; i < intervals->len; i++) {
        const KjClassInterval *one = &g_array_index(intervals, KjClassInterval, i);
        hash = (hash ^ ((guint64)one->low << 32 | one->high)) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return (guint32)(hash >> 16);
}

static gboolean is_same(const KjClassSet *set, const GArray *intervals) {
    return set->count == intervals->len &&
           (set->count == 0 || memcmp(set->intervals, intervals->data, set->count * sizeof(KjClassInterval)) == 0);
}

KjClassSets *kj_class_sets_new(void) {
    KjClassSets *sets = g_new0(KjClassSets, 1);

    sets->arena = kj_arena_new();
    sets->room = FIRST_ROOM;
    sets->places = g_new0(Place, sets->room);
    sets->kept = g_ptr_array_new();
    sets->scratch = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    return sets;
}

void kj_class_sets_free(KjClassSets *sets) {
    kj_arena_free(sets->arena);
    g_free(sets->places);
    g_ptr_array_unref(sets->kept);
    g_array_unref(sets->scratch);
    g_free(sets);
}

static void grow(KjClassSets *sets) {
    Place *old = sets->places;
    guint32 old_room = sets->room;

    sets->room *= 2;
    sets->places = g_new0(Place, sets->room);
    for (guint32 i = 0; i < old_room; i++) {
        guint32 at = old[i].hash;

        if (!old[i].number)
            continue;
        while (sets->places[at & (sets->room - 1)].number)
            at++;
        sets->places[at & (sets->room - 1)] = old[i];
    }
    g_free(old);
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

/* The place of the set being made, or the free one where it belongs. */
static Place *find_place(const KjClassSets *sets, guint32 hash) {
    for (guint32 at = hash;; at++) {
        Place *place = &sets->places[at & (sets->room - 1)];

        if (!place->number || (place->hash == hash && is_same(sets->kept->pdata[place->number - 1], sets->scratch)))
            return place;
    }
}

static const KjClassSet *keep_scratch(KjClassSets *sets) {
    guint count = sets->scratch->len;
    guint32 hash = hash_of(sets->scratch);
    Place *place = find_place(sets, hash);
    KjClassSet *made;

    if (!place->number) {
        made = kj_arena_alloc(sets->arena, sizeof(KjClassSet) + count * sizeof(KjClassInterval));
        made->id = sets->kept->len;
        made->count = count;
        if (count)
            memcpy(made->intervals, sets->scratch->data, count * sizeof(KjClassInterval));
        g_ptr_array_add(sets->kept, made);
        *place = (Place){ hash, sets->kept->len };
        if (sets->kept->len * 2 > sets->room)
            grow(sets);
    } else {
        made = sets->kept->pdata[place->number - 1];
    }
    g_array_set_size(sets->scratch, 0);
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
