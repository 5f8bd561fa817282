/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One comparison of nft's JSON: {"match": {"op", "left", "right"}}.
 *
 * nft hides what an expression implies: `ip saddr` implies the family, `tcp dport` and `icmp type` the protocol, and both are put back
 * here; what it hides besides, see bytecode.c. `th sport` is what nft calls the first 16 bits behind the IP header, whatever protocol they
 * belong to; what they mean is decided where the protocol is known (flatten.c).
 *
 * `X & 0 == 0` holds whenever X could be read: it asks whether so much of the header is there.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

static const struct {
    const char *key;
    KjBackField field;
    KjBackValues values;
} metas[] = {
    { "l4proto", KJ_BACK_PROTO, KJ_BACK_BYTE },  { "nfproto", KJ_BACK_FAMILY, KJ_BACK_NFPROTO }, { "hour", KJ_BACK_HOUR, KJ_BACK_CLOCK },
    { "day", KJ_BACK_DAY, KJ_BACK_WEEKDAY },     { "time", KJ_BACK_TIME, KJ_BACK_INSTANT },      { "iifname", KJ_BACK_IIF, 0 },
    { "oifname", KJ_BACK_OIF, 0 },
};

static const struct {
    const char *protocol, *field;
    KjBackOperand operand;
} payloads[] = {
    { "ip", "saddr", { .field = KJ_BACK_FROM, .values = KJ_BACK_IPV4, .family = 4 } },
    { "ip", "daddr", { .field = KJ_BACK_TO, .values = KJ_BACK_IPV4, .family = 4 } },
    { "ip6", "saddr", { .field = KJ_BACK_FROM, .values = KJ_BACK_IPV6, .family = 6 } },
    { "ip6", "daddr", { .field = KJ_BACK_TO, .values = KJ_BACK_IPV6, .family = 6 } },
    { "th", "sport", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_WORD, .offset = 0, .length = 16 } },
    { "th", "dport", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_WORD, .offset = 16, .length = 16 } },
    { "icmp", "type", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_BYTE, .offset = 0, .length = 8, .protocol = 1 } },
    { "icmp", "code", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_BYTE, .offset = 8, .length = 8, .protocol = 1 } },
    { "icmpv6", "type", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_BYTE, .offset = 0, .length = 8, .protocol = 58 } },
    { "icmpv6", "code", { .field = KJ_BACK_FIELDS, .values = KJ_BACK_BYTE, .offset = 8, .length = 8, .protocol = 58 } },
};

static const struct {
    const char *name;
    guint number;
} ported[] = { { "tcp", 6 }, { "udp", 17 }, { "dccp", 33 }, { "sctp", 132 }, { "udplite", 136 } };

const KjBackPoints *kj_back_ported(KjBack *back) {
    KjInterval intervals[G_N_ELEMENTS(ported)];
    for (guint i = 0; i < G_N_ELEMENTS(ported); i++)
        intervals[i] = (KjInterval){ kj_ordinal_number(ported[i].number), kj_ordinal_number(ported[i].number) };
    return kj_back_points(back, intervals, G_N_ELEMENTS(ported));
}

const KjBackPoints *kj_back_icmp(KjBack *back) {
    static const KjInterval intervals[] = { { { 0, 0, 1 }, { 0, 0, 1 } }, { { 0, 0, 58 }, { 0, 0, 58 } } };
    return kj_back_points(back, intervals, G_N_ELEMENTS(intervals));
}

/* ---- the left side ---- */

static JsonObject *member_object(JsonObject *object, const char *member) {
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static gboolean read_meta(KjBack *back, JsonObject *meta, KjBackOperand *operand) {
    const char *key;
    if (!kj_back_only(back, meta, "key") || !kj_back_text(back, meta, "key", &key))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(metas); i++) {
        if (strcmp(metas[i].key, key) == 0) {
            *operand = (KjBackOperand){ .field = metas[i].field, .values = metas[i].values };
            return TRUE;
        }
    }
    return kj_back_refuse(back, _("`meta %s` is not understood"), key);
}

static gboolean read_raw(KjBack *back, JsonObject *payload, KjBackOperand *operand) {
    const char *base;
    guint64 offset, length;
    if (!kj_back_only(back, payload, "base offset len") || !kj_back_text(back, payload, "base", &base) ||
        !kj_back_number(back, payload, "offset", &offset) || !kj_back_number(back, payload, "len", &length))
        return FALSE;
    if (strcmp(base, "th") != 0 || offset > 32 || length == 0 || length > 32)
        return kj_back_refuse(back, _("bits %" PRIu64 " to %" PRIu64 " of `%s` are not understood"), offset, offset + length, base);
    KjBackValues values = length == 8 ? KJ_BACK_BYTE : length == 16 ? KJ_BACK_WORD : KJ_BACK_LONG;
    *operand = (KjBackOperand){ .field = KJ_BACK_FIELDS, .values = values, .offset = (guint)offset, .length = (guint)length };
    return TRUE;
}

static gboolean read_payload(KjBack *back, JsonObject *payload, KjBackOperand *operand) {
    const char *protocol, *field;
    if (json_object_has_member(payload, "base"))
        return read_raw(back, payload, operand);
    if (!kj_back_only(back, payload, "protocol field") || !kj_back_text(back, payload, "protocol", &protocol) ||
        !kj_back_text(back, payload, "field", &field))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(payloads); i++) {
        if (strcmp(payloads[i].protocol, protocol) == 0 && strcmp(payloads[i].field, field) == 0) {
            *operand = payloads[i].operand;
            return TRUE;
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(ported); i++) {
        gboolean source = strcmp(field, "sport") == 0;
        if (strcmp(ported[i].name, protocol) == 0 && (source || strcmp(field, "dport") == 0)) {
            *operand = (KjBackOperand){ .field = KJ_BACK_FIELDS, .values = KJ_BACK_WORD, .offset = source ? 0 : 16, .length = 16,
                                        .protocol = ported[i].number };
            return TRUE;
        }
    }
    return kj_back_refuse(back, _("`%s %s` is not understood"), protocol, field);
}

gboolean kj_back_read_operand(KjBack *back, JsonNode *node, KjBackOperand *operand) {
    JsonObject *left = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonObject *inner;
    const char *key;
    if (left && (inner = member_object(left, "meta")))
        return kj_back_only(back, left, "meta") && read_meta(back, inner, operand);
    if (left && (inner = member_object(left, "payload")))
        return kj_back_only(back, left, "payload") && read_payload(back, inner, operand);
    if (left && (inner = member_object(left, "ct")) && kj_back_only(back, left, "ct") && kj_back_only(back, inner, "key") &&
        kj_back_text(back, inner, "key", &key) && strcmp(key, "state") == 0) {
        *operand = (KjBackOperand){ .field = KJ_BACK_STATE, .values = KJ_BACK_CT_STATE };
        return TRUE;
    }
    g_autofree char *text = json_to_string(node, FALSE);
    return kj_back_refuse(back, _("%s is not understood"), text);
}

/* ---- comparisons of a special form ---- */

static gboolean is_number(JsonNode *node, gint64 number) {
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 && json_node_get_int(node) == number;
}

static void add_test(GArray *tests, KjBackTest test) {
    g_array_append_val(tests, test);
}

/* `ip frag-off & 0x1fff != 0`, `X & 0 == 0`. */
static gboolean read_masked(KjBack *back, JsonArray *operands, gboolean negated, JsonNode *right, GArray *tests) {
    JsonNode *what = json_array_get_length(operands) == 2 ? json_array_get_element(operands, 0) : NULL;
    JsonNode *mask = what ? json_array_get_element(operands, 1) : NULL;
    JsonObject *payload = what && JSON_NODE_HOLDS_OBJECT(what) ? member_object(json_node_get_object(what), "payload") : NULL;
    KjBackOperand operand;
    if (!payload || !is_number(right, 0))
        return kj_back_refuse(back, _("this mask is not understood"));
    if (negated && is_number(mask, 8191) && g_strcmp0(json_object_get_string_member_with_default(payload, "protocol", NULL), "ip") == 0 &&
        g_strcmp0(json_object_get_string_member_with_default(payload, "field", NULL), "frag-off") == 0) {
        add_test(tests, (KjBackTest){ .kind = KJ_BACK_LATER, .family = 4 });
        return kj_back_only(back, payload, "protocol field");
    }
    if (negated || !is_number(mask, 0))
        return kj_back_refuse(back, _("this mask is not understood"));
    if (!kj_back_read_operand(back, what, &operand))
        return FALSE;
    if (operand.field != KJ_BACK_FIELDS || operand.protocol != 0)
        return kj_back_refuse(back, _("this mask is not understood"));
    add_test(tests, (KjBackTest){ .kind = KJ_BACK_HEADER, .offset = operand.offset, .length = operand.length });
    return TRUE;
}

static gboolean read_extension(KjBack *back, JsonObject *header, gboolean negated, JsonNode *right, GArray *tests) {
    const char *name, *field;
    if (!kj_back_only(back, header, "name field") || !kj_back_text(back, header, "name", &name) ||
        !kj_back_text(back, header, "field", &field))
        return FALSE;
    if (strcmp(name, "frag") != 0 || strcmp(field, "frag-off") != 0 || !negated || !is_number(right, 0))
        return kj_back_refuse(back, _("`%s %s` is not understood"), name, field);
    add_test(tests, (KjBackTest){ .kind = KJ_BACK_LATER, .family = 6 });
    return TRUE;
}

static gboolean is_plain_name(JsonNode *node) {
    const char *name = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
    return name && *name && !strpbrk(name, "*@\\\"\n"); /* `eth*` is any that begins so */
}

static gboolean read_interface(KjBack *back, KjBackField field, gboolean negated, JsonNode *right, GArray *tests) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(right) ? json_node_get_object(right) : NULL;
    JsonNode *set = object && json_object_has_member(object, "set") ? json_object_get_member(object, "set") : NULL;
    JsonArray *list = set && JSON_NODE_HOLDS_ARRAY(set) ? json_node_get_array(set) : NULL;
    for (guint i = 0; i < (list ? json_array_get_length(list) : 1); i++) {
        JsonNode *node = list ? json_array_get_element(list, i) : right;
        if (!is_plain_name(node))
            return kj_back_refuse(back, _("this is not the plain name of an interface"));
        g_ptr_array_add(names, g_strdup(json_node_get_string(node)));
    }
    g_ptr_array_add(names, NULL);
    KjBackTest test = {
        .kind = KJ_BACK_INTERFACE, .field = field, .negated = negated, .names = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE)
    };
    g_ptr_array_add(back->named, test.names);
    add_test(tests, test);
    return object ? kj_back_only(back, object, "set") : TRUE;
}

/* ---- the comparison ---- */

static const KjBackPoints *read_right(KjBack *back, const KjBackOperand *operand, const char *op, JsonNode *right) {
    const KjBackPoints *all = kj_back_all(back, operand->values);
    const KjBackPoints *points = kj_back_values(back, operand->values, right);
    gboolean moment = operand->field == KJ_BACK_TIME, single = points && points->count == 1;
    if (!points)
        return NULL;
    single = single && kj_ordinal_compare(points->intervals[0].low, points->intervals[0].high) == 0;
    /* `meta time` counts nanoseconds: only these two are whole seconds. */
    if (moment && single && strcmp(op, ">=") == 0)
        return kj_back_less(back, all,
                            points->intervals[0].low.low ? kj_back_range(back, 0, points->intervals[0].low.low - 1)
                                                         : kj_back_points(back, NULL, 0));
    if (moment && single && strcmp(op, "<") == 0)
        return points->intervals[0].low.low ? kj_back_range(back, 0, points->intervals[0].low.low - 1) : kj_back_points(back, NULL, 0);
    if (!moment && (strcmp(op, "==") == 0 || (strcmp(op, "in") == 0 && operand->field == KJ_BACK_STATE)))
        return points;
    if (!moment && strcmp(op, "!=") == 0 && operand->field != KJ_BACK_HOUR)
        return kj_back_less(back, all, points);
    kj_back_tell_refusal(back, _("the comparison `%s` is not understood here"), op);
    return NULL;
}

static gboolean read_plain(KjBack *back, JsonNode *left, const char *op, JsonNode *right, GArray *tests) {
    KjBackOperand operand = { .field = KJ_BACK_FIELDS };
    gboolean negated = strcmp(op, "!=") == 0;
    if (!kj_back_read_operand(back, left, &operand))
        return FALSE;
    if (operand.field == KJ_BACK_IIF || operand.field == KJ_BACK_OIF)
        return negated || strcmp(op, "==") == 0 ? read_interface(back, operand.field, negated, right, tests)
                                                : kj_back_refuse(back, _("the comparison `%s` is not understood here"), op);
    if (operand.field == KJ_BACK_FIELDS && operand.length != 8 && operand.length != 16 && operand.length != 32)
        return kj_back_refuse(back, _("a comparison of %u bits of the transport header is not understood"), operand.length);
    const KjBackPoints *points = read_right(back, &operand, op, right);
    if (!points)
        return FALSE;
    if (operand.protocol)
        add_test(tests, (KjBackTest){ .kind = KJ_BACK_COMPARES, .field = KJ_BACK_PROTO,
                                      .points = kj_back_range(back, operand.protocol, operand.protocol) });
    add_test(tests, (KjBackTest){ .kind = operand.field == KJ_BACK_FIELDS ? KJ_BACK_BYTES : KJ_BACK_COMPARES, .field = operand.field,
                                  .points = points, .offset = operand.offset, .length = operand.length });
    return TRUE;
}

gboolean kj_back_read_match(KjBack *back, JsonObject *match, GArray *tests) {
    const char *op;
    JsonNode *left = json_object_get_member(match, "left"), *right = json_object_get_member(match, "right");
    if (!kj_back_only(back, match, "op left right") || !kj_back_text(back, match, "op", &op))
        return FALSE;
    if (!left || !right)
        return kj_back_refuse(back, _("a comparison without its two sides"));
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(left) ? json_node_get_object(left) : NULL;
    JsonNode *mask = object ? json_object_get_member(object, "&") : NULL;
    JsonObject *extension = object ? member_object(object, "exthdr") : NULL;
    gboolean negated = strcmp(op, "!=") == 0, equal = strcmp(op, "==") == 0;
    if (mask && JSON_NODE_HOLDS_ARRAY(mask) && (negated || equal))
        return kj_back_only(back, object, "&") && read_masked(back, json_node_get_array(mask), negated, right, tests);
    if (extension)
        return kj_back_only(back, object, "exthdr") && read_extension(back, extension, negated, right, tests);
    return read_plain(back, left, op, right, tests);
}
