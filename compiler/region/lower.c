/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions to regions. See space.h.
 *
 * One walk answers any of the four questions. AND asked whether it is true, or whether it is not false, is the intersection of its
 * operands asked the same; asked the opposite, their union; OR the other way round; NOT asks its operand the mirrored question. At
 * the leaves a question is a set of classes: of a test, those in its set or outside it, with or without class 0 (missing, unknown).
 * Recursion is as deep as the condition, which KJ_LIMIT_NESTING bounds.
 */
#include "space.h"

#include <string.h>

typedef struct {
    KjSpace *space;
    KjArena *arena;
    guint limit;
} Lowering;

static KjRegion *lower(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question);

/* The question to e that answers this one to NOT e. */
static KjTruthQuestion mirrored(KjTruthQuestion question) {
    static const KjTruthQuestion mirror[] = {
        [KJ_TRUE] = KJ_FALSE, [KJ_FALSE] = KJ_TRUE, [KJ_NOT_TRUE] = KJ_NOT_FALSE, [KJ_NOT_FALSE] = KJ_NOT_TRUE
    };

    return mirror[question];
}

static gboolean wants_holding(KjTruthQuestion question) {
    return question == KJ_TRUE || question == KJ_NOT_FALSE;
}

static gboolean wants_unknown(KjTruthQuestion question) {
    return question == KJ_NOT_TRUE || question == KJ_NOT_FALSE;
}

/* In `set` or not, as asked; with class 0 where unknown will do. NULL for the set: every class passes. */
static KjBoxTest asked(const Lowering *lowering, guint field, const KjClassSet *set, KjTruthQuestion question) {
    KjClassSets *sets = lowering->space->sets;
    guint32 last = kj_space_field(lowering->space, field)->class_count - 1;

    if (!wants_holding(question))
        set = kj_class_set_complement(sets, set, 1, last);
    if (wants_unknown(question))
        set = kj_class_set_unite(sets, kj_class_sets_range(sets, 0, 0), set);
    return (KjBoxTest){ field, kj_class_set_covers(set, 0, last) ? NULL : set };
}

/* A bit: class 1 no, class 2 yes. */
static KjBoxTest asked_bit(const Lowering *lowering, guint field, KjTruthQuestion question) {
    return asked(lowering, field, kj_class_sets_range(lowering->space->sets, 2, 2), question);
}

/* A condition that is never unknown. */
static KjBoxTest asked_presence(const Lowering *lowering, guint field, gboolean missing) {
    KjClassSets *sets = lowering->space->sets;
    guint32 last = kj_space_field(lowering->space, field)->class_count - 1;

    return (KjBoxTest){ field, missing ? kj_class_sets_range(sets, 0, 0) : kj_class_sets_range(sets, 1, last) };
}

static KjRegion *lower_test(Lowering *lowering, KjBoxTest test) {
    return test.set ? kj_region_test(lowering->arena, test.field, test.set) : kj_region_all(lowering->arena);
}

/* Intersects or unites; takes `next`. FALSE at the limit. */
static gboolean combine(Lowering *lowering, KjRegion **result, KjRegion *next, gboolean both) {
    g_autoptr(GPtrArray) taken = next;

    if (!taken)
        return FALSE;
    if (!*result) {
        *result = g_steal_pointer(&taken);
        return TRUE;
    }
    if (both)
        return kj_region_intersect(lowering->arena, lowering->space->sets, *result, taken, lowering->limit);
    kj_region_add(*result, taken);
    if ((*result)->len > 2 * lowering->limit)
        kj_region_simplify(lowering->arena, lowering->space->sets, *result);
    return (*result)->len <= 2 * lowering->limit;
}

/* What is left when there was nothing to combine, and the last tidying. */
static KjRegion *finish(Lowering *lowering, KjRegion *result, gboolean both) {
    if (!result)
        return both ? kj_region_all(lowering->arena) : kj_region_new();
    if (!both)
        kj_region_simplify(lowering->arena, lowering->space->sets, result);
    if (result->len > lowering->limit)
        g_clear_pointer(&result, g_ptr_array_unref);
    return result;
}

/* Whether the condition, asked so, is a single test of one field: then that test. */
static gboolean is_single(const Lowering *lowering, const KjCondition *condition, KjTruthQuestion question, KjBoxTest *test) {
    KjSpace *space = lowering->space;
    gboolean negated;
    guint bit;

    switch (condition->kind) {
    case KJ_CONDITION_NOT:
        return is_single(lowering, condition->operands[0], mirrored(question), test);
    case KJ_CONDITION_SHOWN:
        return is_single(lowering, condition->operands[0], wants_holding(question) ? KJ_TRUE : KJ_NOT_TRUE, test);
    case KJ_CONDITION_TEST:
        *test = asked(lowering, condition->field,
                      kj_classifier_classes(kj_space_field(space, condition->field)->classifier, space->sets, condition->set), question);
        return TRUE;
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        *test = asked_presence(lowering, condition->field, (condition->kind == KJ_CONDITION_MISSING) == wants_holding(question));
        return TRUE;
    case KJ_CONDITION_COMPARE:
        bit = kj_space_compare(space, condition, &negated);
        *test = asked_bit(lowering, bit, negated ? mirrored(question) : question);
        return TRUE;
    case KJ_CONDITION_DURING:
        *test = asked_bit(lowering, kj_space_add_window(space, condition->window), question);
        return TRUE;
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_HAS:
        return FALSE;
    }
    g_assert_not_reached();
}

#define TESTS_MOST 32u /* operands up to which a conjunction is looked at as one box */

/* Narrows `tests`, which are sorted by field, by one more; how many there are then. */
static guint narrow_tests(KjClassSets *sets, KjBoxTest *tests, guint count, const KjBoxTest *test) {
    guint at = count;

    while (at > 0 && tests[at - 1].field > test->field)
        at--;
    if (at > 0 && tests[at - 1].field == test->field) {
        tests[at - 1].set = kj_class_set_intersect(sets, tests[at - 1].set, test->set);
        return count;
    }
    memmove(&tests[at + 1], &tests[at], (count - at) * sizeof *tests);
    tests[at] = *test;
    return count + 1;
}

/* Nearly every rule is a conjunction of tests, and so one box, made at once. NULL: this one is not. */
static KjRegion *lower_box(const Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    KjBoxTest tests[TESTS_MOST], test;
    guint count = 0;
    KjRegion *region;

    if (condition->count > TESTS_MOST)
        return NULL;
    for (guint i = 0; i < condition->count; i++) {
        if (!is_single(lowering, condition->operands[i], question, &test))
            return NULL;
        if (test.set)
            count = narrow_tests(lowering->space->sets, tests, count, &test);
    }
    region = kj_region_new();
    for (guint i = 0; i < count; i++) {
        if (tests[i].set->count == 0)
            return region;
    }
    g_ptr_array_add(region, kj_box_new(lowering->arena, tests, count));
    return region;
}

static KjRegion *lower_operands(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    gboolean both = (condition->kind == KJ_CONDITION_AND) == wants_holding(question);
    g_autoptr(GPtrArray) result = both ? lower_box(lowering, condition, question) : NULL;

    if (result)
        return g_steal_pointer(&result);
    for (guint i = 0; i < condition->count; i++) {
        if (!combine(lowering, &result, lower(lowering, condition->operands[i], question), both))
            return NULL;
    }
    return finish(lowering, g_steal_pointer(&result), both);
}

/* At least one of the members: an OR of bits. */
static KjRegion *lower_members(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    gboolean both = !wants_holding(question);
    g_autoptr(GPtrArray) result = NULL;

    if (condition->count == 0) /* of nothing: false when the field is there */
        return lower_test(lowering, asked(lowering, condition->field, kj_class_sets_range(lowering->space->sets, 1, 0), question));
    for (guint i = 0; i < condition->count; i++) {
        guint bit = kj_space_member(lowering->space, condition->field, condition->members[i]);

        if (!combine(lowering, &result, lower_test(lowering, asked_bit(lowering, bit, question)), both))
            return NULL;
    }
    return finish(lowering, g_steal_pointer(&result), both);
}

static KjRegion *lower(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    KjBoxTest test;

    if (is_single(lowering, condition, question, &test))
        return lower_test(lowering, test);
    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
        return (condition->kind == KJ_CONDITION_TRUE) == wants_holding(question) ? kj_region_all(lowering->arena) : kj_region_new();
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        return lower_operands(lowering, condition, question);
    case KJ_CONDITION_NOT:
        return lower(lowering, condition->operands[0], mirrored(question));
    case KJ_CONDITION_SHOWN:
        return lower(lowering, condition->operands[0], wants_holding(question) ? KJ_TRUE : KJ_NOT_TRUE);
    case KJ_CONDITION_HAS:
        return lower_members(lowering, condition, question);
    default:
        break;
    }
    g_assert_not_reached();
}

KjRegion *kj_space_lower(KjSpace *space, KjArena *arena, const KjCondition *condition, KjTruthQuestion question, guint limit) {
    Lowering lowering = { space, arena, limit };

    return lower(&lowering, condition, question);
}

KjRegion *kj_space_lower_window(KjSpace *space, KjArena *arena, const KjWindow *window, gboolean without_instant) {
    Lowering lowering = { space, arena, 1 };

    return lower_test(&lowering, asked_bit(&lowering, kj_space_add_window(space, window), without_instant ? KJ_NOT_FALSE : KJ_TRUE));
}

/* Narrows the region by another, which it frees; NULL stands for a region that was too large. */
static gboolean narrow(KjSpace *space, KjArena *arena, KjRegion *region, KjRegion *by, guint limit) {
    g_autoptr(GPtrArray) taken = by;

    return taken && kj_region_intersect(arena, space->sets, region, taken, limit);
}

KjRegion *kj_space_lower_rule(KjSpace *space, KjArena *arena, const KjRule *rule, gboolean refuses, guint limit) {
    g_autoptr(GPtrArray) region = kj_space_lower(space, arena, rule->match, KJ_TRUE, limit);
    const KjCondition during = { .kind = KJ_CONDITION_DURING, .window = rule->after };

    if (!region)
        return NULL;
    if (rule->unless && !narrow(space, arena, region, kj_space_lower(space, arena, rule->unless, KJ_NOT_TRUE, limit), limit))
        return NULL;
    if (rule->after && !narrow(space, arena, region, kj_space_lower(space, arena, &during, KJ_NOT_TRUE, limit), limit))
        return NULL;
    if (rule->from && !narrow(space, arena, region, kj_space_lower_window(space, arena, rule->from, refuses), limit))
        return NULL;
    if (rule->until && !narrow(space, arena, region, kj_space_lower_window(space, arena, rule->until, refuses), limit))
        return NULL;
    kj_region_simplify(arena, space->sets, region);
    return g_steal_pointer(&region);
}
