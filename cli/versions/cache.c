/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"

#include <glib/gstdio.h>
#include <string.h>

#define TRAILER "sha256 "
#define TRAILER_LENGTH (sizeof TRAILER - 1 + 64 + 1) /* and its newline */

static char *path_of(const char *kind, const char *key) {
    g_autofree char *name = g_strdup_printf("%s-%s", kind, key);
    return g_build_filename(g_get_user_cache_dir(), "kijun", name, NULL);
}

gboolean kj_cache_has(const char *kind, const char *key) {
    g_autofree char *path = path_of(kind, key);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* Free with g_free. */
static char *trailer_of(const char *text, gsize length) {
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    return g_strconcat(TRAILER, digest, "\n", NULL);
}

char *kj_cache_read(const char *kind, const char *key) {
    g_autofree char *path = path_of(kind, key), *text = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, NULL) || length < TRAILER_LENGTH || strlen(text) != length)
        return NULL;
    g_autofree char *trailer = trailer_of(text, length - TRAILER_LENGTH);
    if (strcmp(text + length - TRAILER_LENGTH, trailer) != 0)
        return NULL;
    text[length - TRAILER_LENGTH] = 0;
    return g_steal_pointer(&text);
}

void kj_cache_write(const char *kind, const char *key, const char *text) {
    g_autofree char *path = path_of(kind, key), *folder = g_path_get_dirname(path);
    g_autofree char *trailer = trailer_of(text, strlen(text)), *whole = g_strconcat(text, trailer, NULL);
    if (g_mkdir_with_parents(folder, 0700) == 0)
        g_file_set_contents_full(path, whole, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

void kj_cache_remove(const char *kind, const char *key) {
    g_autofree char *path = path_of(kind, key);
    g_unlink(path);
}
