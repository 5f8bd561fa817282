/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <glib/gstdio.h>

void kj_test_remove(const char *path) {
    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name;
        while ((name = g_dir_read_name(directory))) {
            g_autofree char *inner = g_build_filename(path, name, NULL);
            kj_test_remove(inner);
        }
    }
    g_remove(path);
}

KjRepository *kj_test_repository(char **folder) {
    git_repository *git = NULL;
    kj_repository_start();
    *folder = g_dir_make_tmp("kijun-repository-XXXXXX", NULL);
    g_assert_cmpint(git_repository_init(&git, *folder, TRUE), ==, 0);
    git_repository_free(git);
    return kj_repository_open(*folder, NULL);
}
