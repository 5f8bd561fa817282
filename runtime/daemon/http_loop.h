/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that drive libmicrohttpd: each a daemon of its own, all at one listening socket. libmicrohttpd has threads too, but those sleep
 * between one request and the next; these look for it first where that pays (eager.h).
 */
#ifndef KJ_HTTP_LOOP_H
#define KJ_HTTP_LOOP_H

#include <glib.h>
#include <microhttpd.h>

G_BEGIN_DECLS

typedef struct KjHttpLoops KjHttpLoops;

/* What there is now; both atomic. */
typedef struct {
    guint connections;
    guint requests; /* that have no answer yet */
} KjHttpTraffic;

/* Takes the daemons (element-type MHD_Daemon), which were started with MHD_USE_EPOLL and no thread. `traffic` is borrowed. NULL with
 * KJ_ERROR_IO, and the daemons are stopped. */
KjHttpLoops *kj_http_loops_start(GPtrArray *daemons, guint eager, const KjHttpTraffic *traffic, GError **error);
/* To be called by the callbacks that hear of a new request, and of a connection that comes or goes. */
void kj_http_loop_heard_request(void);
void kj_http_loop_heard_connection(void);
/* Accepts nothing more, waits until nothing is under way or `until` (monotonic microseconds) is past, closes everything but the listening
 * socket, frees. */
void kj_http_loops_stop(KjHttpLoops *loops, gint64 until);

G_END_DECLS

#endif
