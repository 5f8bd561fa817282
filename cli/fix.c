/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kijun fix: writes what the diagnostics' fix-its say, in as many rounds as it takes, for one fix may bring the next mistake to light.
 *
 * All rounds happen in memory, on texts that stand for the files (kj_sources_overlay), so --dry-run and the real run are the same run
 * but for its end: then each file that changed is replaced as a whole, once. Of fixes that overlap the first is applied; the next round
 * finds the other if it still stands.
 *
 * A fix is a guess at what was meant, and a text with several mistakes can mislead it. So a text is taken only when it parses with no more
 * errors than before; when the fixes of a round together fail this, each is tried alone, and one that fails it alone is never tried again at that
 * place. Every round changes some text for good or is the last, and there are at most ROUNDS.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../compiler/syntax/syntax.h"
#include "../history/revision.h"
#include "cli.h"

enum { ROUNDS = 1000 /* a round applies up to KJ_LIMIT_ERRORS fixes: more than this is no text that a person wrote */ };

static gboolean dry_run;

const GOptionEntry kj_options_fix[] = {
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, N_("Change nothing; print what would be changed"), NULL },
    G_OPTION_ENTRY_NULL,
};

typedef struct {
    const char *root;
    GHashTable *texts;   /* path -> GString, of the files that changed */
    GHashTable *refused; /* "path:offset:length of the text:replacement" of fixes that made it worse */
    gboolean capped;     /* not everything could be applied within ROUNDS */
} Run;

static void free_text(gpointer text) {
    g_string_free(text, TRUE);
}

/* ---- one text ---- */

static guint parse_errors(const char *path, const GString *text) {
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    g_autoptr(KjArena) arena = kj_arena_new();
    guint32 file = kj_sources_add_text(sources, path, text->str, text->len, diagnostics);

    if (file != G_MAXUINT32)
        kj_parse(arena, sources, file, diagnostics);
    return kj_diagnostics_errors(diagnostics);
}

static void show(const char *text, gsize length) {
    if (length == 0) {
        fputs(_("(nothing)"), stdout);
        return;
    }
    putchar('`');
    fwrite(text, 1, length, stdout);
    putchar('`');
}

static void tell(const KjSources *sources, const KjSourceFile *file, const KjFix *fix) {
    guint line, column;

    kj_sources_position(sources, fix->span.file, fix->span.start, &line, &column);
    printf("%s:%u:%u: ", file->path, line, column);
    show(file->text + fix->span.start, fix->span.end - fix->span.start);
    fputs(" -> ", stdout);
    show(fix->replacement, strlen(fix->replacement));
    printf(" [KJ%04d]\n", (int)fix->code);
}

/* The file's text with these fixes, which are in order and do not overlap. Free with free_text. */
static GString *apply(const KjSourceFile *file, const GPtrArray *fixes) {
    GString *text = g_string_new(NULL);
    guint32 at = 0;

    for (guint i = 0; i < fixes->len; i++) {
        const KjFix *fix = fixes->pdata[i];
        g_string_append_len(text, file->text + at, fix->span.start - at);
        g_string_append(text, fix->replacement);
        at = fix->span.end;
    }
    g_string_append_len(text, file->text + at, (gssize)(file->length - at));
    return text;
}

/* Takes the text for the file's if it parses no worse. FALSE otherwise; the text is then gone. */
static gboolean take(Run *run, const KjSourceFile *file, GString *text) {
    g_autoptr(GString) before = g_string_new_len(file->text, (gssize)file->length);

    if (parse_errors(file->path, text) > parse_errors(file->path, before)) {
        free_text(text);
        return FALSE;
    }
    g_hash_table_insert(run->texts, g_strdup(file->path), text);
    return TRUE;
}

/* ---- one file ---- */

/* A fix that made things worse is known again by its place and the length of the text around it. Free with g_free. */
static char *fix_key(const KjSourceFile *file, const KjFix *fix) {
    return g_strdup_printf("%s:%u:%" G_GSIZE_FORMAT ":%s", file->path, fix->span.start, file->length, fix->replacement);
}

static gboolean was_refused(const Run *run, const KjSourceFile *file, const KjFix *fix) {
    g_autofree char *key = fix_key(file, fix);
    return g_hash_table_contains(run->refused, key);
}

/* Applies the fixes of one file, all or else the first that does no harm. TRUE if the text changed. */
static gboolean fix_file(Run *run, const KjSources *sources, const KjSourceFile *file, const GPtrArray *fixes) {
    if (take(run, file, apply(file, fixes))) {
        for (guint i = 0; i < fixes->len; i++)
            tell(sources, file, fixes->pdata[i]);
        return TRUE;
    }
    for (guint i = 0; i < fixes->len; i++) {
        g_autoptr(GPtrArray) alone = g_ptr_array_new();
        g_ptr_array_add(alone, fixes->pdata[i]);
        if (take(run, file, apply(file, alone))) {
            tell(sources, file, fixes->pdata[i]);
            return TRUE;
        }
        g_hash_table_add(run->refused, fix_key(file, fixes->pdata[i]));
    }
    return FALSE;
}

/* Does it change anything, in a file that can be written, and not what the last one of the file changes? */
static gboolean applies(const Run *run, const KjSources *sources, const KjFix *fix, const KjFix *last) {
    if (fix->span.file >= kj_sources_count(sources))
        return FALSE;
    const KjSourceFile *file = kj_sources_file(sources, fix->span.file);
    if (file->module[0] == '\0' || (last && fix->span.start < last->span.end) || was_refused(run, file, fix))
        return FALSE;
    if (last && fix->span.start == last->span.start && fix->span.end == last->span.end)
        return FALSE;
    return fix->span.end - fix->span.start != strlen(fix->replacement)
           || memcmp(file->text + fix->span.start, fix->replacement, strlen(fix->replacement)) != 0;
}

/* ---- rounds ---- */

/* The workspace as its texts now stand. NULL with *exit_code set. */
static KjCompilation *compile(const Run *run, int *exit_code) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    GHashTableIter each;
    gpointer path, text;

    g_hash_table_iter_init(&each, run->texts);
    while (g_hash_table_iter_next(&each, &path, &text))
        kj_sources_overlay(compilation->sources, path, ((GString *)text)->str, ((GString *)text)->len);
    compilation->findings = TRUE;
    if (kj_revision_load(compilation, run->root, &error)) {
        KjAnalysis analysis;
        if (compilation->policy && kj_cli_analysis(NULL, run->root, &analysis))
            kj_find_in_rules(compilation->policy, &analysis, compilation->diagnostics);
        return g_steal_pointer(&compilation);
    }
    *exit_code = kj_cli_fail(kj_cli_error_code(error), "%s", error->message);
    return NULL;
}

/* TRUE if any text changed. */
static gboolean fix_all(Run *run, const KjCompilation *compilation) {
    g_autoptr(GArray) fixes = kj_diagnostics_fixes(compilation->diagnostics);
    gboolean changed = FALSE;

    for (guint i = 0; i < fixes->len;) {
        g_autoptr(GPtrArray) chosen = g_ptr_array_new();
        guint32 file = g_array_index(fixes, KjFix, i).span.file;

        for (; i < fixes->len && g_array_index(fixes, KjFix, i).span.file == file; i++) {
            KjFix *fix = &g_array_index(fixes, KjFix, i);
            if (applies(run, compilation->sources, fix, chosen->len > 0 ? chosen->pdata[chosen->len - 1] : NULL))
                g_ptr_array_add(chosen, fix);
        }
        if (chosen->len > 0)
            changed = fix_file(run, compilation->sources, kj_sources_file(compilation->sources, file), chosen) || changed;
    }
    return changed;
}

/* Writes every text that changed, in order of path. */
static gboolean write_all(const Run *run, GError **error) {
    g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(run->texts), (GCompareFunc)strcmp);
    gboolean folder = g_file_test(run->root, G_FILE_TEST_IS_DIR);

    for (const GList *each = paths; each; each = each->next) {
        const GString *text = g_hash_table_lookup(run->texts, each->data);
        g_autofree char *path = folder ? g_build_filename(run->root, each->data, NULL) : g_strdup(run->root);
        g_autofree char *real = realpath(path, NULL);
        if (!g_file_set_contents_full(real ? real : path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error))
            return FALSE;
    }
    return TRUE;
}

static int finish(const Run *run, const KjCompilation *last) {
    g_autoptr(GError) error = NULL;
    guint errors = kj_diagnostics_errors(last->diagnostics);

    if (!dry_run && !write_all(run, &error))
        return kj_cli_fail(KJ_EXIT_IO, "%s", error->message);
    if (run->capped)
        fprintf(stderr, _("kijun fix: there is more to fix; run it again\n"));
    if (errors == 0)
        return KJ_EXIT_FINE;
    fprintf(
        stderr,
        g_dngettext(GETTEXT_PACKAGE, "%u error remains; `kijun check` shows it\n", "%u errors remain; `kijun check` shows them\n", errors),
        errors);
    return kj_cli_errors_code(last->diagnostics);
}

int kj_command_fix(int argc, char **argv) {
    int code = KJ_EXIT_FINE;
    if (!kj_cli_options(&argc, &argv, 0, 1, &code))
        return code;

    if (argc > 1 && !dry_run && kj_revision_form(argv[1]))
        return kj_cli_fail(KJ_EXIT_USAGE, _("%s is a revision, which nothing can change; --dry-run tells what would"), argv[1]);
    g_autoptr(GHashTable) texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    g_autoptr(GHashTable) refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Run run = { argc > 1 ? argv[1] : ".", texts, refused, FALSE };
    g_autoptr(KjCompilation) compilation = compile(&run, &code);
    for (guint round = 0; compilation && fix_all(&run, compilation); round++) {
        run.capped = round + 1 == ROUNDS;
        kj_compilation_free(g_steal_pointer(&compilation));
        compilation = compile(&run, &code);
        if (run.capped)
            break;
    }
    return compilation ? finish(&run, compilation) : code;
}
