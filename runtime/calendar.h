/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dates as days since 1970-01-01 in the proleptic Gregorian calendar. Not installed.
 *
 * The language knows the years 1970 to 2099: every day fits 16 bits, every instant is not negative, and nothing here can overflow.
 * Formula: the 400-year cycle of the Gregorian calendar with the year beginning in March, so that the leap day is its last day.
 */
#ifndef KJ_CALENDAR_H
#define KJ_CALENDAR_H

#include <glib.h>

#define KJ_CALENDAR_FIRST_YEAR 1970u
#define KJ_CALENDAR_LAST_YEAR 2099u
#define KJ_CALENDAR_DAYS 47482u /* 2100-01-01 */
#define KJ_DAY_SECONDS 86400
#define KJ_INSTANT_END ((gint64)KJ_CALENDAR_DAYS * KJ_DAY_SECONDS) /* the first second past 2099 in UTC */

static inline guint kj_calendar_days(guint year, guint month, guint day) {
    guint y = month <= 2 ? year - 1 : year;
    guint day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static inline void kj_calendar_date(guint days, guint *year, guint *month, guint *day) {
    guint z = days + 719468;
    guint cycle = z / 146097, in_cycle = z % 146097;
    guint y = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    guint day_of_year = in_cycle - (365 * y + y / 4 - y / 100);
    guint m = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + cycle * 400 + (*month <= 2);
}

/* 0 = Monday .. 6 = Sunday; 1970-01-01 was a Thursday. */
static inline guint kj_calendar_weekday(guint days) {
    return (days + 3) % 7;
}

#endif
