/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun fmt: rewrites policy files in their canonical form. A file that does not parse is told and left as it is; a file is replaced as a whole
 * (written beside it, then renamed), so that no crash leaves half of one.
 */
#include <stdio.h>
#include <string.h>

#include "../compiler/syntax/syntax.h"
#include "../history/revision.h"
#include "cli.h"

static gboolean check;

const GOptionEntry kj_options_fmt[] = {
    { "check", 0, 0, G_OPTION_ARG_NONE, &check, N_("Change nothing; list the files that would change and exit with 1 if there are any"),
      NULL },
    G_OPTION_ENTRY_NULL,
};

/* The canonical text of one file, or NULL when it does not parse. */
static char *canonical(const KjSources *sources, guint32 file, KjDiagnostics *diagnostics) {
    g_autoptr(KjArena) arena = kj_arena_new();
    guint before = kj_diagnostics_errors(diagnostics);
    const KjAstModule *module = kj_parse(arena, sources, file, diagnostics);
    if (kj_diagnostics_errors(diagnostics) > before)
        return NULL;
    GString *text = g_string_new(NULL);
    kj_print_module(module, sources, text);
    return g_string_free(text, FALSE);
}

static gboolean format_file(const char *path, const KjSourceFile *file, const char *text, guint *changed, GError **error) {
    if (strlen(text) == file->length && memcmp(text, file->text, file->length) == 0)
        return TRUE;
    (*changed)++;
    puts(path);
    return check || g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

int kj_command_fmt(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    guint changed = 0;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    const char *root = argc > 1 ? argv[1] : ".";

    g_autoptr(GError) error = NULL;
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(KjSources) sources = kj_sources_new();
    gboolean revision = kj_revision_form(root);
    if (revision && !check)
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is a revision, which nothing can change; --check tells what would"), root);
    if (revision ? !kj_revision_add(sources, root, diagnostics, &error) : !kj_sources_add_path(sources, root, diagnostics, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    gboolean folder = g_file_test(root, G_FILE_TEST_IS_DIR);
    for (guint32 i = 0; i < kj_sources_count(sources); i++) {
        const KjSourceFile *file = kj_sources_file(sources, i);
        g_autofree char *text = canonical(sources, i, diagnostics);
        g_autofree char *path = folder ? g_build_filename(root, file->path, NULL) : g_strdup(revision ? file->path : root);
        if (text && !format_file(path, file, text, &changed, &error))
            return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    }
    if (kj_diagnostics_errors(diagnostics) > 0) {
        kj_cli_print_diagnostics(diagnostics, sources);
        return kj_cli_errors_code(diagnostics);
    }
    return check && changed > 0 ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
