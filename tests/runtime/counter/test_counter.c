/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters in their places: memory, LMDB and Redis answer alike; processes and threads together take exactly what there is; nothing answered is ever lost
 * to a kill; what is full, damaged, frozen or gone is AWAY, is told once, and comes back.
 */
#include "places.h"

#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>
#include <hiredis/hiredis.h>
#include <kijun/kijun.h>

static guint rounds(guint many) {
    return g_getenv("KIJUN_SHORT") ? MAX(many / 5, 2) : many;
}

/* What the watch was told. */
typedef struct {
    gint away, back;
} Told;

static void note_trouble(const char *trouble, gpointer data) {
    Told *told = data;
    g_atomic_int_inc(trouble ? &told->away : &told->back);
}

static void assert_told(Told *told, gint away, gint back) {
    g_assert_cmpint(g_atomic_int_get(&told->away), ==, away);
    g_assert_cmpint(g_atomic_int_get(&told->back), ==, back);
}

static void assert_trouble(KjCounter *counter, const char *wanted) {
    g_autofree char *trouble = kj_counter_trouble(counter);
    g_test_message("%s", trouble);
    g_assert_true((trouble == NULL) == (wanted == NULL));
    g_assert_true(!wanted || strstr(trouble, wanted));
}

/* ---- all alike ---- */

static KjRate random_rate(void) {
    KjRate rate = { (guint64)g_test_rand_int_range(1, 400), (guint64)g_test_rand_int_range(60, 100000), 0 };
    switch (g_test_rand_int_range(0, 4)) {
    case 0:
        rate.amount *= 1000000;
        break;
    case 1:
        rate.burst = (guint64)g_test_rand_int_range(1, 100);
        break;
    case 2:
        rate = (KjRate){ 1 + (guint64)g_test_rand_int(), 31536000, 1 + (guint64)g_test_rand_int() };
        break;
    default:
        break;
    }
    return rate;
}

static void compare_counters(KjCounter **counters, guint count, guint index, guint questions) {
    KjRate rate = random_rate();
    gint64 now = START, window = (gint64)rate.window * SECOND;
    guint64 most = rate.burst ? rate.burst : rate.amount;
    g_autofree char *value = g_strdup_printf("somebody-%u@example.jp", index);
    g_autoptr(GBytes) key = key_of(value);
    for (guint i = 0; i < questions; i++) {
        KjCounting counting = g_test_rand_int_range(0, 4) ? KJ_COUNTING_TAKE : KJ_COUNTING_TEST;
        guint64 cost = g_test_rand_int_range(0, 50) ? 1 + (guint64)(g_test_rand_double() * (double)most / 100) : most, wait, first_wait = 0;
        KjCount first = 0;
        for (guint c = 0; c < count; c++) {
            KjCount answer = kj_counter_ask(counters[c], key, &rate, cost, now, counting, &wait);
            if (c == 0)
                first = answer, first_wait = wait;
            g_assert_cmphex(answer, ==, first);
            g_assert_cmpuint(wait, ==, first_wait);
        }
        g_assert_cmphex(first, !=, KJ_COUNT_AWAY);
        gint64 step = (gint64)(g_test_rand_double() * (double)window / 200);
        gint dice = g_test_rand_int_range(0, 300);
        now += dice == 0 ? -window / 2 : dice == 1 ? -10 * window : dice == 2 ? window : dice < 20 ? 0 : step;
        now = MAX(now, 0);
        if (i == questions / 2) /* the rule's rate is edited */
            rate.amount = MAX(rate.amount / 2, 1);
    }
}

static void test_alike(void) {
    RedisServer server;
    char *folder = new_folder();
    g_autofree char *lmdb = g_strdup_printf("lmdb:%s?size=64MiB", folder), *redis = NULL;
    KjCounter *counters[3] = { open_counter("memory"), open_counter(lmdb), NULL };
    guint count = 2;
    gboolean has_redis = redis_server_available();
    if (has_redis) {
        redis_server_init(&server);
        redis_server_start(&server, NULL);
        redis = g_strdup_printf("redis:unix:%s?clock=asker&timeout_ms=10000", server.socket);
        counters[count++] = open_counter(redis);
    }
    for (guint i = 0; i < rounds(20); i++)
        compare_counters(counters, count, i, 500);
    while (count > 0)
        kj_counter_free(counters[--count]);
    if (has_redis)
        redis_server_clear(&server);
    remove_folder(folder);
}

/* ---- together ---- */

typedef struct {
    KjCounter *counter;
    KjRate rate;
    guint tries, within, away;
} Crowd;

static gpointer run_crowd(gpointer data) {
    Crowd *crowd = data;
    g_autoptr(GBytes) key = key_of("shared");
    for (guint i = 0; i < crowd->tries; i++) {
        KjCount answer = kj_counter_ask(crowd->counter, key, &crowd->rate, 1, START, KJ_COUNTING_TAKE, NULL);
        g_atomic_int_add((gint *) &crowd->within, answer == KJ_COUNT_WITHIN);
        g_atomic_int_add((gint *) &crowd->away, answer == KJ_COUNT_AWAY);
    }
    return NULL;
}

static void crowd_takes_exactly(const char *where, guint64 amount, guint tries) {
    Crowd crowd = { open_counter(where), { amount, 86400, 0 }, tries, 0, 0 };
    GThread *threads[8];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("crowd", run_crowd, &crowd);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(crowd.away, ==, 0);
    g_assert_cmpuint(crowd.within, ==, amount);
    g_assert_cmpuint(used_up(crowd.counter, "shared", &crowd.rate, START), ==, amount);
    kj_counter_free(crowd.counter);
}

static void processes_take_exactly(const char *where, guint64 amount, guint tries) {
    Worker workers[2];
    guint within[2], beyond[2], away[2];
    for (guint i = 0; i < 2; i++)
        start_worker(&workers[i], where, amount, tries);
    for (guint i = 0; i < 2; i++)
        end_worker(&workers[i], &within[i], &beyond[i], &away[i]);
    g_test_message("%u and %u of %" G_GUINT64_FORMAT, within[0], within[1], amount);
    g_assert_cmpuint(within[0] + beyond[0], ==, tries);
    g_assert_cmpuint(within[1] + beyond[1], ==, tries);
    g_assert_cmpuint(within[0] + within[1], ==, amount);
}

static void test_together_memory(void) {
    crowd_takes_exactly("memory", 1000, 1000);
}

static void test_together_lmdb(void) {
    for (guint i = 0; i < 2; i++) {
        char *folder = new_folder();
        g_autofree char *where = g_strdup_printf("lmdb:%s", folder);
        if (i == 0)
            crowd_takes_exactly(where, 1000, 500);
        else
            processes_take_exactly(where, 3000, 2500);
        remove_folder(folder);
    }
}

static void test_together_redis(void) {
    RedisServer server;
    if (!redis_server_available())
        return;
    redis_server_init(&server);
    g_autofree char *where = g_strdup_printf("redis:unix:%s?timeout_ms=10000", server.socket);
    redis_server_start(&server, NULL);
    crowd_takes_exactly(where, 1000, 500);
    redis_server_stop(&server);
    redis_server_start(&server, NULL);
    processes_take_exactly(where, 3000, 2500);
    redis_server_clear(&server);
}

/* ---- memory ---- */

static void test_memory_full(void) {
    g_autoptr(KjCounter) counter = open_counter("memory?size=1MiB");
    const KjRate rate = { 2, 60, 0 };
    Told told = { 0, 0 };
    guint taken = 0;
    kj_counter_watch(counter, note_trouble, &told);
    for (guint i = 0; i < 20000; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        taken += take(counter, value, &rate, 1, START) == KJ_COUNT_WITHIN;
    }
    g_test_message("%u live keys in 1 MiB", taken);
    g_assert_cmpuint(taken, >, 1000);
    g_assert_cmpuint(taken, <, 10000);
    assert_told(&told, 1, 0);
    assert_trouble(counter, "full");
    g_assert_cmphex(take(counter, "0", &rate, 1, START), ==, KJ_COUNT_WITHIN); /* what is counted goes on being counted */
    g_assert_cmphex(take(counter, "0", &rate, 1, START), ==, KJ_COUNT_BEYOND);
    for (guint i = 0; i < 1500; i++) { /* and a minute later there is room for all */
        g_autofree char *value = g_strdup_printf("later %u", i);
        g_assert_cmphex(take(counter, value, &rate, 1, START + 60 * SECOND), ==, KJ_COUNT_WITHIN);
    }
    assert_told(&told, 1, 1);
    assert_trouble(counter, NULL);
}

/* ---- LMDB ---- */

static void test_lmdb_killed(void) {
    char *folder = new_folder();
    g_autofree char *where = g_strdup_printf("lmdb:%s?snapshot=1s", folder);
    const KjRate rate = { 100000000, 86400, 0 };
    guint answered = 0, kills = rounds(25);
    for (guint i = 0; i < kills; i++) {
        Worker workers[2];
        guint within, beyond, away;
        for (guint w = 0; w < 2; w++)
            start_worker(&workers[w], where, rate.amount, G_MAXUINT);
        g_usleep((gulong) g_test_rand_int_range(10000, 60000));
        for (guint w = 0; w < 2; w++)
            kill(workers[w].process, SIGKILL);
        for (guint w = 0; w < 2; w++) {
            end_worker(&workers[w], &within, &beyond, &away);
            g_assert_cmpuint(beyond + away, ==, 0);
            answered += within;
        }
        g_autoptr(KjCounter) counter = open_counter(where);
        guint64 kept = used_up(counter, "shared", &rate, START);
        g_assert_cmpuint(kept, >=, answered);
        g_assert_cmpuint(kept, <=, answered + 2 * (i + 1)); /* of each that was killed, one answer may not have been heard */
    }
    g_test_message("%u answers, %u kills", answered, 2 * kills);
    g_assert_cmpuint(answered, >, 0);
    remove_folder(folder);
}

static void put_file(const char *folder, const char *name, const char *text) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* After a restart of the machine the snapshot counts, whatever the torn file holds; without one it begins anew; in the same run garbage is refused. */
static void test_lmdb_power_lost(void) {
    char *folder = new_folder();
    g_autofree char *where = g_strdup_printf("lmdb:%s", folder), *garbage = g_strnfill(100000, 'x');
    g_autofree char *snapshot = g_build_filename(folder, "snapshot.mdb", NULL);
    g_autoptr(GError) error = NULL;
    const KjRate rate = { 1000, 86400, 0 };
    KjCounter *counter = open_counter(where);
    g_assert_cmphex(take(counter, "a", &rate, 7, START), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    counter = open_counter(where);
    g_assert_cmpuint(used_up(counter, "a", &rate, START), ==, 7);
    kj_counter_free(counter);

    put_file(folder, "counts.mdb", garbage);
    g_assert_null(kj_counter_open(where, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);

    for (guint i = 0; i < 2; i++) { /* twice: the snapshot is still there */
        put_file(folder, "counts.mdb", garbage);
        put_file(folder, "boot", "another run of the machine\n");
        counter = open_counter(where);
        g_assert_cmpuint(used_up(counter, "a", &rate, START), ==, 7);
        kj_counter_free(counter);
    }
    g_unlink(snapshot);
    put_file(folder, "boot", "another run of the machine\n");
    counter = open_counter(where);
    g_assert_cmpuint(used_up(counter, "a", &rate, START), ==, 0);
    kj_counter_free(counter);
    remove_folder(folder);
}

static gboolean has_snapshot(const char *folder) {
    g_autofree char *path = g_build_filename(folder, "snapshot.mdb", NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The keeper at work: the snapshot is written while the process runs, and expired states go. */
static void test_lmdb_kept(void) {
    char *folder = new_folder();
    g_autofree char *where = g_strdup_printf("lmdb:%s?snapshot=1s", folder);
    const KjRate rate = { 2, 60, 0 };
    KjCounter *counter = open_counter(where);
    for (guint i = 0; i < 3000; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        g_assert_cmphex(take(counter, value, &rate, 1, START), ==, KJ_COUNT_WITHIN);
    }
    take(counter, "last", &rate, 1, START + 60 * SECOND);
    for (guint i = 0; i < 500 && !has_snapshot(folder); i++)
        g_usleep(10000);
    g_assert_true(has_snapshot(folder));
    g_autofree char *path = g_build_filename(folder, "snapshot.mdb", NULL);
    GStatBuf status;
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_test_message("%ld bytes", (long) status.st_size);
    g_assert_cmpint(status.st_size, <, 65536); /* 3,000 states would be 300 KB */
    kj_counter_free(counter);
    remove_folder(folder);
}

static void test_lmdb_full(void) {
    char *folder = new_folder();
    g_autofree char *where = g_strdup_printf("lmdb:%s?size=1MiB", folder);
    KjCounter *counter = open_counter(where);
    const KjRate rate = { 2, 60, 0 };
    Told told = { 0, 0 };
    guint taken = 0;
    kj_counter_watch(counter, note_trouble, &told);
    for (guint i = 0; i < 20000 && told.away == 0; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        taken += take(counter, value, &rate, 1, START) == KJ_COUNT_WITHIN;
    }
    g_test_message("%u live keys in 1 MiB", taken);
    g_assert_cmpuint(taken, >, 1000);
    assert_told(&told, 1, 0);
    assert_trouble(counter, "MDB_MAP_FULL");
    for (guint i = 0; i < 100; i++) {
        g_autofree char *value = g_strdup_printf("later %u", i);
        g_assert_cmphex(take(counter, value, &rate, 1, START + 60 * SECOND), ==, KJ_COUNT_WITHIN);
    }
    assert_told(&told, 1, 1);
    kj_counter_free(counter);
    remove_folder(folder);
}

/* Another process opened the file larger than this one. */
static void test_lmdb_grown(void) {
    char *folder = new_folder();
    g_autofree char *small = g_strdup_printf("lmdb:%s?size=1MiB", folder), *large = g_strdup_printf("lmdb:%s?size=64MiB", folder);
    g_autofree char *long_value = g_strnfill(400, 'k');
    KjCounter *counter = open_counter(small);
    const KjRate rate = { 100, 86400, 0 };
    g_assert_cmphex(take(counter, "shared", &rate, 1, START), ==, KJ_COUNT_WITHIN);
    Worker worker;
    guint within, beyond, away;
    start_worker(&worker, large, rate.amount, 10);
    end_worker(&worker, &within, &beyond, &away);
    g_assert_cmpuint(within, ==, 10);
    g_assert_cmpuint(used_up(counter, "shared", &rate, START), ==, 11);
    for (guint i = 0; i < 5; i++)
        g_assert_cmphex(take(counter, long_value, &rate, 1, START), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    remove_folder(folder);
}

static void test_lmdb_twice(void) {
    char *folder = new_folder();
    g_autofree char *where = g_strdup_printf("lmdb:%s", folder), *same = g_strdup_printf("lmdb:%s/.", folder), *huge = g_strnfill(2000, 'v');
    g_autoptr(GError) error = NULL;
    KjCounter *counter = open_counter(where);
    const KjRate rate = { 2, 86400, 0 };
    g_assert_null(kj_counter_open(same, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_autofree char *other = g_strconcat(huge, "2", NULL);
    for (guint i = 0; i < 2; i++) /* names longer than LMDB's */
        g_assert_cmphex(take(counter, huge, &rate, 1, START), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(take(counter, huge, &rate, 1, START), ==, KJ_COUNT_BEYOND);
    g_assert_cmphex(take(counter, other, &rate, 1, START), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    kj_counter_free(open_counter(same));
    remove_folder(folder);
}

/* ---- Redis ---- */

static redisReply *tell_redis(const RedisServer *server, const char *command) {
    redisContext *context = redisConnectUnix(server->socket);
    g_assert_true(context && !context->err);
    redisReply *reply = redisCommand(context, command);
    g_assert_nonnull(reply);
    redisFree(context);
    return reply;
}

/* Asks until it is there again. */
static KjCount take_when_back(KjCounter *counter, const KjRate *rate) {
    KjCount answer = KJ_COUNT_AWAY;
    for (guint i = 0; i < 1000 && (answer = take(counter, "a", rate, 1, 0)) == KJ_COUNT_AWAY; i++)
        g_usleep(10000);
    return answer;
}

static void test_redis_restarted(void) {
    RedisServer server;
    Told told = { 0, 0 };
    const KjRate rate = { 3, 3600, 0 };
    if (!redis_server_available())
        return;
    redis_server_init(&server);
    g_autofree char *where = g_strdup_printf("redis:unix:%s", server.socket);
    KjCounter *counter = open_counter(where); /* nobody there yet: no error */
    kj_counter_watch(counter, note_trouble, &told);
    for (guint i = 0; i < 10; i++)
        g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    assert_told(&told, 1, 0);
    assert_trouble(counter, "Redis");
    redis_server_start(&server, NULL);
    g_assert_cmphex(take_when_back(counter, &rate), ==, KJ_COUNT_WITHIN);
    assert_told(&told, 1, 1);
    assert_trouble(counter, NULL);
    for (guint i = 0; i < 2; i++)
        g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_BEYOND);

    redis_server_stop(&server); /* in the middle */
    gint64 begin = g_get_monotonic_time();
    for (guint i = 0; i < 10000; i++)
        g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    g_test_message("%.1f us an answer while away", (double)(g_get_monotonic_time() - begin) / 10000);
    assert_told(&told, 2, 1);
    redis_server_start(&server, NULL);
    g_assert_cmphex(take_when_back(counter, &rate), ==, KJ_COUNT_WITHIN);
    assert_told(&told, 2, 2);

    redis_server_stop(&server); /* and so quickly that nobody asked meanwhile: the idle connection is stale, the answer is not lost */
    redis_server_start(&server, NULL);
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_WITHIN);
    assert_told(&told, 2, 2);
    freeReplyObject(tell_redis(&server, "SCRIPT FLUSH"));
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    redis_server_clear(&server);
}

/* A Redis that hangs: one question waits, for the time allowed, and no other does. */
static void test_redis_frozen(void) {
    RedisServer server;
    Told told = { 0, 0 };
    const KjRate rate = { 100000, 3600, 0 };
    if (!redis_server_available())
        return;
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    g_autofree char *where = g_strdup_printf("redis:unix:%s?timeout_ms=150", server.socket);
    KjCounter *counter = open_counter(where);
    kj_counter_watch(counter, note_trouble, &told);
    g_assert_cmphex(take_when_back(counter, &rate), ==, KJ_COUNT_WITHIN);
    gint away_before = told.away, back_before = told.back;
    kill(server.process, SIGSTOP);
    gint64 begin = g_get_monotonic_time();
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    gint64 waited = g_get_monotonic_time() - begin;
    g_assert_cmpint(waited, >=, 140000);
    g_assert_cmpint(waited, <, 2000000);
    assert_trouble(counter, "in time");
    begin = g_get_monotonic_time();
    g_assert_cmphex(take(counter, "b", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    waited = g_get_monotonic_time() - begin;
    g_test_message("%" G_GINT64_FORMAT " us for the next", waited);
    g_assert_cmpint(waited, <, 50000);
    kill(server.process, SIGCONT);
    g_assert_cmphex(take_when_back(counter, &rate), ==, KJ_COUNT_WITHIN);
    assert_told(&told, away_before + 1, back_before + 1);
    kj_counter_free(counter);
    redis_server_clear(&server);
}

/* Redis' own clock decides, keys do not stay for ever, and one damaged key is no reason to call Redis away for long. */
static void test_redis_keys(void) {
    RedisServer server;
    const KjRate rate = { 3, 1, 0 }, bucket = { 1, 10, 2 };
    if (!redis_server_available())
        return;
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    g_autofree char *where = g_strdup_printf("redis:unix:%s?timeout_ms=5000", server.socket);
    KjCounter *counter = open_counter(where);
    g_assert_cmphex(take(counter, "a", &rate, 3, 12345), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(take(counter, "b", &bucket, 2, 12345), ==, KJ_COUNT_WITHIN);
    redisReply *reply = tell_redis(&server, "PTTL kijun:15:mail.forwarding,7:partner,1:b,");
    g_assert_cmpint(reply->integer, >, 15000);
    g_assert_cmpint(reply->integer, <=, 20000);
    freeReplyObject(reply);
    KjCount answer = take(counter, "a", &rate, 1, (gint64) 4000000000 * SECOND); /* what the asker's clock says is not heard */
    if (answer == KJ_COUNT_WITHIN) /* a machine so slow that a second has gone by */
        g_test_message("slow");
    for (guint i = 0; i < 300 && (reply = tell_redis(&server, "EXISTS kijun:15:mail.forwarding,7:partner,1:a,"))->integer; i++) {
        freeReplyObject(reply);
        g_usleep(10000);
    }
    g_assert_cmpint(reply->integer, ==, 0);
    freeReplyObject(reply);
    freeReplyObject(tell_redis(&server, "SET kijun:15:mail.forwarding,7:partner,1:c, nonsense"));
    g_assert_cmphex(take(counter, "c", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    g_assert_cmphex(take(counter, "d", &rate, 1, 0), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    redis_server_clear(&server);
}

static void test_redis_password(void) {
    RedisServer server;
    const KjRate rate = { 3, 3600, 0 };
    if (!redis_server_available())
        return;
    redis_server_init(&server);
    redis_server_start(&server, "a secret");
    char *folder = new_folder();
    put_file(folder, "password", "a secret\n");
    g_autofree char *without = g_strdup_printf("redis:unix:%s?timeout_ms=5000", server.socket);
    g_autofree char *with = g_strdup_printf("%s&password_file=%s/password", without, folder);
    KjCounter *counter = open_counter(without);
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_AWAY);
    assert_trouble(counter, "uthenticat");
    kj_counter_free(counter);
    counter = open_counter(with);
    g_assert_cmphex(take(counter, "a", &rate, 1, 0), ==, KJ_COUNT_WITHIN);
    kj_counter_free(counter);
    redis_server_clear(&server);
    remove_folder(folder);
}

/* ---- places that are none ---- */

static void test_wrong_places(void) {
    static const char *const wrong[] = {
        "", "disk", "memory:", "memory/x", "memory?size=1", "memory?size=", "memory?size", "memory?sizes=64MiB", "memory?size=64MB&", "lmdb:/proc/nowhere",
        "redis:", "redis:unix:socket", "redis:tcp:host", "redis:tcp::6379", "redis:tcp:host:0", "redis:tcp:host:65536", "redis:tcp:host:6379?timeout_ms=0",
        "redis:tcp:host:6379?clock=wall", "redis:tcp:host:6379?password_file=/nowhere", NULL,
    };
    for (guint i = 0; wrong[i]; i++) {
        g_autoptr(GError) error = NULL;
        KjCounter *counter = kj_counter_open(wrong[i], &error);
        g_test_message("%s: %s", wrong[i], error ? error->message : "opened");
        g_assert_null(counter);
        g_assert_cmpint(error->domain, ==, KJ_ERROR);
    }
    kj_counter_free(open_counter("redis:tcp:[::1]:6379"));
    kj_counter_free(open_counter("redis:tcp:127.0.0.1:6379?timeout_ms=50"));
    kj_counter_free(NULL);
    g_autoptr(KjCounter) counter = open_counter("memory?size=64MB");
    const KjRate no_amount = { 0, 1, 0 }, no_window = { 1, 0, 0 };
    g_assert_cmphex(take(counter, "a", &no_amount, 1, START), ==, KJ_COUNT_AWAY);
    g_assert_cmphex(take(counter, "a", &no_window, 1, START), ==, KJ_COUNT_AWAY);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return run_worker(argc, argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/counter/alike", test_alike);
    g_test_add_func("/counter/together/memory", test_together_memory);
    g_test_add_func("/counter/together/lmdb", test_together_lmdb);
    g_test_add_func("/counter/together/redis", test_together_redis);
    g_test_add_func("/counter/memory/full", test_memory_full);
    g_test_add_func("/counter/lmdb/killed", test_lmdb_killed);
    g_test_add_func("/counter/lmdb/power-lost", test_lmdb_power_lost);
    g_test_add_func("/counter/lmdb/kept", test_lmdb_kept);
    g_test_add_func("/counter/lmdb/full", test_lmdb_full);
    g_test_add_func("/counter/lmdb/grown", test_lmdb_grown);
    g_test_add_func("/counter/lmdb/twice", test_lmdb_twice);
    g_test_add_func("/counter/redis/restarted", test_redis_restarted);
    g_test_add_func("/counter/redis/frozen", test_redis_frozen);
    g_test_add_func("/counter/redis/keys", test_redis_keys);
    g_test_add_func("/counter/redis/password", test_redis_password);
    g_test_add_func("/counter/wrong-places", test_wrong_places);
    return g_test_run();
}
