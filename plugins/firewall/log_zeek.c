/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Zeek's conn.log to requests, for `kijun replay`: in Zeek's own form (tab-separated, `#fields` names the columns) or as JSON lines.
 *
 * A line of conn.log is a flow, and so is a request of a stateful block: its originator is the sender of the first packet. Zeek has the
 * type and the code of ICMP in the place of ports, and calls ICMPv6 icmp too. Of a flow of a protocol that Zeek does not name the number is
 * taken where the log has it (ip_proto); else the flow is passed over and counted. What a log does not hold (interfaces) stays missing.
 */
#include <string.h>

#include <json-glib/json-glib.h>
#include <kijun/translate.h>

#include "firewall.h"

enum { TIME, FROM, SOURCE_PORT, TO, PORT, PROTOCOL, PROTOCOL_NUMBER, COLUMNS };

static const char *const names[COLUMNS] = { "ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "ip_proto" };

typedef struct {
    int places[COLUMNS]; /* of the columns; -1: not there */
    gboolean has_fields;
    char *unset;
    JsonParser *parser;
    char *texts[COLUMNS]; /* of the flow in hand; NULL: unset */
} Log;

static void clear(Log *log) {
    for (guint i = 0; i < COLUMNS; i++)
        g_clear_pointer(&log->texts[i], g_free);
}

/* ---- one flow ---- */

/* Seconds since 1970 with a fraction, or RFC 3339. */
static gboolean read_time(const char *text, gint64 *instant) {
    char *end = NULL;
    if (!text)
        return FALSE;
    if (!strchr(text, 'T')) {
        *instant = g_ascii_strtoll(text, &end, 10);
        return end != text && (*end == 0 || *end == '.') && *instant >= 0;
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    if (time)
        *instant = g_date_time_to_unix(time);
    return time != NULL;
}

static gboolean set(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    return !value || sink->set(sink, field, value, error);
}

static KjLogLine tell(const Log *log, KjRequestSink *sink, gint64 *instant, GError **error) {
    const char *protocol = log->texts[PROTOCOL];
    gboolean icmp = g_strcmp0(protocol, "icmp") == 0;
    if (!log->texts[FROM] || !log->texts[TO] || !protocol || !read_time(log->texts[TIME], instant)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a line of conn.log: ts, id.orig_h, id.resp_h or proto is missing"));
        return KJ_LOG_LINE_BAD;
    }
    if (strcmp(protocol, "unknown_transport") == 0)
        protocol = log->texts[PROTOCOL_NUMBER];
    else if (icmp && strchr(log->texts[FROM], ':'))
        protocol = "icmpv6";
    if (!protocol)
        return KJ_LOG_LINE_PASSED;
    gboolean ports = !icmp && strcmp(log->texts[PROTOCOL], "unknown_transport") != 0;
    return set(sink, "from", log->texts[FROM], error) && set(sink, "to", log->texts[TO], error) && set(sink, "proto", protocol, error) &&
                   set(sink, "source_port", ports ? log->texts[SOURCE_PORT] : NULL, error) &&
                   set(sink, "port", ports ? log->texts[PORT] : NULL, error) &&
                   set(sink, "icmp_type", icmp ? log->texts[SOURCE_PORT] : NULL, error) &&
                   set(sink, "icmp_code", icmp ? log->texts[PORT] : NULL, error)
               ? KJ_LOG_LINE_REQUEST
               : KJ_LOG_LINE_BAD;
}

/* ---- the two forms ---- */

static void read_header(Log *log, const char *line) {
    if (g_str_has_prefix(line, "#unset_field\t")) {
        g_free(log->unset);
        log->unset = g_strdup(line + strlen("#unset_field\t"));
    }
    if (!g_str_has_prefix(line, "#fields\t"))
        return;
    g_auto(GStrv) fields = g_strsplit(line + strlen("#fields\t"), "\t", -1);
    log->has_fields = TRUE;
    for (guint i = 0; i < COLUMNS; i++) {
        log->places[i] = -1;
        for (guint place = 0; fields[place]; place++)
            if (strcmp(fields[place], names[i]) == 0)
                log->places[i] = (int)place;
    }
}

static gboolean read_cells(Log *log, const char *line, GError **error) {
    if (!log->has_fields) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("no line `#fields` comes before; a part of a log needs the head of the whole"));
        return FALSE;
    }
    g_auto(GStrv) cells = g_strsplit(line, "\t", -1);
    int count = (int)g_strv_length(cells);
    for (guint i = 0; i < COLUMNS; i++)
        if (log->places[i] >= 0 && log->places[i] < count && strcmp(cells[log->places[i]], log->unset) != 0)
            log->texts[i] = g_strdup(cells[log->places[i]]);
    return TRUE;
}

static gboolean read_object(Log *log, const char *line, GError **error) {
    JsonNode *root = json_parser_load_from_data(log->parser, line, -1, error) ? json_parser_get_root(log->parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        if (error && !*error)
            g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("not a JSON object"));
        return FALSE;
    }
    for (guint i = 0; i < COLUMNS; i++) {
        JsonNode *node = json_object_get_member(json_node_get_object(root), names[i]);
        GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
        if (type == G_TYPE_STRING)
            log->texts[i] = json_node_dup_string(node);
        else if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
            log->texts[i] = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node)); /* a time without its fraction, a port */
    }
    return TRUE;
}

static KjLogLine read_line(void *state, const char *line, KjRequestSink *sink, gint64 *instant, GError **error) {
    Log *log = state;
    clear(log);
    if (*line == '#')
        read_header(log, line);
    if (*line == '#' || *line == 0)
        return KJ_LOG_LINE_NONE;
    gboolean good = *line == '{' ? read_object(log, line, error) : read_cells(log, line, error);
    return good ? tell(log, sink, instant, error) : KJ_LOG_LINE_BAD;
}

/* ---- the log ---- */

static void *open_log(gint64 now) {
    (void)now; /* its times have a year */
    Log *log = g_new0(Log, 1);
    log->unset = g_strdup("-");
    log->parser = json_parser_new();
    return log;
}

static void close_log(void *state) {
    Log *log = state;
    clear(log);
    g_object_unref(log->parser);
    g_free(log->unset);
    g_free(log);
}

static gboolean recognise(const char *bytes, gsize length) {
    g_autofree char *text = g_strndup(bytes, length);
    const char *end = strchr(text, '\n');
    return g_str_has_prefix(text, "#separator ") || g_str_has_prefix(text, "#fields\tts\t") ||
           (*text == '{' && g_strstr_len(text, end ? end - text : -1, "\"id.orig_h\":") != NULL);
}

static const char *const fields[] = { "from", "to", "proto", "port", "source_port", "icmp_type", "icmp_code", NULL };

const KjLogReaderDefinition kj_firewall_log_readers[] = {
    { .name = "zeek",
      .doc = { "Zeek's conn.log, in its own form or as JSON lines.", "Zeek の conn.log（独自の形式又は JSON 行）。" },
      .fields = fields, .recognise = recognise, .open = open_log, .read = read_line, .close = close_log },
    { .name = NULL },
};
