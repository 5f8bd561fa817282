/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversations: questions in, answers out, on many streams, in a few threads.
 *
 * A protocol that is made of questions and answers on a stream says how one question is taken from the bytes that have come
 * (KjConversation); everything else is here: accepting, reading, writing, limits, time, ending. A question is answered at once in the
 * thread that read it, so the order of answers is that of the questions. Each thread has what the protocol needs for itself (an asker), and
 * no lock is taken between questions.
 *
 * Bounds, for each connection: what has been sent and not been taken (input_max), what could not be sent yet (nothing is read before that
 * is gone), the time without a byte (KjService.idle_seconds), and the time for one whole question (KJ_QUESTION_SECONDS). Beyond any of them
 * it is closed. A connection beyond KjService.connections is closed at once: who connects is told early.
 */
#ifndef KJ_DAEMON_WORKER_H
#define KJ_DAEMON_WORKER_H

#include "protocol.h"

G_BEGIN_DECLS

#define KJ_QUESTION_SECONDS 30

typedef struct {
    gsize input_max;
    /* What one thread needs; NULL with an error and nothing starts. */
    gpointer (*begin)(const KjService *service, GError **error);
    void (*renew)(gpointer thread);
    void (*end)(gpointer thread);
    /* A new connection; NULL closes it. */
    gpointer (*open)(gpointer thread, int socket);
    void (*close)(gpointer connection);
    /* Takes one whole question from the front of the bytes and appends the answer: how many bytes it had; 0: it is not whole yet; -1: hang
     * up, having sent what is in `reply`. */
    gssize (*take)(gpointer thread, gpointer connection, const char *bytes, gsize length, GString *reply);
} KjConversation;

typedef struct KjWorkers KjWorkers;

/* NULL with an error; nothing is running then. `service` and `conversation` are borrowed until kj_workers_stop() has returned. `eager`:
 * for so many microseconds a thread looks for the next question before it sleeps (eager.h); 0: it sleeps at once. */
KjWorkers *kj_workers_start(const KjConversation *conversation, const KjService *service, guint threads, guint eager, GError **error);
/* What follows takes KjWorkers, and is what KjProtocol wants of a protocol that is nothing but a conversation. */

/* Calls `renew` in each thread, soon. Any thread. */
void kj_workers_renew(gpointer workers);
/* Not from one of the workers. Frees. */
void kj_workers_stop(gpointer workers);
gint64 kj_workers_alive_at(gpointer workers);
/* How many connections there are, of how many. */
guint kj_workers_connections(gpointer workers);

G_END_DECLS

#endif
