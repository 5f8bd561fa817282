/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements as git keeps them: the commits of chains, roots and releases are all written and read by these few functions.
 *
 * A commit says nothing of its own. Its author, dates and message are made from the statement inside, so the same statement with the same signatures before the
 * same parents is the same commit, whoever writes it where; and nobody believes any of them.
 */
#ifndef KJ_COMMIT_H
#define KJ_COMMIT_H

#include "repository.h"
#include "statement.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference, git_reference_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference_iterator, git_reference_iterator_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_treebuilder, git_treebuilder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_signature, git_signature_free)

/* A file of a tree, which must be a regular one of at most `most` bytes; looked at without loading a larger one. NULL: there is no such. */
git_blob *kj_commit_blob(KjRepository *repository, const git_tree *tree, const char *name, gsize most);

/* Writes a file into a tree being built. FALSE: libgit2's last error says why. */
gboolean kj_commit_add_blob(KjRepository *repository, git_treebuilder *builder, const char *name, const void *bytes, gsize length);

/* The commit of a statement: its signer and its date as the author, its kind as the message. FALSE: libgit2's last error says why. */
gboolean kj_commit_write(KjRepository *repository, const KjStatement *statement, const git_oid *tree, const git_oid *parents, guint count,
                         git_oid *id);

/* Moves a reference from `before` (NULL: it is not there yet) to `id`. FALSE with KJ_ERROR_REFUSED when somebody else has moved it meanwhile, or KJ_ERROR_IO;
 * nothing has changed then. */
gboolean kj_commit_move(KjRepository *repository, const char *reference, const git_oid *before, const git_oid *id, GError **error);

#endif
