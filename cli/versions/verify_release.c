/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun verify-release: what a host believes of a context's releases, asked by anybody. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "../../history/disk.h"
#include "../../history/fetch.h"
#include "../../history/verifier.h"
#include "../../history/revision.h"
#include "../cli.h"
#include "desk.h"

static char *from, *trust, *against, *format;

const GOptionEntry kj_options_verify_release[] = {
    { "from", 0, 0, G_OPTION_ARG_STRING, &from,
      N_("Where the releases are: a repository, its address, or a bundle (the repository of the current folder)"), "SOURCE" },
    { "trust", 0, 0, G_OPTION_ARG_STRING, &trust, N_("The digest of the root to believe (the repository's own)"), "DIGEST" },
    { "against", 0, 0, G_OPTION_ARG_STRING, &against, N_("What the newest release must be of"), "CHANGE" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json" },
    KJ_DESK_WHERE,
    G_OPTION_ENTRY_NULL,
};

/* ---- what is left out ---- */

static gboolean lists(const KjStatement *release, const char *fingerprint, const char *digest) {
    g_autofree char *line = g_strdup_printf("%s %s", fingerprint, digest);
    return g_strv_contains(kj_statement_list(release, "head"), line);
}

/* Statements of one chain behind what the release brings that were made before it. */
static void find_omitted(const GPtrArray *chain, const KjStatement *release, GPtrArray *found) {
    gint64 date = kj_statement_instant(release, "date");
    for (guint i = chain->len; i-- > 0;) {
        const KjSigned *link = chain->pdata[i];
        const char *digest = kj_statement_digest(link->statement);
        if (lists(release, link->key->fingerprint, digest))
            return;
        if (kj_statement_instant(link->statement, "date") < date)
            g_ptr_array_add(found, g_strdup_printf(_("%s of %s by %s (%.12s)"), kj_statement_kind_name(kj_statement_kind(link->statement)),
                                                   kj_statement_get(link->statement, "date"), kj_statement_get(link->statement, "signer"),
                                                   digest));
    }
}

/* What the repository knows to have been said before the newest release, and it does not bring. */
static GPtrArray *omitted(KjRepository *repository, const KjVerifier *verifier, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free), names = kj_chain_names(repository, error);
    const KjRoot *root = kj_verifier_root(verifier);
    for (guint i = 0; names && i < names->len; i++) {
        g_autoptr(GPtrArray) chain = kj_chain_read(repository, names->pdata[i], NULL);
        const KjSigned *first = chain && chain->len ? chain->pdata[0] : NULL;
        if (first && kj_root_key(root, first->key->fingerprint))
            find_omitted(chain, kj_verifier_release(verifier)->sealed->statement, found);
    }
    return names ? g_steal_pointer(&found) : NULL;
}

/* ---- against a workspace ---- */

static gboolean check_against(const KjWorkspace *workspace, const KjStatement *release) {
    gboolean same = TRUE;
    for (guint i = 0; i < workspace->units->len; i++) {
        const KjUnit *unit = workspace->units->pdata[i];
        const char *pin = kj_release_pin(release, unit->name);
        if (g_strcmp0(pin, unit->digest) == 0)
            continue;
        fprintf(stderr, pin ? _("%s is not what the release says\n") : _("the release says nothing of %s\n"), unit->name);
        same = FALSE;
    }
    for (const char *const *line = kj_statement_list(release, "unit"); *line; line++) {
        g_autofree char *unit = g_strndup(*line, strcspn(*line, " "));
        if (!kj_units_find(workspace->units, unit)) {
            fprintf(stderr, _("%s is in the release, and not here\n"), unit);
            same = FALSE;
        }
    }
    return same;
}

static int judge_against(const KjStatement *release) {
    int code = KJ_EXIT_FINE;
    KjSitting sitting = { 0 };
    if (!kj_sitting_open(&sitting, FALSE, &code))
        return code;
    KjTarget target = { 0 };
    if (kj_target_find(&sitting, against, &target, &code) && !check_against(target.workspace, release))
        code = kj_cli_fail(KJ_EXIT_REFUSED, _("%s is not release %" PRIu64), target.shown, kj_statement_number(release, "serial"));
    kj_target_clear(&target);
    kj_sitting_clear(&sitting);
    return code;
}

/* ---- the answer ---- */

static void print_json(const KjVerifier *verifier, const GError *error, const GPtrArray *left_out) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_number(builder, "verified", (gint64)kj_verifier_serial(verifier));
    json_builder_set_member_name(builder, "attack");
    if (error)
        json_builder_add_string_value(builder, kj_attack_name(kj_verifier_attack(verifier)));
    else
        json_builder_add_null_value(builder);
    kj_member_text(builder, "message", error ? error->message : "");
    kj_member_list(builder, "omitted");
    for (guint i = 0; left_out && i < left_out->len; i++)
        json_builder_add_string_value(builder, left_out->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_cli_print_json(json_builder_get_root(builder));
}

static int answer(KjRepository *repository, const KjVerifier *verifier, const GError *refusal) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) left_out = !refusal && !from ? omitted(repository, verifier, &error) : NULL;
    const KjLink *release = kj_verifier_release(verifier);
    if (error)
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    if (g_strcmp0(format, "json") == 0)
        print_json(verifier, refusal, left_out);
    else if (release)
        printf(_("%s: release %" PRIu64 " (%.12s) verified, and every one before it, under root %" PRIu64 "\n"),
               kj_statement_get(release->sealed->statement, "context"), kj_verifier_serial(verifier),
               kj_statement_digest(release->sealed->statement), kj_root_version(kj_verifier_root(verifier)));
    if (refusal)
        return kj_cli_fail(kj_cli_error_code(refusal), _("REFUSED: %s"), refusal->message);
    for (guint i = 0; left_out && i < left_out->len; i++)
        fprintf(stderr, _("omitted statement: %s was made before the release, which does not bring it\n"),
                (const char *)left_out->pdata[i]);
    if (left_out && left_out->len > 0)
        return KJ_EXIT_REFUSED;
    return against ? judge_against(release->sealed->statement) : KJ_EXIT_FINE;
}

static int verify(KjRepository *repository, const char *context, const git_oid *head, gint64 now) {
    g_autoptr(GError) error = NULL;
    git_oid root_head;
    g_autofree char *pinned = g_strdup(trust);
    if (!pinned) {
        g_autoptr(GPtrArray) roots = kj_roots_head(repository, &root_head, &error) ? kj_roots_read(repository, &root_head, &error) : NULL;
        if (!roots)
            return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
        pinned = g_strdup(kj_statement_digest(kj_root_statement(roots->pdata[0])));
    }
    g_autoptr(KjVerifier) verifier = kj_verifier_new(repository, context, pinned);
    kj_verifier_run(verifier, head, now, &error);
    return answer(repository, verifier, error);
}

/* A source from elsewhere is fetched as a host would, into a folder that is gone afterwards. */
static int verify_source(const char *context, gint64 now) {
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("kijun-verify-XXXXXX", &error), *reference = kj_release_reference(context);
    if (!folder)
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    g_autofree char *repository = g_build_filename(folder, "repository", NULL);
    g_autoptr(KjFetch) fetch = kj_fetch_start(repository, from, reference, NULL, &error);
    int code = fetch ? verify(kj_fetch_repository(fetch), context, kj_fetch_head(fetch), now)
                     : kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    g_clear_pointer(&fetch, kj_fetch_free);
    kj_disk_remove(folder, NULL);
    return code;
}

int kj_command_verify_release(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 now;
    git_oid head;
    g_autoptr(GError) error = NULL;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    if (!kj_cli_instant(kj_desk_choices.at, &now))
        return KJ_EXIT_USAGE;
    if (argc > 1) {
        g_free(kj_desk_choices.context);
        kj_desk_choices.context = g_strdup(argv[1]);
    }
    if (from && (!trust || !kj_desk_choices.context))
        return kj_cli_fail(KJ_EXIT_USAGE, _("with --from, the context and --trust must be said too"));
    if (from)
        return verify_source(kj_desk_choices.context, now);
    g_autoptr(KjRepository) repository = kj_repository_open(".", &error);
    g_autofree char *context = repository ? kj_desk_context(repository, &code) : NULL;
    if (repository && !context)
        return code;
    if (!repository || !kj_release_head(repository, context, &head, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return verify(repository, context, &head, now);
}
