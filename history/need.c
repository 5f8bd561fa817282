/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From two texts of a workspace to seats that must be filled.
 *
 * The change is computed once for the whole workspace (analyse/change.c). A guard belongs to its block; one of the whole workspace (a standard) weakens every unit that
 * changed.
 */
#include "need.h"

#include <string.h>

#include "../compiler/translate.h"

#define REST "*"
#define REST_DOMAIN "workspace"
#define GOVERNANCE "governance"

typedef struct {
    const KjSide *base, *result;
    const KjAsked *asked;
    const KjPolicy *governance;
    KjNeeds *needs;
} Judging;

/* ---- what the unit is ---- */

static const char *const tiers[] = { "procedure", "standard", "basic" }; /* lowest first */

static guint tier_rank(const char *tier) {
    for (guint i = 0; i < G_N_ELEMENTS(tiers); i++)
        if (strcmp(tiers[i], tier) == 0)
            return i;
    return 0;
}

static const char *higher_tier(const char *a, const char *b) {
    return tier_rank(a) >= tier_rank(b) ? a : b;
}

static gboolean has_part(const KjUnit *unit, const KjUnitPart *part) {
    for (guint i = 0; unit && i < unit->parts->len; i++) {
        const KjUnitPart *other = unit->parts->pdata[i];
        if (strcmp(other->path, part->path) == 0)
            return other->mode == part->mode && g_bytes_equal(other->bytes, part->bytes);
    }
    return FALSE;
}

/* The highest tier of the modules whose pieces in the rest are not the other side's. */
static const char *tier_of_rest(const KjSide *side, const KjUnit *rest, const KjUnit *other) {
    const char *tier = tiers[0];
    for (guint i = 0; rest && i < rest->parts->len; i++) {
        const char *path = ((const KjUnitPart *)rest->parts->pdata[i])->path;
        if (has_part(other, rest->parts->pdata[i]))
            continue;
        for (guint m = 0; m < side->compilation->policy->module_count; m++) {
            const KjPolicyModule *module = &side->compilation->policy->modules[m];
            if (strcmp(kj_sources_file(side->compilation->sources, module->span.file)->path, path) == 0)
                tier = higher_tier(tier, module->tier);
        }
    }
    return tier;
}

/* The greatest value of an ordered field that a condition speaks of, as its ordinal + 1; 0: of none. */
static guint64 greatest_in(const KjCondition *condition, guint field) {
    guint64 greatest = 0;
    for (guint i = 0; condition->operands && i < condition->count; i++)
        greatest = MAX(greatest, greatest_in(condition->operands[i], field));
    if (condition->kind == KJ_CONDITION_TEST && condition->field == field && condition->set->kind == KJ_SET_INTERVALS)
        for (guint i = 0; i < condition->set->count; i++)
            greatest = MAX(greatest, condition->set->intervals[i].high.low + 1);
    return greatest;
}

static gboolean is_class(const KjDataType *type) {
    const char *dot = type->name ? strrchr(type->name, '.') : NULL;
    return type->ordered && type->name && strcmp(dot ? dot + 1 : type->name, "class") == 0;
}

/* The highest class of information that a rule of the block speaks of; a rule that speaks of none may be about all, so such a block is of the highest
 * there is. NULL: it has no field of the type `class`. */
static const char *class_of(const KjBlock *block) {
    const char *class = NULL;
    guint64 greatest = 0;
    for (guint f = 0; block && f < block->field_count; f++) {
        const KjDataType *type = &block->fields[f].type;
        if (!is_class(type))
            continue;
        for (guint r = 0; r < block->rule_count; r++) {
            guint64 said = greatest_in(block->rules[r].match, f);
            greatest = MAX(greatest, said ? said : type->symbol_count);
        }
        if (greatest > 0 && greatest <= type->symbol_count)
            class = type->symbols[type->symbol_count - greatest];
    }
    return class;
}

/* Of two classes of one type the first in its order is the higher. */
static const char *higher_class(const KjBlock *a, const KjBlock *b) {
    const char *one = class_of(a), *other = class_of(b);
    if (!one || !other)
        return one ? one : other;
    for (guint f = 0; f < b->field_count; f++) {
        const KjDataType *type = &b->fields[f].type;
        for (guint i = 0; is_class(type) && i < type->symbol_count; i++)
            if (strcmp(type->symbols[i], one) == 0 || strcmp(type->symbols[i], other) == 0)
                return type->symbols[i];
    }
    return one;
}

/* ---- what the change does to it ---- */

static const KjBlockChange *find_change(const KjChange *change, const KjNeed *need) {
    const KjBlock *old_block = need->base ? need->base->block : NULL, *new_block = need->result ? need->result->block : NULL;
    for (guint i = 0; i < change->blocks->len; i++) {
        const KjBlockChange *one = change->blocks->pdata[i];
        if (one->old_block == old_block && one->new_block == new_block)
            return one;
    }
    return NULL;
}

static gboolean workspace_weakens(const KjChange *change) {
    for (guint i = 0; i < change->guards->len; i++) {
        const KjGuard *guard = change->guards->pdata[i];
        if (guard->weakens && !guard->block)
            return TRUE;
    }
    return FALSE;
}

/* A value bound to a parameter of a standard is as grave as the standard: the tier of every standard whose parameter the change binds otherwise. */
static const char *tier_of_parameters(const Judging *judging, const KjNeed *need) {
    const char *tier = tiers[0];
    const KjBlock *blocks[] = { need->base ? need->base->block : NULL, need->result ? need->result->block : NULL };
    for (guint i = 0; i < judging->needs->change->guards->len; i++) {
        const KjGuard *guard = judging->needs->change->guards->pdata[i];
        if (guard->kind != KJ_GUARD_PARAMETER || !guard->block || strcmp(guard->block, need->change->name) != 0)
            continue;
        for (guint side = 0; side < G_N_ELEMENTS(blocks); side++)
            for (guint c = 0; blocks[side] && c < blocks[side]->conformance_count; c++)
                tier = higher_tier(tier, blocks[side]->conformances[c].standard->tier);
    }
    return tier;
}

static void describe(const Judging *judging, KjNeed *need) {
    const KjBlock *old_block = need->base ? need->base->block : NULL, *new_block = need->result ? need->result->block : NULL;
    const KjBlock *one = new_block ? new_block : old_block;
    need->weakens = workspace_weakens(judging->needs->change);
    if (!one) {
        need->module = REST;
        need->domain = REST_DOMAIN;
        need->tier = higher_tier(tier_of_rest(judging->base, need->base, need->result),
                                 tier_of_rest(judging->result, need->result, need->base));
        need->verdict = KJ_CHANGE_EDITORIAL;
        return;
    }
    need->change = find_change(judging->needs->change, need);
    need->module = one->module;
    need->domain = one->domain->name;
    need->tier = higher_tier(old_block ? old_block->tier : tiers[0], new_block ? new_block->tier : tiers[0]);
    need->class = higher_class(old_block, new_block);
    need->tier = higher_tier(need->tier, tier_of_parameters(judging, need));
    need->weakens |= need->change->weakens;
    need->verdict = need->change->verdict == KJ_CHANGE_EQUAL ? KJ_CHANGE_EDITORIAL
                                                             : need->change->verdict; /* its text differs, if only around it */
    /* Who is asked for more may have been asked for nothing before, and then nobody could agree to anything: whatever changes who must agree gives something to somebody. */
    if (strcmp(need->domain, GOVERNANCE) == 0 && need->verdict == KJ_CHANGE_NARROWS)
        need->verdict = KJ_CHANGE_MIXED;
}

/* ---- what that asks for ---- */

static const char *truth(gboolean value) {
    return value ? "true" : "false";
}

static const KjParameter *parameter_of(const KjRule *rule, const char *name) {
    for (guint i = 0; i < rule->parameter_count; i++)
        if (strcmp(rule->parameters[i].definition->name, name) == 0)
            return &rule->parameters[i];
    return NULL;
}

static const char *const *people_of(const Judging *judging, const KjSet *set) {
    g_autoptr(GPtrArray) names = set ? kj_set_names(set) : g_ptr_array_new();
    const char **people = kj_arena_newn(judging->needs->arena, const char *, names->len + 1);
    for (guint i = 0; i < names->len; i++)
        people[i] = names->pdata[i];
    return people;
}

static void add_requirement(const Judging *judging, KjNeed *need, const KjRule *rule, gboolean ratify) {
    const KjParameter *count = parameter_of(rule, "count"), *from = parameter_of(rule, "from"), *within = parameter_of(rule, "within");
    KjRequirement requirement = { rule->label, from->text, (guint)MIN(count->number, G_MAXUINT), people_of(judging, from->members) };
    g_array_append_val(ratify ? need->ratifications : need->requirements, requirement);
    if (ratify && within)
        need->ratify_within = need->ratify_within ? MIN(need->ratify_within, within->number) : within->number;
}

static void ask_block(const Judging *judging, KjNeed *need, const KjBlock *governance) {
    gboolean widens = need->verdict == KJ_CHANGE_WIDENS || need->verdict == KJ_CHANGE_MIXED;
    gboolean narrows = need->verdict == KJ_CHANGE_NARROWS || need->verdict == KJ_CHANGE_MIXED;
    KjFieldText values[12] = {
        { "module", need->module },           { "domain", need->domain },          { "tier", need->tier },
        { "verdict", kj_change_verdict_name(need->verdict) }, { "widens", truth(widens) }, { "narrows", truth(narrows) },
        { "weakens", truth(need->weakens) },  { "editorial", truth(need->verdict == KJ_CHANGE_EDITORIAL && !need->weakens) },
        { "emergency", truth(judging->asked->emergency) },
    };
    guint count = 9;
    const char *result = kj_unit_digest(need->result);
    const char *author = judging->asked->author_of ? judging->asked->author_of(judging->asked->data, need->name, result) : NULL;
    if (author)
        values[count++] = (KjFieldText){ "author", author };
    if (need->class && strcmp(need->class, "") != 0)
        values[count++] = (KjFieldText){ "class", need->class };
    KjReferenceVerdict verdict = { 0 };
    kj_reference_decide(governance, values, count, TRUE, judging->asked->instant, &verdict);
    if (verdict.outcome == KJ_OUTCOME_ERROR)
        need->refused = kj_arena_strdup(judging->needs->arena, verdict.problem);
    for (guint i = 0; i < verdict.matched->len; i++) {
        const KjRule *rule = verdict.matched->pdata[i];
        add_requirement(judging, need, rule, strcmp(governance->domain->effects[rule->effect].name, "ratify") == 0);
    }
    kj_reference_verdict_clear(&verdict);
}

static void add_approvers(const Judging *judging, KjNeed *need, const KjException *exception) {
    const KjSet *people = kj_policy_people(judging->governance, exception->approved_by);
    if (!people)
        people = kj_policy_people(judging->result->compilation->policy, exception->approved_by);
    KjRequirement requirement = { exception->id, exception->approved_by, 1, people_of(judging, people) };
    g_array_append_val(need->requirements, requirement);
}

/* `approved by` of the exceptions that this change introduces, extends or widens. The group is the one at the base, if it was there. */
static void ask_exceptions(const Judging *judging, KjNeed *need) {
    const KjChange *change = judging->needs->change;
    for (const KjException *exception = judging->result->compilation->policy->exceptions; exception && need->result;
         exception = exception->next) {
        if (exception->block != need->result->block || !exception->approved_by)
            continue;
        for (guint i = 0; i < change->guards->len; i++) {
            const KjGuard *guard = change->guards->pdata[i];
            if (guard->kind == KJ_GUARD_EXCEPTION && guard->weakens && strcmp(guard->name, exception->id) == 0)
                add_approvers(judging, need, exception);
        }
    }
}

static void ask(const Judging *judging, KjNeed *need) {
    for (const KjBlock *block = judging->governance->blocks; block; block = block->next)
        if (strcmp(block->domain->name, GOVERNANCE) == 0)
            ask_block(judging, need, block);
    if (!need->refused && need->requirements->len == 0)
        need->refused = _("no rule of the governance in force speaks of such a change, so nobody can approve it");
    ask_exceptions(judging, need);
}

/* ---- all units ---- */

static void add_need(const Judging *judging, const KjUnit *base, const KjUnit *result) {
    if (base && result && strcmp(base->digest, result->digest) == 0)
        return;
    KjNeed *need = kj_arena_new0(judging->needs->arena, KjNeed);
    *need = (KjNeed){ .name = (result ? result : base)->name, .base = base, .result = result };
    need->requirements = g_array_new(FALSE, FALSE, sizeof(KjRequirement));
    need->ratifications = g_array_new(FALSE, FALSE, sizeof(KjRequirement));
    describe(judging, need);
    ask(judging, need);
    g_ptr_array_add(judging->needs->needs, need);
}

static const KjPolicy *policy_of(const KjSide *side, const KjPolicy *nothing) {
    return side->compilation ? side->compilation->policy : nothing;
}

KjNeeds *kj_needs_new(const KjSide *base, const KjSide *result, const KjAsked *asked) {
    static const KjPolicy nothing;
    KjNeeds *needs = g_new0(KjNeeds, 1);
    Judging judging = { base, result, asked, asked->governance ? asked->governance : policy_of(base, &nothing), needs };
    const KjChangeOptions options = { .now = asked->instant, .most = 1 };
    needs->arena = kj_arena_new();
    needs->needs = g_ptr_array_new();
    needs->change = kj_change_new(policy_of(base, &nothing), policy_of(result, &nothing), &options);
    const KjUnit *const *a = base->units ? (const KjUnit *const *)base->units->pdata : NULL, *const *b = (const KjUnit *const *)result->units->pdata;
    guint a_count = base->units ? base->units->len : 0, b_count = result->units->len;
    for (guint i = 0, j = 0; i < a_count || j < b_count;) { /* both are sorted by name */
        int order = i == a_count ? 1 : j == b_count ? -1 : strcmp(a[i]->name, b[j]->name);
        add_need(&judging, order <= 0 ? a[i] : NULL, order >= 0 ? b[j] : NULL);
        i += order <= 0;
        j += order >= 0;
    }
    return needs;
}

void kj_needs_free(KjNeeds *needs) {
    if (!needs)
        return;
    for (guint i = 0; i < needs->needs->len; i++) {
        KjNeed *need = needs->needs->pdata[i];
        g_array_unref(need->requirements);
        g_array_unref(need->ratifications);
    }
    g_ptr_array_unref(needs->needs);
    kj_change_free(needs->change);
    kj_arena_free(needs->arena);
    g_free(needs);
}

const KjNeed *kj_needs_find(const KjNeeds *needs, const char *unit) {
    for (guint i = 0; i < needs->needs->len; i++)
        if (strcmp(((const KjNeed *)needs->needs->pdata[i])->name, unit) == 0)
            return needs->needs->pdata[i];
    return NULL;
}

gboolean kj_need_is_wording(const KjNeed *need) { /* what is equal is editorial here: its text differs */
    return !need->weakens && (need->verdict == KJ_CHANGE_EDITORIAL || need->verdict == KJ_CHANGE_RESTATED);
}
