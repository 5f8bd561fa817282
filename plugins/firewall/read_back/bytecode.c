/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nft's JSON leaves out: the family.
 *
 * A rule may ask for the family of a packet without its list showing it: nft 1.0.6 lists `meta nfproto ipv4 meta l4proto 1 accept` as `meta
 * l4proto 1 accept`, which is what it lists for the rule that takes ICMP over IPv6 as well; and `icmp type` for both. So nft is asked for
 * the bytecode too
 * (--debug=netlink), and a rule whose bytecode asks for a family that its JSON does not show asks for it all the same:
 *
 *     inet kijun_t rules 45 44
 *       [ meta load nfproto => reg 1 ]
 *       [ cmp eq reg 1 0x00000002 ]
 */
#include <stdio.h>
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

/* The handle of the rule whose bytecode the line begins; 0: it begins none. */
static guint64 rule_handle(const char *line) {
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    guint count = g_strv_length(words);
    if (count < 4 || *line == ' ' || *words[0] == '\0' || *words[3] == '\0' || strspn(words[3], "0123456789") != strlen(words[3]))
        return 0;
    return g_ascii_strtoull(words[3], NULL, 10);
}

static guint compared_family(const char *line) {
    guint reg, value;
    if (sscanf(line, " [ cmp eq reg %u 0x%x ]", &reg, &value) != 2)
        return KJ_BACK_OTHER_FAMILY;
    return value == 2 ? 4 : value == 10 ? 6 : KJ_BACK_OTHER_FAMILY;
}

const char *kj_back_read_bytecode(KjBack *back, const char *dump) {
    g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
    gpointer handle = NULL;
    const char *json = g_str_has_prefix(dump, "{") ? dump : strstr(dump, "\n{");
    for (char **line = lines; *line && **line != '{'; line++) {
        guint64 begins = rule_handle(*line);
        if (begins) {
            handle = GUINT_TO_POINTER((guint)begins);
            g_hash_table_insert(back->families, handle, GUINT_TO_POINTER(0));
        } else if (strstr(*line, "[ meta load nfproto ")) {
            guint known = GPOINTER_TO_UINT(g_hash_table_lookup(back->families, handle)),
                  family = line[1] ? compared_family(line[1]) : KJ_BACK_OTHER_FAMILY;
            g_hash_table_insert(back->families, handle, GUINT_TO_POINTER(known && known != family ? KJ_BACK_OTHER_FAMILY : family));
        }
    }
    return json ? json : "";
}

/* Whether what JSON shows of the line implies a family or says that it is asked for. */
static gboolean shows_family(const KjBackLine *line) {
    for (guint i = 0; i < line->tests->len; i++) {
        const KjBackTest *test = &g_array_index(line->tests, KjBackTest, i);
        if (test->kind == KJ_BACK_LATER)
            return TRUE;
        if (test->kind == KJ_BACK_COMPARES && (test->field == KJ_BACK_FAMILY || test->field == KJ_BACK_FROM || test->field == KJ_BACK_TO))
            return TRUE;
    }
    return FALSE;
}

gboolean kj_back_add_hidden(KjBack *back, guint64 handle, KjBackLine *line) {
    gpointer family;
    if (!g_hash_table_lookup_extended(back->families, GUINT_TO_POINTER((guint)handle), NULL, &family))
        return kj_back_refuse(back, _("nft does not show its bytecode"));
    if (shows_family(line) || family == NULL)
        return TRUE;
    if (GPOINTER_TO_UINT(family) == KJ_BACK_OTHER_FAMILY)
        return kj_back_refuse(back, _("its bytecode asks for the family in a way that is not understood"));
    KjBackTest test = { .kind = KJ_BACK_COMPARES,
                        .field = KJ_BACK_FAMILY,
                        .points = kj_back_range(back, GPOINTER_TO_UINT(family), GPOINTER_TO_UINT(family)) };
    g_array_append_val(line->tests, test);
    return TRUE;
}
