/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that outlive a crash: what is written here is there as a whole after the power went, or not at all. Shared by store, journal and
 * fetch.
 *
 * All errors are KJ_ERROR_IO: what was being done, to which file, and the system's reason ("No space left on device").
 */
#ifndef KJ_DISK_H
#define KJ_DISK_H

#include <glib.h>

/* KJ_ERROR_IO from errno: "PATH: what: reason". Gives FALSE. */
gboolean kj_disk_fail(GError **error, const char *what, const char *path);

/* Makes `path` (which must not be there) of these bytes; it is on the disk when this returns, its name only once its folder is synced. */
gboolean kj_disk_create(const char *path, const void *bytes, gsize length, guint mode, GError **error);
/* Puts these bytes in the place of `path` in one step, by `path`.new, and syncs the folder. A failure leaves what was there. */
gboolean kj_disk_replace(const char *path, const void *bytes, gsize length, guint mode, GError **error);
/* After this what was made, renamed or removed in the folder stays so. */
gboolean kj_disk_sync(const char *folder, GError **error);

/* Removes a file, a link (never followed) or a folder with all that is in it. What is not there is no error. */
gboolean kj_disk_remove(const char *path, GError **error);

/* One process at a time holds the file `path` (made where it is not there). -1 with KJ_ERROR_REFUSED when another does, which `busy` says
 * in a sentence. The lock ends with close(), or with the process however it ends. */
int kj_disk_lock(const char *path, const char *busy, GError **error);

#endif
