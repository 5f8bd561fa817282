/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the source tree, for both ways of running a target. */
#include <signal.h>
#include <stdlib.h>

#include "fuzz.h"

char *fuzz_path(const char *name) {
    const char *source = g_getenv("G_TEST_SRCDIR");
    return g_build_filename(source ? source : ".", name, NULL);
}

char *fuzz_read(const char *name, gsize *length) {
    g_autofree char *path = fuzz_path(name);
    g_autoptr(GError) error = NULL;
    char *bytes = NULL;
    if (!g_file_get_contents(path, &bytes, length, &error))
        g_error("%s (run from the top of the tree, or set G_TEST_SRCDIR)", error->message);
    return bytes;
}

/* g_error() ends in a trap, which libFuzzer does not count among crashes. */
static void on_trap(int signal) {
    (void)signal;
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    signal(SIGTRAP, on_trap);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    return 0;
}
