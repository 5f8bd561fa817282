/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a count costs.
 *
 *     counter PLACE...     one line for each place (memory, lmdb:FOLDER, redis:unix:PATH), question and number of threads, tab-separated
 *
 * Columns: the place, what is asked, threads, questions, microseconds each thread waited for an answer, nanoseconds of this process's own
 * processor time a question (on a machine with other work the truer figure), and questions a second of all threads together.
 * `take` counts 1 of 20 a day for a new key each time it is used up; `test` only asks; `beyond` is refused; `bucket` takes from buckets; `one key` takes
 * of one key that all threads share. The folder and the Redis are the caller's to make and to empty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/counter/counter.h"

#define SECOND 1000000
#define START ((gint64) 1800000000 * SECOND)
#define THREADS_MAX 8

typedef struct {
    const char *name;
    KjRate rate;
    KjCounting counting;
    guint keys; /* each thread its own so many; 0: one for all */
    guint64 cost;
} Load;

static const Load loads[] = {
    { "take", { 20, 86400, 0 }, KJ_COUNTING_TAKE, 10000, 1 },
    { "test", { 20, 86400, 0 }, KJ_COUNTING_TEST, 10000, 1 },
    { "beyond", { 20, 86400, 0 }, KJ_COUNTING_TAKE, 10000, 20 },
    { "bucket", { 100, 1, 200 }, KJ_COUNTING_TAKE, 10000, 1 },
    { "one key", { 100000000, 86400, 0 }, KJ_COUNTING_TAKE, 0, 1 },
};

typedef struct {
    KjCounter *counter;
    const Load *load;
    guint thread, questions, away;
} Asker;

static gpointer run_asker(gpointer data) {
    Asker *asker = data;
    const Load *load = asker->load;
    guint count = MAX(load->keys, 1);
    g_autofree GBytes **keys = g_new(GBytes *, count);
    for (guint i = 0; i < count; i++) {
        g_autofree char *value = load->keys ? g_strdup_printf("somebody-%u-%u@example.jp", asker->thread, i) : g_strdup("all");
        keys[i] = kj_counter_key("mail.forwarding", load->name, (const char *const[]){ value }, 1);
    }
    for (guint i = 0; i < asker->questions; i++)
        asker->away += kj_counter_ask(asker->counter, keys[i % count], &load->rate, load->cost, START + i * 10, load->counting, NULL) ==
                       KJ_COUNT_AWAY;
    for (guint i = 0; i < count; i++)
        g_bytes_unref(keys[i]);
    return NULL;
}

static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(KjCounter *counter, const char *place, const Load *load, guint threads, guint questions) {
    Asker askers[THREADS_MAX];
    GThread *running[THREADS_MAX];
    guint away = 0;
    gint64 begin = g_get_monotonic_time();
    double processor = processor_seconds();
    for (guint i = 0; i < threads; i++) {
        askers[i] = (Asker){ counter, load, i, questions / threads, 0 };
        running[i] = g_thread_new("asker", run_asker, &askers[i]);
    }
    for (guint i = 0; i < threads; i++) {
        g_thread_join(running[i]);
        away += askers[i].away;
    }
    double seconds = (double)(g_get_monotonic_time() - begin) / SECOND;
    processor = processor_seconds() - processor;
    printf("%.6s\t%s\t%u\t%u\t%.2f\t%.0f\t%.0f\n", place, load->name, threads, questions, seconds * SECOND * threads / questions,
           processor * 1e9 / questions, questions / seconds);
    if (away)
        printf("# %u away\n", away);
}

int main(int argc, char **argv) {
    printf("place\tquestion\tthreads\tquestions\tus waited\tns of processor\tper second\n");
    for (int i = 1; i < argc; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KjCounter) counter = kj_counter_open(argv[i], &error);
        if (!counter) {
            fprintf(stderr, "%s\n", error->message);
            return EXIT_FAILURE;
        }
        guint questions = g_str_has_prefix(argv[i], "memory") ? 2000000 : g_str_has_prefix(argv[i], "lmdb") ? 400000 : 100000;
        for (guint l = 0; l < G_N_ELEMENTS(loads); l++)
            for (guint threads = 1; threads <= THREADS_MAX; threads *= THREADS_MAX)
                measure(counter, argv[i], &loads[l], threads, questions);
    }
    return EXIT_SUCCESS;
}
