/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the checked tree as text, so that what means the same is mostly the same text; for guards.c only. */
#ifndef KJ_GUARD_TEXT_H
#define KJ_GUARD_TEXT_H

#include "../check/policy.h"

/* Append the set, every name spelled out and its values sorted; and the condition over the block's fields. */
void kj_guard_set_text(const KjDataType *type, const KjSet *set, GString *out);
void kj_guard_condition_text(const KjBlock *block, const KjCondition *condition, GString *out);

/* Appends the case of a `test` or `prove` in canonical form, without its comments. */
void kj_guard_case_text(const KjSources *sources, const KjAstDeclaration *test, const KjAstCase *one, GString *out);

#endif
