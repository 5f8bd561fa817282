/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A server that decides nothing: what is left of a measurement when the server costs nothing.
 *
 *     null_server [--spin] ADDRESS ANSWER-FILE
 *
 * Whatever one receive brings on a connection to ADDRESS (address.h) is answered with the file's bytes, at once, by a thread of the connection's own. With
 * --spin, and one connection, the thread asks for the next bytes again and again instead of sleeping until they come: nobody can answer sooner. The
 * time a client sees from it is the client's own, the kernel's, and the waking of the client; so it bounds what any server can reach beside another.
 */
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

#define QUESTION_MAX 65536u

static char *answer;
static gsize answer_length;
static gboolean spins;
static guint connections; /* atomic */

static gpointer converse(gpointer data) {
    int socket = GPOINTER_TO_INT(data);
    g_autofree char *question = g_malloc(QUESTION_MAX);
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
    Address address;
    spins = argc > 1 && strcmp(argv[1], "--spin") == 0;
    argv += spins;
    argc -= spins;
    if (argc != 3 || !address_read(argv[1], &address) || !g_file_get_contents(argv[2], &answer, &answer_length, NULL)) {
        fputs("usage: null_server [--spin] unix:PATH|inet:PORT ANSWER-FILE\n", stderr);
        return 3;
    }
    int listening = address_listen(&address);
    if (listening < 0) {
        fprintf(stderr, "null_server: %s: %s\n", argv[1], g_strerror(errno));
        return 4;
    }
    for (;;) {
        int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (accepted < 0)
            continue;
        if (address.name.any.sa_family == AF_INET)
            setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        __atomic_add_fetch(&connections, 1, __ATOMIC_RELAXED);
        g_thread_unref(g_thread_new("conversation", converse, GINT_TO_POINTER(accepted)));
    }
}
