/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "batch.h"

#define COLUMN_INSTANT (-1)
#define COLUMN_ELSEWHERE (-2) /* a field of the other side only */

/* A column, and what it is to each side. */
typedef struct {
    int fields[KJ_BATCH_SIDES]; /* or one of the above */
    gboolean sets[KJ_BATCH_SIDES];
} Column;

struct KjBatch {
    FILE *file;
    KjBatchSide sides[KJ_BATCH_SIDES];
    guint side_count;
    char *line;
    size_t room;
    guint64 number;
    GPtrArray *names; /* char * */
    GArray *columns;  /* Column */
    GPtrArray *cells; /* char *: of the row read last, in `line` */
    char *messages[KJ_BATCH_SIDES];
};

void kj_batch_close(KjBatch *batch) {
    if (batch->file && batch->file != stdin)
        fclose(batch->file);
    free(batch->line);
    g_ptr_array_unref(batch->names);
    g_ptr_array_unref(batch->cells);
    g_array_unref(batch->columns);
    for (guint side = 0; side < KJ_BATCH_SIDES; side++)
        g_free(batch->messages[side]);
    g_free(batch);
}

/* The next line without its line end; NULL at the end of the file. A NUL inside it is kept from cutting it short by refusing the line. */
static char *read_line(KjBatch *batch, gboolean *has_nul) {
    ssize_t length = getline(&batch->line, &batch->room, batch->file);
    if (length < 0)
        return NULL;
    batch->number++;
    *has_nul = memchr(batch->line, 0, (size_t)length) != NULL;
    if (length > 0 && batch->line[length - 1] == '\n')
        batch->line[--length] = 0;
    if (length > 0 && batch->line[length - 1] == '\r')
        batch->line[--length] = 0;
    return batch->line;
}

/* Undoes \t \n \\ in place. */
static gboolean unescape(char *cell) {
    char *out = cell;
    for (char *in = cell; *in; in++) {
        if (*in != '\\') {
            *out++ = *in;
            continue;
        }
        in++;
        if (*in == 't')
            *out++ = '\t';
        else if (*in == 'n')
            *out++ = '\n';
        else if (*in == '\\')
            *out++ = '\\';
        else if (*in == ',') { /* kept for the set reader, which knows what it means */
            *out++ = '\\';
            *out++ = ',';
        } else
            return FALSE;
    }
    *out = 0;
    return TRUE;
}

/* ---- the first line ---- */

KjBatch *kj_batch_open(const char *path, GError **error) {
    g_autoptr(KjBatch) batch = g_new0(KjBatch, 1);
    gboolean has_nul = FALSE;
    batch->names = g_ptr_array_new_with_free_func(g_free);
    batch->cells = g_ptr_array_new();
    batch->columns = g_array_new(FALSE, FALSE, sizeof(Column));
    batch->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!batch->file) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    char *line = read_line(batch, &has_nul);
    if (!line || has_nul) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: the first line must name the fields, separated by tabs"), path);
        return NULL;
    }
    g_auto(GStrv) names = g_strsplit(line, "\t", -1);
    for (guint i = 0; names[i]; i++)
        g_ptr_array_add(batch->names, g_strdup(names[i]));
    return g_steal_pointer(&batch);
}

const GPtrArray *kj_batch_names(const KjBatch *batch) {
    return batch->names;
}

/* FALSE: no side has such a field. */
static gboolean find_column(const char *name, const KjBatchSide *sides, guint count, Column *column) {
    gboolean found = FALSE;
    for (guint side = 0; side < count; side++) {
        KjBlockView block;
        KjFieldView view;
        int field = kj_table_find_field(sides[side].table, sides[side].block, name);
        column->fields[side] = field >= 0 ? field : COLUMN_ELSEWHERE;
        found |= field >= 0;
        if (field < 0)
            continue;
        kj_view_block(sides[side].table, sides[side].block, &block);
        kj_view_field(sides[side].table, block.first_field + (guint)field, &view);
        column->sets[side] = (view.flags & KJ_FIELD_SET) != 0;
    }
    if (!found && strcmp(name, "at") == 0)
        column->fields[0] = COLUMN_INSTANT;
    return found || column->fields[0] == COLUMN_INSTANT;
}

gboolean kj_batch_fits(const KjBatch *batch, const KjBatchSide *sides, guint count) {
    for (guint i = 0; i < batch->names->len; i++) {
        Column column = { { 0 }, { FALSE } };
        if (!find_column(batch->names->pdata[i], sides, count, &column))
            return FALSE;
    }
    return TRUE;
}

gboolean kj_batch_bind(KjBatch *batch, const KjBatchSide *sides, guint count, GError **error) {
    batch->side_count = count;
    memcpy(batch->sides, sides, count * sizeof *sides);
    for (guint i = 0; i < batch->names->len; i++) {
        Column column = { { 0 }, { FALSE } };
        if (!find_column(batch->names->pdata[i], sides, count, &column)) {
            KjBlockView block;
            kj_view_block(sides[count - 1].table, sides[count - 1].block, &block);
            g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("line 1: the block `%s` has no field `%s`; `kijun describe %s` lists them"),
                        block.name, (const char *)batch->names->pdata[i], block.domain);
            return FALSE;
        }
        g_array_append_val(batch->columns, column);
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
    g_autoptr(GError) error = NULL;
    gboolean good = TRUE;
    if (of->fields[side] < 0)
        return;
    if (of->sets[side])
        good = kj_cli_set_field(batch->sides[side].table, batch->sides[side].block, request, batch->names->pdata[column], cell, &error);
    else
        good = kj_request_set_text(request, of->fields[side], cell, -1, &error);
    if (!good && !problems[side])
        set_problem(batch, side, problems, g_strdup(error->message));
}

/* Splits the row into cells, still escaped. FALSE: it has not as many as there are names. */
static gboolean split(KjBatch *batch, char *cell, const char **problems) {
    g_ptr_array_set_size(batch->cells, 0);
    for (char *next; cell; cell = next) {
        next = strchr(cell, '\t');
        if (next)
            *next++ = 0;
        g_ptr_array_add(batch->cells, cell);
    }
    if (batch->cells->len > batch->columns->len)
        spoil(batch, problems, _("more cells than the first line has names"));
    else if (batch->cells->len < batch->columns->len)
        spoil(batch, problems, _("fewer cells than the first line has names; an empty cell still needs its tab"));
    return batch->cells->len == batch->columns->len;
}

gboolean kj_batch_next(KjBatch *batch, KjRequest *const *requests, gint64 instant, const char **problems) {
    gboolean has_nul = FALSE;
    const char *problem = NULL;
    for (guint side = 0; side < batch->side_count; side++) {
        problems[side] = NULL;
        kj_request_clear(requests[side]);
    }
    char *line = read_line(batch, &has_nul);
    if (!line)
        return FALSE;
    if (has_nul)
        return spoil(batch, problems, _("a NUL byte in the row"));
    if (!split(batch, line, problems))
        return TRUE;
    for (guint column = 0; column < batch->columns->len; column++) {
        char *cell = batch->cells->pdata[column];
        if (*cell == 0)
            continue;
        if (strchr(cell, '\\') && !unescape(cell)) {
            g_autofree char *message =
                g_strdup_printf(_("%s: a `\\` must be followed by t, n, \\ or a comma"), (const char *)batch->names->pdata[column]);
            return spoil(batch, problems, message);
        }
        if (g_array_index(batch->columns, Column, column).fields[0] == COLUMN_INSTANT) {
            if (kj_value_read_instant(cell, strlen(cell), NULL, &instant, &problem))
                continue;
            g_autofree char *message = g_strdup_printf(_("at: `%s` is no instant"), cell);
            return spoil(batch, problems, message);
        }
        for (guint side = 0; side < batch->side_count; side++)
            set_cell(batch, side, requests[side], column, cell, problems);
    }
    for (guint side = 0; side < batch->side_count; side++)
        kj_request_set_instant(requests[side], instant);
    return TRUE;
}

guint64 kj_batch_line(const KjBatch *batch) {
    return batch->number;
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
    for (guint column = 0; column < batch->cells->len; column++) {
        const char *cell = batch->cells->pdata[column];
        g_autofree char *argument = g_strconcat(batch->names->pdata[column], "=", cell, NULL);
        if (*cell && g_array_index(batch->columns, Column, column).fields[0] == COLUMN_INSTANT)
            at = cell;
        else if (*cell)
            append_argument(out, argument);
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant);
    g_autofree char *now = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    append_argument(out, "--at");
    append_argument(out, at ? at : now);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
