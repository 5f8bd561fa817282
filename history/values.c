/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "values.h"

KjValues *kj_values_new(void) {
    KjValues *values = g_new(KjValues, 1);
    *values = (KjValues){ g_array_new(FALSE, FALSE, sizeof(KjStatementValue)), g_string_chunk_new(1024) };
    return values;
}

void kj_values_free(KjValues *values) {
    if (!values)
        return;
    g_array_unref(values->pairs);
    g_string_chunk_free(values->texts);
    g_free(values);
}

void kj_values_add(KjValues *values, const char *key, const char *value) {
    KjStatementValue pair = { g_string_chunk_insert_const(values->texts, key), g_string_chunk_insert(values->texts, value) };
    g_array_append_val(values->pairs, pair);
}

void kj_values_add_format(KjValues *values, const char *key, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    kj_values_add(values, key, text);
}

void kj_values_add_instant(KjValues *values, const char *key, gint64 instant) {
    g_autofree char *text = kj_statement_date(instant);
    kj_values_add(values, key, text);
}

void kj_values_add_list(KjValues *values, const char *key, const char *const *list) {
    for (; list && *list; list++)
        kj_values_add(values, key, *list);
}

KjStatement *kj_values_statement(const KjValues *values, KjStatementKind kind, GError **error) {
    return kj_statement_new(kind, (const KjStatementValue *)(void *)values->pairs->data, values->pairs->len, error);
}
