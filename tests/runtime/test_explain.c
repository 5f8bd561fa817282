/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explanations: the words that must be there, in both languages, and near misses that are tried out. */
#include <kijun/explain.h>
#include <kijun/request.h>
#include <string.h>

#include "assembler.h"

/* "field=value field=value"; the explanation, and the request as decided. */
static char *explain(KjTable *table, guint block, const char *text, const char *language, KjRequest **kept, KjVerdict *verdict) {
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    g_autoptr(KjRequest) request = kj_request_new(table, block);
    g_autoptr(GString) out = g_string_new(NULL);
    KjAskedValue values[8];
    guint count = 0;
    for (char **part = parts; *part && **part; part++) {
        char *value = strchr(*part, '=');
        *value++ = '\0';
        values[count] = (KjAskedValue){ kj_table_find_field(table, block, *part), value };
        kj_request_set_text(request, values[count].field, value, -1, NULL);
        count++;
    }
    *verdict = (KjVerdict){ .size = sizeof *verdict };
    kj_decide(request, verdict);
    kj_explain(request, verdict, values, count, language, out);
    if (kept)
        *kept = g_steal_pointer(&request);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

typedef struct {
    guint block;
    const char *request, *language;
    const char *needed[8]; /* NULL-terminated, in this order */
} Case;

static const Case cases[] = {
    { 0, "from=10.0.0.1 service=81/tcp", "en",
      { "Deny by rule `inner`, sample.pol:13:5.\n  A sentence.\n  # Nothing else leaves the inner net.\n  Obligations: log\n  Message: inside\n",
        "Asked: from 10.0.0.1, ", "3 earlier rules did not match", "`web` needs: port 80, 443\n", "through by rule `web` with: port 80.\n" } },
    { 0, "from=10.0.0.1 service=81/tcp", "ja", { "規則 `inner`（sample.pol:13:5）", "メッセージ: 内側", "portが 80, 443", "規則 `web` で通る" } },
    { 0, "from=192.0.2.1", "en", { "no rule matched, so the default of block `perimeter` decides", "4 rules did not match", "`inner` needs: from 10.0.0.0/8" } },
    { 0, "from=10.0.0.1 service=443/tcp", "en", { "Allow by rule `web`, sample.pol:10:5.", "Asked: from 10.0.0.1, " } },
    { 0, "from=2001:db8::1 tls=false", "en", { "so the default", "`six` needs: over tls", "by rule `six` with: over tls." } },
    { 0, "from=10.0.0.1 port=70000", "en", { "Refused: nothing could be decided", "port: outside the bounds" } },
    { 1, "principal=sato resource=/sealed label=II", "en", { "Deny by rule `secret`", "Also by rule `sealed`", "It would go through by rule `read` with: resource /residents; label III." } },
    { 1, "principal=x resource=/y", "en", { "so the default", "`self` needs: principal == owner", "`mail` needs: sender *@*.x.jp", "`secret` needs: label II, I" } },
    { 1, "principal=sato resource=/residents label=I", "en", { "Deny by rule `secret`", "It would go through by rule `read`" } },
    { 2, "widens=true basic=true", "en", { "Require by rule `one`", "Also by rule `two`" } },
    { 2, "widens=false", "en", { "states no default", "No change of a few fields" } },
};

static void test_words(void) {
    g_autoptr(KjTable) table = sample_table();
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        KjVerdict verdict;
        g_autofree char *text = explain(table, cases[i].block, cases[i].request, cases[i].language, NULL, &verdict);
        const char *rest = text;
        g_test_message("%s", text);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (guint n = 0; cases[i].needed[n]; n++) {
            const char *found = strstr(rest, cases[i].needed[n]);
            if (!found)
                g_error("missing `%s` in:\n%s", cases[i].needed[n], text);
            rest = found + strlen(cases[i].needed[n]);
        }
        g_assert_true((verdict.outcome == KJ_OUTCOME_REFUSE) == (strstr(text, "It would go through") || strstr(text, "通る") || strstr(text, "No change")));
    }
}

/* What a near miss offers is let through, and fewer changes would not do. */
static void test_near_misses(void) {
    static const struct {
        guint block;
        const char *request;
        guint changes;
    } refused[] = {
        { 0, "from=10.0.0.1 service=81/tcp", 1 },
        { 0, "from=192.0.2.1", 2 },
        { 0, "from=2001:db8::1", 1 },
        { 1, "principal=sato resource=/residents label=I", 1 },
        { 1, "principal=sato resource=/sealed label=I", 2 },
        { 1, "principal=x resource=/y", 1 },
    };
    g_autoptr(KjTable) table = sample_table();
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        KjRequest *kept = NULL;
        KjVerdict verdict;
        KjNearMiss miss;
        g_autofree char *text = explain(table, refused[i].block, refused[i].request, "en", &kept, &verdict);
        g_autoptr(KjRequest) request = kept;
        guint matched = verdict.matched;
        guint32 rule = kj_request_matched_rule(request, 0);
        g_test_message("%s", text);
        g_assert_true(kj_explain_nearest(request, &verdict, &miss));
        g_assert_cmpuint(miss.fields, ==, refused[i].changes);
        /* The request is as it was. */
        g_assert_cmpuint(kj_request_matched_rule(request, 0), ==, rule);
        g_assert_cmpuint(request->matched_count, ==, matched);
        for (guint c = 0; c < miss.count; c++)
            request->classes[miss.changes[c].field] = miss.changes[c].klass;
        kj_request_match(request, request->classes);
        g_assert_cmpuint(request->matched_count, >, 0);
        g_assert_cmpuint(request->matched[0], ==, miss.rule);
    }
}

static void test_no_near_miss(void) {
    g_autoptr(KjTable) table = sample_table();
    KjRequest *kept = NULL;
    KjVerdict verdict;
    KjNearMiss miss;
    g_autofree char *text = explain(table, 0, "from=10.0.0.1 service=443/tcp", "en", &kept, &verdict);
    g_assert_null(strstr(text, "go through"));
    g_assert_false(kj_explain_nearest(kept, &verdict, &miss));
    kj_request_free(kept);
    g_autofree char *error = explain(table, 0, "port=70000", "en", &kept, &verdict);
    g_assert_null(strstr(error, "go through"));
    g_assert_false(kj_explain_nearest(kept, &verdict, &miss));
    kj_request_free(kept);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/words", test_words);
    g_test_add_func("/explain/near-misses", test_near_misses);
    g_test_add_func("/explain/no-near-miss", test_no_near_miss);
    return g_test_run();
}
