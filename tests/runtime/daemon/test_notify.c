/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijund (and kijun-milter) and who starts it: what it tells the manager's socket (the test's own), and sockets that were opened for it.
 *
 * A thread is made to hang by tracing it and stopping it alone, as a debugger does: the daemon has no door for that.
 */
#include "served.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char policy[] = "mail forwarding { default deny @message(\"Not to there\"); inside: allow to \"example.go.jp\"; }\n";

#define WATCHDOG_MILLISECONDS 600
#define HANGS_AFTER (1000 + WATCHDOG_MILLISECONDS / 2) /* docs/kijund.md */

/* Binds the manager's socket and names it in the environment. */
static int listen_as_manager(const Served *served, gboolean abstract) {
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    g_autofree char *path = served_path(served, "manager"), *text = abstract ? g_strdup_printf("@%s", path) : g_strdup(path);
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpuint(strlen(text), <, sizeof name.sun_path);
    memcpy(name.sun_path, text, strlen(text));
    if (abstract)
        name.sun_path[0] = 0;
    socklen_t length = (socklen_t) (G_STRUCT_OFFSET(struct sockaddr_un, sun_path) + strlen(text) + !abstract);
    g_assert_cmpint(bind(manager, (struct sockaddr *)&name, length), ==, 0);
    g_setenv("NOTIFY_SOCKET", text, TRUE);
    return manager;
}

/* The next message, or NULL after so many milliseconds without one. */
static char *hear(int manager, int milliseconds) {
    struct pollfd watched = { manager, POLLIN, 0 };
    char bytes[4096];
    if (poll(&watched, 1, milliseconds) <= 0)
        return NULL;
    gssize count = recv(manager, bytes, sizeof bytes, 0);
    g_assert_cmpint(count, >, 0);
    return g_strndup(bytes, (gsize)count);
}

static gboolean has_line(const char *message, const char *line) {
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    return g_strv_contains((const char *const *)lines, line);
}

/* Skips what the watchdog is told. */
static char *expect(int manager, const char *line) {
    while (TRUE) {
        char *message = hear(manager, 10000);
        g_assert_nonnull(message);
        if (has_line(message, line))
            return message;
        if (!has_line(message, "WATCHDOG=1"))
            g_error("no `%s` in `%s`", line, message);
        g_free(message);
    }
}

static Served *serve(const char *watchdog, gboolean abstract, int *manager) {
    Served *served = served_new();
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", "", "threads=2", "");
    *manager = listen_as_manager(served, abstract);
    if (watchdog)
        g_setenv("WATCHDOG_USEC", watchdog, TRUE);
    served_start(served);
    return served;
}

static void end(Served *served, int manager) {
    kill(served->process, SIGTERM);
    g_free(expect(manager, "STOPPING=1"));
    g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    close(manager);
    g_unsetenv("NOTIFY_SOCKET");
    g_unsetenv("WATCHDOG_USEC");
    g_unsetenv("WATCHDOG_PID");
}

/* Reloads by the signal: the table that is there, and then one that is none. */
static void check_reloads(const Served *served, int manager, int signal) {
    for (guint round = 0; round < 2; round++) {
        gint64 before = g_get_monotonic_time();
        if (round == 1)
            served_write(served, "table.kjt", "no table");
        kill(served->process, signal);
        g_autofree char *reloading = expect(manager, "RELOADING=1"), *again = expect(manager, "READY=1");
        const char *instant = strstr(reloading, "\nMONOTONIC_USEC=");
        g_assert_nonnull(instant);
        gint64 said = g_ascii_strtoll(instant + strlen("\nMONOTONIC_USEC="), NULL, 10);
        g_assert_cmpint(said, >=, before);
        g_assert_cmpint(said, <=, g_get_monotonic_time());
        g_assert_cmpint(strstr(again, "refused") != NULL, ==, round == 1);
    }
    g_autofree char *more = hear(manager, 300);
    g_assert_null(more);
}

/* The life of a daemon, by both kinds of socket; nobody asked for a watchdog. */
static void check_life(gboolean abstract) {
    int manager;
    g_autoptr(Served) served = serve(NULL, abstract, &manager);
    g_autofree char *ready = expect(manager, "READY=1");
    g_assert_nonnull(strstr(ready, "\nSTATUS="));
    check_reloads(served, manager, SIGHUP);
    end(served, manager);
}

static void test_path(void) {
    check_life(FALSE);
}

static void test_abstract(void) {
    check_life(TRUE);
}

/* kijun-milter has no watchdog, and another signal reloads. When it is ready it has given up what kijund gives up. */
static void test_milter(void) {
    g_autoptr(Served) served = served_new();
    const char *f = served->folder;
    g_autofree char *script = g_strdup_printf("exec '%s/kijun-milter' --config '%s/milter.conf' 2>>'%s/told'", g_getenv("G_TEST_BUILDDIR"), f, f);
    g_autofree char *text = g_strdup_printf("[milter]\ntable=%s/table.kjt\nblock=forwarding\naddress=unix:%s/milter\nlog=none\n", f, f);
    char *argv[] = { (char *) "sh", (char *) "-c", script, NULL };
    g_autoptr(GError) error = NULL;
    served_build(served, "table.kjt", policy);
    served_write(served, "milter.conf", text);
    int manager = listen_as_manager(served, FALSE);
    g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &served->process, &error);
    g_assert_no_error(error);
    g_free(expect(manager, "READY=1"));
    close(served_connect_unix(served, "milter"));
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)served->process), *status = NULL;
    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    for (const char *const *line = (const char *const[]){ "NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", NULL }; *line; line++)
        g_assert_nonnull(strstr(status, *line));
    check_reloads(served, manager, SIGUSR2);
    end(served, manager);
}

/* ---- the watchdog ---- */

/* A thread of the process with this name. */
static pid_t find_thread(const Served *served, const char *wanted) {
    g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)served->process);
    g_autoptr(GDir) threads = g_dir_open(folder, 0, NULL);
    const char *name;
    while (threads && (name = g_dir_read_name(threads))) {
        g_autofree char *path = g_build_filename(folder, name, "comm", NULL), *text = NULL;
        if (g_file_get_contents(path, &text, NULL, NULL) && strcmp(g_strchomp(text), wanted) == 0)
            return (pid_t) g_ascii_strtoll(name, NULL, 10);
    }
    return 0;
}

static guint count_beats(int manager, int milliseconds) {
    gint64 end = g_get_monotonic_time() + milliseconds * 1000;
    guint count = 0;
    while (TRUE) {
        int left = (int)((end - g_get_monotonic_time()) / 1000);
        g_autofree char *message = left > 0 ? hear(manager, left) : NULL;
        if (!message)
            return count;
        g_assert_cmpstr(message, ==, "WATCHDOG=1");
        count++;
    }
}

static void check_hanging(const Served *served, int manager, const char *name) {
    int status;
    pid_t thread = find_thread(served, name);
    g_assert_cmpint(thread, >, 0);
    g_assert_cmpint(ptrace(PTRACE_SEIZE, thread, NULL, NULL), ==, 0);
    g_assert_cmpint(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), ==, 0);
    g_assert_cmpint(waitpid(thread, &status, __WALL), ==, thread);
    count_beats(manager, HANGS_AFTER + WATCHDOG_MILLISECONDS); /* those before it is noticed */
    g_assert_cmpuint(count_beats(manager, 2 * WATCHDOG_MILLISECONDS), ==, 0);
    g_autofree char *told = served_read(served, "told");
    g_assert_nonnull(strstr(told, "hangs"));
    g_assert_cmpint(ptrace(PTRACE_DETACH, thread, NULL, NULL), ==, 0);
    g_assert_cmpuint(count_beats(manager, 2 * WATCHDOG_MILLISECONDS + HANGS_AFTER), >=, 2);
}

static void test_watchdog(void) {
    int manager;
    g_autofree char *watchdog = g_strdup_printf("%d", WATCHDOG_MILLISECONDS * 1000);
    g_autoptr(Served) served = serve(watchdog, FALSE, &manager);
    g_free(expect(manager, "READY=1"));
    g_assert_cmpuint(count_beats(manager, 3 * WATCHDOG_MILLISECONDS), >=, 3); /* every half; some room for a machine that is busy */
    if (geteuid() == 0) {
        check_hanging(served, manager, "unix");
        if (!g_getenv("KIJUN_SHORT"))
            check_hanging(served, manager, "control");
    } else {
        g_test_skip("only root may stop a thread of a process that is not dumpable");
    }
    end(served, manager);
}

static void test_watchdog_of_another(void) {
    int manager;
    g_setenv("WATCHDOG_PID", "1", TRUE);
    g_autoptr(Served) served = serve("100000", FALSE, &manager);
    g_free(expect(manager, "READY=1"));
    g_assert_cmpuint(count_beats(manager, 500), ==, 0);
    end(served, manager);
}

/* ---- sockets that were opened for it ---- */

static int listen_unix(const char *path) {
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int passed = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpuint(g_strlcpy(name.sun_path, path, sizeof name.sun_path), <, sizeof name.sun_path);
    g_assert_cmpint(bind(passed, (struct sockaddr *) &name, sizeof name), ==, 0);
    g_assert_cmpint(listen(passed, 8), ==, 0);
    return passed;
}

static int listen_inet(int *port, guint32 address) {
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
    socklen_t length = sizeof name;
    int passed = socket(AF_INET, SOCK_STREAM, 0);
    g_assert_cmpint(bind(passed, (struct sockaddr *) &name, sizeof name), ==, 0);
    g_assert_cmpint(listen(passed, 8), ==, 0);
    g_assert_cmpint(getsockname(passed, (struct sockaddr *)&name, &length), ==, 0);
    *port = ntohs(name.sin_port);
    return passed;
}

/* Starts it as systemd does: the sockets are descriptors 3 and 4, named `local` and `near`. */
static void start_with(Served *served, int local, int near) {
    g_autofree char *script = g_strdup_printf("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=local:near "
                                              "exec '%s/kijund' --config '%s' 2>>'%s/told'",
                                              g_getenv("G_TEST_BUILDDIR"), served->config, served->folder);
    const char *const argv[] = { "sh", "-c", script, NULL };
    const int sources[] = { local, near }, targets[] = { 3, 4 };
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_pipes_and_fds(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, -1, -1, sources,
                                     targets, 2, &served->process, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    close(local);
    close(near);
}

static void configure_passed(Served *served) {
    served_build(served, "table.kjt", policy);
    g_autofree char *text = g_strdup_printf("[kijund]\ntable=%s/table.kjt\nlog=none\n"
                                            "[listen one]\nprotocol=postfix\naddress=systemd:local\nblock=forwarding\n"
                                            "[listen other]\nprotocol=postfix\naddress=systemd:near\nblock=forwarding\n",
                                            served->folder);
    served_write(served, "kijund.conf", text);
    served->config = served_path(served, "kijund.conf");
}

/* Who connects before it has started waits and is answered; the sockets are left where they are. */
static void test_passed(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *path = served_path(served, "passed");
    configure_passed(served);
    int local = listen_unix(path), near = listen_inet(&served->port, INADDR_LOOPBACK);
    int early = served_connect_unix(served, "passed"), inet = served_connect_inet(served);
    start_with(served, local, near);
    served_expect(early, "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    served_expect(inet, "RCPT", "1.2", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    close(early);
    close(inet);
    g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* What the configuration cannot show is looked at when it is there: a socket others can reach is refused. */
static void test_exposed(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *path = served_path(served, "passed");
    int status = -1;
    configure_passed(served);
    start_with(served, listen_unix(path), listen_inet(&served->port, INADDR_ANY));
    while (waitpid(served->process, &status, 0) < 0 && errno == EINTR)
        continue;
    served->process = 0;
    g_assert_cmpint(WEXITSTATUS(status), ==, 4);
    g_autofree char *told = served_read(served, "told");
    g_assert_nonnull(strstr(told, "[listen other]"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notify/path", test_path);
    g_test_add_func("/notify/abstract", test_abstract);
    g_test_add_func("/notify/milter", test_milter);
    g_test_add_func("/notify/watchdog", test_watchdog);
    g_test_add_func("/notify/watchdog-of-another", test_watchdog_of_another);
    g_test_add_func("/notify/passed", test_passed);
    g_test_add_func("/notify/exposed", test_exposed);
    return g_test_run();
}
