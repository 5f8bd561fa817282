/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happened on a host, line by line, each line bound to the one before it.
 *
 * A line is a JSON object: `previous` (the SHA-256 of the line before without its newline; 64 zeros for the first), `at`, `event`, and what
 * belongs to it. Lines are only added. Whoever changes, takes out or puts in a line breaks the chain at the line after it; whoever rewrites
 * all that follows, changes the last line or cuts off the end, must be caught elsewhere: so send kj_journal_append()'s digest to another
 * machine (the system log) where that matters.
 */
#ifndef KJ_JOURNAL_H
#define KJ_JOURNAL_H

#include <glib.h>

typedef enum {
    KJ_JOURNAL_DEPLOYED = 1,
    KJ_JOURNAL_REFUSED, /* `attack` names why */
    KJ_JOURNAL_ROLLED_BACK,
    KJ_JOURNAL_EMERGENCY_BEGUN,
    KJ_JOURNAL_EMERGENCY_ENDED,
    KJ_JOURNAL_RECOVERED, /* after a crash */
    KJ_JOURNAL_EVENTS,    /* one more than the last */
} KjJournalEvent;

typedef struct {
    gint64 at; /* seconds since 1970 */
    KjJournalEvent event;
    guint64 serial; /* 0: none */
    char *release;  /* the digest of the release; NULL: none */
    char *attack;   /* "rollback"; NULL: none */
    char *text;     /* a sentence; NULL: none */
} KjJournalEntry;

const char *kj_journal_event_name(KjJournalEvent event); /* "rolled back" */

/*
 * Adds a line to the file `path`, made where it is not there; it is on the disk when this returns. A last line that a crash left unfinished
 * is cut off first, and a line saying so goes before this one. The file must end as kj_journal_read reads it: FALSE with KJ_ERROR_REFUSED
 * when its last line is none, KJ_ERROR_IO otherwise, and the file is as it was. `digest`, if not NULL, takes the new line's SHA-256; free
 * with g_free.
 */
gboolean kj_journal_append(const char *path, const KjJournalEntry *entry, char **digest, GError **error);

/* All lines, first to last (KjJournalEntry). The whole chain is verified: NULL with KJ_ERROR_REFUSED and the number of the line at which it
 * breaks, or KJ_ERROR_IO. A file that is not there is an empty journal. `torn`, if not NULL: whether the last line is unfinished (it is
 * left out). Free with g_ptr_array_unref. */
GPtrArray *kj_journal_read(const char *path, gboolean *torn, GError **error);

#endif
