/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change ruled upon: every unit that differs, what that needs, and whether it is met.
 *
 * A unit goes from its base to its result in one step, or, where only words were edited after people had approved it, in several: the first is the change that they approved, every
 * other one is editorial, and each is judged by itself. Such a step is compiled from the unit's own pieces alone; the governance that judges it is the base's.
 *
 * Authors are those whom any proposal of this result names, who signed it, and who signed it as an emergency. Where governance is in force, a change that nobody has
 * proposed has no author, and so cannot be approved.
 *
 * Where there is no base, or no governance in it, no approvals are asked for: the thresholds of the root decide alone, so one person can start small.
 */
#ifndef KJ_RULING_H
#define KJ_RULING_H

#include "judge.h"
#include "release.h"

typedef struct {
    const KjNeed *need;
    KjJudgement *judgement; /* NULL where the thresholds of the root decide alone */
    char **authors;         /* NULL-terminated */
    gboolean proposed;      /* somebody has put his name to it */
    gboolean met;
} KjStep;

typedef struct {
    const KjSide *base, *result;
    const KjRoot *root;
    guint64 serial;                /* of the release that it would be */
    gint64 date;
    const char *context;
    const GPtrArray *chains;       /* of GPtrArray of KjSigned */
    const KjStatement *emergency;  /* or NULL */
    const GPtrArray *listed;       /* KjListedChange: these steps and no others; NULL: one where it suffices, else by texts that were approved */
    KjWorkspace *(*approved)(gpointer data, const char *unit, const char *digest); /* a text of a unit that was approved, or NULL if it is not there; may be NULL */
    const char *(*pinned)(gpointer data, const char *unit); /* the digest of a unit's base, or NULL, where the base's text may not be there: a host that did not enforce it. NULL: it always is */
    gint64 (*since)(gpointer data, const char *unit); /* when the base of a unit came into force; NULL: long ago */
    gpointer data;
} KjQuestion;

typedef struct {
    KjNeeds *needs;          /* of the whole */
    GPtrArray *steps;        /* KjStep, by unit, in their order */
    GPtrArray *workspaces, *partial; /* of steps, KjWorkspace and KjNeeds */
    gboolean by_thresholds;  /* the thresholds of the root decide alone */
    gboolean met;            /* nothing is missing beside signatures of the release itself */
} KjRuling;

/* Everything in the question must outlive it. Free with kj_ruling_free. */
KjRuling *kj_ruling_new(const KjQuestion *question);
void kj_ruling_free(KjRuling *ruling);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRuling, kj_ruling_free)

/* What is missing of a step, as a sentence: whose approval, who could give it, which veto binds. NULL when nothing is. Free with g_free. */
char *kj_step_missing(const KjStep *step);

/* "UNIT BASE RESULT VERDICT WEAKENS", as statements list it. Free with g_free. */
char *kj_step_line(const KjStep *step);

#endif
