/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the generator's files share while one policy is written. */
#ifndef KJ_RANDOM_WRITER_H
#define KJ_RANDOM_WRITER_H

#include "policy.h"
#include "value.h"

/* A named set, group or condition, and what a request may be made of when it is used. */
typedef struct {
    char *name;
    KjType type;       /* sets, groups */
    GPtrArray *points; /* sets, groups */
    GPtrArray *hints;  /* conditions */
} KjRandomName;

typedef struct {
    guint64 random;
    KjRandomPolicy *policy;
    GPtrArray *hints; /* of the rule or named condition at hand */
    gboolean negated; /* a point inside does not help the rule at hand, one outside does */
    GPtrArray *sets, *groups, *conditions; /* KjRandomName */
    GPtrArray *windows, *days;             /* char * */
    const char *zone;                      /* the module's */
    GHashTable *settings;                  /* of the block, as written or initial: name -> value */
    guint last_name;
} KjRandomWriter;

KjRandomField *kj_random_field(const KjRandomWriter *writer, guint index);

/* Gives a field the points of a literal it was tested with, and the rule at hand its hints. */
void kj_random_use_points(KjRandomWriter *writer, guint field, const GPtrArray *points);
void kj_random_add_hint(GPtrArray *hints, guint field, const char *text, gboolean inside, int same_as);
GPtrArray *kj_random_hints_new(void);

/* A set, or a single operand, with its names: `{ 80, 443..444, v1 }`. Adds to `points`. */
KjPiece *kj_random_set_piece(KjRandomWriter *writer, const KjRandomType *type, GPtrArray *points);

/* `FIELD OPERAND` or `FIELD RELOP OPERAND`; NULL where no clause can ask about the field. */
KjPiece *kj_random_clause(KjRandomWriter *writer, guint field);
/* An expression at most `depth` operators deep. */
KjPiece *kj_random_expression(KjRandomWriter *writer, guint depth);
/* `mon..fri 09:00..18:00 zone "Asia/Tokyo" - v3`, or the name of one. Leaves instants behind. */
char *kj_random_window(KjRandomWriter *writer, gboolean name);
/* A date, with the first and last instants around it. */
char *kj_random_date(KjRandomWriter *writer);
/* A time zone that every machine has. */
const char *kj_random_zone(KjRandomWriter *writer);

/* A field that rules may ask about. */
guint kj_random_pick_field(KjRandomWriter *writer);

/* Fields of the domain and of the block's own; the declarations they need go to `file`, their own to `block`. */
void kj_random_fields(KjRandomWriter *writer, KjPiece *file, KjPiece *block);

/* One rule or requirement, as an item of the block. */
KjPiece *kj_random_rule(KjRandomWriter *writer);

#endif
