/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings about rules: every block is brought into the algebra once, and each part (empty.c, reach.c, redundant.c, order.c) looks at it. See findings.h.
 *
 * A standard has no decisions of its own, so only what can never match is told of it, and of its rules only those without parameters: what a
 * parameter stands for is known where a block conforms.
 *
 * Cost: for each rule a few points, each a question to the index of cases; walks for what they do not settle. 10,000 rules take some tenths of a second.
 */
#include "findings.h"

#include "../limits.h"
#include "../translate.h"

/* ---- one block ---- */

static gboolean set_has_parameter(const KjSet *set) {
    if (set->kind == KJ_SET_PARAMETER)
        return TRUE;
    if (set->kind != KJ_SET_UNION && set->kind != KJ_SET_MINUS && set->kind != KJ_SET_COMPLEMENT)
        return FALSE;
    for (guint i = 0; i < set->count; i++) {
        if (set_has_parameter(set->members[i]))
            return TRUE;
    }
    return FALSE;
}

static gboolean has_parameter(const KjCondition *condition) {
    if (!condition)
        return FALSE;
    if (condition->kind == KJ_CONDITION_TEST)
        return set_has_parameter(condition->set);
    for (guint i = 0; condition->operands && i < MAX(condition->count, 1); i++) {
        if (has_parameter(condition->operands[i]))
            return TRUE;
    }
    return FALSE;
}

/* Of a standard only the rules that are known as they stand. */
static const KjBlock *without_parameters(KjFindings *findings, const KjBlock *block) {
    KjArena *arena = kj_universe_arena(findings->universe);
    KjBlock *cut = kj_arena_new0(arena, KjBlock);
    KjRule *rules = kj_arena_newn(arena, KjRule, block->rule_count);

    *cut = *block;
    cut->rules = rules;
    cut->rule_count = 0;
    for (guint i = 0; i < block->rule_count; i++) {
        if (!has_parameter(block->rules[i].match) && !has_parameter(block->rules[i].unless))
            rules[cut->rule_count++] = block->rules[i];
    }
    return cut;
}

/* Members and comparisons, which are tied to the fields they read. */
static gboolean has_ties(const KjUniverse *universe) {
    for (guint i = 0; i < kj_universe_instant(universe); i++) {
        KjFieldKind kind = kj_universe_field(universe, i)->kind;

        if (kind == KJ_FIELD_KIND_COMPARE || kind == KJ_FIELD_KIND_MEMBER)
            return TRUE;
    }
    return FALSE;
}

/* The cases of an aspect, and where each rule stands among them. FALSE when a rule is too large. */
static gboolean make_cases(KjFindings *findings, guint aspect, guint *failed) {
    KjCases *cases = kj_decisions_cases(findings->decisions, 0, findings->block, findings->aspects->pdata[aspect], TRUE, failed);

    if (!cases)
        return FALSE;
    findings->cases[aspect] = cases;
    findings->places[aspect] = g_new(guint32, findings->block->rule_count + 1);
    for (guint i = 0; i < findings->block->rule_count; i++)
        findings->places[aspect][i] = KJ_CASE_NONE;
    for (guint32 i = 0; i < cases->cases->len; i++) {
        if (kj_cases_get(cases, i)->rule != KJ_CASE_NONE)
            findings->places[aspect][kj_cases_get(cases, i)->rule] = i;
    }
    return TRUE;
}

KjFindings *kj_findings_new(const KjPolicy *policy, const KjAnalysis *analysis, const KjBlock *block, KjReplay *replay,
                            KjDiagnostics *diagnostics, char **problem) {
    g_autoptr(KjFindings) findings = g_new0(KjFindings, 1);
    const char *trouble;
    guint failed;

    findings->policy = policy;
    findings->analysis = analysis;
    findings->diagnostics = diagnostics;
    findings->replay = replay;
    findings->universe = kj_universe_new(&block, 1);
    findings->block = block->standard ? without_parameters(findings, block) : block;
    for (guint i = 0; i < findings->block->rule_count; i++)
        kj_universe_add_rule(findings->universe, 0, &findings->block->rules[i]);
    if (!kj_universe_seal(findings->universe, &trouble)) {
        *problem = g_strdup(trouble);
        return NULL;
    }
    findings->decisions = kj_decisions_new(findings->universe, block->domain);
    findings->aspects = kj_decisions_aspects(findings->decisions, findings->block, NULL);
    findings->cases = g_new0(KjCases *, findings->aspects->len);
    findings->places = g_new0(guint32 *, findings->aspects->len);
    if (!make_cases(findings, 0, &failed)) {
        *problem = g_strdup_printf(_("`%s` has more than %u boxes"), findings->block->rules[failed].label, KJ_LIMIT_RULE_BOXES);
        return NULL;
    }
    findings->tied = has_ties(findings->universe);
    findings->dead = g_new0(guint8, findings->block->rule_count + 1);
    findings->explained = g_new0(guint8, findings->block->rule_count + 1);
    findings->steps = KJ_LIMIT_FINDING_STEPS;
    return g_steal_pointer(&findings);
}

void kj_findings_free(KjFindings *findings) {
    if (!findings)
        return;
    for (guint i = 0; findings->cases && i < findings->aspects->len; i++) {
        kj_cases_free(findings->cases[i]);
        g_free(findings->places[i]);
    }
    g_free(findings->cases);
    g_free(findings->places);
    g_free(findings->dead);
    g_free(findings->explained);
    g_clear_pointer(&findings->aspects, g_ptr_array_unref);
    kj_decisions_free(findings->decisions);
    kj_universe_free(findings->universe);
    g_free(findings);
}

/* ---- questions ---- */

const KjCases *kj_findings_cases(KjFindings *findings, guint aspect) {
    guint failed;
    gboolean made = findings->cases[aspect] || make_cases(findings, aspect, &failed);

    g_assert(made); /* every rule has a region: the first aspect was made */
    return findings->cases[aspect];
}

guint32 kj_findings_place(KjFindings *findings, guint aspect, guint rule) {
    kj_findings_cases(findings, aspect);
    return findings->places[aspect][rule];
}

const KjBox *kj_findings_box(const KjCases *cases, guint32 place, guint index) {
    return cases->boxes->pdata[kj_cases_get(cases, place)->first_box + index];
}

gboolean kj_findings_is_written(const KjRule *rule) {
    return rule->item != NULL;
}

/* The next of a fixed sequence (Marsaglia's xorshift): every run tries the same points. */
static guint32 next_number(guint32 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static guint32 class_of_set(const KjClassSet *set, guint32 *state) {
    guint64 count = 0, at;

    for (guint32 i = 0; i < set->count; i++)
        count += (guint64)set->intervals[i].high - set->intervals[i].low + 1;
    at = next_number(state) % MAX(count, 1);
    for (guint32 i = 0;; i++) {
        guint64 width = (guint64)set->intervals[i].high - set->intervals[i].low + 1;

        if (at < width)
            return set->intervals[i].low + (guint32)at;
        at -= width;
    }
}

static gboolean is_feasible(const KjFindings *findings, const guint32 *point) {
    guint dimension = kj_universe_dimension(findings->universe);
    KjBox *box = g_alloca(sizeof(KjBox) + dimension * sizeof(KjBoxTest));

    box->count = dimension;
    for (guint i = 0; i < dimension; i++)
        box->tests[i] = (KjBoxTest){ i, kj_class_sets_range(kj_universe_sets(findings->universe), point[i], point[i]) };
    return kj_universe_feasible(findings->universe, box);
}

gboolean kj_findings_point(const KjFindings *findings, const KjBox *box, guint32 *state, guint32 *point) {
    guint dimension = kj_universe_dimension(findings->universe);

    for (guint i = 0, t = 0; i < dimension; i++) {
        if (t < box->count && box->tests[t].field == i)
            point[i] = class_of_set(box->tests[t++].set, state);
        else
            point[i] = next_number(state) % kj_universe_class_count(findings->universe, i);
    }
    return !findings->tied || is_feasible(findings, point);
}

KjWalkEnd kj_findings_find(KjFindings *findings, KjWalk *walk, const KjRule *rule, const KjBox **found, guint32 *decider) {
    guint64 most = MIN(findings->steps, KJ_LIMIT_QUESTION_STEPS);
    KjWalkEnd end = KJ_WALK_TOO_LONG;

    walk->universe = findings->universe;
    walk->steps = most;
    if (most)
        end = kj_walk_find(walk, found, decider);
    findings->steps -= most - walk->steps;
    if (end == KJ_WALK_TOO_LONG && findings->open++ == 0)
        findings->open_rule = rule;
    return end;
}

GPtrArray *kj_findings_before(KjFindings *findings, guint aspect, guint32 place, const KjBox *box, const guint8 *left_out) {
    const KjCases *cases = kj_findings_cases(findings, aspect);
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    GPtrArray *boxes = g_ptr_array_new();

    kj_cases_meeting(cases, box, place, numbers);
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i);
        guint32 rule = kj_cases_get(cases, g_array_index(cases->box_cases, guint32, number))->rule;

        if (!left_out || rule == KJ_CASE_NONE || !left_out[rule])
            g_ptr_array_add(boxes, cases->boxes->pdata[number]);
    }
    return boxes;
}

gboolean kj_findings_try(KjFindings *findings, const KjWitness *witness, const KjRule *rule, char **command) {
    *command = witness ? kj_replay_command(findings->analysis->path, findings->block, witness) : NULL;
    if (!witness || kj_replay_decides(findings->replay, findings->block, rule, witness))
        return TRUE;
    kj_report(findings->diagnostics, KJ_CODE_ANALYSIS_WRONG, findings->block->span, *command);
    return FALSE;
}

/* ---- all blocks ---- */

typedef struct {
    const KjPolicy *policy;
    const KjAnalysis *analysis;
    KjDiagnostics *diagnostics;
    KjReplay replay;
    GHashTable *empty; /* sets and windows told */
    guint ordered;
} Run;

static void look_at(Run *run, const KjBlock *block) {
    KjDiagnostics *diagnostics = run->diagnostics;
    g_autofree char *problem = NULL;
    g_autoptr(KjFindings) findings = kj_findings_new(run->policy, run->analysis, block, &run->replay, diagnostics, &problem);

    if (!findings) {
        kj_report(diagnostics, KJ_CODE_FINDINGS_NONE, block->span, block->qualified, problem);
        return;
    }
    findings->ordered = &run->ordered;
    kj_find_empty_sets(findings, run->empty);
    kj_find_dead(findings);
    if (!block->standard) {
        kj_find_redundant(findings);
        kj_find_order(findings);
    }
    if (findings->open)
        kj_report(diagnostics, KJ_CODE_FINDINGS_OPEN, findings->open_rule->span, findings->open, block->qualified,
                  findings->open_rule->label);
}

void kj_find_in_rules(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    g_autoptr(GHashTable) empty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Run run = { policy, analysis, diagnostics, { policy, analysis->table ? kj_table_ref(analysis->table) : NULL, NULL }, empty, 0 };

    for (const KjBlock *block = policy->blocks; block; block = block->next)
        look_at(&run, block);
    for (const KjBlock *block = policy->standards; block; block = block->next)
        look_at(&run, block);
    kj_replay_clear(&run.replay);
}
