/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A storm of reloads: ten a second, under full load.
 *
 *     test_storm [--seconds N]     initially 5, and 2 under $KIJUN_SHORT; `./run long` takes 60
 *
 * Two tables say the same things in two ways: the same mailboxes, other rules in another order, other labels, messages and effects. What
 * one connection is told about a mailbox must be wholly the one or wholly the other, and what is logged (release, label, message, line)
 * too: a decision made by the rules of one table and read out of the other would fit neither. After every fourth swap comes a reload that must
 * be refused, and changes nothing. Every question gets an answer, memory does not grow, and the slowest of a hundred answers is told.
 */
#include "served.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAILBOXES 40
#define LOGGED 4 /* of the mailboxes */
#define CLIENTS 3 /* of Postfix's over unix, as many over inet, and as many of AuthZEN's */
#define SWAPS_A_SECOND 10
#if defined(__SANITIZE_ADDRESS__)
#define SLACK 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLACK 8
#endif
#endif
#ifndef SLACK
#define SLACK 1
#endif
#define GROWTH_KIB (4096 * SLACK) /* what a daemon may grow between a fifth and the end of the storm */

static int option_seconds = -1;

typedef enum { POSTFIX_UNIX, POSTFIX_INET, AUTHZEN, WAYS } Way;

typedef struct {
    const Served *served;
    Way way;
    const gint *over;
    GThread *thread;
    GArray *times; /* guint32, microseconds */
    guint64 answers[2];
} Client;

/* The rule for mailbox i in table t: in the second table the order is turned round, and every third mailbox is held. */
static void append_rule(GString *text, guint table, guint i) {
    const char *log = i < LOGGED ? " @log" : "";
    if (table == 1 && i % 3 == 0)
        g_string_append_printf(text, "    b%u: hold to \"m%u@x.example\" @message(\"b says m%u\")%s;\n", i, i, i, log);
    else
        g_string_append_printf(text, "    %c%u: deny to \"m%u@x.example\" @message(\"%c says m%u\")%s;\n", "ab"[table], i, i, "ab"[table], i, log);
}

static char *wanted_answer(Way way, guint table, guint i) {
    if (way == AUTHZEN)
        return g_strdup_printf("{\"decision\":false,\"context\":{\"rule\":\"%c%u\",\"reason\":\"%c says m%u\"}}", "ab"[table], i, "ab"[table], i);
    if (table == 1 && i % 3 == 0)
        return g_strdup_printf("HOLD Held by policy (b%u)", i);
    return g_strdup_printf("REJECT 5.7.1 %c says m%u", "ab"[table], i);
}

static void build_tables(const Served *served) {
    static const char *const names[] = { "a.kjt", "b.kjt" };
    for (guint t = 0; t < 2; t++) {
        g_autoptr(GString) text = g_string_new("mail forwarding {\n    default deny @message(\"nobody says so\");\n");
        for (guint i = 0; i < MAILBOXES; i++)
            append_rule(text, t, t == 0 ? i : MAILBOXES - 1 - i);
        g_string_append(text, "}\nacl papers {\n    default deny;\n");
        for (guint n = 0; n < MAILBOXES; n++) {
            guint i = t == 0 ? n : MAILBOXES - 1 - n;
            g_string_append_printf(text, "    %c%u: deny principal \"p%u\" @message(\"%c says m%u\");\n", "ab"[t], i, i, "ab"[t], i);
        }
        g_string_append(text, "}\n");
        served_build(served, names[t], text->str);
    }
    served_build(served, "table.kjt", "mail forwarding { default deny; } acl papers { default deny; }");
    served_build(served, "lacking.kjt", "mail forwarding { default deny; } acl other { default deny; }");
    served_write(served, "bad.kjt", "KIJUN");
}

/* ---- load ---- */

static int open_way(const Served *served, Way way) {
    if (way == POSTFIX_INET)
        return served_connect_inet(served);
    return served_connect_unix(served, way == AUTHZEN ? "authzen" : "policy");
}

static char *make_request(Way way, guint i) {
    g_autofree char *to = g_strdup_printf("m%u@x.example", i), *body = NULL;
    if (way != AUTHZEN)
        return served_request(i % 2 ? "RCPT" : "END-OF-MESSAGE", "1.1", "a@y.example", to, 1, 1);
    body = g_strdup_printf("{\"subject\":{\"type\":\"user\",\"id\":\"p%u\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"a\",\"id\":\"b\"}}", i);
    return g_strdup_printf("POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                           strlen(body), body);
}

static char *ask_way(Way way, int socket, const char *request) {
    return way == AUTHZEN ? served_post(socket, request) : served_ask(socket, request);
}

static gpointer run_client(gpointer data) {
    Client *client = data;
    int socket = open_way(client->served, client->way);
    char *requests[MAILBOXES], *wanted[2][MAILBOXES];
    for (guint i = 0; i < MAILBOXES; i++) {
        requests[i] = make_request(client->way, i);
        wanted[0][i] = wanted_answer(client->way, 0, i);
        wanted[1][i] = wanted_answer(client->way, 1, i);
    }
    for (guint i = 0; !g_atomic_int_get(client->over); i = (i + 7) % MAILBOXES) {
        gint64 begin = g_get_monotonic_time();
        g_autofree char *answer = ask_way(client->way, socket, requests[i]);
        guint32 time = (guint32)(g_get_monotonic_time() - begin);
        g_array_append_val(client->times, time);
        g_assert_nonnull(answer); /* none is lost */
        guint table = strcmp(answer, wanted[1][i]) == 0;
        g_assert_cmpstr(answer, ==, wanted[table][i]); /* none is mixed */
        client->answers[table]++;
    }
    for (guint i = 0; i < MAILBOXES; i++) {
        g_free(requests[i]);
        g_free(wanted[0][i]);
        g_free(wanted[1][i]);
    }
    close(socket);
    return NULL;
}

static gboolean reload(const Served *served, const char *table) {
    g_autofree char *path = served_path(served, table), *command = g_strdup_printf("reload %s", path);
    return served_control(served, command, NULL);
}

static guint swap_all(const Served *served, int seconds) {
    static const char *const tables[] = { "a.kjt", "b.kjt" }, *const wrong[] = { "bad.kjt", "lacking.kjt" };
    gint64 begin = g_get_monotonic_time();
    guint64 early = 0;
    guint swaps = (guint)seconds * SWAPS_A_SECOND;
    for (guint n = 0; n < swaps; n++) {
        gint64 next = begin + (gint64)(n + 1) * G_USEC_PER_SEC / SWAPS_A_SECOND;
        g_assert_true(reload(served, tables[n % 2]));
        if (n % 4 == 3)
            g_assert_false(reload(served, wrong[n / 4 % 2]));
        if (n == swaps / 5)
            early = served_resident(served);
        g_usleep((gulong)MAX(next - g_get_monotonic_time(), 0));
    }
    guint64 late = served_resident(served);
    g_test_message("resident: %" G_GUINT64_FORMAT " KiB early, %" G_GUINT64_FORMAT " KiB at the end", early, late);
    g_assert_cmpuint(late, <, early + GROWTH_KIB);
    return swaps;
}

/* ---- what was logged ---- */

static char *member(const char *line, const char *name) {
    g_autofree char *key = g_strdup_printf("\"%s\":\"", name);
    const char *begin = strstr(line, key);
    return begin ? g_strndup(begin + strlen(key), strcspn(begin + strlen(key), "\"")) : g_strdup("");
}

/* Each record is one table's: its release, its rule, its message, about the mailbox it was about. */
static guint64 check_log(const Served *served) {
    g_autofree char *log = served_read(served, "log");
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    char *releases[2] = { NULL, NULL };
    guint64 records = 0;
    for (guint i = 0; lines[i] && lines[i][0]; i++, records++) {
        g_autofree char *release = member(lines[i], "release"), *rule = member(lines[i], "rule"), *message = member(lines[i], "message");
        g_autofree char *to = member(lines[i], "to"), *wanted = NULL;
        guint table = rule[0] == 'b';
        g_assert_true(rule[0] == 'a' || table);
        wanted = g_strdup_printf("%c says m%s", rule[0], rule + 1);
        g_assert_cmpstr(message, ==, wanted);
        g_assert_cmpint(strncmp(to + 1, rule + 1, strlen(rule + 1)), ==, 0);
        if (!releases[table])
            releases[table] = g_steal_pointer(&release);
        else
            g_assert_cmpstr(release, ==, releases[table]);
    }
    g_assert_cmpstr(releases[0], !=, releases[1]);
    g_free(releases[0]);
    g_free(releases[1]);
    return records;
}

static gint compare_times(gconstpointer a, gconstpointer b) {
    guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;
    return one < other ? -1 : one > other;
}

/* Of the clients that went one way, or of all. */
static void tell(const Client *clients, guint count, Way way, const char *name) {
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint64 answers[2] = { 0, 0 };
    for (guint i = 0; i < count; i++)
        if (clients[i].way == way) {
            g_array_append_vals(times, clients[i].times->data, clients[i].times->len);
            answers[0] += clients[i].answers[0];
            answers[1] += clients[i].answers[1];
        }
    g_assert_cmpuint(answers[0], >, 0);
    g_assert_cmpuint(answers[1], >, 0);
    g_array_sort(times, compare_times);
    g_test_message("%s: %u answers (%" G_GUINT64_FORMAT " of one table, %" G_GUINT64_FORMAT " of the other); median %u us, p99 %u us, slowest %u us",
                   name, times->len, answers[0], answers[1], g_array_index(times, guint32, times->len / 2),
                   g_array_index(times, guint32, times->len - 1 - times->len / 100), g_array_index(times, guint32, times->len - 1));
}

static void test_storm(void) {
    static const char *const names[WAYS] = { "Postfix over unix", "Postfix over inet", "AuthZEN over unix" };
    int seconds = option_seconds > 0 ? option_seconds : g_getenv("KIJUN_SHORT") ? 2 : 5;
    g_autoptr(Served) served = served_new();
    Client clients[WAYS * CLIENTS] = { 0 };
    gint over = 0;
    build_tables(served);
    g_autofree char *authzen = g_strdup_printf("[listen authzen]\nprotocol=authzen\naddress=unix:%s/authzen\nblock=papers\n", served->folder);
    served_configure(served, "forwarding", "counter=memory", "", authzen);
    served_start(served);
    g_autofree char *first = served_path(served, "a.kjt"), *command = g_strdup_printf("reload %s", first), *status = NULL;
    g_assert_true(served_control(served, command, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++) {
        clients[i] = (Client){ .served = served, .way = i % WAYS, .over = &over, .times = g_array_new(FALSE, FALSE, sizeof(guint32)) };
        clients[i].thread = g_thread_new("client", run_client, &clients[i]);
    }
    guint swaps = swap_all(served, seconds);
    g_atomic_int_set(&over, 1);
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        g_thread_join(clients[i].thread);
    g_assert_true(served_control(served, "status", &status));
    g_autofree char *epoch = g_strdup_printf("\"epoch\":%u,", swaps + 2);
    g_assert_nonnull(strstr(status, epoch)); /* the refused ones were none */
    g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    for (Way way = 0; way < WAYS; way++)
        tell(clients, G_N_ELEMENTS(clients), way, names[way]);
    g_test_message("%d s, %u swaps, %" G_GUINT64_FORMAT " records", seconds, swaps, check_log(served));
    for (guint i = 0; i < G_N_ELEMENTS(clients); i++)
        g_array_unref(clients[i].times);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (argc == 3 && strcmp(argv[1], "--seconds") == 0)
        option_seconds = (int)g_ascii_strtoll(argv[2], NULL, 10);
    g_test_add_func("/kijund/storm", test_storm);
    return g_test_run();
}
