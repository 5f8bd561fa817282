/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun build: a policy to a table file, replaced as a whole or not at all. */
#include <stdio.h>

#include "cli.h"

static char *output, *at;
static gboolean plain;

const GOptionEntry kj_options_build[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("Where to write the table (policy.kjt)"), "FILE.kjt" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("The date against which time-limited things are judged (none: whatever is wrong at any time)"), "DATE" },
    { "no-optimise", 0, 0, G_OPTION_ARG_NONE, &plain, N_("Leave the optimiser out; the answers are the same"), NULL },
    G_OPTION_ENTRY_NULL,
};

int kj_command_build(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    const char *path = argc > 1 ? argv[1] : ".";
    KjAnalysis analysis = { .undated = TRUE, .path = path, .language = kj_cli_language() };
    if (at && !kj_cli_analysis(at, path, &analysis))
        return KJ_EXIT_USAGE;
    g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, &code);
    if (!compilation)
        return code;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, !plain, compilation->diagnostics);
    if (bytes) /* an example is tried on a table of its own, built only when there is one */
        kj_analyse_errors(compilation->policy, &analysis, compilation->diagnostics);
    kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
    if (kj_diagnostics_errors(compilation->diagnostics) > 0)
        return kj_cli_errors_code(compilation->diagnostics);
    g_autoptr(GError) error = NULL;
    g_autoptr(KjTable) table = kj_cli_open_built(bytes, &code);
    if (!table)
        return code;
    if (!g_file_set_contents_full(output ? output : "policy.kjt", g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes),
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    return KJ_EXIT_FINE;
}
