/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AuthZEN bodies: see authzen_read.h. Everything about entities stands in one table, and a search is the table with one member less. */
#include "authzen_read.h"

#include <string.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

/* The entities of an evaluation, their texts, and the search that leaves the last text out. */
static const struct {
    const char *name;
    const char *texts[3];
    KjAuthzenKind searched_by;
} entities[] = {
    { "subject", { "type", "id", NULL }, KJ_AUTHZEN_SUBJECTS },
    { "action", { "name", NULL, NULL }, KJ_AUTHZEN_ACTIONS },
    { "resource", { "type", "id", NULL }, KJ_AUTHZEN_RESOURCES },
};

static const struct {
    const char *name;
    KjAuthzenSemantic semantic;
} semantics[] = {
    { "execute_all", KJ_AUTHZEN_ALL },
    { "deny_on_first_deny", KJ_AUTHZEN_UNTIL_DENY },
    { "permit_on_first_permit", KJ_AUTHZEN_UNTIL_PERMIT },
};

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (error)
        *error = g_error_new_valist(KJ_ERROR, KJ_ERROR_VALUE, format, arguments);
    va_end(arguments);
    return FALSE;
}

/* A member; null is as good as none, for programs write what they do not have as null. */
static const KjJsonValue *member_of(const KjJson *json, const KjJsonValue *object, const char *name) {
    const KjJsonValue *member = kj_json_member(json, object, name);
    return member && member->kind != KJ_JSON_NULL ? member : NULL;
}

/* What an item says about an entity, and what the top says. Without an item there is only the top. */
static const KjJsonValue *own_entity(const KjAuthzenAsked *asked, const KjJsonValue *item, const char *name) {
    return member_of(asked->json, item ? item : kj_json_root(asked->json), name);
}

static const KjJsonValue *default_entity(const KjAuthzenAsked *asked, const KjJsonValue *item, const char *name) {
    return item ? member_of(asked->json, kj_json_root(asked->json), name) : NULL;
}

static const KjJsonValue *find_text(const KjAuthzenAsked *asked, const KjJsonValue *item, const char *entity, const char *text) {
    const KjJsonValue *own = member_of(asked->json, own_entity(asked, item, entity), text);
    return own ? own : member_of(asked->json, default_entity(asked, item, entity), text);
}

const char *kj_authzen_text(const KjAuthzenAsked *asked, const KjJsonValue *item, const char *entity, const char *member) {
    const KjJsonValue *text = find_text(asked, item, entity, member);
    return text && text->kind == KJ_JSON_STRING ? text->text : NULL;
}

/* ---- what must be there ---- */

static gboolean check_object(const KjAuthzenAsked *asked, const KjJsonValue *in, const char *name, const char *where, GError **error) {
    const KjJsonValue *value = member_of(asked->json, in, name);
    return !value || value->kind == KJ_JSON_OBJECT || fail(error, _("`%s%s` must be an object"), where, name);
}

static gboolean check_entity(const KjAuthzenAsked *asked, const KjJsonValue *item, guint e, GError **error) {
    const char *name = entities[e].name;
    gboolean searched = entities[e].searched_by == asked->kind;
    const KjJsonValue *own = own_entity(asked, item, name), *entity = own ? own : default_entity(asked, item, name);
    g_autofree char *where = g_strconcat(name, ".", NULL);
    if (searched && !entities[e].texts[1])
        return TRUE; /* an action that is searched has no other member; one that is there is ignored */
    if (!entity)
        return fail(error, _("`%s` is missing"), name);
    if (entity->kind != KJ_JSON_OBJECT)
        return fail(error, _("`%s` must be an object"), name);
    for (guint i = 0; entities[e].texts[i]; i++) {
        const char *text = entities[e].texts[i];
        const KjJsonValue *value = find_text(asked, item, name, text);
        if (searched && !entities[e].texts[i + 1])
            continue;
        if (!value)
            return fail(error, _("`%s%s` is missing"), where, text);
        if (value->kind != KJ_JSON_STRING)
            return fail(error, _("`%s%s` must be a string"), where, text);
    }
    return check_object(asked, entity, "properties", where, error);
}

static gboolean check_evaluation(const KjAuthzenAsked *asked, const KjJsonValue *item, GError **error) {
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        if (!check_entity(asked, item, i, error))
            return FALSE;
    return check_object(asked, item ? item : kj_json_root(asked->json), "context", "", error);
}

/* What an item may inherit must be an object even where every item brings its own: the body is wrong as a whole. */
static gboolean check_defaults(const KjAuthzenAsked *asked, GError **error) {
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        if (!check_object(asked, kj_json_root(asked->json), entities[i].name, "", error))
            return FALSE;
    return check_object(asked, kj_json_root(asked->json), "context", "", error);
}

static gboolean read_options(KjAuthzenAsked *asked, GError **error) {
    const KjJsonValue *root = kj_json_root(asked->json), *options = member_of(asked->json, root, "options");
    const KjJsonValue *semantic = member_of(asked->json, options, "evaluations_semantic");
    if (!check_object(asked, root, "options", "", error))
        return FALSE;
    asked->semantic = KJ_AUTHZEN_ALL;
    if (!semantic)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(semantics); i++) {
        if (semantic->kind == KJ_JSON_STRING && strcmp(semantic->text, semantics[i].name) == 0) {
            asked->semantic = semantics[i].semantic;
            return TRUE;
        }
    }
    return fail(error, _("`options.evaluations_semantic` must be `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`"));
}

static gboolean read_items(KjAuthzenAsked *asked, GError **error) {
    const KjJsonValue *items = member_of(asked->json, kj_json_root(asked->json), "evaluations");
    if (!read_options(asked, error))
        return FALSE;
    if (!items || (items->kind == KJ_JSON_ARRAY && items->count == 0))
        return check_evaluation(asked, NULL, error);
    if (items->kind != KJ_JSON_ARRAY)
        return fail(error, _("`%s` must be an array"), "evaluations");
    if (items->count > KJ_AUTHZEN_ITEMS_MAX)
        return fail(error, _("more than %u evaluations: send several requests"), KJ_AUTHZEN_ITEMS_MAX);
    for (const KjJsonValue *item = kj_json_first(asked->json, items); item; item = kj_json_next(asked->json, item))
        if (item->kind != KJ_JSON_OBJECT)
            return fail(error, _("each of `evaluations` must be an object"));
    asked->items = items;
    return check_defaults(asked, error);
}

static gboolean read_page(KjAuthzenAsked *asked, GError **error) {
    const KjJsonValue *root = kj_json_root(asked->json), *page = member_of(asked->json, root, "page");
    const KjJsonValue *limit = member_of(asked->json, page, "limit"), *token = member_of(asked->json, page, "token");
    guint64 wanted = KJ_AUTHZEN_PAGE_MAX;
    if (!check_object(asked, root, "page", "", error))
        return FALSE;
    if (token && token->kind != KJ_JSON_STRING)
        return fail(error, _("`%s` must be a string"), "page.token");
    if (limit && (limit->kind != KJ_JSON_NUMBER || !g_ascii_string_to_unsigned(limit->text, 10, 1, G_MAXINT64, &wanted, NULL)))
        return fail(error, _("`%s` must be a whole number above 0"), "page.limit");
    asked->page_limit = (guint)MIN(wanted, KJ_AUTHZEN_PAGE_MAX);
    asked->page_token = token ? token->text : "";
    return check_evaluation(asked, NULL, error);
}

KjAuthzenAsked *kj_authzen_read(KjAuthzenKind kind, const char *bytes, gsize length, GError **error) {
    g_autoptr(KjAuthzenAsked) asked = g_new0(KjAuthzenAsked, 1);
    gboolean good;
    asked->kind = kind;
    asked->json = kj_json_parse(bytes, length, error);
    if (!asked->json)
        return NULL;
    if (kj_json_root(asked->json)->kind != KJ_JSON_OBJECT)
        good = fail(error, _("the whole must be an object"));
    else if (kind == KJ_AUTHZEN_EVALUATION)
        good = check_evaluation(asked, NULL, error);
    else if (kind == KJ_AUTHZEN_EVALUATIONS)
        good = read_items(asked, error);
    else
        good = read_page(asked, error);
    return good ? g_steal_pointer(&asked) : NULL;
}

void kj_authzen_asked_free(KjAuthzenAsked *asked) {
    if (!asked)
        return;
    kj_json_free(asked->json);
    g_free(asked);
}

/* ---- evaluations of their own ---- */

static void append_name(GString *out, const char *name) {
    if (out->str[out->len - 1] != '{')
        g_string_append_c(out, ',');
    kj_json_append_text(out, name);
    g_string_append_c(out, ':');
}

/* The entity with the texts that only the default has; `candidate` stands for its last text. */
static void append_entity(const KjAuthzenAsked *asked, const KjJsonValue *item, guint e, const char *candidate, GString *out) {
    const KjJsonValue *own = own_entity(asked, item, entities[e].name), *fallback = default_entity(asked, item, entities[e].name);
    const KjJsonValue *entity = own ? own : fallback;
    guint last = entities[e].texts[1] ? 1 : 0;
    append_name(out, entities[e].name);
    g_string_append_c(out, '{');
    for (guint i = 0; i <= last; i++) {
        const KjJsonValue *text = find_text(asked, item, entities[e].name, entities[e].texts[i]);
        append_name(out, entities[e].texts[i]);
        if (candidate && i == last)
            kj_json_append_text(out, candidate);
        else
            kj_json_append_source(asked->json, text, out);
    }
    const KjJsonValue *properties = member_of(asked->json, entity, "properties");
    if (properties) {
        append_name(out, "properties");
        kj_json_append_source(asked->json, properties, out);
    }
    g_string_append_c(out, '}');
}

static void append_context(const KjAuthzenAsked *asked, const KjJsonValue *item, GString *out) {
    const KjJsonValue *own = own_entity(asked, item, "context"), *context = own ? own : default_entity(asked, item, "context");
    if (context) {
        append_name(out, "context");
        kj_json_append_source(asked->json, context, out);
    }
    g_string_append_c(out, '}');
}

gboolean kj_authzen_append_item(const KjAuthzenAsked *asked, const KjJsonValue *item, GString *out, GError **error) {
    if (!check_evaluation(asked, item, error))
        return FALSE;
    g_string_append_c(out, '{');
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        append_entity(asked, item, i, NULL, out);
    append_context(asked, item, out);
    return TRUE;
}

void kj_authzen_append_candidate(const KjAuthzenAsked *asked, const char *candidate, GString *out) {
    g_string_append_c(out, '{');
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        append_entity(asked, NULL, i, entities[i].searched_by == asked->kind ? candidate : NULL, out);
    append_context(asked, NULL, out);
}
