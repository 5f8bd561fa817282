/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting in a Redis that several hosts share.
 *
 * A question is one script (redis_script.c), sent by its SHA-1 and, when Redis does not know it (it is new, or was started again), whole. The time is
 * Redis' own: hosts have different clocks, and two of them would push each other's events about. `clock=asker` takes the question's time instead.
 *
 * Connections stand in a pool, one for each question under way, so that nobody waits for another's answer. A connection that turns out to be closed
 * (Redis was started again meanwhile) is opened anew and asked once more; whatever else fails is AWAY. Then, after a pause of a tenth of a second that
 * doubles up to five seconds, one question at a time tries again, and every other is answered AWAY at once, without touching the network. A question
 * waits timeout_ms at most to connect and as long for the answer. An answer that came too late may have counted: less gets through, never more; its
 * connection is closed, so that no late answer is ever taken for another question's.
 *
 * What the counts survive is Redis' own affair: without persistence a restart begins anew, and it must run with `maxmemory-policy noeviction`, or it throws
 * out counts. There is no TLS here: beyond this machine, go through a tunnel.
 */
#include "backend.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <kijun/translate.h>
#include <kijun/value.h>

#include "redis_script.h"

#define DEFAULT_TIMEOUT 200    /* milliseconds */
#define LONGEST_TIMEOUT 10000  /* milliseconds */
#define POOL_MAX 64            /* idle connections */
#define FIRST_PAUSE 100000     /* microseconds */
#define LONGEST_PAUSE 5000000  /* microseconds */
#define KEY_PREFIX "kijun:"
#define NUMBERS 7              /* of the script's arguments */

typedef struct {
    KjCounter base;
    char *path; /* unix, else NULL */
    char *host;
    int port;
    char *password; /* or NULL */
    gboolean asker_clock;
    struct timeval timeout;
    char *digest; /* the script's SHA-1 */
    GMutex lock;  /* of all below */
    GPtrArray *idle;
    gint64 pause;    /* 0: it is there */
    gint64 retry_at; /* by the monotonic clock */
    gboolean trying;
} RedisCounter;

typedef struct {
    const char *arguments[5 + NUMBERS];
    gsize lengths[5 + NUMBERS];
    char numbers[NUMBERS][24];
} Command;

/* ---- connections ---- */

static char *context_trouble(const redisContext *context) {
    if (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        return g_strdup("Redis did not answer in time");
    return g_strdup_printf("Redis: %s", context->errstr[0] ? context->errstr : "it closed the connection");
}

static gboolean log_in(RedisCounter *counter, redisContext *context, char **trouble) {
    if (!counter->password)
        return TRUE;
    redisReply *reply = redisCommand(context, "AUTH %s", counter->password);
    gboolean known = reply && reply->type == REDIS_REPLY_STATUS;
    if (!known)
        *trouble = reply ? g_strdup_printf("Redis: %s", reply->str) : context_trouble(context);
    if (reply)
        freeReplyObject(reply);
    return known;
}

static redisContext *connect_redis(RedisCounter *counter, char **trouble) {
    redisContext *context = counter->path ? redisConnectUnixWithTimeout(counter->path, counter->timeout)
                                          : redisConnectWithTimeout(counter->host, counter->port, counter->timeout);
    if (!context) {
        *trouble = g_strdup("out of memory");
        return NULL;
    }
    if (context->err)
        *trouble = context_trouble(context);
    else if (redisSetTimeout(context, counter->timeout) != REDIS_OK)
        *trouble = context_trouble(context);
    else if (log_in(counter, context, trouble))
        return context;
    redisFree(context);
    return NULL;
}

/* hiredis writes with write(2), and a socket the other side has closed answers that with SIGPIPE. The program's own way with the signal is not ours to
 * change, so it is kept off for this thread and a new one is taken back. */
typedef struct {
    sigset_t before;
    gboolean was_pending;
} Quiet;

static void hold_pipe_signal(Quiet *quiet) {
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    quiet->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &quiet->before);
}

static void release_pipe_signal(const Quiet *quiet) {
    static const struct timespec at_once = { 0, 0 };
    int saved = errno;
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    if (!quiet->was_pending && sigismember(&pending, SIGPIPE) == 1)
        while (sigtimedwait(&pipe, NULL, &at_once) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
    errno = saved;
}

/* ---- one question ---- */

static void add_argument(Command *command, guint index, const char *text, gsize length) {
    command->arguments[index] = text;
    command->lengths[index] = length;
}

static void make_command(Command *command, const RedisCounter *counter, const char *key, gsize key_length, const KjRatePlan *plan,
                         guint64 cost, gint64 now, KjCounting counting) {
    const guint64 numbers[NUMBERS] = { (guint64)now, cost, plan->amount, plan->window, plan->unit, plan->fill, plan->parts };
    guint next = 3;
    add_argument(command, 0, "EVALSHA", 7);
    add_argument(command, 1, counter->digest, strlen(counter->digest));
    add_argument(command, 2, "1", 1);
    add_argument(command, next++, key, key_length);
    for (guint i = 0; i < NUMBERS; i++) {
        int length = g_snprintf(command->numbers[i], sizeof command->numbers[i], "%" PRIu64, numbers[i]);
        if (i == 0 && !counter->asker_clock)
            length = g_snprintf(command->numbers[i], sizeof command->numbers[i], "-1");
        add_argument(command, next++, command->numbers[i], (gsize)length);
        if (i == 0)
            add_argument(command, next++, counting == KJ_COUNTING_TAKE ? "take" : "test", 4);
    }
}

static gboolean is_answer(const redisReply *reply) {
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_INTEGER &&
           reply->element[1]->type == REDIS_REPLY_INTEGER;
}

static redisReply *send_command(redisContext *context, Command *command) {
    redisReply *reply = redisCommandArgv(context, G_N_ELEMENTS(command->arguments), command->arguments, command->lengths);
    if (!reply || reply->type != REDIS_REPLY_ERROR || !g_str_has_prefix(reply->str, "NOSCRIPT"))
        return reply;
    freeReplyObject(reply);
    add_argument(command, 0, "EVAL", 4);
    add_argument(command, 1, kj_redis_script, strlen(kj_redis_script));
    return redisCommandArgv(context, G_N_ELEMENTS(command->arguments), command->arguments, command->lengths);
}

/* Whether the other side had closed a connection that lay idle. Not when it was merely slow. */
static gboolean was_stale(const redisContext *context) {
    return context->err == REDIS_ERR_EOF || (context->err == REDIS_ERR_IO && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Asks over *context, over a new one where it is NULL or stale. NULL and *trouble when there is no answer; *context is NULL when nothing at all came back. */
static redisReply *ask_over(RedisCounter *counter, redisContext **context, Command *command, char **trouble) {
    redisReply *reply = NULL;
    gboolean again = *context != NULL;
    if (!*context && !(*context = connect_redis(counter, trouble)))
        return NULL;
    reply = send_command(*context, command);
    if (!reply && again && was_stale(*context)) {
        redisFree(*context);
        if (!(*context = connect_redis(counter, trouble)))
            return NULL;
        reply = send_command(*context, command);
    }
    if (!reply) {
        *trouble = context_trouble(*context);
        redisFree(*context);
        *context = NULL;
    } else if (!is_answer(reply)) {
        *trouble = g_strdup_printf("Redis: %s", reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another kind");
        freeReplyObject(reply);
        reply = NULL;
    }
    return reply;
}

/* ---- being away ---- */

/* FALSE: it is away, and it is not this question's turn to try. */
static gboolean take_connection(RedisCounter *counter, redisContext **context) {
    g_mutex_lock(&counter->lock);
    gboolean may = counter->pause == 0 || (!counter->trying && g_get_monotonic_time() >= counter->retry_at);
    if (may && counter->pause > 0)
        counter->trying = TRUE;
    *context = may && counter->idle->len > 0 ? g_ptr_array_steal_index_fast(counter->idle, counter->idle->len - 1) : NULL;
    g_mutex_unlock(&counter->lock);
    return may;
}

/* Gives back what was taken. A failure of one is taken for the failure of all: idle connections go too. */
static void give_connection(RedisCounter *counter, redisContext *context) {
    g_mutex_lock(&counter->lock);
    counter->trying = FALSE;
    if (context) {
        counter->pause = 0;
        if (counter->idle->len < POOL_MAX)
            g_ptr_array_add(counter->idle, g_steal_pointer(&context));
    } else {
        counter->pause = CLAMP(counter->pause * 2, FIRST_PAUSE, LONGEST_PAUSE);
        counter->retry_at = g_get_monotonic_time() + counter->pause;
        g_ptr_array_set_size(counter->idle, 0);
    }
    g_mutex_unlock(&counter->lock);
    if (context)
        redisFree(context);
}

static KjCount ask_redis(KjCounter *base, const GBytes *key, const KjRatePlan *plan, guint64 cost, gint64 now, KjCounting counting,
                         guint64 *wait) {
    RedisCounter *counter = (RedisCounter *)base;
    redisContext *context;
    KjCount answer = KJ_COUNT_AWAY;
    Command command;
    Quiet quiet;
    gsize length;
    if (cost > plan->amount) {
        *wait = G_MAXUINT64;
        return KJ_COUNT_BEYOND;
    }
    if (!take_connection(counter, &context))
        return KJ_COUNT_AWAY;
    gconstpointer name = g_bytes_get_data((GBytes *)key, &length);
    g_autofree char *prefixed = g_malloc(length + strlen(KEY_PREFIX) + 1);
    g_autofree char *trouble = NULL;
    memcpy(prefixed, KEY_PREFIX, strlen(KEY_PREFIX));
    memcpy(prefixed + strlen(KEY_PREFIX), name, length);
    make_command(&command, counter, prefixed, length + strlen(KEY_PREFIX), plan, cost, now, counting);
    hold_pipe_signal(&quiet);
    redisReply *reply = ask_over(counter, &context, &command, &trouble);
    release_pipe_signal(&quiet);
    give_connection(counter, context);
    kj_counter_set_trouble(base, trouble);
    if (reply) {
        answer = reply->element[0]->integer == 1 ? KJ_COUNT_WITHIN : KJ_COUNT_BEYOND;
        *wait = reply->element[1]->integer < 0 ? G_MAXUINT64 : (guint64) reply->element[1]->integer;
        freeReplyObject(reply);
    }
    return answer;
}

/* ---- opening and closing ---- */

static void free_redis(KjCounter *base) {
    RedisCounter *counter = (RedisCounter *)base;
    g_ptr_array_unref(counter->idle);
    g_mutex_clear(&counter->lock);
    g_free(counter->path);
    g_free(counter->host);
    g_free(counter->password);
    g_free(counter->digest);
    kj_counter_clear(base);
    g_free(counter);
}

/* `unix:PATH` or `tcp:HOST:PORT`, an IPv6 address in brackets. */
static gboolean read_place(RedisCounter *counter, const char *place, GError **error) {
    const char *colon;
    guint64 port;
    if (g_str_has_prefix(place, "unix:/")) {
        counter->path = g_strdup(place + strlen("unix:"));
        return TRUE;
    }
    if (g_str_has_prefix(place, "tcp:") && (colon = strrchr(place + 4, ':')) && colon > place + 4 &&
        g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL)) {
        const char *host = place + 4, *end = colon;
        gboolean bracketed = *host == '[' && end[-1] == ']' && end - host > 2;
        counter->host = g_strndup(host + bracketed, (gsize)(end - host) - 2 * (gsize)bracketed);
        counter->port = (int)port;
        return TRUE;
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`redis:%s` is no place: write `redis:unix:/PATH` or `redis:tcp:HOST:PORT`"), place);
    return FALSE;
}

static gboolean read_password(RedisCounter *counter, const char *path, GError **error) {
    if (!path)
        return TRUE;
    if (!g_file_get_contents(path, &counter->password, NULL, error))
        return FALSE;
    g_strchomp(counter->password);
    return TRUE;
}

static gboolean read_clock(RedisCounter *counter, const char *clock, GError **error) {
    counter->asker_clock = g_strcmp0(clock, "asker") == 0;
    if (!clock || counter->asker_clock || strcmp(clock, "redis") == 0)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`clock=%s`: write `clock=redis` or `clock=asker`"), clock);
    return FALSE;
}

KjCounter *kj_counter_open_redis(const char *place, GError **error) {
    static const KjCounterKind kind = { ask_redis, free_redis };
    g_autofree char *clock = NULL, *password_file = NULL;
    guint64 timeout = DEFAULT_TIMEOUT;
    const KjCounterOption options[] = { { "timeout_ms", kj_value_read_integer, 1, LONGEST_TIMEOUT, &timeout },
                                        { "password_file", NULL, 0, 0, &password_file },
                                        { "clock", NULL, 0, 0, &clock },
                                        { .name = NULL } };
    g_autofree char *rest = kj_counter_read_options(place, options, error);
    if (!rest)
        return NULL;
    RedisCounter *counter = g_new0(RedisCounter, 1);
    counter->base.kind = &kind;
    g_mutex_init(&counter->base.lock);
    g_mutex_init(&counter->lock);
    counter->idle = g_ptr_array_new_with_free_func((GDestroyNotify) redisFree);
    counter->timeout = (struct timeval){ (time_t)(timeout / 1000), (suseconds_t)(timeout % 1000 * 1000) };
    counter->digest = g_compute_checksum_for_string(G_CHECKSUM_SHA1, kj_redis_script, -1);
    if (read_place(counter, rest, error) && read_password(counter, password_file, error) && read_clock(counter, clock, error))
        return &counter->base;
    free_redis(&counter->base);
    return NULL;
}
