/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The universe of a question: everything that some blocks (the old and the new one, a block and its standards) can tell apart, as one space.
 *
 * A universe has sides, one for each vocabulary: a block, or a second version of it from another compilation. Fields of the same name are one
 * field, with the joint classes of everything any side asks about it. Every condition is added, the universe is sealed, then conditions become
 * regions. What makes its regions exact where a table's space (space.h) is content with independent bits:
 *   - all windows are one field, `instant` (moments.h);
 *   - a test of a member or of a comparison implies that the fields it reads are there, so that no box contradicts itself about "missing";
 *   - fields that are compared share their classes, so that a box in which two values differ and yet are equal is known to be empty
 *     (kj_universe_feasible). Beyond that a comparison is a free bit: what hangs on it and has no witness is unproved, never passed over.
 *
 * A request that lacks a required field, or has a value outside of its type, is an error for that side, and is refused: kj_universe_errors.
 */
#ifndef KJ_UNIVERSE_H
#define KJ_UNIVERSE_H

#include "../check/policy.h"
#include "moments.h"
#include "space.h"

typedef struct KjUniverse KjUniverse;

/* Of these blocks' vocabularies, each a side, numbered from 0. They must outlive it. Free with kj_universe_free. */
KjUniverse *kj_universe_new(const KjBlock *const *blocks, guint count);
void kj_universe_free(KjUniverse *universe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjUniverse, kj_universe_free)

/* What will be asked: a rule with its dates, a condition, a window. Conditions are over the side's fields. */
void kj_universe_add_rule(KjUniverse *universe, guint side, const KjRule *rule);
void kj_universe_add_condition(KjUniverse *universe, guint side, const KjCondition *condition);
void kj_universe_add_window(KjUniverse *universe, const KjWindow *window);

/* FALSE with *problem (a sentence, borrowed) when a field or the time needs more classes than the limits allow. */
gboolean kj_universe_seal(KjUniverse *universe, const char **problem);

/* ---- after sealing ---- */

KjArena *kj_universe_arena(KjUniverse *universe);
KjClassSets *kj_universe_sets(KjUniverse *universe);
/* Fields are the joint value fields first, then members and comparisons, then the instant, always the last. */
guint kj_universe_dimension(const KjUniverse *universe);
guint kj_universe_instant(const KjUniverse *universe);
guint32 kj_universe_class_count(const KjUniverse *universe, guint field);
/* Classes are first .. count - 1: a bit about a member or a comparison has no class 0, whether it can be known is said by the fields it reads. */
guint32 kj_universe_first_class(const KjUniverse *universe, guint field);
/* The field as the space knows it; NULL for the instant. Windows of the space (KJ_FIELD_KIND_TIME) never stand in a region. */
const KjSpaceField *kj_universe_field(const KjUniverse *universe, guint field);
const KjMoments *kj_universe_moments(const KjUniverse *universe);
/* The joint value fields: names, types, phrases. A side's own field index -> the joint one. */
const KjField *kj_universe_fields(const KjUniverse *universe, guint *count);
guint kj_universe_joint(const KjUniverse *universe, guint side, guint field);
/* The side's condition in terms of the joint fields. */
const KjCondition *kj_universe_condition(KjUniverse *universe, guint side, const KjCondition *condition);

/* Regions over the universe, in its arena, that belong to the caller. NULL: more than KJ_LIMIT_RULE_BOXES boxes. A rule's region is where it matches, its
 * dates included; as at run time, without an instant a refusing rule with dates is in force and any other is not. */
KjRegion *kj_universe_lower(KjUniverse *universe, guint side, const KjCondition *condition, KjTruthQuestion question);
KjRegion *kj_universe_lower_rule(KjUniverse *universe, guint side, const KjRule *rule);
KjRegion *kj_universe_lower_window(KjUniverse *universe, const KjWindow *window, gboolean without_instant);
/* The requests that are an error for this side and refused as such. */
KjRegion *kj_universe_errors(KjUniverse *universe, guint side);

/* FALSE when no request can lie in the box, comparisons considered. */
gboolean kj_universe_feasible(const KjUniverse *universe, const KjBox *box);

#endif
