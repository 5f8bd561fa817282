/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AuthZEN bodies: what is refused as a whole, what an item inherits, and what a search asks. */
#include <string.h>

#include <kijun/kijun.h>

#include "runtime/daemon/authzen_read.h"

#define SUBJECT "\"subject\":{\"type\":\"user\",\"id\":\"alice\"}"
#define ACTION "\"action\":{\"name\":\"read\"}"
#define RESOURCE "\"resource\":{\"type\":\"record\",\"id\":\"1\"}"
#define WHOLE SUBJECT "," ACTION "," RESOURCE

static const struct {
    KjAuthzenKind kind;
    const char *body, *problem; /* NULL: none */
} bodies[] = {
    { KJ_AUTHZEN_EVALUATION, "{" WHOLE "}", NULL },
    { KJ_AUTHZEN_EVALUATION, "{" WHOLE ",\"context\":{\"time\":\"x\"},\"foo\":[1]}", NULL },
    { KJ_AUTHZEN_EVALUATION, "{" WHOLE ",\"context\":null}", NULL },
    { KJ_AUTHZEN_EVALUATION, "", "no JSON" },
    { KJ_AUTHZEN_EVALUATION, "[]", "the whole must be an object" },
    { KJ_AUTHZEN_EVALUATION, "{" ACTION "," RESOURCE "}", "`subject` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT "," RESOURCE "}", "`action` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT "," ACTION "}", "`resource` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT "," ACTION ",\"resource\":null}", "`resource` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{\"subject\":{\"id\":\"a\"}," ACTION "," RESOURCE "}", "`subject.type` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{\"subject\":{\"type\":\"a\"}," ACTION "," RESOURCE "}", "`subject.id` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT ",\"action\":{}," RESOURCE "}", "`action.name` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT "," ACTION ",\"resource\":{\"id\":\"1\"}}", "`resource.type` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT "," ACTION ",\"resource\":{\"type\":\"1\"}}", "`resource.id` is missing" },
    { KJ_AUTHZEN_EVALUATION, "{\"subject\":\"alice\"," ACTION "," RESOURCE "}", "`subject` must be an object" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT ",\"action\":{\"name\":123}," RESOURCE "}", "`action.name` must be a string" },
    { KJ_AUTHZEN_EVALUATION, "{" SUBJECT ",\"action\":{\"name\":\"x\",\"properties\":[]}," RESOURCE "}", "`action.properties` must be an object" },
    { KJ_AUTHZEN_EVALUATION, "{" WHOLE ",\"context\":\"x\"}", "`context` must be an object" },
    { KJ_AUTHZEN_EVALUATION, "{" WHOLE ",\"evaluations\":7}", NULL }, /* not of this endpoint */
    { KJ_AUTHZEN_EVALUATIONS, "{" WHOLE "}", NULL },
    { KJ_AUTHZEN_EVALUATIONS, "{" WHOLE ",\"evaluations\":[]}", NULL },
    { KJ_AUTHZEN_EVALUATIONS, "{\"evaluations\":[]}", "`subject` is missing" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"evaluations\":[{}]}", NULL },
    { KJ_AUTHZEN_EVALUATIONS, "{\"evaluations\":{}}", "`evaluations` must be an array" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"evaluations\":[{},1]}", "each of `evaluations` must be an object" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"subject\":7,\"evaluations\":[{" WHOLE "}]}", "`subject` must be an object" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"context\":[],\"evaluations\":[{" WHOLE "}]}", "`context` must be an object" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"options\":[],\"evaluations\":[{}]}", "`options` must be an object" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"options\":{\"other\":1},\"evaluations\":[{}]}", NULL },
    { KJ_AUTHZEN_EVALUATIONS, "{\"options\":{\"evaluations_semantic\":\"any\"},\"evaluations\":[{}]}", "`options.evaluations_semantic` must be" },
    { KJ_AUTHZEN_EVALUATIONS, "{\"options\":{\"evaluations_semantic\":3},\"evaluations\":[{}]}", "`options.evaluations_semantic` must be" },
    { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{\"type\":\"user\"}," ACTION "," RESOURCE "}", NULL },
    { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{\"type\":\"user\",\"id\":7}," ACTION "," RESOURCE "}", NULL }, /* ignored if present */
    { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{}," ACTION "," RESOURCE "}", "`subject.type` is missing" },
    { KJ_AUTHZEN_SUBJECTS, "{" ACTION "," RESOURCE "}", "`subject` is missing" },
    { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{\"type\":\"user\"}," RESOURCE "}", "`action` is missing" },
    { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{\"type\":\"user\"}," ACTION ",\"resource\":{\"type\":\"record\"}}", "`resource.id` is missing" },
    { KJ_AUTHZEN_RESOURCES, "{" SUBJECT "," ACTION ",\"resource\":{\"type\":\"record\"}}", NULL },
    { KJ_AUTHZEN_RESOURCES, "{\"subject\":{\"type\":\"user\"}," ACTION ",\"resource\":{\"type\":\"record\"}}", "`subject.id` is missing" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE "}", NULL },
    { KJ_AUTHZEN_ACTIONS, "{" WHOLE "}", NULL },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "}", "`resource` is missing" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":1,\"token\":\"\"}}", NULL },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":1}", "`page` must be an object" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":0}}", "`page.limit` must be a whole number above 0" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":-1}}", "`page.limit` must be a whole number above 0" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":1.5}}", "`page.limit` must be a whole number above 0" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":\"1\"}}", "`page.limit` must be a whole number above 0" },
    { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE ",\"page\":{\"token\":1}}", "`page.token` must be a string" },
};

static void test_bodies(void) {
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KjAuthzenAsked) asked = kj_authzen_read(bodies[i].kind, bodies[i].body, strlen(bodies[i].body), &error);
        if ((asked == NULL) != (bodies[i].problem != NULL) || (!asked && !strstr(error->message, bodies[i].problem)))
            g_error("%s: %s", bodies[i].body, asked ? "taken" : error->message);
    }
}

static KjAuthzenAsked *read_good(KjAuthzenKind kind, const char *body) {
    GError *error = NULL;
    KjAuthzenAsked *asked = kj_authzen_read(kind, body, strlen(body), &error);
    g_assert_no_error(error);
    return asked;
}

static void test_items(void) {
    static const char body[] = "{\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"record\",\"properties\":{\"s\":1}},\"context\":{\"a\":1},"
                               "\"options\":{\"evaluations_semantic\":\"deny_on_first_deny\"},\"evaluations\":["
                               "{\"subject\":{\"type\":\"user\",\"id\":\"a\\u00e9\",\"x\":1},\"resource\":{\"id\":\"1\"}},"
                               "{\"subject\":{\"type\":\"user\",\"id\":\"b\"},\"resource\":{\"type\":\"t\",\"id\":\"2\",\"properties\":{\"s\":[2]}},\"context\":{}},"
                               "{\"subject\":{\"type\":\"user\",\"id\":\"c\"}},"
                               "{\"subject\":{\"type\":\"user\",\"id\":\"d\"},\"resource\":[]}]}";
    static const struct {
        const char *text, *problem;
    } wanted[] = {
        { "{\"subject\":{\"type\":\"user\",\"id\":\"a\\u00e9\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"record\",\"id\":\"1\"},\"context\":{\"a\":1}}", NULL },
        { "{\"subject\":{\"type\":\"user\",\"id\":\"b\"},\"action\":{\"name\":\"read\"},\"resource\":{\"type\":\"t\",\"id\":\"2\",\"properties\":{\"s\":[2]}},\"context\":{}}", NULL },
        { NULL, "`resource.id` is missing" },
        { NULL, "`resource` must be an object" },
    };
    g_autoptr(KjAuthzenAsked) asked = read_good(KJ_AUTHZEN_EVALUATIONS, body);
    guint i = 0;
    g_assert_cmpint(asked->semantic, ==, KJ_AUTHZEN_UNTIL_DENY);
    g_assert_cmpuint(asked->items->count, ==, G_N_ELEMENTS(wanted));
    for (const KjJsonValue *item = kj_json_first(asked->json, asked->items); item; item = kj_json_next(asked->json, item), i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        gboolean good = kj_authzen_append_item(asked, item, out, &error);
        if (wanted[i].problem) {
            g_assert_false(good);
            g_assert_cmpstr(error->message, ==, wanted[i].problem);
        } else {
            g_assert_no_error(error);
            g_assert_cmpstr(out->str, ==, wanted[i].text);
            g_autoptr(KjJson) json = kj_json_parse(out->str, out->len, NULL);
            g_assert_nonnull(json);
        }
    }
    g_assert_cmpstr(kj_authzen_text(asked, kj_json_first(asked->json, asked->items), "resource", "type"), ==, "record");
    g_assert_cmpstr(kj_authzen_text(asked, kj_json_first(asked->json, asked->items), "subject", "id"), ==, "a\xc3\xa9");
}

static void test_candidates(void) {
    static const struct {
        KjAuthzenKind kind;
        const char *body, *text;
    } searches[] = {
        { KJ_AUTHZEN_SUBJECTS, "{\"subject\":{\"id\":\"x\",\"type\":\"user\",\"properties\":{\"p\":1}}," ACTION "," RESOURCE "}",
          "{\"subject\":{\"type\":\"user\",\"id\":\"Q\\\"\",\"properties\":{\"p\":1}}," ACTION "," RESOURCE "}" },
        { KJ_AUTHZEN_RESOURCES, "{" SUBJECT "," ACTION ",\"resource\":{\"type\":\"record\"},\"context\":{\"c\":true}}",
          "{" SUBJECT "," ACTION ",\"resource\":{\"type\":\"record\",\"id\":\"Q\\\"\"},\"context\":{\"c\":true}}" },
        { KJ_AUTHZEN_ACTIONS, "{" SUBJECT "," RESOURCE "}", "{" SUBJECT ",\"action\":{\"name\":\"Q\\\"\"}," RESOURCE "}" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(searches); i++) {
        g_autoptr(KjAuthzenAsked) asked = read_good(searches[i].kind, searches[i].body);
        g_autoptr(GString) out = g_string_new(NULL);
        kj_authzen_append_candidate(asked, "Q\"", out);
        g_assert_cmpstr(out->str, ==, searches[i].text);
        g_assert_cmpuint(asked->page_limit, ==, KJ_AUTHZEN_PAGE_MAX);
    }
}

static void test_bounds(void) {
    static const guint counts[] = { KJ_AUTHZEN_ITEMS_MAX - 1, KJ_AUTHZEN_ITEMS_MAX, KJ_AUTHZEN_ITEMS_MAX + 1 };
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autoptr(GString) body = g_string_new("{\"evaluations\":[{}");
        for (guint j = 1; j < counts[i]; j++)
            g_string_append(body, ",{}");
        g_string_append(body, "]}");
        g_autoptr(KjAuthzenAsked) asked = kj_authzen_read(KJ_AUTHZEN_EVALUATIONS, body->str, body->len, NULL);
        g_assert_true((asked != NULL) == (counts[i] <= KJ_AUTHZEN_ITEMS_MAX));
    }
    static const struct {
        const char *limit;
        guint wanted;
    } limits[] = { { "1", 1 }, { "999", 999 }, { "1000", 1000 }, { "1001", 1000 }, { "9223372036854775807", 1000 } };
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *body = g_strdup_printf("{" SUBJECT "," RESOURCE ",\"page\":{\"limit\":%s}}", limits[i].limit);
        g_autoptr(KjAuthzenAsked) asked = read_good(KJ_AUTHZEN_ACTIONS, body);
        g_assert_cmpuint(asked->page_limit, ==, limits[i].wanted);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/daemon/authzen-read/bodies", test_bodies);
    g_test_add_func("/daemon/authzen-read/items", test_items);
    g_test_add_func("/daemon/authzen-read/candidates", test_candidates);
    g_test_add_func("/daemon/authzen-read/bounds", test_bounds);
    return g_test_run();
}
