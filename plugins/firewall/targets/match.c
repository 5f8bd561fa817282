/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A box as nft expressions: the lines that together match its packets and no other (time apart, see moment.c).
 *
 * Addresses. A box that tests none is one line for both families; otherwise each family has a line of its own where the box has
 * addresses of it, with `meta nfproto` where all addresses of a family belong.
 *
 * Transport. `th dport` reads the third and fourth byte of whatever follows the IP header, so a line that tests a port is confined to the protocols
 * that have ports, as request.c reads them, and one that tests an ICMP type to ICMP (`@th,0,8`, the first byte: `icmp type` would also
 * confine the family; nor may it stand behind `meta l4proto 1`, for nft would list the two as `icmp type`, and that list loaded again means
 * less). Packets are of three kinds: with ports, with an ICMP header, with neither; a kind belongs to the box in so far as the
 * box lets the fields of the others be missing. Kinds of which the box asks nothing further share one line.
 *
 * Fragments. Where conntrack works, packets are whole when they come here: stateful blocks never see a fragment. Without it a later
 * fragment has a protocol and no numbers, but the kernel would read its payload as ports all the same (measured on 6.18: the fast path of
 * payload loads does not look at the fragment offset). So later fragments go to a chain of their own, in which a box stands only if every number
 * it tests may be missing, and which reads nothing behind the IP header.
 */
#include <string.h>

#include "nft.h"

enum { PORTED, ICMP, BARE, KINDS };

/* The kind whose packets carry the transport field. */
static const guint field_kinds[KJ_NFT_TRANSPORT_FIELDS] = { PORTED, PORTED, ICMP, ICMP };
static const char *const field_expressions[KJ_NFT_TRANSPORT_FIELDS] = { "th sport", "th dport", "@th,0,8", "@th,8,8" };

gboolean kj_nft_has_ports(guint protocol) {
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

gboolean kj_nft_is_icmp(guint protocol) {
    return protocol == 1 || protocol == 58;
}

static guint kind_of(guint protocol) {
    return kj_nft_has_ports(protocol) ? PORTED : kj_nft_is_icmp(protocol) ? ICMP : BARE;
}

/* ---- protocols ---- */

static GArray *protocol_intervals(const guint8 *protocols, gboolean inside) {
    GArray *intervals = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    for (guint i = 0; i < KJ_NFT_PROTOCOLS; i++) {
        if ((protocols[i] != 0) != inside)
            continue;
        KjInterval *last = intervals->len ? &g_array_index(intervals, KjInterval, intervals->len - 1) : NULL;
        KjInterval single = { kj_ordinal_number(i), kj_ordinal_number(i) };
        if (last && last->high.low + 1 == i)
            last->high.low = i;
        else
            g_array_append_val(intervals, single);
    }
    return intervals;
}

/* Whether exactly the protocols with ports are inside (or outside): a set that many rules want, so it has a name. */
static gboolean is_ported(const guint8 *protocols, gboolean inside) {
    for (guint i = 0; i < KJ_NFT_PROTOCOLS; i++)
        if (kj_nft_has_ports(i) != ((protocols[i] != 0) == inside))
            return FALSE;
    return TRUE;
}

/* `meta l4proto { 6, 17 } `, `meta l4proto != 1 `, or nothing when every protocol belongs. FALSE when none does. */
static gboolean append_protocols(const guint8 *protocols, GString *out) {
    g_autoptr(GArray) inside = protocol_intervals(protocols, TRUE), outside = protocol_intervals(protocols, FALSE);
    if (inside->len == 0)
        return FALSE;
    if (outside->len == 0)
        return TRUE;
    gboolean negated = outside->len < inside->len;
    g_string_append_printf(out, "meta l4proto %s", negated ? "!= " : "");
    if (is_ported(protocols, !negated)) {
        g_string_append(out, "@ported ");
        return TRUE;
    }
    kj_nft_numbers(negated ? outside : inside, out);
    return TRUE;
}

static void add_line(GPtrArray *lines, const char *head, const guint8 *protocols, const char *tail) {
    g_autoptr(GString) line = g_string_new(head);
    if (append_protocols(protocols, line)) {
        g_string_append(line, tail);
        g_ptr_array_add(lines, g_string_free(g_steal_pointer(&line), FALSE));
    }
}

/* ---- transport ---- */

typedef struct {
    gboolean possible[KINDS];  /* packets of this kind can be in the box */
    gboolean asks[KINDS];      /* about the kind's own numbers */
    gboolean fragments;        /* later fragments can be in the box: every tested number may be missing */
} Kinds;

static Kinds sort_kinds(const KjNftBox *box) {
    Kinds kinds = { { TRUE, TRUE, TRUE }, { FALSE, FALSE, FALSE }, TRUE };
    for (guint i = 0; i < KJ_NFT_TRANSPORT_FIELDS; i++) {
        const KjNftNumber *number = &box->transport[i];
        if (!number->tested)
            continue;
        for (guint kind = 0; kind < KINDS; kind++) {
            if (kind != field_kinds[i])
                kinds.possible[kind] &= number->missing;
            else
                kinds.possible[kind] &= number->present->len > 0;
        }
        kinds.asks[field_kinds[i]] |= !number->all;
        kinds.fragments &= number->missing;
    }
    return kinds;
}

static void select_protocols(const KjNftBox *box, guint kinds, guint8 *protocols) {
    for (guint i = 0; i < KJ_NFT_PROTOCOLS; i++)
        protocols[i] = box->protocols[i] && (kinds >> kind_of(i) & 1);
}

/* Every string of `heads` followed by every string of `tails`. */
static GPtrArray *multiply(GPtrArray *heads, const GPtrArray *tails) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < heads->len; i++)
        for (guint j = 0; j < tails->len; j++)
            g_ptr_array_add(lines, g_strconcat((const char *)g_ptr_array_index(heads, i), (const char *)g_ptr_array_index(tails, j), NULL));
    g_ptr_array_unref(heads);
    return lines;
}

static GPtrArray *one_empty(void) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(lines, g_strdup(""));
    return lines;
}

/* `th dport { 80, 443 } `, or a line for each where lists are spread. */
static GPtrArray *number_matches(KjNft *nft, const char *expression, const GArray *intervals) {
    GPtrArray *matches = g_ptr_array_new_with_free_func(g_free);
    nft->sets_wanted += nft->counting && intervals->len > 1;
    gboolean spread = kj_nft_spreads(nft, intervals->len);
    for (guint i = 0; i < (spread ? intervals->len : 1); i++) {
        g_autoptr(GString) match = g_string_new(NULL);
        g_autoptr(GArray) single = g_array_new(FALSE, FALSE, sizeof(KjInterval));
        g_array_append_val(single, g_array_index(intervals, KjInterval, i));
        g_string_append_printf(match, "%s ", expression);
        kj_nft_numbers(spread ? single : intervals, match);
        g_ptr_array_add(matches, g_string_free(g_steal_pointer(&match), FALSE));
    }
    return matches;
}

/* The lines of one kind that asks about its numbers. */
static void add_asking(KjNft *nft, const KjNftBox *box, guint kind, GPtrArray *lines) {
    g_autoptr(GPtrArray) tails = one_empty();
    guint8 protocols[KJ_NFT_PROTOCOLS];
    for (guint i = 0; i < KJ_NFT_TRANSPORT_FIELDS; i++) {
        const KjNftNumber *number = &box->transport[i];
        if (field_kinds[i] != kind || !number->tested || number->all)
            continue;
        g_autoptr(GPtrArray) matches = number_matches(nft, field_expressions[i], number->present);
        tails = multiply(g_steal_pointer(&tails), matches);
    }
    select_protocols(box, 1u << kind, protocols);
    for (guint i = 0; i < tails->len; i++) {
        const char *tail = g_ptr_array_index(tails, i);
        add_line(lines, kind == ICMP ? tail : "", protocols, kind == ICMP ? "" : tail);
    }
}

/* Of whole packets, or of later fragments, which have none of the numbers. */
static GPtrArray *transport_lines(KjNft *nft, const KjNftBox *box, gboolean fragments) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    Kinds kinds = sort_kinds(box);
    guint8 protocols[KJ_NFT_PROTOCOLS];
    guint free_kinds = 0;
    for (guint kind = 0; kind < KINDS; kind++) {
        if (fragments ? kinds.fragments : kinds.possible[kind] && !kinds.asks[kind])
            free_kinds |= 1u << kind;
        else if (!fragments && kinds.possible[kind])
            add_asking(nft, box, kind, lines);
    }
    select_protocols(box, free_kinds, protocols);
    add_line(lines, "", protocols, "");
    return lines;
}

/* ---- addresses ---- */

static gboolean is_whole(const GArray *intervals, guint family) {
    const KjInterval *interval = &g_array_index(intervals, KjInterval, 0);
    guint64 high = family == KJ_NFT_IPV4 ? 0 : G_MAXUINT64, low = family == KJ_NFT_IPV4 ? G_MAXUINT32 : G_MAXUINT64;
    return intervals->len == 1 && interval->low.high == 0 && interval->low.low == 0 && interval->high.high == high &&
           interval->high.low == low;
}

/* Lines for each family, or one for both. */
static GPtrArray *address_lines(KjNft *nft, const KjNftBox *box) {
    static const char *const ends[2] = { "saddr", "daddr" };
    static const char *const matches[KJ_NFT_FAMILIES] = { "meta nfproto ipv4 ", "meta nfproto ipv6 " };
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    guint whole_families = 0;
    for (guint family = 0; family < KJ_NFT_FAMILIES; family++) {
        g_autoptr(GPtrArray) family_lines = one_empty();
        gboolean possible = TRUE, asks = FALSE;
        for (guint end = 0; end < 2; end++) {
            const GArray *intervals = box->address[end][family];
            if (!box->address_tested[end])
                continue;
            possible &= intervals->len > 0;
            if (intervals->len == 0 || is_whole(intervals, family))
                continue;
            g_autoptr(GPtrArray) ways = kj_nft_address_matches(nft, family, ends[end], intervals);
            family_lines = multiply(g_steal_pointer(&family_lines), ways);
            asks = TRUE;
        }
        if (!possible)
            continue;
        whole_families += !asks;
        if (asks)
            g_ptr_array_extend_and_steal(lines, g_steal_pointer(&family_lines));
        else
            g_ptr_array_add(lines, g_strdup(matches[family]));
    }
    if (whole_families == KJ_NFT_FAMILIES) {
        g_ptr_array_set_size(lines, 0);
        g_ptr_array_add(lines, g_strdup(""));
    }
    return lines;
}

/* A family alone stands behind the protocol: nft does not list it before `meta l4proto 1`, and the list loaded again would let IPv6 through. */
static char *join_parts(const KjNftBox *box, const char *address, const char *transport) {
    gboolean family_alone = g_str_has_prefix(address, "meta nfproto ");
    return g_strconcat(box->interfaces, family_alone ? "" : address, transport, family_alone ? address : "", box->state, NULL);
}

GPtrArray *kj_nft_matches(KjNft *nft, const KjNftBox *box, gboolean fragments) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    if (box->empty)
        return lines;
    g_autoptr(GPtrArray) addresses = address_lines(nft, box), transports = transport_lines(nft, box, fragments);
    for (guint i = 0; i < addresses->len; i++)
        for (guint j = 0; j < transports->len; j++)
            g_ptr_array_add(lines, join_parts(box, g_ptr_array_index(addresses, i), g_ptr_array_index(transports, j)));
    return lines;
}
