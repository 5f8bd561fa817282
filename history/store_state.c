/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a store as a text a person can read: `key: value` lines, all of them, in one order and one spelling, then a line `kept:` for
 * each release kept, that in force first. A file that differs in anything is refused rather than guessed at: it is what keeps a host from
 * being led back.
 */
#include "store_state.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "disk.h"

#define NONE "none"

typedef enum { DIGEST, NUMBER, INSTANT } Sort;

static const struct {
    const char *key;
    Sort sort;
    gsize offset;
} fields[] = {
    { "release", DIGEST, G_STRUCT_OFFSET(KjStoreState, release) },
    { "serial", NUMBER, G_STRUCT_OFFSET(KjStoreState, serial) },
    { "root", NUMBER, G_STRUCT_OFFSET(KjStoreState, root) },
    { "root-digest", DIGEST, G_STRUCT_OFFSET(KjStoreState, root_digest) },
    { "epoch", NUMBER, G_STRUCT_OFFSET(KjStoreState, epoch) },
    { "seen", INSTANT, G_STRUCT_OFFSET(KjStoreState, seen) },
    { "fallback", DIGEST, G_STRUCT_OFFSET(KjStoreState, fallback) },
};

gboolean kj_store_is_digest(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

KjStoreRecord *kj_store_record_new(const KjStoreState *state, char **kept) {
    KjStoreRecord *record = g_new0(KjStoreRecord, 1);
    record->state = *state;
    record->state.release = g_strdup(state->release);
    record->state.root_digest = g_strdup(state->root_digest);
    record->state.fallback = g_strdup(state->fallback);
    record->kept = kept;
    return record;
}

void kj_store_record_free(KjStoreRecord *record) {
    if (!record)
        return;
    g_free(record->state.release);
    g_free(record->state.root_digest);
    g_free(record->state.fallback);
    g_strfreev(record->kept);
    g_free(record);
}

/* ---- reading ---- */

static gboolean read_value(Sort sort, const char *text, gpointer place) {
    guint64 number;
    if (sort == DIGEST) {
        *(char **)place = strcmp(text, NONE) == 0 ? NULL : g_strdup(text);
        return strcmp(text, NONE) == 0 || kj_store_is_digest(text);
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, sort == INSTANT ? G_MAXINT64 : G_MAXUINT64, &number, NULL) || (*text == '0' && text[1]))
        return FALSE;
    memcpy(place, &number, sizeof number);
    return TRUE;
}

static gboolean read_line(KjStoreRecord *record, guint index, const char *line, GPtrArray *kept) {
    const char *key = index < G_N_ELEMENTS(fields) ? fields[index].key : "kept";
    gsize length = strlen(key);
    if (strncmp(line, key, length) != 0 || strncmp(line + length, ": ", 2) != 0)
        return FALSE;
    const char *value = line + length + 2;
    if (index < G_N_ELEMENTS(fields))
        return read_value(fields[index].sort, value, G_STRUCT_MEMBER_P(&record->state, fields[index].offset));
    g_ptr_array_add(kept, g_strdup(value));
    return kj_store_is_digest(value);
}

static KjStoreRecord *parse(const char *text) {
    g_autoptr(KjStoreRecord) record = g_new0(KjStoreRecord, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    guint count = g_strv_length(lines); /* the last is what stands behind the last newline: nothing */

    gboolean sound = count > G_N_ELEMENTS(fields) && *lines[count - 1] == '\0';
    for (guint i = 0; sound && i + 1 < count; i++)
        sound = read_line(record, i, lines[i], kept);
    if (!sound || kept->len == 0 || g_strcmp0(kept->pdata[0], record->state.release) != 0)
        return NULL;
    g_ptr_array_add(kept, NULL);
    record->kept = (char **)g_ptr_array_steal(kept, NULL);
    return g_steal_pointer(&record);
}

gboolean kj_store_record_read(const char *path, KjStoreRecord **record, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *text = NULL;
    gsize length;

    *record = NULL;
    if (!g_file_get_contents(path, &text, &length, &problem)) {
        if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_IO, problem->message);
        return FALSE;
    }
    *record = strlen(text) == length ? parse(text) : NULL;
    if (!*record)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("%s: this is not what kijun writes there; it keeps this host from taking an older release, so bring it back from a "
                      "backup rather than make one up"),
                    path);
    return *record != NULL;
}

/* ---- writing ---- */

gboolean kj_store_record_write(const KjStoreRecord *record, const char *path, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        gconstpointer place = G_STRUCT_MEMBER_P(&record->state, fields[i].offset);
        if (fields[i].sort == DIGEST) {
            const char *digest = *(char *const *)place;
            g_string_append_printf(text, "%s: %s\n", fields[i].key, digest ? digest : NONE);
        } else {
            g_string_append_printf(text, "%s: %" G_GUINT64_FORMAT "\n", fields[i].key, *(const guint64 *)place);
        }
    }
    for (char **digest = record->kept; *digest; digest++)
        g_string_append_printf(text, "kept: %s\n", *digest);
    return kj_disk_replace(path, text->str, text->len, 0644, error);
}
