/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The constructors of the tree. Each makes one node in the arena and fills it in; none judges meaning. Two shapes are settled here so that
 * later passes need not think of them: AND and OR are flat lists, also where the author wrote superfluous parentheses, and a difference
 * (the only tree that no bracket bounds) is never higher than KJ_LIMIT_NESTING.
 */
#include "build.h"

#include <string.h>

/* Every node begins with its `next`; memcpy, because the nodes are of many types. */
static void
set_next(void *node, void *next)
{
    memcpy(node, &next, sizeof next);
}

void
kj_build_append(KjList *list, void *node)
{
    if (node == NULL)
        return;
    if (list->last != NULL)
        set_next(list->last, node);
    else
        list->first = node;
    list->last = node;
}

KjList
kj_build_list(void *node)
{
    return (KjList){ node, node };
}

static KjSpan
join(KjSpan first, KjSpan last)
{
    return (KjSpan){ first.file, first.start, last.end };
}

/* ---- names ---- */

KjAstName *
kj_build_name(KjParse *parse, const char *text, KjSpan span)
{
    KjAstName *name = kj_arena_new0(parse->arena, KjAstName);

    name->text = name->last = text;
    name->span = span;
    return name;
}

/* The copies of a name of n parts are n^2 / 2 in all, so its length has a limit. */
KjAstName *
kj_build_dotted(KjParse *parse, const KjAstName *left, const KjAstName *right)
{
    KjAstName *name = kj_build_name(parse, left->text, join(left->span, right->span));
    gsize length = strlen(left->text);

    *name = (KjAstName){ NULL, left->text, left->last, left->qualifier, join(left->span, right->span) };
    if (length + strlen(right->text) + 1 > KJ_LIMIT_NAME_BYTES) {
        if (!parse->too_deep)
            kj_report(parse->diagnostics, KJ_CODE_NAME_TOO_LONG, name->span, KJ_LIMIT_NAME_BYTES);
        parse->too_deep = TRUE;
        return name;
    }
    name->text = kj_arena_printf(parse->arena, "%s.%s", left->text, right->text);
    name->last = name->text + length + 1;
    name->qualifier = left->text;
    return name;
}

/* ---- values ---- */

KjAstValue *
kj_build_value(KjParse *parse, KjAstValueKind kind, KjSpan span)
{
    KjAstValue *value = kj_arena_new0(parse->arena, KjAstValue);

    value->kind = kind;
    value->span = span;
    return value;
}

KjAstValue *
kj_build_value_name(KjParse *parse, KjAstName *name, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_NAME, span);

    value->name = name;
    return value;
}

KjAstValue *
kj_build_bool(KjParse *parse, gboolean truth, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_BOOL, span);

    value->number = truth ? 1 : 0;
    value->spelling = truth ? "true" : "false";
    return value;
}

KjAstValue *
kj_build_range(KjParse *parse, KjAstValue *low, KjAstValue *high, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_RANGE, span);

    value->left = low;
    value->right = high;
    return value;
}

static void
set_text(KjAstValue *value, const KjAstValue *string)
{
    value->text = string != NULL ? string->text : NULL;
    value->text_span = string != NULL ? string->span : KJ_SPAN_NONE;
    value->spelling = string != NULL ? string->spelling : NULL;
}

KjAstValue *
kj_build_window(KjParse *parse, KjAstValue *days, KjAstValue *times, const KjAstValue *zone, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_WINDOW, span);

    value->left = days;
    value->right = times;
    set_text(value, zone);
    return value;
}

KjAstValue *
kj_build_instant(KjParse *parse, const KjAstValue *date, const KjAstValue *time, const KjAstValue *zone, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_INSTANT, span);

    value->number = date->number;
    value->minutes = (guint)time->number;
    set_text(value, zone);
    value->spelling = zone == NULL ? kj_arena_printf(parse->arena, "%s %s", date->spelling, time->spelling)
                                   : kj_arena_printf(parse->arena, "%s %s zone %s", date->spelling, time->spelling, zone->spelling);
    return value;
}

KjAstValue *
kj_build_csv(KjParse *parse, const KjAstValue *file, KjAstName *column, KjAstExpression *where, KjSpan span)
{
    KjAstValue *value = kj_build_value(parse, KJ_VALUE_CSV, span);

    set_text(value, file);
    value->name = column;
    value->expression = where;
    return value;
}

KjTallValue
kj_build_flat(KjAstValue *value)
{
    return (KjTallValue){ value, 0 };
}

static gboolean
grow(KjParse *parse, guint height, KjSpan span)
{
    if (height < KJ_LIMIT_NESTING)
        return TRUE;
    if (!parse->too_deep)
        kj_report(parse->diagnostics, KJ_CODE_NESTING_TOO_DEEP, span, KJ_LIMIT_NESTING);
    parse->too_deep = TRUE;
    return FALSE;
}

KjTallValue
kj_build_minus(KjParse *parse, KjTallValue left, KjTallValue right, KjSpan span)
{
    KjAstValue *value;

    if (!grow(parse, MAX(left.height, right.height), span))
        return left;
    value = kj_build_value(parse, KJ_VALUE_MINUS, span);
    value->left = left.value;
    value->right = right.value;
    return (KjTallValue){ value, MAX(left.height, right.height) + 1 };
}

KjTallValue
kj_build_not(KjParse *parse, KjTallValue operand, KjSpan span)
{
    KjAstValue *value;

    if (!grow(parse, operand.height, span))
        return operand;
    value = kj_build_value(parse, KJ_VALUE_NOT, span);
    value->left = operand.value;
    return (KjTallValue){ value, operand.height + 1 };
}

/* The identifiers of documents (S0-140) look like differences of names and numbers. In an annotation they are what they look like to a
 * reader: one name, without the spaces; unless three numbers in a row would then read as a date. */
static gboolean
append_identifier(const KjAstValue *value, guint numbers, GString *out)
{
    const KjAstValue *right = value->right, *last = value->kind == KJ_VALUE_MINUS ? right : value;

    numbers = last->kind == KJ_VALUE_INTEGER ? numbers + 1 : 0;
    if (numbers == 3)
        return FALSE;
    if (value->kind == KJ_VALUE_MINUS) {
        if ((right->kind != KJ_VALUE_NAME && right->kind != KJ_VALUE_INTEGER) || !append_identifier(value->left, numbers, out))
            return FALSE;
        g_string_append_printf(out, "-%s", right->kind == KJ_VALUE_NAME ? right->name->text : right->spelling);
        return TRUE;
    }
    if (value->kind != KJ_VALUE_NAME && value->kind != KJ_VALUE_INTEGER)
        return FALSE;
    g_string_append(out, value->kind == KJ_VALUE_NAME ? value->name->text : value->spelling);
    return TRUE;
}

KjAstValue *
kj_build_argument(KjParse *parse, KjAstValue *value)
{
    g_autoptr(GString) identifier = g_string_new(NULL);

    if (value->kind != KJ_VALUE_MINUS || !append_identifier(value, 0, identifier))
        return value;
    return kj_build_value_name(parse, kj_build_name(parse, kj_arena_strdup(parse->arena, identifier->str), value->span), value->span);
}

/* ---- conditions ---- */

KjAstExpression *
kj_build_expression(KjParse *parse, KjAstExpressionKind kind, KjAstName *name, KjAstValue *value, KjSpan span)
{
    KjAstExpression *expression = kj_arena_new0(parse->arena, KjAstExpression);

    expression->kind = kind;
    expression->name = name;
    expression->value = value;
    expression->span = span;
    return expression;
}

void
kj_build_operand(KjList *list, KjAstExpressionKind kind, KjAstExpression *operand)
{
    if (operand->kind != kind) {
        kj_build_append(list, operand);
        return;
    }
    for (KjAstExpression *item = operand->items, *next; item != NULL; item = next) {
        next = item->next;
        kj_build_append(list, item);
    }
}

KjAstExpression *
kj_build_junction(KjParse *parse, KjAstExpressionKind kind, KjList operands, KjSpan span)
{
    KjAstExpression *expression = kj_build_expression(parse, kind, NULL, NULL, span);

    expression->items = operands.first;
    return expression;
}

/* ---- parts of items ---- */

KjAstClause *
kj_build_clause(KjParse *parse, KjAstName *field, KjRelation relation, KjAstValue *value, KjSpan span)
{
    KjAstClause *clause = kj_arena_new0(parse->arena, KjAstClause);

    *clause = (KjAstClause){ NULL, span, field, relation, value };
    return clause;
}

KjAstAnnotation *
kj_build_annotation(KjParse *parse, KjAstName *name, KjAstValue *argument, KjAstName *language, KjAstValue *text,
                    KjSpan span)
{
    KjAstAnnotation *annotation = kj_arena_new0(parse->arena, KjAstAnnotation);

    annotation->span = span;
    annotation->name = name;
    annotation->argument = argument;
    annotation->translation.language = language;
    annotation->translation.text = text;
    return annotation;
}

KjAstType *
kj_build_type(KjParse *parse, KjAstTypeKind kind, KjSpan span)
{
    KjAstType *type = kj_arena_new0(parse->arena, KjAstType);

    type->kind = kind;
    type->span = span;
    return type;
}

/* A set of sets means nothing; to refuse it here bounds the tree. */
KjAstType *
kj_build_type_set(KjParse *parse, KjAstType *of, KjSpan span)
{
    KjAstType *type;

    if (of->kind == KJ_AST_TYPE_SET_OF) {
        if (!parse->too_deep)
            kj_report(parse->diagnostics, KJ_CODE_SET_OF_SET, span);
        parse->too_deep = TRUE;
        return of;
    }
    type = kj_build_type(parse, KJ_AST_TYPE_SET_OF, span);
    type->of = of;
    return type;
}

KjAstItem *
kj_build_item(KjParse *parse, KjAstItemKind kind, KjAstName *name)
{
    KjAstItem *item = kj_arena_new0(parse->arena, KjAstItem);

    item->kind = kind;
    item->name = name;
    return item;
}

KjAstItem *
kj_build_rule(KjParse *parse, KjAstItemKind kind, KjAstName *effect, KjList clauses, KjAstExpression *condition, KjAstExpression *when,
              KjAstExpression *unless, KjList annotations)
{
    KjAstItem *item = kj_build_item(parse, kind, NULL);

    item->effect = effect;
    item->clauses = clauses.first;
    item->condition = condition;
    item->when = when;
    item->unless = unless;
    item->annotations = annotations.first;
    return item;
}

KjAstBinding *
kj_build_binding(KjParse *parse, KjAstName *parameter, KjAstValue *value)
{
    KjAstBinding *binding = kj_arena_new0(parse->arena, KjAstBinding);

    binding->parameter = parameter;
    binding->value = value;
    return binding;
}

KjAstConformance *
kj_build_conformance(KjParse *parse, KjAstName *standard, KjList bindings, KjSpan span)
{
    KjAstConformance *conformance = kj_arena_new0(parse->arena, KjAstConformance);

    conformance->span = span;
    conformance->standard = standard;
    conformance->bindings = bindings.first;
    return conformance;
}

KjAstCase *
kj_build_case_head(KjParse *parse, KjAstName *domain, KjAstName *block, KjList clauses)
{
    KjAstCase *head = kj_arena_new0(parse->arena, KjAstCase);

    head->domain = domain;
    head->block = block;
    head->clauses = clauses.first;
    return head;
}

KjAstCase *
kj_build_case(KjParse *parse, KjAstCase *head, KjAstExpression *when, KjAstName *effects, KjAstName *label)
{
    (void)parse;
    head->when = when;
    head->effects = effects;
    head->label = label;
    return head;
}

/* ---- declarations ---- */

KjAstDeclaration *
kj_build_declaration(KjParse *parse, KjAstDeclarationKind kind, KjAstName *name)
{
    KjAstDeclaration *declaration = kj_arena_new0(parse->arena, KjAstDeclaration);

    declaration->kind = kind;
    declaration->name = name;
    return declaration;
}

KjAstDeclaration *
kj_build_block(KjParse *parse, KjAstDeclarationKind kind, KjAstName *domain, KjAstName *name, KjList conformances,
               KjList items)
{
    KjAstDeclaration *declaration = kj_build_declaration(parse, kind, name);

    declaration->domain = domain;
    declaration->conformances = conformances.first;
    declaration->items = items.first;
    return declaration;
}

KjAstDeclaration *
kj_build_cases(KjParse *parse, KjAstDeclarationKind kind, KjAstValue *name, KjList cases)
{
    KjAstDeclaration *declaration = kj_build_declaration(parse, kind, NULL);

    declaration->value = name;
    declaration->cases = cases.first;
    return declaration;
}

KjAstDeclaration *
kj_build_declaration_end(KjParse *parse, KjAstDeclaration *declaration, KjSpan span)
{
    parse->too_deep = FALSE;
    declaration->span = span;
    return declaration;
}
