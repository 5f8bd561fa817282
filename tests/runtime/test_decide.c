/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions over the sample table: setters, combining rules, errors, time, and many threads with one table. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "assembler.h"

/* "from=10.0.0.1 tls=true at=1795482000"; a value that begins with `+` is an empty set. */
static KjOutcome ask(KjRequest *request, const KjTable *table, guint block, const char *text, KjVerdict *verdict) {
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    kj_request_clear(request);
    for (char **part = parts; *part && **part; part++) {
        char *value = strchr(*part, '=');
        *value++ = '\0';
        if (strcmp(*part, "at") == 0)
            kj_request_set_instant(request, g_ascii_strtoll(value, NULL, 10));
        else if (*value == '+')
            kj_request_set_empty(request, kj_table_find_field(table, block, *part), NULL);
        else
            kj_request_set_text(request, kj_table_find_field(table, block, *part), value, -1, NULL);
    }
    *verdict = (KjVerdict){ .size = sizeof *verdict };
    return kj_decide(request, verdict);
}

typedef struct {
    const char *request;
    KjOutcome outcome;
    const char *label;
    guint matched;
} Case;

static const Case perimeter_cases[] = {
    { "from=10.0.0.1 service=443/tcp", KJ_OUTCOME_PERMIT, "web", 1 },
    { "from=10.255.255.255 proto=6 port=80", KJ_OUTCOME_PERMIT, "web", 1 },
    { "from=10.0.0.1 service=443/udp", KJ_OUTCOME_REFUSE, "inner", 1 },
    { "from=10.0.0.1 service=81/tcp", KJ_OUTCOME_REFUSE, "inner", 1 },
    { "from=10.0.0.1 proto=tcp", KJ_OUTCOME_REFUSE, "inner", 1 },
    { "from=9.255.255.255 service=443/tcp", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=11.0.0.0 service=443/tcp", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=::10.0.0.1 service=443/tcp", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=::ffff:10.0.0.1 service=443/tcp", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=2001:db8::1 tls=true", KJ_OUTCOME_LIMIT, "six", 1 },
    { "from=2001:db8:ffff:ffff:ffff:ffff:ffff:ffff tls=true", KJ_OUTCOME_LIMIT, "six", 1 },
    { "from=2001:db9:: tls=true", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=2001:db8::1 tls=false", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=2001:db8::1", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=192.0.2.1 tls=true at=1795482000", KJ_OUTCOME_PERMIT, "office", 1 },
    { "from=192.0.2.1 tls=true", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=192.0.2.1 tls=true at=-1", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=192.0.2.1 tls=true at=4102444800", KJ_OUTCOME_REFUSE, "default", 0 },
    { "from=10.0.0.1 tls=true at=1795482000", KJ_OUTCOME_PERMIT, "office", 1 },
    /* errors */
    { "tls=true", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 from=10.0.0.1", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 service=443/tcp port=443", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 service=443", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 service=443/igmp", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 port=65536", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 proto=256", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 tls=yes", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=010.0.0.1", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 nothing=1", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=10.0.0.1 tls=+", KJ_OUTCOME_ERROR, "error", 0 },
    { "from=x from=10.0.0.1 service=443/tcp", KJ_OUTCOME_ERROR, "error", 0 },
};

static const Case access_cases[] = {
    { "principal=sato resource=/residents/7", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents2", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=sato resource=/", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=Sato resource=/residents/7", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=sato2 resource=/residents/7", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=ono resource=/x owner=ono", KJ_OUTCOME_PERMIT, "self", 1 },
    { "principal=ono resource=/x owner=on", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=ono resource=/x", KJ_OUTCOME_REFUSE, "default", 0 },
    { "principal=sato resource=/residents owner=sato", KJ_OUTCOME_PERMIT, "read", 2 },
    { "principal=sato resource=/residents label=III", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents label=II", KJ_OUTCOME_REFUSE, "secret", 1 },
    { "principal=sato resource=/residents label=I", KJ_OUTCOME_REFUSE, "secret", 1 },
    { "principal=sato resource=/sealed label=I", KJ_OUTCOME_REFUSE, "secret", 2 },
    { "principal=sato resource=/sealed", KJ_OUTCOME_REFUSE, "sealed", 1 },
    { "principal=sato resource=/residents label=I groups=users groups=admins", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents label=I groups=admins groups=users", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents label=I groups=users", KJ_OUTCOME_REFUSE, "secret", 1 },
    { "principal=sato resource=/residents label=I groups=+", KJ_OUTCOME_REFUSE, "secret", 1 },
    { "principal=sato resource=/residents sender=a@b.x.jp", KJ_OUTCOME_PERMIT, "mail", 1 },
    { "principal=sato resource=/residents sender=a@B.C.X.JP", KJ_OUTCOME_PERMIT, "mail", 1 },
    { "principal=sato resource=/residents sender=a@x.jp", KJ_OUTCOME_PERMIT, "read", 1 },
    { "principal=sato resource=/residents sender=a@y.jp", KJ_OUTCOME_PERMIT, "read", 1 },
    /* errors */
    { "resource=/residents", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=/residents/../sealed", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=/residents//7", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=residents", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=/residents label=IV", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=/residents sender=x.jp", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato principal=sato resource=/residents", KJ_OUTCOME_ERROR, "error", 0 },
    { "principal=sato resource=/residents groups=", KJ_OUTCOME_ERROR, "error", 0 },
};

static const Case main_cases[] = {
    { "widens=true basic=true", KJ_OUTCOME_REQUIRE, "one", 2 },
    { "widens=false basic=true", KJ_OUTCOME_REQUIRE, "two", 1 },
    { "widens=false basic=false", KJ_OUTCOME_REFUSE, "default", 0 },
};

static void run_cases(const char *block_name, const Case *cases, guint count) {
    g_autoptr(KjTable) table = sample_table();
    guint block = 99;
    g_assert_true(kj_table_find_block(table, block_name, &block, NULL));
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    for (guint i = 0; i < count; i++) {
        KjVerdict verdict;
        g_test_message("%s", cases[i].request);
        KjOutcome outcome = ask(request, table, block, cases[i].request, &verdict);
        g_assert_cmpstr(verdict.label, ==, cases[i].label);
        g_assert_cmphex(outcome, ==, cases[i].outcome);
        g_assert_cmphex(verdict.outcome, ==, outcome);
        g_assert_cmpuint(verdict.matched, ==, cases[i].matched);
        g_assert_true((verdict.problem != NULL) == (outcome == KJ_OUTCOME_ERROR));
        g_assert_true(outcome != KJ_OUTCOME_ERROR || verdict.rule == KJ_RULE_ERROR);
        g_assert_cmpuint(kj_request_matched_rule(request, 0), ==, verdict.matched ? verdict.rule : KJ_RULE_DEFAULT);
        g_assert_cmpuint(kj_request_matched_rule(request, verdict.matched), ==, KJ_RULE_DEFAULT);
        if (verdict.matched == 2) {
            KjRuleView first, second;
            kj_view_rule(table, kj_request_matched_rule(request, 0), &first);
            kj_view_rule(table, kj_request_matched_rule(request, 1), &second);
            g_assert_cmpuint(first.effect, ==, second.effect);
            g_assert_cmpstr(first.label, !=, second.label);
        }
    }
}

static void test_first_match(void) {
    run_cases("perimeter", perimeter_cases, G_N_ELEMENTS(perimeter_cases));
}

static void test_strictest(void) {
    run_cases("people.access", access_cases, G_N_ELEMENTS(access_cases));
}

static void test_add_up(void) {
    run_cases("main", main_cases, G_N_ELEMENTS(main_cases));
}

/* Numbers and bytes set the same classes as text; what they may not say marks the request bad. */
static void test_binary_setters(void) {
    static const guint8 inside[] = { 10, 0, 0, 1 }, six[] = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 };
    g_autoptr(KjTable) table = sample_table();
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    g_autoptr(GError) error = NULL;
    KjVerdict verdict = { .size = sizeof verdict };
    g_assert_true(kj_request_set_address(request, PERIMETER_FROM, inside, 4, &error));
    g_assert_true(kj_request_set_number(request, PERIMETER_PROTO, 6, NULL) && kj_request_set_number(request, PERIMETER_PORT, 443, NULL));
    g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_PERMIT);
    g_assert_cmpstr(verdict.label, ==, "web");
    kj_request_clear(request);
    g_assert_true(kj_request_set_address(request, PERIMETER_FROM, six, 16, NULL) && kj_request_set_number(request, PERIMETER_TLS, 1, NULL));
    g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_LIMIT);
    const struct {
        int field;
        guint64 number;
    } bad[] = { { PERIMETER_PORT, 65536 }, { PERIMETER_TLS, 2 }, { PERIMETER_FROM, 1 }, { PERIMETER_SERVICE, 1 }, { PERIMETER_OFFICE, 1 }, { -1, 1 }, { 99, 1 } };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        kj_request_clear(request);
        g_assert_true(kj_request_set_address(request, PERIMETER_FROM, inside, 4, NULL));
        g_assert_false(kj_request_set_number(request, bad[i].field, bad[i].number, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
        g_clear_error(&error);
        g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_ERROR);
        g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_ERROR);
    }
    kj_request_clear(request);
    g_assert_false(kj_request_set_address(request, PERIMETER_FROM, six, 5, NULL));
    g_assert_false(kj_request_set_address(request, PERIMETER_PORT, six, 4, NULL));
    g_assert_cmphex(kj_decide(NULL, &verdict), ==, KJ_OUTCOME_ERROR);
}

/* A caller built against a shorter verdict keeps what lies behind it. */
static void test_verdict_size(void) {
    g_autoptr(KjTable) table = sample_table();
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    KjVerdict verdict;
    memset(&verdict, 0xaa, sizeof verdict);
    verdict.size = offsetof(KjVerdict, effect);
    g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_ERROR);
    g_assert_cmphex(verdict.outcome, ==, KJ_OUTCOME_ERROR);
    g_assert_cmphex((guintptr) verdict.effect, ==, (guintptr) G_GUINT64_CONSTANT(0xaaaaaaaaaaaaaaaa));
}

/* Values of every length: none overruns, all too long are refused. */
static void test_long_values(void) {
    g_autoptr(KjTable) table = sample_table();
    g_autoptr(KjRequest) request = kj_request_new(table, 1);
    KjVerdict verdict = { .size = sizeof verdict };
    const gsize lengths[] = { 1, 255, 256, 1023, 1024, 4096, 65535, 65536, 65537, 1 << 20 };
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *name = g_strnfill(lengths[i], 'x');
        kj_request_clear(request);
        g_assert_true(kj_request_set_text(request, ACCESS_RESOURCE, "/x", -1, NULL));
        gboolean set = kj_request_set_text(request, ACCESS_PRINCIPAL, name, (gssize)lengths[i], NULL);
        g_assert_true(set == (lengths[i] <= 65536));
        if (set)
            g_assert_true(kj_request_set_text(request, ACCESS_OWNER, name, -1, NULL));
        g_assert_cmphex(kj_decide(request, &verdict), ==, set ? KJ_OUTCOME_PERMIT : KJ_OUTCOME_ERROR);
    }
}

static void test_names(void) {
    g_autoptr(KjTable) table = sample_table();
    g_autoptr(GError) error = NULL;
    guint block = 0;
    g_assert_cmpuint(kj_table_block_count(table), ==, 3);
    g_assert_true(kj_table_find_block(table, "network.perimeter", &block, NULL));
    g_assert_cmpuint(block, ==, 0);
    g_assert_false(kj_table_find_block(table, "other.perimeter", &block, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN);
    g_assert_nonnull(strstr(error->message, "network.perimeter, people.access, people.main"));
    g_assert_cmpint(kj_table_find_field(table, 0, "port"), ==, PERIMETER_PORT);
    g_assert_cmpint(kj_table_find_field(table, 0, "during office"), ==, -1);
    g_assert_cmpint(kj_table_find_field(table, 7, "port"), ==, -1);
}

/* ---- one table, many threads ---- */

static gpointer decide_often(gpointer data) {
    g_autoptr(KjTable) table = data;
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    for (guint round = 0; round < 2000; round++) {
        const Case *c = &perimeter_cases[round % G_N_ELEMENTS(perimeter_cases)];
        KjVerdict verdict;
        if (ask(request, table, 0, c->request, &verdict) != c->outcome || strcmp(verdict.label, c->label) != 0)
            return (gpointer) c->request;
    }
    return NULL;
}

static void test_threads(void) {
    KjTable *table = sample_table();
    GThread *threads[8];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("decide", decide_often, kj_table_ref(table));
    kj_table_unref(table); /* before the threads are done */
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_cmpstr(g_thread_join(threads[i]), ==, NULL);
}

/* ---- files ---- */

static void test_files(void) {
    g_autoptr(GByteArray) file = sample_file();
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("kijun-XXXXXX.kjt", &path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(write(fd, file->data, file->len), ==, file->len);
    KjTable *table = kj_table_open(path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, 10), ==, 0); /* the copy does not care */
    KjBlockView view;
    kj_view_block(table, 2, &view);
    g_assert_cmpstr(view.name, ==, "main");
    kj_table_unref(table);
    g_assert_null(kj_table_open(path, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_TABLE);
    g_clear_error(&error);
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    g_assert_null(kj_table_open(path, NULL));
    close(fd);
    g_unlink(path);
    g_assert_null(kj_table_open(path, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_clear_error(&error);
    g_assert_null(kj_table_open("/", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/decide/first-match", test_first_match);
    g_test_add_func("/decide/strictest", test_strictest);
    g_test_add_func("/decide/add-up", test_add_up);
    g_test_add_func("/decide/binary-setters", test_binary_setters);
    g_test_add_func("/decide/verdict-size", test_verdict_size);
    g_test_add_func("/decide/long-values", test_long_values);
    g_test_add_func("/decide/names", test_names);
    g_test_add_func("/decide/threads", test_threads);
    g_test_add_func("/decide/files", test_files);
    return g_test_run();
}
