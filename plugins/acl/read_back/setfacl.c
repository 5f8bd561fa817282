/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access control lists in the form of getfacl(1) as policy, read as the kernel decides (acl(5)): an entry by name before those of groups,
 * of which any may grant, before `other`; the mask takes from names and groups. Files belong to root and its group, so the owner's entry is
 * about root only, and the group's about those in the group root, of whom there are none. A comment says what holds for the files that have
 * no list here; that no list was forgotten is then a matter of comparing as well.
 */
#include <string.h>

#include <kijun/translate.h>

#include "read_back.h"

enum { READ = 1, WRITE = 2, EXECUTE = 4 };

typedef struct {
    char *name;
    guint rights;
} Named;

typedef struct {
    KjAclBack back;
    char *path;            /* of the list being read; NULL: none */
    gboolean owned, grouped; /* by root */
    GArray *users, *groups;  /* Named */
    int owner, group, mask, other; /* rights, -1: no entry */
    GHashTable *paths;       /* read so far */
    const char *standing;    /* "allow" or "deny": of other files; NULL: not said */
    GString *known, *rules;
    guint count;
} Reading;

static void clear_named(gpointer data) {
    g_free(((Named *)data)->name);
}

/* ---- entries ---- */

static int read_rights(const char *text) {
    static const char letters[] = "rwx";
    guint rights = 0;
    if (strlen(text) != 3)
        return -1;
    for (guint i = 0; i < 3; i++) {
        if (text[i] != letters[i] && text[i] != '-')
            return -1;
        rights |= text[i] == '-' ? 0 : 1u << i;
    }
    return (int)rights;
}

static gboolean add_named(Reading *reading, GArray *list, const char *name, int rights) {
    Named named = { g_strdup(name), (guint)rights };
    gboolean twice = FALSE;
    for (guint i = 0; i < list->len; i++)
        twice |= strcmp(g_array_index(list, Named, i).name, name) == 0;
    g_array_append_val(list, named);
    return twice ? kj_acl_back_refuse(&reading->back, _("`%s` has two entries"), name) : kj_acl_back_check_name(&reading->back, name);
}

static gboolean read_entry(Reading *reading, const char *line) {
    g_auto(GStrv) parts = g_strsplit(line, ":", -1);
    const struct {
        const char *kind;
        int *place;
        GArray *named;
    } kinds[] = { { "user", &reading->owner, reading->users }, { "group", &reading->group, reading->groups },
                  { "mask", &reading->mask, NULL }, { "other", &reading->other, NULL } };
    int rights = g_strv_length(parts) == 3 ? read_rights(parts[2]) : -1;
    for (guint i = 0; rights >= 0 && i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(parts[0], kinds[i].kind) != 0)
            continue;
        if (*parts[1] && kinds[i].named)
            return add_named(reading, kinds[i].named, parts[1], rights);
        if (*parts[1] || *kinds[i].place >= 0)
            break;
        *kinds[i].place = rights;
        return TRUE;
    }
    return kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), line);
}

/* ---- lists ---- */

static void append_actions(guint rights, GString *out) {
    static const char *const actions[] = { "read", "write", "execute" };
    const char *separator = " action in { ";
    for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
        g_string_append(out, rights >> i & 1 ? separator : "");
        g_string_append(out, rights >> i & 1 ? actions[i] : "");
        separator = rights >> i & 1 ? ", " : separator;
    }
    g_string_append(out, " }");
}

/* `allow` of these rights where `when` holds and `unless` does not; either may be empty. */
static void add_rule(Reading *reading, guint rights, const char *when, const char *unless) {
    if (rights == 0)
        return;
    g_string_append_printf(reading->rules, "    ## %s\n    n%u: allow when resource in \"%s\" and", reading->path, ++reading->count,
                           reading->path);
    append_actions(rights, reading->rules);
    g_string_append_printf(reading->rules, "%s%s%s%s;\n", *when ? " and " : "", when, *unless ? " unless " : "", unless);
}

static gboolean end_list(Reading *reading) {
    g_autoptr(GString) names = g_string_new(NULL), taken = NULL;
    guint mask = reading->mask < 0 ? 7 : (guint)reading->mask;
    if (!reading->path)
        return TRUE;
    if (!reading->owned || !reading->grouped)
        return kj_acl_back_refuse(&reading->back, _("it does not belong to root and its group"));
    gboolean masked = reading->mask >= 0 || (reading->users->len == 0 && reading->groups->len == 0);
    if (reading->owner < 0 || reading->group < 0 || reading->other < 0 || !masked)
        return kj_acl_back_refuse(&reading->back, _("an entry is missing"));
    if (mask == 0)
        return kj_acl_back_refuse(&reading->back, _("with an empty mask the kernel passes over the whole list"));
    for (guint i = 0; i < reading->users->len; i++) {
        const Named *user = &g_array_index(reading->users, Named, i);
        g_autofree char *when = g_strdup_printf("principal == \"%s\"", user->name);
        add_rule(reading, user->rights & mask, when, "");
        g_string_append_printf(names, "%s%s", names->len ? " or " : "", when);
    }
    taken = g_string_new(names->str);
    for (guint i = 0; i < reading->groups->len; i++) {
        const Named *group = &g_array_index(reading->groups, Named, i);
        g_autofree char *when = g_strdup_printf("groups has \"%s\"", group->name);
        add_rule(reading, group->rights & mask, when, names->str);
        g_string_append_printf(taken, "%s%s", taken->len ? " or " : "", when);
    }
    add_rule(reading, (guint)reading->other, "", taken->str);
    g_clear_pointer(&reading->path, g_free);
    return TRUE;
}

static gboolean begin_list(Reading *reading, const char *path) {
    if (!end_list(reading) || !kj_acl_back_check_path(&reading->back, path))
        return FALSE;
    if (!g_hash_table_add(reading->paths, g_strdup(path)))
        return kj_acl_back_refuse(&reading->back, _("`%s` has two lists"), path);
    g_string_append_printf(reading->known, "%s\"%s\"", reading->known->len ? ", " : "", path);
    g_array_set_size(reading->users, 0);
    g_array_set_size(reading->groups, 0);
    reading->path = g_strdup(path);
    reading->owned = reading->grouped = FALSE;
    reading->owner = reading->group = reading->mask = reading->other = -1;
    return TRUE;
}

static gboolean read_comment(Reading *reading, const char *line) {
    const char *text = line + 1 + strspn(line + 1, " \t");
    if (g_str_has_prefix(text, "file: "))
        return begin_list(reading, text + strlen("file: "));
    if (!reading->path && g_str_has_prefix(text, "default: "))
        reading->standing = strcmp(text, "default: allow") == 0 ? "allow" : strcmp(text, "default: deny") == 0 ? "deny" : NULL;
    reading->owned |= reading->path && strcmp(text, "owner: root") == 0;
    reading->grouped |= reading->path && strcmp(text, "group: root") == 0;
    if (!reading->path || strcmp(text, "owner: root") == 0 || strcmp(text, "group: root") == 0)
        return !g_str_has_prefix(text, "file:") || kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), line);
    return kj_acl_back_refuse(&reading->back, _("`%s` is not understood"), line);
}

static gboolean read_line(Reading *reading, const char *line) {
    if (*line == '#')
        return read_comment(reading, line);
    if (*line == '\0')
        return end_list(reading);
    return reading->path ? read_entry(reading, line) : kj_acl_back_refuse(&reading->back, _("an entry of no file"));
}

static gboolean read_lines(Reading *reading, char **lines) {
    for (guint i = 0; lines[i]; i++) {
        g_autofree char *place = g_strdup_printf("line %u", i + 1);
        reading->back.place = place;
        gboolean read = read_line(reading, lines[i]);
        reading->back.place = NULL;
        if (!read)
            return FALSE;
    }
    return end_list(reading);
}

static void write_policy(const Reading *reading, GString *policy) {
    kj_acl_back_begin("", FALSE, "{ read, write, execute }", policy);
    g_string_append(policy, "    impossible_root: deny principal \"root\";\n    impossible_group: deny when groups has \"root\";\n");
    g_string_append_printf(policy, "    ## no list\n    others: %s when resource not in { %s };\n%s", reading->standing,
                           reading->known->str, reading->rules->str);
    kj_acl_back_end(policy);
}

gboolean kj_acl_read_back_setfacl(const char *dump, gsize length, GString *policy, GError **error) {
    g_autofree char *text = g_strndup(dump, length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Reading reading = {
        .back = { "setfacl", NULL, error },
        .users = g_array_new(FALSE, FALSE, sizeof(Named)),
        .groups = g_array_new(FALSE, FALSE, sizeof(Named)),
        .paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .known = g_string_new(NULL),
        .rules = g_string_new(NULL),
    };
    g_array_set_clear_func(reading.users, clear_named);
    g_array_set_clear_func(reading.groups, clear_named);
    gboolean read = read_lines(&reading, lines);
    if (read && !reading.standing)
        read = kj_acl_back_refuse(&reading.back, _("it does not say what holds for other files"));
    if (read && reading.known->len == 0)
        read = kj_acl_back_refuse(&reading.back, _("it has no list"));
    if (read)
        write_policy(&reading, policy);
    g_array_unref(reading.users);
    g_array_unref(reading.groups);
    g_hash_table_unref(reading.paths);
    g_string_free(reading.known, TRUE);
    g_string_free(reading.rules, TRUE);
    g_free(reading.path);
    return read;
}
