/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standards against each other.
 *
 * A refusal can always be met, and so can "at least as strict": refuse. So two standards contradict each other only where one wants the mildest effect,
 * which must be met by exactly itself, and the other anything else. That is looked for between all standards that one block conforms to, with the block's
 * parameters, and between a standard and those it conforms to, where no parameter is left open.
 *
 * Cost: for each box of a rule that wants the mildest effect, and each box of another standard that meets it, one search. Such rules are rare.
 */
#include "analyse.h"

#include "../limits.h"
#include "../translate.h"
#include "breaches.h"
#include "replay.h"

/* A standard's rules, as said about the block in hand. */
typedef struct {
    const KjBlock *standard, *wanting;
    KjCases *cases;
} Side;

typedef struct {
    const KjBlock *block; /* or a standard */
    KjUniverse *universe;
    KjDecisions *decisions;
    KjRegion *errors;
    GHashTable *told; /* pairs of rules */
    KjDiagnostics *diagnostics;
    KjSearch search;
} Search;

static const KjRule *written_rule(const Side *side, guint32 index) {
    return &side->standard->rules[index];
}

static KjSpan conformance_span(const KjBlock *block, const KjBlock *standard) {
    for (guint i = 0; i < block->conformance_count; i++) {
        if (block->conformances[i].standard == standard)
            return block->conformances[i].span;
    }
    return block->conformance_count ? block->conformances[0].span : block->span;
}

static void report(Search *search, const Side *exact, guint32 exact_rule, const Side *other, guint32 other_rule, const KjWitness *witness) {
    const KjRule *a = written_rule(exact, exact_rule), *b = written_rule(other, other_rule);
    g_autofree char *arguments = kj_witness_arguments(witness), *example = NULL;
    KjDiagnostic *diagnostic;

    if (!kj_replay_refers(exact->wanting, &exact->wanting->rules[exact_rule], witness)
        || !kj_replay_refers(other->wanting, &other->wanting->rules[other_rule], witness)) {
        kj_report(search->diagnostics, KJ_CODE_ANALYSIS_WRONG, search->block->span, arguments);
        return;
    }
    if (!g_hash_table_add(search->told, g_strdup_printf("%p %p", (const void *)a, (const void *)b)))
        return;
    diagnostic = kj_report(search->diagnostics, KJ_CODE_STANDARDS_CONTRADICT, conformance_span(search->block, other->standard), a->label,
                           exact->standard->name, b->label, other->standard->name);
    example = g_strdup_printf(_("for example: %s"), arguments);
    kj_report_related(diagnostic, a->span, _("this wants exactly its effect"));
    kj_report_related(diagnostic, b->span, _("this wants another for the same request"));
    kj_report_related(diagnostic, KJ_SPAN_NONE, example);
    kj_report_help(diagnostic, _("narrow one of the two, or conform to one of the standards only"));
}

/* A request of both boxes for which both decide. What is not found is no contradiction for anybody: each block is proved against both. */
static KjWitness *common(Search *search, const Side *exact, guint a, const Side *other, guint b) {
    const gint64 any = 0;
    const KjBox *both = kj_box_intersect(kj_universe_arena(search->universe), kj_universe_sets(search->universe),
                                         exact->cases->boxes->pdata[a], other->cases->boxes->pdata[b]);
    g_autoptr(GPtrArray) without = g_ptr_array_new();
    KjWitness *witness = NULL;

    if (!both)
        return NULL;
    kj_region_add(without, search->errors);
    kj_place_leave_earlier(exact->cases, both, g_array_index(exact->cases->box_cases, guint32, a), without);
    kj_place_leave_earlier(other->cases, both, g_array_index(other->cases->box_cases, guint32, b), without);
    kj_place_find(&search->search, both, without, &any, &witness);
    return witness;
}

static void compare(Search *search, const Side *exact, const Side *other) {
    for (guint a = 0; a < exact->cases->boxes->len; a++) {
        const KjCase *mild = kj_cases_get(exact->cases, g_array_index(exact->cases->box_cases, guint32, a));

        for (guint b = 0; kj_decisions_get(search->decisions, mild->decision)->effect == 0 && b < other->cases->boxes->len; b++) {
            const KjCase *strict = kj_cases_get(other->cases, g_array_index(other->cases->box_cases, guint32, b));
            g_autoptr(KjWitness) witness = NULL;

            if (kj_decisions_get(search->decisions, strict->decision)->effect != 0)
                witness = common(search, exact, a, other, b);
            if (witness)
                report(search, exact, mild->rule, other, strict->rule, witness);
        }
    }
}

static void side_clear(gpointer data) {
    kj_cases_free(((Side *)data)->cases);
}

/* Compares all sides with one another. */
static void compare_all(Search *search, GArray *sides) {
    const char *problem;
    guint failed;

    for (guint i = 0; i < sides->len; i++) {
        const KjBlock *wanting = g_array_index(sides, Side, i).wanting;
        for (guint r = 0; r < wanting->rule_count; r++)
            kj_universe_add_rule(search->universe, 0, &wanting->rules[r]);
    }
    if (!kj_universe_seal(search->universe, &problem))
        return; /* the proof of the block tells */
    search->errors = kj_universe_errors(search->universe, 0);
    search->decisions = kj_decisions_new(search->universe, search->block->domain);
    for (guint i = 0; i < sides->len; i++) {
        Side *side = &g_array_index(sides, Side, i);
        side->cases = kj_decisions_cases(search->decisions, 0, side->wanting, NULL, FALSE, &failed);
    }
    for (guint i = 0; i < sides->len; i++) {
        for (guint j = 0; j < sides->len; j++) {
            const Side *exact = &g_array_index(sides, Side, i), *other = &g_array_index(sides, Side, j);
            if (i != j && exact->cases && other->cases)
                compare(search, exact, other);
        }
    }
    kj_decisions_free(search->decisions);
    g_ptr_array_unref(search->errors);
}

static gboolean has_parameters(const KjBlock *wanting) {
    for (guint i = 0; i < wanting->rule_count; i++) {
        if (kj_rule_has_parameters(&wanting->rules[i]))
            return TRUE;
    }
    return FALSE;
}

static void add_side(KjArena *arena, const KjBlock *block, const KjBlock *standard, const KjRule *rules, guint count, GArray *sides) {
    Side side = { standard, kj_breaches_wanting(arena, block, rules, count), NULL };

    if (!has_parameters(side.wanting))
        g_array_append_val(sides, side);
}

static gboolean wants_mildest(const KjBlock *block) {
    for (guint i = 0; i < block->rule_count; i++) {
        if (block->rules[i].effect == 0)
            return TRUE;
    }
    return FALSE;
}

static void search_block(const KjBlock *block, GHashTable *told, KjDiagnostics *diagnostics) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(GPtrArray) demands = kj_demands_of(arena, block);
    g_autoptr(GArray) sides = g_array_new(FALSE, FALSE, sizeof(Side));
    Search search = { .block = block, .told = told, .diagnostics = diagnostics };
    gboolean mild = FALSE;

    g_array_set_clear_func(sides, side_clear);
    if (!demands || block->domain->combining == KJ_COMBINING_ADD_UP)
        return;
    if (block->standard)
        add_side(arena, block, block, block->rules, block->rule_count, sides);
    for (guint i = 0; i < demands->len; i++) {
        const KjDemand *demand = demands->pdata[i];
        add_side(arena, block, demand->standard, demand->rules, demand->rule_count, sides);
    }
    for (guint i = 0; i < sides->len; i++)
        mild = mild || wants_mildest(g_array_index(sides, Side, i).wanting);
    if (!mild || sides->len < 2)
        return;
    search.universe = kj_universe_new(&block, 1);
    search.search = (KjSearch){ search.universe, block->zone, KJ_LIMIT_FINDING_STEPS };
    compare_all(&search, sides);
    g_array_set_size(sides, 0);
    kj_universe_free(search.universe);
}

void kj_find_contradictions(const KjPolicy *policy, KjDiagnostics *diagnostics) {
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (const KjBlock *standard = policy->standards; standard; standard = standard->next) {
        if (standard->conformance_count)
            search_block(standard, told, diagnostics);
    }
    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        if (block->conformance_count)
            search_block(block, told, diagnostics);
    }
}
