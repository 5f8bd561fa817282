/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second opinion: Z3 on random pairs of firewall policies with addresses, ports and times of full width.
 *
 * Policies become formulas straight from the checked tree: fields as bit vectors, conditions as two formulas (is it true, is it false), rules as a chain of
 * if-then-else. No class, box or region is used. Z3 must say of every pair whether some request gains and whether some request loses, as the
 * difference does, and it must confirm what the difference says of each witness.
 *
 *     test_solver --pairs N --first S      (the test takes PAIRS)
 */
#ifndef HAVE_Z3
#include <glib.h>

static void test_pairs(void) {
    g_test_skip("built without Z3 (Debian: libz3-dev)");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/solver/pairs", test_pairs);
    return g_test_run();
}

#else
#include <string.h>

#include <kijun/calendar.h>
#include <z3.h>

#include "../../compiler/analyse/change.h"
#include "../../compiler/region/examples.h"

#define PAIRS 500u
#define RULES_MOST 10
#define FIELDS 5u

static const struct {
    const char *name;
    guint bits;
    gboolean optional;
} asked[FIELDS] = { { "from", 129, FALSE }, { "to", 129, FALSE }, { "proto", 8, FALSE }, { "port", 16, TRUE }, { "source_port", 16, TRUE } };

/* ---- policies ---- */

static void add_prefix(GRand *random, GString *out) {
    guint length;

    if (g_rand_int_range(random, 0, 3) == 0) {
        length = 32 + 16 * (guint)g_rand_int_range(random, 0, 3);
        g_string_append_printf(out, "2001:db8:%x:%x::/%u", length >= 48 ? (guint)g_rand_int_range(random, 0, 3) : 0, length >= 64 ? (guint)g_rand_int_range(random, 0, 3) : 0,
                               length);
        return;
    }
    length = (guint)g_rand_int_range(random, 4, 33);
    guint32 address = ((guint32)g_rand_int_range(random, 9, 12) << 24 | (guint32)g_rand_int_range(random, 0, 3) << 16 | (guint32)g_rand_int_range(random, 0, 512)) &
                      (length == 32 ? 0xffffffffu : ~(0xffffffffu >> length));
    g_string_append_printf(out, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, length);
}

static void add_ports(GRand *random, GString *out) {
    guint low = (guint)g_rand_int_range(random, 0, 65535);

    if (g_rand_int_range(random, 0, 2))
        g_string_append_printf(out, "%u", low);
    else
        g_string_append_printf(out, "%u..%u", low, (guint)g_rand_int_range(random, (gint32)low, 65536));
}

static char *random_rule(GRand *random) {
    static const char *const effects[] = { "allow", "allow", "deny", "reject" };
    static const char *const dates[] = { "", "", "", " @until(2027-03-31)", " @from(2026-12-01)", " @from(2026-12-01) @until(2027-01-15)" };
    static const char *const windows[] = { "mon..fri 09:00..18:00", "22:00..06:00", "sat..sun 00:00..23:59", "2026-12-29..2027-01-03" };
    static const char *const protocols[] = { "tcp", "udp", "{ tcp, udp }", "not tcp", "1" };
    GString *out = g_string_new(effects[g_rand_int_range(random, 0, G_N_ELEMENTS(effects))]);

    for (guint side = 0; side < 2; side++) {
        if (g_rand_int_range(random, 0, 3) == 0)
            continue;
        g_string_append_printf(out, " %s %s", asked[side].name, g_rand_int_range(random, 0, 6) ? "" : "not ");
        add_prefix(random, out);
    }
    if (g_rand_int_range(random, 0, 2))
        g_string_append_printf(out, " proto %s", protocols[g_rand_int_range(random, 0, G_N_ELEMENTS(protocols))]);
    for (guint f = 3; f < FIELDS; f++) {
        if (g_rand_int_range(random, 0, 3))
            continue;
        g_string_append_printf(out, " %s %s", asked[f].name, g_rand_int_range(random, 0, 5) ? "" : "not ");
        add_ports(random, out);
    }
    if (g_rand_int_range(random, 0, 4) == 0)
        g_string_append_printf(out, " during %s", windows[g_rand_int_range(random, 0, G_N_ELEMENTS(windows))]);
    if (g_rand_int_range(random, 0, 5) == 0) {
        g_string_append(out, " unless from in ");
        add_prefix(random, out);
        g_string_append(out, " and port == 80");
    }
    g_string_append(out, dates[g_rand_int_range(random, 0, G_N_ELEMENTS(dates))]);
    g_string_append_c(out, ';');
    return g_string_free(out, FALSE);
}

static char *policy_text(const GPtrArray *rules) {
    GString *out = g_string_new("firewall b {\n    default deny;\n");

    for (guint i = 0; i < rules->len; i++)
        g_string_append_printf(out, "    %s\n", (const char *)rules->pdata[i]);
    g_string_append(out, "}\n");
    return g_string_free(out, FALSE);
}

static void change_rules(GPtrArray *rules, GRand *random) {
    guint at = (guint)g_rand_int_range(random, 0, (gint32)rules->len), other = (guint)g_rand_int_range(random, 0, (gint32)rules->len);
    gpointer held = rules->pdata[at];

    switch (g_rand_int_range(random, 0, 4)) {
    case 0:
        rules->pdata[at] = random_rule(random);
        g_free(held);
        break;
    case 1:
        g_ptr_array_insert(rules, (gint)at, random_rule(random));
        break;
    case 2:
        if (rules->len > 1)
            g_ptr_array_remove_index(rules, at);
        break;
    default:
        rules->pdata[at] = rules->pdata[other];
        rules->pdata[other] = held;
        break;
    }
}

/* ---- formulas ---- */

typedef struct {
    Z3_context z3;
    const KjBlock *block;
    Z3_ast value[FIELDS], present[FIELDS];
    Z3_ast day, minute, has_instant;
} Formulas;

typedef struct {
    Z3_ast holds, fails; /* neither: unknown */
} Truth;

static Z3_ast number(const Formulas *formulas, guint64 value, guint bits) {
    return Z3_mk_unsigned_int64(formulas->z3, value, Z3_mk_bv_sort(formulas->z3, bits));
}

static Z3_ast both(const Formulas *formulas, Z3_ast a, Z3_ast b) {
    return Z3_mk_and(formulas->z3, 2, (Z3_ast[]){ a, b });
}

static Z3_ast either(const Formulas *formulas, Z3_ast a, Z3_ast b) {
    return Z3_mk_or(formulas->z3, 2, (Z3_ast[]){ a, b });
}

static Z3_ast negated(const Formulas *formulas, Z3_ast a) {
    return Z3_mk_not(formulas->z3, a);
}

/* An ordinal as the bits of the field: an address is its family's bit and 128 more. */
static Z3_ast ordinal(const Formulas *formulas, KjOrdinal value, guint bits) {
    if (bits <= 64)
        return number(formulas, value.low, bits);
    return Z3_mk_concat(formulas->z3, number(formulas, value.family == 6, 1),
                        Z3_mk_concat(formulas->z3, number(formulas, value.high, 64), number(formulas, value.low, 64)));
}

static guint asked_field(const Formulas *formulas, guint field) {
    for (guint i = 0; i < FIELDS; i++) {
        if (strcmp(asked[i].name, formulas->block->fields[field].name) == 0)
            return i;
    }
    g_assert_not_reached();
}

static Z3_ast in_set(const Formulas *formulas, guint field, const KjSet *set) {
    Z3_ast result = Z3_mk_false(formulas->z3), value = formulas->value[field];

    switch (set->kind) {
    case KJ_SET_INTERVALS:
        for (guint i = 0; i < set->count; i++)
            result = either(formulas, result, both(formulas, Z3_mk_bvuge(formulas->z3, value, ordinal(formulas, set->intervals[i].low, asked[field].bits)),
                                                   Z3_mk_bvule(formulas->z3, value, ordinal(formulas, set->intervals[i].high, asked[field].bits))));
        return result;
    case KJ_SET_UNION:
        for (guint i = 0; i < set->count; i++)
            result = either(formulas, result, in_set(formulas, field, set->members[i]));
        return result;
    case KJ_SET_MINUS:
        return both(formulas, in_set(formulas, field, set->members[0]), negated(formulas, in_set(formulas, field, set->members[1])));
    case KJ_SET_COMPLEMENT:
        return negated(formulas, in_set(formulas, field, set->members[0]));
    default:
        g_assert_not_reached();
    }
}

/* Windows in UTC, minute by minute: the language's own definition (view.h). */
static Z3_ast in_atom(const Formulas *formulas, const KjWindowAtom *atom, Z3_ast day, Z3_ast low, Z3_ast high) {
    Z3_ast weekday = Z3_mk_bvurem(formulas->z3, Z3_mk_bvadd(formulas->z3, day, number(formulas, 3, 17)), number(formulas, 7, 17)), result;

    result = both(formulas, Z3_mk_bvuge(formulas->z3, day, number(formulas, atom->first_day, 17)), Z3_mk_bvule(formulas->z3, day, number(formulas, atom->last_day, 17)));
    result = both(formulas, result, both(formulas, Z3_mk_bvuge(formulas->z3, formulas->minute, low), Z3_mk_bvule(formulas->z3, formulas->minute, high)));
    for (guint d = 0; d < 7; d++) {
        if (!(atom->weekdays & 1u << d))
            result = both(formulas, result, negated(formulas, Z3_mk_eq(formulas->z3, weekday, number(formulas, d, 17))));
    }
    return result;
}

static Z3_ast in_window(const Formulas *formulas, const KjWindow *window) {
    Z3_ast first = number(formulas, window->atom.first_minute, 11), last = number(formulas, window->atom.last_minute, 11);

    switch (window->kind) {
    case KJ_WINDOW_UNION:
        return either(formulas, in_window(formulas, window->left), in_window(formulas, window->right));
    case KJ_WINDOW_MINUS:
        return both(formulas, in_window(formulas, window->left), negated(formulas, in_window(formulas, window->right)));
    case KJ_WINDOW_ATOM:
        break;
    }
    g_assert_cmpstr(window->atom.zone, ==, "UTC");
    if (window->atom.first_minute <= window->atom.last_minute)
        return in_atom(formulas, &window->atom, formulas->day, first, last);
    Z3_ast yesterday = Z3_mk_bvsub(formulas->z3, formulas->day, number(formulas, 1, 17));
    Z3_ast began = both(formulas, Z3_mk_bvuge(formulas->z3, formulas->day, number(formulas, 1, 17)),
                        in_atom(formulas, &window->atom, yesterday, number(formulas, 0, 11), last));
    return either(formulas, in_atom(formulas, &window->atom, formulas->day, first, number(formulas, 1439, 11)), began);
}

static Truth known(const Formulas *formulas, Z3_ast present, Z3_ast holds) {
    return (Truth){ both(formulas, present, holds), both(formulas, present, negated(formulas, holds)) };
}

static Truth truth_of(const Formulas *formulas, const KjCondition *condition) {
    Truth result = { Z3_mk_true(formulas->z3), Z3_mk_false(formulas->z3) };
    Z3_ast present;

    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
        return result;
    case KJ_CONDITION_FALSE:
        return (Truth){ result.fails, result.holds };
    case KJ_CONDITION_AND:
        for (guint i = 0; i < condition->count; i++) {
            Truth part = truth_of(formulas, condition->operands[i]);
            result = (Truth){ both(formulas, result.holds, part.holds), either(formulas, result.fails, part.fails) };
        }
        return result;
    case KJ_CONDITION_OR:
        result = (Truth){ result.fails, result.holds };
        for (guint i = 0; i < condition->count; i++) {
            Truth part = truth_of(formulas, condition->operands[i]);
            result = (Truth){ either(formulas, result.holds, part.holds), both(formulas, result.fails, part.fails) };
        }
        return result;
    case KJ_CONDITION_NOT:
        result = truth_of(formulas, condition->operands[0]);
        return (Truth){ result.fails, result.holds };
    case KJ_CONDITION_TEST:
        return known(formulas, formulas->present[asked_field(formulas, condition->field)],
                     in_set(formulas, asked_field(formulas, condition->field), condition->set));
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        present = formulas->present[asked_field(formulas, condition->field)];
        return condition->kind == KJ_CONDITION_PRESENT ? (Truth){ present, negated(formulas, present) } : (Truth){ negated(formulas, present), present };
    case KJ_CONDITION_DURING:
        return known(formulas, formulas->has_instant, in_window(formulas, condition->window));
    default:
        g_assert_not_reached();
    }
}

/* Which effect the block gives, as a number of 8 bits. */
static Z3_ast decision_of(Formulas *formulas, const KjBlock *block) {
    Z3_ast result = number(formulas, block->default_effect, 8);

    formulas->block = block;
    for (guint i = block->rule_count; i > 0; i--) {
        const KjRule *rule = &block->rules[i - 1];
        gboolean refuses = (block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
        Z3_ast matches = truth_of(formulas, rule->match).holds;
        const KjWindow *const dates[] = { rule->from, rule->until };

        if (rule->unless)
            matches = both(formulas, matches, negated(formulas, truth_of(formulas, rule->unless).holds));
        for (guint d = 0; d < G_N_ELEMENTS(dates); d++) {
            Z3_ast inside = dates[d] ? in_window(formulas, dates[d]) : NULL;
            if (inside)
                matches = both(formulas, matches, refuses ? either(formulas, negated(formulas, formulas->has_instant), inside)
                                                          : both(formulas, formulas->has_instant, inside));
        }
        result = Z3_mk_ite(formulas->z3, matches, number(formulas, rule->effect, 8), result);
    }
    return result;
}

static void make_request(Formulas *formulas, Z3_solver solver) {
    Z3_context z3 = formulas->z3;

    for (guint i = 0; i < FIELDS; i++) {
        g_autofree char *name = g_strdup_printf("has %s", asked[i].name);
        formulas->value[i] = Z3_mk_const(z3, Z3_mk_string_symbol(z3, asked[i].name), Z3_mk_bv_sort(z3, asked[i].bits));
        formulas->present[i] = asked[i].optional ? Z3_mk_const(z3, Z3_mk_string_symbol(z3, name), Z3_mk_bool_sort(z3)) : Z3_mk_true(z3);
        if (asked[i].bits == 129) /* an IPv4 address has 32 bits */
            Z3_solver_assert(z3, solver, either(formulas, Z3_mk_bvuge(z3, formulas->value[i], ordinal(formulas, (KjOrdinal){ 6, 0, 0 }, 129)),
                                                Z3_mk_bvule(z3, formulas->value[i], ordinal(formulas, (KjOrdinal){ 4, 0, G_MAXUINT32 }, 129))));
    }
    formulas->day = Z3_mk_const(z3, Z3_mk_string_symbol(z3, "day"), Z3_mk_bv_sort(z3, 17));
    formulas->minute = Z3_mk_const(z3, Z3_mk_string_symbol(z3, "minute"), Z3_mk_bv_sort(z3, 11));
    formulas->has_instant = Z3_mk_const(z3, Z3_mk_string_symbol(z3, "at"), Z3_mk_bool_sort(z3));
    Z3_solver_assert(z3, solver, Z3_mk_bvult(z3, formulas->day, number(formulas, KJ_CALENDAR_DAYS, 17)));
    Z3_solver_assert(z3, solver, Z3_mk_bvult(z3, formulas->minute, number(formulas, 1440, 11)));
}

/* ---- asking ---- */

static gboolean can_be(Z3_context z3, Z3_solver solver, Z3_ast formula) {
    Z3_lbool answer;

    Z3_solver_push(z3, solver);
    Z3_solver_assert(z3, solver, formula);
    answer = Z3_solver_check(z3, solver);
    Z3_solver_pop(z3, solver, 1);
    g_assert_cmpint(answer, !=, Z3_L_UNDEF);
    return answer == Z3_L_TRUE;
}

/* The witness as a formula: these values, no others. */
static Z3_ast witness_formula(const Formulas *formulas, const KjUniverse *universe, const KjWitness *witness) {
    Z3_ast result = Z3_mk_true(formulas->z3);
    guint count, fields;
    const KjFieldText *texts = kj_witness_texts(witness, &count);
    const KjField *joint = kj_universe_fields(universe, &fields);

    for (guint i = 0; i < FIELDS; i++) {
        const char *text = NULL;
        for (guint t = 0; t < count; t++)
            text = strcmp(texts[t].field, asked[i].name) == 0 ? texts[t].text : text;
        for (guint f = 0; text && f < fields; f++) {
            KjOrdinal value;
            if (strcmp(joint[f].name, asked[i].name) == 0 && kj_example_classify(kj_universe_field(universe, f), text, &value))
                result = both(formulas, result, Z3_mk_eq(formulas->z3, formulas->value[i], ordinal(formulas, value, asked[i].bits)));
        }
        if (asked[i].optional)
            result = both(formulas, result, text ? formulas->present[i] : negated(formulas, formulas->present[i]));
    }
    if (!witness->has_instant)
        return both(formulas, result, negated(formulas, formulas->has_instant));
    result = both(formulas, result, formulas->has_instant);
    result = both(formulas, result, Z3_mk_eq(formulas->z3, formulas->day, number(formulas, (guint64)(witness->instant / KJ_DAY_SECONDS), 17)));
    return both(formulas, result, Z3_mk_eq(formulas->z3, formulas->minute, number(formulas, (guint64)(witness->instant % KJ_DAY_SECONDS / 60), 11)));
}

static const char *compare_opinions(const KjBlockChange *change, guint *witnesses) {
    Z3_config config = Z3_mk_config();
    Z3_context z3 = Z3_mk_context(config);
    Z3_solver solver = Z3_mk_solver(z3);
    Formulas formulas = { .z3 = z3 };
    Z3_ast before, after;
    guint ways;
    const char *problem = NULL;

    Z3_solver_inc_ref(z3, solver);
    make_request(&formulas, solver);
    before = decision_of(&formulas, change->old_block);
    after = decision_of(&formulas, change->new_block);
    ways = (can_be(z3, solver, Z3_mk_bvugt(z3, after, before)) ? KJ_DIRECTION_NARROWS : 0) | (can_be(z3, solver, Z3_mk_bvult(z3, after, before)) ? KJ_DIRECTION_WIDENS : 0);
    if (ways != (change->verdict < KJ_CHANGE_NARROWS ? 0 : change->verdict == KJ_CHANGE_NARROWS ? 1u : change->verdict == KJ_CHANGE_WIDENS ? 2u : 3u))
        problem = "Z3 does not agree with the verdict";
    for (guint i = 0; i < change->regions->len && !problem; i++) {
        const KjChangeRegion *region = change->regions->pdata[i];
        Z3_ast said = both(&formulas, Z3_mk_eq(z3, before, number(&formulas, region->old_decision->effect, 8)),
                           Z3_mk_eq(z3, after, number(&formulas, region->new_decision->effect, 8)));
        if (!region->witness)
            problem = "a region has no witness";
        else if (!can_be(z3, solver, both(&formulas, witness_formula(&formulas, change->universe, region->witness), said)))
            problem = "Z3 does not agree with a witness";
        ++*witnesses;
    }
    Z3_solver_dec_ref(z3, solver);
    Z3_del_context(z3);
    Z3_del_config(config);
    return problem;
}

static KjCompilation *compile(const char *text) {
    KjCompilation *compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "m.pol", text, strlen(text));
    if (!compilation->policy) {
        g_autoptr(GString) told = g_string_new("");
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
        g_error("the generator wrote a policy with errors:\n%s\n%s", text, told->str);
    }
    return compilation;
}

static gboolean try_pair(guint32 seed, guint *verdicts, guint *witnesses) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(KjArena) arena = kj_arena_new();
    KjChangeOptions options = { .now = 1795514400 };
    const char *problem;

    for (gint i = g_rand_int_range(random, 1, RULES_MOST + 1); i > 0; i--)
        g_ptr_array_add(rules, random_rule(random));
    g_autofree char *before = policy_text(rules);
    for (gint i = g_rand_int_range(random, 1, 3); i > 0; i--)
        change_rules(rules, random);
    g_autofree char *after = policy_text(rules);
    g_autoptr(KjCompilation) old_compilation = compile(before), new_compilation = compile(after);
    KjBlockChange *change = kj_block_change_new(arena, old_compilation->policy->blocks, new_compilation->policy->blocks, &options);
    problem = change->undecided ? change->undecided : compare_opinions(change, witnesses);
    verdicts[change->verdict]++;
    if (problem)
        g_test_message("seed %u: %s (verdict %s)\n--- before\n%s--- after\n%s", seed, problem, kj_change_verdict_name(change->verdict), before, after);
    kj_block_change_clear(change);
    return !problem;
}

static gint option_pairs = PAIRS, option_seed = 1;

static void test_pairs(void) {
    guint verdicts[KJ_CHANGE_MIXED + 1] = { 0 }, witnesses = 0;

    for (gint i = 0; i < option_pairs; i++) {
        if (!try_pair((guint32)(option_seed + i), verdicts, &witnesses)) {
            g_test_fail();
            return;
        }
    }
    g_test_message("%d pairs, %u witnesses: %u without effect, %u narrow, %u widen, %u mixed", option_pairs, witnesses,
                   verdicts[KJ_CHANGE_EQUAL] + verdicts[KJ_CHANGE_EDITORIAL] + verdicts[KJ_CHANGE_RESTATED], verdicts[KJ_CHANGE_NARROWS], verdicts[KJ_CHANGE_WIDENS],
                   verdicts[KJ_CHANGE_MIXED]);
    g_assert_cmpuint(verdicts[KJ_CHANGE_NARROWS], >, 0);
    g_assert_cmpuint(verdicts[KJ_CHANGE_WIDENS], >, 0);
    g_assert_cmpuint(verdicts[KJ_CHANGE_MIXED], >, 0);
}

int main(int argc, char **argv) {
    GOptionEntry entries[] = { { "pairs", 0, 0, G_OPTION_ARG_INT, &option_pairs, "Pairs of policies", "N" },
                               { "first", 0, 0, G_OPTION_ARG_INT, &option_seed, "Seed of the first", "S" },
                               G_OPTION_ENTRY_NULL };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error))
        g_error("%s", error->message);
    if (g_getenv("KIJUN_SHORT") && option_pairs == (gint)PAIRS)
        option_pairs /= 10; /* the leg with sanitizers */
    g_test_add_func("/solver/pairs", test_pairs);
    return g_test_run();
}
#endif
