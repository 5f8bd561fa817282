/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is compared: how prefix lengths, port classes and protocols are distributed, alone and jointly; how
 * the addresses branch, nest and repeat; how often rules overlap; and how many rules one earlier rule hides.
 *
 * Port classes are ClassBench's: any, low (0..1023), high (1024..65535), exact, range. The joint shape of a rule
 * is both lengths, both classes and the protocol; two sets are compared by the total variation distance of
 * their shapes (0 % alike, 100 % disjoint).
 *
 * Every set gives the same rows in the same order, so that a table is rows side by side. Overlaps are counted
 * over all pairs up to PROBES rules, and from an even sample of PROBES rules against all in larger sets.
 */
#include "describe.h"

#include <math.h>

#define PROBES 10000

typedef struct {
    guint32 address;
    guint length;
} Prefix;

typedef struct {
    char *name;
    double value;
    gboolean share; /* printed as a percentage */
} Row;

typedef enum { CLASS_ANY, CLASS_LOW, CLASS_HIGH, CLASS_EXACT, CLASS_RANGE, CLASSES } PortClass;

static const char *const class_names[CLASSES] = { "any", "low", "high", "exact", "range" };

static const struct { guint low, high; } length_bands[] = { { 0, 0 }, { 1, 8 }, { 9, 16 }, { 17, 24 }, { 25, 31 }, { 32, 32 } };

static const struct {
    guint low, high;
    const char *name;
} protocols[] = { { 0, 255, "any" }, { 1, 1, "icmp" }, { 6, 6, "tcp" }, { 17, 17, "udp" }, { 47, 47, "gre" } };

static void row_free(gpointer data) {
    Row *row = data;
    g_free(row->name);
    g_free(row);
}

static void add_row(GPtrArray *rows, char *name_taken, double value, gboolean share) {
    Row *row = g_new(Row, 1);
    *row = (Row){ name_taken, value, share };
    g_ptr_array_add(rows, row);
}

/* ---- addresses ---- */

static int compare_prefixes(gconstpointer left_data, gconstpointer right_data) {
    const Prefix *left = left_data, *right = right_data;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return left->length < right->length ? -1 : left->length > right->length;
}

/* The different prefixes of one side, each before those it contains. */
static GArray *sorted_prefixes(const GArray *rules, KjField field) {
    GArray *prefixes = g_array_new(FALSE, FALSE, sizeof(Prefix));
    guint kept = 0;

    for (guint i = 0; i < rules->len; i++) {
        const KjRule *rule = &g_array_index(rules, KjRule, i);
        Prefix prefix = { rule->low[field], rule->length[field] };
        g_array_append_val(prefixes, prefix);
    }
    g_array_sort(prefixes, compare_prefixes);
    for (guint i = 0; i < prefixes->len; i++) {
        Prefix *all = (Prefix *)(gpointer)prefixes->data;
        if (kept == 0 || compare_prefixes(&all[kept - 1], &all[i]) != 0)
            all[kept++] = all[i];
    }
    g_array_set_size(prefixes, kept);
    return prefixes;
}

static guint32 leading_bits(guint32 address, guint depth) {
    return depth == 0 ? 0 : address >> (32 - depth);
}

/* How many other prefixes contain a prefix, on average. */
static double mean_nesting(const GArray *prefixes) {
    Prefix open[33];
    guint depth = 0, total = 0;

    for (guint i = 0; i < prefixes->len; i++) {
        Prefix prefix = g_array_index(prefixes, Prefix, i);
        while (depth > 0 &&
               leading_bits(prefix.address, open[depth - 1].length) != leading_bits(open[depth - 1].address, open[depth - 1].length))
            depth--;
        total += depth;
        open[depth++] = prefix;
    }
    return prefixes->len == 0 ? 0 : (double)total / prefixes->len;
}

/* Of the inner trie nodes at depths first..last, the share with two children. */
static double branching_share(const GArray *prefixes, guint first, guint last) {
    guint inner = 0, branching = 0;

    for (guint depth = first; depth <= last; depth++) {
        gint64 node = -1, child = -1;
        for (guint i = 0; i < prefixes->len; i++) {
            Prefix prefix = g_array_index(prefixes, Prefix, i);
            if (prefix.length <= depth)
                continue;
            gint64 next_child = leading_bits(prefix.address, depth + 1), next_node = next_child >> 1;
            if (next_node != node)
                inner++;
            else if (next_child != child)
                branching++;
            node = next_node;
            child = next_child;
        }
    }
    return inner == 0 ? 0 : (double)branching / inner;
}

static guint count_pairs(const GArray *rules) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(kj_rule_hash, kj_rule_equal, g_free, NULL);
    for (guint i = 0; i < rules->len; i++) {
        KjRule pair = g_array_index(rules, KjRule, i);
        for (guint field = KJ_ADDRESSES; field < KJ_FIELDS; field++)
            pair.low[field] = pair.high[field] = 0;
        g_hash_table_add(seen, g_memdup2(&pair, sizeof pair));
    }
    return g_hash_table_size(seen);
}

static void add_addresses(GPtrArray *rows, const GArray *rules) {
    for (guint side = 0; side < KJ_ADDRESSES; side++) {
        const char *name = kj_fields[side].name;
        g_autoptr(GArray) prefixes = sorted_prefixes(rules, side);
        add_row(rows, g_strdup_printf("different `%s`", name), prefixes->len, FALSE);
        add_row(rows, g_strdup_printf("prefixes around a `%s`, mean", name), mean_nesting(prefixes), FALSE);
        for (guint depth = 0; depth < 32; depth += 8)
            add_row(rows, g_strdup_printf("`%s` nodes that branch, bits %u..%u", name, depth, depth + 7),
                    branching_share(prefixes, depth, depth + 7), TRUE);
    }
    add_row(rows, g_strdup("different pairs `from`, `to`"), count_pairs(rules), FALSE);
}

/* ---- shapes ---- */

static PortClass port_class(const KjRule *rule, KjField field) {
    guint32 low = rule->low[field], high = rule->high[field];

    if (kj_rule_is_any(rule, field))
        return CLASS_ANY;
    if (low == high)
        return CLASS_EXACT;
    if (low == 0 && high == 1023)
        return CLASS_LOW;
    if (low == 1024 && high == kj_fields[field].maximum)
        return CLASS_HIGH;
    return CLASS_RANGE;
}

static gint64 shape_of(const KjRule *rule) {
    gint64 shape = rule->length[KJ_FIELD_FROM] << 6 | rule->length[KJ_FIELD_TO];
    shape = shape << 6 | port_class(rule, KJ_FIELD_SOURCE_PORT) << 3 | port_class(rule, KJ_FIELD_PORT);
    return shape << 16 | rule->low[KJ_FIELD_PROTO] << 8 | rule->high[KJ_FIELD_PROTO];
}

static void add_shapes(GHashTable *balance, const GArray *rules, double sign) {
    for (guint i = 0; i < rules->len; i++) {
        gint64 shape = shape_of(&g_array_index(rules, KjRule, i));
        double *weight = g_hash_table_lookup(balance, &shape);
        if (weight == NULL) {
            weight = g_new0(double, 1);
            g_hash_table_insert(balance, g_memdup2(&shape, sizeof shape), weight);
        }
        *weight += sign / rules->len;
    }
}

static double shape_distance(const GArray *left, const GArray *right) {
    g_autoptr(GHashTable) balance = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer weight;
    double distance = 0;

    add_shapes(balance, left, 1);
    add_shapes(balance, right, -1);
    g_hash_table_iter_init(&iter, balance);
    while (g_hash_table_iter_next(&iter, NULL, &weight))
        distance += fabs(*(double *)weight) / 2;
    return distance;
}

static void add_lengths(GPtrArray *rows, const GArray *rules) {
    for (guint side = 0; side < KJ_ADDRESSES; side++)
        for (guint band = 0; band < G_N_ELEMENTS(length_bands); band++) {
            guint low = length_bands[band].low, high = length_bands[band].high, count = 0;
            for (guint i = 0; i < rules->len; i++) {
                guint length = g_array_index(rules, KjRule, i).length[side];
                count += length >= low && length <= high;
            }
            g_autofree char *band_name = low == high ? g_strdup_printf("/%u", low) : g_strdup_printf("/%u../%u", low, high);
            add_row(rows, g_strdup_printf("`%s` %s", kj_fields[side].name, band_name), (double)count / rules->len, TRUE);
        }
}

static void add_ports_and_protocols(GPtrArray *rows, const GArray *rules) {
    guint classes[CLASSES][CLASSES] = { { 0 } }, known[G_N_ELEMENTS(protocols)] = { 0 };

    for (guint i = 0; i < rules->len; i++) {
        const KjRule *rule = &g_array_index(rules, KjRule, i);
        classes[port_class(rule, KJ_FIELD_SOURCE_PORT)][port_class(rule, KJ_FIELD_PORT)]++;
        for (guint p = 0; p < G_N_ELEMENTS(protocols); p++)
            known[p] += rule->low[KJ_FIELD_PROTO] == protocols[p].low && rule->high[KJ_FIELD_PROTO] == protocols[p].high;
    }
    for (guint from = 0; from < CLASSES; from++)
        for (guint to = 0; to < CLASSES; to++)
            add_row(rows, g_strdup_printf("ports %s, %s", class_names[from], class_names[to]), (double)classes[from][to] / rules->len,
                    TRUE);
    for (guint p = 0; p < G_N_ELEMENTS(protocols); p++)
        add_row(rows, g_strdup_printf("proto %s", protocols[p].name), (double)known[p] / rules->len, TRUE);
}

/* ---- rules against rules ---- */

static void add_overlaps(GPtrArray *rows, const GArray *rules) {
    guint step = (rules->len + PROBES - 1) / PROBES, probes = 0, hidden = 0;
    guint64 overlaps = 0;

    for (guint i = 0; i < rules->len; i += step, probes++) {
        const KjRule *rule = &g_array_index(rules, KjRule, i);
        gboolean is_hidden = FALSE;
        for (guint j = 0; j < rules->len; j++) {
            const KjRule *other = &g_array_index(rules, KjRule, j);
            if (j == i || !kj_rules_overlap(rule, other))
                continue;
            overlaps++;
            is_hidden |= j < i && kj_rule_covers(other, rule);
        }
        hidden += is_hidden;
    }
    double mean = (double)overlaps / probes;
    add_row(rows, g_strdup("rules that overlap a rule, mean"), mean, FALSE);
    add_row(rows, g_strdup("the same as a share of the set"), mean / rules->len, TRUE);
    add_row(rows, g_strdup("hidden by one earlier rule"), (double)hidden / probes, TRUE);
}

static GPtrArray *describe(const GArray *rules, const GArray *first) {
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);

    add_row(rows, g_strdup("rules"), rules->len, FALSE);
    add_overlaps(rows, rules);
    add_row(rows, g_strdup("distance of joint shapes from the first"), shape_distance(first, rules), TRUE);
    add_addresses(rows, rules);
    add_lengths(rows, rules);
    add_ports_and_protocols(rows, rules);
    return rows;
}

static void print_value(const Row *row, FILE *out) {
    if (row->share)
        fprintf(out, " %.2f %% |", 100 * row->value);
    else
        fprintf(out, row->value == floor(row->value) ? " %.0f |" : " %.2f |", row->value);
}

void kj_describe_print(const GArray *const *sets, const char *const *names, guint count, FILE *out) {
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

    fputs("| |", out);
    for (guint set = 0; set < count; set++) {
        g_ptr_array_add(columns, describe(sets[set], sets[0]));
        fprintf(out, " %s |", names[set]);
    }
    fputs("\n|---|", out);
    for (guint set = 0; set < count; set++)
        fputs("---:|", out);
    putc('\n', out);

    const GPtrArray *first = g_ptr_array_index(columns, 0);
    for (guint i = 0; i < first->len; i++) {
        gboolean shown = FALSE;
        for (guint set = 0; set < count; set++)
            shown |= ((Row *)g_ptr_array_index((GPtrArray *)columns->pdata[set], i))->value != 0;
        if (!shown)
            continue;
        fprintf(out, "| %s |", ((Row *)g_ptr_array_index(first, i))->name);
        for (guint set = 0; set < count; set++)
            print_value(g_ptr_array_index((GPtrArray *)columns->pdata[set], i), out);
        putc('\n', out);
    }
}
