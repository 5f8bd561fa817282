/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a module as pieces of a layout, for print.c. Private to syntax/. */
#ifndef KJ_PRINT_PARTS_H
#define KJ_PRINT_PARTS_H

#include "layout.h"
#include "syntax.h"

void kj_put_value(KjLayout *layout, const KjAstValue *value);
void kj_put_type(KjLayout *layout, const KjAstType *type);
void kj_put_expression(KjLayout *layout, const KjAstExpression *expression);
void kj_put_clause(KjLayout *layout, const KjAstClause *clause);
/* A filling break, the word and the condition; nothing for NULL. */
void kj_put_condition_part(KjLayout *layout, const char *word, const KjAstExpression *expression);
void kj_put_rule_body(KjLayout *layout, const KjAstItem *item);
/* With its `;`. */
void kj_put_item(KjLayout *layout, const KjAstItem *item);

#endif
