/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random windows and dates, with instants on their edges.
 *
 * The days are those of one autumn, among them the nights on which clocks change in each zone; the zones have whole, half and odd offsets and
 * both kinds of daylight saving. An edge gives the second before it, its first second, and a minute on either side.
 */
#include "writer.h"

#include "../../bench/random.h"

#define INSTANTS_MOST 160

#define PICK(random, list) ((list)[kj_random_below((random), G_N_ELEMENTS(list))])

static const char *const zones[] = { "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu" };

static const char *const dates[] = {
    "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-12-31", "2027-01-01",
    "2026-10-25", "2027-03-28", /* Berlin changes its clocks */
    "2026-11-01", "2027-03-14", /* New York */
    "2026-10-04", "2027-04-04", /* Lord Howe */
    "2028-02-29",
};

const char *kj_random_zone(KjRandomWriter *writer) {
    return PICK(&writer->random, zones);
}

static void add_instant(KjRandomWriter *writer, const char *zone_name, const char *date, guint minute, gint seconds) {
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
    g_autofree char *text = g_strdup_printf("%sT%02u:%02u:00", date, minute / 60, minute % 60);
    g_autoptr(GDateTime) wall = zone ? g_date_time_new_from_iso8601(text, zone) : NULL;
    gint64 instant;

    if (!wall)
        return;
    instant = g_date_time_to_unix(wall) + seconds;
    if (writer->policy->instants->len < INSTANTS_MOST)
        g_array_append_val(writer->policy->instants, instant);
}

static void add_edges(KjRandomWriter *writer, const char *zone, guint first, guint last) {
    for (guint i = 0; i < 3; i++) {
        const char *date = PICK(&writer->random, dates);

        add_instant(writer, zone, date, first, 0);
        add_instant(writer, zone, date, first, -1);
        add_instant(writer, zone, date, last, 59);
        add_instant(writer, zone, date, last, 60);
        add_instant(writer, zone, date, (first + last) / 2, 0);
    }
}

static guint pick_minute(KjRandomWriter *writer) {
    static const guint common[] = { 0, 60, 120, 150, 180, 360, 540, 1080, 1320, 1438, 1439 };

    return kj_random_chance(&writer->random, 75) ? PICK(&writer->random, common) : (guint)kj_random_below(&writer->random, 1440);
}

char *kj_random_date(KjRandomWriter *writer) {
    const char *date = PICK(&writer->random, dates), *zone = writer->zone;

    add_instant(writer, zone, date, 0, 0);
    add_instant(writer, zone, date, 0, -1);
    add_instant(writer, zone, date, 1439, 59);
    add_instant(writer, zone, date, 1439, 60);
    add_instant(writer, "UTC", date, 0, 0);
    return g_strdup(date);
}

static char *date_range(KjRandomWriter *writer) {
    g_autofree char *a = kj_random_date(writer), *b = kj_random_date(writer);
    int order = g_strcmp0(a, b);

    return order == 0 ? g_steal_pointer(&a) : order < 0 ? g_strconcat(a, "..", b, NULL) : g_strconcat(b, "..", a, NULL);
}

static char *pick_days(KjRandomWriter *writer) {
    static const char *const weekdays[] = { "mon..fri", "fri..mon", "sat..sun", "sun..mon",         "wed",
                                            "sun",      "mon",      "mon..sun", "{ mon, wed, sat }", "{ fri..sat, tue }" };

    if (writer->days->len && kj_random_chance(&writer->random, 15))
        return g_strdup(writer->days->pdata[kj_random_below(&writer->random, writer->days->len)]);
    return kj_random_chance(&writer->random, 15) ? date_range(writer) : g_strdup(PICK(&writer->random, weekdays));
}

static char *pick_name(KjRandomWriter *writer) {
    if (writer->windows->len && kj_random_chance(&writer->random, 60))
        return g_strdup(writer->windows->pdata[kj_random_below(&writer->random, writer->windows->len)]);
    return writer->days->len ? g_strdup(writer->days->pdata[kj_random_below(&writer->random, writer->days->len)]) : NULL;
}

static char *plain_window(KjRandomWriter *writer, gboolean name) {
    g_autofree char *named = name && kj_random_chance(&writer->random, 50) ? pick_name(writer) : NULL, *days = NULL, *without = NULL;
    GString *text = g_string_new(NULL);
    guint first = 0, last = 1439;
    gboolean has_time = kj_random_chance(&writer->random, 80);
    const char *zone = writer->zone;

    if (named) {
        g_string_append(text, named);
        return g_string_free(text, FALSE);
    }
    days = !has_time || kj_random_chance(&writer->random, 65) ? pick_days(writer) : NULL;
    if (has_time) {
        first = pick_minute(writer);
        last = pick_minute(writer);
    }
    if (days)
        g_string_append(text, days);
    if (has_time)
        g_string_append_printf(text, "%s%02u:%02u..%02u:%02u", days ? " " : "", first / 60, first % 60, last / 60, last % 60);
    if (kj_random_chance(&writer->random, 60)) {
        zone = kj_random_zone(writer);
        g_string_append_printf(text, " zone \"%s\"", zone);
    }
    add_edges(writer, zone, first, last);
    without = kj_random_chance(&writer->random, 20) ? pick_name(writer) : NULL;
    if (without)
        g_string_append_printf(text, " - %s", without);
    return g_string_free(text, FALSE);
}

char *kj_random_window(KjRandomWriter *writer, gboolean name) {
    g_autofree char *window = plain_window(writer, name), *other = NULL;
    guint kind = (guint)kj_random_below(&writer->random, 100);

    if (kind < 5)
        return g_strdup_printf("not (%s)", window);
    if (kind >= 15)
        return g_steal_pointer(&window);
    other = plain_window(writer, name);
    return g_strdup_printf("{ %s, %s }", window, other);
}
