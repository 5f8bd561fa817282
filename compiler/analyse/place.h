/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Places: a box, less others, in which one case decides; and the question whether anything is in it, and which request.
 *
 * What a proof looks for is cut into places by the index of the cases (cases.h): one for each box that would refute it, less the boxes of the cases before.
 * Each is one question of the kind that finds dead rules. Walking the whole with all cases in their order needs a hundred times the steps on sets of
 * 10,000 rules.
 */
#ifndef KJ_PLACE_H
#define KJ_PLACE_H

#include "../region/cases.h"
#include "../region/walk.h"
#include "../region/witness.h"

typedef struct {
    KjUniverse *universe;
    const char *zone; /* of witnesses */
    guint64 steps;    /* left of those all questions may take */
} KjSearch;

/* Appends to `without` what decides in the box before the case `before` does (KJ_CASE_NONE: the default): the boxes of earlier cases that reach into it. */
void kj_place_leave_earlier(const KjCases *cases, const KjBox *box, guint32 before, GPtrArray *without);
/* And the case's own boxes before this one, by their numbers, so that no point is looked at twice. */
void kj_place_leave_same(const KjCases *cases, guint32 number, guint box, GPtrArray *without);

/* The box at these instants only. NULL: never. */
const KjBox *kj_place_at(KjUniverse *universe, const KjBox *box, const KjClassSet *instants);

/* Whether there is a request in `start` and in none of `without`: STOPPED. With `from`, *witness gets one, at that instant or after it if it can be, or NULL
 * when none could be made up (compared fields are opaque). */
KjWalkEnd kj_place_find(KjSearch *search, const KjBox *start, const GPtrArray *without, const gint64 *from, KjWitness **witness);

#endif
