/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See partial.h. A request that is an error for the block (a required field is missing) is left out: the fields that are not known are, then, there. */
#include "partial.h"

#include <string.h>

#include "../limits.h"
#include "../region/examples.h"
#include "../region/walk.h"
#include "../translate.h"
#include "decisions.h"

struct KjPartial {
    const KjBlock *block;
    KjUniverse *universe;
    KjDecisions *decisions;
    KjCases *cases;
    GPtrArray *errors; /* a region */
};

typedef struct {
    const KjDecisions *decisions;
    gboolean refused;
} Wanted;

void kj_partial_answer_clear(KjPartialAnswer *answer) {
    g_clear_pointer(&answer->passing, kj_witness_free);
    g_clear_pointer(&answer->refused, kj_witness_free);
    g_clear_pointer(&answer->problem, g_free);
}

void kj_partial_free(KjPartial *partial) {
    if (!partial)
        return;
    g_clear_pointer(&partial->errors, g_ptr_array_unref);
    kj_cases_free(partial->cases);
    kj_decisions_free(partial->decisions);
    kj_universe_free(partial->universe);
    g_free(partial);
}

KjPartial *kj_partial_new(const KjBlock *block, char **problem) {
    g_autoptr(KjPartial) partial = g_new0(KjPartial, 1);
    const char *trouble = NULL;
    guint failed = 0;

    partial->block = block;
    partial->universe = kj_universe_new(&block, 1);
    for (guint i = 0; i < block->rule_count; i++)
        kj_universe_add_rule(partial->universe, 0, &block->rules[i]);
    if (!kj_universe_seal(partial->universe, &trouble)) {
        *problem = g_strdup(trouble);
        return NULL;
    }
    partial->decisions = kj_decisions_new(partial->universe, block->domain);
    partial->cases = kj_decisions_cases(partial->decisions, 0, block, NULL, FALSE, &failed);
    if (!partial->cases) {
        *problem = g_strdup_printf(_("`%s` has more than %u boxes"), block->rules[failed].label, KJ_LIMIT_RULE_BOXES);
        return NULL;
    }
    partial->errors = kj_universe_errors(partial->universe, 0);
    return g_steal_pointer(&partial);
}

/* ---- the box ---- */

static const KjFieldText *find_value(const KjFieldText *values, guint count, const char *name) {
    for (guint i = 0; i < count; i++)
        if (strcmp(values[i].field, name) == 0)
            return &values[i];
    return NULL;
}

/* NULL with *problem when a value is none. */
static const KjBox *make_box(const KjPartial *partial, const KjFieldText *values, guint count, gint64 instant, char **problem) {
    KjUniverse *universe = partial->universe;
    KjClassSets *sets = kj_universe_sets(universe);
    guint field_count, known = 0;
    const KjField *fields = kj_universe_fields(universe, &field_count);
    g_autofree KjBoxTest *tests = g_new(KjBoxTest, field_count + 1);
    guint32 moment = kj_moments_classify(kj_universe_moments(universe), instant);

    for (guint i = 0; i < field_count; i++) {
        const KjFieldText *value = find_value(values, count, fields[i].name);
        guint32 klass;

        if (!value)
            continue;
        klass = kj_example_classify(kj_universe_field(universe, i), value->text, NULL);
        if (klass == 0) {
            *problem = g_strdup_printf(_("`%s` is no value of the field `%s`"), value->text, value->field);
            return NULL;
        }
        tests[known++] = (KjBoxTest){ i, kj_class_sets_range(sets, klass, klass) };
    }
    if (kj_universe_class_count(universe, kj_universe_instant(universe)) > 2)
        tests[known++] = (KjBoxTest){ kj_universe_instant(universe), kj_class_sets_range(sets, moment, moment) };
    return kj_box_new(kj_universe_arena(universe), tests, known);
}

/* ---- asking ---- */

static gboolean is_wanted(guint32 decision, gpointer data) {
    const Wanted *wanted = data;

    return kj_decisions_refuses(wanted->decisions, decision) == wanted->refused;
}

/* STOPPED: there is a request that is refused (or is not); *cell is where, *rule decides. */
static KjWalkEnd find(const KjPartial *partial, const KjBox *box, gboolean refused, const KjBox **cell, const KjRule **rule) {
    Wanted wanted = { partial->decisions, refused };
    KjWalk walk = { .universe = partial->universe, .start = box, .without = partial->errors, .cases = partial->cases, .wanted = is_wanted, .data = &wanted,
                    .steps = KJ_LIMIT_QUESTION_STEPS };
    guint32 decider = KJ_CASE_NONE;
    KjWalkEnd end = kj_walk_find(&walk, cell, &decider);

    *rule = end == KJ_WALK_STOPPED && decider != KJ_CASE_NONE ? &partial->block->rules[kj_cases_get(partial->cases, decider)->rule] : NULL;
    return end;
}

/* A request reads best with the values that are known. */
static KjWitness *make_witness(const KjPartial *partial, const KjBox *cell, const KjFieldText *values, guint count, gint64 instant) {
    KjWitness *witness = kj_witness_new(partial->universe, cell, instant, partial->block->zone);

    for (guint i = 0; witness && i < witness->fields->len; i++) {
        const KjFieldText *value = find_value(values, count, witness->fields->pdata[i]);

        if (value)
            kj_witness_replace(witness, i, value->text);
    }
    return witness;
}

static void leave_open(KjPartialAnswer *answer, const char *problem) {
    answer->kind = KJ_PARTIAL_OPEN;
    answer->problem = g_strdup(problem);
}

void kj_partial_ask(KjPartial *partial, const KjFieldText *values, guint count, gint64 instant, KjPartialAnswer *answer) {
    const KjBox *box, *passing = NULL, *refused = NULL;
    KjWalkEnd passes, refuses;

    *answer = (KjPartialAnswer){ .kind = KJ_PARTIAL_OPEN };
    box = make_box(partial, values, count, instant, &answer->problem);
    if (!box)
        return;
    passes = find(partial, box, FALSE, &passing, &answer->passes);
    refuses = find(partial, box, TRUE, &refused, &answer->refuses);
    if (passes == KJ_WALK_TOO_LONG || refuses == KJ_WALK_TOO_LONG) {
        leave_open(answer, _("the question is too large"));
    } else if (passes == KJ_WALK_DONE && refuses == KJ_WALK_DONE) {
        leave_open(answer, _("no request has these values"));
    } else if (passes == KJ_WALK_DONE) {
        answer->kind = KJ_PARTIAL_REFUSED;
    } else if (refuses == KJ_WALK_DONE) {
        answer->kind = KJ_PARTIAL_PASSES;
    } else {
        answer->kind = KJ_PARTIAL_DEPENDS;
        answer->passing = make_witness(partial, passing, values, count, instant);
        answer->refused = make_witness(partial, refused, values, count, instant);
    }
}
