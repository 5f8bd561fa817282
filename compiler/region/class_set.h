/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of classes: what a test of a box says about one field. Class 0 is "missing".
 *
 * A pool keeps each set once, so that equal sets are the same pointer: comparing, hashing and writing boxes costs one word a field. A set
 * lives as long as its pool. Intervals are sorted, disjoint and not adjacent, so a set has one form only.
 */
#ifndef KJ_CLASS_SET_H
#define KJ_CLASS_SET_H

#include <kijun/view.h>

typedef struct KjClassSet {
    guint32 id;    /* in order of first making: a hash that is the same on every machine */
    guint32 count; /* 0: the empty set */
    KjClassInterval intervals[];
} KjClassSet;

typedef struct KjClassSets KjClassSets;

/* Free with kj_class_sets_free. */
KjClassSets *kj_class_sets_new(void);
void kj_class_sets_free(KjClassSets *sets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjClassSets, kj_class_sets_free)

/* The set of these intervals, which may be in any order and may overlap; sorts `intervals` in place. */
const KjClassSet *kj_class_sets_get(KjClassSets *sets, KjClassInterval *intervals, guint count);
/* The classes low..high. */
const KjClassSet *kj_class_sets_range(KjClassSets *sets, guint32 low, guint32 high);

const KjClassSet *kj_class_set_unite(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b);
const KjClassSet *kj_class_set_intersect(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b);
/* The classes of `a` that are not in `b`. */
const KjClassSet *kj_class_set_subtract(KjClassSets *sets, const KjClassSet *a, const KjClassSet *b);
/* The classes of low..high that are not in `a`. */
const KjClassSet *kj_class_set_complement(KjClassSets *sets, const KjClassSet *a, guint32 low, guint32 high);

gboolean kj_class_set_has(const KjClassSet *set, guint32 klass);
/* Whether any, or every, class of low..high is in the set. */
gboolean kj_class_set_meets(const KjClassSet *set, guint32 low, guint32 high);
gboolean kj_class_set_covers(const KjClassSet *set, guint32 low, guint32 high);
/* The first and last class of the set within low..high; FALSE when there is none. */
gboolean kj_class_set_hull(const KjClassSet *set, guint32 low, guint32 high, KjClassInterval *hull);
/* Whether they have a class in common. Walks ask little else, and nearly always about single intervals: those are answered in place. */
gboolean kj_class_set_common_many(const KjClassSet *a, const KjClassSet *b);
gboolean kj_class_set_contains_many(const KjClassSet *outer, const KjClassSet *inner);

static inline gboolean kj_class_set_common(const KjClassSet *a, const KjClassSet *b) {
    if (a->count == 0 || b->count == 0 || a->intervals[0].low > b->intervals[b->count - 1].high ||
        b->intervals[0].low > a->intervals[a->count - 1].high)
        return FALSE;
    return (a->count == 1 && b->count == 1) || kj_class_set_common_many(a, b);
}

static inline gboolean kj_class_set_contains(const KjClassSet *outer, const KjClassSet *inner) {
    if (outer->count == 1 && inner->count == 1)
        return outer->intervals[0].low <= inner->intervals[0].low && inner->intervals[0].high <= outer->intervals[0].high;
    return kj_class_set_contains_many(outer, inner);
}

#endif
