/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorted, disjoint, non-adjacent intervals of ordinals. Sorting is n log n, the rest linear. */
#include "check.h"

static int compare(gconstpointer a, gconstpointer b) {
    return kj_ordinal_compare(((const KjInterval *)a)->low, ((const KjInterval *)b)->low);
}

static gboolean touches(const KjInterval *left, const KjInterval *right) {
    KjOrdinal after = left->high;
    return kj_ordinal_compare(right->low, left->high) <= 0 || (kj_ordinal_next(&after) && kj_ordinal_compare(right->low, after) == 0);
}

void kj_intervals_normalise(GArray *intervals) {
    guint kept = 0;

    if (intervals->len < 2)
        return;
    g_array_sort(intervals, compare);
    for (guint i = 1; i < intervals->len; i++) {
        KjInterval *last = &g_array_index(intervals, KjInterval, kept);
        const KjInterval *next = &g_array_index(intervals, KjInterval, i);
        if (!touches(last, next))
            g_array_index(intervals, KjInterval, ++kept) = *next;
        else if (kj_ordinal_compare(next->high, last->high) > 0)
            last->high = next->high;
    }
    g_array_set_size(intervals, kept + 1);
}

GArray *kj_intervals_minus(const KjInterval *a, guint a_count, const KjInterval *b, guint b_count) {
    GArray *rest = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    guint j = 0;

    for (guint i = 0; i < a_count; i++) {
        KjInterval piece = a[i];
        gboolean left = TRUE;
        while (j < b_count && kj_ordinal_compare(b[j].high, piece.low) < 0)
            j++;
        for (guint k = j; left && k < b_count && kj_ordinal_compare(b[k].low, piece.high) <= 0; k++) {
            if (kj_ordinal_compare(piece.low, b[k].low) < 0)
                g_array_append_val(rest, ((KjInterval){ piece.low, kj_ordinal_previous(b[k].low) }));
            piece.low = b[k].high;
            left = kj_ordinal_compare(b[k].high, piece.high) < 0 && kj_ordinal_next(&piece.low);
        }
        if (left)
            g_array_append_val(rest, piece);
    }
    return rest;
}
