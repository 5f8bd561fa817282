/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The batch form: tab-separated, one request a line. `\t`, `\n` and `\\` are escaped; a set-valued cell separates its members by commas
 * (`\,` is a comma); an empty cell, or `\N` as databases write it, is a missing field.
 */
#include "reader.h"

#include <string.h>

#include <kijun/translate.h>

gboolean kj_tsv_read_names(const char *line, KjRow *row) {
    g_auto(GStrv) names = g_strsplit(line, "\t", -1);
    for (guint i = 0; names[i]; i++) {
        g_ptr_array_add(row->names, g_strdup(names[i])); /* not kj_row_column: what stands there twice is two columns */
        g_ptr_array_add(row->cells, NULL);
        g_ptr_array_add(row->texts, g_string_new(NULL));
    }
    return names[0] != NULL;
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

static KjLogLine read_line(KjRowReader *reader, char *line, KjRow *row) {
    (void)reader;
    guint count = 1;
    for (const char *tab = line; (tab = strchr(tab, '\t')) != NULL; tab++)
        count++;
    if (count > row->names->len)
        return kj_row_spoil(row, g_strdup(_("more cells than the first line has names")));
    if (count < row->names->len)
        return kj_row_spoil(row, g_strdup(_("fewer cells than the first line has names; an empty cell still needs its tab")));
    char *cell = line;
    for (guint column = 0; column < count; column++) {
        char *next = strchr(cell, '\t');
        if (next)
            *next++ = 0;
        if (*cell && strcmp(cell, "\\N") != 0) {
            if (strchr(cell, '\\') && !unescape(cell))
                return kj_row_spoil(row, g_strdup_printf(_("%s: a `\\` must be followed by t, n, \\ or a comma"),
                                                         (const char *)row->names->pdata[column]));
            row->cells->pdata[column] = cell;
        }
        cell = next;
    }
    return KJ_LOG_LINE_REQUEST;
}

static void reader_free(KjRowReader *reader) {
    g_free(reader);
}

KjRowReader *kj_tsv_reader_new(void) {
    KjRowReader *reader = g_new0(KjRowReader, 1);
    *reader = (KjRowReader){ read_line, reader_free };
    return reader;
}
