/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling who started us how we are: sd_notify(3), by hand.
 *
 * NOTIFY_SOCKET names a datagram socket, by a path or, behind `@`, abstractly; without it nobody wants to know, and everything here does
 * nothing. WATCHDOG_USEC says how often to hear that we live: whoever says it must have looked (daemon.c does).
 */
#ifndef KJ_DAEMON_NOTIFY_H
#define KJ_DAEMON_NOTIFY_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct KjNotify KjNotify;

/* From the environment, which must not change meanwhile. Never NULL. */
KjNotify *kj_notify_new(void);
void kj_notify_free(KjNotify *notify);

/* Lines KEY=VALUE with newlines between them. Never waits; what cannot be sent is lost. */
void kj_notify_say(const KjNotify *notify, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* RELOADING=1 with the instant, as it has to have; READY=1 ends it. */
void kj_notify_reloading(const KjNotify *notify);

/* Half the time after which we are taken for dead, in microseconds; 0: nobody watches. */
gint64 kj_notify_interval(const KjNotify *notify);

G_END_DECLS

#endif
