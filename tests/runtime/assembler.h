/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Table files by hand: the runtime's tests need no compiler, and need tables that no compiler would write. */
#ifndef KJ_TEST_ASSEMBLER_H
#define KJ_TEST_ASSEMBLER_H

#include <kijun/format.h>
#include <kijun/kijun.h>
#include <kijun/view.h>

typedef struct {
    GByteArray *sections[KJ_SECTION_COUNT + 1];
} Assembler;

/* One interval of classes of one field; several of the same field in a row are one test. */
typedef struct {
    guint32 field, low, high;
} Part;

Assembler *assembler_new(void);
void assembler_free(Assembler *assembler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assembler, assembler_free)

guint32 assembler_string(Assembler *assembler, const char *text);
guint32 assembler_count(const Assembler *assembler, KjSectionKind kind);
/* Appends a record and gives its index. */
guint32 assembler_add(Assembler *assembler, KjSectionKind kind, const void *record);
void *assembler_record(Assembler *assembler, KjSectionKind kind, guint32 index);

/* Appends a box of the rule `rule`. */
guint32 assembler_box(Assembler *assembler, guint32 rule, const Part *parts, guint count);
guint32 assembler_leaf(Assembler *assembler, const guint32 *boxes, guint count);
guint32 assembler_split(Assembler *assembler, guint32 field, guint32 klass, guint32 child);

/* The whole file with its hash. */
GByteArray *assembler_finish(const Assembler *assembler);

/* Makes the hash right again after the bytes were changed. */
void assembler_mend(guint8 *bytes, gsize length);

/* Where a section's records begin in a finished file. */
guint8 *section_start(GByteArray *file, KjSectionKind kind);

/* ---- the sample: three blocks, every kind of field, every combining rule ---- */

enum { PERIMETER_FROM, PERIMETER_PROTO, PERIMETER_PORT, PERIMETER_SERVICE, PERIMETER_TLS, PERIMETER_OFFICE, PERIMETER_FIELDS };
enum { ACCESS_PRINCIPAL, ACCESS_RESOURCE, ACCESS_OWNER, ACCESS_GROUPS, ACCESS_LABEL, ACCESS_SENDER, ACCESS_ADMIN, ACCESS_SELF, ACCESS_FIELDS };

GByteArray *sample_file(void);
KjTable *sample_table(void);

#endif
