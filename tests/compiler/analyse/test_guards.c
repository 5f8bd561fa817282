/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guards: two small policies, and what the second lost or gained.
 *
 * Each guard is a line: `-` lost or loosened, `+` gained or tightened; its kind, its block, its name, before -> after.
 */
#include "../../../compiler/analyse/guards.h"

#include <string.h>

static const char *const kinds[] = {
    [KJ_GUARD_CONFORMANCE] = "conformance", [KJ_GUARD_PARAMETER] = "parameter", [KJ_GUARD_PROOF] = "proof", [KJ_GUARD_TEST] = "test",
    [KJ_GUARD_TIER] = "tier", [KJ_GUARD_MAX_EXCEPTION] = "max_exception", [KJ_GUARD_EXCEPTION] = "exception",
    [KJ_GUARD_ENFORCEMENT] = "enforcement", [KJ_GUARD_STANDARD] = "standard",
};

/* Modules a, b, c of these texts; the last is NULL. */
static KjCompilation *compile(const char *const *texts) {
    KjCompilation *compilation = kj_compilation_new();

    for (guint i = 0; texts[i]; i++) {
        g_autofree char *path = g_strdup_printf("%c.pol", 'a' + (char)i);

        kj_sources_add_text(compilation->sources, path, texts[i], strlen(texts[i]), compilation->diagnostics);
    }
    kj_compilation_compile(compilation);
    g_assert_nonnull(compilation->policy);
    return compilation;
}

/* What was there can be looked at. */
static void check_span(const KjCompilation *compilation, KjSpan span, const char *value) {
    if (value[0] == '\0')
        return;
    g_assert_cmpuint(span.file, <, kj_sources_count(compilation->sources));
    g_assert_cmpuint(span.end, <=, kj_sources_file(compilation->sources, span.file)->length);
    g_assert_cmpuint(span.start, <=, span.end);
}

static void check_modules(const char *const *old_texts, const char *const *new_texts, const char *expected) {
    g_autoptr(KjCompilation) before = compile(old_texts), after = compile(new_texts);
    g_autoptr(GPtrArray) guards = g_ptr_array_new();
    g_autoptr(GString) told = g_string_new(NULL);
    KjArena *arena = kj_arena_new();

    kj_guards_compare(arena, before->policy, after->policy, guards);
    for (guint i = 0; i < guards->len; i++) {
        const KjGuard *guard = guards->pdata[i];

        g_string_append_printf(told, "%c %s %s %s: %s -> %s\n", guard->weakens ? '-' : '+', kinds[guard->kind],
                               guard->block ? guard->block : "*", guard->name, guard->before, guard->after);
        check_span(before, guard->old_span, guard->before);
        check_span(after, guard->new_span, guard->after);
    }
    g_assert_cmpstr(told->str, ==, expected);
    kj_arena_free(arena);
}

static void check(const char *old_text, const char *new_text, const char *expected) {
    const char *old_texts[] = { old_text, NULL }, *new_texts[] = { new_text, NULL };

    check_modules(old_texts, new_texts, expected);
}

/* ---- conformance ---- */

#define STANDARDS                                                                                                                                    \
    "standard mail gov.base { hold: deny to \"spam.example\"; max_exception = 365d; }"                                                             \
    "standard mail gov.mail conforms to gov.base { parameter internal : set of mail; ext: deny to not internal; }"                                   \
    "standard mail gov.size { big: deny size > 10MB; }"

static void test_conformance(void) {
    const char *bare = STANDARDS "mail m { default deny; }";
    const char *based = STANDARDS "mail m conforms to gov.base { default deny; }";
    const char *sized = STANDARDS "mail m conforms to gov.base, gov.size { default deny; }";
    const char *whole = STANDARDS "mail m conforms to gov.mail with internal = \"example.go.jp\", gov.size { default deny; }";

    check(based, based, "");
    check(based, bare, "- conformance a.m gov.base: gov.base -> \n");
    check(bare, based, "+ conformance a.m gov.base:  -> gov.base\n");
    check(sized, based, "- conformance a.m gov.size: gov.size -> \n");
    /* The base is still met, through the other. */
    check(sized, whole, "+ conformance a.m gov.mail:  -> gov.mail\n");
    check(whole, sized, "- conformance a.m gov.mail: gov.mail -> \n");
    /* An exchange shows both ends. */
    check(based, STANDARDS "mail m conforms to gov.size { default deny; }",
          "- conformance a.m gov.base: gov.base -> \n"
          "+ conformance a.m gov.size:  -> gov.size\n");
    /* A standard's own. */
    check("standard mail x.base { deny size > 1MB; } standard mail x conforms to x.base { }", "standard mail x.base { deny size > 1MB; } standard mail x { }",
          "- conformance x x.base: x.base -> \n");
    /* A block of another name has nothing to lose. */
    check(based, STANDARDS "mail n { default deny; }", "");
}

static void test_parameters(void) {
#define CONFORMS(lets, value) STANDARDS lets "mail m conforms to gov.mail with internal = " value " { default deny; }"
    const char *one = CONFORMS("let own = { \"example.go.jp\" };", "own"), *literal = CONFORMS("", "\"example.go.jp\"");

    check(one, CONFORMS("let own = { \"example.go.jp\", \"other.example\" };", "own"),
          "- parameter a.m gov.mail.internal: { \"example.go.jp\" } -> { \"example.go.jp\", \"other.example\" }\n");
    check(one, CONFORMS("let own = { \"example.go.jp\" };", "{ \"example.go.jp\", \"other.example\" }"),
          "- parameter a.m gov.mail.internal: own -> { \"example.go.jp\", \"other.example\" }\n");
    /* Another name, another order, the same twice: no other value. */
    check(one, literal, "");
    check(CONFORMS("", "{ \"a.jp\", \"b.jp\" }"), CONFORMS("let x = { \"b.jp\" };", "{ x, \"a.jp\", \"b.jp\" }"), "");
    /* The standard has a new parameter, or one less. */
    check("standard mail s { parameter p : set of mail; deny to not p; } mail m conforms to s with p = \"a.jp\" { default deny; }",
          "standard mail s { parameter p : set of mail; parameter q : size; deny to not p; deny size > q; }"
          "mail m conforms to s with p = \"a.jp\" and q = 1MB { default deny; }",
          "+ parameter a.m s.q:  -> 1MB\n");
    check("standard mail s { parameter p : set of mail; parameter q : size; deny to not p; deny size > q; }"
          "mail m conforms to s with p = \"a.jp\" and q = 1MB { default deny; }",
          "standard mail s { parameter p : set of mail; deny to not p; } mail m conforms to s with p = \"a.jp\" { default deny; }",
          "- parameter a.m s.q: 1MB -> \n");
    /* It is met through another standard, whose word counts now. */
    check("standard mail s { parameter p : set of mail; deny to not p; } standard mail t conforms to s with p = \"b.jp\" { }"
          "mail m conforms to s with p = \"a.jp\" { default deny; }",
          "standard mail s { parameter p : set of mail; deny to not p; } standard mail t conforms to s with p = \"b.jp\" { }"
          "mail m conforms to t { default deny; }",
          "- parameter a.m s.p: \"a.jp\" -> \n"
          "+ conformance a.m t:  -> t\n");
#undef CONFORMS
}

static void test_kinds_of_values(void) {
#define POLICY(type, rule, value) "standard firewall s { parameter p : " type "; " rule " } firewall f conforms to s with p = " value " { default deny; }"
#define SERVICES(value) POLICY("set of service", "deny service not p;", value)
#define ADDRESSES(value) POLICY("set of address", "deny from not p;", value)
    check(SERVICES("443/tcp"), SERVICES("{ 443/tcp, 80/tcp }"), "- parameter a.f s.p: 443/tcp -> { 443/tcp, 80/tcp }\n");
    check(SERVICES("{ 80/tcp, 443/tcp }"), SERVICES("{ 443/tcp, 80/tcp }"), "");
    check(SERVICES("443/tcp"), SERVICES("443/udp"), "- parameter a.f s.p: 443/tcp -> 443/udp\n");
    check(ADDRESSES("10.0.0.0/8"), ADDRESSES("10.0.0.0/9"), "- parameter a.f s.p: 10.0.0.0/8 -> 10.0.0.0/9\n");
    check(ADDRESSES("10.0.0.0/8 - 10.1.0.0/16"), ADDRESSES("10.0.0.0/8 - 10.2.0.0/16"),
          "- parameter a.f s.p: 10.0.0.0/8 - 10.1.0.0/16 -> 10.0.0.0/8 - 10.2.0.0/16\n");
    check(ADDRESSES("10.0.0.0/8"), "let corp = { 10.0.0.0/8 };" ADDRESSES("corp"), "");
#undef SERVICES
#undef ADDRESSES
#undef POLICY
    check("type class = I > II > III; standard acl s { field label : class; parameter p : class; deny when label >= p; }"
          "acl x conforms to s with p = II { default deny; }",
          "type class = I > II > III; standard acl s { field label : class; parameter p : class; deny when label >= p; }"
          "acl x conforms to s with p = I { default deny; }",
          "- parameter a.x s.p: II -> I\n");
}

/* ---- tiers, standards ---- */

static void test_tiers(void) {
    const char *basic[] = { "module a tier basic; mail m { default deny; } mail n { default deny; }", "module b tier basic; group g = { \"sato\" };", NULL };
    const char *standard[] = { "module a tier standard; mail m { default deny; } mail n { default deny; }", "group g = { \"sato\" };", NULL };

    check_modules(basic, standard,
                  "- tier * b: basic -> procedure\n"
                  "- tier a.m a: basic -> standard\n"
                  "- tier a.n a: basic -> standard\n");
    check_modules(standard, basic,
                  "+ tier * b: procedure -> basic\n"
                  "+ tier a.m a: standard -> basic\n"
                  "+ tier a.n a: standard -> basic\n");
    check_modules(basic, basic, "");
    /* The block is new, the group is not. */
    const char *group[] = { "module a tier basic; group g = { \"sato\" };", NULL }, *block[] = { "group g = { \"sato\" }; mail m { default deny; }", NULL };
    check_modules(group, block, "- tier * a: basic -> procedure\n");
}

static void test_standards(void) {
    const char *one = "standard mail s { deny size > 1MB; } mail m { default deny; }", *none = "mail m { default deny; }";

    check(one, none, "- standard * s: s -> \n");
    check(none, one, "+ standard * s:  -> s\n");
    /* What the standard says is compared elsewhere. */
    check(one, "standard mail s { deny size > 2MB; } mail m { default deny; }", "");
}

static void test_longest_exception(void) {
#define STANDARD(setting) "standard mail s { deny size > 1MB; " setting " }"
    check(STANDARD("max_exception = 365d;"), STANDARD("max_exception = 730d;"), "- max_exception s s: 1y -> 2y\n");
    check(STANDARD("max_exception = 730d;"), STANDARD("max_exception = 365d;"), "+ max_exception s s: 2y -> 1y\n");
    check(STANDARD("max_exception = 365d;"), STANDARD("max_exception = 1y;"), "");
    check(STANDARD("max_exception = 365d;"), STANDARD(""), "- max_exception s s: 1y -> \n");
    check(STANDARD(""), STANDARD("max_exception = 90d;"), "+ max_exception s s:  -> 90d\n");
#undef STANDARD
}

/* ---- exceptions ---- */

static void test_exceptions(void) {
#define EXCEPTION(form) "standard mail s { deny size > 1MB; } standard mail t { deny size > 1MB; }"                                                   \
    "group boss = { \"sato\" }; group chief = { \"ito\" }; let few = { \"x.jp\" };"                                                                  \
    "mail m conforms to s, t { default deny; big: allow to \"x.jp\"; } " form
    const char *none = EXCEPTION(""), *rule = EXCEPTION("exception \"E-1\" to s in m.big until 2027-03-31 reason \"r\" approved by boss;");
    const char *region = EXCEPTION("exception \"E-1\" to s in m when to in few until 2027-03-31 reason \"r\" approved by boss;");

    check(none, rule, "- exception a.m E-1:  -> 2027-03-31\n");
    check(rule, none, "+ exception a.m E-1: 2027-03-31 -> \n");
    check(rule, EXCEPTION("exception \"E-1\" to s in m.big until 2028-03-31 reason \"r\" approved by boss;"),
          "- exception a.m E-1: 2027-03-31 -> 2028-03-31\n");
    check(rule, EXCEPTION("exception \"E-1\" to s in m.big until 2026-12-31 reason \"r\" approved by boss;"),
          "+ exception a.m E-1: 2027-03-31 -> 2026-12-31\n");
    check(rule, EXCEPTION("exception \"E-1\" to s in m.big until 2027-03-31 reason \"another\" approved by boss;"), "");
    check(rule, EXCEPTION("exception \"E-1\" to t in m.big until 2027-03-31 reason \"r\" approved by boss;"),
          "- exception a.m E-1: s in a.m.big -> t in a.m.big\n");
    check(rule, EXCEPTION("exception \"E-1\" to s in m.big until 2027-03-31 reason \"r\";"), "- exception a.m E-1: a.boss -> \n");
    check(rule, EXCEPTION("exception \"E-1\" to s in m.big until 2027-03-31 reason \"r\" approved by chief;"),
          "- exception a.m E-1: a.boss -> a.chief\n");
    check(EXCEPTION("exception \"E-1\" to s in m.big until 2027-03-31 reason \"r\";"), rule, "+ exception a.m E-1:  -> a.boss\n");
    check(rule, region, "- exception a.m E-1: s in a.m.big -> s in a.m when to in few\n");
    check(region, EXCEPTION("exception \"E-1\" to s in m when to in { \"x.jp\", \"y.jp\" } until 2027-03-31 reason \"r\" approved by boss;"),
          "- exception a.m E-1: s in a.m when to in few -> s in a.m when to in { \"x.jp\", \"y.jp\" }\n");
    check(region, EXCEPTION("exception \"E-1\" to s in m when to in { \"x.jp\" } until 2027-03-31 reason \"r\" approved by boss;"), "");
    check(EXCEPTION("exception \"E-1\" to s in m when to in few and size < 5MB or tls until 2027-03-31 reason \"r\" approved by boss;"),
          EXCEPTION("exception \"E-1\" to s in m when tls or size < 5MB and to in few until 2027-03-31 reason \"r\" approved by boss;"), "");
    check(EXCEPTION("exception \"E-1\" to s in m when to in few and size < 5MB until 2027-03-31 reason \"r\" approved by boss;"),
          EXCEPTION("exception \"E-1\" to s in m when to in few or size < 5MB until 2028-03-31 reason \"r\" approved by boss;"),
          "- exception a.m E-1: s in a.m when to in few and size < 5MB -> s in a.m when to in few or size < 5MB\n"
          "- exception a.m E-1: 2027-03-31 -> 2028-03-31\n");
    /* Under another number it is another exception. */
    check(rule, EXCEPTION("exception \"E-2\" to s in m.big until 2027-03-31 reason \"r\" approved by boss;"),
          "+ exception a.m E-1: 2027-03-31 -> \n"
          "- exception a.m E-2:  -> 2027-03-31\n");
#undef EXCEPTION
}

/* The group is somewhere else: nobody touched the exception, and it is for one more. */
static void test_exception_group(void) {
#define ACCOUNTS(members) "standard password s { deny length < 12; } group host = { " members " };"                                                    \
    "password p conforms to s { deny length < 12 unless user in host; }"                                                                             \
    "exception \"E-1\" to s in p when user in host until 2027-03-31 reason \"r\";"
    check(ACCOUNTS("\"old1\""), ACCOUNTS("\"old1\", \"old2\""),
          "- exception a.p E-1: s in a.p when user in { \"old1\" } -> s in a.p when user in { \"old1\", \"old2\" }\n");
    check(ACCOUNTS("\"old1\", \"old2\""), ACCOUNTS("\"old2\", \"old1\""), "");
#undef ACCOUNTS
}

/* ---- enforcement ---- */

static void test_enforcement(void) {
#define ENFORCED(form) "firewall f { default deny; } firewall g { default deny; } " form
    const char *both = ENFORCED("enforce f by nftables on { \"fw1\", \"fw2\" };");

    check(both, both, "");
    check(both, ENFORCED("enforce f by nftables on { \"fw2\", \"fw1\" };"), "");
    check(both, ENFORCED("enforce f by nftables on \"fw1\"; enforce f by nftables on \"fw2\";"), "");
    check(both, ENFORCED("enforce f by nftables on \"fw1\";"), "- enforcement a.f fw2: nftables -> \n");
    check(both, ENFORCED(""), "- enforcement a.f fw1: nftables -> \n- enforcement a.f fw2: nftables -> \n");
    check(both, ENFORCED("enforce g by nftables on { \"fw1\", \"fw2\" };"),
          "- enforcement a.f fw1: nftables -> \n- enforcement a.f fw2: nftables -> \n"
          "+ enforcement a.g fw1:  -> nftables\n+ enforcement a.g fw2:  -> nftables\n");
#undef ENFORCED
}

/* ---- tests and proofs ---- */

static void test_tests(void) {
#define TESTED(form) "mail m { default deny; own: allow to \"x.jp\"; } mail n { default deny; } let own = { \"x.jp\" }; " form
    const char *one = TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow; }");
    const char *two = TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow; mail m: to \"a@y.jp\" => deny by default; }");
    const char *proof = TESTED("prove \"p\" { mail m: to not own => deny; }");

    check(one, one, "");
    check(one, TESTED(""), "- test a.m t: mail m: to \"a@x.jp\" => allow; -> \n");
    check(TESTED(""), one, "+ test a.m t:  -> mail m: to \"a@x.jp\" => allow;\n");
    check(one, two, "+ test a.m t:  -> mail m: to \"a@y.jp\" => deny by default;\n");
    check(two, one, "- test a.m t: mail m: to \"a@y.jp\" => deny by default; -> \n");
    check(one, TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow, deny; }"),
          "- test a.m t: mail m: to \"a@x.jp\" => allow; -> mail m: to \"a@x.jp\" => allow, deny;\n");
    /* Layout, comments, order and names are nothing. */
    check(two, TESTED("test \"t\" { # two\n mail m:   to \"a@y.jp\" => deny by default;\n\n ## one\n mail m: to \"a@x.jp\"\n=> allow; }"), "");
    check(one, TESTED("test \"renamed\" { mail m: to \"a@x.jp\" => allow; }"), "");
    check(one, TESTED("prove \"t\" { mail m: to \"x.jp\" => allow; }"),
          "- test a.m t: mail m: to \"a@x.jp\" => allow; -> \n"
          "+ proof a.m t:  -> mail m: to \"x.jp\" => allow;\n");
    check(proof, TESTED("prove \"p\" { mail m: to not { own, \"y.jp\" } => deny; }"),
          "- proof a.m p: mail m: to not own => deny; -> mail m: to not { own, \"y.jp\" } => deny;\n");
    check(proof, TESTED(""), "- proof a.m p: mail m: to not own => deny; -> \n");
    /* A test about two blocks guards both. */
    check(TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow; mail n: to \"a@x.jp\" => deny; }"), one, "- test a.n t: mail n: to \"a@x.jp\" => deny; -> \n");
    /* Two of one name. */
    check(TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow; } test \"t\" { mail m: to \"a@y.jp\" => deny; }"), one,
          "- test a.m t: mail m: to \"a@y.jp\" => deny; -> \n");
    /* The same case twice is one more than once. */
    check(TESTED("test \"t\" { mail m: to \"a@x.jp\" => allow; mail m: to \"a@x.jp\" => allow; }"), one, "- test a.m t: mail m: to \"a@x.jp\" => allow; -> \n");
#undef TESTED
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guards/conformance", test_conformance);
    g_test_add_func("/guards/parameters", test_parameters);
    g_test_add_func("/guards/kinds-of-values", test_kinds_of_values);
    g_test_add_func("/guards/tiers", test_tiers);
    g_test_add_func("/guards/standards", test_standards);
    g_test_add_func("/guards/longest-exception", test_longest_exception);
    g_test_add_func("/guards/exceptions", test_exceptions);
    g_test_add_func("/guards/exception-group", test_exception_group);
    g_test_add_func("/guards/enforcement", test_enforcement);
    g_test_add_func("/guards/tests", test_tests);
    return g_test_run();
}
