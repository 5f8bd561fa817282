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

/* The box of one field: in `set` or not, as asked; with class 0 where unknown will do. */
static KjRegion *lower_test(Lowering *lowering, guint field, const KjClassSet *set, KjTruthQuestion question) {
    KjClassSets *sets = lowering->space->sets;
    guint32 last = kj_space_field(lowering->space, field)->class_count - 1;

    if (!wants_holding(question))
        set = kj_class_set_complement(sets, set, 1, last);
    if (wants_unknown(question))
        set = kj_class_set_unite(sets, kj_class_sets_range(sets, 0, 0), set);
    return kj_class_set_covers(set, 0, last) ? kj_region_all(lowering->arena) : kj_region_test(lowering->arena, field, set);
}

/* A bit: class 1 no, class 2 yes. */
static KjRegion *lower_bit(Lowering *lowering, guint field, KjTruthQuestion question) {
    return lower_test(lowering, field, kj_class_sets_range(lowering->space->sets, 2, 2), question);
}

/* A condition that is never unknown. */
static KjRegion *lower_presence(Lowering *lowering, guint field, gboolean missing) {
    KjClassSets *sets = lowering->space->sets;
    guint32 last = kj_space_field(lowering->space, field)->class_count - 1;

    return kj_region_test(lowering->arena, field, missing ? kj_class_sets_range(sets, 0, 0) : kj_class_sets_range(sets, 1, last));
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

static KjRegion *lower_operands(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    gboolean both = (condition->kind == KJ_CONDITION_AND) == wants_holding(question);
    g_autoptr(GPtrArray) result = NULL;

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
        return lower_test(lowering, condition->field, kj_class_sets_range(lowering->space->sets, 1, 0), question);
    for (guint i = 0; i < condition->count; i++) {
        guint bit = kj_space_member(lowering->space, condition->field, condition->members[i]);

        if (!combine(lowering, &result, lower_bit(lowering, bit, question), both))
            return NULL;
    }
    return finish(lowering, g_steal_pointer(&result), both);
}

static KjRegion *lower_compare(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    gboolean negated;
    guint bit = kj_space_compare(lowering->space, condition, &negated);

    return lower_bit(lowering, bit, negated ? mirrored(question) : question);
}

static KjRegion *lower(Lowering *lowering, const KjCondition *condition, KjTruthQuestion question) {
    KjSpace *space = lowering->space;
    const KjClassSet *set;

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
    case KJ_CONDITION_TEST:
        set = kj_classifier_classes(kj_space_field(space, condition->field)->classifier, space->sets, condition->set);
        return lower_test(lowering, condition->field, set, question);
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        return lower_presence(lowering, condition->field, (condition->kind == KJ_CONDITION_MISSING) == wants_holding(question));
    case KJ_CONDITION_HAS:
        return lower_members(lowering, condition, question);
    case KJ_CONDITION_COMPARE:
        return lower_compare(lowering, condition, question);
    case KJ_CONDITION_DURING:
        return lower_bit(lowering, kj_space_add_window(space, condition->window), question);
    }
    g_assert_not_reached();
}

KjRegion *kj_space_lower(KjSpace *space, KjArena *arena, const KjCondition *condition, KjTruthQuestion question, guint limit) {
    Lowering lowering = { space, arena, limit };

    return lower(&lowering, condition, question);
}

KjRegion *kj_space_lower_window(KjSpace *space, KjArena *arena, const KjWindow *window, gboolean without_instant) {
    Lowering lowering = { space, arena, 1 };

    return lower_bit(&lowering, kj_space_add_window(space, window), without_instant ? KJ_NOT_FALSE : KJ_TRUE);
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
