/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which `##` comments document what. Private to syntax/. */
#ifndef KJ_DOCUMENTATION_H
#define KJ_DOCUMENTATION_H

#include "../arena.h"
#include "ast.h"

/* The first comment of the run of `##` lines right before offset `start`, or NULL. Looks from `comment` on. */
const KjAstComment *kj_documentation_find(const KjAstComment *comment, const char *text, guint32 start);

/* Fills in every `doc` of the module. Linear. */
void kj_documentation_attach(KjAstModule *module, const char *text, KjArena *arena);

#endif
