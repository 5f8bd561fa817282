/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Warnings that need nothing but the checked tree: a refusing rule that a missing field would slip past, and modules used for nothing.
 *
 * A comparison on a field the request lacks is unknown, so `deny size > 10MB` does not deny a message without a size. Fields of a
 * phase are not told: that the other phase lacks them is their nature. Nor is a part of a service whose other part is tested beside it: a
 * rule about TCP port 22 means packets that have one.
 */
#include "check.h"

#include <string.h>

#define SLIPS_TOLD 20u /* refusals that a missing field slips past; the rest are counted */

typedef struct {
    KjChecker *checker;
    guint slips; /* rules found so far */
    KjSpan first_untold;
} Findings;

typedef struct {
    gboolean *tested, *asked; /* for each field */
    guint protocol, port; /* of the service field; G_MAXUINT: none */
} Mentions;

static void mention_field(Mentions *mentions, guint field) {
    mentions->tested[field] = TRUE;
}

static void collect(Mentions *mentions, const KjCondition *condition) {
    gboolean port_before = mentions->port != G_MAXUINT && mentions->tested[mentions->port], protocol = FALSE;

    switch (condition->kind) {
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
    case KJ_CONDITION_NOT:
        for (guint i = 0; i < condition->count; i++) {
            const KjCondition *operand = condition->operands[i];
            collect(mentions, operand);
            protocol = protocol || (operand->kind == KJ_CONDITION_TEST && operand->field == mentions->protocol);
        }
        if (condition->kind == KJ_CONDITION_AND && protocol && mentions->port != G_MAXUINT)
            mentions->tested[mentions->port] = port_before;
        break;
    case KJ_CONDITION_COMPARE:
        mention_field(mentions, condition->other);
        mention_field(mentions, condition->field);
        break;
    case KJ_CONDITION_TEST:
    case KJ_CONDITION_HAS:
        mention_field(mentions, condition->field);
        break;
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        mentions->asked[condition->field] = TRUE;
        break;
    default:
        break;
    }
}

/* The optional fields a rule speaks of without saying what a missing one means: their names, NULL-terminated. */
static guint find_slips(const KjBlock *block, const Mentions *mentions, const char **names) {
    guint count = 0;

    for (guint i = 0; i < block->field_count; i++) {
        const KjField *field = &block->fields[i];
        if (mentions->tested[i] && !mentions->asked[i] && !(field->flags & KJ_FIELD_REQUIRED) && !field->phase
            && field->type.kind != KJ_TYPE_SERVICE)
            names[count++] = field->name;
    }
    names[count] = NULL;
    return count;
}

/* One warning a rule. Of a large table the first few say enough. */
static void warn_optional(Findings *findings, const KjRule *rule, const char *const *names, guint count) {
    KjChecker *checker = findings->checker;
    KjDiagnostic *diagnostic;

    if (++findings->slips > SLIPS_TOLD) {
        if (findings->slips == SLIPS_TOLD + 1)
            findings->first_untold = rule->span;
        return;
    }
    diagnostic = kj_report(checker->diagnostics, KJ_CODE_OPTIONAL_FIELD, rule->span, kj_check_list_text(checker, names));
    if (count == 1)
        kj_report_help(diagnostic, _("say what a missing `%s` means: add `none` to its values to refuse it too, "
                                     "or `%s not none` if it is meant to pass"), names[0], names[0]);
    else
        kj_report_help(diagnostic, _("say what is meant where one is missing: add `none` to its values to refuse that too, "
                                     "or `%s not none` and so on if it is meant to pass"), names[0]);
}

static void check_block(Findings *findings, const KjBlock *block) {
    g_autofree gboolean *tested = g_new(gboolean, block->field_count + 1), *asked = g_new(gboolean, block->field_count + 1);
    g_autofree const char **names = g_new(const char *, block->field_count + 1);
    Mentions mentions = { tested, asked, G_MAXUINT, G_MAXUINT };

    for (guint i = 0; i < block->field_count; i++) {
        if (block->fields[i].type.kind == KJ_TYPE_SERVICE) {
            mentions.protocol = block->fields[i].protocol;
            mentions.port = block->fields[i].port;
        }
    }
    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        guint count;

        if (!rule->item || !(block->domain->effects[rule->effect].flags & KJ_EFFECT_REFUSES))
            continue;
        memset(tested, 0, sizeof(gboolean) * block->field_count);
        memset(asked, 0, sizeof(gboolean) * block->field_count);
        collect(&mentions, rule->match);
        count = find_slips(block, &mentions, names);
        if (count)
            warn_optional(findings, rule, names, count);
    }
}

static void check_uses(KjChecker *checker, const KjModule *module) {
    for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
        GHashTableIter iter;
        gpointer value;
        if (d->kind != KJ_DECLARATION_USE)
            continue;
        g_hash_table_iter_init(&iter, module->uses);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            const KjUse *use = value;
            if (use->declaration == d && use->module && !use->used)
                kj_report_help(kj_report(checker->diagnostics, KJ_CODE_USE_UNUSED, d->span, d->name->text), _("delete the line"));
        }
    }
}

void kj_check_findings(KjChecker *checker) {
    Findings findings = { .checker = checker };

    for (const KjBlock *block = checker->policy->blocks; block; block = block->next)
        check_block(&findings, block);
    for (const KjBlock *block = checker->policy->standards; block; block = block->next)
        check_block(&findings, block);
    if (findings.slips > SLIPS_TOLD)
        kj_report(checker->diagnostics, KJ_CODE_OPTIONAL_FIELDS_MORE, findings.first_untold, findings.slips - SLIPS_TOLD);
    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        if (!module->syntax->damaged)
            check_uses(checker, module);
    }
}
