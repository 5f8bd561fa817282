/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many values some classes hold, and how to say it. See count.h.
 *
 * Classes of a numeric field lie on its line one after another, so a run of classes is one interval, and its count a difference of two positions. A
 * position of an address is its number with all of IPv4 before IPv6, as in ordinal.h; so everything is below 2^129, and sums of some 2^63 such
 * counts fit. Words are made from the decimal digits: rounding is half up on the first digit left out, and never in floating point.
 */
#include "count.h"

#include <math.h>
#include <string.h>

#include "tally.h"

#define IPV4_POINTS (G_GUINT64_CONSTANT(1) << 32)
#define EXACT_DIGITS 6      /* beyond a million */
#define POWER_OF_TWO_ABOVE 40

static gboolean is_japanese(const char *language) {
    return strcmp(language, "ja") == 0;
}

/* ---- numbers ---- */

static KjCount count_new(guint64 low) {
    return (KjCount){ { low, 0, 0 } };
}

void kj_count_add(KjCount *a, KjCount b) {
    guint64 carry = 0;

    for (guint i = 0; i < G_N_ELEMENTS(a->part); i++) {
        guint64 sum = a->part[i] + carry;

        carry = sum < carry;
        a->part[i] = sum + b.part[i];
        carry += a->part[i] < sum;
    }
}

/* b <= a. */
static KjCount count_less(KjCount a, KjCount b) {
    guint64 borrow = 0;

    for (guint i = 0; i < G_N_ELEMENTS(a.part); i++) {
        guint64 rest = a.part[i] - borrow;

        borrow = a.part[i] < borrow;
        borrow += rest < b.part[i];
        a.part[i] = rest - b.part[i];
    }
    return a;
}

int kj_count_compare(KjCount a, KjCount b) {
    for (guint i = G_N_ELEMENTS(a.part); i-- > 0;) {
        if (a.part[i] != b.part[i])
            return a.part[i] < b.part[i] ? -1 : 1;
    }
    return 0;
}

static gboolean count_is(KjCount a, guint64 number) {
    return kj_count_compare(a, count_new(number)) == 0;
}

static double count_double(KjCount count) {
    return (double)count.part[0] + ldexp((double)count.part[1], 64) + ldexp((double)count.part[2], 128);
}

/* Divides by a small number, in halves of words, and gives the remainder. */
static guint64 divide(KjCount *count, guint32 by) {
    guint64 rest = 0;

    for (guint i = G_N_ELEMENTS(count->part); i-- > 0;) {
        guint64 high = rest << 32 | count->part[i] >> 32, low = (high % by) << 32 | (count->part[i] & G_MAXUINT32);

        count->part[i] = high / by << 32 | low / by;
        rest = low % by;
    }
    return rest;
}

char *kj_count_text(KjCount count) {
    char digits[64]; /* 2^192 has 58 */
    guint start = sizeof digits - 1;

    digits[start] = '\0';
    do {
        digits[--start] = (char)('0' + divide(&count, 10));
    } while (!count_is(count, 0));
    return g_strdup(digits + start);
}

/* ---- words ---- */

typedef struct {
    guint zeros;
    const char *name;
} Unit;

static const Unit english_units[] = { { 6, " million" }, { 9, " billion" }, { 12, " trillion" }, { 0, NULL } };
static const Unit japanese_units[] = { { 4, "万" }, { 8, "億" }, { 12, "兆" }, { 16, "京" }, { 0, NULL } };

/* The exponent when the count is a power of two, else 0. */
static guint power_of_two(KjCount count) {
    guint exponent = 0, bits = 0;

    for (guint i = 0; i < 64 * G_N_ELEMENTS(count.part); i++) {
        if (count.part[i / 64] >> (i % 64) & 1) {
            exponent = i;
            bits++;
        }
    }
    return bits == 1 ? exponent : 0;
}

/* The first `keep` digits as a number, rounded by the next. */
static guint64 leading(const char *digits, guint keep) {
    guint64 number = 0;

    for (guint i = 0; i < keep; i++)
        number = number * 10 + (guint64)(digits[i] - '0');
    return number + (digits[keep] >= '5');
}

static char *group_digits(const char *digits) {
    GString *out = g_string_new(NULL);

    for (gsize rest = strlen(digits); rest > 0; rest--) {
        g_string_append_c(out, *digits++);
        if (rest % 3 == 1 && rest > 1)
            g_string_append_c(out, ',');
    }
    return g_string_free(out, FALSE);
}

static char *in_units(guint64 number, guint tenths, const char *unit) {
    return tenths ? g_strdup_printf("%" G_GUINT64_FORMAT ".%u%s", number, tenths, unit)
                  : g_strdup_printf("%" G_GUINT64_FORMAT "%s", number, unit);
}

/* NULL when there are more digits than units. */
static char *words_in_units(const char *digits, const Unit *units) {
    guint length = (guint)strlen(digits), most = 0;
    guint64 number, limit = 1;

    while (units[1].name && units[1].zeros < length)
        units++;
    most = units[1].name ? units[1].zeros - units->zeros : units->zeros - units[-1].zeros; /* digits of a unit before the next one's */
    if (length > units->zeros + most)
        return NULL;
    for (guint i = 0; i < most; i++)
        limit *= 10;
    if (length == units->zeros + 1) {
        number = leading(digits, 2);
        return in_units(number / 10, number % 10, units->name);
    }
    number = leading(digits, length - units->zeros);
    if (number < limit)
        return in_units(number, 0, units->name);
    return units[1].name ? in_units(1, 0, units[1].name) : NULL;
}

char *kj_count_words(KjCount count, const char *language) {
    g_autofree char *digits = kj_count_text(count);
    gboolean ja = is_japanese(language);
    guint length = (guint)strlen(digits), power;
    guint64 number;
    char *words;

    if (length <= EXACT_DIGITS || count_is(count, 1000000))
        return group_digits(digits);
    power = power_of_two(count);
    if (power > POWER_OF_TWO_ABOVE)
        return g_strdup_printf("2^%u", power);
    words = words_in_units(digits, ja ? japanese_units : english_units);
    if (words)
        return words;
    number = leading(digits, 2);
    if (number == 100)
        number = 10, length++;
    return g_strdup_printf(ja ? "%u.%u×10^%u" : "%u.%u × 10^%u", (guint)number / 10, (guint)number % 10, length - 1);
}

/* ---- fields ---- */

/* The classifier of a joint field whose classes are intervals of a line, or NULL. */
static const KjClassifier *line_of(const KjSpaceField *field) {
    const KjClassifier *classifier = field ? field->classifier : NULL;

    return classifier && kj_classifier_kind(classifier) == KJ_CLASSIFIER_POINTS ? classifier : NULL;
}

static KjCount position(KjOrdinal ordinal) {
    KjCount count = { { ordinal.low, ordinal.high, 0 } };

    if (ordinal.family == 6)
        kj_count_add(&count, count_new(IPV4_POINTS));
    return count;
}

static KjOrdinal line_end(const KjDataType *type) {
    if (type->kind == KJ_TYPE_ADDRESS)
        return (KjOrdinal){ 6, G_MAXUINT64, G_MAXUINT64 };
    return kj_ordinal_number(type->high ? type->high : G_MAXUINT64);
}

/* The points of these classes, which are not missing, and those of them that are IPv4. */
static void add_run(const KjSpaceField *field, guint32 low, guint32 high, KjCount *points, KjCount *ipv4) {
    const GArray *starts = kj_classifier_points(field->classifier);
    const KjDataType *type = &field->field->type;
    KjOrdinal lowest = kj_ordinal_number(type->low), first = g_array_index(starts, KjOrdinal, low - 1);
    KjCount from, to, border = count_new(IPV4_POINTS);

    if (type->kind != KJ_TYPE_ADDRESS && kj_ordinal_compare(first, lowest) < 0)
        first = lowest;
    from = position(first);
    to = position(high < starts->len ? g_array_index(starts, KjOrdinal, high) : line_end(type));
    if (high == starts->len)
        kj_count_add(&to, count_new(1));
    kj_count_add(points, count_less(to, from));
    if (type->kind == KJ_TYPE_ADDRESS && kj_count_compare(from, border) < 0)
        kj_count_add(ipv4, count_less(kj_count_compare(to, border) < 0 ? to : border, from));
}

static void add_points(const KjSpaceField *field, const KjClassSet *classes, KjCount *points, KjCount *ipv4) {
    for (guint i = 0; i < classes->count; i++) {
        guint32 low = MAX(classes->intervals[i].low, 1);

        if (low <= classes->intervals[i].high)
            add_run(field, low, classes->intervals[i].high, points, ipv4);
    }
}

static void count_named(const KjSpaceField *field, const KjClassSet *classes, KjFieldCount *count) {
    const KjTally *tally = field->classifier ? kj_classifier_tally(field->classifier) : NULL;
    gboolean left_out = FALSE;

    for (guint32 klass = 1; klass < field->class_count; klass++) {
        gboolean inside = kj_class_set_has(classes, klass), others = !tally || kj_tally_others(tally, klass);

        count->named += inside && tally ? kj_tally_named(tally, klass) : 0;
        count->others = count->others || (inside && others);
        left_out = left_out || (!inside && others);
    }
    count->all_others = count->others && !left_out;
}

void kj_count_field(KjUniverse *universe, guint field, const KjClassSet *classes, KjFieldCount *count) {
    const KjSpaceField *space_field = kj_universe_field(universe, field);

    *count = (KjFieldCount){ .numeric = line_of(space_field) != NULL,
                             .all = kj_class_set_covers(classes, 1, space_field->class_count - 1) };
    if (count->numeric)
        add_points(space_field, classes, &count->points, &count->ipv4);
    else
        count_named(space_field, classes, count);
}

/* ---- in words ---- */

typedef struct {
    const char *one, *many, *ja, *counter; /* Japanese counts people otherwise than things */
} Noun;

static Noun noun_of(KjType type) {
    switch (type) {
    case KJ_TYPE_ADDRESS:
        return (Noun){ "address", "addresses", "アドレス", "個" };
    case KJ_TYPE_PRINCIPAL:
        return (Noun){ "principal", "principals", "利用者", "人" };
    case KJ_TYPE_MAIL:
        return (Noun){ "mail address", "mail addresses", "メールアドレス", "個" };
    case KJ_TYPE_PATH:
        return (Noun){ "path", "paths", "パス", "個" };
    case KJ_TYPE_DATE:
        return (Noun){ "day", "days", "日付", "個" };
    default:
        return (Noun){ "value", "values", "値", "個" };
    }
}

/* "12 addresses"; `kind` stands before the noun. */
static void say_number(KjCount count, const char *kind, Noun noun, const char *language, GString *out) {
    g_autofree char *words = kj_count_words(count, language);

    if (is_japanese(language))
        g_string_append_printf(out, "%s%s %s %s", kind, noun.ja, words, noun.counter);
    else
        g_string_append_printf(out, "%s %s%s", words, kind, count_is(count, 1) ? noun.one : noun.many);
}

static void say_addresses(const KjFieldCount *count, Noun noun, const char *language, GString *out) {
    KjCount ipv6 = count_less(count->points, count->ipv4);

    if (count_is(ipv6, 0)) {
        say_number(count->ipv4, "", noun, language, out);
    } else if (count_is(count->ipv4, 0)) {
        say_number(ipv6, "IPv6 ", noun, language, out);
    } else if (is_japanese(language)) {
        say_number(count->ipv4, "IPv4 ", noun, language, out);
        g_string_append(out, "、");
        say_number(ipv6, "IPv6 ", noun, language, out);
    } else {
        g_autofree char *words = kj_count_words(count->ipv4, language);

        g_string_append_printf(out, "%s IPv4 and ", words);
        say_number(ipv6, "IPv6 ", noun, language, out);
    }
}

/* Who was named, and the rest. A closed enumeration's values, and those of a yes or no, are all named: that goes without saying. */
static void say_named(const KjFieldCount *count, gboolean closed, Noun noun, const char *language, GString *out) {
    gboolean ja = is_japanese(language);

    if (count->named || !count->others)
        say_number(count_new(count->named), closed ? "" : ja ? "名前のある" : "named ", noun, language, out);
    if (!count->others)
        return;
    if (count->named)
        g_string_append(out, ja ? (count->all_others ? "とその他すべて" : "とその他の一部") : count->all_others ? " and all others" : " and some others");
    else if (ja)
        g_string_append_printf(out, count->all_others ? "名前のない%sすべて" : "名前のない%sの一部", noun.ja);
    else
        g_string_append_printf(out, count->all_others ? "all %s without a name" : "some %s without a name", noun.many);
}

char *kj_count_field_text(KjUniverse *universe, guint field, const KjFieldCount *count, const char *language) {
    const KjSpaceField *space_field = kj_universe_field(universe, field);
    Noun noun = noun_of(space_field->field->type.kind);
    GString *out = g_string_new(NULL);

    if (count->all)
        g_string_append_printf(out, is_japanese(language) ? "%sすべて" : "all %s", is_japanese(language) ? noun.ja : noun.many);
    else if (!count->numeric)
        say_named(count, space_field->classifier && kj_classifier_kind(space_field->classifier) == KJ_CLASSIFIER_SYMBOLS, noun, language,
                  out);
    else if (space_field->field->type.kind == KJ_TYPE_ADDRESS)
        say_addresses(count, noun, language, out);
    else
        say_number(count->points, "", noun, language, out);
    return g_string_free(out, FALSE);
}

/* ---- shares ---- */

static double share_of_points(const KjSpaceField *field, const KjClassSet *classes) {
    KjCount points = { { 0 } }, ipv4 = { { 0 } }, all = { { 0 } }, all_ipv4 = { { 0 } };
    double missing = kj_class_set_has(classes, 0); /* as one point */

    add_points(field, classes, &points, &ipv4);
    add_run(field, 1, field->class_count - 1, &all, &all_ipv4);
    if (count_is(all_ipv4, 0))
        return (count_double(points) + missing) / (count_double(all) + 1);
    points = count_less(points, ipv4);
    return (count_double(ipv4) / (double)IPV4_POINTS + ldexp(count_double(points) + missing, -128)) / 2;
}

static double share_of_classes(const KjClassSet *classes, guint32 class_count) {
    double taken = 0;

    for (guint i = 0; i < classes->count; i++)
        taken += (double)classes->intervals[i].high - classes->intervals[i].low + 1;
    return taken / class_count;
}

double kj_count_share(KjUniverse *universe, const KjBox *box) {
    double logarithm = 0;

    for (guint i = 0; i < box->count; i++) {
        guint field = box->tests[i].field;
        const KjSpaceField *space_field = kj_universe_field(universe, field);
        double share = line_of(space_field) ? share_of_points(space_field, box->tests[i].set)
                                            : share_of_classes(box->tests[i].set, kj_universe_class_count(universe, field));

        logarithm += log2(MIN(share, 1));
    }
    return logarithm;
}
