/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breaches: where a block decides otherwise than one of its standards wants, and no exception excuses it.
 *
 * A standard's rules, about the block's fields and with its parameters (kj_demands_of), are combined as rules of the domain are, and become cases beside
 * those of the block. Where a case of the standard decides, the block must refuse if it refuses, decide exactly so if it decides the mildest effect,
 * and else decide at least as strictly. Where none does, the block is free. Requests that are an error of the block are refused and no breach.
 * For conformance.c, contradictions.c and exceptions.c only.
 */
#ifndef KJ_BREACHES_H
#define KJ_BREACHES_H

#include "../compiler.h"
#include "decisions.h"
#include "place.h"

typedef struct {
    const KjBlock *block;
    KjArena *arena;
    const KjException *exceptions; /* all there are */
    GPtrArray *demands;     /* KjDemand */
    GPtrArray *wanting;     /* KjBlock: the rules of each demand as a block of their own, without a default and without notes */
    KjUniverse *universe;
    KjDecisions *decisions;
    KjRegion *errors;
    KjSearch search;
    char *problem;          /* why there is nothing to walk, or NULL */
} KjBreaches;

/* Free with kj_breaches_free. `policy` must outlive it. */
KjBreaches *kj_breaches_new(const KjPolicy *policy, const KjBlock *block);
void kj_breaches_free(KjBreaches *breaches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBreaches, kj_breaches_free)

/* A place where there may be breaches: what a rule of a standard and one of the block have in common. */
typedef struct {
    guint demand, wanted;   /* the demand, and its rule */
    guint32 wanted_decision, decision;
    const KjRule *rule;     /* of the block; NULL: the default, or that nothing asks for what is wanted */
    const KjBox *start;     /* less the instants at which an exception excuses what the rule decides */
    const GPtrArray *without; /* what others decide, on either side, is excused, or an error. Until the visit returns */
} KjBreach;

typedef gboolean (*KjBreachVisit)(const KjBreach *breach, gpointer data);

/* Visits every place in which a breach can lie that no exception excuses, or, with `only`, that this exception excuses and no other. FALSE when a visit ended it,
 * or when rules need too many boxes: then `problem` says so. */
gboolean kj_breaches_each(KjBreaches *breaches, const KjException *only, KjBreachVisit visit, gpointer data);

/* Whether there is a breach in the place, at one of these instants (NULL: at any): STOPPED. `from` (may be NULL: no request is asked for): *witness gets a
 * request, at that instant or after it if it can be, or NULL when none could be made up. */
KjWalkEnd kj_breaches_find(KjBreaches *breaches, const KjBreach *breach, const KjClassSet *instants, const gint64 *from,
                           KjWitness **witness);

/* The rules of a standard, about the block's fields, as a block like it in which nothing else is decided. Notes are left out: a standard asks for
 * effects. Arena. */
const KjBlock *kj_breaches_wanting(KjArena *arena, const KjBlock *block, const KjRule *rules, guint count);

#endif
