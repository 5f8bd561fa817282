/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports of changes: each folder beside this file holds an old and a new version of one policy, and golden files of what is told in text, in both
 * languages, and in JSON. HTML is looked at for what must hold of every page. KIJUN_UPDATE=1 rewrites the golden files.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "../../../compiler/compiler.h"
#include "../../../compiler/report/page.h"
#include "../../../compiler/report/report.h"
#include "../../../compiler/report/words.h"

#define NOW G_GINT64_CONSTANT(1795305600) /* 2026-11-22 */
#define UNTIL G_GINT64_CONSTANT(1830340800) /* 2028-01-01 */

typedef struct {
    KjCompilation *old_policy, *new_policy;
    KjChange *change;
    KjReport *report;
} Told;

static char *path_of(const char *name, const char *file) {
    return g_test_build_filename(G_TEST_DIST, "tests/compiler/report", name, file, NULL);
}

static KjCompilation *compile(const char *name, const char *file) {
    g_autofree char *path = path_of(name, file);
    KjCompilation *compilation = kj_compilation_new();
    g_autoptr(GString) text = g_string_new(NULL);

    kj_sources_call(compilation->sources, "policy.pol");
    g_assert_true(kj_compilation_load(compilation, path, NULL));
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
    if (!compilation->policy)
        g_error("%s: %s", path, text->str);
    return compilation;
}

static void tell(const char *name, const char *language, guint most, const GPtrArray *patches, Told *told) {
    KjChangeOptions options = { .now = NOW, .until = UNTIL, .most = most };
    KjReportOptions report_options = { .language = language, .version = "9.9", .old_path = "old", .new_path = "new folder", .old_commit = NULL,
                                       .new_commit = "0123456789abcdef0123456789abcdef01234567", .until_date = "2027-12-31", .maps = TRUE, .patches = patches };

    told->old_policy = compile(name, "old.pol");
    told->new_policy = compile(name, "new.pol");
    told->change = kj_change_new(told->old_policy->policy, told->new_policy->policy, &options);
    told->report = kj_report_new(told->change, &report_options);
    for (guint i = 0; i < told->change->blocks->len; i++)
        g_assert_false(((const KjBlockChange *)told->change->blocks->pdata[i])->bug);
}

static void told_clear(Told *told) {
    kj_report_free(told->report);
    kj_change_free(told->change);
    kj_compilation_free(told->old_policy);
    kj_compilation_free(told->new_policy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static void compare(const char *name, const char *file, const char *actual) {
    g_autofree char *path = path_of(name, file), *expected = NULL;

    if (g_getenv("KIJUN_UPDATE"))
        g_assert_true(g_file_set_contents(path, actual, -1, NULL));
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    if (strcmp(expected, actual) != 0)
        g_printerr("%s differs; it would now be:\n%s", path, actual);
    g_assert_cmpstr(expected, ==, actual);
}

/* ---- golden files ---- */

static void test_golden(gconstpointer data) {
    static const char *const languages[] = { "en", "ja" };
    const char *name = data;

    for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
        g_auto(Told) told = { NULL, NULL, NULL, NULL };
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *file = g_strconcat(languages[i], ".txt", NULL);
        tell(name, languages[i], 10, NULL, &told);
        kj_report_print_text(told.report, FALSE, text);
        compare(name, file, text->str);
    }
    g_auto(Told) told = { NULL, NULL, NULL, NULL };
    g_autoptr(GString) json = g_string_new(NULL);
    tell(name, "en", 10, NULL, &told);
    kj_report_print_json(told.report, json);
    compare(name, "report.json", json->str);
}

/* Every member that cli.md promises. */
static void test_contract(gconstpointer data) {
    g_auto(Told) told = { NULL, NULL, NULL, NULL };
    g_autoptr(GString) json = g_string_new(NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    tell(data, "en", 10, NULL, &told);
    kj_report_print_json(told.report, json);
    g_assert_true(json_parser_load_from_data(parser, json->str, -1, NULL));

    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *blocks = json_object_get_array_member(root, "blocks");
    g_assert_cmpint(json_object_get_int_member(root, "version"), ==, 1);
    g_assert_cmpuint(json_array_get_length(blocks), ==, told.change->blocks->len);
    for (guint i = 0; i < json_array_get_length(blocks); i++) {
        JsonObject *block = json_array_get_object_element(blocks, i);
        const KjBlockChange *change = told.change->blocks->pdata[i];
        g_assert_cmpstr(json_object_get_string_member(block, "block"), ==, change->name);
        g_assert_cmpstr(json_object_get_string_member(block, "verdict"), ==, kj_change_verdict_name(change->verdict));
        g_assert_cmpint(json_object_get_boolean_member(block, "weakens"), ==, change->weakens);
        JsonArray *regions = json_object_get_array_member(block, "regions");
        for (guint r = 0; r < json_array_get_length(regions); r++) {
            static const char *const members[] = { "old", "new", "where", "witness", "rules" };
            for (guint m = 0; m < G_N_ELEMENTS(members); m++)
                g_assert_true(json_object_has_member(json_array_get_object_element(regions, r), members[m]));
        }
    }
}

/* ---- pages ---- */

static char *page(const char *name, const char *language) {
    KjReportPatch patch = { "a<b.pol", "diff --git a/a<b.pol b/a<b.pol\n-<script>\n+\"&' id=\"digest\"\n \033[2J\n" };
    g_autoptr(GPtrArray) patches = g_ptr_array_new();
    g_auto(Told) told = { NULL, NULL, NULL, NULL };
    g_autoptr(GString) html = g_string_new(NULL);

    g_ptr_array_add(patches, &patch);
    tell(name, language, 10, patches, &told);
    kj_report_print_html(told.report, html);
    return g_string_free(g_steal_pointer(&html), FALSE);
}

static guint occurrences(const char *text, const char *part) {
    guint count = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        count++;
    return count;
}

/* `grep -v 'id="digest"' FILE | sha256sum` */
static void check_digest(const char *html) {
    g_auto(GStrv) lines = g_strsplit(html, "\n", -1);
    g_autoptr(GString) rest = g_string_new(NULL);
    const char *line = NULL;

    for (char **each = lines; *each; each++) {
        if (strstr(*each, "id=\"digest\"")) {
            g_assert_null(line);
            line = *each;
        } else if (each[1]) {
            g_string_append_printf(rest, "%s\n", *each);
        }
    }
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, rest->str, -1);
    g_assert_nonnull(line);
    g_assert_nonnull(strstr(line, digest));
}

static void test_page(gconstpointer data) {
    static const char *const languages[] = { "en", "ja" };

    for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
        g_autofree char *html = page(data, languages[i]), *start = g_strdup_printf("<!DOCTYPE html>\n<html lang=\"%s\">", languages[i]);
        static const char *const forbidden[] = { "<script", "<img", "<link", "<b onclick", "http:", "https:", "url(", "@import", "\033", "\xC2\x9B" };
        g_assert_true(g_str_has_prefix(html, start));
        for (guint f = 0; f < G_N_ELEMENTS(forbidden); f++)
            g_assert_null(strstr(html, forbidden[f]));
        g_assert_true(g_utf8_validate(html, -1, NULL));
        g_assert_cmpuint(occurrences(html, "<a href=\"#change-"), ==, occurrences(html, "id=\"change-"));
        g_assert_cmpuint(occurrences(html, "<article"), ==, occurrences(html, "</article>"));
        g_assert_cmpuint(occurrences(html, "<details>"), ==, occurrences(html, "</details>"));
        g_assert_cmpuint(occurrences(html, "<code>"), ==, occurrences(html, "</code>"));
        g_assert_nonnull(strstr(html, "<meta name=\"generator\" content=\"kijun 9.9\">"));
        g_assert_nonnull(strstr(html, "&lt;script&gt;"));
        check_digest(html);
    }
}

/* No two readings of one text: what would move a cursor is replaced, what would be markup is escaped. */
static void test_hostile(void) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_assert_cmpstr(kj_report_clean(arena, "a\033[2J\xC2\x9B\x7F\tb\n\xE2\x80\xAE", FALSE), ==, "a\xEF\xBF\xBD[2J\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" "b\xEF\xBF\xBD\xEF\xBF\xBD");
    g_assert_cmpstr(kj_report_clean(arena, "\ta\r\n", TRUE), ==, "\ta\xEF\xBF\xBD\n");

    for (guint i = 0; i < 3; i++) {
        g_auto(Told) told = { NULL, NULL, NULL, NULL };
        g_autoptr(GString) text = g_string_new(NULL);
        tell("hostile", i == 1 ? "ja" : "en", 10, NULL, &told);
        if (i == 2)
            kj_report_print_json(told.report, text);
        else
            kj_report_print_text(told.report, FALSE, text);
        for (const char *p = text->str; *p; p = g_utf8_next_char(p))
            g_assert_true(*p == '\n' || !g_unichar_iscntrl(g_utf8_get_char(p)));
    }
    g_autofree char *html = page("hostile", "en");
    g_assert_nonnull(strstr(html, "&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;"));
    g_assert_nonnull(strstr(html, "&lt;/code&gt;&lt;img src=x&gt;"));
}

/* Beyond --most changes are counted, not told. */
static void test_most(void) {
    g_auto(Told) few = { NULL, NULL, NULL, NULL }, all = { NULL, NULL, NULL, NULL };
    tell("opened", "en", 1, NULL, &few);
    tell("opened", "en", 0, NULL, &all);
    const KjReportBlock *one = few.report->blocks->pdata[0], *every = all.report->blocks->pdata[0];
    g_assert_cmpuint(one->changes->len, ==, 1);
    g_assert_cmpuint(every->changes->len, ==, 3);
    g_assert_cmpstr(one->more, ==, "and 2 more changes not shown");
    g_assert_null(every->more);
    g_assert_cmpstr(((const KjReportChange *)one->changes->pdata[0])->headline, ==, ((const KjReportChange *)every->changes->pdata[0])->headline);
}

/* A map's cells: along `from` and time, one cell of the rule `ssh` was open before. */
static void test_map(void) {
    g_auto(Told) told = { NULL, NULL, NULL, NULL };
    tell("opened", "en", 0, NULL, &told);
    const KjReportBlock *block = told.report->blocks->pdata[0];
    const KjReportMap *map = ((const KjReportChange *)block->changes->pdata[0])->map;
    g_assert_nonnull(map);
    g_assert_cmpstr(map->x.field, ==, "from");
    g_assert_cmpstr(map->y.field, ==, "during");
    g_assert_cmpuint(map->x.count, ==, 3);
    g_assert_cmpuint(map->y.count, ==, 2);
    guint changed = 0, same = 0;
    for (guint i = 0; i < map->x.count * map->y.count; i++) {
        changed += map->cells[i] == KJ_CELL_CHANGED;
        same += map->cells[i] == KJ_CELL_SAME;
        if (map->cells[i] == KJ_CELL_SAME) {
            g_assert_cmpstr(map->x.labels[i % 3], ==, "198.51.100.0/24");
            g_assert_cmpstr(map->y.labels[i / 3], ==, "office");
        }
    }
    g_assert_cmpuint(changed, ==, 3);
    g_assert_cmpuint(same, ==, 1);
}

/* Words that only one side has are marked; two different rules are left alone. */
static void test_sides(void) {
    static const struct {
        const char *before, *after, *old_html, *new_html;
    } rows[] = {
        { "a b c d", "a b d", "a b <mark>c</mark> d", "a b d" },
        { "a  b\n    <c> d", "a b x <c> d", "a  b\n    &lt;c&gt; d", "a b <mark>x</mark> &lt;c&gt; d" },
        { "a b c d", "a x y z", "a b c d", "a x y z" },
        { "", "a b", "", "a b" },
        { "same words", "same words", "same words", "same words" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *old_html = NULL, *new_html = NULL;
        kj_page_sides(rows[i].before, rows[i].after, &old_html, &new_html);
        g_assert_cmpstr(old_html, ==, rows[i].old_html);
        g_assert_cmpstr(new_html, ==, rows[i].new_html);
    }
}

int main(int argc, char **argv) {
    static const char *const names[] = { "opened", "refused", "obligations", "requirements", "exception", "gone", "hostile", "nothing" };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *golden = g_strconcat("/report/golden/", names[i], NULL), *html = g_strconcat("/report/page/", names[i], NULL),
                        *json = g_strconcat("/report/contract/", names[i], NULL);
        g_test_add_data_func(golden, names[i], test_golden);
        g_test_add_data_func(json, names[i], test_contract);
        g_test_add_data_func(html, names[i], test_page);
    }
    g_test_add_func("/report/hostile", test_hostile);
    g_test_add_func("/report/most", test_most);
    g_test_add_func("/report/map", test_map);
    g_test_add_func("/report/sides", test_sides);
    return g_test_run();
}
