/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What counting means, as plainly as it can be said, for tests to hold the real thing against: every event is remembered on its own, and buckets are
 * computed in 128 bits with no unit but the microsecond.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include "runtime/counter/counter.h"

typedef struct {
    GArray *events; /* NaiveEvent, in the order of taking */
    gint64 filled;  /* bucket: when `missing` was so; -1: never asked */
    unsigned __int128 missing; /* requests times the window's microseconds */
} Naive;

typedef struct {
    gint64 time;
    guint64 amount;
} NaiveEvent;

void naive_init(Naive *naive);
void naive_clear(Naive *naive);

/* As kj_counter_ask(); *wait in microseconds. `longer` (0 for the true answer) keeps events so many microseconds beyond the window. */
KjCount naive_ask(Naive *naive, const KjRate *rate, guint64 longer, guint64 cost, gint64 now, KjCounting counting, guint64 *wait);

/* Events were clamped or forgotten by a clock: only the sums of what was taken. */
guint64 naive_taken(const Naive *naive, gint64 from, gint64 to);

#endif
