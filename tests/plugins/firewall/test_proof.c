/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof that what was loaded says what the source says: that it holds of what is emitted, and that it fails of everything else.
 *
 * Scripts are broken in the ways in which a writer of scripts goes wrong (a port dropped, a mask widened, rules swapped, a log lost, a limit shared), and each
 * must be found; scripts with anything the reader does not know must be refused. All go through a real kernel, in a namespace of their own. Skipped, with the
 * reason, where that cannot be had.
 */
#include <string.h>
#include <unistd.h>

#include "compiler/analyse/enforced.h"
#include "policies.h"

#define RANDOM_POLICIES 40u

static const KjReaderDefinition *reader;

static gboolean can_run(void) {
    g_autoptr(GString) dump = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    kj_plugins_load(NULL);
    reader = kj_domain_reader(kj_plugin_find("firewall"), "nftables");
    g_assert_nonnull(reader);
    if (reader->load("table inet t { }\n", dump, &error))
        return TRUE;
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNABLE);
    g_test_skip(error->message);
    return FALSE;
}

/* ---- one policy ---- */

typedef struct {
    KjCompilation *compilation;
    const KjBlock *block;
    char *script;
} Subject;

static void subject_clear(Subject *subject) {
    kj_compilation_free(subject->compilation);
    g_free(subject->script);
}

static Subject finish(KjCompilation *compilation, const char *name) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    g_assert_nonnull(bytes);
    g_autoptr(KjTable) table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    char *refusal = NULL;
    Subject subject = { compilation, kj_policy_find_block(compilation->policy, name, &error), policies_emit(table, name, &refusal) };
    g_assert_no_error(error);
    if (!subject.script)
        g_error("%s", refusal);
    return subject;
}

static Subject subject_text(const char *text, const char *name) {
    KjCompilation *compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "test.pol", text, strlen(text));
    return finish(compilation, name);
}

/* NULL: proved; else the first thing that is wrong. Free with g_free. */
static char *disprove(const Subject *subject, const char *script) {
    g_autoptr(GString) dump = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_auto(KjEnforced) proof = { NULL, 0, 0, FALSE };
    if (!reader->load(script, dump, &error))
        g_error("nft does not load it: %s\n%s", error->message, script);
    if (!kj_enforced_compare(subject->block, subject->compilation->sources, reader, dump->str, dump->len, &proof, &error)) {
        g_assert_error(error, KJ_ERROR, KJ_ERROR_TARGET);
        return g_strdup(error->message);
    }
    g_assert_false(proof.bug);
    g_assert_cmpuint(proof.rules, >, 0);
    return proof.differences->len ? g_strdup(g_ptr_array_index(proof.differences, 0)) : NULL;
}

static void assert_proved(const Subject *subject, const char *description) {
    g_autofree char *difference = disprove(subject, subject->script);
    if (difference)
        g_error("%s: not proved: %s\n%s", description, difference, subject->script);
}

/* ---- what is emitted is proved ---- */

static void test_ministry(void) {
    static const char *const blocks[] = { "perimeter", "gateway" };
    if (!can_run())
        return;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "examples", "ministry", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
        g_autoptr(GError) error = NULL;
        KjCompilation *compilation = kj_compilation_new();
        kj_compilation_load(compilation, path, &error);
        g_assert_no_error(error);
        Subject subject = finish(compilation, blocks[i]);
        assert_proved(&subject, blocks[i]);
        subject_clear(&subject);
    }
}

static void test_random(void) {
    static const char *const hooks[] = { "forward", "input", "output" };
    if (!can_run())
        return;
    for (guint i = 0; i < RANDOM_POLICIES; i++) {
        g_autofree char *text = policies_random(1000 + i, hooks[i % G_N_ELEMENTS(hooks)], i % 4 != 3, i % 20 == 19 ? 180 : 0);
        g_autofree char *description = g_strdup_printf("random policy %u", 1000 + i);
        Subject subject = subject_text(text, "random");
        assert_proved(&subject, description);
        subject_clear(&subject);
    }
}

/* ---- an emergency's policy, which the kernel ends by itself ---- */

static const char lasting[] =
    "let office = mon..fri 09:00..18:00 zone \"Asia/Tokyo\";\n"
    "firewall t {\n"
    "    default deny @log;\n"
    "    web:  limit to 192.0.2.10 service { 80/tcp, 443/tcp } rate 100/s burst 200;\n"
    "    dns:  allow to 192.0.2.53 service 53/udp;\n"
    "    work: allow from 10.0.0.0/8 to 192.0.2.80 service 8080/tcp during office;\n"
    "    ping: allow from 10.0.0.0/8 proto icmp icmp_type 8 icmp_code 0 @log;\n"
    "}\n";

static const char emergency[] =
    "let office = mon..fri 09:00..18:00 zone \"Asia/Tokyo\";\n"
    "firewall t {\n"
    "    default reject;\n"
    "    worm: deny service 445/tcp @alert;\n"
    "    web:  limit to 192.0.2.10 service { 80/tcp, 443/tcp } rate 10/s burst 20;\n"
    "    dns:  allow to 192.0.2.53 service 53/udp;\n"
    "    work: allow from 10.0.0.0/8 to 192.0.2.80 service { 22/tcp, 8080/tcp } during office;\n"
    "}\n";

#define EMERGENCY_END G_GINT64_CONSTANT(1795698840) /* 2026-11-26T13:14:00Z */

/* Proved for all of time: the kernel's own clock decides which version holds. Then the end of each new rule is moved by
 * a minute, and must be found. (A rule of before that begins too early stands behind a new one, and may make no difference.) */
static void test_emergency(void) {
    static const char end[] = "\"13:13:59\"", later[] = "\"13:14:59\"";
    if (!can_run())
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    Subject before = subject_text(lasting, "t"), new = subject_text(emergency, "t");
    const KjPolicy *both = kj_policy_lapse(arena, new.compilation->policy, EMERGENCY_END, before.compilation->policy, diagnostics);
    g_assert_nonnull(both);
    g_autoptr(GBytes) bytes = kj_build(both, TRUE, diagnostics);
    g_assert_nonnull(bytes);
    g_autoptr(KjTable) table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    char *refusal = NULL;
    Subject joined = { new.compilation, both->blocks, policies_emit(table, "t", &refusal) };
    g_assert_null(refusal);
    assert_proved(&joined, "an emergency's policy");
    g_auto(GStrv) parts = g_strsplit(joined.script, end, -1);
    g_assert_cmpuint(g_strv_length(parts), >, 3);
    for (guint part = 1; parts[part]; part++) {
        g_autoptr(GString) script = g_string_new(parts[0]);
        for (guint other = 1; parts[other]; other++)
            g_string_append_printf(script, "%s%s", part == other ? later : end, parts[other]);
        g_autofree char *difference = disprove(&joined, script->str);
        if (!difference)
            g_error("it was not found that the end was moved:\n%s", script->str);
    }
    g_free(joined.script);
    subject_clear(&new);
    subject_clear(&before);
}

/* ---- what is broken is found ---- */

static const char everything[] =
    "let office = mon..fri 09:00..18:00 zone \"Asia/Tokyo\" - { 2026-11-23 };\n"
    "firewall t {\n"
    "    default deny @log;\n"
    "    bad:  deny from { 198.51.100.0/24, 203.0.113.0/26, 2001:db8:bad::/48 } @log @alert;\n"
    "    web:  limit to 192.0.2.10 service { 80/tcp, 443/tcp } rate 100/s burst 200;\n"
    "    mail: limit to 192.0.2.25 service 25/tcp rate 100/s burst 200;\n"
    "    each: limit to 192.0.2.53 service 53/udp rate 10/s burst 20 per from @log;\n"
    "    keys: limit to 192.0.2.54 rate 10/s burst 20 per { to, port };\n"
    "    bulk: limit to 192.0.2.55 proto gre rate 1MB/s burst 3_000_000;\n"
    "    work: allow from 10.0.0.0/8 to 192.0.2.80 service 8080/tcp during office;\n"
    "    ping: allow from 10.0.0.0/8 proto icmp icmp_type 8 icmp_code 0;\n"
    "    no:   reject from 10.0.0.0/8 to 192.0.2.99 @log;\n"
    "    ours: allow from 10.0.0.0/8 to 192.0.2.0/24 service 1..1023/tcp iif \"eth0\";\n"
    "}\n";

static const char stateless[] =
    "firewall t {\n"
    "    hook = input; stateful = false;\n"
    "    default deny;\n"
    "    old: allow state established;\n"
    "    web: allow to 192.0.2.10 service 80/tcp state new;\n"
    "    esp: allow to 192.0.2.10 proto esp;\n"
    "}\n";

static const struct {
    const char *mistake;
    const char *policy;
    const char *from, *to; /* each `from` of the script becomes `to` */
} mistakes[] = {
    { "a port dropped", everything, " th dport 8080 ", " " },
    { "a port added", everything, "th dport { 80, 443 }", "th dport { 80, 443, 8443 }" },
    { "a range one port longer", everything, "th dport 1-1023", "th dport 1-1024" },
    { "a mask widened", everything, "198.51.100.0/24", "198.51.100.0/23" },
    { "a mask narrowed", everything, "203.0.113.0/26", "203.0.113.0/27" },
    { "an address one off", everything, "ip daddr 192.0.2.80", "ip daddr 192.0.2.81" },
    { "a family forgotten", everything, "\t\tip6 saddr 2001:db8:bad::/48 counter name \"bad\" log prefix \"kijun t bad: \" level alert drop comment \"test.pol:4 bad\"\n", "" },
    { "a log dropped", everything, "log prefix \"kijun t no: \" ", "" },
    { "an alert that is only a log", everything, "level alert ", "" },
    { "a log too many", everything, "counter name \"work\" ", "counter name \"work\" log prefix \"x\" " },
    { "a reject that is a drop", everything, "reject with icmpx admin-prohibited", "drop" },
    { "a drop that is an accept", everything, "level alert drop", "level alert accept" },
    { "the default of the wrong kind", everything, "log prefix \"kijun t default: \" drop", "log prefix \"kijun t default: \" accept" },
    { "the default without its log", everything, "log prefix \"kijun t default: \" ", "" },
    { "an interface forgotten", everything, "iifname \"eth0\" ", "" },
    { "another interface", everything, "iifname \"eth0\" ", "iifname \"eth1\" " },
    { "a source forgotten", everything, "ip saddr 10.0.0.0/8 ip daddr 192.0.2.99", "ip daddr 192.0.2.99" },
    { "a type forgotten", everything, "@th,0,8 8 @th,8,8 0 ", "@th,8,8 0 " },
    { "another type", everything, "@th,0,8 8 ", "@th,0,8 13 " },
    { "an hour too long", everything, "meta hour \"00:00:00\"-\"09:00:59\"", "meta hour \"00:00:00\"-\"10:00:59\"" },
    { "a minute too short", everything, "meta hour \"00:00:00\"-\"09:00:59\"", "meta hour \"00:00:00\"-\"08:59:59\"" },
    { "a second too short", everything, "meta hour \"00:00:00\"-\"09:00:59\"", "meta hour \"00:00:00\"-\"09:00:58\"" },
    { "a day too many", everything, "meta day { 1, 2, 3, 4, 5 }", "meta day { 1, 2, 3, 4, 5, 6 }" },
    { "a holiday forgotten", everything, "\t\tmeta time >= \"2026-11-23 00:00:00\" meta time < \"2026-11-24 00:00:00\" return\n", "" },
    { "a holiday an hour late", everything, "meta time >= \"2026-11-23 00:00:00\"", "meta time >= \"2026-11-23 01:00:00\"" },
    { "an unset clock forgotten", everything, "\t\tmeta time < \"2020-01-01 00:00:00\" return\n", "" },
    { "a higher rate", everything, "limit web { rate 100/second burst 200 packets }", "limit web { rate 101/second burst 200 packets }" },
    { "another unit", everything, "limit web { rate 100/second burst 200 packets }", "limit web { rate 100/minute burst 200 packets }" },
    { "a deeper bucket", everything, "limit web { rate 100/second burst 200 packets }", "limit web { rate 100/second burst 201 packets }" },
    { "a bucket of bytes a byte deeper", everything, "burst 2000000 bytes", "burst 2000001 bytes" },
    { "one bucket for two rules", everything, "th dport 25 goto do-mail", "th dport 25 goto do-web" },
    { "two rules that take from one limit", everything, "limit name \"mail\"", "limit name \"web\"" },
    { "beyond the rate it passes", everything, "counter name \"web-over\" drop", "counter name \"web-over\" accept" },
    { "beyond the rate it is not logged", everything, "log prefix \"kijun t each over: \" ", "" },
    { "a limit that is none", everything, "\t\tlimit name \"web\" counter name \"web\" accept\n", "\t\tcounter name \"web\" accept\n" },
    { "a bucket for every destination", everything, "@per-each-0-1 { ip saddr ", "@per-each-0-1 { ip daddr " },
    { "a bucket forgotten too soon", everything, "timeout 3s", "timeout 1s" },
    { "a bucket that is not kept alive", everything, "update @per-each-0-1", "add @per-each-0-1" },
    { "one bucket for all ports", everything, "{ ip daddr . th dport limit rate 10/second burst 20 packets }", "{ ip daddr . th sport limit rate 10/second burst 20 packets }" },
    { "replies do not pass", everything, "\t\tct state established,related counter name \"replies\" accept\n", "" },
    { "only some replies pass", everything, "ct state established,related", "ct state established" },
    { "invalid packets go on", everything, "\t\tct state invalid counter name \"invalid\" drop\n", "" },
    { "packets cut short go on", everything, "\t\tjump whole\n", "" },
    { "packets cut short pass", everything, "counter name \"malformed\" drop", "counter name \"malformed\" accept" },
    { "an ICMP header is not looked for", everything, "\t\tmeta l4proto { 1, 58 } @th,0,16 & 0x0 == 0x0 return\n", "\t\tmeta l4proto { 1, 58 } return\n" },
    { "another hook", everything, "hook forward", "hook input" },
    { "another priority", everything, "priority filter", "priority -1" },
    { "a rule in front of all", everything, "\t\tjump whole\n", "\t\tjump whole\n\t\tip saddr 10.0.0.1 accept\n" },
    { "a state forgotten", stateless, "th dport 80 ct state new ", "th dport 80 " },
    { "another state", stateless, "ct state established ", "ct state { established, related } " },
    { "fragments read as packets", stateless, "\t\tip frag-off & 0x1fff != 0 goto fragments\n", "" },
    { "IPv6 fragments read as packets", stateless, "\t\tfrag frag-off != 0 goto fragments\n", "" },
    { "fragments all pass", stateless, "\tchain fragments {\n", "\tchain fragments {\n\t\taccept\n" },
    { "first fragments taken for later ones", stateless, "ip frag-off & 0x1fff != 0", "ip frag-off & 0x3fff != 0" },
};

static char *replace(const char *text, const char *from, const char *to) {
    g_auto(GStrv) parts = g_strsplit(text, from, -1);
    return g_strjoinv(to, parts);
}

static void test_mistakes(void) {
    if (!can_run())
        return;
    Subject full = subject_text(everything, "t"), plain = subject_text(stateless, "t");
    assert_proved(&full, "everything");
    assert_proved(&plain, "stateless");
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        const Subject *subject = mistakes[i].policy == everything ? &full : &plain;
        g_autofree char *script = replace(subject->script, mistakes[i].from, mistakes[i].to);
        if (strcmp(script, subject->script) == 0)
            g_error("%s: `%s` is not in the script\n%s", mistakes[i].mistake, mistakes[i].from, subject->script);
        g_autofree char *difference = disprove(subject, script);
        if (!difference)
            g_error("not found: %s\n%s", mistakes[i].mistake, script);
        g_test_message("%s: %s", mistakes[i].mistake, difference);
    }
    subject_clear(&full);
    subject_clear(&plain);
}

/* Rules in another order; the two decide some packets differently. */
static void test_swapped(void) {
    if (!can_run())
        return;
    Subject subject = subject_text("firewall t {\n    default deny;\n    a: allow from 10.0.0.0/8 service 22/tcp;\n    b: deny from 10.1.0.0/16;\n}\n", "t");
    g_auto(GStrv) lines = g_strsplit(subject.script, "\n", -1);
    guint at = 0;
    assert_proved(&subject, "in order");
    while (lines[at] && !strstr(lines[at], "test.pol:3 a"))
        at++;
    g_assert_nonnull(strstr(lines[at + 1], "test.pol:4 b"));
    char *first = lines[at];
    lines[at] = lines[at + 1];
    lines[at + 1] = first;
    g_autofree char *script = g_strjoinv("\n", lines);
    g_autofree char *difference = disprove(&subject, script);
    g_assert_nonnull(difference);
    g_test_message("%s", difference);
    /* A packet of both, and both rules with where they stand. */
    g_assert_true(g_str_has_prefix(difference, "from=10.1."));
    g_assert_nonnull(strstr(difference, "port=22"));
    g_assert_nonnull(strstr(difference, "source: allow by rule `a` (test.pol:3:5)"));
    g_assert_nonnull(strstr(difference, "loaded: deny (chain rules, rule "));
    g_assert_nonnull(strstr(difference, "test.pol:4 b"));
    subject_clear(&subject);
}

/* Every line of a chain left out, one at a time, where no rule can be spared. */
static void test_lines_left_out(void) {
    if (!can_run())
        return;
    Subject subject = subject_text(everything, "t");
    g_auto(GStrv) lines = g_strsplit(subject.script, "\n", -1);
    gboolean in_chain = FALSE;
    guint left_out = 0;
    for (char **line = lines; *line; line++) {
        in_chain |= strstr(*line, "\tchain ") != NULL;
        /* addresses are IPv4 only, so IPv6 buckets are for nobody; the first line of `whole` spares the others the work. */
        if (!in_chain || !g_str_has_prefix(*line, "\t\t") || strstr(*line, "type filter") || strstr(*line, "ipv6"))
            continue;
        char *whole = *line;
        *line = (char *)"";
        g_autofree char *script = g_strjoinv("\n", lines);
        g_autofree char *difference = disprove(&subject, script);
        *line = whole;
        if (!difference)
            g_error("not found: without `%s`", whole);
        left_out++;
    }
    g_assert_cmpuint(left_out, >, 30);
    subject_clear(&subject);
}

/* ---- what is not understood is refused ---- */

static const struct {
    const char *rule;   /* in the base chain */
    const char *reason; /* part of the message; NULL: it is understood */
} statements[] = {
    { "ip saddr 10.0.0.1 accept", NULL },
    { "ip saddr != 10.0.0.1 drop", NULL },
    { "ip saddr { 10.0.0.1, 10.1.0.0/16, 10.2.0.1-10.2.0.9 } accept", NULL },
    { "tcp dport { 22, 80-90 } accept", NULL },
    { "udp sport != 53 drop", NULL },
    { "meta nfproto ipv6 drop", NULL },
    { "meta l4proto { tcp, udp } th dport 53 accept", NULL },
    { "counter accept", NULL },
    { "log level warn drop", NULL },
    { "icmp type echo-request accept", NULL },
    { "icmpv6 type { 133-136 } accept", NULL },
    { "icmp id 7 accept", "`icmp id`" },
    { "th dport 53 accept", "mean something else" },
    { "meta l4proto { tcp, icmp } th dport 53 accept", "mean something else" },
    { "ip saddr & 255.0.255.0 == 10.0.1.0 accept", "mask" },
    { "ip protocol tcp accept", "`ip protocol`" },
    { "ip ttl 1 drop", "`ip ttl`" },
    { "tcp flags syn accept", "`tcp flags`" },
    { "meta mark 5 accept", "`meta mark`" },
    { "meta mark set 5", "`mangle`" },
    { "meta l4proto tcp meta mark set 5 accept", "`mangle`" },
    { "ct mark 5 accept", "not understood" },
    { "ct direction original accept", "not understood" },
    { "iifname \"eth*\" accept", "plain name" },
    { "iif lo accept", "`meta iif`" },
    { "meta hour != \"10:00\"-\"12:00\" accept", "`!=`" },
    { "meta hour \"10:00:30\"-\"12:00:59\" accept", "no whole minute" },
    { "meta time \"2026-01-01 00:00:00\"-\"2026-02-01 00:00:00\" accept", "`==`" },
    { "limit rate 5/second accept", "named" },
    { "log group 5 drop", "`group`" },
    { "log flags all drop", "`flags`" },
    { "log level debug drop", "`debug`" },
    { "log prefix \"a\" log prefix \"b\" drop", "logs twice" },
    { "counter ip saddr 10.0.0.1 drop", "behind a statement that acts" },
    { "log prefix \"a\" ip saddr 10.0.0.1 drop", "behind a statement that acts" },
    { "ip saddr 10.0.0.1 counter", "decides nothing" },
    { "log prefix \"a\"", "decides nothing" },
    { "reject", "reject" },
    { "reject with tcp reset", "reject" },
    { "reject with icmp host-unreachable", "reject" },
    { "ct state vmap { new : accept, established : drop }", "`vmap`" },
    { "ip saddr . tcp dport { 10.0.0.1 . 80 } accept", "not understood" },
    { "ip saddr vmap { 10.0.0.1 : accept }", "`vmap`" },
    { "ip daddr set 10.0.0.1 accept", "`mangle`" },
    { "notrack", "`notrack`" },
    { "meta pkttype broadcast drop", "`meta pkttype`" },
    { "fib daddr type local accept", "not understood" },
    { "ip6 nexthdr tcp accept", "`ip6 nexthdr`" },
    { "rt classid 1 accept", "not understood" },
    { "continue", "`continue`" },
    { "tcp dport 80 dup to 10.0.0.1 device lo", "`dup`" },
};

static void test_statements(void) {
    if (!can_run())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(statements); i++) {
        g_autofree char *script = g_strdup_printf("table inet t {\n chain c {\n  type filter hook forward priority filter; policy drop;\n  ct state established,related accept\n"
                                                  "  ct state invalid drop\n  jump whole\n  %s\n }\n chain whole {\n  meta l4proto { 1, 58 } @th,0,16 & 0x0 == 0x0 return\n"
                                                  "  meta l4proto { 6, 17, 33, 132, 136 } @th,0,32 & 0x0 == 0x0 return\n  meta l4proto { 1, 58, 6, 17, 33, 132, 136 } drop\n }\n}\n",
                                                  statements[i].rule);
        g_autoptr(GString) dump = g_string_new(NULL), policy = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        if (!reader->load(script, dump, &error)) {
            g_test_message("not in this kernel: %s: %s", statements[i].rule, error->message);
            g_assert_nonnull(statements[i].reason);
            continue;
        }
        gboolean understood = reader->read_back(dump->str, dump->len, policy, &error);
        if (!statements[i].reason) {
            g_assert_no_error(error);
            continue;
        }
        if (understood)
            g_error("understood: %s\n%s", statements[i].rule, policy->str);
        g_test_message("%s: %s", statements[i].rule, error->message);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_TARGET);
        if (!strstr(error->message, statements[i].reason))
            g_error("%s: %s", statements[i].rule, error->message);
    }
}

static const struct {
    const char *what, *from, *to;
} additions[] = {
    { "a second table", "table inet kijun_t {\n", "table inet other { }\ntable inet kijun_t {\n" },
    { "a table of another family", "table inet kijun_t {\n", "table ip other { }\ntable inet kijun_t {\n" },
    { "a dormant table", "table inet kijun_t {\n", "table inet kijun_t {\n\tflags dormant\n" },
    { "a map", "\tchain rules {\n", "\tmap m {\n\t\ttype ipv4_addr : verdict\n\t}\n\tchain rules {\n" },
    { "a second base chain", "\tchain rules {\n", "\tchain early {\n\t\ttype filter hook prerouting priority -300; policy accept;\n\t}\n\tchain rules {\n" },
    { "a policy that accepts, and no default", "policy drop;", "policy accept;" },
    { "a quota", "\tchain rules {\n", "\tquota q { over 1 mbytes }\n\tchain rules {\n" },
};

static void test_additions(void) {
    if (!can_run())
        return;
    Subject subject = subject_text("firewall t {\n    default deny;\n    web: allow to 192.0.2.10 service 80/tcp;\n}\n", "t");
    assert_proved(&subject, "alone");
    for (guint i = 0; i < G_N_ELEMENTS(additions); i++) {
        g_autofree char *head = replace(subject.script, additions[i].from, additions[i].to);
        g_autofree char *script = replace(head, "\t\tcounter name \"default\" drop comment \"default\"\n", strstr(additions[i].what, "no default") ? "" : "\t\tcounter name \"default\" drop\n");
        g_assert_cmpstr(head, !=, subject.script);
        g_autofree char *difference = disprove(&subject, script);
        if (!difference)
            g_error("not found: %s\n%s", additions[i].what, script);
        g_test_message("%s: %s", additions[i].what, difference);
    }
    subject_clear(&subject);
}

/* What is no list of nft at all, without a kernel. */
static void test_nonsense(void) {
    static const char *const dumps[] = {
        "", "{", "[]", "{}", "{\"nftables\":{}}", "{\"nftables\":[]}", "{\"nftables\":[1]}", "{\"nftables\":[{}]}", "{\"nftables\":[{\"table\":[]}]}",
        "{\"nftables\":[],\"more\":1}", "{\"nftables\":[{\"metainfo\":{\"json_schema_version\":2}}]}", "{\"nftables\":[{\"chain\":{\"family\":\"inet\",\"name\":\"c\"}}]}",
        "{\"nftables\":[{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"c\",\"handle\":1,\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\",\"dev\":\"x\"}}]}",
        "{\"nftables\":[{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c\",\"handle\":1,\"expr\":[]}}]}",
    };
    kj_plugins_load(NULL);
    reader = kj_domain_reader(kj_plugin_find("firewall"), "nftables");
    for (guint i = 0; i < G_N_ELEMENTS(dumps); i++) {
        g_autoptr(GString) policy = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_assert_false(reader->read_back(dumps[i], strlen(dumps[i]), policy, &error));
        g_assert_nonnull(error);
        g_test_message("%s: %s", dumps[i], error->message);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/proof/ministry", test_ministry);
    g_test_add_func("/firewall/proof/random", test_random);
    g_test_add_func("/firewall/proof/emergency", test_emergency);
    g_test_add_func("/firewall/proof/mistakes", test_mistakes);
    g_test_add_func("/firewall/proof/swapped", test_swapped);
    g_test_add_func("/firewall/proof/lines-left-out", test_lines_left_out);
    g_test_add_func("/firewall/proof/statements", test_statements);
    g_test_add_func("/firewall/proof/additions", test_additions);
    g_test_add_func("/firewall/proof/nonsense", test_nonsense);
    return g_test_run();
}
