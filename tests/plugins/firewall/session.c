/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host beside ours: a child process in another network namespace, at the other end of a pair of virtual wires. It holds one connection to
 * us, as somebody does who administers this machine from afar, and sends back every byte. Over a pipe it is asked to try another
 * connection.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "session.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE "10.9.0.1"
#define PORT 22
#define LIVES_MILLISECONDS 1000
#define BEGINS_MILLISECONDS 500

struct Session {
    pid_t child;
    int control; /* a pair of sockets with the child */
    int listener, connection;
};

static void run_line(const char *line) {
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_command_line_sync(line, NULL, NULL, &status, &error);
    g_assert_no_error(error);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("%s", line);
}

static gboolean is_ready(int descriptor, short events, int milliseconds) {
    struct pollfd one = { descriptor, events, 0 };
    return poll(&one, 1, milliseconds) == 1;
}

static struct sockaddr_in address_here(void) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    inet_pton(AF_INET, HERE, &address.sin_addr);
    return address;
}

/* -1 when it takes longer. */
static int connect_within(int milliseconds) {
    struct sockaddr_in address = address_here();
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), problem = 0;
    socklen_t size = sizeof problem;
    connect(descriptor, (struct sockaddr *)&address, sizeof address);
    if (is_ready(descriptor, POLLOUT, milliseconds) && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static void be_beside(int control) G_GNUC_NORETURN;
static void be_beside(int control) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0 || write(control, "n", 1) != 1 || read(control, &byte, 1) != 1)
        _exit(EXIT_FAILURE);
    run_line("ip link set wire1 up");
    run_line("ip addr add 10.9.0.2/24 dev wire1");
    int connection = connect_within(5000);
    struct pollfd both[] = { { control, POLLIN, 0 }, { connection, POLLIN, 0 } };
    if (connection < 0 || write(control, "c", 1) != 1)
        _exit(EXIT_FAILURE);
    for (;;) {
        poll(both, 2, -1);
        if (both[0].revents) {
            if (read(control, &byte, 1) != 1)
                _exit(EXIT_SUCCESS);
            int other = connect_within(BEGINS_MILLISECONDS);
            if (write(control, other >= 0 ? "y" : "n", 1) != 1)
                _exit(EXIT_FAILURE);
            if (other >= 0)
                close(other);
        }
        if (both[1].revents && (read(connection, &byte, 1) != 1 || write(connection, &byte, 1) != 1))
            both[1].fd = -1; /* it is broken */
    }
}

static char control_byte(Session *session) {
    char byte = 0;
    g_assert_true(is_ready(session->control, POLLIN, 10000));
    g_assert_cmpint(read(session->control, &byte, 1), ==, 1);
    return byte;
}

Session *session_new(void) {
    Session *session = g_new0(Session, 1);
    struct sockaddr_in address = address_here();
    int ends[2], yes = 1;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    session->child = fork();
    g_assert_cmpint(session->child, >=, 0);
    if (session->child == 0) {
        close(ends[0]);
        be_beside(ends[1]);
    }
    close(ends[1]);
    session->control = ends[0];
    g_assert_cmpint(control_byte(session), ==, 'n');
    g_autofree char *line = g_strdup_printf("ip link add wire0 type veth peer name wire1 netns %d", (int)session->child);
    run_line(line);
    run_line("ip addr add " HERE "/24 dev wire0");
    run_line("ip link set wire0 up");
    session->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(session->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    g_assert_cmpint(bind(session->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(session->listener, 8), ==, 0);
    g_assert_cmpint(write(session->control, "g", 1), ==, 1);
    g_assert_true(is_ready(session->listener, POLLIN, 10000));
    session->connection = accept4(session->listener, NULL, NULL, SOCK_CLOEXEC);
    g_assert_cmpint(control_byte(session), ==, 'c');
    return session;
}

void session_free(Session *session) {
    run_line("ip link del wire0"); /* while the other end is there yet: it goes with its namespace */
    close(session->connection);
    close(session->listener);
    close(session->control);
    kill(session->child, SIGKILL);
    waitpid(session->child, NULL, 0);
    g_free(session);
}

gboolean session_lives(Session *session) {
    char byte = 'x';
    return write(session->connection, &byte, 1) == 1 && is_ready(session->connection, POLLIN, LIVES_MILLISECONDS) &&
           read(session->connection, &byte, 1) == 1;
}

gboolean session_could_begin(Session *session) {
    g_assert_cmpint(write(session->control, "t", 1), ==, 1);
    return control_byte(session) == 'y';
}
