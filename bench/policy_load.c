/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load for a Postfix policy server, in the shape Postfix gives it: a few connections that stay, one request at a time on each, all 29
 * attributes of 3.7.
 *
 *     policy_load ADDRESS CONNECTIONS SECONDS MAILBOXES [ACTION...]
 *
 * ADDRESS is unix:PATH or inet:PORT (of 127.0.0.1). The recipient of the nth request is user@dK.example, K going round from 1 to MAILBOXES.
 * Prints one line: requests a second, median and 99th percentile of the time to an answer in microseconds, and how many answers began with
 * none of the ACTIONs (all are good where none is said). One thread and epoll, so that the load takes little of what it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1000u

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

static int open_connection(const char *address) {
    static const int on = 1;
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_in inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    gboolean is_unix = g_str_has_prefix(address, "unix:");
    int opened = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (is_unix)
        g_strlcpy(local.sun_path, address + strlen("unix:"), sizeof local.sun_path);
    else
        inet.sin_port = htons((guint16)g_ascii_strtoull(strchr(address, ':') + 1, NULL, 10));
    if (connect(opened, is_unix ? (struct sockaddr *)&local : (struct sockaddr *)&inet, is_unix ? sizeof local : sizeof inet) != 0)
        fail(address);
    if (!is_unix)
        setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return opened;
}

static void ask(Load *load, Connection *connection) {
    const GString *request = load->requests->pdata[connection->next++ % load->requests->len];
    connection->length = 0;
    connection->begin = now();
    if (send(connection->socket, request->str, request->len, MSG_NOSIGNAL) != (gssize)request->len)
        fail("send");
}

static void judge(Load *load, const Connection *connection) {
    gboolean good = load->actions[0] == NULL;
    for (char **action = load->actions; *action; action++)
        good |= strncmp(connection->answer + strlen("action="), *action, strlen(*action)) == 0;
    load->wrong += !good;
}

/* TRUE: the answer is whole. */
static gboolean hear(Load *load, Connection *connection) {
    gssize count = recv(connection->socket, connection->answer + connection->length, sizeof connection->answer - 1 - connection->length, 0);
    if (count <= 0)
        fail("the server hung up");
    connection->length += (gsize)count;
    connection->answer[connection->length] = 0;
    if (connection->length < 2 || strcmp(connection->answer + connection->length - 2, "\n\n") != 0)
        return FALSE;
    guint32 time = (guint32)((now() - connection->begin) / 16);
    g_array_append_val(load->times, time);
    judge(load, connection);
    return TRUE;
}

static gint compare(gconstpointer a, gconstpointer b) {
    guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;
    return one < other ? -1 : one > other;
}

static gdouble percentile(const GArray *times, gdouble part) {
    return g_array_index(times, guint32, (guint)(part * (times->len - 1))) * 16e-3;
}

int main(int argc, char **argv) {
    Load load = { .requests = g_ptr_array_new(), .actions = argv + MIN(argc, 5), .times = g_array_new(FALSE, FALSE, sizeof(guint32)) };
    static Connection connections[CONNECTIONS_MAX];
    struct epoll_event events[64];
    guint64 count = 0, mailboxes = 0;
    gdouble seconds = argc > 3 ? g_ascii_strtod(argv[3], NULL) : 0;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (argc < 5 || !g_ascii_string_to_unsigned(argv[2], 10, 1, CONNECTIONS_MAX, &count, NULL) ||
        !g_ascii_string_to_unsigned(argv[4], 10, 1, 1000000, &mailboxes, NULL) || seconds <= 0 || !strchr(argv[1], ':')) {
        fputs("usage: policy_load unix:PATH|inet:PORT CONNECTIONS SECONDS MAILBOXES [ACTION...]\n", stderr);
        return 3;
    }
    for (guint i = 1; i <= mailboxes; i++)
        g_ptr_array_add(load.requests, make_request(i));
    for (guint i = 0; i < count; i++) {
        connections[i] = (Connection){ .socket = open_connection(argv[1]), .next = i * 37 };
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &event);
        ask(&load, &connections[i]);
    }
    gint64 begin = now(), end = begin + (gint64)(seconds * 1e9);
    while (now() < end) {
        int ready = epoll_wait(poll, events, G_N_ELEMENTS(events), 1000);
        for (int i = 0; i < ready; i++)
            if (hear(&load, events[i].data.ptr))
                ask(&load, events[i].data.ptr);
    }
    gdouble took = (gdouble)(now() - begin) / 1e9;
    if (load.times->len == 0)
        fail("no answer at all");
    g_array_sort(load.times, compare);
    printf("%.0f\t%.1f\t%.1f\t%" G_GUINT64_FORMAT "\n", load.times->len / took, percentile(load.times, 0.5), percentile(load.times, 0.99), load.wrong);
    return load.wrong ? 1 : 0;
}
