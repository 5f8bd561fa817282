/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checker against files: bad/ holds one mistake for each file or folder, with the diagnostics beside it; good/ holds policies with
 * their checked trees. Every code KJ02xx must be among the expected diagnostics, so that a new code without a test fails here. With
 * KIJUN_UPDATE=1 the expected files are written instead of compared; read the difference before committing it.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "../../../compiler/check/check.h"
#include "dump.h"

/* ---- a domain with what the mission's domains lack: a set beside a limit, annotations of its own ---- */

static const char *const limited[] = { "limit", NULL };
static const KjFieldDefinition parking_fields[] = {
    { .name = "plate",
      .type = KJ_TYPE_TEXT,
      .flags = KJ_FIELD_REQUIRED,
      .phrase = { "with the plate {}", "番号が{}" },
      .doc = { "The plate.", "番号。" } },
    { .name = "permits",
      .type = KJ_TYPE_SYMBOL,
      .flags = KJ_FIELD_SET,
      .phrase = { "holding {}", "許可証に{}を含む" },
      .doc = { "The permits.", "許可証。" } },
    { .name = NULL },
};
static const KjEffectDefinition parking_effects[] = {
    { .name = "allow", .phrase = { "allow", "許可する" }, .doc = { "May park.", "駐車できる。" } },
    { .name = "limit",
      .flags = KJ_EFFECT_LIMITS,
      .phrase = { "allow within a rate", "一定の頻度まで許可する" },
      .doc = { "May park so often.", "回数まで駐車できる。" } },
    { .name = "deny", .flags = KJ_EFFECT_REFUSES, .phrase = { "deny", "拒否する" }, .doc = { "May not park.", "駐車できない。" } },
    { .name = NULL },
};
static const KjParameterDefinition parking_parameters[] = {
    { .name = "rate",
      .kind = KJ_PARAMETER_RATE,
      .effects = limited,
      .required = TRUE,
      .phrase = { "at most {}", "頻度は{}まで" },
      .doc = { "How often.", "頻度。" } },
    { .name = "per",
      .kind = KJ_PARAMETER_FIELDS,
      .effects = limited,
      .phrase = { "for each {}", "{}ごと" },
      .doc = { "Counted by.", "数え方。" } },
    { .name = NULL },
};
static const KjAnnotationDefinition parking_annotations[] = {
    { .name = "fine", .has_argument = TRUE, .obligation = TRUE, .doc = { "The fine.", "反則金。" } },
    { .name = "tow", .doc = { "Towed away.", "移動する。" } },
    { .name = NULL },
};
static const KjSettingDefinition parking_settings[] = { { .name = NULL } };
static const KjTargetDefinition parking_targets[] = { { .name = NULL } };
static const KjDomain parking = {
    .abi = KJ_DOMAIN_ABI,
    .size = sizeof(KjDomain),
    .name = "parking",
    .version = "1",
    .doc = { "Parking.", "駐車。" },
    .subject = { "cars", "車" },
    .combining = KJ_COMBINING_FIRST_MATCH,
    .default_effect = "deny",
    .fields = parking_fields,
    .effects = parking_effects,
    .parameters = parking_parameters,
    .settings = parking_settings,
    .annotations = parking_annotations,
    .targets = parking_targets,
};

/* ---- files ---- */

static void compare_or_update(const char *path, const char *actual) {
    g_autofree char *expected = NULL;

    if (g_getenv("KIJUN_UPDATE")) {
        g_assert_true(g_file_set_contents(path, actual, -1, NULL));
        return;
    }
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    if (strcmp(expected, actual) != 0)
        g_printerr("%s differs; it would now be:\n%s", path, actual);
    g_assert_cmpstr(expected, ==, actual);
}

static char *beside(const char *input, const char *suffix) {
    g_autofree char *base = g_str_has_suffix(input, ".pol") ? g_strndup(input, strlen(input) - 4) : g_strdup(input);
    return g_strconcat(base, suffix, NULL);
}

static void test_bad(gconstpointer data) {
    const char *input = data;
    g_autofree char *expected = beside(input, ".expected");
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) text = g_string_new(NULL);

    compilation->findings = TRUE;
    g_assert_true(kj_compilation_load(compilation, input, NULL));
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
    g_assert_cmpuint(text->len, >, 0);
    g_assert_true((compilation->policy == NULL) == (kj_diagnostics_errors(compilation->diagnostics) > 0));
    compare_or_update(expected, text->str);
}

static void test_good(gconstpointer data) {
    const char *input = data;
    g_autofree char *golden = beside(input, ".golden");
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) text = g_string_new(NULL);

    compilation->findings = TRUE;
    g_assert_true(kj_compilation_load(compilation, input, NULL));
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
    g_assert_cmpstr(text->str, ==, "");
    g_assert_nonnull(compilation->policy);
    dump_policy(compilation, text);
    compare_or_update(golden, text->str);
}

static gboolean is_input(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_str_has_suffix(name, ".pol") || g_file_test(path, G_FILE_TEST_IS_DIR);
}

static void add_folder(const char *folder_name, GTestDataFunc function) {
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "check", folder_name, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = NULL;
        if (!is_input(folder, name))
            continue;
        path = g_strdup_printf("/check/%s/%s", folder_name, name);
        g_test_add_data_func_full(path, g_build_filename(folder, name, NULL), function, g_free);
    }
}

/* ---- every code has a test ---- */

static const struct {
    guint number;
    const char *name;
} codes[] = {
#define KJ_DIAGNOSTIC(number, name, severity, message) { number, #name },
#include "../../../compiler/diagnostics.def"
#undef KJ_DIAGNOSTIC
};

static char *all_expected(void) {
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "check", "bad", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GString *all = g_string_new(NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
        if (!g_str_has_suffix(name, ".expected"))
            continue;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_string_append(all, text);
    }
    return g_string_free(all, FALSE);
}

static void test_every_code(void) {
    g_autofree char *all = all_expected();
    guint missing = 0;

    if (g_getenv("KIJUN_UPDATE")) {
        g_test_skip("the expected files are being written");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *code = g_strdup_printf("[KJ%04u]", codes[i].number);
        gboolean ours = codes[i].number >= 200 && codes[i].number < 300;
        if (!ours || codes[i].number == KJ_CODE_CSV_ROWS || strstr(all, code))
            continue;
        g_printerr("no test for %s %s\n", code, codes[i].name);
        missing++;
    }
    g_assert_cmpuint(missing, ==, 0);
}

/* ---- parts ---- */

/* The limit on rows, one at it and one above it. */
static void test_csv_rows(void) {
    for (guint above = 0; above <= 1; above++) {
        g_autoptr(KjCompilation) compilation = kj_compilation_new();
        KjChecker checker = { .arena = compilation->arena, .sources = compilation->sources, .diagnostics = compilation->diagnostics };
        g_autoptr(GString) text = g_string_new("id\n");
        const KjCsvRow *rows;
        guint count = 0;

        for (guint i = 0; i < KJ_LIMIT_CSV_ROWS + above; i++)
            g_string_append(text, "a\n");
        rows = kj_csv_read(&checker, 0, text->str, text->len, &count);
        g_assert_true((rows != NULL) == (above == 0));
        g_assert_cmpuint(kj_diagnostics_errors(compilation->diagnostics), ==, above);
        if (rows)
            g_assert_cmpuint(count, ==, KJ_LIMIT_CSV_ROWS + 1);
    }
}

static gboolean matches(KjType type, const char *pattern_text, const char *value) {
    g_autoptr(KjArena) arena = kj_arena_new();
    const char *problem = NULL, *tokens[16];
    const KjPattern *pattern = kj_pattern_new(arena, type, pattern_text, &problem), *exact = kj_pattern_new(arena, type, value, &problem);

    g_assert_nonnull(pattern);
    g_assert_nonnull(exact);
    for (guint i = 0; i < exact->count; i++)
        tokens[i] = exact->tokens[i].text;
    return kj_pattern_matches(pattern, tokens, exact->count);
}

static void test_patterns(void) {
    static const struct {
        KjType type;
        const char *pattern, *value;
        gboolean fits;
    } cases[] = {
        { KJ_TYPE_PATH, "/a/**", "/a", TRUE },
        { KJ_TYPE_PATH, "/a/**", "/a/b/c", TRUE },
        { KJ_TYPE_PATH, "/a/**", "/ab", FALSE },
        { KJ_TYPE_PATH, "/a/*", "/a", FALSE },
        { KJ_TYPE_PATH, "/a/*", "/a/b", TRUE },
        { KJ_TYPE_PATH, "/a/*", "/a/b/c", FALSE },
        { KJ_TYPE_PATH, "/**", "/", TRUE },
        { KJ_TYPE_PATH, "/", "/a", FALSE },
        { KJ_TYPE_PATH, "/**/x", "/a/x/b/x", TRUE },
        { KJ_TYPE_PATH, "/a/**/b/*/c", "/a/b/b/z/c", TRUE },
        { KJ_TYPE_PATH, "/a/**/b/*/c", "/a/b/c", FALSE },
        { KJ_TYPE_MAIL, "x.jp", "a@x.jp", TRUE },
        { KJ_TYPE_MAIL, "x.jp", "a@y.x.jp", FALSE },
        { KJ_TYPE_MAIL, "*.x.jp", "a@y.x.jp", TRUE },
        { KJ_TYPE_MAIL, "*.x.jp", "a@z.y.x.jp", TRUE },
        { KJ_TYPE_MAIL, "*.x.jp", "a@x.jp", FALSE },
        { KJ_TYPE_MAIL, "X.JP", "a@x.jp", TRUE },
        { KJ_TYPE_MAIL, "a@x.jp", "a@X.jp", TRUE },
        { KJ_TYPE_MAIL, "A@x.jp", "a@x.jp", FALSE },
        { KJ_TYPE_PRINCIPAL, "sato", "sato", TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(matches(cases[i].type, cases[i].pattern, cases[i].value), ==, cases[i].fits);
}

static void test_find_block(void) {
    static const char text[] = "firewall edge { default deny; }";
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GError) error = NULL;

    kj_compilation_load_text(compilation, "a.pol", text, strlen(text));
    g_assert_nonnull(compilation->policy);
    g_assert_nonnull(kj_policy_find_block(compilation->policy, "edge", NULL));
    g_assert_nonnull(kj_policy_find_block(compilation->policy, "a.edge", NULL));
    g_assert_null(kj_policy_find_block(compilation->policy, "egde", &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN);
    g_assert_nonnull(strstr(error->message, "a.edge"));
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    kj_plugin_register(&parking, &error);
    g_assert_no_error(error);
    g_test_add_func("/check/csv-rows", test_csv_rows);
    g_test_add_func("/check/patterns", test_patterns);
    g_test_add_func("/check/find-block", test_find_block);
    add_folder("bad", test_bad);
    add_folder("good", test_good);
    g_test_add_func("/check/every-code", test_every_code);
    return g_test_run();
}
