/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows: sets of instants from weekdays, dates, times of day and a zone.
 *
 * A window is a tree of atoms joined by UNION and MINUS. Weekday ranges and times of day wrap; a night belongs to the day it began on,
 * which the atom says by last_minute < first_minute. A date, or a set of dates, used as a window is whole days. The zone is the
 * literal's, else that of the module the literal stands in; the name is kept, so that the machine that decides uses its own zone data.
 */
#include "check.h"

#include <string.h>

#include <kijun/value.h>

#include "../limits.h"

#define ALL_DAYS 127u
#define LAST_MINUTE 1439u

typedef struct {
    guint weekdays;
    guint32 first, last;
} Days;

static const char *const weekday_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

const char *kj_zone_check(KjChecker *checker, const char *name, KjSpan span) {
    const char *known = g_hash_table_lookup(checker->zones, name);
    g_autoptr(GTimeZone) zone = NULL;

    if (!known) {
        zone = kj_value_zone(name);
        known = zone && name[0] ? kj_arena_strdup(checker->arena, name) : "";
        g_hash_table_insert(checker->zones, kj_arena_strdup(checker->arena, name), (gpointer)known);
    }
    if (known[0])
        return known;
    KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_ZONE_UNKNOWN, span, name),
                  _("write a name of the IANA time zone database, such as \"Asia/Tokyo\" or \"UTC\""));
    return NULL;
}

static KjWindow *atom(KjArena *arena, const char *zone, const Days *days, guint first_minute, guint last_minute) {
    KjWindow *window = kj_arena_new0(arena, KjWindow);
    window->kind = KJ_WINDOW_ATOM;
    window->parts = 1;
    window->atom = (KjWindowAtom){ zone, days->weekdays, first_minute, last_minute, days->first, days->last };
    return window;
}

static KjWindow *join(KjArena *arena, KjWindowKind kind, const KjWindow *left, const KjWindow *right) {
    KjWindow *window = kj_arena_new0(arena, KjWindow);
    window->kind = kind;
    window->left = left;
    window->right = right;
    window->parts = left->parts + right->parts + 1; /* each side is within the limit, so this is no overflow */
    return window;
}

const KjWindow *kj_window_days(KjArena *arena, const char *zone, guint32 first, guint32 last) {
    return atom(arena, zone, &(Days){ ALL_DAYS, first, last }, 0, LAST_MINUTE);
}

static int weekday(const KjAstValue *value) {
    for (int i = 0; value->kind == KJ_VALUE_NAME && weekday_names[i]; i++) {
        if (strcmp(weekday_names[i], value->name->text) == 0)
            return i;
    }
    return -1;
}

gboolean kj_window_is_weekday(const KjAstValue *value) {
    return weekday(value) >= 0;
}

static gboolean report_no_window(const KjScope *scope, const KjAstValue *value) {
    KjDiagnostic *wrong = KJ_CHECK_REPORT(scope, KJ_CODE_WINDOW_WRONG, value->span, kj_check_value_text(scope->checker, value));
    KJ_CHECK_HELP(wrong, _("write days, dates or times, as in `mon..fri 09:00..18:00 zone \"Asia/Tokyo\"`"));
    return FALSE;
}

/* ---- days ---- */

static gboolean add_range(const KjScope *scope, const KjAstValue *value, GArray *days) {
    int first = weekday(value->left), last = weekday(value->right);
    Days range = { 0, 0, KJ_ENDLESS_DAY };

    if (first >= 0 && last >= 0) {
        for (int day = first;; day = (day + 1) % 7) {
            range.weekdays |= 1u << day;
            if (day == last)
                break;
        }
    } else if (value->left->kind == KJ_VALUE_DATE && value->right->kind == KJ_VALUE_DATE) {
        if (value->left->number > value->right->number) {
            KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_RANGE_BACKWARDS, value->span,
                                        kj_check_value_text(scope->checker, value->left),
                                        kj_check_value_text(scope->checker, value->right)),
                          _("write the earlier date first"));
            return FALSE;
        }
        range = (Days){ ALL_DAYS, (guint32)value->left->number, (guint32)value->right->number };
    } else {
        return report_no_window(scope, value);
    }
    g_array_append_val(days, range);
    return TRUE;
}

static gboolean report_size(const KjScope *scope, const KjAstValue *value) {
    KJ_CHECK_HELP(KJ_CHECK_REPORT(scope, KJ_CODE_WRITTEN_OUT, value->span, KJ_LIMIT_WRITTEN_OUT), _("leave out what is in it twice"));
    return FALSE;
}

/* The days a window's first part names, as ranges of dates and weekdays. */
static gboolean collect_days(const KjScope *scope, const KjAstValue *value, GArray *days) {
    int day = weekday(value);
    gboolean good = TRUE, blocked;
    KjEntity *entity;
    KjScope inside;

    if (++scope->checker->written > KJ_LIMIT_WRITTEN_OUT)
        return scope->checker->written == KJ_LIMIT_WRITTEN_OUT + 1 && report_size(scope, value);
    if (day >= 0) {
        g_array_append_val(days, ((Days){ 1u << day, 0, KJ_ENDLESS_DAY }));
        return TRUE;
    }
    switch (value->kind) {
    case KJ_VALUE_DATE:
        g_array_append_val(days, ((Days){ ALL_DAYS, (guint32)value->number, (guint32)value->number }));
        return TRUE;
    case KJ_VALUE_RANGE:
        return add_range(scope, value, days);
    case KJ_VALUE_SET:
        for (const KjAstValue *item = value->items; item; item = item->next)
            good = collect_days(scope, item, days) && good;
        return good;
    case KJ_VALUE_WINDOW:
        return value->left && !value->right && !value->text ? collect_days(scope, value->left, days) : report_no_window(scope, value);
    case KJ_VALUE_NAME:
        entity = kj_names_value(scope->module, value->name, &blocked);
        if (!entity) {
            if (!blocked)
                kj_names_unknown(scope, value->name, NULL, weekday_names);
            return FALSE;
        }
        inside = (KjScope){
            .checker = scope->checker, .module = entity->module, .use = scope->in_let ? scope->use : value->span, .in_let = TRUE
        };
        return collect_days(&inside, entity->declaration->value, days);
    default:
        return report_no_window(scope, value);
    }
}

/* Ranges of weekdays without a date are one mask. */
static void merge_weekdays(GArray *days) {
    guint kept = 0, mask = 0;

    for (guint i = 0; i < days->len; i++) {
        Days range = g_array_index(days, Days, i);
        if (range.first == 0 && range.last == KJ_ENDLESS_DAY)
            mask |= range.weekdays;
        else
            g_array_index(days, Days, kept++) = range;
    }
    g_array_set_size(days, kept);
    if (mask)
        g_array_prepend_val(days, ((Days){ mask, 0, KJ_ENDLESS_DAY }));
}

static const KjWindow *window_of(const KjScope *scope, const KjAstValue *days, const KjAstValue *times, const char *zone) {
    KjArena *arena = scope->checker->arena;
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Days));
    guint first = 0, last = LAST_MINUTE;
    const KjWindow *window = NULL;

    if (!zone)
        return NULL;
    scope->checker->written = 0;
    if (days && !collect_days(scope, days, ranges))
        return NULL;
    if (!days)
        g_array_append_val(ranges, ((Days){ ALL_DAYS, 0, KJ_ENDLESS_DAY }));
    if (times) {
        first = (guint)times->left->number;
        last = (guint)times->right->number;
    }
    merge_weekdays(ranges);
    for (guint i = 0; i < ranges->len; i++) {
        const KjWindow *next = atom(arena, zone, &g_array_index(ranges, Days, i), first, last);
        window = window ? join(arena, KJ_WINDOW_UNION, window, next) : next;
    }
    return window;
}

/* ---- windows ---- */

static const KjWindow *resolve_name(const KjScope *scope, const KjAstValue *value) {
    KjScope inside = { .checker = scope->checker, .use = scope->in_let ? scope->use : value->span, .in_let = TRUE };
    gboolean blocked;
    KjEntity *entity = kj_names_value(scope->module, value->name, &blocked);
    const KjWindow *window;
    KjWindow *named;

    if (!entity) {
        if (!blocked)
            kj_names_unknown(scope, value->name, NULL, weekday_names);
        return NULL;
    }
    if (!entity->window_done) {
        entity->window_done = TRUE;
        inside.module = entity->module;
        window = kj_window_resolve(&inside, entity->declaration->value);
        if (window) {
            named = kj_arena_new0(scope->checker->arena, KjWindow);
            *named = *window;
            named->name = value->name->text;
            entity->window = named;
        }
    }
    return entity->window;
}

static const KjWindow *resolve_set(const KjScope *scope, const KjAstValue *value) {
    const KjWindow *window = NULL;
    gboolean good = TRUE, only_days = TRUE;

    for (const KjAstValue *item = value->items; item; item = item->next)
        only_days = only_days && (item->kind == KJ_VALUE_DATE || weekday(item) >= 0 || item->kind == KJ_VALUE_RANGE);
    if (only_days && value->items)
        return window_of(scope, value, NULL, scope->module->zone);
    for (const KjAstValue *item = value->items; item; item = item->next) {
        const KjWindow *next = kj_window_resolve(scope, item);
        good = good && next;
        window = window && next ? join(scope->checker->arena, KJ_WINDOW_UNION, window, next) : next;
        if (good && window->parts > KJ_LIMIT_WRITTEN_OUT)
            break; /* which the caller reports */
    }
    if (!value->items)
        report_no_window(scope, value);
    return good ? window : NULL;
}

static const KjWindow *resolve_minus(const KjScope *scope, const KjAstValue *left_value, const KjAstValue *right_value) {
    KjArena *arena = scope->checker->arena;
    const KjWindow *left = left_value ? kj_window_resolve(scope, left_value)
                                      : kj_window_days(arena, scope->module->zone, 0, KJ_ENDLESS_DAY);
    const KjWindow *right = kj_window_resolve(scope, right_value);

    return left && right ? join(arena, KJ_WINDOW_MINUS, left, right) : NULL;
}

static const KjWindow *resolve(const KjScope *scope, const KjAstValue *value) {
    const char *zone = scope->module->zone;

    if (weekday(value) >= 0)
        return window_of(scope, value, NULL, zone);
    switch (value->kind) {
    case KJ_VALUE_NAME:
        return resolve_name(scope, value);
    case KJ_VALUE_WINDOW:
        if (value->text)
            zone = kj_zone_check(scope->checker, value->text, value->text_span);
        return window_of(scope, value->left, value->right, zone);
    case KJ_VALUE_RANGE:
    case KJ_VALUE_DATE:
        return window_of(scope, value, NULL, zone);
    case KJ_VALUE_SET:
        return resolve_set(scope, value);
    case KJ_VALUE_MINUS:
        if (kj_suggest_range(scope, value))
            return NULL;
        return resolve_minus(scope, value->left, value->right);
    case KJ_VALUE_NOT:
        return resolve_minus(scope, NULL, value->left);
    case KJ_VALUE_ANY:
        return kj_window_days(scope->checker->arena, zone, 0, KJ_ENDLESS_DAY);
    default:
        report_no_window(scope, value);
        return NULL;
    }
}

const KjWindow *kj_window_resolve(const KjScope *scope, const KjAstValue *value) {
    const KjWindow *window = resolve(scope, value);

    if (window && window->parts > KJ_LIMIT_WRITTEN_OUT) {
        report_size(scope, value);
        return NULL;
    }
    return window;
}
