/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a block asks about: which fields must be measured or looked up so that its answer is right.
 *
 * A rule is a union of boxes, and a field matters where a box tests it. But a `require` of the domain `password` also tests that some field
 * of its phase is there at all, box by box: "too short, and its classes are known", "too short, and its last use is known". In a change the
 * length is always known, so the second says nothing that the first does not. Therefore a box that tests the field is passed over when
 * another box of the same rule, without this field, holds wherever it does, once the fields that are always there are taken as there.
 *
 * Quadratic in the boxes of a rule, which are few. Where it cannot tell it says that the field matters: then a word list is read in vain or
 * an argument asked for that is not needed, and nothing is passed that should not be.
 */
#include <string.h>

#include "policy.h"

typedef struct {
    const KjPamPolicy *policy;
    guint field;
    const char *const *present;
} Question;

typedef struct {
    guint first, end; /* tests */
} Box;

static Box box_at(const Question *question, guint index) {
    guint first, count;
    kj_view_box(question->policy->table, index, &first, &count);
    return (Box){ first, first + count };
}

/* The intervals hold every class from `low` to `high`. */
static gboolean holds_all(const KjTable *table, const KjTestView *test, guint32 low, guint32 high) {
    for (guint i = test->first_interval; i < test->first_interval + test->interval_count; i++) {
        KjClassInterval interval = kj_view_interval(table, i);
        if (interval.low <= low && interval.high >= high)
            return TRUE;
    }
    return FALSE;
}

/* It holds in every request in which the fields that are always there are there. */
static gboolean always_holds(const Question *question, const KjTestView *test) {
    KjFieldView field;
    kj_view_field(question->policy->table, question->policy->view.first_field + test->field, &field);
    return field.kind == KJ_FIELD_KIND_VALUE && question->present && g_strv_contains(question->present, field.name) &&
           holds_all(question->policy->table, test, 1, field.class_count - 1);
}

static gboolean find_test(const Question *question, Box box, guint field, KjTestView *test) {
    for (guint i = box.first; i < box.end; i++) {
        kj_view_test(question->policy->table, i, test);
        if (test->field == field)
            return TRUE;
    }
    return FALSE;
}

static gboolean is_within(const KjTable *table, const KjTestView *inner, const KjTestView *outer) {
    for (guint i = inner->first_interval; i < inner->first_interval + inner->interval_count; i++) {
        KjClassInterval interval = kj_view_interval(table, i);
        if (!holds_all(table, outer, interval.low, interval.high))
            return FALSE;
    }
    return TRUE;
}

/* `outer` does not test the field and holds wherever `inner` does. */
static gboolean stands_for(const Question *question, Box outer, Box inner) {
    for (guint i = outer.first; i < outer.end; i++) {
        KjTestView test, other;
        kj_view_test(question->policy->table, i, &test);
        if (always_holds(question, &test))
            continue;
        if (test.field == question->field || !find_test(question, inner, test.field, &other) ||
            !is_within(question->policy->table, &other, &test))
            return FALSE;
    }
    return TRUE;
}

static gboolean rule_asks(const Question *question, const KjRuleView *rule) {
    for (guint i = rule->first_box; i < rule->first_box + rule->box_count; i++) {
        KjTestView test;
        Box box = box_at(question, i);
        if (!find_test(question, box, question->field, &test) || always_holds(question, &test))
            continue;
        guint other = rule->first_box;
        while (other < rule->first_box + rule->box_count && (other == i || !stands_for(question, box_at(question, other), box)))
            other++;
        if (other == rule->first_box + rule->box_count)
            return TRUE;
    }
    return FALSE;
}

/* A field that is compared with another is asked about too; a comparison is named as it was written. */
static gboolean is_compared(const KjPamPolicy *policy, const char *name) {
    for (guint i = 0; i < policy->view.field_count; i++) {
        KjFieldView field;
        kj_view_field(policy->table, policy->view.first_field + i, &field);
        if (field.kind == KJ_FIELD_KIND_COMPARE && strstr(field.name, name))
            return TRUE;
    }
    return FALSE;
}

gboolean kj_pam_policy_asks(const KjPamPolicy *policy, const char *name, const char *const *present) {
    int field = kj_table_find_field(policy->table, policy->block, name);
    Question question = { policy, (guint)field, present };
    for (guint i = policy->view.first_rule; field >= 0 && i < policy->view.first_rule + policy->view.rule_count; i++) {
        KjRuleView rule;
        kj_view_rule(policy->table, i, &rule);
        if (rule_asks(&question, &rule))
            return TRUE;
    }
    return field >= 0 && is_compared(policy, name);
}
