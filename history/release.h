/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases of a context, `refs/kijun/releases/<context>`.
 *
 * Its commits are links, one before the other: releases, and between them heartbeats, which say that the latest release is still the latest. A link is a statement
 * and its signatures (sealed.h). The commit of a release brings along everything that it relies on:
 *
 *     statement, signatures/       what was signed, and by whom
 *     sources/workspace/           the pieces of the units that the context enforces, of those that it enforced before, and of all governance: a workspace that
 *                                  compiles, every unit of which has the digest that the statement pins
 *     sources/steps/DIGEST/        the unit as people approved it, where only its words were edited since
 *
 * and its parents are, in this order, the link before, the head of the root's chain, and the heads of the signers' chains in the order of the statement's
 * `head` lines. So who fetches this one reference can judge the release without asking anybody; units of others stand in it by their digests only.
 *
 * Nothing here judges: verifier.h does.
 */
#ifndef KJ_RELEASE_H
#define KJ_RELEASE_H

#include "sealed.h"
#include "workspace.h"

typedef struct {
    git_oid commit;
    KjSealed *sealed;   /* of a release or a heartbeat */
    GArray *parents;    /* git_oid */
} KjLink;

/* "refs/kijun/releases/production"; free with g_free. */
char *kj_release_reference(const char *context);
/* The contexts that have releases, by name. Free with g_strfreev. NULL with KJ_ERROR_IO. */
char **kj_release_contexts(KjRepository *repository, GError **error);
/* Where the reference points. FALSE with KJ_ERROR_IO, which names the contexts there are. */
gboolean kj_release_head(KjRepository *repository, const char *context, git_oid *head, GError **error);

/* One link, its form and its signatures. NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with kj_link_free. */
KjLink *kj_link_read(KjRepository *repository, const git_oid *commit, GError **error);
void kj_link_free(KjLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjLink, kj_link_free)
/* The link before, or NULL. Borrowed. */
const git_oid *kj_link_before(const KjLink *link);
gboolean kj_link_is_release(const KjLink *link);

/* All links after the commit `known` (NULL: from the first on) up to `head`, first to last (KjLink). NULL with KJ_ERROR_REFUSED, when `head` does not come after it, or KJ_ERROR_IO.
 * Free with g_ptr_array_unref. */
GPtrArray *kj_links_read(KjRepository *repository, const git_oid *known, const git_oid *head, GError **error);

/* The workspace that a release carries, which may have errors (then it has no units). NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with kj_workspace_free. */
KjWorkspace *kj_link_workspace(KjRepository *repository, const KjLink *link, GError **error);
/* A unit as it was approved; NULL with KJ_ERROR_REFUSED when the release does not carry it. */
KjWorkspace *kj_link_step(KjRepository *repository, const KjLink *link, const char *digest, GError **error);

/* ---- what a release says ---- */

/* One line `change`: what a step does to a unit. */
typedef struct {
    char *unit, *base, *result, *verdict; /* digests, "none" */
    gboolean weakens;
} KjListedChange;

/* The `change` lines of a release, a proposal or an emergency (KjListedChange), as they stand. Free with g_ptr_array_unref. */
GPtrArray *kj_listed_changes(const KjStatement *statement);
/* Whether one of the `change` lines is of the unit, and leads to this result (NULL: to any). */
gboolean kj_lists_change(const KjStatement *statement, const char *unit, const char *result);
/* The digest that a release pins for a unit, or NULL. Borrowed. */
const char *kj_release_pin(const KjStatement *release, const char *unit);

/* ---- making one ---- */

/* A tree of files. FALSE with KJ_ERROR_IO. */
gboolean kj_release_write_files(KjRepository *repository, const KjUnitFile *files, guint count, git_oid *tree, GError **error);

/* The parts of a unit as files; the bytes are borrowed. Free with g_array_unref. */
GArray *kj_release_files(const KjUnit *unit);

#endif
