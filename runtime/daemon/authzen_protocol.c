/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The protocol `authzen` of the daemon: its paths, its keys. What is answered is in authzen.c and search.c, how in http.c. */
#include <string.h>

#include <kijun/translate.h>

#include "authzen.h"

typedef struct {
    const KjService *service;
    KjAuthzen *authzen;
    KjHttp *http;
} Running;

static void serve(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    kj_authzen_serve(((Running *)data)->authzen, which, request, answer);
}

static void describe(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    kj_authzen_describe(((Running *)data)->authzen, which, request, answer);
}

static void serve_health(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    (void)request;
    kj_http_serve_health(((Running *)data)->service, which, answer);
}

static const KjHttpRoute routes[] = {
    { "/access/v1/evaluation", TRUE, FALSE, KJ_AUTHZEN_EVALUATION, serve },
    { "/access/v1/evaluations", TRUE, FALSE, KJ_AUTHZEN_EVALUATIONS, serve },
    { "/access/v1/search/subject", TRUE, FALSE, KJ_AUTHZEN_SUBJECTS, serve },
    { "/access/v1/search/resource", TRUE, FALSE, KJ_AUTHZEN_RESOURCES, serve },
    { "/access/v1/search/action", TRUE, FALSE, KJ_AUTHZEN_ACTIONS, serve },
    { "/.well-known/authzen-configuration", FALSE, TRUE, 0, describe },
    { "/healthz", FALSE, TRUE, FALSE, serve_health },
    { "/readyz", FALSE, TRUE, TRUE, serve_health },
    { NULL, FALSE, FALSE, 0, NULL },
};

static void check(KjSection *section) {
    const char *url = kj_section_get(section, "url");
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) absent = kj_authzen_read_absent(kj_section_get(section, "absent"), &error);
    kj_http_check(section);
    if (!absent)
        kj_section_complain(section, "absent", "%s", error->message);
    if (url && (!g_str_has_prefix(url, "https://") || !url[strlen("https://")] || strpbrk(url, "?# ") || g_str_has_suffix(url, "/")))
        kj_section_complain(section, "url", "%s", _("the url begins with https:// and has no query, no fragment and no `/` at its end"));
}

static void stop(gpointer data) {
    Running *running = data;
    kj_http_stop(running->http);
    kj_authzen_free(running->authzen);
    g_free(running);
}

static gpointer start(const KjService *service, GError **error) {
    Running *running = g_new0(Running, 1);
    running->service = service;
    running->authzen = kj_authzen_new(service->point, service->block, kj_section_get(service->section, "absent"),
                                      kj_section_get(service->section, "subject-types"), kj_section_get(service->section, "url"), error);
    if (running->authzen)
        running->http = kj_http_start_service(service, routes, running, error);
    if (!running->http) {
        stop(running);
        return NULL;
    }
    return running;
}

static void renew(gpointer running) {
    kj_authzen_renew(((Running *)running)->authzen);
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

static const KjSectionKey keys[] = {
    KJ_HTTP_KEYS,
    { "url", N_("The https URL under which clients know this service: for its metadata.") },
    { "subject-types",
      N_("The types of subjects that are the block's principals, with `;` between; others are denied. Not said: any type.") },
    { "absent", N_("FIELD=VALUE; ...: what a request is taken to say that leaves a field of the block out. Not said: it is denied.") },
    { NULL, NULL },
};

const KjProtocol kj_protocol_authzen = {
    .name = "authzen",
    .doc = N_("The AuthZEN Authorization API 1.0 over HTTP."),
    .needs_block = TRUE,
    .farthest = KJ_REACH_NETWORK,
    .connections = 4096,
    .idle_seconds = 60,
    .keys = keys,
    .check = check,
    .start = start,
    .renew = renew,
    .reread = reread,
    .connections_now = connections,
    .alive_at = alive_at,
    .stop = stop,
};
