/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that outlive a crash.
 *
 * A file's bytes are on the disk after fsync(2) of the file, its name after fsync(2) of the folder. So everything is made beside its place,
 * synced, renamed into it, and then the folder is synced: whoever looks, and whatever the power does, sees the old or the new. What is left
 * beside it is removed by whoever runs next.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/translate.h"

#define OPEN_FOLDERS 16 /* that nftw(3) keeps open: how deep it looks fast, not how deep it looks */

gboolean kj_disk_fail(GError **error, const char *what, const char *path) {
    int reason = errno;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s: %s", path, what, g_strerror(reason));
    return FALSE;
}

static gboolean write_all(int file, const char *bytes, gsize length) {
    for (gsize done = 0; done < length;) {
        ssize_t written = write(file, bytes + done, length - done);
        if (written < 0 && errno != EINTR)
            return FALSE;
        done += written > 0 ? (gsize)written : 0;
    }
    return TRUE;
}

gboolean kj_disk_create(const char *path, const void *bytes, gsize length, guint mode, GError **error) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return kj_disk_fail(error, _("cannot be made"), path);
    gboolean done = write_all(file, bytes, length) && fchmod(file, mode) == 0 && fsync(file) == 0;
    int reason = errno;
    close(file); /* nothing is left to fail: it is on the disk */
    if (!done) {
        unlink(path);
        errno = reason;
        kj_disk_fail(error, _("cannot be written"), path);
    }
    return done;
}

gboolean kj_disk_sync(const char *folder, GError **error) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (!synced)
        kj_disk_fail(error, _("cannot be brought to the disk"), folder);
    if (descriptor >= 0)
        close(descriptor);
    return synced;
}

gboolean kj_disk_replace(const char *path, const void *bytes, gsize length, guint mode, GError **error) {
    g_autofree char *beside = g_strconcat(path, ".new", NULL), *folder = g_path_get_dirname(path);
    if (!kj_disk_remove(beside, error) || !kj_disk_create(beside, bytes, length, mode, error))
        return FALSE;
    if (rename(beside, path) == 0)
        return kj_disk_sync(folder, error);
    kj_disk_fail(error, _("cannot be replaced"), path);
    unlink(beside);
    return FALSE;
}

/* ---- removing ---- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status, (void)place;
    return type == FTW_DP || type == FTW_D || type == FTW_DNR ? rmdir(path) : unlink(path);
}

gboolean kj_disk_remove(const char *path, GError **error) {
    return nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT ||
           kj_disk_fail(error, _("cannot be removed"), path);
}

/* ---- one at a time ---- */

int kj_disk_lock(const char *path, const char *busy, GError **error) {
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (lock >= 0 && errno == EWOULDBLOCK)
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_REFUSED, busy);
    else
        kj_disk_fail(error, _("cannot be locked"), path);
    if (lock >= 0)
        close(lock);
    return -1;
}
