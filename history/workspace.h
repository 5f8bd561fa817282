/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole workspace at a revision, compiled and cut into units: one side of a change. Reads blobs, never a checkout. */
#ifndef KJ_WORKSPACE_H
#define KJ_WORKSPACE_H

#include "snapshot.h"
#include "unit.h"

typedef struct {
    KjCompilation *compilation;
    GPtrArray *units; /* KjUnit; NULL when the compilation has errors */
    GArray *files;    /* KjUnitFile: all there are */
} KjWorkspace;

/* The folder `path` ("": all) of a snapshot; `shown` is what messages call it. NULL with KJ_ERROR_IO or KJ_ERROR_REFUSED. Free with kj_workspace_free. */
KjWorkspace *kj_workspace_new(KjSnapshot *snapshot, const char *path, const char *shown, GError **error);

/* The folder `path` of the tree of a commit. */
KjWorkspace *kj_workspace_new_commit(KjRepository *repository, const git_commit *commit, const char *path, const char *shown,
                                     GError **error);

/* The same from files in memory: what a release carries. Copies paths and counts references to bytes. */
KjWorkspace *kj_workspace_new_files(const KjUnitFile *files, guint count, const char *shown, GError **error);
void kj_workspace_free(KjWorkspace *workspace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjWorkspace, kj_workspace_free)

#endif
