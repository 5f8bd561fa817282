/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is JSON, what is not, and what is refused though it is; that texts, numbers and places come out as they were sent. */
#include <string.h>

#include <kijun/kijun.h>

#include "runtime/daemon/json.h"

static const char *const good[] = {
    "{}", "[]", "null", "true", "false", "0", "-0", "-1", "1.5e+10", "1E-2", "\"\"", " \t\r\n[ 1 , 2 ] ", "{\"a\":{\"a\":{\"a\":[]}},\"b\":[{}]}",
    "[\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "\"\xe6\xbc\xa2\"", "[[[[[[[[[[]]]]]]]]]]", "{\"\":1,\" \":2}", "\"\x7f\"",
};

static const char *const bad[] = {
    "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "{\"a\":1,}", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "[1 2]", "{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]",
    "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "nul", "nulll", "True", "truefalse", "[] []", "{}x", "\"", "\"\\\"",
    "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\101\"", "\"\n\"", "\"\t\"",
    "\xef\xbb\xbf{}", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "/* c */ {}", "{} // c", "{\"a\":1 /* c */}", "var x = {}", "\v[]", "[1,,2]", "{,}", "[\"a\":1]", "\\u005b]",
};

static const char *const twice[] = {
    "{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"\\u0061\":2}", "[{\"x\":{\"a\":1,\"a\":2}}]",
    "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"q\":0,\"c\":0}",
};

static void refuse(const char *bytes, gsize length, const char *part) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjJson) json = kj_json_parse(bytes, length, &error);
    if (json)
        g_error("taken for JSON: %s", bytes);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_nonnull(strstr(error->message, part));
}

/* Every document from a block of exactly its size, so that a sanitizer sees a reader that goes on. */
static void test_grammar(void) {
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        gsize length = strlen(good[i]);
        g_autofree char *exact = g_memdup2(good[i], length);
        g_autoptr(GError) error = NULL;
        g_autoptr(KjJson) json = kj_json_parse(exact, length, &error);
        if (!json)
            g_error("%s: %s", good[i], error->message);
        for (gsize cut = 0; cut < length; cut++) { /* no part of it faults */
            g_autofree char *part = g_memdup2(good[i], MAX(cut, 1));
            kj_json_free(kj_json_parse(part, cut, NULL));
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *exact = g_memdup2(bad[i], MAX(strlen(bad[i]), 1));
        refuse(exact, strlen(bad[i]), "no JSON, at byte");
    }
    refuse("[\"a\0b\"]", 7, "no JSON, at byte 4");
    for (guint i = 0; i < G_N_ELEMENTS(twice); i++)
        refuse(twice[i], strlen(twice[i]), "stands twice in one object");
}

static void test_values(void) {
    static const char text[] = "{\"id\" : \"s\\u00e9 \\ud83d\\ude00\\n\", \"n\":-12.50e3, \"yes\":true, \"no\" :null,\"list\":[1,[2,3],{\"x\":\"\"}] , \"o\":{\"id\":\"in\"}}";
    g_autoptr(KjJson) json = kj_json_parse(text, sizeof text - 1, NULL);
    const KjJsonValue *root = kj_json_root(json);
    g_assert_cmpint(root->kind, ==, KJ_JSON_OBJECT);
    g_assert_cmpuint(root->count, ==, 6);
    g_assert_cmpstr(kj_json_member(json, root, "id")->text, ==, "s\xc3\xa9 \xf0\x9f\x98\x80\n");
    g_assert_cmpstr(kj_json_member(json, root, "n")->text, ==, "-12.50e3");
    g_assert_cmpstr(kj_json_member(json, root, "yes")->text, ==, "true");
    g_assert_cmpint(kj_json_member(json, root, "no")->kind, ==, KJ_JSON_NULL);
    g_assert_null(kj_json_member(json, root, "in"));
    g_assert_cmpstr(kj_json_member(json, kj_json_member(json, root, "o"), "id")->text, ==, "in");
    g_assert_null(kj_json_member(json, kj_json_member(json, root, "id"), "id"));
    g_assert_null(kj_json_member(json, NULL, "id"));
    const KjJsonValue *list = kj_json_member(json, root, "list"), *item = kj_json_first(json, list);
    g_assert_cmpuint(list->count, ==, 3);
    g_assert_cmpstr(item->text, ==, "1");
    g_assert_null(item->name);
    item = kj_json_next(json, item);
    g_assert_cmpint(item->kind, ==, KJ_JSON_ARRAY);
    g_assert_cmpstr(kj_json_next(json, kj_json_first(json, item))->text, ==, "3");
    item = kj_json_next(json, item);
    g_assert_cmpstr(kj_json_first(json, item)->name, ==, "x");
    g_assert_null(kj_json_next(json, item));
    g_autoptr(GString) out = g_string_new(NULL);
    kj_json_append_source(json, list, out);
    g_string_append_c(out, ' ');
    kj_json_append_source(json, kj_json_member(json, root, "id"), out);
    g_assert_cmpstr(out->str, ==, "[1,[2,3],{\"x\":\"\"}] \"s\\u00e9 \\ud83d\\ude00\\n\"");
}

static void test_text(void) {
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *all = g_malloc0(0x80);
    for (guint i = 1; i < 0x80; i++)
        all[i - 1] = (char)i;
    kj_json_append_text(out, all);
    g_autoptr(KjJson) json = kj_json_parse(out->str, out->len, NULL);
    g_assert_cmpstr(kj_json_root(json)->text, ==, all);
    g_assert_nonnull(strstr(out->str, "\\u000a"));
    g_assert_nonnull(strstr(out->str, "\\\"#"));
}

static char *nested(guint depth) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < depth; i++)
        g_string_append(text, i % 2 ? "{\"a\":" : "[");
    for (guint i = depth; i-- > 0;)
        g_string_append(text, i % 2 ? (i + 1 == depth ? "0}" : "}") : "]");
    return g_string_free(text, FALSE);
}

static void test_bounds(void) {
    static const guint depths[] = { KJ_JSON_DEPTH_MAX - 1, KJ_JSON_DEPTH_MAX, KJ_JSON_DEPTH_MAX + 1, 1000000 };
    for (guint i = 0; i < G_N_ELEMENTS(depths); i++) {
        g_autofree char *text = nested(depths[i]);
        g_autoptr(KjJson) json = kj_json_parse(text, strlen(text), NULL);
        g_assert_true((json != NULL) == (depths[i] <= KJ_JSON_DEPTH_MAX));
    }
    /* Names chosen by an enemy, and many of them: time in proportion. */
    g_autoptr(GString) text = g_string_new("{");
    for (guint i = 0; i < 100000; i++)
        g_string_append_printf(text, "%s\"%u\":0", i ? "," : "", i);
    g_string_append_c(text, '}');
    gint64 start = g_get_monotonic_time();
    g_autoptr(KjJson) json = kj_json_parse(text->str, text->len, NULL);
    g_assert_nonnull(json);
    g_assert_cmpuint(kj_json_root(json)->count, ==, 100000);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/daemon/json/grammar", test_grammar);
    g_test_add_func("/daemon/json/values", test_values);
    g_test_add_func("/daemon/json/text", test_text);
    g_test_add_func("/daemon/json/bounds", test_bounds);
    return g_test_run();
}
