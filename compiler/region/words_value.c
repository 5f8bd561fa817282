/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets and windows as values of the syntax tree, so that the printer and the sentences say them as they say what an author wrote.
 *
 * A name stays a name. Literals carry their spelling; numbers are written with the unit or the name that fits, addresses as prefixes where
 * they are one.
 */
#include "words_private.h"

#include <string.h>

#include <kijun/calendar.h>
#include <kijun/value.h>

#include "../syntax/syntax.h"
#include "examples.h"

#define LAST_DAY (KJ_CALENDAR_DAYS - 1)
#define ALL_WEEKDAYS 127u
#define LAST_MINUTE 1439u

/* ---- nodes ---- */

static KjAstValue *new_value(KjArena *arena, KjAstValueKind kind) {
    KjAstValue *value = kj_arena_new0(arena, KjAstValue);

    value->kind = kind;
    value->span = KJ_SPAN_NONE;
    return value;
}

KjAstName *kj_words_bare_name(KjArena *arena, const char *name) {
    KjAstName *bare = kj_arena_new0(arena, KjAstName);
    const char *dot = strrchr(name, '.');

    bare->text = name;
    bare->last = dot ? dot + 1 : name;
    bare->qualifier = dot ? kj_arena_strndup(arena, name, (gsize)(dot - name)) : NULL;
    bare->span = KJ_SPAN_NONE;
    return bare;
}

KjAstValue *kj_words_name(KjArena *arena, const char *name) {
    KjAstValue *value = new_value(arena, KJ_VALUE_NAME);

    value->name = kj_words_bare_name(arena, name);
    return value;
}

KjAstValue *kj_words_literal(KjArena *arena, KjAstValueKind kind, const char *spelling) {
    KjAstValue *value = new_value(arena, kind);

    value->spelling = kj_arena_strdup(arena, spelling);
    return value;
}

KjAstValue *kj_words_node(KjArena *arena, KjAstValueKind kind, KjAstValue *left, KjAstValue *right) {
    KjAstValue *value = new_value(arena, kind);

    value->left = left;
    value->right = right;
    return value;
}

static KjAstValue *date_value(KjArena *arena, guint32 day) {
    g_autoptr(GString) text = g_string_new(NULL);
    KjAstValue *value;

    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(day), text);
    value = kj_words_literal(arena, KJ_VALUE_DATE, text->str);
    value->number = day;
    return value;
}

/* As the language writes it. */
static const char *quoted(KjArena *arena, const char *text) {
    g_autoptr(GString) out = g_string_new("\"");

    for (; *text; text++) {
        const char *escape = *text == '"' ? "\\\"" : *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : *text == '\t' ? "\\t" : NULL;

        if (escape)
            g_string_append(out, escape);
        else if (g_ascii_iscntrl(*text))
            g_string_append_printf(out, "\\u{%x}", (guint)(guchar)*text);
        else
            g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
    return kj_arena_strdup(arena, out->str);
}

KjAstValue *kj_words_string(KjArena *arena, const char *text) {
    KjAstValue *value = kj_words_literal(arena, KJ_VALUE_STRING, quoted(arena, text));

    value->text = text;
    return value;
}

/* ---- lists ---- */

typedef struct {
    KjArena *arena;
    const KjDataType *type;
    guint most;           /* items to be written out */
    const char *language; /* of how many more there are */
    KjAstValue *first, **next;
    guint count;
} List;

static void list_init(List *list, KjArena *arena, const KjDataType *type, guint most, const char *language) {
    *list = (List){ .arena = arena, .type = type, .most = most, .language = language };
    list->next = &list->first;
}

static void add_item(List *list, KjAstValue *item) {
    *list->next = item;
    list->next = &item->next;
    list->count++;
}

/* One item is itself; of many, the first few and how many more. */
static KjAstValue *finish_list(List *list) {
    KjAstValue *set, *item = list->first;

    if (list->count == 1)
        return list->first;
    if (list->count > list->most) {
        for (guint i = 2; i < list->most; i++)
            item = item->next;
        item->next = kj_words_name(list->arena, kj_arena_printf(list->arena, strcmp(list->language, "ja") == 0 ? "その他%u件" : "%u more",
                                                                list->count - MAX(list->most, 2) + 1));
    }
    set = new_value(list->arena, KJ_VALUE_SET);
    set->items = list->first;
    return set;
}

/* ---- values of a type ---- */

KjAstValue *kj_words_point(KjArena *arena, const KjDataType *type, KjOrdinal point) {
    static const KjAstValueKind kinds[] = {
        [KJ_TYPE_INTEGER] = KJ_VALUE_INTEGER,   [KJ_TYPE_SIZE] = KJ_VALUE_SIZE, [KJ_TYPE_DURATION] = KJ_VALUE_DURATION,
        [KJ_TYPE_ADDRESS] = KJ_VALUE_ADDRESS,
    };
    g_autoptr(GString) text = g_string_new(NULL);
    KjAstValue *value;

    if (type->kind == KJ_TYPE_DATE)
        return date_value(arena, (guint32)point.low);
    if (type->kind == KJ_TYPE_BOOL) {
        value = kj_words_literal(arena, KJ_VALUE_BOOL, point.low ? "true" : "false");
        value->number = point.low;
        return value;
    }
    kj_example_print(type, point, text);
    if (type->kind == KJ_TYPE_SYMBOL || (type->kind == KJ_TYPE_INTEGER && !g_ascii_isdigit(text->str[0])))
        return kj_words_name(arena, kj_arena_strdup(arena, text->str));
    return kj_words_literal(arena, kinds[type->kind], text->str);
}

/* An end of a range: there a number says more than a name. */
static KjAstValue *end_value(KjArena *arena, const KjDataType *type, KjOrdinal point) {
    static const KjDataType nameless = { .kind = KJ_TYPE_INTEGER };

    return kj_words_point(arena, type->kind == KJ_TYPE_INTEGER ? &nameless : type, point);
}

/* Symbols without an order have no ranges. */
static void add_each(List *list, const KjInterval *interval) {
    for (guint64 i = interval->low.low; i <= interval->high.low; i++)
        add_item(list, kj_words_point(list->arena, list->type, kj_ordinal_number(i)));
}

static void add_interval(List *list, const KjInterval *interval) {
    g_autoptr(GString) text = NULL;

    if (list->type->kind == KJ_TYPE_ADDRESS && interval->low.family != interval->high.family) {
        add_interval(list, &(KjInterval){ interval->low, { 4, 0, G_MAXUINT32 } });
        add_interval(list, &(KjInterval){ { 6, 0, 0 }, interval->high });
        return;
    }
    if (kj_ordinal_compare(interval->low, interval->high) == 0) {
        add_item(list, kj_words_point(list->arena, list->type, interval->low));
        return;
    }
    if (list->type->kind == KJ_TYPE_BOOL ||
        (list->type->kind == KJ_TYPE_SYMBOL && (!list->type->ordered || interval->low.low + 1 == interval->high.low))) {
        add_each(list, interval);
        return;
    }
    if (list->type->kind == KJ_TYPE_ADDRESS) {
        text = g_string_new(NULL);
        kj_value_print_interval(KJ_TYPE_ADDRESS, *interval, text);
        if (!strstr(text->str, "..")) {
            add_item(list, kj_words_literal(list->arena, KJ_VALUE_ADDRESS, text->str));
            return;
        }
    }
    add_item(list, kj_words_node(list->arena, KJ_VALUE_RANGE, end_value(list->arena, list->type, interval->low),
                                 end_value(list->arena, list->type, interval->high)));
}

/* Open enumerations take bare names. */
static gboolean is_bare(const char *text) {
    static const char *const hard[] = { "default", "field",  "when", "unless", "and",  "or",    "not", "in",
                                        "has",     "during", "any",  "none",   "true", "false", "zone" };

    for (guint i = 0; i < G_N_ELEMENTS(hard); i++) {
        if (strcmp(hard[i], text) == 0)
            return FALSE;
    }
    if (!g_ascii_isalpha(text[0]) && text[0] != '_')
        return FALSE;
    for (; *text; text++) {
        if (!g_ascii_isalnum(*text) && *text != '_')
            return FALSE;
    }
    return TRUE;
}

static void add_pattern(List *list, const KjPattern *pattern) {
    gboolean bare = list->type->kind == KJ_TYPE_SYMBOL && is_bare(pattern->text);

    add_item(list, bare ? kj_words_name(list->arena, pattern->text) : kj_words_string(list->arena, pattern->text));
}

/* ---- sets ---- */

static void add_set(List *list, const KjSet *set) {
    List inner;

    if (set->name) {
        add_item(list, kj_words_name(list->arena, set->name));
        return;
    }
    switch (set->kind) {
    case KJ_SET_INTERVALS:
        for (guint i = 0; i < set->count; i++)
            add_interval(list, &set->intervals[i]);
        return;
    case KJ_SET_PATTERNS:
        for (guint i = 0; i < set->count; i++)
            add_pattern(list, set->patterns[i]);
        return;
    case KJ_SET_UNION:
        for (guint i = 0; i < set->count; i++)
            add_set(list, set->members[i]);
        return;
    case KJ_SET_MINUS:
        add_item(list, kj_words_node(list->arena, KJ_VALUE_MINUS,
                                     kj_words_value(list->arena, list->type, set->members[0], list->most, list->language),
                                     kj_words_value(list->arena, list->type, set->members[1], list->most, list->language)));
        return;
    case KJ_SET_COMPLEMENT:
        list_init(&inner, list->arena, list->type, list->most, list->language);
        add_set(&inner, set->members[0]);
        add_item(list,
                 inner.count ? kj_words_node(list->arena, KJ_VALUE_NOT, finish_list(&inner), NULL) : new_value(list->arena, KJ_VALUE_ANY));
        return;
    case KJ_SET_PARAMETER:
        break; /* has its name */
    }
    g_assert_not_reached();
}

KjAstValue *kj_words_value(KjArena *arena, const KjDataType *type, const KjSet *set, guint most, const char *language) {
    List list;

    list_init(&list, arena, type, most, language);
    add_set(&list, set);
    return finish_list(&list);
}

/* ---- bounds ---- */

static gboolean is_ordered(const KjDataType *type) {
    return type->kind == KJ_TYPE_INTEGER || type->kind == KJ_TYPE_SIZE || type->kind == KJ_TYPE_DURATION || type->kind == KJ_TYPE_DATE ||
           (type->kind == KJ_TYPE_SYMBOL && type->ordered);
}

static gsize point_length(const KjDataType *type, guint64 number) {
    g_autoptr(GString) text = g_string_new(NULL);

    kj_value_print(type->kind, kj_ordinal_number(number), text);
    return text->len;
}

/* `<= 10MB` rather than `< 10000001B`, `> 90d` rather than `>= 7776001s`. */
KjRelation kj_words_bound(KjArena *arena, const KjDataType *type, const KjSet *set, KjAstValue **value) {
    guint64 low, high;
    gboolean other;

    if (set->name || set->kind != KJ_SET_INTERVALS || set->count != 1 || !is_ordered(type))
        return 0;
    low = set->intervals[0].low.low;
    high = set->intervals[0].high.low;
    if (low == high || (low == type->low) == (high == type->high))
        return 0;
    if (low == type->low) {
        other = type->kind != KJ_TYPE_SYMBOL && point_length(type, high + 1) < point_length(type, high);
        *value = end_value(arena, type, kj_ordinal_number(other ? high + 1 : high));
        return other ? KJ_RELATION_LESS : KJ_RELATION_LESS_EQUAL;
    }
    other = type->kind != KJ_TYPE_SYMBOL && point_length(type, low - 1) < point_length(type, low);
    *value = end_value(arena, type, kj_ordinal_number(other ? low - 1 : low));
    return other ? KJ_RELATION_GREATER : KJ_RELATION_GREATER_EQUAL;
}

guint kj_words_length(const KjDataType *type, const KjSet *set) {
    g_autoptr(KjArena) scratch = kj_arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    KjAstValue *value = NULL;

    if (!kj_words_bound(scratch, type, set, &value))
        value = kj_words_value(scratch, type, set, KJ_WORDS_LIST_ALL, "");
    kj_print_value(value, text);
    return (guint)g_utf8_strlen(text->str, -1);
}

/* ---- windows ---- */

static KjAstValue *weekdays_value(KjArena *arena, guint mask) {
    static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    List list;

    list_init(&list, arena, NULL, KJ_WORDS_LIST_ALL, "");
    for (guint first = 0; first < 7; first++) {
        guint last = first;

        if (!(mask >> first & 1) || (first > 0 && (mask >> (first - 1) & 1)))
            continue;
        while (last < 6 && (mask >> (last + 1) & 1))
            last++;
        if (last > first)
            add_item(&list, kj_words_node(arena, KJ_VALUE_RANGE, kj_words_name(arena, names[first]), kj_words_name(arena, names[last])));
        else
            add_item(&list, kj_words_name(arena, names[first]));
    }
    return finish_list(&list);
}

static KjAstValue *dates_value(KjArena *arena, const KjWindowAtom *atom) {
    if (atom->first_day == atom->last_day)
        return date_value(arena, atom->first_day);
    return kj_words_node(arena, KJ_VALUE_RANGE, date_value(arena, atom->first_day), date_value(arena, MIN(atom->last_day, LAST_DAY)));
}

static KjAstValue *minute_value(KjArena *arena, guint minute) {
    return kj_words_literal(arena, KJ_VALUE_TIME, kj_arena_printf(arena, "%02u:%02u", minute / 60, minute % 60));
}

/* Weekdays or dates, never both, and hours or none. */
static KjAstValue *atom_value(KjArena *arena, const KjWindowAtom *atom, gboolean zones) {
    gboolean weekdays = (atom->weekdays & ALL_WEEKDAYS) != ALL_WEEKDAYS, dates = atom->first_day > 0 || atom->last_day < LAST_DAY;
    KjAstValue *window = new_value(arena, KJ_VALUE_WINDOW);

    if (atom->first_minute != 0 || atom->last_minute != LAST_MINUTE)
        window->right =
            kj_words_node(arena, KJ_VALUE_RANGE, minute_value(arena, atom->first_minute), minute_value(arena, atom->last_minute));
    if (weekdays)
        window->left = weekdays_value(arena, atom->weekdays);
    else if (dates || !window->right)
        window->left = dates_value(arena, atom);
    if (zones) {
        window->text = atom->zone;
        window->spelling = quoted(arena, atom->zone);
    }
    return window->right || window->text ? window : window->left;
}

/* A list of holidays is one union deep for each day, so unions are flattened in a loop. */
static void add_windows(List *list, const KjWindow *window, gboolean zones) {
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();

    g_ptr_array_add(waiting, (gpointer)window);
    while (waiting->len) {
        const KjWindow *next = g_ptr_array_steal_index(waiting, waiting->len - 1);

        if (next->kind != KJ_WINDOW_UNION || next->name) {
            add_item(list, kj_words_window_value(list->arena, next, zones));
            continue;
        }
        g_ptr_array_add(waiting, (gpointer)next->right);
        g_ptr_array_add(waiting, (gpointer)next->left);
    }
}

KjAstValue *kj_words_window_value(KjArena *arena, const KjWindow *window, gboolean zones) {
    List list;

    if (window->name)
        return kj_words_name(arena, window->name);
    switch (window->kind) {
    case KJ_WINDOW_ATOM:
        return atom_value(arena, &window->atom, zones);
    case KJ_WINDOW_MINUS:
        return kj_words_node(arena, KJ_VALUE_MINUS, kj_words_window_value(arena, window->left, zones),
                      kj_words_window_value(arena, window->right, zones));
    default:
        list_init(&list, arena, NULL, KJ_WORDS_LIST_ALL, "");
        add_windows(&list, window, zones);
        return finish_list(&list);
    }
}
