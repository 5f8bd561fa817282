/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms of a record, read back by readers that share nothing with the writers: json-glib, and a reader of RFC 5424's grammar written
 * here. Every text a client may choose is tried with what could end a line, close a quotation or begin a record.
 */
#include <string.h>

#include <json-glib/json-glib.h>

#include "runtime/log/log.h"

static const char *const obligations[] = { "log", "alert", NULL };

static KjLogRecord sample(const KjLogValue *values, guint count) {
    return (KjLogRecord){ .instant = G_GINT64_CONSTANT(1795514400123456), .protocol = "postfix", .request = "4Q1x", 
                          .release = "0123456789abcdef", .block = "mail.forwarding", .domain = "mail", .effect = "deny", .answer = "refuse",
                          .label = "partner", .file = "mail.pol", .line = 12, .message = "Not to this address.", .obligations = obligations, .values = values, .value_count = count };
}

static char *written(const KjLogRecord *record, KjLogForm form, const char *const *masked) {
    GString *out = g_string_new(NULL);
    kj_log_format(record, form, masked, out);
    return g_string_free(out, FALSE);
}

/* ---- golden ---- */

static void test_json(void) {
    const KjLogValue values[] = { { "from", "a@x.jp" }, { "groups", "a" }, { "client", "192.0.2.1" }, { "groups", "b" }, { "roles", NULL } };
    static const char *const masked[] = { "client", "other", NULL };
    KjLogRecord record = sample(values, G_N_ELEMENTS(values));
    g_autofree char *text = written(&record, KJ_LOG_JSON, masked);
    g_assert_cmpstr(text, ==,
                    "{\"version\":1,\"time\":\"2026-11-24T10:00:00.123456Z\",\"protocol\":\"postfix\",\"request\":\"4Q1x\",\"release\":\"0123456789abcdef\","
                    "\"block\":\"mail.forwarding\","
                    "\"domain\":\"mail\",\"effect\":\"deny\",\"answer\":\"refuse\",\"rule\":\"partner\",\"at\":\"mail.pol:12\","
                    "\"message\":\"Not to this address.\",\"obligations\":[\"log\",\"alert\"],\"values\":{\"from\":\"a@x.jp\",\"groups\":[\"a\",\"b\"],"
                    "\"client\":\"***\",\"roles\":[]},\"masked\":[\"client\"]}");
}

static void test_json_shadow(void) {
    KjLogRecord record = { .instant = 0, .shadow_release = "fedc", .shadow_effect = "allow", .shadow_answer = "permit", .shadow_label = "b" };
    g_autofree char *text = written(&record, KJ_LOG_JSON, NULL);
    g_assert_cmpstr(text, ==,
                    "{\"version\":1,\"time\":\"1970-01-01T00:00:00.000000Z\",\"obligations\":[],\"values\":{},"
                    "\"shadow\":{\"release\":\"fedc\",\"effect\":\"allow\",\"answer\":\"permit\",\"rule\":\"b\"}}");
}

static void test_emergency(void) {
    KjLogRecord record = { .instant = 0, .emergency = 1795698840, .label = "a" };
    g_autofree char *json = written(&record, KJ_LOG_JSON, NULL), *syslog = written(&record, KJ_LOG_RFC5424, NULL);
    g_assert_cmpstr(json, ==,
                    "{\"version\":1,\"time\":\"1970-01-01T00:00:00.000000Z\",\"rule\":\"a\",\"emergency\":\"2026-11-26T13:14:00.000000Z\","
                    "\"obligations\":[],\"values\":{}}");
    g_assert_nonnull(strstr(syslog, " decision [kijun@32473 version=\"1\" rule=\"a\" emergency=\"2026-11-26T13:14:00.000000Z\"]"));
}

static void test_rfc5424(void) {
    const KjLogValue values[] = { { "from", "\"o]\\\"@x.jp" }, { "groups", "a" }, { "groups", "b" }, { "client", "192.0.2.1" } };
    static const char *const masked[] = { "client", NULL };
    KjLogRecord record = sample(values, G_N_ELEMENTS(values));
    g_autofree char *text = written(&record, KJ_LOG_RFC5424, masked);
    g_assert_true(g_str_has_prefix(text, "<84>1 2026-11-24T10:00:00.123456Z "));
    const char *data = strstr(text, " decision ");
    g_assert_nonnull(data);
    g_assert_cmpstr(data, ==,
                    " decision [kijun@32473 version=\"1\" protocol=\"postfix\" request=\"4Q1x\" release=\"0123456789abcdef\" block=\"mail.forwarding\" "
                    "domain=\"mail\" effect=\"deny\" answer=\"refuse\" rule=\"partner\" at=\"mail.pol:12\" obligation=\"log\" obligation=\"alert\"]"
                    "[values@32473 from=\"\\\"o\\]\\\\\\\"@x.jp\" groups=\"a\" groups=\"b\" client=\"***\"] "
                    "\xef\xbb\xbf" "deny mail.forwarding by partner: Not to this address.");
}

/* Facility 10; the severity follows from what became of the request. */
static void test_severity(void) {
    static const char *const log_only[] = { "log", NULL };
    const struct { const char *label, *answer; const char *const *obligations; const char *priority; } cases[] = {
        { "a", "permit", log_only, "<86>1 " }, { "a", "refuse", log_only, "<85>1 " }, { "a", "hold", NULL, "<85>1 " },
        { "a", "permit", obligations, "<84>1 " }, { "a", "later", obligations, "<83>1 " }, { "error", "refuse", NULL, "<83>1 " },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjLogRecord record = { .label = cases[i].label, .answer = cases[i].answer, .obligations = cases[i].obligations };
        g_autofree char *text = written(&record, KJ_LOG_RFC5424, NULL);
        g_assert_true(g_str_has_prefix(text, cases[i].priority));
    }
}

static void test_time(void) {
    const struct { gint64 instant; const char *text; } cases[] = {
        { 0, "1970-01-01T00:00:00.000000Z" }, { 1, "1970-01-01T00:00:00.000001Z" }, { -1, "1970-01-01T00:00:00.000000Z" },
        { G_GINT64_CONSTANT(951868799999999), "2000-02-29T23:59:59.999999Z" },
        { G_GINT64_CONSTANT(253402300799999999), "9999-12-31T23:59:59.999999Z" },
        { G_MAXINT64, "9999-12-31T23:59:59.999999Z" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjLogRecord record = { .instant = cases[i].instant };
        for (KjLogForm form = KJ_LOG_JSON; form <= KJ_LOG_RFC5424; form++) {
            g_autofree char *text = written(&record, form, NULL);
            g_assert_nonnull(strstr(text, cases[i].text));
        }
    }
}

/* ---- forging ---- */

static const char *const forgeries[] = {
    "\"}\n{\"version\":1,\"effect\":\"allow\"}",
    "x\r\n<86>1 2026-11-24T10:00:00Z h kijund 1 decision [kijun@32473 effect=\"allow\"] ok",
    "\"] [kijun@32473 effect=\"allow\"",
    "\\\"] allow",
    "\\",
    "a\\\\\"b]",
    "\x1b[2K\x1b[1A\x07\x7f\b",
    "\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80 \xe3\x81",
    "\xc2\x85\xc2\x9b" "31m",
    "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae" "gnp.exe\xe2\x81\xa6\xef\xbb\xbf",
    "日本語の宛先「」",
    "\t\v\f",
    "",
};

/* No byte that a terminal, a reader of lines or of directions acts upon; all of it UTF-8. */
static void assert_harmless(const char *text, gsize length) {
    g_assert_true(g_utf8_validate(text, (gssize)length, NULL));
    for (const char *c = text; c < text + length; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        g_assert_false(g_unichar_iscntrl(character));
        g_assert_cmpint(g_unichar_type(character), !=, G_UNICODE_LINE_SEPARATOR);
        g_assert_cmpint(g_unichar_type(character), !=, G_UNICODE_PARAGRAPH_SEPARATOR);
        if (character != 0xfeff) /* which begins the message of RFC 5424, and is counted there */
            g_assert_cmpint(g_unichar_type(character), !=, G_UNICODE_FORMAT);
    }
}

/* What a client may choose, each in turn: the name of the request, a value, a member, the message; and the label, which it may not. */
static void for_each_forgery(void (*look)(const KjLogRecord *record, const char *forgery, const char *text, gsize length), KjLogForm form) {
    for (guint i = 0; i < G_N_ELEMENTS(forgeries); i++) {
        const KjLogValue values[] = { { "from", forgeries[i] }, { "groups", forgeries[i] }, { "groups", forgeries[i] } };
        KjLogRecord record = sample(values, G_N_ELEMENTS(values));
        record.request = record.message = record.label = record.file = forgeries[i];
        GString *out = g_string_new(NULL);
        kj_log_format(&record, form, NULL, out);
        assert_harmless(out->str, out->len);
        look(&record, forgeries[i], out->str, out->len);
        g_string_free(out, TRUE);
    }
}

static void look_at_json(const KjLogRecord *record, const char *forgery, const char *text, gsize length) {
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *valid = g_utf8_make_valid(forgery, -1);
    g_assert_true(json_parser_load_from_data(parser, text, (gssize)length, &error));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonObject *values = json_object_get_object_member(root, "values");
    g_assert_cmpstr(json_object_get_string_member(root, "effect"), ==, record->effect);
    g_assert_cmpstr(json_object_get_string_member(root, "message"), ==, valid);
    g_assert_cmpstr(json_object_get_string_member(root, "request"), ==, valid);
    g_assert_cmpstr(json_object_get_string_member(values, "from"), ==, valid);
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(values, "groups")), ==, 2);
    g_assert_cmpstr(json_array_get_string_element(json_object_get_array_member(values, "groups"), 1), ==, valid);
    g_assert_cmpuint(json_object_get_size(values), ==, 2);
}

static void test_json_forging(void) {
    for_each_forgery(look_at_json, KJ_LOG_JSON);
}

/* RFC 5424, 6: what stands at *text. */
static void expect(const char **text, char c) {
    g_assert_cmpint(**text, ==, c);
    (*text)++;
}

static char *read_name(const char **text) {
    const char *begin = *text;
    while (**text > ' ' && **text < 0x7f && !strchr("=]\"", **text))
        (*text)++;
    g_assert_cmpint(*text - begin, >, 0);
    g_assert_cmpint(*text - begin, <=, 32);
    return g_strndup(begin, (gsize)(*text - begin));
}

/* Reads one SD-ELEMENT and appends "name=value\n" of each parameter. */
static char *read_element(const char **text, GString *parameters) {
    expect(text, '[');
    char *id = read_name(text);
    while (**text == ' ') {
        (*text)++;
        g_autofree char *name = read_name(text);
        expect(text, '=');
        expect(text, '"');
        g_string_append_printf(parameters, "%s=", name);
        while (**text != '"') {
            g_assert_cmpint(**text, !=, 0);
            g_assert_cmpint(**text, !=, ']');
            if (**text == '\\' && strchr("\"\\]", (*text)[1]))
                (*text)++;
            g_string_append_c(parameters, *(*text)++);
        }
        expect(text, '"');
        g_string_append_c(parameters, '\n');
    }
    expect(text, ']');
    return id;
}

/* What the value became: controls as #nnn for each byte. */
static char *as_syslog(const char *value) {
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    GString *out = g_string_new(NULL);
    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        GUnicodeType type = g_unichar_type(g_utf8_get_char(c));
        gboolean plain = type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT && type != G_UNICODE_LINE_SEPARATOR &&
                         type != G_UNICODE_PARAGRAPH_SEPARATOR;
        for (const char *byte = c; byte < g_utf8_next_char(c); byte++)
            g_string_append_printf(out, plain ? "%c" : "#%03o", (guchar)*byte);
    }
    return g_string_free(out, FALSE);
}

static void look_at_syslog(const KjLogRecord *record, const char *forgery, const char *text, gsize length) {
    g_autoptr(GString) own = g_string_new(NULL), values = g_string_new(NULL);
    g_autofree char *shown = as_syslog(forgery), *request = g_strdup_printf("\nrequest=%s\n", shown);
    g_autofree char *expected = g_strdup_printf("from=%s\ngroups=%s\ngroups=%s\n", shown, shown, shown);
    const char *at = text;
    g_assert_cmpuint(strlen(text), ==, length);
    for (guint field = 0; field < 6; field++) { /* <PRI>1 TIME HOST APP PROCID MSGID */
        gsize width = strcspn(at, " ");
        g_assert_cmpuint(width, >, 0);
        at += width;
        expect(&at, ' ');
    }
    g_autofree char *first = read_element(&at, own), *second = read_element(&at, values);
    g_assert_cmpstr(first, ==, "kijun@32473");
    g_assert_cmpstr(second, ==, "values@32473");
    g_assert_nonnull(strstr(own->str, "\neffect=deny\n"));
    g_assert_null(strstr(own->str, "effect=allow\n"));
    if (*forgery)
        g_assert_nonnull(strstr(own->str, request));
    g_assert_cmpstr(values->str, ==, expected);
    g_assert_true(g_str_has_prefix(at, " \xef\xbb\xbf" "deny mail.forwarding by "));
    g_assert_null(strstr(at + 4, "\xef\xbb\xbf"));
    g_assert_cmpstr(record->effect, ==, "deny");
}

static void test_rfc5424_forging(void) {
    for_each_forgery(look_at_syslog, KJ_LOG_RFC5424);
}

/* ---- what must not be written ---- */

/* A masked value is in no form, nor what an error quotes of it, however many quotes it has itself. */
static void test_masked(void) {
    static const char *const masked[] = { "from", NULL };
    static const char *const secrets[] = { "SECRET", "a`SECRET`b", "SECRET`", "`SECRET" };
    for (guint i = 0; i < G_N_ELEMENTS(secrets); i++) {
        const KjLogValue values[] = { { "from", secrets[i] } };
        g_autofree char *message = g_strdup_printf("from: `%s` is no mail address", secrets[i]);
        KjLogRecord record = sample(values, 1);
        record.label = "error";
        record.message = message;
        for (KjLogForm form = KJ_LOG_JSON; form <= KJ_LOG_RFC5424; form++) {
            g_autofree char *hidden = written(&record, form, masked), *open = written(&record, form, NULL);
            g_assert_null(strstr(hidden, "SECRET"));
            g_assert_nonnull(strstr(hidden, "from: `***` is no mail address"));
            g_assert_nonnull(strstr(open, "SECRET"));
        }
    }
}

/* A text without end is cut, between characters, and the record says so. */
static void test_bounds(void) {
    g_autoptr(GString) wide = g_string_new("x");
    while (wide->len < 5000)
        g_string_append(wide, "あ");
    KjLogValue values[100];
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = (KjLogValue){ "groups", wide->str };
    KjLogRecord record = sample(values, 1);
    record.message = record.request = wide->str;
    g_autofree char *one = written(&record, KJ_LOG_JSON, NULL);
    g_assert_cmpuint(strlen(one), <, 3 * KJ_LOG_VALUE_MOST + 600);
    g_assert_nonnull(strstr(one, ",\"cut\":true}"));
    g_assert_null(strstr(one, "\xef\xbf\xbd"));
    record.value_count = G_N_ELEMENTS(values);
    g_autofree char *many = written(&record, KJ_LOG_JSON, NULL), *syslog = written(&record, KJ_LOG_RFC5424, NULL);
    g_assert_cmpuint(strlen(many), <, KJ_LOG_VALUES_MOST + 4000);
    g_assert_nonnull(strstr(many, ",\"cut\":true}"));
    g_assert_nonnull(strstr(syslog, " cut=\"true\"]"));
    values[0].value = "short";
    record.value_count = 1;
    g_autofree char *whole = written(&record, KJ_LOG_JSON, NULL);
    g_assert_null(strstr(whole, "cut"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/json", test_json);
    g_test_add_func("/log/json-shadow", test_json_shadow);
    g_test_add_func("/log/emergency", test_emergency);
    g_test_add_func("/log/rfc5424", test_rfc5424);
    g_test_add_func("/log/severity", test_severity);
    g_test_add_func("/log/time", test_time);
    g_test_add_func("/log/json-forging", test_json_forging);
    g_test_add_func("/log/rfc5424-forging", test_rfc5424_forging);
    g_test_add_func("/log/masked", test_masked);
    g_test_add_func("/log/bounds", test_bounds);
    return g_test_run();
}
