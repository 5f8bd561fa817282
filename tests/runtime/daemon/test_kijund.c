/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijund from outside: what Postfix is answered, what is counted and kept, what the control socket does, what is hung up on. */
#include "served.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char policy[] = "mail forwarding {\n"
                             "    default deny @message(\"Not to there\") @log;\n"
                             "    inside:  allow to { \"example.go.jp\", \"*.example.go.jp\" };\n"
                             "    partner: limit to \"partner.example\" rate 3/1d per from @message(\"Three a day\") @log;\n"
                             "    many:    limit to \"many.example\" rate 4000/1d burst 4000 @log;\n"
                             "    bytes:   limit to \"bytes.example\" rate 1MB/1d per from;\n"
                             "    small:   allow to \"small.example\" size <= 1000;\n"
                             "    held:    hold to \"held.example\";\n"
                             "    status:  deny to \"status.example\" @message(\"5.7.26 Unsigned\\nmail\");\n"
                             "    foreign: deny to \"foreign.example\" @message(\"転送できない\");\n"
                             "}\n";

#define LATER_RCPT "DEFER_IF_PERMIT 4.7.1 The policy service cannot decide at the moment"
#define LATER_END "451 4.3.5 The policy service cannot decide at the moment"

static Served *serve(const char *main, const char *listen) {
    Served *served = served_new();
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", main, listen, "");
    served_start(served);
    return served;
}

static void end_well(Served *served) {
    g_assert_cmpint(served_end(served, SIGTERM), ==, 0);
    g_assert_cmpint(served_try_unix(served, "policy"), <, 0);
}

/* ---- answers ---- */

static void test_answers(void) {
    g_autoptr(Served) served = serve("counter=memory", "");
    int socket = served_connect_inet(served);
    static const struct {
        const char *from, *to, *answer;
        guint size;
    } cases[] = {
        { "a@x.example", "b@example.go.jp", "DUNNO", 100 },
        { "a@x.example", "b@mail.EXAMPLE.go.jp", "DUNNO", 100 },
        { "", "b@example.go.jp", "DUNNO", 100 },
        { "a@x.example", "b@evil.example", "REJECT 5.7.1 Not to there", 100 },
        { "a@x.example", "b@small.example", "DUNNO", 1000 },
        { "a@x.example", "b@small.example", "REJECT 5.7.1 Not to there", 1001 },
        { "a@x.example", "b@small.example", "REJECT 5.7.1 Not to there", 0 }, /* no size is said: a rule about size does not match */
        { "a@x.example", "b@held.example", "HOLD Held by policy (held)", 100 },
        { "a@x.example", "b@status.example", "REJECT 5.7.26 Unsigned mail", 100 },
        { "a@x.example", "b@foreign.example", "REJECT 5.7.1 Refused by policy (foreign)", 100 },
        { "a@x.example", "", LATER_RCPT, 100 },
        { "a@x.example", "nobody", LATER_RCPT, 100 },
        { "a@x.example", "b@bytes.example", "DUNNO", 1000000 },
        { "a@x.example", "b@bytes.example", "REJECT 5.7.1 The limit `bytes` is used up", 1000001 },
        { "a@x.example", "b@bytes.example", "REJECT 5.7.1 the rate counts bytes, and the question does not say its size", 0 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *instance = g_strdup_printf("1.%u", i);
        served_expect(socket, "RCPT", instance, cases[i].from, cases[i].to, cases[i].size, 0, cases[i].answer);
    }
    served_expect(socket, "DATA", "1.1", "a@x.example", "b@example.go.jp", 1, 0, LATER_RCPT);
    served_expect(socket, "VRFY", "1.1", "a@x.example", "b@example.go.jp", 1, 0, LATER_RCPT);
    close(socket);
    end_well(served);
}

/* Tested at RCPT, taken at END-OF-MESSAGE: what is not sent does not count. */
static void test_counting(void) {
    g_autoptr(Served) served = serve("counter=memory", "");
    int socket = served_connect_unix(served, "policy"), other = served_connect_unix(served, "policy");
    for (guint i = 0; i < 10; i++) {
        g_autofree char *instance = g_strdup_printf("1.%u", i);
        served_expect(socket, "RCPT", instance, "a@x.example", "b@partner.example", 1, 0, "DUNNO");
    }
    served_expect(socket, "END-OF-MESSAGE", "2.1", "a@x.example", "b@partner.example", 1, 1, "DUNNO");
    served_expect(other, "END-OF-MESSAGE", "2.2", "a@X.Example", "c@partner.example", 1, 1, "DUNNO"); /* the same mailbox in another spelling */
    served_expect(socket, "RCPT", "2.3", "a@x.example", "b@partner.example", 1, 0, "DUNNO");
    served_expect(other, "END-OF-MESSAGE", "2.4", "a@x.example", "b@partner.example", 1, 1, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "2.3", "a@x.example", "b@partner.example", 1, 1, "REJECT 5.7.1 Three a day"); /* used up in between */
    served_expect(socket, "RCPT", "2.5", "a@x.example", "b@partner.example", 1, 0, "REJECT 5.7.1 Three a day");
    served_expect(socket, "RCPT", "2.6", "A@x.example", "b@partner.example", 1, 0, "DUNNO"); /* local parts are exact */
    close(socket);
    close(other);
    end_well(served);
}

/* Several recipients: their sum is what is tested and taken. */
static void test_recipients(void) {
    g_autoptr(Served) served = serve("counter=memory", "");
    int socket = served_connect_unix(served, "policy");
    static const char *const answers[] = { "DUNNO", "DUNNO", "DUNNO", "REJECT 5.7.1 Three a day", "REJECT 5.7.1 Three a day" };
    for (guint round = 0; round < 2; round++) { /* the first message is given up after its recipients */
        g_autofree char *instance = g_strdup_printf("3.%u", round);
        for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
            g_autofree char *to = g_strdup_printf("r%u@partner.example", i);
            served_expect(socket, "RCPT", instance, "m@x.example", to, 1, 0, answers[i]);
        }
    }
    served_expect(socket, "RCPT", "3.1", "m@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "3.1", "m@x.example", "", 1, 4, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "4.1", "m@x.example", "b@partner.example", 1, 1, "REJECT 5.7.1 Three a day");
    /* the true size decides */
    served_expect(socket, "RCPT", "5.1", "m@x.example", "r0@small.example", 900, 0, "DUNNO");
    served_expect(socket, "RCPT", "5.1", "m@x.example", "r1@small.example", 900, 0, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "5.1", "m@x.example", "", 2000, 2, "REJECT 5.7.1 Not to there");
    /* a message that is refused takes nothing, whichever recipient is why */
    served_expect(socket, "RCPT", "6.1", "n@x.example", "r0@partner.example", 900, 0, "DUNNO");
    served_expect(socket, "RCPT", "6.1", "n@x.example", "r1@small.example", 900, 0, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "6.1", "n@x.example", "", 2000, 2, "REJECT 5.7.1 Not to there");
    for (guint i = 0; i < 3; i++)
        served_expect(socket, "END-OF-MESSAGE", "6.2", "n@x.example", "b@partner.example", 1, 1, "DUNNO");
    /* held is held, whoever else passes */
    served_expect(socket, "RCPT", "7.1", "n@x.example", "r0@held.example", 1, 0, "HOLD Held by policy (held)");
    served_expect(socket, "RCPT", "7.1", "n@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "7.1", "n@x.example", "", 1, 2, "HOLD Held by policy (held)");
    /* not all recipients are known here: no permission */
    served_expect(socket, "END-OF-MESSAGE", "8.1", "n@x.example", "", 1, 2, LATER_END);
    served_expect(socket, "RCPT", "9.1", "n@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    served_expect(socket, "END-OF-MESSAGE", "9.1", "n@x.example", "", 1, 2, LATER_END);
    close(socket);
    end_well(served);
}

static void test_kept(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *counter = g_strdup_printf("counter=lmdb:%s/counts", served->folder);
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", counter, "", "");
    static const int ends[] = { SIGTERM, SIGKILL, SIGKILL };
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        served_start(served);
        int socket = served_connect_unix(served, "policy");
        served_expect(socket, "END-OF-MESSAGE", "1.1", "a@x.example", "b@partner.example", 1, 1, "DUNNO");
        int status = served_end(served, ends[i]);
        g_assert_true(ends[i] == SIGKILL ? WIFSIGNALED(status) : status == 0);
        close(socket);
    }
    served_start(served);
    int socket = served_connect_unix(served, "policy");
    served_expect(socket, "END-OF-MESSAGE", "1.2", "a@x.example", "b@partner.example", 1, 1, "REJECT 5.7.1 Three a day");
    served_expect(socket, "END-OF-MESSAGE", "1.3", "b@x.example", "b@partner.example", 1, 1, "DUNNO");
    close(socket);
    end_well(served);
}

/* ---- killed under load ---- */

#define TOKENS 4000
#define KILLS 4
#define TAKERS 3

typedef struct {
    const Served *served;
    gint *over;
    guint64 taken;
    gboolean refused;
} Taker;

/* Takes until it is refused; a daemon that was killed is waited for. */
static gpointer take(gpointer data) {
    Taker *taker = data;
    g_autofree char *request = served_request("END-OF-MESSAGE", "1.1", "a@x.example", "b@many.example", 1, 1);
    int socket = -1;
    while (!taker->refused && !g_atomic_int_get(taker->over)) {
        if (socket < 0 && (socket = served_try_unix(taker->served, "policy")) < 0) {
            g_usleep(1000);
            continue;
        }
        g_autofree char *answer = served_ask(socket, request);
        if (!answer) {
            close(socket);
            socket = -1;
        } else if (strcmp(answer, "DUNNO") == 0) {
            taker->taken++;
        } else {
            g_assert_cmpstr(answer, ==, "REJECT 5.7.1 The limit `many` is used up");
            taker->refused = TRUE;
        }
    }
    close(socket);
    return NULL;
}

/* What was answered was counted, and nothing but what was under way at a kill is counted without having been answered. */
static void test_killed(void) {
    g_autoptr(Served) served = served_new();
    g_autofree char *counter = g_strdup_printf("counter=lmdb:%s/counts", served->folder), *log = NULL;
    GThread *threads[TAKERS];
    Taker takers[TAKERS];
    guint64 taken = 0, records = 0;
    gint over = 0;
    served_build(served, "table.kjt", policy);
    served_configure(served, "forwarding", counter, "", "");
    served_start(served);
    for (guint i = 0; i < TAKERS; i++) {
        takers[i] = (Taker){ served, &over, 0, FALSE };
        threads[i] = g_thread_new("taker", take, &takers[i]);
    }
    for (guint i = 0; i < KILLS; i++) {
        g_usleep((gulong)g_test_rand_int_range(5000, 60000));
        g_assert_true(WIFSIGNALED(served_end(served, SIGKILL)));
        served_start(served);
    }
    for (guint i = 0; i < TAKERS; i++) {
        g_thread_join(threads[i]);
        taken += takers[i].taken;
    }
    g_assert_cmpuint(taken, <=, TOKENS + 1); /* a token comes back every 22 s */
    g_assert_cmpuint(taken, >=, TOKENS - KILLS * TAKERS);
    end_well(served);
    log = served_read(served, "log");
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    for (guint i = 0; lines[i] && lines[i][0]; i++) {
        g_assert_true(g_str_has_prefix(lines[i], "{\"version\":") && g_str_has_suffix(lines[i], "}")); /* none is torn */
        records += strstr(lines[i], "\"answer\":\"permit\"") != NULL;
    }
    g_test_message("%" G_GUINT64_FORMAT " of %u taken, %" G_GUINT64_FORMAT " records", taken, TOKENS, records);
    g_assert_cmpuint(records, >=, taken);
    g_assert_cmpuint(records, <=, TOKENS + 1);
}

/* ---- bad clients ---- */

static gboolean hangs_up(int socket) {
    char byte;
    struct timeval limit = { 10, 0 };
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    gssize count = recv(socket, &byte, 1, 0);
    return count == 0 || (count < 0 && errno == ECONNRESET);
}

static void test_nonsense(void) {
    g_autoptr(Served) served = serve("", "");
    g_autofree char *name = g_strnfill(9000, 'n'), *long_line = g_strdup_printf("helo_name=%s", name);
    g_autoptr(GString) many = g_string_new(NULL);
    for (guint i = 0; i < 300; i++)
        g_string_append_printf(many, "a%u=1\n", i);
    const char *texts[] = { "\n", "request=smtpd_access_policy\nno equals\n", "=value\n", "request=other\n\n", "protocol_state=RCPT\n\n", long_line, many->str,
                            "GET / HTTP/1.1\r\n\r\n" };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        int socket = served_connect_inet(served);
        g_assert_cmpint(send(socket, texts[i], strlen(texts[i]), MSG_NOSIGNAL), ==, strlen(texts[i]));
        g_assert_true(hangs_up(socket));
        close(socket);
    }
    int socket = served_connect_inet(served);
    g_assert_cmpint(send(socket, "request=smtpd_access_policy\nsender=a\0b\n\n", 41, MSG_NOSIGNAL), ==, 41);
    g_assert_true(hangs_up(socket));
    close(socket);
    end_well(served);
}

/* Byte by byte, and many at once. */
static void test_pieces(void) {
    g_autoptr(Served) served = serve("", "");
    g_autofree char *request = served_request("RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0);
    g_autofree char *whole = g_strconcat(request, "\n", NULL);
    g_autoptr(GString) many = g_string_new(NULL), answers = g_string_new(NULL);
    int socket = served_connect_inet(served);
    for (const char *c = whole; c[1]; c++)
        g_assert_cmpint(send(socket, c, 1, MSG_NOSIGNAL), ==, 1);
    g_autofree char *answer = served_ask(socket, ""); /* the empty line */
    g_assert_cmpstr(answer, ==, "DUNNO");
    for (guint i = 0; i < 200; i++)
        g_string_append(many, whole);
    g_assert_cmpint(send(socket, many->str, many->len, MSG_NOSIGNAL), ==, many->len);
    shutdown(socket, SHUT_WR);
    char bytes[4096];
    gssize count;
    while ((count = recv(socket, bytes, sizeof bytes, 0)) > 0)
        g_string_append_len(answers, bytes, count);
    g_assert_cmpuint(answers->len, ==, 200 * strlen("action=DUNNO\n\n"));
    close(socket);
    end_well(served);
}

static void test_bounds(void) {
    g_autoptr(Served) served = serve("", "connections=3\nidle=1\n");
    int sockets[3];
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = served_connect_unix(served, "policy");
        served_expect(sockets[i], "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    }
    int fourth = served_connect_unix(served, "policy");
    g_assert_true(hangs_up(fourth));
    close(fourth);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        g_assert_true(hangs_up(sockets[i])); /* idle */
        close(sockets[i]);
    }
    int again = served_connect_unix(served, "policy");
    served_expect(again, "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    close(again);
    end_well(served);
}

/* ---- control ---- */

static void test_reload(void) {
    g_autoptr(Served) served = serve("", "");
    g_autofree char *status = NULL, *told = NULL;
    int socket = served_connect_unix(served, "policy");
    served_expect(socket, "RCPT", "1.1", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    /* a bad table, and a good one without the block, change nothing */
    served_write(served, "bad.kjt", "no table");
    served_build(served, "lacking.kjt", "mail other { default deny; }");
    served_build(served, "domain.kjt", "firewall forwarding { default deny; }");
    static const char *const wrong[] = { "bad.kjt", "lacking.kjt", "domain.kjt", "absent.kjt" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *path = served_path(served, wrong[i]), *command = g_strdup_printf("reload %s", path), *answer = NULL;
        g_assert_false(served_control(served, command, &answer));
        g_assert_nonnull(strstr(answer, wrong[i]));
    }
    served_expect(socket, "RCPT", "1.2", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    g_assert_true(served_control(served, "status", &status));
    g_assert_nonnull(strstr(status, "\"epoch\":1,"));
    /* a good one at its place */
    served_build(served, "table.kjt", "mail forwarding { default deny @message(\"Nowhere\"); }");
    served_expect(socket, "RCPT", "1.3", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    g_assert_true(served_control(served, "reload", NULL));
    served_expect(socket, "RCPT", "1.4", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Nowhere");
    /* SIGHUP */
    served_build(served, "table.kjt", policy);
    kill(served->process, SIGHUP);
    gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    do {
        g_free(g_steal_pointer(&status));
        g_assert_true(served_control(served, "status", &status));
    } while (!strstr(status, "\"epoch\":3,") && g_get_monotonic_time() < end);
    served_expect(socket, "RCPT", "1.5", "a@x.example", "b@evil.example", 1, 0, "REJECT 5.7.1 Not to there");
    close(socket);
    end_well(served);
    told = served_read(served, "told");
    g_assert_nonnull(strstr(told, "bad.kjt"));
}

static void test_shadow(void) {
    g_autoptr(Served) served = serve("counter=memory", "");
    g_autofree char *path = served_path(served, "candidate.kjt"), *command = g_strdup_printf("shadow %s", path), *log = NULL, *status = NULL;
    int socket = served_connect_unix(served, "policy");
    served_build(served, "candidate.kjt", "mail forwarding {\n    default deny @message(\"Not to there\");\n"
                                          "    moved: allow to { \"example.go.jp\", \"evil.example\" };\n"
                                          "    partner: limit to \"partner.example\" rate 2/1d per from;\n}\n");
    g_assert_true(served_control(served, command, NULL));
    g_assert_true(served_control(served, "status", &status));
    g_assert_null(strstr(status, "\"candidate\":null"));
    served_expect(socket, "END-OF-MESSAGE", "s.1", "a@x.example", "b@example.go.jp", 1, 1, "DUNNO");                    /* alike by another rule */
    served_expect(socket, "END-OF-MESSAGE", "s.2", "a@x.example", "b@sub.example.go.jp", 1, 1, "DUNNO");                /* it would refuse */
    served_expect(socket, "END-OF-MESSAGE", "s.3", "a@x.example", "b@evil.example", 1, 1, "REJECT 5.7.1 Not to there"); /* it would permit */
    for (guint i = 0; i < 3; i++) {
        g_autofree char *instance = g_strdup_printf("s.p%u", i);
        served_expect(socket, "END-OF-MESSAGE", instance, "a@x.example", "b@partner.example", 1, 1, "DUNNO"); /* from the third on it would refuse */
    }
    g_assert_true(served_control(served, "shadow off", NULL));
    served_expect(socket, "END-OF-MESSAGE", "s.4", "a@x.example", "b@sub.example.go.jp", 1, 1, "DUNNO");
    close(socket);
    end_well(served);
    log = served_read(served, "log");
    g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
    guint differences = 0;
    for (guint i = 0; lines[i]; i++) {
        gboolean other = strstr(lines[i], "\"shadow\"") != NULL;
        gboolean wanted = strstr(lines[i], "\"s.2\"") || strstr(lines[i], "\"s.3\"") || strstr(lines[i], "\"s.p2\"");
        differences += other;
        if (lines[i][0])
            g_assert_cmpint(other, ==, wanted);
    }
    g_assert_cmpuint(differences, ==, 3);
}

/* Who is neither root nor the daemon's own user is not heard, whatever the permissions of the socket are. */
static void test_peer(void) {
    g_autoptr(Served) served = serve("", "");
    g_autofree char *path = served_path(served, "control");
    if (geteuid() != 0) {
        g_test_skip("needs root, to become somebody else");
        return;
    }
    g_assert_cmpint(chmod(served->folder, 0755), ==, 0);
    g_assert_cmpint(chmod(path, 0777), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        _exit(served_control(served, "drain", NULL) ? 1 : 0);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_assert_true(served_control(served, "status", NULL));
    end_well(served);
}

/* Idle connections do not hold the end up; what has been asked is answered. */
static void test_drain(void) {
    g_autoptr(Served) served = serve("", "");
    int idle = served_connect_unix(served, "policy"), asked = served_connect_inet(served), status;
    g_autofree char *request = served_request("RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0);
    g_assert_cmpint(send(asked, request, strlen(request), MSG_NOSIGNAL), ==, strlen(request)); /* all but the last line end */
    served_expect(idle, "RCPT", "1.1", "a@x.example", "b@example.go.jp", 1, 0, "DUNNO");
    g_assert_true(served_control(served, "drain", NULL));
    g_assert_true(hangs_up(idle));
    g_autofree char *answer = served_ask(asked, "");
    g_assert_cmpstr(answer, ==, "DUNNO");
    g_assert_true(hangs_up(asked));
    g_assert_cmpint(waitpid(served->process, &status, 0), ==, served->process);
    served->process = 0;
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(served_try_unix(served, "policy"), <, 0);
    close(idle);
    close(asked);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kijund/answers", test_answers);
    g_test_add_func("/kijund/counting", test_counting);
    g_test_add_func("/kijund/recipients", test_recipients);
    g_test_add_func("/kijund/kept", test_kept);
    g_test_add_func("/kijund/killed", test_killed);
    g_test_add_func("/kijund/nonsense", test_nonsense);
    g_test_add_func("/kijund/pieces", test_pieces);
    g_test_add_func("/kijund/bounds", test_bounds);
    g_test_add_func("/kijund/reload", test_reload);
    g_test_add_func("/kijund/shadow", test_shadow);
    g_test_add_func("/kijund/peer", test_peer);
    g_test_add_func("/kijund/drain", test_drain);
    return g_test_run();
}
