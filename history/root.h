/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root of trust: which keys are whose, and who may sign roots and releases.
 *
 * A root is a statement of its own kind with a version. A host knows one by its digest, pinned by hand; from there every later version must be the
 * next one, signed by as many of those who may sign roots as the version before it wants, and as many as it wants itself. So nobody who has lost a key can be
 * outvoted by its finder alone, and no new root can be one that its own signers could not replace. Instead of the signers of the version before, its recovery
 * keys may sign, kept offline against the day when too many others are lost. (The Update Framework, specification 1.0.33, sections 5.3 and 6.1.)
 *
 * Several keys may be one person's; thresholds count people. A key is revoked from a release on, never from a date: signatures carry no date.
 */
#ifndef KJ_ROOT_H
#define KJ_ROOT_H

#include "signature.h"
#include "statement.h"

typedef struct KjRoot KjRoot;

/* Takes the statement. NULL with KJ_ERROR_VALUE when what it says does not hold together: a threshold nobody can reach, a signer without a key, a key of two
 * people. Free with kj_root_free. */
KjRoot *kj_root_new(KjStatement *statement, GError **error);
void kj_root_free(KjRoot *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRoot, kj_root_free)

const KjStatement *kj_root_statement(const KjRoot *root);
guint64 kj_root_version(const KjRoot *root);

/* Whose key it is, or NULL. `serial`: of the release in which it would count; a key revoked by then is nobody's. */
const char *kj_root_person(const KjRoot *root, const KjKey *key, guint64 serial);
/* The ordinary key of this fingerprint, revoked or not, or NULL. Borrowed. */
const KjKey *kj_root_key(const KjRoot *root, const char *fingerprint);
/* Who holds a key at all, or NULL: be it revoked, or for recovery only, which `recovery` (if not NULL) then says. */
const char *kj_root_holder(const KjRoot *root, const KjKey *key, gboolean *recovery);
/* Whether the person may do `what`: "root", "release". */
gboolean kj_root_may(const KjRoot *root, const char *what, const char *person);
guint kj_root_threshold(const KjRoot *root, const char *what);
/* Whether a person has an ordinary key that is good in the release. */
gboolean kj_root_has_key(const KjRoot *root, const char *person, guint64 serial);
/* Who stands in for a person, first to last, NULL-terminated. Free the array with g_free, not its members. */
const char **kj_root_deputies(const KjRoot *root, const char *person);

/* How many people of those who may do `what` hold one of these keys (KjKey), each of which was shown to have signed what it is about. A stranger's counts for nothing. */
guint kj_root_signers(const KjRoot *root, const char *what, guint64 serial, const GPtrArray *keys);

/* Whether `next`, signed with these keys, may follow `root`. FALSE with KJ_ERROR_REFUSED and the reason. */
gboolean kj_root_may_follow(const KjRoot *root, const KjRoot *next, guint64 serial, const GPtrArray *keys, GError **error);

#endif
