/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of one release, as a folder.
 *
 * Paths come from a release's author, so they are checked before anything is made of them: no way out of the folder, nothing that a
 * terminal or a shell would act on, no hidden names. Folders may be read by everybody whatever the umask is (services read through
 * `current`); what is secret says so by its file's mode.
 */
#include "store_files.h"

#include <errno.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>

#include "../compiler/limits.h"
#include "../compiler/translate.h"
#include "disk.h"

/* ---- paths ---- */

static gboolean is_name(const char *name) {
    if (*name == '\0' || *name == '.' || strlen(name) > 255)
        return FALSE;
    for (const char *next = name; *next; next = g_utf8_next_char(next))
        if (g_unichar_iscntrl(g_utf8_get_char(next)) || *next == '\\')
            return FALSE;
    return TRUE;
}

static gboolean is_path(const char *path) {
    if (!g_utf8_validate(path, -1, NULL) || strlen(path) > KJ_LIMIT_PATH_BYTES / 2) /* the other half is the store's own */
        return FALSE;
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    gboolean sound = *names != NULL;
    for (char **name = names; sound && *name; name++)
        sound = is_name(*name);
    return sound;
}

/* Every folder above a path, the outermost first: "a", "a/b" of "a/b/c". */
static void add_folders(GHashTable *folders, const char *path) {
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
        g_hash_table_add(folders, g_strndup(path, (gsize)(slash - path)));
}

static GHashTable *folders_of(const KjStoreFile *files, guint count) {
    GHashTable *folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < count; i++)
        add_folders(folders, files[i].path);
    return folders;
}

gboolean kj_store_files_check(const KjStoreFile *files, guint count, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < count; i++)
        if (!is_path(files[i].path)) {
            g_autofree char *shown = g_utf8_make_valid(files[i].path, -1), *escaped = g_strescape(shown, NULL);
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE,
                        _("`%s` may not be a path in a release: names between `/`, none of them empty or beginning with a dot, without "
                          "backslashes and control characters"),
                        escaped);
            return FALSE;
        }
    g_autoptr(GHashTable) folders = folders_of(files, count);
    for (guint i = 0; i < count; i++)
        if (!g_hash_table_add(seen, (gpointer)files[i].path) || g_hash_table_contains(folders, files[i].path)) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("`%s` stands twice in a release"), files[i].path);
            return FALSE;
        }
    return TRUE;
}

/* ---- writing ---- */

static gboolean make_folder(const char *path, GError **error) {
    return (mkdir(path, 0755) == 0 && chmod(path, 0755) == 0) || kj_disk_fail(error, _("cannot be made"), path);
}

/* The folders below, outer before inner. Free with g_list_free; the names are the table's. */
static GList *in_order(GHashTable *folders) {
    return g_list_sort(g_hash_table_get_keys(folders), (GCompareFunc)strcmp);
}

gboolean kj_store_files_write(const char *folder, const KjStoreFile *files, guint count, GError **error) {
    g_autoptr(GHashTable) folders = folders_of(files, count);
    g_autoptr(GList) names = in_order(folders);
    gboolean done = make_folder(folder, error);

    for (GList *name = names; done && name; name = name->next) {
        g_autofree char *path = g_build_filename(folder, name->data, NULL);
        done = make_folder(path, error);
    }
    for (guint i = 0; done && i < count; i++) {
        g_autofree char *path = g_build_filename(folder, files[i].path, NULL);
        gsize length;
        gconstpointer bytes = g_bytes_get_data(files[i].bytes, &length);
        done = kj_disk_create(path, bytes, length, files[i].mode, error);
    }
    for (GList *name = names; done && name; name = name->next) {
        g_autofree char *path = g_build_filename(folder, name->data, NULL);
        done = kj_disk_sync(path, error);
    }
    return done && kj_disk_sync(folder, error);
}

/* ---- comparing ---- */

static gboolean file_equal(const char *path, const KjStoreFile *file) {
    g_autofree char *bytes = NULL;
    gsize length, wanted;
    gconstpointer expected = g_bytes_get_data(file->bytes, &wanted);
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 07777) == file->mode &&
           (gsize)status.st_size == wanted && g_file_get_contents(path, &bytes, &length, NULL) && length == wanted &&
           (wanted == 0 || memcmp(bytes, expected, wanted) == 0);
}

/* How many names there are in a folder and below; G_MAXUINT when that cannot be told, or one is a link. */
static guint count_names(const char *folder) {
    g_autoptr(GDir) all = g_dir_open(folder, 0, NULL);
    guint count = 0;
    if (!all)
        return G_MAXUINT;
    for (const char *name; (name = g_dir_read_name(all));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat status;
        guint inner = lstat(path, &status) != 0 || S_ISLNK(status.st_mode) ? G_MAXUINT : S_ISDIR(status.st_mode) ? count_names(path) : 0;
        if (inner == G_MAXUINT)
            return G_MAXUINT;
        count += inner + 1;
    }
    return count;
}

gboolean kj_store_files_equal(const char *folder, const KjStoreFile *files, guint count) {
    g_autoptr(GHashTable) folders = folders_of(files, count);
    gboolean equal = count_names(folder) == count + g_hash_table_size(folders);
    for (guint i = 0; equal && i < count; i++) {
        g_autofree char *path = g_build_filename(folder, files[i].path, NULL);
        equal = file_equal(path, &files[i]);
    }
    return equal;
}
