/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readers of recorded requests, one for each form of log: lines go in, rows come out.
 *
 * A row is what a log says of one request: texts by name, each as `kijun decide NAME=TEXT` would take it. A reader knows the form alone;
 * what a name means to a block, and whether a text is a value, batch.c asks. What a line of a system's own log means is the domain's to say
 * (KjLogReaderDefinition); here are the forms that belong to no domain.
 *
 *     tsv.c      tab-separated, the first line or the user names the columns
 *     kijun.c    the decision log as JSON lines (runtime/log/json.c)
 *     domain.c   whatever a domain's reader makes of a line
 */
#ifndef KJ_READER_H
#define KJ_READER_H

#include <kijun/plugin.h>

typedef struct {
    GPtrArray *names; /* char * */
    GPtrArray *cells; /* const char *, one for each name; NULL: missing */
    GPtrArray *texts; /* GString *, one for each name: room for cells that are not in the line */
    gboolean has_instant;
    gint64 instant;
    char *problem; /* why the row is of no use (translated); NULL if it is */
} KjRow;

KjRow *kj_row_new(void);
void kj_row_free(KjRow *row);
/* Every cell is missing, as before a line is read. */
void kj_row_clear(KjRow *row);
/* The place of a name, which is added if it is not there yet. */
guint kj_row_column(KjRow *row, const char *name);
/* A value, copied; of a set a further member. NULL: the set is there and empty. */
void kj_row_add(KjRow *row, const char *name, const char *value);
/* Takes the problem. */
KjLogLine kj_row_spoil(KjRow *row, char *problem);

typedef struct KjRowReader KjRowReader;
struct KjRowReader {
    KjLogLine (*read)(KjRowReader *reader, char *line, KjRow *row); /* may write in the line, and cells may point into it */
    void (*free)(KjRowReader *reader);
};

/* The names are the row's, which are there already. */
KjRowReader *kj_tsv_reader_new(void);
/* Adds the names of a first line. FALSE: it names nothing. */
gboolean kj_tsv_read_names(const char *line, KjRow *row);

/* Records of one block; see kj_kijun_reader_set_block. */
KjRowReader *kj_kijun_reader_new(void);
gboolean kj_kijun_recognise(const char *bytes, gsize length);
/* The block (module.block) that a log's first record is of, from the log's beginning; NULL if there is none. Free with g_free. */
char *kj_kijun_first_block(const char *bytes, gsize length);
/* Only records of this block are rows; of `module.block` the last part counts. */
void kj_kijun_reader_set_block(KjRowReader *reader, const char *block);

KjRowReader *kj_domain_reader_new(const KjLogReaderDefinition *definition, gint64 now, KjRow *row);

#endif
