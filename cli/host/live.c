/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is in force on this machine, and whether it still is what the release says: the release is verified once more from the host's own repository, its files are made
 * anew and compared with those in its folder, and the kernel and files are asked what they hold. Nothing is changed.
 */
#include <inttypes.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>

#include "../../compiler/translate.h"
#include "../cli.h"
#include "host.h"

typedef struct {
    KjHost *host;
    KjVerifier *verifier;   /* behind the release in force */
    KjHostRelease *release; /* as it should be */
    GPtrArray *differs;     /* char * */
    GPtrArray *warnings;    /* char *: what is wrong, and no difference */
} Live;

static void clear(Live *live) {
    kj_host_release_free(live->release);
    kj_verifier_free(live->verifier);
    kj_host_free(live->host);
    g_clear_pointer(&live->differs, g_ptr_array_unref);
    g_clear_pointer(&live->warnings, g_ptr_array_unref);
}

/* ---- looking ---- */

static void compare_files(Live *live) {
    g_autofree char *folder = kj_store_path(live->host->store, NULL);
    for (guint i = 0; i < live->release->files->len; i++) {
        const KjStoreFile *file = &g_array_index(live->release->files, KjStoreFile, i);
        g_autofree char *path = g_build_filename(folder, file->path, NULL), *bytes = NULL;
        gsize length, wanted_length;
        const void *wanted = g_bytes_get_data(file->bytes, &wanted_length);
        if (!g_file_get_contents(path, &bytes, &length, NULL))
            g_ptr_array_add(live->differs, g_strdup_printf(_("%s: is gone"), path));
        else if (length != wanted_length || memcmp(bytes, wanted ? wanted : "", length) != 0)
            g_ptr_array_add(live->differs, g_strdup_printf(_("%s: is not what the release says; somebody has changed it"), path));
    }
}

static gboolean look(Live *live, GError **error) {
    g_autofree char *folder = kj_host_path(live->host, "repository");
    g_autoptr(KjRepository) repository = kj_repository_open(folder, error);
    live->verifier = repository ? kj_host_verifier_of(live->host, repository, kj_store_state(live->host->store)->release, error) : NULL;
    live->release = live->verifier ? kj_host_release_new(live->host, live->verifier, FALSE, error) : NULL;
    if (!live->release)
        return FALSE;
    compare_files(live);
    g_autoptr(GPtrArray) drift = kj_host_drift(live->host, error);
    for (guint i = 0; drift && i < drift->len; i++)
        g_ptr_array_add(live->differs, g_strdup(drift->pdata[i]));
    return drift != NULL;
}

static void warn(Live *live) {
    g_autofree char *path = kj_host_path(live->host, "journal"), *until = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = kj_journal_read(path, NULL, &error);
    gint64 fresh = kj_verifier_fresh_until(live->verifier);
    if (!entries)
        g_ptr_array_add(live->warnings, g_strdup(error->message));
    if (live->host->now >= fresh) {
        until = kj_statement_date(fresh);
        g_ptr_array_add(live->warnings, g_strdup_printf(_("freeze: nothing new has come since %s"), until));
    }
}

/* ---- telling ---- */

static void print_text(const Live *live) {
    const KjStoreState *state = kj_store_state(live->host->store);
    const KjHostSettings *settings = &live->host->settings;
    printf(_("%s: release %" PRIu64 " (%.12s) is in force: %s\n"), settings->context, live->release->serial, state->release,
           live->release->title);
    if (live->release->until > live->host->now) {
        g_autofree char *until = kj_statement_date(live->release->until);
        printf(_("\n    E M E R G E N C Y    until %s\n\n"), until);
    }
    printf(_("root %" PRIu64 ", epoch %" PRIu64 ", from %s\n"), state->root, state->epoch, settings->source);
    if (settings->deadline) {
        g_autofree char *deadline = kj_statement_date(settings->deadline);
        printf(_("it is taken back at %s unless confirmed: kijun deploy %s --confirm\n"), deadline, settings->context);
    }
    if (settings->held)
        printf(_("release %.12s was taken back here, and is not tried again by itself\n"), settings->held);
    for (guint i = 0; i < live->differs->len; i++)
        printf("%s\n", (const char *)live->differs->pdata[i]);
    for (guint i = 0; i < live->warnings->len; i++)
        printf("%s\n", (const char *)live->warnings->pdata[i]);
    if (live->differs->len == 0)
        puts(_("what this machine holds is what the release says"));
}

static void print_json(const Live *live) {
    const KjStoreState *state = kj_store_state(live->host->store);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *until = live->release->until > live->host->now ? kj_statement_date(live->release->until) : NULL;
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_text(builder, "context", live->host->settings.context);
    kj_member_number(builder, "serial", live->release->serial);
    kj_member_text(builder, "release", state->release);
    kj_member_text(builder, "title", live->release->title);
    kj_member_number(builder, "root", state->root);
    kj_member_number(builder, "epoch", state->epoch);
    kj_member_text(builder, "emergency_until", until);
    kj_member_text(builder, "held", live->host->settings.held);
    kj_member_array(builder, "differs", live->differs);
    kj_member_array(builder, "warnings", live->warnings);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

int kj_host_status(const char *folder, const char *context, gint64 now, gboolean json) {
    const KjHostSettings told = { .context = (char *)context };
    g_autoptr(GError) error = NULL;
    Live live = { .host = kj_host_open(folder, &told, KJ_STORE_READ, now, &error) };
    int code = KJ_EXIT_FINE;
    if (!live.host)
        return kj_cli_fail(g_error_matches(error, KJ_ERROR, KJ_ERROR_VALUE) ? KJ_EXIT_USAGE : kj_cli_error_code(error), "%s",
                           error->message);
    live.differs = g_ptr_array_new_with_free_func(g_free);
    live.warnings = g_ptr_array_new_with_free_func(g_free);
    if (!kj_store_state(live.host->store)->release) {
        code = kj_cli_fail(KJ_EXIT_REFUSED, _("%s: nothing was ever in force here"), live.host->settings.context);
    } else if (!look(&live, &error)) {
        code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    } else {
        warn(&live);
        if (json)
            print_json(&live);
        else
            print_text(&live);
        code = live.differs->len ? KJ_EXIT_DIFFERS : live.warnings->len ? KJ_EXIT_REFUSED : KJ_EXIT_FINE;
    }
    clear(&live);
    return code;
}
