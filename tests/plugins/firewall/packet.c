/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets from their fields, such as a kernel with conntrack takes for the first of a flow: TCP with SYN, an SCTP INIT, a DCCP request, anything
 * else with a payload of zeros, all with correct checksums (RFC 1071; the one of SCTP is left zero, so the kernel must not check).
 */
#include <string.h>

#include "packet.h"

#define TRANSPORT_MAX 64u

static void put16(guint8 *at, guint value) {
    at[0] = (guint8)(value >> 8);
    at[1] = (guint8)value;
}

static guint32 sum_words(const guint8 *bytes, gsize length, guint32 sum) {
    for (gsize i = 0; i + 1 < length; i += 2)
        sum += (guint32)(bytes[i] << 8 | bytes[i + 1]);
    if (length % 2)
        sum += (guint32)bytes[length - 1] << 8;
    return sum;
}

static guint fold(guint32 sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static guint32 pseudo_header(const PacketFields *fields, gsize length) {
    gsize address = fields->family == 4 ? 4 : 16;
    guint32 sum = sum_words(fields->from, address, 0);
    return sum_words(fields->to, address, sum) + (guint32)length + fields->protocol;
}

/* The transport header and a little payload; gives their length. */
static gsize make_transport(const PacketFields *fields, guint8 *data) {
    static const struct {
        guint protocol;
        gsize length;
        gsize checksum; /* 0: none */
        gboolean pseudo;
    } shapes[] = { { 6, 20, 16, TRUE }, { 17, 16, 6, TRUE }, { 136, 16, 6, TRUE }, { 33, 28, 6, TRUE },
                   { 132, 32, 0, FALSE }, { 1, 16, 2, FALSE }, { 58, 16, 2, TRUE } };
    gsize length = 32;
    memset(data, 0, TRANSPORT_MAX);
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++)
        if (shapes[i].protocol == fields->protocol)
            length = shapes[i].length;
    if (fields->protocol == 1 || fields->protocol == 58) {
        data[0] = (guint8)fields->icmp_type;
        data[1] = (guint8)fields->icmp_code;
    } else if (fields->protocol == 6 || fields->protocol == 17 || fields->protocol == 33 || fields->protocol == 132 || fields->protocol == 136) {
        put16(data, fields->source_port);
        put16(data + 2, fields->port);
    }
    if (fields->protocol == 6) {
        data[12] = 5 << 4;
        data[13] = 0x02;
        put16(data + 14, 1024);
    } else if (fields->protocol == 17) {
        put16(data + 4, (guint)length);
    } else if (fields->protocol == 33) {
        data[4] = 7;
        data[8] = 1; /* type 0 (request), extended sequence numbers */
    } else if (fields->protocol == 132) {
        data[12] = 1;
        put16(data + 14, 20);
        data[19] = 1;
        put16(data + 24, 1);
        put16(data + 26, 1);
    }
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++)
        if (shapes[i].protocol == fields->protocol && shapes[i].checksum)
            put16(data + shapes[i].checksum, fold(sum_words(data, length, shapes[i].pseudo ? pseudo_header(fields, length) : 0)));
    return length;
}

static void make_ipv4(const PacketFields *fields, const guint8 *transport, gsize length, Packet *packet) {
    guint8 *ip = packet->bytes;
    gsize header = fields->options ? 24 : 20;
    memset(ip, 0, header);
    ip[0] = (guint8)(0x40 | header / 4);
    put16(ip + 2, (guint)(header + length));
    put16(ip + 4, 7);
    put16(ip + 6, fields->later_fragment ? 0x2005 : 0);
    ip[8] = 64;
    ip[9] = (guint8)fields->protocol;
    memcpy(ip + 12, fields->from, 4);
    memcpy(ip + 16, fields->to, 4);
    if (fields->options)
        memset(ip + 20, 1, 4); /* no operation */
    put16(ip + 10, fold(sum_words(ip, header, 0)));
    memcpy(ip + header, transport, length);
    packet->length = header + length;
}

static void make_ipv6(const PacketFields *fields, const guint8 *transport, gsize length, Packet *packet) {
    guint8 *ip = packet->bytes;
    guint8 *next = ip + 6;
    gsize at = 40;
    memset(ip, 0, sizeof packet->bytes);
    ip[0] = 0x60;
    ip[7] = 64;
    memcpy(ip + 8, fields->from, 16);
    memcpy(ip + 24, fields->to, 16);
    if (fields->options) {
        *next = 60;
        next = ip + at;
        ip[at + 2] = 1; /* PadN of four bytes */
        ip[at + 3] = 4;
        at += 8;
    }
    if (fields->authenticated) {
        *next = 51;
        next = ip + at;
        ip[at + 1] = 4; /* 24 bytes */
        ip[at + 7] = 9;
        at += 24;
    }
    if (fields->later_fragment) {
        *next = 44;
        next = ip + at;
        put16(ip + at + 2, 0x0029);
        ip[at + 7] = 7;
        at += 8;
    }
    *next = (guint8)fields->protocol;
    memcpy(ip + at, transport, length);
    packet->length = at + length;
    put16(ip + 4, (guint)(packet->length - 40));
}

void packet_make(const PacketFields *fields, Packet *packet) {
    guint8 transport[TRANSPORT_MAX];
    gsize length = make_transport(fields, transport);
    if (fields->cut)
        length = fields->protocol == 1 || fields->protocol == 58 ? 1 : 3;
    if (fields->family == 4)
        make_ipv4(fields, transport, length, packet);
    else
        make_ipv6(fields, transport, length, packet);
}
