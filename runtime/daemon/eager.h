/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for the next question with open eyes.
 *
 * A thread that sleeps until a question comes must be woken, and where its processor went to sleep with it that takes longer than the
 * answer (some 40 us in a virtual machine). So a thread whose questions come close together looks again and again for a little while
 * before it sleeps. It must have earned that: by KJ_EAGER_EARNED waits in a row none of which was longer than twice the little while. A
 * look in vain takes it away, and doubles what must be earned the next time, up to KJ_EAGER_EARNED_MAX; each that was not takes one off
 * again. So an idle daemon pays nothing, one that is asked now and then nothing, and where others want the processor (looking in vain
 * is how that shows: the client did not get it) little is lost.
 *
 * The processor is not offered to others between two looks: sched_yield(2) may give it away for a whole slice of milliseconds.
 */
#ifndef KJ_DAEMON_EAGER_H
#define KJ_DAEMON_EAGER_H

#include <glib.h>

#define KJ_EAGER_EARNED 16u
#define KJ_EAGER_EARNED_MAX 4096u
#define KJ_EAGER_INITIAL 100u
#define KJ_EAGER_MAX 1000u /* microseconds: who waits longer does not notice being woken */

/* Of the key `eager`. */
#define KJ_EAGER_DOC \
    N_("While requests come close together, a thread looks for the next one for so many microseconds before it sleeps (100); 0: never.")

/* One thread's own; zeroed it never looks twice. */
typedef struct {
    guint most;        /* microseconds to look before sleeping; 0: none */
    guint short_waits; /* in a row, until they are enough */
    guint needed;      /* so many are; 0: none was in vain yet */
    gint64 since;      /* monotonic microseconds: when this wait began */
} KjEager;

/* `wanted`, or 0 where this process has only one processor: the client needs that. */
guint kj_eager_most(guint wanted);

/* A wait: begin; look, while kj_eager_again() says so; else sleep; end, when something came. */
void kj_eager_begin(KjEager *eager);
gboolean kj_eager_again(KjEager *eager);
void kj_eager_end(KjEager *eager);

#endif
