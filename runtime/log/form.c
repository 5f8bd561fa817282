/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may be written of a record, whatever its form.
 *
 * A text of a client is bytes: it may be no UTF-8, and it may hold what a terminal or a reader of lines acts upon. Forms read it character
 * by character through kj_log_next, ask kj_log_is_unsafe, and escape in their own way. What may not be written, or not whole, is settled
 * here too, once for both: masked fields, what an error quotes of them, and the bounds.
 */
#include <string.h>
#include <time.h>

#include "form.h"

#define LAST_INSTANT G_GINT64_CONSTANT(253402300799999999) /* the last microsecond of 9999: both forms have four digits for the year */
#define MASKED "***"

const KjLogMember kj_log_members[8] = {
    { "protocol", G_STRUCT_OFFSET(KjLogRecord, protocol) }, { "request", G_STRUCT_OFFSET(KjLogRecord, request) },
    { "release", G_STRUCT_OFFSET(KjLogRecord, release) },   { "block", G_STRUCT_OFFSET(KjLogRecord, block) },
    { "domain", G_STRUCT_OFFSET(KjLogRecord, domain) },     { "effect", G_STRUCT_OFFSET(KjLogRecord, effect) },
    { "answer", G_STRUCT_OFFSET(KjLogRecord, answer) },     { "rule", G_STRUCT_OFFSET(KjLogRecord, label) },
};

const char *kj_log_member(const KjLogRecord *record, const KjLogMember *member) {
    return G_STRUCT_MEMBER(const char *, record, member->offset);
}

gunichar kj_log_next(const char **text, gsize *length) {
    gunichar character = g_utf8_get_char_validated(*text, (gssize)*length);
    gsize used = 1;
    if (**text == 0)
        character = 0; /* which the validator takes for the end */
    else if (character >= (gunichar)-2)
        character = 0xfffd;
    else
        used = (gsize)(g_utf8_next_char(*text) - *text);
    *text += used;
    *length -= used;
    return character;
}

/* C0, DEL and C1; the separators of lines and paragraphs; marks that turn the direction of writing; the byte order mark. */
gboolean kj_log_is_unsafe(gunichar c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

gboolean kj_log_is_masked(const char *const *masked, const char *name) {
    return masked && g_strv_contains(masked, name);
}

gsize kj_log_length(const char *text) {
    gsize length = strnlen(text, KJ_LOG_VALUE_MOST + 1);
    if (length <= KJ_LOG_VALUE_MOST)
        return length;
    length = KJ_LOG_VALUE_MOST; /* not within a character */
    for (guint i = 0; i < 3 && ((guchar)text[length] & 0xc0) == 0x80; i++)
        length--;
    return length;
}

const char *kj_log_text_value(const KjLogText *text, guint index, gsize *length) {
    const KjLogValue *value = &text->record->values[index];
    *length = 0;
    if (!value->value)
        return NULL;
    if (kj_log_is_masked(text->masked, value->name)) {
        *length = strlen(MASKED);
        return MASKED;
    }
    *length = kj_log_length(value->value);
    return value->value;
}

void kj_log_append_time(gint64 microseconds, GString *out) {
    gint64 known = CLAMP(microseconds, 0, LAST_INSTANT);
    time_t seconds = (time_t)(known / G_USEC_PER_SEC);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char room[32];
    gsize length = strftime(room, sizeof room, "%Y-%m-%dT%H:%M:%S.", &parts);
    for (gint64 digit = G_USEC_PER_SEC / 10, rest = known % G_USEC_PER_SEC; digit > 0; rest %= digit, digit /= 10)
        room[length++] = (char)('0' + rest / digit);
    g_string_append_len(out, room, (gssize)length);
    g_string_append_c(out, 'Z');
}

/* What is wrong with a request is said by quoting it. Where a field is masked, all from the first quote to the last goes: a value may hold
 * quotes too. */
static char *without_quotation(const char *message) {
    const char *first = strchr(message, '`'), *last = strrchr(message, '`');
    if (!first)
        return g_strdup(message);
    return g_strdup_printf("%.*s`" MASKED "`%s", (int)(first - message), message, last > first ? last + 1 : "");
}

void kj_log_format(const KjLogRecord *record, KjLogForm form, const char *const *masked, GString *out) {
    g_autofree char *message = NULL;
    KjLogText text = { .record = record, .masked = masked, .message = record->message };
    for (gsize sum = 0; text.count < record->value_count; text.count++) {
        gsize length;
        const char *value = kj_log_text_value(&text, text.count, &length);
        sum += strlen(record->values[text.count].name) + length;
        if (sum > KJ_LOG_VALUES_MOST)
            break;
        text.cut |= value == record->values[text.count].value && value && value[length] != 0;
    }
    text.cut |= text.count < record->value_count;
    if (record->message && masked && masked[0] && g_strcmp0(record->label, "error") == 0)
        text.message = message = without_quotation(record->message);
    if (form == KJ_LOG_JSON)
        kj_log_json(&text, out);
    else
        kj_log_rfc5424(&text, out);
}

void kj_log_format_lost(KjLogForm form, gint64 instant, guint64 lost, GString *out) {
    if (form == KJ_LOG_JSON)
        kj_log_json_lost(instant, lost, out);
    else
        kj_log_rfc5424_lost(instant, lost, out);
}
