/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `prove`: every request of a region gets one of the effects named.
 *
 * The block becomes cases in the order in which its rules name a decision (the first that matches; where the strictest wins, the first of the strictest;
 * where requirements add up, the first of all), the region becomes boxes, and each place where a case with another effect decides is looked into (place.h).
 * Requests that are an error of the block are not requests of it: whatever a proof expects, they are refused. The first place for which a request can be
 * made up refutes the proof; one without (compared fields are opaque) leaves it undecided, and so does a search that had to be given up.
 */
#include "analyse.h"

#include "../limits.h"
#include "../translate.h"
#include "place.h"

typedef struct {
    const KjProofCase *proof;
    const KjAnalysis *analysis;
    KjUniverse *universe;
    KjCases *cases;
    KjProof *result;
    KjSearch search;
    gboolean found, too_long; /* a place that is not empty, or of which nothing is known */
} Proving;

void kj_proof_clear(KjProof *proof) {
    g_clear_pointer(&proof->witness, kj_witness_free);
    g_clear_pointer(&proof->reason, g_free);
}

/* ---- the block as cases ---- */

static gint compare_places(gconstpointer a, gconstpointer b, gpointer data) {
    const KjBlock *block = data;
    guint left = *(const guint *)a, right = *(const guint *)b, left_effect = block->rules[left].effect,
          right_effect = block->rules[right].effect;

    if (block->domain->combining == KJ_COMBINING_STRICTEST && left_effect != right_effect)
        return left_effect > right_effect ? -1 : 1;
    return left < right ? -1 : left > right;
}

static KjCases *cases_of(KjUniverse *universe, const KjBlock *block) {
    g_autoptr(KjCases) cases = kj_cases_new(universe, block->default_effect);
    g_autofree guint *places = g_new(guint, block->rule_count + 1);

    for (guint i = 0; i < block->rule_count; i++)
        places[i] = i;
    g_qsort_with_data(places, (gint)block->rule_count, sizeof *places, compare_places, (gpointer)block);
    for (guint i = 0; i < block->rule_count; i++) {
        g_autoptr(GPtrArray) region = kj_universe_lower_rule(universe, 0, &block->rules[places[i]]);

        if (!region)
            return NULL;
        kj_cases_add(cases, block->rules[places[i]].effect, places[i], region);
    }
    kj_cases_seal(cases);
    return g_steal_pointer(&cases);
}

/* ---- looking ---- */

static gboolean is_wanted(const KjProofCase *proof, guint32 effect) {
    for (guint i = 0; i < proof->effect_count; i++) {
        if (proof->effects[i] == effect)
            return TRUE;
    }
    return FALSE;
}

/* What a case (KJ_CASE_NONE: the default) decides of a box. FALSE when a request was found, and all is settled. */
static gboolean look_in_place(Proving *proving, const KjBox *start, guint32 number, guint box) {
    KjProof *result = proving->result;
    g_autoptr(GPtrArray) without = kj_universe_errors(proving->universe, 0);
    KjWalkEnd end;

    kj_place_leave_earlier(proving->cases, start, number, without);
    if (number != KJ_CASE_NONE)
        kj_place_leave_same(proving->cases, number, box, without);
    end = kj_place_find(&proving->search, start, without, &proving->analysis->at, &result->witness);
    proving->found |= end == KJ_WALK_STOPPED;
    proving->too_long |= end == KJ_WALK_TOO_LONG;
    if (result->witness && number != KJ_CASE_NONE)
        result->rule = &proving->proof->block->rules[kj_cases_get(proving->cases, number)->rule];
    return !result->witness;
}

static gboolean look_in_box(Proving *proving, const KjBox *box) {
    KjUniverse *universe = proving->universe;
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    kj_cases_meeting(proving->cases, box, KJ_CASE_NONE, numbers);
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i), decider = g_array_index(proving->cases->box_cases, guint32, number);
        const KjBox *both;

        if (is_wanted(proving->proof, kj_cases_decision(proving->cases, decider)))
            continue;
        both = kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, proving->cases->boxes->pdata[number]);
        if (both && !look_in_place(proving, both, decider, number))
            return FALSE;
    }
    return is_wanted(proving->proof, proving->cases->otherwise) || look_in_place(proving, box, KJ_CASE_NONE, 0);
}

static void leave_undecided(KjProof *result, const char *reason) {
    result->holds = FALSE;
    result->undecided = TRUE;
    result->rule = NULL;
    result->reason = g_strdup_printf(_("not proved: %s"), reason);
}

static void conclude(Proving *proving) {
    KjProof *result = proving->result;
    const KjBlock *block = proving->proof->block;
    guint effect = result->rule ? result->rule->effect : block->default_effect;
    const char *name = kj_block_effect_name(block, effect);

    result->holds = !proving->found && !proving->too_long;
    if (result->witness && result->rule)
        result->reason = g_strdup_printf(_("the rule `%s` answers `%s`"), result->rule->label, name);
    else if (result->witness)
        result->reason = g_strdup_printf(_("the default of `%s` answers `%s`"), block->qualified, name);
    else if (proving->too_long)
        leave_undecided(result, _("the question is too large"));
    else if (proving->found)
        leave_undecided(result, _("some requests may be answered otherwise, but none can be made up that shows it"));
}

void kj_prove_case(const KjProofCase *proof, const KjAnalysis *analysis, KjProof *result) {
    g_autoptr(KjUniverse) universe = kj_universe_new(&proof->block, 1);
    g_autoptr(KjCases) cases = NULL;
    g_autoptr(GPtrArray) region = NULL;
    Proving proving = { proof, analysis, universe, NULL, result, { universe, proof->block->zone, KJ_LIMIT_FINDING_STEPS }, FALSE, FALSE };
    const char *problem = NULL;

    *result = (KjProof){ 0 };
    for (guint i = 0; i < proof->block->rule_count; i++)
        kj_universe_add_rule(universe, 0, &proof->block->rules[i]);
    kj_universe_add_condition(universe, 0, proof->region);
    if (kj_universe_seal(universe, &problem)) {
        proving.cases = cases = cases_of(universe, proof->block);
        region = kj_universe_lower(universe, 0, proof->region, KJ_TRUE);
    }
    if (!cases || !region) {
        leave_undecided(result, problem ? problem : _("the question is too large"));
        return;
    }
    for (guint i = 0; i < region->len && !result->witness; i++)
        look_in_box(&proving, region->pdata[i]);
    conclude(&proving);
}
