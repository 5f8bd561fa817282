/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our own decision log as JSON lines, for whatever domain. Records of other blocks, and those that only tell of lost records, are no rows.
 * A record whose values are masked or cut is a bad one: what would have been decided for it would be a guess.
 */
#include "reader.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <kijun/translate.h>
#include <kijun/value.h>

#define NAMES_MOST 1024 /* no block has so many fields; without a bound a log of made-up names would fill the memory */

typedef struct {
    KjRowReader reader;
    JsonParser *parser;
    char *block; /* the last part of its name */
} KijunReader;

static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static const char *member_text(JsonObject *object, const char *name) {
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

static KjLogLine read_instant(JsonObject *record, KjRow *row) {
    const char *time = member_text(record, "time"), *problem = NULL;
    g_autofree char *seconds = NULL;
    if (time && strlen(time) > 20 && time[19] == '.') /* a decision is made at a second */
        seconds = g_strdup_printf("%.19sZ", time);
    if (!time || !kj_value_read_instant(seconds ? seconds : time, strlen(seconds ? seconds : time), NULL, &row->instant, &problem))
        return kj_row_spoil(row, g_strdup_printf(_("at: `%s` is no instant"), time ? time : ""));
    row->has_instant = TRUE;
    return KJ_LOG_LINE_REQUEST;
}

/* FALSE: neither a text nor texts. */
static gboolean read_value(KjRow *row, const char *name, JsonNode *node) {
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
        kj_row_add(row, name, json_node_get_string(node));
        return TRUE;
    }
    if (!JSON_NODE_HOLDS_ARRAY(node))
        return FALSE;
    JsonArray *members = json_node_get_array(node);
    if (json_array_get_length(members) == 0)
        kj_row_add(row, name, NULL);
    for (guint i = 0; i < json_array_get_length(members); i++) {
        JsonNode *member = json_array_get_element(members, i);
        if (!JSON_NODE_HOLDS_VALUE(member) || json_node_get_value_type(member) != G_TYPE_STRING)
            return FALSE;
        kj_row_add(row, name, json_node_get_string(member));
    }
    return TRUE;
}

static KjLogLine read_record(JsonObject *record, KjRow *row) {
    JsonNode *values = json_object_get_member(record, "values"), *masked = json_object_get_member(record, "masked");
    JsonObjectIter iterator;
    JsonNode *value;
    const char *name;
    if (!values || !JSON_NODE_HOLDS_OBJECT(values))
        return kj_row_spoil(row, g_strdup(_("not a record of the decision log: it has no values")));
    if (json_object_has_member(record, "cut"))
        return kj_row_spoil(row, g_strdup(_("the values of the record are not whole")));
    if (masked && JSON_NODE_HOLDS_ARRAY(masked) && json_array_get_length(json_node_get_array(masked)) > 0)
        return kj_row_spoil(row, g_strdup(_("values of the record are withheld (masked)")));
    if (row->names->len > NAMES_MOST)
        return kj_row_spoil(row, g_strdup(_("the log names more than 1024 fields")));
    json_object_iter_init(&iterator, json_node_get_object(values));
    while (json_object_iter_next(&iterator, &name, &value))
        if (!read_value(row, name, value))
            return kj_row_spoil(row, g_strdup_printf(_("%s: neither a text nor a list of texts"), name));
    return row->problem ? KJ_LOG_LINE_BAD : read_instant(record, row);
}

static KjLogLine read_line(KjRowReader *base, char *line, KjRow *row) {
    KijunReader *reader = (KijunReader *)base;
    g_autoptr(GError) error = NULL;
    if (*line == 0)
        return KJ_LOG_LINE_NONE;
    JsonNode *root = json_parser_load_from_data(reader->parser, line, -1, &error) ? json_parser_get_root(reader->parser) : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return kj_row_spoil(row, g_strdup_printf(_("not a record of the decision log: %s"), error ? error->message : _("no object")));
    JsonObject *record = json_node_get_object(root);
    const char *block = member_text(record, "block");
    if (json_object_has_member(record, "lost") || (block && reader->block && strcmp(last_part(block), reader->block) != 0))
        return KJ_LOG_LINE_NONE;
    return read_record(record, row);
}

static void reader_free(KjRowReader *base) {
    KijunReader *reader = (KijunReader *)base;
    g_object_unref(reader->parser);
    g_free(reader->block);
    g_free(reader);
}

KjRowReader *kj_kijun_reader_new(void) {
    KijunReader *reader = g_new0(KijunReader, 1);
    reader->reader = (KjRowReader){ read_line, reader_free };
    reader->parser = json_parser_new();
    return &reader->reader;
}

void kj_kijun_reader_set_block(KjRowReader *base, const char *block) {
    KijunReader *reader = (KijunReader *)base;
    g_free(reader->block);
    reader->block = g_strdup(last_part(block));
}

gboolean kj_kijun_recognise(const char *bytes, gsize length) {
    static const char beginning[] = "{\"version\":";
    return length >= strlen(beginning) && memcmp(bytes, beginning, strlen(beginning)) == 0;
}

/* By whole lines only: what was peeked may end within one. */
char *kj_kijun_first_block(const char *bytes, gsize length) {
    static const char mark[] = ",\"block\":\"";
    g_autofree char *text = g_strndup(bytes, length);
    const char *found = strstr(text, mark), *end = found ? strchr(found + strlen(mark), '"') : NULL;
    return end ? g_strndup(found + strlen(mark), (gsize)(end - found) - strlen(mark)) : NULL;
}
