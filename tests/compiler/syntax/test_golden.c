/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every golden/NAME.pol is parsed. Without errors, its canonical form is NAME.print, and printing keeps tree and comments; with errors,
 * they are NAME.text and NAME.json. A file with errors holds one mistake and is named after it, but for many-errors. A new file is
 * recorded with KIJUN_UPDATE=1 and then read by a person.
 */
#include <string.h>

#include "dump.h"

static void
compare(const char *folder, const char *name, const char *suffix, const char *text)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL), *path = g_build_filename(folder, file, NULL), *golden = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("KIJUN_UPDATE") != NULL)
        g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    g_file_get_contents(path, &golden, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, golden);
}

static void
test_file(gconstpointer data)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "syntax", "golden", NULL);
    g_autofree char *file = g_strconcat(data, ".pol", NULL), *path = g_build_filename(folder, file, NULL), *text = NULL, *output = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Parsed) parsed = NULL;
    gsize length;

    g_file_get_contents(path, &text, &length, &error);
    g_assert_no_error(error);
    parsed = parsed_new(text, (gssize)length);
    if (kj_diagnostics_errors(parsed->diagnostics) == 0) {
        output = parsed_print(parsed);
        compare(folder, data, ".print", output);
        assert_round_trip(parsed);
        return;
    }
    g_autoptr(GString) json = g_string_new(NULL);
    output = parsed_problems(parsed);
    compare(folder, data, ".text", output);
    kj_diagnostics_print_json(parsed->diagnostics, parsed->sources, json);
    compare(folder, data, ".json", json->str);
}

static int
compare_names(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "tests", "compiler", "syntax", "golden", NULL);
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    g_assert_nonnull(directory);
    while ((name = g_dir_read_name(directory)) != NULL)
        if (g_str_has_suffix(name, ".pol"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".pol")));
    g_assert_cmpuint(names->len, >, 0);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat("/syntax/golden/", names->pdata[i], NULL);

        g_test_add_data_func(path, names->pdata[i], test_file);
    }
    return g_test_run();
}
