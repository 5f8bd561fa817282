/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows of time against GLib's calendar: zones with and without daylight saving, nights, weekends that wrap, dates; hour by hour through the
 * days on which clocks change, and at random minutes between 1970 and 2099.
 */
#include <kijun/calendar.h>
#include <kijun/request.h>
#include <string.h>

#include "assembler.h"

/* A table of one block: `allow` during the window, default deny. */
static KjTable *try_window_table(const KjRecordWindow *windows, const char *const *zones, guint count, GError **error) {
    g_autoptr(Assembler) a = assembler_new();
    for (guint i = 0; i < count; i++) {
        KjRecordWindow window = windows[i];
        window.zone = zones[i] ? assembler_string(a, zones[i]) : 0;
        assembler_add(a, KJ_SECTION_WINDOWS, &window);
    }
    assembler_add(a, KJ_SECTION_FIELDS, &(KjRecordField){ .name = assembler_string(a, "during"), .kind = KJ_FIELD_KIND_TIME, .type = KJ_TYPE_BOOL, .class_count = 3 });
    assembler_add(a, KJ_SECTION_EFFECTS, &(KjRecordEffect){ .name = assembler_string(a, "allow") });
    assembler_add(a, KJ_SECTION_EFFECTS, &(KjRecordEffect){ .name = assembler_string(a, "deny"), .flags = KJ_EFFECT_REFUSES });
    assembler_add(a, KJ_SECTION_RULES, &(KjRecordRule){ .label = assembler_string(a, "in"), .box_count = 1 });
    guint32 box = assembler_box(a, 0, &(Part){ 0, 2, 2 }, 1);
    assembler_add(a, KJ_SECTION_BLOCKS, &(KjRecordBlock){ .name = assembler_string(a, "b"), .combining = KJ_COMBINING_FIRST_MATCH, .field_count = 1, .effect_count = 2,
                                                          .rule_count = 1, .box_count = 1, .default_effect = 1, .root = assembler_leaf(a, &box, 1) });
    g_autoptr(GByteArray) file = assembler_finish(a);
    return kj_table_new(file->data, file->len, error);
}

static KjTable *window_table(const KjRecordWindow *windows, const char *const *zones, guint count) {
    g_autoptr(GError) error = NULL;
    KjTable *table = try_window_table(windows, zones, count, &error);
    g_assert_no_error(error);
    return table;
}

static gboolean is_inside(KjRequest *request, gint64 instant) {
    KjVerdict verdict = { .size = sizeof verdict };
    kj_request_set_instant(request, instant);
    return kj_decide(request, &verdict) == KJ_OUTCOME_PERMIT;
}

/* The same said by GLib, from the definition: the day on which the range began. */
static gboolean expected(const KjRecordWindow *window, const char *zone, gint64 instant) {
    g_autoptr(GTimeZone) time_zone = g_time_zone_new_identifier(zone);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(instant), local = g_date_time_to_timezone(utc, time_zone);
    guint minute = (guint)(g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local));
    g_autoptr(GDateTime) began = NULL;
    if (window->first_minute <= window->last_minute) {
        if (minute < window->first_minute || minute > window->last_minute)
            return FALSE;
        began = g_date_time_ref(local);
    } else {
        if (minute < window->first_minute && minute > window->last_minute)
            return FALSE;
        /* The date before, not 24 hours before: on a day of 23 hours they differ. */
        g_autoptr(GDateTime) noon = g_date_time_new_utc(g_date_time_get_year(local), g_date_time_get_month(local), g_date_time_get_day_of_month(local), 12, 0, 0);
        began = g_date_time_add_days(noon, minute >= window->first_minute ? 0 : -1);
    }
    gint64 day = (gint64)kj_calendar_days((guint)g_date_time_get_year(began), (guint)g_date_time_get_month(began), (guint)g_date_time_get_day_of_month(began));
    return (window->weekdays >> (g_date_time_get_day_of_week(began) - 1) & 1) && day >= window->first_day && day <= window->last_day;
}

static const KjRecordWindow windows[] = {
    { .kind = KJ_WINDOW_ATOM, .weekdays = 31, .first_minute = 540, .last_minute = 1080, .last_day = 47481 },                         /* mon..fri 09:00..18:00 */
    { .kind = KJ_WINDOW_ATOM, .weekdays = 16, .first_minute = 1320, .last_minute = 360, .last_day = 47481 },                         /* fri 22:00..06:00 */
    { .kind = KJ_WINDOW_ATOM, .weekdays = 0x71, .first_minute = 0, .last_minute = 1439, .last_day = 47481 },                         /* fri..mon */
    { .kind = KJ_WINDOW_ATOM, .weekdays = 127, .first_minute = 120, .last_minute = 179, .first_day = 20000, .last_day = 21500 },     /* 02:00..02:59 between dates */
    { .kind = KJ_WINDOW_ATOM, .weekdays = 127, .first_minute = 1439, .last_minute = 0, .first_day = 20540, .last_day = 20540 },      /* two minutes of one night */
};

static const char *const zones[] = { "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu" };

/* Both changes of 2026 in Berlin and New York, Lord Howe's half hours, the day Apia skipped; and the ends of the calendar. */
static const gint64 days[] = { 1774742400, 1792972800, 1772928000, 1793491200, 1775260800, 1325116800, 0, 4102358400, 20540 * (gint64) 86400 };

static void test_against_glib(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint w = 0; w < G_N_ELEMENTS(windows); w++) {
        for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
            g_autoptr(KjTable) table = window_table(&windows[w], &zones[z], 1);
            g_autoptr(KjRequest) request = kj_request_new(table, 0);
            g_test_message("window %u in %s", w, zones[z]);
            for (guint d = 0; d < G_N_ELEMENTS(days); d++)
                for (gint64 instant = MAX(days[d] - 86400, 0); instant < MIN(days[d] + 2 * 86400, KJ_INSTANT_END); instant += 30 * 60)
                    g_assert_cmpint(is_inside(request, instant), ==, expected(&windows[w], zones[z], instant));
            for (guint i = 0; i < 200; i++) {
                gint64 instant = (gint64)(g_rand_double(random) * (double)KJ_INSTANT_END);
                g_assert_cmpint(is_inside(request, instant), ==, expected(&windows[w], zones[z], instant));
            }
        }
    }
}

/* 09:00..18:00 ends with 18:00:59. */
static void test_edges(void) {
    const char *zone = "Asia/Tokyo";
    g_autoptr(KjTable) table = window_table(&windows[0], &zone, 1);
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    gint64 monday = 20780 * (gint64) 86400 - 9 * 3600; /* 2026-11-23 00:00 in Tokyo */
    g_assert_false(is_inside(request, monday + 9 * 3600 - 1));
    g_assert_true(is_inside(request, monday + 9 * 3600));
    g_assert_true(is_inside(request, monday + 18 * 3600 + 59));
    g_assert_false(is_inside(request, monday + 18 * 3600 + 60));
    g_assert_false(is_inside(request, monday - 86400 + 12 * 3600));
    g_assert_false(is_inside(request, -1));
    g_assert_false(is_inside(request, KJ_INSTANT_END));
    g_assert_false(is_inside(request, G_MAXINT64));
    g_assert_false(is_inside(request, G_MININT64));
}

/* The night of Friday goes on into Saturday, and Saturday's own evening is not in it. */
static void test_night(void) {
    const char *zone = "UTC";
    g_autoptr(KjTable) table = window_table(&windows[1], &zone, 1);
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    gint64 friday = 20777 * (gint64) 86400;
    g_assert_false(is_inside(request, friday + 5 * 3600));
    g_assert_true(is_inside(request, friday + 23 * 3600));
    g_assert_true(is_inside(request, friday + 29 * 3600));
    g_assert_true(is_inside(request, friday + 30 * 3600 + 59));
    g_assert_false(is_inside(request, friday + 30 * 3600 + 60));
    g_assert_false(is_inside(request, friday + 47 * 3600));
}

/* (A or B) minus C: three windows joined over zones, parts behind the whole, level by level. */
static void test_joined(void) {
    const KjRecordWindow joined[] = {
        { .kind = KJ_WINDOW_MINUS, .left = 1, .right = 2 },
        { .kind = KJ_WINDOW_UNION, .left = 3, .right = 4 },
        windows[2],
        windows[0],
        windows[1],
    };
    static const char *const names[] = { NULL, NULL, "America/New_York", "Europe/Berlin", "Asia/Tokyo" };
    g_autoptr(KjTable) table = window_table(joined, names, G_N_ELEMENTS(joined));
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    guint inside = 0;
    for (gint64 instant = 1774742400 - 4 * 86400; instant < 1774742400 + 4 * 86400; instant += 600) {
        gboolean wanted = (expected(&windows[0], names[3], instant) || expected(&windows[1], names[4], instant)) && !expected(&windows[2], names[2], instant);
        g_assert_cmpint(is_inside(request, instant), ==, wanted);
        inside += wanted != 0;
    }
    g_assert_cmpuint(inside, >, 100);
}

/* A chain as long as a table can hold does not recurse. */
static void test_deep(void) {
    enum { DEPTH = 100000 }; /* unions, each of an atom and the next union */
    g_autofree KjRecordWindow *chain = g_new0(KjRecordWindow, 2 * DEPTH + 1);
    g_autofree const char **names = g_new0(const char *, 2 * DEPTH + 1);
    for (guint i = 0; i < 2 * DEPTH + 1; i++) {
        chain[i] = windows[0];
        names[i] = "UTC";
    }
    for (guint i = 0; i < 2 * DEPTH; i += 2) {
        chain[i] = (KjRecordWindow){ .kind = KJ_WINDOW_UNION, .left = i + 1, .right = i + 2 };
        names[i] = NULL;
    }
    g_autoptr(KjTable) table = window_table(chain, names, 2 * DEPTH + 1);
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    g_assert_true(is_inside(request, 20780 * (gint64) 86400 + 12 * 3600));
    g_assert_false(is_inside(request, 20780 * (gint64) 86400));
}

/* Each step of a zone is exactly where GLib changes its offset. */
static void test_steps(void) {
    for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
        g_autoptr(KjTable) table = window_table(&windows[0], &zones[z], 1);
        g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zones[z]);
        const KjZone *loaded = &table->zones[0];
        g_assert_cmpint(loaded->steps[0].start, ==, 0);
        for (guint i = 0; i < loaded->count; i++) {
            for (gint64 instant = MAX(loaded->steps[i].start - 1, 0); instant <= loaded->steps[i].start; instant++) {
                int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant);
                g_assert_cmpint(kj_zone_offset(loaded, instant), ==, g_time_zone_get_offset(zone, interval));
            }
        }
    }
}

/* A table may name zones of the database only; a rule of POSIX would load on a machine without one. */
static void test_no_zones(void) {
    static const char *const names[] = { "JST-9", "EST5EDT4", "Z", "Nowhere/None", "../etc/passwd", "+09:00" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(try_window_table(&windows[0], &names[i], 1, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_ZONE);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/time/edges", test_edges);
    g_test_add_func("/time/night", test_night);
    g_test_add_func("/time/joined", test_joined);
    g_test_add_func("/time/deep", test_deep);
    g_test_add_func("/time/steps", test_steps);
    g_test_add_func("/time/no-zones", test_no_zones);
    g_test_add_func("/time/against-glib", test_against_glib);
    return g_test_run();
}
