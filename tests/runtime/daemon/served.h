/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kijund of a test's own: a private folder, tables built from text, a configuration, a process that is ended by its id. */
#ifndef KJ_TEST_SERVED_H
#define KJ_TEST_SERVED_H

#include <glib.h>

typedef struct {
    char *folder;
    char *config;
    GPid process; /* 0: none runs */
    int port;     /* of the inet listener */
} Served;

/* The folder alone. Names below are of files in it. */
Served *served_new(void);
/* Ends the process, removes the folder. */
void served_free(Served *served);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Served, served_free)

/* Free with g_free. */
char *served_path(const Served *served, const char *name);
void served_write(const Served *served, const char *name, const char *text);
char *served_read(const Served *served, const char *name);
/* Builds a table from a policy. */
void served_build(const Served *served, const char *name, const char *policy);
/*
 * A configuration: [kijund] with table=table.kjt and log=file:log and `main` (lines), [listen unix] at socket `policy` and [listen inet] on
 * a free port of loopback, both Postfix's and of the block, with the lines of `listen`; [listen control] at socket `control`; `more` behind
 * it.
 */
void served_configure(Served *served, const char *block, const char *main, const char *listen, const char *more);
/* Starts it and waits until it answers. */
void served_start(Served *served);
/* Sends the signal and waits; gives the wait status. */
int served_end(Served *served, int signal);
/* A command to its control socket: TRUE where it says ok. *answer (may be NULL) is what it said. */
gboolean served_control(const Served *served, const char *command, char **answer);
/* KiB of memory that are resident. */
guint64 served_resident(const Served *served);

/* Connected; a test fails where that cannot be. */
int served_connect_unix(const Served *served, const char *name);
int served_connect_inet(const Served *served);
/* The same, but -1 where nobody listens. */
int served_try_unix(const Served *served, const char *name);

/* Sends `lines` and an empty line; the answer without `action=` and its line ends, or NULL when the peer hung up. */
char *served_ask(int socket, const char *lines);
/* Sends a whole HTTP request; the body of the answer, which must have a Content-Length, or NULL when the peer hung up. */
char *served_post(int socket, const char *request);
/* A request of Postfix's: state, instance, sender, recipient, size, count of recipients. */
char *served_request(const char *state, const char *instance, const char *from, const char *to, guint size, guint count);
/* Both: asks and compares. */
void served_expect(int socket, const char *state, const char *instance, const char *from, const char *to, guint size, guint count, const char *wanted);

#endif
