/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of writing, for write*.c only: each appends the records of one thing to the sections. */
#ifndef KJ_TABLE_WRITE_H
#define KJ_TABLE_WRITE_H

#include "strings.h"
#include "table.h"

typedef struct {
    const KjPolicy *policy;
    gboolean silent; /* without what is only told */
    KjTableStrings *strings;
    GArray *sections[KJ_SECTION_COUNT_PLUS_ONE]; /* records of each kind; NULL for STRINGS */
} KjTableWriter;

/* How many records a section has so far: the index of the next one. */
guint32 kj_table_writer_next(const KjTableWriter *writer, KjSectionKind kind);
void kj_table_writer_add(KjTableWriter *writer, KjSectionKind kind, gconstpointer record);

/* FIELDS and what they refer to. */
void kj_write_fields(KjTableWriter *writer, const KjTableBlock *table);
/* RULES, NOTES, PARAMETERS, MEMBERS, SPANS. */
void kj_write_rules(KjTableWriter *writer, const KjTableBlock *table);
guint32 kj_write_notes(KjTableWriter *writer, const KjNote *notes, guint count);
/* BOXES, TESTS, INTERVALS. */
void kj_write_boxes(KjTableWriter *writer, const KjTableBlock *table);
/* NODES and LEAVES of the tree; the root. The block's boxes begin at `first_box`. */
guint32 kj_write_tree(KjTableWriter *writer, const KjTableBlock *table, guint32 first_box);

#endif
