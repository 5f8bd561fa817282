/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for the next question with open eyes.
 *
 * A thread that sleeps until a question comes must be woken, and where its processor went to sleep with it that takes longer than the
 * answer (some 40 us in a virtual machine). So a thread whose questions come close together looks again and again for a little while
 * before it sleeps. It has an account for that: a look in vain costs KJ_EAGER_VAIN and must be in the account before it begins; a look
 * that found something brings KJ_EAGER_FOUND, and a sleep not longer than twice the little while brings one. So the looks in vain take
 * no more of the processor than the others save of time, however the questions come: an idle daemon pays nothing, one that is asked now
 * and then nothing, one that is asked all the time looks on through the few waits that are long, and where others want the processor
 * (looking in vain is how that shows: the client did not get it) little is lost.
 *
 * Who looks has a processor that the client may want. So no more threads of the process look at a time than half of its processors are;
 * and a thread with more than KJ_EAGER_CONNECTIONS never does: where that many ask all the time, the processors do not go to sleep.
 *
 * The processor is not offered to others between two looks: sched_yield(2) may give it away for a whole slice of milliseconds.
 */
#ifndef KJ_DAEMON_EAGER_H
#define KJ_DAEMON_EAGER_H

#include <glib.h>

#define KJ_EAGER_VAIN 16u
#define KJ_EAGER_FOUND 3u         /* about what being woken takes, beside the initial little while */
#define KJ_EAGER_ACCOUNT_MAX 160u /* so that ten looks are in vain when the questions stop */
#define KJ_EAGER_CONNECTIONS 2u
#define KJ_EAGER_INITIAL 100u
#define KJ_EAGER_MAX 1000u /* microseconds: who waits longer does not notice being woken */

/* Of the key `eager`. */
#define KJ_EAGER_DOC \
    N_("While requests come close together, a thread looks for the next one for so many microseconds before it sleeps (100); 0: never.")

/* One thread's own; zeroed it never looks twice. */
typedef struct {
    guint most;    /* microseconds to look before sleeping; 0: none */
    guint account; /* see above */
    gint64 since;  /* monotonic microseconds: when this wait began */
    enum { KJ_EAGER_SLEEPS, KJ_EAGER_LOOKS, KJ_EAGER_IN_VAIN } state; /* of this wait */
} KjEager;

/* `wanted`, or 0 where this process has only one processor: the client needs that. */
guint kj_eager_most(guint wanted);

/* A wait: look where kj_eager_begin() says so, and again while kj_eager_again() does; else sleep; end, when something came. `now`:
 * g_get_monotonic_time, some microseconds ago will do. */
gboolean kj_eager_begin(KjEager *eager, guint connections, gint64 now);
gboolean kj_eager_again(KjEager *eager);
void kj_eager_end(KjEager *eager, gint64 now);

#endif
