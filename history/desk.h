/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The desk: everything that lies before a person who proposes, reviews, approves or releases a change.
 *
 * The root in force, the context's releases (verified, as a host would), the workspace of the last lasting release as a whole, every signer's chain as it is now; and
 * for a workspace that somebody would like to have in force: what it changes, what that needs, and who has said what.
 */
#ifndef KJ_DESK_H
#define KJ_DESK_H

#include "ruling.h"
#include "verifier.h"

typedef struct {
    KjRepository *repository;
    char *context;
    GPtrArray *roots;        /* KjRoot */
    const KjRoot *root;      /* the last */
    KjVerifier *verifier;    /* has judged every release; NULL: there is none yet */
    KjWorkspace *base;       /* the workspace of the last lasting release, whole; NULL: there is none yet */
    GPtrArray *chains;       /* of GPtrArray of KjSigned: of all keys of the root that have one */
    GPtrArray *chain_names;  /* char *: the reference of each */
    gint64 now;
    GPtrArray *broken;       /* char *: what is wrong with chains that cannot be read; they are left out */
} KjDesk;

/* Opens the repository that `folder` lies in. `pinned`: the root's digest, or NULL: whatever root the repository has (an author's own). `now`: of the clock. NULL with
 * KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with kj_desk_free. */
KjDesk *kj_desk_open(const char *folder, const char *context, const char *pinned, gint64 now, GError **error);
void kj_desk_free(KjDesk *desk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjDesk, kj_desk_free)

guint64 kj_desk_next_serial(const KjDesk *desk);
/* The chain of a key, or NULL. */
const GPtrArray *kj_desk_chain(const KjDesk *desk, const KjKey *key);
/* A statement of any chain by its digest, or the start of it that names one alone. NULL: none, or several. */
const KjSigned *kj_desk_find(const KjDesk *desk, const char *digest);

/* The whole workspace of a release, as it was kept when it was published. NULL with KJ_ERROR_IO. Free with kj_workspace_free. */
KjWorkspace *kj_desk_workspace(const KjDesk *desk, const KjStatement *release, GError **error);

/* ---- a change ---- */

/* What `result` would change, judged as on `date` with what people have said so far (ruling.h tells what is in it). `emergency`: the statement under which it is made, or NULL. All
 * must outlive it. Free with kj_ruling_free. */
KjRuling *kj_desk_decide(KjDesk *desk, const KjWorkspace *result, const KjStatement *emergency, gint64 date);

/* ---- proposals ---- */

/* "refs/kijun/proposals/3f9a..." */
char *kj_proposal_reference(const char *digest);
/* Keeps the whole workspace of a proposal. FALSE with KJ_ERROR_IO. */
gboolean kj_proposal_keep(KjRepository *repository, const KjStatement *proposal, const KjWorkspace *workspace, GError **error);
/* The workspace of a proposal. NULL with KJ_ERROR_IO. */
KjWorkspace *kj_proposal_workspace(KjRepository *repository, const char *digest, GError **error);

/* ---- releasing ---- */

/* The blocks (qualified names, char *) that the context enforces of a workspace: those whose `enforce` names it among the hosts, or all where none does; and what it enforced before and has
 * not changed. Free with g_ptr_array_unref. */
GPtrArray *kj_desk_enforced(const KjDesk *desk, const KjWorkspace *workspace);

/* The statement of the next release, unsigned. `title`: one line. `expires`: until when hosts need to hear something new. NULL with KJ_ERROR_REFUSED, and whose approval is missing. */
KjStatement *kj_desk_release(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjStatement *emergency,
                             const char *signer, const char *title, gint64 date, gint64 expires, GError **error);
/* Publishes it, judged once more exactly as hosts will. FALSE with KJ_ERROR_REFUSED or KJ_ERROR_IO, and nothing has changed. Takes nothing. */
gboolean kj_desk_publish(KjDesk *desk, const KjWorkspace *result, const KjRuling *ruling, const KjSealed *release, GError **error);
/* The same for a heartbeat. */
KjStatement *kj_desk_heartbeat(KjDesk *desk, const char *signer, gint64 date, GError **error);
gboolean kj_desk_publish_heartbeat(KjDesk *desk, const KjSealed *heartbeat, GError **error);

#endif
