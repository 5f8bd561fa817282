/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other times at which a request could have been made.
 *
 * Windows are not independent: a request is in office hours and on a holiday, or in neither, by its one instant. So a change of time is a
 * change to another instant, and what is tried are instants: one for each set of windows that some instant lies in. Such a set begins where
 * one of the windows' atoms begins or has ended, on some day. Between two dates that windows name, weeks are alike, so nine days behind
 * each date and around the request's own say it all; a day on which clocks are set may be missed, which costs a suggestion and never makes
 * a wrong one, since every instant is asked like a request's own.
 */
#include <kijun/near_time.h>

#include <string.h>

#include <kijun/calendar.h>

#define MOMENTS_MOST 32768u /* instants that are asked */
#define DAYS_AROUND 9u

typedef struct {
    guint zone; /* of the table */
    guint minute;
} Edge;

typedef struct {
    KjRequest *request;
    gint64 base; /* the request's instant, or now */
    gint64 first; /* an emergency that is over comes back for nobody: instants before its end are none to choose */
    GArray *edges;   /* Edge: where an atom begins, or the minute after it ended */
    GHashTable *days;
    GHashTable *seen; /* classes as bytes */
    GArray *moments;
    guint asked;
} Times;

static void moment_clear(gpointer data) {
    g_free(((KjMoment *)data)->classes);
}

/* ---- which instants ---- */

static void add_edge(Times *times, guint zone, guint minute) {
    Edge edge = { zone, minute % 1440 };
    for (guint i = 0; i < times->edges->len; i++) {
        const Edge *known = &g_array_index(times->edges, Edge, i);
        if (known->zone == edge.zone && known->minute == edge.minute)
            return;
    }
    g_array_append_val(times->edges, edge);
}

static void add_days(Times *times, gint64 day) {
    for (gint64 d = day - 1; d < day + (gint64)DAYS_AROUND; d++)
        if (d >= 0 && d < KJ_CALENDAR_DAYS)
            g_hash_table_add(times->days, GUINT_TO_POINTER((guint)d));
}

static void collect(Times *times) {
    const KjTable *table = times->request->table;
    const KjRecordWindow *windows = KJ_RECORDS(&table->image, WINDOWS, KjRecordWindow);
    add_days(times, times->base / KJ_DAY_SECONDS);
    for (guint i = 0; i < times->request->window_count; i++) {
        const KjRecordWindow *window = &windows[times->request->windows[i]];
        guint zone = table->window_zones[times->request->windows[i]];
        if (window->kind != KJ_WINDOW_ATOM)
            continue;
        add_edge(times, zone, 0);
        add_edge(times, zone, window->first_minute);
        add_edge(times, zone, window->last_minute + 1);
        if (window->first_day > 0)
            add_days(times, window->first_day);
        if (window->last_day + 1 < KJ_CALENDAR_DAYS)
            add_days(times, (gint64)window->last_day + 1);
    }
}

/* ---- what they are ---- */

static gboolean is_nearer(gint64 a, gint64 b, gint64 base) {
    if ((a >= base) != (b >= base))
        return a >= base;
    return a >= base ? a < b : a > b;
}

/* Keeps the instant unless a nearer one lies in the same windows. */
static void ask(Times *times, gint64 instant) {
    KjRequest *request = times->request;
    gsize size = request->times.count * sizeof(guint32);
    if (instant < times->first || instant >= KJ_INSTANT_END || times->asked++ >= MOMENTS_MOST)
        return;
    request->has_instant = TRUE;
    request->instant = instant;
    kj_request_derive(request);
    KjMoment moment = { instant, g_malloc(size) };
    for (guint i = 0; i < request->times.count; i++)
        moment.classes[i] = request->classes[request->times.fields[i]];
    g_autoptr(GBytes) key = g_bytes_new(moment.classes, size);
    gpointer known = g_hash_table_lookup(times->seen, key);
    if (known) {
        KjMoment *other = &g_array_index(times->moments, KjMoment, GPOINTER_TO_UINT(known) - 1);
        if (is_nearer(instant, other->instant, times->base))
            other->instant = instant;
        g_free(moment.classes);
        return;
    }
    g_array_append_val(times->moments, moment);
    g_hash_table_insert(times->seen, g_steal_pointer(&key), GUINT_TO_POINTER(times->moments->len));
}

static void ask_days(Times *times) {
    GHashTableIter iter;
    gpointer day;
    g_hash_table_iter_init(&iter, times->days);
    while (g_hash_table_iter_next(&iter, &day, NULL)) {
        for (guint i = 0; i < times->edges->len; i++) {
            const Edge *edge = &g_array_index(times->edges, Edge, i);
            const KjZone *zone = &times->request->table->zones[edge->zone];
            gint64 wall = (gint64)GPOINTER_TO_UINT(day) * KJ_DAY_SECONDS + edge->minute * 60;
            gint64 guess = CLAMP(wall, 0, KJ_INSTANT_END - 1);
            guess = CLAMP(wall - kj_zone_offset(zone, guess), 0, KJ_INSTANT_END - 1);
            ask(times, wall - kj_zone_offset(zone, guess));
        }
    }
}

static int compare_moments(gconstpointer a, gconstpointer b, gpointer data) {
    gint64 left = ((const KjMoment *)a)->instant, right = ((const KjMoment *)b)->instant;
    return left == right ? 0 : is_nearer(left, right, *(const gint64 *)data) ? -1 : 1;
}

GArray *kj_near_moments(KjRequest *request) {
    Times times = { .request = request, .base = request->has_instant ? request->instant : g_get_real_time() / G_USEC_PER_SEC };
    gboolean had_instant = request->has_instant;
    gint64 instant = request->instant;
    g_autofree guint32 *classes = g_memdup2(request->classes, request->block->field_count * sizeof *classes);
    times.first = times.base >= kj_table_until(request->table) ? kj_table_until(request->table) : 0;
    times.moments = g_array_new(FALSE, FALSE, sizeof(KjMoment));
    g_array_set_clear_func(times.moments, moment_clear);
    if (request->times.count > 0) {
        times.edges = g_array_new(FALSE, FALSE, sizeof(Edge));
        times.days = g_hash_table_new(NULL, NULL);
        times.seen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
        collect(&times);
        ask_days(&times);
        g_array_sort_with_data(times.moments, compare_moments, &times.base);
        g_array_unref(times.edges);
        g_hash_table_unref(times.days);
        g_hash_table_unref(times.seen);
    }
    request->has_instant = had_instant;
    request->instant = instant;
    memcpy(request->classes, classes, request->block->field_count * sizeof *classes);
    return times.moments;
}

void kj_say_moment(const KjRequest *request, guint field, gint64 instant, GString *out) {
    const KjTable *table = request->table;
    const KjRecordWindow *windows = KJ_RECORDS(&table->image, WINDOWS, KjRecordWindow);
    guint32 node = request->fields[field].root;
    guint year, month, day;
    while (windows[node].kind != KJ_WINDOW_ATOM)
        node = windows[node].left;
    const KjZone *zone = &table->zones[table->window_zones[node]];
    gint64 wall = MAX(instant + kj_zone_offset(zone, instant), 0);
    kj_calendar_date((guint)(wall / KJ_DAY_SECONDS), &year, &month, &day);
    g_string_append_printf(out, "%04u-%02u-%02u %02u:%02u %s", year, month, day, (guint)(wall % KJ_DAY_SECONDS / 3600),
                           (guint)(wall % 3600 / 60), zone->name);
}
