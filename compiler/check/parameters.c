/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clauses that qualify the effect: `rate 100/s`, `per { from, to }`, `count 2 from people.committee`. Which there are, of which kind, for
 * which effects, is the domain's table; a clause whose name is a parameter of the rule's effect is one, any other is about a field.
 */
#include "check.h"

#include <string.h>

const KjParameterDefinition *kj_parameter_named(const KjDomain *domain, const char *name) {
    for (const KjParameterDefinition *p = domain->parameters; p && p->name; p++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

gboolean kj_parameter_is(const KjDomain *domain, guint effect, const char *name) {
    const KjParameterDefinition *parameter = kj_parameter_named(domain, name);
    return parameter && g_strv_contains(parameter->effects, domain->effects[effect].name);
}

/* What each kind of parameter takes. */
static const char *const forms[] = {
    [KJ_PARAMETER_RATE] = N_("a rate such as 20/1d or 100/s"),
    [KJ_PARAMETER_INTEGER] = N_("a number"),
    [KJ_PARAMETER_DURATION] = N_("a duration such as 72h"),
    [KJ_PARAMETER_GROUP] = N_("the name of a group"),
    [KJ_PARAMETER_FIELDS] = N_("the name of a field, or several in { }"),
};

static gboolean report_wrong(const KjScope *scope, const KjParameterDefinition *definition, const KjAstValue *value) {
    KjDiagnostic *wrong = KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_VALUE, value->span, definition->name, _(forms[definition->kind]),
                                        kj_check_value_text(scope->checker, value));
    KJ_CHECK_HELP(wrong, _("write `%s` and %s"), definition->name, _(forms[definition->kind]));
    return FALSE;
}

/* A parameter's literal may come from a let, directly or through other lets. */
static const KjAstValue *literal_of(const KjScope *scope, const KjAstValue *value, gboolean *blocked) {
    KjModule *module = scope->module;

    *blocked = FALSE;
    while (value->kind == KJ_VALUE_NAME) {
        KjEntity *entity = kj_names_value(module, value->name, blocked);
        if (!entity || entity->kind != KJ_ENTITY_LET)
            return entity || *blocked ? NULL : value;
        module = entity->module;
        value = entity->declaration->value;
    }
    return value;
}

static gboolean read_number(const KjScope *scope, const KjAstValue *value, KjParameter *parameter) {
    static const KjAstValueKind kinds[] = {
        [KJ_PARAMETER_RATE] = KJ_VALUE_RATE,
        [KJ_PARAMETER_INTEGER] = KJ_VALUE_INTEGER,
        [KJ_PARAMETER_DURATION] = KJ_VALUE_DURATION,
    };
    gboolean blocked;
    const KjAstValue *literal = literal_of(scope, value, &blocked);

    if (blocked)
        return FALSE;
    if (!literal || literal->kind != kinds[parameter->definition->kind])
        return report_wrong(scope, parameter->definition, value);
    parameter->number = literal->number;
    parameter->window = literal->window;
    parameter->bytes = literal->bytes;
    if (parameter->definition->kind != KJ_PARAMETER_DURATION && literal->number == 0) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_ZERO, value->span, parameter->definition->name),
                      _("write a number above 0"));
        return FALSE;
    }
    return TRUE;
}

static gboolean read_group(const KjScope *scope, const KjAstValue *value, KjParameter *parameter) {
    KjDataType principal = { .kind = KJ_TYPE_PRINCIPAL };
    const KjOperand *members;
    gboolean blocked;
    KjEntity *entity = value->kind == KJ_VALUE_NAME ? kj_names_value(scope->module, value->name, &blocked) : NULL;

    if (value->kind != KJ_VALUE_NAME || (entity && entity->kind != KJ_ENTITY_GROUP))
        return report_wrong(scope, parameter->definition, value);
    if (!entity) {
        if (!blocked)
            kj_names_unknown(scope, value->name, &(KjDataType){ .kind = KJ_TYPE_PRINCIPAL, .set = TRUE }, NULL);
        return FALSE;
    }
    parameter->text = entity->qualified;
    members = kj_let_resolve(scope, entity, &principal, value->span);
    parameter->members = members ? members->set : NULL;
    return members != NULL;
}

static gboolean read_fields(const KjScope *scope, const KjAstValue *value, KjParameter *parameter) {
    const KjAstValue *first = value->kind == KJ_VALUE_SET ? value->items : value;
    guint *fields, count = 0;
    gboolean good = TRUE;

    for (const KjAstValue *item = first; item; item = value->kind == KJ_VALUE_SET ? item->next : NULL)
        count++;
    fields = kj_arena_newn(scope->checker->arena, guint, 2 * count + 1);
    for (const KjAstValue *item = first; item; item = value->kind == KJ_VALUE_SET ? item->next : NULL) {
        int index = -1;
        if (item->kind == KJ_VALUE_NAME)
            index = kj_field_find(scope, item->name);
        else
            report_wrong(scope, parameter->definition, item);
        good = good && index >= 0;
        if (index < 0)
            continue;
        const KjField *field = &scope->block->block->fields[index];
        if (field->type.set) {
            KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_SET, item->span, field->name),
                          _("name a field that holds one value"));
            good = FALSE;
        }
        if (field->type.kind == KJ_TYPE_SERVICE) {
            fields[parameter->field_count++] = field->protocol;
            fields[parameter->field_count++] = field->port;
        } else {
            fields[parameter->field_count++] = (guint)index;
        }
    }
    parameter->fields = fields;
    return count > 0 ? good : report_wrong(scope, parameter->definition, value);
}

static gboolean read_parameter(const KjScope *scope, const KjAstClause *clause, KjParameter *parameter) {
    if (clause->relation) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_RELATION, clause->span, clause->field->text), _("write `%s %s`"),
                      clause->field->text, kj_check_value_text(scope->checker, clause->value));
        return FALSE;
    }
    switch (parameter->definition->kind) {
    case KJ_PARAMETER_GROUP:
        return read_group(scope, clause->value, parameter);
    case KJ_PARAMETER_FIELDS:
        return read_fields(scope, clause->value, parameter);
    default:
        return read_number(scope, clause->value, parameter);
    }
}

static const KjAstClause *clause_named(const KjAstClause *clauses, const char *name) {
    while (clauses && (!clauses->field || strcmp(clauses->field->text, name) != 0))
        clauses = clauses->next;
    return clauses;
}

void kj_check_parameters(const KjScope *scope, guint effect, const KjAstClause *clauses, KjSpan span, KjRule *rule) {
    const KjDomain *domain = scope->block->block->domain;
    KjParameter *parameters;
    guint count = 0;

    for (const KjParameterDefinition *p = domain->parameters; p && p->name; p++)
        count += g_strv_contains(p->effects, domain->effects[effect].name);
    if (count == 0)
        return;
    parameters = kj_arena_newn(scope->checker->arena, KjParameter, count + 1);
    rule->parameters = parameters;
    for (const KjParameterDefinition *p = domain->parameters; p && p->name; p++) {
        const KjAstClause *clause, *again;
        KjParameter *parameter = &parameters[rule->parameter_count];
        if (!g_strv_contains(p->effects, domain->effects[effect].name))
            continue;
        clause = clause_named(clauses, p->name);
        again = clause ? clause_named(clause->next, p->name) : NULL;
        if (again)
            kj_report_related(kj_report(scope->checker->diagnostics, KJ_CODE_PARAMETER_TWICE, again->span, p->name), clause->span,
                              _("first given here"));
        if (!clause && p->required)
            KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PARAMETER_MISSING, span, domain->effects[effect].name, p->name),
                          _("add `%s` and %s to the rule"), p->name, _(forms[p->kind]));
        if (!clause)
            continue;
        *parameter = (KjParameter){ .definition = p, .text = "" };
        if (read_parameter(scope, clause, parameter))
            rule->parameter_count++;
    }
}
