/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows of any zone as weekly patterns in UTC.
 *
 * A kernel can compare the second, the weekday and the time of day, all in UTC. A window speaks of weekdays, times and dates on the clock on the
 * wall of its zone. Between two changes of that clock the wall is UTC and a fixed difference, so there a window is a weekly pattern, shifted;
 * and it changes only where the clock does or where one of its dates begins. A timeline is exactly this: segments of absolute
 * time, each with the set of minutes of the week that belong to the window. Timelines are closed under union, intersection and
 * difference, segment by segment, so any window, its complement and the common part of several are one, and nothing has to be refused: a zone
 * with daylight saving only has two segments more a year.
 *
 * What the wall shows is asked of GLib, as everywhere else in Kijun; where it changes is found by bisection over GLib's numbered intervals.
 * The result holds as long as the machine's zone data does: when a government moves its clocks, emit again.
 *
 * Invariants: the first segment starts at 0 and neighbours differ. Cost: a kilobyte a segment; about 170 segments for a zone with daylight
 * saving to the end of 2099.
 */
#include <string.h>

#include <kijun/translate.h>

#include "timeline.h"

#define DAY_SECONDS 86400
#define DAY_MINUTES 1440u
#define END_OF_TIME (G_GINT64_CONSTANT(47482) * DAY_SECONDS) /* 2100-01-01: the language ends with 2099 */
#define LAST_DAY 47481u /* an atom that holds until then has no end */
#define NO_LAST_DAY G_MAXINT32
#define DEPTH_MOST 16384u /* of a window's tree; the compiler writes none as deep, but a table may come from elsewhere */

/* The wall is UTC + seconds from `start` on. */
typedef struct {
    gint64 start;
    gint32 seconds;
} Offset;

/* A part of an atom that does not wrap: on local days first..last whose weekday is in the mask, the minutes first..last. */
typedef struct {
    gint64 first_day, last_day;
    guint weekdays;
    guint first_minute, last_minute;
} Piece;

/* ---- weeks ---- */

gboolean kj_week_has(const KjWeek *week, guint minute) {
    return week->bits[minute / 64] >> (minute % 64) & 1;
}

static void week_add(KjWeek *week, guint minute) {
    week->bits[minute / 64] |= G_GUINT64_CONSTANT(1) << (minute % 64);
}

static KjWeek week_new(gboolean all) {
    KjWeek week = { { 0 } };
    for (guint i = 0; all && i < KJ_WEEK_MINUTES; i++)
        week_add(&week, i);
    return week;
}

gboolean kj_week_is(const KjWeek *week, gboolean all) {
    KjWeek other = week_new(all);
    return memcmp(week, &other, sizeof other) == 0;
}

static KjWeek week_join(const KjWeek *left, const KjWeek *right, KjTimelineOperation operation) {
    KjWeek week;
    for (guint i = 0; i < KJ_WEEK_WORDS; i++) {
        guint64 a = left->bits[i], b = right->bits[i];
        week.bits[i] = operation == KJ_TIMELINE_OR ? a | b : operation == KJ_TIMELINE_AND ? a & b : a & ~b;
    }
    return week;
}

/* Adds the minutes of `piece` where the wall is `minutes` ahead of UTC. */
static void week_add_piece(KjWeek *week, const Piece *piece, int minutes) {
    for (guint day = 0; day < 7; day++) {
        if (!(piece->weekdays >> day & 1))
            continue;
        for (guint minute = piece->first_minute; minute <= piece->last_minute; minute++)
            week_add(week, (guint)((int)(day * DAY_MINUTES + minute + KJ_WEEK_MINUTES) - minutes) % KJ_WEEK_MINUTES);
    }
}

/* ---- timelines ---- */

static void append_segment(KjTimeline *timeline, gint64 start, const KjWeek *week) {
    GArray *segments = timeline->segments;
    if (segments->len && memcmp(&g_array_index(segments, KjSegment, segments->len - 1).week, week, sizeof *week) == 0)
        return;
    KjSegment segment = { start, *week };
    g_array_append_val(segments, segment);
}

static KjTimeline *timeline_empty(void) {
    KjTimeline *timeline = g_new0(KjTimeline, 1);
    timeline->segments = g_array_new(FALSE, FALSE, sizeof(KjSegment));
    return timeline;
}

KjTimeline *kj_timeline_new(gboolean all) {
    KjTimeline *timeline = timeline_empty();
    KjWeek week = week_new(all);
    append_segment(timeline, 0, &week);
    return timeline;
}

void kj_timeline_free(KjTimeline *timeline) {
    if (timeline)
        g_array_unref(timeline->segments);
    g_free(timeline);
}

KjTimeline *kj_timeline_join(const KjTimeline *left, const KjTimeline *right, KjTimelineOperation operation) {
    KjTimeline *timeline = timeline_empty();
    const KjSegment *a = (const KjSegment *)(const void *)left->segments->data, *b = (const KjSegment *)(const void *)right->segments->data;
    const KjSegment *a_end = a + left->segments->len, *b_end = b + right->segments->len;
    gint64 start = 0;
    for (;;) {
        KjWeek week = week_join(&a->week, &b->week, operation);
        append_segment(timeline, start, &week);
        gint64 a_next = a + 1 < a_end ? a[1].start : G_MAXINT64, b_next = b + 1 < b_end ? b[1].start : G_MAXINT64;
        start = MIN(a_next, b_next);
        if (start == G_MAXINT64)
            return timeline;
        a += a_next == start;
        b += b_next == start;
    }
}

gboolean kj_timeline_is(const KjTimeline *timeline, gboolean all) {
    return timeline->segments->len == 1 && kj_week_is(&g_array_index(timeline->segments, KjSegment, 0).week, all);
}

KjTimeline *kj_timeline_with_unset_clock(KjTimeline *timeline, gboolean unset) {
    g_autoptr(KjTimeline) taken = timeline, set = kj_timeline_new(FALSE);
    KjWeek all = week_new(TRUE);
    append_segment(set, KJ_CLOCK_SET, &all);
    if (!unset)
        return kj_timeline_join(taken, set, KJ_TIMELINE_AND);
    g_autoptr(KjTimeline) whole = kj_timeline_new(TRUE);
    g_autoptr(KjTimeline) before = kj_timeline_join(whole, set, KJ_TIMELINE_MINUS);
    return kj_timeline_join(taken, before, KJ_TIMELINE_OR);
}

/* ---- zones ---- */

GHashTable *kj_timeline_zones_new(void) {
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
}

static int interval_at(GTimeZone *zone, gint64 instant) {
    return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant);
}

/* The clock on the wall changes somewhere in (low, high]: appends every place in order. Intervals are numbered in order of time. */
static void find_changes(GTimeZone *zone, gint64 low, gint64 high, GArray *offsets) {
    int at_high = interval_at(zone, high);
    if (interval_at(zone, low) == at_high)
        return;
    if (high - low > 1) {
        gint64 middle = low + (high - low) / 2;
        find_changes(zone, low, middle, offsets);
        find_changes(zone, middle, high, offsets);
        return;
    }
    Offset offset = { high, g_time_zone_get_offset(zone, at_high) };
    g_array_append_val(offsets, offset);
}

static const GArray *zone_offsets(const char *name, GHashTable *zones, GError **error) {
    GArray *offsets = g_hash_table_lookup(zones, name);
    if (offsets)
        return offsets;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(name);
    if (!zone) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_ZONE, _("this machine has no time zone \"%s\""), name);
        return NULL;
    }
    offsets = g_array_new(FALSE, FALSE, sizeof(Offset));
    Offset first = { KJ_CLOCK_SET, g_time_zone_get_offset(zone, interval_at(zone, KJ_CLOCK_SET)) };
    g_array_append_val(offsets, first);
    find_changes(zone, KJ_CLOCK_SET, END_OF_TIME, offsets);
    g_hash_table_insert(zones, g_strdup(name), offsets);
    for (guint i = 0; i < offsets->len; i++) {
        if (g_array_index(offsets, Offset, i).seconds % 60 != 0) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("the zone \"%s\" is not a whole number of minutes away from UTC"), name);
            return NULL;
        }
    }
    return offsets;
}

/* ---- windows ---- */

/* An atom that wraps is an evening and, on the day after, a morning. */
static guint atom_pieces(const KjWindowAtom *atom, Piece pieces[2]) {
    gint64 last_day = atom->last_day < LAST_DAY ? (gint64)atom->last_day : NO_LAST_DAY;
    pieces[0] = (Piece){ atom->first_day, last_day, atom->weekdays, atom->first_minute, atom->last_minute };
    if (atom->first_minute <= atom->last_minute)
        return 1;
    pieces[0].last_minute = DAY_MINUTES - 1;
    guint next_weekdays = (atom->weekdays << 1 | atom->weekdays >> 6) & 0x7fu;
    pieces[1] = (Piece){ (gint64)atom->first_day + 1, last_day + 1, next_weekdays, 0, atom->last_minute };
    return 2;
}

static int compare_instants(gconstpointer a, gconstpointer b) {
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return left < right ? -1 : left > right;
}

/* Where the pattern of the pieces can change: the changes of the clock, and the midnights at which a piece begins or has ended. */
static GArray *find_breaks(const GArray *offsets, const Piece *pieces, guint count) {
    GArray *breaks = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < offsets->len; i++) {
        const Offset *offset = &g_array_index(offsets, Offset, i);
        gint64 end = i + 1 < offsets->len ? offset[1].start : G_MAXINT64;
        g_array_append_val(breaks, offset->start);
        for (guint j = 0; j < 2 * count; j++) {
            gint64 day = j % 2 ? pieces[j / 2].last_day + 1 : pieces[j / 2].first_day;
            gint64 midnight = day * DAY_SECONDS - offset->seconds;
            if (day < NO_LAST_DAY && midnight > offset->start && midnight < end)
                g_array_append_val(breaks, midnight);
        }
    }
    g_array_sort(breaks, compare_instants);
    return breaks;
}

static KjTimeline *timeline_atom(const KjWindowAtom *atom, GHashTable *zones, GError **error) {
    const GArray *offsets = zone_offsets(atom->zone, zones, error);
    if (!offsets)
        return NULL;
    Piece pieces[2];
    guint count = atom_pieces(atom, pieces);
    g_autoptr(GArray) breaks = find_breaks(offsets, pieces, count);
    KjTimeline *timeline = kj_timeline_new(FALSE);
    for (guint i = 0, at = 0; i < breaks->len; i++) {
        gint64 start = g_array_index(breaks, gint64, i);
        while (at + 1 < offsets->len && g_array_index(offsets, Offset, at + 1).start <= start)
            at++;
        gint32 seconds = g_array_index(offsets, Offset, at).seconds;
        gint64 day = (start + seconds) / DAY_SECONDS;
        KjWeek week = { { 0 } };
        for (guint j = 0; j < count; j++)
            if (day >= pieces[j].first_day && day <= pieces[j].last_day)
                week_add_piece(&week, &pieces[j], seconds / 60);
        append_segment(timeline, start, &week);
    }
    return timeline;
}

static KjTimeline *timeline_window(const KjTable *table, guint node, guint depth, GHashTable *zones, GError **error) {
    KjWindowView view;
    if (depth > DEPTH_MOST) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_TARGET, _("a window has too many parts"));
        return NULL;
    }
    kj_view_window(table, node, &view);
    if (view.kind == KJ_WINDOW_ATOM)
        return timeline_atom(&view.atom, zones, error);
    g_autoptr(KjTimeline) left = timeline_window(table, view.left, depth + 1, zones, error);
    g_autoptr(KjTimeline) right = left ? timeline_window(table, view.right, depth + 1, zones, error) : NULL;
    return right ? kj_timeline_join(left, right, view.kind == KJ_WINDOW_UNION ? KJ_TIMELINE_OR : KJ_TIMELINE_MINUS) : NULL;
}

KjTimeline *kj_timeline_window(const KjTable *table, guint node, GHashTable *zones, GError **error) {
    return timeline_window(table, node, 0, zones, error);
}
