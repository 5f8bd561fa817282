/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decision log: one record for each decision that is to be logged, as a JSON line or as an RFC 5424 message.
 *
 * A record says when, which table, block and rule, what was asked, what was answered, and what else had to be done. A value of a masked
 * field is written as "***", and where a field is masked a text about what was wrong loses what it quotes; a password is never a value (the
 * domain `password` knows measures only, and of these none is logged). Whatever a value holds, it can neither end a line nor begin a
 * record, nor move the cursor of who reads it: controls are escaped, and bytes that are no UTF-8 become U+FFFD.
 *
 * A record is written whole or not at all: one write(2) to a file opened for appending, under flock(2), so that what a writer killed in the
 * midst of it left behind is taken away by the next. A log that cannot be written is told to stderr (g_printerr; once a minute at most) and
 * again when it recovers, with how many records were lost; the log itself then has a record that says so.
 *
 * A record in a file costs four system calls and a few microseconds. A log on a pipe needs a program that ignores
 * SIGPIPE; a program that forks opens a log of its own, for a lock is of the open file.
 */
#ifndef KJ_LOG_H
#define KJ_LOG_H

#include <glib.h>

G_BEGIN_DECLS

/* A longer text is cut, or a client that sends one could keep its request out of a log that has a bound of its own (a datagram). */
#define KJ_LOG_VALUE_MOST 1024
#define KJ_LOG_VALUES_MOST 16384 /* all values of a record together */

/* Each member of a set stands under the set's name. */
typedef struct {
    const char *name;
    const char *value; /* NULL: the empty set */
} KjLogValue;

/* Texts that are not known may be NULL. */
typedef struct {
    gint64 instant;         /* microseconds since 1970-01-01T00:00:00Z */
    const char *protocol;   /* "postfix", "authzen", "milter", "pam" */
    const char *request;    /* the caller's own name for the request (queue id, X-Request-ID), or NULL */
    const char *release;    /* the table: the first 16 hexadecimal digits of its SHA-256, or the release's name */
    const char *block;      /* "mail.forwarding" */
    const char *domain;     /* "mail" */
    const char *effect;     /* "allow", "deny" */
    const char *answer;     /* what the client was told: "permit", "refuse", "hold", "later" */
    const char *label;      /* of the rule; "default", "error" */
    gint64 emergency;       /* until when an emergency's policy is in force, in seconds since 1970; 0: none is */
    const char *file;       /* "" if unknown */
    guint line;
    const char *message;    /* of the rule, or what was wrong; NULL if none */
    const char *const *obligations; /* NULL-terminated names: "log", "alert" */
    const KjLogValue *values;
    guint value_count;
    /* Shadow mode: what the candidate would have answered, all NULL otherwise. */
    const char *shadow_release, *shadow_effect, *shadow_answer, *shadow_label;
} KjLogRecord;

typedef enum { KJ_LOG_JSON = 1, KJ_LOG_RFC5424 } KjLogForm;

typedef struct KjLog KjLog;

/* `where`: "-" (stdout), "stderr", "file:/PATH" (append, 0640, reopened by kj_log_reopen), "unix:/PATH" (a datagram socket as /dev/log is),
 * "none". `masked`: NULL-terminated names of fields, or NULL. NULL with KJ_ERROR_IO, or KJ_ERROR_VALUE for a `where` that is none of these. */
KjLog *kj_log_open(const char *where, KjLogForm form, const char *const *masked, GError **error);
void kj_log_free(KjLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjLog, kj_log_free)

/* Any thread. Never fails towards the caller: a decision has been made and stays. Never waits for who reads a socket, and at most 10 ms for
 * another process that writes the same file. */
void kj_log_write(KjLog *log, const KjLogRecord *record);
/* Opens the file anew, as after logrotate(8) has moved it; nothing to do for other places. FALSE, and the old file still in use, when that
 * fails. */
gboolean kj_log_reopen(KjLog *log, GError **error);
guint64 kj_log_lost(KjLog *log);

/* The record as text, without the final newline (what kj_log_write writes). */
void kj_log_format(const KjLogRecord *record, KjLogForm form, const char *const *masked, GString *out);

G_END_DECLS

#endif
