/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a loss of power leaves.
 *
 * To wait for the disk at each count would cost milliseconds, and LMDB without waiting may be torn when power is lost: pages reach the disk in any order.
 * But what processes write is torn only by that; kill -9, whenever it comes, leaves the kernel with every byte. So the file is trusted for as long
 * as the kernel that wrote it runs, and not a moment longer:
 *
 *     counts.mdb      the counts, never waited for
 *     boot            the kernel's name for this run (/proc/sys/kernel/random/boot_id)
 *     snapshot.mdb    a consistent copy, on the disk before it got its name; made every minute and when a process closes
 *     lock            held while one of the others is exchanged
 *
 * Whoever opens the folder and finds the name of another run puts the snapshot where the counts were. An orderly restart of the machine loses nothing, one
 * without warning at most the last minute. `boot` itself need not be on the disk: an old name, or none, is another run's.
 */
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <kijun/translate.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define SNAPSHOT_FILE "snapshot.mdb"
#define COPY_BYTES (16u << 20)

static gboolean fail(GError **error, const char *path) {
    int number = errno;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(number));
    return FALSE;
}

int kj_snapshot_lock(const char *folder) {
    g_autofree char *path = g_build_filename(folder, "lock", NULL);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0)
        while (flock(file, LOCK_EX) != 0)
            if (errno != EINTR) {
                close(file);
                return -1;
            }
    return file;
}

static gboolean remove_if_there(const char *path) {
    return unlink(path) == 0 || errno == ENOENT;
}

static gboolean copy_bytes(int from, int to) {
    for (;;) {
        ssize_t sent = sendfile(to, from, NULL, COPY_BYTES);
        if (sent == 0)
            return TRUE;
        if (sent < 0 && errno != EINTR)
            return FALSE;
    }
}

static gboolean copy_file(const char *source, const char *target, GError **error) {
    int from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0)
        return fail(error, source);
    int to = remove_if_there(target) ? open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    gboolean copied = (to >= 0 && copy_bytes(from, to)) || fail(error, target);
    if (to >= 0 && close(to) != 0 && copied)
        copied = fail(error, target);
    close(from);
    return copied;
}

/* The copy gets its name when it is whole: a process killed here leaves the old counts, still another run's. */
static gboolean put_back(const char *folder, const char *counts, GError **error) {
    g_autofree char *snapshot = g_build_filename(folder, SNAPSHOT_FILE, NULL), *copy = g_build_filename(folder, "counts.new", NULL);
    g_autofree char *readers = g_strconcat(counts, "-lock", NULL);
    if (!remove_if_there(readers))
        return fail(error, readers);
    if (!g_file_test(snapshot, G_FILE_TEST_EXISTS))
        return remove_if_there(counts) || fail(error, counts);
    if (!copy_file(snapshot, copy, error))
        return FALSE;
    return g_rename(copy, counts) == 0 || fail(error, counts);
}

gboolean kj_snapshot_restore(const char *folder, GError **error) {
    g_autofree char *boot = g_build_filename(folder, "boot", NULL), *counts = g_build_filename(folder, KJ_COUNTS_FILE, NULL);
    g_autofree char *here = NULL, *there = NULL;
    if (!g_file_get_contents(BOOT_ID, &here, NULL, error))
        return FALSE;
    if (g_file_get_contents(boot, &there, NULL, NULL) && strcmp(here, there) == 0)
        return TRUE;
    return put_back(folder, counts, error) && g_file_set_contents_full(boot, here, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gint64 kj_snapshot_age(const char *folder) {
    g_autofree char *path = g_build_filename(folder, SNAPSHOT_FILE, NULL);
    struct stat status;
    if (stat(path, &status) != 0)
        return G_MAXINT64;
    return ABS(g_get_real_time() / G_USEC_PER_SEC - (gint64)status.st_mtime);
}

static char *why(const char *path, const char *what) {
    return g_strdup_printf("%s: %s", path, what);
}

static char *sync_folder(const char *folder) {
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = file >= 0 && fsync(file) == 0;
    char *trouble = synced ? NULL : why(folder, g_strerror(errno));
    if (file >= 0)
        close(file);
    return trouble;
}

char *kj_snapshot_write(const char *folder, MDB_env *env) {
    g_autofree char *fresh = g_build_filename(folder, "snapshot.new", NULL), *snapshot = g_build_filename(folder, SNAPSHOT_FILE, NULL);
    if (!remove_if_there(fresh))
        return why(fresh, g_strerror(errno));
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return why(fresh, g_strerror(errno));
    int code = mdb_env_copyfd2(env, file, MDB_CP_COMPACT);
    char *trouble = code ? why(fresh, mdb_strerror(code)) : NULL;
    if (!trouble && fsync(file) != 0)
        trouble = why(fresh, g_strerror(errno));
    if (close(file) != 0 && !trouble)
        trouble = why(fresh, g_strerror(errno));
    if (!trouble && g_rename(fresh, snapshot) != 0)
        trouble = why(snapshot, g_strerror(errno));
    return trouble ? trouble : sync_folder(folder);
}
