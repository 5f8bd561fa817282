/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the vocabularies of several blocks become one; for universe.c only.
 *
 * Fields of one name are one field when their types are of one kind. Its type is the wider of both: the joint bounds, the symbols of either. A side
 * does not take values beyond its own type. Where the two are the same, as they nearly always are, nothing is rewritten.
 */
#ifndef KJ_UNIVERSE_JOIN_H
#define KJ_UNIVERSE_JOIN_H

#include "universe.h"

typedef struct KjJoin KjJoin;

/* Free with kj_join_free. */
KjJoin *kj_join_new(KjArena *arena, const KjBlock *const *blocks, guint count);
void kj_join_free(KjJoin *join);

guint kj_join_sides(const KjJoin *join);
const KjField *kj_join_fields(const KjJoin *join, guint *count);
/* A side's own field -> the joint one. */
guint kj_join_field(const KjJoin *join, guint side, guint field);
/* The condition over joint fields. */
const KjCondition *kj_join_condition(KjJoin *join, guint side, const KjCondition *condition);
/* Of a joint field, the values of the side's own type; NULL: all of them, or a field the side does not have. */
const KjSet *kj_join_values(KjJoin *join, guint side, guint field);
gboolean kj_join_requires(const KjJoin *join, guint side, guint field);
gboolean kj_join_refuses(const KjJoin *join, guint side, const KjRule *rule);
/* Whether equal classes of two joint fields that are kin mean equal values. */
gboolean kj_join_comparable(const KjJoin *join, guint a, guint b);

#endif
