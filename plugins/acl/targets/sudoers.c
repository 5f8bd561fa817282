/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block as a sudoers file, for `visudo -c -s -f` and then /etc/sudoers.d, as the last file there.
 *
 *     action `run`        resource the command, field host : text, field runas : principal, field authenticated : bool
 *
 * `authenticated` says whether the user has just shown who they are: a rule that asks for it is a line with PASSWD, one that does not
 * NOPASSWD.
 *
 * The last line that matches decides in sudo, and the strictest rule in the block. So the lines stand in the order of their strictness:
 *
 *     what no rule decides      ALL ALL = (ALL) !ALL
 *     allow when authenticated  ... = (...) PASSWD: /usr/bin/systemctl
 *     allow                     ... = (...) NOPASSWD: /usr/bin/id
 *     deny                      ... = (...) !/usr/bin/su
 *
 * Because the first line speaks of everybody, the file overrules all that was read before it. Each box is one line, a product of users,
 * hosts, runas users and commands. In the lists of the first three a name with `!` only makes the line match less; a command with `!` in a
 * list would be refused by this line even where another line allows it, so commands are listed one by one and what is left out needs a rule
 * of its own. A command that is allowed may have any arguments. NOSETENV stands where ALL would let the user choose LD_PRELOAD.
 *
 * Cost: linear in the boxes.
 */
#include <kijun/translate.h>

#include "../acl.h"
#include "target.h"

enum { HOST, RUNAS, AUTHENTICATED };
enum { IS_FALSE = 1, IS_TRUE = 2 }; /* classes of a boolean */

static const char *const actions[] = { "run", NULL };

static const KjAclOwnField own_fields[] = {
    [HOST] = { "host", KJ_TYPE_TEXT, "field host : text;" },
    [RUNAS] = { "runas", KJ_TYPE_PRINCIPAL, "field runas : principal;" },
    [AUTHENTICATED] = { "authenticated", KJ_TYPE_BOOL, "field authenticated : bool;" },
    { NULL, 0, NULL },
};

/* sudo logs every command and every refusal by itself. */
static const KjAclShape shape = {
    .program = "sudo", .actions = actions, .fields = own_fields, .groups = TRUE, .resource = TRUE, .logs_allowed = TRUE,
        .logs_refused = TRUE,
};

typedef struct {
    GString *asking, *allowing, *refusing; /* lines */
} Lines;

static void append_names(const KjAclNames *names, GString *out) {
    g_string_append(out, names->rest ? "ALL" : "");
    for (guint i = 0; i < names->names->len; i++)
        g_string_append_printf(out, "%s%s%s", names->rest || i ? ", " : "", names->rest ? "!" : "",
                               (const char *)g_ptr_array_index(names->names, i));
}

static void append_who(const KjAclWho *who, GString *out) {
    if (!who->in_group)
        append_names(&who->principals, out);
    else
        g_string_append_printf(out, "%%%s", who->in_group);
    for (guint i = 0; who->in_group && i < who->principals.names->len; i++)
        g_string_append_printf(out, ", !%s", (const char *)g_ptr_array_index(who->principals.names, i));
    for (guint i = 0; i < who->not_groups->len; i++)
        g_string_append_printf(out, ", !%%%s", (const char *)g_ptr_array_index(who->not_groups, i));
}

static gboolean append_paths(const KjAclBlock *block, const KjAclRule *rule, const GPtrArray *paths, gboolean folders, GString *out,
                             GError **error) {
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);
        if (!kj_acl_is_plain_path(path) && !(folders && *path == '\0'))
            return kj_acl_refuse(block, rule, error,
                                 _("`%s` is no path of a command that can stand in sudoers as it is; write letters, digits and `._-+@%%/`"),
                                     path);
        g_string_append_printf(out, "%s%s%s%s", out->len ? ", " : "", rule->allows ? "" : "!", path, folders ? "/" : "");
    }
    return TRUE;
}

static gboolean append_commands(const KjAclBlock *block, const KjAclRule *rule, guint box, GString *out, GError **error) {
    g_autofree gboolean *classes = kj_acl_box_classes(block, box, block->resource);
    g_auto(KjAclPaths) paths = { FALSE, NULL, NULL };
    if (!kj_acl_paths_of(block, classes, &paths))
        return kj_acl_refuse(block, rule, error,
                             _("sudo lists commands one by one (`/usr/bin/id`), by folder (`/usr/sbin/*`) or all of them; write "
                               "them so, and what is "
                               "to be left out as a `deny` rule of its own"));
    if (!paths.all)
        return append_paths(block, rule, paths.folders, TRUE, out, error) && append_paths(block, rule, paths.files, FALSE, out, error);
    g_string_append(out, rule->allows ? "NOSETENV: ALL" : "!ALL");
    return TRUE;
}

/* Which lines the box belongs to; NULL: refused. */
static GString *find_lines(const KjAclBlock *block, const KjAclRule *rule, guint box, const Lines *lines, GError **error) {
    g_autofree gboolean *classes = kj_acl_box_classes(block, box, block->own[AUTHENTICATED]);
    if (classes[IS_FALSE] && classes[IS_TRUE])
        return rule->allows ? lines->allowing : lines->refusing;
    if (rule->allows && classes[IS_TRUE])
        return lines->asking;
    kj_acl_tell_refusal(block, rule, error,
                        _("sudo asks for a password or it does not, and cannot refuse by it; write `allow ... when authenticated` "
                          "for what needs one"));
    return NULL;
}

static gboolean write_box(const KjAclBlock *block, const KjAclRule *rule, guint box, gpointer data, GError **error) {
    const Lines *lines = data;
    g_autoptr(GString) commands = g_string_new(NULL);
    g_auto(KjAclWho) who = { FALSE, { FALSE, NULL }, NULL, NULL };
    g_auto(KjAclNames) hosts = { FALSE, NULL }, runas = { FALSE, NULL };
    g_autofree gboolean *host_classes = kj_acl_box_classes(block, box, block->own[HOST]);
    g_autofree gboolean *runas_classes = kj_acl_box_classes(block, box, block->own[RUNAS]);
    guint known;
    if (block->allows && rule->allows) /* the line about the default says so */
        return TRUE;
    kj_acl_names_of(block, block->own[HOST], host_classes, &hosts);
    kj_acl_names_of(block, block->own[RUNAS], runas_classes, &runas);
    if (!kj_acl_box_check(block, rule, box, &known, error) || !kj_acl_box_who(block, rule, box, &who, error) ||
        !kj_acl_names_check(block, rule, "host", hosts.names, error) || !kj_acl_names_check(block, rule, "runas", runas.names, error) ||
        !append_commands(block, rule, box, commands, error))
        return FALSE;
    GString *out = find_lines(block, rule, box, lines, error);
    if (!out || who.nobody || commands->len == 0)
        return out != NULL;
    kj_acl_append_place(rule, out);
    append_who(&who, out);
    g_string_append_c(out, ' ');
    append_names(&hosts, out);
    g_string_append(out, " = (");
    append_names(&runas, out);
    g_string_append_printf(out, ") %s%s\n", out == lines->asking ? "PASSWD: " : out == lines->allowing ? "NOPASSWD: " : "", commands->str);
    return TRUE;
}

gboolean kj_acl_emit_sudoers(const KjTable *table, guint index, GString *out, GError **error) {
    g_autoptr(GString) asking = g_string_new(NULL), allowing = g_string_new(NULL), refusing = g_string_new(NULL);
    Lines lines = { asking, allowing, refusing };
    KjAclBlock block;
    if (!kj_acl_block_open(&block, table, index, &shape, error) || !kj_acl_block_boxes(&block, write_box, &lines, error))
        return FALSE;
    kj_acl_append_head(&block, out);
    g_string_append_printf(out,
                           " Check: visudo -c -s -f FILE. To be read after every other file of sudoers.\n# default\nALL ALL = (ALL) "
                           "%s\n%s%s%s",
                           block.allows ? "NOPASSWD: NOSETENV: ALL" : "!ALL", asking->str, allowing->str, refusing->str);
    return TRUE;
}
