/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

KjCounter *open_counter(const char *where) {
    g_autoptr(GError) error = NULL;
    KjCounter *counter = kj_counter_open(where, &error);
    g_assert_no_error(error);
    g_assert_nonnull(counter);
    return counter;
}

GBytes *key_of(const char *value) {
    return kj_counter_key("mail.forwarding", "partner", &value, 1);
}

KjCount take(KjCounter *counter, const char *value, const KjRate *rate, guint64 cost, gint64 now) {
    g_autoptr(GBytes) key = key_of(value);
    return kj_counter_ask(counter, key, rate, cost, now, KJ_COUNTING_TAKE, NULL);
}

guint64 used_up(KjCounter *counter, const char *value, const KjRate *rate, gint64 now) {
    g_autoptr(GBytes) key = key_of(value);
    guint64 low = 0, high = rate->amount; /* the largest cost that is within lies in low..high */
    while (low < high) {
        guint64 middle = low + (high - low + 1) / 2;
        KjCount answer = kj_counter_ask(counter, key, rate, middle, now, KJ_COUNTING_TEST, NULL);
        g_assert_cmphex(answer, !=, KJ_COUNT_AWAY);
        if (answer == KJ_COUNT_WITHIN)
            low = middle;
        else
            high = middle - 1;
    }
    return rate->amount - low;
}

char *new_folder(void) {
    return g_dir_make_tmp("kijun-counter-XXXXXX", NULL);
}

void remove_folder(char *folder) {
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
}

/* ---- other processes ---- */

int run_worker(int argc, char **argv) {
    g_assert_cmpint(argc, ==, 5);
    KjCounter *counter = open_counter(argv[2]);
    KjRate rate = { g_ascii_strtoull(argv[3], NULL, 10), 86400, 0 };
    g_autoptr(GBytes) key = key_of("shared");
    for (guint64 tries = g_ascii_strtoull(argv[4], NULL, 10); tries > 0; tries--) {
        KjCount answer = kj_counter_ask(counter, key, &rate, 1, START, KJ_COUNTING_TAKE, NULL);
        char said = answer == KJ_COUNT_WITHIN ? 'y' : answer == KJ_COUNT_BEYOND ? 'n' : '?';
        if (write(STDOUT_FILENO, &said, 1) != 1)
            break;
    }
    kj_counter_free(counter);
    return 0;
}

static void die_with_parent(gpointer data) {
    (void) data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void start_worker(Worker *worker, const char *where, guint64 amount, guint tries) {
    g_autofree char *amount_text = g_strdup_printf("%" G_GUINT64_FORMAT, amount), *tries_text = g_strdup_printf("%u", tries);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    const char *arguments[] = { self, "worker", where, amount_text, tries_text, NULL };
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_pipes(NULL, (char **)arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent, NULL, &worker->process, NULL, &worker->output,
                             NULL, &error);
    g_assert_no_error(error);
}

void end_worker(Worker *worker, guint *within, guint *beyond, guint *away) {
    char said[4096];
    *within = *beyond = *away = 0;
    for (gssize length; (length = read(worker->output, said, sizeof said)) > 0;)
        for (gssize i = 0; i < length; i++)
            ++*(said[i] == 'y' ? within : said[i] == 'n' ? beyond : away);
    close(worker->output);
    waitpid(worker->process, NULL, 0);
}
