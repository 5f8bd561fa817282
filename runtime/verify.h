/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table's bytes as typed sections, once they have been judged. Not installed. */
#ifndef KJ_VERIFY_H
#define KJ_VERIFY_H

#include <kijun/format.h>
#include <kijun/translate.h>
#include <kijun/view.h>

/* ---- what every record of a section has, whatever the records around it ---- */

typedef enum {
    KJ_COLUMN_END = 0,
    KJ_COLUMN_STRING, /* the start of a string */
    KJ_COLUMN_ENUM,   /* 1 .. limit */
    KJ_COLUMN_FLAGS,  /* no bit outside limit */
    KJ_COLUMN_INDEX,  /* a record of the section `limit` */
    KJ_COLUMN_RANGE,  /* this is the first and the next column the count of records of the section `limit` */
} KjColumnKind;

typedef struct {
    guint offset; /* of a u32 in the record */
    KjColumnKind kind;
    guint32 limit;
} KjColumn;

typedef struct {
    const char *name; /* "BLOCKS", for messages */
    gsize size;       /* of a record */
    KjColumn columns[16];
} KjSectionShape;

extern const KjSectionShape kj_section_shapes[KJ_SECTION_COUNT + 1];

/* ---- the judgement ---- */

/* Where each section lies, and how many records it has (for strings: bytes). A section that the file lacks has count 0. */
typedef struct {
    const void *start[KJ_SECTION_COUNT + 1];
    guint32 count[KJ_SECTION_COUNT + 1];
} KjImage;

/* Typed access: KJ_RECORDS(image, BLOCKS, KjRecordBlock)[i]. */
#define KJ_RECORDS(image, section, type) ((const type *) (image)->start[KJ_SECTION_##section])
#define KJ_STRING(image, offset) (KJ_RECORDS(image, STRINGS, char) + (offset))

typedef struct {
    const char *reason; /* static, marked for translation */
    guint section;      /* KjSectionKind, 0 for the header */
    guint64 record;
} KjFlaw;

/* Judges the bytes, which must be aligned to 8. FALSE with a flaw, and then nothing of `image` may be used. */
gboolean kj_verify(const void *bytes, gsize length, KjImage *image, KjFlaw *flaw);

/* ---- facts about a verified field ---- */

/* Whether values of the field are told apart by an automaton over tokens; otherwise they are ordinals. */
static inline gboolean kj_field_is_text(const KjRecordField *field) {
    return field->type >= KJ_TYPE_PATH && !(field->type == KJ_TYPE_SYMBOL && field->value_count > 0);
}

/* Whether a value is its own class: class = ordinal + 1. */
static inline gboolean kj_field_is_direct(const KjRecordField *field) {
    return field->type == KJ_TYPE_BOOL || (field->type == KJ_TYPE_SYMBOL && field->value_count > 0);
}

#endif
