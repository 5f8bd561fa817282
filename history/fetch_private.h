/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of fetching share: fetch.c starts and accepts, fetch_serve.c is the process that receives, fetch_receive.c and
 * fetch_bundle.c get a pack, fetch_inspect.c looks at it. */
#ifndef KJ_FETCH_PRIVATE_H
#define KJ_FETCH_PRIVATE_H

#include "fetch.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_odb, git_odb_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_repository, git_repository_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference, git_reference_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_remote, git_remote_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_packbuilder, git_packbuilder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_indexer, git_indexer_free)

#define KJ_FETCH_PROGRAM "kijun-fetch" /* argv[0] of the process that receives */
#define KJ_FETCH_ANSWER_BYTES 4096u    /* the most that it answers */

/* The names of attacks as they stand at the beginning of messages (verifier.h has them all). */
#define KJ_FETCH_ENDLESS "endless data"
#define KJ_FETCH_SLOW "slow data"
#define KJ_FETCH_EXTRANEOUS "extraneous dependency"

/* In the process that receives. */
typedef struct {
    const char *source, *reference;
    const char *objects;        /* the folder of the host's own objects */
    const char *quarantine;     /* the folder of the quarantine, a bare repository */
    KjFetchLimits limits;
    git_repository *repository; /* the quarantine, with the host's own objects */
    git_odb *own;               /* the host's own objects alone */
    git_oid old;                /* where the host's reference points */
    gboolean has_old;
    git_oid head;               /* where the source's reference points */
    git_indexer_progress progress; /* of the indexer, which wants the same one each time */
    guint64 bytes;              /* received, beside those that libgit2 counts */
    char *attack;               /* why a callback has stopped libgit2; NULL: it has not */
} KjReceiver;

/* KJ_ERROR_REFUSED, "ATTACK: why". Gives FALSE. */
gboolean kj_fetch_refuse(GError **error, const char *attack, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* What libgit2 failed with, or why a callback has stopped it. Gives FALSE. */
gboolean kj_receiver_fail(const KjReceiver *receiver, GError **error);
/* libgit2's progress callback: the limits of bytes and objects. `payload` is the receiver. */
int kj_receiver_progress(const git_indexer_progress *progress, void *payload);
/* FALSE with KJ_ERROR_REFUSED when a name that a source has is under refs/replace. */
gboolean kj_receiver_check_name(const char *name, GError **error);

/* Puts a pack into the quarantine, piece by piece. A failed end() frees nothing: the quarantine is removed. */
git_indexer *kj_receiver_indexer(KjReceiver *receiver, GError **error);
gboolean kj_receiver_feed(KjReceiver *receiver, git_indexer *indexer, const void *bytes, gsize length, GError **error);
gboolean kj_receiver_end(KjReceiver *receiver, git_indexer *indexer, GError **error);

/* Fills `head` and the quarantine. FALSE with KJ_ERROR_IO or KJ_ERROR_REFUSED. */
gboolean kj_receiver_receive(KjReceiver *receiver, GError **error);
gboolean kj_receiver_receive_bundle(KjReceiver *receiver, const char *path, GError **error);
/* Whether all is there that `head` leads to, and no more than it may be. FALSE with KJ_ERROR_IO or KJ_ERROR_REFUSED. */
gboolean kj_receiver_inspect(KjReceiver *receiver, GError **error);

#endif
