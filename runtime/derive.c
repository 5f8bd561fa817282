/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields that no caller sets: windows of time, and comparisons of one field with another.
 *
 * Each zone of the table is asked once for its wall clock, then each window node once, from the last to the first: parts come after
 * the window they belong to, so no recursion is needed and a window that two rules share is computed once.
 */
#include <kijun/calendar.h>
#include <kijun/request.h>

#include <string.h>

static void read_clocks(KjRequest *request) {
    for (guint i = 0; i < request->table->zone_count; i++) {
        gint64 local = request->instant + kj_zone_offset(&request->table->zones[i], request->instant);
        gint64 day = local < 0 ? -1 : local / KJ_DAY_SECONDS; /* no zone is a whole day behind */
        request->clocks[i] = (KjWallClock){ day, (guint)((local - day * KJ_DAY_SECONDS) / 60) };
    }
}

/* A night belongs to the day it began: past midnight it is the day before whose weekday and date count. */
static gboolean in_atom(const KjRecordWindow *window, const KjWallClock *clock) {
    gint64 day = clock->day;
    if (window->first_minute <= window->last_minute) {
        if (clock->minute < window->first_minute || clock->minute > window->last_minute)
            return FALSE;
    } else if (clock->minute <= window->last_minute) {
        day--;
    } else if (clock->minute < window->first_minute) {
        return FALSE;
    }
    if (day < (gint64)window->first_day || day > (gint64)window->last_day)
        return FALSE;
    return (window->weekdays >> kj_calendar_weekday((guint)day) & 1) != 0;
}

static void derive_times(KjRequest *request) {
    const KjRecordWindow *windows = KJ_RECORDS(&request->table->image, WINDOWS, KjRecordWindow);
    if (request->times.count > 0 && request->has_instant) {
        read_clocks(request);
        for (guint i = request->window_count; i-- > 0;) {
            guint32 node = request->windows[i];
            const KjRecordWindow *window = &windows[node];
            if (window->kind == KJ_WINDOW_ATOM)
                request->inside[node] = in_atom(window, &request->clocks[request->table->window_zones[node]]) != 0;
            else if (window->kind == KJ_WINDOW_UNION)
                request->inside[node] = request->inside[window->left] | request->inside[window->right];
            else
                request->inside[node] = request->inside[window->left] & !request->inside[window->right];
        }
    }
    for (guint i = 0; i < request->times.count; i++) {
        guint32 field = request->times.fields[i];
        request->classes[field] = request->has_instant ? 1u + request->inside[request->fields[field].root] : 0;
    }
}

static gboolean compare(const KjRecordField *field, const KjRequestValue *left, const KjRequestValue *right, gboolean text) {
    int order = text ? (left->length != right->length || memcmp(left->tokens, right->tokens, left->length) != 0)
                     : kj_ordinal_compare(left->ordinal, right->ordinal);
    switch ((KjComparison)field->operand) {
    case KJ_EQUAL:
        return order == 0;
    case KJ_NOT_EQUAL:
        return order != 0;
    case KJ_LESS:
        return order < 0;
    case KJ_LESS_EQUAL:
        return order <= 0;
    case KJ_GREATER:
        return order > 0;
    case KJ_GREATER_EQUAL:
        return order >= 0;
    }
    return FALSE;
}

void kj_request_derive(KjRequest *request) {
    derive_times(request);
    for (guint i = 0; i < request->comparisons.count; i++) {
        guint32 index = request->comparisons.fields[i];
        const KjRecordField *field = &request->fields[index];
        gboolean both = request->classes[field->left] != 0 && request->classes[field->right] != 0;
        request->classes[index] = 0;
        if (both)
            request->classes[index] = 1u + (compare(field, &request->values[field->left], &request->values[field->right],
                                                    kj_field_is_text(&request->fields[field->left])) != 0);
    }
}
