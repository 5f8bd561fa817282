/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workspace.h"

#include <errno.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"

static void clear_file(gpointer data) {
    KjUnitFile *file = data;
    g_free((char *)file->path);
    g_bytes_unref(file->bytes);
}

static KjWorkspace *workspace_new(void) {
    KjWorkspace *workspace = g_new0(KjWorkspace, 1);
    workspace->compilation = kj_compilation_new();
    workspace->files = g_array_new(FALSE, FALSE, sizeof(KjUnitFile));
    g_array_set_clear_func(workspace->files, clear_file);
    return workspace;
}

void kj_workspace_free(KjWorkspace *workspace) {
    if (!workspace)
        return;
    g_clear_pointer(&workspace->units, g_ptr_array_unref);
    kj_compilation_free(workspace->compilation);
    g_array_unref(workspace->files);
    g_free(workspace);
}

static void cut(KjWorkspace *workspace) {
    kj_compilation_compile(workspace->compilation);
    if (workspace->compilation->policy)
        workspace->units = kj_units_new(workspace->compilation, (const KjUnitFile *)(void *)workspace->files->data, workspace->files->len);
}

static void add_file(KjWorkspace *workspace, const char *path, guint mode, GBytes *bytes) {
    KjUnitFile file = { g_strdup(path), mode, bytes };
    g_array_append_val(workspace->files, file);
}

KjWorkspace *kj_workspace_new(KjSnapshot *snapshot, const char *path, const char *shown, GError **error) {
    g_autoptr(KjWorkspace) workspace = workspace_new();
    g_autoptr(GPtrArray) listed = kj_snapshot_files(snapshot, path, shown, error);
    if (!listed)
        return NULL;
    for (guint i = 0; i < listed->len; i++) {
        const KjSnapshotFile *file = listed->pdata[i];
        GBytes *bytes = kj_snapshot_blob(snapshot, &file->id, error);
        if (!bytes)
            return NULL;
        add_file(workspace, file->path, file->mode, bytes);
    }
    if (!kj_snapshot_add(snapshot, path, shown, workspace->compilation->sources, workspace->compilation->diagnostics, error))
        return NULL;
    cut(workspace);
    return g_steal_pointer(&workspace);
}

KjWorkspace *kj_workspace_new_commit(KjRepository *repository, const git_commit *commit, const char *path, const char *shown,
                                     GError **error) {
    g_autoptr(git_tree) tree = NULL;
    if (git_commit_tree(&tree, commit) != 0) {
        kj_repository_fail(error, shown);
        return NULL;
    }
    g_autoptr(KjSnapshot) snapshot = kj_snapshot_new_tree(repository, tree);
    return kj_workspace_new(snapshot, path, shown, error);
}

/* ---- files in memory, as a store of sources ---- */

static int read_file(gpointer data, const char *path, char **text, gsize *length) {
    const GArray *files = data;
    for (guint i = 0; i < files->len; i++) {
        const KjUnitFile *file = &g_array_index(files, KjUnitFile, i);
        if (strcmp(file->path, path) != 0)
            continue;
        if (text) {
            const char *bytes = g_bytes_get_data(file->bytes, length);
            *text = g_malloc(*length + 1);
            memcpy(*text, bytes ? bytes : "", *length);
            (*text)[*length] = 0;
        }
        return 0;
    }
    return ENOENT;
}

KjWorkspace *kj_workspace_new_files(const KjUnitFile *files, guint count, const char *shown, GError **error) {
    g_autoptr(KjWorkspace) workspace = workspace_new();
    g_autoptr(GPtrArray) policies = g_ptr_array_new();
    for (guint i = 0; i < count; i++) {
        add_file(workspace, files[i].path, files[i].mode, g_bytes_ref(files[i].bytes));
        if (g_str_has_suffix(files[i].path, ".pol"))
            g_ptr_array_add(policies, (gpointer)files[i].path);
    }
    if (policies->len == 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("there is no policy in %s: no file that ends in .pol"), shown);
        return NULL;
    }
    const KjSourceStore store = { read_file, g_array_ref(workspace->files), (GDestroyNotify)g_array_unref };
    kj_sources_add_store(workspace->compilation->sources, &store, (const char *const *)policies->pdata, policies->len,
                         workspace->compilation->diagnostics);
    cut(workspace);
    return g_steal_pointer(&workspace);
}
