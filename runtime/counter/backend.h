/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place where counts are kept, from the inside. Not installed. */
#ifndef KJ_COUNTER_BACKEND_H
#define KJ_COUNTER_BACKEND_H

#include "window.h"

G_BEGIN_DECLS

typedef struct {
    KjCount (*ask)(KjCounter *counter, const GBytes *key, const KjRatePlan *plan, guint64 cost, gint64 now, KjCounting counting,
                   guint64 *wait);
    void (*free)(KjCounter *counter);
} KjCounterKind;

/* First member of every kind's own structure. */
struct KjCounter {
    const KjCounterKind *kind;
    GMutex lock;
    gint in_trouble; /* whether `trouble` is set; read without the lock */
    char *trouble;
    KjCounterWatch watch;
    gpointer watch_data;
};

/* Says why the counter is away, or with NULL that it is back. Whoever watches is told of the first and of the last, not of every failure between. */
void kj_counter_set_trouble(KjCounter *counter, const char *trouble);

/* For the end of a kind's free(), when none of its threads is left. */
void kj_counter_clear(KjCounter *counter);

/* What stands behind the `?` of a place: `size=64MiB&timeout_ms=200`. */
typedef struct {
    const char *name;
    gboolean (*read)(const char *text, gsize length, guint64 *number, const char **problem); /* NULL: a text */
    guint64 low, high;
    gpointer value; /* guint64 *, or char **, to be freed with g_free */
} KjCounterOption;

/* The place without its options, or NULL with KJ_ERROR_VALUE. Free with g_free. `options` ends with a NULL name. */
char *kj_counter_read_options(const char *place, const KjCounterOption *options, GError **error);

/* Each takes what stands behind `memory`, `lmdb:`, `redis:`. */
KjCounter *kj_counter_open_memory(const char *place, GError **error);
KjCounter *kj_counter_open_lmdb(const char *place, GError **error);
KjCounter *kj_counter_open_redis(const char *place, GError **error);

G_END_DECLS

#endif
