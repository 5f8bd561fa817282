/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole list: `nft -j list ruleset` of a namespace in which nothing but the script was loaded.
 *
 * There must be one table and one base chain. Whatever else the list may hold (another table, a map, a flowtable, a member of an object
 * that is not known here) is refused: an enforcement that says more than was understood is not proved.
 */
#include <stdarg.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

gpointer kj_back_own(KjBack *back, gpointer memory) {
    g_ptr_array_add(back->owned, memory);
    return memory;
}

/* The first trouble is told; those that come of it are not. */
void kj_back_tell_refusal(KjBack *back, const char *format, ...) {
    va_list arguments;
    if (*back->error)
        return;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(back->error, KJ_ERROR, KJ_ERROR_TARGET, _("what is loaded cannot be read back: %s%s%s"), back->place ? back->place : "",
                back->place ? ": " : "", message);
}

gboolean kj_back_only(KjBack *back, JsonObject *object, const char *known) {
    g_autoptr(GList) members = json_object_get_members(object);
    g_auto(GStrv) words = g_strsplit(known, " ", -1);
    for (const GList *at = members; at; at = at->next)
        if (!g_strv_contains((const char *const *)words, at->data))
            return kj_back_refuse(back, _("`%s` is not understood"), (const char *)at->data);
    return TRUE;
}

gboolean kj_back_text(KjBack *back, JsonObject *object, const char *member, const char **text) {
    JsonNode *node = json_object_get_member(object, member);
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return kj_back_refuse(back, _("`%s` is not understood"), member);
    *text = json_node_get_string(node);
    return TRUE;
}

gboolean kj_back_number(KjBack *back, JsonObject *object, const char *member, guint64 *number) {
    JsonNode *node = json_object_get_member(object, member);
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 || json_node_get_int(node) < 0)
        return kj_back_refuse(back, _("`%s` is not understood"), member);
    *number = (guint64)json_node_get_int(node);
    return TRUE;
}

/* ---- what chains refer to ---- */

static gboolean read_set(KjBack *back, JsonObject *object, const char *name) {
    static const char *const flags_known[] = { "interval", "timeout", "dynamic", "constant", NULL };
    KjBackSet *set = kj_back_own(back, g_new0(KjBackSet, 1));
    JsonNode *flags = json_object_get_member(object, "flags"), *elements = json_object_get_member(object, "elem");
    if (!kj_back_only(back, object, "family name table type handle flags elem size timeout"))
        return FALSE;
    for (guint i = 0; flags && JSON_NODE_HOLDS_ARRAY(flags) && i < json_array_get_length(json_node_get_array(flags)); i++)
        if (!g_strv_contains(flags_known, json_array_get_string_element(json_node_get_array(flags), i)))
            return kj_back_refuse(back, _("a flag that is not understood"));
    if (flags && !JSON_NODE_HOLDS_ARRAY(flags))
        return kj_back_refuse(back, _("a flag that is not understood"));
    set->name = name;
    set->type = json_object_get_member(object, "type");
    set->has_timeout = json_object_has_member(object, "timeout");
    if (!set->type || (set->has_timeout && !kj_back_number(back, object, "timeout", &set->timeout)))
        return kj_back_refuse(back, _("a set without a type"));
    g_hash_table_insert(back->sets, (gpointer)name, set);
    if (!elements)
        return TRUE;
    if (set->has_timeout || !JSON_NODE_HOLDS_ARRAY(elements) || !JSON_NODE_HOLDS_VALUE(set->type))
        return kj_back_refuse(back, _("a set whose elements are not understood"));
    const char *type = json_node_get_string(set->type);
    KjBackValues values = g_strcmp0(type, "ipv4_addr") == 0 ? KJ_BACK_IPV4 : g_strcmp0(type, "ipv6_addr") == 0 ? KJ_BACK_IPV6 :
                          g_strcmp0(type, "inet_proto") == 0 ? KJ_BACK_BYTE : KJ_BACK_WORD;
    if (values == KJ_BACK_WORD && g_strcmp0(type, "inet_service") != 0)
        return kj_back_refuse(back, _("a set of `%s` is not understood"), type);
    set->points = kj_back_values(back, values, elements);
    return set->points != NULL;
}

static gboolean read_limit(KjBack *back, JsonObject *object, const char *name) {
    KjBackRate *rate = kj_back_own(back, g_new0(KjBackRate, 1));
    g_hash_table_insert(back->limits, (gpointer)name, rate);
    return kj_back_only(back, object, "family name table handle rate per burst rate_unit burst_unit inv") &&
           kj_back_read_rate(back, object, rate);
}

/* ---- chains ---- */

static gboolean read_base(KjBack *back, JsonObject *object, KjBackChain *chain) {
    const char *type, *policy;
    guint64 priority;
    if (back->base)
        return kj_back_refuse(back, _("a second base chain"));
    back->base = chain;
    if (!kj_back_text(back, object, "type", &type) || !kj_back_text(back, object, "hook", &back->hook) ||
        !kj_back_text(back, object, "policy", &policy) || !kj_back_number(back, object, "prio", &priority))
        return FALSE;
    if (strcmp(type, "filter") != 0 || priority != 0)
        return kj_back_refuse(back, _("a base chain that is not `type filter ... priority filter`"));
    if (strcmp(back->hook, "input") != 0 && strcmp(back->hook, "forward") != 0 && strcmp(back->hook, "output") != 0)
        return kj_back_refuse(back, _("the hook `%s` is not understood"), back->hook);
    chain->accepts = strcmp(policy, "accept") == 0;
    return chain->accepts || strcmp(policy, "drop") == 0 ? TRUE : kj_back_refuse(back, _("the policy `%s` is not understood"), policy);
}

static gboolean read_chain(KjBack *back, JsonObject *object, const char *name) {
    KjBackChain *chain = kj_back_own(back, g_new0(KjBackChain, 1));
    chain->name = name;
    chain->lines = g_ptr_array_new();
    g_ptr_array_add(back->order, chain);
    g_hash_table_insert(back->chains, (gpointer)name, chain);
    if (!json_object_has_member(object, "hook"))
        return kj_back_only(back, object, "family table name handle");
    return kj_back_only(back, object, "family table name handle type hook prio policy") && read_base(back, object, chain);
}

static gboolean read_rule(KjBack *back, JsonObject *object) {
    const char *name, *comment = NULL;
    guint64 handle;
    if (!kj_back_only(back, object, "family table chain handle comment expr") || !kj_back_text(back, object, "chain", &name) ||
        !kj_back_number(back, object, "handle", &handle))
        return FALSE;
    if (json_object_has_member(object, "comment") && !kj_back_text(back, object, "comment", &comment))
        return FALSE;
    KjBackChain *chain = g_hash_table_lookup(back->chains, name);
    KjBackLine *line = kj_back_own(back, g_new0(KjBackLine, 1));
    line->place = kj_back_own(back, g_strdup_printf("chain %s, rule %" PRIu64 "%s%s%s", name, handle, comment ? " (" : "",
                                                    comment ? comment : "", comment ? ")" : ""));
    for (char *c = line->place; *c; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    back->place = line->place;
    if (!chain)
        return kj_back_refuse(back, _("its chain is not in the list"));
    g_ptr_array_add(chain->lines, line);
    return kj_back_read_line(back, object, line) && kj_back_add_hidden(back, handle, line);
}

/* ---- the list ---- */

typedef enum { PASS_OBJECTS, PASS_RULES, PASSES } Pass;

static gboolean read_object(KjBack *back, Pass pass, const char *kind, JsonObject *object, guint *tables) {
    const char *name;
    guint64 version;
    if (strcmp(kind, "metainfo") == 0)
        return pass == PASS_RULES ||
               (kj_back_number(back, object, "json_schema_version", &version) &&
                (version == 1 || kj_back_refuse(back, _("version %" PRIu64 " of nft's JSON is not understood"), version)));
    if (strcmp(kind, "rule") == 0)
        return pass == PASS_OBJECTS || read_rule(back, object);
    if (pass == PASS_RULES)
        return TRUE;
    if (!kj_back_text(back, object, "name", &name))
        return FALSE;
    if (strcmp(kind, "table") == 0) {
        if (++*tables > 1)
            return kj_back_refuse(back, _("a second table, `%s`"), name);
        return kj_back_only(back, object, "family name handle");
    }
    if (strcmp(kind, "counter") == 0)
        return kj_back_only(back, object, "family name table handle packets bytes");
    if (strcmp(kind, "set") == 0)
        return read_set(back, object, name);
    if (strcmp(kind, "limit") == 0)
        return read_limit(back, object, name);
    if (strcmp(kind, "chain") == 0)
        return read_chain(back, object, name);
    return kj_back_refuse(back, _("a %s is not understood"), kind);
}

static gboolean read_entry(KjBack *back, Pass pass, JsonNode *node, guint *tables) {
    JsonObject *entry = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    g_autoptr(GList) members = entry ? json_object_get_members(entry) : NULL;
    JsonNode *inner = members && !members->next ? json_object_get_member(entry, members->data) : NULL;
    const char *kind = inner ? members->data : NULL;
    if (!inner || !JSON_NODE_HOLDS_OBJECT(inner))
        return kj_back_refuse(back, _("an entry that is not one object"));
    JsonObject *object = json_node_get_object(inner);
    const char *name = json_object_get_string_member_with_default(object, "name", ""), *family = NULL;
    g_autofree char *place = g_strdup_printf("%s %s", kind, name);
    back->place = place;
    gboolean read = strcmp(kind, "metainfo") == 0 ||
                    (kj_back_text(back, object, "family", &family) &&
                     (strcmp(family, "inet") == 0 || kj_back_refuse(back, _("the family `%s` is not understood"), family)));
    read = read && read_object(back, pass, kind, object, tables);
    back->place = NULL;
    return read;
}

gboolean kj_back_read_dump(KjBack *back, JsonNode *root) {
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *node = object ? json_object_get_member(object, "nftables") : NULL;
    JsonArray *list = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    guint tables = 0;
    if (!list)
        return kj_back_refuse(back, _("it is not nft's JSON"));
    if (!kj_back_only(back, object, "nftables"))
        return FALSE;
    for (Pass pass = PASS_OBJECTS; pass < PASSES; pass++)
        for (guint i = 0; i < json_array_get_length(list); i++)
            if (!read_entry(back, pass, json_array_get_element(list, i), &tables))
                return FALSE;
    return back->base ? TRUE : kj_back_refuse(back, _("there is no base chain"));
}
