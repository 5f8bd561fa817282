/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of one release, as a folder. */
#ifndef KJ_STORE_FILES_H
#define KJ_STORE_FILES_H

#include "store.h"

/* FALSE with KJ_ERROR_VALUE: a path that may not be in a release, or stands twice. */
gboolean kj_store_files_check(const KjStoreFile *files, guint count, GError **error);
/* Makes `folder`, which must not be there; its files and folders are on the disk when this returns. */
gboolean kj_store_files_write(const char *folder, const KjStoreFile *files, guint count, GError **error);
/* Whether `folder` holds these files with these modes and nothing else. */
gboolean kj_store_files_equal(const char *folder, const KjStoreFile *files, guint count);

#endif
