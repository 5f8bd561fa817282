/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file system, closed but for a list of paths: Landlock (landlock(7)).
 *
 * A kernel says by a number which rights it knows. Those it knows are all handled, that is refused where no rule gives them; one it does
 * not know stays open, so an older kernel closes less and never more than a newer one. Rights are of the file or folder that a path names
 * now: a rename takes them along, and what is put in its place has none. Therefore folders are named where files come and go.
 *
 * Debian 12's <linux/landlock.h> ends with the second number; what came later is written down here (include/uapi/linux/landlock.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "sandbox.h"

#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_IOCTL_DEVICE (1ULL << 15)

#define RIGHTS_FIRST ((1ULL << 13) - 1) /* LANDLOCK_ACCESS_FS_EXECUTE to _MAKE_SYM */
#define RIGHTS_OF_FILES \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEVICE)

static const struct {
    int since; /* the kernel's number */
    guint64 rights;
} editions[] = {
    { 1, RIGHTS_FIRST },
    { 2, LANDLOCK_ACCESS_FS_REFER },
    { 3, RIGHT_TRUNCATE },
    { 5, RIGHT_IOCTL_DEVICE },
};

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define APPENDS (READS | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG)

static const guint64 uses[] = {
    [KJ_SANDBOX_READ] = READS,
    [KJ_SANDBOX_APPEND] = APPENDS,
    [KJ_SANDBOX_KEEP] = APPENDS | LANDLOCK_ACCESS_FS_REMOVE_FILE,
    [KJ_SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

static gboolean fail(GError **error, const char *what) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "Landlock: %s: %s", what, g_strerror(errno));
    return FALSE;
}

static guint64 rights_of(int edition) {
    guint64 rights = 0;
    for (guint i = 0; i < G_N_ELEMENTS(editions); i++)
        rights |= editions[i].since <= edition ? editions[i].rights : 0;
    return rights;
}

static gboolean allow(int ruleset, guint64 handled, const KjSandboxPath *path, GError **error) {
    int descriptor = open(path->path, O_PATH | O_CLOEXEC);
    struct stat status;
    if (descriptor < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES || fail(error, path->path);
    gboolean found = fstat(descriptor, &status) == 0;
    guint64 rights = uses[path->use] & handled & (found && S_ISDIR(status.st_mode) ? G_MAXUINT64 : RIGHTS_OF_FILES);
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = descriptor };
    gboolean added = found && (rights == 0 || syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0);
    if (!added)
        fail(error, path->path);
    close(descriptor);
    return added;
}

gboolean kj_sandbox_files(const GArray *paths, GError **error) {
    long edition = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (edition < 1) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, _("this kernel cannot close the file system to a process (Landlock): %s"),
                    g_strerror(errno));
        return FALSE;
    }
    struct landlock_ruleset_attr attributes = { .handled_access_fs = rights_of((int)edition) };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return fail(error, "landlock_create_ruleset");
    gboolean closed = TRUE;
    for (guint i = 0; i < paths->len && closed; i++)
        closed = allow(ruleset, attributes.handled_access_fs, &g_array_index(paths, KjSandboxPath, i), error);
    if (closed && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) != 0))
        closed = fail(error, "landlock_restrict_self");
    close(ruleset);
    return closed;
}
