/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies to try.
 *
 * The random ones use every field, operand and effect that nftables can say: prefixes and single addresses of both families, sets and their
 * complements, services, ranges, missing and present numbers, exceptions, interfaces, windows of several zones, annotations, limits with and
 * without `per`. Rates are so high that no test reaches them. Values come from small pools, so that rules overlap and first-match matters.
 */
#include <string.h>

#include "compiler/compiler.h"
#include "policies.h"

static KjTable *finish(KjCompilation *compilation, const char *text) {
    g_autoptr(GString) problems = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    if (!bytes) {
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, problems);
        g_error("%s\n%s", problems->str, text);
    }
    KjTable *table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    return table;
}

KjTable *policies_compile_text(const char *text) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_compilation_load_text(compilation, "test.pol", text, strlen(text));
    return finish(compilation, text);
}

KjTable *policies_compile_path(const char *path) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GError) error = NULL;
    kj_compilation_load(compilation, path, &error);
    g_assert_no_error(error);
    return finish(compilation, path);
}

char *policies_emit(KjTable *table, const char *block, char **refusal) {
    const KjDomain *domain = kj_plugin_find("firewall");
    g_autoptr(GString) script = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    guint index;
    g_assert_nonnull(domain);
    g_assert_true(kj_table_find_block(table, block, &index, NULL));
    g_assert_cmpstr(domain->targets[0].name, ==, "nftables");
    if (domain->targets[0].emit(table, index, script, &error)) {
        g_assert_no_error(error);
        return g_string_free(g_steal_pointer(&script), FALSE);
    }
    g_assert_error(error, KJ_ERROR, KJ_ERROR_TARGET);
    *refusal = g_strdup(error->message);
    return NULL;
}

/* ---- random policies ---- */

static const char *const addresses[] = {
    "10.0.0.0/8",    "10.1.0.0/16",       "10.1.2.0/24",     "10.1.2.3",          "192.0.2.0/24",     "192.0.2.128/25",    "198.51.100.7",
    "203.0.113.0/26", "172.16.0.0/12",    "128.0.0.0/1",     "2001:db8::/32",     "2001:db8:1::/48",  "2001:db8:1:2::/64", "2001:db8::1",
    "2001:db8::2",   "2001:db8:ffff::/48", "fc00::/7",       "10.1.2.9..10.1.2.77", "2001:db8::9..2001:db8::1:0",
};
static const char *const services[] = { "80/tcp", "443/tcp", "22/tcp", "53/udp", "53/tcp", "5000..5010/udp", "1..1023/tcp", "7/udplite", "36412/sctp", "5/dccp" };
static const char *const protocols[] = { "tcp", "udp", "icmp", "icmpv6", "gre", "esp", "sctp", "112", "200..210" };
static const char *const ports[] = { "80", "443", "1..1023", "5000..5010", "53", "65535", "0" };
static const char *const types[] = { "8", "128", "133..136", "13", "0..9" };
static const char *const interfaces[] = { "\"in0\"", "\"out0\"", "\"lo\"", "\"eth0\"" };
static const char *const windows[] = {
    "mon..fri 09:00..18:00 zone \"Asia/Tokyo\"", "22:00..06:00 zone \"Asia/Tokyo\"", "fri..mon zone \"Europe/Berlin\"",
    "sun 22:00..02:00 zone \"America/New_York\"", "2026-01-01..2098-12-31", "00:00..11:59", "mon 00:00..23:59 zone \"Australia/Lord_Howe\"",
};

#define CHOOSE(random, list) (list)[g_rand_int_range((random), 0, G_N_ELEMENTS(list))]

static gboolean chance(GRand *random, int of) {
    return g_rand_int_range(random, 0, of) == 0;
}

/* One literal, a set of them, or either of those denied. */
static void append_operand(GRand *random, const char *const *list, guint count, gboolean optional, GString *out) {
    if (optional && chance(random, 6)) {
        g_string_append(out, chance(random, 2) ? "none" : "not none");
        return;
    }
    if (chance(random, 5))
        g_string_append(out, "not ");
    if (!chance(random, 3)) {
        g_string_append(out, list[g_rand_int_range(random, 0, (gint32)count)]);
        return;
    }
    g_string_append(out, "{ ");
    for (int i = g_rand_int_range(random, 1, 5); i >= 0; i--)
        g_string_append_printf(out, "%s%s", list[g_rand_int_range(random, 0, (gint32)count)], i ? ", " : "");
    g_string_append(out, " }");
}

#define OPERAND(random, list, optional, out) append_operand((random), (list), G_N_ELEMENTS(list), (optional), (out))

static void append_clauses(GRand *random, const char *hook, gboolean stateful, GString *out) {
    if (!chance(random, 3)) {
        g_string_append(out, " from ");
        OPERAND(random, addresses, FALSE, out);
    }
    if (!chance(random, 3)) {
        g_string_append(out, " to ");
        OPERAND(random, addresses, FALSE, out);
    }
    switch (g_rand_int_range(random, 0, 7)) {
    case 0:
    case 1:
        g_string_append(out, " service ");
        OPERAND(random, services, FALSE, out);
        break;
    case 2:
        g_string_append(out, " proto ");
        OPERAND(random, protocols, FALSE, out);
        break;
    case 3:
        g_string_append(out, " port ");
        OPERAND(random, ports, TRUE, out);
        break;
    case 4:
        g_string_append(out, " icmp_type ");
        OPERAND(random, types, TRUE, out);
        break;
    default:
        break;
    }
    if (chance(random, 6)) {
        g_string_append(out, " source_port ");
        OPERAND(random, ports, TRUE, out);
    }
    if (chance(random, 8))
        g_string_append_printf(out, " icmp_code %s", chance(random, 2) ? "0" : "none");
    if (chance(random, 6)) {
        g_string_append_printf(out, " %s ", chance(random, 2) ? "iif" : "oif");
        OPERAND(random, interfaces, strcmp(hook, "forward") != 0, out);
    }
    if (!stateful && chance(random, 12))
        g_string_append_printf(out, " state %s", chance(random, 2) ? "new" : "{ established, invalid }");
    if (chance(random, 5))
        g_string_append_printf(out, " during %s", CHOOSE(random, windows));
}

static void append_rule(GRand *random, guint index, const char *hook, gboolean stateful, GString *out) {
    static const char *const effects[] = { "allow", "allow", "deny", "deny", "reject", "limit" };
    static const char *const keys[] = { "from", "to", "{ from, to }", "{ from, port }", "proto", "{ to, iif }" };
    const char *effect = CHOOSE(random, effects);
    g_string_append_printf(out, "    r%u: %s", index, effect);
    append_clauses(random, hook, stateful, out);
    if (strcmp(effect, "limit") == 0) {
        g_string_append(out, " rate 900_000/s burst 1_000_000");
        if (stateful && chance(random, 2))
            g_string_append_printf(out, " per %s", CHOOSE(random, keys));
    }
    if (chance(random, 5))
        g_string_append(out, " when port >= 1024 or proto == icmp");
    if (chance(random, 4)) {
        g_string_append(out, " unless from in ");
        g_string_append(out, CHOOSE(random, addresses));
        if (chance(random, 2))
            g_string_append_printf(out, " and port == %s", CHOOSE(random, ports));
    }
    if (chance(random, 4))
        g_string_append(out, chance(random, 2) ? " @log" : " @log @alert");
    if (chance(random, 8))
        g_string_append(out, chance(random, 2) ? " @until(2026-06-30)" : " @from(2026-01-01) @until(2098-01-01)");
    g_string_append(out, ";\n");
}

char *policies_random(guint32 seed, const char *hook, gboolean stateful, guint filler) {
    GRand *random = g_rand_new_with_seed(seed);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "firewall random {\n    hook = %s;\n    stateful = %s;\n    default %s;\n", hook, stateful ? "true" : "false",
                           chance(random, 4) ? "allow" : "deny");
    for (guint i = 0; i < filler; i++)
        g_string_append_printf(text, "    f%u: deny from { 10.1.%u.%u, 2001:db8::%x, 10.1.2.3 } to { 10.1.2.0/25, 192.0.2.%u } service { 80/tcp, %u/tcp };\n", i,
                               i / 256, i % 256, i + 1, i % 256, 1000 + i);
    int rules = g_rand_int_range(random, 5, 16);
    for (int i = 0; i < rules; i++)
        append_rule(random, (guint)i, hook, stateful, text);
    g_string_append(text, "}\n");
    g_rand_free(random);
    return g_string_free(text, FALSE);
}
