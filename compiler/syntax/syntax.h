/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text to syntax tree and back. */
#ifndef KJ_SYNTAX_H
#define KJ_SYNTAX_H

#include "../diagnostics.h"
#include "ast.h"

/* Parses one file. Always returns a module; what could not be parsed is left out and reported. */
KjAstModule *kj_parse(KjArena *arena, const KjSources *sources, guint32 file, KjDiagnostics *diagnostics);

/* Whether the word of `text` is a unit of sizes or durations that stands apart from the number before it: `10 MB`. */
gboolean kj_literal_unit_apart(const char *text, KjSpan word, KjSpan *number);

/* Appends the canonical form of a module: the formatter. Keeps every comment. */
void kj_print_module(const KjAstModule *module, const KjSources *sources, GString *out);

/* Append the canonical form of a part: for sentences, minimisers and messages. */
void kj_print_value(const KjAstValue *value, GString *out);
void kj_print_expression(const KjAstExpression *expression, GString *out);
void kj_print_item(const KjAstItem *item, GString *out);
/* A rule without label, annotations and `;`, on one line: "allow to dmz.web service web". */
void kj_print_rule_body(const KjAstItem *item, GString *out);

#endif
