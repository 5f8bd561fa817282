/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The enforcement point by itself: swapping, counting, promises, languages, what is logged, what is measured. */
#include <glib/gstdio.h>
#include <string.h>

#include <kijun/table.h>

#include "../../../compiler/compiler.h"
#include "../../../compiler/table/table.h"
#include "../../../runtime/point/point.h"

#define NOW (G_GINT64_CONSTANT(1795500000) * G_USEC_PER_SEC) /* 2026-11-24 */

static const char policy[] = "mail forwarding {\n"
                             "    default deny @log @message(\"no\", ja \"いいえ\");\n"
                             "    inside:  allow to \"in.example\" @log;\n"
                             "    partner: limit to \"p.example\" rate 3/1d per from @message(\"three\");\n"
                             "    two:     limit to \"two.example\" rate 2/1d per { from, forwarder };\n"
                             "    bytes:   limit to \"bytes.example\" rate 1MB/1d per from;\n"
                             "    strict:  limit to \"strict.example\" rate 1/1d @refuse_without_counter;\n"
                             "    mild:    limit to \"mild.example\" rate 1/1d @pass_without_counter;\n"
                             "    held:    hold to \"held.example\";\n"
                             "    plain:   deny to \"plain.example\";\n"
                             "}\n";

static char *folder;

/* The path of a table; free with g_free. */
static char *build(const char *name, const char *text) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    char *path = g_build_filename(folder, name, NULL);
    kj_compilation_load_text(compilation, "mail.pol", text, strlen(text));
    g_assert_nonnull(compilation->policy);
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    g_assert_true(g_file_set_contents(path, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), NULL));
    return path;
}

static KjPoint *open_point(KjCounter *counter, KjLog *log) {
    g_autofree char *path = build("table.kjt", policy);
    g_autoptr(GError) error = NULL;
    KjPoint *point = kj_point_new(counter, log);
    kj_point_load(point, path, &error);
    g_assert_no_error(error);
    return point;
}

static KjAsker *open_asker(KjPoint *point) {
    g_autoptr(GError) error = NULL;
    KjAsker *asker = kj_asker_new(point, "forwarding", "test", &error);
    g_assert_no_error(error);
    return asker;
}

static void put(KjAsker *asker, const char *field, const char *value) {
    g_autoptr(GError) error = NULL;
    g_assert_true(kj_asker_set(asker, field, value, &error));
    g_assert_no_error(error);
}

static void begin(KjAsker *asker, const char *from, const char *to) {
    kj_asker_begin(asker, NOW, NULL);
    put(asker, "from", from);
    put(asker, "to", to);
}

static KjAnswer ask(KjAsker *asker, const char *from, const char *to, KjCounting counting) {
    KjAnswer answer;
    begin(asker, from, to);
    kj_asker_answer(asker, counting, &answer);
    return answer;
}

static void expect(KjAsker *asker, const char *to, KjAnswerKind kind, const char *label, const char *message) {
    KjAnswer answer = ask(asker, "a@x.example", to, KJ_COUNTING_TAKE);
    g_assert_cmphex(answer.kind, ==, kind);
    g_assert_cmpstr(answer.verdict.label, ==, label);
    g_assert_cmpstr(answer.message, ==, message);
}

/* ---- questions and answers ---- */

static void test_answers(void) {
    g_autoptr(KjCounter) counter = kj_counter_open("memory", NULL);
    g_autoptr(KjPoint) point = open_point(counter, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    g_autoptr(GError) error = NULL;
    expect(asker, "b@in.example", KJ_ANSWER_PERMIT, "inside", NULL);
    expect(asker, "b@out.example", KJ_ANSWER_REFUSE, "default", "no");
    expect(asker, "b@plain.example", KJ_ANSWER_REFUSE, "plain", NULL);
    expect(asker, "b@held.example", KJ_ANSWER_HOLD, "held", NULL);
    kj_asker_set_language(asker, "ja");
    expect(asker, "b@out.example", KJ_ANSWER_REFUSE, "default", "いいえ");
    expect(asker, "b@p.example", KJ_ANSWER_PERMIT, "partner", "three");
    kj_asker_set_language(asker, "de");
    expect(asker, "b@out.example", KJ_ANSWER_REFUSE, "default", "no");
    /* what cannot be decided is later */
    KjAnswer answer;
    kj_asker_begin(asker, NOW, NULL);
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    g_assert_cmpstr(answer.verdict.label, ==, "error");
    g_assert_nonnull(answer.message);
    begin(asker, "a@x.example", "b@in.example");
    g_assert_false(kj_asker_set(asker, "size", "many", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    begin(asker, "a@x.example", "b@in.example");
    kj_asker_spoil(asker, "unreadable");
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    g_assert_cmpstr(answer.message, ==, "unreadable");
    /* a field the block has not: the question is as it was */
    g_clear_error(&error);
    begin(asker, "a@x.example", "b@in.example");
    g_assert_false(kj_asker_set(asker, "colour", "red", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN);
    g_assert_cmpstr(kj_asker_value(asker, "to"), ==, "b@in.example");
    g_assert_null(kj_asker_value(asker, "size"));
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_PERMIT);
    /* at most so many bytes of values */
    g_autofree char *large = g_strnfill(60000, 'x');
    gboolean good = TRUE;
    kj_asker_begin(asker, NOW, NULL);
    for (guint i = 0; i < 20; i++)
        good = kj_asker_set(asker, "from", large, NULL);
    g_assert_false(good);
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    expect(asker, "b@in.example", KJ_ANSWER_PERMIT, "inside", NULL);
}

static void test_unknown(void) {
    g_autoptr(KjPoint) point = kj_point_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = build("table.kjt", policy);
    g_assert_null(kj_asker_new(point, "forwarding", "test", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN);
    g_clear_error(&error);
    g_assert_true(kj_point_load(point, path, NULL));
    g_assert_null(kj_asker_new(point, "nothing", "test", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN);
    g_autoptr(KjAsker) asker = kj_asker_new(point, "mail.forwarding", "test", NULL);
    g_assert_cmpstr(kj_asker_domain(asker), ==, "mail");
}

/* ---- counting ---- */

static void test_counting(void) {
    g_autoptr(KjCounter) counter = kj_counter_open("memory", NULL);
    g_autoptr(KjPoint) point = open_point(counter, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    KjAnswer answer;
    for (guint i = 0; i < 10; i++)
        g_assert_cmphex(ask(asker, "a@x.example", "b@p.example", KJ_COUNTING_TEST).kind, ==, KJ_ANSWER_PERMIT);
    for (guint i = 0; i < 3; i++)
        g_assert_cmphex(ask(asker, i ? "a@X.Example" : "a@x.example", "b@p.example", KJ_COUNTING_TAKE).kind, ==, KJ_ANSWER_PERMIT);
    answer = ask(asker, "a@x.example", "b@p.example", KJ_COUNTING_TAKE);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_REFUSE);
    g_assert_true(answer.beyond);
    g_assert_cmpuint(answer.wait, >, 0);
    g_assert_cmpuint(answer.wait, <=, 86400);
    g_assert_cmpstr(answer.message, ==, "three");
    g_assert_cmphex(ask(asker, "b@x.example", "b@p.example", KJ_COUNTING_TAKE).kind, ==, KJ_ANSWER_PERMIT);
    /* a field of the key that is missing is a value of its own */
    for (guint i = 0; i < 6; i++) {
        begin(asker, "a@x.example", "b@two.example");
        if (i % 2)
            put(asker, "forwarder", "f@x.example");
        kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
        g_assert_cmphex(answer.kind, ==, i < 4 ? KJ_ANSWER_PERMIT : KJ_ANSWER_REFUSE);
    }
    /* bytes */
    static const struct {
        const char *size;
        KjAnswerKind kind;
    } sizes[] = { { "600kB", KJ_ANSWER_PERMIT }, { "500kB", KJ_ANSWER_REFUSE }, { "400kB", KJ_ANSWER_PERMIT }, { "1", KJ_ANSWER_REFUSE }, { NULL, KJ_ANSWER_REFUSE } };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        begin(asker, "a@x.example", "b@bytes.example");
        if (sizes[i].size)
            put(asker, "size", sizes[i].size);
        kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
        g_assert_cmphex(answer.kind, ==, sizes[i].kind);
    }
}

static void test_promises(void) {
    g_autoptr(KjCounter) counter = kj_counter_open("memory", NULL);
    g_autoptr(KjPoint) point = open_point(counter, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    g_autoptr(KjPromises) promises = kj_promises_new();
    KjAnswer answer;
    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < 5; i++) {
            begin(asker, "a@x.example", "b@p.example");
            kj_asker_rehearse(asker, promises, &answer);
            g_assert_cmphex(answer.kind, ==, i < 3 ? KJ_ANSWER_PERMIT : KJ_ANSWER_REFUSE);
        }
        begin(asker, "other@x.example", "b@p.example");
        kj_asker_rehearse(asker, promises, &answer);
        g_assert_cmphex(answer.kind, ==, KJ_ANSWER_PERMIT);
        kj_promises_clear(promises);
    }
    for (guint i = 0; i < 4; i++) /* a promise is not a count */
        g_assert_cmphex(ask(asker, "a@x.example", "b@p.example", KJ_COUNTING_TAKE).kind, ==, i < 3 ? KJ_ANSWER_PERMIT : KJ_ANSWER_REFUSE);
    /* bounded */
    g_autofree char *local = g_strnfill(60, 'l');
    guint kept = 0;
    for (gboolean more = TRUE; more; kept += more) {
        g_autofree char *from = g_strdup_printf("%s%u@x.example", local, kept);
        begin(asker, from, "b@p.example");
        kj_asker_rehearse(asker, promises, &answer);
        more = answer.kind == KJ_ANSWER_PERMIT;
    }
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    g_assert_cmpuint(kept, >, 1000);
    g_assert_cmpuint(kept, <, KJ_PROMISES_BYTES_MAX / 70);
}

static void test_away(void) {
    g_autoptr(KjPoint) point = open_point(NULL, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    KjAnswer answer = ask(asker, "a@x.example", "b@p.example", KJ_COUNTING_TAKE);
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_LATER);
    g_assert_nonnull(answer.message);
    g_assert_cmphex(ask(asker, "a@x.example", "b@strict.example", KJ_COUNTING_TAKE).kind, ==, KJ_ANSWER_REFUSE);
    g_assert_cmphex(ask(asker, "a@x.example", "b@mild.example", KJ_COUNTING_TAKE).kind, ==, KJ_ANSWER_PERMIT);
    g_assert_cmphex(ask(asker, "a@x.example", "b@in.example", KJ_COUNTING_TAKE).kind, ==, KJ_ANSWER_PERMIT);
}

/* ---- swapping ---- */

static void test_swap(void) {
    g_autoptr(KjPoint) point = open_point(NULL, NULL);
    g_autoptr(KjAsker) asker = open_asker(point), idle = open_asker(point);
    g_autofree char *other = build("other.kjt", "mail forwarding { default deny @message(\"other\"); }");
    char release[17], after[17];
    KjAnswer answer;
    KjTable *old = kj_point_table(point, release);
    g_assert_cmpuint(strspn(release, "0123456789abcdef"), ==, 16);
    begin(asker, "a@x.example", "b@in.example");
    g_assert_true(kj_point_load(point, other, NULL));
    g_assert_cmpuint(kj_point_epoch(point), ==, 2);
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer); /* by the table it began with */
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_PERMIT);
    kj_asker_begin_next(asker, NOW, NULL);
    put(asker, "to", "b@in.example");
    kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer); /* of the same act */
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_PERMIT);
    expect(asker, "b@in.example", KJ_ANSWER_REFUSE, "default", "other");
    kj_table_unref(kj_point_table(point, after));
    g_assert_cmpstr(release, !=, after);
    g_assert_cmpint(g_atomic_int_get(&old->references), >, 1); /* the idle asker's */
    kj_asker_renew(idle);
    g_assert_cmpint(g_atomic_int_get(&old->references), ==, 1);
    kj_table_unref(old);
}

static void test_refused(void) {
    g_autoptr(KjPoint) point = open_point(NULL, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    g_autoptr(GString) metrics = g_string_new(NULL);
    g_autofree char *bad = g_build_filename(folder, "bad.kjt", NULL), *lacking = build("lacking.kjt", "mail other { default deny; }");
    g_autofree char *domain = build("domain.kjt", "firewall forwarding { default deny; }"), *twice = NULL;
    g_assert_true(g_file_set_contents(bad, "no table", -1, NULL));
    const char *wrong[] = { bad, lacking, domain, "/nonexistent" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL, shadow = NULL;
        g_assert_false(kj_point_load(point, wrong[i], &error));
        g_assert_nonnull(strstr(error->message, wrong[i]));
        g_assert_false(kj_point_shadow(point, wrong[i], &shadow));
    }
    g_assert_cmpuint(kj_point_epoch(point), ==, 1);
    expect(asker, "b@in.example", KJ_ANSWER_PERMIT, "inside", NULL);
    kj_point_metrics(point, metrics);
    g_assert_nonnull(strstr(metrics->str, "\nkijun_reloads_refused_total 8\n"));
    g_assert_nonnull(strstr(metrics->str, "\nkijun_reloads_total 1\n"));
    twice = build("twice.kjt", "mail forwarding { default deny; } mail more { default deny; }");
    g_assert_true(kj_point_load(point, twice, NULL)); /* more blocks are fine */
}

typedef struct {
    KjPoint *point;
    gint over;
    guint64 asked;
} Crowd;

/* An answer's rule, message and mailbox are of one table: rule rK of either is about mailbox K, but they stand in other orders. */
static gpointer run_asker(gpointer data) {
    Crowd *crowd = data;
    g_autoptr(KjAsker) asker = open_asker(crowd->point);
    for (guint i = 0; !g_atomic_int_get(&crowd->over); i = (i + 1) % 20) {
        g_autofree char *to = g_strdup_printf("b@d%u.example", i), *a = g_strdup_printf("a%u", i), *b = g_strdup_printf("b%u", i);
        KjAnswer answer = ask(asker, "a@x.example", to, KJ_COUNTING_TAKE);
        g_assert_cmphex(answer.kind, ==, KJ_ANSWER_REFUSE);
        g_assert_true(strcmp(answer.verdict.label, a) == 0 || strcmp(answer.verdict.label, b) == 0);
        g_assert_cmpstr(answer.message, ==, answer.verdict.label);
        __atomic_add_fetch(&crowd->asked, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void test_crowd(void) {
    char *paths[2];
    Crowd crowd = { .point = kj_point_new(NULL, NULL) };
    GThread *threads[4];
    for (guint t = 0; t < 2; t++) {
        g_autoptr(GString) text = g_string_new("mail forwarding { default allow;");
        for (guint n = 0; n < 20; n++) {
            guint k = t ? 19 - n : n;
            g_string_append_printf(text, "%c%u: deny to \"d%u.example\" @message(\"%c%u\");", "ab"[t], k, k, "ab"[t], k);
        }
        g_string_append(text, "}");
        paths[t] = build(t ? "b.kjt" : "a.kjt", text->str);
    }
    g_assert_true(kj_point_load(crowd.point, paths[0], NULL));
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("asker", run_asker, &crowd);
    for (guint i = 1; i <= 300 || __atomic_load_n(&crowd.asked, __ATOMIC_RELAXED) < 1000; i++)
        g_assert_true(kj_point_load(crowd.point, paths[i % 2], NULL));
    g_atomic_int_set(&crowd.over, 1);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_test_message("%" G_GUINT64_FORMAT " answers during %" G_GUINT64_FORMAT " swaps", crowd.asked, kj_point_epoch(crowd.point));
    kj_point_free(crowd.point);
    g_free(paths[0]);
    g_free(paths[1]);
}

/* ---- what is logged and measured ---- */

static void test_records(void) {
    g_autofree char *path = g_build_filename(folder, "log", NULL), *where = g_strconcat("file:", path, NULL), *text = NULL;
    g_autofree char *candidate = build("candidate.kjt", "mail forwarding { default deny @message(\"no\"); moved: allow to { \"in.example\", \"new.example\" }; }");
    g_autoptr(KjLog) log = kj_log_open(where, KJ_LOG_JSON, NULL, NULL);
    g_autoptr(KjPoint) point = open_point(NULL, log);
    g_autoptr(KjAsker) asker = open_asker(point);
    g_autoptr(GString) metrics = g_string_new(NULL);
    ask(asker, "a@x.example", "b@in.example", KJ_COUNTING_TEST);  /* permits, for now: not logged */
    ask(asker, "a@x.example", "b@in.example", KJ_COUNTING_TAKE);  /* 1: @log */
    ask(asker, "a@x.example", "b@out.example", KJ_COUNTING_TEST); /* 2: refused, @log */
    ask(asker, "a@x.example", "b@plain.example", KJ_COUNTING_TAKE);
    ask(asker, "a@x.example", "b@p.example", KJ_COUNTING_TAKE); /* 3: no counter */
    kj_asker_set_quiet(asker, TRUE);
    ask(asker, "a@x.example", "b@out.example", KJ_COUNTING_TEST);
    kj_asker_set_quiet(asker, FALSE);
    g_assert_true(kj_point_shadow(point, candidate, NULL));
    ask(asker, "a@x.example", "b@in.example", KJ_COUNTING_TEST);
    ask(asker, "a@x.example", "b@plain.example", KJ_COUNTING_TAKE); /* 4: the candidate has a message */
    ask(asker, "a@x.example", "b@held.example", KJ_COUNTING_TAKE);  /* 5: it would refuse */
    ask(asker, "a@x.example", "b@new.example", KJ_COUNTING_TAKE);   /* 6: it would permit */
    g_assert_true(kj_point_shadow(point, NULL, NULL));
    ask(asker, "a@x.example", "b@held.example", KJ_COUNTING_TAKE);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    static const char *const rules[] = { "inside", "default", "partner", "plain", "held", "default" };
    g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(rules) + 1);
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autofree char *rule = g_strdup_printf("\"rule\":\"%s\"", rules[i]);
        g_assert_nonnull(strstr(lines[i], rule));
        g_assert_true((strstr(lines[i], "\"shadow\"") != NULL) == (i >= 3));
    }
    g_clear_pointer(&asker, kj_asker_free); /* the sums stay */
    kj_point_metrics(point, metrics);
    static const char *const wanted[] = {
        "kijun_decisions_total{block=\"mail.forwarding\",protocol=\"test\",answer=\"permit\"} 3\n",
        "kijun_decisions_total{block=\"mail.forwarding\",protocol=\"test\",answer=\"refuse\"} 4\n",
        "kijun_decisions_total{block=\"mail.forwarding\",protocol=\"test\",answer=\"hold\"} 2\n",
        "kijun_decisions_total{block=\"mail.forwarding\",protocol=\"test\",answer=\"later\"} 1\n",
        "kijun_shadow_differences_total{block=\"mail.forwarding\",protocol=\"test\"} 3\n",
        "kijun_counter_away_total{block=\"mail.forwarding\",protocol=\"test\"} 1\n",
        "kijun_decision_seconds_count{block=\"mail.forwarding\",protocol=\"test\"} 1\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (!strstr(metrics->str, wanted[i]))
            g_error("%s is not in:\n%s", wanted[i], metrics->str);
}

/* An emergency's table: before its end each record says until when, and from then on the release before decides, with no word of it. */
static void test_emergency(void) {
    static const char lasting[] = "mail forwarding { default deny @log; }", new[] = "mail forwarding { default deny @log; open: allow to \"in.example\" @log; }";
    g_autofree char *path = g_build_filename(folder, "emergency.log", NULL), *where = g_strconcat("file:", path, NULL), *text = NULL;
    g_autofree char *table = g_build_filename(folder, "emergency.kjt", NULL);
    g_autoptr(KjCompilation) before = kj_compilation_new(), after = kj_compilation_new();
    g_autoptr(KjLog) log = kj_log_open(where, KJ_LOG_JSON, NULL, NULL);
    g_autoptr(KjPoint) point = kj_point_new(NULL, log);
    gint64 end = NOW / G_USEC_PER_SEC / 60 * 60 + 60;
    kj_compilation_load_text(before, "mail.pol", lasting, strlen(lasting));
    kj_compilation_load_text(after, "mail.pol", new, strlen(new));
    g_autoptr(GBytes) bytes = kj_build_until(after->policy, end, before->policy, TRUE, after->diagnostics);
    g_assert_true(g_file_set_contents(table, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), NULL));
    g_assert_true(kj_point_load(point, table, NULL));
    g_autoptr(KjAsker) asker = open_asker(point);
    for (guint i = 0; i < 2; i++) {
        KjAnswer answer;
        kj_asker_begin(asker, end * G_USEC_PER_SEC - 1 + i, NULL);
        put(asker, "to", "b@in.example");
        kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
        g_assert_cmphex(answer.kind, ==, i ? KJ_ANSWER_REFUSE : KJ_ANSWER_PERMIT);
        g_assert_cmpstr(answer.verdict.label, ==, i ? "default" : "open");
    }
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    g_assert_nonnull(strstr(lines[0], "\"emergency\":\""));
    g_assert_null(strstr(lines[1], "emergency"));
}

/* What the point adds to a decision; told, not judged: machines differ. */
static void test_cost(void) {
    g_autoptr(KjPoint) point = open_point(NULL, NULL);
    g_autoptr(KjAsker) asker = open_asker(point);
    KjVerdict verdict = { .size = sizeof verdict };
    KjAnswer answer;
    guint count = 200000;
    begin(asker, "a@x.example", "b@plain.example");
    gint64 start = g_get_monotonic_time();
    for (guint i = 0; i < count; i++)
        kj_decide(kj_asker_request(asker), &verdict);
    gint64 middle = g_get_monotonic_time();
    for (guint i = 0; i < count; i++)
        kj_asker_answer(asker, KJ_COUNTING_TAKE, &answer);
    gint64 end = g_get_monotonic_time();
    g_assert_cmphex(answer.kind, ==, KJ_ANSWER_REFUSE);
    g_test_message("kj_decide %.0f ns, kj_asker_answer %.0f ns", (gdouble)(middle - start) * 1000 / count, (gdouble)(end - middle) * 1000 / count);
}

int main(int argc, char **argv) {
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(problems);
    folder = g_dir_make_tmp("point-XXXXXX", NULL);
    g_test_add_func("/point/answers", test_answers);
    g_test_add_func("/point/unknown", test_unknown);
    g_test_add_func("/point/counting", test_counting);
    g_test_add_func("/point/promises", test_promises);
    g_test_add_func("/point/away", test_away);
    g_test_add_func("/point/swap", test_swap);
    g_test_add_func("/point/refused", test_refused);
    g_test_add_func("/point/crowd", test_crowd);
    g_test_add_func("/point/records", test_records);
    g_test_add_func("/point/emergency", test_emergency);
    g_test_add_func("/point/cost", test_cost);
    int code = g_test_run();
    const char *argv_remove[] = { "rm", "-rf", folder, NULL };
    g_spawn_sync(NULL, (char **)argv_remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
    g_free(folder);
    return code;
}
