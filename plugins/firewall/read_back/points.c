/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of numbers: addresses, ports, seconds. Immutable, owned by the reader; every operation gives a new one.
 *
 * Invariant: sorted, disjoint, and joined where two touch, so that equal sets are equal arrays. IPv4 and IPv6 never touch. Cost: linear.
 */
#include <stdlib.h>
#include <string.h>

#include "read_back.h"

static int compare_intervals(const void *a, const void *b) {
    const KjInterval *left = a, *right = b;
    return kj_ordinal_compare(left->low, right->low);
}

/* Whether b begins at or before the point after a's end. */
static gboolean touches(const KjInterval *a, const KjInterval *b) {
    KjOrdinal next = a->high;
    if (kj_ordinal_compare(b->low, a->high) <= 0)
        return TRUE;
    return a->high.family == b->low.family && kj_ordinal_next(&next) && kj_ordinal_compare(next, b->low) == 0;
}

const KjBackPoints *kj_back_points(KjBack *back, const KjInterval *intervals, guint count) {
    KjBackPoints *points = kj_back_own(back, g_malloc(sizeof *points + count * sizeof *intervals));
    guint kept = 0;
    if (count)
        memcpy(points->intervals, intervals, count * sizeof *intervals);
    qsort(points->intervals, count, sizeof *intervals, compare_intervals);
    for (guint i = 0; i < count; i++) {
        const KjInterval *interval = &points->intervals[i];
        KjInterval *last = kept ? &points->intervals[kept - 1] : NULL;
        if (!last || !touches(last, interval))
            points->intervals[kept++] = *interval;
        else if (kj_ordinal_compare(interval->high, last->high) > 0)
            last->high = interval->high;
    }
    points->count = kept;
    return points;
}

const KjBackPoints *kj_back_range(KjBack *back, guint64 low, guint64 high) {
    KjInterval interval = { kj_ordinal_number(low), kj_ordinal_number(high) };
    return kj_back_points(back, &interval, 1);
}

static KjOrdinal greater(KjOrdinal a, KjOrdinal b) {
    return kj_ordinal_compare(a, b) > 0 ? a : b;
}

static KjOrdinal lesser(KjOrdinal a, KjOrdinal b) {
    return kj_ordinal_compare(a, b) < 0 ? a : b;
}

const KjBackPoints *kj_back_both(KjBack *back, const KjBackPoints *a, const KjBackPoints *b) {
    g_autoptr(GArray) common = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    for (guint i = 0, j = 0; i < a->count && j < b->count;) {
        const KjInterval *left = &a->intervals[i], *right = &b->intervals[j];
        KjInterval part = { greater(left->low, right->low), lesser(left->high, right->high) };
        if (kj_ordinal_compare(part.low, part.high) <= 0)
            g_array_append_val(common, part);
        if (kj_ordinal_compare(left->high, right->high) < 0)
            i++;
        else
            j++;
    }
    return kj_back_points(back, (const KjInterval *)(const void *)common->data, common->len);
}

const KjBackPoints *kj_back_less(KjBack *back, const KjBackPoints *a, const KjBackPoints *b) {
    g_autoptr(GArray) rest = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    guint first = 0;
    for (guint i = 0; i < a->count; i++) {
        KjInterval left = a->intervals[i];
        gboolean open = TRUE;
        while (first < b->count && kj_ordinal_compare(b->intervals[first].high, left.low) < 0)
            first++;
        for (guint j = first; open && j < b->count && kj_ordinal_compare(b->intervals[j].low, left.high) <= 0; j++) {
            const KjInterval *hole = &b->intervals[j];
            if (kj_ordinal_compare(left.low, hole->low) < 0) {
                KjInterval part = { left.low, kj_ordinal_previous(hole->low) };
                g_array_append_val(rest, part);
            }
            open = kj_ordinal_compare(hole->high, left.high) < 0;
            left.low = hole->high;
            if (open)
                kj_ordinal_next(&left.low);
        }
        if (open)
            g_array_append_val(rest, left);
    }
    return kj_back_points(back, (const KjInterval *)(const void *)rest->data, rest->len);
}

gboolean kj_back_within(KjBack *back, const KjBackPoints *inner, const KjBackPoints *outer) {
    return kj_back_less(back, inner, outer)->count == 0;
}

gboolean kj_back_apart(KjBack *back, const KjBackPoints *a, const KjBackPoints *b) {
    return kj_back_both(back, a, b)->count == 0;
}
