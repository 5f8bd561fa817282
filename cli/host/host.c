/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>

#include "../../compiler/translate.h"
#include "../../history/disk.h"

#define GROUP "host"
#define SETTINGS "settings"

/* ---- settings ---- */

static void clear_settings(KjHostSettings *settings) {
    g_free(settings->context);
    g_free(settings->source);
    g_free(settings->root);
    g_free(settings->name);
    g_free(settings->held);
    g_free(settings->applied);
    g_strfreev(settings->enforced);
}

static gboolean read_settings(KjHost *host, GError **error) {
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = kj_host_path(host, SETTINGS);
    KjHostSettings *settings = &host->settings;
    settings->keep = KJ_HOST_KEEP;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error)) {
        g_prefix_error(error, "%s: ", path);
        (*error)->domain = KJ_ERROR;
        (*error)->code = KJ_ERROR_IO;
        return FALSE;
    }
    settings->context = g_key_file_get_string(file, GROUP, "context", NULL);
    settings->source = g_key_file_get_string(file, GROUP, "source", NULL);
    settings->root = g_key_file_get_string(file, GROUP, "root", NULL);
    settings->name = g_key_file_get_string(file, GROUP, "name", NULL);
    settings->held = g_key_file_get_string(file, GROUP, "held", NULL);
    settings->applied = g_key_file_get_string(file, GROUP, "applied", NULL);
    settings->deadline = g_key_file_get_int64(file, GROUP, "deadline", NULL);
    settings->enforced = g_key_file_get_string_list(file, GROUP, "enforced", NULL, NULL);
    if (g_key_file_has_key(file, GROUP, "keep", NULL))
        settings->keep = (guint)g_key_file_get_uint64(file, GROUP, "keep", NULL);
    return TRUE;
}

static void set_text(GKeyFile *file, const char *key, const char *text) {
    if (text)
        g_key_file_set_string(file, GROUP, key, text);
}

gboolean kj_host_remember(const KjHost *host, GError **error) {
    const KjHostSettings *settings = &host->settings;
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *path = kj_host_path(host, SETTINGS);
    gsize length;
    set_text(file, "context", settings->context);
    set_text(file, "source", settings->source);
    set_text(file, "root", settings->root);
    set_text(file, "name", settings->name);
    set_text(file, "held", settings->held);
    set_text(file, "applied", settings->applied);
    g_key_file_set_int64(file, GROUP, "deadline", settings->deadline);
    g_key_file_set_uint64(file, GROUP, "keep", settings->keep);
    if (settings->enforced)
        g_key_file_set_string_list(file, GROUP, "enforced", (const char *const *)settings->enforced, g_strv_length(settings->enforced));
    g_autofree char *text = g_key_file_to_data(file, &length, NULL);
    g_autofree char *now = NULL;
    if (g_file_get_contents(path, &now, NULL, NULL) && strcmp(now, text) == 0)
        return TRUE;
    return kj_disk_replace(path, text, length, 0600, error);
}

static void take_text(char **mine, const char *told) {
    if (told) {
        g_free(*mine);
        *mine = g_strdup(told);
    }
}

/* What the command line says is remembered; another root only while nothing is in force by one. */
static gboolean take_settings(KjHost *host, const KjHostSettings *told, GError **error) {
    KjHostSettings *settings = &host->settings;
    if (settings->context && told->context && strcmp(settings->context, told->context) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("wrong context: %s is of `%s`, not of `%s`; each context has a folder of its own"),
                    host->folder, settings->context, told->context);
        return FALSE;
    }
    if (settings->root && told->root && strcmp(settings->root, told->root) != 0 && kj_store_state(host->store)->release) {
        g_set_error(
            error, KJ_ERROR, KJ_ERROR_REFUSED,
            _("this host has pinned the root %.12s already, and follows it to later versions by itself; to believe another, begin a new folder (--state)"),
            settings->root);
        return FALSE;
    }
    take_text(&settings->context, told->context);
    g_autofree char *place = told->source && g_file_test(told->source, G_FILE_TEST_EXISTS) ? g_canonicalize_filename(told->source, NULL)
                                                                                           : NULL;
    take_text(&settings->source, place ? place : told->source); /* a timer runs elsewhere */
    take_text(&settings->root, told->root);
    take_text(&settings->name, told->name);
    if (told->keep)
        settings->keep = told->keep;
    if (settings->context && settings->source && settings->root)
        return TRUE;
    g_set_error(
        error, KJ_ERROR, KJ_ERROR_VALUE, "%s",
        !settings->context ? _("which context? Usage: kijun deploy CONTEXT")
        : !settings->source
            ? _("where from? The first time a host is told: kijun deploy CONTEXT --from REPOSITORY --trust DIGEST")
            : _("which root does this host believe? The first time it is told by its digest, which `kijun root` shows: --trust DIGEST"));
    return FALSE;
}

/* ---- opening ---- */

char *kj_host_path(const KjHost *host, const char *name) {
    return g_build_filename(host->folder, name, NULL);
}

static char *usual_folder(const char *context, GError **error) {
    if (context)
        return g_build_filename(KJ_HOST_DIR, context, NULL);
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "%s", _("which context? Name it, or its folder with --state"));
    return NULL;
}

KjHost *kj_host_open(const char *folder, const KjHostSettings *told, KjStorePurpose purpose, gint64 now, GError **error) {
    static const char *const foreign[] = {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"
    };
    g_autoptr(KjHost) host = g_new0(KjHost, 1);
    host->now = now;
    for (guint i = 0; i < G_N_ELEMENTS(foreign); i++)
        g_unsetenv(foreign[i]); /* a host has its own repository, whatever the caller works on */
    kj_plugins_load(NULL);
    host->folder = folder ? g_canonicalize_filename(folder, NULL) : usual_folder(told->context, error);
    if (!host->folder || !(host->store = kj_store_open(host->folder, purpose, error)) || !read_settings(host, error) ||
        !take_settings(host, told, error) || (purpose == KJ_STORE_DEPLOY && !kj_host_remember(host, error)))
        return NULL;
    return g_steal_pointer(&host);
}

void kj_host_free(KjHost *host) {
    if (!host)
        return;
    clear_settings(&host->settings);
    kj_store_free(host->store);
    g_free(host->folder);
    g_free(host);
}

void kj_host_log(const KjHost *host, KjJournalEvent event, guint64 serial, const char *release, const char *attack, const char *text) {
    const KjJournalEntry entry = { host->now, event, serial, (char *)release, (char *)attack, (char *)text };
    g_autofree char *path = kj_host_path(host, "journal");
    g_autoptr(GError) error = NULL;
    if (!kj_journal_append(path, &entry, NULL, &error))
        fprintf(stderr, _("the journal could not be written: %s\n"), error->message);
}

/* ---- the host's own repository ---- */

KjVerifier *kj_host_verifier_at(const KjHost *host, KjRepository *repository, const git_oid *commit, GError **error) {
    g_autoptr(KjVerifier) verifier = kj_verifier_new(repository, host->settings.context, host->settings.root);
    return !commit || kj_verifier_resume(verifier, commit, error) ? g_steal_pointer(&verifier) : NULL;
}

/* The commit of the release of this digest, which was accepted once. */
static gboolean find_release(const KjHost *host, KjRepository *repository, const char *digest, git_oid *commit, GError **error) {
    if (!kj_release_head(repository, host->settings.context, commit, error))
        return FALSE;
    for (;;) {
        g_autoptr(KjLink) link = kj_link_read(repository, commit, error);
        if (!link)
            return FALSE;
        if (strcmp(kj_statement_digest(link->sealed->statement), digest) == 0)
            return TRUE;
        const git_oid *before = kj_link_before(link);
        if (!before) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the release %.12s is not in this host's repository any more"), digest);
            return FALSE;
        }
        *commit = *before;
    }
}

KjVerifier *kj_host_verifier_of(const KjHost *host, KjRepository *repository, const char *digest, GError **error) {
    git_oid commit;
    return find_release(host, repository, digest, &commit, error) ? kj_host_verifier_at(host, repository, &commit, error) : NULL;
}
