/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Findings against files: findings/told/ holds one thing to be found for each file or folder, with what is told beside it; findings/quiet/ what must
 * not be told of. A first line `# connection: ...` stands for SSH_CONNECTION. With KIJUN_UPDATE=1 the expected files are written; read the difference.
 * Then fix-its, counts at their limits, and questions that are too hard.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "../../../compiler/analyse/analyse.h"
#include "../../../compiler/limits.h"

static const char *const mark = "# connection: ";

static char *connection_of(const KjSources *sources) {
    const char *text = kj_sources_file(sources, 0)->text;
    const char *end = strchr(text, '\n');

    return g_str_has_prefix(text, mark) ? g_strndup(text + strlen(mark), (gsize)(end - text) - strlen(mark)) : NULL;
}

static char *text_of(const KjCompilation *compilation) {
    GString *text = g_string_new(NULL);

    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
    return g_string_free(text, FALSE);
}

/* All that `check` finds, on 2026-11-24. */
static void find(KjCompilation *compilation) {
    g_autofree char *connection = connection_of(compilation->sources);
    KjAnalysis analysis = { .at = 1795478400, .day = 20781, .soon = 30, .path = "FILE", .connection = connection };

    if (!compilation->policy)
        g_error("%s", text_of(compilation));
    kj_analyse(compilation->policy, &analysis, compilation->diagnostics);
}

static void test_told(gconstpointer data) {
    const char *input = data;
    g_autofree char *base = g_str_has_suffix(input, ".pol") ? g_strndup(input, strlen(input) - 4) : g_strdup(input);
    g_autofree char *path = g_strconcat(base, ".expected", NULL), *expected = NULL, *text = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    g_assert_true(kj_compilation_load(compilation, input, NULL));
    find(compilation);
    text = text_of(compilation);
    g_assert_cmpstr(text, !=, "");
    if (g_getenv("KIJUN_UPDATE")) {
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        return;
    }
    g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

static void test_quiet(gconstpointer data) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autofree char *text = NULL;

    g_assert_true(kj_compilation_load(compilation, data, NULL));
    find(compilation);
    text = text_of(compilation);
    g_assert_cmpstr(text, ==, "");
}

static void add_folder(const char *name, GTestDataFunc function) {
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "analyse", "findings", name, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *entry;

    g_assert_nonnull(dir);
    while ((entry = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, entry, NULL), *test = g_strdup_printf("/findings/%s/%s", name, entry);

        if (g_str_has_suffix(entry, ".pol") || g_file_test(path, G_FILE_TEST_IS_DIR))
            g_test_add_data_func_full(test, g_steal_pointer(&path), function, g_free);
    }
}

/* ---- fix-its ---- */

/* The text with the first fix-it of KJ0301 applied, or NULL. */
static char *fixed(const char *text) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GArray) fixes = NULL;

    kj_compilation_load_text(compilation, "a.pol", text, strlen(text));
    find(compilation);
    g_assert_true(kj_diagnostics_has(compilation->diagnostics, KJ_CODE_RULE_UNREACHED));
    fixes = kj_diagnostics_fixes(compilation->diagnostics);
    for (guint i = 0; i < fixes->len; i++) {
        const KjFix *fix = &g_array_index(fixes, KjFix, i);

        if (fix->code == KJ_CODE_RULE_UNREACHED)
            return g_strdup_printf("%.*s%s%s", (int)fix->span.start, text, fix->replacement, text + fix->span.end);
    }
    return NULL;
}

#define HEAD "firewall edge {\n    default deny;\n    all: allow to 192.0.2.0/24;\n"

static void test_fixes(void) {
    static const struct {
        const char *before, *after; /* NULL: there must be none */
    } cases[] = {
        { HEAD "    one: allow to 192.0.2.1;\n}\n", HEAD "}\n" },
        { HEAD "    # For the web.\n\n    ## One.\n    ##  一つ。\n    one: allow\n        to 192.0.2.1;\n    two: allow to 198.51.100.1;\n}\n",
          HEAD "    # For the web.\n\n    two: allow to 198.51.100.1;\n}\n" },
        { HEAD "    one: allow to 192.0.2.1; # the web\n}\n", NULL },                 /* a comment would be left behind */
        { HEAD "    one: allow to 192.0.2.1; two: allow to 198.51.100.1;\n}\n", NULL },
        { HEAD "    one: deny to 192.0.2.1;\n}\n", NULL },                             /* more likely misplaced */
        { HEAD "    allow to 192.0.2.1;\n    allow to 198.51.100.1;\n}\n", NULL },     /* `_2` would become `_1` */
        { HEAD "    allow to 192.0.2.1;\n}\n", HEAD "}\n" },
        { HEAD "    one: allow to 192.0.2.1;\n}\ntest \"t\" { firewall edge: from 192.0.2.7 to 192.0.2.1 proto tcp => allow by one; }\n", NULL },
        { HEAD "    one: allow to 192.0.2.1;}\n", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *after = fixed(cases[i].before);

        g_assert_cmpstr(after, ==, cases[i].after);
    }
}

/* A rule that an exception names cannot go. */
static void test_fix_of_excepted(void) {
    static const char text[] = "group g = { \"abe\" };\nstandard mail s { d: deny to \"x.example\"; }\n"
                               "mail out conforms to s {\n    default deny;\n    wide: allow to { \"y.example\" };\n"
                               "    one: allow to { \"y.example\" };\n}\n"
                               "exception \"E-1\" to s in a.out.one until 2027-06-30 reason \"r\" approved by g;\n";
    g_autofree char *after = fixed(text);

    g_assert_null(after);
}

/* ---- limits ---- */

static guint count_of(const KjCompilation *compilation, const char *code) {
    g_autofree char *text = text_of(compilation), *marked = g_strdup_printf("[%s]", code);
    guint count = 0;

    for (const char *at = text; (at = strstr(at, marked)); at++)
        count++;
    return count;
}

/* Twenty are told one by one; then the rest are counted. */
static void test_counted(void) {
    for (guint rules = 19; rules <= 21; rules++) {
        g_autoptr(GString) redundant = g_string_new("firewall edge {\n default deny;\n"), crossing = g_string_new(redundant->str);
        g_autoptr(KjCompilation) first = kj_compilation_new(), second = kj_compilation_new();
        g_autofree char *text = NULL;

        g_string_append(crossing, " web: allow to 203.0.113.1;\n");
        for (guint i = 0; i < rules; i++) {
            g_string_append_printf(redundant, " r%u: deny to 192.0.2.%u;\n", i, i);
            g_string_append_printf(crossing, " r%u: deny from 192.0.2.%u @log;\n", i, i);
        }
        g_string_append(redundant, "}\n");
        g_string_append(crossing, "}\n");
        kj_compilation_load_text(first, "a.pol", redundant->str, redundant->len);
        kj_compilation_load_text(second, "a.pol", crossing->str, crossing->len);
        find(first);
        find(second);
        g_assert_cmpuint(count_of(first, "KJ0304"), ==, MIN(rules, 20));
        g_assert_cmpuint(count_of(first, "KJ0305"), ==, rules > 20);
        g_assert_cmpuint(count_of(second, "KJ0306"), ==, MIN(rules, 20));
        g_assert_cmpuint(count_of(second, "KJ0307"), ==, rules > 20);
        text = text_of(rules > 20 ? first : second);
        g_assert_true(rules < 21 || strstr(text, "change nothing: 1, of which"));
    }
}

/* A cover of sixteen is shown whole; of more the last line counts. */
static void test_wide_cover(void) {
    for (guint parts = 16; parts <= 17; parts++) {
        g_autoptr(GString) policy = g_string_new("firewall edge {\n default deny;\n");
        g_autoptr(KjCompilation) compilation = kj_compilation_new();
        g_autofree char *text = NULL;

        for (guint i = 0; i < parts; i++)
            g_string_append_printf(policy, " p%u: allow to 192.0.2.%u;\n", i, i);
        g_string_append_printf(policy, " all: allow to 192.0.2.0..192.0.2.%u;\n}\n", parts - 1);
        kj_compilation_load_text(compilation, "a.pol", policy->str, policy->len);
        find(compilation);
        text = text_of(compilation);
        g_assert_nonnull(strstr(text, "no request reaches the rule `all`"));
        g_assert_true((strstr(text, "`p15` decides some") != NULL) == (parts == 16));
        g_assert_true((strstr(text, "and so do `p15` and 1 more") != NULL) == (parts == 17));
    }
}

/* Whether `all` is reached is whether a formula in conjunctive normal form can be fulfilled: each refusal is what breaks one clause of it. A random formula of this
 * density cannot, and no way is known to see that fast. What is not known is told, and soon. */
static void test_too_hard(void) {
    g_autoptr(GString) policy = g_string_new("acl riddle {\n");
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    enum { VARIABLES = 120, CLAUSES = 5 * VARIABLES };

    for (guint i = 0; i < VARIABLES; i++)
        g_string_append_printf(policy, "field f%u : bool;\n", i);
    g_string_append(policy, "default deny @log;\n");
    for (guint i = 0; i < CLAUSES; i++) {
        g_string_append(policy, "deny ");
        for (guint first = (guint)g_rand_int_range(rand, 0, VARIABLES / 3), k = 0; k < 3; k++)
            g_string_append_printf(policy, "f%u %s ", (first + k * (VARIABLES / 3) + (k ? (guint)g_rand_int_range(rand, 0, VARIABLES / 3) : 0)) % VARIABLES,
                                   g_rand_boolean(rand) ? "true" : "false");
        g_string_append(policy, ";\n");
    }
    g_string_append(policy, "all: allow;\n}\n");
    kj_compilation_load_text(compilation, "a.pol", policy->str, policy->len);
    find(compilation);
    g_assert_cmpuint(count_of(compilation, "KJ0301"), ==, 0);
    g_assert_cmpuint(count_of(compilation, "KJ0314"), ==, 1);
}

static void test_too_many_states(void) {
    g_autoptr(GString) policy = g_string_new("acl files {\n default deny;\n a: allow resource \"/**/a");
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    for (guint i = 0; i < 30; i++)
        g_string_append(policy, "/*");
    g_string_append(policy, "\";\n}\n");
    kj_compilation_load_text(compilation, "a.pol", policy->str, policy->len);
    find(compilation);
    g_assert_cmpuint(count_of(compilation, "KJ0313"), ==, 1);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);
    add_folder("told", test_told);
    add_folder("quiet", test_quiet);
    g_test_add_func("/findings/fixes", test_fixes);
    g_test_add_func("/findings/fix-of-excepted", test_fix_of_excepted);
    g_test_add_func("/findings/counted", test_counted);
    g_test_add_func("/findings/wide-cover", test_wide_cover);
    g_test_add_func("/findings/too-hard", test_too_hard);
    g_test_add_func("/findings/too-many-states", test_too_many_states);
    return g_test_run();
}
