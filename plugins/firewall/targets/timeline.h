/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows as what a kernel without time zones can be told: see timeline.c. */
#ifndef KJ_NFT_TIMELINE_H
#define KJ_NFT_TIMELINE_H

#include <kijun/view.h>

#define KJ_WEEK_MINUTES 10080u
#define KJ_WEEK_WORDS 158u /* 64 bits each */

/* No kernel clock that was ever set shows an instant before 2020-01-01T00:00:00Z: Kijun is younger. An earlier one is an unset clock. */
#define KJ_CLOCK_SET G_GINT64_CONSTANT(1577836800)

/* The minutes of a week in UTC, from Monday 00:00. */
typedef struct {
    guint64 bits[KJ_WEEK_WORDS];
} KjWeek;

/* From `start` (seconds since 1970) to the next segment's, or for ever. */
typedef struct {
    gint64 start;
    KjWeek week;
} KjSegment;

/* Segments in order; the first starts at 0; neighbours differ. */
typedef struct KjTimeline {
    GArray *segments; /* KjSegment */
} KjTimeline;

typedef enum { KJ_TIMELINE_OR, KJ_TIMELINE_AND, KJ_TIMELINE_MINUS } KjTimelineOperation;

/* The whole of time, or nothing. Free with kj_timeline_free. */
KjTimeline *kj_timeline_new(gboolean all);
void kj_timeline_free(KjTimeline *timeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjTimeline, kj_timeline_free)

KjTimeline *kj_timeline_join(const KjTimeline *left, const KjTimeline *right, KjTimelineOperation operation);

/* The window below `node` of the table. `zones` caches what is asked of the zones (kj_timeline_zones_new). FALSE: NULL with a reason. */
KjTimeline *kj_timeline_window(const KjTable *table, guint node, GHashTable *zones, GError **error);
GHashTable *kj_timeline_zones_new(void);

/* From KJ_CLOCK_SET on the timeline itself; before it, `unset`. Takes the timeline. */
KjTimeline *kj_timeline_with_unset_clock(KjTimeline *timeline, gboolean unset);

gboolean kj_timeline_is(const KjTimeline *timeline, gboolean all);

gboolean kj_week_has(const KjWeek *week, guint minute);
gboolean kj_week_is(const KjWeek *week, gboolean all);

#endif
