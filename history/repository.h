/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repositories, and names of revisions, with errors that a person understands. Everything else of libgit2 is used as it is. */
#ifndef KJ_REPOSITORY_H
#define KJ_REPOSITORY_H

#include <git2.h>
#include <glib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_object, git_object_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree, git_tree_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree_entry, git_tree_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_commit, git_commit_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_index, git_index_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_blob, git_blob_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_config, git_config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_revwalk, git_revwalk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_patch, git_patch_free)

typedef struct {
    git_repository *git;
} KjRepository;

/* Once, before anything else of libgit2; the functions here do so themselves. */
void kj_repository_start(void);

/* The repository that `folder` lies in, found as git finds it ($GIT_DIR, $GIT_INDEX_FILE and so on included). NULL with KJ_ERROR_IO.
 * Counted references. */
KjRepository *kj_repository_open(const char *folder, GError **error);
/* The repository that `folder` itself is, whatever the environment says and lies above it. Errors as above. */
KjRepository *kj_repository_open_bare(const char *folder, GError **error);
KjRepository *kj_repository_ref(KjRepository *repository);
void kj_repository_unref(KjRepository *repository);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRepository, kj_repository_unref)

/* What a revision names ("HEAD~1", "main", "v1.2^{tree}", an abbreviated id), as an object of `type`. NULL with KJ_ERROR_IO: unknown (with
 * the nearest branch or tag), ambiguous, or no such object. */
git_object *kj_repository_revision(KjRepository *repository, const char *revision, git_object_t type, GError **error);

/* The names of at most `most` references that begin so ("refs/kijun/s/"), sorted (char *). NULL with KJ_ERROR_IO. Free with g_ptr_array_unref. */
GPtrArray *kj_repository_references(KjRepository *repository, const char *prefix, guint most, GError **error);

/* KJ_ERROR_IO from libgit2's last error: "WHAT: its message". */
void kj_repository_fail(GError **error, const char *what);

#endif
