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

#include <kijun/translate.h>

#include "eager.h"
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

/* Who the server is and who may come. */
typedef struct {
    const char *certificate, *key; /* PEM texts, or NULL: no TLS */
    const char *authorities;       /* PEM: who signs clients' certificates; NULL: clients need none */
    char **tokens;                 /* any of them is good; NULL: none is needed */
} KjHttpAccess;

typedef struct {
    int socket; /* listening; stays the caller's */
    guint connections, idle_seconds, threads; /* at least one of each */
    guint eager; /* microseconds: eager.h */
    guint request_seconds; /* KJ_HTTP_REQUEST_SECONDS, or less in a test */
    const KjHttpRoute *routes; /* ends with a NULL path */
    gpointer data;
    KjHttpAccess access;
} KjHttpOptions;

typedef struct KjHttp KjHttp;

/* Copies what it keeps, but for the routes. NULL with KJ_ERROR_IO, or KJ_ERROR_VALUE where a certificate is no good. */
KjHttp *kj_http_start(const KjHttpOptions *options, GError **error);
/*
 * Exchanges who the server is and who may come; the same of these must be said as at the start. A connection goes on with the certificate
 * it has seen; a token, or a client's certificate, that is not good any more is not good from the next request on. FALSE with
 * KJ_ERROR_VALUE, and everything as it was. Any thread.
 */
gboolean kj_http_renew(KjHttp *http, const KjHttpAccess *access, GError **error);
/* As KjProtocol.alive_at wants it: now, or when the oldest answer that is being made was begun. */
gint64 kj_http_alive_at(KjHttp *http);
/* How many connections there are. */
guint kj_http_connections(KjHttp *http);
/* Answers what is under way, at most KJ_STOP_SECONDS, and closes everything but the socket. */
void kj_http_stop(KjHttp *http);

/* ---- the same from a section of the configuration (http_section.c) ---- */

/* Keys every protocol over HTTP has; to be named in its table of keys. */
#define KJ_HTTP_KEYS \
    { "certificate", N_("File with the server's certificate chain (PEM): speak TLS.") }, \
    { "key", N_("File with the certificate's private key (PEM).") }, \
    { "client-authorities", N_("File with certificates (PEM): clients must show one that these have signed.") }, \
    { "tokens", N_("File with one bearer token a line: clients must show one of them.") }, \
    { "threads", N_("Threads that answer, 1 to 64 (initially 2).") }, \
    { "eager", KJ_EAGER_DOC }

/* Everything that can be wrong in these keys, the files included, and a network address without TLS or without a proof of who asks. */
void kj_http_check(KjSection *section);
KjHttp *kj_http_start_service(const KjService *service, const KjHttpRoute *routes, gpointer data, GError **error);
/* Reads the files of the section again: as KjProtocol.reread wants it. */
gboolean kj_http_reread_service(KjHttp *http, const KjService *service, GError **error);

/* ---- health (metrics.c): routes of every service over HTTP, without a token ---- */

/* /healthz: the process answers. /readyz: so do questions, or why not. `which`: whether it is /readyz. */
void kj_http_serve_health(const KjService *service, guint which, KjHttpAnswer *answer);

G_END_DECLS

#endif
