/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `kijund --control SOCKET COMMAND`: the client of control.c. */
#ifndef KJ_DAEMON_CLIENT_H
#define KJ_DAEMON_CLIENT_H

#include <kijun/kijun.h>

/* Sends the command's words and takes the answer without its `ok ` or `error ` (g_free). FALSE with KJ_ERROR_IO, or KJ_ERROR_UNABLE when
 * the daemon says `error`. */
gboolean kj_control_ask(const char *path, const char *const *words, char **answer, GError **error);

#endif
