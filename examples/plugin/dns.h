/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the dns plugin. */
#ifndef DNS_H
#define DNS_H

#include <kijun/plugin.h>

/* Reads one change in the words of nsupdate(1) (request.c). */
gboolean dns_read_change(KjRequestSink *sink, const char *bytes, gsize length, GError **error);

/* A block as the update-policy of one zone of BIND (bind.c). */
gboolean dns_emit_bind(const KjTable *table, guint block, GString *out, GError **error);

#endif
