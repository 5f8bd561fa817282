/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See http_loop.h. A daemon of libmicrohttpd's is touched by its own thread only, from the first turn to the last: that thread also takes
 * it away from the listening socket when the end has come. What wakes all of them then is one eventfd, which nobody reads.
 */
#include "http_loop.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "eager.h"

#define END_MILLISECONDS 5 /* between two looks whether all is answered */

typedef struct {
    KjHttpLoops *loops;
    struct MHD_Daemon *daemon;
    GThread *thread;
} Loop;

struct KjHttpLoops {
    Loop *loop;
    guint count, eager;
    const KjHttpTraffic *traffic;
    int wake;
    gint64 until; /* atomic; 0: no end yet */
};

static _Thread_local guint requests, connections; /* heard of by this thread */

void kj_http_loop_heard_request(void) {
    requests++;
}

void kj_http_loop_heard_connection(void) {
    connections++;
}

/* A daemon that was full listens again only in the turn after a connection has gone, and one whose time is over goes in two turns: so turns
 * are made until two in a row bring nothing. */
static gboolean is_quiet(const Loop *loop) {
    guint before = requests + connections;
    MHD_run(loop->daemon);
    return requests + connections == before;
}

/* Until something has come, something of the daemon's is due, or the end has (the end itself is waited for in short pieces). */
static void await(const Loop *loop, gboolean ending) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd watched[] = { { info->epoll_fd, POLLIN, 0 }, { loop->loops->wake, POLLIN, 0 } };
    MHD_UNSIGNED_LONG_LONG due = 0;
    int most = ending ? END_MILLISECONDS : -1;
    if (MHD_get_timeout(loop->daemon, &due) == MHD_YES && (!ending || due < END_MILLISECONDS))
        most = (int)MIN(due, G_MAXINT);
    poll(watched, ending ? 1 : G_N_ELEMENTS(watched), most);
}

static gboolean goes_on(const KjHttpLoops *loops) {
    return __atomic_load_n(&loops->traffic->requests, __ATOMIC_RELAXED) > 0 &&
           g_get_monotonic_time() < __atomic_load_n(&loops->until, __ATOMIC_RELAXED);
}

/* Its share of the connections, rounded up: how many it has itself is a matter of chance. */
static guint share_connections(const KjHttpLoops *loops) {
    return (__atomic_load_n(&loops->traffic->connections, __ATOMIC_RELAXED) + loops->count - 1) / loops->count;
}

static gpointer drive(gpointer data) {
    const Loop *loop = data;
    KjEager eager = { .most = loop->loops->eager };
    guint counted = requests;
    kj_eager_begin(&eager, share_connections(loop->loops), g_get_monotonic_time());
    while (__atomic_load_n(&loop->loops->until, __ATOMIC_ACQUIRE) == 0) {
        gboolean quiet = is_quiet(loop);
        if (requests != counted) {
            gint64 now = g_get_monotonic_time();
            counted = requests;
            kj_eager_end(&eager, now);
            kj_eager_begin(&eager, share_connections(loop->loops), now);
        } else if (quiet && !kj_eager_again(&eager) && is_quiet(loop)) {
            await(loop, FALSE);
        }
    }
    kj_eager_end(&eager, g_get_monotonic_time());
    MHD_quiesce_daemon(loop->daemon); /* the socket is its owner's again */
    do {
        MHD_run(loop->daemon);
        await(loop, TRUE);
    } while (goes_on(loop->loops));
    return NULL;
}

KjHttpLoops *kj_http_loops_start(GPtrArray *daemons, guint eager, const KjHttpTraffic *traffic, GError **error) {
    KjHttpLoops *loops = g_new0(KjHttpLoops, 1);
    loops->count = daemons->len;
    loops->loop = g_new0(Loop, daemons->len);
    loops->eager = kj_eager_most(eager);
    loops->traffic = traffic;
    loops->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (guint i = 0; i < daemons->len; i++)
        loops->loop[i] = (Loop){ loops, daemons->pdata[i], NULL };
    if (loops->wake < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("no worker can be started: %s"), g_strerror(errno));
        kj_http_loops_stop(loops, 1);
        return NULL;
    }
    for (guint i = 0; i < loops->count; i++)
        loops->loop[i].thread = g_thread_new("http", drive, &loops->loop[i]);
    return loops;
}

void kj_http_loops_stop(KjHttpLoops *loops, gint64 until) {
    guint64 one = 1;
    __atomic_store_n(&loops->until, until, __ATOMIC_RELEASE);
    while (loops->wake >= 0 && write(loops->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    for (guint i = 0; i < loops->count; i++) {
        if (loops->loop[i].thread)
            g_thread_join(loops->loop[i].thread);
        else
            MHD_quiesce_daemon(loops->loop[i].daemon);
        MHD_stop_daemon(loops->loop[i].daemon);
    }
    if (loops->wake >= 0)
        close(loops->wake);
    g_free(loops->loop);
    g_free(loops);
}
