/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocks and their rules: effects, labels, defaults, `require`.
 *
 * A rule without a label gets `_1`, `_2`, ... in order. `require C when E` is a rule with the domain's strictest effect that applies where
 * E holds unless C does, except in a domain that means an effect of its own by `require`. A rule that was reported is left out of the
 * tree, but its label stays known, so that a test naming it is not reported too.
 */
#include "check.h"

#include <string.h>

#define FAILED_RULE GUINT_TO_POINTER(G_MAXUINT)

int kj_effect_find(KjChecker *checker, const KjDomain *domain, const KjAstName *name) {
    const char *names[64] = { NULL };
    KjDiagnostic *unknown;
    const char *near;

    for (guint i = 0; domain->effects[i].name; i++) {
        if (strcmp(domain->effects[i].name, name->text) == 0)
            return (int)i;
        if (i < G_N_ELEMENTS(names) - 1)
            names[i] = domain->effects[i].name;
    }
    unknown = KJ_CHECK_TELL(checker, KJ_CODE_EFFECT_UNKNOWN, name->span, domain->name, name->text);
    near = kj_did_you_mean(name->text, names);
    if (near)
        KJ_CHECK_HELP(unknown, _("did you mean `%s`?"), near);
    else
        KJ_CHECK_HELP(unknown, _("its effects are %s"), kj_check_list_text(checker, names));
    return -1;
}

const char *kj_block_effect_name(const KjBlock *block, guint effect) {
    return effect == G_MAXUINT ? "deny" : block->domain->effects[effect].name;
}

/* ---- parameters of standards ---- */

static void add_parameter(KjChecker *checker, KjBlockState *state, const KjAstItem *item, KjStandardParameter *parameter) {
    KjBlock *block = state->block;
    const KjStandardParameter *first = g_hash_table_lookup(state->parameters, item->name->text);
    const KjDataType *type = kj_type_resolve(checker, state->module, item->type);
    KjDiagnostic *problem;

    if (!block->standard) {
        problem = kj_report(checker->diagnostics, KJ_CODE_PARAMETER_PLACE, item->span, item->name->text);
        kj_report_help(problem, _("use a `let`, or declare the block as a standard"));
        return;
    }
    if (first) {
        problem = kj_report(checker->diagnostics, KJ_CODE_NAME_TWICE, item->name->span, item->name->text);
        kj_report_related(problem, first->span, _("first declared here"));
        return;
    }
    if (!type) {
        g_hash_table_add(state->module->failed, (gpointer)item->name->text); /* so that its uses are not told too */
        state->broken = TRUE;
        return;
    }
    *parameter = (KjStandardParameter){ item->name->text, *type, item->span };
    g_hash_table_insert(state->parameters, (gpointer)parameter->name, parameter);
    block->parameter_count++;
}

static void check_standard_parameters(KjChecker *checker, KjBlockState *state) {
    KjStandardParameter *parameters;
    guint count = 0;

    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next)
        count += item->kind == KJ_ITEM_PARAMETER;
    parameters = kj_arena_newn(checker->arena, KjStandardParameter, count + 1);
    state->block->parameters = parameters;
    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next) {
        if (item->kind == KJ_ITEM_PARAMETER && item->type)
            add_parameter(checker, state, item, &parameters[state->block->parameter_count]);
    }
}

/* ---- labels ---- */

static gboolean is_numbered(const char *label) {
    return label[0] == '_' && label[1] && strspn(label + 1, "0123456789") == strlen(label + 1);
}

static void check_label(KjChecker *checker, const KjAstItem *item, GHashTable *places) {
    const char *label = item->name->text;
    const KjAstItem *first = g_hash_table_lookup(places, label);
    KjDiagnostic *problem;

    if (strcmp(label, "default") == 0 || strcmp(label, "error") == 0 || is_numbered(label)) {
        problem = kj_report(checker->diagnostics, KJ_CODE_LABEL_RESERVED, item->name->span, label);
        kj_report_help(problem, _("choose another label; `default`, `error`, `_1`, `_2` and so on stand for what has none"));
    } else if (first) {
        problem = kj_report(checker->diagnostics, KJ_CODE_LABEL_TWICE, item->name->span, label);
        kj_report_related(problem, first->name->span, _("first used here"));
        kj_report_help(problem, _("a label names one rule; choose another"));
    } else {
        g_hash_table_insert(places, (gpointer)label, (gpointer)item);
    }
}

/* ---- rules ---- */

typedef struct {
    const KjDomain *domain;
    guint effect;
} Clauses;

static gboolean is_parameter(const KjAstClause *clause, gpointer data) {
    const Clauses *clauses = data;
    return clause->field && kj_parameter_is(clauses->domain, clauses->effect, clause->field->text);
}

/* A parameter of another effect is no field: say so instead of "no such field". */
static gboolean check_foreign_parameters(const KjScope *scope, const KjAstItem *item, guint effect) {
    const KjDomain *domain = scope->block->block->domain;
    gboolean good = TRUE;

    for (const KjAstClause *clause = item->clauses; clause; clause = clause->next) {
        const KjParameterDefinition *p = clause->field ? kj_parameter_named(domain, clause->field->text) : NULL;
        if (!p || kj_parameter_is(domain, effect, p->name) || g_hash_table_contains(scope->block->field_index, p->name))
            continue;
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_EFFECT, clause->span, p->name, domain->effects[effect].name),
                      _("only %s takes it"), kj_check_list_text(scope->checker, p->effects));
        good = FALSE;
    }
    return good;
}

static guint strictest(const KjDomain *domain) {
    guint last = 0;
    while (domain->effects[last + 1].name)
        last++;
    return last;
}

static int effect_of_require(const KjDomain *domain) {
    for (guint i = 0; domain->effects[i].name; i++) {
        if ((domain->effects[i].flags & KJ_EFFECT_REQUIRES) && strcmp(domain->effects[i].name, "require") == 0)
            return (int)i;
    }
    return -1;
}

static gboolean check_rule(const KjScope *scope, const KjAstItem *item, guint effect, KjRule *rule) {
    Clauses clauses = { scope->block->block->domain, effect };
    gboolean good = check_foreign_parameters(scope, item, effect);

    if (!good)
        return FALSE;
    rule->effect = effect;
    kj_check_parameters(scope, effect, item->clauses, item->span, rule);
    rule->match = kj_clauses_check(scope, item->clauses, item->condition, item->when, is_parameter, &clauses, item->span);
    rule->unless = item->unless ? kj_condition_check(scope, item->unless) : NULL;
    return rule->match && (rule->unless || !item->unless);
}

/* `require C when E`: the strictest effect where E holds, unless C does. */
static gboolean check_requirement(const KjScope *scope, const KjAstItem *item, KjRule *rule) {
    KjArena *arena = scope->checker->arena;
    const KjBlock *block = scope->block->block;
    const KjCondition *wanted = kj_clauses_check(scope, item->clauses, item->condition, NULL, NULL, NULL, item->span);
    const KjCondition *unless = item->unless ? kj_condition_check(scope, item->unless) : NULL, *either[2];

    rule->effect = strictest(block->domain);
    rule->requirement = TRUE;
    rule->match = item->when ? kj_condition_check(scope, item->when) : kj_condition_new(arena, KJ_CONDITION_TRUE, item->span);
    if (!wanted || !rule->match || (item->unless && !unless))
        return FALSE;
    either[0] = kj_phases_excuse(arena, block, wanted);
    either[1] = unless;
    rule->unless = kj_condition_join(arena, KJ_CONDITION_OR, either, unless ? 2 : 1, item->span);
    return TRUE;
}

static gboolean check_item(const KjScope *scope, const KjAstItem *item, KjRule *rule) {
    const KjDomain *domain = scope->block->block->domain;
    int effect;

    kj_check_annotations(scope, item->annotations, rule, FALSE);
    if (item->kind == KJ_ITEM_REQUIRE) {
        effect = effect_of_require(domain);
        return effect >= 0 ? check_rule(scope, item, (guint)effect, rule) : check_requirement(scope, item, rule);
    }
    effect = kj_effect_find(scope->checker, domain, item->effect);
    return effect >= 0 && check_rule(scope, item, (guint)effect, rule);
}

static void check_rules(KjChecker *checker, KjBlockState *state) {
    KjScope scope = { .checker = checker, .module = state->module, .block = state };
    g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
    guint count = 0, unlabelled = 0;

    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next)
        count += item->kind == KJ_ITEM_RULE || item->kind == KJ_ITEM_REQUIRE;
    state->rules = kj_arena_newn(checker->arena, KjRule, count + 1);
    state->block->rules = state->rules;
    for (const KjAstItem *item = state->entity->declaration->items; item; item = item->next) {
        KjRule *rule = &state->rules[state->block->rule_count];
        gboolean good;
        if (item->kind != KJ_ITEM_RULE && item->kind != KJ_ITEM_REQUIRE)
            continue;
        *rule = (KjRule){ .labelled = item->name != NULL, .doc = item->doc, .item = item, .span = item->span };
        rule->label = item->name ? item->name->text : kj_arena_printf(checker->arena, "_%u", ++unlabelled);
        if (item->name)
            check_label(checker, item, places);
        good = check_item(&scope, item, rule);
        g_hash_table_insert(state->labels, (gpointer)rule->label, good ? GUINT_TO_POINTER(state->block->rule_count + 1) : FAILED_RULE);
        state->block->rule_count += good ? 1 : 0;
    }
}

/* ---- default ---- */

static void take_default(KjChecker *checker, KjBlockState *state, const KjAstItem *item) {
    KjScope scope = { .checker = checker, .module = state->module, .block = state };
    const KjDomain *domain = state->block->domain;
    KjRule notes = { 0 };
    int effect = kj_effect_find(checker, domain, item->effect);

    kj_check_annotations(&scope, item->annotations, &notes, TRUE);
    state->block->default_notes = notes.notes;
    state->block->default_note_count = notes.note_count;
    if (effect < 0)
        return;
    for (const KjParameterDefinition *p = domain->parameters; p && p->name; p++) {
        if (p->required && g_strv_contains(p->effects, domain->effects[effect].name)) {
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_DEFAULT_PARAMETER, item->effect->span, item->effect->text, p->name),
                           _("write a rule without clauses at the end instead"));
            return;
        }
    }
    state->block->default_effect = (guint)effect;
}

static void check_default(KjChecker *checker, KjBlockState *state) {
    const KjDomain *domain = state->block->domain;
    const KjAstDeclaration *declaration = state->entity->declaration;
    const KjAstItem *first = NULL;
    KjDiagnostic *problem;

    for (const KjAstItem *item = declaration->items; item; item = item->next) {
        if (item->kind != KJ_ITEM_DEFAULT)
            continue;
        if (state->block->standard) {
            problem = kj_report(checker->diagnostics, KJ_CODE_DEFAULT_STANDARD, item->span);
            kj_report_help(problem, _("leave it out; what a standard does not mention is free"));
        } else if (first) {
            problem = kj_report(checker->diagnostics, KJ_CODE_DEFAULT_TWICE, item->span);
            kj_report_related(problem, first->span, _("the first one"));
            kj_report_help(problem, _("keep one of them"));
        } else {
            take_default(checker, state, item);
        }
        first = first ? first : item;
    }
    if (first || state->block->standard || domain->combining == KJ_COMBINING_ADD_UP)
        return;
    for (guint i = 0; domain->default_effect && domain->effects[i].name; i++) {
        if (strcmp(domain->effects[i].name, domain->default_effect) == 0)
            state->block->default_effect = i;
    }
    if (!domain->default_effect && !state->module->syntax->damaged) {
        problem = kj_report(checker->diagnostics, KJ_CODE_DEFAULT_MISSING, declaration->name->span, declaration->name->text);
        kj_report_help(problem, _("write `default %s;`, which holds where no rule matches"), domain->effects[strictest(domain)].name);
    }
}

void kj_check_block(KjChecker *checker, KjBlockState *state) {
    check_standard_parameters(checker, state);
    kj_check_fields(checker, state);
    kj_check_settings(checker, state);
    kj_check_conformances(checker, state);
    check_default(checker, state);
    check_rules(checker, state);
}
