/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values gathered one by one, until a statement is made of them. */
#ifndef KJ_VALUES_H
#define KJ_VALUES_H

#include "statement.h"

/* Copies all that is added. Free with kj_values_free. */
typedef struct {
    GArray *pairs; /* KjStatementValue */
    GStringChunk *texts;
} KjValues;

KjValues *kj_values_new(void);
void kj_values_free(KjValues *values);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjValues, kj_values_free)

void kj_values_add(KjValues *values, const char *key, const char *value);
void kj_values_add_format(KjValues *values, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
void kj_values_add_instant(KjValues *values, const char *key, gint64 instant);
void kj_values_add_list(KjValues *values, const char *key, const char *const *list); /* NULL-terminated, or NULL */

/* As kj_statement_new. */
KjStatement *kj_values_statement(const KjValues *values, KjStatementKind kind, GError **error);

#endif
