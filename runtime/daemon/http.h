/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP for the daemon's protocols: connections, limits, TLS and tokens here; what a path means is the protocol's.
 *
 * A protocol gives a table of routes. Each is called on a thread of the server with a whole request, and fills an answer. Nothing of a
 * request reaches a route before it has shown that it may come (token, client certificate) and is whole and of bounded size.
 *
 * Bounds: so many connections; so long between requests; KJ_HTTP_REQUEST_SECONDS for one request from its headers to its answer's last
 * byte, however slowly bytes drip; KJ_HTTP_HEADERS_MAX and KJ_HTTP_BODY_MAX a request; KJ_HTTP_BODIES_MAX for all bodies under way
 * together.
 */
#ifndef KJ_HTTP_H
#define KJ_HTTP_H

#include "protocol.h"

G_BEGIN_DECLS

#define KJ_HTTP_HEADERS_MAX (16u << 10)  /* request line and headers; also what a connection costs when it is idle */
#define KJ_HTTP_BODY_MAX (1u << 20)      /* some thousand evaluations */
#define KJ_HTTP_BODIES_MAX (64u << 20)   /* beyond, a request is told to come again */
#define KJ_HTTP_REQUEST_SECONDS 15u
#define KJ_HTTP_REQUEST_ID_MAX 200u      /* a longer X-Request-ID is not echoed */

typedef struct {
    const char *body; /* NUL-terminated; "" if none */
    gsize length;
    const char *request_id; /* X-Request-ID, or NULL */
    const char *language;   /* "en" or "ja", by Accept-Language */
} KjHttpRequest;

typedef struct {
    guint status;
    const char *type; /* static; "text/plain; charset=utf-8" at first */
    GString *body;
} KjHttpAnswer;

/* Takes back what the answer holds so far, and answers with a status and one line. */
void kj_http_refuse(KjHttpAnswer *answer, guint status, const char *message);

typedef struct {
    const char *path;
    gboolean post;   /* POST with application/json; else GET (and HEAD) */
    gboolean public; /* needs no token: says nothing but whether the server lives */
    guint which;     /* the route's own business */
    void (*serve)(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer);
} KjHttpRoute;

typedef struct {
    int socket; /* listening; stays the caller's */
    guint connections, idle_seconds, threads;
    guint request_seconds; /* KJ_HTTP_REQUEST_SECONDS, or less in a test */
    const KjHttpRoute *routes; /* ends with a NULL path */
    gpointer data;
    const char *certificate, *key; /* PEM texts, or NULL: no TLS */
    const char *authorities;       /* PEM: who signs clients' certificates; NULL: clients need none */
    char **tokens;                 /* any of them is good; NULL: none is needed */
} KjHttpOptions;

typedef struct KjHttp KjHttp;

/* Copies what it keeps, but for the routes. NULL with KJ_ERROR_IO. */
KjHttp *kj_http_start(const KjHttpOptions *options, GError **error);
/* As KjProtocol.alive_at wants it: now, or when the oldest answer that is being made was begun. */
gint64 kj_http_alive_at(KjHttp *http);
/* How many connections there are. */
guint kj_http_connections(KjHttp *http);
/* Answers what is under way, at most KJ_STOP_SECONDS, and closes everything but the socket. */
void kj_http_stop(KjHttp *http);

/* ---- the same from a section of the configuration (http_section.c) ---- */

/* Keys every protocol over HTTP has; to be named in its table of keys. */
#define KJ_HTTP_KEYS \
    { "certificate", "File with the server's certificate chain (PEM): speak TLS." }, \
    { "key", "File with the certificate's private key (PEM)." }, \
    { "client-authorities", "File with certificates (PEM): clients must show one that these have signed." }, \
    { "tokens", "File with one bearer token a line: clients must show one of them." }, \
    { "threads", "Threads that answer, 1 to 64 (initially 2)." }

/* Everything that can be wrong in these keys, the files included, and a network address without TLS or without a proof of who asks. */
void kj_http_check(KjSection *section);
KjHttp *kj_http_start_service(const KjService *service, const KjHttpRoute *routes, gpointer data, GError **error);

/* ---- health (metrics.c): routes of every service over HTTP, without a token ---- */

/* /healthz: the process answers. /readyz: so do questions, or why not. `which`: whether it is /readyz. */
void kj_http_serve_health(const KjService *service, guint which, KjHttpAnswer *answer);

G_END_DECLS

#endif
