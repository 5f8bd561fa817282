/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of breached passwords, read line by line. See list.c. */
#ifndef KJ_BREACH_LIST_H
#define KJ_BREACH_LIST_H

#include <glib.h>
#include <stdio.h>

typedef enum {
    KJ_BREACH_LIST_SHA1 = 1, /* 40 hexadecimal digits, perhaps `:COUNT`, as Have I Been Pwned publishes them */
    KJ_BREACH_LIST_PLAIN,    /* passwords as they are */
} KjBreachListForm;

/* Takes one key; FALSE with an error ends the reading. */
typedef gboolean (*KjBreachTake)(guint64 key, gpointer data, GError **error);

/* Reads `file` to its end; `name` is for messages, which have the line but nothing of what stands in it. `skipped` is raised by the lines of a plain
 * list that no password can be (not UTF-8, too long, control characters). FALSE with KJ_PASSWORD_ERROR_FILTER, or G_FILE_ERROR. Holds one
 * line. */
gboolean kj_breach_list_read(FILE *file, const char *name, KjBreachListForm form, KjBreachTake take, gpointer data, guint64 *skipped,
                             GError **error);

#endif
