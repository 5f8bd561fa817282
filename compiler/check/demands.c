/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the standards that a block conforms to say about it.
 *
 * A demand is a standard's list of rules about the block's own fields and with the block's parameters. A standard reached through another is bound
 * one step after the other: its rules to the standard that conforms to it, those to the next, the last to the block, because a standard may pass its own
 * parameters on. So a standard that is reached on two ways is two demands.
 *
 * Cost: the size of all standards' rules, for each way to them. Ways can double with each step, so they are counted (KJ_LIMIT_DEMANDS).
 */
#include "check.h"

/* ---- binding a rule ---- */

/* Parameters of an effect name fields too: `per forwarder`. */
static const KjParameter *bind_parameters(KjArena *arena, const KjBlock *standard, const KjBlock *block, const KjConformance *conformance,
                                          const KjRule *rule) {
    KjParameter *parameters = kj_arena_newn(arena, KjParameter, rule->parameter_count + 1);

    for (guint i = 0; i < rule->parameter_count; i++) {
        guint *fields = kj_arena_newn(arena, guint, rule->parameters[i].field_count + 1);

        parameters[i] = rule->parameters[i];
        for (guint j = 0; j < parameters[i].field_count; j++) {
            const KjCondition about = { .kind = KJ_CONDITION_PRESENT, .field = parameters[i].fields[j], .span = KJ_SPAN_NONE };
            fields[j] = kj_condition_bind(arena, standard, block, conformance, &about)->field;
        }
        parameters[i].fields = fields;
    }
    return parameters;
}

static const KjRule *bind_rules(KjArena *arena, const KjBlock *standard, const KjBlock *block, const KjConformance *conformance,
                                const KjRule *rules, guint count) {
    KjRule *bound = kj_arena_newn(arena, KjRule, count + 1);

    for (guint i = 0; i < count; i++) {
        bound[i] = rules[i];
        bound[i].match = kj_condition_bind(arena, standard, block, conformance, rules[i].match);
        bound[i].unless = kj_condition_bind(arena, standard, block, conformance, rules[i].unless);
        bound[i].parameters = bind_parameters(arena, standard, block, conformance, &rules[i]);
    }
    return bound;
}

/* ---- all demands of a block ---- */

typedef struct {
    KjArena *arena;
    GPtrArray *demands; /* KjDemand */
} Collecting;

/* The demands on `block`, about its fields: each standard before those it conforms to. FALSE at the limit. */
static gboolean collect(Collecting *collecting, const KjBlock *block) {
    for (guint i = 0; i < block->conformance_count; i++) {
        const KjConformance *conformance = &block->conformances[i];
        const KjBlock *standard = conformance->standard;
        guint first = collecting->demands->len;
        KjDemand *own = kj_arena_new0(collecting->arena, KjDemand);

        *own = (KjDemand){ .standard = standard, .rules = standard->rules, .rule_count = standard->rule_count };
        g_ptr_array_add(collecting->demands, own);
        if (!collect(collecting, standard) || collecting->demands->len > KJ_LIMIT_DEMANDS)
            return FALSE;
        for (guint j = first; j < collecting->demands->len; j++) {
            KjDemand *demand = collecting->demands->pdata[j];

            demand->rules = bind_rules(collecting->arena, standard, block, conformance, demand->rules, demand->rule_count);
            demand->conformance = conformance;
            if (demand != own && !demand->through)
                demand->through = own;
        }
    }
    return TRUE;
}

GPtrArray *kj_demands_of(KjArena *arena, const KjBlock *block) {
    Collecting collecting = { arena, g_ptr_array_new() };

    if (!collect(&collecting, block))
        g_clear_pointer(&collecting.demands, g_ptr_array_unref);
    return collecting.demands;
}

/* ---- asking ---- */

static gboolean has_parameters(const KjCondition *condition) {
    if (condition->kind == KJ_CONDITION_AND || condition->kind == KJ_CONDITION_OR || condition->kind == KJ_CONDITION_NOT) {
        for (guint i = 0; i < condition->count; i++) {
            if (has_parameters(condition->operands[i]))
                return TRUE;
        }
    }
    return condition->kind == KJ_CONDITION_TEST && kj_set_has_parameter(condition->set);
}

gboolean kj_rule_has_parameters(const KjRule *rule) {
    return has_parameters(rule->match) || (rule->unless && has_parameters(rule->unless));
}

gboolean kj_demand_is_within(const KjDemand *demand, const KjBlock *standard) {
    while (demand && demand->standard != standard)
        demand = demand->through;
    return demand != NULL;
}
