/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patch.h"

#include <string.h>

#include "repository.h"

/* What git says of a file that comes or goes; libgit2 takes buffers for files that are there, and would write an empty one. */
static void mend_header(GString *patch, const char *path, gboolean is_new) {
    g_autofree char *wrong = g_strdup_printf(is_new ? "--- a/%s\n" : "+++ b/%s\n", path);
    g_string_replace(patch, wrong, is_new ? "--- /dev/null\n" : "+++ /dev/null\n", 1);
    g_string_replace(patch, is_new ? "\nindex e69de29.." : "..e69de29\n", is_new ? "\nindex 0000000.." : "..0000000\n",
                     1); /* the id of an empty file */
    const char *index = strstr(patch->str, "index ");
    if (index)
        g_string_insert(patch, index - patch->str, is_new ? "new file mode 100644\n" : "deleted file mode 100644\n");
}

char *kj_patch_new(const char *path, const char *old_text, gsize old_length, const char *new_text, gsize new_length) {
    g_autoptr(git_patch) patch = NULL;
    git_buf buffer = { NULL, 0, 0 };
    GString *out = NULL;

    if (old_text && new_text && old_length == new_length && memcmp(old_text, new_text, old_length) == 0)
        return NULL;
    kj_repository_start();
    if (git_patch_from_buffers(&patch, old_text ? old_text : "", old_length, path, new_text ? new_text : "", new_length, path, NULL) == 0 &&
        git_patch_to_buf(&buffer, patch) == 0) {
        out = g_string_new_len(buffer.ptr, (gssize)buffer.size);
        if (!old_text || !new_text)
            mend_header(out, path, !old_text);
    }
    git_buf_dispose(&buffer);
    return out ? g_string_free(out, FALSE) : g_strdup("");
}
