/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements that several keys have signed: roots and releases.
 *
 * In git one is a tree of `statement` and the folder `signatures`, in which each armor is a file named by the SHA-256 of the key's blob in hexadecimal digits:
 * signatures that two people gathered apart join without a conflict, and a key has one. What may stand beside the two is the reader's to say. All signatures must hold;
 * whose they are, and whether they are enough, is for a root to say.
 */
#ifndef KJ_SEALED_H
#define KJ_SEALED_H

#include "commit.h"
#include "signature.h"

/* The most signatures on one statement. */
#define KJ_SEALED_SIGNATURES_MAX 256u

typedef struct {
    KjStatement *statement;
    GPtrArray *armors; /* char *, at least one; a NULL pointer follows the last, so that `pdata` is NULL-terminated */
    GPtrArray *keys;   /* KjKey *: whose each armor is; in the order of the files' names, each once */
} KjSealed;

/* Verifies each armor (NULL-terminated; of one key the first counts). NULL with KJ_ERROR_REFUSED: one does not hold, or there is none. Takes the statement in
 * either case. Free with kj_sealed_free. */
KjSealed *kj_sealed_new(KjStatement *statement, const char *const *armors, GError **error);
void kj_sealed_free(KjSealed *sealed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSealed, kj_sealed_free)

/* The armors of a sealed statement, NULL-terminated. Borrowed. */
const char *const *kj_sealed_armors(const KjSealed *sealed);

/*
 * What a commit carries. `kind`: which it must be, or 0. `also`: what else may stand in its tree, NULL-terminated, or NULL for nothing (none of it is read). NULL with
 * KJ_ERROR_REFUSED, and what is wrong with it, or KJ_ERROR_IO.
 */
KjSealed *kj_sealed_read(KjRepository *repository, const git_commit *commit, KjStatementKind kind, const char *const *also, GError **error);

/* Writes the tree; with `sources`, another tree beside under this name. FALSE with KJ_ERROR_IO. */
gboolean kj_sealed_write(KjRepository *repository, const KjSealed *sealed, const git_oid *sources, git_oid *tree, GError **error);

#endif
