/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun build: a policy to a table file, replaced as a whole or not at all. */
#include <stdio.h>

#include "cli.h"

static char *output, *trial, *at;
static gboolean plain;

const GOptionEntry kj_options_build[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("Where to write the table (policy.kjt)"), "FILE.kjt" },
    { "trial", 0, 0, G_OPTION_ARG_FILENAME, &trial,
      N_("Also write the table in which rules with @advisory act already, to be tried beside the other"), "FILE.kjt" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at,
      N_("The date against which time-limited things are judged (none: whatever is wrong at any time)"), "DATE" },
    { "no-optimise", 0, 0, G_OPTION_ARG_NONE, &plain, N_("Leave the optimiser out; the answers are the same"), NULL },
    G_OPTION_ENTRY_NULL,
};

static int write_table(GBytes *bytes, const char *file) {
    g_autoptr(GError) error = NULL;
    int code = KJ_EXIT_FINE;
    g_autoptr(KjTable) table = kj_cli_open_built(bytes, &code);
    if (!table)
        return code;
    if (!g_file_set_contents_full(file, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), G_FILE_SET_CONTENTS_CONSISTENT,
                                  0644, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    return KJ_EXIT_FINE;
}

/* The policy once more, as it will be when nothing only advises. It is no policy that is put in force, so nothing is proved of it. */
static GBytes *build_trial(const char *path, int *code) {
    g_autoptr(KjCompilation) compilation = kj_cli_compile_trial(path, code);
    g_autoptr(GBytes) bytes = compilation ? kj_build(compilation->policy, !plain, compilation->diagnostics) : NULL;
    if (compilation && !bytes) {
        kj_cli_print_diagnostics(compilation->diagnostics, compilation->sources);
        *code = kj_cli_errors_code(compilation->diagnostics);
    }
    return g_steal_pointer(&bytes);
}

int kj_command_build(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    const char *path = argc > 1 ? argv[1] : ".";
    g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, &code);
    if (!compilation)
        return code;
    g_autoptr(GBytes) bytes = kj_cli_build_proved(compilation, path, at, !plain, &code);
    if (!bytes)
        return code;
    g_autoptr(GBytes) tried = trial ? build_trial(path, &code) : NULL;
    if (code == KJ_EXIT_FINE)
        code = write_table(bytes, output ? output : "policy.kjt");
    if (code == KJ_EXIT_FINE && trial)
        code = write_table(tried, trial);
    return code;
}
