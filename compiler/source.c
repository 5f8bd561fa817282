/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of one compilation in memory. Reading from disk is in source_read.c; here are the judgement of a text, the names of
 * modules and the way from offsets to lines.
 *
 * A text that is refused (not UTF-8, a NUL, a bidirectional control) stays in the list so that its diagnostic can show the line, but with
 * every offending byte replaced, and with the module name "", so that nobody parses it. Replacements keep every offset.
 */
#include "source_private.h"

#include <string.h>

#include "diagnostics.h"
#include "limits.h"

enum { OFFENCES_TOLD = 10 /* of one file: a binary file is one mistake, not a million */ };

static void
file_free(gpointer data)
{
    KjLoadedFile *file = data;

    g_free(file->path);
    g_free(file->module);
    g_free(file->text);
    if (file->lines != NULL)
        g_array_unref(file->lines);
    g_free(file);
}

KjSources *
kj_sources_new(void)
{
    KjSources *sources = g_new0(KjSources, 1);

    sources->files = g_ptr_array_new_with_free_func(file_free);
    sources->modules = g_hash_table_new(g_str_hash, g_str_equal);
    sources->paths = g_hash_table_new(g_str_hash, g_str_equal);
    sources->overlays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    return sources;
}

void
kj_sources_free(KjSources *sources)
{
    if (sources == NULL)
        return;
    g_hash_table_unref(sources->modules);
    g_hash_table_unref(sources->paths);
    g_hash_table_unref(sources->overlays);
    g_ptr_array_unref(sources->files);
    g_free(sources->root);
    g_free(sources->called);
    if (sources->store.free != NULL)
        sources->store.free(sources->store.data);
    g_free(sources);
}

/* ---- judging a text ---- */

/* The name of a control that reorders text or marks its direction (UAX #9; "Trojan Source", CVE-2021-42574), or NULL. */
static const char *
bidi_control_name(gunichar c)
{
    static const struct {
        gunichar c;
        const char *name;
    } names[] = {
        { 0x061C, "ARABIC LETTER MARK" },         { 0x200E, "LEFT-TO-RIGHT MARK" },         { 0x200F, "RIGHT-TO-LEFT MARK" },
        { 0x202A, "LEFT-TO-RIGHT EMBEDDING" },    { 0x202B, "RIGHT-TO-LEFT EMBEDDING" },    { 0x202C, "POP DIRECTIONAL FORMATTING" },
        { 0x202D, "LEFT-TO-RIGHT OVERRIDE" },     { 0x202E, "RIGHT-TO-LEFT OVERRIDE" },     { 0x2066, "LEFT-TO-RIGHT ISOLATE" },
        { 0x2067, "RIGHT-TO-LEFT ISOLATE" },      { 0x2068, "FIRST STRONG ISOLATE" },       { 0x2069, "POP DIRECTIONAL ISOLATE" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].c == c)
            return names[i].name;
    return NULL;
}

/* Replaces the `length` bytes at `text` by one character of the same length. */
static void
blot_out(char *text, gsize length)
{
    memcpy(text, length == 3 ? "\xEF\xBF\xBD" : length == 2 ? "\xC2\xBF" : "?", length);
}

/* The first byte that is no plain ASCII character, or `limit`. Nearly all of nearly every file is plain, so it is passed over eight bytes at a time. */
static char *
pass_over_plain(char *p, const char *limit)
{
    const guint64 high = G_GUINT64_CONSTANT(0x8080808080808080), ones = G_GUINT64_CONSTANT(0x0101010101010101);
    guint64 word;

    for (; limit - p >= 8; p += 8) {
        memcpy(&word, p, sizeof word);
        if (((word | (word - ones)) & high) != 0) /* a byte of 0x80 and up, or (by the borrow) a NUL */
            break;
    }
    while (p < limit && *p != '\0' && (guchar)*p < 0x80)
        p++;
    return p;
}

/* Reports and blots out everything that may not stand in a file. Returns the number of offences. Linear. */
static guint
judge_text(KjLoadedFile *file, guint32 index, KjDiagnostics *diagnostics)
{
    const char *limit = file->text + file->length;
    guint offences = 0;

    for (char *p = file->text; (p = pass_over_plain(p, limit)) < limit;) {
        guint32 offset = (guint32)(p - file->text);
        gunichar c = (guchar)*p < 0x80 ? (guchar)*p : g_utf8_get_char_validated(p, limit - p);
        gboolean malformed = c == (gunichar)-1 || c == (gunichar)-2;
        const char *bidi = malformed || c < 0x061C ? NULL : bidi_control_name(c);
        gsize length = malformed || c < 0x80 ? 1 : (gsize)(g_utf8_next_char(p) - p);

        if (c == '\0' || malformed || bidi != NULL) {
            KjSpan span = { index, offset, offset + (guint32)length };

            if (++offences > OFFENCES_TOLD)
                diagnostics = NULL;
            if (diagnostics != NULL && malformed)
                kj_report(diagnostics, KJ_CODE_FILE_NOT_UTF8, span, (guchar)*p);
            else if (diagnostics != NULL && bidi != NULL)
                kj_report(diagnostics, KJ_CODE_FILE_HAS_BIDI, span, c, bidi);
            else if (diagnostics != NULL)
                kj_report(diagnostics, KJ_CODE_FILE_HAS_NUL, span);
            blot_out(p, length);
        }
        p += length;
    }
    return offences;
}

/* ---- the module name that a path gives ---- */

static gboolean
part_is_name(const char *part, const char *end)
{
    if (part == end)
        return FALSE;
    for (; part < end; part = g_utf8_next_char(part)) {
        gunichar c = g_utf8_get_char(part);

        if (c != '_' && c != '-' && !g_unichar_isalpha(c) && !g_unichar_ismark(c) && g_unichar_type(c) != G_UNICODE_DECIMAL_NUMBER)
            return FALSE;
    }
    return TRUE;
}

/* "mail/for-warding.pol" -> "mail.for_warding", in NFC. NULL with a diagnostic. Free with g_free. */
static char *
module_name(const char *path, guint32 index, KjDiagnostics *diagnostics)
{
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(KJ_POLICY_SUFFIX));
    g_auto(GStrv) parts = g_strsplit(stem, "/", -1);

    for (char **part = parts; *part != NULL; part++)
        if (!part_is_name(*part, *part + strlen(*part))) {
            kj_report(diagnostics, KJ_CODE_MODULE_NAME_INVALID, (KjSpan){ index, 0, 0 }, path, *part);
            return NULL;
        }
    g_autofree char *dotted = g_strdelimit(g_strjoinv(".", parts), "-", '_');
    return g_utf8_normalize(dotted, -1, G_NORMALIZE_NFC);
}

static void
name_module(KjSources *sources, KjLoadedFile *file, guint32 index, KjDiagnostics *diagnostics)
{
    g_autofree char *name = module_name(file->path, index, diagnostics);
    gpointer other;

    if (name == NULL)
        return;
    if (g_hash_table_lookup_extended(sources->modules, name, NULL, &other)) {
        KjDiagnostic *clash = kj_report(diagnostics, KJ_CODE_MODULE_NAME_CLASH, (KjSpan){ index, 0, 0 },
                                        kj_sources_file(sources, GPOINTER_TO_UINT(other))->path, file->path, name);

        kj_report_help(clash, _("rename one of the files; `-` in a file name reads `_`"));
        return;
    }
    g_free(file->module);
    file->module = g_steal_pointer(&name);
    g_hash_table_insert(sources->modules, file->module, GUINT_TO_POINTER(index));
}

/* ---- adding ---- */

guint32
kj_sources_take(KjSources *sources, const char *path, char *text, gsize length, KjDiagnostics *diagnostics)
{
    KjLoadedFile *file = g_new0(KjLoadedFile, 1);
    guint32 index = sources->files->len;

    file->path = g_utf8_make_valid(path, -1);
    file->module = g_strdup("");
    file->text = text != NULL ? text : g_strdup("");
    file->length = text != NULL ? length : 0;
    file->public.path = file->path;
    g_ptr_array_add(sources->files, file);

    file->refused = text == NULL || judge_text(file, index, diagnostics) > 0;
    if (!file->refused && g_str_has_suffix(path, KJ_POLICY_SUFFIX))
        name_module(sources, file, index, diagnostics);
    if (!file->refused)
        g_hash_table_insert(sources->paths, file->path, GUINT_TO_POINTER(index));
    file->public.module = file->module;
    file->public.text = file->text;
    file->public.length = file->length;
    return index;
}

gboolean
kj_sources_refused(const KjSources *sources, guint32 file)
{
    return ((const KjLoadedFile *)sources->files->pdata[file])->refused;
}

guint32
kj_sources_add_text(KjSources *sources, const char *path, const char *text, gsize length, KjDiagnostics *diagnostics)
{
    guint32 index;

    if (length > KJ_LIMIT_FILE_BYTES) {
        kj_report(diagnostics, KJ_CODE_FILE_TOO_LARGE, KJ_SPAN_NONE, path, KJ_LIMIT_FILE_BYTES >> 20);
        return G_MAXUINT32;
    }
    char *copy = g_malloc(length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    index = kj_sources_take(sources, path, copy, length, diagnostics);
    return kj_sources_refused(sources, index) ? G_MAXUINT32 : index;
}

guint32
kj_sources_count(const KjSources *sources)
{
    return sources->files->len;
}

const KjSourceFile *
kj_sources_file(const KjSources *sources, guint32 file)
{
    g_assert(file < sources->files->len);
    return &((const KjLoadedFile *)sources->files->pdata[file])->public;
}

/* ---- lines ---- */

/* The index of lines is made when somebody first asks, and kept: it is no part of what the sources say. */
static const GArray *
line_starts(KjLoadedFile *file)
{
    if (file->lines == NULL) {
        guint32 start = 0;

        file->lines = g_array_new(FALSE, FALSE, sizeof start);
        g_array_append_val(file->lines, start);
        for (const char *p = file->text; (p = memchr(p, '\n', file->text + file->length - p)) != NULL;) {
            start = (guint32)(++p - file->text);
            g_array_append_val(file->lines, start);
        }
    }
    return file->lines;
}

void
kj_sources_position(const KjSources *sources, guint32 index, guint32 offset, guint *line, guint *column)
{
    KjLoadedFile *file = sources->files->pdata[index];
    const GArray *lines = line_starts(file);
    guint low = 0, high = lines->len;

    offset = MIN(offset, (guint32)file->length);
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(lines, guint32, middle) <= offset)
            low = middle;
        else
            high = middle;
    }
    *line = low + 1;
    *column = 1;
    for (const char *p = file->text + g_array_index(lines, guint32, low); p < file->text + offset; p = g_utf8_next_char(p))
        ++*column;
}
