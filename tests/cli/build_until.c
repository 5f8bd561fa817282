/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* build_until NEW UNTIL BEFORE TABLE: an emergency's table, for shell tests; a release makes one where it names an emergency. UNTIL in seconds since 1970. */
#include <stdio.h>

#include "../../compiler/compiler.h"

static gboolean load(KjCompilation *compilation, const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) told = g_string_new(NULL);

    if (!kj_compilation_load(compilation, path, &error))
        fprintf(stderr, "%s\n", error->message);
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    fputs(told->str, stderr);
    return compilation->policy != NULL;
}

int main(int argc, char **argv) {
    g_autoptr(KjCompilation) new = kj_compilation_new(), before = kj_compilation_new();
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (argc != 5)
        return 3;
    if (!load(new, argv[1]) || !load(before, argv[3]))
        return 1;
    bytes = kj_build_until(new->policy, g_ascii_strtoll(argv[2], NULL, 10), before->policy, TRUE, new->diagnostics);
    kj_diagnostics_print_text(new->diagnostics, new->sources, FALSE, told);
    fputs(told->str, stderr);
    if (bytes && g_file_set_contents(argv[4], g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), &error))
        return 0;
    if (error)
        fprintf(stderr, "%s\n", error->message);
    return 1;
}
