/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The truth of a condition, in three values.
 *
 * A test on a field the request does not have is unknown, and so is its negation; `none` and `not none` are the two questions that are
 * never unknown, because they ask about exactly that. Operands are all evaluated, never cut short, so that a problem (a zone this
 * machine lacks) shows for every request and not only for some. Recursion is as deep as the tree, which KJ_LIMIT_NESTING bounds.
 */
#include "reference.h"

static KjTruth truth(gboolean holds) {
    return holds ? KJ_TRUTH_TRUE : KJ_TRUTH_FALSE;
}

static gboolean in_intervals(const KjSet *set, const KjReferenceValue *value) {
    for (guint i = 0; i < set->count; i++) {
        const KjInterval *interval = &set->intervals[i];

        if (kj_ordinal_compare(interval->low, value->ordinal) <= 0 && kj_ordinal_compare(value->ordinal, interval->high) <= 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean fits_pattern(const KjSet *set, const KjReferenceValue *value) {
    for (guint i = 0; i < set->count; i++) {
        if (kj_pattern_matches(set->patterns[i], (const char *const *)value->tokens, value->token_count))
            return TRUE;
    }
    return FALSE;
}

static gboolean in_set(const KjSet *set, const KjReferenceValue *value) {
    switch (set->kind) {
    case KJ_SET_INTERVALS:
        return in_intervals(set, value);
    case KJ_SET_PATTERNS:
        return fits_pattern(set, value);
    case KJ_SET_UNION:
        for (guint i = 0; i < set->count; i++) {
            if (in_set(set->members[i], value))
                return TRUE;
        }
        return FALSE;
    case KJ_SET_MINUS:
        return in_set(set->members[0], value) && !in_set(set->members[1], value);
    case KJ_SET_COMPLEMENT:
        return !in_set(set->members[0], value);
    case KJ_SET_PARAMETER:
        break; /* only standards have them, and a standard decides nothing */
    }
    g_return_val_if_reached(FALSE);
}

static KjTruth has_member(const KjReferenceRequest *request, const KjCondition *condition) {
    const KjField *field = &request->block->fields[condition->field];
    const KjReferenceField *slot = &request->fields[condition->field];
    gboolean found = FALSE;

    if (!slot->present)
        return KJ_TRUTH_UNKNOWN;
    for (guint i = 0; i < condition->count; i++) {
        const char *problem;
        KjReferenceValue wanted;

        /* The checker read this text once already, so it can be read again; a text that cannot is nobody's member. */
        if (kj_reference_value_read(&field->type, condition->members[i], &wanted, &problem)) {
            for (guint j = 0; j < slot->members->len; j++)
                found = found || kj_reference_value_equal(&g_array_index(slot->members, KjReferenceValue, j), &wanted);
        }
        kj_reference_value_clear(&wanted);
    }
    return truth(found);
}

static KjTruth compare_fields(const KjReferenceRequest *request, const KjCondition *condition) {
    const KjReferenceField *left = &request->fields[condition->field], *right = &request->fields[condition->other];
    int order;

    if (!left->present || !right->present)
        return KJ_TRUTH_UNKNOWN;
    if (condition->relation == KJ_RELATION_EQUAL || condition->relation == KJ_RELATION_NOT_EQUAL)
        return truth(kj_reference_value_equal(&left->value, &right->value) == (condition->relation == KJ_RELATION_EQUAL));
    order = kj_ordinal_compare(left->value.ordinal, right->value.ordinal);
    switch (condition->relation) {
    case KJ_RELATION_LESS:
        return truth(order < 0);
    case KJ_RELATION_LESS_EQUAL:
        return truth(order <= 0);
    case KJ_RELATION_GREATER:
        return truth(order > 0);
    default:
        return truth(order >= 0);
    }
}

/* AND is the least of its operands, OR the greatest: of none of them, TRUE and FALSE. */
static KjTruth combine(KjReferenceRequest *request, const KjCondition *condition) {
    gboolean both = condition->kind == KJ_CONDITION_AND;
    KjTruth result = truth(both);

    for (guint i = 0; i < condition->count; i++) {
        KjTruth operand = kj_reference_condition(request, condition->operands[i]);
        result = both ? MIN(result, operand) : MAX(result, operand);
    }
    return result;
}

KjTruth kj_reference_condition(KjReferenceRequest *request, const KjCondition *condition) {
    const KjReferenceField *slot = &request->fields[condition->field];

    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
        return truth(condition->kind == KJ_CONDITION_TRUE);
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        return combine(request, condition);
    case KJ_CONDITION_NOT:
        return KJ_TRUTH_TRUE - kj_reference_condition(request, condition->operands[0]);
    case KJ_CONDITION_SHOWN:
        return truth(kj_reference_condition(request, condition->operands[0]) == KJ_TRUTH_TRUE);
    case KJ_CONDITION_TEST:
        return slot->present ? truth(in_set(condition->set, &slot->value)) : KJ_TRUTH_UNKNOWN;
    case KJ_CONDITION_MISSING:
        return truth(!slot->present);
    case KJ_CONDITION_PRESENT:
        return truth(slot->present);
    case KJ_CONDITION_HAS:
        return has_member(request, condition);
    case KJ_CONDITION_COMPARE:
        return compare_fields(request, condition);
    case KJ_CONDITION_DURING:
        return kj_reference_window(request, condition->window);
    }
    g_return_val_if_reached(KJ_TRUTH_UNKNOWN);
}
