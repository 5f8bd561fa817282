/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two kijund, as on two hosts, that share their limits in one Redis: exactly, also while it is away and when it is back. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../counter/redis_server.h"
#include "served.h"

#define LIMIT 40
#define LATER_RCPT "DEFER_IF_PERMIT 4.7.1 The policy service cannot decide at the moment"

static const char policy[] = "mail forwarding {\n"
                             "    default deny;\n"
                             "    partner: limit to \"partner.example\" rate 40/1d per from @message(\"Forty a day\");\n"
                             "    urgent:  limit to \"urgent.example\" rate 40/1d per from @pass_without_counter;\n"
                             "    strict:  limit to \"strict.example\" rate 40/1d per from @message(\"Not uncounted\") @refuse_without_counter;\n"
                             "    inside:  allow to \"example.go.jp\";\n"
                             "}\n";

typedef struct {
    RedisServer redis;
    Served *served[2];
    int sockets[2];
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    redis_server_init(&fixture->redis);
    redis_server_start(&fixture->redis, NULL);
    g_autofree char *counter = g_strdup_printf("counter=redis:unix:%s", fixture->redis.socket);
    for (guint i = 0; i < 2; i++) {
        fixture->served[i] = served_new();
        served_build(fixture->served[i], "table.kjt", policy);
        served_configure(fixture->served[i], "forwarding", counter, "", "");
        served_start(fixture->served[i]);
        fixture->sockets[i] = served_connect_unix(fixture->served[i], "policy");
    }
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint i = 0; i < 2; i++) {
        close(fixture->sockets[i]);
        g_assert_cmpint(served_end(fixture->served[i], SIGTERM), ==, 0);
        served_free(fixture->served[i]);
    }
    redis_server_clear(&fixture->redis);
}

static char *send_message(const Fixture *fixture, guint which, const char *from, const char *to) {
    static guint messages;
    g_autofree char *instance = g_strdup_printf("%u.1", ++messages);
    g_autofree char *request = served_request("END-OF-MESSAGE", instance, from, to, 100, 1);
    return served_ask(fixture->sockets[which], request);
}

/* How many of `count` messages pass, sent by both at once. */
typedef struct {
    const Fixture *fixture;
    guint which, count, passed;
} Sender;

static gpointer send_all(gpointer data) {
    Sender *sender = data;
    for (guint i = 0; i < sender->count; i++) {
        g_autofree char *answer = send_message(sender->fixture, sender->which, "a@x.example", "b@partner.example");
        sender->passed += g_strcmp0(answer, "DUNNO") == 0;
        g_assert_true(g_strcmp0(answer, "DUNNO") == 0 || g_strcmp0(answer, "REJECT 5.7.1 Forty a day") == 0);
    }
    return NULL;
}

static void test_shared_exactly(Fixture *fixture, gconstpointer data) {
    Sender senders[2] = { { fixture, 0, LIMIT, 0 }, { fixture, 1, LIMIT, 0 } };
    (void)data;
    GThread *other = g_thread_new("other", send_all, &senders[1]);
    send_all(&senders[0]);
    g_thread_join(other);
    g_test_message("%u passed here and %u there, of a limit of %d", senders[0].passed, senders[1].passed, LIMIT);
    g_assert_cmpuint(senders[0].passed + senders[1].passed, ==, LIMIT);
}

static void expect(const Fixture *fixture, guint which, const char *state, const char *to, const char *wanted) {
    served_expect(fixture->sockets[which], state, state, "m@x.example", to, 100, 1, wanted);
}

/* Asks until the counter is found again, or two seconds are over: it is looked for with pauses. */
static void await(const Fixture *fixture, guint which, const char *to, const char *wanted) {
    for (guint i = 0; i < 200; i++) {
        g_autofree char *request = served_request("RCPT", "9.9", "m@x.example", to, 100, 0);
        g_autofree char *answer = served_ask(fixture->sockets[which], request);
        if (g_strcmp0(answer, wanted) == 0)
            return;
        g_usleep(50000);
    }
    g_error("kijund %u does not answer `%s` about %s", which, wanted, to);
}

/* While Redis is away each rule answers as its author has said, and what needs no counter goes on. */
static void test_redis_away(Fixture *fixture, gconstpointer data) {
    (void)data;
    expect(fixture, 0, "RCPT", "b@partner.example", "DUNNO");
    redis_server_stop(&fixture->redis);
    for (guint which = 0; which < 2; which++) {
        await(fixture, which, "b@partner.example", LATER_RCPT);
        expect(fixture, which, "RCPT", "b@urgent.example", "DUNNO");
        expect(fixture, which, "RCPT", "b@strict.example", "REJECT 5.7.1 Not uncounted");
        expect(fixture, which, "RCPT", "b@example.go.jp", "DUNNO");
    }
    redis_server_start(&fixture->redis, NULL);
    for (guint which = 0; which < 2; which++) {
        await(fixture, which, "b@partner.example", "DUNNO");
        await(fixture, which, "b@strict.example", "DUNNO");
    }
    Sender senders[2] = { { fixture, 0, LIMIT, 0 }, { fixture, 1, LIMIT, 0 } };
    GThread *other = g_thread_new("other", send_all, &senders[1]);
    send_all(&senders[0]);
    g_thread_join(other);
    g_assert_cmpuint(senders[0].passed + senders[1].passed, ==, LIMIT);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (!redis_server_available())
        return 77;
    g_test_add("/shared/exactly", Fixture, NULL, set_up, test_shared_exactly, tear_down);
    g_test_add("/shared/redis-away", Fixture, NULL, set_up, test_redis_away, tear_down);
    return g_test_run();
}
