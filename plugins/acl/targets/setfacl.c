/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as POSIX access control lists, for `setfacl --restore=FILE`, as root.
 *
 *     actions `read` `write` `execute`      resource a file or folder, by its whole path
 *
 * The file speaks of the paths that the rules name, each of which gets a whole new list; of other paths it only repeats the default, in a
 * comment that changes nothing there: whoever reads the file knows what the block would say. So rules must name their paths, and patterns
 * are refused (default entries are only what new files begin with, if whoever makes them asks for it). The owner becomes root.
 *
 * A list is not decided like a block: whoever has an entry by name has that entry's rights and no others; else the rights of the groups
 * with an entry add up; else those of `other` hold. So for each path
 *
 *     - a rule may give rights to the members of a group, but take none from them, and not ask that somebody is in no group;
 *     - a principal whose rights are not those of everybody gets an entry, which hides the groups: it must have what its groups could give;
 *     - a group's entry holds what everybody has as well, because `other` is not asked any more.
 *
 * Two things are taken for granted of the host: only root is in the group root, which the files belong to and get nothing by, and root's
 * own rights are no question. The mask takes nothing away and is always `rwx`: Linux passes over the whole list where the mask is empty,
 * and lets whoever has an entry in by `other`.
 *
 * Cost: paths x classes of principals x boxes.
 */
#include <string.h>

#include <kijun/translate.h>

#include "../acl.h"
#include "target.h"

static const char *const actions[] = { "read", "write", "execute", NULL };
static const KjAclOwnField own_fields[] = { { NULL, 0, NULL } };
static const KjAclShape shape = { .program = "setfacl", .actions = actions, .fields = own_fields, .groups = TRUE, .resource = TRUE };

enum { ACTIONS = 3, ALL_RIGHTS = 7 };

/* A box: who gets or loses which rights on which paths. */
typedef struct {
    KjAclRule rule;
    guint rights; /* bits of `actions` */
    gboolean *principals, *paths; /* classes */
    const char *group;            /* or NULL */
} Part;

static void part_free(gpointer data) {
    Part *part = data;
    g_free(part->principals);
    g_free(part->paths);
    g_free(part);
}

typedef struct {
    KjAclBlock block;
    GPtrArray *parts;
    GPtrArray *paths; /* char *, each once */
    guint principals; /* classes */
    GError **error;
} Writing;

/* ---- reading the rules ---- */

static void add_path(Writing *writing, const char *path) {
    if (!g_ptr_array_find_with_equal_func(writing->paths, path, g_str_equal, NULL))
        g_ptr_array_add(writing->paths, g_strdup(path));
}

static gboolean read_paths(Writing *writing, const Part *part) {
    g_auto(KjAclPaths) paths = { FALSE, NULL, NULL };
    if (!kj_acl_paths_of(&writing->block, part->paths, &paths) || paths.all || paths.folders->len)
        return kj_acl_refuse(&writing->block, &part->rule, writing->error,
                             _("an access control list belongs to one file or folder, and the rule is about others as well; name "
                               "the whole path of each"));
    for (guint i = 0; i < paths.files->len; i++) {
        const char *path = g_ptr_array_index(paths.files, i);
        if (!kj_acl_is_plain_path(path))
            return kj_acl_refuse(&writing->block, &part->rule, writing->error,
                                 _("`%s` cannot stand in the file as it is; write letters, digits and `._-+@%%/`"), path);
        add_path(writing, path);
    }
    return TRUE;
}

static gboolean check_who(const Writing *writing, const Part *part, const KjAclWho *who) {
    const KjAclBlock *block = &writing->block;
    if (who->not_groups->len)
        return kj_acl_refuse(block, &part->rule, writing->error,
                             _("an access control list cannot ask who is not in the group `%s`; give the rights to those who have them"),
                             (const char *)g_ptr_array_index(who->not_groups, 0));
    if (who->in_group && !part->rule.allows)
        return kj_acl_refuse(block, &part->rule, writing->error,
                             _("the rights of groups add up, so one group (`%s`) cannot lose what another gives; leave the right "
                               "out of the rules that "
                               "allow, or name the principals"), who->in_group);
    if (who->in_group && strcmp(who->in_group, "root") == 0)
        return kj_acl_refuse(block, &part->rule, writing->error,
                             _("the files belong to the group `root`, which gets nothing by it; use another group"));
    if (kj_acl_names_has(&who->principals, "root") && !who->principals.rest)
        return kj_acl_refuse(block, &part->rule, writing->error,
                             _("the rights of root are not decided by access control lists; leave root out of the rule"));
    return TRUE;
}

static gboolean read_box(const KjAclBlock *block, const KjAclRule *rule, guint box, gpointer data, GError **error) {
    Writing *writing = data;
    g_auto(KjAclWho) who = { FALSE, { FALSE, NULL }, NULL, NULL };
    Part *part = g_new0(Part, 1);
    g_ptr_array_add(writing->parts, part);
    part->rule = *rule;
    part->principals = kj_acl_box_classes(block, box, writing->block.principal);
    part->paths = kj_acl_box_classes(block, box, writing->block.resource);
    if (!kj_acl_box_check(block, rule, box, &part->rights, error) ||
        !kj_acl_box_who(block, rule, box, &who, error) || !check_who(writing, part, &who) || !read_paths(writing, part))
        return FALSE;
    part->rights = who.nobody ? 0 : part->rights;
    part->group = who.in_group;
    return TRUE;
}

/* ---- rights ---- */

/* What a principal of the class may do with a path: with no group of the rules (NULL), or with one. */
static guint rights_of(const Writing *writing, guint32 path, guint principal, const char *group) {
    guint given = writing->block.allows ? ALL_RIGHTS : 0, taken = 0;
    for (guint i = 0; i < writing->parts->len; i++) {
        const Part *part = g_ptr_array_index(writing->parts, i);
        if (!part->paths[path] || !part->principals[principal] || (part->group && (!group || strcmp(part->group, group) != 0)))
            continue;
        if (part->rule.allows)
            given |= part->rights;
        else
            taken |= part->rights;
    }
    return given & ~taken;
}

static void append_entry(const char *kind, const char *name, guint rights, GString *out) {
    g_string_append_printf(out, "%s:%s:%c%c%c\n", kind, name, rights & 1 ? 'r' : '-', rights & 2 ? 'w' : '-', rights & 4 ? 'x' : '-');
}

/* The class of the principals whom no rule names. */
static guint find_others(const Writing *writing) {
    for (guint principal = 1; principal < writing->principals; principal++) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        if (!kj_view_class_values(writing->block.table, writing->block.view.first_field + writing->block.principal, principal, names))
            return principal;
    }
    g_assert_not_reached(); /* a field of names always has them */
}

/* The rule by which a group gives somebody more than their own entry has. */
static gboolean check_hidden(const Writing *writing, guint32 path, const char *text, guint principal, const char *name) {
    guint own = rights_of(writing, path, principal, NULL);
    for (guint i = 0; i < writing->parts->len; i++) {
        const Part *part = g_ptr_array_index(writing->parts, i);
        if (!part->group || !part->paths[path] || (rights_of(writing, path, principal, part->group) & ~own) == 0)
            continue;
        return kj_acl_refuse(&writing->block, &part->rule, writing->error,
                             _("`%s` has an entry of their own for `%s`, which hides what the group `%s` would give; give `%s` the "
                               "same by name"), name,
                             text, part->group, name);
    }
    return TRUE;
}

static gboolean has_other_rights(const Writing *writing, guint32 path, guint principal, guint others) {
    gboolean other = rights_of(writing, path, principal, NULL) != rights_of(writing, path, others, NULL);
    for (guint i = 0; i < writing->parts->len && !other; i++) {
        const char *group = ((const Part *)g_ptr_array_index(writing->parts, i))->group;
        other = group && rights_of(writing, path, principal, group) != rights_of(writing, path, others, group);
    }
    return other;
}

/* ---- entries ---- */

static gboolean write_users(const Writing *writing, const char *text, guint32 path, guint others, GString *out) {
    for (guint principal = 1; principal < writing->principals; principal++) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        guint rights = rights_of(writing, path, principal, NULL);
        kj_view_class_values(writing->block.table, writing->block.view.first_field + writing->block.principal, principal, names);
        for (guint i = 0; has_other_rights(writing, path, principal, others) && i < names->len; i++) {
            const char *name = g_ptr_array_index(names, i);
            if (strcmp(name, "root") == 0)
                continue;
            if (!check_hidden(writing, path, text, principal, name))
                return FALSE;
            append_entry("user", name, rights, out);
        }
    }
    return TRUE;
}

static void write_groups(const Writing *writing, guint32 path, guint others, GString *out) {
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < writing->parts->len; i++) {
        const Part *part = g_ptr_array_index(writing->parts, i);
        if (!part->group || !part->paths[path] || !g_hash_table_add(known, (gpointer)part->group))
            continue;
        append_entry("group", part->group, rights_of(writing, path, others, part->group), out);
    }
}

static gboolean write_path(const Writing *writing, const char *text, guint others, GString *out) {
    g_autoptr(GString) users = g_string_new(NULL), groups = g_string_new(NULL);
    guint32 path = kj_acl_path_class(&writing->block, text);
    if (!write_users(writing, text, path, others, users))
        return FALSE;
    write_groups(writing, path, others, groups);
    g_string_append_printf(out, "\n# file: %s\n# owner: root\n# group: root\nuser::rwx\n%sgroup::---\n%smask::rwx\n", text, users->str,
                           groups->str);
    append_entry("other", "", rights_of(writing, path, others, NULL), out);
    return TRUE;
}

gboolean kj_acl_emit_setfacl(const KjTable *table, guint index, GString *out, GError **error) {
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free), paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) entries = g_string_new(NULL);
    Writing writing = { .parts = parts, .paths = paths, .error = error };
    KjFieldView field;
    if (!kj_acl_block_open(&writing.block, table, index, &shape, error) || !kj_acl_block_boxes(&writing.block, read_box, &writing, error))
        return FALSE;
    kj_view_field(table, writing.block.view.first_field + writing.block.principal, &field);
    writing.principals = field.class_count;
    guint others = find_others(&writing);
    for (guint i = 0; i < paths->len; i++)
        if (!write_path(&writing, g_ptr_array_index(paths, i), others, entries))
            return FALSE;
    if (paths->len == 0)
        return kj_acl_refuse(&writing.block, NULL, error,
                             _("it names no path, so there is nothing to give a list to; name the files in its rules"));
    kj_acl_append_head(&writing.block, out);
    g_string_append_printf(out, " Apply as root: setfacl --restore=FILE\n# default: %s\n%s", writing.block.allows ? "allow" : "deny",
                           entries->str);
    return TRUE;
}
