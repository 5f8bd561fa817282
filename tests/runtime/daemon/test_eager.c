/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking before sleeping: looks in vain are paid by those that found something, and a daemon that nobody asks takes no time of the processor. */
#include "served.h"

#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/daemon/eager.h"

#define MOST 30000u /* microseconds; more than a setting may say, for machines that are busy */

static void wait_once(KjEager *eager, gulong microseconds) {
    kj_eager_begin(eager, 1, g_get_monotonic_time());
    if (microseconds)
        g_usleep(microseconds);
    kj_eager_end(eager, g_get_monotonic_time());
}

static gboolean looks(KjEager *eager) {
    kj_eager_begin(eager, 1, g_get_monotonic_time());
    gboolean again = kj_eager_again(eager);
    kj_eager_end(eager, g_get_monotonic_time());
    return again;
}

/* So many waits are without a look. */
static void earn(KjEager *eager, guint waits) {
    for (guint i = 0; i < waits; i++)
        g_assert_false(looks(eager));
}

static void look_in_vain(KjEager *eager) {
    guint count = 0;
    gint64 begin = g_get_monotonic_time();
    kj_eager_begin(eager, 1, begin);
    while (kj_eager_again(eager))
        count++;
    g_assert_cmpint(g_get_monotonic_time() - begin, >=, eager->most);
    g_assert_cmpuint(count, >, 0);
    g_usleep(eager->most + eager->most / 2); /* asleep, it would have been woken now */
    kj_eager_end(eager, g_get_monotonic_time());
}

static void test_never(void) {
    KjEager eager = { 0 };
    earn(&eager, 4 * KJ_EAGER_VAIN);
}

/* A look in vain has to be earned by as many short sleeps again; those that found something pay for it beforehand. */
static void test_earned(void) {
    KjEager eager = { .most = MOST };
    for (guint i = 0; i < 3; i++) {
        earn(&eager, KJ_EAGER_VAIN);
        look_in_vain(&eager);
    }
    earn(&eager, KJ_EAGER_VAIN);
    for (guint i = 0; i < (KJ_EAGER_VAIN + KJ_EAGER_FOUND - 1) / KJ_EAGER_FOUND; i++)
        g_assert_true(looks(&eager));
    look_in_vain(&eager);
    g_assert_true(looks(&eager));
}

/* However much was found, ten looks in vain are the most. */
static void test_bounded(void) {
    KjEager eager = { .most = MOST };
    earn(&eager, KJ_EAGER_VAIN);
    for (guint i = 0; i < 10 * KJ_EAGER_ACCOUNT_MAX; i++)
        g_assert_true(looks(&eager));
    for (guint i = 0; i < KJ_EAGER_ACCOUNT_MAX / KJ_EAGER_VAIN; i++)
        look_in_vain(&eager);
    g_assert_false(looks(&eager));
}

static void test_lost(void) {
    KjEager eager = { .most = MOST };
    earn(&eager, KJ_EAGER_VAIN - 1);
    wait_once(&eager, 3 * MOST); /* too long: brings nothing */
    earn(&eager, 1);
    kj_eager_begin(&eager, 1, g_get_monotonic_time()); /* it was there in time, but somebody else had the processor */
    g_assert_true(kj_eager_again(&eager));
    g_usleep(2 * MOST);
    kj_eager_end(&eager, g_get_monotonic_time());
    earn(&eager, KJ_EAGER_VAIN);
}

/* Where many ask the processors stay awake; and no more threads look than half of the processors are. */
static void test_others(void) {
    KjEager eager = { .most = MOST }, others[256] = { 0 };
    guint looking = 0;
    earn(&eager, KJ_EAGER_VAIN);
    kj_eager_begin(&eager, KJ_EAGER_CONNECTIONS + 1, g_get_monotonic_time());
    g_assert_false(kj_eager_again(&eager));
    kj_eager_end(&eager, g_get_monotonic_time());
    g_assert_true(looks(&eager));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        others[i].most = MOST;
        earn(&others[i], KJ_EAGER_VAIN);
    }
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        kj_eager_begin(&others[i], 1, g_get_monotonic_time());
        looking += kj_eager_again(&others[i]);
    }
    g_assert_cmpuint(looking, ==, MAX(g_get_num_processors() / 2, 1));
    g_assert_false(looks(&eager));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        kj_eager_end(&others[i], g_get_monotonic_time());
    g_assert_true(looks(&eager));
}

static void test_one_processor(void) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((gsize)sched_getcpu(), &one);
        _exit(sched_setaffinity(0, sizeof one, &one) != 0 ? 77 : kj_eager_most(100) == 0 ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    if (WEXITSTATUS(status) == 77)
        g_test_skip("a process cannot choose its processor here");
    else
        g_assert_cmpint(status, ==, 0);
    g_assert_cmpuint(kj_eager_most(0), ==, 0);
}

/* ---- a daemon ---- */

static guint64 ticks_of(const Served *served) {
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)served->process), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) fields = g_strsplit(strrchr(text, ')') + 2, " ", -1);
    return g_ascii_strtoull(fields[11], NULL, 10) + g_ascii_strtoull(fields[12], NULL, 10); /* utime, stime: proc(5) */
}

/* Both are asked so often that they look before they sleep; then nobody asks. */
static void test_idle(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *socket = served_path(served, "http");
    g_autofree char *more = g_strdup_printf("[listen http]\nprotocol=metrics\naddress=unix:%s\neager=1000\n", socket);
    served_build(served, "table.kjt", "mail forwarding { default deny; inside: allow to \"example.go.jp\"; }\n");
    served_configure(served, "forwarding", "", "eager=1000", more);
    served_start(served);
    int postfix = served_connect_inet(served), http = served_connect_unix(served, "http");
    for (guint i = 0; i < 20 * KJ_EAGER_VAIN; i++)
        served_expect(postfix, "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    for (guint i = 0; i < 20 * KJ_EAGER_VAIN; i++) {
        g_autofree char *answer = served_post(http, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        g_assert_cmpstr(answer, ==, "ok\n");
    }
    g_usleep(100 * 1000);
    guint64 before = ticks_of(served);
    g_usleep(1000 * 1000);
    guint64 taken = (ticks_of(served) - before) * 1000 / (guint64)sysconf(_SC_CLK_TCK);
    g_test_message("%" G_GUINT64_FORMAT " ms of the processor in one idle second", taken);
    g_assert_cmpuint(taken, <=, 50);
    close(postfix);
    close(http);
    g_assert_cmpint(served_end(served, 15), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/eager/never", test_never);
    g_test_add_func("/eager/earned", test_earned);
    g_test_add_func("/eager/bounded", test_bounded);
    g_test_add_func("/eager/lost", test_lost);
    g_test_add_func("/eager/others", test_others);
    g_test_add_func("/eager/one-processor", test_one_processor);
    g_test_add_func("/eager/idle", test_idle);
    return g_test_run();
}
