/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host: the folder in which a machine keeps the releases of one context, what it was told once (where they come from, which root it believes), and what it does with
 * them. `kijun deploy`, `status --live` and the timer work on it.
 *
 *     settings       where releases come from, the pinned root, the host's name; what waits for a confirmation
 *     repository/    the host's own bare repository: only what was verified (history/fetch.h)
 *     lock, releases/, current, state, journal     history/store.h, history/journal.h
 */
#ifndef KJ_CLI_HOST_H
#define KJ_CLI_HOST_H

#include "../../history/journal.h"
#include "../../history/store.h"
#include "../../history/verifier.h"

#define KJ_HOST_KEEP 5 /* releases */

/* What a machine was told, and what waits. */
typedef struct {
    char *context, *source, *root, *name; /* name: by which `enforce` calls this machine; NULL: its own */
    guint keep;
    char *held;       /* the digest of a release that was taken back here and is not tried again; NULL: none */
    gint64 deadline;  /* until when the release in force must be confirmed; 0: it needs not */
    char *applied;    /* the digest of the release that was put in force to the end; NULL: none. Another one than `current`: a crash came between, and it is done again */
    char **enforced;  /* "target/block/name/domain" of what the release in force put in force, NULL-terminated */
} KjHostSettings;

typedef struct {
    char *folder;
    KjHostSettings settings;
    KjStore *store;
    gint64 now;
} KjHost;

/* Opens the folder, NULL: the usual one of the context. `told`: what the command line says; what is new in it is remembered, the root only the first time. NULL with KJ_ERROR_REFUSED, KJ_ERROR_IO or
 * KJ_ERROR_VALUE (something was never told). Free with kj_host_free. */
KjHost *kj_host_open(const char *folder, const KjHostSettings *told, KjStorePurpose purpose, gint64 now, GError **error);
void kj_host_free(KjHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjHost, kj_host_free)
gboolean kj_host_remember(const KjHost *host, GError **error); /* the settings */

/* "FOLDER/name"; free with g_free. */
char *kj_host_path(const KjHost *host, const char *name);

/* A line of the journal. A failure is told on standard error: what happened has happened. */
void kj_host_log(const KjHost *host, KjJournalEvent event, guint64 serial, const char *release, const char *attack, const char *text);

/* What this host believes, going on behind the commit (NULL: from the root alone); behind the release of this digest, which was accepted once. NULL with an error. Free with
 * kj_verifier_free. */
KjVerifier *kj_host_verifier_at(const KjHost *host, KjRepository *repository, const git_oid *commit, GError **error);
KjVerifier *kj_host_verifier_of(const KjHost *host, KjRepository *repository, const char *digest, GError **error);

/* ---- releases as files (host/files.c) ---- */

/* A release ready to be put in force. */
typedef struct {
    char *digest, *title;
    guint64 serial;
    GArray *files;          /* KjStoreFile, with the text of every target in targets/ */
    GPtrArray *applications; /* KjApplication: what this machine is to put in force */
    gint64 until;           /* of an emergency, or 0 */
} KjHostRelease;

/*
 * Compiles what the verifier accepted, tries its tests, and makes its table and the texts for this machine. `lasting`: of the release behind an emergency, not the emergency. NULL with
 * KJ_ERROR_REFUSED and why it cannot be in force here. Free with kj_host_release_free.
 */
KjHostRelease *kj_host_release_new(const KjHost *host, const KjVerifier *verifier, gboolean lasting, GError **error);
void kj_host_release_free(KjHostRelease *release);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjHostRelease, kj_host_release_free)

/* ---- putting in force (host/enforce.c) ---- */

/* Puts every application in force, and takes away what the release before had and this one has not. `within`: seconds to confirm, 0: no need to. FALSE with an error, and what was in
 * force before is again where that could be done. */
gboolean kj_host_enforce(KjHost *host, const KjHostRelease *release, guint64 within, GError **error);
/* Keeps or undoes what waits for a confirmation. */
gboolean kj_host_settle(KjHost *host, gboolean keep, GError **error);
/* What of the release in force somebody has changed since, sentences. Free with g_ptr_array_unref. NULL with KJ_ERROR_IO. */
GPtrArray *kj_host_drift(const KjHost *host, GError **error);

/* ---- telling (host/live.c) ---- */

/* `kijun status --live`. The exit code: KJ_EXIT_DIFFERS when something differs from the release in force, KJ_EXIT_REFUSED when the journal is broken or nothing new came for too long. */
int kj_host_status(const char *folder, const char *context, gint64 now, gboolean json);

#endif
