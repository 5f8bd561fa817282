/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answer.h"

#include <string.h>

#include <kijun/value.h>
#include <kijun/view.h>

static void append_rate(const KjTable *table, const KjBlockView *block, const KjParameterView *parameter, GString *out) {
    g_string_append_printf(out, " %s ", parameter->name);
    switch (parameter->kind) {
    case KJ_PARAMETER_RATE:
        kj_value_print(parameter->bytes ? KJ_TYPE_SIZE : KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), out);
        g_string_append_c(out, '/');
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->window), out);
        return;
    case KJ_PARAMETER_DURATION:
        kj_value_print(KJ_TYPE_DURATION, kj_ordinal_number(parameter->number), out);
        return;
    case KJ_PARAMETER_INTEGER:
        kj_value_print(KJ_TYPE_INTEGER, kj_ordinal_number(parameter->number), out);
        return;
    case KJ_PARAMETER_GROUP:
        g_string_append(out, parameter->text);
        return;
    case KJ_PARAMETER_FIELDS:
        for (guint i = 0; i < parameter->member_count; i++) {
            KjFieldView field;
            kj_view_field(table, block->first_field + kj_view_member(table, parameter->first_member + i), &field);
            g_string_append_printf(out, "%s%s", i ? "," : "", field.name);
        }
        return;
    }
}

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each obligation once, in the order of the alphabet. */
static void append_obligations(const KjRequest *request, const KjVerdict *verdict, GString *out) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    KjObligation obligation;
    for (guint i = 0; kj_verdict_obligation(request, verdict, i, &obligation); i++) {
        if (strcmp(obligation.name, "message") == 0)
            continue;
        g_ptr_array_add(list, *obligation.value ? g_strdup_printf("@%s(\"%s\")", obligation.name, obligation.value)
                                                : g_strdup_printf("@%s", obligation.name));
    }
    g_ptr_array_sort(list, compare_texts);
    for (guint i = 0; i < list->len; i++)
        if (i == 0 || strcmp(list->pdata[i - 1], list->pdata[i]) != 0)
            g_string_append_printf(out, ", %s", (const char *)list->pdata[i]);
}

static void append_parameters(const KjTable *table, const KjBlockView *block, const KjRuleView *rule, GString *out) {
    for (guint i = 0; i < rule->parameter_count; i++) {
        KjParameterView parameter;
        kj_view_parameter(table, rule->first_parameter + i, &parameter);
        append_rate(table, block, &parameter, out);
    }
}

/* Where rules add up, each that matches asks for one more: all of them, in the order of the alphabet, and what is asked for twice stands there twice. */
static void append_requirements(const KjTable *table, const KjBlockView *block, const KjRequest *request, const KjVerdict *verdict,
                                GString *out) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < verdict->matched; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        KjRuleView rule;
        KjEffectView effect;
        kj_view_rule(table, kj_request_matched_rule(request, i), &rule);
        kj_view_effect(table, block->first_effect + rule.effect, &effect);
        g_string_append(text, effect.name);
        append_parameters(table, block, &rule, text);
        g_ptr_array_add(list, g_strdup(text->str));
    }
    g_ptr_array_sort(list, compare_texts);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(out, "%s%s", i ? " and " : "", (const char *)list->pdata[i]);
}

void kj_answer_append(const KjTable *table, guint block_index, const KjRequest *request, const KjVerdict *verdict, GString *out) {
    KjBlockView block;
    KjRuleView rule;
    if (verdict->outcome == KJ_OUTCOME_ERROR || verdict->rule == KJ_RULE_DEFAULT) {
        g_string_append(out, verdict->effect);
        if (verdict->outcome == KJ_OUTCOME_ERROR)
            return;
    } else {
        kj_view_block(table, block_index, &block);
        kj_view_rule(table, verdict->rule, &rule);
        if (block.combining == KJ_COMBINING_ADD_UP) {
            append_requirements(table, &block, request, verdict, out);
        } else {
            g_string_append(out, verdict->effect);
            append_parameters(table, &block, &rule, out);
        }
    }
    append_obligations(request, verdict, out);
}
