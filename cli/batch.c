/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows to requests. A reader (logs/) gives texts by name; what a name is to each of the blocks is looked up once, and a name that first
 * shows in a later row when it shows.
 */
#include <stdio.h>
#include <string.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "../compiler/progress.h"
#include "batch.h"
#include "logs/lines.h"
#include "logs/reader.h"

#define COLUMN_INSTANT (-1)
#define COLUMN_ELSEWHERE (-2) /* a field of the other side only */

/* A column, and what it is to each side. */
typedef struct {
    int fields[KJ_BATCH_SIDES]; /* or one of the above */
    gboolean sets[KJ_BATCH_SIDES];
    gboolean unknown; /* no side has it */
} Column;

struct KjBatch {
    KjLines *lines;
    KjRowReader *reader;
    KjRow *row;
    const char *domain; /* whose log it is; NULL: a form of no domain */
    gboolean kijun;     /* our own log */
    char *block;
    gint64 instant; /* of the row read last */
    guint64 passed;
    KjBatchSide sides[KJ_BATCH_SIDES];
    guint side_count;
    GArray *columns; /* Column */
    char *messages[KJ_BATCH_SIDES];
};

void kj_batch_close(KjBatch *batch) {
    g_clear_pointer(&batch->lines, kj_lines_close);
    if (batch->reader)
        batch->reader->free(batch->reader);
    kj_row_free(batch->row);
    g_array_unref(batch->columns);
    for (guint side = 0; side < KJ_BATCH_SIDES; side++)
        g_free(batch->messages[side]);
    g_free(batch->block);
    g_free(batch);
}

/* ---- which form ---- */

/* The reader that `form` names, or, where that is NULL, one that knows the beginning. Sets batch->domain. */
static const KjLogReaderDefinition *find_definition(KjBatch *batch, const char *form, GString *known) {
    kj_plugins_load(NULL);
    g_autofree const KjDomain **domains = kj_plugin_list();
    gsize length;
    const char *bytes = kj_lines_peek(batch->lines, &length);
    for (guint i = 0; domains[i]; i++) {
        for (const KjLogReaderDefinition *reader = kj_domain_log_readers(domains[i]); reader && reader->name; reader++) {
            g_string_append_printf(known, ", %s", reader->name);
            if (form ? strcmp(form, reader->name) != 0 : !reader->recognise(bytes, length))
                continue;
            batch->domain = domains[i]->name;
            return reader;
        }
    }
    return NULL;
}

/* The first line, or the user, names the columns. */
static gboolean open_tsv(KjBatch *batch, const char *path, const char *columns, GError **error) {
    g_auto(GStrv) names = columns ? g_strsplit(columns, ",", -1) : NULL;
    g_autofree char *joined = names ? g_strjoinv("\t", names) : NULL;
    char *line = joined;
    if (!joined && kj_lines_next(batch->lines, &line) != KJ_LINE_READ)
        line = NULL;
    if (!line || !kj_tsv_read_names(line, batch->row)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: the first line must name the fields, separated by tabs"), path);
        return FALSE;
    }
    batch->reader = kj_tsv_reader_new();
    return TRUE;
}

static gboolean open_reader(KjBatch *batch, const char *path, const KjBatchForm *form, GError **error) {
    g_autoptr(GString) known = g_string_new("tsv, kijun");
    const char *named = form->columns ? "tsv" : g_strcmp0(form->form, "auto") == 0 ? NULL : form->form;
    gsize length;
    const char *bytes = kj_lines_peek(batch->lines, &length);
    batch->kijun = named ? strcmp(named, "kijun") == 0 : kj_kijun_recognise(bytes, length);
    if (batch->kijun) {
        batch->reader = kj_kijun_reader_new();
        batch->block = kj_kijun_first_block(bytes, length);
        return TRUE;
    }
    const KjLogReaderDefinition *definition = find_definition(batch, named, known);
    if (definition) {
        batch->reader = kj_domain_reader_new(definition, form->now, batch->row);
        return TRUE;
    }
    if (!named || strcmp(named, "tsv") == 0)
        return open_tsv(batch, path, form->columns, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("no form of log is called `%s`; there are auto, %s"), named, known->str);
    return FALSE;
}

KjBatch *kj_batch_open(const char *path, const KjBatchForm *form, GError **error) {
    g_autoptr(KjBatch) batch = g_new0(KjBatch, 1);
    batch->row = kj_row_new();
    batch->columns = g_array_new(FALSE, FALSE, sizeof(Column));
    batch->lines = kj_lines_open(path, error);
    return batch->lines && open_reader(batch, path, form, error) ? g_steal_pointer(&batch) : NULL;
}

const char *kj_batch_block(const KjBatch *batch) {
    return batch->block;
}

/* ---- what the columns are ---- */

static Column find_column(const KjBatch *batch, const char *name, const KjBatchSide *sides, guint count) {
    Column column = { .unknown = TRUE };
    for (guint side = 0; side < count; side++) {
        KjBlockView block;
        KjFieldView view;
        int field = kj_table_find_field(sides[side].table, sides[side].block, name);
        column.fields[side] = field >= 0 ? field : COLUMN_ELSEWHERE;
        column.unknown &= field < 0;
        if (field < 0)
            continue;
        kj_view_block(sides[side].table, sides[side].block, &block);
        kj_view_field(sides[side].table, block.first_field + (guint)field, &view);
        column.sets[side] = (view.flags & KJ_FIELD_SET) != 0;
    }
    if (column.unknown && !batch->domain && !batch->kijun && strcmp(name, "at") == 0) {
        column.fields[0] = COLUMN_INSTANT;
        column.unknown = FALSE;
    }
    return column;
}

static gboolean is_of_domain(const KjBatch *batch, const KjBatchSide *sides, guint count) {
    for (guint side = 0; side < count; side++) {
        KjBlockView block;
        kj_view_block(sides[side].table, sides[side].block, &block);
        if (batch->domain && strcmp(block.domain, batch->domain) != 0)
            return FALSE;
    }
    return TRUE;
}

gboolean kj_batch_fits(const KjBatch *batch, const KjBatchSide *sides, guint count) {
    if (!is_of_domain(batch, sides, count))
        return FALSE;
    for (guint i = 0; i < batch->row->names->len && !batch->domain; i++)
        if (find_column(batch, batch->row->names->pdata[i], sides, count).unknown)
            return FALSE;
    return TRUE;
}

/* Columns for the names that have none yet. */
static void add_columns(KjBatch *batch) {
    while (batch->columns->len < batch->row->names->len) {
        Column column = find_column(batch, batch->row->names->pdata[batch->columns->len], batch->sides, batch->side_count);
        g_array_append_val(batch->columns, column);
    }
}

gboolean kj_batch_bind(KjBatch *batch, const KjBatchSide *sides, guint count, GError **error) {
    KjBlockView block;
    kj_view_block(sides[count - 1].table, sides[count - 1].block, &block);
    batch->side_count = count;
    memcpy(batch->sides, sides, count * sizeof *sides);
    if (batch->kijun)
        kj_kijun_reader_set_block(batch->reader, block.name);
    if (!is_of_domain(batch, sides, count)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the log is of the domain `%s`, the block `%s` is of `%s`"),
                    batch->domain, block.name, block.domain);
        return FALSE;
    }
    add_columns(batch);
    for (guint i = 0; i < batch->columns->len && !batch->domain; i++) {
        if (!g_array_index(batch->columns, Column, i).unknown)
            continue;
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("line 1: the block `%s` has no field `%s`; `kijun describe %s` lists them"),
                    block.name, (const char *)batch->row->names->pdata[i], block.domain);
        return FALSE;
    }
    return TRUE;
}

/* ---- rows ---- */

static void set_problem(KjBatch *batch, guint side, const char **problems, char *message) {
    g_free(batch->messages[side]);
    batch->messages[side] = message;
    problems[side] = message;
}

/* The whole row is of no use. */
static gboolean spoil(KjBatch *batch, const char **problems, const char *message) {
    for (guint side = 0; side < batch->side_count; side++)
        set_problem(batch, side, problems, g_strdup(message));
    return TRUE;
}

static void set_cell(KjBatch *batch, guint side, KjRequest *request, guint column, const char *cell, const char **problems) {
    const Column *of = &g_array_index(batch->columns, Column, column);
    const KjBatchSide *to = &batch->sides[side];
    g_autoptr(GError) error = NULL;
    gboolean good = TRUE;
    if (of->fields[side] < 0)
        return;
    if (of->sets[side])
        good = kj_cli_set_field(to->table, to->block, request, batch->row->names->pdata[column], cell, &error);
    else
        good = kj_request_set_text(request, of->fields[side], cell, -1, &error);
    if (!good && !problems[side])
        set_problem(batch, side, problems, g_strdup(error->message));
}

static gboolean set_row(KjBatch *batch, KjRequest *const *requests, const char **problems) {
    const KjRow *row = batch->row;
    const char *problem = NULL;
    add_columns(batch);
    for (guint column = 0; column < batch->columns->len; column++) {
        const Column *of = &g_array_index(batch->columns, Column, column);
        const char *cell = row->cells->pdata[column];
        if (!cell || (of->unknown && batch->domain))
            continue;
        if (of->unknown) {
            g_autofree char *message = g_strdup_printf(_("no such field: `%s`"), (const char *)row->names->pdata[column]);
            return spoil(batch, problems, message);
        }
        if (of->fields[0] == COLUMN_INSTANT) {
            if (kj_value_read_instant(cell, strlen(cell), NULL, &batch->instant, &problem))
                continue;
            g_autofree char *message = g_strdup_printf(_("at: `%s` is no instant"), cell);
            return spoil(batch, problems, message);
        }
        for (guint side = 0; side < batch->side_count; side++)
            set_cell(batch, side, requests[side], column, cell, problems);
    }
    for (guint side = 0; side < batch->side_count; side++)
        kj_request_set_instant(requests[side], batch->instant);
    return TRUE;
}

gboolean kj_batch_next(KjBatch *batch, KjRequest *const *requests, gint64 instant, const char **problems) {
    static const char work[] = N_("lines read");
    char *line;
    for (guint side = 0; side < batch->side_count; side++) {
        problems[side] = NULL;
        kj_request_clear(requests[side]);
    }
    for (;;) {
        kj_row_clear(batch->row);
        batch->instant = instant;
        guint64 number = kj_lines_number(batch->lines);
        kj_progress(work, NULL, number, 0);
        switch (kj_lines_next(batch->lines, &line)) {
        case KJ_LINE_END:
            kj_progress(work, NULL, number, number);
            return FALSE;
        case KJ_LINE_BAD:
            return spoil(batch, problems, line);
        case KJ_LINE_READ:
            break;
        }
        switch (batch->reader->read(batch->reader, line, batch->row)) {
        case KJ_LOG_LINE_NONE:
            continue;
        case KJ_LOG_LINE_PASSED:
            batch->passed++;
            continue;
        case KJ_LOG_LINE_BAD:
            return spoil(batch, problems, batch->row->problem);
        case KJ_LOG_LINE_REQUEST:
            if (batch->row->problem)
                return spoil(batch, problems, batch->row->problem);
            batch->instant = batch->row->has_instant ? batch->row->instant : instant;
            return set_row(batch, requests, problems);
        }
    }
}

guint64 kj_batch_line(const KjBatch *batch) {
    return kj_lines_number(batch->lines);
}

guint64 kj_batch_passed(const KjBatch *batch) {
    return batch->passed;
}

/* ---- the row again ---- */

static void append_argument(GString *out, const char *argument) {
    g_autofree char *quoted = g_shell_quote(argument);
    gboolean plain = argument[strspn(argument, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,@+-")] == '\0';
    g_string_append_printf(out, "%s%s", out->len ? " " : "", plain ? argument : quoted);
}

char *kj_batch_arguments(const KjBatch *batch, gint64 instant) {
    g_autoptr(GString) out = g_string_new(NULL);
    const char *at = NULL;
    for (guint column = 0; column < batch->columns->len; column++) {
        const Column *of = &g_array_index(batch->columns, Column, column);
        const char *cell = batch->row->cells->pdata[column];
        if (!cell || of->unknown)
            continue;
        g_autofree char *argument = g_strconcat(batch->row->names->pdata[column], "=", cell, NULL);
        if (of->fields[0] == COLUMN_INSTANT)
            at = cell;
        else
            append_argument(out, argument);
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(batch->row->has_instant ? batch->row->instant : instant);
    g_autofree char *now = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    append_argument(out, "--at");
    append_argument(out, at ? at : now);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
