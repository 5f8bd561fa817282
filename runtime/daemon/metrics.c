/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What machines ask about the daemon itself: /metrics for Prometheus, /healthz and /readyz for whoever starts and stops it.
 *
 * Health says nothing but yes or no and needs no token. Ready means that a question would get an answer now: what sends requests here looks
 * at this one.
 */
#include <kijun/translate.h>

#include "http.h"

enum { HEALTHY, READY };

typedef struct {
    const KjService *service;
    KjHttp *http;
} Running;

void kj_http_serve_health(const KjService *service, guint which, KjHttpAnswer *answer) {
    g_autofree char *why = NULL;
    if (which == READY && !kj_daemon_is_ready(service->daemon, &why))
        kj_http_refuse(answer, 503, why ? why : _("not ready"));
    else
        g_string_append(answer->body, "ok\n");
}

static void serve_health(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    const Running *running = data;
    (void)request;
    kj_http_serve_health(running->service, which, answer);
}

static void serve_metrics(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    const Running *running = data;
    (void)which;
    (void)request;
    answer->type = "text/plain; version=0.0.4; charset=utf-8";
    kj_point_metrics(running->service->point, answer->body);
}

static const KjHttpRoute routes[] = {
    { "/metrics", FALSE, FALSE, 0, serve_metrics },
    { "/healthz", FALSE, TRUE, HEALTHY, serve_health },
    { "/readyz", FALSE, TRUE, READY, serve_health },
    { NULL, FALSE, FALSE, 0, NULL },
};

static gpointer start(const KjService *service, GError **error) {
    Running *running = g_new0(Running, 1);
    running->service = service;
    running->http = kj_http_start_service(service, routes, running, error);
    if (!running->http)
        g_clear_pointer(&running, g_free);
    return running;
}

static gboolean reread(gpointer data, GError **error) {
    const Running *running = data;
    return kj_http_reread_service(running->http, running->service, error);
}

static guint connections(gpointer running) {
    return kj_http_connections(((Running *)running)->http);
}

static gint64 alive_at(gpointer running) {
    return kj_http_alive_at(((Running *)running)->http);
}

static void stop(gpointer running) {
    kj_http_stop(((Running *)running)->http);
    g_free(running);
}

static const KjSectionKey keys[] = { KJ_HTTP_KEYS, { NULL, NULL } };

const KjProtocol kj_protocol_metrics = {
    .name = "metrics",
    .doc = N_("Prometheus metrics at /metrics, health at /healthz and /readyz, over HTTP."),
    .farthest = KJ_REACH_NETWORK,
    .connections = 64,
    .idle_seconds = 60,
    .keys = keys,
    .check = kj_http_check,
    .start = start,
    .reread = reread,
    .connections_now = connections,
    .alive_at = alive_at,
    .stop = stop,
};
