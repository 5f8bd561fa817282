/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a workspace out of a tree or the index.
 *
 * A tree may be hostile: ten entries that all name one tree of ten entries, and so on, are a few hundred bytes that spell billions of
 * files. So the walk keeps only the way down to where it stands, and both the entries it looks at and the length of that way are bounded. A
 * link or a submodule that could hide a policy is an error rather than a gap.
 */
#include "snapshot.h"

#include <errno.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/diagnostics.h"
#include "../compiler/limits.h"
#include "../compiler/translate.h"

#define POLICY_SUFFIX ".pol"

struct KjSnapshot {
    KjRepository *repository;
    git_tree *tree;             /* or */
    git_index *index;
};

static KjSnapshot *snapshot_new(KjRepository *repository) {
    KjSnapshot *snapshot = g_atomic_rc_box_new0(KjSnapshot);
    snapshot->repository = kj_repository_ref(repository);
    return snapshot;
}

KjSnapshot *kj_snapshot_new_tree(KjRepository *repository, git_tree *tree) {
    KjSnapshot *snapshot = snapshot_new(repository);
    if (git_tree_dup(&snapshot->tree, tree) != 0)
        g_assert_not_reached(); /* it counts a reference */
    return snapshot;
}

KjSnapshot *kj_snapshot_new_index(KjRepository *repository, GError **error) {
    g_autoptr(KjSnapshot) snapshot = snapshot_new(repository);
    if (git_repository_index(&snapshot->index, repository->git) != 0 || git_index_read(snapshot->index, FALSE) != 0) {
        kj_repository_fail(error, _("the index of the repository"));
        return NULL;
    }
    if (git_index_has_conflicts(snapshot->index)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("the index of the repository has files that are not merged yet; `git status` lists them"));
        return NULL;
    }
    return g_steal_pointer(&snapshot);
}

KjSnapshot *kj_snapshot_ref(KjSnapshot *snapshot) {
    return g_atomic_rc_box_acquire(snapshot);
}

static void clear(gpointer data) {
    KjSnapshot *snapshot = data;
    git_tree_free(snapshot->tree);
    git_index_free(snapshot->index);
    kj_repository_unref(snapshot->repository);
}

void kj_snapshot_unref(KjSnapshot *snapshot) {
    g_atomic_rc_box_release_full(snapshot, clear);
}

/* ---- one path ---- */

/* FALSE when there is nothing of this name. The index holds no folders. */
static gboolean look_up(KjSnapshot *snapshot, const char *path, git_oid *id, git_filemode_t *mode) {
    if (snapshot->index) {
        const git_index_entry *entry = git_index_get_bypath(snapshot->index, path, 0);
        if (!entry)
            return FALSE;
        git_oid_cpy(id, &entry->id);
        *mode = entry->mode;
        return TRUE;
    }
    g_autoptr(git_tree_entry) entry = NULL;
    if (git_tree_entry_bypath(&entry, snapshot->tree, path) != 0)
        return FALSE;
    git_oid_cpy(id, git_tree_entry_id(entry));
    *mode = git_tree_entry_filemode(entry);
    return TRUE;
}

static gboolean is_regular(git_filemode_t mode) {
    return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

/* 0 or an errno. The size is asked before anything is read. */
static int read_blob(git_repository *repository, const git_oid *id, char **text, gsize *length) {
    git_odb *odb = NULL;
    git_object_t type = GIT_OBJECT_INVALID;
    size_t size = 0;
    int code = git_repository_odb(&odb, repository) == 0 && git_odb_read_header(&size, &type, odb, id) == 0 ? 0 : EIO;

    git_odb_free(odb);
    if (code != 0 || type != GIT_OBJECT_BLOB)
        return EIO;
    if (size > KJ_LIMIT_FILE_BYTES)
        return EFBIG;
    g_autoptr(git_blob) blob = NULL;
    if (git_blob_lookup(&blob, repository, id) != 0)
        return EIO;
    *length = (gsize)git_blob_rawsize(blob);
    *text = g_malloc(*length + 1);
    if (*length > 0)
        memcpy(*text, git_blob_rawcontent(blob), *length);
    (*text)[*length] = '\0';
    return 0;
}

gboolean kj_snapshot_find(KjSnapshot *snapshot, const char *path, git_oid *id) {
    git_filemode_t mode;
    return look_up(snapshot, path, id, &mode) && is_regular(mode);
}

GBytes *kj_snapshot_read(KjSnapshot *snapshot, const char *path, const char *shown, GError **error) {
    git_oid id;
    char *text = NULL;
    gsize length = 0;
    int code = kj_snapshot_find(snapshot, path, &id) ? read_blob(snapshot->repository->git, &id, &text, &length) : ENOENT;

    if (code == 0)
        return g_bytes_new_take(text, length);
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("cannot read %s: %s"), shown, g_strerror(code));
    return NULL;
}

/* ---- as a store of sources ---- */

typedef struct {
    KjSnapshot *snapshot;
    char *root; /* "" or a folder with a slash after it */
} Store;

static void store_free(gpointer data) {
    Store *store = data;
    kj_snapshot_unref(store->snapshot);
    g_free(store->root);
    g_free(store);
}

static int store_read(gpointer data, const char *path, char **text, gsize *length) {
    const Store *store = data;
    g_autofree char *full = g_strconcat(store->root, path, NULL);
    git_oid id;
    git_filemode_t mode;

    if (!look_up(store->snapshot, full, &id, &mode))
        return ENOENT;
    if (!text)
        return 0;
    return is_regular(mode) ? read_blob(store->snapshot->repository->git, &id, text, length) : ENOTSUP;
}

/* ---- the walk ---- */

typedef struct {
    KjSnapshot *snapshot;
    const char *root;  /* as in Store */
    GPtrArray *files;  /* char *: policies found, relative to the root */
    guint entries;     /* looked at so far */
    KjDiagnostics *diagnostics;
    GPtrArray *all;    /* KjSnapshotFile: every file, hidden ones too, instead of policies alone; or NULL */
    const char *odd;   /* then: the first that is no regular file, owned by `files`; or NULL */
} Walk;

/* Whether a link at `path` that says `target` climbs out of the workspace, going by the names alone. */
static gboolean leads_outside(const char *path, const char *target) {
    g_autofree char *folder = g_path_get_dirname(path), *joined = g_build_filename(folder, target, NULL);
    g_auto(GStrv) parts = g_strsplit(joined, "/", -1);
    int depth = 0;

    for (char **part = parts; *part && depth >= 0; part++)
        depth += strcmp(*part, "..") == 0 ? -1 : **part != '\0' && strcmp(*part, ".") != 0;
    return g_path_is_absolute(target) || depth < 0;
}

static void visit_link(const Walk *walk, const char *path, const git_oid *id) {
    g_autofree char *target = NULL;
    gsize length = 0;
    if (read_blob(walk->snapshot->repository->git, id, &target, &length) != 0 || leads_outside(path, target))
        kj_report(walk->diagnostics, KJ_CODE_PATH_OUTSIDE, KJ_SPAN_NONE, path);
}

static void keep_any(Walk *walk, const char *path, const git_oid *id, git_filemode_t mode) {
    g_ptr_array_add(walk->files, g_strdup(path));
    if (!is_regular(mode)) {
        walk->odd = walk->odd ? walk->odd : walk->files->pdata[walk->files->len - 1];
        return;
    }
    KjSnapshotFile *file = g_new(KjSnapshotFile, 1);
    *file = (KjSnapshotFile){ g_strdup(path), mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0100755 : 0100644, *id };
    g_ptr_array_add(walk->all, file);
}

/* An entry that is no folder; `path` is relative to the root. What is no regular file and yet called a policy is refused when it is read.
 */
static void visit(Walk *walk, const char *path, const git_oid *id, git_filemode_t mode) {
    if (walk->all)
        keep_any(walk, path, id, mode);
    else if (mode == GIT_FILEMODE_COMMIT)
        kj_report_help(kj_report(walk->diagnostics, KJ_CODE_FILE_NOT_REGULAR, KJ_SPAN_NONE, path),
                       _("it is a submodule, whose files are in another repository; keep it outside of the workspace"));
    else if (g_str_has_suffix(path, POLICY_SUFFIX))
        g_ptr_array_add(walk->files, g_strdup(path));
    else if (mode == GIT_FILEMODE_LINK)
        visit_link(walk, path, id);
}

static gboolean go_on(const Walk *walk) {
    return walk->entries <= KJ_LIMIT_TREE_ENTRIES && walk->files->len <= KJ_LIMIT_FILES;
}

typedef struct {
    git_tree *tree;
    gsize next;   /* entry */
    gsize length; /* of the path to the tree, its slash included */
} Level;

/* FALSE when an object is missing, or a way too long. */
static gboolean walk_tree(Walk *walk, git_tree *top) {
    g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(Level));
    g_autoptr(GString) path = g_string_new(NULL);
    Level first = { NULL, 0, 0 };
    gboolean good = git_tree_dup(&first.tree, top) == 0;

    g_array_append_val(levels, first);
    while (good && levels->len > 0) {
        Level *level = &g_array_index(levels, Level, levels->len - 1);
        g_string_truncate(path, level->length);
        const git_tree_entry *entry = go_on(walk) ? git_tree_entry_byindex(level->tree, level->next++) : NULL;
        if (!entry) {
            git_tree_free(level->tree);
            g_array_set_size(levels, levels->len - 1);
            continue;
        }
        walk->entries++;
        if (git_tree_entry_name(entry)[0] == '.' && !walk->all)
            continue;
        g_string_append(path, git_tree_entry_name(entry));
        if (git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE) {
            visit(walk, path->str, git_tree_entry_id(entry), git_tree_entry_filemode(entry));
            continue;
        }
        g_string_append_c(path, '/');
        Level inner = { NULL, 0, path->len };
        good = path->len <= KJ_LIMIT_PATH_BYTES &&
               git_tree_lookup(&inner.tree, walk->snapshot->repository->git, git_tree_entry_id(entry)) == 0;
        if (good)
            g_array_append_val(levels, inner);
    }
    for (guint i = 0; i < levels->len; i++)
        git_tree_free(g_array_index(levels, Level, i).tree);
    return good;
}

/* FALSE when nothing lies below the root. */
static gboolean walk_index(Walk *walk) {
    gsize length = strlen(walk->root), count = git_index_entrycount(walk->snapshot->index);
    gboolean any = length == 0;

    for (gsize i = 0; i < count && go_on(walk); i++) {
        const git_index_entry *entry = git_index_get_byindex(walk->snapshot->index, i);
        if (strncmp(entry->path, walk->root, length) != 0)
            continue;
        any = TRUE;
        walk->entries++;
        const char *path = entry->path + length;
        gboolean hidden = path[0] == '.' || strstr(path, "/.");
        if ((walk->all || !hidden) && !(entry->flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD))
            visit(walk, path, &entry->id, entry->mode);
    }
    return any;
}

/* FALSE with `error` when there is no such folder, or it cannot be walked. */
static gboolean find_policies(Walk *walk, const char *path, const char *shown, GError **error) {
    g_autoptr(git_object) folder = NULL;
    g_autoptr(git_tree_entry) entry = NULL;
    git_tree *tree = walk->snapshot->tree;

    if (tree && *path && git_tree_entry_bypath(&entry, tree, path) == 0 && git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE &&
        git_tree_entry_to_object(&folder, walk->snapshot->repository->git, entry) == 0)
        tree = (git_tree *)folder;
    if (walk->snapshot->index ? !walk_index(walk) : *path && !folder)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: there is no such folder or file in that revision"), shown);
    else if (tree && !walk_tree(walk, tree))
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("%s cannot be read whole: an object is missing from the repository, or a path is longer than %u bytes"), shown,
                    KJ_LIMIT_PATH_BYTES);
    else if (walk->entries > KJ_LIMIT_TREE_ENTRIES)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s has more than %u files and folders"), shown, KJ_LIMIT_TREE_ENTRIES);
    else
        return TRUE;
    return FALSE;
}

static int compare_paths(gconstpointer left, gconstpointer right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

gboolean kj_snapshot_add(KjSnapshot *snapshot, const char *path, const char *shown, KjSources *sources, KjDiagnostics *diagnostics,
                         GError **error) {
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder = g_strdup(path);
    git_oid id;
    git_filemode_t mode;
    gboolean file = *path && look_up(snapshot, path, &id, &mode) && mode != GIT_FILEMODE_TREE;

    if (file && !g_str_has_suffix(path, POLICY_SUFFIX)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s is neither a folder nor a .pol file"), shown);
        return FALSE;
    }
    if (file) {
        const char *slash = strrchr(path, '/');
        g_ptr_array_add(files, g_strdup(slash ? slash + 1 : path));
        folder[slash ? slash - path : 0] = '\0';
    }
    g_autofree char *root = *folder ? g_strconcat(folder, "/", NULL) : g_strdup("");
    Walk walk = { .snapshot = snapshot, .root = root, .files = files, .diagnostics = diagnostics };
    guint errors = kj_diagnostics_errors(diagnostics);
    if (!file && !find_policies(&walk, folder, shown, error))
        return FALSE;
    if (files->len == 0 && kj_diagnostics_errors(diagnostics) == errors) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("there is no policy in %s: no file that ends in .pol"), shown);
        return FALSE;
    }
    g_ptr_array_sort(files, compare_paths);
    Store *data = g_new(Store, 1);
    *data = (Store){ kj_snapshot_ref(snapshot), g_steal_pointer(&root) };
    KjSourceStore store = { store_read, data, store_free };
    kj_sources_add_store(sources, &store, (const char *const *)files->pdata, files->len, diagnostics);
    return TRUE;
}

/* ---- all files ---- */

static void file_free(gpointer data) {
    KjSnapshotFile *file = data;
    g_free(file->path);
    g_free(file);
}

static int compare_files(gconstpointer left, gconstpointer right) {
    return strcmp((*(KjSnapshotFile *const *)left)->path, (*(KjSnapshotFile *const *)right)->path);
}

GPtrArray *kj_snapshot_files(KjSnapshot *snapshot, const char *path, const char *shown, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free), all = g_ptr_array_new_with_free_func(file_free);
    g_autofree char *root = *path ? g_strconcat(path, "/", NULL) : g_strdup("");
    Walk walk = { .snapshot = snapshot, .root = root, .files = names, .all = all };
    if (!find_policies(&walk, path, shown, error))
        return NULL;
    if (walk.odd || names->len > KJ_LIMIT_FILES) {
        if (walk.odd)
            g_set_error(
                error, KJ_ERROR, KJ_ERROR_REFUSED,
                _("%s: %s is a link or a submodule, and what it leads to is not part of what is approved; put the file itself there"),
                shown, walk.odd);
        else
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s has more than %u files and folders"), shown, KJ_LIMIT_FILES);
        return NULL;
    }
    g_ptr_array_sort(all, compare_files);
    return g_steal_pointer(&all);
}

GBytes *kj_snapshot_blob(KjSnapshot *snapshot, const git_oid *id, GError **error) {
    char *text = NULL;
    gsize length = 0;
    int code = read_blob(snapshot->repository->git, id, &text, &length);
    if (code == 0)
        return g_bytes_new_take(text, length);
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("cannot read %s: %s"), git_oid_tostr_s(id), g_strerror(code));
    return NULL;
}
