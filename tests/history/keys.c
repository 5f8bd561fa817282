/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys.h"

#include <glib/gstdio.h>

static void run(const char *const *arguments) {
    int status;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
}

gboolean kj_test_keys_are_possible(void) {
    g_autofree char *ssh_keygen = g_find_program_in_path("ssh-keygen");
    return ssh_keygen != NULL;
}

static char *path_of(const KjTestKeys *keys, guint key) {
    return g_strdup_printf("%s/key%u", keys->folder, key);
}

KjTestKeys *kj_test_keys_new(guint count) {
    KjTestKeys *keys = g_new0(KjTestKeys, 1);
    keys->folder = g_dir_make_tmp("kijun-keys-XXXXXX", NULL);
    keys->lines = g_new0(char *, count + 1);
    keys->count = count;
    for (guint key = 0; key < count; key++) {
        g_autofree char *path = path_of(keys, key), *public = g_strconcat(path, ".pub", NULL);
        run((const char *[]){ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path, NULL });
        g_assert_true(g_file_get_contents(public, &keys->lines[key], NULL, NULL));
        g_strstrip(keys->lines[key]);
    }
    return keys;
}

void kj_test_keys_free(KjTestKeys *keys) {
    g_autoptr(GDir) directory = g_dir_open(keys->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(keys->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(keys->folder);
    g_free(keys->folder);
    g_strfreev(keys->lines);
    g_free(keys);
}

char *kj_test_sign(const KjTestKeys *keys, guint key, const KjStatement *statement) {
    g_autofree char *path = path_of(keys, key), *file = g_build_filename(keys->folder, "statement", NULL), *signature = g_strconcat(file, ".sig", NULL);
    gsize length;
    char *armor = NULL;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    g_assert_true(g_file_set_contents(file, bytes, (gssize)length, NULL));
    g_unlink(signature);
    run((const char *[]){ "ssh-keygen", "-q", "-Y", "sign", "-f", path, "-n", kj_statement_name_space(kj_statement_kind(statement)), file, NULL });
    g_assert_true(g_file_get_contents(signature, &armor, NULL, NULL));
    return armor;
}
