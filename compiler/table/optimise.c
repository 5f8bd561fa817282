/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which boxes can matter in a part of the space. A box that is left out of a leaf stays in the table: views, targets and explanations see
 * every rule whole.
 *
 * Why leaving out is sound, for requests inside the cell, with the list in order of priority:
 *   - behind a cover (a box that holds the whole cell): first-match: the cover matches, so nothing behind it is ever first. Strictest:
 *     every request has at least the cover's effect, and only rules of the winning effect are told, never a milder box behind it.
 *     Requirements that add up: nothing is left out.
 *   - covered by one earlier box: first-match: where it matches the earlier one does. Strictest: the same, if the earlier is stricter.
 *   - covered by one earlier box of its own rule, whatever combines: the rule matches already.
 */
#include "table.h"

#define COVERED_MOST 64u /* longer lists are not compared pair by pair */

static const KjBox *box_at(const KjTableBlock *table, guint32 box) {
    return table->boxes->pdata[box];
}

static gboolean covers_cell(const KjBox *box, const KjCell *cell) {
    for (guint i = 0; i < box->count; i++) {
        const KjCell *side = &cell[box->tests[i].field];

        if (!kj_class_set_covers(box->tests[i].set, side->low, side->high))
            return FALSE;
    }
    return TRUE;
}

guint kj_prune_behind_cover(const KjTableBlock *table, const KjCell *cell, guint32 *list, guint count) {
    KjCombining combining = table->block->domain->combining;
    guint cover = 0;

    while (cover < count && !covers_cell(box_at(table, list[cover]), cell))
        cover++;
    if (cover == count || combining == KJ_COMBINING_ADD_UP)
        return count;
    if (combining == KJ_COMBINING_FIRST_MATCH)
        return cover + 1;
    for (guint i = cover + 1; i < count; i++) { /* strictest effects come first */
        if (kj_table_box_effect(table, list[i]) < kj_table_box_effect(table, list[cover]))
            return i;
    }
    return count;
}

/* Whether `outer` holds what lies of `inner` in the cell. May say no where a look at every interval would say yes. */
static gboolean covers_box(const KjBox *outer, const KjBox *inner, const KjCell *cell) {
    for (guint i = 0; i < outer->count; i++) {
        const KjBoxTest *test = &outer->tests[i];
        const KjCell *side = &cell[test->field];
        const KjClassSet *set = kj_box_field(inner, test->field);
        KjClassInterval hull = *side;

        if (set && kj_class_set_contains(test->set, set))
            continue;
        if (set && !kj_class_set_hull(set, side->low, side->high, &hull))
            return TRUE;
        if (!kj_class_set_covers(test->set, hull.low, hull.high))
            return FALSE;
    }
    return TRUE;
}

static gboolean may_hide(const KjTableBlock *table, guint32 earlier, guint32 later) {
    KjCombining combining = table->block->domain->combining;

    if (g_array_index(table->box_rules, guint32, earlier) == g_array_index(table->box_rules, guint32, later))
        return TRUE;
    return combining == KJ_COMBINING_FIRST_MATCH ||
           (combining == KJ_COMBINING_STRICTEST && kj_table_box_effect(table, earlier) > kj_table_box_effect(table, later));
}

guint kj_prune_covered(const KjTableBlock *table, const KjCell *cell, guint32 *list, guint count) {
    guint kept = 0;

    if (count > COVERED_MOST)
        return count;
    for (guint i = 0; i < count; i++) {
        gboolean hidden = FALSE;

        for (guint j = 0; j < kept && !hidden; j++)
            hidden = may_hide(table, list[j], list[i]) && covers_box(box_at(table, list[j]), box_at(table, list[i]), cell);
        if (!hidden)
            list[kept++] = list[i];
    }
    return kept;
}
