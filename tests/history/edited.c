/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edited.h"

#include <string.h>

KjWorkspace *kj_test_workspace(const KjUnitFile *files, guint count) {
    g_autoptr(GError) error = NULL;
    KjWorkspace *workspace = kj_workspace_new_files(files, count, "the test", &error);
    g_assert_no_error(error);
    if (!workspace->units) {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_diagnostics_print_text(workspace->compilation->diagnostics, workspace->compilation->sources, FALSE, text);
        g_error("the workspace has errors:\n%s", text->str);
    }
    return workspace;
}

KjWorkspace *kj_test_edited(const KjTestFile *files, guint count, const char *path, const char *before, const char *after) {
    g_autofree KjUnitFile *edited = g_new(KjUnitFile, count);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GString) text = g_string_new(files[i].text);
        if (path && strcmp(path, files[i].path) == 0)
            g_assert_cmpuint(g_string_replace(text, before, after, 1), ==, 1);
        edited[i] = (KjUnitFile){ files[i].path, 0100644, g_string_free_to_bytes(g_steal_pointer(&text)) };
    }
    KjWorkspace *workspace = kj_test_workspace(edited, count);
    for (guint i = 0; i < count; i++)
        g_bytes_unref(edited[i].bytes);
    return workspace;
}
