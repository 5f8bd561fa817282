/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The analyses, as passes over a checked policy. Each reports diagnostics; none changes anything.
 *
 *     kj_prove_conformance   blocks against their standards, standards against each other     errors    conformance.c, contradictions.c
 *     kj_prove_case          one case of a `prove`, for `kijun test`                                     prove.c
 *     kj_find_in_rules       empty sets and windows, rules that no request reaches or that    warnings  findings.c, with empty.c,
 *                            change nothing, where order decides between effects              and notes reach.c, redundant.c, order.c
 *     kj_find_exceptions     unneeded, expired, expiring, too long                            mixed     exceptions.c
 *     kj_find_unused         groups, lets, actions that are used for nothing or once          warnings  unused.c
 *     kj_find_lockout        rules that would cut off the one who applies them                warnings  lockout.c
 *     kj_find_advice         what a domain has to say about a sound block                  notes     advice.c
 *     kj_find_advisory       rules that do not act yet                                       notes     advisory.c
 *     kj_find_seats          rules that ask for more people than there are, or for all      warnings, notes  seats.c
 */
#ifndef KJ_ANALYSE_H
#define KJ_ANALYSE_H

#include <kijun/kijun.h>

#include "../compiler.h"
#include "../region/witness.h"

typedef struct {
    gint64 at;        /* the reference instant: the start of the reference day (--at) in UTC */
    guint32 day;      /* the reference day itself, days since 1970-01-01 */
    gboolean undated; /* there is no reference day: what is wrong at any instant is wrong, and no exception is too long unless none is allowed */
    guint soon;       /* exceptions that end within so many days are told */
    KjTable *table;   /* of the policy, to try examples on; NULL: it is built when one is found */
    const char *path; /* of the policy, as examples for `kijun explain` name it; NULL: "." */
    const char *connection; /* $SSH_CONNECTION, or NULL */
    const char *language;   /* of what is said in a domain's own words: "ja", or anything else for English */
} KjAnalysis;

/* All of them, in order; what `check` does. */
void kj_analyse(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
/* Those alone that find errors; what `build` does. */
void kj_analyse_errors(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);

void kj_prove_conformance(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_in_rules(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_contradictions(const KjPolicy *policy, KjDiagnostics *diagnostics);
void kj_check_exception_lengths(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_exceptions(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_unused(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_lockout(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
/* The same of one block alone. FALSE when it could not be found out. */
gboolean kj_find_lockout_of(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjDiagnostics *diagnostics);
void kj_find_advice(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_advisory(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);
void kj_find_seats(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics);

/* One proof case: every request of its region gets one of its effects. */
typedef struct {
    gboolean holds;
    gboolean undecided;      /* not proved either way: counts as failed */
    const KjRule *rule;      /* that decides otherwise; NULL: the default */
    KjWitness *witness;      /* such a request, not tried yet (replay.h); NULL when it holds or is undecided */
    char *reason;            /* a sentence; NULL when it holds */
} KjProof;

/* Over all requests that are no error of the block, at every instant and at none. Clear with kj_proof_clear. */
void kj_prove_case(const KjProofCase *proof, const KjAnalysis *analysis, KjProof *result);
void kj_proof_clear(KjProof *proof);

#endif
