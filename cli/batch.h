/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recorded requests: the batch form (tab-separated, logs/tsv.c), or a log that another reader of logs/ knows. Streams: a file is never held
 * whole.
 *
 * One file may be read for two blocks at once, two versions of a policy (replay): a row becomes a request for each, and a column that only
 * one of them has is passed over for the other.
 */
#ifndef KJ_BATCH_H
#define KJ_BATCH_H

#include "cli.h"

#define KJ_BATCH_SIDES 2

typedef struct {
    const KjTable *table;
    guint block;
} KjBatchSide;

/* How a log is written; all zero is what it looks like. */
typedef struct {
    const char *form;    /* "tsv", "kijun", the name of a domain's reader, "auto" or NULL */
    const char *columns; /* names apart by commas: the file is tab-separated and its first line is a request already; or NULL */
    gint64 now;          /* for a domain's reader */
} KjBatchForm;

typedef struct KjBatch KjBatch;

/* Opens FILE ("-": standard input) and reads the names, if the form has any. NULL with an error: the file, or no such form. */
KjBatch *kj_batch_open(const char *path, const KjBatchForm *form, GError **error);
void kj_batch_close(KjBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBatch, kj_batch_close)

/* The block that the log itself says it is of (module.block), or NULL. */
const char *kj_batch_block(const KjBatch *batch);
/* Whether every column is a field of one of these blocks, or `at`; of a system's log, whether they are of its domain. */
gboolean kj_batch_fits(const KjBatch *batch, const KjBatchSide *sides, guint count);
/* The block, or the two, that rows are read for. FALSE with an error: a column that is no field of any. */
gboolean kj_batch_bind(KjBatch *batch, const KjBatchSide *sides, guint count, GError **error);

/* Reads the next row into the requests, one for each side, which it clears first; `instant` is for rows without one. FALSE at the end of
 * the file. A row that cannot be used for a side sets its problem (owned by the batch, until the next call) and leaves its request
 * unusable. */
gboolean kj_batch_next(KjBatch *batch, KjRequest *const *requests, gint64 instant, const char **problems);

/* 1-based line of the row read last. */
guint64 kj_batch_line(const KjBatch *batch);
/* Requests of which the log does not tell enough. */
guint64 kj_batch_passed(const KjBatch *batch);
/* The row read last as arguments of `kijun explain`, quoted for a shell. Free with g_free. */
char *kj_batch_arguments(const KjBatch *batch, gint64 instant);

#endif
