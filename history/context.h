/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Contexts: git asks a diff driver about one file at a time and names only the two blobs. What a policy file means depends on all others,
 * so the two states of the repository between which this file changed so have to be found again.
 */
#ifndef KJ_CONTEXT_H
#define KJ_CONTEXT_H

#include "snapshot.h"

typedef struct {
    KjSnapshot *snapshot; /* NULL: the working tree */
    char *name;           /* "commit 1a2b3c4d5e6f", "the index", "the working tree" */
    char *prefix;         /* what stands before a path of it in a PATH: "1a2b3c4d5e6f:", ":", "" */
    gboolean nothing;     /* the state before the first commit */
} KjContext;

void kj_context_clear(KjContext *context);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjContext, kj_context_clear)

/* In which states the file `path` (from the top of the repository) is this blob; NULL: it is not there. `working_tree`: the new one is the
 * file on disk. Tried in turn: index and working tree, HEAD and index, a commit and its parent (the latest such pair reachable from any
 * reference), two commits each for itself. FALSE when there is no such pair of states. */
gboolean kj_context_find(KjRepository *repository, const char *path, const git_oid *old_id, const git_oid *new_id, gboolean working_tree,
                         KjContext *before, KjContext *after);

#endif
