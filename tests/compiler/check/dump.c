/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checked tree as text: one line for each thing, conditions as S-expressions, sets spelled out. It prints everything that evaluation or
 * analysis reads, so that a golden file that does not change means a tree that does not change.
 */
#include "dump.h"

#include <kijun/value.h>

#include "../../../compiler/sentence.h"

static void dump_set(const KjDataType *type, const KjSet *set, GString *out) {
    static const char *const words[] = { [KJ_SET_UNION] = "union", [KJ_SET_MINUS] = "minus", [KJ_SET_COMPLEMENT] = "not" };
    static const char *const relations[] = { "", "==", "!=", "<", "<=", ">", ">=" };

    if (set->name && set->kind != KJ_SET_PARAMETER)
        g_string_append_printf(out, "%s=", set->name);
    if (set->kind == KJ_SET_INTERVALS) {
        g_string_append_c(out, '{');
        for (guint i = 0; i < set->count; i++) {
            g_string_append(out, i ? " " : "");
            kj_value_print_interval(type->kind, set->intervals[i], out);
        }
        g_string_append_c(out, '}');
    } else if (set->kind == KJ_SET_PATTERNS) {
        g_string_append_c(out, '{');
        for (guint i = 0; i < set->count; i++) {
            g_string_append_printf(out, "%s\"%s\":", i ? " " : "", set->patterns[i]->text);
            for (guint j = 0; j < set->patterns[i]->count; j++) {
                const KjToken *token = &set->patterns[i]->tokens[j];
                g_string_append_printf(out, "[%s]",
                                       token->kind == KJ_TOKEN_LITERAL ? token->text
                                       : token->kind == KJ_TOKEN_ONE   ? "?"
                                                                       : "*");
            }
        }
        g_string_append_c(out, '}');
    } else if (set->kind == KJ_SET_PARAMETER) {
        g_string_append_printf(out, "%s$%s", relations[set->relation], set->name);
    } else {
        g_string_append_printf(out, "(%s", words[set->kind]);
        for (guint i = 0; i < set->count; i++) {
            g_string_append_c(out, ' ');
            dump_set(type, set->members[i], out);
        }
        g_string_append_c(out, ')');
    }
}

static void dump_window(const KjWindow *window, GString *out) {
    const KjWindowAtom *atom = &window->atom;

    if (window->name)
        g_string_append_printf(out, "%s=", window->name);
    if (window->kind != KJ_WINDOW_ATOM) {
        g_string_append(out, window->kind == KJ_WINDOW_UNION ? "(or " : "(minus ");
        dump_window(window->left, out);
        g_string_append_c(out, ' ');
        dump_window(window->right, out);
        g_string_append_c(out, ')');
        return;
    }
    g_string_append_printf(out, "[%s %02x %02u:%02u-%02u:%02u ", atom->zone, atom->weekdays, atom->first_minute / 60,
                           atom->first_minute % 60, atom->last_minute / 60, atom->last_minute % 60);
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(atom->first_day), out);
    g_string_append_c(out, '-');
    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(atom->last_day), out);
    g_string_append_c(out, ']');
}

static void dump_condition(const KjBlock *block, const KjCondition *condition, GString *out) {
    static const char *const words[] = { [KJ_CONDITION_TRUE] = "true",       [KJ_CONDITION_FALSE] = "false",     [KJ_CONDITION_AND] = "and",
                                         [KJ_CONDITION_OR] = "or",           [KJ_CONDITION_NOT] = "not",         [KJ_CONDITION_TEST] = "in",
                                         [KJ_CONDITION_MISSING] = "missing", [KJ_CONDITION_PRESENT] = "present", [KJ_CONDITION_HAS] = "has",
                                         [KJ_CONDITION_COMPARE] = "compare", [KJ_CONDITION_DURING] = "during" };

    g_string_append_printf(out, "(%s", words[condition->kind]);
    if (condition->kind >= KJ_CONDITION_TEST && condition->kind <= KJ_CONDITION_COMPARE)
        g_string_append_printf(out, " %s", block->fields[condition->field].name);
    if (condition->kind >= KJ_CONDITION_AND && condition->kind <= KJ_CONDITION_NOT) {
        for (guint i = 0; i < condition->count; i++) {
            g_string_append_c(out, ' ');
            dump_condition(block, condition->operands[i], out);
        }
    }
    for (guint i = 0; condition->kind == KJ_CONDITION_HAS && i < condition->count; i++)
        g_string_append_printf(out, " \"%s\"", condition->members[i]);
    if (condition->kind == KJ_CONDITION_COMPARE)
        g_string_append_printf(out, " %u %s", condition->relation, block->fields[condition->other].name);
    if (condition->set) {
        g_string_append_c(out, ' ');
        dump_set(&block->fields[condition->field].type, condition->set, out);
    }
    if (condition->window) {
        g_string_append_c(out, ' ');
        dump_window(condition->window, out);
    }
    g_string_append_c(out, ')');
}

static void dump_notes(const KjNote *notes, guint count, GString *out) {
    for (guint i = 0; i < count; i++)
        g_string_append_printf(out, " @%s(%s%s%s)%s", notes[i].name, notes[i].language, notes[i].language[0] ? " " : "", notes[i].value,
                               notes[i].obligation ? "!" : "");
}

static void dump_rule(KjArena *arena, const KjBlock *block, const KjRule *rule, GString *out) {
    g_string_append_printf(out, "  %s: %s%s", rule->label, block->domain->effects[rule->effect].name,
                           rule->requirement ? " (require)" : "");
    dump_notes(rule->notes, rule->note_count, out);
    for (guint i = 0; i < rule->parameter_count; i++) {
        const KjParameter *p = &rule->parameters[i];
        g_string_append_printf(out, " %s=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "%s%s", p->definition->name, p->number, p->window,
                               p->bytes ? "B" : "", p->text);
        for (guint j = 0; j < p->field_count; j++)
            g_string_append_printf(out, ",%s", block->fields[p->fields[j]].name);
    }
    g_string_append(out, "\n    match ");
    dump_condition(block, rule->match, out);
    if (rule->unless) {
        g_string_append(out, "\n    unless ");
        dump_condition(block, rule->unless, out);
    }
    if (rule->after) {
        g_string_append(out, " after ");
        dump_window(rule->after, out);
    }
    if (rule->from) {
        g_string_append(out, "\n    from ");
        dump_window(rule->from, out);
    }
    if (rule->until) {
        g_string_append(out, "\n    until ");
        dump_window(rule->until, out);
    }
    g_string_append_printf(out, "\n    %s\n    %s\n", kj_sentence_rule(arena, block, rule, "en"),
                           kj_sentence_rule(arena, block, rule, "ja"));
}

static void dump_conformance(KjArena *arena, const KjBlock *block, const KjConformance *conformance, GString *out) {
    const KjBlock *standard = conformance->standard;

    g_string_append_printf(out, "  conforms to %s\n", standard->name);
    for (guint i = 0; i < standard->rule_count; i++) {
        g_string_append_printf(out, "    %s: ", standard->rules[i].label);
        dump_condition(block, kj_condition_bind(arena, standard, block, conformance, standard->rules[i].match), out);
        if (standard->rules[i].unless) {
            g_string_append(out, " unless ");
            dump_condition(block, kj_condition_bind(arena, standard, block, conformance, standard->rules[i].unless), out);
        }
        g_string_append_c(out, '\n');
    }
}

static void dump_block(KjArena *arena, const KjBlock *block, GString *out) {
    g_string_append_printf(out, "%s %s %s (%s)\n", block->standard ? "standard" : "block", block->domain->name, block->qualified,
                           block->tier);
    for (guint i = 0; i < block->parameter_count; i++)
        g_string_append_printf(out, "  parameter %s type %d%s\n", block->parameters[i].name, block->parameters[i].type.kind,
                               block->parameters[i].type.set ? " set" : "");
    for (guint i = 0; i < block->field_count; i++) {
        const KjDataType *type = &block->fields[i].type;
        if (block->fields[i].span.file == G_MAXUINT32)
            continue;
        g_string_append_printf(out, "  field %s type %d%s flags %u", block->fields[i].name, type->kind, type->set ? " set" : "",
                               block->fields[i].flags);
        for (guint j = 0; j < type->symbol_count; j++)
            g_string_append_printf(out, "%s%s", j ? type->ordered ? " > " : ", " : " ", type->symbols[j]);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < block->setting_count; i++)
        g_string_append_printf(out, "  %s = %s\n", block->settings[i].name, block->settings[i].value);
    if (block->default_effect != G_MAXUINT) {
        g_string_append_printf(out, "  default %s", block->domain->effects[block->default_effect].name);
        dump_notes(block->default_notes, block->default_note_count, out);
        g_string_append_c(out, '\n');
    }
    for (guint i = 0; i < block->conformance_count; i++)
        dump_conformance(arena, block, &block->conformances[i], out);
    for (guint i = 0; i < block->rule_count; i++)
        dump_rule(arena, block, &block->rules[i], out);
}

static void dump_effects(const KjBlock *block, const guint *effects, guint count, GString *out) {
    g_string_append(out, " =>");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(out, " %s", block->domain->effects[effects[i]].name);
}

static void dump_test(const KjTest *test, GString *out) {
    g_string_append_printf(out, "%s \"%s\"\n", test->proof ? "prove" : "test", test->name);
    for (guint i = 0; i < test->count; i++) {
        const KjBlock *block = test->proof ? test->proofs[i].block : test->cases[i].block;
        g_string_append_printf(out, "  %s:", block->qualified);
        if (test->proof) {
            g_string_append_c(out, ' ');
            dump_condition(block, test->proofs[i].region, out);
            dump_effects(block, test->proofs[i].effects, test->proofs[i].effect_count, out);
        } else {
            const KjTestCase *c = &test->cases[i];
            for (guint j = 0; j < c->value_count; j++)
                g_string_append_printf(out, " %s=%s", c->values[j].field, c->values[j].text ? c->values[j].text : "{}");
            if (c->has_instant)
                g_string_append_printf(out, " at %" G_GINT64_FORMAT, c->instant);
            dump_effects(block, c->effects, c->effect_count, out);
            g_string_append_printf(out, "%s%s", c->label ? " by " : "", c->label ? c->label : "");
        }
        g_string_append_c(out, '\n');
    }
}

void dump_policy(const KjCompilation *compilation, GString *out) {
    const KjPolicy *policy = compilation->policy;

    for (const KjBlock *block = policy->standards; block; block = block->next)
        dump_block(compilation->arena, block, out);
    for (const KjBlock *block = policy->blocks; block; block = block->next)
        dump_block(compilation->arena, block, out);
    for (const KjException *e = policy->exceptions; e; e = e->next) {
        g_string_append_printf(out, "exception %s to %s in %s%s%s until ", e->id, e->standard->name, e->block->qualified,
                               e->rule ? "." : "", e->rule ? e->rule->label : "");
        dump_window(e->until, out);
        if (e->region) {
            g_string_append(out, " when ");
            dump_condition(e->block, e->region, out);
        }
        g_string_append_printf(out, " reason \"%s\" by %s\n", e->reason, e->approved_by ? e->approved_by : "nobody");
    }
    for (const KjEnforcement *e = policy->enforcements; e; e = e->next) {
        g_string_append_printf(out, "enforce %s by %s on", e->block->qualified, e->target);
        for (guint i = 0; i < e->host_count; i++)
            g_string_append_printf(out, " \"%s\"", e->hosts[i]);
        g_string_append_c(out, '\n');
    }
    for (const KjTest *test = policy->tests; test; test = test->next)
        dump_test(test, out);
}
