/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits: that a chain of buckets is exactly `limit rate N/W burst B per FIELDS` of one rule.
 *
 * A rule's limit is one chain: lines that take from a bucket and accept, then one that drops what is left. That is a limit only if
 *     - no packet that one bucket refuses gets a second chance from another: the lines' packets are apart, by family or protocol;
 *     - two values of the key never share a bucket and one value never has two: each line's key holds every field of `per`, or its packets
 * all lack that field; and lines with buckets of their own differ in some field of `per`;
 *     - a bucket is forgotten only when it must be full again anyway;
 *     - what is beyond the rate is logged as what is within it.
 * Which rule's counter it is, is said by the name of the limit or set: the label with what nft cannot spell as its code point between dots,
 * `-` behind a word of nft, `per-` before a set, and family and kind behind where there are several. Two rules with one bucket, or one with
 * two, are so found.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

static const struct {
    const char *name;
    guint64 seconds;
} units[] = { { "second", 1 }, { "minute", 60 }, { "hour", 3600 }, { "day", 86400 }, { "week", 604800 } };

static const struct {
    const char *name;
    guint64 bytes; /* 0: packets */
} amounts[] = { { "packets", 0 }, { "bytes", 1 }, { "kbytes", 1024 }, { "mbytes", 1048576 } };

/* ---- rates ---- */

static gboolean read_amount(KjBack *back, JsonObject *limit, const char *number_member, const char *unit_member, guint64 *number,
                            gboolean *bytes) {
    const char *unit = "packets";
    if (!kj_back_number(back, limit, number_member, number))
        return FALSE;
    if (json_object_has_member(limit, unit_member) && !kj_back_text(back, limit, unit_member, &unit))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(amounts); i++) {
        if (strcmp(amounts[i].name, unit) == 0) {
            *bytes = amounts[i].bytes > 0;
            return g_uint64_checked_mul(number, *number, MAX(amounts[i].bytes, 1)) ? TRUE
                                                                                   : kj_back_refuse(back, _("a limit that is too large"));
        }
    }
    return kj_back_refuse(back, _("a limit in `%s` is not understood"), unit);
}

/* A bucket of packets is `burst` deep, one of bytes `burst` and what the rate gives in one unit. */
gboolean kj_back_read_rate(KjBack *back, JsonObject *limit, KjBackRate *rate) {
    const char *per;
    gboolean burst_bytes;
    JsonNode *inverted = json_object_get_member(limit, "inv");
    if (inverted)
        return kj_back_refuse(back, _("a limit that matches what is beyond it"));
    if (!kj_back_text(back, limit, "per", &per) || !read_amount(back, limit, "rate", "rate_unit", &rate->number, &rate->bytes) ||
        !read_amount(back, limit, "burst", "burst_unit", &rate->depth, &burst_bytes))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (strcmp(units[i].name, per) == 0)
            rate->seconds = units[i].seconds;
    if (rate->seconds == 0 || rate->number == 0 || rate->depth == 0 || burst_bytes != rate->bytes)
        return kj_back_refuse(back, _("this rate is not understood"));
    if (rate->bytes && !g_uint64_checked_add(&rate->depth, rate->depth, rate->number))
        return kj_back_refuse(back, _("a limit that is too large"));
    return TRUE;
}

/* ---- names ---- */

/* `.9580.` is U+9580. NULL when the name is no spelling of a label. */
static char *decode(const char *name, gsize length) {
    g_autoptr(GString) label = g_string_new(NULL);
    if (length > 1 && name[length - 1] == '-')
        length--;
    for (gsize i = 0; i < length; i++) {
        if (g_ascii_isalnum(name[i]) || name[i] == '_') {
            g_string_append_c(label, name[i]);
            continue;
        }
        char *end = NULL;
        guint64 character = name[i] == '.' && g_ascii_isxdigit(name[i + 1]) ? g_ascii_strtoull(name + i + 1, &end, 16) : 0;
        if (!end || *end != '.' || (gsize)(end - name) >= length || character > 0x10ffff || !g_unichar_validate((gunichar)character))
            return NULL;
        g_string_append_unichar(label, (gunichar)character);
        i = (gsize)(end - name);
    }
    return label->len ? g_string_free(g_steal_pointer(&label), FALSE) : NULL;
}

/* How much of a name is of a label: "web-v3" is the rule `web`, written third. */
static gsize without_version(const char *name, gsize length) {
    gsize digits = length;
    while (digits > 0 && g_ascii_isdigit(name[digits - 1]))
        digits--;
    return digits < length && digits > 2 && name[digits - 1] == 'v' && name[digits - 2] == '-' ? digits - 2 : length;
}

gboolean kj_back_name_bucket(KjBack *back, KjBackBucket *bucket, gboolean keyed) {
    const char *name = bucket->object;
    gsize length = strlen(name);
    gboolean numbered = length > 4 && name[length - 4] == '-' && g_ascii_isdigit(name[length - 3]) && name[length - 2] == '-' &&
                        g_ascii_isdigit(name[length - 1]);
    if (keyed && (!g_str_has_prefix(name, "per-") || !numbered))
        return kj_back_refuse(back, _("the set `%s` does not say whose limits it holds"), name);
    gsize before = keyed ? strlen("per-") : 0, behind = numbered ? strlen("-0-0") : 0;
    gsize whole = length - before - behind, own = without_version(name + before, whole);
    g_autofree char *label = decode(name + before, own);
    if (!label)
        return kj_back_refuse(back, _("the limit `%s` does not say whose it is"), name);
    bucket->label = g_strdup_printf("%s%.*s", label, (int)(whole - own), name + before + own);
    kj_back_own(back, bucket->label);
    return TRUE;
}

/* ---- one line ---- */

static gboolean add_key(KjBack *back, JsonNode *node, KjBackLine *line) {
    KjBackOperand operand = { .field = KJ_BACK_FIELDS };
    if (!kj_back_read_operand(back, node, &operand))
        return FALSE;
    KjBackField field = operand.field;
    if (field == KJ_BACK_FIELDS && operand.length == 16 && operand.protocol == 0)
        field = operand.offset == 0 ? KJ_BACK_SOURCE_PORT : operand.offset == 16 ? KJ_BACK_PORT : KJ_BACK_FIELDS;
    if (field != KJ_BACK_FROM && field != KJ_BACK_TO && field != KJ_BACK_PROTO && field != KJ_BACK_SOURCE_PORT && field != KJ_BACK_PORT &&
        field != KJ_BACK_IIF && field != KJ_BACK_OIF)
        return kj_back_refuse(back, _("a key of buckets that is not understood"));
    line->bucket->keys |= 1u << field;
    if (operand.family) {
        KjBackTest test = { .kind = KJ_BACK_COMPARES,
                            .field = KJ_BACK_FAMILY,
                            .points = kj_back_range(back, operand.family, operand.family) };
        g_array_append_val(line->tests, test);
    }
    return TRUE;
}

/* How long it takes to fill a bucket must not be longer than it is remembered. */
static gboolean check_timeout(KjBack *back, const KjBackSet *set, const KjBackRate *rate) {
    guint64 refill, remembered;
    if (!set->has_timeout)
        return TRUE;
    if (!g_uint64_checked_mul(&refill, rate->depth, rate->seconds) || !g_uint64_checked_mul(&remembered, set->timeout, rate->number))
        return kj_back_refuse(back, _("a limit that is too large"));
    return remembered >= refill ? TRUE : kj_back_refuse(back, _("the set `%s` forgets a bucket before it is full again"), set->name);
}

/* {"op": "update", "elem": KEY, "set": "@per-web-0-0", "stmt": [{"limit": ...}]} */
gboolean kj_back_read_bucket(KjBack *back, JsonObject *update, KjBackLine *line) {
    const char *op, *name;
    if (!kj_back_only(back, update, "op elem set stmt") || !kj_back_text(back, update, "op", &op) ||
        !kj_back_text(back, update, "set", &name))
        return FALSE;
    const KjBackSet *set = *name == '@' ? g_hash_table_lookup(back->sets, name + 1) : NULL;
    JsonNode *key = json_object_get_member(update, "elem"), *statements = json_object_get_member(update, "stmt");
    JsonArray *list = statements && JSON_NODE_HOLDS_ARRAY(statements) ? json_node_get_array(statements) : NULL;
    JsonNode *only = list && json_array_get_length(list) == 1 ? json_array_get_element(list, 0) : NULL;
    JsonObject *statement = only && JSON_NODE_HOLDS_OBJECT(only) ? json_node_get_object(only) : NULL;
    JsonNode *limit = statement ? json_object_get_member(statement, "limit") : NULL;
    if (strcmp(op, "update") != 0 || !set || set->points || !key || !limit || !JSON_NODE_HOLDS_OBJECT(limit))
        return kj_back_refuse(back, _("this set of buckets is not understood"));
    line->bucket = kj_back_own(back, g_new0(KjBackBucket, 1));
    line->bucket->object = set->name;
    if (!kj_back_only(back, statement, "limit") ||
        !kj_back_only(back, json_node_get_object(limit), "rate per burst rate_unit burst_unit inv") ||
        !kj_back_read_rate(back, json_node_get_object(limit), &line->bucket->rate) || !kj_back_name_bucket(back, line->bucket, TRUE) ||
        !check_timeout(back, set, &line->bucket->rate))
        return FALSE;
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(key) ? json_node_get_object(key) : NULL;
    JsonNode *parts = object ? json_object_get_member(object, "concat") : NULL;
    if (!parts)
        return add_key(back, key, line);
    if (!JSON_NODE_HOLDS_ARRAY(parts) || !kj_back_only(back, object, "concat"))
        return kj_back_refuse(back, _("a key of buckets that is not understood"));
    for (guint i = 0; i < json_array_get_length(json_node_get_array(parts)); i++)
        if (!add_key(back, json_array_get_element(json_node_get_array(parts), i), line))
            return FALSE;
    return TRUE;
}

/* ---- a chain of them ---- */

/* The packets of a line, by what can tell lines apart. */
typedef struct {
    const KjBackPoints *families, *protocols;
} Packets;

static gboolean line_packets(KjBack *back, const KjBackLine *line, Packets *packets) {
    *packets = (Packets){ kj_back_all(back, KJ_BACK_NFPROTO), kj_back_all(back, KJ_BACK_BYTE) };
    for (guint i = 0; i < line->tests->len; i++) {
        const KjBackTest *test = &g_array_index(line->tests, KjBackTest, i);
        if (test->kind == KJ_BACK_COMPARES && test->field == KJ_BACK_FAMILY)
            packets->families = kj_back_both(back, packets->families, test->points);
        else if (test->kind == KJ_BACK_COMPARES && test->field == KJ_BACK_PROTO)
            packets->protocols = kj_back_both(back, packets->protocols, test->points);
        else
            return kj_back_refuse(back, _("a bucket for packets told apart by more than family and protocol"));
    }
    return TRUE;
}

static gboolean lacks(KjBack *back, KjBackField field, const Packets *packets) {
    switch (field) {
    case KJ_BACK_SOURCE_PORT:
    case KJ_BACK_PORT:
        return kj_back_apart(back, packets->protocols, kj_back_ported(back));
    case KJ_BACK_IIF:
        return strcmp(back->hook, "output") == 0;
    case KJ_BACK_OIF:
        return strcmp(back->hook, "input") == 0;
    default:
        return FALSE;
    }
}

/* Every field of `per` is in the key, or in none of the packets; and what is in the key can be read of them. */
static gboolean check_key(KjBack *back, const KjBackBucket *bucket, const Packets *packets) {
    static const guint ports = 1u << KJ_BACK_SOURCE_PORT | 1u << KJ_BACK_PORT;
    for (guint field = 0; field <= KJ_BACK_OIF; field++)
        if ((bucket->per & ~bucket->keys) >> field & 1 && !lacks(back, (KjBackField)field, packets))
            return kj_back_refuse(back, _("one bucket for packets that other lines count apart"));
    if ((bucket->keys & ports) && !kj_back_within(back, packets->protocols, kj_back_ported(back)))
        return kj_back_refuse(back, _("a port as key, of protocols that have none"));
    return TRUE;
}

static gboolean told_apart(KjBack *back, const KjBackBucket *bucket, const Packets *a, const Packets *b) {
    gboolean protocols_apart = kj_back_apart(back, a->protocols, b->protocols);
    if ((bucket->per & (1u << KJ_BACK_FROM | 1u << KJ_BACK_TO)) && kj_back_apart(back, a->families, b->families))
        return TRUE;
    if ((bucket->per & 1u << KJ_BACK_PROTO) && protocols_apart)
        return TRUE;
    return (bucket->per & (1u << KJ_BACK_PORT | 1u << KJ_BACK_SOURCE_PORT)) && lacks(back, KJ_BACK_PORT, a) != lacks(back, KJ_BACK_PORT, b);
}

static gboolean check_pair(KjBack *back, const KjBackLine *a, const Packets *of_a, const KjBackLine *b, const Packets *of_b) {
    if (!kj_back_apart(back, of_a->families, of_b->families) && !kj_back_apart(back, of_a->protocols, of_b->protocols))
        return kj_back_refuse(back, _("packets beyond one bucket get another chance from the next"));
    if (strcmp(a->bucket->object, b->bucket->object) == 0 ? a->bucket->keys == b->bucket->keys : told_apart(back, a->bucket, of_a, of_b))
        return TRUE;
    return kj_back_refuse(back, _("the same key has two buckets"));
}

static gboolean check_line(KjBack *back, const KjBackLine *line, const KjBackLine *first, const KjBackLine *last) {
    const KjBackRate *rate = line->bucket ? &line->bucket->rate : NULL, *other = &first->bucket->rate;
    if (!line->bucket || line->verdict != KJ_BACK_ACCEPT)
        return kj_back_refuse(back, _("a line among buckets that takes from none and accepts"));
    if (strcmp(line->bucket->label, first->bucket->label) != 0)
        return kj_back_refuse(back, _("buckets of two rules in one chain"));
    if (rate->number != other->number || rate->seconds != other->seconds || rate->depth != other->depth || rate->bytes != other->bytes)
        return kj_back_refuse(back, _("two rates for one rule"));
    if (line->logs != last->logs || line->alerts != last->alerts)
        return kj_back_refuse(back, _("what is beyond the rate is not logged like what is within"));
    return TRUE;
}

static gboolean check_chain(KjBack *back, const KjBackChain *chain) {
    const KjBackLine *first = g_ptr_array_index(chain->lines, 0), *last = g_ptr_array_index(chain->lines, chain->lines->len - 1);
    guint count = chain->lines->len - 1, per = 0;
    g_autofree Packets *packets = g_new0(Packets, chain->lines->len);
    back->place = last->place;
    if (count == 0 || !first->bucket || last->bucket || last->tests->len > 0 || last->verdict != KJ_BACK_DROP)
        return kj_back_refuse(back, _("buckets that do not end in a drop"));
    for (guint i = 0; i < count; i++) {
        const KjBackLine *line = g_ptr_array_index(chain->lines, i);
        back->place = line->place;
        if (!check_line(back, line, first, last) || !line_packets(back, line, &packets[i]))
            return FALSE;
        per |= line->bucket->keys;
    }
    for (guint i = 0; i < count; i++) {
        const KjBackLine *line = g_ptr_array_index(chain->lines, i);
        back->place = line->place;
        line->bucket->per = per;
        if (!check_key(back, line->bucket, &packets[i]))
            return FALSE;
        for (guint j = 0; j < i; j++)
            if (!check_pair(back, g_ptr_array_index(chain->lines, j), &packets[j], line, &packets[i]))
                return FALSE;
    }
    back->place = NULL;
    return TRUE;
}

/* The rule and the objects of a chain's buckets are no other chain's. */
static gboolean check_owners(KjBack *back, const KjBackChain *chain, GHashTable *owners) {
    for (guint i = 0; i < chain->lines->len; i++) {
        const KjBackLine *line = g_ptr_array_index(chain->lines, i);
        if (!line->bucket)
            continue;
        g_autofree char *label = g_strconcat("label ", line->bucket->label, NULL),
                        *object = g_strconcat("object ", line->bucket->object, NULL);
        const KjBackChain *of_label = g_hash_table_lookup(owners, label), *of_object = g_hash_table_lookup(owners, object);
        back->place = line->place;
        if ((of_label && of_label != chain) || (of_object && of_object != chain))
            return kj_back_refuse(back, _("two chains take from the buckets of `%s`"), line->bucket->label);
        g_hash_table_insert(owners, g_steal_pointer(&label), (gpointer)chain);
        g_hash_table_insert(owners, g_steal_pointer(&object), (gpointer)chain);
    }
    back->place = NULL;
    return TRUE;
}

gboolean kj_back_check_buckets(KjBack *back) {
    g_autoptr(GHashTable) owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < back->order->len; i++) {
        const KjBackChain *chain = g_ptr_array_index(back->order, i);
        gboolean any = FALSE;
        for (guint l = 0; l < chain->lines->len; l++)
            any |= ((const KjBackLine *)g_ptr_array_index(chain->lines, l))->bucket != NULL;
        if (any && (!check_chain(back, chain) || !check_owners(back, chain, owners)))
            return FALSE;
    }
    return TRUE;
}
