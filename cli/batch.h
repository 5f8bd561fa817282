/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The batch form: tab-separated, the first line names the fields, one request a line, `at` is the instant. `\t`, `\n` and `\\` are escaped;
 * a set-valued cell separates its members by commas (`\,` is a comma). An empty cell is a missing field. Streams: a file is never held
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

typedef struct KjBatch KjBatch;

/* Opens FILE ("-": standard input) and reads the names. NULL with an error: the file. */
KjBatch *kj_batch_open(const char *path, GError **error);
void kj_batch_close(KjBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBatch, kj_batch_close)

/* What the columns are called. */
const GPtrArray *kj_batch_names(const KjBatch *batch);
/* Whether every column is a field of one of these blocks, or `at`. */
gboolean kj_batch_fits(const KjBatch *batch, const KjBatchSide *sides, guint count);
/* The block, or the two, that rows are read for. FALSE with an error: a column that is no field of any. */
gboolean kj_batch_bind(KjBatch *batch, const KjBatchSide *sides, guint count, GError **error);

/* Reads the next row into the requests, one for each side, which it clears first; `instant` is for rows without one. FALSE at the end of
 * the file. A row that cannot be used for a side sets its problem (owned by the batch, until the next call) and leaves its request
 * unusable. */
gboolean kj_batch_next(KjBatch *batch, KjRequest *const *requests, gint64 instant, const char **problems);

/* 1-based line of the row read last. */
guint64 kj_batch_line(const KjBatch *batch);
/* The row read last as arguments of `kijun explain`, quoted for a shell. Free with g_free. */
char *kj_batch_arguments(const KjBatch *batch, gint64 instant);

#endif
