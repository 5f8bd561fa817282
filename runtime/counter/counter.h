/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting what `limit` lets through.
 *
 * A decision says `limit` and its rate; counting is the enforcement point's. A counter is a block, a label and a key (the values of the fields
 * behind `per`): kj_counter_key() makes one name of them. What is counted lives in one of three places behind one interface: the memory
 * of this process, an LMDB file that several processes of one host share and that outlives them, or a Redis that several hosts share.
 *
 *     rate N/W            at most N in any window of length W, wherever it begins
 *     rate N/W burst B    a token bucket: B deep, filled with N in W
 *
 * Both are kept exactly where that is affordable, and otherwise so that less gets through, never more. Clocks jump: an event from the future counts as
 * one of now, so a clock set back never opens a limit, and never closes it for longer than one window.
 *
 * An answer is one of three, far apart, zero being none: a counter that cannot be asked is no permission, and no refusal either.
 */
#ifndef KJ_COUNTER_H
#define KJ_COUNTER_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    guint64 amount; /* N: requests or bytes, above zero */
    guint64 window; /* W, seconds, above zero */
    guint64 burst;  /* B; 0: a window, not a bucket */
} KjRate;

typedef enum {
    KJ_COUNT_WITHIN = 0x35c96a1d,
    KJ_COUNT_BEYOND = 0x6a3b94e2,
    KJ_COUNT_AWAY = 0x19e4c577, /* the counter could not be asked */
} KjCount;

typedef enum {
    KJ_COUNTING_TEST = 1, /* would it be within? Counts nothing */
    KJ_COUNTING_TAKE,     /* the same, and counts it if so: one atomic step */
} KjCounting;

typedef struct KjCounter KjCounter;

/*
 * `where` is one of these; options follow a `?`, with `&` between them.
 *
 *     memory                  size=64MiB: at most so much; when it is full of live counts, a new key is answered AWAY
 *     lmdb:FOLDER             size=1GiB: as much, and at most twice that on disk; snapshot=60s: how often what a loss of power leaves is written
 *     redis:unix:PATH         timeout_ms=200: to connect, and again to answer; password_file=PATH; clock=asker: the time of who asks, not Redis' own
 *     redis:tcp:HOST:PORT     the same. HOST should be an address: looking up a name has no time limit
 *
 * NULL with KJ_ERROR_IO or KJ_ERROR_VALUE. A Redis that is away now is no error: it is asked again when it is needed. One process opens a folder once,
 * and not before it forks.
 */
KjCounter *kj_counter_open(const char *where, GError **error);
void kj_counter_free(KjCounter *counter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjCounter, kj_counter_free)

/*
 * Asks for `cost` (1 request, or so many bytes) at `now`, microseconds since 1970-01-01T00:00:00Z. Any thread. `wait`, if not NULL, takes the seconds until
 * the same question would be within, as far as is known (0 when it is; G_MAXUINT64 when it never will be: the cost is greater than N or B).
 */
KjCount kj_counter_ask(KjCounter *counter, const GBytes *key, const KjRate *rate, guint64 cost, gint64 now, KjCounting counting,
                       guint64 *wait);

/* Why it is away, in English, or NULL. Free with g_free. */
char *kj_counter_trouble(KjCounter *counter);

/* Is told once when the counter goes away, with the reason, and once when it is back, with NULL; any thread, under a lock: do not ask the counter from there.
 * Set it before the first question. */
typedef void (*KjCounterWatch)(const char *trouble, gpointer data);
void kj_counter_watch(KjCounter *counter, KjCounterWatch watch, gpointer data);

/* One name for a counter: the block as `module.block`, the rule's label, the values of the key's fields in their canonical spelling; NULL for a field the
 * request does not have. No two different lists give the same bytes. */
GBytes *kj_counter_key(const char *block, const char *label, const char *const *values, guint count);

G_END_DECLS

#endif
