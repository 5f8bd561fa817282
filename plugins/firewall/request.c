/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One real packet to the fields of the domain: RFC 791 (IPv4), RFC 8200 (IPv6 and its extension headers), RFC 792 and 4443 (ICMP).
 *
 * What the bytes do not say stays missing: a later fragment has no ports, an ESP packet has none, and a packet cut short before its ports
 * is refused, since guessing would mean matching a rule it may not belong to.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <kijun/translate.h>

#include "firewall.h"

#define IPV6_EXTENSIONS_MAX 16 /* more extension headers than any real packet; bounds the walk */

static gboolean set_number(KjRequestSink *sink, const char *field, guint number, GError **error) {
    char text[16];
    g_snprintf(text, sizeof text, "%u", number);
    return sink->set(sink, field, text, error);
}

static gboolean set_address(KjRequestSink *sink, const char *field, int family, const guint8 *bytes, GError **error) {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(family, bytes, text, sizeof text) && sink->set(sink, field, text, error);
}

static gboolean cut_short(GError **error, const char *where) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("the packet ends inside its %s"), where);
    return FALSE;
}

/* Whether the two ports are the first four bytes of the protocol's header. */
static gboolean has_ports(guint protocol) {
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP ||
           protocol == IPPROTO_UDPLITE;
}

static gboolean read_transport(KjRequestSink *sink, guint protocol, const guint8 *data, gsize length, GError **error) {
    if (has_ports(protocol)) {
        if (length < 4)
            return cut_short(error, _("ports"));
        return set_number(sink, "source_port", data[0] << 8 | data[1], error) && set_number(sink, "port", data[2] << 8 | data[3], error);
    }
    if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
        if (length < 2)
            return cut_short(error, _("ICMP header"));
        return set_number(sink, "icmp_type", data[0], error) && set_number(sink, "icmp_code", data[1], error);
    }
    return TRUE;
}

static gboolean read_ipv4(KjRequestSink *sink, const guint8 *data, gsize length, GError **error) {
    gsize header = (data[0] & 15u) * 4u;
    if (length < 20 || header < 20 || length < header)
        return cut_short(error, _("IPv4 header"));
    guint protocol = data[9];
    gboolean later_fragment = ((data[6] & 0x1fu) << 8 | data[7]) != 0;
    return set_address(sink, "from", AF_INET, data + 12, error) && set_address(sink, "to", AF_INET, data + 16, error) &&
           set_number(sink, "proto", protocol, error) &&
           (later_fragment || read_transport(sink, protocol, data + header, length - header, error));
}

static gboolean read_ipv6(KjRequestSink *sink, const guint8 *data, gsize length, GError **error) {
    if (length < 40)
        return cut_short(error, _("IPv6 header"));
    if (!set_address(sink, "from", AF_INET6, data + 8, error) || !set_address(sink, "to", AF_INET6, data + 24, error))
        return FALSE;
    guint protocol = data[6];
    gsize at = 40;
    gboolean later_fragment = FALSE;
    for (guint i = 0; i < IPV6_EXTENSIONS_MAX && !later_fragment; i++) {
        gboolean fragment = protocol == IPPROTO_FRAGMENT;
        if (!fragment && protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_ROUTING && protocol != IPPROTO_DSTOPTS)
            break;
        if (length - at < 8)
            return cut_short(error, _("IPv6 extension headers"));
        gsize extension = fragment ? 8 : (data[at + 1] + 1u) * 8u;
        if (length - at < extension)
            return cut_short(error, _("IPv6 extension headers"));
        later_fragment = fragment && ((data[at + 2] << 8 | data[at + 3]) & 0xfff8) != 0;
        protocol = data[at];
        at += extension;
    }
    return set_number(sink, "proto", protocol, error) &&
           (later_fragment || read_transport(sink, protocol, data + at, length - at, error));
}

gboolean kj_firewall_read_packet(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    const guint8 *data = (const guint8 *)bytes;
    if (length == 0)
        return cut_short(error, _("IP header"));
    switch (data[0] >> 4) {
    case 4:
        return read_ipv4(sink, data, length, error);
    case 6:
        return read_ipv6(sink, data, length, error);
    default:
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an IP packet: its version is %u; give the raw bytes from the IP header on"),
                    data[0] >> 4);
        return FALSE;
    }
}
