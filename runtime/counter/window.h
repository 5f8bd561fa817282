/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a counter remembers, and the arithmetic of windows and buckets on it. No input or output, no allocation, no clock. Not installed. */
#ifndef KJ_WINDOW_H
#define KJ_WINDOW_H

#include "counter.h"

G_BEGIN_DECLS

#define KJ_WINDOW_MARKS 128                            /* takes a window tells apart; a count of up to so many is exact */
#define KJ_WINDOW_SLOTS 64                             /* beyond, takes of one 64th of the window are one */
#define KJ_WINDOW_EXACT (G_GUINT64_CONSTANT(1) << 53) /* whole numbers up to here are exact in a double, which is all that Redis' Lua has */

/* A rate as it is computed with: every product and sum the arithmetic makes of it stays within KJ_WINDOW_EXACT. */
typedef struct {
    guint64 amount; /* at most so many: N, or the bucket's depth */
    guint64 window; /* microseconds; 0: a bucket */
    guint64 unit;   /* bucket: microseconds a tick */
    guint64 fill;   /* bucket: parts that flow in at each tick */
    guint64 parts;  /* bucket: of which so many are one request or byte */
} KjRatePlan;

typedef struct {
    gint64 time; /* microseconds since 1970 */
    guint64 amount;
} KjWindowMark;

typedef struct {
    gint64 tick;     /* when `missing` was so */
    guint64 missing; /* parts until it is full */
    guint64 unit, parts;
} KjBucket;

enum { KJ_STATE_WINDOW = 0x316a6b57, KJ_STATE_BUCKET = 0x316a6b42 }; /* the layout's version is part of the number */

/* The state of one counter, and its bytes as they are kept: the first kj_window_state_size() of them. */
typedef struct {
    guint32 kind;
    guint32 count;  /* marks; 0 for a bucket */
    gint64 expires; /* from this microsecond on the state is as good as none; G_MAXINT64: never */
    union {
        KjWindowMark marks[KJ_WINDOW_MARKS]; /* ascending by time */
        KjBucket bucket;
    };
} KjCountState;

void kj_window_plan(const KjRate *rate, KjRatePlan *plan);

/* A state from its bytes; none at all (length 0) is that of a counter nobody has asked yet. FALSE: damaged. */
gboolean kj_window_read_state(KjCountState *state, const void *bytes, gsize length);
gsize kj_window_state_size(const KjCountState *state);

/* Answers WITHIN or BEYOND. *changed: the state is another now and must be kept. *wait in microseconds, G_MAXUINT64: never. */
KjCount kj_window_ask(const KjRatePlan *plan, KjCountState *state, guint64 cost, gint64 now, KjCounting counting, gboolean *changed,
                      guint64 *wait);

G_END_DECLS

#endif
