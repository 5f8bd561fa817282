/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that only advise (@advisory): each that does not act yet on the reference day is told with its last day, so that nobody takes it
 * for a rule in force. From the next day on it is a rule like any other and nothing is told.
 */
#include "analyse.h"

#include <kijun/value.h>

#include "../translate.h"

static void tell_block(const KjBlock *block, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        g_autoptr(GString) last = g_string_new(NULL);

        if (rule->advisory == 0 || rule->advisory < analysis->day)
            continue;
        kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(rule->advisory), last);
        kj_report_help(kj_report(diagnostics, KJ_CODE_RULE_ADVISORY, rule->span, rule->label, last->str),
                       _("`kijun build --trial FILE` builds the table in which it acts already, for `kijun replay` and for shadow mode"));
    }
}

void kj_find_advisory(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    for (const KjBlock *standard = policy->standards; standard; standard = standard->next)
        tell_block(standard, analysis, diagnostics);
    for (const KjBlock *block = policy->blocks; block; block = block->next)
        tell_block(block, analysis, diagnostics);
}
