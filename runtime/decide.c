/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decision.
 *
 * Whatever is wrong ends as KJ_OUTCOME_ERROR, which is a refusal: a value that was no value, a required field that is missing. A
 * verdict is built whole before any of it reaches the caller. No allocation, no lock, no system call; cost: the windows of the block once
 * each, a walk down the tree, and the boxes of one leaf.
 */
#include <kijun/request.h>

#include <string.h>

#include <kijun/translate.h>

KjOutcome kj_effect_outcome(const KjTable *table, const KjRecordBlock *block, guint32 effect) {
    guint32 flags = KJ_EFFECT_REFUSES;
    if (effect != KJ_NONE)
        flags = KJ_RECORDS(&table->image, EFFECTS, KjRecordEffect)[block->first_effect + effect].flags;
    if (flags & KJ_EFFECT_REFUSES)
        return KJ_OUTCOME_REFUSE;
    if (flags & KJ_EFFECT_LIMITS)
        return KJ_OUTCOME_LIMIT;
    if (flags & KJ_EFFECT_HOLDS)
        return KJ_OUTCOME_HOLD;
    return flags & KJ_EFFECT_REQUIRES ? KJ_OUTCOME_REQUIRE : KJ_OUTCOME_PERMIT;
}

static gboolean is_complete(KjRequest *request) {
    for (guint i = 0; i < request->required.count; i++) {
        guint32 field = request->required.fields[i];
        if (request->classes[field] == 0) {
            g_snprintf(request->problem, sizeof request->problem, "%s: %s", KJ_STRING(&request->table->image, request->fields[field].name),
                       N_("required, and the request does not have it"));
            return FALSE;
        }
    }
    return TRUE;
}

static KjVerdict error_verdict(const char *problem) {
    return (KjVerdict){ .outcome = KJ_OUTCOME_ERROR, .effect = "deny", .rule = KJ_RULE_ERROR, .label = "error", .problem = problem };
}

/* What an effect is called; a block that states no default refuses. */
static const char *effect_name(const KjRequest *request, guint32 effect) {
    const KjImage *image = &request->table->image;
    if (effect == KJ_NONE)
        return "deny";
    return KJ_STRING(image, KJ_RECORDS(image, EFFECTS, KjRecordEffect)[request->block->first_effect + effect].name);
}

static KjVerdict decide(KjRequest *request) {
    request->matched_count = 0;
    if (request->bad || !is_complete(request))
        return error_verdict(request->problem);
    kj_request_derive(request);
    kj_request_match(request, request->classes);
    const KjImage *image = &request->table->image;
    const KjRecordRule *rule = request->matched_count ? &KJ_RECORDS(image, RULES, KjRecordRule)[request->matched[0]] : NULL;
    guint32 effect = rule ? rule->effect : request->block->default_effect;
    return (KjVerdict){
        .outcome = kj_effect_outcome(request->table, request->block, effect),
        .effect = effect_name(request, effect),
        .rule = rule ? request->matched[0] : KJ_RULE_DEFAULT,
        .label = rule ? KJ_STRING(image, rule->label) : "default",
        .matched = request->matched_count,
    };
}

KjOutcome kj_decide(KjRequest *request, KjVerdict *verdict) {
    KjVerdict whole = request ? decide(request) : error_verdict(N_("there is no request"));
    gsize size = MIN(verdict->size, sizeof whole); /* a caller built against an older header has less room */
    whole.size = verdict->size;
    memcpy(verdict, &whole, size);
    return whole.outcome;
}

guint32 kj_request_matched_rule(const KjRequest *request, guint i) {
    return i < request->matched_count ? request->matched[i] : KJ_RULE_DEFAULT;
}
