/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions and clauses to conditions.
 *
 * The left of a comparison is a field of the block. The right is a value of the field's type, or, where a relation is written in an
 * expression, another field of the same type. `any` asks nothing, `none` asks whether the field is missing, `not` negates. A named
 * condition (`let x = when E`) is read in the block that uses it, with the names of the module that declares it. Every operand is
 * checked even when one fails, so that independent errors are told together. Recursion is as deep as the syntax, which is bounded.
 */
#include "check.h"

#include "../limits.h"

#include <string.h>

KjCondition *kj_condition_new(KjArena *arena, KjConditionKind kind, KjSpan span) {
    KjCondition *condition = kj_arena_new0(arena, KjCondition);
    condition->kind = kind;
    condition->span = span;
    return condition;
}

const KjCondition *kj_condition_not(KjArena *arena, const KjCondition *operand) {
    KjCondition *condition = kj_condition_new(arena, KJ_CONDITION_NOT, operand->span);
    const KjCondition **operands = kj_arena_newn(arena, const KjCondition *, 1);

    operands[0] = operand;
    condition->operands = operands;
    condition->count = 1;
    return condition;
}

const KjCondition *kj_condition_join(KjArena *arena, KjConditionKind kind, const KjCondition *const *operands, guint count, KjSpan span) {
    KjCondition *condition;
    const KjCondition **copy;

    if (count == 1)
        return operands[0];
    if (count == 0)
        return kj_condition_new(arena, kind == KJ_CONDITION_AND ? KJ_CONDITION_TRUE : KJ_CONDITION_FALSE, span);
    condition = kj_condition_new(arena, kind, span);
    copy = kj_arena_newn(arena, const KjCondition *, count);
    memcpy(copy, operands, sizeof *copy * count);
    condition->operands = copy;
    condition->count = count;
    return condition;
}

static KjCondition *about(const KjScope *scope, KjConditionKind kind, guint field, KjSpan span) {
    KjCondition *condition = kj_condition_new(scope->checker->arena, kind, span);
    condition->field = field;
    return condition;
}

/* ---- operands ---- */

static const KjCondition *operand_condition(const KjScope *scope, guint index, const KjAstValue *value, KjSpan span) {
    const KjField *field = &scope->block->block->fields[index];
    KjArena *arena = scope->checker->arena;
    const KjCondition *choices[2], *inner;
    KjCondition *test;
    KjOperand operand;

    if (value->kind == KJ_VALUE_NOT) {
        inner = operand_condition(scope, index, value->left, span);
        if (inner && inner->kind == KJ_CONDITION_MISSING)
            return about(scope, KJ_CONDITION_PRESENT, index, span);
        return inner ? kj_condition_not(arena, inner) : NULL;
    }
    if (field->type.kind == KJ_TYPE_SERVICE) {
        if (!kj_service_resolve(scope, &scope->block->block->fields[field->protocol].type, value, &operand))
            return NULL;
        if (operand.any || operand.set->kind != KJ_SET_PARAMETER)
            return kj_service_condition(arena, field, &operand, span);
    } else if (!kj_set_resolve(scope, &field->type, value, &operand)) {
        return NULL;
    }
    if (operand.any)
        return about(scope, KJ_CONDITION_TRUE, index, span);
    test = about(scope, KJ_CONDITION_TEST, index, span);
    test->set = operand.set;
    if (!operand.none)
        return test;
    choices[0] = about(scope, KJ_CONDITION_MISSING, index, span);
    choices[1] = test;
    return operand.set->count == 0 ? choices[0] : kj_condition_join(arena, KJ_CONDITION_OR, choices, 2, span);
}

static const KjCondition *report_set_field(const KjScope *scope, const KjAstName *name) {
    KjDiagnostic *set = KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELD_IS_SET, name->span, name->text);
    KJ_CHECK_HELP(set, _("write `%s has \"...\"` after `when`"), name->text);
    return NULL;
}

static gboolean asks_presence(const KjAstValue *value) {
    return value->kind == KJ_VALUE_NONE || value->kind == KJ_VALUE_ANY || (value->kind == KJ_VALUE_NOT && asks_presence(value->left));
}

/* ---- one field with another ---- */

static const KjCondition *compare_fields(const KjScope *scope, guint index, KjRelation relation, const KjAstValue *value, guint other,
                                         KjSpan span) {
    const KjField *left = &scope->block->block->fields[index], *right = &scope->block->block->fields[other];
    gboolean ordering = relation != KJ_RELATION_EQUAL && relation != KJ_RELATION_NOT_EQUAL;
    gboolean alike = left->type.kind == right->type.kind && !right->type.set && left->type.kind != KJ_TYPE_SERVICE;
    KjCondition *condition;

    if (alike && left->type.kind == KJ_TYPE_SYMBOL && (left->type.symbols || right->type.symbols))
        alike = kj_type_same(&left->type, &right->type);
    if (!alike || (ordering && !kj_type_is_ordered(&right->type))) {
        KjDiagnostic *unlike = KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELDS_UNLIKE, value->span, left->name, right->name);
        KJ_CHECK_HELP(unlike, _("both must be of one type: `%s` is %s, `%s` is %s"), left->name,
                      kj_check_type_text(scope->checker, &left->type), right->name, kj_check_type_text(scope->checker, &right->type));
        return NULL;
    }
    condition = about(scope, KJ_CONDITION_COMPARE, index, span);
    condition->other = other;
    condition->relation = relation;
    return condition;
}

/* The field a bare name on the right means; -1 when it means something else. *bad after reporting two meanings. */
static int right_field(const KjScope *scope, const KjField *left, const KjAstValue *value, gboolean *bad) {
    const KjAstName *name = value->name;
    gboolean blocked, named;
    int index;
    guint64 number;

    if (value->kind != KJ_VALUE_NAME || name->qualifier || scope->in_test)
        return -1;
    index = GPOINTER_TO_INT(g_hash_table_lookup(scope->block->field_index, name->text)) - 1;
    if (index < 0 || kj_literal_symbol(&left->type, name->text, &number)) {
        if (index < 0 || scope->block->block->fields[index].type.kind != left->type.kind)
            return -1;
        *bad = TRUE;
    }
    named = kj_names_value(scope->module, name, &blocked) != NULL || g_hash_table_contains(scope->block->parameters, name->text);
    if (named || *bad) {
        KjDiagnostic *ambiguous = KJ_CHECK_TELL(scope->checker, KJ_CODE_NAME_AMBIGUOUS, value->span, name->text, _("the field"),
                                                *bad ? _("a value of the enumeration") : _("what is declared under that name"));
        KJ_CHECK_HELP(ambiguous, _("qualify the name with its module, put it in quotation marks, or rename one of the two"));
        *bad = TRUE;
        return -1;
    }
    return index;
}

/* ---- comparisons ---- */

static gboolean check_ordered(const KjScope *scope, const KjField *field, KjRelation relation, KjSpan span) {
    KjDiagnostic *unordered;

    if (relation == 0 || relation == KJ_RELATION_EQUAL || relation == KJ_RELATION_NOT_EQUAL || kj_type_is_ordered(&field->type))
        return TRUE;
    unordered = KJ_CHECK_TELL(scope->checker, KJ_CODE_NOT_ORDERED, span, field->name);
    if (field->type.kind == KJ_TYPE_SYMBOL && field->type.symbols)
        KJ_CHECK_HELP(unordered,
                      _("an enumeration is ordered when its type is written `greatest > ... > least`; use `in { ... }` otherwise"));
    else
        KJ_CHECK_HELP(unordered, _("use `==`, `!=` or `in`"));
    return FALSE;
}

/* FIELD < V and the like, where V is one value or a parameter of a standard. */
static const KjCondition *ordered_condition(const KjScope *scope, guint index, KjRelation relation, const KjAstValue *value, KjSpan span) {
    const KjField *field = &scope->block->block->fields[index];
    KjArena *arena = scope->checker->arena;
    KjOperand operand;
    const KjSet *related;
    KjCondition *test;

    if (!kj_set_resolve(scope, &field->type, value, &operand))
        return NULL;
    if (operand.set && operand.set->kind == KJ_SET_PARAMETER && !operand.none) {
        KjSet *parameter = kj_set_new(arena, KJ_SET_PARAMETER);
        *parameter = *operand.set;
        parameter->relation = relation;
        related = parameter;
    } else {
        related = operand.none || operand.any ? NULL : kj_set_related(arena, &field->type, relation, operand.set);
    }
    if (!related) {
        KjDiagnostic *several = KJ_CHECK_TELL(scope->checker, KJ_CODE_NOT_SINGLE, value->span, kj_check_value_text(scope->checker, value));
        KJ_CHECK_HELP(several, _("compare with one value, or use `in`"));
        return NULL;
    }
    test = about(scope, KJ_CONDITION_TEST, index, span);
    test->set = related;
    return test;
}

const KjCondition *kj_condition_compare(const KjScope *scope, const KjAstName *name, KjRelation relation, const KjAstValue *value,
                                        gboolean expression, KjSpan span) {
    int index = kj_field_find(scope, name), other;
    const KjField *field;
    const KjCondition *condition;
    gboolean bad = FALSE;

    if (index < 0)
        return NULL;
    field = &scope->block->block->fields[index];
    if (field->type.set && !asks_presence(value))
        return report_set_field(scope, name);
    if (!check_ordered(scope, field, relation, span))
        return NULL;
    other = expression ? right_field(scope, field, value, &bad) : -1;
    if (bad)
        return NULL;
    if (other >= 0)
        return compare_fields(scope, (guint)index, relation, value, (guint)other, span);
    if (relation == 0 || relation == KJ_RELATION_EQUAL)
        return operand_condition(scope, (guint)index, value, span);
    if (relation == KJ_RELATION_NOT_EQUAL) {
        condition = operand_condition(scope, (guint)index, value, span);
        if (condition && condition->kind == KJ_CONDITION_MISSING)
            return about(scope, KJ_CONDITION_PRESENT, (guint)index, span);
        return condition ? kj_condition_not(scope->checker->arena, condition) : NULL;
    }
    return ordered_condition(scope, (guint)index, relation, value, span);
}

const KjCondition *kj_condition_during(const KjScope *scope, const KjAstValue *value, KjSpan span) {
    const KjWindow *window = kj_window_resolve(scope, value);
    KjCondition *condition;

    scope->block->timed = TRUE;
    if (!window)
        return NULL;
    condition = about(scope, KJ_CONDITION_DURING, 0, span);
    condition->window = window;
    return condition;
}

/* ---- has ---- */

const KjCondition *kj_condition_has(const KjScope *scope, const KjAstExpression *expression) {
    int index = kj_field_find(scope, expression->name);
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    const KjField *field;
    KjCondition *condition;
    KjOperand operand;
    const char **copy;

    if (index < 0)
        return NULL;
    field = &scope->block->block->fields[index];
    if (!field->type.set) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_FIELD_NOT_SET, expression->name->span, field->name), _("write `%s in { ... }`"),
                      field->name);
        return NULL;
    }
    if (!kj_set_resolve(scope, &field->type, expression->value, &operand))
        return NULL;
    if (operand.none || operand.any || !kj_literal_texts(scope->checker->arena, &field->type, operand.set, members)) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_HAS_PATTERN, expression->value->span,
                                    kj_check_value_text(scope->checker, expression->value)),
                      _("write the members out: `%s has { \"one\", \"other\" }`"), field->name);
        return NULL;
    }
    copy = kj_arena_newn(scope->checker->arena, const char *, members->len + 1);
    if (members->len)
        memcpy(copy, members->pdata, sizeof *copy * members->len);
    condition = about(scope, KJ_CONDITION_HAS, (guint)index, expression->span);
    condition->members = copy;
    condition->count = members->len;
    return condition;
}

/* ---- names and connectives ---- */

static const KjCondition *check_expression(const KjScope *scope, const KjAstExpression *expression);

static const KjCondition *named_condition(const KjScope *scope, const KjAstExpression *expression, KjEntity *entity) {
    KjScope inside = *scope;
    const KjAstValue *value = entity->declaration->value;

    if (value->kind != KJ_VALUE_WHEN) {
        KjDiagnostic *wrong =
            KJ_CHECK_TELL(scope->checker, KJ_CODE_LET_KIND, expression->span, entity->name,
                          value->kind == KJ_VALUE_WINDOW ? _("a window of time, not a condition") : _("a value, not a condition"));
        KJ_CHECK_HELP(wrong, value->kind == KJ_VALUE_WINDOW ? _("write `during %s`") : _("write `FIELD in %s`"), expression->name->text);
        return NULL;
    }
    inside.module = entity->module;
    return check_expression(&inside, value->expression);
}

static const KjCondition *boolean_field(const KjScope *scope, const KjAstExpression *expression) {
    static const KjInterval yes = { { 0, 0, 1 }, { 0, 0, 1 } };
    int index = kj_field_find(scope, expression->name);
    KjCondition *test;

    if (index < 0)
        return NULL;
    if (scope->block->block->fields[index].type.kind != KJ_TYPE_BOOL || scope->block->block->fields[index].type.set) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_NOT_BOOLEAN, expression->span, expression->name->text),
                      _("compare it: `%s == ...`"), expression->name->text);
        return NULL;
    }
    test = about(scope, KJ_CONDITION_TEST, (guint)index, expression->span);
    test->set = kj_set_intervals(scope->checker->arena, &yes, 1);
    return test;
}

static const KjCondition *name_condition(const KjScope *scope, const KjAstExpression *expression) {
    const KjAstName *name = expression->name;
    gboolean blocked, field = !name->qualifier
                              && (g_hash_table_contains(scope->block->field_index, name->text)
                                  || g_hash_table_contains(scope->block->absent, name->text));
    KjEntity *entity = kj_names_value(scope->module, name, &blocked);

    if (field && entity && entity->declaration->value->kind == KJ_VALUE_WHEN) {
        KJ_CHECK_HELP(
            KJ_CHECK_TELL(scope->checker, KJ_CODE_NAME_AMBIGUOUS, expression->span, name->text, _("the field"), _("the named condition")),
            _("rename the condition, or write `%s == true` for the field"), name->text);
        return NULL;
    }
    if (field)
        return boolean_field(scope, expression);
    if (entity)
        return named_condition(scope, expression, entity);
    if (!blocked)
        kj_names_unknown(scope, name, NULL, kj_check_keys(scope->checker, scope->block->field_index));
    return NULL;
}

static const KjCondition *connective(const KjScope *scope, const KjAstExpression *expression) {
    g_autoptr(GPtrArray) operands = g_ptr_array_new();
    gboolean good = TRUE;

    for (const KjAstExpression *item = expression->items; item; item = item->next) {
        const KjCondition *condition = check_expression(scope, item);
        good = good && condition;
        g_ptr_array_add(operands, (gpointer)condition);
    }
    if (!good)
        return NULL;
    return kj_condition_join(scope->checker->arena, expression->kind == KJ_EXPRESSION_AND ? KJ_CONDITION_AND : KJ_CONDITION_OR,
                             (const KjCondition *const *)operands->pdata, operands->len, expression->span);
}

/* NULL and nothing said when the whole is too large: its root says so. */
static const KjCondition *check_expression(const KjScope *scope, const KjAstExpression *expression) {
    const KjCondition *inner;

    if (++scope->checker->conditions > KJ_LIMIT_CONDITIONS)
        return NULL;
    switch (expression->kind) {
    case KJ_EXPRESSION_AND:
    case KJ_EXPRESSION_OR:
        return connective(scope, expression);
    case KJ_EXPRESSION_NOT:
        inner = check_expression(scope, expression->items);
        return inner ? kj_condition_not(scope->checker->arena, inner) : NULL;
    case KJ_EXPRESSION_NAME:
        return name_condition(scope, expression);
    case KJ_EXPRESSION_COMPARE:
        return kj_condition_compare(scope, expression->name, expression->relation, expression->value, TRUE, expression->span);
    case KJ_EXPRESSION_IN:
        inner = kj_condition_compare(scope, expression->name, 0, expression->value, FALSE, expression->span);
        return inner && expression->negated ? kj_condition_not(scope->checker->arena, inner) : inner;
    case KJ_EXPRESSION_HAS:
        return kj_condition_has(scope, expression);
    case KJ_EXPRESSION_DURING:
        return kj_condition_during(scope, expression->value, expression->span);
    }
    g_assert_not_reached();
}

const KjCondition *kj_condition_check(const KjScope *scope, const KjAstExpression *expression) {
    const KjCondition *condition;

    scope->checker->conditions = 0;
    condition = check_expression(scope, expression);
    if (scope->checker->conditions <= KJ_LIMIT_CONDITIONS)
        return condition;
    KJ_CHECK_HELP(KJ_CHECK_REPORT(scope, KJ_CODE_WRITTEN_OUT, expression->span, KJ_LIMIT_CONDITIONS),
                  _("write several rules, or a set: `FIELD in { ... }`"));
    return NULL;
}

/* ---- clauses ---- */

const KjCondition *kj_clause_check(const KjScope *scope, const KjAstClause *clause) {
    if (!clause->field)
        return kj_condition_during(scope, clause->value, clause->span);
    return kj_condition_compare(scope, clause->field, clause->relation, clause->value, FALSE, clause->span);
}

/* The parts of one conjunction; few rules have more than the first sixteen. */
typedef struct {
    const KjCondition *few[16];
    GPtrArray *many;
    guint count;
    gboolean bad;
} Parts;

static void add_part(Parts *parts, const KjCondition *condition) {
    parts->bad = parts->bad || !condition;
    if (parts->count < G_N_ELEMENTS(parts->few)) {
        parts->few[parts->count++] = condition;
        return;
    }
    if (!parts->many) {
        parts->many = g_ptr_array_new();
        for (guint i = 0; i < parts->count; i++)
            g_ptr_array_add(parts->many, (gpointer)parts->few[i]);
    }
    g_ptr_array_add(parts->many, (gpointer)condition);
    parts->count++;
}

const KjCondition *kj_clauses_check(const KjScope *scope, const KjAstClause *clauses, const KjAstExpression *also,
                                    const KjAstExpression *when, gboolean (*skip)(const KjAstClause *, gpointer), gpointer data,
                                    KjSpan span) {
    Parts parts = { .count = 0 };
    const KjCondition *result = NULL;

    for (const KjAstClause *clause = clauses; clause; clause = clause->next) {
        if (!skip || !skip(clause, data))
            add_part(&parts, kj_clause_check(scope, clause));
    }
    if (also)
        add_part(&parts, kj_condition_check(scope, also));
    if (when)
        add_part(&parts, kj_condition_check(scope, when));
    if (!parts.bad)
        result = kj_condition_join(scope->checker->arena, KJ_CONDITION_AND,
                                   parts.many ? (const KjCondition *const *)parts.many->pdata : parts.few, parts.count, span);
    g_clear_pointer(&parts.many, g_ptr_array_unref);
    return result;
}
