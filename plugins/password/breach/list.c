/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of breached passwords, one a line, to keys.
 *
 * Hash lists are SHA-1 in hexadecimal, in either case, and may have `:COUNT` behind; a count of 0 is a line of padding that some downloads
 * have and is passed over. Any other line is an error with its number: a list in another form (NTLM, ranges without their first five
 * digits) must not become a filter that knows nobody's password. A line of a plain list is prepared exactly as a new password is
 * (OpaqueString) before it is hashed; one that cannot be prepared can never be chosen either, and is only counted.
 *
 * Lines are gathered in one buffer as long as the longest password; of a longer line the rest is passed over.
 */
#include "list.h"

#include <errno.h>
#include <string.h>

#include "../measure.h"
#include "../opaque_string.h"
#include "filter.h"

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

#define SHA1_DIGITS 40
#define NTLM_DIGITS 32
#define KEY_DIGITS 16

typedef struct {
    char bytes[KJ_PASSWORD_MAX_BYTES + 1];
    gsize length;
    gboolean too_long;
} Line;

typedef struct {
    const char *name;
    guint64 number; /* of the line */
    KjBreachTake take;
    gpointer data;
    guint64 *skipped;
} Reading;

static gboolean refuse(const Reading *reading, const char *reason, GError **error) {
    g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER, "%s:%" G_GUINT64_FORMAT ": %s", reading->name, reading->number, reason);
    return FALSE;
}

static gsize count_digits(const Line *line) {
    gsize digits = 0;
    while (digits < line->length && g_ascii_isxdigit(line->bytes[digits]))
        digits++;
    return digits;
}

static gboolean is_count(const char *text, gsize length) {
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    return length > 0;
}

static gboolean take_hash(const Reading *reading, const Line *line, GError **error) {
    gsize digits = count_digits(line);
    const char *count = line->bytes + SHA1_DIGITS + 1;
    guint64 key = 0;
    if (digits == NTLM_DIGITS && (line->length == digits || line->bytes[digits] == ':'))
        return refuse(reading, _("this looks like an NTLM hash; take the list of SHA-1 hashes"), error);
    if (digits != SHA1_DIGITS ||
        (line->length > digits && (line->bytes[digits] != ':' || !is_count(count, line->length - SHA1_DIGITS - 1))))
        return refuse(reading, _("not 40 hexadecimal digits (SHA-1) and perhaps `:COUNT`; for passwords as they are write --plain"), error);
    if (line->length > digits && strspn(count, "0") == line->length - SHA1_DIGITS - 1)
        return TRUE;
    for (gsize i = 0; i < KEY_DIGITS; i++)
        key = key << 4 | (guint64)g_ascii_xdigit_value(line->bytes[i]);
    return reading->take(key, reading->data, error);
}

static gboolean take_password(const Reading *reading, const Line *line, GError **error) {
    g_auto(KjSecretText) prepared = { 0 };
    gsize size;
    if (line->too_long || !kj_opaque_string_enforce(line->bytes, line->length, &prepared, NULL)) {
        ++*reading->skipped;
        return TRUE;
    }
    char *bytes = kj_secret_text_encode(&prepared, &size);
    guint64 key = kj_breach_key(bytes, size);
    kj_secret_bytes_free(bytes, size);
    return reading->take(key, reading->data, error);
}

/* FALSE at the end of the file. */
static gboolean next_line(FILE *file, Line *line) {
    int byte;
    line->length = 0;
    line->too_long = FALSE;
    while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
        if (line->length < KJ_PASSWORD_MAX_BYTES)
            line->bytes[line->length++] = (char)byte;
        else
            line->too_long = TRUE;
    }
    gboolean some = byte != EOF || line->length > 0;
    if (line->length > 0 && line->bytes[line->length - 1] == '\r')
        line->length--;
    line->bytes[line->length] = 0;
    return some;
}

gboolean kj_breach_list_read(FILE *file, const char *name, KjBreachListForm form, KjBreachTake take, gpointer data, guint64 *skipped,
                             GError **error) {
    Reading reading = { name, 1, take, data, skipped };
    g_autofree Line *line = g_new(Line, 1);
    for (; next_line(file, line); reading.number++) {
        if (line->length == 0)
            continue;
        if (form == KJ_BREACH_LIST_PLAIN ? !take_password(&reading, line, error) : !take_hash(&reading, line, error))
            return FALSE;
    }
    if (ferror(file)) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", name, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}
