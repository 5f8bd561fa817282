/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network of our own: a namespace with two pairs of virtual wires.
 *
 *     wire0 ==== in0   [ the kernel under test ]   out0 ==== wire1
 *
 * Raw frames are written to wire0, so any source and any destination may be in them; they arrive on in0, are routed, and leave by out0. At
 * wire1 nobody answers. Nothing of the machine's own network is touched: the namespace belongs to this process and ends with it.
 *
 * What would come between a packet and the chain is switched off: source validation, neighbour resolution (NOARP), IPv6 autoconfiguration, and
 * conntrack's test of checksums. A second table, `inet harness`, drops what the kernel itself says over the loopback, and its answers before conntrack sees
 * them, so that no flow ever has a reply.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <json-glib/json-glib.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network.h"

static const guint8 in_hardware_address[6] = { 2, 0, 0, 0, 0, 2 };
static int wire = -1;
static guint wire_index;

static const char *const switches[][2] = {
    { "net/ipv6/conf/default/disable_ipv6", "0" },  { "net/ipv6/conf/default/accept_dad", "0" },
    { "net/ipv6/conf/default/autoconf", "0" },      { "net/ipv6/conf/default/accept_ra", "0" },
    { "net/ipv6/conf/default/router_solicitations", "0" }, { "net/ipv4/conf/all/rp_filter", "0" },
    { "net/ipv4/conf/default/rp_filter", "0" },     { "net/ipv4/conf/default/accept_local", "1" },
    { "net/ipv4/conf/all/accept_local", "1" },      { "net/ipv4/conf/all/send_redirects", "0" },
    { "net/ipv4/conf/default/send_redirects", "0" }, { "net/ipv4/ip_forward", "1" },
    { "net/ipv6/conf/all/forwarding", "1" },        { "net/ipv4/icmp_echo_ignore_all", "1" },
};

static void switch_to(const char *name, const char *value) {
    g_autofree char *path = g_strconcat("/proc/sys/", name, NULL);
    FILE *file = fopen(path, "we");
    g_assert_nonnull(file);
    g_assert_cmpint(fputs(value, file), >=, 0);
    g_assert_cmpint(fclose(file), ==, 0);
}

char *network_run(const char *const *arguments, gboolean expect_failure) {
    g_autofree char *output = NULL, *errors = NULL;
    g_autoptr(GError) error = NULL;
    int status;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status, &error);
    g_assert_no_error(error);
    gboolean fine = g_spawn_check_wait_status(status, NULL);
    if (expect_failure)
        return fine ? NULL : g_steal_pointer(&errors);
    if (!fine)
        g_error("%s %s: %s", arguments[0], arguments[1], errors);
    return g_steal_pointer(&output);
}

/* One `ip` command, or any other, as a line. */
static void run_line(const char *line) {
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_free(network_run((const char *const *)words, FALSE));
}

static const char *const build_lines[] = {
    "ip link set lo up",
    "ip link add wire0 address 02:00:00:00:00:01 type veth peer name in0 address 02:00:00:00:00:02",
    "ip link add wire1 address 02:00:00:00:00:04 type veth peer name out0 address 02:00:00:00:00:03",
};

static const char *const start_lines[] = {
    "ip link set wire0 arp off up", "ip link set wire1 arp off up", "ip link set in0 arp off up", "ip link set out0 arp off up",
    "ip route add default dev out0", "ip -6 route add default dev out0",
    "nft add table inet harness",
    "nft add chain inet harness quiet { type filter hook prerouting priority -500 ; }",
    "nft add rule inet harness quiet iifname lo drop",
    "nft add chain inet harness silent { type filter hook output priority -500 ; }",
    "nft add rule inet harness silent icmp type { echo-reply, timestamp-reply, info-reply, address-mask-reply } drop",
    "nft add rule inet harness silent icmpv6 type echo-reply drop",
    "nft add counter inet harness untouched",
};

char *network_new(void) {
    if (geteuid() != 0)
        return g_strdup("not root");
    if (unshare(CLONE_NEWNET) != 0)
        return g_strdup_printf("no network namespace of our own: %s", g_strerror(errno));
    g_autofree char *nft = g_find_program_in_path("nft");
    g_autofree char *ip = g_find_program_in_path("ip");
    if (!nft || !ip)
        return g_strdup("nft or ip is not installed");
    for (guint i = 0; i < G_N_ELEMENTS(switches); i++)
        switch_to(switches[i][0], switches[i][1]);
    for (guint i = 0; i < G_N_ELEMENTS(build_lines); i++)
        run_line(build_lines[i]);
    switch_to("net/ipv6/conf/wire0/disable_ipv6", "1");
    switch_to("net/ipv6/conf/wire1/disable_ipv6", "1");
    for (guint i = 0; i < G_N_ELEMENTS(start_lines); i++)
        run_line(start_lines[i]);
    switch_to("net/ipv4/conf/in0/rp_filter", "0");
    wire_index = if_nametoindex("wire0");
    wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    g_assert_cmpint(wire, >=, 0);
    return NULL;
}

void network_deliver_locally(gboolean locally) {
    const char *verb = locally ? "add" : "del";
    g_autofree char *ipv4 = g_strdup_printf("ip route %s local 0.0.0.0/0 dev lo metric 1", verb);
    g_autofree char *ipv6 = g_strdup_printf("ip -6 route %s local ::/0 dev lo metric 1", verb);
    run_line(ipv4);
    run_line(ipv6);
}

char *network_load(const char *script) {
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    int file = g_file_open_tmp("kijun-XXXXXX.nft", &path, &error);
    g_assert_no_error(error);
    close(file);
    g_assert_true(g_file_set_contents(path, script, -1, NULL));
    const char *const arguments[] = { "env", "TZ=UTC", "nft", "-f", path, NULL };
    char *problem = network_run(arguments, TRUE);
    unlink(path);
    if (g_file_test("/proc/sys/net/netfilter/nf_conntrack_checksum", G_FILE_TEST_EXISTS)) /* there as soon as some table asks for a state */
        switch_to("net/netfilter/nf_conntrack_checksum", "0");
    return problem;
}

void network_send(const Packet *packet) {
    guint8 frame[ETHER_HDR_LEN + PACKET_MAX] = { 0 };
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)wire_index, .sll_halen = 6 };
    gsize length = ETHER_HDR_LEN + packet->length;
    guint type = packet->bytes[0] >> 4 == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
    memcpy(frame, in_hardware_address, 6);
    frame[6] = 2;
    frame[11] = 1;
    frame[12] = (guint8)(type >> 8);
    frame[13] = (guint8)type;
    memcpy(frame + ETHER_HDR_LEN, packet->bytes, packet->length);
    memcpy(to.sll_addr, in_hardware_address, 6);
    g_assert_cmpint(sendto(wire, frame, length, 0, (struct sockaddr *)&to, sizeof to), ==, (gssize)length);
}

void network_forget_flows(void) {
    struct {
        struct nlmsghdr header;
        struct nfgenmsg message;
    } request = {
        .header = { .nlmsg_len = sizeof request,
                    .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
        .message = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 },
    };
    guint8 answer[256];
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    g_assert_cmpint(netlink, >=, 0);
    g_assert_cmpint(send(netlink, &request, sizeof request, 0), ==, sizeof request);
    g_assert_cmpint(recv(netlink, answer, sizeof answer, 0), >, 0);
    close(netlink);
}

GHashTable *network_counters(const char *table) {
    const char *const arguments[] = { "nft", "-j", "list", "counters", "table", "inet", table, NULL };
    g_autofree char *text = network_run(arguments, FALSE);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    json_parser_load_from_data(parser, text, -1, &error);
    g_assert_no_error(error);
    JsonArray *list = json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "nftables");
    GHashTable *counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *entry = json_array_get_object_element(list, i);
        if (!json_object_has_member(entry, "counter"))
            continue;
        JsonObject *counter = json_object_get_object_member(entry, "counter");
        g_hash_table_insert(counters, g_strdup(json_object_get_string_member(counter, "name")),
                            GUINT_TO_POINTER((guint)json_object_get_int_member(counter, "packets")));
    }
    return counters;
}
