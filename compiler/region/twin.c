/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Twins. See twin.h. Recursion is as deep as the conditions, which KJ_LIMIT_NESTING bounds. */
#include "twin.h"

#include <string.h>

/* ---- sets ---- */

static gboolean same_intervals(const KjSet *a, const KjSet *b) {
    for (guint i = 0; i < a->count; i++) {
        if (kj_ordinal_compare(a->intervals[i].low, b->intervals[i].low) != 0 ||
            kj_ordinal_compare(a->intervals[i].high, b->intervals[i].high) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean same_patterns(const KjSet *a, const KjSet *b) {
    for (guint i = 0; i < a->count; i++) {
        if (strcmp(a->patterns[i]->text, b->patterns[i]->text) != 0)
            return FALSE;
    }
    return TRUE;
}

/* But for the set of services that its ports may be of, which leads back to them. */
static gboolean same_values(const KjSet *a, const KjSet *b) {
    if (a == b)
        return TRUE;
    if (!a || !b || a->kind != b->kind || a->count != b->count || a->relation != b->relation || g_strcmp0(a->name, b->name) != 0 ||
        !a->service != !b->service)
        return FALSE;
    switch (a->kind) {
    case KJ_SET_INTERVALS:
        return same_intervals(a, b);
    case KJ_SET_PATTERNS:
        return same_patterns(a, b);
    case KJ_SET_UNION:
    case KJ_SET_MINUS:
    case KJ_SET_COMPLEMENT:
        for (guint i = 0; i < a->count; i++) {
            if (!same_values(a->members[i], b->members[i]))
                return FALSE;
        }
        return TRUE;
    case KJ_SET_PARAMETER:
        return TRUE; /* the name says it all */
    }
    g_assert_not_reached();
}

static gboolean same_set(const KjSet *a, const KjSet *b) {
    return same_values(a, b) && (!a->service || same_values(a->service, b->service));
}

/* ---- conditions ---- */

static gboolean same_condition(const KjCondition *a, const KjCondition *b);

static gboolean same_operands(const KjCondition *a, const KjCondition *b) {
    guint count = a->kind == KJ_CONDITION_NOT ? 1 : a->count;

    for (guint i = 0; i < count; i++) {
        if (!same_condition(a->operands[i], b->operands[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean same_members(const KjCondition *a, const KjCondition *b) {
    for (guint i = 0; i < a->count; i++) {
        if (strcmp(a->members[i], b->members[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean same_condition(const KjCondition *a, const KjCondition *b) {
    if (a->kind != b->kind || a->count != b->count)
        return FALSE;
    switch (a->kind) {
    case KJ_CONDITION_TRUE:
    case KJ_CONDITION_FALSE:
        return TRUE;
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN:
        return same_operands(a, b);
    case KJ_CONDITION_TEST:
        return a->field == b->field && same_set(a->set, b->set);
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        return a->field == b->field;
    case KJ_CONDITION_HAS:
        return a->field == b->field && same_members(a, b);
    case KJ_CONDITION_COMPARE:
        return a->field == b->field && a->other == b->other && a->relation == b->relation;
    case KJ_CONDITION_DURING:
        return FALSE;
    }
    g_assert_not_reached();
}

gboolean kj_rules_are_twins(const KjRule *a, const KjRule *b) {
    if (a->after || a->from || a->until || b->after || b->from || b->until || !a->unless != !b->unless)
        return FALSE;
    return same_condition(a->match, b->match) && (!a->unless || same_condition(a->unless, b->unless));
}

/* ---- blocks ---- */

static gboolean same_type(const KjDataType *a, const KjDataType *b) {
    if (a->kind != b->kind || a->set != b->set || a->low != b->low || a->high != b->high || a->ordered != b->ordered ||
        a->symbol_count != b->symbol_count || !a->symbols != !b->symbols)
        return FALSE;
    for (guint i = 0; a->symbols && i < a->symbol_count; i++) {
        if (strcmp(a->symbols[i], b->symbols[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

gboolean kj_blocks_are_kin(const KjBlock *a, const KjBlock *b) {
    if (a->domain != b->domain || a->field_count != b->field_count)
        return FALSE;
    for (guint i = 0; i < a->field_count; i++) {
        if (strcmp(a->fields[i].name, b->fields[i].name) != 0 || ((a->fields[i].flags ^ b->fields[i].flags) & KJ_FIELD_SET) ||
            !same_type(&a->fields[i].type, &b->fields[i].type))
            return FALSE;
    }
    return TRUE;
}
