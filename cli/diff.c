/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun diff: what a change of a policy does, as a person reviews it. The comparison is analyse/change.c, the sentences and pages are
 * report/.
 *
 * Either side is any PATH, or /dev/null for no policy at all. Two files given alone are two versions of one module, whatever they are
 * called. A table has no sources: of tables only equality can be told.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kijun/calendar.h>
#include <kijun/value.h>
#include <kijun/view.h>

#include "../compiler/report/report.h"
#include "../history/patch.h"
#include "../history/revision.h"
#include "cli.h"
#include "git_driver.h"

enum { REGIONS_TOLD = 10 };

static char *format, *at, *until, *output;
static gboolean driver, textconv;
static int most = REGIONS_TOLD;

const GOptionEntry kj_options_diff[] = {
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, N_("How the report is written (text)"), "text|json|html" },
    { "until", 0, 0, G_OPTION_ARG_STRING, &until, N_("Also tell what time alone will change up to this day"), "DATE" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &at, N_("The instant after which examples lie (now)"), "INSTANT" },
    { "most", 0, 0, G_OPTION_ARG_INT, &most, N_("Tell so many changes of a block, and count the others; 0 tells all (10)"), "N" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("Write the report into this file (standard output)"), "FILE" },
    { "driver", 0, 0, G_OPTION_ARG_NONE, &driver, N_("Take git's arguments of a diff driver (set up by kijun init --git)"), NULL },
    { "textconv", 0, 0, G_OPTION_ARG_NONE, &textconv, N_("Print one file as git compares it by lines: canonical, without comments"), NULL },
    G_OPTION_ENTRY_NULL,
};

static gboolean is_table(const char *path) {
    return g_str_has_suffix(path, ".kjt");
}

/* ---- tables ---- */

/* The bytes that PATH, a table or a policy, is as a table. NULL with *exit_code set. */
static GBytes *table_bytes(const char *path, int *exit_code) {
    g_autoptr(GError) error = NULL;
    char *bytes;
    gsize length;

    if (!is_table(path)) {
        g_autoptr(KjCompilation) compilation = kj_cli_compile(path, FALSE, exit_code);
        GBytes *built = compilation ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
        if (compilation && !built)
            *exit_code = kj_cli_fail(KJ_EXIT_POLICY, _("%s makes no table; `kijun check` tells why"), path);
        return built;
    }
    GBytes *read = kj_revision_form(path) ? kj_revision_read(path, &error)
                   : g_file_get_contents(path, &bytes, &length, &error) ? g_bytes_new_take(bytes, length) : NULL;
    if (!read)
        *exit_code = kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    return read;
}

static int compare_tables(const char *old_path, const char *new_path) {
    int code = KJ_EXIT_FINE;
    g_autoptr(GBytes) old_bytes = table_bytes(old_path, &code), new_bytes = old_bytes ? table_bytes(new_path, &code) : NULL;

    if (!new_bytes)
        return code;
    if (format && strcmp(format, "text") != 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("a table has no sources to report on; compare the policies that the tables were built from"));
    if (!g_bytes_equal(old_bytes, new_bytes))
        return kj_cli_fail(
            KJ_EXIT_DIFFERS,
            _("the tables are not equal; what the difference does cannot be told from tables, which have no sources: compare the policies "
              "that they were built from, as in `kijun diff HEAD~1: .`"));
    puts(_("The tables are equal, byte for byte."));
    return KJ_EXIT_FINE;
}

/* ---- policies ---- */

static KjCompilation *compile(const char *path, int *exit_code) {
    if (strcmp(path, "/dev/null") != 0) {
        KjCompilation *compilation = kj_cli_compile(path, FALSE, exit_code);
        if (!compilation && *exit_code == KJ_EXIT_POLICY)
            kj_cli_fail(*exit_code, _("%s has errors, so that nothing can be compared"), path);
        return compilation;
    }
    KjCompilation *nothing = kj_compilation_new();
    kj_compilation_compile(nothing);
    return nothing;
}

static gboolean is_file(const char *path) {
    return g_str_has_suffix(path, ".pol") && !kj_revision_form(path) && !g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* Two files given alone are versions of one module: the old one is compiled under the new one's name, so that each name finds its counterpart, unless it says
 * itself what it is called (`module old;`). NULL: compile it as any other. */
static KjCompilation *compile_as(const char *old_path, const char *new_path, char **own_name) {
    g_autofree char *old_name = g_path_get_basename(old_path), *new_name = g_path_get_basename(new_path);

    if (!is_file(old_path) || !is_file(new_path) || strcmp(old_name, new_name) == 0)
        return NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    kj_sources_call(compilation->sources, new_name);
    if (!kj_compilation_load(compilation, old_path, NULL) || !compilation->policy)
        return NULL;
    *own_name = g_steal_pointer(&old_name);
    return g_steal_pointer(&compilation);
}

/* ---- text ---- */

static const KjSourceFile *find_file(const KjSources *sources, const char *path) {
    for (guint32 i = 0; i < kj_sources_count(sources); i++)
        if (strcmp(kj_sources_file(sources, i)->path, path) == 0)
            return kj_sources_file(sources, i);
    return NULL;
}

static void patch_free(gpointer data) {
    KjReportPatch *patch = data;
    g_free((char *)patch->path);
    g_free((char *)patch->patch);
    g_free(patch);
}

/* Only HTML shows the text; elsewhere it is enough that there is a difference. */
static void add_patch(GPtrArray *patches, const KjSourceFile *old_file, const KjSourceFile *new_file) {
    const char *path = new_file ? new_file->path : old_file->path;
    if (old_file && new_file && old_file->length == new_file->length && memcmp(old_file->text, new_file->text, old_file->length) == 0)
        return;
    char *text = g_strcmp0(format, "html") != 0 ? g_strdup("")
                                                : kj_patch_new(path, old_file ? old_file->text : NULL, old_file ? old_file->length : 0,
                                                               new_file ? new_file->text : NULL, new_file ? new_file->length : 0);
    KjReportPatch *patch = g_new(KjReportPatch, 1);
    *patch = (KjReportPatch){ g_strdup(path), text };
    g_ptr_array_add(patches, patch);
}

static int compare_patches(gconstpointer a, gconstpointer b) {
    return strcmp((*(const KjReportPatch *const *)a)->path, (*(const KjReportPatch *const *)b)->path);
}

/* Every file that differs, in order of path. */
static GPtrArray *compare_texts(const KjSources *old_sources, const KjSources *new_sources) {
    GPtrArray *patches = g_ptr_array_new_with_free_func(patch_free);

    for (guint32 i = 0; i < kj_sources_count(new_sources); i++) {
        const KjSourceFile *file = kj_sources_file(new_sources, i);
        add_patch(patches, find_file(old_sources, file->path), file);
    }
    for (guint32 i = 0; i < kj_sources_count(old_sources); i++)
        if (!find_file(new_sources, kj_sources_file(old_sources, i)->path))
            add_patch(patches, kj_sources_file(old_sources, i), NULL);
    g_ptr_array_sort(patches, compare_patches);
    return patches;
}

/* ---- the report ---- */

/* The day after `until`, when every zone has seen the whole of it, or at least half of the day after: reports leave out what comes later by
 * date. FALSE after telling. */
static gboolean read_until(gint64 now, gint64 *instant) {
    const char *problem;
    guint64 days;

    *instant = 0;
    if (!until)
        return TRUE;
    if (!kj_value_read_date(until, strlen(until), &days, &problem)) {
        kj_cli_fail(KJ_EXIT_USAGE, _("`%s` is no date: %s; write 2027-03-31"), until, _(problem));
        return FALSE;
    }
    *instant = ((gint64)days + 1) * KJ_DAY_SECONDS + KJ_DAY_SECONDS / 2;
    if (*instant > now)
        return TRUE;
    kj_cli_fail(KJ_EXIT_USAGE, _("%s has gone by"), until);
    return FALSE;
}

static gboolean has_bug(const KjChange *change) {
    gboolean bug = FALSE;
    for (guint i = 0; i < change->blocks->len; i++)
        bug = bug || ((const KjBlockChange *)change->blocks->pdata[i])->bug;
    for (guint i = 0; i < change->timed->len; i++)
        bug = bug || ((const KjTimedChange *)change->timed->pdata[i])->block->bug;
    return bug;
}

static void print(const KjReport *report, GString *text) {
    if (g_strcmp0(format, "html") == 0)
        kj_report_print_html(report, text);
    else if (g_strcmp0(format, "json") == 0)
        kj_report_print_json(report, text);
    else
        kj_report_print_text(report, !output && kj_cli_colour(STDOUT_FILENO), text);
}

static int compare_policies(const char *old_path, const char *new_path, gint64 now, gint64 until_instant) {
    int code = KJ_EXIT_FINE;
    g_autofree char *old_file = NULL;
    g_autoptr(KjCompilation) old_policy = compile_as(old_path, new_path, &old_file);
    if (!old_policy)
        old_policy = compile(old_path, &code);
    g_autoptr(KjCompilation) new_policy = old_policy ? compile(new_path, &code) : NULL;

    if (!new_policy)
        return code;
    KjChangeOptions options = { .now = now, .until = until_instant, .most = (guint)most };
    g_autoptr(KjChange) change = kj_change_new(old_policy->policy, new_policy->policy, &options);
    g_autoptr(GPtrArray) patches = compare_texts(old_policy->sources, new_policy->sources);
    g_autofree char *old_name = g_utf8_make_valid(old_path, -1), *new_name = g_utf8_make_valid(new_path, -1);
    g_autofree char *old_commit = kj_revision_commit(old_path), *new_commit = kj_revision_commit(new_path);
    KjReportOptions report_options = { .language = kj_cli_language(),
                                       .version = PACKAGE_VERSION,
                                       .old_path = old_name,
                                       .new_path = new_name,
                                       .old_commit = old_commit,
                                       .new_commit = new_commit,
                                       .old_file = old_file,
                                       .until_date = until,
                                       .maps = g_strcmp0(format, "html") == 0,
                                       .patches = patches };
    g_autoptr(KjReport) report = kj_report_new(change, &report_options);
    g_autoptr(GString) text = g_string_new(NULL);

    print(report, text);
    code = kj_cli_write(output, text);
    if (code == KJ_EXIT_FINE && has_bug(change))
        return kj_cli_fail(KJ_EXIT_BUG, _("an example does not show what the comparison found, which is our mistake: please report it"));
    return code != KJ_EXIT_FINE ? code : kj_report_is_equal(report) ? KJ_EXIT_FINE : KJ_EXIT_DIFFERS;
}

int kj_command_diff(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    gint64 now, until_instant;

    if (!kj_cli_options(&argc, &argv, 1, 9, &code))
        return code;
    if (driver)
        return kj_git_driver(argc, argv);
    if (textconv && argc == 2)
        return kj_git_textconv(argv[1]);
    if (argc != 3)
        return kj_cli_fail(KJ_EXIT_USAGE, argc < 3 ? _("too few arguments; usage: %s %s") : _("too many arguments; usage: %s %s"),
                           "kijun diff", "OLD NEW");
    if (most < 0)
        return kj_cli_fail(KJ_EXIT_USAGE, _("--most takes a number, 0 for all"));
    if (!kj_cli_instant(at, &now) || !read_until(now, &until_instant))
        return KJ_EXIT_USAGE;
    return is_table(argv[1]) || is_table(argv[2]) ? compare_tables(argv[1], argv[2])
                                                  : compare_policies(argv[1], argv[2], now, until_instant);
}
