/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change does to requests that were really made.
 *
 * Each row of the log becomes a request for both versions and is decided by both tables. An answer is the effect, its parameters (a rate),
 * its obligations and the rule that gave it; rows with the same two answers are one kind, counted and shown by a few examples. What is kept
 * grows with the number of kinds, never with the length of the log. A message to people is no part of an answer.
 *
 * A row that neither version can use is a bad row. One that only one version can use is a change like any other: there it is refused in
 * error.
 */
#ifndef KJ_CLI_REPLAYED_H
#define KJ_CLI_REPLAYED_H

#include <kijun/kijun.h>

enum { KJ_OLD, KJ_NEW };

typedef struct {
    guint64 line;
    char *arguments; /* of `kijun explain` */
} KjReplayedExample;

/* Rows with the same two answers. */
typedef struct {
    char *effects[2];  /* "limit rate 100/s burst 200, @log" */
    char *rules[2];    /* label, "default", "error" */
    guint64 count;
    GArray *shown;     /* KjReplayedExample */
} KjReplayedKind;

/* What is asked. */
typedef struct {
    const char *log_file, *log_form, *columns; /* as for kj_batch_open */
    const char *block; /* NULL: the one whose fields the log names */
    gint64 instant;    /* of requests without a time */
    int examples;      /* of each kind of change */
    /* Called for each row instead of counting its kind; may be NULL. */
    void (*each)(char *const answers[2], const KjVerdict verdicts[2]);
} KjReplaying;

typedef struct {
    KjReplaying asked;
    KjTable *tables[2]; /* borrowed */
    guint blocks[2];
    KjRequest *requests[2];
    GHashTable *kinds;  /* "effect\teffect\trule\trule" -> KjReplayedKind: those that changed */
    GPtrArray *order;   /* the same, changed answers first, then most rows first */
    guint64 rows, same, changed, moved, bad, passed; /* moved: the same answer by another rule; passed: the log tells too little, no row */
    GPtrArray *problems; /* char *: of the first bad rows */
} KjReplayed;

/* Reads the whole log. Returns KJ_EXIT_FINE also when rows are bad; another code, after telling why, when it could not be read. Clear with kj_replayed_clear either way. */
int kj_replayed_read(KjReplayed *replayed, KjTable *const tables[2], const KjReplaying *asked);
void kj_replayed_clear(KjReplayed *replayed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjReplayed, kj_replayed_clear)

/* "mail.forwarding"; free with g_free. */
char *kj_replayed_block(const KjReplayed *replayed);
/* Whether the answer is the same, by another rule. */
gboolean kj_replayed_is_moved(const KjReplayedKind *kind);
/* A number of rows in percent of all. */
double kj_replayed_share(const KjReplayed *replayed, guint64 count);

#endif
