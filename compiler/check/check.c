/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Syntax trees to the checked tree, as a list of steps, and the small helpers every step reports with.
 *
 * Each step is a file of this folder. A step may rely on everything the steps before it made, and must expect any of it to be missing
 * where an error was reported. The tree is always returned; it is whole only when no error was reported. Cost: linear in the source and
 * in the number of (let, type) pairs.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include <kijun/value.h>

static KjChecker *checker_new(KjArena *arena, KjSources *sources, KjDiagnostics *diagnostics) {
    KjChecker *checker = kj_arena_new0(arena, KjChecker);

    checker->arena = arena;
    checker->sources = sources;
    checker->diagnostics = diagnostics;
    checker->policy = kj_arena_new0(arena, KjPolicy);
    checker->policy->sources = sources;
    checker->owned = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    checker->modules = g_ptr_array_new();
    checker->standard_order = g_ptr_array_new();
    checker->blocks = g_ptr_array_new();
    checker->by_name = kj_check_table(checker);
    checker->standards = kj_check_table(checker);
    checker->zones = kj_check_table(checker);
    checker->reported = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    checker->columns = g_hash_table_new(NULL, NULL);
    g_ptr_array_add(checker->owned, checker->reported);
    g_ptr_array_add(checker->owned, checker->columns);
    checker->shared = kj_set_table();
    g_ptr_array_add(checker->owned, checker->shared);
    return checker;
}

static void checker_clear(KjChecker *checker) {
    for (guint i = 0; i < checker->modules->len; i++)
        g_ptr_array_unref(((KjModule *)g_ptr_array_index(checker->modules, i))->entities);
    g_ptr_array_unref(checker->modules);
    g_ptr_array_unref(checker->standard_order);
    g_ptr_array_unref(checker->blocks);
    g_ptr_array_unref(checker->owned);
}

static int compare_blocks(gconstpointer a, gconstpointer b) {
    const KjEntity *left = *(KjEntity *const *)a, *right = *(KjEntity *const *)b;
    return strcmp(left->qualified, right->qualified);
}

/* Links checked blocks in the order of their names. */
static KjBlock *linked(const GPtrArray *entities) {
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    KjBlock *first = NULL;

    for (guint i = 0; i < entities->len; i++) {
        KjEntity *entity = g_ptr_array_index(entities, i);
        if (entity->state)
            g_ptr_array_add(sorted, entity);
    }
    g_ptr_array_sort(sorted, compare_blocks);
    for (guint i = sorted->len; i > 0; i--) {
        KjBlock *block = ((KjEntity *)g_ptr_array_index(sorted, i - 1))->state->block;
        block->next = first;
        first = block;
    }
    return first;
}

static void check_blocks(KjChecker *checker, const GPtrArray *entities) {
    for (guint i = 0; i < entities->len; i++) {
        KjEntity *entity = g_ptr_array_index(entities, i);
        if (entity->state)
            kj_check_block(checker, entity->state);
    }
}

/* Lets, groups and types, before those that nobody used are looked through, which uses what they are made of. */
static void list_names(KjChecker *checker) {
    KjNamed **tail = &checker->policy->names;

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            const KjEntity *entity = g_ptr_array_index(module->entities, j);
            if (entity->kind != KJ_ENTITY_LET && entity->kind != KJ_ENTITY_GROUP && entity->kind != KJ_ENTITY_TYPE)
                continue;
            *tail = kj_arena_new0(checker->arena, KjNamed);
            **tail = (KjNamed){ NULL, entity->declaration, entity->used, entity->qualified, NULL };
            tail = &(*tail)->next;
        }
    }
}

/* Once every group was looked through, also those that nobody used. */
static void list_people(KjChecker *checker) {
    KjNamed *named = checker->policy->names;

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        for (guint j = 0; j < module->entities->len; j++) {
            const KjEntity *entity = g_ptr_array_index(module->entities, j);
            if (!named || named->declaration != entity->declaration)
                continue; /* a block */
            for (const KjResolution *resolution = entity->resolutions; resolution && entity->kind == KJ_ENTITY_GROUP;
                 resolution = resolution->next)
                if (resolution->type.kind == KJ_TYPE_PRINCIPAL && resolution->operand)
                    named->people = resolution->operand->set;
            named = named->next;
        }
    }
}

static void list_modules(KjChecker *checker) {
    KjPolicyModule *modules = kj_arena_newn(checker->arena, KjPolicyModule, checker->modules->len + 1);

    for (guint i = 0; i < checker->modules->len; i++) {
        const KjModule *module = g_ptr_array_index(checker->modules, i);
        modules[i] = (KjPolicyModule){ module->name, module->tier, { module->syntax->file, 0, 0 } };
        for (const KjAstDeclaration *d = module->syntax->declarations; d; d = d->next) {
            if (d->kind == KJ_DECLARATION_MODULE)
                modules[i].span = d->span;
        }
    }
    checker->policy->modules = modules;
    checker->policy->module_count = checker->modules->len;
}

KjPolicy *kj_check(KjArena *arena, KjSources *sources, KjAstModule *const *modules, guint count, guint flags,
                   KjDiagnostics *diagnostics) {
    KjChecker *checker = checker_new(arena, sources, diagnostics);
    KjPolicy *policy = checker->policy;

    checker->trial = (flags & KJ_CHECK_TRIAL) != 0;
    kj_check_modules(checker, modules, count);
    kj_check_uses(checker);
    kj_check_types(checker);
    kj_check_references(checker);
    kj_check_standard_order(checker);
    check_blocks(checker, checker->standard_order);
    check_blocks(checker, checker->blocks);
    policy->standards = linked(checker->standard_order);
    policy->blocks = linked(checker->blocks);
    kj_check_exceptions(checker);
    kj_check_restored(checker);
    kj_check_enforcements(checker);
    kj_check_tests(checker);
    list_names(checker);
    list_modules(checker);
    kj_check_unused_lets(checker);
    list_people(checker);
    if (flags & KJ_CHECK_FINDINGS)
        kj_check_findings(checker);
    checker_clear(checker);
    return policy;
}

/* ---- finding blocks ---- */

const KjBlock *kj_policy_find_block(const KjPolicy *policy, const char *name, GError **error) {
    const KjBlock *found = NULL;
    g_autoptr(GString) known = g_string_new(NULL);
    guint count = 0;

    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        if (strcmp(block->qualified, name) == 0)
            return block;
        if (strcmp(block->name, name) == 0) {
            found = block;
            count++;
        }
        g_string_append_printf(known, "%s%s", known->len ? ", " : "", block->qualified);
    }
    if (count == 1)
        return found;
    if (count > 1)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("several blocks are called `%s`; write one of %s"), name, known->str);
    else if (known->len)
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("there is no block `%s`; there are %s"), name, known->str);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("there is no block `%s`; there are none at all"), name);
    return NULL;
}

/* ---- helpers ---- */

GHashTable *kj_check_table(KjChecker *checker) {
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_add(checker->owned, table);
    return table;
}

/* FALSE when this code was already reported at this place. */
static gboolean is_first(KjChecker *checker, KjCode code, KjSpan span) {
    return g_hash_table_add(checker->reported, g_strdup_printf("%u %u %u %u", (guint)code, span.file, span.start, span.end));
}

KjDiagnostic *kj_check_report(const KjScope *scope, KjCode code, KjSpan span, ...) {
    KjDiagnostics *diagnostics = scope->checker->diagnostics;
    KjDiagnostic *diagnostic;
    va_list arguments;

    if (!is_first(scope->checker, code, span))
        return kj_report_scrap(diagnostics);
    va_start(arguments, span);
    diagnostic = kj_report_list(diagnostics, code, scope->in_let ? scope->use : span, arguments);
    va_end(arguments);
    if (scope->in_let)
        kj_report_related(diagnostic, span, _("the value comes from here"));
    return diagnostic;
}

KjDiagnostic *kj_check_tell(KjChecker *checker, KjCode code, KjSpan span, ...) {
    KjDiagnostic *diagnostic;
    va_list arguments;

    if (!is_first(checker, code, span))
        return kj_report_scrap(checker->diagnostics);
    va_start(arguments, span);
    diagnostic = kj_report_list(checker->diagnostics, code, span, arguments);
    va_end(arguments);
    return diagnostic;
}

const char *kj_check_value_text(KjChecker *checker, const KjAstValue *value) {
    g_autoptr(GString) text = g_string_new(NULL);

    kj_print_value(value, text);
    if (text->len > 80) {
        const char *end = g_utf8_find_prev_char(text->str, text->str + 77);
        g_string_truncate(text, (gsize)(end - text->str));
        g_string_append(text, "...");
    }
    return kj_arena_strdup(checker->arena, text->str);
}

const char *kj_check_list_text(KjChecker *checker, const char *const *names) {
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; names[i]; i++) {
        if (i == 8) {
            g_string_append(text, _(" and others"));
            break;
        }
        g_string_append_printf(text, "%s`%s`", i == 0 ? "" : names[i + 1] ? _(", ") : _(" or "), names[i]);
    }
    return kj_arena_strdup(checker->arena, text->str);
}

static const char *bounded_text(KjChecker *checker, const char *what, const KjDataType *type) {
    g_autoptr(GString) low = g_string_new(NULL), high = g_string_new(NULL);
    KjDataType whole = { .kind = type->kind };

    kj_type_bounds(&whole);
    if (type->low == whole.low && type->high == whole.high)
        return kj_arena_strdup(checker->arena, what);
    kj_value_print(type->kind, kj_ordinal_number(type->low), low);
    kj_value_print(type->kind, kj_ordinal_number(type->high), high);
    return kj_arena_printf(checker->arena, _("%s from %s to %s"), what, low->str, high->str);
}

const char *kj_check_type_text(KjChecker *checker, const KjDataType *type) {
    switch (type->kind) {
    case KJ_TYPE_BOOL:
        return _("`true` or `false`");
    case KJ_TYPE_INTEGER:
        return bounded_text(checker, _("a whole number"), type);
    case KJ_TYPE_SIZE:
        return bounded_text(checker, _("a size such as 10MB"), type);
    case KJ_TYPE_DURATION:
        return bounded_text(checker, _("a duration such as 90d"), type);
    case KJ_TYPE_DATE:
        return bounded_text(checker, _("a date such as 2026-12-31"), type);
    case KJ_TYPE_ADDRESS:
        return _("an IP address or prefix");
    case KJ_TYPE_SERVICE:
        return _("a service such as 443/tcp");
    case KJ_TYPE_PATH:
        return _("a path such as \"/residents/**\"");
    case KJ_TYPE_MAIL:
        return _("a mail address or domain in quotation marks");
    case KJ_TYPE_PRINCIPAL:
        return _("the name of a person in quotation marks, or a group");
    case KJ_TYPE_TEXT:
        return _("a text in quotation marks");
    case KJ_TYPE_SYMBOL:
        if (type->symbols)
            return kj_arena_printf(checker->arena, _("one of %s"), kj_check_list_text(checker, type->symbols));
        return _("a name");
    case KJ_TYPE_NAMED:
        break;
    }
    g_assert_not_reached();
}

void kj_check_did_you_mean(KjDiagnostic *diagnostic, const char *word, const char *const *candidates) {
    const char *near = kj_did_you_mean(word, candidates);

    if (near)
        kj_report_help(diagnostic, _("did you mean `%s`?"), near);
}

static int compare_texts(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *kj_check_keys(KjChecker *checker, GHashTable *table) {
    guint count = g_hash_table_size(table), i = 0;
    const char **keys = kj_arena_newn(checker->arena, const char *, count + 1);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        keys[i++] = key;
    qsort(keys, count, sizeof *keys, compare_texts);
    return keys;
}
