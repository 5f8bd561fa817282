/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Examples of numbers, addresses and symbols. See examples.h; texts are in examples_text.c.
 *
 * Classes of a line are tried by the narrowest interval somebody wrote around them, then by their own size. Inside a class the candidates
 * are few: its ends, what reads better near an end (`size > 10MB` begins at 10000001B; 11MB says it), and a usual value where nobody set a
 * limit.
 */
#include "examples.h"

#include <string.h>

#include <kijun/value.h>

#include "mentions.h"

#define CANDIDATES_MOST 16

static void example_clear(gpointer data) {
    g_free(((KjExample *)data)->text);
}

GArray *kj_examples_new(void) {
    GArray *examples = g_array_new(FALSE, TRUE, sizeof(KjExample));

    g_array_set_clear_func(examples, example_clear);
    return examples;
}

/* ---- reading and writing ---- */

static gboolean is_line(const KjSpaceField *field) {
    return kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_POINTS;
}

static KjInterval whole_type(const KjDataType *type) {
    if (type->kind == KJ_TYPE_ADDRESS)
        return (KjInterval){ { 4, 0, 0 }, { 6, G_MAXUINT64, G_MAXUINT64 } };
    return (KjInterval){ kj_ordinal_number(type->low), kj_ordinal_number(type->high ? type->high : G_MAXINT64) };
}

/* The symbol with the ordinal: those of an ordered enumeration are written greatest first. */
static const char *symbol_text(const KjDataType *type, guint64 ordinal) {
    return type->symbols[type->ordered ? type->symbol_count - 1 - ordinal : ordinal];
}

static const char *number_name(const KjDataType *type, guint64 number) {
    for (const KjNamedNumber *named = type->kind == KJ_TYPE_INTEGER ? type->numbers : NULL; named && named->name; named++) {
        if (named->number == number)
            return named->name;
    }
    return NULL;
}

void kj_example_print(const KjDataType *type, KjOrdinal ordinal, GString *out) {
    const char *name = number_name(type, ordinal.low);

    if (type->kind == KJ_TYPE_SYMBOL)
        g_string_append(out, symbol_text(type, ordinal.low));
    else if (name)
        g_string_append(out, name);
    else
        kj_value_print(type->kind, ordinal, out);
}

static gboolean read_name(const KjDataType *type, const char *text, guint64 *number) {
    for (guint i = 0; type->kind == KJ_TYPE_SYMBOL && i < type->symbol_count; i++) {
        if (strcmp(type->symbols[i], text) == 0) {
            *number = type->ordered ? type->symbol_count - 1 - i : i;
            return TRUE;
        }
    }
    for (const KjNamedNumber *named = type->kind == KJ_TYPE_INTEGER ? type->numbers : NULL; named && named->name; named++) {
        if (strcmp(named->name, text) == 0) {
            *number = named->number;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean read_number(const KjDataType *type, const char *text, guint64 *number) {
    gsize length = strlen(text);

    switch (type->kind) {
    case KJ_TYPE_BOOL:
        *number = strcmp(text, "true") == 0;
        return *number || strcmp(text, "false") == 0;
    case KJ_TYPE_INTEGER:
        return read_name(type, text, number) || kj_value_read_integer(text, length, number, NULL);
    case KJ_TYPE_SIZE:
        return kj_value_read_size(text, length, number, NULL);
    case KJ_TYPE_DURATION:
        return kj_value_read_duration(text, length, number, NULL);
    case KJ_TYPE_DATE:
        return kj_value_read_date(text, length, number, NULL);
    default:
        return read_name(type, text, number);
    }
}

static guint32 classify_text(const KjSpaceField *field, const char *text) {
    gsize length = strlen(text), size = 4 * length + 8;
    g_autofree char *room = g_malloc(size);
    const char *tokens[KJ_TOKENS_MAX];
    int count = kj_value_tokens(field->field->type.kind, text, length, room, size, tokens, KJ_TOKENS_MAX, NULL);

    return count < 0 ? 0 : kj_classifier_classify_tokens(field->classifier, tokens, (guint)count);
}

guint32 kj_example_classify(const KjSpaceField *field, const char *text, KjOrdinal *ordinal) {
    const KjDataType *type = &field->field->type;
    KjInterval whole = whole_type(type);
    KjOrdinal read = kj_ordinal_number(0);

    if (ordinal)
        *ordinal = read;
    if (kj_classifier_kind(field->classifier) == KJ_CLASSIFIER_AUTOMATON)
        return classify_text(field, text);
    if (type->kind == KJ_TYPE_ADDRESS ? !kj_value_read_address(text, strlen(text), &read, NULL) : !read_number(type, text, &read.low))
        return 0;
    if (is_line(field) && (kj_ordinal_compare(read, whole.low) < 0 || kj_ordinal_compare(read, whole.high) > 0))
        return 0;
    if (ordinal)
        *ordinal = read;
    return kj_classifier_classify_ordinal(field->classifier, read);
}

/* ---- points of a class ---- */

KjInterval kj_example_points(const KjSpaceField *field, guint32 klass) {
    const GArray *points = kj_classifier_points(field->classifier);
    KjInterval whole = whole_type(&field->field->type), class_points = whole;

    if (kj_ordinal_compare(g_array_index(points, KjOrdinal, klass - 1), whole.low) > 0)
        class_points.low = g_array_index(points, KjOrdinal, klass - 1);
    if (klass < points->len)
        class_points.high = kj_ordinal_previous(g_array_index(points, KjOrdinal, klass));
    return class_points;
}

static gboolean is_inside(const KjInterval *points, KjOrdinal ordinal) {
    return kj_ordinal_compare(points->low, ordinal) <= 0 && kj_ordinal_compare(ordinal, points->high) <= 0;
}

/* Narrows to one family of addresses; FALSE when nothing is left. */
static gboolean keep_family(KjInterval *points, guint64 family) {
    if (family == 4 && points->high.family == 6)
        points->high = (KjOrdinal){ 4, 0, G_MAXUINT32 };
    if (family == 6 && points->low.family == 4)
        points->low = (KjOrdinal){ 6, 0, 0 };
    return kj_ordinal_compare(points->low, points->high) <= 0;
}

/* ---- candidates ---- */

typedef struct {
    KjOrdinal points[CANDIDATES_MOST];
    guint count;
    const KjInterval *within;
    const KjDataType *type;
} Candidates;

static void offer(Candidates *candidates, KjOrdinal point) {
    if (candidates->count == CANDIDATES_MOST || !is_inside(candidates->within, point))
        return;
    for (guint i = 0; i < candidates->count; i++) {
        if (kj_ordinal_compare(candidates->points[i], point) == 0)
            return;
    }
    candidates->points[candidates->count++] = point;
}

static void offer_number(Candidates *candidates, guint64 number) {
    offer(candidates, kj_ordinal_number(number));
}

/* The network address of a wide class is nobody's: its neighbours are hosts. */
static void offer_addresses(Candidates *candidates) {
    static const char *const usual[] = { "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "1.0.0.1" };
    KjOrdinal low = candidates->within->low;

    for (guint i = 0; i < G_N_ELEMENTS(usual); i++) {
        KjOrdinal address;

        if (kj_value_read_address(usual[i], strlen(usual[i]), &address, NULL))
            offer(candidates, address);
    }
    for (guint i = 0; i < 4 && (candidates->within->low.low & 0xff) == 0 && kj_ordinal_next(&low); i++)
        offer(candidates, low);
    offer(candidates, candidates->within->low);
}

/* What the number is written in: of 10MB a million, of 90d a day. */
static guint64 written_unit(const KjDataType *type, guint64 number) {
    g_autoptr(GString) text = g_string_new(NULL);
    guint64 digits;

    if (number == 0 || type->kind == KJ_TYPE_DATE)
        return 1;
    kj_value_print(type->kind, kj_ordinal_number(number), text);
    digits = g_ascii_strtoull(text->str, NULL, 10);
    return digits ? number / digits : 1;
}

static guint64 usual_number(const KjDataType *type) {
    switch (type->kind) {
    case KJ_TYPE_SIZE:
        return 1000000;
    case KJ_TYPE_DURATION:
        return 3600;
    case KJ_TYPE_DATE:
        return 20544; /* 2026-04-01: a fiscal year begins */
    default:
        return 1;
    }
}

/* How much there is to read; 0 is seldom what anybody has in mind. */
static gsize reading_cost(const KjDataType *type, KjOrdinal point) {
    g_autoptr(GString) text = g_string_new(NULL);

    kj_value_print(type->kind, point, text);
    return text->len + (point.low == 0 ? 3 : 0);
}

/* The ends that somebody wrote, or a round number next to one; those that are short to read first. */
static void offer_numbers(Candidates *candidates) {
    const KjDataType *type = candidates->type;
    KjInterval whole = whole_type(type);
    guint64 low = candidates->within->low.low, high = candidates->within->high.low;

    if (low != whole.low.low) {
        offer_number(candidates, low);
        offer_number(candidates, low - 1 + written_unit(type, low - 1));
    }
    if (high != whole.high.low) {
        offer_number(candidates, high);
        offer_number(candidates, high + 1 - MIN(written_unit(type, high + 1), high + 1));
    } else {
        offer_number(candidates, usual_number(type));
    }
    offer_number(candidates, low);
    for (guint i = 1; i < candidates->count; i++) { /* a few: sorted by insertion, equals stay in order */
        KjOrdinal point = candidates->points[i];
        gsize cost = reading_cost(type, point);
        guint at = i;

        for (; at > 0 && reading_cost(type, candidates->points[at - 1]) > cost; at--)
            candidates->points[at] = candidates->points[at - 1];
        candidates->points[at] = point;
    }
}

/* Appends a value unless it is there already. */
static void append(const KjSpaceField *field, KjOrdinal ordinal, GArray *examples) {
    GString *text;
    KjExample example = { NULL, ordinal };

    for (guint i = 0; i < examples->len; i++) {
        if (kj_ordinal_compare(g_array_index(examples, KjExample, i).ordinal, ordinal) == 0)
            return;
    }
    text = g_string_new(NULL);
    kj_example_print(&field->field->type, ordinal, text);
    example.text = g_string_free(text, FALSE);
    g_array_append_val(examples, example);
}

static void append_points(const KjSpaceField *field, const KjInterval *points, guint most, GArray *examples) {
    const KjDataType *type = &field->field->type;
    Candidates candidates = { .count = 0, .within = points, .type = type };
    KjOrdinal next = points->low;

    for (const KjNamedNumber *named = type->kind == KJ_TYPE_INTEGER ? type->numbers : NULL; named && named->name; named++)
        offer_number(&candidates, named->number);
    if (candidates.count == 0 && type->kind == KJ_TYPE_ADDRESS)
        offer_addresses(&candidates);
    else if (candidates.count == 0)
        offer_numbers(&candidates);
    for (guint i = 0; i < candidates.count && examples->len < most; i++)
        append(field, candidates.points[i], examples);
    while (examples->len < most && is_inside(points, next)) {
        append(field, next, examples);
        if (!kj_ordinal_next(&next))
            break;
    }
}

/* ---- classes of a line ---- */

typedef struct {
    guint32 klass, rank;
    KjInterval points;
} Choice;

/* How many points, less one, as the high and low half. */
static void measure(const KjInterval *points, guint64 *high, guint64 *low) {
    *high = points->high.high - points->low.high - (points->high.low < points->low.low);
    *low = points->high.low - points->low.low;
    if (points->high.family != points->low.family)
        *high = *low = G_MAXUINT64;
}

static gint compare_choices(gconstpointer a, gconstpointer b) {
    const Choice *left = a, *right = b;
    guint64 left_high, left_low, right_high, right_low;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    measure(&left->points, &left_high, &left_low);
    measure(&right->points, &right_high, &right_low);
    if (left_high != right_high)
        return left_high < right_high ? -1 : 1;
    if (left_low != right_low)
        return left_low < right_low ? -1 : 1;
    return left->klass < right->klass ? -1 : left->klass > right->klass;
}

/* Every class holds a value, so no more than the `most` best are needed: they are kept sorted. */
static void find_points(const KjSpaceField *field, KjClassSets *sets, const KjClassSet *classes, guint64 family, guint most,
                        GArray *examples) {
    const KjMentions *mentions = kj_classifier_mentions(field->classifier, sets);
    g_autoptr(GArray) best = g_array_new(FALSE, FALSE, sizeof(Choice));

    for (guint i = 0; i < classes->count; i++) {
        for (guint32 klass = MAX(classes->intervals[i].low, 1); klass <= classes->intervals[i].high; klass++) {
            Choice choice = { klass, kj_mentions_rank(mentions, klass), kj_example_points(field, klass) };
            guint at = best->len;

            if (family && !keep_family(&choice.points, family))
                continue;
            while (at > 0 && compare_choices(&choice, &g_array_index(best, Choice, at - 1)) < 0)
                at--;
            if (at < most)
                g_array_insert_val(best, at, choice);
            if (best->len > most)
                g_array_set_size(best, most);
        }
    }
    for (guint i = 0; i < best->len && examples->len < most; i++)
        append_points(field, &g_array_index(best, Choice, i).points, most, examples);
}

static void find_symbols(const KjSpaceField *field, const KjClassSet *classes, guint most, GArray *examples) {
    for (guint i = 0; i < classes->count; i++) {
        for (guint32 klass = MAX(classes->intervals[i].low, 1); klass <= classes->intervals[i].high && examples->len < most; klass++)
            append(field, kj_ordinal_number(klass - 1), examples);
    }
}

static void find_texts(const KjSpaceField *field, const KjClassSet *classes, guint most, GArray *examples) {
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    kj_examples_find_texts(kj_classifier_automaton(field->classifier), field->field->type.kind, classes, most, texts);
    for (guint i = 0; i < texts->len; i++) {
        KjExample example = { g_strdup(texts->pdata[i]), kj_ordinal_number(0) };

        g_array_append_val(examples, example);
    }
}

void kj_examples_find(const KjSpaceField *field, KjClassSets *sets, const KjClassSet *classes, guint64 family, guint most,
                      GArray *examples) {
    g_autoptr(GArray) found = kj_examples_new();

    switch (kj_classifier_kind(field->classifier)) {
    case KJ_CLASSIFIER_POINTS:
        find_points(field, sets, classes, family, most, found);
        break;
    case KJ_CLASSIFIER_SYMBOLS:
        find_symbols(field, classes, most, found);
        break;
    case KJ_CLASSIFIER_AUTOMATON:
        find_texts(field, classes, most, found);
        break;
    }
    for (guint i = 0; i < found->len; i++) {
        KjExample *example = &g_array_index(found, KjExample, i), kept = { NULL, example->ordinal };
        guint32 klass = kj_example_classify(field, example->text, NULL);

        if (klass == 0 || !kj_class_set_has(classes, klass))
            continue;
        kept.text = g_steal_pointer(&example->text);
        g_array_append_val(examples, kept);
    }
}

/* ---- ends ---- */

/* Beyond the end of the type too: another field may go on there. Symbols end. */
static void append_upwards(const KjSpaceField *field, KjOrdinal point, guint most, GArray *examples) {
    for (guint i = 0; i < most && (is_line(field) || point.low < kj_classifier_class_count(field->classifier) - 1); i++) {
        append(field, point, examples);
        if (!kj_ordinal_next(&point))
            return;
    }
}

void kj_examples_at_ends(const KjSpaceField *field, const KjClassSet *classes, guint most, GArray *examples) {
    for (guint i = 0; i < classes->count; i++) {
        guint32 low = MAX(classes->intervals[i].low, 1), high = classes->intervals[i].high;
        KjOrdinal first = kj_ordinal_number(low - 1), after = kj_ordinal_number(high - 1);

        if (low > high)
            continue;
        if (is_line(field)) {
            first = kj_example_points(field, low).low;
            after = kj_example_points(field, high).high;
        }
        append_upwards(field, first, most, examples);
        if (kj_ordinal_next(&after))
            append_upwards(field, after, most, examples);
    }
}
