/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All places in which a block may depart from its standards. See breaches.h.
 *
 * A place is a box of a standard's case, cut to a box of a case of the block that would be a breach of it, or to the default. Left out of it are errors,
 * what region exceptions excuse, and what earlier cases decide, of the standard and of the block; what remains is a breach. An exception that names a
 * rule excuses what that rule decides: the instants until its end are cut off. The one that `only` is asked about is turned round: its part is
 * kept, and that of all others left out.
 *
 * Where requirements add up, several of a standard's rules may want the same of one request, and each has to be met by a rule of its own. So beside the places
 * in which one of them is not met by any, the space is cut into cells in which the same rules match, and those are places in which not all are met at once.
 *
 * Cost: an index finds which boxes meet, so there are as many places as pairs of boxes that overlap and disagree; each is one question (place.h), and the steps
 * of all questions about a block are bounded together.
 */
#include "breaches.h"

#include "../limits.h"
#include "../translate.h"

#include <string.h>

/* ---- setting up ---- */

const KjBlock *kj_breaches_wanting(KjArena *arena, const KjBlock *block, const KjRule *rules, guint count) {
    KjBlock *wanting = kj_arena_new0(arena, KjBlock);
    KjRule *plain = kj_arena_newn(arena, KjRule, count + 1);

    for (guint i = 0; i < count; i++) {
        plain[i] = rules[i];
        plain[i].note_count = 0;
    }
    *wanting = *block;
    wanting->rules = plain;
    wanting->rule_count = count;
    wanting->default_effect = G_MAXUINT;
    wanting->default_note_count = 0;
    return wanting;
}

static void add_all(KjBreaches *breaches) {
    for (guint i = 0; i < breaches->block->rule_count; i++)
        kj_universe_add_rule(breaches->universe, 0, &breaches->block->rules[i]);
    for (guint d = 0; d < breaches->wanting->len; d++) {
        const KjBlock *wanting = breaches->wanting->pdata[d];
        for (guint i = 0; i < wanting->rule_count; i++)
            kj_universe_add_rule(breaches->universe, 0, &wanting->rules[i]);
    }
    for (const KjException *exception = breaches->exceptions; exception; exception = exception->next) {
        if (exception->block != breaches->block)
            continue;
        kj_universe_add_window(breaches->universe, exception->until);
        if (exception->region)
            kj_universe_add_condition(breaches->universe, 0, exception->region);
    }
}

KjBreaches *kj_breaches_new(const KjPolicy *policy, const KjBlock *block) {
    KjBreaches *breaches = g_new0(KjBreaches, 1);
    const char *problem;

    breaches->block = block;
    breaches->exceptions = policy->exceptions;
    breaches->arena = kj_arena_new();
    breaches->demands = kj_demands_of(breaches->arena, block);
    if (!breaches->demands) {
        breaches->demands = g_ptr_array_new();
        breaches->problem = g_strdup_printf(_("it reaches standards in more than %u ways"), KJ_LIMIT_DEMANDS);
    }
    breaches->wanting = g_ptr_array_new();
    for (guint i = 0; i < breaches->demands->len; i++) {
        const KjDemand *demand = breaches->demands->pdata[i];
        g_ptr_array_add(breaches->wanting, (gpointer)kj_breaches_wanting(breaches->arena, block, demand->rules, demand->rule_count));
    }
    breaches->universe = kj_universe_new(&block, 1);
    breaches->search = (KjSearch){ breaches->universe, block->zone, KJ_LIMIT_FINDING_STEPS };
    add_all(breaches);
    if (!kj_universe_seal(breaches->universe, &problem)) {
        breaches->problem = breaches->problem ? breaches->problem : g_strdup(problem);
        return breaches;
    }
    breaches->decisions = kj_decisions_new(breaches->universe, block->domain);
    breaches->errors = kj_universe_errors(breaches->universe, 0);
    return breaches;
}

void kj_breaches_free(KjBreaches *breaches) {
    if (!breaches)
        return;
    g_clear_pointer(&breaches->errors, g_ptr_array_unref);
    kj_decisions_free(breaches->decisions);
    kj_universe_free(breaches->universe);
    g_ptr_array_unref(breaches->wanting);
    g_ptr_array_unref(breaches->demands);
    kj_arena_free(breaches->arena);
    g_free(breaches->problem);
    g_free(breaches);
}

/* ---- what departs from what ---- */

static gboolean departs(const KjBreaches *breaches, guint32 wanted, guint32 given) {
    const KjDomain *domain = breaches->block->domain;
    const KjDecision *want = kj_decisions_get(breaches->decisions, wanted), *have = kj_decisions_get(breaches->decisions, given);
    KjDirection direction;

    if (domain->combining != KJ_COMBINING_ADD_UP && kj_decisions_refuses(breaches->decisions, wanted))
        return !kj_decisions_refuses(breaches->decisions, given);
    if (domain->combining != KJ_COMBINING_ADD_UP && want->effect == 0)
        return have->effect != 0 || have->error;
    direction = kj_decisions_compare(breaches->decisions, wanted, given);
    return direction != KJ_DIRECTION_SAME && direction != KJ_DIRECTION_NARROWS && !kj_decisions_refuses(breaches->decisions, given);
}

typedef struct {
    KjBreaches *breaches;
    const KjException *only;
    KjBreachVisit visit;
    gpointer data;
    const KjCases *wanted, *cases; /* of the demand and the aspect in hand, and of the block */
    KjRegion *excused, *kept;      /* of the demand in hand; kept: what `only` excuses, if it is a region */
    GPtrArray *without;
    GHashTable *departing;         /* decision -> 1 departs, 2 does not; of the wanted decision in hand */
    KjBreach breach;
} Looking;

static gboolean is_departing(Looking *looking, guint32 decision) {
    gpointer key = GUINT_TO_POINTER(decision), known = g_hash_table_lookup(looking->departing, key);

    if (!known) {
        known = GUINT_TO_POINTER(departs(looking->breaches, looking->breach.wanted_decision, decision) ? 1 : 2);
        g_hash_table_insert(looking->departing, key, known);
    }
    return known == GUINT_TO_POINTER(1);
}

/* ---- excuses ---- */

/* The exception is of this block, to the demand's standard or one through which the demand comes. */
static gboolean concerns(const Looking *looking, const KjException *exception) {
    return exception->block == looking->breaches->block
           && kj_demand_is_within(looking->breaches->demands->pdata[looking->breach.demand], exception->standard);
}

/* Where a region exception is true and its end not past. NULL: too many boxes. */
static KjRegion *excused_region(const Looking *looking, const KjException *exception) {
    KjUniverse *universe = looking->breaches->universe;
    g_autoptr(GPtrArray) region = kj_universe_lower(universe, 0, exception->region, KJ_TRUE);
    g_autoptr(GPtrArray) until = kj_universe_lower_window(universe, exception->until, FALSE);

    if (!region || !kj_region_intersect(kj_universe_arena(universe), kj_universe_sets(universe), region, until, KJ_LIMIT_RULE_BOXES))
        return NULL;
    return g_steal_pointer(&region);
}

/* FALSE: too many boxes. */
static gboolean collect_excuses(Looking *looking) {
    g_ptr_array_set_size(looking->excused, 0);
    g_ptr_array_set_size(looking->kept, 0);
    for (const KjException *exception = looking->breaches->exceptions; exception; exception = exception->next) {
        g_autoptr(GPtrArray) region = NULL;

        if (!exception->region || !concerns(looking, exception))
            continue;
        region = excused_region(looking, exception);
        if (!region)
            return FALSE;
        kj_region_add(exception == looking->only ? looking->kept : looking->excused, region);
    }
    return TRUE;
}

static const KjClassSet *all_instants(KjUniverse *universe) {
    return kj_class_sets_range(kj_universe_sets(universe), 0, kj_universe_class_count(universe, kj_universe_instant(universe)) - 1);
}

/* Until when an exception excuses what its rule decides: without an instant a rule that refuses stays. */
static const KjClassSet *excused_instants(const Looking *looking, const KjException *exception) {
    KjUniverse *universe = looking->breaches->universe;
    guint flags = looking->breaches->block->domain->effects[exception->rule->effect].flags;
    g_autoptr(GPtrArray) until = kj_universe_lower_window(universe, exception->until, (flags & KJ_EFFECT_REFUSES) != 0);
    const KjClassSet *instants = kj_class_sets_range(kj_universe_sets(universe), 1, 0); /* none */

    if (until->len)
        instants = kj_box_field(until->pdata[0], kj_universe_instant(universe));
    return instants ? instants : all_instants(universe);
}

/* The box less the instants at which exceptions excuse what the rule decides. NULL: all of them. */
static const KjBox *unexcused(const Looking *looking, const KjRule *rule, const KjBox *box) {
    KjUniverse *universe = looking->breaches->universe;
    const KjClassSet *instants = all_instants(universe), *all = instants;

    for (const KjException *exception = looking->breaches->exceptions; rule && exception; exception = exception->next) {
        const KjClassSet *excused;

        if (exception->rule != rule || !concerns(looking, exception))
            continue;
        excused = excused_instants(looking, exception);
        instants = exception == looking->only ? kj_class_set_intersect(kj_universe_sets(universe), instants, excused)
                                              : kj_class_set_subtract(kj_universe_sets(universe), instants, excused);
    }
    return instants == all ? box : kj_place_at(universe, box, instants);
}

/* ---- places ---- */

/* Where requirements add up, any rule of the block may meet what is wanted. */
static void add_met(Looking *looking) {
    for (guint i = 0; i < looking->cases->boxes->len; i++) {
        if (!is_departing(looking, kj_cases_decision(looking->cases, g_array_index(looking->cases->box_cases, guint32, i))))
            g_ptr_array_add(looking->without, looking->cases->boxes->pdata[i]);
    }
}

/* A box of the standard's (number `wanted`) cut to one of the block's, or the default's when `box` is G_MAXUINT. */
static gboolean visit_place(Looking *looking, guint wanted, guint box, const KjBox *start) {
    gboolean adds_up = looking->breaches->block->domain->combining == KJ_COMBINING_ADD_UP;
    guint32 want = g_array_index(looking->wanted->box_cases, guint32, wanted);
    guint32 have = box == G_MAXUINT ? KJ_CASE_NONE : g_array_index(looking->cases->box_cases, guint32, box);
    guint32 rule = have == KJ_CASE_NONE ? KJ_CASE_NONE : kj_cases_get(looking->cases, have)->rule;

    looking->breach.rule = rule == KJ_CASE_NONE ? NULL : &looking->breaches->block->rules[rule];
    looking->breach.decision = kj_cases_decision(looking->cases, have);
    if (looking->only && looking->only->rule && looking->only->rule != looking->breach.rule)
        return TRUE;
    start = unexcused(looking, looking->breach.rule, start);
    if (!start)
        return TRUE;
    g_ptr_array_set_size(looking->without, 0);
    kj_region_add(looking->without, looking->breaches->errors);
    kj_region_add(looking->without, looking->excused);
    kj_place_leave_same(looking->wanted, want, wanted, looking->without);
    if (adds_up)
        add_met(looking);
    else
        kj_place_leave_earlier(looking->wanted, start, want, looking->without);
    kj_place_leave_earlier(looking->cases, start, have, looking->without);
    if (have != KJ_CASE_NONE)
        kj_place_leave_same(looking->cases, have, box, looking->without);
    looking->breach.start = start;
    looking->breach.without = looking->without;
    return looking->visit(&looking->breach, looking->data);
}

/* All places in a box, which is one of the standard's or a part of it. */
static gboolean look_in_box(Looking *looking, guint wanted, const KjBox *box) {
    KjUniverse *universe = looking->breaches->universe;
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    kj_cases_meeting(looking->cases, box, KJ_CASE_NONE, numbers);
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i);
        const KjBox *both;

        if (!is_departing(looking, kj_cases_decision(looking->cases, g_array_index(looking->cases->box_cases, guint32, number))))
            continue;
        both = kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, looking->cases->boxes->pdata[number]);
        if (both && !visit_place(looking, wanted, number, both))
            return FALSE;
    }
    return !is_departing(looking, looking->cases->otherwise) || visit_place(looking, wanted, G_MAXUINT, box);
}

static gboolean look_in_cases(Looking *looking) {
    KjUniverse *universe = looking->breaches->universe;
    gboolean within = looking->only && looking->only->region;

    for (guint i = 0; i < looking->wanted->boxes->len; i++) {
        const KjCase *wanting = kj_cases_get(looking->wanted, g_array_index(looking->wanted->box_cases, guint32, i));
        const KjBox *box = looking->wanted->boxes->pdata[i];

        looking->breach.wanted = wanting->rule;
        looking->breach.wanted_decision = wanting->decision;
        g_hash_table_remove_all(looking->departing);
        if (!within && !look_in_box(looking, i, box))
            return FALSE;
        for (guint k = 0; within && k < looking->kept->len; k++) {
            const KjBox *part = kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, looking->kept->pdata[k]);
            if (part && !look_in_box(looking, i, part))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean give_up(KjBreaches *breaches) {
    breaches->problem = g_strdup(_("a rule combines too many conditions"));
    return FALSE;
}

/* ---- met together ---- */

enum { NOBODY, REFUSED, WANTED, GIVEN };

/* The cells in which the same rules of the standard, and of the block, match. */
typedef struct {
    Looking *looking;
    KjCases *all;             /* errors, then the standard's cases, then the block's; the rule of a case is its number there */
    GArray *wanted, *given;   /* guint32: those that match in the cell in hand */
    guint32 *taken;           /* of each of `given`: the place in `wanted` of whom it meets + 1, or 0 */
    gboolean *tried;
    guint64 steps;
    gboolean ended;
} Together;

static gboolean meets(Together *together, guint wanted, guint given) {
    const Looking *looking = together->looking;

    return !departs(looking->breaches, kj_cases_decision(looking->wanted, g_array_index(together->wanted, guint32, wanted)),
                    kj_cases_decision(looking->cases, g_array_index(together->given, guint32, given)));
}

/* Finds a rule of its own for one, if need be by moving others on. Each is tried once. */
static gboolean find_own(Together *together, guint wanted) {
    for (guint i = 0; i < together->given->len; i++) {
        if (together->tried[i] || !meets(together, wanted, i))
            continue;
        together->tried[i] = TRUE;
        if (together->taken[i] && !find_own(together, together->taken[i] - 1))
            continue;
        together->taken[i] = wanted + 1;
        return TRUE;
    }
    return FALSE;
}

static gboolean is_met_by_any(Together *together, guint wanted) {
    for (guint i = 0; i < together->given->len; i++) {
        if (meets(together, wanted, i))
            return TRUE;
    }
    return FALSE;
}

static gboolean visit_unmet(Looking *looking, guint32 wanted, const KjBox *cell) {
    KjUniverse *universe = looking->breaches->universe;
    KjWalk keeper = { .universe = universe };
    const KjBox *kept = kj_walk_keep(&keeper, cell);
    gboolean on = TRUE;

    looking->breach.wanted = kj_cases_get(looking->wanted, wanted)->rule;
    looking->breach.wanted_decision = kj_cases_decision(looking->wanted, wanted);
    looking->breach.rule = NULL;
    looking->breach.decision = looking->cases->otherwise;
    looking->breach.without = looking->excused;
    for (guint i = 0; on && i < (looking->only ? looking->kept->len : 1); i++) {
        looking->breach.start = looking->only ? kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), kept,
                                                                 looking->kept->pdata[i])
                                              : kept;
        on = !looking->breach.start || looking->visit(&looking->breach, looking->data);
    }
    return on;
}

/* Those that no rule meets are found place by place; here those that all rules that would meet them leave alone, for they meet others. FALSE: ended. */
static gboolean look_in_cell(Together *together, const KjBox *cell) {
    memset(together->taken, 0, (together->given->len + 1) * sizeof *together->taken);
    for (guint i = 0; i < together->wanted->len; i++) {
        memset(together->tried, 0, (together->given->len + 1) * sizeof *together->tried);
        if (!find_own(together, i) && is_met_by_any(together, i) &&
            !visit_unmet(together->looking, g_array_index(together->wanted, guint32, i), cell))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_wanted(guint32 decision, gpointer data) {
    (void)data;
    return decision == WANTED;
}

static void walk_together(Together *together, const KjBox *box, guint32 first);

static gboolean visit_cell(const KjBox *cell, guint32 decider, gpointer data) {
    Together *together = data;
    const KjCase *one = decider == KJ_CASE_NONE ? NULL : kj_cases_get(together->all, decider);
    GArray *matched = one && one->decision == WANTED ? together->wanted : together->given;

    if (!one) {
        together->ended = !look_in_cell(together, cell);
    } else if (one->decision == WANTED || together->wanted->len > 1) { /* one alone is met by any */
        g_array_append_val(matched, one->rule);
        walk_together(together, cell, decider + 1);
        g_array_set_size(matched, matched->len - 1);
    }
    return !together->ended;
}

static void walk_together(Together *together, const KjBox *box, guint32 first) {
    KjWalk walk = { .universe = together->looking->breaches->universe, .start = box, .cases = together->all, .first = first,
                    .wanted = together->wanted->len ? NULL : is_wanted, .visit = visit_cell, .data = together, .steps = together->steps };
    guint64 given = together->steps;
    KjWalkEnd end = given ? kj_walk(&walk) : KJ_WALK_TOO_LONG;

    together->steps -= MIN(together->steps, given - MIN(given, walk.steps) + 1);
    if (end == KJ_WALK_TOO_LONG && !together->looking->breaches->problem)
        together->looking->breaches->problem = g_strdup(_("the rules overlap in too many ways to compare every request"));
    together->ended = together->ended || end == KJ_WALK_TOO_LONG;
}

static void add_cases(KjCases *all, guint32 decision, const KjCases *cases) {
    for (guint32 i = 0; i < cases->cases->len; i++) {
        const KjCase *one = kj_cases_get(cases, i);
        g_autoptr(GPtrArray) region = g_ptr_array_new();

        for (guint32 b = 0; b < one->box_count; b++)
            g_ptr_array_add(region, cases->boxes->pdata[one->first_box + b]);
        kj_cases_add(all, decision, i, region);
    }
}

static gboolean look_together(Looking *looking) {
    KjBreaches *breaches = looking->breaches;
    guint room = looking->cases->cases->len + 1;
    g_autoptr(KjCases) all = kj_cases_new(breaches->universe, NOBODY);
    g_autoptr(GPtrArray) everything = kj_region_all(kj_universe_arena(breaches->universe));
    g_autoptr(GArray) wanted = g_array_new(FALSE, FALSE, sizeof(guint32)), given = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autofree guint32 *taken = g_new(guint32, room);
    g_autofree gboolean *tried = g_new(gboolean, room);
    Together together = { looking, all, wanted, given, taken, tried, KJ_LIMIT_QUESTION_STEPS, FALSE };

    if (looking->wanted->cases->len < 2 || (looking->only && looking->only->rule))
        return TRUE;
    kj_cases_add(all, REFUSED, KJ_CASE_NONE, breaches->errors);
    add_cases(all, WANTED, looking->wanted);
    add_cases(all, GIVEN, looking->cases);
    kj_cases_seal(all);
    walk_together(&together, everything->pdata[0], 0);
    return !together.ended;
}

static gboolean look_in_aspect(Looking *looking, const char *aspect) {
    KjBreaches *breaches = looking->breaches;
    guint failed;
    g_autoptr(KjCases) wanted = kj_decisions_cases(breaches->decisions, 0, breaches->wanting->pdata[looking->breach.demand], aspect, FALSE,
                                                   &failed);
    g_autoptr(KjCases) cases = kj_decisions_cases(breaches->decisions, 0, breaches->block, aspect, FALSE, &failed);

    looking->wanted = wanted;
    looking->cases = cases;
    if (!wanted || !cases)
        return give_up(breaches);
    return look_in_cases(looking) && (breaches->block->domain->combining != KJ_COMBINING_ADD_UP || look_together(looking));
}

static gboolean look_at_demand(Looking *looking) {
    KjBreaches *breaches = looking->breaches;
    gboolean adds_up = breaches->block->domain->combining == KJ_COMBINING_ADD_UP;
    g_autoptr(GPtrArray) aspects = kj_decisions_aspects(breaches->decisions, breaches->wanting->pdata[looking->breach.demand], NULL);

    if (looking->only && !concerns(looking, looking->only))
        return TRUE;
    if (!collect_excuses(looking))
        return give_up(breaches);
    /* The first aspect is the decision, or that anything is required; the others are requirements, or obligations, which no standard asks for. */
    for (guint i = adds_up ? 1 : 0; i < (adds_up ? aspects->len : 1); i++) {
        if (!look_in_aspect(looking, aspects->pdata[i]))
            return FALSE;
    }
    return TRUE;
}

gboolean kj_breaches_each(KjBreaches *breaches, const KjException *only, KjBreachVisit visit, gpointer data) {
    g_autoptr(GPtrArray) excused = kj_region_new(), kept = kj_region_new(), without = g_ptr_array_new();
    g_autoptr(GHashTable) departing = g_hash_table_new(NULL, NULL);
    Looking looking = { .breaches = breaches, .only = only, .visit = visit, .data = data, .excused = excused, .kept = kept, .without = without,
                        .departing = departing };

    for (guint i = 0; i < breaches->demands->len; i++) {
        looking.breach.demand = i;
        if (!look_at_demand(&looking))
            return FALSE;
    }
    return TRUE;
}

KjWalkEnd kj_breaches_find(KjBreaches *breaches, const KjBreach *breach, const KjClassSet *instants, const gint64 *from,
                           KjWitness **witness) {
    const KjBox *start = instants ? kj_place_at(breaches->universe, breach->start, instants) : breach->start;

    return start ? kj_place_find(&breaches->search, start, breach->without, from, witness) : KJ_WALK_DONE;
}
