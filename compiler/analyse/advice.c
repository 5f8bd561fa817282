/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a domain has to say about its blocks. The compiler knows no domain and so no good practice of one; a domain that does looks at the
 * table of a block that is sound, through view.h and by deciding requests of its own, and what it notes is told at the rule it names. Notes
 * only: what is wrong in a domain is wrong by its tables.
 */
#include "analyse.h"

#include <string.h>

#include <kijun/view.h>

#include "../diagnostics.h"
#include "../table/table.h"

typedef struct {
    const KjBlock *block;
    const KjTable *table;
    const char *language;
    KjDiagnostics *diagnostics;
} Advising;

static const KjRule *find_rule(const Advising *advising, guint index) {
    KjRuleView view;

    if (index >= KJ_RULE_ERROR) /* or KJ_RULE_DEFAULT */
        return NULL;
    kj_view_rule(advising->table, index, &view);
    for (guint i = 0; i < advising->block->rule_count; i++) {
        if (strcmp(advising->block->rules[i].label, view.label) == 0)
            return &advising->block->rules[i];
    }
    return NULL;
}

static void note(KjAdviceSink *sink, guint rule_index, const KjPhrase *text) {
    const Advising *advising = sink->data;
    const KjRule *rule = find_rule(advising, rule_index);
    const char *words = g_strcmp0(advising->language, "ja") == 0 ? text->ja : text->en;

    kj_report(advising->diagnostics, KJ_CODE_ADVICE, rule ? rule->span : advising->block->span, rule ? rule->label : advising->block->name,
              words);
}

static void look_at(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjAdvise advise, KjDiagnostics *diagnostics) {
    g_autoptr(KjDiagnostics) scratch = kj_diagnostics_new();
    g_autoptr(KjTable) table = analysis->table ? kj_table_ref(analysis->table) : kj_build_silent(policy, block, scratch);
    Advising advising = { block, table, analysis->language, diagnostics };
    KjAdviceSink sink = { sizeof sink, analysis->at, &advising, note };
    guint number;

    if (table && kj_table_find_block(table, block->qualified, &number, NULL)) /* else it does not build, which others tell */
        advise(table, number, &sink);
}

void kj_find_advice(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        KjAdvise advise = kj_domain_advise(block->domain);

        if (advise)
            look_at(policy, analysis, block, advise, diagnostics);
    }
}
