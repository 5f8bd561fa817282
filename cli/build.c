/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun build: a policy to a table file, replaced as a whole or not at all. */
#include <stdio.h>
#include <unistd.h>

#include "cli.h"

static char *output;
static gboolean plain;

const GOptionEntry kj_options_build[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("Where to write the table (policy.kjt)"), "FILE.kjt" },
    { "no-optimise", 0, 0, G_OPTION_ARG_NONE, &plain, N_("Leave the optimiser out; the answers are the same"), NULL },
    G_OPTION_ENTRY_NULL,
};

int kj_command_build(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;
    g_autoptr(KjCompilation) compilation = kj_cli_compile(argc > 1 ? argv[1] : ".", TRUE, &code);
    if (!compilation)
        return code;
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, !plain, compilation->diagnostics);
    if (!bytes) {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, kj_cli_colour(STDERR_FILENO), text);
        fputs(text->str, stderr);
        return KJ_EXIT_POLICY;
    }
    /* The compiler's own judge looks at every table before anybody else sees it. */
    g_autoptr(GError) error = NULL;
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    g_autoptr(KjTable) table = kj_table_new(data, length, &error);
    if (!table && g_error_matches(error, KJ_ERROR, KJ_ERROR_IO))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (!table)
        return kj_cli_fail(KJ_EXIT_BUG, _("the table just written does not verify, which is our mistake: %s"), error->message);
    const char *path = output ? output : "policy.kjt";
    if (!g_file_set_contents_full(path, data, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    return KJ_EXIT_FINE;
}
