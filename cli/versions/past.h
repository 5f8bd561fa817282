/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The past of a context, for commands that only read it.
 *
 * Every link's signatures must hold, and be of as many as the root that it brings wants for releases; the root must be the repository's own. Whether those who had to agree
 * did is not asked again: each host does, and `kijun verify-release`. So nothing here may ever decide what is put in force.
 */
#ifndef KJ_CLI_PAST_H
#define KJ_CLI_PAST_H

#include "../../history/chain.h"
#include "../../history/release.h"
#include "../../history/root_chain.h"

typedef struct KjPast KjPast;

/* `context` is copied. NULL with KJ_ERROR_IO or KJ_ERROR_REFUSED. Free with kj_past_free. */
KjPast *kj_past_new(KjRepository *repository, const char *context, GError **error);
void kj_past_free(KjPast *past);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPast, kj_past_free)

KjRepository *kj_past_repository(const KjPast *past);
const char *kj_past_context(const KjPast *past);
const git_oid *kj_past_head(const KjPast *past);

/* The digest of the repository's first root, or "none": it has no roots but those of its releases. Borrowed. */
const char *kj_past_own_root(const KjPast *past);

/* Reads a link and checks who signed it. NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with kj_link_free. */
KjLink *kj_past_read(KjPast *past, const git_oid *commit, GError **error);

/* All links, last to first (KjLink). NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with g_ptr_array_unref. */
GPtrArray *kj_past_links(KjPast *past, GError **error);

/* Who signed a release, by the root that it brings (char *, each once); a stranger counts for nobody. Free with g_ptr_array_unref. */
GPtrArray *kj_past_signers(KjPast *past, const KjLink *release, GError **error);

/* A statement that a release names (an approval it relies on, its emergency), from the signers' chains that it brings. NULL with KJ_ERROR_REFUSED: it does not bring it. Borrowed from
 * `past`. */
const KjSigned *kj_past_find(KjPast *past, const KjLink *release, const char *digest, GError **error);

/* Who agreed to what a release does to a unit (NULL: to any), beside its signers: approvals, records, ratifications and declarations of an emergency that it relies on (KjSigned,
 * borrowed). NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with g_ptr_array_unref. */
GPtrArray *kj_past_voices(KjPast *past, const KjLink *release, const char *unit, GError **error);

/* The people behind such voices, each once, by name (borrowed from them): those who declared an emergency, or those who agreed. Free with g_ptr_array_unref. */
GPtrArray *kj_past_people(const GPtrArray *voices, gboolean declared);
/* "abe, chiba"; free with g_free. */
char *kj_past_join(const GPtrArray *names);

/* Until when a release holds; 0: it is no emergency. -1 with KJ_ERROR_REFUSED. */
gint64 kj_past_until(KjPast *past, const KjLink *release, GError **error);

#endif
