/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules to boxes.
 *
 * The region of a rule is where `match` is true, `unless` is not true, and the rule is within its dates. Without an instant a rule that
 * refuses is within them and any other is not: a clock that is not set never lets anything through.
 *
 * What a rule needs on the way (products of unions can be large) lives in an arena of its own; only its boxes stay.
 */
#include "table.h"

#include "../limits.h"
#include "../translate.h"

#include <string.h>

/* Narrows the region by another, which it frees; NULL stands for a region that was too large. */
static gboolean narrow(KjTableBlock *table, KjArena *arena, KjRegion **region, KjRegion *by) {
    g_autoptr(GPtrArray) taken = by;

    return *region && taken && kj_region_intersect(arena, table->space->sets, *region, taken, KJ_LIMIT_RULE_BOXES);
}

static KjRegion *lower_rule(KjTableBlock *table, KjArena *arena, const KjRule *rule) {
    gboolean refuses = (table->block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
    g_autoptr(GPtrArray) region = kj_space_lower(table->space, arena, rule->match, KJ_TRUE, KJ_LIMIT_RULE_BOXES);

    if (!region)
        return NULL;
    if (rule->unless &&
        !narrow(table, arena, &region, kj_space_lower(table->space, arena, rule->unless, KJ_NOT_TRUE, KJ_LIMIT_RULE_BOXES)))
        return NULL;
    if (rule->from && !narrow(table, arena, &region, kj_space_lower_window(table->space, arena, rule->from, refuses)))
        return NULL;
    if (rule->until && !narrow(table, arena, &region, kj_space_lower_window(table->space, arena, rule->until, refuses)))
        return NULL;
    kj_region_simplify(arena, table->space->sets, region);
    return g_steal_pointer(&region);
}

static const KjBox *keep_box(KjArena *arena, const KjBox *box) {
    gsize size = sizeof(KjBox) + box->count * sizeof(KjBoxTest);
    KjBox *kept = kj_arena_alloc(arena, size);

    memcpy(kept, box, size);
    return kept;
}

static gboolean add_rule(KjTableBlock *table, guint32 index, guint *boxes, KjDiagnostics *diagnostics) {
    const KjRule *rule = &table->block->rules[index];
    g_autoptr(KjArena) scratch = kj_arena_new();
    g_autoptr(GPtrArray) region = lower_rule(table, scratch, rule);

    g_array_append_val(table->first_boxes, table->boxes->len);
    if (!region) {
        KjDiagnostic *diagnostic = kj_report(diagnostics, KJ_CODE_RULE_BOXES, rule->span, rule->label, KJ_LIMIT_RULE_BOXES);
        kj_report_help(diagnostic, _("write it as several rules, or name the combinations as one set"));
        return FALSE;
    }
    if (*boxes + region->len > KJ_LIMIT_TABLE_BOXES) {
        kj_report(diagnostics, KJ_CODE_TABLE_BOXES, rule->span, rule->label, KJ_LIMIT_TABLE_BOXES);
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
