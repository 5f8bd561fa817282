/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The analyses, as passes over a checked policy. Each reports diagnostics; none changes anything.
 *
 *     kj_prove_conformance   blocks against their standards, standards against each other     errors    conformance.c
 *     kj_prove_proofs        `prove`                                                           errors    prove.c
 *     kj_find_unreachable    rules that no request reaches, or that change nothing            warnings  reach.c
 *     kj_find_order          where order decides between different effects                    warnings  order.c
 *     kj_find_exceptions     unneeded, expired, expiring, too long                            mixed     exceptions.c
 *     kj_find_unused         groups, lets, actions that are used for nothing or once          warnings  unused.c
 *     kj_find_lockout        rules that would cut off the one who applies them                warnings  lockout.c
 */
#ifndef KJ_ANALYSE_H
#define KJ_ANALYSE_H

#include "../compiler.h"

typedef struct {
    gint64 at;        /* the reference instant: the start of the reference day (--at) in UTC */
    guint32 day;      /* the reference day itself, days since 1970-01-01 */
    guint soon;       /* exceptions that end within so many days are told */
    const char *connection; /* $SSH_CONNECTION, or NULL */
} KjAnalysis;

void kj_prove_conformance(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_unreachable(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_order(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_exceptions(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_unused(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_lockout(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);

/* One proof case: every request of its region gets one of its effects. */
typedef struct {
    gboolean holds;
    gboolean undecided;      /* not proved either way: counts as failed */
    const KjRule *rule;      /* that decides otherwise; NULL: the default */
    guint effect;            /* what it decides */
    char *witness;           /* as arguments of `kijun explain`, or NULL */
    char *reason;            /* a sentence; NULL when it holds */
} KjProof;

void kj_prove_case(const KjProofCase *proof, const KjAnalysis *analysis, KjProof *result);
void kj_proof_clear(KjProof *proof);

#endif
