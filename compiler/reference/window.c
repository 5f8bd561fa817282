/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows, asked of GLib's calendar.
 *
 * What counts is the clock on the wall of the zone: the instant is turned into a date and a minute there, whatever daylight saving does, and
 * the question is about those two alone. A minute belongs to its window whole, so `09:00..18:00` ends with 18:00:59. A range that ends
 * before it begins wraps over midnight, and its morning belongs to the day before: that day's weekday and date are the ones that count.
 *
 * The language knows the instants of 1970 to 2099 (UTC). A clock that shows any other is not set.
 */
#include "reference.h"

#define UNIX_EPOCH_JULIAN 719163 /* GDate's number of 1970-01-01 */
#define FIRST_INSTANT 0
#define LAST_INSTANT G_GINT64_CONSTANT(4102444799) /* 2099-12-31T23:59:59Z */

/* The date on the wall as days since 1970-01-01. */
static gint64 wall_day(GDateTime *wall) {
    GDate date;
    int year, month, day;

    g_date_time_get_ymd(wall, &year, &month, &day);
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    return (gint64)g_date_get_julian(&date) - UNIX_EPOCH_JULIAN;
}

/* 0 = Monday. 1970-01-01 was a Thursday. */
static guint weekday(gint64 day) {
    return (guint)(((day + 3) % 7 + 7) % 7);
}

static gboolean in_atom(const KjWindowAtom *atom, GDateTime *wall) {
    guint minute = (guint)(g_date_time_get_hour(wall) * 60 + g_date_time_get_minute(wall));
    gint64 day = wall_day(wall);

    if (atom->first_minute <= atom->last_minute) {
        if (minute < atom->first_minute || minute > atom->last_minute)
            return FALSE;
    } else if (minute <= atom->last_minute) {
        day--;
    } else if (minute < atom->first_minute) {
        return FALSE;
    }
    return (atom->weekdays >> weekday(day) & 1) && day >= atom->first_day && day <= atom->last_day;
}

static gboolean atom_holds(KjReferenceRequest *request, const KjWindowAtom *atom, GDateTime *instant) {
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(atom->zone);
    g_autoptr(GDateTime) wall = NULL;

    if (!zone) {
        if (!request->problem)
            request->problem = g_strdup_printf("this machine has no time zone \"%s\"", atom->zone);
        return FALSE;
    }
    wall = g_date_time_to_timezone(instant, zone);
    return wall && in_atom(atom, wall);
}

static gboolean holds(KjReferenceRequest *request, const KjWindow *window, GDateTime *instant) {
    gboolean left, right;

    if (window->kind == KJ_WINDOW_ATOM)
        return atom_holds(request, &window->atom, instant);
    left = holds(request, window->left, instant);
    right = holds(request, window->right, instant);
    return window->kind == KJ_WINDOW_UNION ? left || right : left && !right;
}

KjTruth kj_reference_window(KjReferenceRequest *request, const KjWindow *window) {
    gboolean set = request->has_instant && request->instant >= FIRST_INSTANT && request->instant <= LAST_INSTANT;
    g_autoptr(GDateTime) instant = set ? g_date_time_new_from_unix_utc(request->instant) : NULL;

    if (!instant)
        return KJ_TRUTH_UNKNOWN;
    return holds(request, window, instant) ? KJ_TRUTH_TRUE : KJ_TRUTH_FALSE;
}
