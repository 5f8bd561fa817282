/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kijun verify: whether a table file is whole and sound, and, with --rebuild, whether these sources give these very bytes. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int compare(const char *path, const char *bytes, gsize length, GBytes *rebuilt) {
    gsize size;
    const char *other = g_bytes_get_data(rebuilt, &size);
    if (size == length && memcmp(bytes, other, size) == 0) {
        printf(_("%s: sound, and exactly what these sources build\n"), path);
        return KJ_EXIT_FINE;
    }
    gsize at = 0;
    while (at < size && at < length && bytes[at] == other[at])
        at++;
    return kj_cli_fail(KJ_EXIT_POLICY,
                       _("%s: not what these sources build: the first difference is at byte %zu (%zu bytes here, %zu rebuilt)"), path,
                       (size_t)at, (size_t)length, (size_t)size);
}

static char *rebuild;

const GOptionEntry kj_options_verify[] = {
    { "rebuild", 0, 0, G_OPTION_ARG_FILENAME, &rebuild, N_("Also build PATH and compare byte by byte"), "PATH" },
    G_OPTION_ENTRY_NULL,
};

int kj_command_verify(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 1, 1, &code))
        return code;
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    if (!kj_cli_read(argv[1], &bytes, &length, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    g_autoptr(KjTable) table = kj_table_new(bytes, length, &error);
    if (!table) /* here, and here alone, it is the answer that a table is no good */
        return kj_cli_fail(g_error_matches(error, KJ_ERROR, KJ_ERROR_TABLE) ? KJ_EXIT_POLICY : kj_cli_error_code(error), "%s: %s", argv[1],
                           error->message);
    if (!rebuild) {
        printf(_("%s: sound\n"), argv[1]);
        return KJ_EXIT_FINE;
    }
    g_autoptr(KjCompilation) compilation = kj_cli_compile(rebuild, FALSE, &code);
    if (!compilation)
        return code;
    g_autoptr(GBytes) rebuilt = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    return rebuilt ? compare(argv[1], bytes, length, rebuilt) : kj_cli_fail(KJ_EXIT_POLICY, _("%s does not build; `kijun check` says why"),
                                                                            rebuild);
}
