/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes as the body of an AuthZEN request: the first byte chooses evaluation, evaluations or one of the three searches.
 *
 * An answer is 200 with JSON or 400 with a line of text, always valid UTF-8. A permission is given twice, by two ways: what is answered
 * `true` must be permitted when the domain's reader fills a plain request of the table; and every result of a search must be permitted when
 * it is asked about alone. A search's token must be taken back by the same search.
 */
#include <string.h>

#include <glib/gstdio.h>
#include <unistd.h>

#include <kijun/kijun.h>

#include "compiler/compiler.h"
#include "fuzz.h"
#include "runtime/daemon/authzen.h"

const FuzzTarget fuzz_target = { "authzen", "authzen.dict", 2048 };

static const char policy[] = "group people = { \"alice\", \"bob\", \"佐藤\" };\n"
                             "acl a { field status : { draft, archived }; field soft : bool; default deny @message(\"no\", ja \"否\");\n"
                             "  r: allow principal people action read resource { \"/doc/1\", \"/doc/a/2\", \"/pub/**\", \"/**/x\" };\n"
                             "  w: allow principal \"alice\" action { write, delete } when status == draft or soft;\n"
                             "  g: allow groups any when groups has \"chiefs\" and soft; }\n";

static KjAuthzen *authzen;
static KjTable *table;

static void open_service(void) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    kj_compilation_load_text(compilation, "fuzz.pol", policy, sizeof policy - 1);
    g_assert_nonnull(compilation->policy);
    g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);
    table = kj_table_new(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    int file = g_file_open_tmp("kijun-fuzz-XXXXXX", &path, &error);
    g_assert_no_error(error);
    close(file);
    g_file_set_contents(path, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes), &error);
    g_assert_no_error(error);
    KjPoint *point = kj_point_new(NULL, NULL);
    kj_point_load(point, path, &error);
    g_assert_no_error(error);
    g_unlink(path);
    authzen = kj_authzen_new(point, "a", "status=archived; soft=false", "user; service", NULL, &error);
    g_assert_no_error(error);
}

/* ---- the second way ---- */

typedef struct {
    KjRequestSink sink;
    KjRequest *request;
    gboolean status, soft;
} Plain;

static gboolean set_plain(KjRequestSink *sink, const char *field, const char *value, GError **error) {
    Plain *plain = sink->data;
    int index = kj_table_find_field(table, 0, field);
    plain->status |= strcmp(field, "status") == 0;
    plain->soft |= strcmp(field, "soft") == 0;
    if (index >= 0)
        return value ? kj_request_set_text(plain->request, index, value, -1, error) : kj_request_set_empty(plain->request, index, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, "no such field");
    return FALSE;
}

static gboolean is_permitted(const char *bytes, gsize length) {
    g_autoptr(KjRequest) request = kj_request_new(table, 0);
    Plain plain = { .request = request };
    KjVerdict verdict = { .size = sizeof verdict };
    plain.sink = (KjRequestSink){ sizeof plain.sink, &plain, set_plain };
    if (!authzen->domain->read_request(&plain.sink, bytes, length, NULL))
        return FALSE;
    if (!plain.status)
        set_plain(&plain.sink, "status", "archived", NULL);
    if (!plain.soft)
        set_plain(&plain.sink, "soft", "false", NULL);
    return kj_decide(request, &verdict) == KJ_OUTCOME_PERMIT;
}

static gboolean decision_of(const KjJson *json, const KjJsonValue *answer) {
    const KjJsonValue *decision = kj_json_member(json, answer, "decision");
    g_assert_true(decision && decision->kind == KJ_JSON_BOOL);
    return strcmp(decision->text, "true") == 0;
}

/* ---- what the answers must be ---- */

static char *ask(KjAuthzenKind kind, const char *body, gsize length, guint *status) {
    KjHttpRequest request = { body, length, "fuzz", length % 2 ? "ja" : "en" };
    KjHttpAnswer answer = { 200, "text/plain; charset=utf-8", g_string_new(NULL) };
    kj_authzen_serve(authzen, kind, &request, &answer);
    *status = answer.status;
    g_assert_true(answer.status == 200 || answer.status == 400);
    g_assert_true(answer.body->len > 0 && g_utf8_validate_len(answer.body->str, answer.body->len, NULL));
    g_assert_cmpint(strcmp(answer.type, "application/json") == 0, ==, answer.status == 200);
    return g_string_free(answer.body, FALSE);
}

static void check_items(const KjAuthzenAsked *asked, const KjJson *json) {
    const KjJsonValue *answer = kj_json_first(json, kj_json_member(json, kj_json_root(json), "evaluations"));
    for (const KjJsonValue *item = kj_json_first(asked->json, asked->items); item && answer; item = kj_json_next(asked->json, item)) {
        g_autoptr(GString) text = g_string_new(NULL);
        gboolean good = kj_authzen_append_item(asked, item, text, NULL), permitted = decision_of(json, answer);
        const char *type = kj_authzen_text(asked, item, "subject", "type");
        g_assert_true(!permitted || (good && is_permitted(text->str, text->len)));
        g_assert_true(permitted || !good || !kj_authzen_knows_type(authzen, type) || !is_permitted(text->str, text->len));
        answer = kj_json_next(json, answer);
    }
    g_assert_null(answer); /* no more answers than items */
}

static void check_search(const KjAuthzenAsked *asked, const KjJson *json) {
    const KjJsonValue *root = kj_json_root(json), *results = kj_json_member(json, root, "results");
    const KjJsonValue *token = kj_json_member(json, kj_json_member(json, root, "page"), "next_token");
    g_assert_true(results && results->kind == KJ_JSON_ARRAY && token && token->kind == KJ_JSON_STRING);
    g_assert_cmpuint(results->count, <=, asked->page_limit);
    for (const KjJsonValue *result = kj_json_first(json, results); result; result = kj_json_next(json, result)) {
        g_autoptr(GString) text = g_string_new(NULL);
        kj_authzen_append_candidate(asked, kj_json_member(json, result, asked->kind == KJ_AUTHZEN_ACTIONS ? "name" : "id")->text, text);
        g_assert_true(is_permitted(text->str, text->len));
    }
    if (token->text[0]) {
        g_autoptr(GString) next = g_string_new(NULL);
        guint status;
        kj_authzen_append_candidate(asked, "x", next);
        g_string_truncate(next, next->len - 1);
        g_string_append_printf(next, ",\"page\":{\"token\":\"%s\"}}", token->text);
        g_free(ask(asked->kind, next->str, next->len, &status));
        g_assert_cmpuint(status, ==, 200);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    guint status;
    if (!authzen)
        open_service();
    if (size < 1)
        return 0;
    KjAuthzenKind kind = (KjAuthzenKind)(data[0] % 5 + 1);
    g_autofree char *body = g_malloc0(size); /* as http.c gives it: with a NUL behind */
    memcpy(body, data + 1, size - 1);
    g_autofree char *answer = ask(kind, body, size - 1, &status);
    g_autoptr(KjAuthzenAsked) asked = kj_authzen_read(kind, body, size - 1, NULL);
    if (!asked) {
        g_assert_cmpuint(status, ==, 400);
        return 0;
    }
    if (status == 400) {
        g_assert_true(kind >= KJ_AUTHZEN_SUBJECTS && asked->page_token[0]); /* a token that is none */
        return 0;
    }
    g_autoptr(KjJson) json = kj_json_parse(answer, strlen(answer), NULL);
    g_assert_nonnull(json);
    if (kind >= KJ_AUTHZEN_SUBJECTS)
        check_search(asked, json);
    else if (asked->items)
        check_items(asked, json);
    else if (kj_authzen_knows_type(authzen, kj_authzen_text(asked, NULL, "subject", "type")))
        g_assert_cmpint(decision_of(json, kj_json_root(json)), ==, is_permitted(body, size - 1));
    else
        g_assert_false(decision_of(json, kj_json_root(json)));
    return 0;
}
