/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the firewall plugin. */
#ifndef KJ_FIREWALL_H
#define KJ_FIREWALL_H

#include <gmodule.h>
#include <kijun/plugin.h>
#include <kijun/view.h>

/* Reads one IP packet (request.c). */
gboolean kj_firewall_read_packet(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

/* Appends an nftables script for a block (targets/nftables.c). */
gboolean kj_firewall_emit_nftables(const KjTable *table, guint block, GString *out, GError **error);

#endif
