/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the answer to a test's request depends on the instant.
 *
 * Every condition gets the least and the greatest of its three truth values that any instant could give it, with windows free to be
 * either. A rule then matches always, never, or at some instants. The answer depends on time when a rule of the last kind could decide.
 * Windows are taken as independent, so a test may be asked for an `at` that makes no difference; never the other way round. Linear in the
 * block.
 */
#include "check.h"

#include <string.h>

typedef enum { NO, UNKNOWN, YES } Truth;

typedef struct {
    Truth least, greatest;
} Range;

static Range exactly(Truth truth) {
    return (Range){ truth, truth };
}

static gboolean holds_interval(const KjSet *set, const KjSet *value) {
    for (guint i = 0; i < set->count; i++) {
        if (kj_ordinal_compare(set->intervals[i].low, value->intervals[0].low) <= 0
            && kj_ordinal_compare(value->intervals[0].low, set->intervals[i].high) <= 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean holds_pattern(const KjSet *set, const KjSet *value) {
    const KjPattern *exact = value->patterns[0];
    g_autofree const char **tokens = g_new(const char *, exact->count + 1);

    for (guint i = 0; i < exact->count; i++)
        tokens[i] = exact->tokens[i].text;
    for (guint i = 0; i < set->count; i++) {
        if (kj_pattern_matches(set->patterns[i], tokens, exact->count))
            return TRUE;
    }
    return FALSE;
}

static gboolean holds(const KjSet *set, const KjSet *value) {
    switch (set->kind) {
    case KJ_SET_INTERVALS:
        return holds_interval(set, value);
    case KJ_SET_PATTERNS:
        return holds_pattern(set, value);
    case KJ_SET_UNION:
        for (guint i = 0; i < set->count; i++) {
            if (holds(set->members[i], value))
                return TRUE;
        }
        return FALSE;
    case KJ_SET_MINUS:
        return holds(set->members[0], value) && !holds(set->members[1], value);
    case KJ_SET_COMPLEMENT:
        return !holds(set->members[0], value);
    case KJ_SET_PARAMETER:
        break; /* a standard has no tests */
    }
    return FALSE;
}

static Truth has_any(const KjBlock *block, const KjSet *const *known, const KjCondition *condition) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(GPtrArray) members = g_ptr_array_new();

    if (!known[condition->field])
        return UNKNOWN;
    kj_literal_texts(arena, &block->fields[condition->field].type, known[condition->field], members);
    for (guint i = 0; i < condition->count; i++) {
        if (g_ptr_array_find_with_equal_func(members, condition->members[i], g_str_equal, NULL))
            return YES;
    }
    return NO;
}

static Truth compare(const KjSet *const *known, const KjCondition *condition) {
    const KjSet *left = known[condition->field], *right = known[condition->other];
    int order;

    if (!left || !right)
        return UNKNOWN;
    order = left->kind == KJ_SET_INTERVALS ? kj_ordinal_compare(left->intervals[0].low, right->intervals[0].low)
                                           : strcmp(left->patterns[0]->text, right->patterns[0]->text);
    switch (condition->relation) {
    case KJ_RELATION_EQUAL:
        return order == 0 ? YES : NO;
    case KJ_RELATION_NOT_EQUAL:
        return order != 0 ? YES : NO;
    case KJ_RELATION_LESS:
        return order < 0 ? YES : NO;
    case KJ_RELATION_LESS_EQUAL:
        return order <= 0 ? YES : NO;
    case KJ_RELATION_GREATER:
        return order > 0 ? YES : NO;
    default:
        return order >= 0 ? YES : NO;
    }
}

static Range evaluate(const KjBlock *block, const KjSet *const *known, const KjCondition *condition) {
    const KjSet *value = known[condition->field];
    Range all, one;

    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
        return exactly(YES);
    case KJ_CONDITION_FALSE:
        return exactly(NO);
    case KJ_CONDITION_NOT:
        one = evaluate(block, known, condition->operands[0]);
        return (Range){ YES - one.greatest, YES - one.least };
    case KJ_CONDITION_SHOWN:
        one = evaluate(block, known, condition->operands[0]);
        return (Range){ one.least == YES ? YES : NO, one.greatest == YES ? YES : NO };
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        all = exactly(condition->kind == KJ_CONDITION_AND ? YES : NO);
        for (guint i = 0; i < condition->count; i++) {
            one = evaluate(block, known, condition->operands[i]);
            if (condition->kind == KJ_CONDITION_AND)
                all = (Range){ MIN(all.least, one.least), MIN(all.greatest, one.greatest) };
            else
                all = (Range){ MAX(all.least, one.least), MAX(all.greatest, one.greatest) };
        }
        return all;
    case KJ_CONDITION_TEST:
        return exactly(!value ? UNKNOWN : holds(condition->set, value) ? YES : NO);
    case KJ_CONDITION_MISSING:
        return exactly(value ? NO : YES);
    case KJ_CONDITION_PRESENT:
        return exactly(value ? YES : NO);
    case KJ_CONDITION_HAS:
        return exactly(has_any(block, known, condition));
    case KJ_CONDITION_COMPARE:
        return exactly(compare(known, condition));
    case KJ_CONDITION_DURING:
        return (Range){ NO, YES };
    }
    g_assert_not_reached();
}

gboolean kj_request_depends_on_time(const KjBlock *block, const KjSet *const *known) {
    gint64 certain = -1, possible = -1; /* the strictest effects of rules that match always, and at some instants */

    for (guint i = 0; i < block->field_count; i++) {
        if ((block->fields[i].flags & KJ_FIELD_REQUIRED) && !known[i])
            return FALSE; /* an error at every instant */
    }
    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        Range match = evaluate(block, known, rule->match), unless = rule->unless ? evaluate(block, known, rule->unless) : exactly(NO);
        gboolean may = match.greatest == YES && unless.least != YES;
        gboolean must = match.least == YES && unless.greatest != YES && !rule->after && !rule->from && !rule->until;
        if (may && !must && block->domain->combining != KJ_COMBINING_STRICTEST)
            return TRUE;
        if (must && block->domain->combining == KJ_COMBINING_FIRST_MATCH)
            return FALSE;
        if (may && !must)
            possible = MAX(possible, (gint64)rule->effect);
        else if (must)
            certain = MAX(certain, (gint64)rule->effect);
    }
    return possible >= 0 && possible >= certain;
}
