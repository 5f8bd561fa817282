/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load for a Postfix policy server, in the shape Postfix gives it: a few connections that stay, one request at a time on each, all 29
 * attributes of 3.7.
 *
 *     policy_load [--awake] ADDRESS CONNECTIONS SECONDS MAILBOXES [ACTION...]
 *
 * ADDRESS is unix:PATH or inet:PORT (of 127.0.0.1). The recipient of the nth request is user@dK.example, K going round from 1 to MAILBOXES.
 * Prints one line: requests a second, median and 99th percentile of the time to an answer in microseconds, and how many answers began with
 * none of the ACTIONs (all are good where none is said). One thread and epoll, so that the load takes little of what it measures.
 *
 * With --awake it asks for the answers again and again instead of sleeping until one comes: what its own waking would take, which is the
 * machine's and no server's, is then not in the times.
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "address.h"

#define CONNECTIONS_MAX 1000u
#define LOOKS 8u /* at each connection, between two looks at the clock */

typedef struct {
    int socket;
    gint64 begin; /* nanoseconds */
    guint next;
    gsize length;
    char answer[1024];
} Connection;

typedef struct {
    GPtrArray *requests; /* GString */
    char **actions;
    GArray *times; /* guint32, nanoseconds / 16 */
    guint64 wrong;
} Load;

static gint64 now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * G_GINT64_CONSTANT(1000000000) + time.tv_nsec;
}

static G_NORETURN void fail(const char *what) {
    fprintf(stderr, "policy_load: %s: %s\n", what, g_strerror(errno));
    exit(4);
}

static GString *make_request(guint mailbox) {
    GString *text = g_string_new("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nhelo_name=client.test.example\nqueue_id=\n"
                                 "sender=alice@sender.example\n");
    g_string_append_printf(text, "recipient=user@d%u.example\nrecipient_count=0\nclient_address=192.0.2.7\nclient_name=client.test.example\n"
                                 "reverse_client_name=client.test.example\ninstance=1a2b.5f3c2d1e.%u.0\n", mailbox, mailbox);
    g_string_append(text, "sasl_method=\nsasl_username=\nsasl_sender=\nsize=12345\nccert_subject=\nccert_issuer=\nccert_fingerprint=\n"
                          "ccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher=\nencryption_keysize=0\netrn_domain=\nstress=\n"
                          "client_port=47110\npolicy_context=\nserver_address=127.0.0.1\nserver_port=25\n\n");
    return text;
}

static void ask(Load *load, Connection *connection, gint64 begin) {
    const GString *request = load->requests->pdata[connection->next++ % load->requests->len];
    connection->length = 0;
    connection->begin = begin;
    if (send(connection->socket, request->str, request->len, MSG_NOSIGNAL) != (gssize)request->len)
        fail("send");
}

static void judge(Load *load, const Connection *connection) {
    gboolean good = load->actions[0] == NULL;
    for (char **action = load->actions; *action; action++)
        good |= strncmp(connection->answer + strlen("action="), *action, strlen(*action)) == 0;
    load->wrong += !good;
}

/* Of an answer that is whole the next question goes out first, and then it is looked at: so that takes none of the server's time. */
static void hear(Load *load, Connection *connection) {
    gsize room = sizeof connection->answer - 1 - connection->length;
    gssize count = recv(connection->socket, connection->answer + connection->length, room, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail("the server hung up");
    connection->length += (gsize)count;
    connection->answer[connection->length] = 0;
    if (connection->length < 2 || strcmp(connection->answer + connection->length - 2, "\n\n") != 0)
        return;
    gint64 end = now();
    guint32 time = (guint32)((end - connection->begin) / 16);
    ask(load, connection, end);
    g_array_append_val(load->times, time);
    judge(load, connection);
}

static gint compare(gconstpointer a, gconstpointer b) {
    guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;
    return one < other ? -1 : one > other;
}

static gdouble percentile(const GArray *times, gdouble part) {
    return g_array_index(times, guint32, (guint)(part * (times->len - 1))) * 16e-3;
}

int main(int argc, char **argv) {
    Load load = { .requests = g_ptr_array_new(), .times = g_array_new(FALSE, FALSE, sizeof(guint32)) };
    static Connection connections[CONNECTIONS_MAX];
    struct epoll_event events[64];
    gboolean awake = argc > 1 && strcmp(argv[1], "--awake") == 0;
    argc -= awake;
    argv += awake;
    guint64 count = 0, mailboxes = 0;
    gdouble seconds = argc > 3 ? g_ascii_strtod(argv[3], NULL) : 0;
    Address address;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (argc < 5 || !g_ascii_string_to_unsigned(argv[2], 10, 1, CONNECTIONS_MAX, &count, NULL) ||
        !g_ascii_string_to_unsigned(argv[4], 10, 1, 1000000, &mailboxes, NULL) || seconds <= 0 || !address_read(argv[1], &address)) {
        fputs("usage: policy_load [--awake] unix:PATH|inet:PORT CONNECTIONS SECONDS MAILBOXES [ACTION...]\n", stderr);
        return 3;
    }
    load.actions = argv + 5;
    for (guint i = 1; i <= mailboxes; i++)
        g_ptr_array_add(load.requests, make_request(i));
    for (guint i = 0; i < count; i++) {
        connections[i] = (Connection){ .socket = address_connect(&address), .next = i * 37 };
        if (connections[i].socket < 0)
            fail(argv[1]);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &event);
        ask(&load, &connections[i], now());
    }
    gint64 begin = now(), end = begin + (gint64)(seconds * 1e9);
    while (now() < end) {
        for (guint i = 0; awake && i < LOOKS * count; i++)
            hear(&load, &connections[i % count]);
        int ready = awake ? 0 : epoll_wait(poll, events, G_N_ELEMENTS(events), 1000);
        for (int i = 0; i < ready; i++)
            hear(&load, events[i].data.ptr);
    }
    gdouble took = (gdouble)(now() - begin) / 1e9;
    if (load.times->len == 0)
        fail("no answer at all");
    g_array_sort(load.times, compare);
    printf("%.0f\t%.1f\t%.1f\t%" G_GUINT64_FORMAT "\n", load.times->len / took, percentile(load.times, 0.5), percentile(load.times, 0.99),
           load.wrong);
    return load.wrong ? 1 : 0;
}
