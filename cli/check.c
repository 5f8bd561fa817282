/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun check: parse, type, analyse. Text goes to stderr as messages do; JSON is data and goes to stdout. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int kj_command_check(int argc, char **argv) {
    g_autofree char *format = NULL, *fail_on = NULL, *at = NULL;
    const GOptionEntry entries[] = {
        { "format", 0, 0, G_OPTION_ARG_STRING, &format, "text (the default) or json", "FORMAT" },
        { "fail-on", 0, 0, G_OPTION_ARG_STRING, &fail_on, "error (the default) or warning", "SEVERITY" },
        { "at", 0, 0, G_OPTION_ARG_STRING, &at, "The date against which time-limited things are judged (today)", "DATE" },
        { NULL },
    };
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, entries, 0, 1, &code))
        return code;
    gboolean json = g_strcmp0(format, "json") == 0;
    if (format && !json && strcmp(format, "text") != 0)
        return kj_cli_fail(KJ_EXIT_USAGE, "there is no format `%s`; text and json are there", format);
    gboolean strict = g_strcmp0(fail_on, "warning") == 0;
    if (fail_on && !strict && strcmp(fail_on, "error") != 0)
        return kj_cli_fail(KJ_EXIT_USAGE, "--fail-on takes error or warning, not `%s`", fail_on);
    gint64 instant;
    if (!kj_cli_instant(at, &instant))
        return KJ_EXIT_USAGE;

    g_autoptr(GError) error = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    compilation->findings = TRUE;
    if (!kj_compilation_load(compilation, argc > 1 ? argv[1] : ".", &error))
        return kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    /* What only shows when the rules become tables (a rule with too many boxes) is a mistake of the policy too. */
    if (compilation->policy) {
        g_autoptr(GBytes) bytes = kj_build(compilation->policy, FALSE, compilation->diagnostics);
        (void)bytes;
    }

    g_autoptr(GString) text = g_string_new(NULL);
    if (json)
        kj_diagnostics_print_json(compilation->diagnostics, compilation->sources, text);
    else
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, kj_cli_colour(STDERR_FILENO), text);
    fputs(text->str, json ? stdout : stderr);

    guint errors = kj_diagnostics_errors(compilation->diagnostics), warnings = kj_diagnostics_warnings(compilation->diagnostics);
    return errors > 0 || (strict && warnings > 0) ? KJ_EXIT_POLICY : KJ_EXIT_FINE;
}
