/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as an access.conf of its own, for
 *
 *     account required pam_access.so accessfile=FILE nodefgroup
 *
 *     action `login`      field from : address, the address a remote login comes from
 *
 * The first line that matches decides in pam_access, and the strictest rule in the block. So refusing rules come first, then allowing ones,
 * then the default for every address, and at the end `-:ALL:ALL`: a login without an address is no request of the block, and pam_access
 * lets through what no line names. Each box is a line of users and origins, a product; a long list of origins is cut into lines, which are
 * the same line again.
 *
 * Without `nodefgroup` a name would stand for a group of that name as well, and the file would be wider than the block. pam_access compares
 * names without regard to the case of their letters: on a host with two accounts that differ in nothing else this target is not for them.
 *
 * Cost: linear in the boxes and the prefixes of their addresses.
 */
#include <arpa/inet.h>
#include <string.h>

#include <kijun/translate.h>

#include "../acl.h"
#include "target.h"

#define LINE_BYTES_MOST 900u /* pam_access of Linux-PAM 1.3 reads 1,024 */

enum { FROM };

static const char *const actions[] = { "login", NULL };

static const KjAclOwnField own_fields[] = { [FROM] = { "from", KJ_TYPE_ADDRESS, "field from : address;" }, { NULL, 0, NULL } };

/* It logs whom it refuses. */
static const KjAclShape shape = { .program = "pam_access", .actions = actions, .fields = own_fields, .groups = TRUE, .logs_refused = TRUE };

static void append_names(const GPtrArray *names, gboolean groups, GString *out) {
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(out, groups ? " (%s)" : " %s", (const char *)g_ptr_array_index(names, i));
}

static void append_who(const KjAclWho *who, GString *out) {
    gboolean excepting = who->not_groups->len || (who->principals.rest && who->principals.names->len);
    if (who->in_group)
        g_string_append_printf(out, "(%s)", who->in_group);
    else
        g_string_append(out, who->principals.rest ? "ALL" : "");
    if (!who->principals.rest)
        append_names(who->principals.names, FALSE, out);
    g_string_append(out, excepting ? " EXCEPT" : "");
    if (who->principals.rest)
        append_names(who->principals.names, FALSE, out);
    append_names(who->not_groups, TRUE, out);
}

/* ---- addresses as prefixes ---- */

/* `point` with its last `bits` bits set. */
static KjOrdinal last_of(KjOrdinal point, guint bits) {
    point.low |= bits >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << bits) - 1;
    point.high |= bits <= 64 ? 0 : bits >= 128 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << (bits - 64)) - 1;
    return point;
}

static gboolean starts_prefix(KjOrdinal point, guint bits) {
    KjOrdinal none = last_of((KjOrdinal){ point.family, 0, 0 }, bits);
    return (point.low & none.low) == 0 && (point.high & none.high) == 0;
}

static void append_prefix(KjOrdinal point, guint length, GPtrArray *prefixes) {
    char address[INET6_ADDRSTRLEN];
    guint64 words[2] = { GUINT64_TO_BE(point.high), GUINT64_TO_BE(point.low) };
    guint32 word = GUINT32_TO_BE((guint32)point.low);
    inet_ntop(point.family == 4 ? AF_INET : AF_INET6, point.family == 4 ? (const void *)&word : (const void *)words, address,
              sizeof address);
    g_ptr_array_add(prefixes, g_strdup_printf("%s/%u", address, length));
}

/* The fewest prefixes from low to high, which are of one family. None of length 0: pam_access of Linux-PAM 1.5 finds no address in it. */
static void add_prefixes(KjOrdinal low, KjOrdinal high, GPtrArray *prefixes) {
    guint width = low.family == 4 ? 32 : 128;
    for (;;) {
        guint bits = 0;
        while (bits + 1 < width && starts_prefix(low, bits + 1) && kj_ordinal_compare(last_of(low, bits + 1), high) <= 0)
            bits++;
        append_prefix(low, width - bits, prefixes);
        low = last_of(low, bits);
        if (kj_ordinal_compare(low, high) == 0 || !kj_ordinal_next(&low))
            return;
    }
}

/* The points of the classes, as prefixes. Classes ascend with their points. */
static GPtrArray *origins_of(const KjAclBlock *block, const gboolean *classes) {
    static const KjOrdinal ends[] = { { 4, 0, G_MAXUINT32 }, { 6, G_MAXUINT64, G_MAXUINT64 } };
    GPtrArray *prefixes = g_ptr_array_new_with_free_func(g_free);
    guint field = block->view.first_field + block->own[FROM];
    KjFieldView view;
    kj_view_field(block->table, field, &view);
    for (guint32 klass = 1; klass < view.class_count; klass++) {
        KjInterval first, last;
        guint32 end = klass;
        if (!classes[klass] || !kj_view_class_points(block->table, field, klass, &first))
            continue;
        while (end + 1 < view.class_count && classes[end + 1])
            end++;
        kj_view_class_points(block->table, field, end, &last);
        klass = end;
        for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
            KjOrdinal low = { ends[i].family, 0, 0 }, high = ends[i];
            low = kj_ordinal_compare(first.low, low) > 0 ? first.low : low;
            high = kj_ordinal_compare(last.high, high) < 0 ? last.high : high;
            if (kj_ordinal_compare(low, high) <= 0)
                add_prefixes(low, high, prefixes);
        }
    }
    return prefixes;
}

/* ---- lines ---- */

static void write_lines(char sign, const char *who, const GPtrArray *origins, GString *out) {
    gsize start = 0;
    for (guint i = 0; i < origins->len; i++) {
        const char *origin = g_ptr_array_index(origins, i);
        if (i == 0 || out->len - start + strlen(origin) + 2 > LINE_BYTES_MOST) {
            g_string_append(out, i ? "\n" : "");
            start = out->len;
            g_string_append_printf(out, "%c:%s:%s", sign, who, origin);
        } else {
            g_string_append_printf(out, " %s", origin);
        }
    }
    g_string_append(out, origins->len ? "\n" : "");
}

/* One line's worth of users: many names become several lines, exceptions cannot be cut. */
static gboolean write_users(const KjAclBlock *block, const KjAclRule *rule, const KjAclWho *who, const GPtrArray *origins, GString *out,
                            GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    KjAclWho part = *who;
    guint next = 0, count = who->principals.names->len;
    do {
        g_autoptr(GString) text = g_string_new(NULL);
        if (!who->principals.rest) {
            g_ptr_array_set_size(names, 0);
            for (gsize bytes = 0; next < count && bytes < LINE_BYTES_MOST / 3; next++) {
                bytes += strlen(g_ptr_array_index(who->principals.names, next)) + 1;
                g_ptr_array_add(names, g_ptr_array_index(who->principals.names, next));
            }
            part.principals.names = names;
        }
        append_who(&part, text);
        if (text->len > LINE_BYTES_MOST * 3 / 4)
            return kj_acl_refuse(block, rule, error,
                                 _("a line of access.conf cannot except so many; write the exceptions as a `deny` rule of their own"));
        write_lines(rule->allows ? '+' : '-', g_strchug(text->str), origins, out);
    } while (!who->principals.rest && next < count);
    return TRUE;
}

typedef struct {
    GString *refusing, *allowing;
} Lines;

static gboolean write_box(const KjAclBlock *block, const KjAclRule *rule, guint box, gpointer data, GError **error) {
    const Lines *lines = data;
    GString *out = rule->allows ? lines->allowing : lines->refusing;
    g_auto(KjAclWho) who = { FALSE, { FALSE, NULL }, NULL, NULL };
    g_autofree gboolean *classes = kj_acl_box_classes(block, box, block->own[FROM]);
    guint known;
    if (!kj_acl_box_check(block, rule, box, &known, error) || !kj_acl_box_who(block, rule, box, &who, error))
        return FALSE;
    g_autoptr(GPtrArray) origins = origins_of(block, classes);
    if (who.nobody || origins->len == 0)
        return TRUE;
    kj_acl_append_place(rule, out);
    return write_users(block, rule, &who, origins, out, error);
}

gboolean kj_acl_emit_pam_access(const KjTable *table, guint index, GString *out, GError **error) {
    g_autoptr(GString) refusing = g_string_new(NULL), allowing = g_string_new(NULL);
    Lines lines = { refusing, allowing };
    KjAclBlock block;
    if (!kj_acl_block_open(&block, table, index, &shape, error) || !kj_acl_block_boxes(&block, write_box, &lines, error))
        return FALSE;
    kj_acl_append_head(&block, out);
    g_string_append_printf(out, " For: account required pam_access.so accessfile=FILE nodefgroup\n%s%s# default\n%s-:ALL:ALL\n",
                           refusing->str,
                           allowing->str, block.allows ? "+:ALL:0.0.0.0/1 128.0.0.0/1 ::/1 8000::/1\n" : "");
    return TRUE;
}
