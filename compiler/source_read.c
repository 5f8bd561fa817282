/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a workspace from disk, or from a store that stands for one (a git tree).
 *
 * Nothing outside the workspace is ever read: a name is resolved to its real path first, and that must lie below the workspace's own.
 * Hidden files and folders are skipped (.git, editors' leftovers). Symbolic links to folders are not followed, since what lies inside the
 * workspace is read under its own name anyway; one that leads outside is an error rather than a silent gap in the policy. Only regular
 * files are opened for good, so a FIFO cannot stall the compiler. Files are read in the order of their path's bytes, which makes every
 * later order the same on every machine.
 */
#include "source_private.h"

#include <errno.h>
#include <fcntl.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diagnostics.h"
#include "limits.h"

/* Is it the workspace itself, or in it? */
static gboolean
lies_inside(const char *real, const char *root)
{
    gsize length = strlen(root);

    return strncmp(real, root, length) == 0 && (real[length] == '/' || real[length] == '\0' || (length == 1 && root[0] == '/'));
}

static char *
resolve(const char *path)
{
    char *real = realpath(path, NULL), *copy = g_strdup(real);

    free(real);
    return copy;
}

/* ---- one file ---- */

/* The bytes of an open regular file, with a NUL after them, or NULL with errno: EFBIG beyond the limit. Free with g_free. */
static char *
read_all(int descriptor, gsize *length)
{
    struct stat status;
    gsize room, used = 0;
    g_autofree char *text = NULL;

    if (fstat(descriptor, &status) != 0)
        return NULL;
    if (!S_ISREG(status.st_mode)) {
        errno = ENOTSUP;
        return NULL;
    }
    if (status.st_size > (goffset)KJ_LIMIT_FILE_BYTES) {
        errno = EFBIG;
        return NULL;
    }
    room = (gsize)status.st_size + 1; /* one more than it says, to see whether it has grown */
    text = g_malloc(room + 1);
    for (;;) {
        gssize got = read(descriptor, text + used, room - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return NULL;
        if (got == 0)
            break;
        used += (gsize)got;
        if (used == room) {
            errno = EFBIG;
            if (room > KJ_LIMIT_FILE_BYTES)
                return NULL;
            room = MIN(room * 2, (gsize)KJ_LIMIT_FILE_BYTES + 1);
            text = g_realloc(text, room + 1);
        }
    }
    text[used] = '\0';
    *length = used;
    return g_steal_pointer(&text);
}

static int
open_file(const char *path)
{
    int descriptor;

    do
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* 0, or an errno. */
static int
read_path(const char *path, char **text, gsize *length)
{
    int descriptor = open_file(path), problem;

    if (descriptor < 0)
        return errno;
    *text = read_all(descriptor, length);
    problem = *text == NULL ? errno : 0;
    close(descriptor);
    return problem;
}

/* Reads `real`, or `path` from the store, and adds it under the name `path`; trouble is reported at `place`, or in the file itself when that is
 * KJ_SPAN_NONE. Returns its index. */
static guint32
read_file(KjSources *sources, const char *real, const char *path, KjSpan place, KjDiagnostics *diagnostics)
{
    GBytes *overlay = g_hash_table_lookup(sources->overlays, path);
    if (overlay != NULL) {
        gsize size = g_bytes_get_size(overlay);
        char *copy = g_malloc(size + 1);

        memcpy(copy, g_bytes_get_data(overlay, NULL), size);
        copy[size] = '\0';
        return kj_sources_take(sources, path, copy, size, diagnostics);
    }
    gsize length = 0;
    g_autofree char *text = NULL;
    int problem = sources->store.read != NULL ? sources->store.read(sources->store.data, path, &text, &length)
                                              : read_path(real, &text, &length);

    if (problem == 0)
        return kj_sources_take(sources, path, g_steal_pointer(&text), length, diagnostics);

    guint32 index = kj_sources_take(sources, path, NULL, 0, diagnostics);
    if (place.file == G_MAXUINT32)
        place = (KjSpan){ index, 0, 0 };
    if (problem == EFBIG)
        kj_report(diagnostics, KJ_CODE_FILE_TOO_LARGE, place, path, KJ_LIMIT_FILE_BYTES >> 20);
    else if (problem == ENOTSUP)
        kj_report(diagnostics, KJ_CODE_FILE_NOT_REGULAR, place, path);
    else
        kj_report(diagnostics, KJ_CODE_FILE_UNREADABLE, place, path, g_strerror(problem));
    return index;
}

void
kj_sources_overlay(KjSources *sources, const char *path, const char *text, gsize length)
{
    g_hash_table_insert(sources->overlays, g_strdup(path), g_bytes_new(text, length));
}

/* ---- the walk ---- */

typedef struct {
    KjSources *sources;
    KjDiagnostics *diagnostics;
    GPtrArray *folders; /* still to be read, relative to the root; "" is the root */
    GPtrArray *files;   /* found so far, relative */
} Walk;

static void
report_unreadable(const Walk *walk, const char *path, const char *problem)
{
    guint32 index = kj_sources_take(walk->sources, path, NULL, 0, walk->diagnostics);

    kj_report(walk->diagnostics, KJ_CODE_FILE_UNREADABLE, (KjSpan){ index, 0, 0 }, path, problem);
}

static void
visit_entry(Walk *walk, const char *folder, const char *name)
{
    g_autofree char *path = *folder == '\0' ? g_strdup(name) : g_strconcat(folder, "/", name, NULL);
    g_autofree char *full = g_build_filename(walk->sources->root, path, NULL);
    gboolean policy = g_str_has_suffix(name, KJ_POLICY_SUFFIX);
    struct stat status, target;

    if (lstat(full, &status) != 0) {
        report_unreadable(walk, path, g_strerror(errno));
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        g_ptr_array_add(walk->folders, g_steal_pointer(&path));
        return;
    }
    if (S_ISLNK(status.st_mode)) {
        g_autofree char *real = resolve(full);
        gboolean found = real != NULL && stat(real, &target) == 0;

        if (found && !lies_inside(real, walk->sources->root) && (policy || S_ISDIR(target.st_mode))) {
            guint32 index = kj_sources_take(walk->sources, path, NULL, 0, walk->diagnostics);

            kj_report(walk->diagnostics, KJ_CODE_PATH_OUTSIDE, (KjSpan){ index, 0, 0 }, path);
            return;
        }
        if (found && S_ISDIR(target.st_mode))
            return;
    }
    if (policy)
        g_ptr_array_add(walk->files, g_steal_pointer(&path));
}

static void
visit_folder(Walk *walk, const char *folder)
{
    g_autofree char *full = g_build_filename(walk->sources->root, folder, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = g_dir_open(full, 0, &error);
    const char *name;

    if (directory == NULL) {
        report_unreadable(walk, folder, error->message);
        return;
    }
    while ((name = g_dir_read_name(directory)) != NULL)
        if (name[0] != '.')
            visit_entry(walk, folder, name);
}

static int
compare_paths(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void
read_workspace(KjSources *sources, KjDiagnostics *diagnostics)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free), files = g_ptr_array_new_with_free_func(g_free);
    Walk walk = { sources, diagnostics, folders, files };

    g_ptr_array_add(folders, g_strdup(""));
    while (folders->len > 0 && files->len <= KJ_LIMIT_FILES) {
        g_autofree char *folder = g_ptr_array_steal_index_fast(folders, folders->len - 1);

        visit_folder(&walk, folder);
    }
    if (files->len > KJ_LIMIT_FILES) {
        kj_report(diagnostics, KJ_CODE_TOO_MANY_FILES, KJ_SPAN_NONE, KJ_LIMIT_FILES);
        return;
    }
    g_ptr_array_sort(files, compare_paths);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *full = g_build_filename(sources->root, files->pdata[i], NULL);

        read_file(sources, full, files->pdata[i], KJ_SPAN_NONE, diagnostics);
    }
}

void
kj_sources_add_store(KjSources *sources, const KjSourceStore *store, const char *const *paths, guint count, KjDiagnostics *diagnostics)
{
    sources->store = *store;
    if (count > KJ_LIMIT_FILES) {
        kj_report(diagnostics, KJ_CODE_TOO_MANY_FILES, KJ_SPAN_NONE, KJ_LIMIT_FILES);
        return;
    }
    for (guint i = 0; i < count; i++)
        read_file(sources, NULL, paths[i], KJ_SPAN_NONE, diagnostics);
}

void
kj_sources_call(KjSources *sources, const char *name)
{
    g_free(sources->called);
    sources->called = g_strdup(name);
}

gboolean
kj_sources_add_path(KjSources *sources, const char *path, KjDiagnostics *diagnostics, GError **error)
{
    g_autofree char *real = resolve(path);
    struct stat status;

    if (real == NULL || stat(real, &status) != 0 || access(real, R_OK) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("cannot read %s: %s"), path, g_strerror(errno));
        return FALSE;
    }
    g_free(sources->root);
    if (S_ISDIR(status.st_mode)) {
        sources->root = g_steal_pointer(&real);
        read_workspace(sources, diagnostics);
        if (kj_sources_count(sources) == 0 && kj_diagnostics_errors(diagnostics) == 0) {
            /* To find nothing wrong in nothing would let a mistyped folder pass for a sound policy. */
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("there is no policy in %s: no file that ends in .pol"), path);
            return FALSE;
        }
        return TRUE;
    }
    if (!S_ISREG(status.st_mode) || !g_str_has_suffix(path, KJ_POLICY_SUFFIX)) {
        sources->root = NULL;
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s is neither a folder nor a .pol file"), path);
        return FALSE;
    }
    /* The name as given, the folder as it really is: data files are looked up beside the file itself. */
    g_autofree char *name = sources->called != NULL ? g_strdup(sources->called) : g_path_get_basename(path);
    sources->root = g_path_get_dirname(real);
    read_file(sources, real, name, KJ_SPAN_NONE, diagnostics);
    return TRUE;
}

/* ---- data files ---- */

/* `name` relative to the folder of `module`, without `.` and `..`; NULL if it is absolute or climbs out. Free with g_free. */
static char *
data_path(const char *module, const char *name)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    const char *slash = strrchr(module, '/');
    g_autofree char *joined = slash == NULL ? g_strdup(name) : g_strdup_printf("%.*s/%s", (int)(slash - module), module, name);
    g_auto(GStrv) pieces = g_strsplit(joined, "/", -1);

    if (name[0] == '/')
        return NULL;
    for (char **piece = pieces; *piece != NULL; piece++) {
        if (strcmp(*piece, "..") == 0) {
            if (parts->len == 0)
                return NULL;
            g_ptr_array_set_size(parts, parts->len - 1);
        } else if (**piece != '\0' && strcmp(*piece, ".") != 0) {
            g_ptr_array_add(parts, g_strdup(*piece));
        }
    }
    g_ptr_array_add(parts, NULL);
    return g_strjoinv("/", (char **)parts->pdata);
}

const KjSourceFile *
kj_sources_data(KjSources *sources, KjSpan span, const char *name, guint32 *file, KjDiagnostics *diagnostics)
{
    g_autofree char *path = data_path(kj_sources_file(sources, span.file)->path, name);
    gpointer known;

    if (path == NULL) {
        kj_report_help(kj_report(diagnostics, KJ_CODE_PATH_OUTSIDE, span, name), _("put the file into the workspace"));
        return NULL;
    }
    if (g_hash_table_lookup_extended(sources->paths, path, NULL, &known)) {
        *file = GPOINTER_TO_UINT(known);
        return kj_sources_file(sources, *file);
    }
    gboolean stored = sources->store.read != NULL && sources->store.read(sources->store.data, path, NULL, NULL) != ENOENT;
    g_autofree char *full = sources->root == NULL ? NULL : g_build_filename(sources->root, path, NULL);
    g_autofree char *real = full == NULL ? NULL : resolve(full);
    if (real == NULL && !stored) {
        kj_report_help(kj_report(diagnostics, KJ_CODE_DATA_NOT_FOUND, span, path),
                       _("a data file is named relative to the folder of the policy file"));
        return NULL;
    }
    if (!stored && !lies_inside(real, sources->root)) {
        kj_report_help(kj_report(diagnostics, KJ_CODE_PATH_OUTSIDE, span, name), _("put the file into the workspace"));
        return NULL;
    }
    *file = read_file(sources, real, path, span, diagnostics);
    return kj_sources_refused(sources, *file) ? NULL : kj_sources_file(sources, *file);
}
