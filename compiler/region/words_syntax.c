/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A condition as an author would write it: clauses, and behind `when` what no clause can say.
 *
 * A protocol and a port become one `service` where the policy has a name for the pair, or where both are few. A bound of a line is a
 * relation (`size <= 10MB`). For people, long lists end in how many more there are, and windows lose their zones.
 */
#include "words_private.h"

#include <string.h>

#include "../syntax/syntax.h"
#include "examples.h"

#define LIST_MOST 8u          /* items, for people */
#define SERVICE_LITERALS_MOST 6u

typedef struct {
    KjUniverse *universe;
    KjArena *arena;
    KjClassSets *sets;
    const KjField *fields;
    guint count;
    const char *language; /* NULL: in the language's own notation, in full */
    gboolean zones; /* windows are said with theirs */
    KjAstClause *clauses, **next_clause;
    KjAstExpression *items, **next_item; /* of `when` */
    guint item_count;
} Writing;

static KjAstValue *set_value(const Writing *writing, guint field, const KjSet *set) {
    return kj_words_value(writing->arena, &writing->fields[field].type, set, writing->language ? LIST_MOST : KJ_WORDS_LIST_ALL,
                          writing->language ? writing->language : "");
}

static KjAstValue *none_value(const Writing *writing) {
    return kj_words_node(writing->arena, KJ_VALUE_NONE, NULL, NULL);
}

static gboolean is_bool(const Writing *writing, guint field) {
    return writing->fields[field].type.kind == KJ_TYPE_BOOL && !writing->fields[field].type.set;
}

/* ---- expressions ---- */

static KjAstExpression *new_expression(const Writing *writing, KjAstExpressionKind kind, const char *name, KjAstValue *value) {
    KjAstExpression *expression = kj_arena_new0(writing->arena, KjAstExpression);

    expression->kind = kind;
    expression->name = name ? kj_words_bare_name(writing->arena, name) : NULL;
    expression->value = value;
    expression->span = KJ_SPAN_NONE;
    return expression;
}

static KjAstExpression *compare(const Writing *writing, guint field, KjRelation relation, KjAstValue *value) {
    KjAstExpression *expression = new_expression(writing, KJ_EXPRESSION_COMPARE, writing->fields[field].name, value);

    expression->relation = relation;
    return expression;
}

static KjAstExpression *negation(const Writing *writing, KjAstExpression *operand) {
    KjAstExpression *expression = new_expression(writing, KJ_EXPRESSION_NOT, NULL, NULL);

    expression->items = operand;
    return expression;
}

/* A boolean or a bound; other tests are clauses. */
static KjAstExpression *test_expression(const Writing *writing, const KjCondition *condition) {
    KjAstValue *value = NULL;
    KjRelation relation = kj_words_bound(writing->arena, &writing->fields[condition->field].type, condition->set, &value);
    KjAstExpression *expression;

    if (relation)
        return compare(writing, condition->field, relation, value);
    g_assert(is_bool(writing, condition->field) && condition->set->kind == KJ_SET_INTERVALS);
    expression = new_expression(writing, KJ_EXPRESSION_NAME, writing->fields[condition->field].name, NULL);
    return condition->set->intervals[0].low.low ? expression : negation(writing, expression);
}

static KjAstExpression *has_expression(const Writing *writing, const KjCondition *condition) {
    const KjField *field = &writing->fields[condition->field];
    KjAstValue *member;

    if (field->type.kind == KJ_TYPE_SYMBOL && field->type.symbols) {
        member = kj_words_name(writing->arena, condition->members[0]);
    } else if (field->type.kind >= KJ_TYPE_PATH || field->type.kind == KJ_TYPE_SYMBOL) {
        member = kj_words_string(writing->arena, condition->members[0]);
    } else {
        member = kj_words_literal(writing->arena, KJ_VALUE_INTEGER, condition->members[0]);
    }
    return new_expression(writing, KJ_EXPRESSION_HAS, field->name, member);
}

static KjAstExpression *expression_of(const Writing *writing, const KjCondition *condition);

static KjAstExpression *junction(const Writing *writing, const KjCondition *condition) {
    KjAstExpression *expression =
        new_expression(writing, condition->kind == KJ_CONDITION_AND ? KJ_EXPRESSION_AND : KJ_EXPRESSION_OR, NULL, NULL);
    KjAstExpression **next = &expression->items;

    for (guint i = 0; i < condition->count; i++) {
        *next = expression_of(writing, condition->operands[i]);
        next = &(*next)->next;
    }
    return expression;
}

static KjAstExpression *expression_of(const Writing *writing, const KjCondition *condition) {
    switch (condition->kind) {
    case KJ_CONDITION_TEST:
        return test_expression(writing, condition);
    case KJ_CONDITION_MISSING:
    case KJ_CONDITION_PRESENT:
        return compare(writing, condition->field, condition->kind == KJ_CONDITION_MISSING ? KJ_RELATION_EQUAL : KJ_RELATION_NOT_EQUAL,
                       none_value(writing));
    case KJ_CONDITION_HAS:
        return has_expression(writing, condition);
    case KJ_CONDITION_COMPARE:
        return compare(writing, condition->field, condition->relation,
                       kj_words_name(writing->arena, writing->fields[condition->other].name));
    case KJ_CONDITION_DURING:
        return new_expression(writing, KJ_EXPRESSION_DURING, NULL,
                              kj_words_window_value(writing->arena, condition->window, writing->zones));
    case KJ_CONDITION_NOT:
        return negation(writing, expression_of(writing, condition->operands[0]));
    case KJ_CONDITION_AND:
    case KJ_CONDITION_OR:
        return junction(writing, condition);
    default:
        break; /* TRUE says nothing, and FALSE no box is */
    }
    g_assert_not_reached();
}

/* ---- clauses ---- */

static void add_clause(Writing *writing, const char *field, KjRelation relation, KjAstValue *value) {
    KjAstClause *clause = kj_arena_new0(writing->arena, KjAstClause);

    clause->field = field ? kj_words_bare_name(writing->arena, field) : NULL;
    clause->relation = relation;
    clause->value = value;
    clause->span = KJ_SPAN_NONE;
    *writing->next_clause = clause;
    writing->next_clause = &clause->next;
}

static void add_item(Writing *writing, KjAstExpression *item) {
    *writing->next_item = item;
    writing->next_item = &item->next;
    writing->item_count++;
}

static void add_test(Writing *writing, const KjCondition *condition) {
    const KjField *field = &writing->fields[condition->field];
    KjAstValue *value = NULL;
    KjRelation relation = kj_words_bound(writing->arena, &field->type, condition->set, &value);

    add_clause(writing, field->name, relation, relation ? value : set_value(writing, condition->field, condition->set));
}

/* `port { none, 80 }`; a bound stands in no list. */
static void add_optional(Writing *writing, const KjCondition *test) {
    KjAstValue *value = set_value(writing, test->field, test->set), *set = value;

    if (value->kind != KJ_VALUE_SET) {
        set = kj_words_node(writing->arena, KJ_VALUE_SET, NULL, NULL);
        set->items = value;
    }
    value = none_value(writing);
    value->next = set->items;
    set->items = value;
    add_clause(writing, writing->fields[test->field].name, 0, set);
}

static gboolean is_optional_test(const Writing *writing, const KjCondition *condition) {
    const KjCondition *test = condition->kind == KJ_CONDITION_OR && condition->count == 2 ? condition->operands[1] : NULL;
    KjAstValue *value;

    return test && test->kind == KJ_CONDITION_TEST && condition->operands[0]->kind == KJ_CONDITION_MISSING &&
           !is_bool(writing, test->field) && !kj_words_bound(writing->arena, &writing->fields[test->field].type, test->set, &value);
}

static void write_part(Writing *writing, const KjCondition *condition) {
    switch (condition->kind) {
    case KJ_CONDITION_TRUE:
        return;
    case KJ_CONDITION_AND:
        for (guint i = 0; i < condition->count; i++)
            write_part(writing, condition->operands[i]);
        return;
    case KJ_CONDITION_MISSING:
        add_clause(writing, writing->fields[condition->field].name, 0, none_value(writing));
        return;
    case KJ_CONDITION_PRESENT:
        add_clause(writing, writing->fields[condition->field].name, 0,
                   kj_words_node(writing->arena, KJ_VALUE_NOT, none_value(writing), NULL));
        return;
    case KJ_CONDITION_DURING:
        add_clause(writing, NULL, 0, kj_words_window_value(writing->arena, condition->window, writing->zones));
        return;
    default:
        break;
    }
    if (condition->kind == KJ_CONDITION_TEST && !is_bool(writing, condition->field))
        add_test(writing, condition);
    else if (is_optional_test(writing, condition))
        add_optional(writing, condition->operands[1]);
    else
        add_item(writing, expression_of(writing, condition));
}

/* ---- services ---- */

static const KjClassSet *classes_of(const Writing *writing, guint field, const KjSet *set) {
    return kj_classifier_classes(kj_universe_field(writing->universe, field)->classifier, writing->sets, set);
}

/* Whether the set of services is every pair of these protocols and these ports. */
static gboolean is_product(const Writing *writing, const KjField *service, const KjSet *services, const KjClassSet *protocols,
                           const KjClassSet *ports) {
    const KjClassSet *all = kj_class_sets_range(writing->sets, 1, 0);

    for (guint i = 0; i + 1 < services->count; i += 2) {
        if (classes_of(writing, service->port, services->members[i + 1]) != ports)
            return FALSE;
        all = kj_class_set_unite(writing->sets, all, classes_of(writing, service->protocol, services->members[i]));
    }
    return all == protocols;
}

/* The name of exactly these services; a name with another meaning elsewhere is none. */
static const char *service_name(const Writing *writing, const KjField *service, const KjClassSet *protocols, const KjClassSet *ports) {
    KjClassifier *classifier = kj_universe_field(writing->universe, service->port)->classifier;
    const GPtrArray *all = kj_mentions_services(kj_classifier_mentions(classifier, writing->sets));
    const char *name = NULL;

    for (guint i = 0; i < all->len && !name; i++) {
        const KjSet *services = ((const KjSet *)all->pdata[i])->service;

        if (services->name && is_product(writing, service, services, protocols, ports))
            name = services->name;
    }
    for (guint i = 0; i < all->len && name; i++) {
        const KjSet *services = ((const KjSet *)all->pdata[i])->service;

        if (services->name && strcmp(services->name, name) == 0 && !is_product(writing, service, services, protocols, ports))
            name = NULL;
    }
    return name;
}

static KjAstValue *service_literal(const Writing *writing, KjInterval ports, const char *protocol) {
    KjAstValue *value = kj_words_literal(writing->arena, KJ_VALUE_SERVICE,
                                         kj_arena_printf(writing->arena, "%" G_GUINT64_FORMAT "/%s", ports.high.low, protocol));

    if (ports.low.low == ports.high.low)
        return value;
    return kj_words_node(writing->arena, KJ_VALUE_RANGE,
                         kj_words_point(writing->arena, &(KjDataType){ .kind = KJ_TYPE_INTEGER }, ports.low), value);
}

/* The pairs written out, or NULL: there are many, or a protocol has no name. */
static KjAstValue *service_literals(const Writing *writing, const KjField *service, const KjSet *protocols, const KjSet *ports) {
    const KjDataType *type = &writing->fields[service->protocol].type;
    KjAstValue *first = NULL, **next = &first, *set;

    if (protocols->name || protocols->kind != KJ_SET_INTERVALS || ports->name || ports->kind != KJ_SET_INTERVALS ||
        protocols->count * ports->count > SERVICE_LITERALS_MOST)
        return NULL;
    for (guint i = 0; i < protocols->count; i++) {
        g_autoptr(GString) name = g_string_new(NULL);

        kj_example_print(type, protocols->intervals[i].low, name);
        if (protocols->intervals[i].low.low != protocols->intervals[i].high.low || g_ascii_isdigit(name->str[0]))
            return NULL;
        for (guint j = 0; j < ports->count; j++) {
            *next = service_literal(writing, ports->intervals[j], kj_arena_strdup(writing->arena, name->str));
            next = &(*next)->next;
        }
    }
    if (!first || !first->next)
        return first;
    set = kj_words_node(writing->arena, KJ_VALUE_SET, NULL, NULL);
    set->items = first;
    return set;
}

static const KjCondition *find_test(const KjCondition *condition, guint field) {
    for (guint i = 0; condition->kind == KJ_CONDITION_AND && i < condition->count; i++) {
        if (condition->operands[i]->kind == KJ_CONDITION_TEST && condition->operands[i]->field == field)
            return condition->operands[i];
    }
    return NULL;
}

/* The service that two tests of the conjunction are; *protocol and *port are those tests. */
static KjAstValue *find_service(const Writing *writing, const KjCondition *condition, const KjField *service, const KjCondition **protocol,
                                const KjCondition **port) {
    const char *name;

    *protocol = find_test(condition, service->protocol);
    *port = find_test(condition, service->port);
    if (!*protocol || !*port)
        return NULL;
    name = service_name(writing, service, classes_of(writing, service->protocol, (*protocol)->set),
                        classes_of(writing, service->port, (*port)->set));
    return name ? kj_words_name(writing->arena, name) : service_literals(writing, service, (*protocol)->set, (*port)->set);
}

/* ---- all of it ---- */

static void write_conjunction(Writing *writing, const KjCondition *condition, const KjField *service) {
    const KjCondition *protocol = NULL, *port = NULL;
    KjAstValue *value = service ? find_service(writing, condition, service, &protocol, &port) : NULL;

    for (guint i = 0; i < condition->count; i++) {
        const KjCondition *part = condition->operands[i];

        if (value && (part == protocol || part == port)) {
            if (protocol && port)
                add_clause(writing, service->name, 0, value);
            protocol = part == protocol ? NULL : protocol;
            port = part == port ? NULL : port;
            continue;
        }
        write_part(writing, part);
    }
}

void kj_words_syntax(KjUniverse *universe, const KjCondition *condition, const char *language, KjWordsSyntax *syntax) {
    Writing writing = {
        .universe = universe, .arena = kj_universe_arena(universe), .sets = kj_universe_sets(universe), .language = language
    };
    const KjField *service = NULL;

    writing.fields = kj_universe_fields(universe, &writing.count);
    writing.zones = !language || kj_words_many_zones(universe);
    writing.next_clause = &writing.clauses;
    writing.next_item = &writing.items;
    for (guint i = 0; i < writing.count && !service; i++)
        service = writing.fields[i].type.kind == KJ_TYPE_SERVICE ? &writing.fields[i] : NULL;
    if (condition->kind == KJ_CONDITION_AND)
        write_conjunction(&writing, condition, service);
    else
        write_part(&writing, condition);
    syntax->clauses = writing.clauses;
    syntax->when = writing.items;
    if (writing.item_count > 1) {
        syntax->when = new_expression(&writing, KJ_EXPRESSION_AND, NULL, NULL);
        syntax->when->items = writing.items;
    }
}
