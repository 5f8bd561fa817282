/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversations in a few threads; worker.h says what they are.
 *
 * The first thread also accepts, and gives each connection to the thread that has the fewest: so eight clients on two processors are four
 * each, whoever wakes first. From then on a connection is its thread's alone. Threads are woken through an eventfd: for a connection handed
 * over, for a renewal, for the end.
 *
 * At the end each thread stops listening, answers what has arrived whole, closes what is idle, and waits for half questions and half-sent
 * answers until KJ_STOP_SECONDS are over.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "eager.h"

#define EVENTS 64
#define LOOKS_AT_ALL 8u
#define TICK_SECONDS ((gint)KJ_TURN_SECONDS)
#define FIRST_ROOM 4096u /* of input; also what a connection keeps while it is idle */

typedef struct Thread Thread;

typedef struct Connection Connection;
struct Connection {
    Connection *previous, *next;
    int socket;
    gpointer state;
    char *input;
    gsize length, room;
    GString *pending; /* of the answer: what could not be sent; NULL: nothing */
    gint64 heard;     /* monotonic microseconds: the last byte */
    gint64 since;     /* when the question that is not whole yet began; 0: none */
    gboolean ending;  /* nothing more is read */
};

struct Thread {
    KjWorkers *workers;
    GThread *thread;
    gpointer own; /* the protocol's */
    int epoll, wake;
    GAsyncQueue *inbox; /* sockets + 1, to be adopted */
    guint count;        /* atomic: connections that are its, those in the inbox too */
    Connection *first;
    GString *reply;
    gint64 now, ticked;
    KjEager eager;
    guint heard, looks; /* receives that brought something; looks so far */
    gint64 turned; /* atomic: when it last came around */
    gboolean paused; /* accepting, because no descriptor was left */
};

struct KjWorkers {
    const KjConversation *conversation;
    const KjService *service;
    Thread *threads;
    guint count;
    gint renewals; /* atomic, and so is `stopping` */
    gint stopping;
};

static gint64 now_microseconds(void) {
    return g_get_monotonic_time();
}

static void wake(Thread *thread) {
    guint64 one = 1;
    while (write(thread->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

/* ---- one connection ---- */

static void watch(Thread *thread, Connection *connection, int operation) {
    struct epoll_event event = { .events = connection->pending ? EPOLLOUT : EPOLLIN, .data.ptr = connection };
    epoll_ctl(thread->epoll, operation, connection->socket, &event);
}

static void hang_up(Thread *thread, Connection *connection) {
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        thread->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    thread->workers->conversation->close(connection->state);
    close(connection->socket);
    if (connection->pending)
        g_string_free(connection->pending, TRUE);
    g_free(connection->input);
    g_free(connection);
    __atomic_sub_fetch(&thread->count, 1, __ATOMIC_RELAXED);
}

static void adopt(Thread *thread, int socket) {
    static const int on = 1;
    gpointer state = thread->workers->conversation->open(thread->own, socket);
    if (!state) {
        close(socket);
        __atomic_sub_fetch(&thread->count, 1, __ATOMIC_RELAXED);
        return;
    }
    if (thread->workers->service->reach != KJ_REACH_UNIX)
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection *connection = g_new0(Connection, 1);
    connection->socket = socket;
    connection->state = state;
    connection->heard = thread->now;
    connection->next = thread->first;
    if (thread->first)
        thread->first->previous = connection;
    thread->first = connection;
    watch(thread, connection, EPOLL_CTL_ADD);
}

/* Sends bytes; how many have gone, or -1 when the peer has. */
static gssize send_some(int socket, const char *bytes, gsize length) {
    gsize sent = 0;
    while (sent < length) {
        gssize count = send(socket, bytes + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN ? (gssize)sent : -1;
        sent += (gsize)count;
    }
    return (gssize)sent;
}

/* FALSE: hang up. */
static gboolean flush(Thread *thread, Connection *connection) {
    gssize sent = send_some(connection->socket, connection->pending->str, connection->pending->len);
    if (sent < 0)
        return FALSE;
    g_string_erase(connection->pending, 0, sent);
    if (connection->pending->len > 0)
        return TRUE;
    g_string_free(g_steal_pointer(&connection->pending), TRUE);
    watch(thread, connection, EPOLL_CTL_MOD);
    return !connection->ending;
}

static gboolean send_reply(Thread *thread, Connection *connection) {
    GString *reply = thread->reply;
    gssize sent = send_some(connection->socket, reply->str, reply->len);
    if (sent < 0)
        return FALSE;
    if ((gsize)sent < reply->len) {
        connection->pending = g_string_new_len(reply->str + sent, (gssize)reply->len - sent);
        watch(thread, connection, EPOLL_CTL_MOD);
    }
    return TRUE;
}

/* Takes every whole question that has come. FALSE: hang up. */
static gboolean take_all(Thread *thread, Connection *connection) {
    const KjConversation *conversation = thread->workers->conversation;
    gsize taken = 0;
    gssize used = 1;
    g_string_truncate(thread->reply, 0);
    while (taken < connection->length && used > 0) {
        used = conversation->take(thread->own, connection->state, connection->input + taken, connection->length - taken, thread->reply);
        taken += used > 0 ? (gsize)used : 0;
    }
    connection->length -= taken;
    if (connection->length > 0)
        memmove(connection->input, connection->input + taken, connection->length);
    if (taken > 0 || connection->length == 0)
        connection->since = 0;
    if (connection->length > 0 && connection->since == 0)
        connection->since = thread->now;
    if (connection->length == 0 && connection->room > FIRST_ROOM) {
        g_clear_pointer(&connection->input, g_free);
        connection->room = 0;
    }
    if (!send_reply(thread, connection))
        return FALSE;
    connection->ending |= used < 0;
    return !connection->ending || connection->pending;
}

static gboolean make_room(Thread *thread, Connection *connection) {
    gsize most = thread->workers->conversation->input_max;
    if (connection->length < connection->room)
        return TRUE;
    if (connection->room >= most) {
        kj_daemon_note(KJ_NOTE_WARNING, _("[%s]: a question is longer than %zu bytes; hanging up"),
                       kj_section_name(thread->workers->service->section), most);
        return FALSE;
    }
    connection->room = MIN(MAX(connection->room * 2, FIRST_ROOM), most);
    connection->input = g_realloc(connection->input, connection->room);
    return TRUE;
}

/* Reads once and answers. FALSE: hang up. */
static gboolean hear(Thread *thread, Connection *connection) {
    if (!make_room(thread, connection))
        return FALSE;
    gssize count = recv(connection->socket, connection->input + connection->length, connection->room - connection->length, MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    if (count == 0)
        return FALSE;
    thread->heard++;
    connection->heard = thread->now;
    connection->length += (gsize)count;
    return take_all(thread, connection);
}

static void serve(Thread *thread, Connection *connection, guint32 events) {
    gboolean goes_on = connection->pending ? (events & (EPOLLERR | EPOLLHUP)) == 0 && flush(thread, connection) : hear(thread, connection);
    if (!goes_on)
        hang_up(thread, connection);
}

/* ---- accepting ---- */

static Thread *least_busy(KjWorkers *workers, guint *total) {
    Thread *best = &workers->threads[0];
    *total = 0;
    for (guint i = 0; i < workers->count; i++) {
        Thread *thread = &workers->threads[i];
        guint count = __atomic_load_n(&thread->count, __ATOMIC_RELAXED);
        *total += count;
        if (count < __atomic_load_n(&best->count, __ATOMIC_RELAXED))
            best = thread;
    }
    return best;
}

static void listen_again(Thread *thread, gboolean on) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = thread };
    epoll_ctl(thread->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, thread->workers->service->socket, &event);
    thread->paused = !on;
}

static void accept_one(Thread *thread) {
    KjWorkers *workers = thread->workers;
    guint total;
    int socket = accept4(workers->service->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            kj_daemon_note(KJ_NOTE_ERROR, _("[%s]: cannot accept: %s"), kj_section_name(workers->service->section), g_strerror(errno));
            listen_again(thread, FALSE); /* until the next tick: the socket would wake us for ever */
        }
        return;
    }
    Thread *other = least_busy(workers, &total);
    if (total >= workers->service->connections) {
        kj_daemon_note(KJ_NOTE_WARNING, _("[%s]: more than %u connections; one is turned away"), kj_section_name(workers->service->section),
                       workers->service->connections);
        close(socket);
        return;
    }
    __atomic_add_fetch(&other->count, 1, __ATOMIC_RELAXED);
    if (other == thread) {
        adopt(thread, socket);
        return;
    }
    g_async_queue_push(other->inbox, GINT_TO_POINTER(socket + 1));
    wake(other);
}

/* ---- a thread ---- */

static void hear_wake(Thread *thread, gint *renewals) {
    guint64 count;
    gpointer socket;
    while (read(thread->wake, &count, sizeof count) < 0 && errno == EINTR)
        continue;
    gint asked = g_atomic_int_get(&thread->workers->renewals);
    if (asked != *renewals && thread->workers->conversation->renew)
        thread->workers->conversation->renew(thread->own);
    *renewals = asked;
    while ((socket = g_async_queue_try_pop(thread->inbox)))
        adopt(thread, GPOINTER_TO_INT(socket) - 1);
}

static void tick(Thread *thread) {
    gint64 idle = (gint64)thread->workers->service->idle_seconds * G_USEC_PER_SEC, whole = (gint64)KJ_QUESTION_SECONDS * G_USEC_PER_SEC;
    if (thread->now - thread->ticked < TICK_SECONDS * G_USEC_PER_SEC)
        return;
    thread->ticked = thread->now;
    for (Connection *connection = thread->first, *next; connection; connection = next) {
        next = connection->next;
        if (thread->now - connection->heard > idle || (connection->since && thread->now - connection->since > whole))
            hang_up(thread, connection);
    }
    if (thread->paused)
        listen_again(thread, TRUE);
}

/* One look: at the few connections themselves, so that a question is heard one system call sooner, and answered at once; each LOOKS_AT_ALLth
 * is at everything that may come. TRUE: something came, `*count` events of it. */
static gboolean look(Thread *thread, struct epoll_event *events, int *count) {
    guint heard = thread->heard;
    if (++thread->looks % LOOKS_AT_ALL == 0)
        *count = epoll_wait(thread->epoll, events, EVENTS, 0);
    else
        for (Connection *connection = thread->first, *next; connection; connection = next) {
            next = connection->next;
            if (!connection->pending)
                serve(thread, connection, EPOLLIN);
        }
    return *count > 0 || thread->heard != heard;
}

/* As epoll_wait(2); and says what time it is. */
static int await(Thread *thread, struct epoll_event *events, int milliseconds) {
    gboolean came = FALSE;
    int count = 0;
    gboolean looks = kj_eager_begin(&thread->eager, __atomic_load_n(&thread->count, __ATOMIC_RELAXED), thread->now);
    while (looks && !(came = look(thread, events, &count)))
        looks = kj_eager_again(&thread->eager);
    if (!came)
        count = epoll_wait(thread->epoll, events, EVENTS, milliseconds);
    thread->now = now_microseconds();
    kj_eager_end(&thread->eager, thread->now);
    return count;
}

static void turn(Thread *thread, gint *renewals, int milliseconds) {
    struct epoll_event events[EVENTS];
    int count = await(thread, events, milliseconds);
    __atomic_store_n(&thread->turned, thread->now, __ATOMIC_RELAXED);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == thread)
            accept_one(thread);
        else if (events[i].data.ptr == &thread->wake)
            hear_wake(thread, renewals);
        else
            serve(thread, events[i].data.ptr, events[i].events);
    }
}

/* Answers what is there and closes what is through, until nothing is left or time is. */
static void finish(Thread *thread, gint *renewals) {
    gint64 end = now_microseconds() + (gint64)KJ_STOP_SECONDS * G_USEC_PER_SEC;
    hear_wake(thread, renewals); /* who was handed over last may have asked already */
    while (TRUE) {
        for (Connection *connection = thread->first, *next; connection; connection = next) {
            next = connection->next;
            thread->now = now_microseconds();
            if (!connection->pending && (!hear(thread, connection) || (connection->length == 0 && !connection->pending)))
                hang_up(thread, connection);
        }
        if (!thread->first || now_microseconds() >= end)
            break;
        turn(thread, renewals, 50);
    }
    while (thread->first)
        hang_up(thread, thread->first);
}

static gpointer run(gpointer data) {
    Thread *thread = data;
    gint renewals = 0;
    thread->now = thread->ticked = now_microseconds();
    while (!g_atomic_int_get(&thread->workers->stopping)) {
        turn(thread, &renewals, TICK_SECONDS * 1000);
        tick(thread);
    }
    if (thread == thread->workers->threads && !thread->paused)
        listen_again(thread, FALSE);
    thread->paused = FALSE;
    finish(thread, &renewals);
    return NULL;
}

/* ---- all of them ---- */

static gboolean prepare(KjWorkers *workers, Thread *thread, GError **error) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &thread->wake };
    thread->workers = workers;
    thread->reply = g_string_new(NULL);
    thread->inbox = g_async_queue_new();
    thread->epoll = epoll_create1(EPOLL_CLOEXEC);
    thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (thread->epoll < 0 || thread->wake < 0 || epoll_ctl(thread->epoll, EPOLL_CTL_ADD, thread->wake, &event) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("no worker can be started: %s"), g_strerror(errno));
        return FALSE;
    }
    thread->own = workers->conversation->begin(workers->service, error);
    return thread->own != NULL;
}

static void free_thread(Thread *thread) {
    gpointer socket;
    if (!thread->workers)
        return;
    while ((socket = g_async_queue_try_pop(thread->inbox)))
        close(GPOINTER_TO_INT(socket) - 1);
    if (thread->own)
        thread->workers->conversation->end(thread->own);
    if (thread->epoll >= 0)
        close(thread->epoll);
    if (thread->wake >= 0)
        close(thread->wake);
    g_async_queue_unref(thread->inbox);
    g_string_free(thread->reply, TRUE);
}

static void free_workers(KjWorkers *workers) {
    for (guint i = 0; i < workers->count; i++)
        free_thread(&workers->threads[i]);
    g_free(workers->threads);
    g_free(workers);
}

KjWorkers *kj_workers_start(const KjConversation *conversation, const KjService *service, guint threads, guint eager, GError **error) {
    KjWorkers *workers = g_new0(KjWorkers, 1);
    workers->conversation = conversation;
    workers->service = service;
    workers->count = threads;
    workers->threads = g_new0(Thread, threads);
    for (guint i = 0; i < threads; i++) {
        workers->threads[i].turned = now_microseconds();
        workers->threads[i].eager.most = kj_eager_most(eager);
    }
    for (guint i = 0; i < threads; i++)
        if (!prepare(workers, &workers->threads[i], error)) {
            free_workers(workers);
            return NULL;
        }
    listen_again(&workers->threads[0], TRUE);
    for (guint i = 0; i < threads; i++)
        workers->threads[i].thread = g_thread_new(kj_section_name(service->section), run, &workers->threads[i]);
    return workers;
}

void kj_workers_renew(gpointer data) {
    KjWorkers *workers = data;
    g_atomic_int_inc(&workers->renewals);
    for (guint i = 0; i < workers->count; i++)
        wake(&workers->threads[i]);
}

void kj_workers_stop(gpointer data) {
    KjWorkers *workers = data;
    g_atomic_int_set(&workers->stopping, 1);
    for (guint i = 0; i < workers->count; i++)
        wake(&workers->threads[i]);
    for (guint i = 0; i < workers->count; i++)
        g_thread_join(workers->threads[i].thread);
    free_workers(workers);
}

gint64 kj_workers_alive_at(gpointer data) {
    const KjWorkers *workers = data;
    gint64 oldest = G_MAXINT64;
    for (guint i = 0; i < workers->count; i++)
        oldest = MIN(oldest, __atomic_load_n(&workers->threads[i].turned, __ATOMIC_RELAXED));
    return oldest;
}

guint kj_workers_connections(gpointer data) {
    const KjWorkers *workers = data;
    guint total = 0;
    for (guint i = 0; i < workers->count; i++)
        total += __atomic_load_n(&workers->threads[i].count, __ATOMIC_RELAXED);
    return total;
}
