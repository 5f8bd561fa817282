/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bringing one reference from a source that nobody trusts into a host's own bare repository.
 *
 * What comes is received by a process of its own (this program again, by exec), which can be killed and works under limits, into a
 * quarantine: a folder in the host's repository that git does not read. kj_fetch_repository() reads both, so that a verifier can judge what
 * came; only kj_fetch_accept() makes it part of the host's repository. Anything else, a crash included, leaves the repository as it was,
 * and the next run removes what is left of the quarantine.
 *
 * A source is
 *   - the folder of a repository, or file:// and its address;
 *   - a file made by `git bundle create --version=2`, for hosts without a network;
 *   - https://, http://, git://, ssh:// or user@host:path. Nobody is asked for anything: ssh takes the agent's keys, or the user's own
 *     without a passphrase.
 *
 * Errors: KJ_ERROR_REFUSED where the source may be an attacker's; the message then begins with the attack's name and a colon: "endless
 * data: " (more bytes, objects, memory or processor time than the limits), "slow data: " (more time), "extraneous dependency: " (a
 * submodule, a link, refs/replace, alternates, an object that is missing). KJ_ERROR_IO where it cannot be reached, has no such reference,
 * or sends no sound pack.
 */
#ifndef KJ_FETCH_H
#define KJ_FETCH_H

#include "repository.h"

typedef struct {
    guint64 bytes;        /* received */
    guint64 objects;      /* received */
    guint64 object_bytes; /* of one object, unpacked */
    guint64 memory;       /* bytes of address space */
    guint processor;      /* seconds of processor time */
    guint wall;           /* seconds until everything is here */
} KjFetchLimits;

extern const KjFetchLimits kj_fetch_limits; /* wide enough for thousands of releases */

typedef struct KjFetch KjFetch;

/*
 * Brings `reference` ("refs/kijun/releases/production") of `source` into the quarantine of the bare repository `repository`, a folder,
 * which is made where it is not there. `limits` may be NULL for kj_fetch_limits. One fetch at a time works on a repository:
 * KJ_ERROR_REFUSED while another does. NULL with an error as above. Free with kj_fetch_free.
 *
 * The program's main() must begin with kj_fetch_serve().
 */
KjFetch *kj_fetch_start(const char *repository, const char *source, const char *reference, const KjFetchLimits *limits, GError **error);

/* What the reference is at the source, and what it is in the host's repository until kj_fetch_accept (NULL: not there). Both may be the
 * same: then nothing is new. */
const git_oid *kj_fetch_head(const KjFetch *fetch);
const git_oid *kj_fetch_old_head(const KjFetch *fetch);

/* The host's repository with the quarantine's objects. Everything that `head` leads to is there: commits, trees, regular files, none larger
 * than the limit. Owned by the fetch, which must outlive what is read through it. */
KjRepository *kj_fetch_repository(KjFetch *fetch);

/* Moves the objects into the host's repository and sets the reference, in one step. FALSE with KJ_ERROR_IO, or KJ_ERROR_REFUSED when
 * somebody else has moved it meanwhile; the reference is then as it was. Afterwards kj_fetch_repository() reads the host's repository
 * alone. */
gboolean kj_fetch_accept(KjFetch *fetch, GError **error);

/* Drops what was not accepted. */
void kj_fetch_free(KjFetch *fetch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjFetch, kj_fetch_free)

/* Does the work of the process that receives, and ends it; returns at once in any other process. */
void kj_fetch_serve(int argc, char **argv);

#endif
