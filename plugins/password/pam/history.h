/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passwords that users had before, as hashes. See history.c. */
#ifndef KJ_PAM_HISTORY_H
#define KJ_PAM_HISTORY_H

#include <glib.h>
#include <sys/types.h>

typedef struct KjHistory KjHistory;

/* Reads the whole file and judges every line. A file that is not there is an empty history. NULL with KJ_ERROR_IO or KJ_ERROR_VALUE: it can be
 * read by others, or a line is wrong. Free with kj_history_free. */
KjHistory *kj_history_read(const char *path, GError **error);

/* The same for bytes. */
KjHistory *kj_history_parse(const char *bytes, gsize length, GError **error);
void kj_history_free(KjHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjHistory, kj_history_free)

/* In *changes how many changes ago the user had this password: 1 for the present one, 2 for the one before; 0: never. `password` is prepared
 * (kj_opaque_string_enforce). FALSE with KJ_ERROR_VALUE when a hash cannot be compared. One hashing for each password remembered. */
gboolean kj_history_last_used(const KjHistory *history, const char *user, const char *password, guint *changes, GError **error);

/* Appends the file's text, lines sorted as they were. */
void kj_history_print(const KjHistory *history, GString *out);

/* Adds the password as the user's present one and forgets what is older than `remember`, in the file, which is replaced as a whole: under a lock,
 * synchronised, renamed. FALSE with an error, and the file is then as it was. */
gboolean kj_history_append(const char *path, const char *user, uid_t uid, const char *password, guint remember, GError **error);

#endif
