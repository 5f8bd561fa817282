/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One rule of a chain: comparisons first, then what happens to a packet for which all of them hold.
 *
 * nft evaluates statements from left to right and stops at the first that does not hold, so a counter, a log or a limit before a comparison
 * would act on packets the rule does not match. Such a rule is refused, and so is one without a verdict: it would act and decide nothing. A
 * counter is read by people and decides nothing; every other statement is understood or refused.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

static gboolean read_log(KjBack *back, JsonNode *node, KjBackLine *line) {
    JsonObject *log = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *text;
    if (line->logs || line->alerts)
        return kj_back_refuse(back, _("it logs twice"));
    line->logs = TRUE;
    if (!log)
        return JSON_NODE_HOLDS_NULL(node) ? TRUE : kj_back_refuse(back, _("this log is not understood"));
    if (!kj_back_only(back, log, "prefix level"))
        return FALSE;
    if (json_object_has_member(log, "prefix") && !kj_back_text(back, log, "prefix", &text))
        return FALSE;
    if (!json_object_has_member(log, "level"))
        return TRUE;
    if (!kj_back_text(back, log, "level", &text))
        return FALSE;
    line->alerts = strcmp(text, "alert") == 0;
    return line->alerts || strcmp(text, "warn") == 0 ? TRUE : kj_back_refuse(back, _("the log level `%s` is not understood"), text);
}

static gboolean read_counter(KjBack *back, JsonNode *node) {
    if (JSON_NODE_HOLDS_OBJECT(node))
        return kj_back_only(back, json_node_get_object(node), "packets bytes");
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? TRUE
               : kj_back_refuse(back, _("this counter is not understood"));
}

/* `limit name "web"`. A limit without a name cannot be told which rule it counts for. */
static gboolean read_limit(KjBack *back, JsonNode *node, KjBackLine *line) {
    const char *name = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
    const KjBackRate *rate = name ? g_hash_table_lookup(back->limits, name) : NULL;
    if (!rate)
        return kj_back_refuse(back, _("a limit that is not one of the table's named ones"));
    line->bucket = kj_back_own(back, g_new0(KjBackBucket, 1));
    line->bucket->object = name;
    line->bucket->rate = *rate;
    return kj_back_name_bucket(back, line->bucket, FALSE);
}

/* Only the answer that every protocol gets alike: ICMP "administratively prohibited". nft -n shows its number. */
static gboolean read_reject(KjBack *back, JsonNode *node) {
    JsonObject *reject = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *type;
    if (!reject || !kj_back_only(back, reject, "type expr") || !kj_back_text(back, reject, "type", &type) || strcmp(type, "icmpx") != 0)
        return kj_back_refuse(back, _("this way to reject is not understood"));
    JsonNode *how = json_object_get_member(reject, "expr");
    gboolean is_value = how && JSON_NODE_HOLDS_VALUE(how);
    if (is_value && json_node_get_value_type(how) == G_TYPE_INT64 && json_node_get_int(how) == 3)
        return TRUE;
    if (is_value && json_node_get_value_type(how) == G_TYPE_STRING && strcmp(json_node_get_string(how), "admin-prohibited") == 0)
        return TRUE;
    return kj_back_refuse(back, _("this way to reject is not understood"));
}

static const struct {
    const char *name;
    KjBackVerdict verdict;
} verdicts[] = { { "accept", KJ_BACK_ACCEPT }, { "drop", KJ_BACK_DROP }, { "reject", KJ_BACK_REJECT },
                 { "jump", KJ_BACK_JUMP },     { "goto", KJ_BACK_GOTO }, { "return", KJ_BACK_RETURN } };

static gboolean read_verdict(KjBack *back, const char *name, JsonNode *node, KjBackLine *line) {
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
        if (strcmp(verdicts[i].name, name) == 0)
            line->verdict = verdicts[i].verdict;
    switch (line->verdict) {
    case KJ_BACK_ACCEPT:
    case KJ_BACK_DROP:
    case KJ_BACK_RETURN:
        return JSON_NODE_HOLDS_NULL(node) ? TRUE : kj_back_refuse(back, _("`%s` is not understood"), name);
    case KJ_BACK_REJECT:
        return read_reject(back, node);
    case KJ_BACK_JUMP:
    case KJ_BACK_GOTO:
        if (!JSON_NODE_HOLDS_OBJECT(node))
            return kj_back_refuse(back, _("`%s` is not understood"), name);
        return kj_back_only(back, json_node_get_object(node), "target") &&
               kj_back_text(back, json_node_get_object(node), "target", &line->target);
    }
    return kj_back_refuse(back, _("`%s` is not understood"), name);
}

static gboolean read_statement(KjBack *back, JsonObject *statement, KjBackLine *line, gboolean *acts) {
    g_autoptr(GList) members = json_object_get_members(statement);
    const char *name = members && !members->next ? members->data : NULL;
    JsonNode *node = name ? json_object_get_member(statement, name) : NULL;
    if (!name)
        return kj_back_refuse(back, _("a statement that is not one thing"));
    if (line->verdict)
        return kj_back_refuse(back, _("`%s` behind a verdict"), name);
    if (strcmp(name, "match") == 0) {
        if (*acts)
            return kj_back_refuse(back, _("a comparison behind a statement that acts already"));
        return JSON_NODE_HOLDS_OBJECT(node) ? kj_back_read_match(back, json_node_get_object(node), line->tests)
                                            : kj_back_refuse(back, _("this comparison is not understood"));
    }
    gboolean limits = strcmp(name, "limit") == 0, updates = strcmp(name, "set") == 0;
    if ((limits || updates) && *acts)
        return kj_back_refuse(back, _("a limit behind a statement that acts already"));
    *acts = TRUE;
    if (strcmp(name, "counter") == 0)
        return read_counter(back, node);
    if (strcmp(name, "log") == 0)
        return read_log(back, node, line);
    if (limits)
        return read_limit(back, node, line);
    if (updates)
        return JSON_NODE_HOLDS_OBJECT(node) ? kj_back_read_bucket(back, json_node_get_object(node), line)
                                            : kj_back_refuse(back, _("this set is not understood"));
    return read_verdict(back, name, node, line);
}

gboolean kj_back_read_line(KjBack *back, JsonObject *rule, KjBackLine *line) {
    JsonNode *node = json_object_get_member(rule, "expr");
    JsonArray *statements = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    gboolean acts = FALSE;
    line->tests = g_array_new(FALSE, FALSE, sizeof(KjBackTest));
    g_ptr_array_add(back->arrays, line->tests);
    if (!statements)
        return kj_back_refuse(back, _("a rule without statements"));
    for (guint i = 0; i < json_array_get_length(statements); i++) {
        JsonNode *statement = json_array_get_element(statements, i);
        if (!JSON_NODE_HOLDS_OBJECT(statement) || !read_statement(back, json_node_get_object(statement), line, &acts))
            return kj_back_refuse(back, _("a statement that is not understood"));
    }
    return line->verdict ? TRUE : kj_back_refuse(back, _("a rule that decides nothing"));
}
