/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Modules and the names they declare.
 *
 * A module has three name spaces that the grammar keeps apart: values (lets and groups), types, and blocks. Standards are global. A
 * qualified name goes through one `use` of its module; a module also answers to the last part of its own name, so that a let can always
 * be told from a symbol of the same spelling. A name nothing has is told once for each module.
 */
#include "check.h"

#include <string.h>

static const char *const tiers[] = { "basic", "standard", "procedure", NULL };

static KjEntity *declare(KjChecker *checker, KjModule *module, KjEntityKind kind, GHashTable *table, const KjAstDeclaration *declaration) {
    KjEntity *entity = kj_arena_new0(checker->arena, KjEntity);
    const KjEntity *first = g_hash_table_lookup(table, declaration->name->text);

    entity->kind = kind;
    entity->name = declaration->name->text;
    entity->module = module;
    entity->declaration = declaration;
    entity->qualified = kind == KJ_ENTITY_STANDARD ? entity->name : kj_arena_printf(checker->arena, "%s.%s", module->name, entity->name);
    if (first) {
        KjDiagnostic *twice = kj_report(checker->diagnostics, KJ_CODE_NAME_TWICE, declaration->name->span, entity->name);
        kj_report_related(twice, first->declaration->name->span, _("first declared here"));
        kj_report_help(twice, _("rename one of the two"));
    } else {
        g_hash_table_insert(table, (gpointer)entity->name, entity);
    }
    g_ptr_array_add(module->entities, entity);
    return entity;
}

static void declare_module(KjChecker *checker, KjModule *module, const KjAstDeclaration *declaration, gboolean *seen) {
    if (*seen)
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_STATEMENT_TWICE, declaration->span, "module"), _("keep the first one"));
    else if (strcmp(declaration->name->text, module->name) != 0)
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_MODULE_NAME, declaration->name->span, module->name, declaration->name->text),
                       _("write `module %s`, or move the file"), module->name);
    *seen = TRUE;
    if (!declaration->alias)
        return;
    if (g_strv_contains(tiers, declaration->alias->text)) {
        module->tier = declaration->alias->text;
    } else {
        KjDiagnostic *unknown = kj_report(checker->diagnostics, KJ_CODE_TIER_UNKNOWN, declaration->alias->span, declaration->alias->text);
        kj_report_help(unknown, _("a tier is `basic`, `standard` or `procedure`"));
    }
}

static void declare_zone(KjChecker *checker, KjModule *module, const KjAstDeclaration *declaration, gboolean *seen) {
    const char *zone;

    if (*seen) {
        kj_report_help(kj_report(checker->diagnostics, KJ_CODE_STATEMENT_TWICE, declaration->span, "zone"), _("keep one of them"));
        return;
    }
    *seen = TRUE;
    zone = declaration->value ? kj_zone_check(checker, declaration->value->text, declaration->value->span) : NULL;
    if (zone)
        module->zone = zone;
}

static void declare_all(KjChecker *checker, KjModule *module) {
    gboolean seen_module = FALSE, seen_zone = FALSE;

    for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
        switch (d->kind) {
        case KJ_DECLARATION_MODULE:
            declare_module(checker, module, d, &seen_module);
            break;
        case KJ_DECLARATION_ZONE:
            declare_zone(checker, module, d, &seen_zone);
            break;
        case KJ_DECLARATION_LET:
            declare(checker, module, KJ_ENTITY_LET, module->values, d);
            break;
        case KJ_DECLARATION_GROUP:
            declare(checker, module, KJ_ENTITY_GROUP, module->values, d);
            break;
        case KJ_DECLARATION_TYPE:
            declare(checker, module, KJ_ENTITY_TYPE, module->types, d);
            break;
        case KJ_DECLARATION_BLOCK:
            g_ptr_array_add(checker->blocks, declare(checker, module, KJ_ENTITY_BLOCK, module->blocks, d));
            break;
        case KJ_DECLARATION_STANDARD:
            declare(checker, module, KJ_ENTITY_STANDARD, checker->standards, d);
            break;
        default:
            break;
        }
    }
}

static KjModule *module_new(KjChecker *checker, const KjAstModule *syntax) {
    KjModule *module = kj_arena_new0(checker->arena, KjModule);

    module->name = kj_sources_file(checker->sources, syntax->file)->module;
    module->tier = "procedure";
    module->zone = "UTC";
    module->syntax = syntax;
    module->index = checker->modules->len;
    module->values = kj_check_table(checker);
    module->types = kj_check_table(checker);
    module->blocks = kj_check_table(checker);
    module->uses = kj_check_table(checker);
    module->failed = kj_check_table(checker);
    module->entities = g_ptr_array_new();
    g_ptr_array_add(checker->modules, module);
    return module;
}

void kj_check_modules(KjChecker *checker, KjAstModule *const *modules, guint count) {
    for (guint i = 0; i < count; i++) {
        KjModule *module = module_new(checker, modules[i]);
        /* Two files of one module name were reported when they were read. */
        if (!g_hash_table_contains(checker->by_name, module->name))
            g_hash_table_insert(checker->by_name, (gpointer)module->name, module);
    }
    for (guint i = 0; i < count; i++)
        declare_all(checker, g_ptr_array_index(checker->modules, i));
}

/* ---- looking up ---- */

static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* The module a qualifier stands for; NULL with *blocked when its `use` was reported. */
static KjModule *qualified_module(KjModule *module, const char *qualifier, gboolean *blocked) {
    KjUse *use = g_hash_table_lookup(module->uses, qualifier);

    if (use) {
        use->used = TRUE;
        *blocked = use->module == NULL;
        return use->module;
    }
    return strcmp(qualifier, last_part(module->name)) == 0 ? module : NULL;
}

static KjEntity *find(KjModule *module, const KjAstName *name, gboolean types, gboolean *blocked) {
    KjModule *owner = name->qualifier ? qualified_module(module, name->qualifier, blocked) : module;
    KjEntity *entity;

    if (!owner)
        return NULL;
    entity = g_hash_table_lookup(types ? owner->types : owner->values, name->last);
    if (entity)
        entity->used = TRUE;
    else if (owner->syntax->damaged)
        *blocked = TRUE;
    if (entity && entity->poisoned) {
        *blocked = TRUE;
        return NULL;
    }
    return entity;
}

KjEntity *kj_names_value(KjModule *module, const KjAstName *name, gboolean *blocked) {
    *blocked = FALSE;
    return find(module, name, FALSE, blocked);
}

KjEntity *kj_names_type(KjModule *module, const KjAstName *name, gboolean *blocked) {
    *blocked = FALSE;
    return find(module, name, TRUE, blocked);
}

/* `block`, `alias.block`, or `module.block` in full. */
KjEntity *kj_names_block(KjChecker *checker, KjModule *module, const char *text, gboolean *blocked) {
    g_autofree char *qualifier = g_strdup(text);
    char *dot = strrchr(qualifier, '.');
    KjModule *owner = module;
    KjEntity *entity;

    *blocked = FALSE;
    if (dot) {
        *dot = '\0';
        owner = qualified_module(module, qualifier, blocked);
        if (!owner && !*blocked)
            owner = g_hash_table_lookup(checker->by_name, qualifier);
        if (!owner)
            return NULL;
    }
    entity = g_hash_table_lookup(owner->blocks, dot ? dot + 1 : text);
    if (!entity && owner->syntax->damaged)
        *blocked = TRUE;
    return entity;
}

static void report_qualifier(const KjScope *scope, const KjAstName *name, const KjDataType *type) {
    KjChecker *checker = scope->checker;
    KjDiagnostic *unknown = KJ_CHECK_TELL(checker, KJ_CODE_QUALIFIER_UNKNOWN, name->span, name->qualifier, name->text);
    const char *const *aliases = kj_check_keys(checker, scope->module->uses);
    const char *near = kj_did_you_mean(name->qualifier, aliases);

    if (near) {
        kj_report_help(unknown, _("did you mean `%s.%s`?"), near, name->last);
        return;
    }
    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *other = g_ptr_array_index(checker->modules, i);
        if (strcmp(other->name, name->qualifier) == 0 || strcmp(last_part(other->name), name->qualifier) == 0) {
            kj_report_help(unknown, _("write `use %s;` at the head of the file, and then `%s.%s`"), other->name, last_part(other->name),
                           name->last);
            return;
        }
    }
    if (!kj_suggest_value(unknown, name, type))
        kj_report_help(unknown, _("write `use MODULE as %s;` at the head of the file"), name->qualifier);
}

static void report_last(const KjScope *scope, const KjAstName *name, KjModule *owner, const KjDataType *type,
                        const char *const *candidates) {
    KjChecker *checker = scope->checker;
    KjDiagnostic *unknown = KJ_CHECK_TELL(checker, KJ_CODE_NAME_UNKNOWN, name->span, name->text);
    const char *near = candidates ? kj_did_you_mean(name->last, candidates) : NULL;

    if (!near)
        near = kj_did_you_mean(name->last, kj_check_keys(checker, owner->values));
    if (near && name->qualifier)
        kj_report_help(unknown, _("did you mean `%s.%s`?"), name->qualifier, near);
    else if (near)
        kj_report_help(unknown, _("did you mean `%s`?"), near);
    else if (name->qualifier)
        kj_report_help(unknown, _("declare it with `let %s = ...;` in the module `%s`"), name->last, owner->name);
    else if (!kj_suggest_value(unknown, name, type))
        kj_report_help(unknown, _("declare it with `let %s = ...;`, or put a text in quotation marks"), name->last);
}

void kj_names_unknown(const KjScope *scope, const KjAstName *name, const KjDataType *type, const char *const *candidates) {
    gboolean blocked = FALSE;
    KjModule *owner = name->qualifier ? qualified_module(scope->module, name->qualifier, &blocked) : scope->module;

    if (blocked || !g_hash_table_add(scope->module->failed, (gpointer)name->text))
        return;
    if (owner)
        report_last(scope, name, owner, type, candidates);
    else
        report_qualifier(scope, name, type);
}

KjEntity *kj_names_workspace_type(KjChecker *checker, KjModule *module, const char *name, gboolean *several) {
    KjEntity *found = g_hash_table_lookup(module->types, name);
    guint count = 0;
    GHashTableIter iter;
    gpointer value;

    *several = FALSE;
    if (found)
        return found;
    g_hash_table_iter_init(&iter, module->uses);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        KjUse *use = value;
        KjEntity *entity = use->module ? g_hash_table_lookup(use->module->types, name) : NULL;
        if (entity && entity != found) {
            found = entity;
            count++;
            use->used = TRUE;
        }
    }
    for (guint i = 0; i < checker->modules->len && count == 0; i++) {
        KjEntity *entity = g_hash_table_lookup(((KjModule *)g_ptr_array_index(checker->modules, i))->types, name);
        if (entity && found)
            *several = TRUE;
        found = entity ? entity : found;
    }
    *several = *several || count > 1;
    return *several ? NULL : found;
}
