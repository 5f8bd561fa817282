/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The constructors of the tree, as the grammar calls them. Private to syntax/. */
#ifndef KJ_BUILD_H
#define KJ_BUILD_H

#include "lexer.h"

/* A value and the height of its tree. */
typedef struct {
    KjAstValue *value;
    guint height;
} KjTallValue;

static const KjList kj_list_empty = { NULL, NULL };

/* Appends a node; NULL (what could not be parsed) is left out. */
void kj_build_append(KjList *list, void *node);
KjList kj_build_list(void *node);

KjAstName *kj_build_name(KjParse *parse, const char *text, KjSpan span);
KjAstName *kj_build_dotted(KjParse *parse, const KjAstName *left, const KjAstName *right);

KjAstValue *kj_build_value(KjParse *parse, KjAstValueKind kind, KjSpan span);
KjAstValue *kj_build_value_name(KjParse *parse, KjAstName *name, KjSpan span);
KjAstValue *kj_build_bool(KjParse *parse, gboolean truth, KjSpan span);
KjAstValue *kj_build_range(KjParse *parse, KjAstValue *low, KjAstValue *high, KjSpan span);
KjAstValue *kj_build_window(KjParse *parse, KjAstValue *days, KjAstValue *times, const KjAstValue *zone, KjSpan span);
KjAstValue *kj_build_instant(KjParse *parse, const KjAstValue *date, const KjAstValue *time, const KjAstValue *zone, KjSpan span);
KjAstValue *kj_build_csv(KjParse *parse, const KjAstValue *file, KjAstName *column, KjAstExpression *where, KjSpan span);
KjAstValue *kj_build_argument(KjParse *parse, KjAstValue *value);
KjTallValue kj_build_flat(KjAstValue *value);
KjTallValue kj_build_minus(KjParse *parse, KjTallValue left, KjTallValue right, KjSpan span);
KjTallValue kj_build_not(KjParse *parse, KjTallValue operand, KjSpan span);

KjAstExpression *kj_build_expression(KjParse *parse, KjAstExpressionKind kind, KjAstName *name, KjAstValue *value, KjSpan span);
/* Adds an operand of an AND or OR; one of the same kind, from parentheses, becomes part of the list. */
void kj_build_operand(KjList *list, KjAstExpressionKind kind, KjAstExpression *operand);
KjAstExpression *kj_build_junction(KjParse *parse, KjAstExpressionKind kind, KjList operands, KjSpan span);

KjAstClause *kj_build_clause(KjParse *parse, KjAstName *field, KjRelation relation, KjAstValue *value, KjSpan span);
KjAstAnnotation *kj_build_annotation(KjParse *parse, KjAstName *name, KjAstValue *argument, KjAstName *language, KjAstValue *text,
                                     KjSpan span);
KjAstType *kj_build_type(KjParse *parse, KjAstTypeKind kind, KjSpan span);
KjAstType *kj_build_type_set(KjParse *parse, KjAstType *of, KjSpan span);
KjAstItem *kj_build_item(KjParse *parse, KjAstItemKind kind, KjAstName *name);
KjAstItem *kj_build_rule(KjParse *parse, KjAstItemKind kind, KjAstName *effect, KjList clauses, KjAstExpression *condition,
                         KjAstExpression *when, KjAstExpression *unless, KjList annotations);
KjAstBinding *kj_build_binding(KjParse *parse, KjAstName *parameter, KjAstValue *value);
KjAstConformance *kj_build_conformance(KjParse *parse, KjAstName *standard, KjList bindings, KjSpan span);
KjAstCase *kj_build_case_head(KjParse *parse, KjAstName *domain, KjAstName *block, KjList clauses);
KjAstCase *kj_build_case(KjParse *parse, KjAstCase *head, KjAstExpression *when, KjAstName *effects, KjAstName *label);
KjAstDeclaration *kj_build_declaration(KjParse *parse, KjAstDeclarationKind kind, KjAstName *name);
KjAstDeclaration *kj_build_block(KjParse *parse, KjAstDeclarationKind kind, KjAstName *domain, KjAstName *name, KjList conformances,
                                 KjList items);
KjAstDeclaration *kj_build_cases(KjParse *parse, KjAstDeclarationKind kind, KjAstValue *name, KjList cases);
KjAstDeclaration *kj_build_declaration_end(KjParse *parse, KjAstDeclaration *declaration, KjSpan span);

#endif
