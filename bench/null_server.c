/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that decides nothing: what is left of a measurement when the server costs nothing.
 *
 *     null_server [--spin] PORT ANSWER-FILE
 *
 * Whatever one receive brings on a connection to 127.0.0.1:PORT is answered with the file's bytes, at once, by a thread of the connection's own. With
 * --spin, and one connection, the thread asks for the next bytes again and again instead of sleeping until they come: nobody can answer sooner. The
 * time a client sees from it is the client's own, the kernel's, and the waking of the client; so it bounds what any server can reach beside another.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_MAX 65536u

static char *answer;
static gsize answer_length;
static gboolean spins;
static guint connections; /* atomic */

static gpointer converse(gpointer data) {
    int socket = GPOINTER_TO_INT(data), on = 1;
    g_autofree char *question = g_malloc(QUESTION_MAX);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (;;) {
        gboolean awake = spins && __atomic_load_n(&connections, __ATOMIC_RELAXED) == 1;
        gssize count = recv(socket, question, QUESTION_MAX, awake ? MSG_DONTWAIT : 0);
        if (count < 0 && errno == EAGAIN)
            continue;
        if (count <= 0 || send(socket, answer, answer_length, MSG_NOSIGNAL) != (gssize)answer_length)
            break;
    }
    close(socket);
    __atomic_sub_fetch(&connections, 1, __ATOMIC_RELAXED);
    return NULL;
}

int main(int argc, char **argv) {
    static const int on = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    guint64 port;
    spins = argc > 1 && strcmp(argv[1], "--spin") == 0;
    argv += spins;
    argc -= spins;
    if (argc != 3 || !g_ascii_string_to_unsigned(argv[1], 10, 1, 65535, &port, NULL) || !g_file_get_contents(argv[2], &answer, &answer_length, NULL)) {
        fputs("usage: null_server [--spin] PORT ANSWER-FILE\n", stderr);
        return 3;
    }
    address.sin_port = htons((guint16)port);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listening, (struct sockaddr *)&address, sizeof address) != 0 || listen(listening, 64) != 0) {
        fprintf(stderr, "null_server: %s\n", g_strerror(errno));
        return 4;
    }
    for (;;) {
        int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (accepted < 0)
            continue;
        __atomic_add_fetch(&connections, 1, __ATOMIC_RELAXED);
        g_thread_unref(g_thread_new("conversation", converse, GINT_TO_POINTER(accepted)));
    }
}
