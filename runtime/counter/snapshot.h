/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of an LMDB counter: what of it may be trusted after the machine was restarted. Not installed. */
#ifndef KJ_COUNTER_SNAPSHOT_H
#define KJ_COUNTER_SNAPSHOT_H

#include <glib.h>
#include <lmdb.h>

G_BEGIN_DECLS

#define KJ_COUNTS_FILE "counts.mdb"

/* Held while files are exchanged, and while LMDB opens or closes them, which it cannot do while another process does. A file to close, or -1 with errno. */
int kj_snapshot_lock(const char *folder);

/* Puts the snapshot in the place of counts that were written before the machine last started. Under the lock. FALSE with KJ_ERROR_IO. */
gboolean kj_snapshot_restore(const char *folder, GError **error);

/* Writes a snapshot of the environment and waits until it is on the disk. Under the lock. NULL, or why not, in English; free with g_free. */
char *kj_snapshot_write(const char *folder, MDB_env *env);

/* Seconds since the last snapshot, whoever wrote it; G_MAXINT64: there is none. */
gint64 kj_snapshot_age(const char *folder);

G_END_DECLS

#endif
