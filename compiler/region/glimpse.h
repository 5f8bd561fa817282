/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Glimpses: of the cells that one case decides in its own list and another case in the other list, one, found at a point at random and widened as far as it
 * goes. Every question goes to the indices of both lists, so it costs some hundred boxes however many overlap. A walk (walk.h) finds all there is; where too many
 * boxes overlap for that, a glimpse still shows something. Finding nothing proves nothing.
 */
#ifndef KJ_GLIMPSE_H
#define KJ_GLIMPSE_H

#include "cases.h"

typedef struct {
    KjUniverse *universe;
    const KjBox *start;    /* a part of: */
    const KjCases *own;
    guint32 number;        /* the case of `own` that must decide, or KJ_CASE_NONE */
    const KjCases *other;
    guint32 first;         /* of the other cases those before are passed over, */
    const GArray *also;    /* but for these (guint32, rising) */
    gboolean (*wanted)(guint32 decider, gpointer data); /* a case of the other list, or KJ_CASE_NONE */
    gpointer data;
} KjGlimpse;

/* NULL: nothing was found. The cell is of the universe's arena; *decider is the case of the other list. */
const KjBox *kj_glimpse(const KjGlimpse *glimpse, guint32 *decider);

#endif
