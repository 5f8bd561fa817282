/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions as a person would check them: what answers before and after their end, in the reference and in the table; labels of the rules that hold
 * again; which of them `check` tells, and how; and proofs. test_conformance.c tries the same at random.
 */
#include <string.h>

#include "../../../compiler/analyse/analyse.h"

#define TODAY 20781 /* 2026-11-24 */

static KjCompilation *compile(const char *text) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "a.pol", text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) out = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, out);
        g_error("%s", out->str);
    }
    return compilation;
}

/* ---- who answers, and when ---- */

#define MAIL \
    "zone \"Asia/Tokyo\"; standard mail base { outside: deny to \"x.jp\"; slow: limit to \"y.jp\" rate 20/1d; open: allow to \"z.jp\"; }" \
    "standard mail above conforms to base { large: hold to \"w.jp\"; }"

static const struct {
    const char *name, *text;
    const char *request; /* FIELD=VALUE ... */
    const char *before, *after, *never; /* the label at the last second of the last day, at the first of the next, and without an instant */
} answers[] = {
    { "first match: a refusal at the head",
      MAIL "mail b conforms to base { default deny; x: allow to \"x.jp\"; }"
           "exception \"E-1\" to base in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "E-1/outside", "E-1/outside" },
    { "first match: no overlap with the region",
      MAIL "mail b conforms to base { default deny; x: allow to { \"x.jp\", \"v.jp\" }; }"
           "exception \"E-1\" to base in b when to == \"v.jp\" until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "x", "x" },
    { "first match: outside of the region nothing changes",
      MAIL "mail b conforms to base { default deny; x: allow to \"x.jp\"; }"
           "exception \"E-1\" to base in b when to == \"x.jp\" and tls until 2026-12-31 reason \"r\";",
      "to=a@x.jp tls=false", "x", "x", "x" },
    { "first match: unknown is not in the region",
      MAIL "mail b conforms to base { default deny; x: allow to \"x.jp\"; }"
           "exception \"E-1\" to base in b when to == \"x.jp\" and tls until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "x", "x" },
    { "first match: a limit before what is milder",
      MAIL "mail b conforms to base { default deny; y: allow to \"y.jp\"; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "y", "E-1/slow", "E-1/slow" },
    { "first match: a limit opens nothing that the block refuses",
      MAIL "mail b conforms to base { default deny; huge: deny size > 1MB size not none; y: allow to \"y.jp\"; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp size=2MB", "huge", "huge", "huge" },
    { "first match: nor by its default",
      MAIL "mail b conforms to base { default deny; y: allow to \"y.jp\" tls true; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "default", "default", "default" },
    { "first match: a stricter limit of the block's own stays",
      MAIL "mail b conforms to base { default deny; y: limit to \"y.jp\" rate 10/1d; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "y", "y", "y" },
    { "first match: one that cannot be compared does not",
      MAIL "mail b conforms to base { default deny; y: limit to \"y.jp\" rate 2/1h; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "y", "E-1/slow", "E-1/slow" },
    { "first match: a limit at the end, before a mild default",
      MAIL "mail b conforms to base { default allow; x: deny to \"x.jp\"; }"
           "exception \"E-1\" to base in b when to == \"y.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "default", "E-1/slow", "E-1/slow" },
    { "first match: exactly the mildest, at the head",
      MAIL "mail b conforms to base { default deny; z: hold to \"z.jp\"; }"
           "exception \"E-1\" to base in b when to == \"z.jp\" until 2026-12-31 reason \"r\";",
      "to=a@z.jp", "z", "E-1/open", "E-1/open" },
    { "standards above come with it",
      MAIL "mail b conforms to above { default deny; x: allow to { \"x.jp\", \"w.jp\" }; }"
           "exception \"E-1\" to above in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "E-1/outside", "E-1/outside" },
    { "standards below do not",
      MAIL "mail b conforms to above { default deny; x: allow to { \"x.jp\", \"w.jp\" }; }"
           "exception \"E-1\" to base in b when to in { \"x.jp\", \"w.jp\" } until 2026-12-31 reason \"r\";",
      "to=a@w.jp", "x", "x", "x" },
    { "an earlier rule of the standard comes first",
      "zone \"Asia/Tokyo\"; standard mail s { some: limit to \"x.jp\" rate 20/1d; all: deny; }"
      "mail b conforms to s { default deny; x: allow to \"x.jp\"; }"
      "exception \"E-1\" to s in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "E-1/some", "E-1/some" },
    { "the rule an exception names ends with it",
      MAIL "mail b conforms to base { default deny; x: allow to \"x.jp\"; }"
           "exception \"E-1\" to base in b.x until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "default", "default" },
    { "strictest: a refusal wins",
      "zone \"Asia/Tokyo\"; standard acl s { parameter who : set of principal; others: deny principal not who; }"
      "acl b conforms to s with who = \"sato\" { default deny; all: allow; }"
      "exception \"E-1\" to s in b when action == read until 2026-12-31 reason \"r\";",
      "principal=abe action=read resource=/a", "all", "E-1/others", "E-1/others" },
    { "strictest: and only in the region",
      "zone \"Asia/Tokyo\"; standard acl s { parameter who : set of principal; others: deny principal not who; }"
      "acl b conforms to s with who = \"sato\" { default deny; all: allow; }"
      "exception \"E-1\" to s in b when action == read until 2026-12-31 reason \"r\";",
      "principal=abe action=write resource=/a", "all", "all", "all" },
    { "strictest: a warning opens nothing that the default refuses",
      "zone \"Asia/Tokyo\"; standard password s { short: warn length < 12; }"
      "password b conforms to s { default deny; fine: allow when length >= 8; }"
      "exception \"E-1\" to s in b when length < 12 until 2026-12-31 reason \"r\";",
      "length=7", "default", "default", "default" },
    { "strictest: but joins what the block allows",
      "zone \"Asia/Tokyo\"; standard password s { short: warn length < 12; }"
      "password b conforms to s { default deny; fine: allow when length >= 8; }"
      "exception \"E-1\" to s in b when length < 12 until 2026-12-31 reason \"r\";",
      "length=9", "fine", "E-1/short", "E-1/short" },
    { "an id that is no label",
      MAIL "mail b conforms to base { default deny; x: allow to \"x.jp\"; }"
           "exception \"令和8年/第3号\\tA\" to base in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "to=a@x.jp", "x", "令和8年_第3号_A/outside", "令和8年_第3号_A/outside" },
    { "two ways to one standard",
      "zone \"Asia/Tokyo\"; standard acl s { parameter who : set of principal; others: deny principal not who; }"
      "standard acl t conforms to s with who = who { parameter who : set of principal; }"
      "acl b conforms to t with who = { \"sato\", \"abe\" }, s with who = \"sato\" { default deny; all: allow; }"
      "exception \"E-1\" to s in b when action == read until 2026-12-31 reason \"r\";",
      "principal=abe action=read resource=/a", "all", "E-1/others/2", "E-1/others/2" },
};

static gint64 first_second_of_2027(void) {
    g_autoptr(GTimeZone) tokyo = g_time_zone_new_identifier("Asia/Tokyo");
    g_autoptr(GDateTime) time = g_date_time_new(tokyo, 2027, 1, 1, 0, 0, 0);

    return g_date_time_to_unix(time);
}

static void assert_answer(const KjCompilation *compilation, KjTable *table, const char *request, const gint64 *instant, const char *label) {
    const KjBlock *block = kj_policy_find_block(compilation->policy, "b", NULL);
    g_auto(GStrv) parts = g_strsplit(request, " ", -1);
    KjFieldText values[8];
    KjReferenceVerdict reference;
    KjVerdict verdict = { .size = sizeof verdict };
    g_autoptr(KjRequest) asked = NULL;
    guint number, count = 0;

    g_assert_true(kj_table_find_block(table, "a.b", &number, NULL));
    asked = kj_request_new(table, number);
    for (; parts[count]; count++) {
        char *equals = strchr(parts[count], '=');
        *equals = '\0';
        values[count] = (KjFieldText){ parts[count], equals + 1 };
        g_assert_true(kj_request_set_text(asked, kj_table_find_field(table, number, parts[count]), equals + 1, -1, NULL));
    }
    if (instant)
        kj_request_set_instant(asked, *instant);
    kj_reference_decide(block, values, count, instant != NULL, instant ? *instant : 0, &reference);
    g_assert_cmpstr(reference.label, ==, label);
    kj_reference_verdict_clear(&reference);
    kj_decide(asked, &verdict);
    g_assert_cmpstr(verdict.label, ==, label);
}

static void test_answers(gconstpointer data) {
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(KjCompilation) compilation = compile(answers[index].text);
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    KjTable *table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    gint64 after = first_second_of_2027(), before = after - 1;

    g_assert_nonnull(table);
    assert_answer(compilation, table, answers[index].request, &before, answers[index].before);
    assert_answer(compilation, table, answers[index].request, &after, answers[index].after);
    assert_answer(compilation, table, answers[index].request, NULL, answers[index].never);
    kj_table_unref(table);
}

/* ---- what is told ---- */

#define FLOOR(longest) "standard firewall floor { telnet: deny port { 23, none }; " longest "} standard firewall upper conforms to floor { } "
#define EDGE(rule) "firewall b conforms to upper { default deny; " rule " } "
#define OLD "old: allow to 192.0.2.1;"
#define UNTIL(day) "exception \"E-1\" to floor in b.old until " day " reason \"r\";"

static const struct {
    const char *name, *text;
    const char *told; /* codes, sorted */
    gboolean undated;
} tellings[] = {
    { "conforms", FLOOR("") EDGE("old: allow to 192.0.2.1 port 443;"), "", FALSE },
    { "does not", FLOOR("") EDGE(OLD), "KJ0330 ", FALSE },
    { "excused", FLOOR("") EDGE(OLD) UNTIL("2027-06-30"), "KJ0344 ", FALSE },
    { "excused, and no date is known", FLOOR("") EDGE(OLD) UNTIL("2027-06-30"), "", TRUE },
    { "ends on the last soon day", FLOOR("") EDGE(OLD) UNTIL("2026-12-24"), "KJ0342 ", FALSE },
    { "ends a day later", FLOOR("") EDGE(OLD) UNTIL("2026-12-25"), "KJ0344 ", FALSE },
    { "ends today", FLOOR("") EDGE(OLD) UNTIL("2026-11-24"), "KJ0342 ", FALSE },
    { "ended yesterday", FLOOR("") EDGE(OLD) UNTIL("2026-11-23"), "KJ0341 ", FALSE },
    { "excuses nothing", FLOOR("") EDGE("old: allow to 192.0.2.1 port 443;") UNTIL("2027-06-30"), "KJ0343 ", FALSE },
    { "excuses what another excuses", FLOOR("") EDGE(OLD) UNTIL("2027-06-30")
      "exception \"E-2\" to upper in b when to in 192.0.2.0/24 until 2027-06-30 reason \"r\";", "KJ0343 KJ0343 ", FALSE },
    { "excuses more than another", FLOOR("") EDGE(OLD) UNTIL("2027-06-30")
      "exception \"E-2\" to upper in b when proto == tcp until 2027-06-30 reason \"r\";", "KJ0343 KJ0344 ", FALSE },
    { "as long as the standard allows", FLOOR("max_exception = 31d; ") EDGE(OLD) UNTIL("2026-12-25"), "KJ0344 ", FALSE },
    { "a day longer", FLOOR("max_exception = 30d; ") EDGE(OLD) UNTIL("2026-12-25"), "KJ0340 ", FALSE },
    { "longer than the standard above allows", FLOOR("max_exception = 30d; ") EDGE(OLD)
      "exception \"E-1\" to upper in b.old until 2026-12-25 reason \"r\";", "KJ0340 ", FALSE },
    { "longer, but no date is known", FLOOR("max_exception = 30d; ") EDGE(OLD) UNTIL("2026-12-25"), "", TRUE },
    { "none allowed", FLOOR("max_exception = 0d; ") EDGE(OLD) UNTIL("2026-11-24"), "KJ0340 ", FALSE },
    { "none allowed, at any date", FLOOR("max_exception = 0d; ") EDGE(OLD) UNTIL("2026-11-24"), "KJ0340 ", TRUE },
    { "begins later", FLOOR("") EDGE("old: allow to 192.0.2.1 @from(2026-11-25);"), "KJ0331 ", FALSE },
    { "begins today", FLOOR("") EDGE("old: allow to 192.0.2.1 @from(2026-11-24);"), "KJ0330 ", FALSE },
    { "is past", FLOOR("") EDGE("old: allow to 192.0.2.1 @until(2026-11-01);"), "KJ0330 ", FALSE },
    { "begins later, and no date is known", FLOOR("") EDGE("old: allow to 192.0.2.1 @from(2026-11-25);"), "KJ0330 ", TRUE },
    /* without an instant the named rule is past, and the rest decides already today */
    { "the rest does not conform after the end", FLOOR("") EDGE(OLD " older: allow to 192.0.2.0/24 port { 22, 23 };") UNTIL("2027-06-30")
      "exception \"E-2\" to floor in b when to in 192.0.2.0/24 - 192.0.2.1 until 2027-06-30 reason \"r\";", "KJ0330 KJ0344 KJ0344 ", FALSE },
    { "west of Greenwich too", "zone \"America/New_York\"; " FLOOR("") EDGE(OLD)
      "exception \"E-1\" to floor in b when to == 192.0.2.1 until 2027-06-30 reason \"r\";", "KJ0344 ", FALSE },
    { "opaque", "standard acl s { field a : integer; field b : integer; field c : integer; all: deny; }"
      "acl b conforms to s { default deny; odd: allow when a < b and b < c and c < a; }", "KJ0334 ", FALSE },
    { "a request that is an error is refused", "standard acl s { all: deny unless action == read; }"
      "acl b conforms to s { field kind : { one, two }; default deny; read: allow action read; }", "", FALSE },
    { "contradiction, seen only with the parameter", "standard acl s { parameter who : set of principal; all: allow principal who; }"
      "standard acl t conforms to s with who = who { parameter who : set of principal; none_: deny action read; }"
      "acl b conforms to t with who = \"sato\" { default deny; all: allow principal \"sato\" unless action == read; }", "KJ0330 KJ0335 ", FALSE },
};

static int compare_codes(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void test_tellings(gconstpointer data) {
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(KjCompilation) compilation = compile(tellings[index].text);
    KjAnalysis analysis = { .at = TODAY * G_GINT64_CONSTANT(86400), .day = TODAY, .soon = 30, .undated = tellings[index].undated };
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) text = g_string_new(NULL), codes = g_string_new(NULL);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

    if (analysis.undated) {
        kj_analyse_errors(compilation->policy, &analysis, diagnostics);
    } else {
        kj_prove_conformance(compilation->policy, &analysis, diagnostics);
        kj_find_exceptions(compilation->policy, &analysis, diagnostics);
    }
    kj_diagnostics_print_github(diagnostics, compilation->sources, NULL, text);
    for (const char *at = text->str; (at = strstr(at, "title=KJ"));) {
        at += strlen("title=");
        g_ptr_array_add(list, g_strndup(at, 6));
    }
    g_ptr_array_sort(list, compare_codes);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(codes, "%s ", (char *)list->pdata[i]);
    if (strcmp(codes->str, tellings[index].told) != 0)
        g_printerr("%s", text->str);
    g_assert_cmpstr(codes->str, ==, tellings[index].told);
}

/* ---- proofs ---- */

static const struct {
    const char *name, *text;
    const char *reason; /* NULL: it holds */
} proofs[] = {
    { "holds", "firewall b { default deny; web: allow port 80 proto tcp; } prove \"p\" { firewall b: port 81 => deny; }", NULL },
    { "by a rule", "firewall b { default deny; web: allow port 80..81 proto tcp; } prove \"p\" { firewall b: port 81 => deny; }",
      "the rule `web` answers `allow`" },
    { "by the default", "firewall b { default deny; web: allow port 80 proto tcp; } prove \"p\" { firewall b: port 80 => allow, reject; }",
      "the default of `a.b` answers `deny`" },
    { "several effects", "firewall b { default deny; web: reject port 80 proto tcp; } prove \"p\" { firewall b: port 80 => deny, reject; }", NULL },
    { "the first match", "firewall b { default allow; no: deny port 80; yes: allow port 80; } prove \"p\" { firewall b: port 80 => deny; }", NULL },
    { "the strictest", "acl b { default allow; yes: allow action read; no: deny action read; } prove \"p\" { acl b: action read => deny; }", NULL },
    { "the first requirement", "group g = { \"a\" }; governance b { one: ratify count 1 from g within 1d; two: require count 1 from g; }"
      "prove \"p\" { governance b: tier basic => ratify; }", NULL },
    { "no requirement", "group g = { \"a\" }; governance b { two: require count 1 from g when weakens; }"
      "prove \"p\" { governance b: tier basic => require; }", "the default of `a.b` answers `deny`" },
    { "at some instant", "firewall b { default deny; web: allow port 80 during 2099-12-31 23:58..23:59; } prove \"p\" { firewall b: port 80 => deny; }",
      "the rule `web` answers `allow`" },
    { "errors are no requests", "acl b { field kind : { one, two }; default deny; all: allow; } prove \"p\" { acl b: action read => allow; }", NULL },
    { "after an exception", "standard acl s { all: deny action read; } acl b conforms to s { default deny; all: allow action read; }"
      "exception \"E-1\" to s in b when action == read until 2026-12-31 reason \"r\";"
      "prove \"p\" { acl b: action read during 2027-01-01..2027-12-31 => deny; }", NULL },
    { "opaque", "acl b { field a : integer; field b : integer; field c : integer; default deny; odd: allow when a < b and b < c and c < a; }"
      "prove \"p\" { acl b: action read => deny; }",
      "not proved: some requests may be answered otherwise, but none can be made up that shows it" },
    { "compared fields that can be seen through", "acl b { field owner : principal; default deny; own: allow when principal == owner; }"
      "prove \"p\" { acl b: principal \"a\" when owner == \"b\" => deny; }", NULL },
};

static void test_proofs(gconstpointer data) {
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(KjCompilation) compilation = compile(proofs[index].text);
    const KjAnalysis analysis = { .at = TODAY * G_GINT64_CONSTANT(86400), .day = TODAY };
    KjProof proof;

    kj_prove_case(&compilation->policy->tests->proofs[0], &analysis, &proof);
    g_assert_cmpstr(proof.reason, ==, proofs[index].reason);
    g_assert_true(proof.holds == (proofs[index].reason == NULL));
    g_assert_true((proof.witness != NULL) == (!proof.holds && !proof.undecided));
    kj_proof_clear(&proof);
}

static void add(const char *kind, const char *name, guint index, GTestDataFunc function) {
    g_autofree char *path = g_strdup_printf("/exceptions/%s/%s", kind, name);

    g_test_add_data_func(path, GUINT_TO_POINTER(index), function);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
        add("answers", answers[i].name, i, test_answers);
    for (guint i = 0; i < G_N_ELEMENTS(tellings); i++)
        add("told", tellings[i].name, i, test_tellings);
    for (guint i = 0; i < G_N_ELEMENTS(proofs); i++)
        add("proofs", proofs[i].name, i, test_proofs);
    return g_test_run();
}
