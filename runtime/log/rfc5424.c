/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record as a syslog message (RFC 5424).
 *
 *     <85>1 2026-11-24T10:00:00.123456Z mx kijund 812 decision [kijun@32473 version="1" block="mail.forwarding" effect="deny" ...]
 *     [values@32473 from="a@x.jp" client="***"] BOM deny mail.forwarding by partner: Not to this address.
 *
 * SD-ID (6.3.2): without `@` a name must be registered with IANA, with it the number behind must be one's own enterprise number. We have
 * none, and none is invented: 32473 is the number that IANA keeps for documentation (RFC 5612), which nobody's equipment can mean by it.
 * The values stand in an element of their own, so that no field's name can be taken for one of ours; the members of a set repeat the name.
 *
 * Values (6.3.3): `"`, `\` and `]` are escaped by `\`. A control character, or one that changes how others are shown, is written as its
 * bytes, `#` and three octal digits each, as 8.2 suggests for what a receiver may do itself. MSG (6.4) is UTF-8 and says so by the byte
 * order mark.
 *
 * Facility 10 (security); severity 3 where nothing could be decided, 4 with @alert, 5 for whatever does not go through, 6 for what does.
 */
#include <string.h>
#include <unistd.h>

#include "form.h"

#define FACILITY 10
#define ERROR 3
#define WARNING 4
#define NOTICE 5
#define INFORMATION 6
#define NAME_MOST 32
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Texts mostly need nothing: such stretches are taken over at once. */
static void append_escaped(const char *text, gsize length, gboolean quoted, GString *out) {
    while (length > 0) {
        gsize plain = 0;
        while (plain < length && (guchar)text[plain] >= 0x20 && (guchar)text[plain] < 0x7f && !(quoted && strchr("\"\\]", text[plain])))
            plain++;
        g_string_append_len(out, text, (gssize)plain);
        text += plain;
        length -= plain;
        if (length == 0)
            return;
        gunichar character = kj_log_next(&text, &length);
        char bytes[6];
        int count = g_unichar_to_utf8(character, bytes);
        if (kj_log_is_unsafe(character)) {
            for (int i = 0; i < count; i++)
                g_string_append_printf(out, "#%03o", (guchar)bytes[i]);
            continue;
        }
        if (quoted && (character == '"' || character == '\\' || character == ']'))
            g_string_append_c(out, '\\');
        g_string_append_len(out, bytes, count);
    }
}

static void append_parameter(const char *name, const char *value, gsize length, GString *out) {
    g_string_append_c(out, ' ');
    for (guint i = 0; name[i] && i < NAME_MOST; i++) /* SD-NAME: printable ASCII but for these */
        g_string_append_c(out, g_ascii_isgraph(name[i]) && !strchr("=]\"", name[i]) ? name[i] : '_');
    g_string_append(out, "=\"");
    append_escaped(value, length, TRUE, out);
    g_string_append_c(out, '"');
}

static void append_text(const char *name, const char *text, GString *out) {
    if (text && *text)
        append_parameter(name, text, kj_log_length(text), out);
}

/* A word of the header: printable ASCII, or the nil value. */
static void append_word(const char *word, guint most, GString *out) {
    g_string_append_c(out, ' ');
    if (!word || !*word)
        g_string_append_c(out, '-');
    for (guint i = 0; word && word[i] && i < most; i++)
        g_string_append_c(out, g_ascii_isgraph(word[i]) ? word[i] : '?');
}

static void begin(gint64 instant, int severity, const char *kind, GString *out) {
    g_string_append_printf(out, "<%d>1 ", FACILITY * 8 + severity);
    kj_log_append_time(instant, out);
    append_word(g_get_host_name(), 255, out);
    append_word(g_get_prgname(), 48, out);
    g_string_append_printf(out, " %ld %s [kijun@32473 version=\"%d\"", (long)getpid(), kind, KJ_LOG_VERSION);
}

static int severity(const KjLogRecord *record) {
    if (g_strcmp0(record->label, "error") == 0 || g_strcmp0(record->answer, "later") == 0)
        return ERROR;
    for (guint i = 0; record->obligations && record->obligations[i]; i++)
        if (strcmp(record->obligations[i], "alert") == 0)
            return WARNING;
    return g_strcmp0(record->answer, "permit") == 0 ? INFORMATION : NOTICE;
}

static void append_values(const KjLogText *text, GString *out) {
    if (text->count == 0)
        return;
    g_string_append(out, "[values@32473");
    for (guint i = 0; i < text->count; i++) {
        gsize length;
        const char *value = kj_log_text_value(text, i, &length);
        append_parameter(text->record->values[i].name, value ? value : "", length, out);
    }
    g_string_append_c(out, ']');
}

static void append_message(const KjLogText *text, GString *out) {
    const KjLogRecord *record = text->record;
    const char *const parts[] = { record->effect, " ", record->block, " by ", record->label, text->message ? ": " : NULL, text->message };
    g_string_append(out, " " BYTE_ORDER_MARK);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i])
            append_escaped(parts[i], kj_log_length(parts[i]), FALSE, out);
}

void kj_log_rfc5424(const KjLogText *text, GString *out) {
    const KjLogRecord *record = text->record;
    begin(record->instant, severity(record), record->shadow_effect ? "shadow" : "decision", out);
    for (guint i = 0; i < G_N_ELEMENTS(kj_log_members); i++)
        append_text(kj_log_members[i].name, kj_log_member(record, &kj_log_members[i]), out);
    if (record->file && *record->file) {
        g_autofree char *position = g_strdup_printf("%s:%u", record->file, record->line);
        append_text("at", position, out);
    }
    if (record->emergency) {
        g_autoptr(GString) until = g_string_new(NULL);
        kj_log_append_time(record->emergency * G_USEC_PER_SEC, until);
        append_text("emergency", until->str, out);
    }
    for (guint i = 0; record->obligations && record->obligations[i]; i++)
        append_text("obligation", record->obligations[i], out);
    append_text("shadow_release", record->shadow_release, out);
    append_text("shadow_effect", record->shadow_effect, out);
    append_text("shadow_answer", record->shadow_answer, out);
    append_text("shadow_rule", record->shadow_label, out);
    append_text("cut", text->cut ? "true" : NULL, out);
    g_string_append_c(out, ']');
    append_values(text, out);
    append_message(text, out);
}

void kj_log_rfc5424_lost(gint64 instant, guint64 lost, GString *out) {
    begin(instant, WARNING, "lost", out);
    g_string_append_printf(out, " lost=\"%" G_GUINT64_FORMAT "\"]", lost);
}
