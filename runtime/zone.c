/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time zones as arrays, so that a decision neither opens a file nor takes GLib's lock.
 *
 * At load each zone a table names is asked of GLib once: every change of its offset between 1970 and 2099 becomes a step. GLib tells
 * only which interval an instant lies in, and intervals ascend, so the start of the next is found by bisection: some 30 questions a
 * change. A zone this machine lacks refuses the table; g_time_zone_new() would have made it UTC without a word.
 */
#include <kijun/table.h>

#include <string.h>

#include <kijun/calendar.h>
#include <kijun/value.h>
#include <kijun/translate.h>

#define STRIDE ((gint64) 400 * KJ_DAY_SECONDS) /* bisected when an interval ends inside; any length is right */

/* Parts joined by `/`, each of letters, digits, `_`, `+` and `-` after a letter: Asia/Tokyo, Etc/GMT+1, America/Port-au-Prince. */
static gboolean is_zone_name(const char *name) {
    for (gboolean first = TRUE;; name++) {
        if (first ? !g_ascii_isalpha(*name) : !g_ascii_isalnum(*name) && !strchr("_+-/", *name))
            return FALSE; /* strchr finds the end too */
        if (*name == '\0')
            return TRUE;
        first = *name == '/';
    }
}

/* GLib would take "JST-9", a rule of POSIX, for a zone that needs no database, and "Z" for an offset. What has digits behind a slash is no such rule, and
 * what has none lacks its offset; of the names without a slash the database has these with digits. */
static gboolean is_posix_rule(const char *name) {
    static const char *const names[] = { "CST6CDT", "EST5EDT", "GMT+0", "GMT-0", "GMT0", "MST7MDT", "PST8PDT", NULL };
    return strcmp(name, "Z") == 0 || (!strchr(name, '/') && strpbrk(name, "0123456789") && !g_strv_contains(names, name));
}

GTimeZone *kj_value_zone(const char *name) {
    return is_zone_name(name) && !is_posix_rule(name) ? g_time_zone_new_identifier(name) : NULL;
}

/* The first instant after `from`, at most `end`, that lies in a later interval than `from`; `end` when there is none. */
static gint64 find_next_interval(GTimeZone *zone, gint64 from, gint64 end) {
    int here = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, from);
    gint64 low = from, high = MIN(from + STRIDE, end);
    while (high < end && g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, high) == here) {
        low = high;
        high = MIN(high + STRIDE, end);
    }
    while (high - low > 1) {
        gint64 middle = low + (high - low) / 2;
        if (g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, middle) == here)
            low = middle;
        else
            high = middle;
    }
    return high;
}

gboolean kj_zone_load(KjZone *zone, const char *name) {
    g_autoptr(GTimeZone) time_zone = kj_value_zone(name);
    if (!time_zone)
        return FALSE;
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(KjZoneStep));
    for (gint64 instant = 0; instant < KJ_INSTANT_END; instant = find_next_interval(time_zone, instant, KJ_INSTANT_END)) {
        int interval = g_time_zone_find_interval(time_zone, G_TIME_TYPE_UNIVERSAL, instant);
        KjZoneStep step = { instant, g_time_zone_get_offset(time_zone, interval) };
        if (steps->len == 0 || g_array_index(steps, KjZoneStep, steps->len - 1).offset != step.offset)
            g_array_append_val(steps, step);
    }
    zone->name = name;
    zone->count = steps->len;
    zone->steps = (KjZoneStep *)(void *)g_array_free(g_steal_pointer(&steps), FALSE);
    return TRUE;
}

gboolean kj_zones_load(KjTable *table, GError **error) {
    const KjRecordWindow *windows = KJ_RECORDS(&table->image, WINDOWS, KjRecordWindow);
    guint32 count = table->image.count[KJ_SECTION_WINDOWS];
    g_autoptr(GHashTable) indices = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) zones = g_array_new(FALSE, TRUE, sizeof(KjZone));
    table->window_zones = g_new0(guint32, count);
    for (guint32 i = 0; i < count; i++) {
        const char *name = KJ_STRING(&table->image, windows[i].zone);
        gpointer index;
        if (windows[i].kind != KJ_WINDOW_ATOM)
            continue;
        if (!g_hash_table_lookup_extended(indices, name, NULL, &index)) {
            KjZone zone;
            if (!kj_zone_load(&zone, name)) {
                g_set_error(error, KJ_ERROR, KJ_ERROR_ZONE, _("the table needs the time zone `%s`, which this machine does not have"),
                            name);
                for (guint z = 0; z < zones->len; z++)
                    g_free(g_array_index(zones, KjZone, z).steps);
                return FALSE;
            }
            index = GUINT_TO_POINTER(zones->len);
            g_hash_table_insert(indices, (gpointer)name, index);
            g_array_append_val(zones, zone);
        }
        table->window_zones[i] = GPOINTER_TO_UINT(index);
    }
    table->zone_count = zones->len;
    table->zones = (KjZone *)(void *)g_array_free(g_steal_pointer(&zones), FALSE);
    return TRUE;
}

void kj_zones_free(KjTable *table) {
    for (guint i = 0; i < table->zone_count; i++)
        g_free(table->zones[i].steps);
    g_free(table->zones);
    g_free(table->window_zones);
}

gint32 kj_zone_offset(const KjZone *zone, gint64 instant) {
    guint low = 0, high = zone->count;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (zone->steps[middle].start <= instant)
            low = middle;
        else
            high = middle;
    }
    return zone->steps[low].offset;
}
