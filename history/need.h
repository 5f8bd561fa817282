/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change needs: for each unit that it touches, what it does to it, and whose approval that asks for.
 *
 * The rules are the `governance` blocks in force at the base of the change, and the groups in them as they are there: a change that makes itself more approvers, or
 * drops the rule that stops it, is judged by the rule it drops. The change is a request to them like any other: module, domain, tier, class, verdict and so
 * on, recomputed here and never taken from anybody's statement; tier and class are the higher of before and after. All matching rules of all governance blocks hold
 * together. Nothing matched, or an error, is a refusal: nobody can approve what no rule speaks of.
 *
 * A change of governance itself that means anything is at least mixed: where nobody could agree to something before, a rule more lets somebody.
 *
 * The rest of the workspace, `*`, is a unit like any other, of the module and the domain `workspace`, of the highest tier of what changes in it; nothing in it acts, so
 * its verdict is editorial.
 */
#ifndef KJ_NEED_H
#define KJ_NEED_H

#include "../compiler/analyse/change.h"
#include "quorum.h"
#include "unit.h"

/* One side of a change: a workspace that compiled, and its units. */
typedef struct {
    const KjCompilation *compilation; /* NULL: there was none before */
    const GPtrArray *units;           /* KjUnit; NULL with it */
} KjSide;

typedef struct {
    const char *name;
    const KjUnit *base, *result;      /* NULL: not there */
    const KjBlockChange *change;      /* NULL: the rest */
    KjChangeVerdict verdict;
    gboolean weakens;
    const char *module, *domain, *tier, *class; /* class: NULL if the unit speaks of none */
    const char *refused;              /* why nobody can approve it, or NULL */
    GArray *requirements;             /* KjRequirement, in the order of the governance blocks' rules */
    GArray *ratifications;            /* KjRequirement: what must be ratified afterwards (an emergency) */
    guint64 ratify_within;            /* seconds; 0: nothing to ratify */
} KjNeed;

typedef struct {
    KjArena *arena;
    KjChange *change;
    GPtrArray *needs; /* KjNeed, by name: units whose text differs */
} KjNeeds;

/* What is asked beside the two texts. */
typedef struct {
    const KjPolicy *governance; /* whose rules and groups hold; NULL: the base's own */
    gboolean emergency;
    gint64 instant;             /* when it is decided, for exceptions and dates in governance */
    /* Who wrote a unit's result, or NULL; the function may be NULL too. */
    const char *(*author_of)(gpointer data, const char *unit, const char *result);
    gpointer data;
} KjAsked;

/* Both sides must outlive it. Free with kj_needs_free. */
KjNeeds *kj_needs_new(const KjSide *base, const KjSide *result, const KjAsked *asked);
void kj_needs_free(KjNeeds *needs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjNeeds, kj_needs_free)

/* Whether only words change, and no guard is lost. */
gboolean kj_need_is_wording(const KjNeed *need);

const KjNeed *kj_needs_find(const KjNeeds *needs, const char *unit);

#endif
