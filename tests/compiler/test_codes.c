/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every code has a page in both languages; its wrong example gives exactly that code, its right one nothing at all. What no page can show
 * (limits, bytes that are no text, files that are none) is made here, the limits at their value and one above. So every code of
 * diagnostics.def is hit by this test, but for those of `elsewhere`, each with the reason.
 */
#include <kijun/kijun.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../compiler/analyse/analyse.h"
#include "../../compiler/codes.h"
#include "../../compiler/compiler.h"
#include "../../compiler/limits.h"
#include "../../compiler/table/table.h"

/* ---- a workspace for each example ---- */

static char *
new_folder(void)
{
    char *folder = g_dir_make_tmp("kijun-codes-XXXXXX", NULL);

    g_assert_nonnull(folder);
    return folder;
}

static void
remove_all(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(directory)) != NULL) {
            g_autofree char *inner = g_build_filename(path, name, NULL);

            remove_all(inner);
        }
    }
    g_remove(path);
}

static void
write_bytes(const char *folder, const char *name, const char *text, gssize length)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *parent = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, length, NULL));
}

/* Writes an example's files, see KjCodePage. */
static void
write_example(const char *folder, const char *text)
{
    static const char mark[] = "# file: ";

    if (!g_str_has_prefix(text, mark)) {
        const char *next = strstr(text, "\n# file: ");

        write_bytes(folder, "example.pol", text, next != NULL ? next + 1 - text : -1);
        if (next == NULL)
            return;
        text = next + 1;
    }
    while (text != NULL) {
        const char *name = text + strlen(mark), *body = strchr(name, '\n') + 1, *next = strstr(body - 1, "\n# file: ");
        g_autofree char *file = g_strndup(name, (gsize)(body - 1 - name));

        next = next == NULL ? NULL : next + 1;
        write_bytes(folder, file, body, next != NULL ? next - body : -1);
        text = next;
    }
}

#define TODAY 20781 /* 2026-11-24, against which analyses are judged */

/* The codes that a workspace gives, each once, in order: "KJ0101 KJ0246". Of notes only `own` (may be ""): nothing need be wrong to get one. NULL:
 * nothing is analysed. Free with g_free. */
static char *
codes_of(const char *folder, const char *own)
{
    const KjAnalysis analysis = { .at = TODAY * G_GINT64_CONSTANT(86400), .day = TODAY, .soon = 30 };
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) found = g_string_new(NULL);

    compilation->findings = TRUE;
    g_assert_true(kj_compilation_load(compilation, folder, NULL));
    if (compilation->policy != NULL) {
        g_autoptr(GBytes) bytes = kj_build(compilation->policy, TRUE, compilation->diagnostics);

        g_assert_true((bytes == NULL) == (kj_diagnostics_errors(compilation->diagnostics) > 0));
        if (bytes != NULL && own != NULL)
            kj_analyse(compilation->policy, &analysis, compilation->diagnostics);
    }
    kj_diagnostics_print_json(compilation->diagnostics, compilation->sources, text);
    for (const char *at = text->str; (at = strstr(at, "\"code\" : \"")) != NULL;) {
        at += strlen("\"code\" : \"");
        g_autofree char *code = g_strndup(at, 6);
        const char *severity = strstr(at, "\"severity\" : \"");
        gboolean is_note = g_str_has_prefix(severity, "\"severity\" : \"note");
        if ((!is_note || g_strcmp0(code, own) == 0) && strstr(found->str, code) == NULL)
            g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", code);
    }
    return g_string_free(g_steal_pointer(&found), FALSE);
}

static void
assert_codes(const char *example, const char *own, const char *wanted)
{
    g_autofree char *folder = new_folder(), *found = NULL;

    write_example(folder, example);
    found = codes_of(folder, own);
    remove_all(folder);
    if (strcmp(found, wanted) != 0)
        g_printerr("wanted `%s`, not `%s`, for\n%s", wanted, found, example), g_test_fail();
}

/* ---- pages ---- */

static void
test_page(gconstpointer data)
{
    const KjCodeEntry *entry = data;
    const KjCodePage *page = kj_code_page(entry->code);
    g_autofree char *code = g_strdup_printf("KJ%04d", (int)entry->code);
    const char *own = g_str_has_prefix(code, "KJ03") ? code : NULL; /* the other examples are too small to be used by anybody */

    g_assert_nonnull(page);
    for (guint i = 0; i < KJ_LANGUAGES; i++) {
        g_assert_cmpuint(strlen(page->title[i]), >, 3);
        g_assert_cmpuint(strlen(page->meaning[i]), >, 10);
        g_assert_cmpuint(strlen(page->reason[i]), >, 10);
        g_assert_true(g_str_has_suffix(page->meaning[i], i == KJ_JAPANESE ? "。" : "."));
        g_assert_true(g_str_has_suffix(page->reason[i], i == KJ_JAPANESE ? "。" : "."));
        g_assert_false(i == KJ_JAPANESE && g_str_is_ascii(page->title[i]));
    }
    if (page->wrong != NULL)
        assert_codes(page->wrong, own, code);
    if (page->right != NULL)
        assert_codes(page->right, own, "");
}

/* ---- what no page can show ---- */

static void
make_dangling_link(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "gone.pol", NULL);

    g_assert_cmpint(symlink("nowhere", path), ==, 0);
}

static void
make_huge_file(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "huge.pol", NULL);

    write_bytes(folder, "huge.pol", "", 0);
    g_assert_cmpint(truncate(path, (off_t)KJ_LIMIT_FILE_BYTES + 1), ==, 0);
}

static void
make_files(const char *folder, guint count)
{
    g_autofree char *first = g_build_filename(folder, "f0.pol", NULL);

    write_bytes(folder, "f0.pol", "", 0);
    for (guint i = 1; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/f%u.pol", folder, i);

        g_assert_cmpint(link(first, path), ==, 0);
        if (i % 20000 == 0) { /* a file has only so many names */
            g_assert_cmpint(g_remove(first), ==, 0);
            write_bytes(folder, "f0.pol", "", 0);
        }
    }
}

static void
make_shift_jis(const char *folder)
{
    write_bytes(folder, "a.pol", "# \x93\xfa\x96\x7b\n", -1);
}

static void
make_nul(const char *folder)
{
    write_bytes(folder, "a.pol", "let a = 1;\0\n", 12);
}

static void
make_bidi(const char *folder)
{
    write_bytes(folder, "a.pol", "# a \u202e b\n", -1);
}

static void
make_fifo(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "pipe.pol", NULL);

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void
make_text(const char *folder, const char *before, const char *repeated, guint count, const char *after)
{
    g_autoptr(GString) text = g_string_new(before);

    for (guint i = 0; i < count; i++)
        g_string_append(text, repeated);
    g_string_append(text, after);
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

static void
make_string(const char *folder)
{
    make_text(folder, "let a = \"", "x", KJ_LIMIT_STRING_BYTES + 1, "\";\n");
}

static void
make_name(const char *folder)
{
    make_text(folder, "let ", "x", KJ_LIMIT_NAME_BYTES + 1, " = 1;\n");
}

static void
make_nesting(const char *folder)
{
    make_text(folder, "let a = when ", "not ", KJ_LIMIT_NESTING + 1, "b;\n");
}

static void
make_lets(const char *folder, guint count)
{
    g_autoptr(GString) text = g_string_new("let n0 = 1;\n");

    for (guint i = 1; i <= count; i++)
        g_string_append_printf(text, "let n%u = n%u;\n", i, i - 1);
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

static void
make_long_chain(const char *folder)
{
    make_lets(folder, KJ_LIMIT_NESTING + 1);
}

static void
make_rows(const char *folder)
{
    g_autoptr(GString) text = g_string_new("id\n");

    for (guint i = 0; i <= KJ_LIMIT_CSV_ROWS; i++)
        g_string_append(text, "a\n");
    write_bytes(folder, "a.pol", "group g = from \"a.csv\" column id;\n", -1);
    write_bytes(folder, "a.csv", text->str, (gssize)text->len);
}

static void
make_slips(const char *folder, guint count)
{
    make_text(folder, "firewall edge {\n default allow;\n", "deny to 192.0.2.1 port 23;\n", count, "}\n");
}

static void
make_patterns(const char *folder)
{
    make_text(folder, "acl files {\n default deny;\n a: allow resource \"/**/a", "/*", 30, "\";\n}\n");
}

/* 3 to the power of 12 combinations, none of which makes another one superfluous. */
static void
make_combinations(const char *folder)
{
    g_autoptr(GString) text = g_string_new("acl files {\n default deny;\n");

    for (guint i = 0; i < 24; i++)
        g_string_append_printf(text, " field f%u : 0..9;\n", i);
    g_string_append(text, " a: allow when true_enough == 1");
    for (guint i = 0; i < 24; i += 2)
        g_string_append_printf(text, " and (f%u == 1 or f%u == 2 or f%u == 3)", i, i + 1, (i + 3) % 24);
    g_string_append(text, ";\n field true_enough : 0..9;\n}\n");
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

/* Each condition names the one before twice. */
static void
make_doubling(const char *folder)
{
    g_autoptr(GString) text = g_string_new("let c0 = when iif == \"lo\";\n");

    for (guint i = 1; i <= 20; i++)
        g_string_append_printf(text, "let c%u = when c%u or c%u;\n", i, i - 1, i - 1);
    g_string_append(text, "firewall edge {\n default deny;\n a: allow when c20;\n}\n");
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

/* A block that conforms to as many standards. */
static void
make_demands(const char *folder, guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "standard firewall s%u { telnet: deny port { 23, none }; }\n", i);
    g_string_append(text, "firewall edge conforms to s0");
    for (guint i = 1; i < count; i++)
        g_string_append_printf(text, ", s%u", i);
    g_string_append(text, " {\n default deny;\n}\nexception \"E-1\" to s0 in edge when port == 23 until 2027-06-30 reason \"old machine\";\n");
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

static void
make_departing(const char *folder, guint count, const char *date)
{
    g_autoptr(GString) text = g_string_new("standard firewall floor {\n telnet: deny port { 23, none };\n}\n"
                                           "firewall edge conforms to floor {\n default deny;\n");

    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, " r%u: allow to 192.0.2.%u port 23%s;\n", i, i, date);
    g_string_append(text, "}\n");
    write_bytes(folder, "a.pol", text->str, (gssize)text->len);
}

static void
make_departures(const char *folder, guint count)
{
    make_departing(folder, count, "");
}

static void
make_later_departures(const char *folder, guint count)
{
    make_departing(folder, count, " @from(2027-01-01)");
}

static const struct {
    KjCode code;
    void (*make)(const char *folder);
} made[] = {
    { KJ_CODE_FILE_UNREADABLE, make_dangling_link },
    { KJ_CODE_FILE_TOO_LARGE, make_huge_file },
    { KJ_CODE_FILE_NOT_UTF8, make_shift_jis },
    { KJ_CODE_FILE_HAS_NUL, make_nul },
    { KJ_CODE_FILE_HAS_BIDI, make_bidi },
    { KJ_CODE_FILE_NOT_REGULAR, make_fifo },
    { KJ_CODE_STRING_TOO_LONG, make_string },
    { KJ_CODE_NAME_TOO_LONG, make_name },
    { KJ_CODE_NESTING_TOO_DEEP, make_nesting },
    { KJ_CODE_LET_TOO_DEEP, make_long_chain },
    { KJ_CODE_CSV_ROWS, make_rows },
    { KJ_CODE_PATTERN_STATES, make_patterns },
    { KJ_CODE_RULE_BOXES, make_combinations },
    { KJ_CODE_WRITTEN_OUT, make_doubling },
};

static void
test_made(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autofree char *folder = new_folder(), *found = NULL, *wanted = g_strdup_printf("KJ%04d", (int)made[index].code);

    made[index].make(folder);
    found = codes_of(folder, NULL);
    remove_all(folder);
    g_assert_cmpstr(found, ==, wanted);
}

/* What is counted one by one, and so is cheap at the limit too. */
static void
test_at_the_limits(void)
{
    static const struct {
        void (*make)(const char *folder, guint count);
        guint limit;
        const char *below, *above;
        gboolean analysed;
    } cases[] = {
        { make_files, KJ_LIMIT_FILES, "", "KJ0003", FALSE },
        { make_lets, KJ_LIMIT_NESTING, "", "KJ0214", FALSE },
        { make_slips, 20, "KJ0320", "KJ0320 KJ0323", FALSE }, /* SLIPS_TOLD of check/findings.c */
        { make_demands, KJ_LIMIT_DEMANDS, "", "KJ0336", FALSE },
        { make_departures, 20, "KJ0330", "KJ0332 KJ0330", TRUE }, /* PAIRS_TOLD of analyse/conformance.c */
        { make_later_departures, 20, "KJ0331", "KJ0333 KJ0331", TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int more = -1; more <= 1; more++) {
            g_autofree char *folder = new_folder(), *found = NULL;

            cases[i].make(folder, (guint)((int)cases[i].limit + more));
            found = codes_of(folder, cases[i].analysed ? "" : NULL);
            remove_all(folder);
            g_assert_cmpstr(found, ==, more <= 0 ? cases[i].below : cases[i].above);
        }
}

/* Eight million boxes take minutes, so the count of the tables before begins just below the limit. */
static void
test_table_boxes(void)
{
    static const char text[] = "firewall edge { default deny; web: allow to 192.0.2.1; }";
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "a.pol", text, strlen(text));
    g_assert_nonnull(compilation->policy);
    for (int more = -1; more <= 1; more++) {
        g_autoptr(KjTableBlock) table = kj_table_block_new(compilation->policy->blocks);
        g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
        guint boxes = (guint)((int)KJ_LIMIT_TABLE_BOXES - 1 + more);

        g_assert_true(kj_classify_block(table, diagnostics));
        g_assert_true(kj_lower_block(table, &boxes, diagnostics) == (more <= 0));
        g_assert_cmpuint(kj_diagnostics_errors(diagnostics), ==, more <= 0 ? 0 : 1);
        if (more > 0) {
            g_autoptr(GString) out = g_string_new(NULL);

            kj_diagnostics_print_text(diagnostics, compilation->sources, FALSE, out);
            g_assert_nonnull(strstr(out->str, "[KJ0403]"));
        }
    }
}

/* ---- completeness ---- */

static const struct {
    KjCode code;
    const char *file, *reason; /* `file` is a test's expected output, or NULL: no input can show it */
} elsewhere[] = {
    { KJ_CODE_OPTIONAL_FIELDS_MORE, NULL, "test_at_the_limits: it comes with KJ0320" },
    { KJ_CODE_RULES_REDUNDANT_MORE, NULL, "tests/compiler/analyse/test_finding_cases: it comes with KJ0304" },
    { KJ_CODE_FINDINGS_NONE, NULL, "tests/compiler/analyse/test_finding_cases" },
    { KJ_CODE_FINDINGS_OPEN, NULL, "tests/compiler/analyse/test_finding_cases" },
    { KJ_CODE_TOO_MANY_FILES, NULL, "test_at_the_limits" },
    { KJ_CODE_DEMANDS, NULL, "test_at_the_limits" },
    { KJ_CODE_NOT_CONFORMING_MORE, NULL, "test_at_the_limits: it comes with KJ0330" },
    { KJ_CODE_NOT_CONFORMING_MORE_LATER, NULL, "test_at_the_limits: it comes with KJ0331" },
    { KJ_CODE_ANALYSIS_WRONG, NULL, "a guard: what it tells are our own mistakes" },
    { KJ_CODE_TABLE_BOXES, NULL, "test_table_boxes" },
    { KJ_CODE_PARAMETER_SET, "tests/compiler/check/bad/parameter_field_is_set.expected", "no domain of the mission has such a field" },
    { KJ_CODE_LAPSE, NULL, "tests/compiler/check/test_lapse: it takes two policies" },
    { KJ_CODE_TABLE_TOO_LARGE, NULL, "a table of 1 GiB is too much for a test" },
    { KJ_CODE_SYNTAX_UNEXPECTED, NULL, "a guard: the grammar always expects something that has words" },
    { KJ_CODE_LEXER_TROUBLE, NULL, "a guard: what flex calls fatal are its own mistakes" },
};

static gboolean
is_hit(const KjCodeEntry *entry)
{
    const KjCodePage *page = kj_code_page(entry->code);

    if (page != NULL && page->wrong != NULL)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(made); i++)
        if (made[i].code == entry->code)
            return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
        g_autofree char *path = NULL, *text = NULL, *code = g_strdup_printf("[KJ%04d]", (int)entry->code);

        if (elsewhere[i].code != entry->code)
            continue;
        if (elsewhere[i].file == NULL)
            return TRUE;
        path = g_test_build_filename(G_TEST_DIST, elsewhere[i].file, NULL);
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return strstr(text, code) != NULL;
    }
    return FALSE;
}

static void
test_every_code(void)
{
    g_autoptr(GPtrArray) codes = kj_codes_in_order();
    guint missing = 0;

    for (guint i = 0; i < codes->len; i++) {
        const KjCodeEntry *entry = codes->pdata[i];

        if (i > 0)
            g_assert_cmpint(((const KjCodeEntry *)codes->pdata[i - 1])->code, <, entry->code);
        if (!is_hit(entry)) {
            g_printerr("no test for KJ%04d %s\n", (int)entry->code, entry->name);
            missing++;
        }
    }
    g_assert_cmpuint(missing, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kj_plugins_load(NULL);

    g_autoptr(GPtrArray) codes = kj_codes_in_order();
    for (guint i = 0; i < codes->len; i++) {
        const KjCodeEntry *entry = codes->pdata[i];
        g_autofree char *path = g_strdup_printf("/codes/KJ%04d", (int)entry->code);

        g_test_add_data_func(path, entry, test_page);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(made); i++) {
        g_autofree char *path = g_strdup_printf("/codes/made/KJ%04d", (int)made[i].code);

        g_test_add_data_func(path, GUINT_TO_POINTER((guint)i), test_made);
    }
    g_test_add_func("/codes/limits", test_at_the_limits);
    g_test_add_func("/codes/table-boxes", test_table_boxes);
    g_test_add_func("/codes/every-code", test_every_code);
    return g_test_run();
}
