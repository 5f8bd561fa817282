/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the nftables target writes and what it refuses, without a kernel.
 *
 * Time cannot be set in a kernel for a test, so it is proved on the text: a small reader of `meta time`, `meta day` and `meta hour` walks the
 * script for an instant and must find the rule that the runtime decides by, at the edges of windows of many zones from 2020 to 2099, and
 * for a clock that was never set. That the kernel means the same by these expressions, test_packets measures.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/plugin.h>

#include "policies.h"

static gboolean has_domain(void) {
    kj_plugins_load(NULL);
    if (kj_plugin_find("firewall"))
        return TRUE;
    g_test_fail_printf("the firewall plugin is not installed; set KIJUN_PLUGIN_PATH");
    return FALSE;
}

static char *emit(const char *text) {
    char *refusal = NULL;
    g_autoptr(KjTable) table = policies_compile_text(text);
    char *script = policies_emit(table, "t", &refusal);
    if (!script)
        g_error("%s\n%s", refusal, text);
    return script;
}

/* ---- refusals ---- */

static const struct {
    const char *rule;     /* the third line of the block */
    const char *reason;   /* part of the message */
    const char *instead;  /* what to write */
} refused[] = {
    { "web: limit service 80/tcp rate 100/s;", "sliding window", "write `burst N`" },
    { "web: limit service 80/tcp rate 1/11s burst 5;", "no whole number", "write one that is" },
    { "web: limit service 80/tcp rate 5_000_000/s burst 5;", "cannot count so fast", "at most 1000000 a second" },
    { "web: limit service 80/tcp rate 1/7d burst 4_000_000_000;", "cannot count so far", "write a smaller burst" },
    { "web: limit service 80/tcp rate 1/s burst 5_000_000_000;", "more than nftables can hold", "below 2^32" },
    { "web: limit service 80/tcp rate 1MB/s burst 1000;", "never smaller", "write a greater burst" },
    { "web: limit service 80/tcp rate 1/s burst 5 per icmp_type;", "apart for each `icmp_type`", "write `per` with" },
    { "web: deny iif \"a-name-that-is-too-long\";", "no interface can be called", "`ip link`" },
    { "web: deny oif \"et*\";", "no interface can be called", "`ip link`" },
    { "web: deny when port == source_port;", "nftables cannot ask", "write the values" },
};

static void test_refusals(void) {
    if (!has_domain())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *text = g_strdup_printf("firewall t {\n    default deny;\n    %s\n}\n", refused[i].rule);
        g_autoptr(KjTable) table = policies_compile_text(text);
        g_autofree char *refusal = NULL;
        g_autofree char *script = policies_emit(table, "t", &refusal);
        if (script)
            g_error("not refused: %s", text);
        g_test_message("%s", refusal);
        g_assert_true(g_str_has_prefix(refusal, "test.pol:3: rule `web`: "));
        g_assert_nonnull(strstr(refusal, refused[i].reason));
        g_assert_nonnull(strstr(refusal, refused[i].instead));
    }
}

/* ---- texts ---- */

static const struct {
    const char *rule;
    const char *line; /* must be in the script */
} written[] = {
    { "web: allow to 192.0.2.1 service 80/tcp;", "ip daddr 192.0.2.1 meta l4proto 6 th dport 80 counter name \"web\" accept comment \"test.pol:3 web\"\n" },
    { "門: deny from 10.0.0.0/8;", "ip saddr 10.0.0.0/8 counter name \".9580.\" drop comment \"test.pol:3 門\"\n" },
    { "icmp: allow proto icmp;", "meta l4proto 1 counter name \"icmp-\" accept" },
    { "replies: allow proto esp;", "counter name \"replies-\" accept" },
    { "a: reject proto gre @log;", "log prefix \"kijun t a: \" reject with icmpx admin-prohibited" },
    { "a: deny proto gre @alert;", "log prefix \"kijun t a: \" level alert drop" },
    { "a: deny from not 10.0.0.0/8;", "ip saddr { 0.0.0.0-9.255.255.255, 11.0.0.0-255.255.255.255 } counter" },
    { "a: deny from not 10.0.0.0/8;", "\t\tmeta nfproto ipv6 counter name \"a\" drop" },
    { "a: deny;", "\t\tcounter name \"a\" drop" },
    { "a: deny port none;", "meta l4proto != @ported counter name \"a\" drop" },
    { "a: deny port not none;", "meta l4proto @ported counter name \"a\" drop" },
    { "a: deny iif not { \"eth0\", \"eth1\" };", "iifname != { \"eth0\", \"eth1\" } counter name \"a\" drop" },
    { "a: limit proto tcp rate 20/10s burst 7;", "limit a { rate 2/second burst 7 packets }" },
    { "a: limit proto tcp rate 1/7s burst 5;", "limit a { rate 86400/week burst 5 packets }" },
    { "a: limit proto tcp rate 100/1d burst 5;", "limit a { rate 100/day burst 5 packets }" },
    { "a: limit proto tcp rate 1MB/s burst 3_000_000;", "limit a { rate 1000000 bytes/second burst 2000000 bytes }" },
    { "a: limit proto tcp rate 10/s burst 20 per from;", "update @per-a-1-1 { ip6 saddr limit rate 10/second burst 20 packets }" },
    { "a: limit proto tcp rate 10/s burst 20 per { to, port };", "update @per-a-0-0 { ip daddr . th dport limit rate 10/second burst 20 packets }" },
    { "a: allow proto tcp during 09:00..18:00 zone \"Asia/Tokyo\";", "meta hour \"00:00:00\"-\"09:00:59\" counter name \"a\" accept" },
    { "a: allow proto tcp during mon 00:00..08:59 zone \"Asia/Tokyo\";", "meta day 0 meta hour \"15:00:00\"-\"23:59:59\" counter name \"a\" accept" },
};

static void test_texts(void) {
    if (!has_domain())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(written); i++) {
        g_autofree char *text = g_strdup_printf("firewall t {\n    default deny;\n    %s\n}\n", written[i].rule);
        g_autofree char *script = emit(text);
        if (!strstr(script, written[i].line))
            g_error("`%s` is not in:\n%s", written[i].line, script);
    }
}

/* The frame: one table, replaced whole; policy drop; the order of the base chain. */
static void test_frame(void) {
    if (!has_domain())
        return;
    g_autofree char *stateful = emit("firewall t { hook = input; default allow @log; a: deny proto tcp; }");
    g_autofree char *stateless = emit("firewall t { hook = output; stateful = false; default reject; a: deny state new; }");
    g_assert_nonnull(strstr(stateful, "\ntable inet kijun_t { }\ndelete table inet kijun_t\ntable inet kijun_t {\n"));
    g_assert_nonnull(strstr(stateful, "type filter hook input priority filter; policy drop;\n"
                                      "\t\tct state established,related counter name \"replies\" accept\n"
                                      "\t\tct state invalid counter name \"invalid\" drop\n\t\tjump whole\n\t\tmeta l4proto 6 "));
    g_assert_true(g_str_has_suffix(stateful, "\t\tcounter name \"default\" log prefix \"kijun t default: \" accept comment \"default\"\n\t}\n}\n"));
    g_assert_nonnull(strstr(stateless, "type filter hook output priority filter; policy drop;\n\t\tip frag-off & 0x1fff != 0 goto fragments\n"
                                       "\t\tfrag frag-off != 0 goto fragments\n\t\tjump whole\n\t\tct state new counter name \"a\" drop"));
    g_assert_null(strstr(stateless, "replies"));
    g_assert_nonnull(strstr(stateless, "reject with icmpx admin-prohibited comment \"default\"\n"));
}

/* ---- time: a reader of the script ---- */

typedef struct {
    GHashTable *chains; /* name -> GPtrArray of lines */
    guint protocol;
    gint64 instant;
} Walk;

static GHashTable *read_chains(const char *script) {
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    GHashTable *chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    GPtrArray *chain = NULL;
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "\tchain ")) {
            chain = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(chains, g_strndup(*line + 7, strlen(*line + 7) - 2), chain);
        } else if (g_str_has_prefix(*line, "\t}")) {
            chain = NULL;
        } else if (chain && !strstr(*line, "type filter")) {
            g_ptr_array_add(chain, g_strdup(*line));
        }
    }
    return chains;
}

static guint clock_seconds(const char *text) {
    guint hours, minutes, seconds;
    g_assert_cmpint(sscanf(text, "%u:%u:%u", &hours, &minutes, &seconds), ==, 3);
    return hours * 3600 + minutes * 60 + seconds;
}

/* Whether one `meta KEY ...` holds; moves *at to the word after it. */
static gboolean meta_holds(const Walk *walk, char **words, guint *at) {
    const char *key = words[*at + 1];
    const char *value = words[*at + 2];
    *at += 3;
    if (strcmp(key, "time") == 0) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(words[(*at)++], utc);
        g_assert_nonnull(time);
        gint64 limit = g_date_time_to_unix(time);
        return strcmp(value, ">=") == 0 ? walk->instant >= limit : walk->instant < limit;
    }
    if (strcmp(key, "hour") == 0) {
        guint now = (guint)(walk->instant % 86400);
        return now >= clock_seconds(value) && now <= clock_seconds(strchr(value, '-') + 1);
    }
    guint now = strcmp(key, "day") == 0 ? (guint)((walk->instant / 86400 + 4) % 7) : walk->protocol;
    if (strcmp(value, "{") != 0)
        return now == (guint)g_ascii_strtoull(value, NULL, 10);
    gboolean holds = FALSE;
    for (; strcmp(words[*at], "}") != 0; (*at)++)
        holds |= now == (guint)g_ascii_strtoull(words[*at], NULL, 10);
    (*at)++;
    return holds;
}

/* The counter at which the walk ends, or NULL when the chain returns. */
static char *walk_chain(const Walk *walk, const char *name) {
    const GPtrArray *lines = g_hash_table_lookup(walk->chains, name);
    g_assert_nonnull(lines);
    for (guint i = 0; i < lines->len; i++) {
        g_auto(GStrv) words = NULL;
        guint at = 0;
        gboolean holds = TRUE;
        g_assert_true(g_shell_parse_argv(g_ptr_array_index(lines, i), NULL, &words, NULL));
        while (holds && strcmp(words[at], "meta") == 0)
            holds = meta_holds(walk, words, &at);
        gboolean of_fragments = g_strcmp0(words[at + 1], "frag-off") == 0;
        if (!holds || of_fragments || (strcmp(words[at], "jump") == 0 && strcmp(words[at + 1], "whole") == 0))
            continue;
        if (strcmp(words[at], "return") == 0)
            return NULL;
        if (strcmp(words[at], "counter") == 0)
            return g_strdup(words[at + 2]);
        g_assert_cmpstr(words[at], ==, "jump");
        char *counter = walk_chain(walk, words[at + 1]);
        if (counter)
            return counter;
    }
    return NULL;
}

static const char *const windows[] = {
    "mon..fri 09:00..18:00 zone \"Asia/Tokyo\" - { 2026-11-23, 2026-12-29..2027-01-03 }",
    "22:00..06:00 zone \"Asia/Tokyo\"",
    "fri..mon 20:00..04:30 zone \"Europe/Berlin\"",
    "sun 00:00..23:59 zone \"America/New_York\"",
    "00:00..03:00 zone \"Australia/Lord_Howe\"",
    "2026-03-01..2026-03-31 zone \"Europe/Berlin\"",
    "mon..fri 22:00..01:00 zone \"America/St_Johns\"",
    "2027-01-01",
    "sat 12:00..12:00 zone \"Asia/Kathmandu\"",
};

#define OPEN_PROTOCOL 99u   /* allowed during the window */
#define CLOSED_PROTOCOL 98u /* denied unless during the window */
#define DATED_PROTOCOL 97u

static void compare_at(KjTable *table, KjRequest *request, GHashTable *chains, guint protocol, gint64 instant) {
    Walk walk = { chains, protocol, instant };
    KjVerdict verdict = { .size = sizeof verdict };
    g_autofree char *number = g_strdup_printf("%u", protocol);
    g_autofree char *counter = walk_chain(&walk, "rules");
    kj_request_clear(request);
    if (instant >= 1577836800) /* an earlier clock was never set */
        kj_request_set_instant(request, instant);
    g_assert_true(kj_request_set_text(request, kj_table_find_field(table, 0, "from"), "10.0.0.1", -1, NULL));
    g_assert_true(kj_request_set_text(request, kj_table_find_field(table, 0, "to"), "10.0.0.2", -1, NULL));
    g_assert_true(kj_request_set_text(request, kj_table_find_field(table, 0, "proto"), number, -1, NULL));
    kj_decide(request, &verdict);
    if (g_strcmp0(counter, verdict.label) != 0)
        g_error("protocol %u at %" G_GINT64_FORMAT ": the script says %s, kijun %s", protocol, instant, counter, verdict.label);
}

/* Around the change of day and of windows, and around the nights on which clocks change. */
static gint64 edge_instant(GRand *random) {
    gint64 day = g_rand_int_range(random, 18262, 47480);
    gint64 minute = g_rand_int_range(random, 0, 2) ? g_rand_int_range(random, 0, 96) * 15 : g_rand_int_range(random, 0, 1440);
    if (g_rand_int_range(random, 0, 4) == 0)
        day = 20500 + g_rand_int_range(random, 0, 400);
    return day * 86400 + minute * 60 + (gint64[]){ 0, 59, 60, -1, 1, 30 }[g_rand_int_range(random, 0, 6)];
}

static void test_time(void) {
    if (!has_domain())
        return;
    GRand *random = g_rand_new_with_seed(7);
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
        g_autofree char *text = g_strdup_printf("let w = %s;\nfirewall t {\n stateful = false; default allow;\n open: allow proto %u during w;\n"
                                                "shut: deny proto %u unless during w;\n"
                                                "dated: allow proto %u when not (during w) @from(2026-02-28) @until(2031-07-04);\n}\n",
                                                windows[i], OPEN_PROTOCOL, CLOSED_PROTOCOL, DATED_PROTOCOL);
        g_autoptr(KjTable) table = policies_compile_text(text);
        char *refusal = NULL;
        g_autofree char *script = policies_emit(table, "t", &refusal);
        g_assert_nonnull(script);
        g_autoptr(GHashTable) chains = read_chains(script);
        g_autoptr(KjRequest) request = kj_request_new(table, 0);
        for (guint j = 0; j < 1500; j++)
            compare_at(table, request, chains, DATED_PROTOCOL + j % 3, edge_instant(random));
        for (guint protocol = DATED_PROTOCOL; protocol <= OPEN_PROTOCOL; protocol++)
            for (gint64 instant = 0; instant < 1577836800; instant += 262800000)
                compare_at(table, request, chains, protocol, instant);
    }
    g_rand_free(random);
}

/* ---- size ---- */

static void test_ten_thousand(void) {
    if (!has_domain())
        return;
    g_autoptr(GString) text = g_string_new("firewall t {\n    default deny;\n");
    for (guint i = 0; i < 10000; i++)
        g_string_append_printf(text, "    r%u: allow from 10.%u.%u.0/24 to { 192.0.2.%u, 2001:db8::%x } service { %u/tcp, %u/udp };\n", i, i / 256 % 256,
                               i % 256, i % 256, i, 1 + i % 60000, 1 + i % 50000);
    g_string_append(text, "}\n");
    g_autoptr(KjTable) table = policies_compile_text(text->str);
    char *refusal = NULL;
    gint64 begun = g_get_monotonic_time();
    g_autofree char *script = policies_emit(table, "t", &refusal);
    gint64 spent = g_get_monotonic_time() - begun;
    g_assert_nonnull(script);
    g_test_message("10,000 rules: %" G_GINT64_FORMAT " ms, %" G_GSIZE_FORMAT " bytes", spent / 1000, strlen(script));
    g_assert_nonnull(strstr(script, "counter r9999 { }"));
    if (!g_getenv("KIJUN_SHORT")) /* a build with sanitizers is no measure of speed */
        g_assert_cmpint(spent, <, G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/nftables/refusals", test_refusals);
    g_test_add_func("/firewall/nftables/texts", test_texts);
    g_test_add_func("/firewall/nftables/frame", test_frame);
    g_test_add_func("/firewall/nftables/time", test_time);
    g_test_add_func("/firewall/nftables/ten-thousand", test_ten_thousand);
    return g_test_run();
}
