/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One function for each kind of node; whoever adds a node to ast.h adds it here. */
#include "names.h"

static void tell_names(const KjAstName *name, const KjMentionSink *sink) {
    for (; name; name = name->next)
        sink->name(sink->data, name);
}

static void walk_expressions(const KjAstExpression *expression, const KjMentionSink *sink);

static void walk_values(const KjAstValue *value, const KjMentionSink *sink) {
    for (; value; value = value->next) {
        tell_names(value->name, sink);
        walk_values(value->left, sink);
        walk_values(value->right, sink);
        walk_values(value->items, sink);
        walk_expressions(value->expression, sink);
        if (value->kind == KJ_VALUE_CSV)
            sink->file(sink->data, value);
    }
}

static void walk_expressions(const KjAstExpression *expression, const KjMentionSink *sink) {
    for (; expression; expression = expression->next) {
        tell_names(expression->name, sink);
        walk_values(expression->value, sink);
        walk_expressions(expression->items, sink);
    }
}

static void walk_clauses(const KjAstClause *clause, const KjMentionSink *sink) {
    for (; clause; clause = clause->next) {
        tell_names(clause->field, sink);
        walk_values(clause->value, sink);
    }
}

static void walk_type(const KjAstType *type, const KjMentionSink *sink) {
    for (; type; type = type->of) {
        tell_names(type->name, sink);
        tell_names(type->values, sink);
        walk_values(type->low, sink);
        walk_values(type->high, sink);
    }
}

static void walk_annotations(const KjAstAnnotation *annotation, const KjMentionSink *sink) {
    for (; annotation; annotation = annotation->next)
        walk_values(annotation->argument, sink);
}

static void walk_item(const KjAstItem *item, const KjMentionSink *sink) {
    tell_names(item->name, sink);
    tell_names(item->effect, sink);
    walk_type(item->type, sink);
    walk_values(item->value, sink);
    walk_clauses(item->clauses, sink);
    walk_expressions(item->condition, sink);
    walk_expressions(item->when, sink);
    walk_expressions(item->unless, sink);
    walk_annotations(item->annotations, sink);
}

static void walk_conformances(const KjAstConformance *conformance, const KjMentionSink *sink) {
    for (; conformance; conformance = conformance->next) {
        tell_names(conformance->standard, sink);
        for (const KjAstBinding *binding = conformance->bindings; binding; binding = binding->next)
            walk_values(binding->value, sink);
    }
}

static void walk_cases(const KjAstCase *one, const KjMentionSink *sink) {
    for (; one; one = one->next) {
        tell_names(one->block, sink);
        walk_clauses(one->clauses, sink);
        walk_expressions(one->when, sink);
    }
}

void kj_syntax_mentions(const KjAstDeclaration *declaration, const KjMentionSink *sink) {
    tell_names(declaration->name, sink);
    tell_names(declaration->target, sink);
    tell_names(declaration->standard, sink);
    tell_names(declaration->approved, sink);
    walk_values(declaration->value, sink);
    walk_values(declaration->until, sink);
    walk_type(declaration->type, sink);
    walk_conformances(declaration->conformances, sink);
    walk_cases(declaration->cases, sink);
    walk_expressions(declaration->when, sink);
    for (const KjAstItem *item = declaration->items; item; item = item->next)
        walk_item(item, sink);
}
