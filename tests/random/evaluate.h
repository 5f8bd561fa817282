/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evaluators behind one face: the reference, and the runtime over a table built with and without the optimiser.
 *
 * An answer is what both can say and a caller can see: outcome, effect, label of the deciding rule, and the labels of all rules that decide
 * together. What is wrong with a request may be said in other words and is not compared.
 */
#ifndef KJ_RANDOM_EVALUATE_H
#define KJ_RANDOM_EVALUATE_H

#include "../../compiler/compiler.h"
#include "policy.h"

typedef struct {
    KjOutcome outcome;
    char *effect, *label, *problem;
    char *matched; /* labels in order, each after a space */
} KjRandomAnswer;

void kj_random_answer_clear(KjRandomAnswer *answer);
gboolean kj_random_answer_equal(const KjRandomAnswer *a, const KjRandomAnswer *b);
char *kj_random_answer_describe(const KjRandomAnswer *answer);

typedef struct {
    const char *name;
    gboolean table, optimise;
} KjRandomEvaluator;

/* The reference first; NULL name at the end. */
extern const KjRandomEvaluator kj_random_evaluators[];

typedef struct KjRandomDecider KjRandomDecider;

/* An evaluator for the first block of a checked policy. NULL with *problem when a table cannot be built or opened. `compilation` must
 * outlive it. */
KjRandomDecider *kj_random_decider_new(const KjRandomEvaluator *evaluator, KjCompilation *compilation, char **problem);
/* The same for a policy however it was made; `policy`'s own block comes first. */
KjRandomDecider *kj_random_decider_of(const KjRandomEvaluator *evaluator, const KjPolicy *policy, KjDiagnostics *diagnostics, const KjSources *sources,
                                      char **problem);
void kj_random_decider_free(KjRandomDecider *decider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRandomDecider, kj_random_decider_free)
void kj_random_decide(KjRandomDecider *decider, const KjRandomRequest *request, KjRandomAnswer *answer);

#endif
