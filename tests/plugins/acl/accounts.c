/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host's accounts in a folder of their own: nss_wrapper shows them to a program, and a mount namespace puts them where sudo looks.
 * Numbers begin at 60,000, where Debian gives out none.
 */
#include "accounts.h"

#include <glib/gstdio.h>
#include <string.h>

#include "random_policy.h"

#define FIRST_UID 60001u
#define FIRST_RUNAS 60101u
#define FIRST_GID 60201u

static guint count(const char *const *names) {
    return g_strv_length((char **)names);
}

guint accounts_uid(guint principal) {
    return FIRST_UID + principal;
}

guint accounts_gid(guint group) {
    return FIRST_GID + group;
}

char *accounts_write(const Accounts *accounts, const char *name, const char *text) {
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(accounts->folder, name, NULL);
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    return path;
}

static void add_account(const char *name, guint number, GString *passwd, GString *group, GString *shadow) {
    g_string_append_printf(passwd, "%s:x:%u:%u::/:/bin/sh\n", name, number, number);
    g_string_append_printf(group, "%s:x:%u:\n", name, number);
    g_string_append_printf(shadow, "%s:*:19000:0:99999:7:::\n", name);
}

static void add_group(const Accounts *accounts, guint index, GString *group) {
    g_autoptr(GString) members = g_string_new(NULL);
    for (guint i = 0; i < accounts->principal_count; i++)
        if (accounts->groups[i] >> index & 1)
            g_string_append_printf(members, "%s%s", members->len ? "," : "", random_principals[i]);
    g_string_append_printf(group, "%s:x:%u:%s\n", random_groups[index], accounts_gid(index), members->str);
}

Accounts accounts_new(GRand *random) {
    Accounts accounts = { g_dir_make_tmp("kijun-host-XXXXXX", NULL), count(random_principals), count(random_groups), NULL };
    g_autoptr(GString) passwd = g_string_new("root:x:0:0::/root:/bin/sh\n"), group = g_string_new("root:x:0:\n"),
        shadow = g_string_new("root:*:19000:0:99999:7:::\n");
    g_assert_nonnull(accounts.folder);
    g_assert_cmpint(g_chmod(accounts.folder, 0755), ==, 0);
    accounts.groups = g_new0(guint, accounts.principal_count);
    for (guint i = 0; i < accounts.principal_count; i++) {
        accounts.groups[i] = (guint)g_rand_int_range(random, 0, 1 << accounts.group_count);
        add_account(random_principals[i], accounts_uid(i), passwd, group, shadow);
    }
    for (guint i = 0; random_runas[i]; i++)
        if (strcmp(random_runas[i], "root") != 0)
            add_account(random_runas[i], FIRST_RUNAS + i, passwd, group, shadow);
    for (guint i = 0; i < accounts.group_count; i++)
        add_group(&accounts, i, group);
    g_free(accounts_write(&accounts, "passwd", passwd->str));
    g_free(accounts_write(&accounts, "group", group->str));
    g_free(accounts_write(&accounts, "shadow", shadow->str));
    return accounts;
}

static void remove_folder(const char *path) {
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        if (g_file_test(inner, G_FILE_TEST_IS_DIR) && !g_file_test(inner, G_FILE_TEST_IS_SYMLINK))
            remove_folder(inner);
        else
            g_unlink(inner);
    }
    g_rmdir(path);
}

void accounts_clear(Accounts *accounts) {
    remove_folder(accounts->folder);
    g_free(accounts->folder);
    g_free(accounts->groups);
}

void accounts_add_groups(const Accounts *accounts, guint principal, GPtrArray *request) {
    g_ptr_array_add(request, (gpointer) "groups");
    g_ptr_array_add(request, (gpointer)random_principals[principal]);
    for (guint i = 0; i < accounts->group_count; i++) {
        if (!(accounts->groups[principal] >> i & 1))
            continue;
        g_ptr_array_add(request, (gpointer) "groups");
        g_ptr_array_add(request, (gpointer)random_groups[i]);
    }
}

char **accounts_environment(const Accounts *accounts, const char *preload) {
    char **environment = g_get_environ();
    g_autofree char *passwd = g_build_filename(accounts->folder, "passwd", NULL), *group = g_build_filename(accounts->folder, "group",
                                                                                                            NULL);
    environment = g_environ_setenv(environment, "LD_PRELOAD", preload, TRUE);
    environment = g_environ_setenv(environment, "NSS_WRAPPER_PASSWD", passwd, TRUE);
    environment = g_environ_setenv(environment, "NSS_WRAPPER_GROUP", group, TRUE);
    environment = g_environ_setenv(environment, "PAM_WRAPPER", "1", TRUE);
    environment = g_environ_setenv(environment, "PAM_WRAPPER_SERVICE_DIR", accounts->folder, TRUE);
    return g_environ_setenv(environment, "LC_ALL", "C", TRUE);
}

gboolean accounts_have_library(const char *name) {
    static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib" };
    for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = g_build_filename(folders[i], name, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return TRUE;
    }
    return FALSE;
}

gboolean accounts_have_program(const char *name) {
    g_autofree char *path = g_find_program_in_path(name);
    return path != NULL;
}
