/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun diff as git calls it. `kijun init --git` writes both ways into the repository's settings.
 *
 * --driver (diff.kijun.command): for `git diff`, and `git show` and `git log -p` with --ext-diff, which git asks for before it runs any program.
 * Git names one file and two blobs; history/context.c finds the two states they belong to. What is told at a file are the effects on the
 * blocks that stand in it; blocks whose own file did not change (a group of another module did) are told at the first file that did. So each
 * effect is told once. The text diff follows, and as every line of ours begins with `#`, `git apply` still reads the whole.
 *
 * --textconv (diff.kijun.textconv): what git compares by lines where it runs no driver. The canonical form without comments, so that layout
 * and comments do not show. It is of one file alone, and so can tell words but no effects.
 *
 * A driver that fails makes git stop; so whatever goes wrong is said on a line of its own, the text diff is written, and the exit code is 0.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../compiler/report/report.h"
#include "../compiler/syntax/syntax.h"
#include "../history/context.h"
#include "../history/patch.h"
#include "cli.h"
#include "git_driver.h"

enum { REGIONS_TOLD = 5 };

/* What git says about the file. */
typedef struct {
    const char *path, *old_file, *new_file;
    git_oid old_id, new_id;
    gboolean old_there, new_there, working_tree;
    const char *new_path; /* of a file that was moved, or NULL */
} Asked;

typedef struct {
    KjRepository *repository;
    char *root; /* the workspace in the repository, "" or with a slash after it */
    gboolean colour;
} Place;

/* ---- printing ---- */

/* Every line as a comment. */
static void print_comment(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (line[1] || **line)
            printf("#%s%s\n", **line ? " " : "", *line);
}

static void print_patch(const Place *place, const char *patch) {
    static const struct {
        char first;
        const char *colour;
    } colours[] = { { '+', "\033[32m" }, { '-', "\033[31m" }, { '@', "\033[36m" } };
    g_auto(GStrv) lines = g_strsplit(patch, "\n", -1);

    for (char **line = lines; *line; line++) {
        const char *colour = NULL;
        for (guint i = 0; place->colour && i < G_N_ELEMENTS(colours); i++)
            colour = **line == colours[i].first ? colours[i].colour : colour;
        if (line[1] || **line)
            printf("%s%s%s\n", colour ? colour : "", *line, colour ? "\033[m" : "");
    }
}

static char *read_side(const char *file, gboolean there, gsize *length) {
    char *text = NULL;
    *length = 0;
    if (there && !g_file_get_contents(file, &text, length, NULL))
        text = g_strdup("");
    return text;
}

static void print_text(const Place *place, const Asked *asked) {
    gsize old_length, new_length;
    g_autofree char *old_text = read_side(asked->old_file, asked->old_there, &old_length),
                    *new_text = read_side(asked->new_file, asked->new_there, &new_length);
    g_autofree char *patch = kj_patch_new(asked->new_path ? asked->new_path : asked->path, old_text, old_length, new_text, new_length);

    if (asked->new_path) {
        g_autofree char *moved = g_strdup_printf(_("moved: %s -> %s"), asked->path, asked->new_path);
        print_comment(moved);
    }
    if (patch)
        print_patch(place, patch);
}

/* ---- the two policies ---- */

/* NULL after telling why. */
static KjCompilation *compile(const Place *place, const KjContext *context) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_strndup(place->root, strlen(place->root) - (*place->root != '\0'));
    gboolean good = TRUE;

    if (context->snapshot)
        good = kj_snapshot_add(context->snapshot, folder, context->name, compilation->sources, compilation->diagnostics, &error);
    else if (!context->nothing) {
        g_autofree char *path = g_build_filename(git_repository_workdir(place->repository->git), folder, NULL);
        good = kj_sources_add_path(compilation->sources, path, compilation->diagnostics, &error);
    }
    if (good || kj_sources_count(compilation->sources) == 0) /* a workspace without any policy is one: of nothing */
        kj_compilation_compile(compilation);
    if (compilation->policy)
        return g_steal_pointer(&compilation);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, _("The effects cannot be told: the policy of %s has errors."), context->name);
    g_string_append_c(text, '\n');
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, text);
    print_comment(text->str);
    return NULL;
}

/* ---- what is told at this file ---- */

static gboolean differs(const KjSources *old_sources, const KjSources *new_sources, const char *path) {
    const KjSources *const sides[] = { old_sources, new_sources };
    const KjSourceFile *files[2] = { NULL, NULL };

    for (guint side = 0; side < 2; side++)
        for (guint32 i = 0; i < kj_sources_count(sides[side]) && !files[side]; i++)
            if (strcmp(kj_sources_file(sides[side], i)->path, path) == 0)
                files[side] = kj_sources_file(sides[side], i);
    return !files[0] || !files[1] || files[0]->length != files[1]->length || memcmp(files[0]->text, files[1]->text, files[0]->length) != 0;
}

/* The first file that differs, by the bytes of its path; it belongs to either side's sources. */
static const char *first_file(const KjSources *old_sources, const KjSources *new_sources) {
    const KjSources *const sides[] = { old_sources, new_sources };
    const char *first = NULL;

    for (guint side = 0; side < 2; side++)
        for (guint32 i = 0; i < kj_sources_count(sides[side]); i++) {
            const char *path = kj_sources_file(sides[side], i)->path;
            if ((!first || strcmp(path, first) < 0) && differs(old_sources, new_sources, path))
                first = path;
        }
    return first;
}

typedef struct {
    const KjSources *old_sources, *new_sources;
    const char *path, *first;
} Telling;

/* Whether what stands at either span is told at this file. */
static gboolean is_told_here(const Telling *telling, KjSpan old_span, KjSpan new_span) {
    gboolean is_new = new_span.file != G_MAXUINT32;
    KjSpan span = is_new ? new_span : old_span;
    const char *home = span.file != G_MAXUINT32 ? kj_sources_file(is_new ? telling->new_sources : telling->old_sources, span.file)->path
                                                : NULL;

    if (home && differs(telling->old_sources, telling->new_sources, home))
        return strcmp(home, telling->path) == 0;
    return strcmp(telling->first, telling->path) == 0;
}

static void keep_what_is_told(KjChange *change, const Telling *telling) {
    guint blocks = 0, guards = 0;

    for (guint i = 0; i < change->blocks->len; i++) {
        KjBlockChange *block = change->blocks->pdata[i];
        if (is_told_here(telling, block->old_block ? block->old_block->span : KJ_SPAN_NONE,
                         block->new_block ? block->new_block->span : KJ_SPAN_NONE))
            change->blocks->pdata[blocks++] = block;
        else
            kj_block_change_clear(block);
    }
    g_ptr_array_set_size(change->blocks, (gint)blocks);
    for (guint i = 0; i < change->guards->len; i++) {
        KjGuard *guard = change->guards->pdata[i];
        if (is_told_here(telling, guard->old_span, guard->new_span))
            change->guards->pdata[guards++] = guard;
    }
    g_ptr_array_set_size(change->guards, (gint)guards);
}

static gboolean has_effects(const KjChange *change) {
    gboolean weakens;
    return change->guards->len > 0 || kj_change_verdict(change, &weakens) > KJ_CHANGE_EDITORIAL || weakens;
}

/* The workspace of a context as a PATH. Free with g_free. */
static char *explain_path(const Place *place, const KjContext *context) {
    g_autofree char *path = g_strconcat(context->prefix ? context->prefix : "", place->root, NULL);
    return g_strdup(*path ? path : ".");
}

static gboolean is_source(const KjSources *sources, const char *path) {
    for (guint32 i = 0; i < kj_sources_count(sources); i++)
        if (strcmp(kj_sources_file(sources, i)->path, path) == 0)
            return TRUE;
    return FALSE;
}

static void print_effects(const Place *place, const char *path, const KjContext *before, const KjContext *after) {
    g_autoptr(KjCompilation) old_policy = compile(place, before), new_policy = old_policy ? compile(place, after) : NULL;
    if (!new_policy || !(is_source(old_policy->sources, path) || is_source(new_policy->sources, path)))
        return; /* a file that is no part of the policy, such as some other CSV */
    KjChangeOptions options = { .now = g_get_real_time() / G_USEC_PER_SEC, .most = REGIONS_TOLD };
    g_autoptr(KjChange) change = kj_change_new(old_policy->policy, new_policy->policy, &options);
    const char *first = first_file(old_policy->sources, new_policy->sources);
    Telling telling = { old_policy->sources, new_policy->sources, path, first ? first : path };
    gboolean any = has_effects(change);
    keep_what_is_told(change, &telling);
    if (any ? !has_effects(change) : strcmp(telling.first, path) != 0)
        return; /* everything is told at other files */

    g_autofree char *old_explain = explain_path(place, before), *new_explain = explain_path(place, after);
    KjReportOptions report_options = { .language = kj_cli_language(),
                                       .version = PACKAGE_VERSION,
                                       .old_path = before->name,
                                       .new_path = after->name,
                                       .old_explain = old_explain,
                                       .new_explain = new_explain,
                                       .brief = TRUE };
    g_autoptr(KjReport) report = kj_report_new(change, &report_options);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%s\n", report->title);
    kj_report_print_text(report, place->colour, text);
    print_comment(text->str);
}

/* ---- where we are ---- */

/* The workspace that holds the file: the longest kijun.workspace of the settings; the whole repository where there is no such setting.
 * FALSE: the file is in none. */
static gboolean find_root(Place *place, const char *path) {
    g_autoptr(git_config) config = NULL;
    git_config_iterator *each = NULL;
    git_config_entry *entry;
    gboolean any = FALSE, found = FALSE;

    place->root = g_strdup("");
    if (git_repository_config_snapshot(&config, place->repository->git) != 0 ||
        git_config_multivar_iterator_new(&each, config, KJ_GIT_WORKSPACE, NULL) != 0)
        return TRUE;
    while (git_config_next(&entry, each) == 0) {
        g_autofree char *folder = strcmp(entry->value, ".") == 0 ? g_strdup("") : g_strconcat(entry->value, "/", NULL);
        any = TRUE;
        if (g_str_has_prefix(path, folder) && strlen(folder) >= strlen(place->root)) {
            found = TRUE;
            g_free(place->root);
            place->root = g_steal_pointer(&folder);
        }
    }
    git_config_iterator_free(each);
    return found || !any;
}

/* Git's own colours go to its pager; ours too, unless it was told never to. */
static gboolean wants_colour(const Place *place) {
    static const char *const settings[] = { "color.diff", "color.ui" };
    const char *no_colour = g_getenv("NO_COLOR");
    g_autoptr(git_config) config = NULL;
    const char *value;

    if ((no_colour && *no_colour) || (!g_getenv("GIT_PAGER_IN_USE") && !isatty(STDOUT_FILENO)))
        return FALSE;
    if (place->repository && git_repository_config_snapshot(&config, place->repository->git) == 0)
        for (guint i = 0; i < G_N_ELEMENTS(settings); i++)
            if (git_config_get_string(&value, config, settings[i]) == 0)
                return strcmp(value, "never") != 0 && strcmp(value, "false") != 0;
    return TRUE;
}

/* ---- the two commands ---- */

static gboolean read_id(const char *text, git_oid *id) {
    return git_oid_fromstr(id, text) == 0;
}

int kj_git_driver(int argc, char **argv) {
    g_autoptr(GError) error = NULL;

    if (argc != 8 && argc != 10) { /* git calls with the path alone for a file that is not merged */
        printf("# %s: %s\n", argc > 1 ? argv[1] : "?", _("not merged"));
        return KJ_EXIT_FINE;
    }
    Asked asked = { .path = argv[1], .old_file = argv[2], .new_file = argv[5], .new_path = argc == 10 ? argv[8] : NULL };
    const char *path = asked.new_path ? asked.new_path : asked.path;
    Place place = { kj_repository_open(".", &error), NULL, FALSE };
    g_auto(KjContext) before = { NULL, NULL, NULL, FALSE }, after = { NULL, NULL, NULL, FALSE };

    place.colour = wants_colour(&place);
    asked.old_there = strcmp(asked.old_file, "/dev/null") != 0;
    asked.new_there = strcmp(asked.new_file, "/dev/null") != 0;
    gboolean old_known = asked.old_there && read_id(argv[3], &asked.old_id), new_known = asked.new_there && read_id(argv[6], &asked.new_id);
    g_autofree char *on_disk = place.repository && git_repository_workdir(place.repository->git)
                                   ? g_build_filename(git_repository_workdir(place.repository->git), path, NULL) : NULL;
    asked.working_tree = on_disk &&
                         (asked.new_there ? !new_known || git_oid_is_zero(&asked.new_id) : !g_file_test(on_disk, G_FILE_TEST_EXISTS));
    if (place.repository && find_root(&place, path)) {
        if (!asked.new_path && kj_context_find(place.repository, path, old_known ? &asked.old_id : NULL, new_known ? &asked.new_id : NULL,
                                               asked.working_tree, &before, &after))
            print_effects(&place, path + strlen(place.root), &before, &after);
        else
            print_comment(_("The effects cannot be told: the two states of the repository were not found."));
    } else if (!place.repository) {
        print_comment(error->message);
    }
    print_text(&place, &asked);
    g_clear_pointer(&place.repository, kj_repository_unref);
    g_free(place.root);
    return KJ_EXIT_FINE;
}

int kj_git_textconv(const char *path) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(GString) text = g_string_new(NULL);
    char *bytes;
    gsize length;

    if (!g_file_get_contents(path, &bytes, &length, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    guint32 file = kj_sources_add_text(sources, "policy.pol", bytes, length, diagnostics);
    KjAstModule *module = file != G_MAXUINT32 ? kj_parse(arena, sources, file, diagnostics) : NULL;
    if (module && kj_diagnostics_errors(diagnostics) == 0) {
        module->comments = NULL;
        kj_print_module(module, sources, text);
        fwrite(text->str, 1, text->len, stdout);
    } else { /* what does not parse is compared as it is */
        fwrite(bytes, 1, length, stdout);
    }
    g_free(bytes);
    return KJ_EXIT_FINE;
}
