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

/* Loads such a script in a network namespace of its own, and appends the bytecode and the JSON that nft then lists; and those as policy (read_back/). */
gboolean kj_firewall_load_nftables(const char *script, GString *dump, GError **error);
gboolean kj_firewall_read_back_nftables(const char *dump, gsize length, GString *policy, GError **error);

/* Rules put in force on this machine (enforcer.c); see KjEnforcerDefinition. */
gboolean kj_firewall_current_nftables(const char *block, const char *text, GString *state, GError **error);
gboolean kj_firewall_apply_nftables(const char *block, const char *text, GError **error);
gboolean kj_firewall_same_nftables(const char *a, const char *b);

/* The logs it reads for replay (log_zeek.c). */
extern const KjLogReaderDefinition kj_firewall_log_readers[];

#endif
