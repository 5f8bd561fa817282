/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server: libmicrohttpd in a few threads (http_loop.h), and around it what it leaves open.
 *
 * libmicrohttpd's own timeout begins anew with every byte, so a client that sends one a second stays for ever. Here a connection has a
 * deadline that only whole steps move: it was accepted, a request's headers are complete, an answer has gone out. A thread looks once a
 * second and shuts down the sockets of those beyond it. A deadline is one atomic number; the list of connections has a lock, taken when one
 * comes or goes.
 *
 * Who the server is and who may come (http_gate.h) can be exchanged while it serves. A connection's TLS begins with the gate that is there
 * when it is accepted; a token is looked up in the one that is there when the request comes, and a client's certificate is judged
 * again by it.
 *
 * A request that is refused (no such path, no token, wrong type) is read to its end within the bounds and then answered, because closing a
 * socket that holds unread bytes may take the answer away from the client. A body beyond its bound is not read: its connection is closed.
 */
#include "http.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <kijun/translate.h>

#include "http_gate.h"
#include "http_loop.h"

#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct KjHttp {
    KjHttpLoops *loops;
    const KjHttpRoute *routes;
    gpointer data;
    gboolean needs_certificate;
    guint idle_seconds, request_seconds;
    gsize bodies;     /* atomic: bytes of all bodies under way */
    KjHttpTraffic traffic;
    GMutex lock;      /* of what follows */
    GCond wake;
    KjHttpGate *gate;
    GQueue connections;
    gboolean stopped;
    GThread *watch;
};

typedef struct {
    GList link;
    gint64 deadline; /* atomic: monotonic microseconds */
    gint64 begun;    /* atomic: when the answer was that is being made; 0: none is */
    int socket;
    KjHttpGate *gate; /* that guards its TLS; NULL: without */
    gboolean known;   /* the client's certificate was found good by it */
} Connection;

/* A request from its headers to the end of its answer. */
typedef struct {
    KjHttp *http;
    const KjHttpRoute *route;
    GString *body;
    gsize length; /* of the body so far, kept or not */
    guint status;  /* 0, or that of the refusal */
    const char *refusal, *allow;
} Exchange;

void kj_http_refuse(KjHttpAnswer *answer, guint status, const char *message) {
    answer->status = status;
    answer->type = "text/plain; charset=utf-8";
    g_string_assign(answer->body, message);
}

/* ---- the gate ---- */

/* Unref it. */
static KjHttpGate *gate_now(KjHttp *http) {
    g_mutex_lock(&http->lock);
    KjHttpGate *gate = kj_http_gate_ref(http->gate);
    g_mutex_unlock(&http->lock);
    return gate;
}

static gnutls_session_t session_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : NULL;
}

/* By the thread of the connection, before its handshake or between two requests. Takes the gate. */
static void guard(Connection *connection, gnutls_session_t session, KjHttpGate *gate) {
    kj_http_gate_guard(gate, session);
    kj_http_gate_unref(connection->gate);
    connection->gate = gate;
    connection->known = FALSE;
}

/* ---- deadlines ---- */

static void set_deadline(Connection *connection, guint seconds) {
    __atomic_store_n(&connection->deadline, g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC, __ATOMIC_RELAXED);
}

static Connection *connection_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *data, struct MHD_Connection *of, void **context, enum MHD_ConnectionNotificationCode code) {
    KjHttp *http = data;
    Connection *connection = *context;
    kj_http_loop_heard_connection();
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);
        __atomic_add_fetch(&http->traffic.connections, 1, __ATOMIC_RELAXED);
        connection = g_new0(Connection, 1);
        connection->link.data = connection;
        connection->socket = info ? info->connect_fd : -1;
        if (session_of(of))
            guard(connection, session_of(of), gate_now(http));
        set_deadline(connection, MIN(http->idle_seconds, http->request_seconds));
        *context = connection;
        g_mutex_lock(&http->lock);
        g_queue_push_tail_link(&http->connections, &connection->link);
        g_mutex_unlock(&http->lock);
    } else if (connection) {
        __atomic_sub_fetch(&http->traffic.connections, 1, __ATOMIC_RELAXED);
        g_mutex_lock(&http->lock);
        g_queue_unlink(&http->connections, &connection->link);
        g_mutex_unlock(&http->lock);
        kj_http_gate_unref(connection->gate);
        g_free(connection);
        *context = NULL;
    }
}

/* The socket is still the connection's: libmicrohttpd tells before it closes one, and then waits for the lock. */
static gpointer watch(gpointer data) {
    KjHttp *http = data;
    g_mutex_lock(&http->lock);
    while (!http->stopped) {
        gint64 now = g_get_monotonic_time();
        for (GList *link = http->connections.head; link; link = link->next) {
            Connection *connection = link->data;
            if (__atomic_load_n(&connection->deadline, __ATOMIC_RELAXED) < now && connection->socket >= 0) {
                shutdown(connection->socket, SHUT_RDWR);
                __atomic_store_n(&connection->deadline, G_MAXINT64, __ATOMIC_RELAXED);
            }
        }
        g_cond_wait_until(&http->wake, &http->lock, now + G_USEC_PER_SEC);
    }
    g_mutex_unlock(&http->lock);
    return NULL;
}

static void refuse(Exchange *exchange, guint status, const char *message) {
    if (!exchange->status) {
        exchange->status = status;
        exchange->refusal = message;
    }
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* ---- who may come ---- */

static gboolean certificate_is_good(struct MHD_Connection *of, KjHttpGate *gate) {
    Connection *connection = connection_of(of);
    gnutls_session_t session = session_of(of);
    if (!connection || !session)
        return FALSE;
    if (connection->gate != gate)
        guard(connection, session, kj_http_gate_ref(gate));
    if (!connection->known)
        connection->known = kj_http_gate_knows_peer(session);
    return connection->known;
}

static void check_visitor(Exchange *exchange, struct MHD_Connection *connection) {
    KjHttp *http = exchange->http;
    g_autoptr(KjHttpGate) gate = gate_now(http);
    if (http->needs_certificate && !certificate_is_good(connection, gate))
        refuse(exchange, 401, _("a client certificate is needed"));
    if (!kj_http_gate_knows_token(gate, header(connection, "Authorization")))
        refuse(exchange, 401, _("a bearer token is needed"));
}

/* ---- the head of a request ---- */

/* `application/json`, with parameters or without. */
static gboolean is_json(const char *type) {
    static const char json[] = "application/json";
    if (!type || g_ascii_strncasecmp(type, json, sizeof json - 1) != 0)
        return FALSE;
    char next = type[sizeof json - 1];
    return next == '\0' || next == ';' || next == ' ' || next == '\t';
}

static enum MHD_Result count_lengths(void *data, enum MHD_ValueKind kind, const char *name, const char *value) {
    (void)kind;
    (void)value;
    *(guint *) data += g_ascii_strcasecmp(name, "Content-Length") == 0 || g_ascii_strcasecmp(name, "Transfer-Encoding") == 0;
    return MHD_YES;
}

static const KjHttpRoute *find_route(const KjHttp *http, const char *path) {
    for (const KjHttpRoute *route = http->routes; route->path; route++)
        if (strcmp(route->path, path) == 0)
            return route;
    return NULL;
}

static void check_head(Exchange *exchange, struct MHD_Connection *connection, const char *path, const char *method) {
    const KjHttp *http = exchange->http;
    const KjHttpRoute *route = find_route(http, path);
    gboolean post = strcmp(method, "POST") == 0, get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    guint lengths = 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_lengths, &lengths);
    if (lengths > 1) /* two ends of one body: what one program takes for it, another takes for the next request */
        refuse(exchange, 400, _("the length of the body is said twice"));
    if (!route || !route->public)
        check_visitor(exchange, connection);
    if (!route) {
        refuse(exchange, 404, _("there is nothing at this path"));
        return;
    }
    exchange->route = route;
    if (route->post ? !post : !get) {
        exchange->allow = route->post ? "POST" : "GET, HEAD";
        refuse(exchange, 405, route->post ? _("use POST") : _("use GET"));
    }
    if (route->post && !is_json(header(connection, "Content-Type")))
        refuse(exchange, 400, _("the Content-Type must be application/json"));
}

static gboolean announces_too_much(struct MHD_Connection *connection) {
    const char *length = header(connection, "Content-Length");
    guint64 bytes;
    return length && (!g_ascii_string_to_unsigned(length, 10, 0, G_MAXUINT64, &bytes, NULL) || bytes > KJ_HTTP_BODY_MAX);
}

/* The language of the greatest quality; the first of equals; English when neither is asked for. */
static const char *choose_language(const char *accepted) {
    static const char *const known[] = { "en", "ja" };
    g_auto(GStrv) ranges = g_strsplit(accepted ? accepted : "", ",", 16);
    const char *best = "en";
    double best_quality = 0;
    for (guint i = 0; ranges[i]; i++) {
        const char *range = g_strstrip(ranges[i]), *q = strstr(range, "q=");
        double quality = q ? g_ascii_strtod(q + 2, NULL) : 1;
        for (guint j = 0; j < G_N_ELEMENTS(known); j++) {
            if (quality > best_quality && g_ascii_strncasecmp(range, known[j], 2) == 0 && !g_ascii_isalnum(range[2])) {
                best = known[j];
                best_quality = quality;
            }
        }
    }
    return best;
}

/* What may go back in a header: printable and short. libmicrohttpd has cut the line already. */
static const char *request_id(struct MHD_Connection *connection) {
    const char *id = header(connection, "X-Request-ID");
    if (!id || strlen(id) > KJ_HTTP_REQUEST_ID_MAX)
        return NULL;
    for (const char *at = id; *at; at++)
        if (*at < ' ' || *at > '~')
            return NULL;
    return id;
}

/* ---- answers ---- */

static enum MHD_Result send_answer(struct MHD_Connection *connection, KjHttpAnswer *answer, const char *allow) {
    gsize length = answer->body->len;
    char *bytes = g_string_free(answer->body, FALSE);
    const char *id = request_id(connection);
    struct MHD_Response *response = MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        g_free(bytes);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", answer->type);
    if (id)
        MHD_add_response_header(response, "X-Request-ID", id);
    if (allow)
        MHD_add_response_header(response, "Allow", allow);
    if (answer->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"kijun\"");
    if (answer->status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_request(Exchange *exchange, struct MHD_Connection *connection) {
    KjHttpAnswer answer = { 200, "text/plain; charset=utf-8", g_string_new(NULL) };
    KjHttp *http = exchange->http;
    if (exchange->status) {
        kj_http_refuse(&answer, exchange->status, exchange->refusal);
    } else {
        const char *language = choose_language(header(connection, "Accept-Language"));
        KjHttpRequest request = { exchange->body->str, exchange->body->len, request_id(connection), language };
        Connection *of = connection_of(connection);
        if (of)
            __atomic_store_n(&of->begun, g_get_monotonic_time(), __ATOMIC_RELAXED);
        exchange->route->serve(http->data, exchange->route->which, &request, &answer);
        if (of)
            __atomic_store_n(&of->begun, 0, __ATOMIC_RELAXED);
    }
    return send_answer(connection, &answer, exchange->allow);
}

/* What is kept of a body counts against all bodies' bound; of a request that is refused nothing is kept. */
static void drop_body(Exchange *exchange) {
    __atomic_sub_fetch(&exchange->http->bodies, exchange->body->len, __ATOMIC_RELAXED);
    g_string_free(exchange->body, TRUE);
    exchange->body = g_string_new(NULL);
}

/* FALSE: the connection is to be closed. */
static gboolean take_body(Exchange *exchange, const char *bytes, gsize length) {
    exchange->length += length;
    if (exchange->length > KJ_HTTP_BODY_MAX)
        return FALSE;
    if (exchange->status)
        return TRUE;
    g_string_append_len(exchange->body, bytes, (gssize)length);
    if (__atomic_add_fetch(&exchange->http->bodies, length, __ATOMIC_RELAXED) > KJ_HTTP_BODIES_MAX) {
        refuse(exchange, 503, _("too many requests at once: try again"));
        drop_body(exchange);
    }
    return TRUE;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *length, void **context) {
    KjHttp *http = data;
    Exchange *exchange = *context;
    (void)version;
    if (!exchange) {
        Connection *of = connection_of(connection);
        *context = exchange = g_new0(Exchange, 1);
        exchange->http = http;
        exchange->body = g_string_new(NULL);
        __atomic_add_fetch(&http->traffic.requests, 1, __ATOMIC_RELAXED);
        kj_http_loop_heard_request();
        if (of)
            set_deadline(of, http->request_seconds);
        check_head(exchange, connection, path, method);
        if (!announces_too_much(connection))
            return MHD_YES;
        exchange->status = 0;
        refuse(exchange, 413, _("the body is longer than 1 MiB"));
        return answer_request(exchange, connection); /* libmicrohttpd closes after an answer that did not wait for the body */
    }
    if (*length == 0)
        return answer_request(exchange, connection);
    gboolean good = take_body(exchange, bytes, *length);
    *length = 0;
    return good ? MHD_YES : MHD_NO;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code) {
    KjHttp *http = data;
    Exchange *exchange = *context;
    Connection *of = connection_of(connection);
    (void)code;
    if (!exchange)
        return;
    if (of)
        set_deadline(of, http->idle_seconds);
    drop_body(exchange);
    __atomic_sub_fetch(&http->traffic.requests, 1, __ATOMIC_RELAXED);
    g_string_free(exchange->body, TRUE);
    g_free(exchange);
    *context = NULL;
}

/* ---- start and stop ---- */

static void keep_quiet(void *data, const char *format, va_list arguments) {
    (void)data; /* what strangers do wrong with a socket is no news; what is refused is in the answers */
    (void)format;
    (void)arguments;
}

static void free_http(KjHttp *http) {
    g_mutex_clear(&http->lock);
    g_cond_clear(&http->wake);
    kj_http_gate_unref(http->gate);
    g_free(http);
}

/* Each connection is a file, and many systems begin with 1,024. Nothing here uses select(2), which could not count farther. */
static void allow_files(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* One of so many daemons at the socket. NULL: libmicrohttpd does not say why. */
static struct MHD_Daemon *start_one(KjHttp *http, const KjHttpOptions *options) {
    const KjHttpAccess *access = &options->access;
    struct MHD_OptionItem items[5];
    guint count = 0, flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG;
    if (access->certificate) { /* libmicrohttpd wants them too; what a connection gets is the gate's */
        flags |= MHD_USE_TLS;
        items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)access->certificate };
        items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)access->key };
        items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PRIORITIES };
        if (access->authorities)
            items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)access->authorities };
    }
    items[count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http,
                            MHD_OPTION_EXTERNAL_LOGGER, keep_quiet, NULL,
                            MHD_OPTION_LISTEN_SOCKET, options->socket,
                            MHD_OPTION_CONNECTION_LIMIT, (options->connections + options->threads - 1) / options->threads,
                            MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)KJ_HTTP_HEADERS_MAX,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
                            MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static KjHttpLoops *start_all(KjHttp *http, const KjHttpOptions *options, GError **error) {
    g_autoptr(GPtrArray) daemons = g_ptr_array_new();
    struct MHD_Daemon *daemon = NULL;
    do {
        if ((daemon = start_one(http, options)))
            g_ptr_array_add(daemons, daemon);
    } while (daemon && daemons->len < options->threads);
    if (daemon)
        return kj_http_loops_start(daemons, options->eager, &http->traffic, error);
    for (guint i = 0; i < daemons->len; i++) {
        MHD_quiesce_daemon(daemons->pdata[i]);
        MHD_stop_daemon(daemons->pdata[i]);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the HTTP server cannot start"));
    return NULL;
}

KjHttp *kj_http_start(const KjHttpOptions *options, GError **error) {
    KjHttpGate *gate = kj_http_gate_new(&options->access, error);
    if (!gate)
        return NULL;
    KjHttp *http = g_new0(KjHttp, 1);
    http->routes = options->routes;
    http->data = options->data;
    http->idle_seconds = options->idle_seconds;
    http->request_seconds = options->request_seconds;
    http->needs_certificate = options->access.authorities != NULL;
    http->gate = gate;
    g_mutex_init(&http->lock);
    g_cond_init(&http->wake);
    allow_files();
    http->loops = start_all(http, options, error);
    if (!http->loops) {
        free_http(http);
        return NULL;
    }
    http->watch = g_thread_new("http-watch", watch, http);
    return http;
}

gboolean kj_http_renew(KjHttp *http, const KjHttpAccess *access, GError **error) {
    KjHttpGate *gate = kj_http_gate_new(access, error);
    if (!gate)
        return FALSE;
    g_mutex_lock(&http->lock);
    KjHttpGate *before = g_steal_pointer(&http->gate);
    http->gate = gate;
    g_mutex_unlock(&http->lock);
    kj_http_gate_unref(before);
    return TRUE;
}

guint kj_http_connections(KjHttp *http) {
    return __atomic_load_n(&http->traffic.connections, __ATOMIC_RELAXED);
}

gint64 kj_http_alive_at(KjHttp *http) {
    gint64 oldest = g_get_monotonic_time();
    g_mutex_lock(&http->lock);
    for (GList *link = http->connections.head; link; link = link->next) {
        gint64 begun = __atomic_load_n(&((Connection *)link->data)->begun, __ATOMIC_RELAXED);
        oldest = begun ? MIN(oldest, begun) : oldest;
    }
    g_mutex_unlock(&http->lock);
    return oldest;
}

void kj_http_stop(KjHttp *http) {
    gint64 until = g_get_monotonic_time() + (KJ_STOP_SECONDS - 1) * G_USEC_PER_SEC;
    if (!http)
        return;
    kj_http_loops_stop(http->loops, until);
    g_mutex_lock(&http->lock);
    http->stopped = TRUE;
    g_cond_signal(&http->wake);
    g_mutex_unlock(&http->lock);
    g_thread_join(http->watch);
    free_http(http);
}
