/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classes of a block's fields, from everything its rules ask. What a class is and how it is found:
 * region/classifier.h, region/space.h. */
#include "../limits.h"
#include "../translate.h"
#include "table.h"

gboolean kj_classify_block(KjTableBlock *table, KjDiagnostics *diagnostics) {
    const KjBlock *block = table->block;
    guint failed;

    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];

        kj_space_add(table->space, rule->match);
        if (rule->unless)
            kj_space_add(table->space, rule->unless);
        if (rule->after)
            kj_space_add_window(table->space, rule->after);
        if (rule->from)
            kj_space_add_window(table->space, rule->from);
        if (rule->until)
            kj_space_add_window(table->space, rule->until);
    }
    if (!kj_space_seal(table->space, &failed)) {
        KjDiagnostic *diagnostic = kj_report(diagnostics, KJ_CODE_PATTERN_STATES, block->span, block->fields[failed].name, block->qualified,
                                             KJ_LIMIT_PATTERN_STATES);
        kj_report_help(diagnostic, _("use groups instead of single names, and `**` only at the end of a path"));
        return FALSE;
    }
    return TRUE;
}
