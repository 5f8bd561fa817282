/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests in a tab-separated file: the first line names the fields, each further line is one request. An empty cell is a missing field; `\t`, `\n`,
 * `\\` stand for themselves; members of a set-valued field are separated by commas. A column `at` is the request's instant. The file
 * is read line by line and never held whole.
 */
#ifndef KJ_BATCH_H
#define KJ_BATCH_H

#include "cli.h"

typedef struct KjBatch KjBatch;

/* Opens FILE ("-": standard input) and reads the names. NULL with an error: the file, or a name that is no field of the block. */
KjBatch *kj_batch_open(const char *path, const KjTable *table, guint block, GError **error);
void kj_batch_close(KjBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjBatch, kj_batch_close)

/* Reads the next row into `request`, which it clears first; `instant` is for rows without one. FALSE at the end of the file. A row that
 * cannot be used sets *problem (owned by the batch, until the next call) and leaves the request unusable. */
gboolean kj_batch_next(KjBatch *batch, KjRequest *request, gint64 instant, const char **problem);

/* 1-based line of the row read last. */
guint64 kj_batch_line(const KjBatch *batch);

#endif
