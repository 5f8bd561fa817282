/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record as a JSON line (RFC 8259).
 *
 *     {"version":1,"time":"2026-11-24T10:00:00.123456Z","protocol":"postfix","request":"4Q1x","release":"0123456789abcdef",
 *      "block":"mail.forwarding","domain":"mail","effect":"deny","answer":"refuse","rule":"partner","at":"mail.pol:12","message":"...","obligations":["log"],
 *      "values":{"from":"a@x.jp","client":"***"},"masked":["client"]}
 *
 * While an emergency's policy is in force, `emergency` says until when. A set is an array of its members. `masked` names the fields whose values are withheld, `cut` is there (true) where values are not whole:
 * a reader that asks again must pass over such a record. A shadow's record has `shadow`: release, effect, answer, rule. After a loss comes
 * {"version":1,"time":...,"lost":17}.
 */
#include <string.h>

#include "form.h"

/* Texts mostly need nothing: such stretches are taken over at once. */
static void append_quoted(const char *text, gsize length, GString *out) {
    g_string_append_c(out, '"');
    while (length > 0) {
        gsize plain = 0;
        while (plain < length && (guchar)text[plain] >= 0x20 && (guchar)text[plain] < 0x7f && text[plain] != '"' && text[plain] != '\\')
            plain++;
        g_string_append_len(out, text, (gssize)plain);
        text += plain;
        length -= plain;
        if (length == 0)
            break;
        gunichar character = kj_log_next(&text, &length);
        if (character == '"' || character == '\\')
            g_string_append_printf(out, "\\%c", (char)character);
        else if (kj_log_is_unsafe(character))
            g_string_append_printf(out, "\\u%04x", character);
        else
            g_string_append_unichar(out, character);
    }
    g_string_append_c(out, '"');
}

static void append_text(const char *name, const char *text, GString *out) {
    if (!text)
        return;
    g_string_append(out, out->str[out->len - 1] == '{' ? "\"" : ",\"");
    g_string_append(out, name);
    g_string_append(out, "\":");
    append_quoted(text, kj_log_length(text), out);
}

static void begin(gint64 instant, GString *out) {
    g_string_append_printf(out, "{\"version\":%d,\"time\":\"", KJ_LOG_VERSION);
    kj_log_append_time(instant, out);
    g_string_append_c(out, '"');
}

static void append_position(const KjLogRecord *record, GString *out) {
    if (!record->file || !*record->file)
        return;
    g_autofree char *position = g_strdup_printf("%s:%u", record->file, record->line);
    append_text("at", position, out);
}

static void append_emergency(const KjLogRecord *record, GString *out) {
    if (!record->emergency)
        return;
    g_string_append(out, ",\"emergency\":\"");
    kj_log_append_time(record->emergency * G_USEC_PER_SEC, out);
    g_string_append_c(out, '"');
}

static void append_obligations(const KjLogRecord *record, GString *out) {
    g_string_append(out, ",\"obligations\":[");
    for (guint i = 0; record->obligations && record->obligations[i]; i++) {
        g_string_append(out, i ? "," : "");
        append_quoted(record->obligations[i], kj_log_length(record->obligations[i]), out);
    }
    g_string_append_c(out, ']');
}

/* Whether a value of this name came before: a member of a set that is written already. */
static gboolean came_before(const KjLogRecord *record, guint index) {
    for (guint i = 0; i < index; i++)
        if (strcmp(record->values[i].name, record->values[index].name) == 0)
            return TRUE;
    return FALSE;
}

/* The value at `first`, with all of its name behind it: more than one, or none, is a set. */
static void append_value(const KjLogText *text, guint first, GString *out) {
    const KjLogValue *values = text->record->values;
    guint count = 0;
    gsize length;
    append_quoted(values[first].name, kj_log_length(values[first].name), out);
    g_string_append_c(out, ':');
    for (guint i = first; i < text->count; i++)
        count += strcmp(values[i].name, values[first].name) == 0;
    gboolean set = count > 1 || !values[first].value;
    g_string_append(out, set ? "[" : "");
    count = 0;
    for (guint i = first; i < text->count; i++) {
        const char *value = strcmp(values[i].name, values[first].name) == 0 ? kj_log_text_value(text, i, &length) : NULL;
        if (!value)
            continue;
        g_string_append(out, count++ ? "," : "");
        append_quoted(value, length, out);
    }
    g_string_append(out, set ? "]" : "");
}

static void append_values(const KjLogText *text, GString *out) {
    guint masked = 0;
    g_string_append(out, ",\"values\":{");
    for (guint i = 0; i < text->count; i++) {
        if (came_before(text->record, i))
            continue;
        g_string_append(out, i ? "," : "");
        append_value(text, i, out);
    }
    g_string_append_c(out, '}');
    for (guint i = 0; i < text->count; i++) {
        const char *name = text->record->values[i].name;
        if (!kj_log_is_masked(text->masked, name) || came_before(text->record, i))
            continue;
        g_string_append(out, masked++ ? "," : ",\"masked\":[");
        append_quoted(name, kj_log_length(name), out);
    }
    g_string_append(out, masked ? "]" : "");
    g_string_append(out, text->cut ? ",\"cut\":true" : "");
}

void kj_log_json(const KjLogText *text, GString *out) {
    const KjLogRecord *record = text->record;
    begin(record->instant, out);
    for (guint i = 0; i < G_N_ELEMENTS(kj_log_members); i++)
        append_text(kj_log_members[i].name, kj_log_member(record, &kj_log_members[i]), out);
    append_position(record, out);
    append_emergency(record, out);
    append_text("message", text->message, out);
    append_obligations(record, out);
    append_values(text, out);
    if (record->shadow_release || record->shadow_effect || record->shadow_answer || record->shadow_label) {
        g_string_append(out, ",\"shadow\":{");
        append_text("release", record->shadow_release, out);
        append_text("effect", record->shadow_effect, out);
        append_text("answer", record->shadow_answer, out);
        append_text("rule", record->shadow_label, out);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

void kj_log_json_lost(gint64 instant, guint64 lost, GString *out) {
    begin(instant, out);
    g_string_append_printf(out, ",\"lost\":%" G_GUINT64_FORMAT "}", lost);
}
