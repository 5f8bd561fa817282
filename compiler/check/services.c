/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services: 443/tcp stands for a protocol and a port.
 *
 * A set of services is kept as pairs (protocols, ports), one pair for each protocol in the order of their numbers, so that { 80/tcp,
 * 443/tcp } becomes one AND and { 53/udp, 53/tcp } an OR of two. A service field has no values of its own in a checked tree, except for
 * a parameter of a standard, which kj_condition_bind spells out once the bound value is known.
 */
#include "check.h"

#include <string.h>

#include "../limits.h"

typedef struct {
    guint64 protocol;
    GArray *ports; /* KjInterval */
} Pair;

typedef struct {
    const KjScope *scope;
    const KjDataType *protocol; /* the protocol field's type: it knows the names */
    GArray *pairs; /* Pair, sorted by protocol */
    const KjSet *parameter;
    gboolean none, any;
    guint depth;
} Services;

static const KjDataType service_type = { .kind = KJ_TYPE_SERVICE };

static gboolean collect(Services *services, const KjAstValue *value);

static void free_pair(gpointer data) {
    g_array_unref(((Pair *)data)->ports);
}

static GArray *ports_of(GArray *pairs, guint64 protocol, gboolean make) {
    guint at = 0;

    while (at < pairs->len && g_array_index(pairs, Pair, at).protocol < protocol)
        at++;
    if (at < pairs->len && g_array_index(pairs, Pair, at).protocol == protocol)
        return g_array_index(pairs, Pair, at).ports;
    if (!make)
        return NULL;
    g_array_insert_val(pairs, at, ((Pair){ protocol, g_array_new(FALSE, FALSE, sizeof(KjInterval)) }));
    return g_array_index(pairs, Pair, at).ports;
}

static gboolean add(Services *services, const KjAstValue *value, const KjAstValue *last, guint64 low) {
    const KjScope *scope = services->scope;
    KjInterval ports = { kj_ordinal_number(low), kj_ordinal_number(last->number) };
    const char *names[64] = { NULL };
    guint64 protocol;
    GArray *list;

    if (last->number > 65535 || low > 65535) {
        KJ_CHECK_HELP(
            KJ_CHECK_TELL(scope->checker, KJ_CODE_VALUE_BOUNDS, value->span, kj_check_value_text(scope->checker, value), "0", "65535"),
            _("a port is a number from 0 to 65535"));
        return FALSE;
    }
    if (low > last->number) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_RANGE_BACKWARDS, value->span, kj_check_value_text(scope->checker, value->left),
                                    kj_check_value_text(scope->checker, value->right)),
                      _("write the smaller port first"));
        return FALSE;
    }
    if (!kj_literal_symbol(services->protocol, last->text, &protocol)) {
        guint count = 0;
        for (const KjNamedNumber *n = services->protocol->numbers; n && n->name && count < G_N_ELEMENTS(names) - 1; n++)
            names[count++] = n->name;
        KJ_CHECK_HELP(KJ_CHECK_TELL(scope->checker, KJ_CODE_PROTOCOL_UNKNOWN, value->span, last->text), _("the protocols are %s"),
                      kj_check_list_text(scope->checker, names));
        return FALSE;
    }
    list = ports_of(services->pairs, protocol, TRUE);
    g_array_append_val(list, ports);
    return TRUE;
}

static void services_init(Services *inner, const Services *outer, const KjScope *scope) {
    *inner = (Services){ .scope = scope, .protocol = outer->protocol, .pairs = g_array_new(FALSE, FALSE, sizeof(Pair)) };
    g_array_set_clear_func(inner->pairs, free_pair);
}

static gboolean collect_name(Services *services, const KjAstValue *value) {
    const KjScope *scope = services->scope;
    const KjAstName *name = value->name;
    const KjStandardParameter *parameter =
        scope->block && !name->qualifier ? g_hash_table_lookup(scope->block->parameters, name->text) : NULL;
    gboolean blocked;
    KjEntity *entity = kj_names_value(scope->module, name, &blocked);
    KjScope inside = { .checker = scope->checker, .use = scope->in_let ? scope->use : value->span, .in_let = TRUE };

    if (parameter && parameter->type.kind == KJ_TYPE_SERVICE) {
        KjSet *set = kj_set_new(scope->checker->arena, KJ_SET_PARAMETER);
        set->name = parameter->name;
        services->parameter = set;
        return TRUE;
    }
    if (entity) {
        const KjScope *outer = services->scope;
        gboolean good;
        inside.module = entity->module;
        services->scope = &inside;
        good = collect(services, entity->declaration->value);
        services->scope = outer;
        return good;
    }
    if (parameter) {
        const char *stands_for = kj_check_type_text(scope->checker, &parameter->type),
                   *wanted = kj_check_type_text(scope->checker, &service_type);
        KjDiagnostic *mismatch = KJ_CHECK_REPORT(scope, KJ_CODE_PARAMETER_TYPE, value->span, parameter->name, stands_for, wanted);
        kj_report_related(mismatch, parameter->span, _("declared here"));
        return FALSE;
    }
    if (!blocked)
        kj_names_unknown(scope, name, &service_type, NULL);
    return FALSE;
}

static gboolean collect_minus(Services *services, const KjAstValue *value) {
    Services left, right;
    gboolean good;

    if (kj_suggest_range(services->scope, value))
        return FALSE;
    services_init(&left, services, services->scope);
    services_init(&right, services, services->scope);
    good = collect(&left, value->left);
    good = collect(&right, value->right) && good;
    if (good && (left.parameter || right.parameter)) {
        KJ_CHECK_HELP(KJ_CHECK_TELL(services->scope->checker, KJ_CODE_SERVICE_PARAMETER, value->span),
                      _("bind a set that is already without them"));
        good = FALSE;
    }
    /* `any` is no list of pairs: silently it would be the empty one. */
    if (good && (left.any || right.any)) {
        kj_literal_mismatch(services->scope, &service_type, value);
        good = FALSE;
    }
    services->none = services->none || (left.none && !right.none);
    for (guint i = 0; good && i < left.pairs->len; i++) {
        Pair *pair = &g_array_index(left.pairs, Pair, i);
        GArray *gone = ports_of(right.pairs, pair->protocol, FALSE), *list = ports_of(services->pairs, pair->protocol, TRUE);
        GArray *rest;
        kj_intervals_normalise(pair->ports);
        if (gone)
            kj_intervals_normalise(gone);
        rest = kj_intervals_minus((const KjInterval *)(void *)pair->ports->data, pair->ports->len,
                                  gone ? (const KjInterval *)(void *)gone->data : NULL, gone ? gone->len : 0);
        g_array_append_vals(list, rest->data, rest->len);
        g_array_unref(rest);
    }
    g_array_unref(left.pairs);
    g_array_unref(right.pairs);
    return good;
}

static gboolean collect(Services *services, const KjAstValue *value) {
    KjChecker *checker = services->scope->checker;
    gboolean good = TRUE;

    if (++checker->written > KJ_LIMIT_WRITTEN_OUT) {
        if (checker->written == KJ_LIMIT_WRITTEN_OUT + 1)
            KJ_CHECK_HELP(KJ_CHECK_REPORT(services->scope, KJ_CODE_WRITTEN_OUT, value->span, KJ_LIMIT_WRITTEN_OUT),
                          _("leave out what is in it twice"));
        return FALSE;
    }
    switch (value->kind) {
    case KJ_VALUE_SERVICE:
        return add(services, value, value, value->number);
    case KJ_VALUE_RANGE:
        if (value->left->kind == KJ_VALUE_INTEGER && value->right->kind == KJ_VALUE_SERVICE)
            return add(services, value, value->right, value->left->number);
        break;
    case KJ_VALUE_NAME:
        return collect_name(services, value);
    case KJ_VALUE_SET:
        for (const KjAstValue *item = value->items; item; item = item->next) {
            good = collect(services, item) && good;
            if (services->parameter && (item->next || item != value->items)) {
                KJ_CHECK_HELP(KJ_CHECK_TELL(services->scope->checker, KJ_CODE_SERVICE_PARAMETER, value->span),
                              _("write two rules, or bind a set that holds all of them"));
                return FALSE;
            }
        }
        return good;
    case KJ_VALUE_MINUS:
        return collect_minus(services, value);
    case KJ_VALUE_NONE:
        services->none = TRUE;
        return TRUE;
    case KJ_VALUE_ANY:
        services->any = TRUE;
        return TRUE;
    default:
        break;
    }
    kj_literal_mismatch(services->scope, &service_type, value);
    return FALSE;
}

gboolean kj_service_resolve(const KjScope *scope, const KjDataType *protocol, const KjAstValue *value, KjOperand *operand) {
    Services services = { .scope = scope, .protocol = protocol, .pairs = g_array_new(FALSE, FALSE, sizeof(Pair)) };
    KjArena *arena = scope->checker->arena;
    gboolean good;
    const KjSet **members;
    KjSet *set;

    g_array_set_clear_func(services.pairs, free_pair);
    scope->checker->written = 0;
    good = collect(&services, value);
    *operand = (KjOperand){ services.parameter, services.none, services.any };
    if (good && !services.parameter) {
        set = kj_set_new(arena, KJ_SET_UNION);
        set->name = value->kind == KJ_VALUE_NAME ? value->name->text : NULL;
        members = kj_arena_newn(arena, const KjSet *, 2 * services.pairs->len + 1);
        for (guint i = 0; i < services.pairs->len; i++) {
            Pair *pair = &g_array_index(services.pairs, Pair, i);
            KjInterval number = { kj_ordinal_number(pair->protocol), kj_ordinal_number(pair->protocol) };
            KjSet *ports = kj_set_new(arena, KJ_SET_INTERVALS);
            kj_intervals_normalise(pair->ports);
            *ports = *kj_set_intervals(arena, (const KjInterval *)(void *)pair->ports->data, pair->ports->len);
            ports->service = set;
            members[set->count++] = kj_set_intervals(arena, &number, 1);
            members[set->count++] = ports;
        }
        set->members = members;
        operand->set = set;
    }
    g_array_unref(services.pairs);
    return good;
}

static const KjCondition *test(KjArena *arena, KjConditionKind kind, guint field, const KjSet *set, KjSpan span) {
    KjCondition *condition = kj_condition_new(arena, kind, span);
    condition->field = field;
    condition->set = set;
    return condition;
}

const KjCondition *kj_service_condition(KjArena *arena, const KjField *field, const KjOperand *operand, KjSpan span) {
    const KjSet *set = operand->set;
    const KjCondition **choices, *both[2];
    guint count = 0;

    if (operand->any)
        return kj_condition_new(arena, KJ_CONDITION_TRUE, span);
    choices = kj_arena_newn(arena, const KjCondition *, set->count / 2 + 3);
    for (guint i = 0; i + 1 < set->count; i += 2) {
        both[0] = test(arena, KJ_CONDITION_TEST, field->protocol, set->members[i], span);
        both[1] = test(arena, KJ_CONDITION_TEST, field->port, set->members[i + 1], span);
        choices[count++] = kj_condition_join(arena, KJ_CONDITION_AND, both, 2, span);
    }
    if (operand->none) {
        choices[count++] = test(arena, KJ_CONDITION_MISSING, field->protocol, NULL, span);
        choices[count++] = test(arena, KJ_CONDITION_MISSING, field->port, NULL, span);
    }
    return kj_condition_join(arena, KJ_CONDITION_OR, choices, count, span);
}
