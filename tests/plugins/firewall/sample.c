/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets aimed at the rules of a block, and what Kijun decides about them.
 *
 * A packet is made for a box of a rule: mostly from the edges of its intervals, sometimes one step outside, so that about half of the packets
 * meet the rule and the others just miss it. What a kernel would never carry to the hook is left out: martian addresses, extension headers that
 * pretend to be a protocol, and, where the kernel tracks flows, messages that cannot open one (an ICMP error without a flow is `invalid` to it
 * and no request to Kijun). The decision reads the same bytes that are sent, through the domain's own reader.
 */
#include <string.h>

#include "network.h"
#include "sample.h"

enum { FROM, TO, PROTO, PORT, SOURCE_PORT, ICMP_TYPE, ICMP_CODE, FIELDS };

static const char *const field_names[FIELDS] = { "from", "to", "proto", "port", "source_port", "icmp_type", "icmp_code" };

struct Sampler {
    KjTable *table;
    guint block_index;
    KjBlockView block;
    GRand *random;
    KjRequest *request;
    int fields[FIELDS];
    int iif, oif, state;
    const char *hook;
    gboolean stateful, tracked;
    GHashTable *seen; /* flows, each as one end sees it */
};

static const char *setting(const Sampler *sampler, const char *name, const char *otherwise) {
    for (guint i = 0; i < sampler->block.setting_count; i++) {
        KjSettingView view;
        kj_view_setting(sampler->table, sampler->block.first_setting + i, &view);
        if (strcmp(view.name, name) == 0)
            return view.value;
    }
    return otherwise;
}

/* Whether some rule asks for the state, so that the kernel tracks flows although the block is not stateful. */
static gboolean asks_state(const Sampler *sampler) {
    for (guint rule = 0; rule < sampler->block.rule_count; rule++) {
        KjRuleView view;
        kj_view_rule(sampler->table, sampler->block.first_rule + rule, &view);
        for (guint box = 0; box < view.box_count; box++) {
            guint first, count;
            kj_view_box(sampler->table, view.first_box + box, &first, &count);
            for (guint i = 0; i < count; i++) {
                KjTestView test;
                kj_view_test(sampler->table, first + i, &test);
                if ((int)test.field == sampler->state)
                    return TRUE;
            }
        }
    }
    return FALSE;
}

Sampler *sampler_new(KjTable *table, guint block, guint32 seed) {
    Sampler *sampler = g_new0(Sampler, 1);
    sampler->table = kj_table_ref(table);
    sampler->block_index = block;
    kj_view_block(table, block, &sampler->block);
    sampler->random = g_rand_new_with_seed(seed);
    sampler->request = kj_request_new(table, block);
    for (guint i = 0; i < FIELDS; i++)
        sampler->fields[i] = kj_table_find_field(table, block, field_names[i]);
    sampler->iif = kj_table_find_field(table, block, "iif");
    sampler->oif = kj_table_find_field(table, block, "oif");
    sampler->state = kj_table_find_field(table, block, "state");
    sampler->hook = setting(sampler, "hook", "forward");
    sampler->stateful = strcmp(setting(sampler, "stateful", "true"), "false") != 0;
    sampler->tracked = sampler->stateful || asks_state(sampler);
    sampler->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return sampler;
}

void sampler_free(Sampler *sampler) {
    if (!sampler)
        return;
    kj_request_free(sampler->request);
    g_rand_free(sampler->random);
    g_hash_table_unref(sampler->seen);
    kj_table_unref(sampler->table);
    g_free(sampler);
}

gboolean sampler_is_stateful(const Sampler *sampler) {
    return sampler->stateful;
}

const char *sampler_hook(const Sampler *sampler) {
    return sampler->hook;
}

/* ---- values ---- */

static guint below(Sampler *sampler, guint most) {
    return (guint)g_rand_int_range(sampler->random, 0, (gint32)most);
}

static guint64 random64(Sampler *sampler) {
    return (guint64)g_rand_int(sampler->random) << 32 | g_rand_int(sampler->random);
}

static KjOrdinal inside(Sampler *sampler, KjInterval interval) {
    if (interval.low.family != interval.high.family)
        return interval.low;
    switch (below(sampler, 4)) {
    case 0:
        return interval.low;
    case 1:
        return interval.high;
    default:
        break;
    }
    KjOrdinal point = interval.low;
    guint64 width = interval.high.low - interval.low.low;
    if (interval.low.high == interval.high.high)
        point.low += width == G_MAXUINT64 ? random64(sampler) : random64(sampler) % (width + 1);
    else
        point.low = random64(sampler);
    return kj_ordinal_compare(point, interval.low) < 0 ? interval.low : point;
}

/* A value in the test, or next to it. FALSE: the field is to be missing. */
static gboolean pick(Sampler *sampler, const KjTestView *test, KjOrdinal *value) {
    KjClassInterval classes = kj_view_interval(sampler->table, test->first_interval + below(sampler, test->interval_count));
    if (classes.high == 0)
        return FALSE;
    guint32 low = MAX(classes.low, 1);
    KjInterval points;
    if (!kj_view_class_points(sampler->table, sampler->block.first_field + test->field, low + below(sampler, classes.high - low + 1), &points))
        return FALSE;
    *value = inside(sampler, points);
    if (below(sampler, 6) == 0) {
        gboolean up = below(sampler, 2) == 0;
        if (up && !(value->high == G_MAXUINT64 && value->low == G_MAXUINT64))
            kj_ordinal_next(value);
        else if (!up && (value->low || value->high))
            *value = kj_ordinal_previous(*value);
    }
    return TRUE;
}

static KjOrdinal any_address(Sampler *sampler, guint family) {
    if (family == 4)
        return (KjOrdinal){ 4, 0, g_rand_int(sampler->random) };
    return (KjOrdinal){ 6, G_GUINT64_CONSTANT(0x20010db800000000) | g_rand_int(sampler->random), random64(sampler) };
}

static void put_address(KjOrdinal address, guint8 *bytes) {
    guint64 words[2] = { GUINT64_TO_BE(address.high), GUINT64_TO_BE(address.low) };
    guint32 word = GUINT32_TO_BE((guint32)address.low);
    if (address.family == 4)
        memcpy(bytes, &word, 4);
    else
        memcpy(bytes, words, 16);
}

/* Whether a kernel carries packets with this address to the hook. */
static gboolean is_carried(KjOrdinal address) {
    if (address.family == 4) {
        guint first = (guint)(address.low >> 24);
        return first != 0 && first != 127 && first < 224;
    }
    guint first = (guint)(address.high >> 48);
    return first >= 0x0100 && first < 0xfe80;
}

/* ---- packets ---- */

typedef struct {
    gboolean there[FIELDS];
    KjOrdinal values[FIELDS];
} Draft;

static void aim(Sampler *sampler, Draft *draft) {
    KjRuleView rule;
    memset(draft, 0, sizeof *draft);
    if (sampler->block.rule_count == 0)
        return;
    kj_view_rule(sampler->table, sampler->block.first_rule + below(sampler, sampler->block.rule_count), &rule);
    if (rule.box_count == 0)
        return;
    guint first, count;
    kj_view_box(sampler->table, rule.first_box + below(sampler, rule.box_count), &first, &count);
    for (guint i = 0; i < count; i++) {
        KjTestView test;
        kj_view_test(sampler->table, first + i, &test);
        for (guint field = 0; field < FIELDS; field++)
            if ((int)test.field == sampler->fields[field])
                draft->there[field] = pick(sampler, &test, &draft->values[field]);
    }
}

static guint number(Sampler *sampler, const Draft *draft, guint field, guint largest) {
    static const guint usual[] = { 8, 22, 53, 80, 443, 1024, 5000, 65535 };
    if (draft->there[field])
        return (guint)MIN(draft->values[field].low, largest);
    return below(sampler, 2) ? below(sampler, largest + 1) : MIN(usual[below(sampler, G_N_ELEMENTS(usual))], largest);
}

static guint protocol(Sampler *sampler, const Draft *draft, guint family) {
    static const guint usual[] = { 6, 6, 17, 17, 1, 58, 132, 33, 136, 47, 50 };
    guint value;
    if (draft->there[PROTO])
        value = (guint)MIN(draft->values[PROTO].low, 255);
    else if (!draft->there[PORT] && !draft->there[SOURCE_PORT] && (draft->there[ICMP_TYPE] || draft->there[ICMP_CODE]))
        value = below(sampler, 2) ? 1 : 58;
    else
        value = below(sampler, 8) ? usual[below(sampler, G_N_ELEMENTS(usual))] : below(sampler, 256);
    gboolean extension = value == 0 || value == 43 || value == 44 || value == 51 || value == 59 || value == 60;
    return family == 6 && extension ? 6 : value;
}

/* ICMP messages that open a flow, or that conntrack leaves alone (neighbour discovery). */
static guint opening_type(Sampler *sampler, guint protocol_number, guint type) {
    static const guint icmp[] = { 8, 13, 15, 17 }, icmpv6[] = { 128, 133, 134, 135, 136 };
    const guint *types = protocol_number == 1 ? icmp : icmpv6;
    guint count = protocol_number == 1 ? G_N_ELEMENTS(icmp) : G_N_ELEMENTS(icmpv6);
    for (guint i = 0; i < count; i++)
        if (types[i] == type)
            return type;
    return types[below(sampler, count)];
}

/* ICMP of the other family is invalid to conntrack, and so is ND where it is told apart by a state. */
static void make_trackable(Sampler *sampler, PacketFields *fields) {
    if ((fields->family == 4 && fields->protocol == 58) || (fields->family == 6 && fields->protocol == 1))
        fields->protocol = fields->family == 4 ? 1 : 58;
    if (fields->protocol == 1 || fields->protocol == 58) {
        fields->icmp_type = opening_type(sampler, fields->protocol, fields->icmp_type);
        if (!sampler->stateful && fields->protocol == 58)
            fields->icmp_type = 128;
        fields->icmp_code = fields->protocol == 1 || fields->icmp_type == 128 ? 0 : fields->icmp_code;
    }
    if (!sampler->stateful)
        fields->cut = FALSE;
    fields->later_fragment = FALSE;
}

/* Whether conntrack would take the packet for an answer to one made before. */
static gboolean is_answer(Sampler *sampler, const PacketFields *fields) {
    g_autofree char *from = g_base64_encode(fields->from, 16), *to = g_base64_encode(fields->to, 16);
    gboolean ported = fields->protocol == 6 || fields->protocol == 17 || fields->protocol == 132; /* kernels without a tracker know only addresses */
    guint source_port = ported ? fields->source_port : 0, port = ported ? fields->port : 0;
    g_autofree char *back = g_strdup_printf("%u %s %u %s %u", fields->protocol, to, port, from, source_port);
    g_hash_table_add(sampler->seen, g_strdup_printf("%u %s %u %s %u", fields->protocol, from, source_port, to, port));
    return g_hash_table_contains(sampler->seen, back);
}

static void make_fields(Sampler *sampler, PacketFields *fields) {
    Draft draft;
    KjOrdinal from, to;
    do {
        aim(sampler, &draft);
        guint family = draft.there[FROM] ? (guint)draft.values[FROM].family : draft.there[TO] ? (guint)draft.values[TO].family : below(sampler, 2) ? 4 : 6;
        from = draft.there[FROM] ? draft.values[FROM] : any_address(sampler, family);
        to = draft.there[TO] && draft.values[TO].family == family ? draft.values[TO] : any_address(sampler, family);
    } while (!is_carried(from) || !is_carried(to) || from.family != to.family);
    *fields = (PacketFields){ .family = (guint)from.family };
    put_address(from, fields->from);
    put_address(to, fields->to);
    fields->protocol = protocol(sampler, &draft, fields->family);
    fields->port = number(sampler, &draft, PORT, 65535);
    fields->source_port = number(sampler, &draft, SOURCE_PORT, 65535);
    fields->icmp_type = number(sampler, &draft, ICMP_TYPE, 255);
    fields->icmp_code = number(sampler, &draft, ICMP_CODE, 255);
    fields->options = below(sampler, 16) == 0;
    fields->authenticated = below(sampler, 16) == 0;
    fields->later_fragment = below(sampler, 12) == 0 && !(fields->family == 4 && strcmp(sampler->hook, "input") == 0); /* put together before */
    fields->cut = !fields->later_fragment && !fields->authenticated && below(sampler, 24) == 0; /* conntrack looks behind AH, nft does not */
    if (sampler->tracked)
        make_trackable(sampler, fields);
}

void sampler_next(Sampler *sampler, Packet *packet) {
    PacketFields fields;
    do
        make_fields(sampler, &fields);
    while (is_answer(sampler, &fields));
    packet_make(&fields, packet);
}

/* ---- decisions ---- */

static gboolean set_field(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Sampler *sampler = sink->data;
    return kj_request_set_text(sampler->request, kj_table_find_field(sampler->table, sampler->block_index, field), value, -1, error);
}

const char *sampler_decide(Sampler *sampler, const Packet *packet, gint64 instant) {
    KjRequestSink sink = { sizeof sink, sampler, set_field };
    KjVerdict verdict = { .size = sizeof verdict };
    kj_request_clear(sampler->request);
    kj_request_set_instant(sampler->request, instant);
    if (!kj_plugin_find("firewall")->read_request(&sink, (const char *)packet->bytes, packet->length, NULL))
        return "error";
    if (strcmp(sampler->hook, "output") != 0)
        g_assert_true(kj_request_set_text(sampler->request, sampler->iif, NETWORK_IN, -1, NULL));
    if (strcmp(sampler->hook, "forward") == 0)
        g_assert_true(kj_request_set_text(sampler->request, sampler->oif, NETWORK_OUT, -1, NULL));
    if (!sampler->stateful)
        g_assert_true(kj_request_set_text(sampler->request, sampler->state, "new", -1, NULL));
    kj_decide(sampler->request, &verdict);
    return verdict.label;
}
