/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spaces: the fields of a block as lines of classes, and conditions as regions over them.
 *
 * A space has one field for each field of the block, in the block's order, and after them the derived fields that its conditions need:
 * one for each different window, one for each tested member of a set-valued field, one for each comparison of two fields. Equal ones are
 * one field. First every condition is added, then the space is sealed, then conditions are lowered to regions.
 *
 * Lowering is Kleene's logic exactly. For each of the four questions (is it true, is it false, is it not true, is it not false) a condition
 * has a region, and each goes over to its operands: so `unless` needs no complement of a union of boxes.
 */
#ifndef KJ_SPACE_H
#define KJ_SPACE_H

#include "box.h"
#include "classifier.h"

typedef struct {
    KjFieldKind kind;
    const KjField *field;     /* VALUE */
    KjClassifier *classifier; /* VALUE, unless set-valued or a service: those have the one class "present" */
    const KjWindow *window;   /* TIME */
    guint left, right;        /* COMPARE: two fields; MEMBER: left */
    KjRelation relation;      /* COMPARE: EQUAL, with left < right, or LESS */
    const char *member;       /* MEMBER */
    guint32 class_count;      /* once sealed */
} KjSpaceField;

typedef struct {
    KjClassSets *sets;
    GArray *fields;        /* KjSpaceField */
    guint value_count;     /* how many of them are the block's own */
    GHashTable *derived;   /* how it is written (char *) -> field */
    GHashTable *windows;   /* KjWindow -> field + 1 */
    GHashTable *conditions; /* those added */
} KjSpace;

typedef enum { KJ_TRUE = 1, KJ_FALSE, KJ_NOT_TRUE, KJ_NOT_FALSE } KjTruthQuestion;

/* Over these fields, which must outlive it. Free with kj_space_free. */
KjSpace *kj_space_new(const KjField *fields, guint count);
void kj_space_free(KjSpace *space);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSpace, kj_space_free)

void kj_space_add(KjSpace *space, const KjCondition *condition);
/* The field of a window, made if it is new. */
guint kj_space_add_window(KjSpace *space, const KjWindow *window);
/* The field of a member of a set-valued field, and of a comparison, whose answer may be the negation of the field's. */
guint kj_space_member(KjSpace *space, guint of, const char *member);
guint kj_space_compare(KjSpace *space, const KjCondition *condition, gboolean *negated);

/* FALSE when the patterns of a field need too large an automaton; *field says which. */
gboolean kj_space_seal(KjSpace *space, guint *field);

const KjSpaceField *kj_space_field(const KjSpace *space, guint field);

/* The region in which the answer is yes; boxes live in `arena`. NULL when it needs more than `limit` boxes. */
KjRegion *kj_space_lower(KjSpace *space, KjArena *arena, const KjCondition *condition, KjTruthQuestion question, guint limit);

/* Where a rule holds: `match` is true, `unless` is not true, and the rule is within its dates. Without an instant a rule that refuses is within them and
 * any other is not: a clock that is not set never lets anything through. */
KjRegion *kj_space_lower_rule(KjSpace *space, KjArena *arena, const KjRule *rule, gboolean refuses, guint limit);

/* The same for a window: one test. `without_instant`: whether no instant at all counts as inside. */
KjRegion *kj_space_lower_window(KjSpace *space, KjArena *arena, const KjWindow *window, gboolean without_instant);

#endif
