/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk: a box less some others, cut into cells in each of which one case decides.
 *
 * Everything an analysis asks is this: is there a point of a rule that no earlier rule takes (a dead rule); where does a rule decide and the standard
 * want something else (conformance); where do two versions decide differently. Cells in which no wanted decision is possible any more are left as a
 * whole, which is what makes it fast; the number of steps is bounded, and an answer that was not reached is told as such, never guessed.
 */
#ifndef KJ_WALK_H
#define KJ_WALK_H

#include "cases.h"

typedef struct {
    KjUniverse *universe;
    const KjBox *start;
    const GPtrArray *without; /* const KjBox *: left out; NULL: none */
    const KjCases *behind;    /* left out is also what the boxes of these cases before number `behind_box` hold; NULL: nothing more */
    guint32 behind_box;
    const KjCases *cases;     /* NULL: nobody decides, every cell is KJ_CASE_NONE */
    guint32 first;            /* of the cases those before are passed over, */
    const GArray *also;       /* but for these (guint32, rising); NULL: none; */
    const guint8 *left_out;   /* and so are those whose rule is marked here; NULL: none is */
    gboolean (*wanted)(guint32 decision, gpointer data); /* NULL: every one */
    const gboolean *unasked;  /* of each case: cells in which it decides are not wanted either; NULL: all may be */
    /* A cell: disjoint from all others visited, feasible, and lying in no box of `without`. The box lives until the visit returns: kj_walk_keep.
     * FALSE ends the walk. */
    gboolean (*visit)(const KjBox *cell, guint32 decider, gpointer data);
    gpointer data;
    guint64 steps; /* boxes looked at, at most; 0: KJ_LIMIT_WALK_STEPS. The walk counts it down */
} KjWalk;

typedef enum { KJ_WALK_DONE = 1, KJ_WALK_STOPPED, KJ_WALK_TOO_LONG } KjWalkEnd;

KjWalkEnd kj_walk(KjWalk *walk);

/* The cell as a box of the universe's arena. */
const KjBox *kj_walk_keep(const KjWalk *walk, const KjBox *cell);

/* Whether there is any cell; `found`, if not NULL, takes one (in the universe's arena), and its decider. Tries points at random first, which settles most
 * questions whose answer is yes. STOPPED: found; DONE: there is none; TOO_LONG: not known. `visit` is not used. */
KjWalkEnd kj_walk_find(KjWalk *walk, const KjBox **found, guint32 *decider);

/* After DONE of a find without cases: of `without`, a set that is enough to cover `start` and of which none can be spared. Element type guint32: indices into
 * without. Free with g_array_unref. */
GArray *kj_walk_cover(KjWalk *walk);

#endif
