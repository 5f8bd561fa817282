/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Workspaces on disk, refused texts, positions, carets and suggestions. Each test that writes has a folder of its own. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../compiler/limits.h"
#include "dump.h"

typedef struct {
    char *folder;
    KjSources *sources;
    KjDiagnostics *diagnostics;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->folder = g_dir_make_tmp("kijun-source-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
    fixture->sources = kj_sources_new();
    fixture->diagnostics = kj_diagnostics_new();
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
tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    remove_all(fixture->folder);
    g_free(fixture->folder);
    kj_sources_free(fixture->sources);
    kj_diagnostics_free(fixture->diagnostics);
}

static void
write_file(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL), *folder = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
add(Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(kj_sources_add_path(fixture->sources, path, fixture->diagnostics, &error));
    g_assert_no_error(error);
}

/* "path=module path=module" of all files. Free with g_free. */
static char *
list(const Fixture *fixture)
{
    GString *out = g_string_new(NULL);

    for (guint32 i = 0; i < kj_sources_count(fixture->sources); i++) {
        const KjSourceFile *file = kj_sources_file(fixture->sources, i);

        g_string_append_printf(out, "%s%s=%s", i > 0 ? " " : "", file->path, file->module);
    }
    return g_string_free(out, FALSE);
}

static void
assert_told(const Fixture *fixture, const char *wanted)
{
    g_autoptr(GString) out = g_string_new(NULL);

    kj_diagnostics_print_text(fixture->diagnostics, fixture->sources, FALSE, out);
    if (strstr(out->str, wanted) == NULL)
        g_error("expected\n%s\nin\n%s", wanted, out->str);
}

static void
test_walk(Fixture *fixture, gconstpointer data)
{
    g_autofree char *listed = NULL;

    (void)data;
    write_file(fixture, "b.pol", "");
    write_file(fixture, "a/z.pol", "");
    write_file(fixture, "a-b/for-warding.pol", "");
    write_file(fixture, "日本/規則.pol", "");
    write_file(fixture, "a/staff.csv", "id\n");
    write_file(fixture, ".git/x.pol", "");
    write_file(fixture, "a/.hidden.pol", "");
    add(fixture, "");
    listed = list(fixture);
    g_assert_cmpstr(listed, ==, "a-b/for-warding.pol=a_b.for_warding a/z.pol=a.z b.pol=b 日本/規則.pol=日本.規則");
    g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, 0);
}

static void
test_file_alone(Fixture *fixture, gconstpointer data)
{
    g_autofree char *listed = NULL;
    guint32 file;

    (void)data;
    write_file(fixture, "m/a.pol", "");
    write_file(fixture, "m/b.pol", "");
    write_file(fixture, "m/staff.csv", "id\n");
    add(fixture, "m/a.pol");
    listed = list(fixture);
    g_assert_cmpstr(listed, ==, "a.pol=a");
    g_assert_nonnull(kj_sources_data(fixture->sources, (KjSpan){ 0, 0, 0 }, "staff.csv", &file, fixture->diagnostics));
    g_assert_null(kj_sources_data(fixture->sources, (KjSpan){ 0, 0, 0 }, "../m/staff.csv", &file, fixture->diagnostics));
    assert_told(fixture, "[KJ0009]");
}

static void
test_names_clash(Fixture *fixture, gconstpointer data)
{
    (void)data;
    write_file(fixture, "a-b.pol", "");
    write_file(fixture, "a_b.pol", "");
    write_file(fixture, "a b.pol", "");
    add(fixture, "");
    assert_told(fixture, "`a-b.pol` and `a_b.pol` are both the module `a_b` [KJ0008]");
    assert_told(fixture, "`a b.pol` cannot name a module");
    g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, 2);
}

static void
link_to(const Fixture *fixture, const char *target, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);

    g_assert_cmpint(symlink(target, path), ==, 0);
}

static void
test_links(Fixture *fixture, gconstpointer data)
{
    g_autofree char *listed = NULL;

    (void)data;
    write_file(fixture, "outside/o.pol", "");
    write_file(fixture, "w/real.pol", "");
    write_file(fixture, "w/f/x.pol", "");
    link_to(fixture, "real.pol", "w/link.pol");
    link_to(fixture, "../outside/o.pol", "w/leaves.pol");
    link_to(fixture, "../outside", "w/folder");
    link_to(fixture, "f", "w/again");
    link_to(fixture, ".", "w/loop");
    link_to(fixture, "nowhere", "w/dangling.pol");
    add(fixture, "w");
    assert_told(fixture, "`leaves.pol` leads outside the workspace [KJ0009]");
    assert_told(fixture, "`folder` leads outside the workspace [KJ0009]");
    assert_told(fixture, "`dangling.pol`");
    g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, 3);
    listed = list(fixture);
    g_assert_nonnull(strstr(listed, "link.pol=link"));
    g_assert_nonnull(strstr(listed, "f/x.pol=f.x"));
    g_assert_null(strstr(listed, "again/x.pol"));
}

static void
test_data_files(Fixture *fixture, gconstpointer data)
{
    static const char *const bad[] = {
        "/etc/passwd", "../../x.csv", "../../../etc/passwd", "out.csv", "none.csv", "folder", "latin.csv"
    };
    const KjSourceFile *staff;
    guint32 file, again;
    KjSpan span = { 0, 0, 0 };

    (void)data;
    write_file(fixture, "outside.csv", "id\n");
    write_file(fixture, "w/m/a.pol", "let a = 1;\n");
    write_file(fixture, "w/m/staff.csv", "id\n1\n");
    write_file(fixture, "w/top.csv", "id\n");
    write_file(fixture, "w/m/folder/x", "");
    write_file(fixture, "w/m/latin.csv", "na\xefve\n");
    link_to(fixture, "../../outside.csv", "w/m/out.csv");
    add(fixture, "w");
    staff = kj_sources_data(fixture->sources, span, "staff.csv", &file, fixture->diagnostics);
    g_assert_nonnull(staff);
    g_assert_cmpstr(staff->text, ==, "id\n1\n");
    g_assert_cmpstr(staff->module, ==, "");
    g_assert_true(kj_sources_data(fixture->sources, span, "./../m/staff.csv", &again, fixture->diagnostics) == staff);
    g_assert_cmpuint(file, ==, again);
    g_assert_nonnull(kj_sources_data(fixture->sources, span, "../top.csv", &file, fixture->diagnostics));
    g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_null(kj_sources_data(fixture->sources, span, bad[i], &file, fixture->diagnostics));
        g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, i + 1);
    }
}

static void
test_special_files(Fixture *fixture, gconstpointer data)
{
    g_autofree char *fifo = g_build_filename(fixture->folder, "fifo.pol", NULL),
                    *huge = g_build_filename(fixture->folder, "huge.pol", NULL);

    (void)data;
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    write_file(fixture, "huge.pol", "");
    g_assert_cmpint(truncate(huge, (off_t)KJ_LIMIT_FILE_BYTES + 1), ==, 0);
    write_file(fixture, "good.pol", "");
    add(fixture, "");
    assert_told(fixture, "`fifo.pol` is not a regular file [KJ0010]");
    assert_told(fixture, "`huge.pol` is larger than the limit of 256 MiB [KJ0002]");
    g_assert_cmpuint(kj_diagnostics_errors(fixture->diagnostics), ==, 2);
}

static void
test_unreadable_path(Fixture *fixture, gconstpointer data)
{
    g_autofree char *missing = g_build_filename(fixture->folder, "missing", NULL),
                    *text = g_build_filename(fixture->folder, "a.txt", NULL);
    g_autoptr(GError) error = NULL;

    (void)data;
    write_file(fixture, "a.txt", "");
    g_assert_false(kj_sources_add_path(fixture->sources, missing, fixture->diagnostics, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_clear_error(&error);
    g_assert_false(kj_sources_add_path(fixture->sources, text, fixture->diagnostics, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
}

/* ---- texts ---- */

static void
test_refused_texts(void)
{
    static const struct {
        const char *text;
        gsize length;
        const char *told;
    } cases[] = {
        { "a\n b\xff", 5, "t.pol:2:3: error: byte 0xFF is not UTF-8" },
        { "\xe3\x81", 2, "t.pol:1:1: error: byte 0xE3" },
        { "\xc0\x80", 2, "t.pol:1:1: error: byte 0xC0" },
        { "\xed\xa0\x80", 3, "t.pol:1:1: error: byte 0xED" },
        { "あ\0", 4, "t.pol:1:2: error: the text contains a NUL byte [KJ0005]" },
        { "# あ\u202e", 8, "t.pol:1:4: error: U+202E (RIGHT-TO-LEFT OVERRIDE)" },
        { "\u202a", 3, "U+202A" },
        { "\u202b", 3, "U+202B" },
        { "\u202c", 3, "U+202C" },
        { "\u202d", 3, "U+202D" },
        { "\u2066", 3, "U+2066" },
        { "\u2067", 3, "U+2067" },
        { "\u2068", 3, "U+2068" },
        { "\u2069", 3, "U+2069" },
        { "\u200e", 3, "U+200E" },
        { "\u200f", 3, "U+200F" },
        { "\u061c", 2, "U+061C" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(KjSources) sources = kj_sources_new();
        g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
        g_autoptr(GString) out = g_string_new(NULL);

        g_assert_cmpuint(kj_sources_add_text(sources, "t.pol", cases[i].text, cases[i].length, diagnostics), ==, G_MAXUINT32);
        kj_diagnostics_print_text(diagnostics, sources, FALSE, out);
        if (strstr(out->str, cases[i].told) == NULL)
            g_error("expected\n%s\nin\n%s", cases[i].told, out->str);
        g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
        g_assert_null(strstr(out->str, "\u202e"));
    }
}

static void
test_byte_order_mark(void)
{
    g_autoptr(Parsed) parsed = parsed_new("\xEF\xBB\xBFlet a = 1;\n", -1);
    g_autofree char *printed = parsed_print(parsed);

    g_assert_cmpuint(kj_diagnostics_errors(parsed->diagnostics), ==, 0);
    g_assert_cmpstr(printed, ==, "let a = 1;\n");
}

static void
test_carets(void)
{
    static const char text[] = "let 名前か\u3099\t= b;\n";
    const char *place = strchr(text, 'b');
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) out = g_string_new(NULL);
    guint32 file = kj_sources_add_text(sources, "t.pol", text, strlen(text), diagnostics), start = (guint32)(place - text);
    KjDiagnostic *diagnostic = kj_report(diagnostics, KJ_CODE_SET_OF_SET, (KjSpan){ file, start, start + 1 });

    kj_report_related(diagnostic, (KjSpan){ file, 4, 13 }, "here");
    kj_report_help(diagnostic, "do %s", "this");
    kj_diagnostics_print_text(diagnostics, sources, FALSE, out);
    g_assert_cmpstr(out->str, ==,
                    "t.pol:1:12: error: a set holds values, not sets [KJ0107]\n"
                    "    1 | let 名前か\u3099\t= b;\n"
                    "      |           \t  ^\n"
                    "t.pol:1:5: note: here\n"
                    "    1 | let 名前か\u3099\t= b;\n"
                    "      |     ^^^^^^\n"
                    "help: do this\n");
}

/* Source order, not the order of reporting; errors are told although a hundred warnings came first. */
static void
test_order_and_cap(void)
{
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) out = g_string_new(NULL);
    guint32 file = kj_sources_add_text(sources, "t.pol", "a\nb\nc\n", 6, diagnostics);
    const char *first, *second;

    kj_report(diagnostics, KJ_CODE_SET_OF_SET, (KjSpan){ file, 4, 5 });
    kj_report(diagnostics, KJ_CODE_BRACKET_UNOPENED, (KjSpan){ file, 0, 1 });
    kj_diagnostics_print_text(diagnostics, sources, FALSE, out);
    first = strstr(out->str, "KJ0106");
    second = strstr(out->str, "KJ0107");
    g_assert_true(first != NULL && second != NULL && first < second);

    for (guint i = 0; i < KJ_LIMIT_ERRORS; i++)
        kj_report_help(kj_report(diagnostics, KJ_CODE_SET_OF_SET, (KjSpan){ file, 2, 3 }), "help %u", i);
    g_assert_cmpuint(kj_diagnostics_errors(diagnostics), ==, KJ_LIMIT_ERRORS + 2);
    g_string_truncate(out, 0);
    kj_diagnostics_print_text(diagnostics, sources, FALSE, out);
    g_assert_nonnull(strstr(out->str, "and 2 more that are not shown"));
}

static void
test_did_you_mean(void)
{
    static const char *const candidates[] = { "service", "source_port", "principal", "規則集合", "to", NULL };

    g_assert_cmpstr(kj_did_you_mean("servise", candidates), ==, "service");
    g_assert_cmpstr(kj_did_you_mean("srevice", candidates), ==, "service");
    g_assert_cmpstr(kj_did_you_mean("sourceport", candidates), ==, "source_port");
    g_assert_cmpstr(kj_did_you_mean("規則集会", candidates), ==, "規則集合");
    g_assert_null(kj_did_you_mean("ta", candidates));
    g_assert_null(kj_did_you_mean("destination", candidates));
    g_assert_null(kj_did_you_mean("", candidates));
}

static void
test_positions(void)
{
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    static const char text[] = "あb\r\n\nc";
    static const guint wanted[][3] = { { 0, 1, 1 }, { 3, 1, 2 }, { 6, 2, 1 }, { 7, 3, 1 }, { 8, 3, 2 }, { 99, 3, 2 } };
    guint32 file = kj_sources_add_text(sources, "t.pol", text, strlen(text), diagnostics);

    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        guint line, column;

        kj_sources_position(sources, file, wanted[i][0], &line, &column);
        g_assert_cmpuint(line, ==, wanted[i][1]);
        g_assert_cmpuint(column, ==, wanted[i][2]);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*function)(Fixture *, gconstpointer);
    } on_disk[] = {
        { "/source/walk", test_walk },
        { "/source/file-alone", test_file_alone },
        { "/source/names-clash", test_names_clash },
        { "/source/links", test_links },
        { "/source/data-files", test_data_files },
        { "/source/special-files", test_special_files },
        { "/source/unreadable-path", test_unreadable_path },
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(on_disk); i++)
        g_test_add(on_disk[i].path, Fixture, NULL, set_up, on_disk[i].function, tear_down);
    g_test_add_func("/source/refused-texts", test_refused_texts);
    g_test_add_func("/source/byte-order-mark", test_byte_order_mark);
    g_test_add_func("/source/positions", test_positions);
    g_test_add_func("/diagnostics/carets", test_carets);
    g_test_add_func("/diagnostics/order-and-cap", test_order_and_cap);
    g_test_add_func("/diagnostics/did-you-mean", test_did_you_mean);
    return g_test_run();
}
