/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands on the right of a comparison in nft's JSON: a number, a text, {"range": [a, b]}, {"prefix": {"addr", "len"}}, {"set": [...]},
 * a list (ct state), or "@name" for a set of the table. Lists are made with `nft -n` and TZ=UTC, so protocols and states are numbers and
 * times are UTC.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

static const struct {
    const char *type; /* of a set */
    KjBackValues values;
} set_types[] = {
    { "ipv4_addr", KJ_BACK_IPV4 }, { "ipv6_addr", KJ_BACK_IPV6 }, { "inet_proto", KJ_BACK_BYTE }, { "inet_service", KJ_BACK_WORD }
};

static const guint state_bits[KJ_BACK_STATES] = {
    [KJ_BACK_NEW] = 8, [KJ_BACK_ESTABLISHED] = 2, [KJ_BACK_RELATED] = 4, [KJ_BACK_INVALID] = 1, [KJ_BACK_UNTRACKED] = 64
};

/* ---- single values ---- */

static gboolean read_address(int family, const char *text, KjOrdinal *value) {
    guint64 words[2] = { 0, 0 };
    guint32 word = 0;
    if (family == AF_INET) {
        if (inet_pton(AF_INET, text, &word) != 1)
            return FALSE;
        *value = (KjOrdinal){ 4, 0, GUINT32_FROM_BE(word) };
        return TRUE;
    }
    if (inet_pton(AF_INET6, text, words) != 1)
        return FALSE;
    *value = (KjOrdinal){ 6, GUINT64_FROM_BE(words[0]), GUINT64_FROM_BE(words[1]) };
    return TRUE;
}

/* "09:00" or "09:00:59". */
static gboolean read_clock(const char *text, KjOrdinal *value) {
    guint hours = 99, minutes = 99, seconds = 0;
    int end = 0;
    gsize length = strlen(text);
    if (length == 5 ? sscanf(text, "%2u:%2u%n", &hours, &minutes, &end) < 2
                    : sscanf(text, "%2u:%2u:%2u%n", &hours, &minutes, &seconds, &end) < 3)
        return FALSE;
    *value = kj_ordinal_number(hours * 3600 + minutes * 60 + seconds);
    return (gsize)end == length && hours < 24 && minutes < 60 && seconds < 60;
}

static gboolean read_instant(const char *text, KjOrdinal *value) {
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    gint64 seconds = time ? g_date_time_to_unix(time) : -1;
    g_autofree char *again = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;
    *value = kj_ordinal_number((guint64)seconds);
    return seconds >= 0 && strcmp(again, text) == 0;
}

static gboolean read_word(KjBackValues values, const char *text, KjOrdinal *value) {
    switch (values) {
    case KJ_BACK_IPV4:
        return read_address(AF_INET, text, value);
    case KJ_BACK_IPV6:
        return read_address(AF_INET6, text, value);
    case KJ_BACK_CLOCK:
        return read_clock(text, value);
    case KJ_BACK_INSTANT:
        return read_instant(text, value);
    default:
        return FALSE;
    }
}

static gboolean read_integer(KjBackValues values, gint64 number, KjOrdinal *value) {
    static const gint64 largest[] = { [KJ_BACK_BYTE] = 255, [KJ_BACK_WORD] = 65535, [KJ_BACK_LONG] = G_MAXUINT32, [KJ_BACK_WEEKDAY] = 6 };
    switch (values) {
    case KJ_BACK_BYTE:
    case KJ_BACK_WORD:
    case KJ_BACK_LONG:
    case KJ_BACK_WEEKDAY:
        *value = kj_ordinal_number((guint64)number);
        return number >= 0 && number <= largest[values];
    case KJ_BACK_NFPROTO: /* NFPROTO_IPV4, NFPROTO_IPV6 */
        *value = kj_ordinal_number(number == 2 ? 4 : 6);
        return number == 2 || number == 10;
    case KJ_BACK_CT_STATE:
        for (guint i = 0; i < KJ_BACK_STATES; i++) {
            if (state_bits[i] == number) {
                *value = kj_ordinal_number(i);
                return TRUE;
            }
        }
        return FALSE;
    default:
        return FALSE;
    }
}

static gboolean read_single(KjBack *back, KjBackValues values, JsonNode *node, KjOrdinal *value) {
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    if (type == G_TYPE_STRING ? read_word(values, json_node_get_string(node), value)
                              : type == G_TYPE_INT64 && read_integer(values, json_node_get_int(node), value))
        return TRUE;
    g_autofree char *text = json_to_string(node, FALSE);
    return kj_back_refuse(back, _("the value %s is not understood"), text);
}

/* ---- several ---- */

static gboolean read_range(KjBack *back, KjBackValues values, JsonNode *node, KjInterval *interval) {
    JsonArray *ends = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (!ends || json_array_get_length(ends) != 2)
        return kj_back_refuse(back, _("a range without two ends"));
    if (!read_single(back, values, json_array_get_element(ends, 0), &interval->low) ||
        !read_single(back, values, json_array_get_element(ends, 1), &interval->high))
        return FALSE;
    if (kj_ordinal_compare(interval->low, interval->high) > 0)
        return kj_back_refuse(back, _("a range that ends before it begins"));
    return TRUE;
}

static gboolean read_prefix(KjBack *back, KjBackValues values, JsonNode *node, KjInterval *interval) {
    guint bits = values == KJ_BACK_IPV4 ? 32 : 128;
    guint64 length, mask[2];
    JsonObject *prefix = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!prefix || (values != KJ_BACK_IPV4 && values != KJ_BACK_IPV6))
        return kj_back_refuse(back, _("a prefix where no address is"));
    if (!kj_back_only(back, prefix, "addr len") || !kj_back_number(back, prefix, "len", &length) ||
        !json_object_has_member(prefix, "addr") || !read_single(back, values, json_object_get_member(prefix, "addr"), &interval->low))
        return FALSE;
    if (length > bits)
        return kj_back_refuse(back, _("a prefix that is too long"));
    guint host = bits - (guint)length; /* bits that are free */
    mask[0] = host >= 128 ? G_MAXUINT64 : host > 64 ? (G_GUINT64_CONSTANT(1) << (host - 64)) - 1 : 0;
    mask[1] = host >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << host) - 1;
    if ((interval->low.high & mask[0]) || (interval->low.low & mask[1]))
        return kj_back_refuse(back, _("a prefix with bits set behind its length"));
    interval->high = interval->low;
    interval->high.high |= mask[0];
    interval->high.low |= mask[1];
    return TRUE;
}

static gboolean read_element(KjBack *back, KjBackValues values, JsonNode *node, GArray *intervals) {
    KjInterval interval;
    gboolean read;
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (!object) {
        read = read_single(back, values, node, &interval.low);
        interval.high = interval.low;
    } else if (json_object_has_member(object, "range")) {
        read = kj_back_only(back, object, "range") && read_range(back, values, json_object_get_member(object, "range"), &interval);
    } else {
        read = kj_back_only(back, object, "prefix") && read_prefix(back, values, json_object_get_member(object, "prefix"), &interval);
    }
    if (read)
        g_array_append_val(intervals, interval);
    return read;
}

static gboolean read_list(KjBack *back, KjBackValues values, JsonArray *list, GArray *intervals) {
    for (guint i = 0; i < json_array_get_length(list); i++)
        if (!read_element(back, values, json_array_get_element(list, i), intervals))
            return FALSE;
    return TRUE;
}

/* The set that "@name" means, when it holds such values. */
static const KjBackPoints *find_set(KjBack *back, KjBackValues values, const char *name) {
    const KjBackSet *set = g_hash_table_lookup(back->sets, name);
    const char *type = set && JSON_NODE_HOLDS_VALUE(set->type) ? json_node_get_string(set->type) : NULL;
    for (guint i = 0; type && set->points && i < G_N_ELEMENTS(set_types); i++)
        if (set_types[i].values == values && strcmp(set_types[i].type, type) == 0)
            return set->points;
    kj_back_tell_refusal(back, _("the set `%s` is not one of values that can be compared here"), name);
    return NULL;
}

const KjBackPoints *kj_back_values(KjBack *back, KjBackValues values, JsonNode *node) {
    g_autoptr(GArray) intervals = g_array_new(FALSE, FALSE, sizeof(KjInterval));
    gboolean is_text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    JsonArray *list = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    gboolean read;
    if (is_text && json_node_get_string(node)[0] == '@')
        return find_set(back, values, json_node_get_string(node) + 1);
    if (object && json_object_has_member(object, "set")) {
        JsonNode *members = json_object_get_member(object, "set");
        read = kj_back_only(back, object, "set");
        if (read && !JSON_NODE_HOLDS_ARRAY(members))
            read = kj_back_refuse(back, _("a set that is no list"));
        read = read && read_list(back, values, json_node_get_array(members), intervals);
    } else {
        read = list ? read_list(back, values, list, intervals) : read_element(back, values, node, intervals);
    }
    return read ? kj_back_points(back, (const KjInterval *)(const void *)intervals->data, intervals->len) : NULL;
}

const KjBackPoints *kj_back_all(KjBack *back, KjBackValues values) {
    static const KjInterval ipv4 = { { 4, 0, 0 }, { 4, 0, G_MAXUINT32 } }, ipv6 = { { 6, 0, 0 }, { 6, G_MAXUINT64, G_MAXUINT64 } };
    static const KjInterval families[] = { { { 0, 0, 4 }, { 0, 0, 4 } }, { { 0, 0, 6 }, { 0, 0, 6 } } };
    switch (values) {
    case KJ_BACK_IPV4:
        return kj_back_points(back, &ipv4, 1);
    case KJ_BACK_IPV6:
        return kj_back_points(back, &ipv6, 1);
    case KJ_BACK_NFPROTO:
        return kj_back_points(back, families, 2);
    case KJ_BACK_WORD:
        return kj_back_range(back, 0, 65535);
    case KJ_BACK_LONG:
        return kj_back_range(back, 0, G_MAXUINT32);
    case KJ_BACK_CT_STATE:
        return kj_back_range(back, 0, KJ_BACK_STATES - 1);
    case KJ_BACK_CLOCK:
        return kj_back_range(back, 0, 86399);
    case KJ_BACK_WEEKDAY:
        return kj_back_range(back, 0, 6);
    case KJ_BACK_INSTANT:
        return kj_back_range(back, 0, KJ_BACK_TIME_END - 1);
    case KJ_BACK_BYTE:
        break;
    }
    return kj_back_range(back, 0, 255);
}
