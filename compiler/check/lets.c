/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets and groups: who refers to whom, their values under a type, and those that nothing uses.
 *
 * All references are walked once before anything is resolved: a cycle is an error that shows it, and a chain longer than the nesting
 * limit is one too, so that resolving, which recurses along the chain, has a bound. A let has no type of its own; it is resolved for
 * each type it is used with, once, and a failure under a type is told once.
 */
#include "check.h"

typedef struct {
    KjChecker *checker;
    GPtrArray *entities; /* lets and groups, by node */
    KjGraph *graph;
} References;

/* ---- references ---- */

static void walk_expression(References *references, const KjEntity *entity, const KjAstExpression *expression);

static void refer(References *references, const KjEntity *entity, const KjAstName *name) {
    gboolean blocked;
    const KjEntity *other = kj_names_value(entity->module, name, &blocked);

    if (other)
        kj_graph_edge(references->graph, entity->node, other->node);
}

static void walk_value(References *references, const KjEntity *entity, const KjAstValue *value) {
    if (!value)
        return;
    if (value->kind == KJ_VALUE_NAME)
        refer(references, entity, value->name);
    if (value->kind == KJ_VALUE_WHEN)
        walk_expression(references, entity, value->expression);
    if (value->kind == KJ_VALUE_CSV)
        return;
    walk_value(references, entity, value->left);
    walk_value(references, entity, value->right);
    for (const KjAstValue *item = value->items; item; item = item->next)
        walk_value(references, entity, item);
}

static void walk_expression(References *references, const KjEntity *entity, const KjAstExpression *expression) {
    if (!expression)
        return;
    if (expression->kind == KJ_EXPRESSION_NAME)
        refer(references, entity, expression->name);
    walk_value(references, entity, expression->value);
    for (const KjAstExpression *item = expression->items; item; item = item->next)
        walk_expression(references, entity, item);
}

static void report_cycle(const guint *path, guint length, gpointer data) {
    References *references = data;
    g_autoptr(GString) text = g_string_new(NULL);
    KjEntity *first = g_ptr_array_index(references->entities, path[0]);
    KjDiagnostic *cycle;

    for (guint i = 0; i < length; i++) {
        KjEntity *entity = g_ptr_array_index(references->entities, path[i]);
        entity->poisoned = TRUE;
        g_string_append_printf(text, "%s -> ", entity->module == first->module ? entity->name : entity->qualified);
    }
    g_string_append(text, first->name);
    cycle = kj_report(references->checker->diagnostics, first->kind == KJ_ENTITY_GROUP ? KJ_CODE_GROUP_CYCLE : KJ_CODE_LET_CYCLE,
                      first->declaration->name->span, first->name, text->str);
    kj_report_help(cycle,
                   first->kind == KJ_ENTITY_GROUP ? _("name the members in one of them instead") : _("write the value out in one of them"));
}

void kj_check_references(KjChecker *checker) {
    References references = { checker, g_ptr_array_new(), NULL };
    g_autofree guint *height = NULL, *order = NULL;

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            KjEntity *entity = g_ptr_array_index(module->entities, j);
            if (entity->kind != KJ_ENTITY_LET && entity->kind != KJ_ENTITY_GROUP)
                continue;
            entity->node = references.entities->len;
            g_ptr_array_add(references.entities, entity);
            if (!entity->declaration->value)
                entity->poisoned = TRUE;
        }
    }
    references.graph = kj_graph_new(references.entities->len);
    height = g_new0(guint, references.entities->len + 1);
    order = g_new0(guint, references.entities->len + 1);
    for (guint i = 0; i < references.entities->len; i++) {
        const KjEntity *entity = g_ptr_array_index(references.entities, i);
        walk_value(&references, entity, entity->declaration->value);
    }
    kj_graph_walk(references.graph, report_cycle, &references, order, height);
    for (guint i = 0; i < references.entities->len; i++) {
        KjEntity *entity = g_ptr_array_index(references.entities, order[i]);
        if (height[order[i]] == KJ_LIMIT_NESTING + 1 && !entity->poisoned)
            kj_report_help(
                kj_report(checker->diagnostics, KJ_CODE_LET_TOO_DEEP, entity->declaration->name->span, entity->name, KJ_LIMIT_NESTING),
                _("write some of the values out"));
        if (height[order[i]] > KJ_LIMIT_NESTING)
            entity->poisoned = TRUE;
        entity->used = FALSE;
    }
    kj_graph_free(references.graph);
    g_ptr_array_unref(references.entities);
}

/* ---- under a type ---- */

static gboolean report_kind(const KjScope *scope, const KjEntity *entity, KjSpan use, const char *what, const char *help) {
    KjDiagnostic *wrong = KJ_CHECK_REPORT(scope, KJ_CODE_LET_KIND, use, entity->name, what);

    kj_report_related(wrong, entity->declaration->name->span, _("declared here"));
    kj_report_help(wrong, "%s", help);
    return FALSE;
}

static gboolean is_value(const KjScope *scope, const KjEntity *entity, KjSpan use) {
    switch (entity->declaration->value->kind) {
    case KJ_VALUE_WHEN:
        return report_kind(scope, entity, use, _("a condition, not a value"), _("write it after `when` or `unless`"));
    case KJ_VALUE_WINDOW:
        return report_kind(scope, entity, use, _("a window of time, not a value"), _("write it after `during`"));
    case KJ_VALUE_RATE:
        return report_kind(scope, entity, use, _("a rate, not a value"), _("write it after `rate`"));
    default:
        return TRUE;
    }
}

const KjOperand *kj_let_resolve(const KjScope *scope, KjEntity *entity, const KjDataType *type, KjSpan use) {
    KjArena *arena = scope->checker->arena;
    KjScope inside = { .checker = scope->checker,
                       .module = entity->module,
                       .use = scope->in_let ? scope->use : use,
                       .in_let = TRUE,
                       .in_group = entity->kind == KJ_ENTITY_GROUP };
    KjDataType single = *type;
    KjResolution *resolution;
    KjOperand operand;

    single.set = FALSE;
    for (resolution = entity->resolutions; resolution; resolution = resolution->next) {
        if (kj_type_same(&resolution->type, &single))
            return resolution->operand;
    }
    resolution = kj_arena_new0(arena, KjResolution);
    resolution->type = single;
    resolution->next = entity->resolutions;
    entity->resolutions = resolution;
    if (!is_value(scope, entity, use))
        return NULL;
    if (kj_set_resolve(&inside, &resolution->type, entity->declaration->value, &operand)) {
        KjOperand *kept = kj_arena_new0(arena, KjOperand);
        *kept = operand;
        resolution->operand = kept;
    }
    return resolution->operand;
}

/* ---- what nobody used ---- */

/* The type that a value's first telling literal has; 0 when only a use could tell. */
static KjType guess(const KjAstValue *value) {
    KjType type = 0;

    if (!value)
        return 0;
    switch (value->kind) {
    case KJ_VALUE_INTEGER:
        return KJ_TYPE_INTEGER;
    case KJ_VALUE_SIZE:
        return KJ_TYPE_SIZE;
    case KJ_VALUE_DURATION:
        return KJ_TYPE_DURATION;
    case KJ_VALUE_ADDRESS:
        return KJ_TYPE_ADDRESS;
    case KJ_VALUE_DATE:
        return KJ_TYPE_DATE;
    case KJ_VALUE_BOOL:
        return KJ_TYPE_BOOL;
    case KJ_VALUE_SERVICE:
        return KJ_TYPE_SERVICE;
    case KJ_VALUE_STRING:
    case KJ_VALUE_CSV:
        return KJ_TYPE_TEXT;
    case KJ_VALUE_SET:
        for (const KjAstValue *item = value->items; item && !type; item = item->next)
            type = guess(item);
        return type;
    case KJ_VALUE_RANGE:
        type = guess(value->right);
        return type ? type : guess(value->left);
    case KJ_VALUE_NOT:
    case KJ_VALUE_MINUS:
        type = guess(value->left);
        return type ? type : guess(value->right);
    default:
        return 0;
    }
}

/* Whether only `during` can use the value: there is a window in it, or a weekday, or the name of such a value. Kept for each name, so that
 * lets that name each other again and again cost no more than their text. */
static gboolean has_window(KjModule *module, const KjAstValue *value) {
    gboolean blocked;
    KjEntity *entity;

    if (!value)
        return FALSE;
    if (value->kind == KJ_VALUE_WINDOW || kj_window_is_weekday(value))
        return TRUE;
    if (value->kind == KJ_VALUE_NAME) {
        entity = kj_names_value(module, value->name, &blocked);
        if (!entity || entity->poisoned)
            return FALSE;
        if (!entity->windowed)
            entity->windowed = has_window(entity->module, entity->declaration->value) ? 2 : 1;
        return entity->windowed == 2;
    }
    for (const KjAstValue *item = value->items; item; item = item->next) {
        if (has_window(module, item))
            return TRUE;
    }
    return (value->kind == KJ_VALUE_MINUS || value->kind == KJ_VALUE_NOT || value->kind == KJ_VALUE_RANGE)
           && (has_window(module, value->left) || has_window(module, value->right));
}

static void check_unused(KjChecker *checker, KjEntity *entity) {
    KjScope scope = { .checker = checker, .module = entity->module, .in_group = entity->kind == KJ_ENTITY_GROUP };
    KjDataType type = { .kind = entity->kind == KJ_ENTITY_GROUP ? KJ_TYPE_PRINCIPAL : guess(entity->declaration->value) };
    KjOperand ignored;

    if (has_window(entity->module, entity->declaration->value)) {
        kj_window_resolve(&scope, entity->declaration->value);
        return;
    }
    /* A service's protocol names belong to a field, so an unused one is left to its first use. */
    if (!type.kind || type.kind == KJ_TYPE_SERVICE)
        return;
    kj_type_bounds(&type);
    kj_set_resolve(&scope, &type, entity->declaration->value, &ignored);
}

void kj_check_unused_lets(KjChecker *checker) {
    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            KjEntity *entity = g_ptr_array_index(module->entities, j);
            if ((entity->kind == KJ_ENTITY_LET || entity->kind == KJ_ENTITY_GROUP) && !entity->used && !entity->poisoned)
                check_unused(checker, entity);
        }
    }
}
