/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients that mean no good: slow ones, many that say nothing, bodies without end, heads that two programs would read differently. Each is
 * answered with 400 or closed in bounded time and memory, and while it lasts others are served.
 *
 * The server runs in this process with one route, which says how long the body was.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/daemon/http.h"

#define IDLE_SECONDS 3u

static guint request_seconds = 3; /* of the servers that start() starts */

typedef struct {
    char *folder, *path;
    int socket;
    KjHttp *http;
} Server;

static guint slow_milliseconds;

static void serve_length(gpointer data, guint which, const KjHttpRequest *request, KjHttpAnswer *answer) {
    g_assert_cmpuint(which, ==, 7);
    g_assert_cmpuint(strlen(request->body), <=, request->length);
    if (slow_milliseconds)
        g_usleep(slow_milliseconds * 1000);
    g_string_append_printf(answer->body, "%s%" G_GSIZE_FORMAT, (const char *)data, request->length);
}

static const KjHttpRoute routes[] = {
    { "/length", TRUE, FALSE, 7, serve_length },
    { "/get", FALSE, TRUE, 7, serve_length },
    { NULL, FALSE, FALSE, 0, NULL },
};

static void start(Server *server, guint connections, char **tokens) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_autoptr(GError) error = NULL;
    server->folder = g_dir_make_tmp("kijun-http-XXXXXX", NULL);
    server->path = g_build_filename(server->folder, "s", NULL);
    g_strlcpy(address.sun_path, server->path, sizeof address.sun_path);
    server->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_assert_cmpint(bind(server->socket, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(server->socket, 4096), ==, 0);
    KjHttpOptions options = { .socket = server->socket, .connections = connections, .idle_seconds = IDLE_SECONDS, .threads = 2,
                              .request_seconds = request_seconds, .routes = routes, .data = (gpointer) "length ", .access.tokens = tokens };
    server->http = kj_http_start(&options, &error);
    g_assert_no_error(error);
}

static void stop(Server *server) {
    kj_http_stop(server->http);
    g_assert_cmpint(close(server->socket), ==, 0); /* it was still ours */
    unlink(server->path);
    rmdir(server->folder);
    g_free(server->path);
    g_free(server->folder);
}

static int connect_to(const Server *server) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, server->path, sizeof address.sun_path);
    if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof address) != 0)
        g_error("connect: %s", g_strerror(errno));
    return client;
}

static gboolean put(int client, const char *bytes, gsize length) {
    for (gsize at = 0; at < length;) {
        gssize sent = send(client, bytes + at, length - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return FALSE;
        at += (gsize)sent;
    }
    return TRUE;
}

/* What comes until `end` is in it, the connection ends, or the time is up. `closed` may be NULL. */
static char *get(int client, const char *end, guint milliseconds, gboolean *closed) {
    GString *got = g_string_new(NULL);
    gint64 until = g_get_monotonic_time() + (gint64)milliseconds * 1000;
    if (closed)
        *closed = FALSE;
    while (!end || !strstr(got->str, end)) {
        struct pollfd wait = { client, POLLIN, 0 };
        char bytes[4096];
        gint64 left = until - g_get_monotonic_time();
        if (left <= 0 || poll(&wait, 1, (int)(left / 1000) + 1) <= 0)
            break;
        gssize length = recv(client, bytes, sizeof bytes, 0);
        if (length <= 0) {
            if (closed)
                *closed = TRUE;
            break;
        }
        g_string_append_len(got, bytes, length);
    }
    return g_string_free(got, FALSE);
}

#define HEAD "POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

/* An ordinary client is served, and at once. */
static void is_served(const Server *server) {
    int client = connect_to(server);
    gint64 begin = g_get_monotonic_time();
    for (guint i = 0; i < 3; i++) { /* on one connection */
        g_assert_true(put(client, HEAD "Content-Length: 2\r\n\r\n{}", strlen(HEAD "Content-Length: 2\r\n\r\n{}")));
        g_autofree char *answer = get(client, "length 2", 5000, NULL);
        g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 "));
        g_assert_nonnull(strstr(answer, "\r\n\r\nlength 2"));
    }
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
    close(client);
}

static gsize resident_kib(void) {
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    return (gsize)strtoul(strstr(text, "VmRSS:") + 6, NULL, 10);
}

/* ---- heads ---- */

static void test_heads(void) {
    static const struct {
        const char *request, *status; /* NULL: closed without a word */
    } cases[] = {
        { HEAD "Content-Length: 0\r\n\r\n", "200" },
        { "POST /length HTTP/1.1\r\nHost: x\r\ncontent-type: Application/JSON;charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", "200" },
        { "POST /length?x=y HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "200" },
        { HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "200" },
        { "GET /get HTTP/1.1\r\nHost: x\r\n\r\n", "200" },
        { "HEAD /get HTTP/1.1\r\nHost: x\r\n\r\n", "200" },
        { "GET /length HTTP/1.1\r\nHost: x\r\n\r\n", "405" },
        { "POST /get HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "405" },
        { "DELETE /length HTTP/1.1\r\nHost: x\r\n\r\n", "405" },
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "GET /get/ HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "GET //get HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "GET /x/../get HTTP/1.1\r\nHost: x\r\n\r\n", "404" },
        { "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "400" },
        { "POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonx\r\nContent-Length: 2\r\n\r\n{}", "400" },
        { "POST /length HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", "400" },
        { HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", "400" },
        { HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "400" },
        { HEAD "Content-Length: 1048577\r\n\r\n", "413" },
        { HEAD "Content-Length: 18446744073709551616\r\n\r\n", "413" },
        { HEAD "Content-Length: -1\r\n\r\n", "4" },
        { "POST /length HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "400" }, /* no Host */
    };
    Server server;
    start(&server, 64, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int client = connect_to(&server);
        g_autofree char *wanted = g_strconcat("HTTP/1.1 ", cases[i].status, NULL);
        put(client, cases[i].request, strlen(cases[i].request));
        g_autofree char *answer = get(client, "\r\n\r\n", 3000, NULL);
        if (!g_str_has_prefix(answer, wanted) && !(cases[i].status[0] == '4' && !answer[0]))
            g_error("case %u: %s%s", i, cases[i].request, answer);
        close(client);
    }
    is_served(&server);
    stop(&server);
}

/* Headers have a bound; requests sent in one piece are answered one by one. */
static void test_long_head(void) {
    Server server;
    g_autofree char *value = g_strnfill(KJ_HTTP_HEADERS_MAX, 'x');
    g_autofree char *head = g_strdup_printf("GET /get HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", value);
    g_autofree char *path = g_strdup_printf("GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", value);
    const char *requests[] = { head, path };
    static const char two[] = "GET /get HTTP/1.1\r\nHost: x\r\nX-Request-ID: 1\r\n\r\nGET /get HTTP/1.1\r\nHost: x\r\nX-Request-ID: 2\r\n\r\n";
    start(&server, 64, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
        int client = connect_to(&server);
        put(client, requests[i], strlen(requests[i]));
        g_autofree char *answer = get(client, "\r\n\r\n", 5000, NULL);
        g_assert_true(!answer[0] || g_str_has_prefix(answer, "HTTP/1.1 4") || g_str_has_prefix(answer, "HTTP/1.1 5"));
        close(client);
    }
    int client = connect_to(&server);
    put(client, two, strlen(two));
    g_autofree char *answer = get(client, "X-Request-ID: 2", 5000, NULL);
    g_assert_nonnull(strstr(answer, "X-Request-ID: 1"));
    g_assert_nonnull(strstr(answer, "X-Request-ID: 2"));
    close(client);
    is_served(&server);
    stop(&server);
}

static void test_echo(void) {
    Server server;
    static const struct {
        const char *id, *back;
    } ids[] = { { "a-1", "a-1" }, { "\xff", NULL }, { "a\tb", NULL } };
    start(&server, 64, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        int client = connect_to(&server);
        g_autofree char *request = g_strdup_printf("GET /get HTTP/1.1\r\nHost: x\r\nX-Request-ID: %s\r\n\r\n", ids[i].id);
        put(client, request, strlen(request));
        g_autofree char *answer = get(client, "length 0", 3000, NULL);
        g_autofree char *line = g_strdup_printf("\r\nX-Request-ID: %s\r\n", ids[i].id);
        g_assert_true((strstr(answer, line) != NULL) == (ids[i].back != NULL));
        close(client);
    }
    stop(&server);
}

static void test_token(void) {
    static char first[] = "0123456789abcdef", second[] = "fedcba9876543210";
    char *tokens[] = { first, second, NULL };
    static const struct {
        const char *header, *status;
    } cases[] = {
        { "", "401" }, { "Authorization: Bearer 0123456789abcdef\r\n", "200" }, { "Authorization: bearer fedcba9876543210\r\n", "200" },
        { "Authorization: Bearer 0123456789abcdeX\r\n", "401" }, { "Authorization: Bearer 0123456789abcde\r\n", "401" },
        { "Authorization: Bearer \r\n", "401" }, { "Authorization: Bearer\r\n", "401" }, { "Authorization: 0123456789abcdef\r\n", "401" },
        { "Authorization: Basic 0123456789abcdef\r\n", "401" }, { "Authorization: Bearer 0123456789abcdef x\r\n", "401" },
    };
    Server server;
    start(&server, 64, tokens);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int client = connect_to(&server);
        g_autofree char *request = g_strdup_printf(HEAD "%sContent-Length: 2\r\n\r\n{}", cases[i].header);
        g_autofree char *wanted = g_strconcat("HTTP/1.1 ", cases[i].status, NULL);
        put(client, request, strlen(request));
        g_autofree char *answer = get(client, "\r\n\r\n", 3000, NULL);
        if (!g_str_has_prefix(answer, wanted))
            g_error("%s: %s", cases[i].header, answer);
        close(client);
    }
    stop(&server);
}

/* ---- bodies ---- */

static void test_bodies(void) {
    static const gsize lengths[] = { KJ_HTTP_BODY_MAX - 1, KJ_HTTP_BODY_MAX, KJ_HTTP_BODY_MAX + 1 };
    g_autofree char *body = g_malloc(KJ_HTTP_BODY_MAX + 1);
    Server server;
    start(&server, 64, NULL);
    memset(body, '[', KJ_HTTP_BODY_MAX + 1);
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        for (guint chunked = 0; chunked < 2; chunked++) {
            int client = connect_to(&server);
            g_autofree char *head = chunked ? g_strdup_printf(HEAD "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", lengths[i])
                                            : g_strdup_printf(HEAD "Content-Length: %zu\r\n\r\n", lengths[i]);
            g_autofree char *wanted = g_strdup_printf("length %zu", lengths[i]);
            gboolean sent = put(client, head, strlen(head)) && put(client, body, lengths[i]);
            sent = sent && (!chunked || put(client, "\r\n0\r\n\r\n", 7));
            g_autofree char *answer = get(client, wanted, sent && lengths[i] <= KJ_HTTP_BODY_MAX ? 5000 : 500, NULL);
            g_assert_true((strstr(answer, wanted) != NULL) == (lengths[i] <= KJ_HTTP_BODY_MAX));
            g_assert_true(lengths[i] <= KJ_HTTP_BODY_MAX || !strstr(answer, " 200 "));
            close(client);
        }
    }
    is_served(&server);
    stop(&server);
}

/* All bodies under way together have a bound: what is beyond it is told to come again, and memory says so. */
static void test_many_bodies(void) {
    enum { CLIENTS = 80 };
    int clients[CLIENTS];
    g_autofree char *body = g_malloc(KJ_HTTP_BODY_MAX);
    g_autofree char *head = g_strdup_printf(HEAD "Content-Length: %u\r\n\r\n", KJ_HTTP_BODY_MAX);
    guint answered = 0, told = 0;
    Server server;
    start(&server, 256, NULL);
    memset(body, ' ', KJ_HTTP_BODY_MAX);
    gsize before = resident_kib();
    for (guint i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(&server);
        g_assert_true(put(clients[i], head, strlen(head)));
        g_assert_true(put(clients[i], body, KJ_HTTP_BODY_MAX - 1));
    }
    g_assert_cmpuint(resident_kib(), <, before + 2 * KJ_HTTP_BODIES_MAX / 1024 + 32 * 1024); /* a buffer grows by doubling */
    for (guint i = 0; i < CLIENTS; i++) {
        put(clients[i], body, 1);
        g_autofree char *answer = get(clients[i], "\r\n\r\n", 3000, NULL);
        answered += g_str_has_prefix(answer, "HTTP/1.1 200");
        told += g_str_has_prefix(answer, "HTTP/1.1 503");
        close(clients[i]);
    }
    g_assert_cmpuint(answered, >=, KJ_HTTP_BODIES_MAX / KJ_HTTP_BODY_MAX - 1);
    g_assert_cmpuint(told, >=, 1);
    g_assert_cmpuint(answered + told, ==, CLIENTS);
    is_served(&server);
    stop(&server);
}

/* ---- time ---- */

/* Sends `bytes` one by one, each before the server's patience with silence would end; gives the milliseconds until it is closed. */
static gint64 drip(const Server *server, const char *first, const char *bytes) {
    int client = connect_to(server);
    gint64 begin = g_get_monotonic_time();
    gboolean closed = FALSE;
    g_assert_true(put(client, first, strlen(first)));
    for (gsize i = 0; bytes[i] && !closed; i++) {
        put(client, bytes + i, 1);
        g_free(get(client, NULL, 200, &closed));
    }
    close(client);
    g_assert_true(closed);
    return (g_get_monotonic_time() - begin) / 1000;
}

static void test_slow(void) {
    Server server;
    request_seconds = 1;
    start(&server, 64, NULL);
    static const struct {
        const char *first, *bytes;
    } drips[] = {
        { "", "POST /length HTTP/1.1\r\nHost: a-name-that-does-not-end-for-a-long-time.example\r\n" },
        { "GET /get HTTP/1.1\r\nHost: x\r\nX-Long: ", "a header that does not end, a byte at a time, as long as one lets it" },
        { HEAD "Content-Length: 1000\r\n\r\n", "{                                                                        " },
        { HEAD "Transfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n" },
    };
    for (guint i = 0; i < (g_getenv("KIJUN_SHORT") ? 2 : G_N_ELEMENTS(drips)); i++) {
        gint64 took = drip(&server, drips[i].first, drips[i].bytes);
        g_assert_cmpint(took, >, request_seconds * 1000 - 100);
        g_assert_cmpint(took, <, (request_seconds + 3) * 1000);
        is_served(&server);
    }
    stop(&server);
    request_seconds = 3;
}

/* 1,000 connections that say nothing: others are served, nothing is kept for long, and it costs little. */
static void test_idle(void) {
    enum { IDLE = 1000 };
    int *clients = g_new(int, IDLE);
    struct rlimit files;
    guint open = 0;
    Server server;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
    start(&server, 4096, NULL); /* which lets this process have as many files as it may */
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
    if (files.rlim_cur < 2 * IDLE + 64) {
        g_test_skip("this process may not have 2,064 files");
        g_free(clients);
        stop(&server);
        return;
    }
    gsize before = resident_kib();
    for (guint i = 0; i < IDLE; i++) {
        clients[i] = connect_to(&server);
        if (i % 2)
            put(clients[i], "POST /len", 9);
    }
    for (guint tries = 0; tries < 100 && kj_http_connections(server.http) < IDLE; tries++)
        g_usleep(10000);
    g_assert_cmpuint(kj_http_connections(server.http), >=, IDLE);
    is_served(&server);
    g_assert_cmpuint(resident_kib(), <, before + 64 * 1024);
    for (guint tries = 0; tries < 100 && kj_http_connections(server.http) > 0; tries++)
        g_usleep(100000);
    g_assert_cmpuint(kj_http_connections(server.http), ==, 0);
    for (guint i = 0; i < IDLE; i++) {
        struct pollfd wait = { clients[i], POLLIN, 0 };
        open += poll(&wait, 1, 0) == 0;
        close(clients[i]);
    }
    g_assert_cmpuint(open, ==, 0);
    is_served(&server);
    g_free(clients);
    stop(&server);
}

/* As many connections as there may be, all silent: the next one waits, and is served when their time is up. */
static void test_full(void) {
    enum { LIMIT = 8 };
    int clients[LIMIT];
    Server server;
    start(&server, LIMIT, NULL);
    for (guint i = 0; i < LIMIT; i++)
        clients[i] = connect_to(&server);
    g_usleep(200000);
    int late = connect_to(&server);
    put(late, HEAD "Content-Length: 2\r\n\r\n{}", strlen(HEAD "Content-Length: 2\r\n\r\n{}"));
    g_autofree char *answer = get(late, "length 2", (request_seconds + IDLE_SECONDS + 3) * 1000, NULL);
    g_assert_nonnull(strstr(answer, "length 2"));
    close(late);
    for (guint i = 0; i < LIMIT; i++)
        close(clients[i]);
    stop(&server);
}

/* Bytes that are no HTTP at all. */
static void test_garbage(void) {
    Server server;
    GRand *random = g_rand_new_with_seed(1);
    start(&server, 64, NULL);
    for (guint i = 0; i < 200; i++) {
        int client = connect_to(&server);
        char bytes[512];
        for (guint j = 0; j < sizeof bytes; j++)
            bytes[j] = (char)g_rand_int_range(random, 0, 256);
        put(client, bytes, sizeof bytes);
        put(client, "\r\n\r\n", 4);
        g_autofree char *answer = get(client, "\r\n\r\n", 50, NULL);
        g_assert_null(strstr(answer, " 200 "));
        close(client);
    }
    g_rand_free(random);
    is_served(&server);
    stop(&server);
}

/* Who was asked before the end is answered. */
static void test_stop(void) {
    Server server;
    start(&server, 64, NULL);
    slow_milliseconds = 500;
    int client = connect_to(&server);
    put(client, HEAD "Content-Length: 2\r\n\r\n{}", strlen(HEAD "Content-Length: 2\r\n\r\n{}"));
    g_usleep(200000);
    stop(&server);
    slow_milliseconds = 0;
    g_autofree char *answer = get(client, "length 2", 1000, NULL);
    g_assert_nonnull(strstr(answer, "length 2"));
    close(client);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/daemon/http/heads", test_heads);
    g_test_add_func("/daemon/http/long-head", test_long_head);
    g_test_add_func("/daemon/http/echo", test_echo);
    g_test_add_func("/daemon/http/token", test_token);
    g_test_add_func("/daemon/http/bodies", test_bodies);
    g_test_add_func("/daemon/http/many-bodies", test_many_bodies);
    g_test_add_func("/daemon/http/slow", test_slow);
    g_test_add_func("/daemon/http/idle", test_idle);
    g_test_add_func("/daemon/http/full", test_full);
    g_test_add_func("/daemon/http/garbage", test_garbage);
    g_test_add_func("/daemon/http/stop", test_stop);
    return g_test_run();
}
