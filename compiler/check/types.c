/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types: built in, ranges, enumerations, sets of them, and the workspace's own names for them.
 *
 * Two types are the same when their values are; a name adds nothing. The workspace's types are resolved once, each after those it is
 * made of, so that resolving a type never recurses through names.
 */
#include "check.h"

#include <string.h>

static const struct {
    const char *name;
    KjType kind;
} builtins[] = {
    { "bool", KJ_TYPE_BOOL }, { "integer", KJ_TYPE_INTEGER },     { "size", KJ_TYPE_SIZE },       { "duration", KJ_TYPE_DURATION },
    { "date", KJ_TYPE_DATE }, { "address", KJ_TYPE_ADDRESS },     { "service", KJ_TYPE_SERVICE }, { "path", KJ_TYPE_PATH },
    { "mail", KJ_TYPE_MAIL }, { "principal", KJ_TYPE_PRINCIPAL }, { "text", KJ_TYPE_TEXT },
};

static KjType builtin(const char *name) {
    for (guint i = 0; i < G_N_ELEMENTS(builtins); i++) {
        if (strcmp(builtins[i].name, name) == 0)
            return builtins[i].kind;
    }
    return 0;
}

void kj_type_bounds(KjDataType *type) {
    if (type->low != 0 || type->high != 0)
        return;
    switch (type->kind) {
    case KJ_TYPE_BOOL:
        type->high = 1;
        break;
    case KJ_TYPE_INTEGER:
    case KJ_TYPE_SIZE:
    case KJ_TYPE_DURATION:
        type->high = G_MAXINT64;
        break;
    case KJ_TYPE_DATE:
        type->high = KJ_LAST_DAY;
        break;
    case KJ_TYPE_SYMBOL:
        type->high = type->symbol_count ? type->symbol_count - 1 : 0;
        break;
    default:
        break;
    }
}

gboolean kj_type_is_line(const KjDataType *type) {
    switch (type->kind) {
    case KJ_TYPE_BOOL:
    case KJ_TYPE_INTEGER:
    case KJ_TYPE_SIZE:
    case KJ_TYPE_DURATION:
    case KJ_TYPE_DATE:
    case KJ_TYPE_ADDRESS:
        return TRUE;
    case KJ_TYPE_SYMBOL:
        return type->symbols != NULL;
    default:
        return FALSE;
    }
}

gboolean kj_type_is_ordered(const KjDataType *type) {
    switch (type->kind) {
    case KJ_TYPE_INTEGER:
    case KJ_TYPE_SIZE:
    case KJ_TYPE_DURATION:
    case KJ_TYPE_DATE:
        return !type->set;
    case KJ_TYPE_SYMBOL:
        return type->ordered && !type->set;
    default:
        return FALSE;
    }
}

KjInterval kj_type_whole(const KjDataType *type) {
    if (type->kind == KJ_TYPE_ADDRESS)
        return (KjInterval){ { 4, 0, 0 }, { 6, G_MAXUINT64, G_MAXUINT64 } };
    return (KjInterval){ kj_ordinal_number(type->low), kj_ordinal_number(type->high) };
}

gboolean kj_type_same(const KjDataType *a, const KjDataType *b) {
    if (a->kind != b->kind || a->set != b->set || a->low != b->low || a->high != b->high || a->ordered != b->ordered)
        return FALSE;
    if (a->numbers != b->numbers || a->symbol_count != b->symbol_count || (a->symbols == NULL) != (b->symbols == NULL))
        return FALSE;
    if (a->symbols == b->symbols)
        return TRUE;
    for (guint i = 0; i < a->symbol_count; i++) {
        if (strcmp(a->symbols[i], b->symbols[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

/* ---- from syntax ---- */

static const KjDataType *resolve_range(KjChecker *checker, const KjAstType *syntax) {
    static const struct {
        KjAstValueKind value;
        KjType kind;
    } kinds[] = { { KJ_VALUE_INTEGER, KJ_TYPE_INTEGER },
                  { KJ_VALUE_SIZE, KJ_TYPE_SIZE },
                  { KJ_VALUE_DURATION, KJ_TYPE_DURATION },
                  { KJ_VALUE_DATE, KJ_TYPE_DATE } };
    KjDataType *type = kj_arena_new0(checker->arena, KjDataType);

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (syntax->low->kind == kinds[i].value)
            type->kind = kinds[i].kind;
    }
    if (!type->kind || syntax->low->kind != syntax->high->kind) {
        KjDiagnostic *wrong = kj_report(checker->diagnostics, KJ_CODE_TYPE_RANGE, syntax->span);
        kj_report_help(wrong, _("a range type has two numbers, sizes, durations or dates: `0..100`"));
        return NULL;
    }
    if (syntax->low->number > syntax->high->number || syntax->high->number == 0) {
        KjDiagnostic *wrong = kj_report(checker->diagnostics, KJ_CODE_RANGE_BACKWARDS, syntax->span,
                                        kj_check_value_text(checker, syntax->low), kj_check_value_text(checker, syntax->high));
        kj_report_help(wrong, _("write the smaller one first"));
        return NULL;
    }
    type->low = syntax->low->number;
    type->high = syntax->high->number;
    return type;
}

static const KjDataType *resolve_enumeration(KjChecker *checker, const KjAstType *syntax) {
    KjDataType *type = kj_arena_new0(checker->arena, KjDataType);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint count = 0;
    gboolean good = TRUE;

    for (const KjAstName *name = syntax->values; name; name = name->next)
        count++;
    type->kind = KJ_TYPE_SYMBOL;
    type->ordered = syntax->ordered;
    type->symbols = kj_arena_newn(checker->arena, const char *, count + 1);
    for (const KjAstName *name = syntax->values; name; name = name->next) {
        if (!g_hash_table_add(seen, (gpointer)name->text)) {
            kj_report_help(kj_report(checker->diagnostics, KJ_CODE_ENUMERATION_TWICE, name->span, name->text), _("delete one of the two"));
            good = FALSE;
        }
        type->symbols[type->symbol_count++] = name->text;
    }
    kj_type_bounds(type);
    return good ? type : NULL;
}

static const KjDataType *resolve_set(KjChecker *checker, KjModule *module, const KjAstType *syntax) {
    const KjDataType *of = kj_type_resolve(checker, module, syntax->of);
    KjDataType *type;

    if (!of)
        return NULL;
    if (of->set) {
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_TYPE_NESTED, syntax->span),
                       _("a set holds single values: write `set of mail`"));
        return NULL;
    }
    type = kj_arena_new0(checker->arena, KjDataType);
    *type = *of;
    type->set = TRUE;
    return type;
}

static void report_unknown(KjChecker *checker, KjModule *module, const KjAstName *name) {
    KjDiagnostic *unknown = kj_report(checker->diagnostics, KJ_CODE_TYPE_UNKNOWN, name->span, name->text);
    const char *names[G_N_ELEMENTS(builtins) + 1] = { NULL };
    const char *near;

    for (guint i = 0; i < G_N_ELEMENTS(builtins); i++)
        names[i] = builtins[i].name;
    near = kj_did_you_mean(name->text, names);
    if (!near)
        near = kj_did_you_mean(name->text, kj_check_keys(checker, module->types));
    if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else
        kj_report_help(unknown, _("declare it with `type %s = { one, other };`, or use one of %s"), name->last,
                       kj_check_list_text(checker, names));
}

static const KjDataType *resolve_name(KjChecker *checker, KjModule *module, const KjAstName *name) {
    KjType kind = builtin(name->text);
    gboolean blocked;
    KjEntity *entity;

    if (kind) {
        KjDataType *type = kj_arena_new0(checker->arena, KjDataType);
        type->kind = kind;
        kj_type_bounds(type);
        return type;
    }
    entity = kj_names_type(module, name, &blocked);
    if (!entity && !blocked)
        report_unknown(checker, module, name);
    return entity ? entity->type : NULL;
}

const KjDataType *kj_type_resolve(KjChecker *checker, KjModule *module, const KjAstType *type) {
    switch (type->kind) {
    case KJ_AST_TYPE_NAME:
        return resolve_name(checker, module, type->name);
    case KJ_AST_TYPE_RANGE:
        return resolve_range(checker, type);
    case KJ_AST_TYPE_SET_OF:
        return resolve_set(checker, module, type);
    case KJ_AST_TYPE_ENUM:
        return resolve_enumeration(checker, type);
    }
    g_assert_not_reached();
}

/* ---- the workspace's types ---- */

static void report_cycle(const guint *path, guint length, gpointer data) {
    GPtrArray *types = data;
    g_autoptr(GString) text = g_string_new(NULL);
    KjEntity *first = g_ptr_array_index(types, path[0]);

    for (guint i = 0; i < length; i++) {
        KjEntity *entity = g_ptr_array_index(types, path[i]);
        entity->poisoned = TRUE;
        g_string_append_printf(text, "%s -> ", entity->name);
    }
    g_string_append(text, first->name);
    /* The checker rides at the end of the array. */
    KjChecker *checker = g_ptr_array_index(types, types->len - 1);
    kj_report_help(kj_report(checker->diagnostics, KJ_CODE_TYPE_CYCLE, first->declaration->name->span, first->name, text->str),
                   _("one of them must say what its values are"));
}

static void add_edges(KjGraph *graph, const KjEntity *entity) {
    const KjAstType *type = entity->declaration->type;
    gboolean blocked;

    while (type && type->kind == KJ_AST_TYPE_SET_OF)
        type = type->of;
    if (type && type->kind == KJ_AST_TYPE_NAME && !builtin(type->name->text)) {
        const KjEntity *other = kj_names_type(entity->module, type->name, &blocked);
        if (other)
            kj_graph_edge(graph, entity->node, other->node);
    }
}

static void check_builtin_name(KjChecker *checker, const KjEntity *entity) {
    if (builtin(entity->name))
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_TYPE_BUILTIN, entity->declaration->name->span, entity->name),
                       _("choose another name"));
}

void kj_check_types(KjChecker *checker) {
    g_autoptr(GPtrArray) types = g_ptr_array_new();
    g_autofree guint *order = NULL;
    g_autoptr(KjGraph) graph = NULL;
    guint count;

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            KjEntity *entity = g_ptr_array_index(module->entities, j);
            if (entity->kind == KJ_ENTITY_TYPE) {
                entity->node = types->len;
                g_ptr_array_add(types, entity);
                check_builtin_name(checker, entity);
            }
        }
    }
    count = types->len;
    graph = kj_graph_new(count);
    order = g_new0(guint, count + 1);
    for (guint i = 0; i < count; i++)
        add_edges(graph, g_ptr_array_index(types, i));
    g_ptr_array_add(types, checker);
    kj_graph_walk(graph, report_cycle, types, order, NULL);
    for (guint i = 0; i < count; i++) {
        KjEntity *entity = g_ptr_array_index(types, order[i]);
        if (!entity->poisoned && entity->declaration->type)
            entity->type = kj_type_resolve(checker, entity->module, entity->declaration->type);
        if (entity->type && !entity->type->name) {
            KjDataType *named = kj_arena_new0(checker->arena, KjDataType);
            *named = *entity->type;
            named->name = entity->qualified;
            entity->type = named;
        }
        if (!entity->type)
            entity->poisoned = TRUE;
    }
}
