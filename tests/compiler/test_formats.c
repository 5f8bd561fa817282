/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The forms of diagnostics for other tools. The SARIF is read back with a JSON parser and held against what SARIF 2.1.0 requires of each
 * object (properties that must be there, 1-based regions, indices that point to the right rule); GitHub's lines against their escapes.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "../../compiler/codes.h"

/* A full-width semicolon after a wide name, a second place with a message that needs escapes, a diagnostic without a place. */
static const char text[] = "let 名前 = 1；\nlet b = \"\n\";\n";

typedef struct {
    KjSources *sources;
    KjDiagnostics *diagnostics;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    const char *place = strstr(text, "；");
    guint32 start = (guint32)(place - text);
    KjDiagnostic *diagnostic;
    guint32 file;

    (void)data;
    fixture->sources = kj_sources_new();
    fixture->diagnostics = kj_diagnostics_new();
    file = kj_sources_add_text(fixture->sources, "日本/規則 a.csv", text, strlen(text), fixture->diagnostics);
    diagnostic = kj_report(fixture->diagnostics, KJ_CODE_CHARACTER_FULL_WIDTH, (KjSpan){ file, start, start + 3 }, "；", 0xFF1B, ";");
    kj_report_help(diagnostic, "write `%s`", ";");
    kj_report_fix(diagnostic, (KjSpan){ file, start, start + 3 }, ";");
    kj_report_related(diagnostic, (KjSpan){ file, 0, 3 }, "100% here");
    kj_report(fixture->diagnostics, KJ_CODE_USE_UNUSED, (KjSpan){ file, start + 5, start + 14 }, "a: b,\r\nc%");
    kj_report(fixture->diagnostics, KJ_CODE_TOO_MANY_FILES, KJ_SPAN_NONE, 65536u);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    kj_sources_free(fixture->sources);
    kj_diagnostics_free(fixture->diagnostics);
}

static void
test_github(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void)data;
    kj_diagnostics_print_github(fixture->diagnostics, fixture->sources, "po,li:cy%", out);
    g_assert_cmpstr(out->str, ==,
                    "::error file=po%2Cli%3Acy%25/日本/規則 a.csv,line=1,endLine=1,col=11,endColumn=12,title=KJ0021::"
                    "`；` (U+FF1B) is not the ASCII character `;`%0Awrite `;`\n"
                    "::warning file=po%2Cli%3Acy%25/日本/規則 a.csv,line=2,endLine=3,title=KJ0322::"
                    "the module `a: b,%0D%0Ac%25` is used for nothing\n"
                    "::error title=KJ0003::the workspace has more than 65536 policy files\n");
}

/* ---- SARIF ---- */

static JsonObject *
member(JsonObject *object, const char *name)
{
    if (!json_object_has_member(object, name))
        g_error("no member `%s`", name);
    return json_object_get_object_member(object, name);
}

static const char *
string_of(JsonObject *object, const char *name)
{
    if (!json_object_has_member(object, name))
        g_error("no member `%s`", name);
    return json_object_get_string_member(object, name);
}

static void
assert_region(JsonObject *region, gint64 line, gint64 column, gint64 end_line, gint64 end_column)
{
    g_assert_cmpint(json_object_get_int_member(region, "startLine"), ==, line);
    g_assert_cmpint(json_object_get_int_member(region, "startColumn"), ==, column);
    g_assert_cmpint(json_object_get_int_member(region, "endLine"), ==, end_line);
    g_assert_cmpint(json_object_get_int_member(region, "endColumn"), ==, end_column);
}

static void
assert_rules(JsonArray *rules, guint language)
{
    g_autoptr(GPtrArray) codes = kj_codes_in_order();

    g_assert_cmpuint(json_array_get_length(rules), ==, codes->len);
    for (guint i = 0; i < codes->len; i++) {
        const KjCodeEntry *entry = codes->pdata[i];
        const KjCodePage *page = kj_code_page(entry->code);
        JsonObject *rule = json_array_get_object_element(rules, i);
        g_autofree char *id = g_strdup_printf("KJ%04d", (int)entry->code);

        g_assert_cmpstr(string_of(rule, "id"), ==, id);
        g_assert_cmpstr(string_of(member(rule, "shortDescription"), "text"), ==, page->title[language]);
        g_assert_nonnull(strstr(string_of(member(rule, "help"), "text"), page->reason[language]));
        g_assert_cmpstr(string_of(member(rule, "defaultConfiguration"), "level"), ==,
                        entry->severity == KJ_SEVERITY_ERROR     ? "error"
                        : entry->severity == KJ_SEVERITY_WARNING ? "warning"
                                                                 : "note");
    }
}

static void
assert_first_result(JsonObject *result)
{
    JsonObject *place, *other, *fix, *change, *replacement;

    g_assert_cmpstr(string_of(result, "level"), ==, "error");
    g_assert_cmpstr(string_of(member(result, "message"), "text"), ==, "`；` (U+FF1B) is not the ASCII character `;`\nwrite `;`");
    place = member(json_array_get_object_element(json_object_get_array_member(result, "locations"), 0), "physicalLocation");
    g_assert_cmpstr(string_of(member(place, "artifactLocation"), "uri"), ==, "policy/%E6%97%A5%E6%9C%AC/%E8%A6%8F%E5%89%87%20a.csv");
    g_assert_cmpstr(string_of(member(place, "artifactLocation"), "uriBaseId"), ==, "%SRCROOT%");
    assert_region(member(place, "region"), 1, 11, 1, 12);
    other = json_array_get_object_element(json_object_get_array_member(result, "relatedLocations"), 0);
    g_assert_cmpstr(string_of(member(other, "message"), "text"), ==, "100% here");
    assert_region(member(member(other, "physicalLocation"), "region"), 1, 1, 1, 4);
    fix = json_array_get_object_element(json_object_get_array_member(result, "fixes"), 0);
    change = json_array_get_object_element(json_object_get_array_member(fix, "artifactChanges"), 0);
    g_assert_nonnull(member(change, "artifactLocation"));
    replacement = json_array_get_object_element(json_object_get_array_member(change, "replacements"), 0);
    assert_region(member(replacement, "deletedRegion"), 1, 11, 1, 12);
    g_assert_cmpstr(string_of(member(replacement, "insertedContent"), "text"), ==, ";");
}

static void
test_sarif(Fixture *fixture, gconstpointer data)
{
    const char *language = data;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    JsonObject *log, *run, *driver;
    JsonArray *results, *rules;

    kj_diagnostics_print_sarif(fixture->diagnostics, fixture->sources, "policy", language, "1.2.3", out);
    json_parser_load_from_data(parser, out->str, (gssize)out->len, &error);
    g_assert_no_error(error);
    log = json_node_get_object(json_parser_get_root(parser));
    g_assert_cmpstr(string_of(log, "version"), ==, "2.1.0");
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(log, "runs")), ==, 1);
    run = json_array_get_object_element(json_object_get_array_member(log, "runs"), 0);
    g_assert_cmpstr(string_of(run, "columnKind"), ==, "unicodeCodePoints");
    driver = member(member(run, "tool"), "driver");
    g_assert_cmpstr(string_of(driver, "name"), ==, "kijun");
    g_assert_cmpstr(string_of(driver, "version"), ==, "1.2.3");
    g_assert_cmpstr(string_of(driver, "language"), ==, language);
    rules = json_object_get_array_member(driver, "rules");
    assert_rules(rules, kj_code_language(language));

    results = json_object_get_array_member(run, "results");
    g_assert_cmpuint(json_array_get_length(results), ==, 3);
    for (guint i = 0; i < 3; i++) {
        JsonObject *result = json_array_get_object_element(results, i);
        JsonObject *rule = json_array_get_object_element(rules, (guint)json_object_get_int_member(result, "ruleIndex"));

        g_assert_cmpstr(string_of(result, "ruleId"), ==, string_of(rule, "id"));
        g_assert_cmpstr(string_of(result, "level"), ==, string_of(member(rule, "defaultConfiguration"), "level"));
    }
    assert_first_result(json_array_get_object_element(results, 0));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(json_array_get_object_element(results, 2), "locations")), ==, 0);
}

static void
test_sarif_absolute(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) out = g_string_new(NULL);

    (void)data;
    kj_diagnostics_print_sarif(fixture->diagnostics, fixture->sources, "/srv/policy", "en", "1", out);
    g_assert_nonnull(strstr(out->str, "\"file:///srv/policy/%E6%97%A5"));
    g_assert_null(strstr(out->str, "SRCROOT"));
}

/* ---- text ---- */

/* What a terminal shows is what a file gets, with nothing but colours in between. */
static void
test_colours(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GString) plain = g_string_new(NULL), coloured = g_string_new(NULL);
    g_autoptr(GRegex) sequence = g_regex_new("\x1b\\[[0-9;]*m", 0, 0, NULL);
    g_autofree char *stripped = NULL;

    (void)data;
    kj_diagnostics_print_text(fixture->diagnostics, fixture->sources, FALSE, plain);
    kj_diagnostics_print_text(fixture->diagnostics, fixture->sources, TRUE, coloured);
    g_assert_null(strchr(plain->str, 0x1b));
    stripped = g_regex_replace_literal(sequence, coloured->str, -1, 0, "", 0, NULL);
    g_assert_cmpstr(stripped, ==, plain->str);
    g_assert_nonnull(strstr(coloured->str, "\x1b[1;31m"));
    g_assert_nonnull(strstr(coloured->str, "\x1b[1;35m"));
    g_assert_nonnull(strstr(plain->str, "error: the workspace has more than 65536 policy files [KJ0003]\n"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/formats/github", Fixture, NULL, set_up, test_github, tear_down);
    g_test_add("/formats/sarif", Fixture, "en", set_up, test_sarif, tear_down);
    g_test_add("/formats/sarif-in-japanese", Fixture, "ja", set_up, test_sarif, tear_down);
    g_test_add("/formats/sarif-absolute", Fixture, NULL, set_up, test_sarif_absolute, tear_down);
    g_test_add("/formats/colours", Fixture, NULL, set_up, test_colours, tear_down);
    return g_test_run();
}
