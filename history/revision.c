/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "revision.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "snapshot.h"

/* The colon that ends the revision: the first that stands in no braces, as in `HEAD@{10:00}:policies`. */
static const char *find_colon(const char *path) {
    int depth = 0;
    for (const char *c = path; *c; c++) {
        if (*c == ':' && depth == 0)
            return c;
        depth += (*c == '{') - (*c == '}' && depth > 0);
    }
    return NULL;
}

gboolean kj_revision_form(const char *path) {
    return path[0] != '/' && !g_str_has_prefix(path, "./") && !g_str_has_prefix(path, "../") && find_colon(path);
}

/* ---- the path in the repository ---- */

/* The current folder's path in the working tree. NULL when it is not in it. Free with g_free. */
static char *current_folder(KjRepository *repository) {
    const char *work = git_repository_workdir(repository->git);
    g_autofree char *current = g_get_current_dir();
    char *top = work ? realpath(work, NULL) : NULL, *here = realpath(current, NULL), *relative = NULL;

    if (top && here && g_str_has_prefix(here, top) && (here[strlen(top)] == '/' || here[strlen(top)] == '\0'))
        relative = g_strdup(here + strlen(top));
    free(top);
    free(here);
    return relative;
}

/* `path` without `.`, `..` and empty parts, from the top of the repository. Free with g_free. */
static char *normal_path(KjRepository *repository, const char *path, const char *shown, GError **error) {
    gboolean relative = g_str_has_prefix(path, "./") || g_str_has_prefix(path, "../") || strcmp(path, ".") == 0 || strcmp(path, "..") == 0;
    g_autofree char *from = relative ? current_folder(repository) : g_strdup("");
    g_autoptr(GPtrArray) parts = g_ptr_array_new();

    if (!from) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: the current folder is not in the working tree of the repository"), shown);
        return NULL;
    }
    g_autofree char *whole = g_strconcat(from, "/", path, NULL);
    g_auto(GStrv) pieces = g_strsplit(whole, "/", -1);
    for (char **piece = pieces; *piece; piece++) {
        if (strcmp(*piece, "..") != 0 && strcmp(*piece, ".") != 0 && **piece) {
            g_ptr_array_add(parts, *piece);
        } else if (strcmp(*piece, "..") == 0 && parts->len == 0) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s leads out of the repository"), shown);
            return NULL;
        } else if (strcmp(*piece, "..") == 0) {
            g_ptr_array_set_size(parts, parts->len - 1);
        }
    }
    g_ptr_array_add(parts, NULL);
    return g_strjoinv("/", (char **)parts->pdata);
}

/* ---- snapshots ---- */

/* What stands before the colon, and where after it: *inside, to be freed with g_free. */
static KjSnapshot *open_snapshot(const char *path, char **inside, GError **error) {
    const char *colon = find_colon(path);
    g_autofree char *revision = g_strndup(path, (gsize)(colon - path));
    g_autoptr(KjRepository) repository = kj_repository_open(".", error);
    g_autoptr(git_object) tree = NULL;

    if (!repository)
        return NULL;
    if (*revision && !(tree = kj_repository_revision(repository, revision, GIT_OBJECT_TREE, error)))
        return NULL;
    *inside = normal_path(repository, colon + 1, path, error);
    if (!*inside)
        return NULL;
    KjSnapshot *snapshot = tree ? kj_snapshot_new_tree(repository, (git_tree *)tree) : kj_snapshot_new_index(repository, error);
    if (!snapshot)
        g_clear_pointer(inside, g_free);
    return snapshot;
}

gboolean kj_revision_add(KjSources *sources, const char *path, KjDiagnostics *diagnostics, GError **error) {
    g_autofree char *inside = NULL;
    g_autoptr(KjSnapshot) snapshot = open_snapshot(path, &inside, error);
    return snapshot && kj_snapshot_add(snapshot, inside, path, sources, diagnostics, error);
}

gboolean kj_revision_load(KjCompilation *compilation, const char *path, GError **error) {
    if (!kj_revision_form(path))
        return kj_compilation_load(compilation, path, error);
    if (!kj_revision_add(compilation->sources, path, compilation->diagnostics, error))
        return FALSE;
    kj_compilation_compile(compilation);
    return TRUE;
}

GBytes *kj_revision_read(const char *path, GError **error) {
    g_autofree char *inside = NULL;
    g_autoptr(KjSnapshot) snapshot = open_snapshot(path, &inside, error);
    return snapshot ? kj_snapshot_read(snapshot, inside, path, error) : NULL;
}

char *kj_revision_commit(const char *path) {
    const char *colon = find_colon(path);
    g_autoptr(KjRepository) repository = colon && colon != path ? kj_repository_open(".", NULL) : NULL;
    if (!repository)
        return NULL;
    g_autofree char *revision = g_strndup(path, (gsize)(colon - path));
    g_autoptr(git_object) commit = kj_repository_revision(repository, revision, GIT_OBJECT_COMMIT, NULL);
    return commit ? g_strdup(git_oid_tostr_s(git_object_id(commit))) : NULL;
}
