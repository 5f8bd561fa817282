/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A standard's condition as a block that conforms to it sees it: parameters replaced by the values the block binds, fields by the block's
 * fields of the same names. What does not change is shared, not copied.
 */
#include "check.h"

#include <string.h>

typedef struct {
    KjArena *arena;
    const KjBlock *standard, *block;
    const KjConformance *conformance;
} Binding;

static guint block_field(const Binding *binding, guint field) {
    const KjField *wanted = &binding->standard->fields[field];

    if (!binding->block)
        return field;
    if (field < binding->block->field_count && strcmp(binding->block->fields[field].name, wanted->name) == 0)
        return field;
    for (guint i = 0; i < binding->block->field_count; i++) {
        if (strcmp(binding->block->fields[i].name, wanted->name) == 0)
            return i;
    }
    g_return_val_if_reached(field); /* a block has every field of what it conforms to */
}

static const KjSet *bound(const Binding *binding, const char *parameter) {
    for (guint i = 0; i < binding->conformance->binding_count; i++) {
        if (strcmp(binding->conformance->bindings[i].parameter, parameter) == 0)
            return binding->conformance->bindings[i].value;
    }
    return NULL;
}

static const KjSet *bind_parameter(const Binding *binding, const KjDataType *type, const KjSet *set) {
    const KjSet *value = bound(binding, set->name), *related;
    KjSet *passed;

    g_return_val_if_fail(value != NULL, set); /* every parameter is bound, or the block has errors */
    if (!set->relation)
        return value;
    if (value->kind == KJ_SET_PARAMETER) {
        passed = kj_set_new(binding->arena, KJ_SET_PARAMETER);
        *passed = *value;
        passed->relation = set->relation;
        return passed;
    }
    related = kj_set_related(binding->arena, type, set->relation, value);
    return related ? related : kj_set_intervals(binding->arena, NULL, 0);
}

static void append_intervals(GArray *all, const KjSet *set) {
    g_array_append_vals(all, set->intervals, set->count);
}

/* Sets of numbers whose parts are all known become plain intervals again. */
static const KjSet *flatten_union(const Binding *binding, const KjDataType *type, const KjSet *set) {
    g_autoptr(GArray) all = NULL;

    for (guint i = 0; i < set->count; i++) {
        if (!kj_type_is_line(type) || set->members[i]->kind != KJ_SET_INTERVALS)
            return set;
    }
    all = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    for (guint i = 0; i < set->count; i++)
        append_intervals(all, set->members[i]);
    kj_intervals_normalise(all);
    return kj_set_intervals(binding->arena, (const KjInterval *)(void *)all->data, all->len);
}

/* A standard may speak of an enumeration that is open there and closed in the block: its texts become the block's symbols. */
static const KjSet *close_set(const Binding *binding, const KjDataType *type, const KjSet *set) {
    g_autoptr(GArray) points = NULL;
    const KjSet **members;
    KjSet *copy;

    if (set->kind == KJ_SET_PATTERNS) {
        points = g_array_new(FALSE, FALSE, sizeof(KjInterval));
        for (guint i = 0; i < set->count; i++) {
            guint64 number;
            if (kj_literal_symbol(type, set->patterns[i]->text, &number))
                g_array_append_val(points, ((KjInterval){ kj_ordinal_number(number), kj_ordinal_number(number) }));
        }
        kj_intervals_normalise(points);
        return kj_set_intervals(binding->arena, (const KjInterval *)(void *)points->data, points->len);
    }
    if (set->kind == KJ_SET_INTERVALS || set->kind == KJ_SET_PARAMETER)
        return set;
    members = kj_arena_newn(binding->arena, const KjSet *, set->count);
    for (guint i = 0; i < set->count; i++)
        members[i] = close_set(binding, type, set->members[i]);
    copy = kj_set_new(binding->arena, set->kind);
    *copy = *set;
    copy->members = members;
    return copy->kind == KJ_SET_MINUS        ? kj_set_minus(binding->arena, type, members[0], members[1])
           : copy->kind == KJ_SET_COMPLEMENT ? kj_set_complement(binding->arena, type, members[0])
                                             : flatten_union(binding, type, copy);
}

static const KjSet *bind_set(const Binding *binding, const KjDataType *type, const KjSet *set) {
    const KjSet **members;
    KjSet *copy;

    if (!kj_set_has_parameter(set))
        return set;
    if (set->kind == KJ_SET_PARAMETER)
        return bind_parameter(binding, type, set);
    members = kj_arena_newn(binding->arena, const KjSet *, set->count);
    for (guint i = 0; i < set->count; i++)
        members[i] = bind_set(binding, type, set->members[i]);
    if (set->kind == KJ_SET_MINUS)
        return kj_set_minus(binding->arena, type, members[0], members[1]);
    if (set->kind == KJ_SET_COMPLEMENT)
        return kj_set_complement(binding->arena, type, members[0]);
    copy = kj_set_new(binding->arena, KJ_SET_UNION);
    *copy = *set;
    copy->members = members;
    return flatten_union(binding, type, copy);
}

static const KjCondition *bind_condition(const Binding *binding, const KjCondition *condition) {
    KjCondition *copy = kj_arena_new0(binding->arena, KjCondition);
    const KjField *field = &binding->standard->fields[condition->field];
    const KjCondition **operands;
    const KjSet *value;

    *copy = *condition;
    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN:
        operands = kj_arena_newn(binding->arena, const KjCondition *, condition->count);
        for (guint i = 0; i < condition->count; i++)
            operands[i] = bind_condition(binding, condition->operands[i]);
        copy->operands = operands;
        return copy;
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
    case KJ_CONDITION_DURING:
        return copy;
    case KJ_CONDITION_TEST:
        copy->field = block_field(binding, condition->field);
        value = field->type.kind == KJ_TYPE_SERVICE ? bound(binding, condition->set->name) : NULL;
        if (value && value->kind != KJ_SET_PARAMETER) {
            const KjField *service = binding->block ? &binding->block->fields[copy->field] : field;
            return kj_service_condition(binding->arena, service, &(KjOperand){ value, FALSE, FALSE }, condition->span);
        }
        copy->set = value ? value : bind_set(binding, &field->type, condition->set);
        if (binding->block && !kj_type_is_line(&field->type) && kj_type_is_line(&binding->block->fields[copy->field].type))
            copy->set = close_set(binding, &binding->block->fields[copy->field].type, copy->set);
        return copy;
    case KJ_CONDITION_COMPARE:
        copy->other = block_field(binding, condition->other);
        break;
    default:
        break;
    }
    copy->field = block_field(binding, condition->field);
    return copy;
}

const KjCondition *kj_condition_bind(KjArena *arena, const KjBlock *standard, const KjBlock *block, const KjConformance *conformance,
                                     const KjCondition *condition) {
    const Binding binding = { arena, standard, block, conformance };

    return condition ? bind_condition(&binding, condition) : NULL;
}
