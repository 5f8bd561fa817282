/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain `firewall`: packets.
 *
 * With `stateful = true` (the default) a request is the packet that opens a flow, and targets let the replies of allowed flows pass; a
 * tightened rule does not cut flows that live. With `stateful = false` every packet is judged alone and `state` is an ordinary field.
 * `service` stands for a protocol and a port; it is never a field of its own in a table.
 */
#include "firewall.h"

static const KjNamedNumber protocol_names[] = {
    { "icmp", 1 },  { "igmp", 2 }, { "ipip", 4 }, { "tcp", 6 },     { "udp", 17 },   { "dccp", 33 },  { "ipv6", 41 },    { "gre", 47 },
    { "esp", 50 },  { "ah", 51 },  { "icmpv6", 58 }, { "ospf", 89 }, { "vrrp", 112 }, { "sctp", 132 }, { "udplite", 136 }, { NULL, 0 },
};

static const char *const service_parts[] = { "proto", "port", NULL };
static const char *const states[] = { "new", "established", "related", "invalid", NULL };
static const char *const hooks[] = { "input", "forward", "output", NULL };
static const char *const limited[] = { "limit", NULL };

static const KjFieldDefinition fields[] = {
    { .name = "from", .type = KJ_TYPE_ADDRESS, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "from {}", "送信元が{}" },
      .doc = { "The source address.", "送信元アドレス。" } },
    { .name = "to", .type = KJ_TYPE_ADDRESS, .flags = KJ_FIELD_REQUIRED,
      .phrase = { "to {}", "宛先が{}" },
      .doc = { "The destination address.", "宛先アドレス。" } },
    { .name = "service", .type = KJ_TYPE_SERVICE, .parts = service_parts,
      .phrase = { "for the service {}", "サービスが{}" },
      .doc = { "A protocol and a destination port: 443/tcp. Stands for proto and port.", "プロトコルと宛先ポートの組（443/tcp）。proto と port を表す。" } },
    { .name = "proto", .type = KJ_TYPE_INTEGER, .flags = KJ_FIELD_REQUIRED, .high = 255, .names = protocol_names,
      .phrase = { "of the protocol {}", "プロトコルが{}" },
      .doc = { "The protocol above IP: a name or a number.", "IP の上のプロトコル（名前または番号）。" } },
    { .name = "port", .type = KJ_TYPE_INTEGER, .high = 65535,
      .phrase = { "to port {}", "宛先ポートが{}" },
      .doc = { "The destination port; missing where the protocol has none, and in later fragments.", "宛先ポート。ポートのないプロトコルと後続フラグメントにはない。" } },
    { .name = "source_port", .type = KJ_TYPE_INTEGER, .high = 65535,
      .phrase = { "from port {}", "送信元ポートが{}" },
      .doc = { "The source port.", "送信元ポート。" } },
    { .name = "icmp_type", .type = KJ_TYPE_INTEGER, .high = 255,
      .phrase = { "of the ICMP type {}", "ICMP タイプが{}" },
      .doc = { "The type of an ICMP or ICMPv6 message.", "ICMP または ICMPv6 のタイプ。" } },
    { .name = "icmp_code", .type = KJ_TYPE_INTEGER, .high = 255,
      .phrase = { "of the ICMP code {}", "ICMP コードが{}" },
      .doc = { "The code of an ICMP or ICMPv6 message.", "ICMP または ICMPv6 のコード。" } },
    { .name = "iif", .type = KJ_TYPE_SYMBOL,
      .phrase = { "arriving on the interface {}", "受信インターフェースが{}" },
      .doc = { "The interface on which the packet arrives.", "パケットが届くインターフェース。" } },
    { .name = "oif", .type = KJ_TYPE_SYMBOL,
      .phrase = { "leaving by the interface {}", "送信インターフェースが{}" },
      .doc = { "The interface by which the packet leaves.", "パケットが出ていくインターフェース。" } },
    { .name = "state", .type = KJ_TYPE_SYMBOL, .values = states, .needs_setting = "stateful", .needs_value = "false",
      .phrase = { "in the connection state {}", "接続状態が{}" },
      .doc = { "The state of the flow; only where `stateful = false`.", "接続の状態。`stateful = false` のときだけ使える。" } },
    { .name = NULL },
};

static const KjEffectDefinition effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "The packet passes.", "パケットを通す。" } },
    { .name = "limit", .flags = KJ_EFFECT_LIMITS, .phrase = { "allow within a rate", "一定の頻度まで許可する" },
      .doc = { "The packet passes within the rate and is dropped beyond it.", "頻度の範囲内で通し、超えた分は捨てる。" } },
    { .name = "reject", .flags = KJ_EFFECT_REFUSES, .phrase = { "refuse with an answer", "通知して拒否する" },
      .doc = { "The packet is refused and its sender is told.", "パケットを拒否し、送信元に知らせる。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" },
      .doc = { "The packet is dropped without an answer.", "パケットを黙って捨てる。" } },
    { .name = NULL },
};

static const KjParameterDefinition parameters[] = {
    { .name = "rate", .kind = KJ_PARAMETER_RATE, .effects = limited, .required = TRUE,
      .phrase = { "at most {}", "頻度は{}まで" }, .doc = { "How many in how long: 100/s.", "期間あたりの数（100/s）。" } },
    { .name = "burst", .kind = KJ_PARAMETER_INTEGER, .effects = limited,
      .phrase = { "in bursts of up to {}", "一度に{}まで" }, .doc = { "The depth of the token bucket.", "トークンバケットの深さ。" } },
    { .name = "per", .kind = KJ_PARAMETER_FIELDS, .effects = limited,
      .phrase = { "for each {}", "{}ごと" }, .doc = { "Counts apart for each value of these fields.", "これらの項目の値ごとに数える。" } },
    { .name = NULL },
};

static const KjSettingDefinition settings[] = {
    { .name = "hook", .type = KJ_TYPE_SYMBOL, .values = hooks, .initial = "forward",
      .doc = { "Where in the kernel the block stands.", "カーネルのどの位置で判定するか。" } },
    { .name = "stateful", .type = KJ_TYPE_BOOL, .initial = "true",
      .doc = { "Whether a rule speaks of flows (replies pass) or of single packets.", "規則が接続（応答は通る）と個々のパケットのどちらを述べるか。" } },
    { .name = NULL },
};

static const KjTargetDefinition targets[] = {
    { .name = "nftables", .doc = { "A Linux nftables table of its own, `inet kijun_NAME`.", "Linux nftables の専用テーブル `inet kijun_NAME`。" },
      .emit = kj_firewall_emit_nftables },
    { .name = NULL },
};

static const char *const carried_out[] = { "log", "alert", NULL };

static const KjReaderDefinition readers[] = {
    { .target = "nftables", .load = kj_firewall_load_nftables, .read_back = kj_firewall_read_back_nftables, .obligations = carried_out },
    { .target = NULL },
};

static const KjEnforcerDefinition enforcers[] = {
    { .target = "nftables",
      .current = kj_firewall_current_nftables,
      .apply = kj_firewall_apply_nftables,
      .same = kj_firewall_same_nftables },
    { .target = NULL },
};

/* The port is one that no service is known by: a rule for a service is no way for everything else. */
static const char *const loopback[] = { "iif", "lo", "from", "127.0.0.1", "to", "127.0.0.1", "proto", "tcp", "source_port", "*", "port", "49151", NULL };
static const char *const loopback6[] = { "iif", "lo", "from", "::1", "to", "::1", "proto", "tcp", "source_port", "*", "port", "49151", NULL };
static const char *const router_solicitation[] = { "iif", "!lo", "from", "fe80::1", "to", "ff02::2", "proto", "icmpv6", "icmp_type", "133", "icmp_code", "0", NULL };
static const char *const router_advertisement[] = { "iif", "!lo", "from", "fe80::1", "to", "ff02::1", "proto", "icmpv6", "icmp_type", "134", "icmp_code", "0", NULL };
static const char *const neighbour_solicitation[] = { "iif", "!lo", "from", "fe80::1", "to", "ff02::1:ff00:1", "proto", "icmpv6", "icmp_type", "135", "icmp_code", "0", NULL };
static const char *const neighbour_advertisement[] = { "iif", "!lo", "from", "fe80::1", "to", "ff02::1", "proto", "icmpv6", "icmp_type", "136", "icmp_code", "0", NULL };
static const char *const session[] = { "iif", "!lo", "from", "{1}", "source_port", "{2}", "to", "{3}", "port", "{4}", "proto", "tcp", NULL };

#define ON_INPUT .setting = "hook", .value = "input"
#define LOOPBACK { "loopback, over which the machine's own programs talk to each other", "ループバック（この計算機のプログラムどうしの通信）" }
#define DISCOVERY { "IPv6 neighbour discovery, without which no neighbour is reached over IPv6", "IPv6 の近隣探索（これがないと IPv6 で隣の機器に届かない）" }

/* Of neighbour discovery (RFC 4861) the two that every host needs come first. */
static const KjLifelineDefinition lifelines[] = {
    { .name = "loopback", ON_INPUT, .request = loopback, .phrase = LOOPBACK },
    { .name = "loopback", ON_INPUT, .request = loopback6, .phrase = LOOPBACK },
    { .name = "neighbour discovery", ON_INPUT, .request = neighbour_solicitation, .phrase = DISCOVERY },
    { .name = "neighbour discovery", ON_INPUT, .request = neighbour_advertisement, .phrase = DISCOVERY },
    { .name = "neighbour discovery", ON_INPUT, .request = router_advertisement, .phrase = DISCOVERY },
    { .name = "neighbour discovery", ON_INPUT, .request = router_solicitation, .phrase = DISCOVERY },
    { .name = "session", ON_INPUT, .request = session,
      .phrase = { "the connection of the session you are in", "いま使っているセッションの接続" } },
    { .name = NULL },
};

G_MODULE_EXPORT const KjDomain kijun_domain = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "firewall",
    .version = "1",
    .doc = { "Packets through a host or a gateway.", "ホストやゲートウェイを通るパケット。" },
    .subject = { "packets", "パケット" },
    .combining = KJ_COMBINING_FIRST_MATCH,
    .fields = fields,
    .effects = effects,
    .parameters = parameters,
    .settings = settings,
    .targets = targets,
    .read_request = kj_firewall_read_packet,
    .request_doc = { "One IPv4 or IPv6 packet as raw bytes, from its IP header on.", "IP ヘッダーから始まる IPv4 または IPv6 パケットの生のバイト列。" },
    .lifelines = lifelines,
    .readers = readers,
    .log_readers = kj_firewall_log_readers,
    .enforcers = enforcers,
};
