/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The analyses, as a list. */
#include "analyse.h"

void kj_analyse(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    kj_prove_conformance(policy, analysis, diagnostics);
    kj_find_exceptions(policy, analysis, diagnostics);
    kj_find_in_rules(policy, analysis, diagnostics);
    kj_find_unused(policy, analysis, diagnostics);
    kj_find_lockout(policy, analysis, diagnostics);
    kj_find_advice(policy, analysis, diagnostics);
    kj_find_advisory(policy, analysis, diagnostics);
    kj_find_seats(policy, analysis, diagnostics);
}

void kj_analyse_errors(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    kj_prove_conformance(policy, analysis, diagnostics);
    kj_check_exception_lengths(policy, analysis, diagnostics);
}
