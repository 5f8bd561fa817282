/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See eager.h. */
#include "eager.h"

#include <sched.h>

/* Those this process may run on. */
static guint count_processors(void) {
    cpu_set_t processors;
    return sched_getaffinity(0, sizeof processors, &processors) == 0 ? (guint)CPU_COUNT(&processors) : g_get_num_processors();
}

guint kj_eager_most(guint wanted) {
    return count_processors() > 1 ? wanted : 0;
}

static guint looking; /* atomic: threads that look */

/* FALSE: enough others do. */
static gboolean begin_looking(void) {
    static gsize most;
    if (g_once_init_enter(&most))
        g_once_init_leave(&most, MAX(count_processors() / 2, 1));
    if (__atomic_fetch_add(&looking, 1, __ATOMIC_RELAXED) < most)
        return TRUE;
    __atomic_sub_fetch(&looking, 1, __ATOMIC_RELAXED);
    return FALSE;
}

/* What the looking of this wait was for the account. */
static void settle(KjEager *eager, gboolean found) {
    __atomic_sub_fetch(&looking, 1, __ATOMIC_RELAXED);
    if (found)
        eager->account = MIN(eager->account + KJ_EAGER_FOUND, KJ_EAGER_ACCOUNT_MAX);
    else
        eager->account -= KJ_EAGER_VAIN;
}

gboolean kj_eager_begin(KjEager *eager, guint connections, gint64 now) {
    if (eager->most == 0)
        return FALSE;
    gboolean looks = eager->account >= KJ_EAGER_VAIN && connections <= KJ_EAGER_CONNECTIONS && begin_looking();
    eager->state = looks ? KJ_EAGER_LOOKS : KJ_EAGER_SLEEPS;
    eager->since = now;
    return looks;
}

gboolean kj_eager_again(KjEager *eager) {
    if (eager->state != KJ_EAGER_LOOKS)
        return FALSE;
    if (g_get_monotonic_time() - eager->since <= eager->most)
        return TRUE;
    settle(eager, FALSE);
    eager->state = KJ_EAGER_IN_VAIN;
    return FALSE;
}

void kj_eager_end(KjEager *eager, gint64 now) {
    if (eager->state == KJ_EAGER_LOOKS)
        settle(eager, now - eager->since <= eager->most); /* later: it came, but we did not get the processor to see it */
    else if (eager->most > 0 && eager->state == KJ_EAGER_SLEEPS && now - eager->since <= 2 * (gint64)eager->most)
        eager->account = MIN(eager->account + 1, KJ_EAGER_ACCOUNT_MAX);
    eager->state = KJ_EAGER_SLEEPS;
}
