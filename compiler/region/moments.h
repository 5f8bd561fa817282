/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments: the instants from 1970 to 2099 as classes of one field, by which of the windows in play they lie in.
 *
 * Every window becomes a sorted list of half-open spans of seconds; a sweep over all of their ends cuts the line of instants into pieces, and pieces
 * that lie in the same windows are one class. Class 0 is "no instant at all". So windows, dates, `@from`, `@until` and exceptions, whoever wrote
 * them and in whatever zone, are one field of the algebra, and no two of them can be asked about inconsistently.
 */
#ifndef KJ_MOMENTS_H
#define KJ_MOMENTS_H

#include "../check/policy.h"
#include "class_set.h"

typedef struct {
    gint64 begin, end; /* seconds since 1970-01-01 UTC; end is not in it */
} KjSpanOfTime;

typedef struct KjMoments KjMoments;

/* Free with kj_moments_free. */
KjMoments *kj_moments_new(void);
void kj_moments_free(KjMoments *moments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjMoments, kj_moments_free)

/* The number of the window, the same for the same window (by pointer). Windows must outlive `moments`. */
guint kj_moments_add(KjMoments *moments, const KjWindow *window);

/* No window may be added afterwards. FALSE when there are more than KJ_LIMIT_MOMENTS pieces, or when a zone is unknown here. */
gboolean kj_moments_seal(KjMoments *moments);

/* After sealing. Classes are 1 .. class_count - 1, numbered in the order in which they first come after 1970; without any window there is one. */
guint32 kj_moments_class_count(const KjMoments *moments);
/* The classes of the instants inside the window with this number. */
const KjClassSet *kj_moments_inside(const KjMoments *moments, KjClassSets *sets, guint window);
guint32 kj_moments_classify(const KjMoments *moments, gint64 instant);

/* The first instant at or after `from` whose class is in the set, and when the set is first left after it. FALSE when there is none to come. */
gboolean kj_moments_first(const KjMoments *moments, const KjClassSet *classes, gint64 from, KjSpanOfTime *piece);
/* An instant of the set that reads well: at or after `from` if there is one (else the last before), if possible a weekday between 10:00 and 16:00 on
 * the full hour in `zone` (NULL: UTC), else on a full hour or minute, else the first (or last but for its stretch) there is. FALSE when the set has no
 * class but 0. */
gboolean kj_moments_example(const KjMoments *moments, const KjClassSet *classes, gint64 from, const char *zone, gint64 *instant);

/* The spans of one window alone, sorted, disjoint and apart. Element type KjSpanOfTime; free with g_array_unref. NULL when its zone is unknown here, or there
 * are more than KJ_LIMIT_MOMENTS. */
GArray *kj_window_spans(const KjWindow *window);

#endif
