/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every version of the root of trust, `refs/kijun/root`.
 *
 * One commit is one version (history/sealed.h), whose only parent is the version before. A reader takes nothing on trust but the digest he has pinned: he reads
 * from the head back to version 1, judges each version by the one before it, and asks whether the pinned one is among them. A key that any root revokes
 * signs no later root, whatever release it was revoked from.
 */
#ifndef KJ_ROOT_CHAIN_H
#define KJ_ROOT_CHAIN_H

#include "root.h"
#include "sealed.h"

#define KJ_ROOT_REFERENCE "refs/kijun/root"

/* The release that stands for "now" when roots are signed: whatever a root revokes is revoked by then. */
#define KJ_ROOT_SERIAL (G_MAXUINT64 - 1)

/* Where the reference points. FALSE with KJ_ERROR_IO when there is no root, and what to do. */
gboolean kj_roots_head(KjRepository *repository, git_oid *head, GError **error);

/* All versions from 1 to the one of commit `head` (KjRoot), each shown to follow the one before. NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with g_ptr_array_unref. */
GPtrArray *kj_roots_read(KjRepository *repository, const git_oid *head, GError **error);

/* The last; the one of this version, or NULL. Borrowed. */
const KjRoot *kj_roots_last(const GPtrArray *roots);
const KjRoot *kj_roots_find(const GPtrArray *roots, guint64 version);

/* Whether the root that somebody has pinned by its digest is one of them. FALSE with KJ_ERROR_REFUSED: these are somebody else's. */
gboolean kj_roots_check_pinned(const GPtrArray *roots, const char *digest, GError **error);

/* Whether `next` may stand after `last` (NULL: as version 1, signed by as many as it wants itself). FALSE with KJ_ERROR_REFUSED, or KJ_ERROR_VALUE: it is no root that
 * holds together. */
gboolean kj_roots_may_append(const KjRoot *last, const KjSealed *next, GError **error);

/* Adds a version, and moves the reference only if nobody else has. FALSE with KJ_ERROR_REFUSED, KJ_ERROR_VALUE or KJ_ERROR_IO, and nothing has changed. */
gboolean kj_roots_append(KjRepository *repository, const KjSealed *next, GError **error);

#endif
