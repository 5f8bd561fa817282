/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decision: which rules match, and what they say together.
 *
 * A rule matches when its `match` is true and its `unless` is not true, so that `deny ... unless E` refuses wherever E is not shown.
 * `@from` and `@until` are part of `match`, except for a clock that is not set: a rule that refuses then stays, and every other (allow, limit,
 * hold, warn) is past. What holds again after an exception (`after`) holds from its end on, and without an instant. What the matching rules say together is the domain's combining rule and nothing else:
 *   first-match: the first in order; strictest: the effect that comes last in the domain's list, named by its first rule; add-up: all.
 * Where none matches the default holds; a block without one refuses.
 */
#include "reference.h"

static KjOutcome outcome_of(guint flags) {
    if (flags & KJ_EFFECT_REFUSES)
        return KJ_OUTCOME_REFUSE;
    if (flags & KJ_EFFECT_LIMITS)
        return KJ_OUTCOME_LIMIT;
    if (flags & KJ_EFFECT_HOLDS)
        return KJ_OUTCOME_HOLD;
    return flags & KJ_EFFECT_REQUIRES ? KJ_OUTCOME_REQUIRE : KJ_OUTCOME_PERMIT;
}

/* Whether today is within the rule's own dates. */
static gboolean in_force(KjReferenceRequest *request, const KjRule *rule) {
    gboolean refuses = (request->block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
    KjTruth from = rule->from ? kj_reference_window(request, rule->from) : KJ_TRUTH_TRUE;
    KjTruth until = rule->until ? kj_reference_window(request, rule->until) : KJ_TRUTH_TRUE;
    KjTruth both = MIN(from, until);

    if (rule->after && kj_reference_window(request, rule->after) == KJ_TRUTH_TRUE)
        return FALSE;
    return both == KJ_TRUTH_UNKNOWN ? refuses : both == KJ_TRUTH_TRUE;
}

static gboolean matches(KjReferenceRequest *request, const KjRule *rule) {
    KjTruth match = kj_reference_condition(request, rule->match);
    KjTruth unless = rule->unless ? kj_reference_condition(request, rule->unless) : KJ_TRUTH_FALSE;
    gboolean current = in_force(request, rule);

    return match == KJ_TRUTH_TRUE && unless != KJ_TRUTH_TRUE && current;
}

/* Keeps, of all rules that match, those that decide; asked rule by rule, in order. */
static void consider(KjReferenceRequest *request, const KjRule *rule, GPtrArray *matched) {
    KjCombining combining = request->block->domain->combining;
    const KjRule *first = matched->len ? matched->pdata[0] : NULL;

    if (!matches(request, rule))
        return;
    if (first && combining == KJ_COMBINING_FIRST_MATCH)
        return;
    if (first && combining == KJ_COMBINING_STRICTEST && rule->effect < first->effect)
        return;
    if (first && combining == KJ_COMBINING_STRICTEST && rule->effect > first->effect)
        g_ptr_array_set_size(matched, 0);
    g_ptr_array_add(matched, (gpointer)rule);
}

static void say_error(KjReferenceVerdict *verdict, char *problem) {
    g_ptr_array_set_size(verdict->matched, 0);
    verdict->outcome = KJ_OUTCOME_ERROR;
    verdict->effect = "deny";
    verdict->label = "error";
    verdict->problem = problem;
}

static void say_default(KjReferenceVerdict *verdict, const KjBlock *block) {
    gboolean stated = block->default_effect != G_MAXUINT;
    const KjEffectDefinition *effect = stated ? &block->domain->effects[block->default_effect] : NULL;

    verdict->outcome = effect ? outcome_of(effect->flags) : KJ_OUTCOME_REFUSE;
    verdict->effect = effect ? effect->name : "deny";
    verdict->label = "default";
}

static void say_rule(KjReferenceVerdict *verdict, const KjBlock *block, const KjRule *rule) {
    const KjEffectDefinition *effect = &block->domain->effects[rule->effect];

    verdict->outcome = outcome_of(effect->flags);
    verdict->effect = effect->name;
    verdict->rule = rule;
    verdict->label = rule->label;
}

void kj_reference_decide_all(const KjBlock *block, const KjReferenceQuestion *questions, guint count, KjReferenceVerdict *verdicts) {
    g_autofree KjReferenceRequest *requests = g_new0(KjReferenceRequest, count);

    for (guint i = 0; i < count; i++) {
        verdicts[i] = (KjReferenceVerdict){ .matched = g_ptr_array_new() };
        requests[i].has_instant = questions[i].has_instant;
        requests[i].instant = questions[i].instant;
        kj_reference_request_read(&requests[i], block, questions[i].values, questions[i].count);
    }
    for (guint r = 0; r < block->rule_count; r++) {
        for (guint i = 0; i < count; i++) {
            if (!requests[i].problem)
                consider(&requests[i], &block->rules[r], verdicts[i].matched);
        }
    }
    for (guint i = 0; i < count; i++) {
        if (requests[i].problem)
            say_error(&verdicts[i], g_steal_pointer(&requests[i].problem));
        else if (verdicts[i].matched->len == 0)
            say_default(&verdicts[i], block);
        else
            say_rule(&verdicts[i], block, verdicts[i].matched->pdata[0]);
        kj_reference_request_clear(&requests[i]);
    }
}

void kj_reference_decide(const KjBlock *block, const KjFieldText *values, guint count, gboolean has_instant, gint64 instant,
                         KjReferenceVerdict *verdict) {
    kj_reference_decide_all(block, &(KjReferenceQuestion){ values, count, has_instant, instant }, 1, verdict);
}

void kj_reference_verdict_clear(KjReferenceVerdict *verdict) {
    g_clear_pointer(&verdict->matched, g_ptr_array_unref);
    g_clear_pointer(&verdict->problem, g_free);
}
