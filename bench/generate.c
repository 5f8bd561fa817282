/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A generator that keeps a set's structure by moving it rather than by modelling it.
 *
 * What makes a rule set hard is joint: which prefix lengths meet which ports, which addresses are repeated
 * or nested, and which rules overlap. A parametric model loses most of that. Here the new set is made of copies
 * of the model in which addresses have been moved by a prefix-preserving permutation: two addresses that
 * share exactly n leading bits share exactly n afterwards (Xu, Fan, Ammar, Moon, "Prefix-preserving IP address
 * anonymization", 2002: bit i is flipped by a keyed hash of the i bits before it). So within a copy every trie
 * branch, nesting, repetition and overlap is the model's own, and so are lengths, ports and protocols.
 *
 * A permutation of one side is a `site`. Copies would be islands if each had two sites of its own; real sets
 * repeat addresses as they grow. How fast they do is learned: if half of the model's rules have U(n/2)
 * different addresses and all have U(n), then U grows like n^b with b = log2 (U(n) / U(n/2)), and copy c is
 * allowed (c + 1)^b sites a side. Each copy takes a pair of sites nobody has taken.
 *
 * A rule that is already there (`to` a server, from anywhere, when the server's site is used again) is moved
 * once more, by a pair of sites that only this copy's repeated rules use; dropping it would thin out exactly the
 * rules with a wildcard, which make the overlaps. What is still there then has two short prefixes and is dropped:
 * there can be only so many of those.
 *
 * The first SHARED_BITS of an address move alike in all sites. A short prefix stands for a whole region of the
 * network, of which there are few: without this a model whose /1 prefixes are all one half of the address
 * space would give sets that use both, and overlap far less than sets grow to in practice.
 *
 * Order: rules stay in the model's order, copies side by side. If rule A of one copy covers rule B of another
 * by shared sites or shared bits, it covers B in the model too, which put B first; so specific stays before
 * general, up to accident (`classbench describe` counts).
 *
 * Cost: 64 hashes a rule and one hash table; 100,000 rules take about a tenth of a second.
 */
#include "generate.h"

#include "random.h"

#include <math.h>
#include <string.h>

#define SHARED_BITS 8
#define BARREN_COPIES 64        /* copies in a row that added nothing, after which there is no more room */
#define PAIR_DRAWS 16           /* tries to find a free pair of known sites before opening a new one */
#define SITES_APART 0x80000000u /* numbers from here are sites of one copy each */
#define ANYWHERE_EVERY 8

typedef struct {
    double growth[KJ_ADDRESSES]; /* exponent b of each side */
    guint sites[KJ_ADDRESSES];   /* opened so far */
    guint64 key[KJ_ADDRESSES];
    GHashTable *taken; /* pairs of sites, as one number */
} Sites;

typedef struct {
    KjRule rule;
    guint place; /* in the model */
    guint copy;
} Placed;

static void shuffle(guint *order, guint count, guint64 *random) {
    for (guint i = count; i > 1; i--) {
        guint j = kj_random_within(random, 0, i - 1);
        guint held = order[i - 1];
        order[i - 1] = order[j];
        order[j] = held;
    }
}

static guint *counting_order(guint count) {
    guint *order = g_new(guint, count);
    for (guint i = 0; i < count; i++)
        order[i] = i;
    return order;
}

static guint count_prefixes(const GArray *model, const guint *order, guint count, KjField field) {
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint i = 0; i < count; i++) {
        const KjRule *rule = &g_array_index(model, KjRule, order[i]);
        gint64 prefix = (gint64)rule->low[field] << 8 | rule->length[field];
        g_hash_table_add(seen, g_memdup2(&prefix, sizeof prefix));
    }
    return g_hash_table_size(seen);
}

static double growth_of(const GArray *model, const guint *order, KjField field) {
    double all = count_prefixes(model, order, model->len, field);
    double half = count_prefixes(model, order, (model->len + 1) / 2, field);
    return CLAMP(log2(all / half), 0.0, 1.0);
}

/* The first `length` bits of `address` moved to `site`; the others zero. */
static guint32 move_address(guint64 side_key, guint site, guint32 address, guint length) {
    guint64 site_key = kj_random_mix(side_key ^ ((guint64)site + 1));
    guint32 moved = 0;

    for (guint depth = 0; depth < length; depth++) {
        guint64 before = depth == 0 ? 0 : address >> (32 - depth);
        guint64 key = depth < SHARED_BITS ? side_key : site_key;
        guint32 flip = kj_random_mix(key ^ kj_random_mix((guint64)(depth + 1) << 32 | before)) & 1;
        moved |= ((address >> (31 - depth) & 1) ^ flip) << (31 - depth);
    }
    return moved;
}

static gboolean take_pair(Sites *sites, const guint pair[KJ_ADDRESSES]) {
    gint64 number = (gint64)pair[0] << 32 | pair[1];
    return g_hash_table_add(sites->taken, g_memdup2(&number, sizeof number));
}

/* The sites of copy `copy`: new ones as far as the growth allows, otherwise known ones. */
static void choose_sites(Sites *sites, guint copy, guint64 *random, guint pair[KJ_ADDRESSES]) {
    for (guint draw = 0;; draw++) {
        for (guint side = 0; side < KJ_ADDRESSES; side++) {
            gboolean grows = sites->sites[side] < ceil(pow(copy + 1.0, sites->growth[side]));
            if (grows || draw >= PAIR_DRAWS)
                pair[side] = sites->sites[side]++;
            else
                pair[side] = kj_random_within(random, 0, sites->sites[side] - 1);
        }
        if (take_pair(sites, pair))
            return;
    }
}

static KjRule move_rule(const KjRule *rule, const Sites *sites, const guint pair[KJ_ADDRESSES]) {
    KjRule moved = *rule;
    for (guint side = 0; side < KJ_ADDRESSES; side++) {
        guint length = rule->length[side];
        kj_rule_set_prefix(&moved, side, move_address(sites->key[side], pair[side], rule->low[side], length), length);
    }
    return moved;
}

static int compare_places(gconstpointer left_data, gconstpointer right_data) {
    const Placed *left = left_data, *right = right_data;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return left->copy < right->copy ? -1 : left->copy > right->copy;
}

/* Fills `placed`, whose `count` places must not move: the table of seen rules points into it. */
static guint fill_copies(const GArray *model, Placed *placed, guint count, guint64 random) {
    g_autofree guint *order = counting_order(model->len);
    g_autoptr(GHashTable) seen = g_hash_table_new(kj_rule_hash, kj_rule_equal);
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Sites sites = { .taken = taken };
    guint made = 0, barren = 0;

    shuffle(order, model->len, &random);
    for (guint side = 0; side < KJ_ADDRESSES; side++) {
        sites.growth[side] = growth_of(model, order, side);
        sites.key[side] = kj_random_next(&random);
    }
    for (guint copy = 0; made < count && barren < BARREN_COPIES; copy++) {
        guint pair[KJ_ADDRESSES], apart[KJ_ADDRESSES] = { SITES_APART + copy, SITES_APART + copy }, before = made;
        choose_sites(&sites, copy, &random, pair);
        shuffle(order, model->len, &random); /* so that a last, partial copy is a fair sample */
        for (guint i = 0; i < model->len && made < count; i++) {
            const KjRule *rule = &g_array_index(model, KjRule, order[i]);
            Placed *next = &placed[made];
            next->rule = move_rule(rule, &sites, pair);
            if (g_hash_table_contains(seen, &next->rule))
                next->rule = move_rule(rule, &sites, apart);
            next->place = order[i];
            next->copy = copy;
            if (!g_hash_table_contains(seen, &next->rule)) {
                g_hash_table_add(seen, &next->rule);
                made++;
            }
        }
        barren = made > before ? 0 : barren + 1;
    }
    return made;
}

GArray *kj_generate_rules(const GArray *model, guint count, guint64 seed, GError **error) {
    g_autofree Placed *placed = g_new(Placed, count);
    guint made = model->len == 0 ? 0 : fill_copies(model, placed, count, kj_random_mix(seed));

    if (made < count) {
        g_set_error(error, KJ_RULESET_ERROR, KJ_RULESET_ERROR_ROOM, "the set gives only %u different rules, not %u", made, count);
        return NULL;
    }
    qsort(placed, count, sizeof *placed, compare_places);
    GArray *rules = g_array_sized_new(FALSE, TRUE, sizeof(KjRule), count);
    for (guint i = 0; i < count; i++)
        g_array_append_val(rules, placed[i].rule);
    return rules;
}

GArray *kj_generate_headers(const GArray *rules, guint count, guint64 seed) {
    GArray *headers = g_array_sized_new(FALSE, TRUE, sizeof(KjHeader), count);
    guint64 random = kj_random_mix(seed);

    for (guint i = 0; i < count; i++) {
        gboolean anywhere = i % ANYWHERE_EVERY == ANYWHERE_EVERY - 1;
        const KjRule *rule = &g_array_index(rules, KjRule, kj_random_within(&random, 0, rules->len - 1));
        KjHeader header;
        for (guint field = 0; field < KJ_FIELDS; field++)
            header.value[field] = anywhere ? kj_random_within(&random, 0, kj_fields[field].maximum)
                                           : kj_random_within(&random, rule->low[field], rule->high[field]);
        g_array_append_val(headers, header);
    }
    return headers;
}
