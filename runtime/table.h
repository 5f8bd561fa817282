/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verified table in memory. Not installed. */
#ifndef KJ_TABLE_PRIVATE_H
#define KJ_TABLE_PRIVATE_H

#include <kijun/verify.h>

/* From `start` (UTC seconds) on, a zone's clocks are `offset` seconds ahead of UTC. The first step of a zone starts at 0. */
typedef struct {
    gint64 start;
    gint32 offset;
} KjZoneStep;

typedef struct {
    const char *name;
    KjZoneStep *steps;
    guint count;
} KjZone;

struct KjTable {
    gint references; /* atomic */
    void *bytes; /* a private, sealed, read-only mapping */
    gsize size;
    KjImage image;
    KjZone *zones;
    guint zone_count;
    guint32 *window_zones; /* for each record of WINDOWS that is an atom, the index of its zone */
};

/* kj_table_new for bytes that this process has made a moment ago: verified as ever, but their hash, which tells damage on the way, is not looked at. */
KjTable *kj_table_new_own(const void *bytes, gsize length, GError **error);

/* One zone by its name, which is borrowed. FALSE when this machine does not have it. Free `steps` with g_free. */
gboolean kj_zone_load(KjZone *zone, const char *name);

/* FALSE with KJ_ERROR_ZONE. Fills the zones of a table whose image is verified. */
gboolean kj_zones_load(KjTable *table, GError **error);
void kj_zones_free(KjTable *table);

/* Seconds to add to `instant` for the wall clock of the zone; 0 <= instant < KJ_INSTANT_END. */
gint32 kj_zone_offset(const KjZone *zone, gint64 instant);

#endif
