/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the daemon, for main.c. What its protocols see of it is in protocol.h. */
#ifndef KJ_DAEMON_H
#define KJ_DAEMON_H

#include "settings.h"

G_BEGIN_DECLS

/* What the files say that the settings name: tables that do not open, blocks they lack, domains that are not installed. Mistakes go to the
 * settings. */
void kj_daemon_check(KjSettings *settings);

/* Opens everything, in this order: sockets, log, counter, table, protocols. NULL with an error, and nothing is left open. Borrows the
 * settings, which must be without mistakes. Signals must be blocked in the calling thread (kj_daemon_block_signals), so that no thread
 * takes them. */
KjDaemon *kj_daemon_start(KjSettings *settings, GError **error);
void kj_daemon_block_signals(void);
/* Serves until the end is asked for by SIGTERM, SIGINT or kj_daemon_drain(); SIGHUP reloads the table and opens the log again. */
void kj_daemon_run(KjDaemon *daemon);
/* Ends what has been started and frees. */
void kj_daemon_stop(KjDaemon *daemon);

/* Gives up what the settings do not ask for (sandbox.c): powers and files once the sockets are bound and while there is one thread, system
 * calls once everything is open. FALSE with an error, and then the daemon must not serve. */
gboolean kj_daemon_confine(KjSettings *settings, GError **error);
gboolean kj_daemon_sandbox(KjSettings *settings, GError **error);

G_END_DECLS

#endif
