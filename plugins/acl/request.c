/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An AuthZEN Authorization API 1.0 evaluation request to the fields of the domain.
 *
 *     subject.id -> principal    action.name -> action    resource.id -> resource ("7" becomes "/7" under its type: "/document/7")
 *
 * The members of `subject.properties`, `action.properties`, `resource.properties` and `context` are the block's own fields by name; an
 * array is a set-valued field. A resource whose id is a path already ("/residents/7") is taken as it is. Unknown members are for
 * the sink to refuse or to ignore; the specification asks to ignore what nobody declared, so the sink is asked member by member and only
 * an unknown field is passed over.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include <kijun/translate.h>

#include "acl.h"

static gboolean fail(GError **error, const char *what) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: %s"), what);
    return FALSE;
}

/* The string member of an object member: subject.id. NULL with an error. */
static const char *required_text(JsonObject *request, const char *entity, const char *member, GError **error) {
    JsonNode *node = json_object_get_member(request, entity);
    JsonNode *text = node && JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), member) : NULL;
    if (text && JSON_NODE_HOLDS_VALUE(text) && json_node_get_value_type(text) == G_TYPE_STRING)
        return json_node_get_string(text);
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: `%s.%s` must be a string"), entity, member);
    return NULL;
}

static gboolean set_scalar(KjRequestSink *sink, const char *field, JsonNode *node, GError **error) {
    if (!JSON_NODE_HOLDS_VALUE(node)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` must be a string, a number, a boolean or an array of them"), field);
        return FALSE;
    }
    GType type = json_node_get_value_type(node);
    if (type == G_TYPE_STRING)
        return sink->set(sink, field, json_node_get_string(node), error);
    if (type == G_TYPE_BOOLEAN)
        return sink->set(sink, field, json_node_get_boolean(node) ? "true" : "false", error);
    if (type == G_TYPE_INT64) {
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
        return sink->set(sink, field, text, error);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` is not a whole number"), field);
    return FALSE;
}

static gboolean set_member(KjRequestSink *sink, const char *field, JsonNode *node, GError **error) {
    g_autoptr(GError) problem = NULL;
    gboolean good = TRUE;
    if (JSON_NODE_HOLDS_NULL(node))
        return TRUE;
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        guint count = json_array_get_length(array);
        if (count == 0)
            good = sink->set(sink, field, NULL, &problem);
        for (guint i = 0; i < count && good; i++)
            good = set_scalar(sink, field, json_array_get_element(array, i), &problem);
    } else {
        good = set_scalar(sink, field, node, &problem);
    }
    if (good || g_error_matches(problem, KJ_ERROR, KJ_ERROR_UNKNOWN))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean set_properties(KjRequestSink *sink, JsonNode *node, const char *where, GError **error) {
    if (!node)
        return TRUE;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: `%s` must be an object"), where);
        return FALSE;
    }
    JsonObjectIter iter;
    const char *name;
    JsonNode *value;
    json_object_iter_init_ordered(&iter, json_node_get_object(node));
    while (json_object_iter_next_ordered(&iter, &name, &value))
        if (!set_member(sink, name, value, error))
            return FALSE;
    return TRUE;
}

#define BRACKETS_MAX 1024u /* `{` and `[`, also in strings and comments: json-glib recurses on them, and a thousand are no request */

/* The number of a \uXXXX at `at`, or -1. */
static int escaped_unit(const char *bytes, gsize length, gsize at) {
    int unit = 0;
    if (length - at < 6 || bytes[at] != '\\' || bytes[at + 1] != 'u')
        return -1;
    for (gsize i = at + 2; i < at + 6; i++) {
        if (!g_ascii_isxdigit(bytes[i]))
            return -1;
        unit = unit << 4 | g_ascii_xdigit_value(bytes[i]);
    }
    return unit;
}

/* json-glib would end a string at \u0000, so that "sato\u0000x" were "sato", and make bytes that are no UTF-8 of half a surrogate pair, or of C's
 * octal escapes, which JSON does not know. A backslash stands nowhere but in strings, so they are looked for before anything is parsed. Deep
 * nesting would end the stack. */
static gboolean is_clean(const char *bytes, gsize length) {
    if (!g_utf8_validate_len(bytes, length, NULL))
        return FALSE;
    for (gsize at = 0, brackets = 0; at < length; at++) {
        brackets += bytes[at] == '{' || bytes[at] == '[';
        if (brackets > BRACKETS_MAX)
            return FALSE;
        if (bytes[at] != '\\')
            continue;
        if (at + 1 == length || !strchr("\"\\/bfnrtu", bytes[at + 1]) || !bytes[at + 1])
            return FALSE;
        int unit = escaped_unit(bytes, length, at), low = (unit & ~0x3ff) == 0xd800 ? escaped_unit(bytes, length, at + 6) : 0xdc00;
        if (unit == 0 || (unit < 0 && bytes[at + 1] == 'u') || (unit & ~0x3ff) == 0xdc00 || (low & ~0x3ff) != 0xdc00)
            return FALSE;
        at += unit < 0 ? 1 : (unit & ~0x3ff) == 0xd800 ? 11 : 5;
    }
    return TRUE;
}

/* json-glib keeps the last of two members of one name, another reader of the same bytes the first: who approved a request for `bob` must not have
 * sent one for `eve`. So each member that is read is counted, and an object that ends with fewer had one twice. */
typedef struct {
    GHashTable *counts; /* of JsonObject: members read */
    char *twice;        /* the first name found twice */
} Members;

static void count_member(JsonParser *parser, JsonObject *object, const char *name, gpointer data) {
    Members *members = data;
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(members->counts, object)) + 1;
    (void)parser;
    g_hash_table_insert(members->counts, object, GUINT_TO_POINTER(count));
    if (!members->twice && count > json_object_get_size(object))
        members->twice = g_strdup(name);
}

static gboolean parse(JsonParser *parser, const char *bytes, gsize length, GError **error) {
    g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
    g_autoptr(GError) problem = NULL;
    Members members = { counts, NULL };
    gulong handler = g_signal_connect(parser, "object-member", G_CALLBACK(count_member), &members);
    gboolean good = json_parser_load_from_data(parser, bytes, (gssize)length, &problem);
    g_autofree char *twice = members.twice;
    g_signal_handler_disconnect(parser, handler);
    if (!good) {
        g_autofree char *message = g_utf8_make_valid(problem->message, -1); /* json-glib quotes single bytes */
        return fail(error, message);
    }
    if (twice)
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not an AuthZEN evaluation request: the member `%s` stands twice in one object"), twice);
    return !twice;
}

gboolean kj_acl_read_evaluation(KjRequestSink *sink, const char *bytes, gsize length, GError **error) {
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (!is_clean(bytes, length))
        return fail(error, _("it holds a NUL, half a character, an escape that JSON does not know, or more than a thousand brackets"));
    if (length > G_MAXSSIZE)
        return fail(error, _("too long"));
    if (!parse(parser, bytes, length, error))
        return FALSE;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return fail(error, _("the whole must be an object"));
    JsonObject *request = json_node_get_object(root);

    const char *principal = required_text(request, "subject", "id", error);
    const char *action = principal ? required_text(request, "action", "name", error) : NULL;
    const char *resource = action ? required_text(request, "resource", "id", error) : NULL;
    const char *type = resource ? required_text(request, "resource", "type", error) : NULL;
    if (!type || !required_text(request, "subject", "type", error))
        return FALSE;
    g_autofree char *path = resource[0] == '/' ? g_strdup(resource) : g_strdup_printf("/%s/%s", type, resource);
    if (!sink->set(sink, "principal", principal, error) || !sink->set(sink, "action", action, error) || !sink->set(sink, "resource", path, error))
        return FALSE;

    static const char *const entities[] = { "subject", "action", "resource" };
    for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
        if (!set_properties(sink, json_object_get_member(json_object_get_object_member(request, entities[i]), "properties"), "properties", error))
            return FALSE;
    return set_properties(sink, json_object_get_member(request, "context"), "context", error);
}
