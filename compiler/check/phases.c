/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `require C`, where fields belong to phases of a request.
 *
 * A requirement on a field of one phase (age, at login) says nothing about a request of another (a password being chosen). So every
 * literal of C on a field of phase p also holds where no field of p is there and some field of another phase is. Negations are pushed to
 * the literals first (De Morgan holds in Kleene's logic), because the excuse must never stand under a `not`. A request that shows no phase
 * at all is excused from nothing: it is refused.
 */
#include "check.h"

#include <string.h>

typedef struct {
    KjArena *arena;
    const KjBlock *block;
} Phases;

static const KjCondition *presence(const Phases *phases, KjConditionKind kind, guint field, KjSpan span) {
    KjCondition *condition = kj_condition_new(phases->arena, kind, span);
    condition->field = field;
    return condition;
}

/* No field of `phase` is there, and one of another phase is. NULL when there is no other phase. */
static const KjCondition *absent(const Phases *phases, const char *phase, KjSpan span) {
    const KjBlock *block = phases->block;
    const KjCondition **missing = kj_arena_newn(phases->arena, const KjCondition *, block->field_count + 1);
    const KjCondition **present = kj_arena_newn(phases->arena, const KjCondition *, block->field_count + 1), *both[2];
    guint missing_count = 0, present_count = 0;

    for (guint i = 0; i < block->field_count; i++) {
        const char *other = block->fields[i].phase;
        if (!other)
            continue;
        if (strcmp(other, phase) == 0)
            missing[missing_count++] = presence(phases, KJ_CONDITION_MISSING, i, span);
        else
            present[present_count++] = presence(phases, KJ_CONDITION_PRESENT, i, span);
    }
    if (present_count == 0)
        return NULL;
    both[0] = kj_condition_join(phases->arena, KJ_CONDITION_AND, missing, missing_count, span);
    both[1] = kj_condition_join(phases->arena, KJ_CONDITION_OR, present, present_count, span);
    return kj_condition_join(phases->arena, KJ_CONDITION_AND, both, 2, span);
}

static const KjCondition *excuse(const Phases *phases, const KjCondition *literal, const char *phase) {
    const KjCondition *choices[2] = { literal, NULL };

    choices[1] = phase ? absent(phases, phase, literal->span) : NULL;
    return choices[1] ? kj_condition_join(phases->arena, KJ_CONDITION_OR, choices, 2, literal->span) : literal;
}

static const KjCondition *excuse_literal(const Phases *phases, const KjCondition *literal, const KjCondition *atom) {
    const KjField *fields = phases->block->fields;
    const char *phase, *other;

    switch (atom->kind) {
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
    case KJ_CONDITION_DURING:
        return literal;
    case KJ_CONDITION_COMPARE:
        phase = fields[atom->field].phase;
        other = fields[atom->other].phase;
        literal = excuse(phases, literal, phase);
        return g_strcmp0(phase, other) == 0 ? literal : excuse(phases, literal, other);
    default:
        return excuse(phases, literal, fields[atom->field].phase);
    }
}

static const KjCondition *negated_literal(const Phases *phases, const KjCondition *atom) {
    switch (atom->kind) {
    case KJ_CONDITION_TRUE:
        return kj_condition_new(phases->arena, KJ_CONDITION_FALSE, atom->span);
    case KJ_CONDITION_FALSE:
        return kj_condition_new(phases->arena, KJ_CONDITION_TRUE, atom->span);
    case KJ_CONDITION_MISSING:
        return presence(phases, KJ_CONDITION_PRESENT, atom->field, atom->span);
    case KJ_CONDITION_PRESENT:
        return presence(phases, KJ_CONDITION_MISSING, atom->field, atom->span);
    default:
        return kj_condition_not(phases->arena, atom);
    }
}

static const KjCondition *walk(const Phases *phases, const KjCondition *condition, gboolean negated) {
    gboolean conjunction = condition->kind == KJ_CONDITION_AND;
    const KjCondition **operands;

    switch (condition->kind) {
    case KJ_CONDITION_NOT:
        return walk(phases, condition->operands[0], !negated);
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        operands = kj_arena_newn(phases->arena, const KjCondition *, condition->count);
        for (guint i = 0; i < condition->count; i++)
            operands[i] = walk(phases, condition->operands[i], negated);
        return kj_condition_join(phases->arena, conjunction != negated ? KJ_CONDITION_AND : KJ_CONDITION_OR, operands, condition->count,
                                 condition->span);
    default:
        return excuse_literal(phases, negated ? negated_literal(phases, condition) : condition, condition);
    }
}

const KjCondition *kj_phases_excuse(KjArena *arena, const KjBlock *block, const KjCondition *condition) {
    const Phases phases = { arena, block };

    for (guint i = 0; i < block->field_count; i++) {
        if (block->fields[i].phase)
            return walk(&phases, condition, FALSE);
    }
    return condition;
}
