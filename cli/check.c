/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun check: parse, type, analyse. Text goes to stderr as messages do; the forms for programs are data and go to stdout. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../history/revision.h"
#include "cli.h"

static char *format, *fail_on, *at;
static gboolean notes;

const GOptionEntry kj_options_check[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("The form of the answer (text)"), "text|json|sarif|github" },
    { "fail-on", 0, 0, G_OPTION_ARG_STRING, &fail_on, N_("What makes it fail (error)"), "error|warning" },
    { "notes", 0, 0, G_OPTION_ARG_NONE, &notes, N_("Show notes whole: the lines they speak of, and examples"), NULL },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("The date against which time-limited things are judged (today)"), "DATE" },
    G_OPTION_ENTRY_NULL,
};

/* What must stand before the paths of messages so that a tool finds the files from here. Free with g_free. */
static char *folder_of(const char *path) {
    g_autofree char *folder = g_file_test(path, G_FILE_TEST_IS_DIR) ? g_strdup(path) : g_path_get_dirname(path);
    const char *kept = folder;

    while (g_str_has_prefix(kept, "./"))
        kept += 2;
    return g_strdup(strcmp(kept, ".") == 0 ? "" : kept);
}

static void print_diagnostics(const KjCompilation *compilation, const char *path) {
    const KjDiagnostics *diagnostics = compilation->diagnostics;
    const KjSources *sources = compilation->sources;
    g_autofree char *folder = folder_of(path);
    g_autoptr(GString) text = g_string_new(NULL);

    if (g_strcmp0(format, "json") == 0)
        kj_diagnostics_print_json(diagnostics, sources, text);
    else if (g_strcmp0(format, "sarif") == 0)
        kj_diagnostics_print_sarif(diagnostics, sources, folder, kj_cli_language(), PACKAGE_VERSION, text);
    else if (g_strcmp0(format, "github") == 0)
        kj_diagnostics_print_github(diagnostics, sources, folder, text);
    else if (notes)
        kj_diagnostics_print_text(diagnostics, sources, kj_cli_colour(STDERR_FILENO), text);
    else if (kj_diagnostics_print_brief(diagnostics, sources, kj_cli_colour(STDERR_FILENO), text) > 0)
        g_string_append_printf(text, "%s\n", _("(`kijun check --notes` shows notes whole, with the lines they speak of and examples)"));
    fputs(text->str, format && strcmp(format, "text") != 0 ? stdout : stderr);
}

int kj_command_check(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    const char *path = argc > 1 ? argv[1] : ".";
    gboolean strict = g_strcmp0(fail_on, "warning") == 0;
    KjAnalysis analysis;
    if (!kj_cli_analysis(at, path, &analysis))
        return KJ_EXIT_USAGE;

    g_autoptr(GError) error = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    compilation->findings = TRUE;
    if (!kj_revision_load(compilation, path, &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    /* What only shows when the rules become tables (a rule with too many boxes) is a mistake of the policy too. */
    if (compilation->policy) {
        g_autoptr(GBytes) bytes = kj_build(compilation->policy, FALSE, compilation->diagnostics);
        g_autoptr(KjTable) table = bytes ? kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL) : NULL;
        analysis.table = table;
        if (bytes)
            kj_analyse(compilation->policy, &analysis, compilation->diagnostics);
    }

    print_diagnostics(compilation, path);
    guint errors = kj_diagnostics_errors(compilation->diagnostics), warnings = kj_diagnostics_warnings(compilation->diagnostics);
    if (errors > 0)
        return kj_cli_errors_code(compilation->diagnostics);
    return strict && warnings > 0 ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
