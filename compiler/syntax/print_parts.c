/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The canonical form of values, types, conditions and items, as pieces of a layout.
 *
 * Parentheses come from the tree alone: an OR inside an AND, a NOT over either, a difference on the right of a difference or under `not`.
 * Literals are printed as they were spelled.
 */
#include "print_parts.h"

#include <string.h>

#include "../translate.h"

static const char *
relation_text(KjRelation relation)
{
    static const char *const texts[] = { "", "==", "!=", "<", "<=", ">", ">=" };

    return texts[relation];
}

static void
put_name(KjLayout *layout, const KjAstName *name)
{
    kj_layout_text(layout, name->text, name->span.start);
}

/* ---- values ---- */

static void put_value(KjLayout *layout, const KjAstValue *value);

static void
put_set(KjLayout *layout, const KjAstValue *set)
{
    const char *space = set->items != NULL ? " " : "";

    kj_layout_text(layout, "{", set->span.start);
    kj_layout_open(layout);
    for (const KjAstValue *item = set->items; item != NULL; item = item->next) {
        if (item == set->items)
            kj_layout_break(layout, space);
        else
            kj_layout_fill(layout, space);
        put_value(layout, item);
        if (item->next != NULL)
            kj_layout_text(layout, ",", G_MAXUINT32);
        else
            kj_layout_text_if_broken(layout, ",");
    }
    kj_layout_break_out(layout, space);
    kj_layout_close(layout);
    kj_layout_text(layout, "}", set->span.end > 0 ? set->span.end - 1 : G_MAXUINT32);
}

static void
put_zone(KjLayout *layout, const KjAstValue *value)
{
    kj_layout_text(layout, "zone ", G_MAXUINT32);
    kj_layout_text(layout, value->spelling, value->text_span.start);
}

static void
put_window(KjLayout *layout, const KjAstValue *window)
{
    if (window->left != NULL)
        put_value(layout, window->left);
    if (window->left != NULL && window->right != NULL)
        kj_layout_text(layout, " ", G_MAXUINT32);
    if (window->right != NULL)
        put_value(layout, window->right);
    if (window->text != NULL) {
        kj_layout_text(layout, " ", G_MAXUINT32);
        put_zone(layout, window);
    }
}

static void
put_parenthesised(KjLayout *layout, const KjAstValue *value, gboolean needed)
{
    kj_layout_text(layout, needed ? "(" : "", G_MAXUINT32);
    put_value(layout, value);
    kj_layout_text(layout, needed ? ")" : "", G_MAXUINT32);
}

/* One group for the whole chain a - b - c, which nests on the left. */
static void
put_chain(KjLayout *layout, const KjAstValue *value)
{
    if (value->left->kind == KJ_VALUE_MINUS)
        put_chain(layout, value->left);
    else
        put_value(layout, value->left);
    kj_layout_fill(layout, " ");
    kj_layout_text(layout, "- ", G_MAXUINT32);
    put_parenthesised(layout, value->right, value->right->kind == KJ_VALUE_MINUS);
}

static void
put_csv(KjLayout *layout, const KjAstValue *csv)
{
    kj_layout_text(layout, "from ", csv->span.start);
    kj_layout_text(layout, csv->spelling, csv->text_span.start);
    kj_layout_open(layout);
    kj_layout_fill(layout, " ");
    kj_layout_text(layout, "column ", G_MAXUINT32);
    put_name(layout, csv->name);
    if (csv->expression != NULL) {
        kj_layout_fill(layout, " ");
        kj_layout_text(layout, "where ", G_MAXUINT32);
        kj_put_expression(layout, csv->expression);
    }
    kj_layout_close(layout);
}

static void
put_value(KjLayout *layout, const KjAstValue *value)
{
    switch (value->kind) {
    case KJ_VALUE_NAME:
        put_name(layout, value->name);
        break;
    case KJ_VALUE_RANGE:
        put_value(layout, value->left);
        kj_layout_text(layout, "..", G_MAXUINT32);
        put_value(layout, value->right);
        break;
    case KJ_VALUE_SET:
        put_set(layout, value);
        break;
    case KJ_VALUE_ANY:
        kj_layout_text(layout, "any", value->span.start);
        break;
    case KJ_VALUE_NONE:
        kj_layout_text(layout, "none", value->span.start);
        break;
    case KJ_VALUE_NOT:
        kj_layout_text(layout, "not ", value->span.start);
        put_parenthesised(layout, value->left, value->left->kind == KJ_VALUE_MINUS);
        break;
    case KJ_VALUE_MINUS:
        kj_layout_open(layout);
        put_chain(layout, value);
        kj_layout_close(layout);
        break;
    case KJ_VALUE_WINDOW:
        put_window(layout, value);
        break;
    case KJ_VALUE_WHEN:
        kj_layout_text(layout, "when ", value->span.start);
        kj_put_expression(layout, value->expression);
        break;
    case KJ_VALUE_CSV:
        put_csv(layout, value);
        break;
    default:
        kj_layout_text(layout, value->spelling, value->span.start);
        break;
    }
}

void
kj_put_value(KjLayout *layout, const KjAstValue *value)
{
    put_value(layout, value);
}

/* ---- conditions ---- */

static void put_condition(KjLayout *layout, const KjAstExpression *expression);

static void
put_operand(KjLayout *layout, const KjAstExpression *operand, gboolean parentheses)
{
    kj_layout_text(layout, parentheses ? "(" : "", G_MAXUINT32);
    put_condition(layout, operand);
    kj_layout_text(layout, parentheses ? ")" : "", G_MAXUINT32);
}

static void
put_junction(KjLayout *layout, const KjAstExpression *junction)
{
    gboolean both = junction->kind == KJ_EXPRESSION_AND;

    kj_layout_open(layout);
    for (const KjAstExpression *item = junction->items; item != NULL; item = item->next) {
        if (item != junction->items) {
            kj_layout_fill(layout, " ");
            kj_layout_text(layout, both ? "and " : "or ", G_MAXUINT32);
        }
        put_operand(layout, item, both && item->kind == KJ_EXPRESSION_OR);
    }
    kj_layout_close(layout);
}

static void
put_condition(KjLayout *layout, const KjAstExpression *expression)
{
    const KjAstExpression *operand = expression->items;

    if (expression->name != NULL)
        put_name(layout, expression->name);
    switch (expression->kind) {
    case KJ_EXPRESSION_AND:
    case KJ_EXPRESSION_OR:
        put_junction(layout, expression);
        return;
    case KJ_EXPRESSION_NOT:
        kj_layout_text(layout, "not ", expression->span.start);
        put_operand(layout, operand, operand->kind == KJ_EXPRESSION_AND || operand->kind == KJ_EXPRESSION_OR);
        return;
    case KJ_EXPRESSION_NAME:
        return;
    case KJ_EXPRESSION_COMPARE:
        kj_layout_printf(layout, G_MAXUINT32, " %s ", relation_text(expression->relation));
        break;
    case KJ_EXPRESSION_IN:
        kj_layout_text(layout, expression->negated ? " not in " : " in ", G_MAXUINT32);
        break;
    case KJ_EXPRESSION_HAS:
        kj_layout_text(layout, " has ", G_MAXUINT32);
        break;
    case KJ_EXPRESSION_DURING:
        kj_layout_text(layout, "during ", expression->span.start);
        break;
    }
    put_value(layout, expression->value);
}

void
kj_put_expression(KjLayout *layout, const KjAstExpression *expression)
{
    put_condition(layout, expression);
}

/* ---- types ---- */

void
kj_put_type(KjLayout *layout, const KjAstType *type)
{
    switch (type->kind) {
    case KJ_AST_TYPE_NAME:
        put_name(layout, type->name);
        break;
    case KJ_AST_TYPE_RANGE:
        put_value(layout, type->low);
        kj_layout_text(layout, "..", G_MAXUINT32);
        put_value(layout, type->high);
        break;
    case KJ_AST_TYPE_SET_OF:
        kj_layout_text(layout, "set of ", type->span.start);
        kj_put_type(layout, type->of);
        break;
    case KJ_AST_TYPE_ENUM:
        kj_layout_text(layout, type->ordered ? "" : "{", type->span.start);
        kj_layout_open(layout);
        for (const KjAstName *name = type->values; name != NULL; name = name->next) {
            if (name != type->values)
                kj_layout_fill(layout, " ");
            else if (!type->ordered)
                kj_layout_break(layout, " ");
            kj_layout_text(layout, type->ordered && name != type->values ? "> " : "", G_MAXUINT32);
            put_name(layout, name);
            if (!type->ordered && name->next != NULL)
                kj_layout_text(layout, ",", G_MAXUINT32);
        }
        if (!type->ordered) {
            kj_layout_text_if_broken(layout, ",");
            kj_layout_break_out(layout, " ");
        }
        kj_layout_close(layout);
        kj_layout_text(layout, type->ordered ? "" : "}", type->span.end > 0 ? type->span.end - 1 : G_MAXUINT32);
        break;
    }
}

/* ---- items ---- */

void
kj_put_clause(KjLayout *layout, const KjAstClause *clause)
{
    if (clause->field != NULL)
        put_name(layout, clause->field);
    else
        kj_layout_text(layout, "during", clause->span.start);
    if (clause->relation != 0)
        kj_layout_printf(layout, G_MAXUINT32, " %s", relation_text(clause->relation));
    kj_layout_text(layout, " ", G_MAXUINT32);
    put_value(layout, clause->value);
}

void
kj_put_condition_part(KjLayout *layout, const char *word, const KjAstExpression *expression)
{
    if (expression == NULL)
        return;
    kj_layout_fill(layout, " ");
    kj_layout_printf(layout, G_MAXUINT32, "%s ", word);
    put_condition(layout, expression);
}

static void
put_annotation(KjLayout *layout, const KjAstAnnotation *annotation)
{
    kj_layout_text(layout, "@", annotation->span.start);
    put_name(layout, annotation->name);
    if (annotation->argument == NULL)
        return;
    kj_layout_text(layout, "(", G_MAXUINT32);
    kj_layout_open(layout);
    put_value(layout, annotation->argument);
    if (annotation->translation.text != NULL) {
        kj_layout_text(layout, ",", G_MAXUINT32);
        kj_layout_fill(layout, " ");
        put_name(layout, annotation->translation.language);
        kj_layout_text(layout, " ", G_MAXUINT32);
        put_value(layout, annotation->translation.text);
    }
    kj_layout_close(layout);
    kj_layout_text(layout, ")", G_MAXUINT32);
}

/*
 * Those of a rule that takes more than one line begin a line: what decides stands above, what goes with it below. Text in two languages
 * ends its line.
 */
static void
put_annotations(KjLayout *layout, const KjAstItem *item)
{
    gboolean line = item->kind != KJ_ITEM_DEFAULT;

    for (const KjAstAnnotation *annotation = item->annotations; annotation != NULL; annotation = annotation->next) {
        if (line)
            kj_layout_break(layout, " ");
        else
            kj_layout_fill(layout, " ");
        put_annotation(layout, annotation);
        line = annotation->translation.text != NULL;
    }
}

/* Effect, clauses and conditions; the caller's group. */
static void
put_rule_body(KjLayout *layout, const KjAstItem *item)
{
    if (item->kind == KJ_ITEM_REQUIRE)
        kj_layout_text(layout, "require", G_MAXUINT32);
    else
        put_name(layout, item->effect);
    for (const KjAstClause *clause = item->clauses; clause != NULL; clause = clause->next) {
        kj_layout_fill(layout, " ");
        kj_put_clause(layout, clause);
    }
    if (item->condition != NULL) {
        kj_layout_fill(layout, " ");
        put_operand(layout, item->condition, TRUE);
    }
    kj_put_condition_part(layout, "when", item->when);
    kj_put_condition_part(layout, "unless", item->unless);
}

void
kj_put_rule_body(KjLayout *layout, const KjAstItem *item)
{
    kj_layout_open(layout);
    put_rule_body(layout, item);
    kj_layout_close(layout);
}

void
kj_put_item(KjLayout *layout, const KjAstItem *item)
{
    switch (item->kind) {
    case KJ_ITEM_FIELD:
    case KJ_ITEM_PARAMETER:
        kj_layout_text(layout, item->kind == KJ_ITEM_FIELD ? "field " : "parameter ", item->span.start);
        put_name(layout, item->name);
        kj_layout_text(layout, " : ", G_MAXUINT32);
        kj_put_type(layout, item->type);
        break;
    case KJ_ITEM_SETTING:
        put_name(layout, item->name);
        kj_layout_text(layout, " = ", G_MAXUINT32);
        put_value(layout, item->value);
        break;
    case KJ_ITEM_DEFAULT:
        kj_layout_text(layout, "default ", item->span.start);
        kj_layout_open(layout);
        put_name(layout, item->effect);
        put_annotations(layout, item);
        kj_layout_close(layout);
        break;
    case KJ_ITEM_RULE:
    case KJ_ITEM_REQUIRE:
        if (item->name != NULL) {
            put_name(layout, item->name);
            kj_layout_text(layout, ": ", G_MAXUINT32);
        }
        kj_layout_open(layout);
        put_rule_body(layout, item);
        put_annotations(layout, item);
        kj_layout_close(layout);
        break;
    }
    kj_layout_text(layout, ";", G_MAXUINT32);
}

/* ---- on one line, for messages ---- */

void
kj_print_value(const KjAstValue *value, GString *out)
{
    g_autoptr(KjLayout) layout = kj_layout_new();

    put_value(layout, value);
    kj_layout_print_flat(layout, out);
}

void
kj_print_expression(const KjAstExpression *expression, GString *out)
{
    g_autoptr(KjLayout) layout = kj_layout_new();

    put_condition(layout, expression);
    kj_layout_print_flat(layout, out);
}

void
kj_print_item(const KjAstItem *item, GString *out)
{
    g_autoptr(KjLayout) layout = kj_layout_new();

    kj_put_item(layout, item);
    kj_layout_print_flat(layout, out);
}

void
kj_print_rule_body(const KjAstItem *item, GString *out)
{
    g_autoptr(KjLayout) layout = kj_layout_new();

    kj_put_rule_body(layout, item);
    kj_layout_print_flat(layout, out);
}
