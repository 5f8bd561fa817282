/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An AuthZEN Authorization API 1.0 evaluation request to the fields of the domain.
 *
 *     subject.id -> principal    action.name -> action    resource.id -> resource ("7" becomes "/7" under its type: "/document/7")
 *
 * The members of `subject.properties`, `action.properties`, `resource.properties` and `context` are the block's own fields by name; an
 * array is a set-valued field. A resource whose id is a path already ("/residents/7") is taken as it is. The specification asks to ignore
 * what nobody declared, so the sink is asked member by member and an unknown field is passed over, whatever its value. A field that two
 * members would set, or a property called `principal`, is refused by the sink: a field is given once.
 */
#include <string.h>

#include <kijun/translate.h>

#include "runtime/daemon/json.h"
#include "acl.h"

typedef struct {
    const KjJson *json;
    KjRequestSink *sink;
} Reading;

/* The string member of an object member: subject.id. NULL with an error. */
static const char *required_text(const KjJson *json, const char *entity, const char *member, GError **error) {
    const KjJsonValue *text = kj_json_member(json, kj_json_member(json, kj_json_root(json), entity), member);
    if (text && text->kind == KJ_JSON_STRING)
        return text->text;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: `%s.%s` must be a string"), entity, member);
    return NULL;
}

static gboolean is_scalar(const KjJsonValue *value) {
    return value->kind == KJ_JSON_STRING || value->kind == KJ_JSON_BOOL || value->kind == KJ_JSON_NUMBER;
}

static gboolean set_scalar(KjRequestSink *sink, const char *field, const KjJsonValue *value, GError **error) {
    g_autoptr(GError) problem = NULL;
    gboolean whole = value->kind != KJ_JSON_NUMBER || !strpbrk(value->text, ".eE");
    /* What no field takes is shown to the sink all the same, as a text: it tells whether there is such a field. */
    gboolean good = sink->set(sink, field, is_scalar(value) ? value->text : "", &problem);
    if (!good && (is_scalar(value) || g_error_matches(problem, KJ_ERROR, KJ_ERROR_UNKNOWN))) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (is_scalar(value) && whole)
        return TRUE;
    if (!is_scalar(value))
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` must be a string, a number, a boolean or an array of them"), field);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is not a whole number"), field);
    return FALSE;
}

static gboolean set_member(const Reading *reading, const KjJsonValue *member, GError **error) {
    g_autoptr(GError) problem = NULL;
    gboolean good = TRUE;
    if (member->kind == KJ_JSON_NULL)
        return TRUE;
    if (member->kind != KJ_JSON_ARRAY)
        good = set_scalar(reading->sink, member->name, member, &problem);
    else if (member->count == 0)
        good = reading->sink->set(reading->sink, member->name, NULL, &problem);
    else
        for (const KjJsonValue *item = kj_json_first(reading->json, member); item && good; item = kj_json_next(reading->json, item))
            good = set_scalar(reading->sink, member->name, item, &problem);
    if (good || g_error_matches(problem, KJ_ERROR, KJ_ERROR_UNKNOWN))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean set_properties(const Reading *reading, const KjJsonValue *object, const char *where, GError **error) {
    if (!object || object->kind == KJ_JSON_NULL)
        return TRUE;
    if (object->kind != KJ_JSON_OBJECT) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: `%s` must be an object"), where);
        return FALSE;
    }
    for (const KjJsonValue *member = kj_json_first(reading->json, object); member; member = kj_json_next(reading->json, member))
        if (!set_member(reading, member, error))
            return FALSE;
    return TRUE;
}

gboolean kj_acl_read_evaluation(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(KjJson) json = kj_json_parse(bytes, length, &problem);
    Reading reading = { json, sink };
    if (!json) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: %s"), problem->message);
        return FALSE;
    }
    const char *principal = required_text(json, "subject", "id", error);
    const char *action = principal ? required_text(json, "action", "name", error) : NULL;
    const char *resource = action ? required_text(json, "resource", "id", error) : NULL;
    const char *type = resource ? required_text(json, "resource", "type", error) : NULL;
    if (!type || !required_text(json, "subject", "type", error))
        return FALSE;
    g_autofree char *path = resource[0] == '/' ? g_strdup(resource) : g_strdup_printf("/%s/%s", type, resource);
    if (!sink->set(sink, "principal", principal, error) || !sink->set(sink, "action", action, error) ||
        !sink->set(sink, "resource", path, error))
        return FALSE;

    static const char *const entities[] = { "subject", "action", "resource" };
    const KjJsonValue *root = kj_json_root(json);
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        if (!set_properties(&reading, kj_json_member(json, kj_json_member(json, root, entities[i]), "properties"), "properties", error))
            return FALSE;
    return set_properties(&reading, kj_json_member(json, root, "context"), "context", error);
}
