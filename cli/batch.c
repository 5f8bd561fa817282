/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kijun/value.h>
#include <kijun/view.h>

#include "batch.h"

#define COLUMN_INSTANT (-1)

struct KjBatch {
    FILE *file;
    const KjTable *table;
    guint block;
    char *line;
    size_t room;
    guint64 number;
    GPtrArray *names; /* char * */
    GArray *fields;   /* int: the field of each column, or COLUMN_INSTANT */
    GArray *sets;     /* gboolean */
    GError *problem;
    const char *failed; /* what the message is about */
    char *message;
};

void kj_batch_close(KjBatch *batch) {
    if (batch->file && batch->file != stdin)
        fclose(batch->file);
    free(batch->line);
    g_ptr_array_unref(batch->names);
    g_array_unref(batch->fields);
    g_array_unref(batch->sets);
    g_clear_error(&batch->problem);
    g_free(batch->message);
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

static gboolean add_column(KjBatch *batch, const char *name, GError **error) {
    KjBlockView block;
    KjFieldView view;
    int field = kj_table_find_field(batch->table, batch->block, name);
    gboolean set = FALSE;
    kj_view_block(batch->table, batch->block, &block);
    if (field >= 0) {
        kj_view_field(batch->table, block.first_field + (guint)field, &view);
        set = (view.flags & KJ_FIELD_SET) != 0;
    } else if (strcmp(name, "at") == 0) {
        field = COLUMN_INSTANT;
    } else {
        g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("line 1: the block `%s` has no field `%s`; `kijun describe %s` lists them"),
                    block.name, name,
                    block.domain);
        return FALSE;
    }
    g_ptr_array_add(batch->names, g_strdup(name));
    g_array_append_val(batch->fields, field);
    g_array_append_val(batch->sets, set);
    return TRUE;
}

KjBatch *kj_batch_open(const char *path, const KjTable *table, guint block, GError **error) {
    g_autoptr(KjBatch) batch = g_new0(KjBatch, 1);
    gboolean has_nul = FALSE;
    batch->table = table;
    batch->block = block;
    batch->names = g_ptr_array_new_with_free_func(g_free);
    batch->fields = g_array_new(FALSE, FALSE, sizeof(int));
    batch->sets = g_array_new(FALSE, FALSE, sizeof(gboolean));
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
        if (!add_column(batch, names[i], error))
            return NULL;
    return g_steal_pointer(&batch);
}

static gboolean set_cell(KjBatch *batch, KjRequest *request, guint column, char *cell, gint64 *instant, GError **error) {
    int field = g_array_index(batch->fields, int, column);
    const char *problem = NULL;
    if (*cell == 0)
        return TRUE;
    if (strchr(cell, '\\') && !unescape(cell)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("%s: a `\\` must be followed by t, n, \\ or a comma"),
                    (const char *)batch->names->pdata[column]);
        return FALSE;
    }
    if (field == COLUMN_INSTANT) {
        if (kj_value_read_instant(cell, strlen(cell), NULL, instant, &problem))
            return TRUE;
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("at: `%s` is no instant"), cell);
        return FALSE;
    }
    if (!g_array_index(batch->sets, gboolean, column))
        return kj_request_set_text(request, field, cell, -1, error);
    return kj_cli_set_field(batch->table, batch->block, request, batch->names->pdata[column], cell, error);
}

gboolean kj_batch_next(KjBatch *batch, KjRequest *request, gint64 instant, const char **problem) {
    gboolean has_nul = FALSE;
    *problem = NULL;
    kj_request_clear(request);
    char *cell = read_line(batch, &has_nul);
    if (!cell)
        return FALSE;
    if (has_nul) {
        *problem = _("a NUL byte in the row");
        return TRUE;
    }
    guint column = 0;
    for (char *next; cell; cell = next, column++) {
        next = strchr(cell, '\t');
        if (next)
            *next++ = 0;
        if (column >= batch->fields->len) {
            *problem = _("more cells than the first line has names");
            return TRUE;
        }
        g_clear_error(&batch->problem);
        if (!set_cell(batch, request, column, cell, &instant, &batch->problem)) {
            g_free(batch->message);
            batch->message = g_strdup(batch->problem->message);
            *problem = batch->message;
            return TRUE;
        }
    }
    if (column < batch->fields->len) {
        *problem = _("fewer cells than the first line has names; an empty cell still needs its tab");
        return TRUE;
    }
    kj_request_set_instant(request, instant);
    return TRUE;
}

guint64 kj_batch_line(const KjBatch *batch) {
    return batch->number;
}
