/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standards: their order, their parameters, and what a block says when it conforms to one.
 *
 * Standards are put in an order in which each comes after those it conforms to, so that its fields can be taken from theirs. Parameters
 * are bound where a block conforms; each is bound exactly once and by its type. That the block really conforms is proved later, by
 * analysis.
 */
#include "check.h"

#include <string.h>

static void report_domain(KjChecker *checker, const KjAstName *name) {
    const KjDomain **domains = kj_plugin_list();
    KjDiagnostic *unknown = kj_report(checker->diagnostics, KJ_CODE_DOMAIN_UNKNOWN, name->span, name->text);
    const char **names;
    const char *near;
    guint count = 0;

    while (domains[count])
        count++;
    names = kj_arena_newn(checker->arena, const char *, count + 1);
    for (guint i = 0; i < count; i++)
        names[i] = domains[i]->name;
    near = kj_did_you_mean(name->text, names);
    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else if (count)
        kj_report_help(unknown, _("the installed domains are %s"), kj_check_list_text(checker, names));
    else
        kj_report_help(unknown, _("no domain is installed"));
    g_free(domains);
}

static void add_state(KjChecker *checker, KjEntity *entity) {
    const KjAstDeclaration *declaration = entity->declaration;
    const KjDomain *domain = kj_plugin_find(declaration->domain->text);
    KjBlockState *state;

    if (!domain) {
        report_domain(checker, declaration->domain);
        return;
    }
    state = kj_arena_new0(checker->arena, KjBlockState);
    state->block = kj_arena_new0(checker->arena, KjBlock);
    state->module = entity->module;
    state->entity = entity;
    state->field_index = kj_check_table(checker);
    state->absent = kj_check_table(checker);
    state->parameters = kj_check_table(checker);
    state->labels = kj_check_table(checker);
    *state->block = (KjBlock){ .name = entity->name,
                               .qualified = entity->qualified,
                               .module = entity->module->name,
                               .tier = entity->module->tier,
                               .zone = entity->module->zone,
                               .domain = domain,
                               .standard = entity->kind == KJ_ENTITY_STANDARD,
                               .default_effect = G_MAXUINT,
                               .doc = declaration->doc,
                               .declaration = declaration,
                               .span = declaration->span };
    entity->state = state;
}

typedef struct {
    KjChecker *checker;
    GPtrArray *standards;
} Order;

static void report_cycle(const guint *path, guint length, gpointer data) {
    Order *order = data;
    g_autoptr(GString) text = g_string_new(NULL);
    KjEntity *first = g_ptr_array_index(order->standards, path[0]);

    for (guint i = 0; i < length; i++) {
        KjEntity *entity = g_ptr_array_index(order->standards, path[i]);
        entity->poisoned = TRUE;
        g_string_append_printf(text, "%s -> ", entity->name);
    }
    g_string_append(text, first->name);
    kj_report_help(kj_report(order->checker->diagnostics, KJ_CODE_STANDARD_CYCLE, first->declaration->name->span, text->str),
                   _("leave one of the `conforms to` out"));
}

void kj_check_standard_order(KjChecker *checker) {
    Order order = { checker, g_ptr_array_new() };
    g_autofree guint *sorted = NULL;
    g_autoptr(KjGraph) graph = NULL;

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            KjEntity *entity = g_ptr_array_index(module->entities, j);
            if (entity->kind == KJ_ENTITY_STANDARD) {
                entity->node = order.standards->len;
                g_ptr_array_add(order.standards, entity);
            }
        }
    }
    graph = kj_graph_new(order.standards->len);
    sorted = g_new0(guint, order.standards->len + 1);
    for (guint i = 0; i < order.standards->len; i++) {
        const KjEntity *entity = g_ptr_array_index(order.standards, i);
        for (const KjAstConformance *c = entity->declaration->conformances; c; c = c->next) {
            const KjEntity *other = g_hash_table_lookup(checker->standards, c->standard->text);
            if (other)
                kj_graph_edge(graph, entity->node, other->node);
        }
    }
    kj_graph_walk(graph, report_cycle, &order, sorted, NULL);
    for (guint i = 0; i < order.standards->len; i++) {
        KjEntity *entity = g_ptr_array_index(order.standards, sorted[i]);
        if (!entity->poisoned)
            add_state(checker, entity);
        g_ptr_array_add(checker->standard_order, entity);
    }
    for (guint i = 0; i < checker->blocks->len; i++)
        add_state(checker, g_ptr_array_index(checker->blocks, i));
    g_ptr_array_unref(order.standards);
}

/* ---- conforms to ---- */

static const KjStandardParameter *parameter_of(const KjBlock *standard, const char *name) {
    for (guint i = 0; i < standard->parameter_count; i++) {
        if (strcmp(standard->parameters[i].name, name) == 0)
            return &standard->parameters[i];
    }
    return NULL;
}

static const char *const *parameter_names(KjChecker *checker, const KjBlock *standard) {
    const char **names = kj_arena_newn(checker->arena, const char *, standard->parameter_count + 1);
    for (guint i = 0; i < standard->parameter_count; i++)
        names[i] = standard->parameters[i].name;
    return names;
}

static const KjDataType *protocol_type(const KjBlock *block) {
    for (guint i = 0; i < block->field_count; i++) {
        if (block->fields[i].type.kind == KJ_TYPE_SERVICE)
            return &block->fields[block->fields[i].protocol].type;
    }
    return NULL;
}

static const KjSet *bound_value(KjChecker *checker, KjBlockState *state, const KjStandardParameter *parameter, const KjAstValue *value) {
    KjScope scope = { .checker = checker, .module = state->module, .block = state };
    KjDataType type = parameter->type;
    KjOperand operand;
    KjInterval interval;
    const KjPattern *pattern;

    type.set = FALSE;
    if (type.kind == KJ_TYPE_SERVICE ? !kj_service_resolve(&scope, protocol_type(state->block), value, &operand)
                                     : !kj_set_resolve(&scope, &type, value, &operand))
        return NULL;
    if (operand.none || (operand.any && type.kind == KJ_TYPE_SERVICE)) {
        kj_literal_mismatch(&scope, &type, value);
        return NULL;
    }
    if (!parameter->type.set && operand.set->kind != KJ_SET_PARAMETER && !kj_set_single(operand.set, &interval, &pattern)
        && type.kind != KJ_TYPE_SERVICE) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(checker, KJ_CODE_NOT_SINGLE, value->span, kj_check_value_text(checker, value)),
                      _("`%s` takes one value"),
                      parameter->name);
        return NULL;
    }
    return operand.set;
}

static void bind_all(KjChecker *checker, KjBlockState *state, const KjAstConformance *syntax, KjConformance *conformance) {
    const KjBlock *standard = conformance->standard;
    KjBinding *bindings = kj_arena_newn(checker->arena, KjBinding, standard->parameter_count + 1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    KjDiagnostic *problem;

    conformance->bindings = bindings;
    for (const KjAstBinding *b = syntax->bindings; b; b = b->next) {
        const KjStandardParameter *parameter = parameter_of(standard, b->parameter->text);
        const KjSet *value;
        if (!parameter) {
            problem = kj_report(checker->diagnostics, KJ_CODE_BINDING_UNKNOWN, b->parameter->span, standard->name, b->parameter->text);
            kj_check_did_you_mean(problem, b->parameter->text, parameter_names(checker, standard));
            continue;
        }
        if (!g_hash_table_add(seen, (gpointer)parameter->name)) {
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_BINDING_TWICE, b->parameter->span, parameter->name),
                           _("delete one of the two"));
            continue;
        }
        value = bound_value(checker, state, parameter, b->value);
        if (value)
            bindings[conformance->binding_count++] = (KjBinding){ parameter->name, value, b->value->span };
    }
    for (guint i = 0; i < standard->parameter_count; i++) {
        const KjStandardParameter *parameter = &standard->parameters[i];
        if (g_hash_table_contains(seen, parameter->name))
            continue;
        problem = kj_report(checker->diagnostics, KJ_CODE_BINDING_MISSING, syntax->span, standard->name, parameter->name);
        kj_report_related(problem, parameter->span, _("the parameter is declared here"));
        kj_report_help(problem, _("write `%s %s %s = ...`"), standard->name, syntax->bindings ? "with ... and" : "with", parameter->name);
    }
}

static KjBlock *standard_of(KjChecker *checker, KjBlockState *state, const KjAstName *name) {
    const KjEntity *entity = g_hash_table_lookup(checker->standards, name->text);
    const KjDomain *domain = state->block->domain;
    KjDiagnostic *problem;

    if (!entity) {
        problem = kj_report(checker->diagnostics, KJ_CODE_STANDARD_UNKNOWN, name->span, name->text);
        kj_check_did_you_mean(problem, name->text, kj_check_keys(checker, checker->standards));
        state->broken = TRUE;
        return NULL;
    }
    if (!entity->state)
        return NULL;
    if (entity->state->block->domain != domain) {
        problem = kj_report(checker->diagnostics, KJ_CODE_STANDARD_DOMAIN, name->span, name->text, entity->state->block->domain->name,
                            domain->name);
        kj_report_related(problem, entity->declaration->name->span, _("the standard is declared here"));
        return NULL;
    }
    return entity->state->block;
}

void kj_check_conformances(KjChecker *checker, KjBlockState *state) {
    KjConformance *conformances;
    guint count = 0;

    for (const KjAstConformance *c = state->entity->declaration->conformances; c; c = c->next)
        count++;
    conformances = kj_arena_newn(checker->arena, KjConformance, count + 1);
    state->block->conformances = conformances;
    for (const KjAstConformance *c = state->entity->declaration->conformances; c; c = c->next) {
        KjBlock *standard = standard_of(checker, state, c->standard);
        KjConformance *conformance = &conformances[state->block->conformance_count];
        gboolean again = FALSE;
        for (guint i = 0; standard && i < state->block->conformance_count; i++)
            again = again || conformances[i].standard == standard;
        if (again)
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_CONFORMANCE_TWICE, c->span, standard->name), _("delete one of the two"));
        if (!standard || again)
            continue;
        *conformance = (KjConformance){ .standard = standard, .span = c->span };
        bind_all(checker, state, c, conformance);
        state->block->conformance_count++;
    }
}
