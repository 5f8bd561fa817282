/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun apply with nftables, on a kernel of our own: this process and everything it starts live in a network namespace with another table
 * that nobody may touch. Every way an application can end is taken: confirmed, not confirmed, undone, its watcher killed, its terminal
 * gone; and each time the kernel's rules are compared with those before. A connection from a host beside must not notice any of it.
 *
 * The program is asked as its users do, over its command line. Skipped without root.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"

#define OVER_MILLISECONDS 1600 /* a second to confirm in, and the watcher's quarter */

static char *folder, *state;

/* ---- the program ---- */

typedef struct {
    int code;
    char *out, *err;
} Answer;

static void answer_clear(Answer *answer) {
    g_free(answer->out);
    g_free(answer->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* A command line of the shell; $K is kijun and $D the folder with the policies. */
static Answer ask(const char *line) {
    const char *const arguments[] = { "/bin/sh", "-c", line, NULL };
    Answer answer = { .code = -1 };
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &answer.out, &answer.err, &status, &error);
    g_assert_no_error(error);
    answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    g_test_message("%s -> %d %s%s", line, answer.code, answer.out, answer.err);
    return answer;
}

static void expect(const char *line, int code, const char *said) {
    g_auto(Answer) answer = ask(line);
    if (answer.code != code || (said && !strstr(answer.err, said) && !strstr(answer.out, said)))
        g_error("%s: %d instead of %d, or not `%s`:\n%s%s", line, answer.code, code, said ? said : "", answer.out, answer.err);
}

static char *ruleset(void) {
    Answer answer = ask("TZ=UTC nft -j list ruleset");
    g_assert_cmpint(answer.code, ==, 0);
    g_free(answer.err);
    return answer.out;
}

/* A table that was taken away and came back has another number; all else must be the same. */
static char *without_table_number(const char *rules) {
    g_autoptr(GRegex) number = g_regex_new("(\"table\": \\{\"family\": \"inet\", \"name\": \"kijun_[^}]*\"handle\": )[0-9]+", 0, 0, NULL);
    return g_regex_replace(number, rules, -1, 0, "\\1N", 0, NULL);
}

static gboolean is_there(void) {
    g_autofree char *rules = ruleset();
    return strstr(rules, "kijun_door") != NULL;
}

static void write_policy(const char *name, const char *text) {
    g_autofree char *path = g_build_filename(folder, name, NULL), *parent = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

#define DOOR(rules) \
    "firewall door {\n    hook = input;\n    default deny;\n" rules "}\nenforce door by nftables on { \"localhost\", \"fw1\" };\n"
#define LO "    lo: allow iif lo;\n"
#define DISCOVERY "    nd: allow proto icmpv6 when icmp_type in { 133..136 };\n"
#define SSH "    ssh: allow service 22/tcp @log;\n"

static void write_policies(void) {
    write_policy("door/door.pol", DOOR(LO DISCOVERY SSH "    web: limit service 443/tcp rate 100/s burst 20 per from;\n"));
    write_policy("other/door.pol", DOOR(LO DISCOVERY SSH "    web: allow service 443/tcp;\n"));
    write_policy("shut/door.pol", DOOR(LO DISCOVERY));
    write_policy("cut/door.pol", DOOR(DISCOVERY SSH));
    write_policy("wrong/door.pol", DOOR(LO "    ssh: permit service 22/tcp;\n"));
    write_policy("nowhere/door.pol", "firewall door {\n    hook = input;\n    default deny;\n}\n");
    write_policy("twice.pol", "firewall door {\n    hook = input;\n    default deny;\n" LO DISCOVERY
                              "}\nenforce door by nftables on { \"localhost\" };\n");
}

/* In a namespace of our own, with nothing applied. */
static gboolean begin(void) {
    static int can = -1;
    if (can < 0) {
        can = geteuid() == 0 && g_file_test("/usr/sbin/nft", G_FILE_TEST_EXISTS) && unshare(CLONE_NEWNET) == 0;
        if (can)
            expect(
                "ip link set lo up && nft add table inet other && nft add chain inet other c '{ type filter hook input priority 5; }' && nft add rule inet other c iif lo accept",
                0, NULL);
    }
    if (!can)
        g_test_skip("needs root, nft and a network namespace");
    else
        expect("rm -rf \"$KIJUN_STATE\"; nft delete table inet kijun_door; true", 0, NULL);
    return can;
}

static void wait_until_over(void) {
    g_usleep(OVER_MILLISECONDS * 1000);
}

/* ---- confirmed, and not ---- */

static void test_confirm(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol --confirm-within 2s </dev/null", 0, "--confirm");
    expect("$K apply --show door", 0, "unless confirmed");
    expect("$K apply --confirm door", 0, "confirmed");
    expect("$K apply --confirm door.door", 0, "kept since");
    g_usleep(2500 * 1000);
    g_assert_true(is_there());
    expect("$K apply --show", 0, "kept since");
    expect("nft add rule inet kijun_door rules accept && $K apply --show door", 2, "somebody has changed it");
    expect("$K apply --show --format json", 2, "\"differs\" : true");
    expect("$K apply --undo door", 0, "undone");
    expect("$K apply --undo door", 5, "already");
    g_assert_false(is_there());
}

/* The proof comes first; one that cannot be done keeps everything as it is. */
static void test_proof(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol --prove --confirm-within 0s", 0, "door.door: proved: what was loaded and read back");
    g_assert_true(is_there());
    expect("$K apply --undo door", 0, "undone");
    expect("setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin $K apply door $D/door/door.pol --prove --confirm-within 0s", 77, "NOT PROVED");
    g_assert_false(is_there());
    expect("$K apply --undo door --prove", 3, "each stand alone");
}

static void test_automatic_undo(void) {
    if (!begin())
        return;
    g_autofree char *before = ruleset();
    expect("$K apply door $D/door/door.pol --confirm-within 1s </dev/null", 0, NULL);
    g_assert_true(is_there());
    wait_until_over();
    g_autofree char *after = ruleset();
    g_assert_cmpstr(after, ==, before);
    expect("$K apply --confirm door", 5, "nothing to confirm");
    expect("$K apply --show", 0, "undone at");
}

/* What was in force before may have been ours, and have counted; and @log, `limit` and time windows must come back as they were. */
static void test_undo_to_before(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol --confirm-within 0s", 0, "in force");
    expect("(: </dev/tcp/127.0.0.1/9) 2>&-; bash -c ': </dev/tcp/127.0.0.1/9' 2>&-; true", 0, NULL);
    g_autofree char *now = ruleset(), *before = without_table_number(now);
    g_assert_nonnull(strstr(before, "\"name\": \"lo\""));
    g_assert_null(strstr(before, "\"name\": \"lo\", \"table\": \"kijun_door\", \"handle\": 6, \"packets\": 0")); /* it has counted */
    expect("$K apply door $D/other/door.pol --confirm-within 1s </dev/null", 0, NULL);
    g_autofree char *other = ruleset();
    g_assert_cmpstr(other, !=, now);
    wait_until_over();
    g_autofree char *then = ruleset(), *after = without_table_number(then);
    g_assert_cmpstr(after, ==, before);
}

/* ---- whoever dies ---- */

/* The process that holds the lock on the file. */
static pid_t find_watcher(void) {
    g_autofree char *path = g_build_filename(state, "nftables-door.watch", NULL), *locks = NULL;
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_true(g_file_get_contents("/proc/locks", &locks, NULL, NULL));
    g_autofree char *end = g_strdup_printf(":%lu 0 EOF", (unsigned long)status.st_ino);
    g_auto(GStrv) lines = g_strsplit(locks, "\n", -1);
    for (char **line = lines; *line; line++) {
        int process;
        if (strstr(*line, end) && sscanf(*line, "%*s FLOCK ADVISORY WRITE %d", &process) == 1)
            return process;
    }
    g_assert_not_reached();
}

static void test_watcher_killed(void) {
    if (!begin())
        return;
    g_autofree char *before = ruleset();
    expect("$K apply door $D/door/door.pol --confirm-within 1s </dev/null", 0, NULL);
    g_assert_cmpint(kill(find_watcher(), SIGKILL), ==, 0);
    wait_until_over();
    g_assert_true(is_there());
    expect("$K apply door $D/door/door.pol </dev/null", 5, "--recover");
    expect("$K apply --recover", 0, "undone");
    g_autofree char *after = ruleset();
    g_assert_cmpstr(after, ==, before);
    expect("$K apply --recover", 0, NULL);
    if (g_getenv("KIJUN_SHORT"))
        return;
    expect("$K apply door $D/door/door.pol --confirm-within 1s </dev/null", 0, NULL);
    g_assert_cmpint(kill(find_watcher(), SIGKILL), ==, 0);
    wait_until_over();
    expect("$K apply --confirm door", 5, "the time to confirm was over");
    g_autofree char *again = ruleset();
    g_assert_cmpstr(again, ==, before);
}

/* A watcher that is told to end undoes at once; one that lives is left alone by --recover. */
static void test_watcher_ended(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol --confirm-within 60s </dev/null", 0, NULL);
    expect("$K apply --recover", 0, NULL);
    g_assert_true(is_there());
    g_assert_cmpint(kill(find_watcher(), SIGTERM), ==, 0);
    g_usleep(500 * 1000);
    g_assert_false(is_there());
    expect("$K apply --show", 0, "undone at");
}

/* kijun on a terminal of its own, which is answered and then hung up. Its exit code, or -1 when it was killed. */
static int on_terminal(const char *answer) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
    g_assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    g_autofree char *name = g_strdup(ptsname(terminal));
    g_autoptr(GString) seen = g_string_new(NULL);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        int own = open(name, O_RDWR);
        ioctl(own, TIOCSCTTY, 0);
        for (int stream = 0; stream < 3; stream++)
            dup2(own, stream);
        execl("/bin/sh", "sh", "-c", "exec $K apply door $D/door/door.pol --confirm-within 2s", NULL);
        _exit(127);
    }
    for (char byte; !strstr(seen->str, "seconds, or") && read(terminal, &byte, 1) == 1;)
        g_string_append_c(seen, byte);
    g_assert_nonnull(strstr(seen->str, "seconds, or"));
    g_assert_true(is_there());
    g_assert_cmpint(write(terminal, answer, strlen(answer)), ==, (int)strlen(answer));
    if (*answer)
        g_usleep(700 * 1000);
    close(terminal);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_terminal(void) {
    if (!begin())
        return;
    g_assert_cmpint(on_terminal("what?\nno\n"), ==, 5);
    g_assert_false(is_there());
    g_assert_cmpint(on_terminal(""), !=, 0); /* hung up */
    g_assert_true(is_there());
    g_usleep(2600 * 1000);
    g_assert_false(is_there());
    if (g_getenv("KIJUN_SHORT"))
        return;
    g_assert_cmpint(on_terminal("yes\n"), ==, 0);
    g_usleep(1800 * 1000);
    g_assert_true(is_there());
}

/* ---- refused ---- */

static void test_two_at_once(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol </dev/null", 0, NULL);
    expect("$K apply door $D/other/door.pol </dev/null", 5, "not confirmed yet");
    expect("$K apply --confirm door", 0, NULL);
    expect("$K apply door $D/twice.pol --confirm-within 0s", 5, "another block of this name");
    g_autofree char *path = g_build_filename(state, "nftables-door.lock", NULL), *before = ruleset();
    int lock = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(flock(lock, LOCK_EX), ==, 0);
    expect("$K apply door $D/other/door.pol </dev/null", 5, "at work");
    close(lock);
    g_autofree char *after = ruleset();
    g_assert_cmpstr(after, ==, before);
}

static void test_lock_out(void) {
    if (!begin())
        return;
    expect("$K apply door $D/cut/door.pol </dev/null", 5, "loopback");
    expect("SSH_CONNECTION='192.0.2.7 5000 192.0.2.1 22' $K apply door $D/shut/door.pol </dev/null", 5, "session");
    /* sudo takes the variable away from what it starts. */
    expect("SSH_CONNECTION='192.0.2.7 5000 192.0.2.1 22' sh -c 'env -u SSH_CONNECTION $K apply door $D/shut/door.pol </dev/null; exit $?'",
           5, "session");
    g_assert_false(is_there());
    expect("SSH_CONNECTION='192.0.2.7 5000 192.0.2.1 22' $K apply door $D/door/door.pol --confirm-within 0s", 0, NULL);
    expect("$K apply door $D/twice.pol --confirm-within 0s", 5, "another block");
    expect("$K apply --undo door && $K apply door $D/cut/door.pol --allow-lock-out --confirm-within 0s", 0, NULL);
    g_assert_true(is_there());
}

static void test_not_applied(void) {
    if (!begin())
        return;
    g_autofree char *before = ruleset();
    expect("$K apply door $D/wrong/door.pol </dev/null", 1, "permit");
    expect("$K apply gate $D/door/door.pol </dev/null", 3, "there is no block");
    expect("$K apply door $D/nowhere/door.pol </dev/null", 3, "write: enforce");
    expect("$K apply door $D/door/door.pol --host fw2 </dev/null", 3, "other hosts");
    expect("$K apply door $D/door/door.pol --confirm-within soon </dev/null", 3, "no duration");
    expect("$K build -o $D/door.kjt $D/door/door.pol && $K apply door $D/door.kjt </dev/null", 3, "is a table");
    expect("$K apply --confirm door", 3, "never applied");
    expect("$K apply --confirm --undo door", 3, "alone");
    expect("$K apply </dev/null", 3, "which block");
    expect(
        "nft add table inet kijun_door '{ chain c { type nat hook prerouting priority 0; }; }' && $K apply door $D/door/door.pol </dev/null",
        5, "could not be brought back");
    expect("nft delete table inet kijun_door && chmod 777 \"$KIJUN_STATE\" && $K apply door $D/door/door.pol </dev/null", 4,
           "for root to put in force");
    g_autofree char *after = ruleset();
    g_assert_cmpstr(after, ==, before);
    expect("rm -rf \"$KIJUN_STATE\" && $K apply door $D/door/door.pol --host fw1 --confirm-within 0s", 0, "in force");
}

static void test_unprivileged(void) {
    if (!begin())
        return;
    g_auto(Answer) version = ask("setpriv --reuid 65534 --regid 65534 --clear-groups $K --version");
    if (version.code != 0) {
        g_test_skip("needs setpriv, and a build folder that others may read");
        return;
    }
    expect("chmod 755 $D && setpriv --reuid 65534 --regid 65534 --clear-groups $K apply door $D/door/door.pol </dev/null", 4,
           "this is done by root");
    expect(
        "mkdir $D/own && chown 65534 $D/own && KIJUN_STATE=$D/own setpriv --reuid 65534 --regid 65534 --clear-groups $K apply door $D/door/door.pol </dev/null",
        4, "run it with sudo");
    g_assert_false(is_there());
}

/* ---- a connection ---- */

static void test_session(void) {
    if (!begin())
        return;
    expect("$K apply door $D/door/door.pol --confirm-within 0s", 0, NULL);
    Session *session = session_new();
    g_assert_true(session_lives(session));
    expect("$K apply door $D/other/door.pol --confirm-within 0s", 0, NULL);
    for (guint i = 0; i < 5; i++) {
        expect("$K apply --undo door; $K apply door $D/door/door.pol --confirm-within 0s", 0, NULL);
        g_assert_true(session_lives(session));
    }
    /* Rules that let no new connection in leave this one, and come and go unnoticed. */
    expect("$K apply door $D/shut/door.pol --confirm-within 1s </dev/null", 0, NULL);
    g_assert_true(session_lives(session));
    g_assert_false(session_could_begin(session));
    wait_until_over();
    g_assert_true(session_lives(session));
    g_assert_true(session_could_begin(session));
    session_free(session);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("kijun-apply-XXXXXX", NULL);
    state = g_build_filename(folder, "state", NULL);
    g_setenv("K", g_getenv("KIJUN"), TRUE);
    g_setenv("D", folder, TRUE);
    g_setenv("KIJUN_STATE", state, TRUE);
    g_setenv("KIJUN_ENFORCER_PATH", g_getenv("G_TEST_BUILDDIR"), TRUE);
    write_policies();
    g_test_add_func("/apply/confirm", test_confirm);
    g_test_add_func("/apply/proof", test_proof);
    g_test_add_func("/apply/automatic-undo", test_automatic_undo);
    g_test_add_func("/apply/undo-to-before", test_undo_to_before);
    g_test_add_func("/apply/watcher-killed", test_watcher_killed);
    g_test_add_func("/apply/watcher-ended", test_watcher_ended);
    g_test_add_func("/apply/terminal", test_terminal);
    g_test_add_func("/apply/two-at-once", test_two_at_once);
    g_test_add_func("/apply/lock-out", test_lock_out);
    g_test_add_func("/apply/not-applied", test_not_applied);
    g_test_add_func("/apply/unprivileged", test_unprivileged);
    g_test_add_func("/apply/session", test_session);
    int result = g_test_run();
    g_autofree char *remove = g_strdup_printf("rm -rf '%s'", folder);
    result |= system(remove) != 0;
    g_free(state);
    g_free(folder);
    return result;
}
