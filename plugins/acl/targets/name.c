/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of accounts, groups, hosts and terminals.
 *
 * Each format has words and characters of its own: in sudoers `ADMINS` is an alias, `%ops` a group, `#0` a number of a user and `web*` a
 * pattern; pam_access takes `all` for everybody and no difference between `Sato` and `sato`; setfacl takes `1000` for a number. So only
 * those names are written that no format reads as anything but a name: a small letter or `_` first, then small letters, digits, `_`, `-`
 * and, but for hosts, `.`; which is what useradd(8) accepts. Everything else is refused, never quoted: there is then nothing to be quoted
 * wrongly.
 */
#include <string.h>

#include <kijun/translate.h>

#include "target.h"

#define NAME_BYTES_MAX 32u /* useradd(8) */
#define HOST_BYTES_MAX 63u
#define PATH_BYTES_MAX 1024u

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void kj_acl_names_of(const KjAclBlock *block, guint field, const gboolean *classes, KjAclNames *names) {
    guint absolute = block->view.first_field + field;
    g_autoptr(GPtrArray) inside = g_ptr_array_new(), outside = g_ptr_array_new();
    KjFieldView view;
    names->rest = FALSE;
    kj_view_field(block->table, absolute, &view);
    for (guint32 klass = 1; klass < view.class_count; klass++)
        if (!kj_view_class_values(block->table, absolute, klass, classes[klass] ? inside : outside) && classes[klass])
            names->rest = TRUE;
    names->names = names->rest ? g_steal_pointer(&outside) : g_steal_pointer(&inside);
    g_ptr_array_sort(names->names, compare_names);
}

void kj_acl_names_clear(KjAclNames *names) {
    g_clear_pointer(&names->names, g_ptr_array_unref);
}

gboolean kj_acl_names_has(const KjAclNames *names, const char *name) {
    for (guint i = 0; i < names->names->len; i++)
        if (strcmp(g_ptr_array_index(names->names, i), name) == 0)
            return !names->rest;
    return names->rest;
}

/* Words that pam_access does not take for names, in any case of their letters. */
static gboolean is_word(const char *name) {
    static const char *const words[] = { "all", "except", "local", "none" };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i], name) == 0)
            return TRUE;
    return FALSE;
}

static gboolean is_name(const char *name, gboolean host) {
    if (!(g_ascii_islower(*name) || (*name == '_' && !host)) || is_word(name))
        return FALSE;
    for (const char *at = name; *at; at++)
        if (!g_ascii_islower(*at) && !g_ascii_isdigit(*at) && *at != '-' && (host || (*at != '_' && *at != '.')))
            return FALSE;
    return strlen(name) <= (host ? HOST_BYTES_MAX : NAME_BYTES_MAX);
}

gboolean kj_acl_names_check(const KjAclBlock *block, const KjAclRule *rule, const char *field, const GPtrArray *names, GError **error) {
    gboolean host = strcmp(field, "host") == 0;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (is_name(name, host))
            continue;
        if (host)
            return kj_acl_refuse(block, rule, error,
                                 _("%s compares hosts by the name they have without a domain, and `%s` is none; write small letters, "
                                                       "digits and `-`"), block->shape->program, name);
        return kj_acl_refuse(block, rule, error,
                             _("%s could read the name `%s` (%s) as something else; write a name of small letters, digits, `_`, "
                                                   "`-` and `.`, as useradd(8) takes it"), block->shape->program, name, field);
    }
    return TRUE;
}

gboolean kj_acl_terminals_check(const KjAclBlock *block, const KjAclRule *rule, const GPtrArray *names, GError **error) {
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        if (!g_ascii_islower(*name) || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789/_-.") != strlen(name) ||
            strlen(name) > NAME_BYTES_MAX)
            return kj_acl_refuse(block, rule, error,
                                 _("no terminal can be called `%s`; write its name as tty(1) shows it, without `/dev/`"), name);
    }
    return TRUE;
}

gboolean kj_acl_is_plain_path(const char *path) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%";
    return *path == '/' && path[1] && strspn(path, plain) == strlen(path) && strlen(path) <= PATH_BYTES_MAX;
}
