/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters, and processes that use them, for the tests of this folder. */
#ifndef PLACES_H
#define PLACES_H

#include "redis_server.h"
#include "runtime/counter/counter.h"

#define SECOND 1000000
#define START ((gint64) 1800000000 * SECOND)

KjCounter *open_counter(const char *where);
GBytes *key_of(const char *value);
KjCount take(KjCounter *counter, const char *value, const KjRate *rate, guint64 cost, gint64 now);
/* How much of the rate is used up, found by asking. */
guint64 used_up(KjCounter *counter, const char *value, const KjRate *rate, gint64 now);

char *new_folder(void);
void remove_folder(char *folder);

/* Another process (this program again) that takes 1 of `amount` in a day at START, `tries` times or until it is killed. It writes one byte for each answer,
 * after the answer: `y` within, `n` beyond, `?` away. */
typedef struct {
    GPid process;
    int output;
} Worker;
int run_worker(int argc, char **argv); /* main() calls it when argv[1] is "worker"; gives the exit status */
void start_worker(Worker *worker, const char *where, guint64 amount, guint tries);
/* Reads what it said until it ended. */
void end_worker(Worker *worker, guint *within, guint *beyond, guint *away);

#endif
