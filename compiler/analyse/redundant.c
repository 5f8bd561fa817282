/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that requests reach, and that change nothing: without them every decision, obligations included, would be the same.
 *
 * Each of two such rules may be the reason why the other changes nothing. So they are looked at one after another, the last first, and one that was found
 * counts as gone for those before it: all that are told may be deleted together. Dead rules count as gone too. Where the first match decides a rule that
 * is gone only gives others more to decide, so one round finds all; elsewhere rounds go on until one finds none.
 *
 * Never told: a limit, whose counter is its own; a rule with a message of its own, which people would miss; and, where rules add up, any that matches
 * a request: it asks for one more, though another asks for the same.
 *
 * Where a rule decides the same, the author wrote something twice, which is a warning. Where the default does, the rule may be there to be read or
 * to keep a later rule from opening something: that is a note.
 */
#include "findings.h"

#include "../progress.h"
#include "../translate.h"

#include <string.h>

#define TRIES 8u        /* points at random: most rules of most tables change something at the first */
#define SOME_RIVALS 32u /* of rules that decide otherwise, whose requests are tried next; then everything is walked */
#define DECIDERS_TOLD 3u
#define DECIDERS_STEPS (1u << 20) /* to find who decides instead; what is not found then is not told */

typedef struct {
    KjFindings *findings;
    guint8 *gone;     /* of each rule */
    guint32 decision; /* that of the rule in hand, in the aspect in hand */
    guint32 random;   /* state of the points at random */
} Looking;

/* ---- does it change anything ---- */

/* Whether at a point at random of the box, which is part of the rule, it decides, and something else would be decided without it. */
static gboolean differs_at_random(Looking *looking, guint aspect, guint32 place, const KjBox *box) {
    const KjCases *cases = kj_findings_cases(looking->findings, aspect);
    guint32 *point = g_newa(guint32, kj_universe_dimension(looking->findings->universe));

    return box && kj_findings_point(looking->findings, box, &looking->random, point) &&
           kj_cases_from(cases, point, 0, looking->gone) == place &&
           kj_cases_decision(cases, kj_cases_from(cases, point, place + 1, looking->gone)) != looking->decision;
}

/* Points of the rule itself, and points it shares with a few of those behind it that decide otherwise. */
static gboolean differs_at_points(Looking *looking, guint aspect, guint32 place, const KjBox *box) {
    KjUniverse *universe = looking->findings->universe;
    const KjCases *cases = kj_findings_cases(looking->findings, aspect);
    g_autoptr(GArray) some = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < TRIES; i++) {
        if (differs_at_random(looking, aspect, place, box))
            return TRUE;
    }
    kj_cases_meeting_some(cases, box, place + 1, KJ_CASE_NONE, SOME_RIVALS, some);
    for (guint i = 0; i < some->len; i++) {
        guint32 number = g_array_index(some, guint32, i);

        if (kj_cases_decision(cases, g_array_index(cases->box_cases, guint32, number)) != looking->decision &&
            differs_at_random(looking, aspect, place,
                              kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, cases->boxes->pdata[number])))
            return TRUE;
    }
    return FALSE;
}

/* Whether `start`, a part of the rule, has a point that no case before `before` takes, the rule itself apart. */
static gboolean is_left(Looking *looking, guint aspect, guint rule, const KjBox *start, guint32 before) {
    g_autoptr(GPtrArray) without = NULL;
    KjWalk walk = { .start = start };
    KjWalkEnd end;

    looking->gone[rule] = TRUE;
    without = kj_findings_before(looking->findings, aspect, before, start, looking->gone);
    walk.without = without;
    looking->gone[rule] = FALSE;
    end = kj_findings_find(looking->findings, &walk, &looking->findings->block->rules[rule], NULL, NULL);
    return end != KJ_WALK_DONE;
}

/* Whether a later case, or the default, that decides something else decides some of the box without the rule. */
static gboolean differs_in(Looking *looking, guint aspect, guint rule, const KjBox *box) {
    KjUniverse *universe = looking->findings->universe;
    const KjCases *cases = kj_findings_cases(looking->findings, aspect);
    guint32 place = kj_findings_place(looking->findings, aspect, rule);
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    kj_cases_meeting_some(cases, box, place + 1, KJ_CASE_NONE, G_MAXUINT, numbers);
    for (guint i = 0; i < numbers->len; i++) {
        guint32 by = g_array_index(cases->box_cases, guint32, g_array_index(numbers, guint32, i));
        const KjBox *other = cases->boxes->pdata[g_array_index(numbers, guint32, i)];
        const KjCase *later = kj_cases_get(cases, by);

        if (later->rule != KJ_CASE_NONE && looking->gone[later->rule])
            continue;
        if (later->decision != looking->decision &&
            is_left(looking, aspect, rule, kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, other), by))
            return TRUE;
        if (kj_box_contains(other, box))
            return FALSE;
    }
    return cases->otherwise != looking->decision && is_left(looking, aspect, rule, box, KJ_CASE_NONE);
}

static gboolean changes(Looking *looking, guint aspect, guint rule) {
    KjFindings *findings = looking->findings;
    const KjCases *cases = kj_findings_cases(findings, aspect);
    guint32 place = kj_findings_place(findings, aspect, rule);

    if (place == KJ_CASE_NONE)
        return FALSE;
    looking->decision = kj_cases_get(cases, place)->decision;
    for (guint i = 0; i < kj_cases_get(cases, place)->box_count; i++) {
        if (differs_at_points(looking, aspect, place, kj_findings_box(cases, place, i)))
            return TRUE;
    }
    for (guint i = 0; i < kj_cases_get(cases, place)->box_count; i++) {
        if (differs_in(looking, aspect, rule, kj_findings_box(cases, place, i)))
            return TRUE;
    }
    return FALSE;
}

static gboolean has_message(const KjRule *rule) {
    for (guint i = 0; i < rule->note_count; i++) {
        if (strcmp(rule->notes[i].name, "message") == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean is_redundant(Looking *looking, guint rule) {
    const KjFindings *findings = looking->findings;
    const KjRule *asked = &findings->block->rules[rule];

    if (findings->dead[rule] || !kj_findings_is_written(asked) || has_message(asked) ||
        (findings->block->domain->effects[asked->effect].flags & KJ_EFFECT_LIMITS))
        return FALSE;
    for (guint i = 0; i < findings->aspects->len; i++) {
        if (changes(looking, i, rule))
            return FALSE;
    }
    return TRUE;
}

/* ---- who decides instead ---- */

typedef struct {
    const KjCases *cases;
    GHashTable *rules; /* numbers, KJ_CASE_NONE for the default */
} Deciders;

static gboolean take_decider(const KjBox *cell, guint32 decider, gpointer data) {
    Deciders *deciders = data;

    (void)cell;
    if (decider == KJ_CASE_NONE)
        g_hash_table_add(deciders->rules, GUINT_TO_POINTER(KJ_CASE_NONE));
    else if (kj_cases_get(deciders->cases, decider)->rule != KJ_CASE_NONE) /* an error is nobody's */
        g_hash_table_add(deciders->rules, GUINT_TO_POINTER(kj_cases_get(deciders->cases, decider)->rule));
    return TRUE;
}

static int compare_numbers(gconstpointer a, gconstpointer b) {
    guint left = GPOINTER_TO_UINT(*(gpointer const *)a), right = GPOINTER_TO_UINT(*(gpointer const *)b);

    return left < right ? -1 : left > right;
}

static void find_deciders_in(Looking *looking, guint aspect, guint rule, GHashTable *rules) {
    KjFindings *findings = looking->findings;
    const KjCases *cases = kj_findings_cases(findings, aspect);
    guint32 place = kj_findings_place(findings, aspect, rule);
    Deciders deciders = { cases, rules };

    for (guint i = 0; place != KJ_CASE_NONE && i < kj_cases_get(cases, place)->box_count; i++) {
        const KjBox *box = kj_findings_box(cases, place, i);
        g_autoptr(GPtrArray) without = kj_findings_before(findings, aspect, place, box, NULL);
        KjWalk walk = { .universe = findings->universe, .start = box, .without = without, .cases = cases, .data = &deciders };

        walk.first = place + 1;
        walk.left_out = looking->gone;
        walk.visit = take_decider;
        walk.steps = DECIDERS_STEPS;
        kj_walk(&walk);
    }
}

/* The rules, rising, that decide where this one does, in any aspect; the default last. Free with g_ptr_array_unref. */
static GPtrArray *find_deciders(Looking *looking, guint rule) {
    const KjFindings *findings = looking->findings;
    g_autoptr(GHashTable) rules = g_hash_table_new(NULL, NULL);
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer number;

    for (guint i = 0; i < findings->aspects->len; i++)
        find_deciders_in(looking, i, rule, rules);
    g_hash_table_iter_init(&iter, rules);
    while (g_hash_table_iter_next(&iter, &number, NULL))
        g_ptr_array_add(list, number);
    g_ptr_array_sort(list, compare_numbers);
    return list;
}

/* ---- telling ---- */

static void tell(Looking *looking, guint rule) {
    const KjBlock *block = looking->findings->block;
    g_autoptr(GPtrArray) deciders = find_deciders(looking, rule);
    gboolean by_default = deciders->len && GPOINTER_TO_UINT(deciders->pdata[deciders->len - 1]) == KJ_CASE_NONE;
    const KjRule *told = &block->rules[rule];
    KjDiagnostic *diagnostic =
        kj_report(looking->findings->diagnostics, by_default ? KJ_CODE_RULE_LIKE_DEFAULT : KJ_CODE_RULE_REDUNDANT, told->span, told->label);

    for (guint i = 0; i < MIN(deciders->len, DECIDERS_TOLD); i++) {
        guint number = GPOINTER_TO_UINT(deciders->pdata[i]);
        g_autofree char *message = NULL;

        if (number == KJ_CASE_NONE)
            continue;
        message = g_strdup_printf(_("`%s` decides the same"), block->rules[number].label);
        kj_report_related(diagnostic, block->rules[number].span, message);
    }
    kj_report_help(diagnostic, by_default ? _("keep it if it says something to a reader, or guards against rules to come")
                                          : _("delete it: nothing changes"));
}

void kj_find_redundant(KjFindings *findings) {
    static const char work[] = N_("looking for rules that change nothing");
    guint count = findings->block->rule_count, told = 0, untold = 0, first_untold = 0;
    g_autofree guint8 *gone = g_memdup2(findings->dead, count + 1);
    gboolean more;
    Looking looking = { findings, gone, 0, 2463534242u };

    if (findings->block->domain->combining == KJ_COMBINING_ADD_UP)
        return;
    do {
        more = FALSE;
        for (guint i = count; i > 0; i--) {
            kj_progress(work, findings->block->qualified, count - i, count);
            if (!gone[i - 1] && is_redundant(&looking, i - 1))
                gone[i - 1] = more = TRUE;
        }
        kj_progress(work, findings->block->qualified, count, count);
    } while (more && findings->block->domain->combining != KJ_COMBINING_FIRST_MATCH);
    for (guint i = 0; i < count; i++) {
        if (!gone[i] || findings->dead[i])
            continue;
        if (told++ < KJ_FINDINGS_TOLD)
            tell(&looking, i);
        else if (untold++ == 0)
            first_untold = i;
    }
    if (untold)
        kj_report(findings->diagnostics, KJ_CODE_RULES_REDUNDANT_MORE, findings->block->rules[first_untold].span, untold);
}
