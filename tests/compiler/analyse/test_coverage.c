/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Coverage: what the values of a rule are, against brute force over all points of small random policies, and by hand what tests and proofs touch.
 */
#include <string.h>

#include "compiler/analyse/coverage.h"
#include "compiler/region/cases.h"
#include "tests/random/policy.h"

#define POLICIES 25u /* of each domain */
#define POINTS_MOST 20000u

/* ---- by hand ---- */

static const struct {
    const char *what, *rules, *tests;
    const char *told; /* "label touched/values: untouched; untouched" for each rule and the default, one a line */
} cases[] = {
    { "no test at all", "a: allow from 10.0.0.1;", "", "a 0/1: from 10.0.0.1\ndefault 0/1: \n" },
    { "one test, one value", "a: allow from 10.0.0.1;", "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp => allow; }", "a 1/1: \ndefault 0/1: \n" },
    { "a stretch that nobody tells apart is one value", "a: allow from { 10.0.0.1, 10.0.0.2, 10.0.0.9 };",
      "test \"t\" { firewall t: from 10.0.0.2 to 10.0.0.2 proto tcp => allow; }", "a 1/2: from 10.0.0.9\ndefault 0/1: \n" },
    { "another rule tells it apart", "d: deny from 10.0.0.2 proto udp; a: allow from { 10.0.0.1, 10.0.0.2 };",
      "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp => allow; }", "d 0/2: from 10.0.0.2; proto udp\na 1/2: from 10.0.0.2\ndefault 0/1: \n" },
    { "what an earlier rule takes is not counted", "d: deny from 10.0.0.9; a: allow from { 10.0.0.1, 10.0.0.9 };",
      "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp => allow; firewall t: from 10.0.0.9 to 10.0.0.2 proto tcp => deny by d; }",
      "d 1/1: \na 1/1: \ndefault 0/1: \n" },
    { "a rule that is never reached has no values", "d: deny from 10.0.0.0/8; a: allow from 10.0.0.1;", "", "d 0/3: from 10.0.0.0/8\na 0/0: \ndefault 0/1: \n" },
    { "fields are counted apart", "a: allow from 10.0.0.1 port 80; b: allow from 10.0.0.2 port { 80, 81 };",
      "test \"t\" { firewall t: from 10.0.0.2 to 10.0.0.2 proto tcp port 80 => allow by b; }", "a 0/2: from 10.0.0.1; port 80\nb 2/3: port 81\ndefault 0/1: \n" },
    { "a missing value is a value", "a: allow port none; b: allow port { none, 80 } proto tcp;", "test \"t\" { firewall t: from 10.0.0.2 to 10.0.0.2 proto udp => allow by a; }",
      "a 1/1: \nb 0/2: proto tcp; port 80\ndefault 0/1: \n" },
    { "a test that another rule decides touches nothing of this one", "a: allow from 10.0.0.1 proto tcp; b: allow from 10.0.0.1;",
      "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp => allow by a; }", "a 2/2: \nb 0/1: from 10.0.0.1\ndefault 0/1: \n" },
    { "a proof touches all of its region", "a: allow from 10.0.0.0/8 port { 80, 81 }; b: deny port 81;", "prove \"p\" { firewall t: from 10.0.0.0/8 port 80 => allow; }",
      "a 2/3: port 81\nb 0/1: port 81\ndefault 0/1: \n" },
    { "and of the default", "a: allow from 10.0.0.1;", "prove \"p\" { firewall t: from 10.0.0.2 => deny; }", "a 0/1: from 10.0.0.1\ndefault 1/1: \n" },
    { "a proof touches what the rule decides, no more", "d: deny from 10.0.0.9; a: allow;", "prove \"p\" { firewall t: from 10.0.0.9 => deny; }",
      "d 1/1: \na 0/1: \ndefault 0/0: \n" },
    { "a rule that asks nothing", "a: allow;", "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp => allow; }", "a 1/1: \ndefault 0/0: \n" },
    { "an error touches nothing", "a: allow from 10.0.0.1;", "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 => deny; }", "a 0/1: from 10.0.0.1\ndefault 0/1: \n" },
    { "times", "a: allow during 2026-12-01..2026-12-31 when during mon..fri;",
      "test \"t\" { firewall t: from 10.0.0.1 to 10.0.0.2 proto tcp at 2026-12-01 10:00 => allow; }", "a 1/1: \ndefault 0/1: \n" },
};

static char *tell(const char *text) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    GString *told = g_string_new(NULL);
    kj_compilation_load_text(compilation, "t.pol", text, strlen(text));
    if (!compilation->policy)
        g_error("%s", text);
    g_autoptr(GPtrArray) coverage = kj_coverage_measure(compilation->policy);
    const KjBlockCoverage *block = coverage->pdata[0];
    g_assert_cmpuint(coverage->len, ==, 1);
    g_assert_null(block->problem);
    for (guint i = 0; i < block->rules->len; i++) {
        const KjRuleCoverage *rule = block->rules->pdata[i];
        g_string_append_printf(told, "%s %u/%u: ", rule->rule ? rule->rule->label : "default", rule->touched, rule->values);
        for (guint u = 0; u < rule->untouched->len; u++)
            g_string_append_printf(told, "%s%s", u ? "; " : "", (const char *)rule->untouched->pdata[u]);
        g_string_append_c(told, '\n');
        g_assert_false(rule->incomplete);
    }
    return g_string_free(told, FALSE);
}

static void test_cases(void) {
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("firewall t { default deny; %s }\n%s\n", cases[i].rules, cases[i].tests), *told = tell(text);
        g_test_message("%s", cases[i].what);
        g_assert_cmpstr(told, ==, cases[i].told);
    }
}

/* The strictest effect wins: what a milder rule shares with a stricter one is not its own, what equals share is both's. */
static void test_strictest(void) {
    g_autofree char *told = tell("acl t { field action : { read, write }; default deny; a: allow action { read, write }; b: allow action read; d: deny action write; }\n"
                                 "test \"t\" { acl t: principal \"x\" action read resource \"/a\" => allow; }\n");
    g_assert_cmpstr(told, ==, "a 1/1: \nb 1/1: \nd 0/1: action write\ndefault 0/0: \n");
}

/* ---- against brute force ---- */

static gboolean beats(const KjBlock *block, guint other, guint rule) {
    switch (block->domain->combining) {
    case KJ_COMBINING_FIRST_MATCH:
        return other < rule;
    case KJ_COMBINING_STRICTEST:
        return block->rules[other].effect > block->rules[rule].effect;
    case KJ_COMBINING_ADD_UP:
        break;
    }
    return FALSE;
}

static gboolean lies_in(const KjRegion *region, const guint32 *point) {
    for (guint b = 0; b < region->len; b++)
        if (kj_box_has(region->pdata[b], point))
            return TRUE;
    return FALSE;
}

typedef struct {
    const KjBlock *block;
    KjUniverse *universe;
    GPtrArray *regions; /* of each rule */
    KjRegion *errors;
    guint32 *point;
    gboolean *asked; /* fields that some rule asks about: only these are varied */
    GHashTable **found; /* of each rule: field and class, and NULL when it decides at all */
} Judge;

static void note_box(Judge *judge, guint rule, const KjBox *box) {
    for (guint t = 0; t < box->count; t++) {
        const KjClassSet *set = box->tests[t].set;
        guint field = box->tests[t].field;
        gboolean any = set->count == 1 && set->intervals[0].low <= 1 && set->intervals[0].high == kj_universe_class_count(judge->universe, field) - 1;
        if (!any && !(field == kj_universe_instant(judge->universe) && judge->point[field] == 0))
            g_hash_table_add(judge->found[rule], GUINT_TO_POINTER((field + 1) << 16 | judge->point[field]));
    }
}

static void note_point(Judge *judge) {
    if (lies_in(judge->errors, judge->point))
        return;
    for (guint rule = 0; rule < judge->block->rule_count; rule++) {
        const KjRegion *region = judge->regions->pdata[rule];
        gboolean beaten = !lies_in(region, judge->point);
        for (guint other = 0; other < judge->block->rule_count && !beaten; other++)
            beaten = beats(judge->block, other, rule) && lies_in(judge->regions->pdata[other], judge->point);
        for (guint b = 0; b < region->len && !beaten; b++)
            if (kj_box_has(region->pdata[b], judge->point))
                note_box(judge, rule, region->pdata[b]);
    }
}

static void each_point(Judge *judge, guint field) {
    if (field == kj_universe_dimension(judge->universe)) {
        note_point(judge);
        return;
    }
    judge->point[field] = 1;
    if (!judge->asked[field]) {
        each_point(judge, field + 1);
        return;
    }
    for (guint32 klass = kj_universe_first_class(judge->universe, field); klass < kj_universe_class_count(judge->universe, field); klass++) {
        judge->point[field] = klass;
        each_point(judge, field + 1);
    }
}

static void note_asked(Judge *judge, const KjRegion *region) {
    for (guint b = 0; b < region->len; b++) {
        const KjBox *box = region->pdata[b];
        for (guint t = 0; t < box->count; t++)
            judge->asked[box->tests[t].field] = TRUE;
    }
}

/* FALSE: too many points, or bits that not every point can have. */
static gboolean is_small(const Judge *judge) {
    guint64 points = 1;
    for (guint field = 0; field < kj_universe_dimension(judge->universe) && points <= POINTS_MOST; field++) {
        const KjSpaceField *space = kj_universe_field(judge->universe, field);
        points *= judge->asked[field] ? kj_universe_class_count(judge->universe, field) : 1;
        if (space && space->kind != KJ_FIELD_KIND_VALUE)
            return FALSE;
    }
    return points <= POINTS_MOST;
}

static gboolean check_block(const KjPolicy *policy, const KjBlock *block) {
    g_autoptr(KjUniverse) universe = kj_universe_new(&block, 1);
    const char *problem = NULL;
    for (guint i = 0; i < block->rule_count; i++)
        kj_universe_add_rule(universe, 0, &block->rules[i]);
    if (!kj_universe_seal(universe, &problem))
        return FALSE;
    Judge judge = { .block = block, .universe = universe, .errors = kj_universe_errors(universe, 0) };
    judge.regions = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    judge.point = g_new0(guint32, kj_universe_dimension(universe));
    judge.found = g_new0(GHashTable *, block->rule_count + 1);
    judge.asked = g_new0(gboolean, kj_universe_dimension(universe));
    gboolean small = TRUE;
    for (guint i = 0; i < block->rule_count; i++) {
        KjRegion *region = kj_universe_lower_rule(universe, 0, &block->rules[i]);
        small &= region != NULL;
        g_ptr_array_add(judge.regions, region ? region : kj_region_new());
        judge.found[i] = g_hash_table_new(NULL, NULL);
        note_asked(&judge, judge.regions->pdata[i]);
    }
    small &= is_small(&judge);
    if (small) {
        g_autoptr(GPtrArray) coverage = kj_coverage_measure(policy);
        const KjBlockCoverage *measured = coverage->pdata[0];
        guint at = 0;
        each_point(&judge, 0);
        for (guint i = 0; i < block->rule_count; i++) {
            const KjRuleCoverage *rule = block->rules[i].item ? measured->rules->pdata[at++] : NULL;
            guint values = g_hash_table_size(judge.found[i]);
            if (!rule)
                continue;
            g_assert_true(rule->rule == &block->rules[i]);
            if (rule->values != values && !(values == 0 && rule->values <= 1)) /* one that asks nothing has one, if it decides at all */
                g_error("`%s` has %u values, and %u were found", block->rules[i].label, values, rule->values);
        }
    }
    for (guint i = 0; i < block->rule_count; i++)
        g_hash_table_unref(judge.found[i]);
    g_free(judge.found);
    g_free(judge.point);
    g_free(judge.asked);
    g_ptr_array_unref(judge.regions);
    g_ptr_array_unref(judge.errors);
    return small;
}

static void test_brute_force(gconstpointer data) {
    const KjDomain *domain = kj_plugin_find(data);
    guint policies = 0;
    for (guint64 seed = 1; policies < POLICIES && seed < 20 * POLICIES; seed++) {
        g_autoptr(KjRandomPolicy) policy = kj_random_policy_new(domain, seed);
        g_autoptr(KjCompilation) compilation = kj_compilation_new();
        kj_compilation_load_text(compilation, "random.pol", policy->text, strlen(policy->text));
        g_test_message("%s %" G_GUINT64_FORMAT, domain->name, seed);
        if (compilation->policy && compilation->policy->blocks)
            policies += check_block(compilation->policy, compilation->policy->blocks);
    }
    g_test_message("%s: %u policies", domain->name, policies);
    g_assert_cmpuint(policies, >=, POLICIES / 4);
}

int main(int argc, char **argv) {
    static const char *const domains[] = { "firewall", "acl", "mail", "password", "governance" };
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    g_test_add_func("/coverage/cases", test_cases);
    g_test_add_func("/coverage/strictest", test_strictest);
    for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
        g_autofree char *path = g_strconcat("/coverage/brute-force/", domains[i], NULL);
        g_test_add_data_func(path, domains[i], test_brute_force);
    }
    return g_test_run();
}
