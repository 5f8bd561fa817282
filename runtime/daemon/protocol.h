/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A protocol of kijund, and what the daemon gives it.
 *
 * A protocol is one file and one line in the table kj_protocols (protocols.c). The daemon reads `[listen NAME]` sections, binds the
 * sockets, opens the point, and starts the protocol of each section; the protocol accepts on the socket, asks the point through askers of
 * its own threads, and answers in its own words.
 *
 *     check   what the section says, before anything is opened. Every mistake, each with its key: kj_section_complain()
 *     start   begins to serve. Returns what `renew` and `stop` are given, or NULL with an error, and then the daemon does not start
 *     renew   a table was swapped: askers that are idle let go of the old one (kj_asker_renew). From any thread; may be NULL
 *     reread  SIGHUP: the files that the section names are read again; what they hold is exchanged whole, or nothing is. May be NULL
 *     alive_at  for the watchdog: a thread that hangs must show, within KJ_TURN_SECONDS of being idle
 *     stop    accepts nothing more, answers what has been asked, closes, returns when no thread of it is left; within KJ_STOP_SECONDS
 *
 * Who only reads lines and writes lines on a stream need not open threads: see worker.h.
 */
#ifndef KJ_DAEMON_PROTOCOL_H
#define KJ_DAEMON_PROTOCOL_H

#include "../point/point.h"

G_BEGIN_DECLS

#define KJ_STOP_SECONDS 5u
#define KJ_TURN_SECONDS 1u /* how long an idle thread may sleep */

typedef struct KjDaemon KjDaemon;

/* ---- what a section says: asked in `check` and `start`, by one thread ---- */

/* A section of the configuration file. Keys a protocol did not name are mistakes. */
typedef struct KjSection KjSection;

/* "mail" of `[listen mail]`. */
const char *kj_section_name(const KjSection *section);
/* NULL: not said. Without spaces at its ends. */
const char *kj_section_get(const KjSection *section, const char *key);
/* The number a key says, or `initial` where it says none; complains, and gives `initial`, when it is no number of [low, high]. */
guint64 kj_section_number(KjSection *section, const char *key, guint64 low, guint64 high, guint64 initial);
/* A mistake, with file and line of the key (of the section when `key` is NULL or not said). The message is translated by the caller. */
void kj_section_complain(KjSection *section, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Who can reach an address. */
typedef enum {
    KJ_REACH_UNIX = 1, /* processes of this machine that may open the socket */
    KJ_REACH_LOOPBACK, /* every process of this machine */
    KJ_REACH_NETWORK,  /* others: TLS and a proof of who they are, or nothing */
} KjReach;

/* Of the section's `address`; 0 where it says none that can be read, and for a socket of systemd's, which is looked at when it is there: in
 * `start`. */
KjReach kj_section_reach(const KjSection *section);

/* ---- a protocol ---- */

typedef struct {
    const char *name;
    const char *doc; /* one sentence, for the manual */
} KjSectionKey;

/* What a protocol serves: one section. Valid until `stop` has returned. */
typedef struct {
    KjDaemon *daemon;
    KjPoint *point;
    KjSection *section;
    const char *block;  /* as the section says it; the table has it. NULL where the protocol needs none */
    int socket;         /* bound, listening, non-blocking; the daemon's, which closes it after `stop` */
    KjReach reach;      /* of the socket itself */
    guint connections;  /* at most so many at a time */
    guint idle_seconds; /* after so long without a byte a connection is closed */
} KjService;

typedef struct {
    const char *name; /* `protocol = NAME` */
    const char *doc;
    gboolean needs_block;
    KjReach farthest;                  /* a section that reaches farther is refused; KJ_REACH_NETWORK: `check` and `start` judge */
    guint mode;                        /* of a unix socket, where the section says none: 0660 */
    guint connections, idle_seconds;   /* initial values of these two keys */
    const KjSectionKey *keys;          /* beside those of every section; ends with a NULL name. May be NULL */
    void (*check)(KjSection *section); /* may be NULL */
    gpointer (*start)(const KjService *service, GError **error);
    void (*renew)(gpointer running);
    gboolean (*reread)(gpointer running, GError **error);
    guint (*connections_now)(gpointer running); /* how many there are; may be NULL */
    /* When the slowest of its threads was last known to be at work or ready for it, in monotonic microseconds. From another thread. */
    gint64 (*alive_at)(gpointer running);
    void (*stop)(gpointer running);
} KjProtocol;

/* All of them; ends with NULL. */
extern const KjProtocol *const kj_protocols[];

/* ---- the daemon, as its protocols see it; from any thread ---- */

typedef enum { KJ_NOTE_ERROR = 3, KJ_NOTE_WARNING = 4, KJ_NOTE_INFO = 6 } KjNoteLevel; /* as syslog(3) counts */

/* One line to stderr, which is the journal's under systemd. At most KJ_NOTES_A_SECOND; how many were left out is told. */
#define KJ_NOTES_A_SECOND 20u
void kj_daemon_note(KjNoteLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether questions get answers: a table is loaded, the counter can be asked, no drain has begun. `why`, if not NULL, takes what is missing
 * (g_free). */
gboolean kj_daemon_is_ready(KjDaemon *daemon, char **why);
/* One JSON object on one line, without a newline. Free with g_free. */
char *kj_daemon_status(KjDaemon *daemon);

/* Swaps in the table again from its file, or from another file, which then is the table's. FALSE, and everything as it was. */
gboolean kj_daemon_reload(KjDaemon *daemon, const char *path, GError **error);
/* NULL ends shadow mode. */
gboolean kj_daemon_shadow(KjDaemon *daemon, const char *path, GError **error);
/* Begins to end: no connection is accepted any more, questions under way are answered, then the process exits with 0. Returns at once. */
void kj_daemon_drain(KjDaemon *daemon);

G_END_DECLS

#endif
