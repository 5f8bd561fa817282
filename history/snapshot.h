/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A state of all files of a repository, read without a checkout: a tree of its history, or its index (what the next commit would hold).
 *
 * Bytes come from the object database as they were committed: no filter runs, nothing is replaced (refs/replace), nothing of the working
 * tree is looked at. What counts as a policy file, the limits and the names are those of a workspace on disk (compiler/source_read.c);
 * symbolic links and submodules are never followed.
 */
#ifndef KJ_SNAPSHOT_H
#define KJ_SNAPSHOT_H

#include "../compiler/source.h"
#include "repository.h"

typedef struct KjSnapshot KjSnapshot;

/* Counted references. Free with kj_snapshot_unref. NULL with KJ_ERROR_IO. */
KjSnapshot *kj_snapshot_new_tree(KjRepository *repository, git_tree *tree);
KjSnapshot *kj_snapshot_new_index(KjRepository *repository, GError **error);
KjSnapshot *kj_snapshot_ref(KjSnapshot *snapshot);
void kj_snapshot_unref(KjSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSnapshot, kj_snapshot_unref)

/* Adds the workspace `path` ("" is the root of the repository, or a folder, or one .pol file), as kj_sources_add_path does; `shown` is what
 * messages call it. FALSE with KJ_ERROR_IO when there is no such path, or no policy in it. Keeps a reference for the data files. */
gboolean kj_snapshot_add(KjSnapshot *snapshot, const char *path, const char *shown, KjSources *sources, KjDiagnostics *diagnostics,
                         GError **error);

/* The id of the regular file `path`; FALSE when there is none. */
gboolean kj_snapshot_find(KjSnapshot *snapshot, const char *path, git_oid *id);

/* The bytes of the regular file `path`, or NULL with KJ_ERROR_IO. Free with g_bytes_unref. */
GBytes *kj_snapshot_read(KjSnapshot *snapshot, const char *path, const char *shown, GError **error);

/* A regular file. */
typedef struct {
    char *path; /* relative to the folder that was asked for */
    guint mode; /* 0100644 or 0100755 */
    git_oid id;
} KjSnapshotFile;

/* Every file below the folder `path` ("": all), hidden ones too, by path. NULL with KJ_ERROR_IO, or KJ_ERROR_REFUSED when one is a link or a submodule. Free with
 * g_ptr_array_unref. */
GPtrArray *kj_snapshot_files(KjSnapshot *snapshot, const char *path, const char *shown, GError **error);

/* The bytes of one of them. NULL with KJ_ERROR_IO. Free with g_bytes_unref. */
GBytes *kj_snapshot_blob(KjSnapshot *snapshot, const git_oid *id, GError **error);

#endif
