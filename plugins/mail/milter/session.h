/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mail server tells of a connection and a message, and what it is answered: libmilter's callbacks. */
#ifndef KJ_MILTER_SESSION_H
#define KJ_MILTER_SESSION_H

#include "../../../runtime/point/point.h"
#include "settings.h"

/* Registers the callbacks with libmilter, which wants that before it opens its socket. FALSE: it does not take them. */
gboolean kj_milter_session_register(const KjMilterSettings *settings);
/* Whom they ask; before smfi_main(), which both must outlive. */
void kj_milter_session_ask(KjPoint *point);

/* One line to stderr, at most some a second (main.c). */
void kj_milter_note(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
