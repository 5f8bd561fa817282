/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The next root while its signatures are gathered, `refs/kijun/root-draft/<digest of the statement>/<SHA-256 of a key's blob>`.
 *
 * Each reference is one person's signature on the whole statement (history/sealed.h, with one signature), whose parent is the root that it would follow. So people sign
 * apart, on machines of their own and in any order, and push and fetch as they like: nobody ever writes to another's reference, and none moves once it is there.
 * Whoever has enough of them puts them together and adds the root to the others. A draft decides nothing; what cannot be read, or is signed by a
 * stranger, is passed over and counted.
 */
#ifndef KJ_ROOT_DRAFT_H
#define KJ_ROOT_DRAFT_H

#include "root_chain.h"

#define KJ_ROOT_DRAFTS "refs/kijun/root-draft/"

/* Keeps each of its signatures; those that are there already stay. FALSE with KJ_ERROR_IO. */
gboolean kj_root_draft_keep(KjRepository *repository, const KjSealed *draft, GError **error);

/* All drafts that would follow `last` (KjSealed, by digest), the signatures on one statement put together. `passed_over`, if not NULL, counts references that hold nothing of the
 * kind. NULL with KJ_ERROR_IO. Free with g_ptr_array_unref. */
GPtrArray *kj_root_drafts_read(KjRepository *repository, const KjRoot *last, guint *passed_over, GError **error);

/* Removes what does not follow `last`: drafts that were adopted, or that another one has overtaken. FALSE with KJ_ERROR_IO. */
gboolean kj_root_drafts_clear(KjRepository *repository, const KjRoot *last, GError **error);

#endif
