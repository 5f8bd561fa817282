/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A system's own log, which a domain knows how to read. */
#include "reader.h"

#include <kijun/translate.h>

typedef struct {
    KjRowReader reader;
    const KjLogReaderDefinition *definition;
    void *state;
} DomainReader;

static gboolean take(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    (void)error;
    kj_row_add(sink->data, field, value);
    return TRUE;
}

static KjLogLine read_line(KjRowReader *base, char *line, KjRow *row) {
    DomainReader *reader = (DomainReader *)base;
    KjRequestSink sink = { .size = sizeof sink, .data = row, .set = take };
    g_autoptr(GError) error = NULL;
    KjLogLine what = reader->definition->read(reader->state, line, &sink, &row->instant, &error);
    row->has_instant = what == KJ_LOG_LINE_REQUEST;
    return what == KJ_LOG_LINE_BAD ? kj_row_spoil(row, g_strdup(error ? error->message : _("not understood"))) : what;
}

static void reader_free(KjRowReader *base) {
    DomainReader *reader = (DomainReader *)base;
    reader->definition->close(reader->state);
    g_free(reader);
}

KjRowReader *kj_domain_reader_new(const KjLogReaderDefinition *definition, gint64 now, KjRow *row) {
    DomainReader *reader = g_new0(DomainReader, 1);
    reader->reader = (KjRowReader){ read_line, reader_free };
    reader->definition = definition;
    reader->state = definition->open(now);
    for (guint i = 0; definition->fields[i]; i++)
        kj_row_column(row, definition->fields[i]);
    return &reader->reader;
}
