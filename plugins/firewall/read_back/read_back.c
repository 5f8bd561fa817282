/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel was loaded with, as policy again: for the proof that it says what the source says.
 *
 * The list comes from nft's JSON and its bytecode and not from the script, so that whatever nft or the kernel made of the script is read,
 * and it is read strictly: each member of each object is known or the reading fails. The result is a policy text that the ordinary compiler
 * reads, with one block for each kind of packet that a kernel can tell apart and a request cannot:
 *
 *     stateless blocks: packets with their transport header, and later fragments
 *     where time is asked: a clock that was set, and one that was not
 *
 * Each block has to be equal to the source; together they are all packets. What is no request is checked here: replies pass a stateful
 * block and invalid packets do not, and a packet too short for its transport header is dropped before a rule is asked.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

static void back_init(KjBack *back, GError **error) {
    *back = (KjBack){ .error = error };
    back->owned = g_ptr_array_new_with_free_func(g_free);
    back->arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    back->named = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    back->sets = g_hash_table_new(g_str_hash, g_str_equal);
    back->limits = g_hash_table_new(g_str_hash, g_str_equal);
    back->chains = g_hash_table_new(g_str_hash, g_str_equal);
    back->families = g_hash_table_new(NULL, NULL);
    back->order = g_ptr_array_new();
}

static void back_clear(KjBack *back) {
    for (guint i = 0; i < back->order->len; i++)
        g_ptr_array_unref(((KjBackChain *)g_ptr_array_index(back->order, i))->lines);
    g_ptr_array_unref(back->order);
    g_hash_table_unref(back->families);
    g_hash_table_unref(back->sets);
    g_hash_table_unref(back->limits);
    g_hash_table_unref(back->chains);
    g_ptr_array_unref(back->named);
    g_ptr_array_unref(back->arrays);
    g_ptr_array_unref(back->owned);
}

/* A line that asks for exactly these states and does nothing but decide. */
static gboolean is_state_line(KjBack *back, guint index, const guint *states, guint count, KjBackVerdict verdict) {
    KjInterval intervals[KJ_BACK_STATES] = { 0 };
    const KjBackLine *line = index < back->base->lines->len ? g_ptr_array_index(back->base->lines, index) : NULL;
    const KjBackTest *test = line && line->tests->len == 1 ? &g_array_index(line->tests, KjBackTest, 0) : NULL;
    for (guint i = 0; i < count; i++)
        intervals[i] = (KjInterval){ kj_ordinal_number(states[i]), kj_ordinal_number(states[i]) };
    const KjBackPoints *wanted = kj_back_points(back, intervals, count);
    return test && test->kind == KJ_BACK_COMPARES && test->field == KJ_BACK_STATE && line->verdict == verdict && !line->logs &&
           !line->bucket && kj_back_within(back, test->points, wanted) && kj_back_within(back, wanted, test->points);
}

/* Replies of flows that were let through pass, and what belongs to no flow is dropped, before anything else. */
static gboolean is_stateful(KjBack *back) {
    static const guint replies[] = { KJ_BACK_ESTABLISHED, KJ_BACK_RELATED }, invalid[] = { KJ_BACK_INVALID };
    return is_state_line(back, 0, replies, 2, KJ_BACK_ACCEPT) && is_state_line(back, 1, invalid, 1, KJ_BACK_DROP);
}

static gboolean asks_time(const KjBack *back) {
    for (guint i = 0; i < back->order->len; i++) {
        const KjBackChain *chain = g_ptr_array_index(back->order, i);
        for (guint l = 0; l < chain->lines->len; l++) {
            const KjBackLine *line = g_ptr_array_index(chain->lines, l);
            for (guint t = 0; t < line->tests->len; t++) {
                const KjBackTest *test = &g_array_index(line->tests, KjBackTest, t);
                if (test->kind == KJ_BACK_COMPARES && test->field >= KJ_BACK_TIME && test->field <= KJ_BACK_DAY)
                    return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean write_blocks(KjBack *back, GString *policy) {
    static const char *const names[2][3] = { { "packets", "packets", "packets_while_the_clock_is_unset" },
                                             { "fragments", "fragments", "fragments_while_the_clock_is_unset" } };
    gboolean timed = asks_time(back), written = TRUE;
    KjBackText text = { back, g_string_new(NULL), g_string_new(NULL), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
    for (guint fragments = 0; written && fragments < (back->stateful ? 1 : 2); fragments++) {
        for (KjBackClock clock = timed ? KJ_BACK_SET_CLOCK : KJ_BACK_ANY_CLOCK;
             written && clock <= (timed ? KJ_BACK_UNSET_CLOCK : KJ_BACK_ANY_CLOCK); clock++) {
            KjBackAspect aspect = { .fragments = fragments == 1, .clock = clock };
            g_autoptr(GArray) cases = kj_back_flatten(back, aspect);
            written = cases && kj_back_write_block(&text, names[fragments][clock], aspect, cases);
        }
    }
    g_string_append_printf(policy, "# Read back from what nft lists.\n%s%s", text.lets->str, text.blocks->str);
    g_string_free(text.lets, TRUE);
    g_string_free(text.blocks, TRUE);
    g_hash_table_unref(text.names);
    return written;
}

gboolean kj_firewall_read_back_nftables(const char *dump, gsize length, GString *policy, GError **error) {
    GError *problem = NULL;
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autofree char *text = g_strndup(dump, length);
    KjBack back;
    back_init(&back, &problem);
    const char *json = kj_back_read_bytecode(&back, text);
    gboolean read = json_parser_load_from_data(parser, json, -1, &problem) && kj_back_read_dump(&back, json_parser_get_root(parser));
    if (read) {
        back.stateful = is_stateful(&back);
        read = kj_back_check_buckets(&back) && kj_back_check_cut(&back) && write_blocks(&back, policy);
    }
    back_clear(&back);
    if (!read)
        g_propagate_error(error, problem);
    return read;
}
