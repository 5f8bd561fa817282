/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each signer's own chain of statements, `refs/kijun/s/<fingerprint>`.
 *
 * One commit is one statement: a tree of `statement` and `signature`, whose only parent is the statement before. Each signer writes to his own reference, so
 * nobody waits for anybody and nothing is ever merged. Every statement names the digest of the one before it, under its signature: who takes one back, or
 * tells two people two stories, leaves two signed statements that name the same one before them, and that is proof. The fingerprint in the reference's name is
 * that of the key that signs, in hexadecimal digits.
 */
#ifndef KJ_CHAIN_H
#define KJ_CHAIN_H

#include "repository.h"
#include "signature.h"
#include "statement.h"

/* A statement with the signature that holds for it. */
typedef struct {
    KjStatement *statement;
    char *armor;
    KjKey *key;
} KjSigned;

/* Verifies. NULL with KJ_ERROR_VALUE (no statement) or KJ_ERROR_REFUSED (not signed by its key). Takes neither. Free with kj_signed_free. */
KjSigned *kj_signed_new(const char *bytes, gsize length, const char *armor, gsize armor_length, GError **error);
void kj_signed_free(KjSigned *signed_statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSigned, kj_signed_free)

/* The name of a key's chain, "refs/kijun/s/3f9a..."; free with g_free. */
char *kj_chain_name(const KjKey *key);
/* The names of all chains, sorted. Free with g_ptr_array_unref. NULL with KJ_ERROR_IO. */
GPtrArray *kj_chain_names(KjRepository *repository, GError **error);

/*
 * All statements of a chain, first to last (KjSigned). Every signature, every link, the one key and the one signer's name are verified. NULL with KJ_ERROR_REFUSED, and at
 * which statement it breaks, or KJ_ERROR_IO. A chain that is not there is an empty one. Free with g_ptr_array_unref.
 */
GPtrArray *kj_chain_read(KjRepository *repository, const char *name, GError **error);

/* The same from a commit on, whatever reference leads to it: a chain's head inside a release. `key`: of the chain. */
GPtrArray *kj_chain_read_commit(KjRepository *repository, const git_oid *head, const char *name, GError **error);

/* Reads on: a chain whose head was `known` (zero: an empty one) and is now `head`, which must come after it; else the error names the two
 * statements that stand in the same place. FALSE with KJ_ERROR_REFUSED or KJ_ERROR_IO, and the chain is as it was. */
gboolean kj_chain_extend(KjRepository *repository, GPtrArray *chain, const git_oid *known, const git_oid *head, const char *name,
                         GError **error);

/* Adds a statement, which must name the chain's last as the one before it, and moves the reference only if nobody else has. FALSE with KJ_ERROR_REFUSED or
 * KJ_ERROR_IO, and nothing has changed. */
gboolean kj_chain_append(KjRepository *repository, const KjSigned *signed_statement, GError **error);

/* What the next statement must name: the digest of the last, or "none". */
const char *kj_chain_last(const GPtrArray *chain);

/* Whether a chain (NULL: an empty one) takes back the statement of this digest. */
gboolean kj_chain_takes_back(const GPtrArray *chain, const char *digest);

#endif
