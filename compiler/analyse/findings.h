/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the findings about one block have in common; for findings.c and its parts only.
 *
 * Each part looks at every rule of the block once. All parts ask the same two questions: does a rule decide at any point, and what would decide there
 * without it. A point at random answers most of them; the rest is a walk (region/walk.h). Walks of one block share a store of steps, and a question that
 * is left open when it is used up is counted, and told as such.
 */
#ifndef KJ_FINDINGS_H
#define KJ_FINDINGS_H

#include "analyse.h"
#include "decisions.h"

#include "../region/walk.h"
#include "replay.h"

enum {
    KJ_FINDINGS_TOLD = 20,  /* rules that change nothing, in one block; and rules for which order decides, in all; the rest are counted */
    KJ_FINDINGS_TRIES = 64, /* points at random before a walk */
};

/* One block as a list of cases for each aspect of its decisions, see decisions.h. */
typedef struct {
    const KjPolicy *policy;
    const KjAnalysis *analysis;
    KjDiagnostics *diagnostics;
    KjReplay *replay;
    guint *ordered;       /* rules told because of order so far, in all blocks */
    const KjBlock *block;
    KjUniverse *universe;
    KjDecisions *decisions;
    GPtrArray *aspects;   /* const char *, the first NULL */
    KjCases **cases;      /* of each aspect; but for the first made when they are asked for */
    guint32 **places;     /* of each aspect: the case of each rule; KJ_CASE_NONE: it has no say */
    gboolean tied;        /* there are members or comparisons: a point may be no request */
    guint8 *dead;         /* of each rule: no request reaches it, or all agree without it */
    guint8 *explained;    /* of each rule: why it cannot match was told */
    guint64 steps;        /* that are left */
    guint open;           /* questions that were not settled, */
    const KjRule *open_rule; /* and the first rule they were about */
} KjFindings;

/* The block's findings; NULL with *problem (borrowed from nobody, free with g_free) when its rules cannot be brought into the algebra. */
KjFindings *kj_findings_new(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjReplay *replay,
                            KjDiagnostics *diagnostics, char **problem);
void kj_findings_free(KjFindings *findings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjFindings, kj_findings_free)

const KjCases *kj_findings_cases(KjFindings *findings, guint aspect);
guint32 kj_findings_place(KjFindings *findings, guint aspect, guint rule);
/* The boxes of a case. */
const KjBox *kj_findings_box(const KjCases *cases, guint32 place, guint index);

/* Whether somebody wrote the rule: findings are about no others. */
gboolean kj_findings_is_written(const KjRule *rule);

/* A point of the box; FALSE when no request is there. `state` is the sequence's, not 0 at first. */
gboolean kj_findings_point(const KjFindings *findings, const KjBox *box, guint32 *state, guint32 *point);

/* kj_walk_find, and what it took is taken from the store. */
KjWalkEnd kj_findings_find(KjFindings *findings, KjWalk *walk, const KjRule *rule, const KjBox **found, guint32 *decider);

/* The boxes of cases before `place` that reach into `box`, but for those of rules marked in `left_out` (NULL: none). Free with g_ptr_array_unref. */
GPtrArray *kj_findings_before(KjFindings *findings, guint aspect, guint32 place, const KjBox *box, const guint8 *left_out);

/* A request in which `rule` decides (NULL: the default), as a command to try it. FALSE when it does not show that, which is our own mistake and is told. A
 * witness that could not be made (NULL) gives no command and is no mistake. Free *command with g_free. */
gboolean kj_findings_try(KjFindings *findings, const KjWitness *witness, const KjRule *rule, char **command);

/* The parts. Each needs what those before it found. */
void kj_find_empty_sets(KjFindings *findings, GHashTable *told);
void kj_find_dead(KjFindings *findings);
void kj_find_redundant(KjFindings *findings);
void kj_find_order(KjFindings *findings);

#endif
