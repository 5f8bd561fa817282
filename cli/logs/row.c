/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <string.h>

#include <kijun/translate.h>

static void free_text(gpointer data) {
    g_string_free(data, TRUE);
}

KjRow *kj_row_new(void) {
    KjRow *row = g_new0(KjRow, 1);
    row->names = g_ptr_array_new_with_free_func(g_free);
    row->cells = g_ptr_array_new();
    row->texts = g_ptr_array_new_with_free_func(free_text);
    return row;
}

void kj_row_free(KjRow *row) {
    g_ptr_array_unref(row->names);
    g_ptr_array_unref(row->cells);
    g_ptr_array_unref(row->texts);
    g_free(row->problem);
    g_free(row);
}

void kj_row_clear(KjRow *row) {
    for (guint i = 0; i < row->cells->len; i++)
        row->cells->pdata[i] = NULL;
    row->has_instant = FALSE;
    g_clear_pointer(&row->problem, g_free);
}

guint kj_row_column(KjRow *row, const char *name) {
    for (guint i = 0; i < row->names->len; i++)
        if (strcmp(row->names->pdata[i], name) == 0)
            return i;
    g_ptr_array_add(row->names, g_strdup(name));
    g_ptr_array_add(row->cells, NULL);
    g_ptr_array_add(row->texts, g_string_new(NULL));
    return row->names->len - 1;
}

/* Members of a set stand in one cell, apart by commas; a comma in one is escaped. */
void kj_row_add(KjRow *row, const char *name, const char *value) {
    guint column = kj_row_column(row, name);
    GString *text = row->texts->pdata[column];
    if (!row->cells->pdata[column])
        g_string_truncate(text, 0);
    else if (text->len > 0 && text->str[text->len - 1] == '\\')
        kj_row_spoil(row, g_strdup_printf(_("%s: a member that ends in `\\`"), name));
    else
        g_string_append_c(text, ',');
    for (; value && *value; value++) {
        if (*value == ',')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *value);
    }
    row->cells->pdata[column] = text->str;
}

KjLogLine kj_row_spoil(KjRow *row, char *problem) {
    g_free(row->problem);
    row->problem = problem;
    return KJ_LOG_LINE_BAD;
}
