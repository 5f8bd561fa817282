/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reference evaluator on trees made by hand: what no policy text can reach on this machine, or only by detours. A zone the machine
 * lacks, every kind of set, connectives without operands, values at the limit of their length, a clock outside the calendar.
 */
#include <string.h>

#include "../../../compiler/compiler.h"
#include "../../../compiler/limits.h"

static const KjFieldDefinition no_fields[] = { { .name = NULL } };
static const KjEffectDefinition effects[] = {
    { .name = "allow" },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES },
    { .name = NULL },
};
static const KjDomain domain = { .name = "tree", .combining = KJ_COMBINING_FIRST_MATCH, .fields = no_fields, .effects = effects };

enum { NUMBER, TEXT };

static const KjField fields[] = {
    [NUMBER] = { .name = "number", .type = { .kind = KJ_TYPE_INTEGER, .high = G_MAXINT64 } },
    [TEXT] = { .name = "text", .type = { .kind = KJ_TYPE_TEXT } },
};

/* Whether a block whose one rule allows what `match` says allows the request. */
static KjReferenceVerdict decide(const KjCondition *match, const KjWindow *until, const KjFieldText *values, guint count, gint64 instant) {
    const KjRule rule = { .label = "a", .effect = 0, .match = match, .until = until };
    const KjBlock block = { .name = "b", .domain = &domain, .fields = fields, .field_count = G_N_ELEMENTS(fields),
                            .default_effect = 1, .rules = &rule, .rule_count = 1 };
    KjReferenceVerdict verdict;

    kj_reference_decide(&block, values, count, TRUE, instant, &verdict);
    return verdict;
}

static const char *label_of(const KjCondition *match, const KjFieldText *values, guint count, gint64 instant) {
    static char label[16];
    KjReferenceVerdict verdict = decide(match, NULL, values, count, instant);

    g_strlcpy(label, verdict.label, sizeof label);
    kj_reference_verdict_clear(&verdict);
    return label;
}

static void test_zone_lacking(void) {
    static const KjWindow nowhere = { .kind = KJ_WINDOW_ATOM, .atom = { "Nowhere/Atlantis", 127, 0, 1439, 0, 47481 } };
    static const KjCondition always = { .kind = KJ_CONDITION_TRUE };
    static const KjCondition during = { .kind = KJ_CONDITION_DURING, .window = &nowhere };
    static const KjCondition *const both_ways[] = { &always, &during };
    static const KjCondition either = { .kind = KJ_CONDITION_OR, .operands = both_ways, .count = 2 };
    KjReferenceVerdict verdict = decide(&always, &nowhere, NULL, 0, 1790000000);

    g_assert_cmpstr(verdict.label, ==, "error");
    g_assert_cmphex(verdict.outcome, ==, KJ_OUTCOME_ERROR);
    g_assert_nonnull(strstr(verdict.problem, "Nowhere/Atlantis"));
    g_assert_cmpuint(verdict.matched->len, ==, 0);
    kj_reference_verdict_clear(&verdict);
    g_assert_cmpstr(label_of(&either, NULL, 0, 1790000000), ==, "error");
}

static void test_calendar(void) {
    static const KjWindow whole = { .kind = KJ_WINDOW_ATOM, .atom = { "UTC", 127, 0, 1439, 0, 47481 } };
    static const KjCondition during = { .kind = KJ_CONDITION_DURING, .window = &whole };

    g_assert_cmpstr(label_of(&during, NULL, 0, 0), ==, "a");
    g_assert_cmpstr(label_of(&during, NULL, 0, 4102444799), ==, "a");
    g_assert_cmpstr(label_of(&during, NULL, 0, 4102444800), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, -1), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, G_MAXINT64), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, G_MININT64), ==, "default");
}

static void test_windows_joined(void) {
    static const KjWindow day = { .kind = KJ_WINDOW_ATOM, .atom = { "UTC", 127, 540, 1080, 0, 47481 } };
    static const KjWindow noon = { .kind = KJ_WINDOW_ATOM, .atom = { "UTC", 127, 720, 720, 0, 47481 } };
    static const KjWindow night = { .kind = KJ_WINDOW_ATOM, .atom = { "UTC", 127, 1320, 360, 0, 47481 } };
    static const KjWindow minus = { .kind = KJ_WINDOW_MINUS, .left = &day, .right = &noon };
    static const KjWindow joined = { .kind = KJ_WINDOW_UNION, .left = &minus, .right = &night };
    static const KjCondition during = { .kind = KJ_CONDITION_DURING, .window = &joined };
    const gint64 midnight = 20779 * 86400; /* 2026-11-22 */

    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 11 * 3600), ==, "a");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 12 * 3600 - 1), ==, "a");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 12 * 3600), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 12 * 3600 + 59), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 12 * 3600 + 60), ==, "a");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 20 * 3600), ==, "default");
    g_assert_cmpstr(label_of(&during, NULL, 0, midnight + 3 * 3600), ==, "a");
}

static void test_no_operands(void) {
    static const KjCondition all = { .kind = KJ_CONDITION_AND }, some = { .kind = KJ_CONDITION_OR };

    g_assert_cmpstr(label_of(&all, NULL, 0, 0), ==, "a");
    g_assert_cmpstr(label_of(&some, NULL, 0, 0), ==, "default");
}

static void test_sets(void) {
    static const KjInterval tens[] = { { { 0, 0, 10 }, { 0, 0, 19 } } }, fifteen[] = { { { 0, 0, 15 }, { 0, 0, 15 } } };
    static const KjSet low = { .kind = KJ_SET_INTERVALS, .intervals = tens, .count = 1 };
    static const KjSet hole = { .kind = KJ_SET_INTERVALS, .intervals = fifteen, .count = 1 };
    static const KjSet *const pair[] = { &low, &hole };
    static const KjSet minus = { .kind = KJ_SET_MINUS, .members = pair, .count = 2 };
    static const KjSet *const with_hole[] = { &minus };
    static const KjSet complement = { .kind = KJ_SET_COMPLEMENT, .members = with_hole, .count = 1 };
    static const KjSet none = { .kind = KJ_SET_UNION };
    static const KjCondition in_minus = { .kind = KJ_CONDITION_TEST, .field = NUMBER, .set = &minus };
    static const KjCondition in_complement = { .kind = KJ_CONDITION_TEST, .field = NUMBER, .set = &complement };
    static const KjCondition in_none = { .kind = KJ_CONDITION_TEST, .field = NUMBER, .set = &none };
    static const struct { const char *number, *minus, *complement; } rows[] = {
        { "9", "default", "a" }, { "10", "a", "default" }, { "15", "default", "a" }, { "19", "a", "default" }, { "20", "default", "a" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const KjFieldText value = { "number", rows[i].number };

        g_assert_cmpstr(label_of(&in_minus, &value, 1, 0), ==, rows[i].minus);
        g_assert_cmpstr(label_of(&in_complement, &value, 1, 0), ==, rows[i].complement);
        g_assert_cmpstr(label_of(&in_none, &value, 1, 0), ==, "default");
    }
    g_assert_cmpstr(label_of(&in_complement, NULL, 0, 0), ==, "default");
}

static void test_longest_value(void) {
    static const KjCondition always = { .kind = KJ_CONDITION_TRUE };
    g_autofree char *text = g_strnfill(KJ_LIMIT_STRING_BYTES + 1, 'x');
    const KjFieldText value = { "text", text };

    g_assert_cmpstr(label_of(&always, &value, 1, 0), ==, "error");
    text[KJ_LIMIT_STRING_BYTES] = '\0';
    g_assert_cmpstr(label_of(&always, &value, 1, 0), ==, "a");
    text[KJ_LIMIT_STRING_BYTES - 1] = '\0';
    g_assert_cmpstr(label_of(&always, &value, 1, 0), ==, "a");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference/tree/zone-lacking", test_zone_lacking);
    g_test_add_func("/reference/tree/calendar", test_calendar);
    g_test_add_func("/reference/tree/windows-joined", test_windows_joined);
    g_test_add_func("/reference/tree/no-operands", test_no_operands);
    g_test_add_func("/reference/tree/sets", test_sets);
    g_test_add_func("/reference/tree/longest-value", test_longest_value);
    return g_test_run();
}
