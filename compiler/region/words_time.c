/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Instants in words: which windows, together, are exactly these.
 *
 * As one window; as dates, where the instants are few stretches, of whole days or of hours of one day in a zone that some window names; as windows that all
 * hold ("during office and not during holidays"); or as windows of which one holds. Windows of whole days, as `@from` and `@until` make
 * them, are joined into one range of dates.
 */
#include "words_private.h"

#include <string.h>

#include <kijun/calendar.h>
#include <kijun/value.h>

#define WINDOWS_MOST 4u   /* in one condition */
#define STRETCHES_MOST 3u /* of dates */
#define ALL_WEEKDAYS 127u
#define LAST_MINUTE 1439u
#define MINUTE_SECONDS 60

/* A window, or every instant outside of it. */
typedef struct {
    const KjWindow *window;
    gboolean outside;
    const KjClassSet *classes;
} Part;

typedef struct {
    KjUniverse *universe;
    KjClassSets *sets;
    const KjClassSet *whole;
    GArray *parts; /* Part: all there are */
} Telling;

static guint32 class_count(const KjClassSet *classes) {
    guint32 count = 0;

    for (guint i = 0; i < classes->count; i++)
        count += classes->intervals[i].high - classes->intervals[i].low + 1;
    return count;
}

static void add_part(Telling *telling, const KjWindow *window, const KjClassSet *classes, gboolean outside) {
    Part part = { window, outside,
                  outside ? kj_class_set_complement(telling->sets, classes, 1, telling->whole->intervals[0].high) : classes };

    for (guint i = 0; i < telling->parts->len; i++) {
        Part *known = &g_array_index(telling->parts, Part, i);

        if (known->classes != part.classes)
            continue;
        if (window->name && !known->window->name)
            *known = part;
        return;
    }
    g_array_append_val(telling->parts, part);
}

static void find_parts(Telling *telling) {
    guint instant = kj_universe_instant(telling->universe);

    for (guint outside = 0; outside < 2; outside++) {
        for (guint i = 0; i < instant; i++) {
            const KjSpaceField *field = kj_universe_field(telling->universe, i);
            g_autoptr(GPtrArray) region = NULL;
            const KjClassSet *classes;

            if (field->kind != KJ_FIELD_KIND_TIME)
                continue;
            region = kj_universe_lower_window(telling->universe, field->window, FALSE);
            classes = region && region->len == 1 ? kj_box_field(region->pdata[0], instant) : NULL;
            if (classes && classes != telling->whole)
                add_part(telling, field->window, classes, outside);
        }
    }
}

/* ---- several windows ---- */

static const KjClassSet *join_classes(const Telling *telling, const KjClassSet *a, const KjClassSet *b, gboolean all) {
    return all ? kj_class_set_intersect(telling->sets, a, b) : kj_class_set_unite(telling->sets, a, b);
}

static const KjClassSet *before_any(const Telling *telling, gboolean all) {
    return all ? telling->whole : kj_class_sets_range(telling->sets, 1, 0);
}

/* Leaves out what the others say already. */
static void drop_needless(const Telling *telling, const KjClassSet *classes, gboolean all, GArray *chosen) {
    for (guint i = 0; i < chosen->len;) {
        const KjClassSet *others = before_any(telling, all);

        for (guint j = 0; j < chosen->len; j++) {
            if (j != i)
                others = join_classes(telling, others, g_array_index(chosen, Part, j).classes, all);
        }
        if (others == classes)
            g_array_remove_index(chosen, i);
        else
            i++;
    }
}

/* The part that comes nearest to the classes; NULL when none comes nearer than what is reached already. */
static const Part *nearest_part(const Telling *telling, const KjClassSet *classes, gboolean all, const KjClassSet **reached) {
    const KjClassSet *before = *reached;
    guint32 wanted = class_count(classes), least = class_count(before);
    const Part *best = NULL;

    least = all ? least - wanted : wanted - least;
    for (guint i = 0; i < telling->parts->len; i++) {
        const Part *part = &g_array_index(telling->parts, Part, i);
        const KjClassSet *next;
        guint32 away;

        if (!(all ? kj_class_set_contains(part->classes, classes) : kj_class_set_contains(classes, part->classes)))
            continue;
        next = join_classes(telling, before, part->classes, all);
        away = all ? class_count(next) - wanted : wanted - class_count(next);
        if (away < least) {
            least = away;
            best = part;
            *reached = next;
        }
    }
    return best;
}

/* Parts that together are exactly the classes: the instants in all of them, or those in any. NULL when there are none. */
static GArray *find_together(const Telling *telling, const KjClassSet *classes, gboolean all) {
    g_autoptr(GArray) chosen = g_array_new(FALSE, FALSE, sizeof(Part));
    const KjClassSet *reached = before_any(telling, all);

    while (reached != classes) {
        const Part *best = chosen->len < WINDOWS_MOST ? nearest_part(telling, classes, all, &reached) : NULL;

        if (!best)
            return NULL;
        g_array_append_vals(chosen, best, 1);
    }
    drop_needless(telling, classes, all, chosen);
    return g_steal_pointer(&chosen);
}

/* ---- dates ---- */

static const KjWindow *days_window(KjArena *arena, const char *zone, guint32 first, guint32 last) {
    KjWindow *window = kj_arena_new0(arena, KjWindow);

    window->kind = KJ_WINDOW_ATOM;
    window->parts = 1;
    window->atom = (KjWindowAtom){ zone, ALL_WEEKDAYS, 0, LAST_MINUTE, first, last };
    return window;
}

static gboolean is_days(const KjWindow *window) {
    return window->kind == KJ_WINDOW_ATOM && !window->name && (window->atom.weekdays & ALL_WEEKDAYS) == ALL_WEEKDAYS &&
           window->atom.first_minute == 0 && window->atom.last_minute == LAST_MINUTE;
}

/* The days inside of the part as one range, if they are one. */
static gboolean day_range(const Part *part, guint32 *first, guint32 *last) {
    const KjWindowAtom *atom = &part->window->atom;

    if (!is_days(part->window))
        return FALSE;
    *first = part->outside ? 0 : atom->first_day;
    *last = part->outside ? KJ_CALENDAR_DAYS : atom->last_day;
    if (part->outside && atom->first_day == 0)
        *first = atom->last_day + 1;
    else if (part->outside && atom->last_day >= KJ_CALENDAR_DAYS - 1)
        *last = atom->first_day - 1;
    else if (part->outside)
        return FALSE;
    return TRUE;
}

/* Ranges of days that all hold are one, in the place of the first. */
static void join_days(const Telling *telling, GArray *chosen) {
    KjArena *arena = kj_universe_arena(telling->universe);
    const char *zone = NULL;
    guint32 from = 0, to = KJ_CALENDAR_DAYS, first, last;
    guint kept = 0, at = 0;

    for (guint i = 0; i < chosen->len; i++) {
        Part part = g_array_index(chosen, Part, i);

        if (day_range(&part, &first, &last) && (!zone || strcmp(zone, part.window->atom.zone) == 0)) {
            from = MAX(from, first);
            to = MIN(to, last);
            if (zone)
                continue;
            zone = part.window->atom.zone;
            at = kept;
        }
        g_array_index(chosen, Part, kept++) = part;
    }
    g_array_set_size(chosen, kept);
    if (zone && from <= to)
        g_array_index(chosen, Part, at) = (Part){ days_window(arena, zone, from, to), FALSE, NULL };
}

/* The zones that windows name, a few of them. */
static GPtrArray *find_zones(const Telling *telling) {
    GPtrArray *zones = g_ptr_array_new();
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();

    for (guint i = 0; i < telling->parts->len; i++) {
        g_ptr_array_add(waiting, (gpointer)g_array_index(telling->parts, Part, i).window);
        while (waiting->len && zones->len < 8) {
            const KjWindow *window = g_ptr_array_steal_index(waiting, waiting->len - 1);

            if (window->kind != KJ_WINDOW_ATOM) {
                g_ptr_array_add(waiting, (gpointer)window->right);
                g_ptr_array_add(waiting, (gpointer)window->left);
            } else if (window->atom.zone && !g_ptr_array_find_with_equal_func(zones, window->atom.zone, g_str_equal, NULL)) {
                g_ptr_array_add(zones, (gpointer)window->atom.zone);
            }
        }
    }
    return zones;
}

static gint64 wall_of(GTimeZone *zone, gint64 instant) {
    return instant + g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, instant));
}

/* The day that begins at the instant in the zone. */
static gboolean beginning_day(GTimeZone *zone, gint64 instant, guint32 *day) {
    gint64 wall = wall_of(zone, instant);

    *day = (guint32)(wall / KJ_DAY_SECONDS);
    return wall >= 0 && wall % KJ_DAY_SECONDS == 0;
}

/* Full minutes of one day on which no clock changes. */
static const KjWindow *stretch_hours(KjArena *arena, GTimeZone *zone, const KjSpanOfTime *stretch, const char *name) {
    gint64 begin = wall_of(zone, stretch->begin), end = wall_of(zone, stretch->end), day = begin / KJ_DAY_SECONDS;
    KjWindow *window;

    if (begin < 0 || begin % MINUTE_SECONDS || end % MINUTE_SECONDS || (end - 1) / KJ_DAY_SECONDS != day ||
        wall_of(zone, stretch->begin - begin % KJ_DAY_SECONDS) != day * KJ_DAY_SECONDS || end - begin != stretch->end - stretch->begin)
        return NULL;
    window = kj_arena_new0(arena, KjWindow);
    *window = *days_window(arena, name, (guint32)day, (guint32)day);
    window->atom.first_minute = (guint)(begin % KJ_DAY_SECONDS / MINUTE_SECONDS);
    window->atom.last_minute = (guint)((end - 1) % KJ_DAY_SECONDS / MINUTE_SECONDS);
    return window;
}

/* The stretches of the classes; NULL when there are too many. */
static GArray *find_stretches(const Telling *telling, const KjClassSet *classes) {
    g_autoptr(GArray) stretches = g_array_new(FALSE, FALSE, sizeof(KjSpanOfTime));
    KjSpanOfTime stretch = { 0, 0 };

    while (kj_moments_first(kj_universe_moments(telling->universe), classes, stretch.end, &stretch)) {
        g_array_append_val(stretches, stretch);
        if (stretches->len > STRETCHES_MOST)
            return NULL;
    }
    return g_steal_pointer(&stretches);
}

static const KjWindow *stretch_window(const Telling *telling, const KjSpanOfTime *stretch, const char *name) {
    g_autoptr(GTimeZone) zone = kj_value_zone(name);
    guint32 first = 0, after = KJ_CALENDAR_DAYS + 1;

    if (!zone)
        return NULL;
    if ((stretch->begin > 0 && !beginning_day(zone, stretch->begin, &first)) ||
        (stretch->end < KJ_INSTANT_END && !beginning_day(zone, stretch->end, &after)))
        return stretch_hours(kj_universe_arena(telling->universe), zone, stretch, name);
    return days_window(kj_universe_arena(telling->universe), name, first, after - 1);
}

/* The classes as parts of which one holds, each a range of days or hours of a day. */
static GArray *find_dates(const Telling *telling, const KjClassSet *classes) {
    g_autoptr(GArray) stretches = find_stretches(telling, classes);
    g_autoptr(GPtrArray) zones = find_zones(telling);

    for (guint z = 0; stretches && z < zones->len; z++) {
        g_autoptr(GArray) chosen = g_array_new(FALSE, FALSE, sizeof(Part));

        for (guint i = 0; i < stretches->len; i++) {
            Part part = { stretch_window(telling, &g_array_index(stretches, KjSpanOfTime, i), zones->pdata[z]), FALSE, NULL };

            if (part.window)
                g_array_append_val(chosen, part);
        }
        if (chosen->len == stretches->len)
            return g_steal_pointer(&chosen);
    }
    return NULL;
}

/* ---- all of it ---- */

static void telling_init(Telling *telling, KjUniverse *universe) {
    *telling = (Telling){ .universe = universe, .sets = kj_universe_sets(universe) };
    telling->whole = kj_class_sets_range(telling->sets, 1, kj_universe_class_count(universe, kj_universe_instant(universe)) - 1);
    telling->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    find_parts(telling);
}

static KjCondition *new_condition(KjArena *arena, KjConditionKind kind) {
    KjCondition *condition = kj_arena_new0(arena, KjCondition);

    condition->kind = kind;
    condition->span = KJ_SPAN_NONE;
    return condition;
}

static const KjCondition *part_condition(KjUniverse *universe, const Part *part) {
    KjArena *arena = kj_universe_arena(universe);
    KjCondition *during = new_condition(arena, KJ_CONDITION_DURING), *outside;
    const KjCondition **operands;

    during->window = kj_words_clear_window(universe, part->window);
    if (!part->outside)
        return during;
    operands = kj_arena_newn(arena, const KjCondition *, 1);
    operands[0] = during;
    outside = new_condition(arena, KJ_CONDITION_NOT);
    outside->operands = operands;
    outside->count = 1;
    return outside;
}

static const KjCondition *parts_condition(KjUniverse *universe, const GArray *chosen, gboolean all) {
    KjArena *arena = kj_universe_arena(universe);
    KjCondition *condition = new_condition(arena, all ? KJ_CONDITION_AND : KJ_CONDITION_OR);
    const KjCondition **operands = kj_arena_newn(arena, const KjCondition *, chosen->len + 1);

    for (guint i = 0; i < chosen->len; i++)
        operands[condition->count++] = part_condition(universe, &g_array_index(chosen, Part, i));
    condition->operands = operands;
    return chosen->len == 1 ? operands[0] : condition;
}

const KjCondition *kj_words_time(KjUniverse *universe, const KjClassSet *classes) {
    Telling telling;
    g_autoptr(GArray) all = NULL, any = NULL;
    const KjCondition *condition = NULL;

    telling_init(&telling, universe);
    all = find_together(&telling, classes, TRUE);
    if (all)
        join_days(&telling, all);
    else
        any = find_together(&telling, classes, FALSE);
    if (!any && (!all || all->len > 1))
        any = find_dates(&telling, classes);
    if (all || any)
        condition = parts_condition(universe, any ? any : all, any == NULL);
    g_array_unref(telling.parts);
    return condition;
}
