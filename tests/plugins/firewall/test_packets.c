/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets through a real kernel: what the emitted rules do against what Kijun decides.
 *
 * For each block two thousand packets are made around the edges of its rules, decided by the runtime from the very bytes that are sent, and sent
 * through a namespace of our own that has loaded the script. All packets that one rule decides are sent together, so its counter must rise
 * by exactly their number and no other counter at all; when it does not, the same packets go one by one, and the first that the kernel
 * counts elsewhere is shown with its bytes. Skipped, with the reason, where there is no root, no namespaces, or no nft.
 *
 * The reader of loaded tables (read_back/) is judged in the same way: scripts are broken at random, so that they say what no writer would, and what the
 * reader makes of them must decide as the kernel does.
 */
#include <string.h>
#include <time.h>

#include "compiler/compiler.h"
#include "network.h"
#include "policies.h"
#include "sample.h"

#define PACKETS 2000u
#define RANDOM_POLICIES 20u
#define BROKEN_SCRIPTS 30u

static char *skip_reason;
static gboolean network_ready;

static gboolean can_run(void) {
    if (!network_ready && !skip_reason) {
        skip_reason = network_new();
        network_ready = !skip_reason;
    }
    if (skip_reason)
        g_test_skip(skip_reason);
    return network_ready;
}

typedef struct {
    Sampler *sampler;
    char *table; /* the nft table */
    const char *description;
    GHashTable *counts; /* as they were after the last packets */
    GHashTable *labels; /* what the rules of the sampler's table are counted as; NULL: by their own labels */
} Trial;

/* The label that a counter belongs to: `web-over` and `web-` are `web`. */
static char *counter_label(const char *counter) {
    char *label = g_strdup(counter);
    if (g_str_has_suffix(label, "-over"))
        label[strlen(label) - 5] = '\0';
    if (g_str_has_suffix(label, "-"))
        label[strlen(label) - 1] = '\0';
    if (strcmp(counter, "malformed") == 0 || strcmp(counter, "invalid") == 0) {
        g_free(label);
        label = g_strdup("error");
    }
    return label;
}

static GHashTable *counts_by_label(const Trial *trial) {
    g_autoptr(GHashTable) counters = network_counters(trial->table);
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer name, packets;
    g_hash_table_iter_init(&iter, counters);
    while (g_hash_table_iter_next(&iter, &name, &packets)) {
        char *label = counter_label(name);
        guint sum = GPOINTER_TO_UINT(g_hash_table_lookup(counts, label)) + GPOINTER_TO_UINT(packets);
        g_hash_table_replace(counts, label, GUINT_TO_POINTER(sum));
    }
    return counts;
}

/* What the kernel did with the packets, as "web 3, default 1 ": only the counters that moved. */
static char *send_and_watch(Trial *trial, const GPtrArray *packets) {
    network_forget_flows();
    for (guint i = 0; i < packets->len; i++)
        network_send(g_ptr_array_index(packets, i));
    g_autoptr(GHashTable) before = g_steal_pointer(&trial->counts);
    GHashTable *after = trial->counts = counts_by_label(trial);
    g_autoptr(GList) labels = g_list_sort(g_hash_table_get_keys(after), (GCompareFunc)strcmp);
    GString *moved = g_string_new(NULL);
    for (GList *at = labels; at; at = at->next) {
        guint rise = GPOINTER_TO_UINT(g_hash_table_lookup(after, at->data)) - GPOINTER_TO_UINT(g_hash_table_lookup(before, at->data));
        if (rise)
            g_string_append_printf(moved, "%s %u ", (const char *)at->data, rise);
    }
    return g_string_free(moved, FALSE);
}

static char *packet_hex(const Packet *packet) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < packet->length; i++)
        g_string_append_printf(text, "%02x%s", packet->bytes[i], i % 4 == 3 ? " " : "");
    return g_string_free(text, FALSE);
}

/* No packet alone is counted wrongly: leaves out what the mistake does not need, and shows the rest. */
static void show_smallest(Trial *trial, const char *label, const GPtrArray *packets) {
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    for (guint i = 0; i < packets->len; i++)
        g_ptr_array_add(rest, g_ptr_array_index(packets, i));
    for (guint i = 0; i < rest->len;) {
        gpointer packet = g_ptr_array_steal_index(rest, i);
        g_autofree char *expected = g_strdup_printf("%s %u ", label, rest->len);
        g_autofree char *moved = send_and_watch(trial, rest);
        if (strcmp(moved, expected) == 0)
            g_ptr_array_insert(rest, (gint)i++, packet);
    }
    for (guint i = 0; i < rest->len; i++) {
        g_autofree char *hex = packet_hex(g_ptr_array_index(rest, i));
        g_test_message("only together: %s", hex);
    }
}

static void show_first_wrong(Trial *trial, const char *label, const GPtrArray *packets) {
    g_autofree char *expected = g_strdup_printf("%s 1 ", label);
    for (guint i = 0; i < packets->len; i++) {
        g_autoptr(GPtrArray) single = g_ptr_array_new();
        g_ptr_array_add(single, g_ptr_array_index(packets, i));
        g_autofree char *moved = send_and_watch(trial, single);
        if (strcmp(moved, expected) != 0) {
            g_autofree char *hex = packet_hex(g_ptr_array_index(packets, i));
            g_test_message("Kijun decides by `%s`, the kernel counts `%s`: %s", label, moved, hex);
            return;
        }
    }
    show_smallest(trial, label, packets);
}

static GHashTable *group_by_label(const Trial *trial, GPtrArray *packets, gint64 instant) {
    GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < packets->len; i++) {
        const char *decided = sampler_decide(trial->sampler, g_ptr_array_index(packets, i), instant);
        const char *counted = trial->labels ? g_hash_table_lookup(trial->labels, decided) : NULL, *label = counted ? counted : decided;
        GPtrArray *group = g_hash_table_lookup(groups, label);
        if (!group) {
            group = g_ptr_array_new();
            g_hash_table_insert(groups, (gpointer)label, group);
        }
        g_ptr_array_add(group, g_ptr_array_index(packets, i));
    }
    return groups;
}

/* Sends the packets grouped by what Kijun decides; gives how many groups went wrong. */
static guint compare(Trial *trial, GPtrArray *packets, gboolean show) {
    g_autoptr(GHashTable) groups = group_by_label(trial, packets, time(NULL));
    GHashTableIter iter;
    gpointer label, group;
    guint wrong = 0;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, &label, &group)) {
        g_autofree char *expected = g_strdup_printf("%s %u ", (const char *)label, ((GPtrArray *)group)->len);
        g_autofree char *moved = send_and_watch(trial, group);
        if (strcmp(moved, expected) == 0)
            continue;
        wrong++;
        if (show) {
            g_test_message("%s: %u packets are decided by `%s`, the kernel counts `%s`", trial->description, ((GPtrArray *)group)->len,
                           (const char *)label, moved);
            show_first_wrong(trial, label, group);
        }
    }
    g_test_message("%s: %u packets, decided by %u rules", trial->description, packets->len, g_hash_table_size(groups));
    return wrong;
}

/* Loading twice is loading once, and nobody else's table is touched. */
static void load_script(const Trial *trial, const char *script) {
    const char *const list_mine[] = { "nft", "list", "table", "inet", trial->table, NULL };
    const char *const list_others[] = { "nft", "list", "table", "inet", "harness", NULL };
    g_autofree char *others_before = network_run(list_others, FALSE);
    g_autofree char *problem = network_load(script);
    if (problem)
        g_error("%s: nft says %s\n%s", trial->description, problem, script);
    g_autofree char *once = network_run(list_mine, FALSE);
    g_assert_null(network_load(script));
    g_autofree char *twice = network_run(list_mine, FALSE);
    g_autofree char *others_after = network_run(list_others, FALSE);
    g_assert_cmpstr(once, ==, twice);
    g_assert_cmpstr(others_before, ==, others_after);
}

static void delete_table(const Trial *trial) {
    const char *const arguments[] = { "nft", "delete", "table", "inet", trial->table, NULL };
    g_free(network_run(arguments, FALSE));
}

static void try_script(KjTable *table, const char *block, guint32 seed, const char *description, const char *script, const char *loaded, GHashTable *labels) {
    guint index;
    g_assert_true(kj_table_find_block(table, block, &index, NULL));
    Trial trial = { sampler_new(table, index, seed), g_strconcat("kijun_", loaded, NULL), description, NULL, labels };
    g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (guint i = 0; i < PACKETS; i++) {
        Packet *packet = g_new0(Packet, 1);
        sampler_next(trial.sampler, packet);
        if (g_hash_table_add(seen, g_bytes_new(packet->bytes, packet->length))) /* the same again would be of the same flow */
            g_ptr_array_add(packets, packet);
        else
            g_free(packet);
    }
    gboolean local = strcmp(sampler_hook(trial.sampler), "input") == 0;
    load_script(&trial, script);
    if (local)
        network_deliver_locally(TRUE);
    trial.counts = counts_by_label(&trial);
    gint64 begun = time(NULL);
    guint wrong = compare(&trial, packets, TRUE);
    if (wrong && time(NULL) / 60 != begun / 60) /* a window may have opened or closed meanwhile */
        wrong = compare(&trial, packets, TRUE);
    if (local)
        network_deliver_locally(FALSE);
    delete_table(&trial);
    if (wrong)
        g_test_message("%s", script);
    g_assert_cmpuint(wrong, ==, 0);
    g_hash_table_unref(trial.counts);
    sampler_free(trial.sampler);
    g_free(trial.table);
}

static void try_block(KjTable *table, const char *block, guint32 seed, const char *description) {
    char *refusal = NULL;
    g_autofree char *script = policies_emit(table, block, &refusal);
    if (!script)
        g_error("%s: %s", description, refusal);
    try_script(table, block, seed, description, script, block, NULL);
}

static void test_ministry(void) {
    if (!can_run())
        return;
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "examples", "ministry", NULL);
    g_autoptr(KjTable) table = policies_compile_path(path);
    try_block(table, "perimeter", 1, "ministry perimeter");
    try_block(table, "gateway", 2, "ministry gateway");
}

static void test_random(void) {
    static const char *const hooks[] = { "forward", "forward", "input" };
    if (!can_run())
        return;
    for (guint i = 0; i < RANDOM_POLICIES; i++) {
        g_autofree char *text = policies_random(i, hooks[i % G_N_ELEMENTS(hooks)], i % 4 != 3, 0);
        g_autofree char *description = g_strdup_printf("random policy %u", i);
        g_test_message("%s", text);
        g_autoptr(KjTable) table = policies_compile_text(text);
        try_block(table, "random", i, description);
    }
}

/* So many sets that short lists are spread over lines. */
static void test_spread(void) {
    if (!can_run())
        return;
    g_autofree char *text = policies_random(99, "forward", TRUE, 180);
    g_autoptr(KjTable) table = policies_compile_text(text);
    try_block(table, "random", 99, "many lists");
}

/* ---- the reader ---- */

/* One of the script's rules without a port, without an address, left out, or in front of the one before. The default stays. */
static char *break_script(const char *script, GRand *random) {
    static const char *const parts[] = { "th dport ", "th sport ", "ip saddr ", "ip6 saddr ", "ip daddr ", "meta l4proto ", "iifname ", "meta day ", "@th,0,8 " };
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    guint first = 0, last;
    while (!g_str_has_prefix(lines[first], "\t\tjump whole"))
        first++;
    for (last = first++; lines[last + 1] && !strstr(lines[last + 1], "comment \"default\""); last++)
        continue;
    if (first > last)
        return NULL;
    guint at = (guint)g_rand_int_range(random, (gint32)first, (gint32)last + 1), kind = (guint)g_rand_int_range(random, 0, 6);
    if (kind == 0) {
        *lines[at] = '\0';
    } else if (kind == 1 && at > first) {
        char *line = lines[at];
        lines[at] = lines[at - 1];
        lines[at - 1] = line;
    } else {
        const char *part = parts[g_rand_int_range(random, 0, G_N_ELEMENTS(parts))];
        char *begin = strstr(lines[at], part), *end = begin ? begin + strlen(part) : NULL;
        if (!begin)
            return NULL;
        if (g_str_has_prefix(end, "!= "))
            end += 3;
        end = *end == '{' ? strchr(end, '}') : strchr(end, ' ');
        memmove(begin, *end == '}' ? end + 2 : end + 1, strlen(*end == '}' ? end + 2 : end + 1) + 1);
    }
    return g_strjoinv("\n", lines);
}

/* "chain rules, rule 41 (test.pol:12 web)" is counted as `web`; a rule that limits says with @ref whose counter it is. */
static GHashTable *read_labels(const KjTable *table, guint block) {
    GHashTable *labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    KjBlockView view;
    kj_view_block(table, block, &view);
    for (guint i = 0; i < view.rule_count; i++) {
        KjRuleView rule;
        kj_view_rule(table, view.first_rule + i, &rule);
        g_autofree char *label = g_strdup(strrchr(rule.doc, ' ') ? strrchr(rule.doc, ' ') + 1 : rule.doc);
        g_strdelimit(label, "()", ' ');
        for (guint n = 0; n < rule.note_count; n++) {
            KjNoteView note;
            kj_view_note(table, rule.first_note + n, &note);
            if (strcmp(note.name, "ref") == 0) {
                g_free(label);
                label = g_strdup(note.value);
            }
        }
        g_hash_table_insert(labels, g_strdup(rule.label), g_strdup(g_strstrip(label)));
    }
    return labels;
}

static gboolean try_broken(const char *text, const char *script, guint seed) {
    const KjReaderDefinition *reader = kj_domain_reader(kj_plugin_find("firewall"), "nftables");
    g_autoptr(GString) dump = g_string_new(NULL), policy = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    guint block;
    if (!reader->load(script, dump, &error))
        return FALSE; /* it was broken too much */
    if (!reader->read_back(dump->str, dump->len, policy, &error)) {
        g_test_message("%s", error->message); /* a port of any protocol, and the like: refused is right */
        return FALSE;
    }
    g_autoptr(KjTable) table = policies_compile_text(policy->str);
    g_autofree char *description = g_strdup_printf("broken script %u", seed);
    g_assert_true(kj_table_find_block(table, "packets", &block, NULL));
    g_autoptr(GHashTable) labels = read_labels(table, block);
    g_test_message("%s%s", text, script);
    try_script(table, "packets", seed, description, script, "random", labels);
    return TRUE;
}

static void test_broken(void) {
    static const char *const hooks[] = { "forward", "forward", "input" };
    guint tried = 0;
    if (!can_run())
        return;
    for (guint i = 0; i < BROKEN_SCRIPTS; i++) {
        char *refusal = NULL;
        g_autofree char *text = policies_random(2000 + i, hooks[i % G_N_ELEMENTS(hooks)], TRUE, 0);
        g_autoptr(KjTable) table = policies_compile_text(text);
        g_autofree char *script = policies_emit(table, "random", &refusal);
        g_autoptr(GRand) random = g_rand_new_with_seed(i);
        g_autofree char *broken = NULL;
        for (guint t = 0; script && !broken && t < 50; t++)
            broken = break_script(script, random);
        tried += broken && try_broken(text, broken, i);
    }
    g_test_message("%u of %u broken scripts were read and tried", tried, BROKEN_SCRIPTS);
    g_assert_cmpuint(tried, >=, BROKEN_SCRIPTS / 2);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/packets/ministry", test_ministry);
    g_test_add_func("/firewall/packets/random", test_random);
    g_test_add_func("/firewall/packets/spread", test_spread);
    g_test_add_func("/firewall/packets/broken", test_broken);
    return g_test_run();
}
