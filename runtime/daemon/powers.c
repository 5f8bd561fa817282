/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Powers that a daemon started by root has and does not need.
 *
 * No new privileges: whatever it might be made to execute gains nothing by a set-user-id bit; seccomp and Landlock ask for it too. Not
 * dumpable: neither a core file nor another process of the same user shows what clients have asked. Capabilities: all of them are given
 * up, after the sockets are bound and given to their groups, which is all they were good for.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "sandbox.h"

static gboolean fail(GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("privileges cannot be given up: %s"), g_strerror(errno));
    return FALSE;
}

/* The bounding set only matters to who executes something, and only who has CAP_SETPCAP may make it smaller: for others there is no new
 * privilege anyway. */
static gboolean drop_bounds(void) {
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM)
            return FALSE;
    return TRUE;
}

static gboolean drop_capabilities(void) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    return drop_bounds() && syscall(SYS_capset, &header, none) == 0; /* the ambient set goes with the permitted one */
}

gboolean kj_sandbox_powers(GError **error) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || (!KJ_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0))
        return fail(error);
    return drop_capabilities() || fail(error);
}
