/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Literals and values of the numeric and the small types; addresses and patterns are in pattern.c.
 *
 * Numbers come from few, so that rules of one policy meet: small ones, the ends of the type, round ones. A literal's points are its
 * ends and the two values just outside.
 */
#include "value.h"

#include <kijun/value.h>
#include <string.h>

#include "../../bench/random.h"
#include "pattern.h"

#define HUGE_NUMBER ((guint64)G_MAXINT64)

guint64 kj_random_below(guint64 *random, guint64 limit) {
    return kj_random_next(random) % limit;
}

gboolean kj_random_chance(guint64 *random, guint percent) {
    return kj_random_below(random, 100) < percent;
}

static void point_free(gpointer data) {
    KjRandomPoint *point = data;

    g_free(point->text);
    g_free(point);
}

GPtrArray *kj_random_points_new(void) {
    return g_ptr_array_new_with_free_func(point_free);
}

void kj_random_point_add(GPtrArray *points, char *text, gboolean inside) {
    KjRandomPoint *point = g_new(KjRandomPoint, 1);

    *point = (KjRandomPoint){ text, inside };
    g_ptr_array_add(points, point);
}

/* ---- numbers ---- */

static guint64 type_high(const KjRandomType *type) {
    if (type->low || type->high)
        return type->high;
    return type->type == KJ_TYPE_DATE ? 47481 : HUGE_NUMBER;
}

static guint64 pick_number(guint64 *random, const KjRandomType *type) {
    static const guint64 common[] = { 0, 1, 2, 3, 8, 10, 12, 22, 24, 53, 80, 90, 100, 255, 443, 1000, 1024, 5000, 65535, 86400, 1000000 };
    static const guint64 sizes[] = { 0, 1, 1000, 1024, 1000000, 1048576, 10000000, 10485760, 2000000000 };
    static const guint64 durations[] = { 0, 1, 59, 60, 90, 3600, 28800, 86400, 7776000, 15552000, 31536000, 31536001 };
    guint64 low = type->low, high = type_high(type), number;
    guint kind = (guint)kj_random_below(random, 12);

    if (kind == 0)
        return low;
    if (kind == 1)
        return high;
    if (type->type == KJ_TYPE_DATE)
        number = 20700 + kj_random_below(random, 120); /* September to December 2026 */
    else if (type->type == KJ_TYPE_SIZE)
        number = sizes[kj_random_below(random, G_N_ELEMENTS(sizes))];
    else if (type->type == KJ_TYPE_DURATION)
        number = durations[kj_random_below(random, G_N_ELEMENTS(durations))];
    else if (kind < 8 || high > 100000)
        number = common[kj_random_below(random, G_N_ELEMENTS(common))];
    else
        number = low + kj_random_below(random, high - low + 1);
    return CLAMP(number, low, high);
}

static char *number_text(KjType type, guint64 number) {
    g_autoptr(GDate) date = NULL;

    if (type == KJ_TYPE_DATE) {
        date = g_date_new_julian((guint32)(number + 719163));
        return g_strdup_printf("%04u-%02u-%02u", g_date_get_year(date), (guint)g_date_get_month(date), g_date_get_day(date));
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", number, type == KJ_TYPE_DURATION ? "s" : type == KJ_TYPE_SIZE ? "B" : "");
}

/* The same number as a policy might spell it: by name, with underscores, in a larger unit. */
static char *number_literal(guint64 *random, const KjRandomType *type, guint64 number) {
    static const struct { KjType type; const char *name; guint64 factor; } units[] = {
        { KJ_TYPE_SIZE, "GB", 1000000000 },    { KJ_TYPE_SIZE, "MiB", 1048576 }, { KJ_TYPE_SIZE, "MB", 1000000 }, { KJ_TYPE_SIZE, "KiB", 1024 },
        { KJ_TYPE_DURATION, "y", 31536000 },   { KJ_TYPE_DURATION, "d", 86400 }, { KJ_TYPE_DURATION, "h", 3600 }, { KJ_TYPE_DURATION, "m", 60 },
    };

    for (guint i = 0; number && i < G_N_ELEMENTS(units); i++) {
        if (units[i].type == type->type && number % units[i].factor == 0 && kj_random_chance(random, 80))
            return g_strdup_printf("%" G_GUINT64_FORMAT "%s", number / units[i].factor, units[i].name);
    }
    for (const KjNamedNumber *named = type->names; named && named->name; named++) {
        if (named->number == number && kj_random_chance(random, 70))
            return g_strdup(named->name);
    }
    if (type->type == KJ_TYPE_INTEGER && number >= 1000 && number < 1000000 && kj_random_chance(random, 30))
        return g_strdup_printf("%" G_GUINT64_FORMAT "_%03" G_GUINT64_FORMAT, number / 1000, number % 1000);
    return number_text(type->type, number);
}

static void add_number(GPtrArray *points, const KjRandomType *type, guint64 number, gboolean inside) {
    if (number >= type->low && number <= type_high(type))
        kj_random_point_add(points, number_text(type->type, number), inside);
}

static char *number_range(guint64 *random, const KjRandomType *type, gboolean range, GPtrArray *points) {
    guint64 a = pick_number(random, type), b = a;
    g_autofree char *low = NULL, *high = NULL;

    if (range && kj_random_chance(random, 35))
        b = kj_random_chance(random, 50) ? pick_number(random, type) : a + kj_random_below(random, 20);
    b = MIN(b, type_high(type));
    if (a > b) {
        guint64 swap = a;
        a = b;
        b = swap;
    }
    add_number(points, type, a, TRUE);
    add_number(points, type, b, TRUE);
    add_number(points, type, a + (b - a) / 2, TRUE);
    add_number(points, type, a - 1, FALSE);
    add_number(points, type, b + 1, FALSE);
    low = number_literal(random, type, a);
    if (a == b)
        return g_steal_pointer(&low);
    if (type->names) {
        g_free(low);
        low = number_text(type->type, a);
        high = number_text(type->type, b);
    } else {
        high = number_literal(random, type, b);
    }
    return g_strconcat(low, "..", high, NULL);
}

/* ---- enumerations ---- */

static const char *pick_symbol(guint64 *random, const KjRandomType *type) {
    return type->symbols->pdata[kj_random_below(random, type->symbols->len)];
}

static char *symbol_literal(guint64 *random, const KjRandomType *type, GPtrArray *points) {
    const char *symbol = pick_symbol(random, type);

    kj_random_point_add(points, g_strdup(symbol), TRUE);
    kj_random_point_add(points, g_strdup(pick_symbol(random, type)), FALSE);
    return type->open && kj_random_chance(random, 30) ? g_strdup_printf("\"%s\"", symbol) : g_strdup(symbol);
}

static char *boolean_literal(guint64 *random, GPtrArray *points) {
    gboolean value = kj_random_chance(random, 50);

    kj_random_point_add(points, g_strdup(value ? "true" : "false"), TRUE);
    kj_random_point_add(points, g_strdup(value ? "false" : "true"), FALSE);
    return g_strdup(value ? "true" : "false");
}

/* ---- any type ---- */

gboolean kj_random_type_ordered(const KjRandomType *type) {
    switch (type->type) {
    case KJ_TYPE_INTEGER:
    case KJ_TYPE_SIZE:
    case KJ_TYPE_DURATION:
    case KJ_TYPE_DATE:
        return !type->set;
    case KJ_TYPE_SYMBOL:
        return type->ordered && !type->set;
    default:
        return FALSE;
    }
}

static gboolean is_number(KjType type) {
    return type == KJ_TYPE_INTEGER || type == KJ_TYPE_SIZE || type == KJ_TYPE_DURATION || type == KJ_TYPE_DATE;
}

char *kj_random_literal(guint64 *random, const KjRandomType *type, gboolean range, GPtrArray *points) {
    if (is_number(type->type))
        return number_range(random, type, range, points);
    if (type->type == KJ_TYPE_SYMBOL)
        return symbol_literal(random, type, points);
    if (type->type == KJ_TYPE_BOOL)
        return boolean_literal(random, points);
    return kj_random_pattern(random, type->type, range, points);
}

static gboolean relation_holds(const char *relation, int order) {
    if (strcmp(relation, "==") == 0)
        return order == 0;
    if (strcmp(relation, "!=") == 0)
        return order != 0;
    if (order == 0)
        return relation[1] == '=';
    return (order < 0) == (relation[0] == '<');
}

static char *symbol_bound(guint64 *random, const KjRandomType *type, const char *relation, GPtrArray *points) {
    guint chosen = (guint)kj_random_below(random, type->symbols->len);

    for (guint i = 0; i < type->symbols->len; i++)
        kj_random_point_add(points, g_strdup(type->symbols->pdata[i]), relation_holds(relation, (int)chosen - (int)i));
    return g_strdup(type->symbols->pdata[chosen]);
}

char *kj_random_bound(guint64 *random, const KjRandomType *type, const char *relation, GPtrArray *points) {
    guint64 number;

    if (!is_number(type->type) && !kj_random_type_ordered(type)) {
        gsize before = points->len;
        char *literal = kj_random_literal(random, type, FALSE, points);

        for (gsize i = before; relation[0] == '!' && i < points->len; i++) {
            KjRandomPoint *point = points->pdata[i];
            point->inside = !point->inside;
        }
        return literal;
    }
    if (type->type == KJ_TYPE_SYMBOL)
        return symbol_bound(random, type, relation, points);
    number = pick_number(random, type);
    add_number(points, type, number, relation_holds(relation, 0));
    add_number(points, type, number - 1, relation_holds(relation, -1));
    add_number(points, type, number + 1, relation_holds(relation, 1));
    return number_literal(random, type, number);
}

char *kj_random_value(guint64 *random, const KjRandomType *type) {
    g_autoptr(GPtrArray) points = kj_random_points_new();
    const KjRandomPoint *point;
    const char *name = NULL;

    if (type->names && kj_random_chance(random, 50)) {
        for (const KjNamedNumber *named = type->names; named->name; named++)
            name = !name || kj_random_chance(random, 30) ? named->name : name;
        return g_strdup(name);
    }
    g_free(kj_random_literal(random, type, TRUE, points));
    point = points->pdata[kj_random_below(random, points->len)];
    return g_strdup(point->text);
}

char *kj_random_wrong_value(guint64 *random, const KjRandomType *type) {
    static const char *const addresses[] = { "300.1.1.1", "10.0.0.0/8", "10.0.0", "2001:db8::g", "010.0.0.1", "", "::ffff:1.2.3.256" };
    static const char *const paths[] = { "a/b", "/a/../b", "/a//b", "/a/.", "/..", "/a/", "" };
    static const char *const mails[] = { "nobody", "@x.jp", "a@", "a@x..jp", "a@@x.jp", "" };
    static const char *const numbers[] = { "many", "-1", "", "1e3", " 1", "99999999999999999999", "9223372036854775808", "1__0" };
    static const char *const dates[] = { "2026-13-01", "2026-02-29", "today", "1969-12-31", "2100-01-01" };
    static const char *const others[] = { "nosuchvalue", "", "True" };
    static const char *const texts[] = { "\xff", "a\xc0\x80" };
#define PICK(list) g_strdup((list)[kj_random_below(random, G_N_ELEMENTS(list))])

    switch (type->type) {
    case KJ_TYPE_ADDRESS:
        return PICK(addresses);
    case KJ_TYPE_PATH:
        return PICK(paths);
    case KJ_TYPE_MAIL:
        return PICK(mails);
    case KJ_TYPE_DATE:
        return PICK(dates);
    case KJ_TYPE_PRINCIPAL:
    case KJ_TYPE_TEXT:
        return PICK(texts);
    case KJ_TYPE_SYMBOL:
        return type->open ? PICK(texts) : PICK(others);
    case KJ_TYPE_BOOL:
        return PICK(others);
    default:
        if (type->high && kj_random_chance(random, 40))
            return g_strdup_printf("%" G_GUINT64_FORMAT, type->high + 1);
        return PICK(numbers);
    }
#undef PICK
}
