/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets from their fields: see packet.c. */
#ifndef KJ_TEST_PACKET_H
#define KJ_TEST_PACKET_H

#include <glib.h>

#define PACKET_MAX 256u

typedef struct {
    guint family;            /* 4 or 6 */
    guint8 from[16], to[16]; /* network byte order; IPv4 in the first four bytes */
    guint protocol;
    guint source_port, port;
    guint icmp_type, icmp_code;
    gboolean options;        /* IPv4: a header with options; IPv6: a destination options header */
    gboolean authenticated;  /* IPv6: an authentication header */
    gboolean later_fragment; /* the bytes after the IP header are the middle of a packet */
    gboolean cut;            /* ends inside the transport header */
} PacketFields;

typedef struct {
    guint8 bytes[PACKET_MAX]; /* from the IP header on */
    gsize length;
} Packet;

void packet_make(const PacketFields *fields, Packet *packet);

#endif
