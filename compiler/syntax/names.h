/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a declaration mentions: every name and every data file that stands anywhere in it, before any name means anything. */
#ifndef KJ_SYNTAX_NAMES_H
#define KJ_SYNTAX_NAMES_H

#include "ast.h"

typedef struct {
    void (*name)(gpointer data, const KjAstName *name);
    void (*file)(gpointer data, const KjAstValue *csv); /* KJ_VALUE_CSV */
    gpointer data;
} KjMentionSink;

/* In no particular order; some more than once. Depth is that of the tree, which the parser bounds. */
void kj_syntax_mentions(const KjAstDeclaration *declaration, const KjMentionSink *sink);

#endif
