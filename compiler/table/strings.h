/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The STRINGS section: every text once, in the order of first use. Offset 0 is "". */
#ifndef KJ_TABLE_STRINGS_H
#define KJ_TABLE_STRINGS_H

#include <glib.h>

typedef struct KjTableStrings KjTableStrings;

/* Free with kj_table_strings_free. */
KjTableStrings *kj_table_strings_new(void);
void kj_table_strings_free(KjTableStrings *strings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjTableStrings, kj_table_strings_free)

/* The offset of the text; NULL is "". Beyond KJ_TABLE_BYTES_MAX nothing is added any more, 0 is returned, and kj_table_strings_full. */
guint32 kj_table_strings_add(KjTableStrings *strings, const char *text);
gboolean kj_table_strings_full(const KjTableStrings *strings);

/* NUL, texts each with its NUL. */
const GString *kj_table_strings_bytes(const KjTableStrings *strings);

#endif
