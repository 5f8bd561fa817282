/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Universes: joint fields, sealing, and regions without contradictions. See universe.h; how two vocabularies become one is in universe_join.c.
 *
 * Regions come from the space's own lowering (lower.c), box by box brought to a form in which the algebra can take every field as free:
 *   - tests of windows are folded into one test of the instant;
 *   - "the answer about this member, or this comparison, is unknown" is said about the fields it reads (one of them is missing), and any other
 *     answer implies that they are there. A box that says otherwise is empty and dropped here.
 * Fields that are compared with each other get each other's sets, in one order, so that their classes are the same and may be compared.
 */
#include "universe_join.h"

#include "../limits.h"
#include "../translate.h"

#include <string.h>

struct KjUniverse {
    KjArena *arena;
    KjJoin *join;
    KjSpace *space;
    KjMoments *moments;
    GPtrArray *conditions;  /* const KjCondition *: joint, to be added */
    GHashTable *seen;       /* those, and their parts, already looked through */
    guint *kin;             /* of joint fields that are compared: a field that stands for all of them */
    const KjClassSet **whole; /* of each field, every class but 0 */
    char *problem;
};

KjUniverse *kj_universe_new(const KjBlock *const *blocks, guint count) {
    KjUniverse *universe = g_new0(KjUniverse, 1);
    guint field_count;

    universe->arena = kj_arena_new();
    universe->join = kj_join_new(universe->arena, blocks, count);
    kj_join_fields(universe->join, &field_count);
    universe->space = kj_space_new(kj_join_fields(universe->join, NULL), field_count);
    universe->moments = kj_moments_new();
    universe->conditions = g_ptr_array_new();
    universe->seen = g_hash_table_new(NULL, NULL);
    universe->kin = kj_arena_newn(universe->arena, guint, field_count + 1);
    for (guint i = 0; i < field_count; i++)
        universe->kin[i] = i;
    return universe;
}

void kj_universe_free(KjUniverse *universe) {
    if (!universe)
        return;
    g_ptr_array_unref(universe->conditions);
    g_hash_table_unref(universe->seen);
    g_free(universe->problem);
    kj_moments_free(universe->moments);
    kj_space_free(universe->space);
    kj_join_free(universe->join);
    kj_arena_free(universe->arena);
    g_free(universe);
}

/* ---- adding ---- */

static guint kin_of(const KjUniverse *universe, guint field) {
    while (universe->kin[field] != field)
        field = universe->kin[field];
    return field;
}

static gboolean has_parts(const KjCondition *condition) {
    return condition->kind == KJ_CONDITION_AND || condition->kind == KJ_CONDITION_OR || condition->kind == KJ_CONDITION_NOT ||
           condition->kind == KJ_CONDITION_SHOWN;
}

/* Windows go to the moments, comparisons make fields kin; classes wait until all kin are known. Only what has parts is remembered: to look at a test once more
 * costs less. */
static void look_through(KjUniverse *universe, const KjCondition *condition) {
    if (has_parts(condition) && !g_hash_table_add(universe->seen, (gpointer)condition))
        return;
    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
    case KJ_CONDITION_SHOWN:
        for (guint i = 0; i < condition->count || (i == 0 && condition->kind == KJ_CONDITION_NOT); i++)
            look_through(universe, condition->operands[i]);
        return;
    case KJ_CONDITION_COMPARE:
        universe->kin[kin_of(universe, condition->field)] = kin_of(universe, condition->other);
        return;
    case KJ_CONDITION_DURING:
        kj_universe_add_window(universe, condition->window);
        return;
    default:
        return;
    }
}

void kj_universe_add_condition(KjUniverse *universe, guint side, const KjCondition *condition) {
    const KjCondition *joint = kj_join_condition(universe->join, side, condition);

    if (g_hash_table_contains(universe->seen, joint))
        return;
    look_through(universe, joint);
    g_ptr_array_add(universe->conditions, (gpointer)joint);
}

void kj_universe_add_window(KjUniverse *universe, const KjWindow *window) {
    kj_moments_add(universe->moments, window);
    kj_space_add_window(universe->space, window);
}

void kj_universe_add_rule(KjUniverse *universe, guint side, const KjRule *rule) {
    kj_universe_add_condition(universe, side, rule->match);
    if (rule->unless)
        kj_universe_add_condition(universe, side, rule->unless);
    if (rule->after)
        kj_universe_add_window(universe, rule->after);
    if (rule->from)
        kj_universe_add_window(universe, rule->from);
    if (rule->until)
        kj_universe_add_window(universe, rule->until);
}

/* ---- sealing ---- */

static void add_set(KjUniverse *universe, guint field, const KjSet *set) {
    guint kin = kin_of(universe, field), count;

    kj_join_fields(universe->join, &count);
    for (guint i = 0; i < count; i++) {
        KjClassifier *classifier = kj_space_field(universe->space, i)->classifier;

        if (classifier && kin_of(universe, i) == kin)
            kj_classifier_add(classifier, set);
    }
}

static gboolean has_kin(const KjUniverse *universe) {
    guint count;

    kj_join_fields(universe->join, &count);
    for (guint i = 0; i < count; i++) {
        if (universe->kin[i] != i)
            return TRUE;
    }
    return FALSE;
}

/* Sets of a field with kin, to all of its kin. */
static void share_sets(KjUniverse *universe, const KjCondition *condition) {
    if (condition->kind == KJ_CONDITION_TEST) {
        add_set(universe, condition->field, condition->set);
    } else if (has_parts(condition) && g_hash_table_remove(universe->seen, condition)) {
        for (guint i = 0; i < condition->count || (i == 0 && condition->kind == KJ_CONDITION_NOT); i++)
            share_sets(universe, condition->operands[i]);
    }
}

gboolean kj_universe_seal(KjUniverse *universe, const char **problem) {
    guint failed, count, dimension;

    kj_join_fields(universe->join, &count);
    for (guint i = 0; i < count; i++) {
        for (guint side = 0; side < kj_join_sides(universe->join); side++) {
            const KjSet *taken = kj_join_values(universe->join, side, i);

            if (taken)
                add_set(universe, i, taken);
        }
    }
    for (guint i = 0; has_kin(universe) && i < universe->conditions->len; i++)
        share_sets(universe, universe->conditions->pdata[i]);
    for (guint i = 0; i < universe->conditions->len; i++)
        kj_space_add(universe->space, universe->conditions->pdata[i]);
    if (!kj_space_seal(universe->space, &failed)) {
        universe->problem = g_strdup_printf(_("the patterns of `%s` need an automaton of more than %u states"),
                                            kj_space_field(universe->space, failed)->field->name, KJ_LIMIT_PATTERN_STATES);
    } else if (!kj_moments_seal(universe->moments)) {
        universe->problem = g_strdup_printf(_("the windows cut time into more than %u pieces"), KJ_LIMIT_MOMENTS);
    } else {
        dimension = kj_universe_dimension(universe);
        universe->whole = kj_arena_newn(universe->arena, const KjClassSet *, dimension);
        for (guint i = 0; i < dimension; i++)
            universe->whole[i] = kj_class_sets_range(universe->space->sets, 1, kj_universe_class_count(universe, i) - 1);
        return TRUE;
    }
    *problem = universe->problem;
    return FALSE;
}

/* ---- what there is ---- */

KjArena *kj_universe_arena(KjUniverse *universe) {
    return universe->arena;
}

KjClassSets *kj_universe_sets(KjUniverse *universe) {
    return universe->space->sets;
}

guint kj_universe_dimension(const KjUniverse *universe) {
    return universe->space->fields->len + 1;
}

guint kj_universe_instant(const KjUniverse *universe) {
    return universe->space->fields->len;
}

guint32 kj_universe_class_count(const KjUniverse *universe, guint field) {
    return field == kj_universe_instant(universe) ? kj_moments_class_count(universe->moments)
                                                  : kj_space_field(universe->space, field)->class_count;
}

guint32 kj_universe_first_class(const KjUniverse *universe, guint field) {
    const KjSpaceField *known = kj_universe_field(universe, field);

    return known && (known->kind == KJ_FIELD_KIND_MEMBER || known->kind == KJ_FIELD_KIND_COMPARE);
}

const KjSpaceField *kj_universe_field(const KjUniverse *universe, guint field) {
    return field == kj_universe_instant(universe) ? NULL : kj_space_field(universe->space, field);
}

const KjMoments *kj_universe_moments(const KjUniverse *universe) {
    return universe->moments;
}

const KjField *kj_universe_fields(const KjUniverse *universe, guint *count) {
    return kj_join_fields(universe->join, count);
}

guint kj_universe_joint(const KjUniverse *universe, guint side, guint field) {
    return kj_join_field(universe->join, side, field);
}

const KjCondition *kj_universe_condition(KjUniverse *universe, guint side, const KjCondition *condition) {
    return kj_join_condition(universe->join, side, condition);
}

/* ---- regions ---- */

/* A box as an array: its test of every field, NULL where it has none. */
typedef struct {
    KjUniverse *universe;
    KjRegion *region;
    KjArena *arena;
    const KjClassSet **tests;
} Unfolding;

/* FALSE when nothing is left. */
static gboolean narrow(Unfolding *unfolding, guint field, const KjClassSet *set) {
    const KjClassSet **test = &unfolding->tests[field];

    *test = *test ? kj_class_set_intersect(unfolding->universe->space->sets, *test, set) : set;
    return (*test)->count > 0;
}

static void keep(Unfolding *unfolding) {
    guint dimension = kj_universe_dimension(unfolding->universe), count = 0;
    KjBox *box;

    for (guint i = 0; i < dimension; i++)
        count += unfolding->tests[i] != NULL;
    box = kj_arena_alloc(unfolding->arena, sizeof(KjBox) + count * sizeof(KjBoxTest));
    for (guint i = 0; i < dimension; i++) {
        if (unfolding->tests[i])
            box->tests[box->count++] = (KjBoxTest){ i, unfolding->tests[i] };
    }
    g_ptr_array_add(unfolding->region, box);
}

/* The instants a test of a window's bit means. */
static const KjClassSet *instants_of(KjUniverse *universe, guint field, const KjClassSet *set) {
    KjClassSets *sets = universe->space->sets;
    guint window = kj_moments_add(universe->moments, kj_space_field(universe->space, field)->window);
    const KjClassSet *inside = kj_moments_inside(universe->moments, sets, window), *result = kj_class_sets_range(sets, 1, 0);

    if (kj_class_set_has(set, 0))
        result = kj_class_sets_range(sets, 0, 0);
    if (kj_class_set_has(set, 1))
        result = kj_class_set_unite(sets, result, kj_class_set_complement(sets, inside, 1, kj_moments_class_count(universe->moments) - 1));
    if (kj_class_set_has(set, 2))
        result = kj_class_set_unite(sets, result, inside);
    return result;
}

static void unfold(Unfolding *unfolding, guint field);

/* Goes on with one field narrowed and another one free again. */
static void unfold_with(Unfolding *unfolding, guint next, guint freed, guint field, const KjClassSet *set) {
    const KjClassSet *before = unfolding->tests[field], *freed_before = unfolding->tests[freed];

    unfolding->tests[freed] = NULL;
    if (narrow(unfolding, field, set))
        unfold(unfolding, next);
    unfolding->tests[field] = before;
    unfolding->tests[freed] = freed_before;
}

/* A test of a bit that fields must be there for: where one is missing (if that will do), and where all are there. */
static void unfold_bit(Unfolding *unfolding, guint bit) {
    KjUniverse *universe = unfolding->universe;
    const KjSpaceField *field = kj_space_field(universe->space, bit);
    const guint reads[2] = { field->left, field->right };
    guint count = field->kind == KJ_FIELD_KIND_COMPARE && field->left != field->right ? 2 : 1;
    const KjClassSet *test = unfolding->tests[bit], *missing = kj_class_sets_range(universe->space->sets, 0, 0);
    const KjClassSet *before[2] = { unfolding->tests[reads[0]], unfolding->tests[count == 2 ? reads[1] : reads[0]] };
    gboolean good = TRUE;

    for (guint i = 0; i < count && good; i++) {
        if (kj_class_set_has(test, 0))
            unfold_with(unfolding, bit + 1, bit, reads[i], missing);
        good = narrow(unfolding, reads[i], universe->whole[reads[i]]);
    }
    unfolding->tests[bit] = kj_class_set_intersect(universe->space->sets, test, universe->whole[bit]);
    if (good && unfolding->tests[bit]->count)
        unfold(unfolding, bit + 1);
    unfolding->tests[bit] = test;
    if (count == 2)
        unfolding->tests[reads[1]] = before[1];
    unfolding->tests[reads[0]] = before[0];
}

/* Brings the tests of derived fields from this one on to the form the algebra wants. */
static void unfold(Unfolding *unfolding, guint field) {
    KjUniverse *universe = unfolding->universe;

    for (; field < kj_universe_instant(universe); field++) {
        const KjClassSet *test = unfolding->tests[field];

        if (!test)
            continue;
        if (kj_space_field(universe->space, field)->kind == KJ_FIELD_KIND_TIME)
            unfold_with(unfolding, field + 1, field, kj_universe_instant(universe), instants_of(universe, field, test));
        else
            unfold_bit(unfolding, field);
        return;
    }
    keep(unfolding);
}

/* The region in the universe's arena; takes `region`, whose boxes may live elsewhere. */
static KjRegion *finish(KjUniverse *universe, KjRegion *region) {
    g_autoptr(GPtrArray) taken = region;
    guint dimension = kj_universe_dimension(universe), values = universe->space->value_count;
    Unfolding unfolding = { universe, NULL, universe->arena, NULL };

    if (!taken)
        return NULL;
    unfolding.region = kj_region_new();
    unfolding.tests = g_newa(const KjClassSet *, dimension);
    for (guint i = 0; i < taken->len && unfolding.region->len <= KJ_LIMIT_RULE_BOXES; i++) {
        const KjBox *box = taken->pdata[i];

        memset(unfolding.tests, 0, dimension * sizeof *unfolding.tests);
        for (guint t = 0; t < box->count; t++)
            unfolding.tests[box->tests[t].field] = box->tests[t].set;
        unfold(&unfolding, values);
    }
    if (unfolding.region->len > KJ_LIMIT_RULE_BOXES)
        g_clear_pointer(&unfolding.region, g_ptr_array_unref);
    return unfolding.region;
}

KjRegion *kj_universe_lower(KjUniverse *universe, guint side, const KjCondition *condition, KjTruthQuestion question) {
    g_autoptr(KjArena) scratch = kj_arena_new();

    return finish(universe, kj_space_lower(universe->space, scratch, kj_join_condition(universe->join, side, condition), question,
                                           KJ_LIMIT_RULE_BOXES));
}

KjRegion *kj_universe_lower_rule(KjUniverse *universe, guint side, const KjRule *rule) {
    g_autoptr(KjArena) scratch = kj_arena_new();
    KjRule joint = *rule;

    joint.match = kj_join_condition(universe->join, side, rule->match);
    joint.unless = rule->unless ? kj_join_condition(universe->join, side, rule->unless) : NULL;
    return finish(universe, kj_space_lower_rule(universe->space, scratch, &joint, kj_join_refuses(universe->join, side, rule),
                                                KJ_LIMIT_RULE_BOXES));
}

KjRegion *kj_universe_lower_window(KjUniverse *universe, const KjWindow *window, gboolean without_instant) {
    return finish(universe, kj_space_lower_window(universe->space, universe->arena, window, without_instant));
}

/* The values of a joint field that the side takes, missing included unless the field is required; NULL: any. */
static const KjClassSet *taken_values(KjUniverse *universe, guint side, guint field) {
    const KjSet *values = kj_join_values(universe->join, side, field);
    const KjClassSet *classes = universe->whole[field];

    if (!values && !kj_join_requires(universe->join, side, field))
        return NULL;
    if (values)
        classes = kj_classifier_classes(kj_space_field(universe->space, field)->classifier, universe->space->sets, values);
    if (!kj_join_requires(universe->join, side, field))
        classes = kj_class_set_unite(universe->space->sets, classes, kj_class_sets_range(universe->space->sets, 0, 0));
    return classes;
}

KjRegion *kj_universe_errors(KjUniverse *universe, guint side) {
    KjRegion *region = kj_region_new();
    guint count;

    kj_join_fields(universe->join, &count);
    for (guint i = 0; i < count; i++) {
        const KjClassSet *taken = taken_values(universe, side, i);
        g_autoptr(GPtrArray) outside = NULL;

        if (!taken)
            continue;
        outside = kj_region_test(universe->arena, i,
                                 kj_class_set_complement(universe->space->sets, taken, 0, kj_universe_class_count(universe, i) - 1));
        kj_region_add(region, outside);
    }
    return region;
}

/* ---- members and comparisons ---- */

static gboolean meet(const KjUniverse *universe, const KjClassSet *a, const KjClassSet *b) {
    return kj_class_set_intersect(universe->space->sets, a, b)->count > 0;
}

static gboolean is_one(const KjClassSet *set) {
    return set->count == 1 && set->intervals[0].low == set->intervals[0].high;
}

/* Whether values of `left` and `right`, sets of classes of kin, can stand in the relation, or not stand in it. */
static gboolean can_relate(const KjUniverse *universe, const KjSpaceField *compare, gboolean holds, const KjClassSet *left,
                           const KjClassSet *right) {
    const KjClassifier *classifier = kj_space_field(universe->space, compare->left)->classifier;
    guint32 low = left->intervals[0].low, high = left->intervals[left->count - 1].high;
    guint32 other_low = right->intervals[0].low, other_high = right->intervals[right->count - 1].high;

    if (compare->relation == KJ_RELATION_EQUAL && holds)
        return meet(universe, left, right);
    if (compare->relation == KJ_RELATION_EQUAL)
        return !(is_one(left) && left == right && kj_classifier_is_single(classifier, low));
    if (kj_classifier_kind(classifier) == KJ_CLASSIFIER_AUTOMATON)
        return TRUE; /* classes of text have no order */
    if (holds)
        return low < other_high || (low == other_high && !kj_classifier_is_single(classifier, low));
    return high >= other_low;
}

/* Whether the answers a box allows can be given together. Only one thing ties them: which of the fields that they read are there. */
typedef struct {
    const KjUniverse *universe;
    const KjBox *box;
    guint8 *presence; /* of each value field: 0: either, as far as is known; MISSING; PRESENT */
} Answering;

enum { MISSING = 1, PRESENT };

/* The values the box leaves to a field that is there. */
static const KjClassSet *values_in(const Answering *answering, guint field) {
    const KjClassSet *test = kj_box_field(answering->box, field), *whole = answering->universe->whole[field];

    return test ? kj_class_set_intersect(answering->universe->space->sets, test, whole) : whole;
}

static gboolean may_be(const Answering *answering, guint field, guint8 presence) {
    const KjClassSet *test = kj_box_field(answering->box, field);

    if (answering->presence[field])
        return answering->presence[field] == presence;
    return presence == MISSING ? !test || kj_class_set_has(test, 0) : values_in(answering, field)->count > 0;
}

static gboolean can_answer(Answering *answering, guint count);

/* Goes on to the other answers with this much settled. */
static gboolean can_go_on(Answering *answering, guint count, guint left, guint right, guint8 presence) {
    guint8 before[2] = { answering->presence[left], answering->presence[right] };
    gboolean can;

    if (!may_be(answering, left, presence) || !may_be(answering, right, presence))
        return FALSE;
    answering->presence[left] = answering->presence[right] = presence;
    can = can_answer(answering, count);
    answering->presence[right] = before[1];
    answering->presence[left] = before[0];
    return can;
}

/* Of the box's first `count` tests those of members and comparisons. */
static gboolean can_answer(Answering *answering, guint count) {
    const KjUniverse *universe = answering->universe;
    const KjBoxTest *test = count ? &answering->box->tests[count - 1] : NULL;
    const KjSpaceField *bit = test && test->field >= universe->space->value_count ? kj_universe_field(universe, test->field) : NULL;
    guint left, right;
    gboolean relates = TRUE;

    if (!test || test->field < universe->space->value_count)
        return TRUE;
    if (!bit) /* the instant */
        return can_answer(answering, count - 1);
    left = bit->left;
    right = bit->kind == KJ_FIELD_KIND_COMPARE ? bit->right : left;
    if (bit->kind == KJ_FIELD_KIND_COMPARE && !kj_class_set_covers(test->set, 1, 2) && kj_join_comparable(universe->join, left, right) &&
        values_in(answering, left)->count && values_in(answering, right)->count)
        relates = can_relate(universe, bit, kj_class_set_has(test->set, 2), values_in(answering, left), values_in(answering, right));
    if (kj_class_set_meets(test->set, 1, 2) && relates && can_go_on(answering, count - 1, left, right, PRESENT))
        return TRUE;
    return kj_class_set_has(test->set, 0) && (can_go_on(answering, count - 1, left, left, MISSING) ||
                                              (right != left && can_go_on(answering, count - 1, right, right, MISSING)));
}

/* Two values are related in one way and no more: the one is less, or the other, or they are equal. The box answers up to three bits about the same two
 * fields; FALSE when the answers do not go together. Where the fields may be missing nothing is said. */
static gboolean is_one_order(const KjUniverse *universe, const KjBox *box, guint left, guint right) {
    guint yes = 0, no = 0;

    for (guint i = 0; i < box->count; i++) {
        const KjBoxTest *test = &box->tests[i];
        const KjSpaceField *bit = test->field >= universe->space->value_count ? kj_universe_field(universe, test->field) : NULL;

        if (!bit || bit->kind != KJ_FIELD_KIND_COMPARE || kj_class_set_has(test->set, 0) ||
            !((bit->left == left && bit->right == right) || (bit->left == right && bit->right == left)))
            continue;
        yes += !kj_class_set_has(test->set, 1);
        no += !kj_class_set_has(test->set, 2);
    }
    return yes <= 1 && no <= 2;
}

static gboolean are_orders(const KjUniverse *universe, const KjBox *box) {
    for (guint i = 0; i < box->count; i++) {
        guint field = box->tests[i].field;
        const KjSpaceField *bit = field >= universe->space->value_count ? kj_universe_field(universe, field) : NULL;

        if (bit && bit->kind == KJ_FIELD_KIND_COMPARE && bit->left != bit->right && bit->relation == KJ_RELATION_LESS &&
            !is_one_order(universe, box, bit->left, bit->right))
            return FALSE;
    }
    return TRUE;
}

gboolean kj_universe_feasible(const KjUniverse *universe, const KjBox *box) {
    Answering answering = { universe, box, NULL };

    if (box->count == 0 || box->tests[box->count - 1].field < universe->space->value_count)
        return TRUE;
    if (!are_orders(universe, box))
        return FALSE;
    answering.presence = g_newa0(guint8, universe->space->value_count);
    return can_answer(&answering, box->count);
}
