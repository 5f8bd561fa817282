/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon cannot do any more, and that it still serves.
 *
 * What is forbidden is tried by a process of the test's own that has given up the same things by the same functions; the daemon itself is
 * asked over each protocol, with `sandbox=required`, and looked at through /proc.
 */
#include "served.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kijun/kijun.h>

#include "../../../runtime/daemon/sandbox.h"
#include "../counter/redis_server.h"

/* ---- what is forbidden ---- */

static char *open_folder, *closed_folder;

/* In a process of its own: gives its exit code, or 256 and the signal. */
static int in_child(int (*run)(void)) {
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(run());
    g_assert_cmpint(child, >, 0);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static gboolean close_files(GError **error) {
    g_autoptr(GArray) paths = g_array_new(FALSE, FALSE, sizeof(KjSandboxPath));
    g_autofree char *gone = g_build_filename(closed_folder, "not-there", NULL);
    KjSandboxPath path = { open_folder, KJ_SANDBOX_READ }, none = { gone, KJ_SANDBOX_KEEP };
    g_array_append_val(paths, path);
    g_array_append_val(paths, none);
    return kj_sandbox_files(paths, error);
}

static gboolean can_open(const char *folder, const char *name, int flags) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int file = open(path, flags | O_CLOEXEC, 0600);
    gboolean opened = file >= 0;
    g_assert_true(opened || errno == EACCES);
    if (opened)
        close(file);
    return opened;
}

static int try_files(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(open_folder, "file", NULL);
    if (!can_open(closed_folder, "file", O_RDONLY) || !can_open("/", "etc/passwd", O_RDONLY))
        return 90;
    if (!close_files(&error))
        return g_error_matches(error, KJ_ERROR, KJ_ERROR_UNABLE) ? 77 : 91;
    if (!can_open(open_folder, "file", O_RDONLY))
        return 1;
    if (can_open(open_folder, "file", O_WRONLY) || can_open(open_folder, "new", O_WRONLY | O_CREAT) || unlink(file) == 0)
        return 2;
    if (can_open(closed_folder, "file", O_RDONLY) || can_open("/", "etc/passwd", O_RDONLY) || can_open("/", "etc/shadow", O_RDONLY))
        return 3;
    if (can_open(closed_folder, "../open/../closed/file", O_RDONLY))
        return 4;
    return execl("/bin/true", "true", NULL) == 0 || errno != EACCES ? 5 : 0;
}

static void test_files(void) {
    int code = in_child(try_files);
    if (code == 77)
        g_test_skip("this kernel has no Landlock");
    else
        g_assert_cmpint(code, ==, 0);
}

static int try_powers(void) {
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(closed_folder, "foreign", NULL);
    return kj_sandbox_powers(&error) ? chown(file, 1, 1) == 0 || errno != EPERM : 90;
}

static void test_powers(void) {
    g_assert_cmpint(in_child(try_powers), ==, 0);
}

static int code_page(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EACCES ? 0 : 1;
}

static int netlink(void) {
    return socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EAFNOSUPPORT ? 0 : 1;
}

static int packet(void) {
    return socket(AF_PACKET, SOCK_RAW, 0) == -1 ? 0 : 1;
}

static int execute(void) {
    return execl("/bin/true", "true", NULL);
}

static int divide(void) {
    return (int)syscall(SYS_clone, (unsigned long) SIGCHLD, NULL, NULL, NULL, NULL);
}

static int look_into(void) {
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int signal_other(void) {
    return kill(getppid(), 0);
}

static int listen_anew(void) {
    struct sockaddr_in name = { .sin_family = AF_INET };
    return bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *) &name, sizeof name);
}

static int change_mode(void) {
    return chmod("/nowhere", 0);
}

static int new_namespace(void) {
    return unshare(CLONE_NEWUSER);
}

static gpointer chroot_in_thread(gpointer gate) {
    g_mutex_lock(gate);
    return GINT_TO_POINTER(chroot("/"));
}

/* What ends the process is the other thread's deed; it was there before the filter. */
static int other_thread(void) {
    return 0;
}

static int serve_on(void) {
    int file = memfd_create("kijun", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    GThread *thread = g_thread_try_new("new", (GThreadFunc) g_strdup, (gpointer) "x", NULL);
    if (file < 0 || !thread)
        return 1;
    g_free(g_thread_join(thread));
    return ftruncate(file, 4096) != 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) != 0 || socket(AF_INET, SOCK_STREAM, 0) < 0;
}

/* Looked up by the child after its fork. */
static int (*deed)(void);

static int do_deed(void) {
    g_autoptr(GError) error = NULL;
    GMutex gate;
    GThread *thread = NULL;
    g_mutex_init(&gate);
    g_mutex_lock(&gate);
    if (deed == other_thread)
        thread = g_thread_new("before", chroot_in_thread, &gate);
    if (!kj_sandbox_calls(&error))
        return g_error_matches(error, KJ_ERROR, KJ_ERROR_UNABLE) ? 77 : 91;
    g_mutex_unlock(&gate);
    if (thread)
        g_thread_join(thread);
    return deed();
}

static void test_calls(void) {
    static const struct {
        const char *name;
        int (*run)(void);
        int code;
        gboolean sanitized; /* AddressSanitizer needs it allowed */
    } deeds[] = {
        { "serve_on", serve_on, 0, FALSE },
        { "netlink", netlink, 0, FALSE },
        { "code_page", code_page, 0, TRUE },
        { "packet", packet, 256 + SIGSYS, FALSE },
        { "execute", execute, 256 + SIGSYS, FALSE },
        { "divide", divide, 256 + SIGSYS, TRUE },
        { "look_into", look_into, 256 + SIGSYS, TRUE },
        { "signal_other", signal_other, 256 + SIGSYS, FALSE },
        { "listen_anew", listen_anew, 256 + SIGSYS, FALSE },
        { "change_mode", change_mode, 256 + SIGSYS, FALSE },
        { "new_namespace", new_namespace, 256 + SIGSYS, FALSE },
        { "other_thread", other_thread, 256 + SIGSYS, FALSE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(deeds); i++) {
        deed = deeds[i].run;
        if (KJ_SANITIZED && deeds[i].sanitized)
            continue;
        int code = in_child(do_deed);
        if (code == 77) {
            g_test_skip("this kernel has no seccomp");
            return;
        }
        g_test_message("%s: %d", deeds[i].name, code);
        g_assert_cmpint(code, ==, deeds[i].code);
    }
}

/* ---- that it still serves ---- */

static const char policy[] = "mail forwarding {\n"
                             "    default deny @message(\"Not to there\") @log;\n"
                             "    inside:  allow to \"example.go.jp\";\n"
                             "    partner: limit to \"partner.example\" rate 2/1d per from @log;\n"
                             "}\n"
                             "acl records {\n"
                             "    default deny;\n"
                             "    own: allow principal \"alice\" action \"read\";\n"
                             "}\n";

/* Every line of every thread's status that begins so ends so. */
static void check_threads(const Served *served, const char *line) {
    g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)served->process);
    g_autoptr(GDir) threads = g_dir_open(folder, 0, NULL);
    const char *name;
    guint count = 0;
    g_assert_nonnull(threads);
    while ((name = g_dir_read_name(threads))) {
        g_autofree char *path = g_build_filename(folder, name, "status", NULL), *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        if (!strstr(text, line))
            g_error("thread %s has no `%s`: %s", name, line, text);
        count++;
    }
    g_assert_cmpuint(count, >, 3);
}

static void check_http(const Served *served, const char *name, const char *request, const char *wanted) {
    int socket = served_connect_unix(served, name);
    g_autofree char *answer = served_post(socket, request);
    g_assert_nonnull(answer);
    if (!strstr(answer, wanted))
        g_error("%s: no `%s` in `%s`", name, wanted, answer);
    close(socket);
}

#define QUESTION \
    "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"record\",\"id\":\"r1\"}}"

static void configure(Served *served, const char *counter) {
    const char *f = served->folder;
    g_autofree char *main = g_strdup_printf("sandbox=required\ncounter=%s", counter);
    g_autofree char *more = g_strdup_printf("[listen api]\nprotocol=authzen\naddress=unix:%s/api\nblock=records\n"
                                            "[listen metrics]\nprotocol=metrics\naddress=unix:%s/metrics\n", f, f);
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", main, "", more);
}

/* The control socket answers a moment before system calls are given up; then it says that it is ready. */
static void start(Served *served) {
    served_start(served);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *told = served_read(served, "told");
        if (strstr(told, "ready"))
            return;
        g_usleep(10000);
    }
    g_assert_not_reached();
}

/* Asks once over each protocol; `partner` is what the limit answers. */
static void ask_all(const Served *served, const char *from, const char *partner) {
    int socket = served_connect_unix(served, "policy"), inet = served_connect_inet(served);
    served_expect(socket, "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    served_expect(inet, "RCPT", "1.2", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    served_expect(socket, "END-OF-MESSAGE", "1.3", from, "b@partner.example", 1, 1, partner);
    close(socket);
    close(inet);
    g_autofree char *evaluate = g_strdup_printf("POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                                "Content-Length: %zu\r\n\r\n%s", strlen(QUESTION), QUESTION);
    check_http(served, "api", evaluate, "\"decision\":true");
    check_http(served, "metrics", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "kijun");
    g_assert_true(served_control(served, "status", NULL));
}

static gboolean skip_without_landlock(void) {
    if (in_child(try_files) != 77)
        return FALSE;
    g_test_skip("this kernel has no Landlock");
    return TRUE;
}

#define BEYOND "REJECT 5.7.1 The limit `partner` is used up"

/* Waits until the file is there: another thread makes it. */
static gboolean appears(const char *path) {
    for (guint i = 0; i < 1000 && !g_file_test(path, G_FILE_TEST_EXISTS); i++)
        g_usleep(10000);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_serves(void) {
    g_autoptr(Served) served = served_new(), elsewhere = served_new();
    g_autofree char *counter = g_strdup_printf("lmdb:%s/deep/counts?snapshot=1s", served->folder), *answer = NULL, *denied = NULL;
    g_autofree char *log = served_path(served, "log"), *old = served_path(served, "log.1"), *table = served_path(elsewhere, "table.kjt");
    g_autofree char *reload = g_strdup_printf("reload %s", table), *shadow = served_path(served, "table.kjt");
    g_autofree char *snapshot = served_path(served, "deep/counts/snapshot.mdb");
    g_autofree char *shadow_command = g_strdup_printf("shadow %s", shadow);
    configure(served, counter);
    if (skip_without_landlock())
        return;
    served_build(elsewhere, "table.kjt", policy);
    start(served);
    check_threads(served, "Seccomp:\t2\n");
    check_threads(served, "NoNewPrivs:\t1\n");
    check_threads(served, "CapEff:\t0000000000000000\n");
    check_threads(served, "CapPrm:\t0000000000000000\n");
    if (geteuid() == 0)
        check_threads(served, "CapBnd:\t0000000000000000\n");
    ask_all(served, "a@x.example", "DUNNO");
    g_unlink(snapshot);
    g_assert_true(served_control(served, "reload", NULL));
    g_assert_true(served_control(served, shadow_command, NULL));
    g_assert_false(served_control(served, reload, &denied));
    g_assert_nonnull(strstr(denied, "Permission denied"));
    g_assert_true(served_control(served, "shadow off", NULL));
    ask_all(served, "a@x.example", "DUNNO");
    g_assert_cmpint(g_rename(log, old), ==, 0);
    kill(served->process, SIGHUP);
    g_assert_true(appears(log));
    ask_all(served, "a@x.example", BEYOND);
    g_assert_true(appears(snapshot));
    g_autofree char *logged = served_read(served, "log");
    g_assert_nonnull(strstr(logged, "partner"));
    g_assert_true(served_control(served, "status", &answer));
    g_assert_nonnull(strstr(answer, "\"log_lost\":0"));
    g_assert_nonnull(strstr(answer, "\"counter_trouble\":null"));
    g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    g_assert_cmpint(served_try_unix(served, "policy"), <, 0);
    g_autofree char *socket = served_path(served, "policy");
    g_assert_false(g_file_test(socket, G_FILE_TEST_EXISTS));
}

static gboolean answers_limits(const Served *served) {
    int socket = served_connect_unix(served, "policy");
    g_autofree char *request = served_request("RCPT", "2.1", "c@x.example", "b@partner.example", 1, 0);
    g_autofree char *answer = served_ask(socket, request);
    close(socket);
    return g_strcmp0(answer, "DUNNO") == 0;
}

static void test_redis(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *counter = NULL;
    RedisServer server;
    if (!redis_server_available()) {
        g_test_skip("no redis-server");
        return;
    }
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    counter = g_strdup_printf("redis:unix:%s", server.socket);
    configure(served, counter);
    if (!skip_without_landlock()) {
        start(served);
        ask_all(served, "a@x.example", "DUNNO");
        redis_server_stop(&server);
        ask_all(served, "a@x.example", "451 4.3.5 The policy service cannot decide at the moment");
        redis_server_start(&server, NULL);
        for (guint i = 0; i < 400 && !answers_limits(served); i++)
            g_usleep(20000);
        ask_all(served, "b@x.example", "DUNNO");
        ask_all(served, "b@x.example", "DUNNO");
        ask_all(served, "b@x.example", BEYOND);
        g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    }
    redis_server_stop(&server);
    redis_server_clear(&server);
}

/* ---- a kernel without Landlock: one whose calls are not there for this process and those it starts ---- */

static gboolean hide_landlock(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    gboolean hidden = filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) == 0;
    hidden = hidden && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return hidden;
}

static int start_if_possible(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *told = NULL;
    if (!hide_landlock())
        return 77;
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", "", "", "");
    start(served);
    check_threads(served, "Seccomp:\t2\n");
    check_threads(served, "Seccomp_filters:\t2\n"); /* the one that hides, and its own */
    told = served_read(served, "told");
    return strstr(told, "going on without") ? served_end(served, SIGTERM) : 1;
}

static int start_required(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *program = g_build_filename(g_getenv("G_TEST_BUILDDIR"), "kijund", NULL), *socket = served_path(served, "policy");
    g_autofree char *told = NULL;
    int status = -1;
    if (!hide_landlock())
        return 77;
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", "sandbox=required", "", "");
    const char *argv[] = { program, "--config", served->config, NULL };
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &told, &status, NULL));
    g_assert_nonnull(strstr(told, "Landlock"));
    g_assert_false(g_file_test(socket, G_FILE_TEST_EXISTS));
    return WEXITSTATUS(status) == 4 ? 0 : 1;
}

static void test_lacking(void) {
    int possible = in_child(start_if_possible), required = in_child(start_required);
    if (possible == 77 || required == 77) {
        g_test_skip("system calls cannot be hidden here");
        return;
    }
    g_assert_cmpint(possible, ==, 0);
    g_assert_cmpint(required, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_autoptr(Served) folder = served_new();
    open_folder = served_path(folder, "open");
    closed_folder = served_path(folder, "closed");
    g_assert_cmpint(g_mkdir(open_folder, 0700), ==, 0);
    g_assert_cmpint(g_mkdir(closed_folder, 0700), ==, 0);
    served_write(folder, "open/file", "x");
    served_write(folder, "closed/file", "x");
    served_write(folder, "closed/foreign", "x");
    g_test_add_func("/sandbox/files", test_files);
    g_test_add_func("/sandbox/powers", test_powers);
    g_test_add_func("/sandbox/calls", test_calls);
    g_test_add_func("/sandbox/serves", test_serves);
    g_test_add_func("/sandbox/redis", test_redis);
    g_test_add_func("/sandbox/lacking", test_lacking);
    int code = g_test_run();
    g_free(open_folder);
    g_free(closed_folder);
    return code;
}
