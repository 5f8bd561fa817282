/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon gives up once everything is open.
 *
 * No new privileges: whatever it might be made to execute gains nothing by a set-user-id bit. Not dumpable: neither a core file nor another
 * process of the same user shows what clients have asked.
 */
#include <errno.h>
#include <sys/prctl.h>

#include <kijun/translate.h>

#include "daemon.h"

gboolean kj_daemon_sandbox(KjDaemon *daemon, GError **error) {
    (void) daemon;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_UNABLE, _("privileges cannot be given up: %s"), g_strerror(errno));
    return FALSE;
}
