/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the target takes for granted about the kernel and nft, measured in a network of our own.
 *
 * Buckets are as deep as the policy says and apart for each key; times begin and end with the second they should; every label loads, whatever
 * nft's grammar thinks of the word; ten thousand rules load. Skipped, with the reason, where there is no root, no namespaces, or no nft.
 */
#include <string.h>
#include <time.h>

#include <kijun/plugin.h>

#include "network.h"
#include "policies.h"

static char *skip_reason;
static gboolean network_ready;

static gboolean can_run(void) {
    kj_plugins_load(NULL);
    if (!network_ready && !skip_reason) {
        skip_reason = network_new();
        network_ready = !skip_reason;
    }
    if (skip_reason)
        g_test_skip(skip_reason);
    return network_ready;
}

static void load_text(const char *text) {
    char *refusal = NULL;
    g_autoptr(KjTable) table = policies_compile_text(text);
    g_autofree char *script = policies_emit(table, "t", &refusal);
    if (!script)
        g_error("%s", refusal);
    g_autofree char *problem = network_load(script);
    if (problem)
        g_error("%s\n%s", problem, script);
}

static guint counted(const char *table, const char *counter) {
    g_autoptr(GHashTable) counters = network_counters(table);
    g_assert_true(g_hash_table_contains(counters, counter));
    return GPOINTER_TO_UINT(g_hash_table_lookup(counters, counter));
}

/* `count` datagrams of 36 bytes from 10.0.0.`host`; IPv6 ones have 56. */
static void send_datagrams(guint family, guint host, guint port, guint count) {
    PacketFields fields = { .family = family, .protocol = 17, .source_port = 1000, .port = port };
    const guint8 ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8 };
    Packet packet;
    memcpy(fields.from, family == 4 ? (const guint8[]){ 10, 0, 0, 0 } : ipv6, family == 4 ? 4 : 16);
    memcpy(fields.to, family == 4 ? (const guint8[]){ 10, 9, 9, 9 } : ipv6, family == 4 ? 4 : 16);
    fields.from[family == 4 ? 3 : 15] = (guint8)host;
    fields.to[family == 4 ? 3 : 15] = 99;
    packet_make(&fields, &packet);
    for (guint i = 0; i < count; i++)
        network_send(&packet);
}

static void test_buckets(void) {
    if (!can_run())
        return;
    load_text("firewall t { default deny;\n"
              "a: limit service { 1/udp, 2/udp } rate 1/1h burst 7;\n"
              "b: limit service 3/udp rate 2/2h burst 5 per from;\n"
              "c: limit service { 4/udp, 5/udp } rate 1/1h burst 3 per { from, port };\n"
              "d: limit service 6/udp rate 1KB/1h burst 1_440;\n"
              "e: limit service 7/udp rate 1/1h burst 4 per proto; }");
    send_datagrams(4, 1, 1, 10);
    send_datagrams(6, 1, 2, 10); /* the same bucket: no key */
    g_assert_cmpuint(counted("kijun_t", "a"), ==, 7);
    g_assert_cmpuint(counted("kijun_t", "a-over"), ==, 13);
    for (guint host = 1; host <= 3; host++)
        send_datagrams(4, host, 3, 8);
    send_datagrams(6, 1, 3, 8);
    g_assert_cmpuint(counted("kijun_t", "b"), ==, 4 * 5);
    g_assert_cmpuint(counted("kijun_t", "b-over"), ==, 4 * 3);
    for (guint port = 4; port <= 5; port++)
        for (guint host = 1; host <= 2; host++)
            send_datagrams(4, host, port, 5);
    g_assert_cmpuint(counted("kijun_t", "c"), ==, 4 * 3);
    send_datagrams(4, 1, 6, 60); /* 1,440 bytes are 40 packets of 36 */
    g_assert_cmpuint(counted("kijun_t", "d"), ==, 40);
    send_datagrams(4, 1, 7, 6);
    send_datagrams(6, 1, 7, 6);
    g_assert_cmpuint(counted("kijun_t", "e"), ==, 4);
}

/* ---- time ---- */

#define WATCH_SECONDS 4
#define EDGE_MICROSECONDS 30000 /* a packet sent so near to a change of the second proves nothing */

/* "HH:MM:SS" and "YYYY-MM-DD HH:MM:SS" of an instant. */
static char *utc_text(gint64 instant, const char *format) {
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant);
    return g_date_time_format(time, format);
}

/* Four expressions as moment.c writes them, true in the seconds 1 and 2 from `start`, all of today, or not today. */
static char *time_script(gint64 start) {
    g_autofree char *hour_first = utc_text(start + 1, "%H:%M:%S"), *hour_last = utc_text(start + 2, "%H:%M:%S");
    g_autofree char *first = utc_text(start + 1, "%Y-%m-%d %H:%M:%S"), *end = utc_text(start + 3, "%Y-%m-%d %H:%M:%S");
    guint day = (guint)((start / 86400 + 4) % 7);
    return g_strdup_printf("table inet t {\n counter in-hour { }\n counter in-time { }\n counter on-day { }\n counter off-day { }\n chain c {\n"
                           "  type filter hook forward priority filter; policy drop;\n  meta hour \"%s\"-\"%s\" counter name \"in-hour\"\n"
                           "  meta time >= \"%s\" meta time < \"%s\" counter name \"in-time\"\n  meta day %u counter name \"on-day\"\n"
                           "  meta day { %u, %u } counter name \"off-day\"\n }\n}\n",
                           hour_first, hour_last, first, end, day, (day + 1) % 7, (day + 6) % 7);
}

static void test_time(void) {
    guint all = 0, inside = 0;
    if (!can_run())
        return;
    while (time(NULL) % 86400 > 86400 - 10) /* not over midnight */
        g_usleep(G_USEC_PER_SEC);
    gint64 start = time(NULL) + 1;
    g_autofree char *script = time_script(start);
    g_autofree char *problem = network_load(script);
    g_assert_cmpstr(problem, ==, NULL);
    for (gint64 now = g_get_real_time(); now < (start + WATCH_SECONDS) * G_USEC_PER_SEC; now = g_get_real_time()) {
        gint64 in_second = now % G_USEC_PER_SEC, second = now / G_USEC_PER_SEC - start;
        if (second >= 0 && in_second > EDGE_MICROSECONDS && in_second < G_USEC_PER_SEC - EDGE_MICROSECONDS) {
            send_datagrams(4, 1, 9, 1);
            all++;
            inside += second == 1 || second == 2;
        }
        g_usleep(5000);
    }
    g_test_message("%u packets, %u of them in the two seconds", all, inside);
    g_assert_cmpuint(inside, >, 0);
    g_assert_cmpuint(inside, <, all);
    g_assert_cmpuint(counted("t", "in-hour"), ==, inside);
    g_assert_cmpuint(counted("t", "in-time"), ==, inside);
    g_assert_cmpuint(counted("t", "on-day"), ==, all);
    g_assert_cmpuint(counted("t", "off-day"), ==, 0);
}

/* ---- loading ---- */

static const char *const labels[] = {
    "accept", "add", "all", "arp", "burst", "bytes", "chain", "counter", "ct", "day", "drop", "element", "fib", "hour", "icmp", "icmpv6", "iif",
    "iifname", "ip", "ip6", "jump", "last", "limit", "log", "mark", "meta", "minute", "name", "packets", "policy", "queue", "quota", "rate",
    "reject", "reset", "return", "rule", "second", "set", "size", "socket", "table", "tcp", "th", "time", "type", "udp", "update", "vlan", "week",
    "xt", "replies", "invalid", "malformed", "門", "Ünïcode_1", "_x", "web_over", "whole", "rules", "fragments",
};

static void test_labels(void) {
    if (!can_run())
        return;
    g_autoptr(GString) text = g_string_new("firewall t { default deny;\n");
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
        g_string_append_printf(text, "%s: limit from 10.0.0.%u rate 1/s burst 5 @log @alert;\n", labels[i], i);
    g_string_append(text, "}");
    load_text(text->str);
    g_autoptr(GHashTable) counters = network_counters("kijun_t");
    g_assert_cmpuint(g_hash_table_size(counters), ==, 2 * G_N_ELEMENTS(labels) + 4);
}

static void test_ten_thousand(void) {
    if (!can_run())
        return;
    g_autoptr(GString) text = g_string_new("firewall t { default deny;\n");
    for (guint i = 0; i < 10000; i++)
        g_string_append_printf(text, "r%u: deny from 10.%u.%u.0/24 to { 192.0.2.%u, 198.51.100.%u } service %u/tcp;\n", i, i / 256, i % 256, i % 256,
                               i % 250, 1 + i % 60000);
    g_string_append(text, "}");
    gint64 begun = g_get_monotonic_time();
    load_text(text->str);
    g_test_message("compiled, emitted and loaded in %" G_GINT64_FORMAT " ms", (g_get_monotonic_time() - begun) / 1000);
    send_datagrams(4, 1, 9, 3);
    g_assert_cmpuint(counted("kijun_t", "default"), ==, 3);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/kernel/buckets", test_buckets);
    g_test_add_func("/firewall/kernel/time", test_time);
    g_test_add_func("/firewall/kernel/labels", test_labels);
    g_test_add_func("/firewall/kernel/ten-thousand", test_ten_thousand);
    return g_test_run();
}
