/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as an nftables script: one table `inet kijun_NAME` and nothing else, for `TZ=UTC nft -f`.
 *
 * The script names the table (so that it exists), deletes it, and defines it anew. nft sends all of it as one transaction: the kernel has either
 * the old rules or the new ones, loading twice gives the same as loading once, and no other table is touched. Counters start
 * again from zero.
 *
 * The base chain asks in this order, and the first that matches decides:
 *     1. stateful blocks: `replies` of flows that were allowed pass, what conntrack calls `invalid` is dropped. Packets that conntrack was told
 *        not to look at (untracked, among them IPv6 neighbour discovery) go to the rules like any packet that opens a flow.
 *        Stateless blocks send later fragments to a chain of their own (match.c).
 *     2. `malformed`: what has no whole transport header is an error to the request reader, and errors are denials.
 *     3. the rules in the author's order, each as the lines of its boxes.
 *     4. the default. The chain's own policy is drop, whatever the default says: what falls through all of it was never decided.
 *
 * Exactness comes first: what nftables cannot say is refused with the rule, the reason and what to write instead (box.c, action.c); there is no
 * approximation anywhere. Where a kernel differs from the reader of single packets: conntrack puts fragments together before any rule
 * sees them, so a stateful block decides them as the one packet they are; so does the input hook for IPv4. What conntrack calls invalid (an ICMP error
 * about no flow, a checksum that is wrong) opens no flow and is dropped before the rules of a stateful block are asked. The kernel sees nothing behind
 * an IPv6 authentication header, and neither does the reader: the protocol is 51.
 *
 * Cost: linear in the boxes; two passes, the first to see which address sets are shared.
 */
#include <stdarg.h>
#include <string.h>

#include <kijun/translate.h>

#include "../firewall.h"
#include "nft.h"
#include "timeline.h"

#define COMMENT_MAX 120u /* the kernel keeps 128 bytes with a NUL */

static const struct {
    const char *name;
    KjNftRole role;
} field_roles[] = {
    { "from", KJ_NFT_FROM },           { "to", KJ_NFT_TO },     { "proto", KJ_NFT_PROTO }, { "source_port", KJ_NFT_SOURCE_PORT },
    { "port", KJ_NFT_PORT },           { "icmp_type", KJ_NFT_ICMP_TYPE }, { "icmp_code", KJ_NFT_ICMP_CODE },
    { "iif", KJ_NFT_IIF },             { "oif", KJ_NFT_OIF },   { "state", KJ_NFT_STATE },
};

static const char *const hook_names[] = { [KJ_NFT_INPUT] = "input", [KJ_NFT_FORWARD] = "forward", [KJ_NFT_OUTPUT] = "output" };

void kj_nft_tell_refusal(const KjRuleView *rule, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (*rule->file)
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("%s:%u: rule `%s`: %s"), rule->file, rule->line, rule->label, reason);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("rule `%s`: %s"), rule->label, reason);
}

/* ---- the block ---- */

static KjNftRole role_of(const KjFieldView *field) {
    if (field->kind == KJ_FIELD_KIND_TIME)
        return KJ_NFT_TIME;
    if (field->kind != KJ_FIELD_KIND_VALUE)
        return KJ_NFT_OTHER;
    for (guint i = 0; i < G_N_ELEMENTS(field_roles); i++)
        if (strcmp(field_roles[i].name, field->name) == 0)
            return field_roles[i].role;
    return KJ_NFT_OTHER;
}

static const char *setting(const KjNft *nft, const char *name) {
    for (guint i = 0; i < nft->block.setting_count; i++) {
        KjSettingView view;
        kj_view_setting(nft->table, nft->block.first_setting + i, &view);
        if (strcmp(view.name, name) == 0)
            return view.value;
    }
    return "";
}

static void nft_init(KjNft *nft, const KjTable *table, guint block) {
    *nft = (KjNft){ .table = table, .hook = KJ_NFT_FORWARD };
    kj_view_block(table, block, &nft->block);
    for (guint i = 0; i < G_N_ELEMENTS(hook_names); i++)
        if (strcmp(setting(nft, "hook"), hook_names[i]) == 0)
            nft->hook = (KjNftHook)i;
    nft->stateful = strcmp(setting(nft, "stateful"), "false") != 0;
    nft->roles = g_new0(KjNftRole, nft->block.field_count + 1);
    for (guint i = 0; i < nft->block.field_count; i++) {
        KjFieldView field;
        kj_view_field(table, nft->block.first_field + i, &field);
        nft->roles[i] = role_of(&field);
    }
    nft->objects = g_string_new(NULL);
    nft->chains = g_string_new(NULL);
    nft->rules = g_string_new(NULL);
    nft->fragments = g_string_new(NULL);
    nft->set_uses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    nft->set_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    nft->moments = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    nft->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    nft->windows = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)kj_timeline_free);
    nft->zones = kj_timeline_zones_new();
    nft->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void nft_clear(KjNft *nft) {
    g_free(nft->roles);
    g_string_free(nft->objects, TRUE);
    g_string_free(nft->chains, TRUE);
    g_string_free(nft->rules, TRUE);
    g_string_free(nft->fragments, TRUE);
    g_hash_table_unref(nft->set_uses);
    g_hash_table_unref(nft->set_names);
    g_hash_table_unref(nft->moments);
    g_hash_table_unref(nft->lines);
    g_hash_table_unref(nft->windows);
    g_hash_table_unref(nft->zones);
    g_hash_table_unref(nft->labels);
}

/* ---- rules ---- */

static char *rule_comment(const KjRuleView *rule) {
    g_autoptr(GString) text = g_string_new(" comment ");
    g_autofree char *place = *rule->file ? g_strdup_printf("%s:%u %s", rule->file, rule->line, rule->label) : g_strdup(rule->label);
    const char *end = place;
    while (strlen(end) > COMMENT_MAX)
        end = g_utf8_next_char(end);
    kj_nft_quote(end, COMMENT_MAX, text);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean write_boxes(KjNft *nft, const KjNftRule *rule, GError **error) {
    for (guint i = 0; i < rule->view.box_count; i++) {
        KjNftBox box;
        gboolean read = kj_nft_box_read(nft, rule, rule->view.first_box + i, &box, error);
        if (read)
            kj_nft_write_box(nft, rule, &box);
        kj_nft_box_clear(&box);
        if (!read)
            return FALSE;
    }
    return TRUE;
}

static gboolean write_rule(KjNft *nft, guint index, GError **error) {
    KjNftRule rule = { .index = index };
    kj_view_rule(nft->table, index, &rule.view);
    g_autofree char *told = kj_nft_name(rule.view.label);
    if (!told)
        return kj_nft_refuse(&rule.view, error, _("the label is longer than nftables takes; write a shorter one"));
    rule.told = told;
    rule.name = g_hash_table_add(nft->labels, g_strdup(told)) ? g_strdup(told)
                                                              : g_strdup_printf("%s-v%u", told, index - nft->block.first_rule + 1);
    rule.comment = rule_comment(&rule.view);
    g_hash_table_remove_all(nft->lines);
    gboolean written = kj_nft_action(nft, &rule, error) && write_boxes(nft, &rule, error);
    g_free(rule.name);
    g_free(rule.comment);
    g_free(rule.action);
    return written;
}

static gboolean write_rules(KjNft *nft, gboolean counting, GError **error) {
    nft->counting = counting;
    nft->chain_count = 0;
    g_string_truncate(nft->objects, 0);
    g_string_truncate(nft->chains, 0);
    g_string_truncate(nft->rules, 0);
    g_string_truncate(nft->fragments, 0);
    g_hash_table_remove_all(nft->moments);
    g_hash_table_remove_all(nft->labels);
    g_hash_table_add(nft->labels, g_strdup("default")); /* of which there always is one */
    for (guint i = 0; i < nft->block.rule_count; i++)
        if (!write_rule(nft, nft->block.first_rule + i, error))
            return FALSE;
    return TRUE;
}

/* ---- the script ---- */

/* Returns for whole packets; what is left could not be read. */
static void append_whole(GString *out) {
    g_string_append(out, "\tchain whole {\n\t\tmeta l4proto != { " KJ_NFT_ICMP ", " KJ_NFT_PORTED " } return\n"
                         "\t\tmeta l4proto { " KJ_NFT_ICMP " } @th,0,16 & 0x0 == 0x0 return\n"
                         "\t\t@th,0,32 & 0x0 == 0x0 return\n\t\tcounter name \"malformed\" drop\n\t}\n");
}

static gboolean append_script(KjNft *nft, GString *out, GError **error) {
    g_autoptr(GString) last = g_string_new(NULL);
    g_autofree char *name = kj_nft_encode(nft->block.name);
    if (!name) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_TARGET, _("the name of block `%s` is longer than nftables takes; write a shorter one"),
                    nft->block.name);
        return FALSE;
    }
    if (!kj_nft_default_action(nft, last, error))
        return FALSE;
    g_string_append_printf(out, "# Block %s.%s, written by kijun. Load with: TZ=UTC nft -f FILE\n", nft->block.module, nft->block.name);
    g_string_append_printf(out, "table inet kijun_%s { }\ndelete table inet kijun_%s\ntable inet kijun_%s {\n", name, name, name);
    if (nft->stateful)
        g_string_append(out, "\tcounter replies { }\n\tcounter invalid { }\n");
    g_string_append(out, "\tcounter malformed { }\n\tcounter default { }\n"
                         "\tset ported {\n\t\ttype inet_proto\n\t\telements = { " KJ_NFT_PORTED " }\n\t}\n");
    g_string_append_len(out, nft->objects->str, (gssize)nft->objects->len);
    append_whole(out);
    g_string_append_len(out, nft->chains->str, (gssize)nft->chains->len);
    if (!nft->stateful)
        g_string_append_printf(out, "\tchain fragments {\n%s\t\t%s comment \"default\"\n\t}\n", nft->fragments->str, last->str);
    g_string_append_printf(out, "\tchain rules {\n\t\ttype filter hook %s priority filter; policy drop;\n", hook_names[nft->hook]);
    if (nft->stateful)
        g_string_append(
            out, "\t\tct state established,related counter name \"replies\" accept\n\t\tct state invalid counter name \"invalid\" drop\n");
    else
        g_string_append(out, "\t\tip frag-off & 0x1fff != 0 goto fragments\n\t\tfrag frag-off != 0 goto fragments\n");
    g_string_append(out, "\t\tjump whole\n");
    g_string_append_len(out, nft->rules->str, (gssize)nft->rules->len);
    g_string_append_printf(out, "\t\t%s comment \"default\"\n\t}\n}\n", last->str);
    return TRUE;
}

gboolean kj_firewall_emit_nftables(const KjTable *table, guint block, GString *out, GError **error) {
    KjNft nft;
    nft_init(&nft, table, block);
    gboolean written = write_rules(&nft, TRUE, error) && write_rules(&nft, FALSE, error) && append_script(&nft, out, error);
    nft_clear(&nft);
    return written;
}
