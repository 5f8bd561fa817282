/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a release that was accepted to the files of its folder.
 *
 *     statement, signatures/N     what was accepted, for whoever wants to look
 *     sources/                    the policy
 *     policy.kjt                  the table that services load; of an emergency one that ends by itself
 *     targets/BLOCK.TARGET        the text for each target of this machine
 *
 * The same release gives the same files on the same machine: `deploy` compares, and so finds what somebody has changed.
 */
#include <kijun/view.h>
#include <string.h>

#include "../../compiler/translate.h"
#include "../../history/fail.h"
#include "../application.h"
#include "../cli.h"
#include "host.h"

typedef struct {
    const KjHost *host;
    KjHostRelease *release;
    const KjLink *link;
    const KjWorkspace *workspace;
    KjTable *table;
    GError **error;
} Making;

static void clear_file(gpointer data) {
    KjStoreFile *file = data;
    g_free((char *)file->path);
    g_bytes_unref(file->bytes);
}

/* Takes path and bytes. */
static void add_file(KjHostRelease *release, char *path, GBytes *bytes) {
    g_array_append_val(release->files, ((KjStoreFile){ path, bytes, 0644 }));
}

static gboolean refuse_diagnostics(const Making *making, const KjDiagnostics *diagnostics) {
    g_autoptr(GString) text = g_string_new(NULL);
    kj_diagnostics_print_text(diagnostics, making->workspace->compilation->sources, FALSE, text);
    return kj_fail(making->error, KJ_ERROR_REFUSED, "%s", g_strchomp(text->str));
}

/* ---- what is of the release itself ---- */

static void add_sources(const Making *making) {
    for (guint i = 0; i < making->workspace->files->len; i++) {
        const KjUnitFile *file = &g_array_index(making->workspace->files, KjUnitFile, i);
        add_file(making->release, g_strconcat("sources/", file->path, NULL), g_bytes_ref(file->bytes));
    }
}

static void add_statement(const Making *making) {
    const char *const *armors = kj_sealed_armors(making->link->sealed);
    add_file(making->release, g_strdup("statement"), g_bytes_ref(kj_statement_bytes(making->link->sealed->statement)));
    for (guint i = 0; armors[i]; i++)
        add_file(making->release, g_strdup_printf("signatures/%u", i + 1), g_bytes_new(armors[i], strlen(armors[i])));
}

/* ---- its table ---- */

/* What is not what its standards ask is never in force, and neither is what its own tests do not hold of. */
static gboolean self_test(const Making *making) {
    KjCompilation *compilation = making->workspace->compilation;
    const KjAnalysis analysis = { .undated = TRUE, .path = "sources", .language = kj_cli_language() };
    kj_analyse_errors(compilation->policy, &analysis, compilation->diagnostics);
    if (kj_diagnostics_errors(compilation->diagnostics) > 0)
        return refuse_diagnostics(making, compilation->diagnostics);
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    if (!bytes)
        return refuse_diagnostics(making, compilation->diagnostics);
    g_autoptr(KjTable) table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), making->error);
    g_autofree char *failure = table ? kj_cli_self_test(compilation, table) : NULL;
    if (!failure)
        return table != NULL;
    return kj_fail(making->error, KJ_ERROR_REFUSED, _("its own tests fail: %s"), failure);
}

static gboolean add_table(Making *making, const KjWorkspace *before) {
    KjCompilation *compilation = making->workspace->compilation;
    GBytes *bytes = making->release->until ? kj_build_until(compilation->policy, making->release->until, before->compilation->policy, TRUE,
                                                            compilation->diagnostics)
                                           : kj_build(compilation->policy, TRUE, compilation->diagnostics);
    if (!bytes)
        return refuse_diagnostics(making, compilation->diagnostics);
    add_file(making->release, g_strdup("policy.kjt"), bytes);
    making->table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), making->error);
    return making->table != NULL;
}

/* ---- its targets ---- */

static gboolean is_for_this_host(const KjHost *host, const KjEnforcement *enforcement) {
    for (guint i = 0; i < enforcement->host_count; i++)
        if (kj_cli_is_this_host(enforcement->hosts[i], host->settings.name) || strcmp(enforcement->hosts[i], host->settings.context) == 0)
            return TRUE;
    return FALSE;
}

static gboolean add_target(const Making *making, const KjEnforcement *enforcement) {
    const KjBlock *block = enforcement->block;
    const KjTargetDefinition *target = block->domain->targets;
    g_autoptr(GString) text = g_string_new(NULL);
    KjBlockView view;
    guint index;
    if (!kj_table_find_block(making->table, block->qualified, &index, making->error))
        return FALSE;
    kj_view_block(making->table, index, &view);
    while (strcmp(target->name, enforcement->target) != 0) /* the checker found it there */
        target++;
    if (!target->emit(making->table, index, text, making->error)) {
        g_prefix_error(making->error, _("%s by %s: "), block->qualified, target->name);
        return FALSE;
    }
    add_file(making->release, g_strdup_printf("targets/%s.%s", block->qualified, target->name), g_bytes_new(text->str, text->len));
    if (kj_domain_enforcer(block->domain, target->name))
        g_ptr_array_add(making->release->applications,
                        kj_application_new(block->domain->name, target->name, view.name, block->qualified, text->str, 0));
    return TRUE;
}

static gboolean has_target(const Making *making, const KjEnforcement *enforcement) {
    g_autofree char *path = g_strdup_printf("targets/%s.%s", enforcement->block->qualified, enforcement->target);
    for (guint i = 0; i < making->release->files->len; i++)
        if (strcmp(g_array_index(making->release->files, KjStoreFile, i).path, path) == 0)
            return TRUE;
    return FALSE;
}

static gboolean add_targets_of(const Making *making, const KjLink *link, const KjWorkspace *workspace) {
    const char *const *enforced = kj_statement_list(link->sealed->statement, "enforces");
    for (const KjEnforcement *one = workspace->compilation->policy->enforcements; one; one = one->next)
        if (g_strv_contains(enforced, one->block->qualified) && is_for_this_host(making->host, one) && !has_target(making, one) &&
            !add_target(making, one))
            return FALSE;
    return TRUE;
}

/* Of an emergency also what only the release behind it enforces: it must be there when the emergency is over. */
static gboolean add_targets(const Making *making, const KjVerifier *verifier) {
    return add_targets_of(making, making->link, making->workspace) &&
           (!making->release->until || add_targets_of(making, kj_verifier_lasting(verifier), kj_verifier_lasting_workspace(verifier)));
}

/* ---- the whole ---- */

KjHostRelease *kj_host_release_new(const KjHost *host, const KjVerifier *verifier, gboolean lasting, GError **error) {
    g_autoptr(KjHostRelease) release = g_new0(KjHostRelease, 1);
    const KjStatement *emergency = lasting ? NULL : kj_verifier_emergency(verifier);
    Making making = { host, release, lasting ? kj_verifier_lasting(verifier) : kj_verifier_release(verifier),
                      lasting ? kj_verifier_lasting_workspace(verifier) : kj_verifier_workspace(verifier), NULL, error };
    const KjStatement *statement = making.link->sealed->statement;
    release->digest = g_strdup(kj_statement_digest(statement));
    release->title = g_strdup(kj_statement_get(statement, "title"));
    release->serial = kj_statement_number(statement, "serial");
    release->until = emergency ? kj_statement_instant(emergency, "until") : 0;
    release->files = g_array_new(FALSE, FALSE, sizeof(KjStoreFile));
    g_array_set_clear_func(release->files, clear_file);
    release->applications = g_ptr_array_new_with_free_func((GDestroyNotify)kj_application_free);
    add_statement(&making);
    add_sources(&making);
    gboolean made = self_test(&making) && add_table(&making, kj_verifier_lasting_workspace(verifier)) && add_targets(&making, verifier);
    g_clear_pointer(&making.table, kj_table_unref);
    return made ? g_steal_pointer(&release) : NULL;
}

void kj_host_release_free(KjHostRelease *release) {
    if (!release)
        return;
    g_array_unref(release->files);
    g_ptr_array_unref(release->applications);
    g_free(release->digest);
    g_free(release->title);
    g_free(release);
}
