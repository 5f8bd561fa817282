/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a standard says again where an exception has ended.
 *
 * `exception "E" to S in B when R until D` excuses the requests of R from S, and from all that S conforms to, until D. In the table nothing tells
 * excused requests from others: so that nobody forgets the end, the compiler adds rules to B that say there what S says. They are rules like any other,
 * for the reference evaluator, the table and every analysis, but nobody wrote them (`item` is NULL); they hold where
 *
 *     R is true, the instant is not shown to lie before the end of D (`after`), and the standard's rule decides in the standard.
 *
 * That is exactly what the exception does not excuse: a request without an instant never is excused. Where they stand:
 *   - a rule that refuses, or that wants the mildest effect, which must be met by exactly itself: at the head of the block;
 *   - a rule in between (limit, hold, warn) must be met by a decision at least as strict. At the head it would open what the block itself refuses, by a
 *     later rule or by its default. So it stands before each rule of the block that is milder, cut to that rule too, and at the end if the default is
 *     milder (where the strictest of all rules decides, that alone is enough).
 * Requirements add up, and all stand at the head.
 *
 * A rule of the standard speaks only where it decides in the standard: where no earlier rule, or no stricter one, does. Only differing effects need that
 * to be said.
 */
#include "check.h"

#include <string.h>

typedef struct {
    KjArena *arena;
    KjBlock *block;
    GHashTable *labels; /* those taken */
    GArray *head;       /* KjRule */
    GArray *between;    /* KjRule, strictest first: not cut yet */
} Restoring;

/* ---- conditions ---- */

static const KjCondition *of_one(KjArena *arena, KjConditionKind kind, const KjCondition *operand) {
    KjCondition *condition = kj_condition_new(arena, kind, operand->span);
    const KjCondition **operands = kj_arena_newn(arena, const KjCondition *, 1);

    operands[0] = operand;
    condition->operands = operands;
    condition->count = 1;
    return condition;
}

const KjCondition *kj_condition_not_shown(KjArena *arena, const KjCondition *condition) {
    return kj_condition_not(arena, of_one(arena, KJ_CONDITION_SHOWN, condition));
}

const KjCondition *kj_condition_both(KjArena *arena, KjConditionKind kind, const KjCondition *a, const KjCondition *b) {
    const KjCondition *both[2] = { a ? a : b, b };

    return kj_condition_join(arena, kind, both, a && b ? 2 : 1, both[0]->span);
}

const KjCondition *kj_condition_in(KjArena *arena, const KjWindow *window, KjSpan span) {
    KjCondition *condition = kj_condition_new(arena, KJ_CONDITION_DURING, span);

    condition->window = window;
    return condition;
}

/* A date of a rule, as a condition: without an instant a refusing rule is within it, and any other is not. */
static const KjCondition *within(KjArena *arena, const KjCondition *condition, const KjWindow *window, gboolean refuses) {
    const KjCondition *date;

    if (!window)
        return condition;
    date = kj_condition_in(arena, window, condition->span);
    return kj_condition_both(arena, KJ_CONDITION_AND, condition,
                             refuses ? kj_condition_not_shown(arena, kj_condition_not(arena, date)) : date);
}

const KjCondition *kj_rule_matching(KjArena *arena, const KjDomain *domain, const KjRule *rule) {
    gboolean refuses = (domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES) != 0;
    const KjCondition *condition = within(arena, within(arena, rule->match, rule->from, refuses), rule->until, refuses);

    if (rule->after)
        condition = kj_condition_both(arena, KJ_CONDITION_AND, condition,
                                      kj_condition_not_shown(arena, kj_condition_in(arena, rule->after, condition->span)));
    return rule->unless ? kj_condition_both(arena, KJ_CONDITION_AND, condition, kj_condition_not_shown(arena, rule->unless)) : condition;
}

/* ---- one rule ---- */

typedef enum { REFUSES, IN_BETWEEN, MILDEST } Strictness;

static Strictness strictness(const KjDomain *domain, guint effect) {
    if (domain->effects[effect].flags & KJ_EFFECT_REFUSES)
        return REFUSES;
    return effect == 0 ? MILDEST : IN_BETWEEN;
}

/* Appends the rule under a label of its own: "E-2026-015/long_enough". No written label has a `/`; whatever else an id may hold that a line of an answer may
 * not is replaced. */
static void put(Restoring *restoring, KjRule rule, GArray *rules) {
    g_autoptr(GString) id = g_string_new(NULL);

    for (const char *at = rule.restores->id; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(id, g_unichar_isgraph(c) && c != '/' ? c : '_');
    }
    rule.label = kj_arena_printf(restoring->arena, "%s/%s", id->str, rule.standard_rule->label);
    for (guint i = 2; g_hash_table_contains(restoring->labels, rule.label); i++)
        rule.label = kj_arena_printf(restoring->arena, "%s/%s/%u", id->str, rule.standard_rule->label, i);
    g_hash_table_add(restoring->labels, (gpointer)rule.label);
    g_array_append_val(rules, rule);
}

/* The rule's own notes, and where it comes from. */
static const KjNote *notes_for(Restoring *restoring, const KjException *exception, const KjDemand *demand, const KjRule *rule) {
    KjNote *notes = kj_arena_newn(restoring->arena, KjNote, rule->note_count + 1);

    for (guint i = 0; i < rule->note_count; i++)
        notes[i] = rule->notes[i];
    notes[rule->note_count] = (KjNote){
        "ref", kj_arena_printf(restoring->arena, "%s: %s.%s", exception->id, demand->standard->name, rule->label), "", FALSE
    };
    return notes;
}

/* Where other rules of the standard decide, and want something else. Where the strictest wins, that matters to the mildest alone. */
static const KjCondition *decided_by_others(Restoring *restoring, const KjDemand *demand, guint index) {
    const KjDomain *domain = restoring->block->domain;
    Strictness own = strictness(domain, demand->rules[index].effect);
    const KjCondition *others = NULL;

    for (guint i = 0; i < demand->rule_count; i++) {
        Strictness other = strictness(domain, demand->rules[i].effect);
        gboolean first = domain->combining == KJ_COMBINING_FIRST_MATCH && i < index && (other != own || own == IN_BETWEEN);

        if (first || (domain->combining == KJ_COMBINING_STRICTEST && own == MILDEST && other != MILDEST))
            others = kj_condition_both(restoring->arena, KJ_CONDITION_OR, others,
                                       kj_rule_matching(restoring->arena, domain, &demand->rules[i]));
    }
    return others;
}

static void restore_rule(Restoring *restoring, const KjException *exception, const KjDemand *demand, guint index) {
    KjArena *arena = restoring->arena;
    const KjDomain *domain = restoring->block->domain;
    KjRule rule = demand->rules[index];
    const KjCondition *others = decided_by_others(restoring, demand, index);

    rule.match = kj_condition_both(arena, KJ_CONDITION_AND, exception->region, rule.match);
    rule.after = exception->until;
    rule.unless = others && rule.unless ? kj_condition_both(arena, KJ_CONDITION_OR, rule.unless, others) : others ? others : rule.unless;
    rule.notes = notes_for(restoring, exception, demand, &demand->rules[index]);
    rule.note_count++;
    rule.labelled = FALSE;
    rule.item = NULL;
    rule.restores = exception;
    rule.standard = demand->standard;
    rule.standard_rule = &demand->standard->rules[index];
    rule.span = exception->span;
    if (domain->combining != KJ_COMBINING_ADD_UP && strictness(domain, rule.effect) == IN_BETWEEN)
        g_array_append_val(restoring->between, rule);
    else
        put(restoring, rule, restoring->head);
}

/* ---- strictness ---- */

static const KjParameter *parameter_of(const KjRule *rule, KjParameterKind kind) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        if (rule->parameters[i].definition->kind == kind)
            return &rule->parameters[i];
    }
    return NULL;
}

/* Whether limits of the two rules count the same things apart. */
static gboolean same_keys(const KjRule *a, const KjRule *b) {
    const KjParameter *left = parameter_of(a, KJ_PARAMETER_FIELDS), *right = parameter_of(b, KJ_PARAMETER_FIELDS);

    for (guint i = 0; left && right && i < left->field_count; i++) {
        gboolean found = FALSE;
        for (guint j = 0; j < right->field_count; j++)
            found = found || left->fields[i] == right->fields[j];
        if (!found)
            return FALSE;
    }
    return left && right ? left->field_count == right->field_count : !left && !right;
}

/* Of rates with the same key: no more in no shorter a time; of buckets: no faster and no deeper. All others are not to be compared. */
static gboolean limits_as_much(const KjRule *rule, const KjRule *wanted) {
    const KjParameter *a = parameter_of(rule, KJ_PARAMETER_RATE), *b = parameter_of(wanted, KJ_PARAMETER_RATE);
    const KjParameter *a_depth = parameter_of(rule, KJ_PARAMETER_INTEGER), *b_depth = parameter_of(wanted, KJ_PARAMETER_INTEGER);

    if (!a || !b || a->bytes != b->bytes || !a_depth != !b_depth || !same_keys(rule, wanted))
        return FALSE;
    if (!a_depth)
        return a->number <= b->number && a->window >= b->window;
    return a_depth->number <= b_depth->number && (unsigned __int128)a->number * b->window <= (unsigned __int128)b->number * a->window;
}

/* Of a rule that is wanted in between. */
static gboolean is_as_strict(const KjDomain *domain, const KjRule *rule, const KjRule *wanted) {
    if (rule->effect != wanted->effect)
        return rule->effect > wanted->effect;
    return !(domain->effects[rule->effect].flags & KJ_EFFECT_LIMITS) || limits_as_much(rule, wanted);
}

/* ---- the block ---- */

/* Before a rule of the block: those in between that it is too mild for, cut to what it decides. `last` is the default as a rule. */
static void put_between(Restoring *restoring, const KjRule *own, const KjRule *last, GArray *rules) {
    const KjDomain *domain = restoring->block->domain;

    for (guint i = 0; i < restoring->between->len; i++) {
        KjRule rule = g_array_index(restoring->between, KjRule, i);

        if (is_as_strict(domain, own, &rule) ||
            (own != last && domain->combining == KJ_COMBINING_STRICTEST && !is_as_strict(domain, last, &rule)))
            continue;
        rule.match = kj_condition_both(restoring->arena, KJ_CONDITION_AND, rule.match, kj_rule_matching(restoring->arena, domain, own));
        put(restoring, rule, rules);
    }
}

static gint compare_strictness(gconstpointer a, gconstpointer b) {
    guint left = ((const KjRule *)a)->effect, right = ((const KjRule *)b)->effect;

    return left > right ? -1 : left < right;
}

/* The block's new rules: the head, its own with those in between before them, and the end. */
static GArray *laid_out(Restoring *restoring) {
    const KjBlock *block = restoring->block;
    KjRule last = { .effect = block->default_effect };
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(KjRule));

    last.match = kj_condition_join(restoring->arena, KJ_CONDITION_AND, NULL, 0, block->span);
    g_array_sort(restoring->between, compare_strictness);
    g_array_append_vals(rules, restoring->head->data, restoring->head->len);
    for (guint i = 0; i < block->rule_count; i++) {
        put_between(restoring, &block->rules[i], &last, rules);
        g_array_append_val(rules, block->rules[i]);
    }
    if (block->default_effect != G_MAXUINT)
        put_between(restoring, &last, &last, rules);
    return rules;
}

/* Exceptions that name a rule of the block point at its new place. */
static void follow(const KjPolicy *policy, const KjBlock *block, const KjRule *rules, guint count) {
    for (KjException *exception = policy->exceptions; exception; exception = exception->next) {
        for (guint i = 0; exception->block == block && exception->rule && i < count; i++) {
            if (rules[i].item && rules[i].item == exception->rule->item) {
                exception->rule = &rules[i];
                break;
            }
        }
    }
}

static void restore_block(KjChecker *checker, KjBlock *block) {
    g_autoptr(GPtrArray) demands = kj_demands_of(checker->arena, block);
    g_autoptr(GHashTable) labels = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) head = g_array_new(FALSE, FALSE, sizeof(KjRule)), between = g_array_new(FALSE, FALSE, sizeof(KjRule)), rules = NULL;
    Restoring restoring = { checker->arena, block, labels, head, between };
    KjRule *kept;

    if (!demands) {
        kj_report(checker->diagnostics, KJ_CODE_DEMANDS, block->span, block->qualified, KJ_LIMIT_DEMANDS);
        return;
    }
    for (const KjException *exception = checker->policy->exceptions; exception; exception = exception->next) {
        for (guint i = 0; exception->block == block && exception->region && i < demands->len; i++) {
            const KjDemand *demand = demands->pdata[i];
            for (guint j = 0; kj_demand_is_within(demand, exception->standard) && j < demand->rule_count; j++)
                restore_rule(&restoring, exception, demand, j);
        }
    }
    rules = laid_out(&restoring);
    kept = kj_arena_newn(checker->arena, KjRule, rules->len + 1);
    memcpy(kept, rules->data, sizeof *kept * rules->len);
    follow(checker->policy, block, kept, rules->len);
    block->rules = kept;
    block->rule_count = rules->len;
}

static gboolean has_region_exception(const KjPolicy *policy, const KjBlock *block) {
    for (const KjException *exception = policy->exceptions; exception; exception = exception->next) {
        if (exception->block == block && exception->region)
            return TRUE;
    }
    return FALSE;
}

void kj_check_restored(KjChecker *checker) {
    if (kj_diagnostics_errors(checker->diagnostics) > 0)
        return; /* parameters may be unbound, and nobody will evaluate it */
    for (KjBlock *block = checker->policy->blocks; block; block = block->next) {
        if (has_region_exception(checker->policy, block))
            restore_block(checker, block);
    }
}
