/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The releases that a host has, which of them is in force, and what the host must remember.
 *
 *     lock                 one deployment at a time
 *     releases/<digest>/   one folder for each release, named by the SHA-256 of its statement
 *     current              a link to the folder in force; services read through it, and it is replaced in one step
 *     state                what is in force and what must never go back (serial, root, dates); written after the switch
 *     next                 what `state` will be: there only while a switch is under way
 *     journal              history/journal.h
 *
 * Whatever instant the machine stops at, `current` names a whole release. The next kj_store_open() brings the rest to entirely before or
 * entirely after: a `next` whose release `current` names becomes `state`, any other `next` and all else that is half done is removed.
 */
#ifndef KJ_STORE_H
#define KJ_STORE_H

#include <glib.h>

/* What a host remembers. Digests are 64 hexadecimal digits. */
typedef struct {
    char *release;    /* the digest of the release in force; NULL: none ever was */
    guint64 serial;   /* the highest that was accepted: of `release`, unless this host went back to the one before */
    guint64 root;     /* the version of the root of trust */
    char *root_digest;
    guint64 epoch;    /* one more at each switch; the store counts it */
    gint64 seen;      /* the latest date that a verified statement named, seconds since 1970: time does not go back before it */
    char *fallback;   /* the digest of the release to go back to: from an emergency, or one nobody has confirmed yet. NULL: none. Kept
                         whatever its age */
} KjStoreState;

/* One file of a release. */
typedef struct {
    const char *path; /* relative, '/' between names */
    GBytes *bytes;
    guint mode; /* 0644, or 0600 for what only the owner may read */
} KjStoreFile;

typedef struct KjStore KjStore;

typedef enum {
    KJ_STORE_READ = 1, /* no lock, nothing is written; the state is told as recovery would make it */
    KJ_STORE_DEPLOY,   /* made where it is not there, locked, recovered */
} KjStorePurpose;

/* NULL with KJ_ERROR_REFUSED when another deploys, KJ_ERROR_IO when something cannot be read or written, or `state` is lost though releases
 * are there (it is what protects from old releases, so nobody guesses it). Free with kj_store_free. */
KjStore *kj_store_open(const char *folder, KjStorePurpose purpose, GError **error);
void kj_store_free(KjStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjStore, kj_store_free)

/* Of a release that never was: release NULL, all else zero. Owned by the store, until the next switch or remember. */
const KjStoreState *kj_store_state(const KjStore *store);
/* What recovery found, as a sentence for the journal; NULL when the last run ended as it should. Owned by the store. */
const char *kj_store_recovered(const KjStore *store);
/* The digests of the releases that are kept, the latest in force first. NULL-terminated, owned by the store, until the next switch. */
const char *const *kj_store_kept(const KjStore *store);

/* "FOLDER/releases/<digest>", or "FOLDER/current" for NULL. Free with g_free. */
char *kj_store_path(const KjStore *store, const char *digest);
gboolean kj_store_has(const KjStore *store, const char *digest);

/* Writes a release's folder, as a whole or not at all, and on the disk when this returns. One that is there with the same files is left;
 * one with others is replaced in one step, even in force: this repairs it. FALSE with KJ_ERROR_VALUE (a path that may not be in a release)
 * or KJ_ERROR_IO. */
gboolean kj_store_put(KjStore *store, const char *digest, const KjStoreFile *files, guint count, GError **error);

/*
 * Puts the folder of `state->release` in force and remembers the rest of `state` (epoch is ignored and counted); then removes what is older
 * than the last `keep` releases, never the one in force nor the fallback. FALSE with KJ_ERROR_REFUSED when serial, root or seen would go
 * back, or KJ_ERROR_IO; what was in force still is. (Where even going back failed the message says so and kj_store_state() tells what is in
 * force.) The same release again is a switch, too.
 */
gboolean kj_store_switch(KjStore *store, const KjStoreState *state, guint keep, GError **error);

/* Remembers without a switch: another date seen, a confirmed release (no fallback any more). `state->release` must be the one in force. As
 * kj_store_switch otherwise. */
gboolean kj_store_remember(KjStore *store, const KjStoreState *state, GError **error);

#endif
