/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host beside ours, and a connection from it that is held: see session.c. */
#ifndef KJ_TEST_SESSION_H
#define KJ_TEST_SESSION_H

#include <glib.h>

typedef struct Session Session;

/* From a network namespace of its own to port 22 here, which must be one too. */
Session *session_new(void);
void session_free(Session *session);

/* Whether a byte sent over it comes back within a second. */
gboolean session_lives(Session *session);
/* Whether the host beside gets another connection within half a second. */
gboolean session_could_begin(Session *session);

#endif
