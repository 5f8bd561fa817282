/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules to boxes.
 *
 * What a rule needs on the way (products of unions can be large) lives in an arena of its own; only its boxes stay.
 */
#include "table.h"

#include "../limits.h"
#include "../translate.h"

#include <string.h>

static const KjBox *keep_box(KjArena *arena, const KjBox *box) {
    gsize size = sizeof(KjBox) + box->count * sizeof(KjBoxTest);
    KjBox *kept = kj_arena_alloc(arena, size);

    memcpy(kept, box, size);
    return kept;
}

static gboolean add_rule(KjTableBlock *table, guint32 index, guint *boxes, KjDiagnostics *diagnostics) {
    const KjRule *rule = &table->block->rules[index];
    KjSpan span = rule->sources ? KJ_SPAN_NONE : rule->span; /* what is reported lies in the policy's own sources */
    g_autoptr(KjArena) scratch = kj_arena_new();
    gboolean refuses = (table->block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
    g_autoptr(GPtrArray) region = kj_space_lower_rule(table->space, scratch, rule, refuses, KJ_LIMIT_RULE_BOXES);

    g_array_append_val(table->first_boxes, table->boxes->len);
    if (!region) {
        KjDiagnostic *diagnostic = kj_report(diagnostics, KJ_CODE_RULE_BOXES, span, rule->label, KJ_LIMIT_RULE_BOXES);
        kj_report_help(diagnostic,
                       rule->otherwise
                           ? _("a default for a time is what no rule matches, and that is too much here; keep the default, and write rules")
                           : _("write it as several rules, or name the combinations as one set"));
        return FALSE;
    }
    if (*boxes + region->len > KJ_LIMIT_TABLE_BOXES) {
        kj_report(diagnostics, KJ_CODE_TABLE_BOXES, span, rule->label, KJ_LIMIT_TABLE_BOXES);
        return FALSE;
    }
    *boxes += region->len;
    for (guint i = 0; i < region->len; i++) {
        g_ptr_array_add(table->boxes, (gpointer)keep_box(table->arena, region->pdata[i]));
        g_array_append_val(table->box_rules, index);
    }
    return TRUE;
}

gboolean kj_lower_block(KjTableBlock *table, guint *boxes, KjDiagnostics *diagnostics) {
    gboolean fits = TRUE;

    for (guint32 i = 0; i < table->block->rule_count && *boxes <= KJ_LIMIT_TABLE_BOXES; i++)
        fits = add_rule(table, i, boxes, diagnostics) && fits;
    g_array_append_val(table->first_boxes, table->boxes->len);
    return fits;
}
