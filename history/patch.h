/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The difference of two texts as git writes it. */
#ifndef KJ_PATCH_H
#define KJ_PATCH_H

#include <glib.h>

/* "diff --git a/PATH b/PATH" and so on, NULL where the texts are equal. A text that is NULL is of a file that is not there. Free with
 * g_free. */
char *kj_patch_new(const char *path, const char *old_text, gsize old_length, const char *new_text, gsize new_length);

#endif
