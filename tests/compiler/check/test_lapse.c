/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy that ends by itself, as a person would check it: who answers before the end, at it, and without a clock; what is the same in both versions and
 * has no time; blocks that only one version has; what an explanation says; what is refused. tests/random tries the same on random policies.
 *
 * lapse.expected is a table of both versions, rule by rule. KIJUN_UPDATE=1 writes it anew.
 */
#include <string.h>

#include <kijun/explain.h>
#include <kijun/format.h>
#include <kijun/view.h>

#include "../../../compiler/compiler.h"

#define END G_GINT64_CONSTANT(1795698840) /* 2026-11-26T13:14:00Z */

static KjCompilation *compile(const char *file, const char *text) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, file, text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) out = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, out);
        g_error("%s", out->str);
    }
    return compilation;
}

static KjTable *open_table(GBytes *bytes) {
    g_autoptr(GError) error = NULL;
    KjTable *table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);

    g_assert_no_error(error);
    return table;
}

static KjTable *join_at(const char *before, const char *new, gint64 until, gboolean optimise) {
    g_autoptr(KjCompilation) old = compile("a.pol", before), fresh = compile("a.pol", new);
    g_autoptr(GBytes) bytes = kj_build_until(fresh->policy, until, old->policy, optimise, fresh->diagnostics);

    g_assert_nonnull(bytes);
    return open_table(bytes);
}

/* ---- asking ---- */

/* `request` is FIELD=VALUE ...; the request is kept for explanations. */
static KjRequest *ask(KjTable *table, const char *name, const char *request, gint64 instant, KjVerdict *verdict) {
    g_auto(GStrv) words = g_strsplit(request, " ", -1);
    g_autoptr(GError) error = NULL;
    KjRequest *asked;
    guint block;

    kj_table_find_block(table, name, &block, &error);
    g_assert_no_error(error);
    asked = kj_request_new(table, block);
    for (char **word = words; *word; word++) {
        char *equals = strchr(*word, '=');
        *equals = '\0';
        kj_request_set_text(asked, kj_table_find_field(table, block, *word), equals + 1, -1, &error);
        g_assert_no_error(error);
    }
    if (instant >= 0)
        kj_request_set_instant(asked, instant);
    *verdict = (KjVerdict){ .size = sizeof *verdict };
    kj_decide(asked, verdict);
    return asked;
}

static void assert_answer(KjTable *table, const char *what, const char *request, gint64 instant, const char *wanted) {
    KjVerdict verdict;
    KjRequest *asked = ask(table, "b", request, instant, &verdict);
    g_autofree char *answer = g_strdup_printf("%s %s", verdict.effect, verdict.label);

    if (strcmp(answer, wanted) != 0)
        g_error("%s, %s at %" G_GINT64_FORMAT ": %s instead of %s", what, request, instant, answer, wanted);
    kj_request_free(asked);
}

/* ---- who answers, and when ---- */

static const struct {
    const char *what, *before, *new, *request;
    const char *until, *from, *clockless; /* effect and label at the last second, at the end, and without an instant */
} answers[] = {
    { "a rule is added that opens", "mail b { default deny; x: allow to \"x.jp\"; }", "mail b { default deny; y: allow to \"y.jp\"; x: allow to \"x.jp\"; }",
      "to=a@y.jp", "allow y", "deny default", "deny default" },
    { "a rule that both have", "mail b { default deny; x: allow to \"x.jp\"; }", "mail b { default deny; y: allow to \"y.jp\"; x: allow to \"x.jp\"; }",
      "to=a@x.jp", "allow x", "allow x", "allow x" },
    { "a rule is added that closes", "mail b { default allow; }", "mail b { default allow; no: deny to \"x.jp\"; }", "to=a@x.jp", "deny no", "allow default",
      "deny no" },
    { "a rule is taken away that opened", "mail b { default deny; x: allow to \"x.jp\"; }", "mail b { default deny; }", "to=a@x.jp", "deny default", "allow x",
      "allow x" },
    { "a rule is taken away that closed", "mail b { default allow; no: deny to \"x.jp\"; }", "mail b { default allow; }", "to=a@x.jp", "allow default",
      "deny no", "deny no" },
    { "a rule is taken away that limited", "mail b { default allow; slow: limit to \"x.jp\" rate 1/1h; }", "mail b { default allow; }", "to=a@x.jp",
      "allow default", "limit slow", "limit slow" },
    { "a rule changes under its label", "mail b { default deny; x: allow to \"x.jp\"; }", "mail b { default deny; x: allow to { \"x.jp\", \"y.jp\" }; }",
      "to=a@y.jp", "allow x", "deny default", "deny default" },
    { "a rule changes its effect", "mail b { default deny; x: allow to \"x.jp\"; }", "mail b { default deny; x: hold to \"x.jp\"; }", "to=a@x.jp", "hold x",
      "allow x", "allow x" },
    { "a set changes that a rule names", "let far = \"x.jp\"; mail b { default deny; x: allow to far; }",
      "let far = \"y.jp\"; mail b { default deny; x: allow to far; }", "to=a@y.jp", "allow x", "deny default", "deny default" },
    { "an address in such a set", "let far = 192.0.2.1; mail b { default deny; x: allow client far; }",
      "let far = 192.0.2.2; mail b { default deny; x: allow client far; }", "to=a@x.jp client=192.0.2.2", "allow x", "deny default", "deny default" },
    { "a name in a group", "group staff = { \"sato\" }; acl b { default deny; x: allow when groups has staff; }",
      "group staff = { \"ito\" }; acl b { default deny; x: allow when groups has staff; }", "principal=abe action=read resource=/a groups=ito", "allow x",
      "deny default", "deny default" },
    { "a condition that a rule names", "let near = when to == \"x.jp\"; mail b { default deny; x: allow when near; }",
      "let near = when to != \"x.jp\"; mail b { default deny; x: allow when near; }", "to=a@y.jp", "allow x", "deny default", "deny default" },
    { "a word of such a condition", "let near = when to == \"x.jp\" and tls; mail b { default deny; x: allow when near; }",
      "let near = when to == \"x.jp\" or tls; mail b { default deny; x: allow when near; }", "to=a@y.jp tls=true", "allow x", "deny default", "deny default" },
    { "one in an `unless`", "let near = \"x.jp\"; mail b { default deny; x: allow to any unless to == near; }",
      "let near = \"y.jp\"; mail b { default deny; x: allow to any unless to == near; }", "to=a@x.jp", "allow x", "deny default", "deny default" },
    { "the zone of the module", "zone \"UTC\"; mail b { default deny; x: allow during 22:00..23:00; }",
      "zone \"Asia/Tokyo\"; mail b { default deny; x: allow during 22:00..23:00; }", "to=a@x.jp", "allow x", "deny default", "deny default" },
    { "rules change places", "mail b { default deny; x: allow to \"x.jp\"; n: deny to \"*.jp\"; }",
      "mail b { default deny; n: deny to { \"x.jp\", \"*.jp\" }; x: allow to \"x.jp\"; }", "to=a@x.jp", "deny n", "allow x", "deny n" },
    { "the default opens, first match", "mail b { default deny; n: deny to \"x.jp\"; }", "mail b { default allow; n: deny to \"x.jp\"; }", "to=a@y.jp",
      "allow default", "deny default", "deny default" },
    { "the default closes, first match", "mail b { default allow; }", "mail b { default deny; }", "to=a@y.jp", "deny default", "allow default", "deny default" },
    { "the default opens, strictest", "acl b { default deny; n: deny principal \"ito\"; x: allow action read; }",
      "acl b { default allow; n: deny principal \"ito\"; x: allow action read; }", "principal=sato action=write resource=/a", "allow default", "deny default",
      "deny default" },
    { "the default closes, strictest", "acl b { default allow; x: allow action read; }", "acl b { default deny; x: allow action read; }",
      "principal=sato action=read resource=/a", "allow x", "allow x", "allow x" },
    { "a rule stricter than a new default", "acl b { default deny; n: deny principal \"ito\"; }", "acl b { default allow; n: deny principal \"ito\"; }",
      "principal=ito action=read resource=/a", "deny n", "deny n", "deny n" },
    { "an exception that ended in between",
      "standard mail s { outside: deny to \"x.jp\"; } mail b conforms to s { default deny; x: allow to \"x.jp\"; }",
      "standard mail s { outside: deny to \"x.jp\"; } mail b conforms to s { default deny; x: allow to \"x.jp\"; }"
      "exception \"E-1\" to s in b when to == \"x.jp\" until 2026-11-25 reason \"r\";",
      "to=a@x.jp", "deny E-1/outside", "allow x", "deny E-1/outside" },
    { "an exception that both have",
      "standard mail s { outside: deny to \"x.jp\"; } mail b conforms to s { default deny; x: allow to \"x.jp\"; }"
      "exception \"E-1\" to s in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "standard mail s { outside: deny to \"x.jp\"; } mail b conforms to s { default deny; x: allow to { \"x.jp\", \"y.jp\" }; }"
      "exception \"E-1\" to s in b when to == \"x.jp\" until 2026-12-31 reason \"r\";",
      "to=a@y.jp", "allow x", "deny default", "deny default" },
    { "an end of its own", "mail b { default deny; x: allow to \"x.jp\" @until(2026-11-25); }",
      "mail b { default deny; x: allow to \"x.jp\" @until(2026-11-30); }", "to=a@x.jp", "allow x", "deny default", "deny default" },
};

static void test_answers(void) {
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        for (guint optimise = 0; optimise < 2; optimise++) {
            g_autoptr(KjTable) table = join_at(answers[i].before, answers[i].new, END, optimise != 0);
            assert_answer(table, answers[i].what, answers[i].request, END - 1, answers[i].until);
            assert_answer(table, answers[i].what, answers[i].request, END, answers[i].from);
            assert_answer(table, answers[i].what, answers[i].request, -1, answers[i].clockless);
        }
    }
}

#define LASTING "mail b { default deny; x: allow to \"x.jp\"; }"
#define WIDER "mail b { default deny; y: allow to \"y.jp\"; x: allow to \"x.jp\"; }"

/* Whole minutes count, the rest of one is left out; midnight, and the first minute that can be an end. */
static void test_minutes(void) {
    static const gint64 ends[] = { END, END + 1, END + 59, END - END % 86400, 60, 86400, G_GINT64_CONSTANT(4102444799) };

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(KjTable) table = join_at(LASTING, WIDER, ends[i], TRUE);
        gint64 end = ends[i] - ends[i] % 60;
        g_assert_cmpint(kj_table_until(table), ==, end);
        assert_answer(table, "an end", "to=a@y.jp", 0, "allow y");
        assert_answer(table, "an end", "to=a@y.jp", end - 1, "allow y");
        assert_answer(table, "an end", "to=a@y.jp", end, "deny default");
        assert_answer(table, "an end", "to=a@y.jp", G_GINT64_CONSTANT(4102444799), "deny default");
    }
}

/* What both have has no time: the table is that of the one version, but for the end in its header. */
static void test_the_same(void) {
    g_autoptr(KjCompilation) old = compile("a.pol", WIDER), fresh = compile("a.pol", WIDER);
    g_autoptr(GBytes) bytes = kj_build_until(fresh->policy, END, old->policy, TRUE, fresh->diagnostics);
    g_autoptr(GBytes) plain = kj_build(fresh->policy, TRUE, fresh->diagnostics);
    const guint8 *left = g_bytes_get_data(bytes, NULL), *right = g_bytes_get_data(plain, NULL);
    g_autoptr(KjTable) lasting = open_table(plain);

    g_assert_cmpint(kj_table_until(lasting), ==, 0);
    g_assert_cmpmem(left + sizeof(KjTableHeader), g_bytes_get_size(bytes) - sizeof(KjTableHeader), right + sizeof(KjTableHeader),
                    g_bytes_get_size(plain) - sizeof(KjTableHeader));
    g_assert_cmpuint(((const KjTableHeader *)(const void *)left)->until, ==, END);
}

/* ---- blocks that one version has alone ---- */

static char *message_of(KjRequest *request, const KjVerdict *verdict, const char *language) {
    KjObligation obligation;

    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++) {
        if (strcmp(obligation.name, "message") == 0 && strcmp(obligation.language, language) == 0)
            return g_strdup(obligation.value);
    }
    return NULL;
}

static void assert_refused(KjTable *table, const char *block, const char *request, gint64 instant, const char *en, const char *ja) {
    KjVerdict verdict;
    g_autoptr(KjRequest) asked = ask(table, block, request, instant, &verdict);
    g_autofree char *english = message_of(asked, &verdict, ""), *japanese = message_of(asked, &verdict, "ja");

    g_assert_cmphex(verdict.outcome, ==, KJ_OUTCOME_REFUSE);
    g_assert_cmpstr(verdict.label, ==, "default");
    g_assert_cmpstr(english, ==, en);
    g_assert_cmpstr(japanese, ==, ja);
}

static void assert_permitted(KjTable *table, const char *block, const char *request, gint64 instant) {
    KjVerdict verdict;
    KjRequest *asked = ask(table, block, request, instant, &verdict);

    g_assert_cmpstr(verdict.label, ==, "x");
    g_assert_cmphex(verdict.outcome, ==, KJ_OUTCOME_PERMIT);
    kj_request_free(asked);
}

static void test_blocks(void) {
    static const char *const domains[][3] = { { "mail", "allow to \"x.jp\"", "to=a@x.jp" },
                                              { "acl", "allow action read", "principal=sato action=read resource=/a" } };

    for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_autofree char *before = g_strdup_printf("%s gone { default allow; x: %s; }", domains[i][0], domains[i][1]);
        g_autofree char *new = g_strdup_printf("%s added { default allow; x: %s; }", domains[i][0], domains[i][1]);
        g_autoptr(KjTable) table = join_at(before, new, END, TRUE);
        assert_permitted(table, "added", domains[i][2], END - 1);
        assert_permitted(table, "gone", domains[i][2], END);
        assert_refused(table, "added", domains[i][2], END, "This block was there for an emergency, which ended at 2026-11-26T13:14Z.",
                       "このブロックは緊急時のものであり、2026-11-26T13:14Z に終わった。");
        assert_refused(table, "added", domains[i][2], -1, "This block was there for an emergency, which ended at 2026-11-26T13:14Z.",
                       "このブロックは緊急時のものであり、2026-11-26T13:14Z に終わった。");
        assert_refused(table, "gone", domains[i][2], END - 1, "This block is not in force during the emergency, until 2026-11-26T13:14Z.",
                       "このブロックは、2026-11-26T13:14Z までの緊急時には効力がない。");
    }
}

/* Requirements add up: an absent block asks for nothing, and nothing is permitted by it. */
static void test_requirements(void) {
    static const char before[] = "group owners = { \"sato\" }; governance b { one: require count 1 from owners when widens; }";
    static const char new[] = "group owners = { \"sato\" }; governance b { two: require count 2 from owners when emergency; }";
    static const char request[] = "module=m domain=mail tier=standard verdict=widens widens=true narrows=false weakens=false "
                                  "editorial=false emergency=true author=sato";
    g_autoptr(KjTable) table = join_at(before, new, END, TRUE);

    assert_answer(table, "requirements", request, END - 1, "require two");
    assert_answer(table, "requirements", request, END, "require one");
    {
        KjVerdict verdict;
        KjRequest *asked = ask(table, "b", request, -1, &verdict);
        g_assert_cmpuint(verdict.matched, ==, 2); /* without a clock both are required */
        kj_request_free(asked);
    }
    /* who is in a group is part of the rule */
    {
        g_autoptr(KjTable) other = join_at(before, "group owners = { \"ito\" }; governance b { one: require count 1 from owners when widens; }", END, TRUE);
        KjBlockView view;
        kj_view_block(other, 0, &view);
        g_assert_cmpuint(view.rule_count, ==, 2);
    }
}

/* ---- what is told ---- */

static char *explained(KjTable *table, const char *request, gint64 instant, const char *language) {
    KjVerdict verdict;
    g_autoptr(KjRequest) asked = ask(table, "b", request, instant, &verdict);
    GString *out = g_string_new(NULL);

    kj_explain(asked, &verdict, NULL, 0, language, out);
    return g_string_free(out, FALSE);
}

static void test_explained(void) {
    g_autoptr(KjTable) table = join_at(LASTING, WIDER, END, TRUE);
    g_autofree char *during = explained(table, "to=a@y.jp", END - 1, "en"), *japanese = explained(table, "to=a@y.jp", END - 1, "ja");
    g_autofree char *after = explained(table, "to=a@y.jp", END, "en");

    g_assert_true(g_str_has_prefix(during, "EMERGENCY: this policy holds until 2026-11-26T13:14Z and ends by itself; then the one before it holds again.\n"
                                           "Allow by rule `y`, a.pol:1:"));
    g_assert_true(g_str_has_prefix(japanese, "緊急時: このポリシーは 2026-11-26T13:14Z に自ら終わり、以後は直前のポリシーに戻る。\n"));
    g_assert_true(g_str_has_prefix(after, "Deny: no rule matched"));
    g_assert_nonnull(strstr(after, "It would go through by rule `x` with: ")); /* and not: at a time that is over */
}

static const char before_text[] =
    "# A line more, so that places tell which file they are in.\n"
    "let office = mon..fri 09:00..18:00 zone \"Asia/Tokyo\";\n"
    "mail b {\n"
    "    default deny;\n"
    "    ## The partner.\n"
    "    partner: allow to \"partner.jp\" during office;\n"
    "    slow: limit to \"y.jp\" rate 20/1d;\n"
    "    large: hold size > 10MB;\n"
    "}\n"
    "acl door {\n"
    "    default deny;\n"
    "    staff: allow principal { \"sato\", \"ito\" } action read;\n"
    "}\n";

static const char new_text[] =
    "let office = mon..fri 09:00..18:00 zone \"Asia/Tokyo\";\n"
    "mail b {\n"
    "    default hold @log;\n"
    "    worm: deny size > 1MB @alert @message(\"not now\", ja \"停止中\");\n"
    "    ## The partner.\n"
    "    partner: allow to \"partner.jp\" during office;\n"
    "    slow: limit to \"y.jp\" rate 5/1d;\n"
    "}\n"
    "acl door {\n"
    "    default deny;\n"
    "    staff: allow principal { \"sato\", \"ito\" } action read;\n"
    "}\n"
    "acl shelter {\n"
    "    default deny;\n"
    "    all: allow action read;\n"
    "}\n";

static void dump_box(const KjTable *table, const KjBlockView *block, guint box, GString *out) {
    guint first, count;

    kj_view_box(table, box, &first, &count);
    g_string_append(out, "       ");
    for (guint i = first; i < first + count; i++) {
        KjTestView test;
        KjFieldView field;

        kj_view_test(table, i, &test);
        kj_view_field(table, block->first_field + test.field, &field);
        g_string_append_printf(out, " [%s", field.name);
        for (guint n = 0; n < test.interval_count; n++) {
            KjClassInterval interval = kj_view_interval(table, test.first_interval + n);
            g_string_append_printf(out, " %u-%u", interval.low, interval.high);
        }
        g_string_append_c(out, ']');
    }
    g_string_append_c(out, '\n');
}

static void dump_rule(const KjTable *table, const KjBlockView *block, guint index, GString *out) {
    KjRuleView rule;
    KjEffectView effect;

    kj_view_rule(table, index, &rule);
    kj_view_effect(table, block->first_effect + rule.effect, &effect);
    g_string_append_printf(out, "    %s, %s, %s:%u\n        %s\n        %s\n        %s\n", rule.label, effect.name, rule.file, rule.line, rule.source,
                           rule.sentence.en, rule.sentence.ja);
    for (guint i = 0; i < rule.note_count; i++) {
        KjNoteView note;
        kj_view_note(table, rule.first_note + i, &note);
        g_string_append_printf(out, "        @%s %s %s%s\n", note.name, note.value, note.language, note.obligation ? " !" : "");
    }
    for (guint i = 0; i < rule.box_count; i++)
        dump_box(table, block, rule.first_box + i, out);
}

static char *dump(const KjTable *table) {
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "until %" G_GINT64_FORMAT "\n", kj_table_until(table));
    for (guint i = 0; i < kj_table_block_count(table); i++) {
        KjBlockView block;
        KjEffectView effect;
        kj_view_block(table, i, &block);
        kj_view_effect(table, block.first_effect + block.default_effect, &effect);
        g_string_append_printf(out, "%s %s.%s, default %s\n", block.domain, block.module, block.name, effect.name);
        for (guint r = 0; r < block.rule_count; r++)
            dump_rule(table, &block, block.first_rule + r, out);
    }
    return g_string_free(out, FALSE);
}

static void test_golden(void) {
    g_autoptr(KjCompilation) old = compile("office.pol", before_text), fresh = compile("office.pol", new_text);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "check", "lapse.expected", NULL), *expected = NULL, *dumped = NULL;
    g_autoptr(GBytes) bytes = NULL, again = NULL;
    g_autoptr(KjTable) table = NULL;

    bytes = kj_build_until(fresh->policy, END, old->policy, TRUE, fresh->diagnostics);
    again = kj_build_until(fresh->policy, END, old->policy, TRUE, fresh->diagnostics);
    g_assert_nonnull(bytes);
    g_assert_true(g_bytes_equal(bytes, again));
    table = open_table(bytes);
    dumped = dump(table);
    if (g_getenv("KIJUN_UPDATE")) {
        g_assert_true(g_file_set_contents(path, dumped, -1, NULL));
        return;
    }
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    g_assert_cmpstr(dumped, ==, expected);
}

/* ---- what cannot end by itself ---- */

static const struct {
    const char *what, *before, *new, *message;
} refusals[] = {
    { "a setting", "firewall b { default deny; hook = input; }", "firewall b { default deny; hook = forward; }", "the setting `hook` has another value" },
    { "a setting that was left to itself", "firewall b { default deny; }", "firewall b { default deny; stateful = false; }", "the setting `stateful`" },
    { "a field more", "acl b { default deny; }", "acl b { field role : text; default deny; }", "the field `role` is not the same" },
    { "a field less", "acl b { field role : text; default deny; }", "acl b { default deny; }", "the field `role` is not the same" },
    { "a field of another type", "acl b { field role : text; default deny; }", "acl b { field role : { low, high }; default deny; }", "the field `role`" },
    { "a field with a value more", "acl b { field role : { low, high }; default deny; }", "acl b { field role : { low, high, top }; default deny; }",
      "the field `role`" },
    { "a domain", "acl b { default deny; }", "mail b { default deny; }", "in the release before it is a block of the domain `acl`" },
};

static void test_refusals(void) {
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(KjCompilation) old = compile("a.pol", refusals[i].before), fresh = compile("a.pol", refusals[i].new);
        g_autoptr(GBytes) bytes = kj_build_until(fresh->policy, END, old->policy, TRUE, fresh->diagnostics);
        g_autoptr(GString) out = g_string_new(NULL);

        g_assert_null(bytes);
        kj_diagnostics_print_text(fresh->diagnostics, fresh->sources, FALSE, out);
        if (!strstr(out->str, "`a.b` cannot end by itself: ") || !strstr(out->str, refusals[i].message) || !strstr(out->str, "[KJ0406]"))
            g_error("%s: %s", refusals[i].what, out->str);
    }
}

static void test_ends(void) {
    static const gint64 ends[] = { -1, 0, 59, G_GINT64_CONSTANT(4102444800), G_MAXINT64, G_MININT64 };

    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(KjCompilation) old = compile("a.pol", LASTING), fresh = compile("a.pol", WIDER);
        g_autoptr(GString) out = g_string_new(NULL);

        g_assert_null(kj_build_until(fresh->policy, ends[i], old->policy, TRUE, fresh->diagnostics));
        kj_diagnostics_print_text(fresh->diagnostics, fresh->sources, FALSE, out);
        g_assert_nonnull(strstr(out->str, "its end is not between 1970 and 2099 [KJ0406]"));
    }
}

/* Where the strictest rule decides, a default for a time is what no rule matches; if that is too much, nothing is made. */
static void test_default_too_much(void) {
    g_autoptr(GString) before = g_string_new("acl b { default deny;"), new = g_string_new("acl b { default allow;");
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(KjCompilation) old = NULL, fresh = NULL;
    g_autoptr(GBytes) bytes = NULL;

    for (guint i = 0; i < 60; i++) {
        g_autofree char *rule = g_strdup_printf("deny principal \"p%u\" resource \"/%u/**\" when groups has \"g%u\" and during %02u:00..%02u:30;", i, i, i % 24,
                                                i % 24, i % 24);
        g_string_append(before, rule);
        g_string_append(new, rule);
    }
    g_string_append_c(before, '}');
    g_string_append_c(new, '}');
    old = compile("a.pol", before->str);
    fresh = compile("a.pol", new->str);
    bytes = kj_build_until(fresh->policy, END, old->policy, TRUE, fresh->diagnostics);
    g_assert_null(bytes);
    kj_diagnostics_print_text(fresh->diagnostics, fresh->sources, FALSE, out);
    g_assert_nonnull(strstr(out->str, "`default`"));
    g_assert_nonnull(strstr(out->str, "keep the default, and write rules"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lapse/answers", test_answers);
    g_test_add_func("/lapse/minutes", test_minutes);
    g_test_add_func("/lapse/the-same", test_the_same);
    g_test_add_func("/lapse/blocks", test_blocks);
    g_test_add_func("/lapse/requirements", test_requirements);
    g_test_add_func("/lapse/explained", test_explained);
    g_test_add_func("/lapse/golden", test_golden);
    g_test_add_func("/lapse/refusals", test_refusals);
    g_test_add_func("/lapse/ends", test_ends);
    g_test_add_func("/lapse/default-too-much", test_default_too_much);
    return g_test_run();
}
