/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where order decides between different effects.
 *
 * Of two rules that both match some request and want different effects the first decides. Where the first is an exception, wholly inside of the second,
 * nobody is misled: the other way round it would be dead, and told. Where each has requests of its own, either order makes sense, and only the author
 * knows which one was meant: a rule with such rules before it is told, with their number, three of them and a request. All others are
 * counted. Nothing need be wrong, so these are notes. Only where the first match decides there is an order at all.
 *
 * A pair counts where the first really decides a request of the second, not where rules before both have taken all they share.
 */
#include "findings.h"

#include "../translate.h"

#define SOME_RIVALS 32u
#define PAIRS_TOLD 3u
#define PAIRS_MOST (1u << 20) /* looked at in one block for crossing; then rules are only counted */
#define PAIRS_OF_RULE 1000u   /* counted for one rule */

typedef struct {
    KjFindings *findings;
    const KjCases *cases;
    guint effect;     /* of the rule in hand */
    guint32 random;   /* state of the points at random */
    guint pairs;      /* looked at so far */
    guint untold, first_untold;
} Looking;

static guint effect_of(const Looking *looking, guint32 decision) {
    const KjDecision *decided = kj_decisions_get(looking->findings->decisions, decision);

    return decided->error ? looking->effect : decided->effect; /* an error is nobody's order */
}

static gboolean is_other_effect(guint32 decision, gpointer data) {
    const Looking *looking = data;

    return effect_of(looking, decision) != looking->effect;
}

/* ---- is there any before it ---- */

/* The boxes of other effects before the rule that reach into one of its own, or some of them. Element type guint32; free with g_array_unref. */
static GArray *find_rivals(Looking *looking, guint32 place, const KjBox *box, gboolean all) {
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint kept = 0;

    if (all)
        kj_cases_meeting(looking->cases, box, place, numbers);
    else
        kj_cases_meeting_some(looking->cases, box, 0, place, SOME_RIVALS, numbers);
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i), by = g_array_index(looking->cases->box_cases, guint32, number);

        if (is_other_effect(kj_cases_decision(looking->cases, by), looking))
            g_array_index(numbers, guint32, kept++) = number;
    }
    g_array_set_size(numbers, kept);
    return numbers;
}

static const KjBox *shared(Looking *looking, const KjBox *own, guint32 rival) {
    KjUniverse *universe = looking->findings->universe;

    return kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), own, looking->cases->boxes->pdata[rival]);
}

/* A request of both that the rival decides, or NULL. */
static const KjBox *find_decided(Looking *looking, const KjBox *own, guint32 rival) {
    guint32 place = g_array_index(looking->cases->box_cases, guint32, rival);
    const KjBox *both = shared(looking, own, rival), *found = NULL;
    g_autoptr(GPtrArray) without = both ? kj_findings_before(looking->findings, 0, place, both, NULL) : NULL;
    KjWalk walk = { .start = both, .without = without };

    if (both)
        kj_findings_find(looking->findings, &walk, &looking->findings->block->rules[kj_cases_get(looking->cases, place)->rule], &found,
                         NULL);
    return found;
}

/* Whether a point at random of the box is decided before the rule, and otherwise. */
static gboolean is_overruled_at_random(Looking *looking, guint32 place, const KjBox *box) {
    guint32 *point = g_newa(guint32, kj_universe_dimension(looking->findings->universe)), decider;

    if (!box || !kj_findings_point(looking->findings, box, &looking->random, point))
        return FALSE;
    decider = kj_cases_at(looking->cases, point);
    return decider < place && is_other_effect(kj_cases_decision(looking->cases, decider), looking);
}

/* Points shared with a few of its rivals show it nearly always, before all of them need be gathered. */
static gboolean is_overruled_in(Looking *looking, guint32 place, const KjBox *own) {
    g_autoptr(GArray) some = find_rivals(looking, place, own, FALSE), all = NULL;

    for (guint i = 0; i < MIN(2 * some->len, KJ_FINDINGS_TRIES); i++) {
        if (is_overruled_at_random(looking, place, shared(looking, own, g_array_index(some, guint32, i % some->len))))
            return TRUE;
    }
    all = find_rivals(looking, place, own, TRUE);
    for (guint i = 0; i < all->len; i++) {
        if (find_decided(looking, own, g_array_index(all, guint32, i)))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_overruled(Looking *looking, guint32 place) {
    for (guint i = 0; i < kj_cases_get(looking->cases, place)->box_count; i++) {
        if (is_overruled_in(looking, place, kj_findings_box(looking->cases, place, i)))
            return TRUE;
    }
    return FALSE;
}

/* ---- which of them cross it ---- */

static void append_boxes(const KjCases *cases, const KjCase *of, GPtrArray *boxes) {
    for (guint i = 0; i < of->box_count; i++)
        g_ptr_array_add(boxes, cases->boxes->pdata[of->first_box + i]);
}

/* Whether all requests of one rule are the other's. One box in one box is seen at a glance. */
static gboolean is_inside(Looking *looking, guint32 inner, guint32 outer) {
    const KjCase *in = kj_cases_get(looking->cases, inner), *out = kj_cases_get(looking->cases, outer);
    g_autoptr(GPtrArray) without = NULL;

    if (in->box_count == 1 && out->box_count == 1 &&
        kj_box_contains(kj_findings_box(looking->cases, outer, 0), kj_findings_box(looking->cases, inner, 0)))
        return TRUE;
    without = g_ptr_array_new();
    append_boxes(looking->cases, out, without);
    append_boxes(looking->cases, kj_cases_get(looking->cases, 0), without); /* what is an error is no request of the rule */
    for (guint i = 0; i < in->box_count; i++) {
        KjWalk walk = { .start = kj_findings_box(looking->cases, inner, i), .without = without };

        if (kj_findings_find(looking->findings, &walk, &looking->findings->block->rules[in->rule], NULL, NULL) != KJ_WALK_DONE)
            return FALSE;
    }
    return TRUE;
}

typedef struct {
    GArray *rules;       /* guint32, those that cross */
    gboolean more;       /* there may be more of them */
    const KjBox *shared; /* what the first of them decides */
} Crossing;

static gboolean counts(const Crossing *crossing, guint32 rule) {
    for (guint i = 0; i < crossing->rules->len; i++) {
        if (g_array_index(crossing->rules, guint32, i) == rule)
            return TRUE;
    }
    return FALSE;
}

static void find_crossing_in(Looking *looking, guint32 place, const KjBox *own, Crossing *crossing) {
    g_autoptr(GArray) rivals = find_rivals(looking, place, own, TRUE);

    for (guint i = 0; i < rivals->len; i++) {
        guint32 number = g_array_index(rivals, guint32, i), by = g_array_index(looking->cases->box_cases, guint32, number);
        guint32 rule = kj_cases_get(looking->cases, by)->rule;
        const KjBox *found;

        if (looking->pairs >= PAIRS_MOST || crossing->rules->len == PAIRS_OF_RULE) {
            crossing->more = TRUE;
            return;
        }
        looking->pairs++;
        if (looking->findings->dead[rule] || counts(crossing, rule) || is_inside(looking, by, place))
            continue;
        found = find_decided(looking, own, number);
        if (found) {
            crossing->shared = crossing->shared ? crossing->shared : found;
            g_array_append_val(crossing->rules, rule);
        }
    }
}

/* ---- telling ---- */

static void tell(Looking *looking, const KjRule *rule, const Crossing *crossing) {
    KjFindings *findings = looking->findings;
    g_autofree char *number = g_strdup_printf(crossing->more ? _("%u or more") : "%u", crossing->rules->len), *command = NULL;
    g_autoptr(KjWitness) witness = kj_witness_new(findings->universe, crossing->shared, findings->analysis->at, findings->block->zone);
    const KjRule *rules = findings->block->rules;
    KjDiagnostic *diagnostic;

    if (!kj_findings_try(findings, witness, &rules[g_array_index(crossing->rules, guint32, 0)], &command))
        return;
    diagnostic = kj_report(findings->diagnostics, KJ_CODE_ORDER_DECIDES, rule->span, rule->label, number);
    for (guint i = 0; i < MIN(crossing->rules->len, PAIRS_TOLD); i++) {
        const KjRule *other = &rules[g_array_index(crossing->rules, guint32, i)];
        g_autofree char *message = g_strdup_printf(_("`%s` comes first"), other->label);

        kj_report_related(diagnostic, other->span, message);
    }
    if (command)
        kj_report_help(diagnostic, _("nothing need be changed if this order is meant; an example: %s"), command);
}

static void look_at(Looking *looking, guint32 place) {
    const KjCase *own = kj_cases_get(looking->cases, place);
    const KjRule *rule = &looking->findings->block->rules[own->rule];
    Crossing crossing = { NULL, FALSE, NULL };

    looking->effect = rule->effect;
    if (looking->findings->dead[own->rule] || !kj_findings_is_written(rule) || !is_overruled(looking, place))
        return;
    crossing.rules = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (guint i = 0; i < own->box_count && *looking->findings->ordered < KJ_FINDINGS_TOLD; i++)
        find_crossing_in(looking, place, kj_findings_box(looking->cases, place, i), &crossing);
    if (crossing.rules->len) {
        tell(looking, rule, &crossing);
        ++*looking->findings->ordered;
    } else if (looking->untold++ == 0) {
        looking->first_untold = own->rule;
    }
    g_array_unref(crossing.rules);
}

void kj_find_order(KjFindings *findings) {
    Looking looking = { .findings = findings, .cases = kj_findings_cases(findings, 0), .random = 2463534242u };

    if (findings->block->domain->combining != KJ_COMBINING_FIRST_MATCH)
        return;
    for (guint32 i = 0; i < looking.cases->cases->len; i++) {
        if (kj_cases_get(looking.cases, i)->rule != KJ_CASE_NONE)
            look_at(&looking, i);
    }
    if (looking.untold)
        kj_report(findings->diagnostics, KJ_CODE_ORDER_DECIDES_MORE, findings->block->rules[looking.first_untold].span, looking.untold);
}
