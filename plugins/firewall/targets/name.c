/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names. Identifiers of the policy language are letters of any script, digits and `_`; nft takes ASCII letters, digits and `_ . - /`, and
 * not the words of its own grammar. So:
 *
 *     an ASCII letter, a digit, `_`                      itself
 *     any other character                                `.`, its code point in hexadecimal, `.`   (門 is `.9580.`)
 *     a label that is a word of nft, or of this file     the word and `-`            (icmp is `icmp-`)
 *     a label that came before in the block              the label and `-v`, the rule's number   (an emergency's table has both versions of a rule)
 *
 * Neither `.` nor `-` occurs in an identifier, so the way back is unambiguous, and whatever this target invents for itself may carry a
 * `-` without ever meeting a label (`web-over`, `do-web`). The words are those that nft 1.0.6 and later refuse as the name of a counter or a
 * limit; a word of a future version would make the script fail to load, which leaves the kernel's rules as they are.
 */
#include <string.h>

#include "nft.h"

#define NAME_BYTES_MAX 240 /* the kernel takes 255; room for what this target appends */
#define INTERFACE_BYTES_MAX 15 /* IFNAMSIZ with its NUL */

static const char words[] =
    " accept add ah all and arp bridge burst bytes cgroup chain comment comp constant continue counter cpu create ct day dccp define delete "
    "describe destroy device devices dnat drop dst dup dynamic ecn element elements eq esp ether exists expires export exthdr fib flags "
    "flow flowtable flush frag fwd ge geneve get goto gre gretap gt handle hash hbh hook hour ibriport ibrname icmp icmpv6 igmp iif iifgroup "
    "iifname iiftype import include index inet insert interval ip ip6 ipsec jhash jump last le limit list log lshift lt map mark masquerade "
    "meta meter mh minute missing monitor name ne netdev nftrace not notrack numgen obriport obrname offload oif oifgroup oifname oiftype "
    "options or osf over packets pkttype policy position priority queue quota random rate redefine redirect reject rename replace reset "
    "return rshift rt rt0 rt2 rtclassid rule ruleset sctp secmark second set size skgid skuid snat socket srh symhash synproxy table tcp th "
    "time timeout tproxy tunnel type typeof udp udplite undefine update vlan vmap vni vxlan week xor xt "
    "invalid malformed replies "; /* counters of this target's own */

static gboolean is_word(const char *name) {
    g_autofree char *spaced = g_strdup_printf(" %s ", name);
    return strstr(words, spaced) != NULL;
}

char *kj_nft_encode(const char *identifier) {
    GString *name = g_string_new(NULL);
    for (const char *at = identifier; *at; at = g_utf8_next_char(at)) {
        if (g_ascii_isalnum(*at) || *at == '_')
            g_string_append_c(name, *at);
        else
            g_string_append_printf(name, ".%x.", g_utf8_get_char(at));
    }
    return g_string_free(name, name->len > NAME_BYTES_MAX);
}

char *kj_nft_name(const char *label) {
    g_autofree char *name = kj_nft_encode(label);
    return name && is_word(name) ? g_strconcat(name, "-", NULL) : g_steal_pointer(&name);
}

void kj_nft_quote(const char *text, gsize most, GString *out) {
    gsize length = 0;
    g_string_append_c(out, '"');
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gsize bytes = (gsize)(g_utf8_next_char(at) - at);
        if (length + bytes > most)
            break;
        if (*at == '"' || *at == '\\' || *at == '*' || *at == '$' || g_ascii_iscntrl(*at))
            g_string_append_c(out, '_');
        else
            g_string_append_len(out, at, (gssize)bytes);
        length += bytes;
    }
    g_string_append_c(out, '"');
}

gboolean kj_nft_is_interface(const char *name) {
    gsize length = strlen(name);
    if (length == 0 || length > INTERFACE_BYTES_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return FALSE;
    for (; *name; name++)
        if (!g_ascii_isgraph(*name) || strchr("/:\"*\\$", *name))
            return FALSE;
    return TRUE;
}
