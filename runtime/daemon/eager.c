/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See eager.h. */
#include "eager.h"

#include <sched.h>

/* Those this process may run on. */
static guint count_processors(void) {
    cpu_set_t processors;
    return sched_getaffinity(0, sizeof processors, &processors) == 0 ? (guint) CPU_COUNT(&processors) : g_get_num_processors();
}

guint kj_eager_most(guint wanted) {
    return count_processors() > 1 ? wanted : 0;
}

static gboolean has_earned(const KjEager *eager) {
    return eager->most > 0 && eager->short_waits >= MAX(eager->needed, KJ_EAGER_EARNED);
}

void kj_eager_begin(KjEager *eager) {
    if (eager->most > 0)
        eager->since = g_get_monotonic_time();
}

static void lose(KjEager *eager) {
    eager->short_waits = 0;
    eager->needed = CLAMP(2 * eager->needed, 2 * KJ_EAGER_EARNED, KJ_EAGER_EARNED_MAX);
}

gboolean kj_eager_again(KjEager *eager) {
    if (!has_earned(eager))
        return FALSE;
    if (g_get_monotonic_time() - eager->since <= eager->most)
        return TRUE;
    lose(eager);
    return FALSE;
}

void kj_eager_end(KjEager *eager) {
    gint64 waited = eager->most > 0 ? g_get_monotonic_time() - eager->since : 0;
    if (eager->most == 0)
        return;
    if (has_earned(eager) && waited > eager->most) /* it came, but we did not get the processor to see it */
        lose(eager);
    else if (has_earned(eager))
        eager->needed -= eager->needed > KJ_EAGER_EARNED;
    else
        eager->short_waits = waited <= 2 * (gint64) eager->most ? eager->short_waits + 1 : 0;
}
