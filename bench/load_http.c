/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load over HTTP: one POST again and again on N connections that are kept, each sending its next request when its answer is whole.
 *
 *     load_http [--awake] [--connections N] [--seconds S] [--expect TEXT] ADDRESS PATH BODY-FILE
 *
 * ADDRESS is unix:PATH or inet:PORT (of 127.0.0.1). Prints one line of tab-separated numbers: answers, wrong answers, answers a second,
 * and of one answer's time in microseconds the median, the 99th percentile and the greatest. An answer is wrong when it is not 200 or does
 * not hold TEXT. The first fifth of the time is not counted. One thread, epoll: what it costs itself is the same for every server it is
 * pointed at. With --awake it asks for the answers again and again instead of sleeping until one comes: what its own waking would take,
 * which is the machine's and no server's, is then not in the times.
 *
 * Exit: 0; 1 wrong answers; 3 usage; 4 no connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <glib.h>

#include "address.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 3, EXIT_TROUBLE = 4, ANSWER_MAX = 1 << 16 };

typedef struct {
    int socket;
    gint64 sent; /* nanoseconds */
    gsize length;
    char answer[ANSWER_MAX + 1];
} Client;

typedef struct {
    Address address;
    GString *request;
    const char *expected;
    GArray *times; /* guint32: nanoseconds, at most 4 s */
    guint64 answers, wrong; /* from the beginning */
    gboolean counting, awake;
} Load;

static gint64 nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

/* A request is small against a socket's buffer: it goes out in one piece or the connection is of no use. */
static gboolean ask(const Load *load, Client *client) {
    client->length = 0;
    client->sent = nanoseconds();
    return send(client->socket, load->request->str, load->request->len, MSG_NOSIGNAL) == (gssize)load->request->len;
}

/* Whether the answer is whole: its head, and as much body as that says, or the last chunk. */
static gboolean is_whole(const Client *client) {
    const char *end = strstr(client->answer, "\r\n\r\n");
    const char *length = end ? strcasestr(client->answer, "\r\ncontent-length:") : NULL;
    if (!end)
        return FALSE;
    gsize body = client->length - (gsize)(end + 4 - client->answer);
    if (length && length < end)
        return body >= strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    return g_str_has_suffix(client->answer, "\r\n0\r\n\r\n");
}

static gboolean take(Load *load, Client *client) {
    gssize got = recv(client->socket, client->answer + client->length, ANSWER_MAX - client->length, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return TRUE;
    if (got <= 0)
        return FALSE;
    client->length += (gsize)got;
    client->answer[client->length] = '\0';
    if (!is_whole(client))
        return client->length < ANSWER_MAX;
    guint32 took = (guint32)MIN(nanoseconds() - client->sent, G_MAXUINT32);
    if (load->counting)
        g_array_append_val(load->times, took);
    load->answers++;
    load->wrong += !g_str_has_prefix(client->answer, "HTTP/1.1 200") || !strstr(client->answer, load->expected);
    return ask(load, client);
}

static int compare(gconstpointer a, gconstpointer b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;
    return left < right ? -1 : left > right;
}

static void report(Load *load, gdouble seconds) {
    guint count = load->times->len;
    g_array_sort(load->times, compare);
    const guint32 *times = (const guint32 *)(gpointer)load->times->data;
    if (count == 0)
        return;
    printf("%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\t%.0f\t%.1f\t%.1f\t%.1f\n", load->answers, load->wrong,
           count / seconds, times[count / 2] / 1e3, times[(gsize)count * 99 / 100] / 1e3, times[count - 1] / 1e3);
}

static int run(Load *load, guint connections, gdouble seconds) {
    g_autofree Client *clients = g_new(Client, connections);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (guint i = 0; i < connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };
        clients[i].socket = address_connect(&load->address);
        if (clients[i].socket < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].socket, &event) != 0 || !ask(load, &clients[i])) {
            fprintf(stderr, "load_http: %s\n", g_strerror(errno));
            return EXIT_TROUBLE;
        }
    }
    gint64 begin = nanoseconds(), end = begin + (gint64)(seconds * 1e9), counted = begin + (end - begin) / 5;
    gboolean goes_on = TRUE;
    for (gint64 now = begin; now < end && goes_on; now = nanoseconds()) {
        struct epoll_event events[64];
        load->counting = now >= counted;
        for (guint i = 0; load->awake && i < connections && goes_on; i++)
            goes_on = take(load, &clients[i]);
        int ready = load->awake ? 0 : epoll_wait(poller, events, G_N_ELEMENTS(events), 1000);
        for (int i = 0; i < ready && goes_on; i++)
            goes_on = take(load, events[i].data.ptr);
    }
    if (!goes_on) {
        fprintf(stderr, "load_http: the server hung up\n");
        return EXIT_TROUBLE;
    }
    report(load, (gdouble)(end - counted) / 1e9);
    return load->wrong ? EXIT_WRONG : 0;
}

int main(int argc, char **argv) {
    gint connections = 1;
    gdouble seconds = 5;
    g_autofree char *expected = NULL;
    Load load = { .times = g_array_new(FALSE, FALSE, sizeof(guint32)) };
    const GOptionEntry options[] = {
        { "awake", 0, 0, G_OPTION_ARG_NONE, &load.awake, "Never sleep", NULL },
        { "connections", 0, 0, G_OPTION_ARG_INT, &connections, "So many connections", "N" },
        { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "For so long", "S" },
        { "expect", 0, 0, G_OPTION_ARG_STRING, &expected, "What a right answer holds", "TEXT" },
        { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("unix:PATH|inet:PORT PATH BODY-FILE");
    g_autofree char *body = NULL;
    gsize length;
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || argc != 4 || connections < 1 || seconds <= 0) {
        fprintf(stderr, "usage: load_http [--awake] [--connections N] [--seconds S] [--expect TEXT] ADDRESS PATH BODY-FILE\n");
        return EXIT_USAGE;
    }
    if (!address_read(argv[1], &load.address) || !g_file_get_contents(argv[3], &body, &length, NULL)) {
        fprintf(stderr, "load_http: no such address or file\n");
        return EXIT_TROUBLE;
    }
    load.expected = expected ? expected : "";
    load.request = g_string_new(NULL);
    g_string_append_printf(load.request, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n", argv[2]);
    g_string_append_printf(load.request, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n", length);
    g_string_append_len(load.request, body, (gssize)length);
    int code = run(&load, (guint)connections, seconds);
    g_string_free(load.request, TRUE);
    g_array_unref(load.times);
    return code;
}
