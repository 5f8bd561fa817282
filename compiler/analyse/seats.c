/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that ask for so many people of a group (an effect that requires, with a number and a group) which is too small for it: that nobody can ever fill the seats, or nobody can once one
 * of the group is away. Who writes a change does not approve it, so the author may be the one who is away. Each rule is looked at by itself. Cost: linear in rules and members.
 */
#include "analyse.h"

#include <string.h>

#include "../translate.h"

/* The one parameter of the kind, or NULL. */
static const KjParameter *parameter_of(const KjRule *rule, KjParameterKind kind) {
    for (guint i = 0; i < rule->parameter_count; i++)
        if (rule->parameters[i].definition->kind == kind)
            return &rule->parameters[i];
    return NULL;
}

/* A pattern stands for any number of people. */
static gboolean are_names(const GPtrArray *names) {
    for (guint i = 0; i < names->len; i++)
        if (strpbrk(names->pdata[i], "*?"))
            return FALSE;
    return TRUE;
}

static void look_at(const KjRule *rule, KjDiagnostics *diagnostics) {
    const KjParameter *count = parameter_of(rule, KJ_PARAMETER_INTEGER), *group = parameter_of(rule, KJ_PARAMETER_GROUP);
    g_autoptr(GPtrArray) names = count && group && group->members ? kj_set_names(group->members) : NULL;
    if (!names || !are_names(names) || names->len > count->number)
        return;
    guint wanted = (guint)MIN(count->number, G_MAXUINT);
    if (names->len < wanted)
        kj_report_help(kj_report(diagnostics, KJ_CODE_SEATS_TOO_MANY, rule->span, rule->label, wanted, group->text, names->len),
                       _("nobody could ever approve what the rule is about; ask for fewer, or give the group more members"));
    else
        kj_report_help(
            kj_report(diagnostics, KJ_CODE_SEATS_ALL, rule->span, rule->label, wanted, group->text),
            _("when one of them is away, leaves, or wrote the change, nobody can approve it; give the group more members, or ask for fewer"));
}

void kj_find_seats(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    (void)analysis;
    for (const KjBlock *block = policy->blocks; block; block = block->next)
        for (guint i = 0; i < block->rule_count; i++)
            if (block->domain->effects[block->rules[i].effect].flags & KJ_EFFECT_REQUIRES)
                look_at(&block->rules[i], diagnostics);
}
