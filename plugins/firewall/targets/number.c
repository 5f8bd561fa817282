/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of addresses and numbers as nft writes them.
 *
 * One interval stands in the rule itself. Several are an anonymous interval set, unless they are many or other rules want the same ones:
 * then they become a named set of the table, written once, so that a reader sees one list and the kernel keeps one tree. Intervals come
 * sorted and apart from each other, as nft's interval sets need them. In a script that would have very many sets short lists are spread over
 * several lines instead, because the kernel's time to load grows with the square of the number of sets (measured on 6.18).
 */
#include <arpa/inet.h>
#include <string.h>

#include "nft.h"

#define SETS_MOST 500u /* beyond, the kernel's search for the next free name of an anonymous set is felt: 10,000 sets take it 13 s */
#define SPREAD_MOST 4u /* intervals that become lines of their own in a script with so many sets */
#define ANONYMOUS_MOST 8u /* a longer list gets a name even when only one rule wants it: lines stay readable */

static const char *const family_words[KJ_NFT_FAMILIES] = { "ip", "ip6" };
static const char *const family_types[KJ_NFT_FAMILIES] = { "ipv4_addr", "ipv6_addr" };
static const guint family_bits[KJ_NFT_FAMILIES] = { 32, 128 };

void kj_nft_numbers(const GArray *intervals, GString *out) {
    if (intervals->len > 1)
        g_string_append(out, "{ ");
    for (guint i = 0; i < intervals->len; i++) {
        const KjInterval *interval = &g_array_index(intervals, KjInterval, i);
        g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? ", " : "", interval->low.low);
        if (interval->low.low != interval->high.low)
            g_string_append_printf(out, "-%" G_GUINT64_FORMAT, interval->high.low);
    }
    g_string_append(out, intervals->len > 1 ? " } " : " ");
}

static void append_address(guint family, KjOrdinal address, GString *out) {
    char text[INET6_ADDRSTRLEN];
    guint64 words[2] = { GUINT64_TO_BE(address.high), GUINT64_TO_BE(address.low) };
    guint32 word = GUINT32_TO_BE((guint32)address.low);
    if (family == KJ_NFT_IPV4)
        inet_ntop(AF_INET, &word, text, sizeof text);
    else
        inet_ntop(AF_INET6, words, text, sizeof text);
    g_string_append(out, text);
}

/* The length of the prefix that the interval is, or -1. */
static int prefix_length(guint family, const KjInterval *interval) {
    guint64 high = interval->low.high ^ interval->high.high, low = interval->low.low ^ interval->high.low;
    guint host_bits = high ? 128 - (guint)__builtin_clzll(high) : low ? 64 - (guint)__builtin_clzll(low) : 0;
    guint64 high_mask = host_bits > 64 ? (host_bits == 128 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << (host_bits - 64)) - 1) : 0;
    guint64 low_mask = host_bits >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << host_bits) - 1;
    if (high != high_mask || low != low_mask || (interval->low.high & high_mask) || (interval->low.low & low_mask))
        return -1;
    return (int)(family_bits[family] - host_bits);
}

static void append_element(guint family, const KjInterval *interval, GString *out) {
    int prefix = prefix_length(family, interval);
    append_address(family, interval->low, out);
    if (prefix < 0) {
        g_string_append_c(out, '-');
        append_address(family, interval->high, out);
    } else if ((guint)prefix < family_bits[family]) {
        g_string_append_printf(out, "/%d", prefix);
    }
}

static void append_elements(guint family, const GArray *intervals, GString *out) {
    for (guint i = 0; i < intervals->len; i++) {
        g_string_append(out, i ? ", " : "");
        append_element(family, &g_array_index(intervals, KjInterval, i), out);
    }
}

/* The named set for `elements`, declared when it is met first. */
static const char *set_name(KjNft *nft, guint family, const char *key, const char *elements) {
    char *name = g_hash_table_lookup(nft->set_names, key);
    if (name)
        return name;
    name = g_strdup_printf("address%c-%u", family == KJ_NFT_IPV4 ? '4' : '6', g_hash_table_size(nft->set_names) + 1);
    g_hash_table_insert(nft->set_names, g_strdup(key), name);
    g_string_append_printf(nft->objects, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n\t\telements = { %s }\n\t}\n", name,
                           family_types[family], elements);
    return name;
}

static void add_match(guint family, const char *end, const char *operand, GPtrArray *matches) {
    g_ptr_array_add(matches, g_strdup_printf("%s %s %s ", family_words[family], end, operand));
}

gboolean kj_nft_spreads(const KjNft *nft, guint count) {
    return nft->sets_wanted > SETS_MOST && count <= SPREAD_MOST && !nft->counting;
}

static void add_each(guint family, const char *end, const GArray *intervals, GPtrArray *matches) {
    for (guint i = 0; i < intervals->len; i++) {
        g_autoptr(GString) element = g_string_new(NULL);
        append_element(family, &g_array_index(intervals, KjInterval, i), element);
        add_match(family, end, element->str, matches);
    }
}

GPtrArray *kj_nft_address_matches(KjNft *nft, guint family, const char *end, const GArray *intervals) {
    GPtrArray *matches = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) elements = g_string_new(NULL);
    append_elements(family, intervals, elements);
    if (intervals->len == 1) {
        add_match(family, end, elements->str, matches);
        return matches;
    }
    g_autofree char *key = g_strdup_printf("%s %s", family_words[family], elements->str);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(nft->set_uses, key));
    if (nft->counting) {
        nft->sets_wanted += uses == 0;
        g_hash_table_insert(nft->set_uses, g_steal_pointer(&key), GUINT_TO_POINTER(uses + 1));
        add_match(family, end, "{ }", matches);
    } else if (uses == 1 && kj_nft_spreads(nft, intervals->len)) {
        add_each(family, end, intervals, matches);
    } else if (intervals->len > ANONYMOUS_MOST || uses > 1) {
        g_autofree char *reference = g_strconcat("@", set_name(nft, family, key, elements->str), NULL);
        add_match(family, end, reference, matches);
    } else {
        g_autofree char *set = g_strdup_printf("{ %s }", elements->str);
        add_match(family, end, set, matches);
    }
    return matches;
}
