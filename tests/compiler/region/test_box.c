/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boxes and lowering against enumeration: on a space of a few classes every point can be asked.
 *
 * The algebra must agree with the boolean operations point by point; lowering must agree with Kleene's tables, evaluated straight from the
 * condition, for all four questions.
 */
#include "../../../compiler/region/space.h"

#include <string.h>

#define FIELDS 4u
#define CLASSES 4u /* 0 .. 3 */
#define POINTS 256u
#define ROUNDS 600

static void point_of(guint index, guint32 *classes) {
    for (guint i = 0; i < FIELDS; i++, index /= CLASSES)
        classes[i] = index % CLASSES;
}

static gboolean region_has(const KjRegion *region, const guint32 *classes) {
    for (guint i = 0; i < region->len; i++) {
        if (kj_box_has(region->pdata[i], classes))
            return TRUE;
    }
    return FALSE;
}

/* ---- class sets ---- */

static const KjClassSet *random_class_set(GRand *random, KjClassSets *sets, guint mask) {
    KjClassInterval intervals[CLASSES];
    guint count = 0, bits = (guint)g_rand_int_range(random, 0, 15) & mask; /* never all of them */

    for (guint i = CLASSES; i-- > 0;) {
        if (bits & (1u << i))
            intervals[count++] = (KjClassInterval){ i, i };
    }
    return kj_class_sets_get(sets, intervals, count);
}

static void test_class_sets(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(KjClassSets) sets = kj_class_sets_new();

    for (guint round = 0; round < ROUNDS; round++) {
        const KjClassSet *a = random_class_set(random, sets, 15), *b = random_class_set(random, sets, 15);
        const KjClassSet *either = kj_class_set_unite(sets, a, b), *both = kj_class_set_intersect(sets, a, b);
        const KjClassSet *without = kj_class_set_complement(sets, a, 1, 3);
        gboolean inside = TRUE;

        for (guint32 klass = 0; klass < CLASSES; klass++) {
            gboolean in_a = kj_class_set_has(a, klass), in_b = kj_class_set_has(b, klass);

            g_assert_cmpint(kj_class_set_has(either, klass), ==, in_a || in_b);
            g_assert_cmpint(kj_class_set_has(both, klass), ==, in_a && in_b);
            g_assert_cmpint(kj_class_set_has(without, klass), ==, klass >= 1 && !in_a);
            inside = inside && (!in_b || in_a);
        }
        g_assert_cmpint(kj_class_set_contains(a, b), ==, inside);
        for (guint32 low = 0; low < CLASSES; low++) {
            for (guint32 high = low; high < CLASSES; high++) {
                gboolean any = FALSE, every = TRUE;
                KjClassInterval hull, want = { CLASSES, 0 };

                for (guint32 klass = low; klass <= high; klass++) {
                    gboolean has = kj_class_set_has(a, klass);

                    any = any || has;
                    every = every && has;
                    want.low = has ? MIN(want.low, klass) : want.low;
                    want.high = has ? klass : want.high;
                }
                g_assert_cmpint(kj_class_set_meets(a, low, high), ==, any);
                g_assert_cmpint(kj_class_set_covers(a, low, high), ==, every);
                g_assert_cmpint(kj_class_set_hull(a, low, high, &hull), ==, any);
                g_assert_true(!any || (hull.low == want.low && hull.high == want.high));
            }
        }
        g_assert_true(kj_class_set_unite(sets, b, a) == either); /* equal sets are one */
    }
}

/* ---- boxes ---- */

static KjRegion *random_region(GRand *random, KjArena *arena, KjClassSets *sets) {
    KjRegion *region = kj_region_new();
    guint count = (guint)g_rand_int_range(random, 0, 8);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GPtrArray) box = kj_region_all(arena);

        for (guint32 field = 0; field < FIELDS; field++) {
            g_autoptr(GPtrArray) test = NULL;

            if (g_rand_boolean(random))
                continue;
            test = kj_region_test(arena, field, random_class_set(random, sets, 15));
            g_assert_true(kj_region_intersect(arena, sets, box, test, 10));
        }
        kj_region_add(region, box);
    }
    return region;
}

static void test_regions(void) {
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    guint merged = 0;

    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(KjArena) arena = kj_arena_new();
        g_autoptr(KjClassSets) sets = kj_class_sets_new();
        g_autoptr(GPtrArray) a = random_region(random, arena, sets), b = random_region(random, arena, sets);
        g_autoptr(GPtrArray) both = kj_region_new(), simple = kj_region_new();

        kj_region_add(both, a);
        kj_region_add(simple, a);
        g_assert_true(kj_region_intersect(arena, sets, both, b, 1000));
        kj_region_simplify(arena, sets, simple);
        merged += a->len - simple->len;
        for (guint index = 0; index < POINTS; index++) {
            guint32 classes[FIELDS];

            point_of(index, classes);
            g_assert_cmpint(region_has(both, classes), ==, region_has(a, classes) && region_has(b, classes));
            g_assert_cmpint(region_has(simple, classes), ==, region_has(a, classes));
        }
        for (guint i = 0; i < a->len && b->len; i++) {
            gboolean inside = TRUE;

            for (guint index = 0; index < POINTS; index++) {
                guint32 classes[FIELDS];

                point_of(index, classes);
                inside = inside && (!kj_box_has(a->pdata[i], classes) || kj_box_has(b->pdata[0], classes));
            }
            g_assert_cmpint(kj_box_contains(b->pdata[0], a->pdata[i]), ==, inside);
        }
    }
    g_assert_cmpuint(merged, >, ROUNDS); /* simplifying does simplify */
}

static void test_limit(void) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjClassSets) sets = kj_class_sets_new();

    for (guint wanted = 8; wanted <= 9; wanted++) { /* 3 * 3 boxes that nothing merges */
        g_autoptr(GPtrArray) a = kj_region_new(), b = kj_region_new();

        for (guint i = 0; i < 3; i++) {
            g_autoptr(GPtrArray) left = kj_region_test(arena, 2 * i, kj_class_sets_range(sets, 1, 1));
            g_autoptr(GPtrArray) right = kj_region_test(arena, 2 * i + 1, kj_class_sets_range(sets, 1, 1));

            kj_region_add(a, left);
            kj_region_add(b, right);
        }
        g_assert_cmpint(kj_region_intersect(arena, sets, a, b, wanted), ==, wanted == 9);
    }
}

/* ---- lowering ---- */

typedef enum { NO, UNKNOWN, YES } Truth;

static const KjCondition *random_condition(GRand *random, KjArena *arena, guint depth) {
    static const char *const members[] = { "a", "b" };
    KjCondition *condition = kj_arena_new0(arena, KjCondition);
    const KjCondition **operands = kj_arena_newn(arena, const KjCondition *, 3);
    KjInterval *interval = kj_arena_new0(arena, KjInterval);
    KjSet *set = kj_arena_new0(arena, KjSet);

    condition->kind = depth ? (KjConditionKind)g_rand_int_range(random, KJ_CONDITION_TRUE, KJ_CONDITION_DURING) : KJ_CONDITION_TEST;
    condition->field = (guint)g_rand_int_range(random, 0, 2);
    switch (condition->kind) {
    case KJ_CONDITION_NOT:
        condition->count = 1;
        break;
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        condition->count = (guint)g_rand_int_range(random, 0, 4);
        break;
    case KJ_CONDITION_HAS:
        condition->field = 2;
        condition->members = members;
        condition->count = (guint)g_rand_int_range(random, 0, 3);
        return condition;
    case KJ_CONDITION_COMPARE:
        condition->other = 1 - condition->field;
        condition->relation = (KjRelation)g_rand_int_range(random, KJ_RELATION_EQUAL, KJ_RELATION_GREATER_EQUAL + 1);
        return condition;
    case KJ_CONDITION_TEST:
        interval->low = kj_ordinal_number((guint64)g_rand_int_range(random, 0, 3));
        interval->high = kj_ordinal_number(MIN(2, interval->low.low + (guint64)g_rand_int_range(random, 0, 3)));
        *set = (KjSet){ .kind = KJ_SET_INTERVALS, .intervals = interval, .count = 1 };
        condition->set = set;
        return condition;
    default:
        return condition;
    }
    for (guint i = 0; i < condition->count; i++)
        operands[i] = random_condition(random, arena, depth - 1);
    condition->operands = operands;
    return condition;
}

/* What a request says: two numbers 0 .. 2 and a set of "a", "b"; -1: missing. */
typedef struct {
    int numbers[2], set;
} Request;

static Truth compare(const Request *request, const KjCondition *condition) {
    int left = request->numbers[condition->field], right = request->numbers[condition->other];

    if (left < 0 || right < 0)
        return UNKNOWN;
    switch (condition->relation) {
    case KJ_RELATION_EQUAL:
        return left == right ? YES : NO;
    case KJ_RELATION_NOT_EQUAL:
        return left != right ? YES : NO;
    case KJ_RELATION_LESS:
        return left < right ? YES : NO;
    case KJ_RELATION_LESS_EQUAL:
        return left <= right ? YES : NO;
    case KJ_RELATION_GREATER:
        return left > right ? YES : NO;
    default:
        return left >= right ? YES : NO;
    }
}

static Truth truth(const Request *request, const KjCondition *condition) {
    int value = condition->field < 2 ? request->numbers[condition->field] : request->set;
    Truth result = condition->kind == KJ_CONDITION_AND ? YES : NO;

    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
        return YES;
    case KJ_CONDITION_FALSE:
        return NO;
    case KJ_CONDITION_NOT:
        return YES - truth(request, condition->operands[0]);
    case KJ_CONDITION_MISSING:
        return value < 0 ? YES : NO;
    case KJ_CONDITION_PRESENT:
        return value >= 0 ? YES : NO;
    case KJ_CONDITION_COMPARE:
        return compare(request, condition);
    case KJ_CONDITION_HAS:
        return value < 0 ? UNKNOWN : value & ((1 << condition->count) - 1) ? YES : NO;
    case KJ_CONDITION_TEST:
        if (value < 0)
            return UNKNOWN;
        return (guint64)value >= condition->set->intervals->low.low && (guint64)value <= condition->set->intervals->high.low ? YES : NO;
    default:
        for (guint i = 0; i < condition->count; i++) {
            Truth operand = truth(request, condition->operands[i]);
            result = condition->kind == KJ_CONDITION_AND ? MIN(result, operand) : MAX(result, operand);
        }
        return result;
    }
}

/* The request as a point of the space. */
static void classify(const KjSpace *space, const Request *request, guint32 *classes) {
    for (guint i = 0; i < space->fields->len; i++) {
        const KjSpaceField *field = kj_space_field(space, i);
        KjCondition bit = { .field = field->left, .other = field->right, .relation = field->relation };
        int held = field->kind == KJ_FIELD_KIND_MEMBER && request->set >= 0 ? (request->set & (*field->member == 'a' ? 1 : 2)) != 0 : -1;

        if (field->kind == KJ_FIELD_KIND_MEMBER)
            classes[i] = (guint32)(held + 1);
        else if (field->kind == KJ_FIELD_KIND_COMPARE)
            classes[i] = compare(request, &bit) == UNKNOWN ? 0 : compare(request, &bit) == YES ? 2 : 1;
        else if (i == 2)
            classes[i] = request->set >= 0;
        else
            classes[i] = request->numbers[i] < 0
                             ? 0
                             : kj_classifier_classify_ordinal(field->classifier, kj_ordinal_number((guint64)request->numbers[i]));
    }
}

static void check_requests(const KjSpace *space, const KjCondition *condition, const KjRegion *region, KjTruthQuestion question) {
    for (int left = -1; left < 3; left++) {
        for (int right = -1; right < 3; right++) {
            for (int set = -1; set < 4; set++) {
                Request request = { { left, right }, set };
                Truth is = truth(&request, condition);
                gboolean asks_truth = question == KJ_TRUE || question == KJ_NOT_TRUE, negated = question >= KJ_NOT_TRUE;
                gboolean want = (is == (asks_truth ? YES : NO)) != negated;
                guint32 classes[16];

                classify(space, &request, classes);
                g_assert_cmpint(region_has(region, classes), ==, want);
            }
        }
    }
}

static void test_lowering(void) {
    const KjField fields[] = {
        { .name = "x", .type = { .kind = KJ_TYPE_INTEGER, .high = 2 } },
        { .name = "y", .type = { .kind = KJ_TYPE_INTEGER, .high = 2 } },
        { .name = "groups", .type = { .kind = KJ_TYPE_PRINCIPAL, .set = TRUE }, .flags = KJ_FIELD_SET },
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(13);

    for (guint round = 0; round < ROUNDS; round++) {
        g_autoptr(KjArena) arena = kj_arena_new();
        g_autoptr(KjSpace) space = kj_space_new(fields, G_N_ELEMENTS(fields));
        const KjCondition *condition = random_condition(random, arena, 4);
        guint failed;

        kj_space_add(space, condition);
        g_assert_true(kj_space_seal(space, &failed));
        for (KjTruthQuestion question = KJ_TRUE; question <= KJ_NOT_FALSE; question++) {
            g_autoptr(GPtrArray) region = kj_space_lower(space, arena, condition, question, 1000);

            g_assert_nonnull(region);
            check_requests(space, condition, region, question);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/region/class-sets", test_class_sets);
    g_test_add_func("/region/regions", test_regions);
    g_test_add_func("/region/limit", test_limit);
    g_test_add_func("/region/lowering", test_lowering);
    return g_test_run();
}
