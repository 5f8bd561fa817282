/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to the index of cases, and glimpses, each held against a look at every box; on random lists of overlapping rules. */
#include "sample.h"

#include <string.h>

#include "../../../compiler/region/glimpse.h"

#define LISTS 40u
#define RULES 60u
#define QUESTIONS 60u
#define POINTS 100u

typedef struct {
    GRand *random;
    KjCompilation *compilation;
    KjUniverse *universe;
    KjCases *cases[2]; /* one block, in two orders, each rule a decision of its own */
} Lists;

static void append_rule(GRand *random, guint number, GString *out) {
    static const char *const nets[] = { "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3", "10.2.0.0/15", "192.0.2.0/24", "128.0.0.0/1" };

    g_string_append_printf(out, "r%u: allow", number);
    if (g_rand_int_range(random, 0, 3))
        g_string_append_printf(out, " from %s", nets[g_rand_int_range(random, 0, G_N_ELEMENTS(nets))]);
    if (g_rand_int_range(random, 0, 3))
        g_string_append_printf(out, " to { %s, 198.51.100.%d }", nets[g_rand_int_range(random, 0, G_N_ELEMENTS(nets))], g_rand_int_range(random, 1, 9));
    if (g_rand_int_range(random, 0, 3)) {
        guint low = (guint)g_rand_int_range(random, 1, 40);
        g_string_append_printf(out, " proto tcp port %u..%u", low, low + (guint)g_rand_int_range(random, 0, 30));
    }
    g_string_append(out, ";\n");
}

static void add_all(Lists *lists, guint order) {
    const KjBlock *block = lists->compilation->policy->blocks;
    guint turn = order ? (guint)g_rand_int_range(lists->random, 1, RULES) : 0;

    lists->cases[order] = kj_cases_new(lists->universe, RULES);
    for (guint i = 0; i < RULES; i++) {
        guint32 rule = (i + turn) % RULES;
        g_autoptr(GPtrArray) region = kj_universe_lower_rule(lists->universe, 0, &block->rules[rule]);
        kj_cases_add(lists->cases[order], rule, rule, region);
    }
    kj_cases_seal(lists->cases[order]);
}

static void open_lists(Lists *lists, guint32 seed) {
    g_autoptr(GString) text = g_string_new("firewall b { default deny;\n");
    const KjBlock *block;
    const char *problem;

    *lists = (Lists){ .random = g_rand_new_with_seed(seed) };
    for (guint i = 0; i < RULES; i++)
        append_rule(lists->random, i, text);
    g_string_append(text, "}\n");
    lists->compilation = kj_sample_compile(text->str);
    block = lists->compilation->policy->blocks;
    g_assert_cmpuint(block->rule_count, ==, RULES);
    lists->universe = kj_universe_new(&block, 1);
    for (guint i = 0; i < RULES; i++)
        kj_universe_add_rule(lists->universe, 0, &block->rules[i]);
    g_assert_true(kj_universe_seal(lists->universe, &problem));
    for (guint order = 0; order < 2; order++)
        add_all(lists, order);
}

static void close_lists(Lists *lists) {
    for (guint order = 0; order < 2; order++)
        kj_cases_free(lists->cases[order]);
    kj_universe_free(lists->universe);
    kj_compilation_free(lists->compilation);
    g_rand_free(lists->random);
}

static guint32 class_in(const Lists *lists, const KjBox *box, guint field) {
    const KjClassSet *set = kj_box_field(box, field);
    guint32 count = 0, at;

    if (!set)
        return (guint32)g_rand_int_range(lists->random, (gint32)kj_universe_first_class(lists->universe, field),
                                         (gint32)kj_universe_class_count(lists->universe, field));
    for (guint32 i = 0; i < set->count; i++)
        count += set->intervals[i].high - set->intervals[i].low + 1;
    at = (guint32)g_rand_int_range(lists->random, 0, (gint32)count);
    for (guint32 i = 0;; i++) {
        guint32 width = set->intervals[i].high - set->intervals[i].low + 1;
        if (at < width)
            return set->intervals[i].low + at;
        at -= width;
    }
}

static const KjBox *any_box(const Lists *lists) {
    const KjCases *cases = lists->cases[0];
    const KjBox *a = cases->boxes->pdata[g_rand_int_range(lists->random, 0, (gint32)cases->boxes->len)];
    const KjBox *b = cases->boxes->pdata[g_rand_int_range(lists->random, 0, (gint32)cases->boxes->len)];
    const KjBox *both = kj_box_intersect(kj_universe_arena(lists->universe), kj_universe_sets(lists->universe), a, b);

    return both ? both : a;
}

/* ---- the index ---- */

static gboolean meets(Lists *lists, const KjBox *a, const KjBox *b) {
    return kj_box_intersect(kj_universe_arena(lists->universe), kj_universe_sets(lists->universe), a, b) != NULL;
}

static void ask_index(Lists *lists) {
    const KjCases *cases = lists->cases[1];
    guint32 first = (guint32)g_rand_int_range(lists->random, 0, (gint32)RULES), from = kj_cases_first_box(cases, first), meeting = KJ_CASE_NONE, holding = KJ_CASE_NONE;
    g_autoptr(GArray) deciding = g_array_new(FALSE, FALSE, sizeof(guint32)), before = g_array_new(FALSE, FALSE, sizeof(guint32));
    const KjBox *box = any_box(lists);
    guint count = 0, reaching = 0;

    g_assert_true(kj_cases_deciding(cases, box, first, NULL, G_MAXINT, deciding));
    for (guint32 i = from; i < cases->boxes->len && holding == KJ_CASE_NONE; i++) {
        if (!meets(lists, cases->boxes->pdata[i], box))
            continue;
        meeting = meeting == KJ_CASE_NONE ? i : meeting;
        g_assert_cmpuint(count, <, deciding->len);
        g_assert_cmpuint(g_array_index(deciding, guint32, count), ==, i);
        count++;
        if (kj_box_contains(cases->boxes->pdata[i], box))
            holding = i;
    }
    g_assert_cmpuint(count, ==, deciding->len);
    g_assert_cmpuint(kj_cases_first_meeting(cases, box, from, cases->boxes->len, NULL), ==, meeting);
    g_assert_cmpuint(kj_cases_first_holding(cases, box, from, cases->boxes->len, NULL), ==, holding);
    g_array_set_size(deciding, 0);
    g_assert_cmpint(kj_cases_deciding(cases, box, first, NULL, 3, deciding), ==, count < 3);

    for (guint32 i = 0; i < from; i++)
        reaching += meets(lists, cases->boxes->pdata[i], box);
    g_assert_true(kj_cases_reaching(cases, box, from, G_MAXINT, before));
    g_assert_cmpuint(before->len, ==, reaching);
    g_assert_cmpint(kj_cases_meet(cases, box, first), ==, reaching > 0);
}

static void test_index(void) {
    for (guint32 seed = 1; seed <= LISTS; seed++) {
        Lists lists;

        open_lists(&lists, seed);
        for (guint i = 0; i < QUESTIONS; i++)
            ask_index(&lists);
        close_lists(&lists);
    }
}

/* ---- glimpses ---- */

static gboolean holds(const KjCases *cases, guint32 number, const guint32 *point) {
    const KjCase *one = kj_cases_get(cases, number);

    for (guint32 b = one->first_box; b < one->first_box + one->box_count; b++) {
        if (kj_box_has(cases->boxes->pdata[b], point))
            return TRUE;
    }
    return FALSE;
}

/* The first case that holds, of `also` and those from `first` on. */
static guint32 decider_of(const KjCases *cases, guint32 first, const GArray *also, const guint32 *point) {
    for (guint i = 0; also && i < also->len; i++) {
        if (holds(cases, g_array_index(also, guint32, i), point))
            return g_array_index(also, guint32, i);
    }
    for (guint32 i = first; i < cases->cases->len; i++) {
        if (holds(cases, i, point))
            return i;
    }
    return KJ_CASE_NONE;
}

static gboolean is_odd_or_default(guint32 decider, gpointer data) {
    (void)data;
    return decider == KJ_CASE_NONE || decider % 2 == 1;
}

/* Whether a glimpse of the case showed something; then every point of the cell that is tried must be as it says. */
static gboolean look(Lists *lists, guint32 number) {
    g_autoptr(GArray) also = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 first = (guint32)g_rand_int_range(lists->random, 0, (gint32)RULES), decider;
    guint dimension = kj_universe_dimension(lists->universe);
    guint32 *point = g_newa(guint32, dimension);
    const KjBox *start = number == KJ_CASE_NONE ? any_box(lists) : lists->cases[0]->boxes->pdata[kj_cases_get(lists->cases[0], number)->first_box], *cell;
    KjGlimpse glimpse = { .universe = lists->universe, .start = start, .own = lists->cases[0], .number = number, .other = lists->cases[1], .first = first,
                          .also = also, .wanted = is_odd_or_default };

    for (guint32 i = 0; i < first; i++) {
        if (g_rand_int_range(lists->random, 0, 4) == 0)
            g_array_append_val(also, i);
    }
    cell = kj_glimpse(&glimpse, &decider);
    if (!cell)
        return FALSE;
    g_assert_true(is_odd_or_default(decider, NULL));
    for (guint p = 0; p < POINTS; p++) {
        for (guint i = 0; i < dimension; i++)
            point[i] = class_in(lists, cell, i);
        g_assert_true(kj_box_has(start, point));
        g_assert_cmpuint(decider_of(lists->cases[0], 0, NULL, point), ==, number);
        g_assert_cmpuint(decider_of(lists->cases[1], first, also, point), ==, decider);
    }
    return TRUE;
}

static void test_glimpse(void) {
    guint shown = 0;

    for (guint32 seed = 1; seed <= LISTS; seed++) {
        Lists lists;

        open_lists(&lists, seed);
        for (guint32 i = 0; i < RULES; i++)
            shown += look(&lists, i);
        shown += look(&lists, KJ_CASE_NONE);
        close_lists(&lists);
    }
    g_assert_cmpuint(shown, >, LISTS * RULES / 20); /* most rules are hidden, or the wrong ones decide beside them */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cases/index", test_index);
    g_test_add_func("/glimpse/random", test_glimpse);
    return g_test_run();
}
