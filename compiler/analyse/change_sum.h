/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The difference of two versions of a block whose rules add up. For change_block.c only.
 *
 * There every rule that matches asks for one more: two that ask for one person of the same group have two people agree. So what a request is asked for is a
 * multiset, how often each requirement; and a rule whose requirement another rule asks for too is not spare.
 */
#ifndef KJ_CHANGE_SUM_H
#define KJ_CHANGE_SUM_H

#include "change.h"

typedef struct {
    KjBlockChange *change;   /* its universe is sealed */
    KjArena *arena;          /* for what is told */
    const KjBlock *blocks[2]; /* old, new; NULL: there is none */
    guint sides[2];          /* of the universe */
    const KjBox *period;     /* only what differs in it counts; NULL: everything does */
    GPtrArray *regions;      /* KjChangeRegion *, appended to */
    guint directions;        /* KjDirection, of all that differs */
} KjChangeSum;

/* NULL, or why not every request could be compared (a sentence, of the arena or static); then the directions are only those seen. */
const char *kj_change_sum(KjChangeSum *sum);

#endif
