/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See coverage.h. One universe for each block, with the conditions of its rules and of the proofs about it; the proofs' own boundaries
 * split classes as the rules' do, or a proof could be about half a value. Tests are points of it.
 *
 * Whether a value is the rule's is a walk: is there a request of the rule's box with this value that no case before it takes. The cell that
 * a walk finds settles all its values at once. Walks of one block share a store of steps; when it is used up values count as the rule's,
 * and the rule is marked incomplete.
 */
#include "coverage.h"

#include "../reference/reference.h"
#include "../region/walk.h"
#include "../region/words.h"

#include <string.h>

#define VALUES_MOST 2048u                      /* of one rule */
#define BLOCK_STEPS G_GUINT64_CONSTANT(20000000) /* boxes looked at for one block: some seconds */

/* One class of one field that the rule asks about. */
typedef struct {
    guint field;
    guint32 klass;
    gboolean live, touched;
} Value;

typedef struct {
    guint rule;       /* index in the block; KJ_CASE_NONE: the default */
    guint32 place;    /* its case; of the default: behind all */
    KjRegion *region;
    GArray *values;   /* Value, by field and class */
    GHashTable *index; /* field and class -> place in values + 1 */
    KjRuleCoverage *result;
} Part;

typedef struct {
    const KjPolicy *policy;
    const KjBlock *block;
    KjUniverse *universe;
    KjCases *cases;
    KjRegion *errors;
    GPtrArray *parts; /* Part */
    GPtrArray *proofs; /* KjRegion *: of the proofs about this block */
    guint64 steps;
} Measure;

/* ---- values ---- */

static void part_free(gpointer data) {
    Part *part = data;

    g_ptr_array_unref(part->region);
    g_array_unref(part->values);
    g_hash_table_unref(part->index);
    g_free(part);
}

static Value *find_value(const Part *part, guint field, guint32 klass) {
    gint64 key = (gint64)field << 32 | klass;
    guint at = GPOINTER_TO_UINT(g_hash_table_lookup(part->index, &key));

    return at ? &g_array_index(part->values, Value, at - 1) : NULL;
}

static void add_value(Part *part, guint field, guint32 klass) {
    Value value = { field, klass, FALSE, FALSE };
    gint64 key = (gint64)field << 32 | klass;

    if (find_value(part, field, klass))
        return;
    if (part->values->len == VALUES_MOST) {
        part->result->incomplete = TRUE;
        return;
    }
    g_array_append_val(part->values, value);
    g_hash_table_insert(part->index, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(part->values->len));
}

/* Whether the test only wants the field to be there, whatever it is. */
static gboolean asks_nothing(const Measure *measure, const KjBoxTest *test) {
    return test->set->count == 1 && test->set->intervals[0].low <= 1 &&
           test->set->intervals[0].high == kj_universe_class_count(measure->universe, test->field) - 1;
}

/* No instant at all is left out: a test whose answer depends on the time must say when. */
static void collect_values(const Measure *measure, Part *part) {
    for (guint b = 0; b < part->region->len; b++) {
        const KjBox *box = part->region->pdata[b];
        for (guint t = 0; t < box->count; t++) {
            const KjClassSet *set = box->tests[t].set;
            for (guint i = 0; i < set->count && !asks_nothing(measure, &box->tests[t]); i++) {
                guint32 low =
                    box->tests[t].field == kj_universe_instant(measure->universe) ? MAX(set->intervals[i].low, 1) : set->intervals[i].low;
                for (guint32 klass = low; klass <= set->intervals[i].high && !part->result->incomplete; klass++)
                    add_value(part, box->tests[t].field, klass);
            }
        }
    }
}

/* Marks the values of a cell that lies in the part's box. */
static void mark_cell(const Part *part, const KjBox *box, const KjBox *cell, gboolean touched) {
    for (guint t = 0; t < box->count; t++) {
        const KjClassSet *set = kj_box_field(cell, box->tests[t].field);
        for (guint i = 0; set && i < set->count; i++) {
            for (guint32 klass = set->intervals[i].low; klass <= set->intervals[i].high; klass++) {
                Value *value = find_value(part, box->tests[t].field, klass);
                if (value)
                    value->live = TRUE;
                if (value && touched)
                    value->touched = TRUE;
            }
        }
    }
}

/* ---- what a rule decides ---- */

/* A cell of `start` that the part decides; NULL: there is none, or (*open) it is not known. */
static const KjBox *find_decided(Measure *measure, const Part *part, const KjBox *start, gboolean *open) {
    g_autoptr(GPtrArray) without = g_ptr_array_new();
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    KjWalk walk = { .universe = measure->universe, .start = start, .without = without, .steps = measure->steps };
    const KjBox *cell = NULL;
    guint32 decider;
    KjWalkEnd end;

    if (measure->steps == 0) {
        *open = TRUE;
        return NULL;
    }
    for (guint i = 0; i < measure->errors->len; i++)
        g_ptr_array_add(without, measure->errors->pdata[i]);
    kj_cases_meeting(measure->cases, start, part->place, numbers);
    for (guint i = 0; i < numbers->len; i++)
        g_ptr_array_add(without, measure->cases->boxes->pdata[g_array_index(numbers, guint32, i)]);
    end = kj_walk_find(&walk, &cell, &decider);
    measure->steps = walk.steps;
    *open |= end == KJ_WALK_TOO_LONG;
    return end == KJ_WALK_STOPPED ? cell : NULL;
}

static const KjBox *with_class(const Measure *measure, const KjBox *box, const Value *value) {
    KjArena *arena = kj_universe_arena(measure->universe);
    KjClassSets *sets = kj_universe_sets(measure->universe);
    g_autoptr(GPtrArray) one = kj_region_test(arena, value->field, kj_class_sets_range(sets, value->klass, value->klass));

    return kj_box_intersect(arena, sets, box, one->pdata[0]);
}

static gboolean asks_value(const KjBox *box, const Value *value) {
    const KjClassSet *set = kj_box_field(box, value->field);

    return set && kj_class_set_has(set, value->klass);
}

static void find_live(Measure *measure, Part *part) {
    for (guint v = 0; v < part->values->len; v++) {
        Value *value = &g_array_index(part->values, Value, v);
        gboolean open = FALSE;
        for (guint b = 0; b < part->region->len && !value->live; b++) {
            const KjBox *box = part->region->pdata[b];
            const KjBox *cell = asks_value(box, value) ? find_decided(measure, part, with_class(measure, box, value), &open) : NULL;
            if (cell)
                mark_cell(part, box, cell, FALSE);
        }
        if (!value->live && open) {
            value->live = TRUE;
            part->result->incomplete = TRUE;
        }
    }
}

/* ---- proofs ---- */

static void touch_values(Measure *measure, Part *part, const KjBox *box, const KjBox *common) {
    for (guint v = 0; v < part->values->len; v++) {
        Value *value = &g_array_index(part->values, Value, v);
        gboolean open = FALSE;
        const KjBox *start = value->touched || !value->live || !asks_value(box, value) ? NULL : with_class(measure, common, value);
        const KjBox *cell = start ? find_decided(measure, part, start, &open) : NULL;
        if (cell)
            mark_cell(part, box, cell, TRUE);
        part->result->incomplete |= open;
    }
}

/* What of the part a proof speaks about. Of a part without values only whether there is anything. */
static void touch_by_proof(Measure *measure, Part *part, const KjRegion *proof, gboolean *any) {
    for (guint b = 0; b < part->region->len; b++) {
        for (guint p = 0; p < proof->len; p++) {
            const KjBox *box = part->region->pdata[b];
            const KjBox *common =
                kj_box_intersect(kj_universe_arena(measure->universe), kj_universe_sets(measure->universe), box, proof->pdata[p]);
            gboolean open = FALSE;
            const KjBox *cell = common ? find_decided(measure, part, common, &open) : NULL;
            if (!cell)
                continue;
            *any = TRUE;
            mark_cell(part, box, cell, TRUE);
            touch_values(measure, part, box, common);
        }
    }
}

/* ---- tests ---- */

static guint32 class_of(const Measure *measure, guint field, const KjReferenceRequest *request, guint own) {
    const KjReferenceField *given = &request->fields[own];
    const KjSpaceField *space = kj_universe_field(measure->universe, field);

    if (!given->present)
        return 0;
    if (!space->classifier)
        return 1;
    if (given->value.tokens)
        return kj_classifier_classify_tokens(space->classifier, (const char *const *)given->value.tokens, given->value.token_count);
    return kj_classifier_classify_ordinal(space->classifier, given->value.ordinal);
}

/* Members and comparisons are 1: no, 2: yes. */
static guint32 derived_class(const Measure *measure, const KjSpaceField *field, KjReferenceRequest *request, const guint *own) {
    KjCondition condition = { .kind = field->kind == KJ_FIELD_KIND_MEMBER ? KJ_CONDITION_HAS : KJ_CONDITION_COMPARE,
                              .field = own[field->left],
                              .other = own[field->right],
                              .relation = field->relation,
                              .members = &field->member,
                              .count = 1 };

    (void)measure;
    return kj_reference_condition(request, &condition) == KJ_TRUTH_TRUE ? 2 : 1;
}

/* The request as a point: one class for each field of the universe. */
static guint32 *point_of(const Measure *measure, const KjTestCase *test, KjReferenceRequest *request) {
    guint dimension = kj_universe_dimension(measure->universe), joint_count, instant = kj_universe_instant(measure->universe);
    guint32 *point = g_new0(guint32, dimension);
    g_autofree guint *own = NULL;

    kj_universe_fields(measure->universe, &joint_count);
    own = g_new0(guint, joint_count + 1);
    for (guint i = 0; i < measure->block->field_count; i++) {
        guint joint = kj_universe_joint(measure->universe, 0, i);
        own[joint] = i;
        point[joint] = class_of(measure, joint, request, i);
    }
    for (guint i = joint_count; i < instant; i++)
        point[i] = derived_class(measure, kj_universe_field(measure->universe, i), request, own);
    if (test->has_instant)
        point[instant] = kj_moments_classify(kj_universe_moments(measure->universe), test->instant);
    return point;
}

static void touch_by_point(const Part *part, const guint32 *point) {
    for (guint b = 0; b < part->region->len; b++) {
        const KjBox *box = part->region->pdata[b];
        for (guint t = 0; t < box->count && kj_box_has(box, point); t++) {
            Value *value = find_value(part, box->tests[t].field, point[box->tests[t].field]);
            if (value)
                value->live = value->touched = TRUE;
        }
    }
}

static gboolean decides(const Measure *measure, const Part *part, const KjReferenceVerdict *verdict) {
    if (verdict->outcome == KJ_OUTCOME_ERROR)
        return FALSE;
    if (part->rule == KJ_CASE_NONE)
        return verdict->matched->len == 0;
    return g_ptr_array_find(verdict->matched, &measure->block->rules[part->rule], NULL);
}

static void run_test(const Measure *measure, const KjTestCase *test) {
    KjReferenceVerdict verdict;
    KjReferenceRequest request = { .has_instant = test->has_instant, .instant = test->instant };

    kj_reference_request_read(&request, measure->block, test->values, test->value_count);
    kj_reference_decide(measure->block, test->values, test->value_count, test->has_instant, test->instant, &verdict);
    if (!request.problem) {
        g_autofree guint32 *point = point_of(measure, test, &request);
        for (guint i = 0; i < measure->parts->len; i++) {
            Part *part = measure->parts->pdata[i];
            if (!decides(measure, part, &verdict))
                continue;
            part->result->tested = TRUE;
            touch_by_point(part, point);
        }
    }
    kj_reference_verdict_clear(&verdict);
    kj_reference_request_clear(&request);
}

/* ---- the block ---- */

static int compare_places(gconstpointer a, gconstpointer b, gpointer data) {
    const KjBlock *block = data;
    guint left = *(const guint *)a, right = *(const guint *)b;

    if (block->domain->combining == KJ_COMBINING_STRICTEST && block->rules[left].effect != block->rules[right].effect)
        return block->rules[left].effect > block->rules[right].effect ? -1 : 1;
    return left < right ? -1 : left > right;
}

static void add_part(Measure *measure, guint rule, guint32 place, KjRegion *region, KjBlockCoverage *result) {
    Part *part = g_new0(Part, 1);

    part->rule = rule;
    part->place = place;
    part->region = g_ptr_array_ref(region);
    part->values = g_array_new(FALSE, FALSE, sizeof(Value));
    part->index = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    part->result = g_new0(KjRuleCoverage, 1);
    part->result->rule = rule == KJ_CASE_NONE ? NULL : &measure->block->rules[rule];
    part->result->untouched = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(measure->parts, part);
    g_ptr_array_add(result->rules, part->result);
}

/* The rules as cases, those that win first; and of each how many stand before it that take its requests away. */
static gboolean add_parts(Measure *measure, KjBlockCoverage *result) {
    const KjBlock *block = measure->block;
    g_autofree guint *places = g_new(guint, block->rule_count + 1), *before = g_new0(guint, block->rule_count + 1);
    g_autoptr(GPtrArray) regions = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
                         all = kj_region_all(kj_universe_arena(measure->universe));

    for (guint i = 0; i < block->rule_count; i++)
        places[i] = i;
    g_qsort_with_data(places, (gint)block->rule_count, sizeof *places, compare_places, (gpointer)block);
    for (guint i = 0; i < block->rule_count; i++) {
        KjRegion *region = kj_universe_lower_rule(measure->universe, 0, &block->rules[places[i]]);
        guint first = i > 0 && block->rules[places[i]].effect == block->rules[places[i - 1]].effect ? before[places[i - 1]] : i;

        if (!region)
            return FALSE;
        g_ptr_array_add(regions, region);
        kj_cases_add(measure->cases, 0, places[i], region);
        if (block->domain->combining != KJ_COMBINING_ADD_UP)
            before[places[i]] = block->domain->combining == KJ_COMBINING_STRICTEST ? first : i;
    }
    kj_cases_seal(measure->cases);
    for (guint rule = 0; rule < block->rule_count; rule++) {
        for (guint i = 0; i < block->rule_count && block->rules[rule].item; i++) {
            if (places[i] == rule)
                add_part(measure, rule, before[rule], regions->pdata[i], result);
        }
    }
    if (block->domain->combining != KJ_COMBINING_ADD_UP) /* what adds up has no other answer */
        add_part(measure, KJ_CASE_NONE, KJ_CASE_NONE, all, result);
    return TRUE;
}

static void add_proofs(Measure *measure) {
    for (const KjTest *test = measure->policy->tests; test; test = test->next) {
        for (guint i = 0; test->proof && i < test->count; i++) {
            KjRegion *region =
                test->proofs[i].block == measure->block ? kj_universe_lower(measure->universe, 0, test->proofs[i].region, KJ_TRUE) : NULL;
            if (region)
                g_ptr_array_add(measure->proofs, region);
        }
    }
}

static gboolean open_universe(Measure *measure, const char **problem) {
    for (guint i = 0; i < measure->block->rule_count; i++)
        kj_universe_add_rule(measure->universe, 0, &measure->block->rules[i]);
    for (const KjTest *test = measure->policy->tests; test; test = test->next) {
        for (guint i = 0; test->proof && i < test->count; i++) {
            if (test->proofs[i].block == measure->block)
                kj_universe_add_condition(measure->universe, 0, test->proofs[i].region);
        }
    }
    return kj_universe_seal(measure->universe, problem);
}

/* ---- what is told ---- */

/* Of one field what no test touched, in the policy's words; a time that no window of the policy is, by an example. */
static char *say_untouched(const Measure *measure, guint field, GArray *classes) {
    KjArena *arena = kj_universe_arena(measure->universe);
    const KjClassSet *set = kj_class_sets_get(kj_universe_sets(measure->universe), (KjClassInterval *)(void *)classes->data, classes->len);
    g_autoptr(GPtrArray) region = kj_region_test(arena, field, set);
    gboolean untold_time = FALSE;
    gint64 instant = 0;

    kj_words_condition(measure->universe, region->pdata[0], &untold_time);
    if (!untold_time)
        return g_strdup(kj_words_clauses(measure->universe, region->pdata[0]));
    if (!kj_moments_example(kj_universe_moments(measure->universe), set, g_get_real_time() / G_USEC_PER_SEC, measure->block->zone,
                            &instant))
        return g_strdup("at no time");
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant);
    return g_date_time_format(time, "at %Y-%m-%dT%H:%M:%SZ");
}

static int compare_values(gconstpointer a, gconstpointer b) {
    const Value *left = a, *right = b;

    if (left->field != right->field)
        return left->field < right->field ? -1 : 1;
    return left->klass < right->klass ? -1 : left->klass > right->klass;
}

static void tell_values(const Measure *measure, Part *part) {
    g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));

    g_array_sort(part->values, compare_values);
    for (guint v = 0; v < part->values->len; v++) {
        const Value *value = &g_array_index(part->values, Value, v);
        KjClassInterval one = { value->klass, value->klass };
        gboolean last = v + 1 == part->values->len || value[1].field != value->field;
        part->result->values += value->live;
        part->result->touched += value->live && value->touched;
        if (value->live && !value->touched)
            g_array_append_val(classes, one);
        if (last && classes->len)
            g_ptr_array_add(part->result->untouched, say_untouched(measure, value->field, classes));
        if (last)
            g_array_set_size(classes, 0);
    }
}

/* A part that asks nothing: whether it decides at all, and whether anything was tried. */
static void tell_whole(Measure *measure, Part *part, gboolean proved) {
    gboolean open = FALSE;

    part->result->touched = part->result->tested || proved;
    part->result->values = part->result->touched;
    for (guint b = 0; b < part->region->len && !part->result->values; b++)
        part->result->values = find_decided(measure, part, part->region->pdata[b], &open) != NULL || open;
    part->result->incomplete |= open;
}

static void measure_part(Measure *measure, Part *part) {
    gboolean proved = FALSE;

    find_live(measure, part);
    for (guint i = 0; i < measure->proofs->len; i++)
        touch_by_proof(measure, part, measure->proofs->pdata[i], &proved);
    if (part->values->len)
        tell_values(measure, part);
    else
        tell_whole(measure, part, proved);
}

static void run_tests(const Measure *measure) {
    for (const KjTest *test = measure->policy->tests; test; test = test->next) {
        for (guint i = 0; !test->proof && i < test->count; i++) {
            if (test->cases[i].block == measure->block)
                run_test(measure, &test->cases[i]);
        }
    }
}

static KjBlockCoverage *measure_block(const KjPolicy *policy, const KjBlock *block) {
    KjBlockCoverage *result = g_new0(KjBlockCoverage, 1);
    g_autoptr(KjUniverse) universe = kj_universe_new(&block, 1);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free),
                         proofs = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref), errors = NULL;
    g_autoptr(KjCases) cases = NULL;
    Measure measure = { policy, block, universe, NULL, NULL, parts, proofs, BLOCK_STEPS };
    const char *problem = NULL;

    result->block = block;
    result->rules = g_ptr_array_new();
    if (!open_universe(&measure, &problem)) {
        result->problem = g_strdup(problem);
        return result;
    }
    cases = kj_cases_new(universe, 0);
    errors = kj_universe_errors(universe, 0);
    measure.cases = cases;
    measure.errors = errors;
    if (!add_parts(&measure, result)) {
        result->problem = g_strdup("a rule needs too many boxes");
        return result;
    }
    add_proofs(&measure);
    for (guint i = 0; i < parts->len; i++) {
        if (((Part *)parts->pdata[i])->rule != KJ_CASE_NONE)
            collect_values(&measure, parts->pdata[i]);
    }
    run_tests(&measure);
    for (guint i = 0; i < parts->len; i++)
        measure_part(&measure, parts->pdata[i]);
    return result;
}

static void coverage_free(gpointer data) {
    KjBlockCoverage *coverage = data;

    for (guint i = 0; i < coverage->rules->len; i++) {
        g_ptr_array_unref(((KjRuleCoverage *)coverage->rules->pdata[i])->untouched);
        g_free(coverage->rules->pdata[i]);
    }
    g_ptr_array_unref(coverage->rules);
    g_free(coverage->problem);
    g_free(coverage);
}

GPtrArray *kj_coverage_measure(const KjPolicy *policy) {
    GPtrArray *list = g_ptr_array_new_with_free_func(coverage_free);

    for (const KjBlock *block = policy->blocks; block; block = block->next)
        g_ptr_array_add(list, measure_block(policy, block));
    return list;
}
