/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to a packet that a rule decides.
 *
 * Every rule has one counter of its name, shared by all its lines. `deny` drops; `reject` drops and answers "administratively prohibited"
 * (ICMP type 3 code 13, ICMPv6 type 1 code 1) for every protocol: a TCP reset would say that the port is closed, which is a lie and
 * different from what a person reads in the policy. @log and @alert write a line with the rule's name to the kernel's log, also for packets beyond
 * a rate, because the rule decides those too.
 *
 * `limit`. nft's limit is a token bucket: depth `burst`, refilled at the rate. Without `burst` the policy means a sliding window,
 * which no bucket is, so that is refused; and a burst is always written, for nft's own default is 5. All lines of a rule go to one chain with one
 * named limit, so there is one bucket. `per` keys it: a dynamic set holds one bucket for each value of the fields, by family, and by kind of packet
 * where a field may be missing; an entry is forgotten once its bucket must be full again, which changes nothing. A full set lets nothing new through.
 * The kernel counts in nanoseconds: the time of one packet is unit / rate, rounded down, so rates close to 10^9 a unit's second
 * would be wrong; they are refused above 10^6 a second. A bucket of bytes in the kernel is `burst` and one unit's rate deep.
 */
#include <string.h>

#include <kijun/translate.h>

#include "nft.h"

#define LOG_PREFIX_MAX 120u        /* the kernel takes 127 bytes */
#define RATE_MAX_A_SECOND 1000000u /* beyond, nanoseconds are too coarse to count with */
#define SET_SIZE 65536u            /* buckets of one rule and family */
#define NANOSECONDS G_GUINT64_CONSTANT(1000000000)

typedef struct {
    const char *name;
    guint64 seconds;
} Unit;

static const Unit units[] = { { "second", 1 }, { "minute", 60 }, { "hour", 3600 }, { "day", 86400 }, { "week", 604800 } };

void kj_nft_declare_counter(KjNft *nft, const char *name) {
    g_string_append_printf(nft->objects, "\tcounter %s { }\n", name);
}

/* `log prefix "kijun perimeter web: " `, or nothing. */
static void append_log(KjNft *nft, guint first_note, guint note_count, const char *name, const char *suffix, GString *out) {
    gboolean logs = FALSE, alerts = FALSE;
    for (guint i = 0; i < note_count; i++) {
        KjNoteView note;
        kj_view_note(nft->table, first_note + i, &note);
        logs |= strcmp(note.name, "log") == 0;
        alerts |= strcmp(note.name, "alert") == 0;
    }
    if (!logs && !alerts)
        return;
    g_autofree char *block = kj_nft_encode(nft->block.name);
    g_autofree char *prefix = g_strdup_printf("kijun %s %s%s", block, name, suffix);
    if (strlen(prefix) > LOG_PREFIX_MAX)
        prefix[LOG_PREFIX_MAX] = '\0';
    g_string_append_printf(out, "log prefix \"%s: \" %s", prefix, alerts ? "level alert " : "");
}

/* ---- limits ---- */

typedef struct {
    guint64 number;
    guint64 burst;  /* as nft wants it */
    guint64 refill; /* seconds until an empty bucket is full */
    const Unit *unit;
    gboolean bytes;
    const KjParameterView *per;
} Rate;

static gboolean find_unit(Rate *rate, guint64 number, guint64 window) {
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        guint64 in_unit;
        if (!g_uint64_checked_mul(&in_unit, number, units[i].seconds) || in_unit % window != 0)
            continue;
        rate->number = in_unit / window;
        rate->unit = &units[i];
        return TRUE;
    }
    return FALSE;
}

/* The bucket as the kernel can hold it; `depth` is what the policy says. */
static gboolean fit_bucket(const KjNftRule *rule, Rate *rate, guint64 depth, GError **error) {
    guint64 nanoseconds = rate->unit->seconds * NANOSECONDS, product;
    if (depth > G_MAXUINT32)
        return kj_nft_refuse(&rule->view, error, _("a bucket of %" PRIu64 " is more than nftables can hold; write a burst below 2^32"),
                             depth);
    rate->burst = depth;
    if (rate->bytes) {
        if (depth <= rate->number)
            return kj_nft_refuse(&rule->view, error,
                                 _("nftables' bucket of bytes is never smaller than what the rate gives in one %s (%" PRIu64
                                   "); write a greater burst, or a rate of packets"), rate->unit->name, rate->number);
        rate->burst = depth - rate->number;
        if (!g_uint64_checked_mul(&product, nanoseconds, depth))
            return kj_nft_refuse(&rule->view, error, _("the kernel cannot count so far; write the rate for one second"));
        return TRUE;
    }
    if (rate->number > RATE_MAX_A_SECOND * rate->unit->seconds)
        return kj_nft_refuse(&rule->view, error, _("the kernel cannot count so fast; write at most %u a second, or `allow`"),
                             RATE_MAX_A_SECOND);
    if (!g_uint64_checked_mul(&product, nanoseconds / rate->number, depth) || product > G_MAXINT64)
        return kj_nft_refuse(&rule->view, error, _("the kernel cannot count so far; write a smaller burst or a greater rate"));
    return TRUE;
}

static gboolean read_rate(KjNft *nft, const KjNftRule *rule, KjParameterView *per, Rate *rate, GError **error) {
    KjParameterView written = { .kind = 0 };
    guint64 depth = 0, window;
    gboolean has_burst = FALSE;
    for (guint i = 0; i < rule->view.parameter_count; i++) {
        KjParameterView parameter;
        kj_view_parameter(nft->table, rule->view.first_parameter + i, &parameter);
        if (strcmp(parameter.name, "rate") == 0) {
            written = parameter;
        } else if (strcmp(parameter.name, "burst") == 0) {
            depth = parameter.number;
            has_burst = TRUE;
        } else if (strcmp(parameter.name, "per") == 0) {
            *per = parameter;
            rate->per = per;
        }
    }
    window = written.window;
    rate->bytes = written.bytes;
    if (written.kind == 0 || window == 0)
        return kj_nft_refuse(&rule->view, error, _("a limit without a rate; write `rate 100/s burst 200`"));
    if (!has_burst)
        return kj_nft_refuse(&rule->view, error,
                             _("a rate without `burst` is a sliding window, and nftables has only token buckets; write `burst N`"));
    if (written.number == 0 || depth == 0)
        return kj_nft_refuse(&rule->view, error, _("this rate lets nothing through; write `deny`"));
    if (!find_unit(rate, written.number, window))
        return kj_nft_refuse(&rule->view, error,
                             _("nftables counts by second, minute, hour, day or week, and this rate is no whole number in any; "
                               "write one that is"));
    if (!fit_bucket(rule, rate, depth, error))
        return FALSE;
    guint64 whole = depth / written.number, part = depth % written.number;
    rate->refill = whole * window + part * window / written.number + 1;
    return TRUE;
}

static void append_limit(const Rate *rate, GString *out) {
    const char *thing = rate->bytes ? "bytes" : "packets";
    g_string_append_printf(out, "rate %" G_GUINT64_FORMAT "%s/%s burst %" G_GUINT64_FORMAT " %s", rate->number, rate->bytes ? " bytes" : "",
                           rate->unit->name, rate->burst, thing);
}

/* ---- buckets for each value of some fields ---- */

typedef struct {
    const char *expression, *type; /* NULL expression: this kind of packet lacks the field */
} Key;

enum { WITH_PORTS, WITHOUT_PORTS, PACKET_KINDS };

static const char *const kind_matches[PACKET_KINDS] = { "meta l4proto { " KJ_NFT_PORTED " } ", "meta l4proto != { " KJ_NFT_PORTED " } " };

static Key key_of(KjNft *nft, KjNftRole role, guint family, guint kind) {
    switch (role) {
    case KJ_NFT_FROM:
        return family == KJ_NFT_IPV4 ? (Key){ "ip saddr", "ipv4_addr" } : (Key){ "ip6 saddr", "ipv6_addr" };
    case KJ_NFT_TO:
        return family == KJ_NFT_IPV4 ? (Key){ "ip daddr", "ipv4_addr" } : (Key){ "ip6 daddr", "ipv6_addr" };
    case KJ_NFT_PROTO:
        return (Key){ "meta l4proto", "inet_proto" };
    case KJ_NFT_PORT:
        return kind == WITH_PORTS ? (Key){ "th dport", "inet_service" } : (Key){ NULL, NULL };
    case KJ_NFT_SOURCE_PORT:
        return kind == WITH_PORTS ? (Key){ "th sport", "inet_service" } : (Key){ NULL, NULL };
    case KJ_NFT_IIF:
        return nft->hook == KJ_NFT_OUTPUT ? (Key){ NULL, NULL } : (Key){ "iifname", "ifname" };
    case KJ_NFT_OIF:
        return nft->hook == KJ_NFT_INPUT ? (Key){ NULL, NULL } : (Key){ "oifname", "ifname" };
    default:
        return (Key){ NULL, NULL };
    }
}

/* The fields a bucket can be keyed by, as bits of roles; FALSE when nft cannot key by one of them. */
static gboolean read_keys(KjNft *nft, const KjNftRule *rule, const KjParameterView *per, guint *roles, GError **error) {
    static const guint possible = 1u << KJ_NFT_FROM | 1u << KJ_NFT_TO | 1u << KJ_NFT_PROTO | 1u << KJ_NFT_SOURCE_PORT | 1u << KJ_NFT_PORT |
                                  1u << KJ_NFT_IIF | 1u << KJ_NFT_OIF;
    static const guint ports = 1u << KJ_NFT_SOURCE_PORT | 1u << KJ_NFT_PORT;
    *roles = 0;
    for (guint i = 0; i < per->member_count; i++) {
        guint member = kj_view_member(nft->table, per->first_member + i);
        KjFieldView field;
        kj_view_field(nft->table, nft->block.first_field + member, &field);
        if (!(possible >> nft->roles[member] & 1))
            return kj_nft_refuse(&rule->view, error,
                                 _("nftables cannot count apart for each `%s`; write `per` with from, to, proto, port, source_port, "
                                   "iif or oif"), field.name);
        *roles |= 1u << nft->roles[member];
    }
    if (!nft->stateful && (*roles & ports))
        return kj_nft_refuse(&rule->view, error,
                             _("without connection tracking a later fragment has no port to count by; write `stateful = true`, or "
                               "`per` without ports"));
    return TRUE;
}

/* One set and one line for packets of this family and kind. */
static void write_bucket(KjNft *nft, const KjNftRule *rule, const Rate *rate, guint roles, const char *match, guint family, guint kind,
                         const char *pass, GString *chain) {
    g_autoptr(GString) types = g_string_new(NULL), values = g_string_new(NULL);
    for (KjNftRole role = KJ_NFT_FROM; role <= KJ_NFT_OIF; role++) {
        Key key = roles >> role & 1 ? key_of(nft, role, family, kind) : (Key){ NULL, NULL };
        if (!key.expression)
            continue;
        g_string_append_printf(types, "%s%s", types->len ? " . " : "", key.type);
        g_string_append_printf(values, "%s%s", values->len ? " . " : "", key.expression);
    }
    if (values->len == 0) { /* every field is missing: one value, one bucket */
        g_string_append_printf(nft->objects, "\tlimit %s-%u-%u { ", rule->name, family, kind);
        append_limit(rate, nft->objects);
        g_string_append(nft->objects, " }\n");
        g_string_append_printf(chain, "\t\t%slimit name \"%s-%u-%u\" %s\n", match, rule->name, family, kind, pass);
        return;
    }
    g_string_append_printf(nft->objects,
                           "\tset per-%s-%u-%u {\n\t\ttype %s\n\t\tsize %u\n\t\tflags dynamic,timeout\n\t\ttimeout %" G_GUINT64_FORMAT
                           "s\n\t}\n",
                           rule->name, family, kind, types->str, SET_SIZE, rate->refill);
    g_string_append_printf(chain, "\t\t%supdate @per-%s-%u-%u { %s limit ", match, rule->name, family, kind, values->str);
    append_limit(rate, chain);
    g_string_append_printf(chain, " } %s\n", pass);
}

static gboolean write_buckets(KjNft *nft, const KjNftRule *rule, const Rate *rate, const char *pass, GString *chain, GError **error) {
    static const char *const family_matches[KJ_NFT_FAMILIES] = { "meta nfproto ipv4 ", "meta nfproto ipv6 " };
    guint roles;
    if (!read_keys(nft, rule, rate->per, &roles, error))
        return FALSE;
    gboolean by_family = roles & (1u << KJ_NFT_FROM | 1u << KJ_NFT_TO);
    gboolean by_kind = roles & (1u << KJ_NFT_PORT | 1u << KJ_NFT_SOURCE_PORT);
    for (guint family = 0; family < (by_family ? KJ_NFT_FAMILIES : 1); family++) {
        for (guint kind = by_kind ? WITH_PORTS : WITHOUT_PORTS; kind < PACKET_KINDS; kind++) {
            g_autofree char *match = g_strconcat(by_family ? family_matches[family] : "", by_kind ? kind_matches[kind] : "", NULL);
            write_bucket(nft, rule, rate, roles, match, family, kind, pass, chain);
        }
    }
    return TRUE;
}

static gboolean limit_action(KjNft *nft, KjNftRule *rule, const char *log, GError **error) {
    KjParameterView per;
    Rate rate = { .per = NULL };
    g_autoptr(GString) chain = g_string_new(NULL), over = g_string_new(NULL);
    g_autofree char *pass = g_strdup_printf("counter name \"%s\" %saccept", rule->name, log);
    g_autofree char *beyond = g_strdup_printf("%s-over", rule->name);
    if (!read_rate(nft, rule, &per, &rate, error))
        return FALSE;
    append_log(nft, rule->view.first_note, rule->view.note_count, rule->told, " over", over);
    kj_nft_declare_counter(nft, beyond);
    if (rate.per) {
        if (!write_buckets(nft, rule, &rate, pass, chain, error))
            return FALSE;
    } else {
        g_string_append_printf(nft->objects, "\tlimit %s { ", rule->name);
        append_limit(&rate, nft->objects);
        g_string_append(nft->objects, " }\n");
        g_string_append_printf(chain, "\t\tlimit name \"%s\" %s\n", rule->name, pass);
    }
    g_string_append_printf(nft->chains, "\tchain do-%s {\n%s\t\tcounter name \"%s\" %sdrop\n\t}\n", rule->name, chain->str, beyond,
                           over->str);
    rule->action = g_strdup_printf("goto do-%s", rule->name);
    return TRUE;
}

/* ---- effects ---- */

static const struct {
    const char *effect, *verdict;
} verdicts[] = { { "allow", "accept" }, { "deny", "drop" }, { "reject", "reject with icmpx admin-prohibited" } };

static const char *find_verdict(KjNft *nft, guint effect, const char **name) {
    KjEffectView view;
    kj_view_effect(nft->table, nft->block.first_effect + effect, &view);
    *name = view.name;
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
        if (strcmp(verdicts[i].effect, view.name) == 0)
            return verdicts[i].verdict;
    return NULL;
}

gboolean kj_nft_action(KjNft *nft, KjNftRule *rule, GError **error) {
    const char *effect, *verdict = find_verdict(nft, rule->view.effect, &effect);
    g_autoptr(GString) log = g_string_new(NULL);
    append_log(nft, rule->view.first_note, rule->view.note_count, rule->told, "", log);
    kj_nft_declare_counter(nft, rule->name);
    if (verdict) {
        rule->action = g_strdup_printf("counter name \"%s\" %s%s", rule->name, log->str, verdict);
        return TRUE;
    }
    if (strcmp(effect, "limit") == 0)
        return limit_action(nft, rule, log->str, error);
    return kj_nft_refuse(&rule->view, error, _("nftables has no effect `%s`; write allow, limit, reject or deny"), effect);
}

gboolean kj_nft_default_action(KjNft *nft, GString *out, GError **error) {
    const char *effect = "", *verdict = NULL;
    if (nft->block.default_effect < nft->block.effect_count)
        verdict = find_verdict(nft, nft->block.default_effect, &effect);
    if (!verdict) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET,
                    _("the default of block `%s`: nftables cannot do `%s` without a rule; write allow, reject or deny"),
                    nft->block.name, effect);
        return FALSE;
    }
    g_string_append(out, "counter name \"default\" ");
    append_log(nft, nft->block.first_default_note, nft->block.default_note_count, "default", "", out);
    g_string_append(out, verdict);
    return TRUE;
}
