/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics as text for people.
 *
 * The caret line must stand right under the characters it means, in a terminal: a wide character (CJK) takes two columns, a combining
 * mark none, and a tab is copied, so that it jumps to the same stop. Control characters are shown as U+FFFD, never sent to the terminal.
 * A long line (a generated policy may be one line of 16 MiB) is cut to a window around the place.
 */
#include "diagnostics_private.h"

#include <string.h>

#define RED "\033[1;31m"
#define YELLOW "\033[1;35m"
#define BOLD "\033[1m"
#define CYAN "\033[1;36m"
#define PLAIN "\033[0m"

enum {
    LINE_BEFORE = 160, /* code points shown before the place, in a line longer than that */
    LINE_AFTER = 160,  /* and from the place on */
};

static void
append_clean(GString *out, const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        g_string_append_unichar(out, g_unichar_iscntrl(c) && c != '\t' ? 0xFFFD : c);
    }
}

static const char *
step_back(const char *from, const char *limit, guint count)
{
    while (count-- > 0 && from > limit)
        from = g_utf8_prev_char(from);
    return from;
}

static const char *
step_forward(const char *from, const char *limit, guint count)
{
    while (count-- > 0 && from < limit)
        from = g_utf8_next_char(from);
    return from;
}

static void
append_columns(GString *out, gunichar c, char mark)
{
    if (c == '\t' || g_unichar_iszerowidth(c)) {
        if (c == '\t')
            g_string_append_c(out, '\t');
        return;
    }
    g_string_append_c(out, mark);
    if (g_unichar_iswide(c))
        g_string_append_c(out, mark);
}

/* The line of `span` and the carets under it. */
static void
append_excerpt(const KjSourceFile *file, KjSpan span, guint line, const char *mark_colour, GString *out)
{
    const char *limit = file->text + file->length;
    const char *start = file->text + MIN(span.start, file->length), *stop = file->text + MIN(MAX(span.end, span.start), file->length);
    const char *begin = start, *end = start, *from, *to;
    g_autofree char *margin = g_strdup_printf("%5u | ", line);
    gsize before;

    while (begin > file->text && begin[-1] != '\n')
        begin--;
    while (end < limit && *end != '\n')
        end++;
    if (end > start && end[-1] == '\r')
        end--;
    from = step_back(start, begin, LINE_BEFORE);
    to = step_forward(start, end, LINE_AFTER);

    g_string_append(out, margin);
    g_string_append(out, from > begin ? "..." : "");
    g_autofree char *shown = g_strndup(from, to - from);
    append_clean(out, shown);
    g_string_append(out, to < end ? "...\n" : "\n");

    g_string_append_printf(out, "%*s | %s", (int)strlen(margin) - 3, "", from > begin ? "   " : "");
    for (const char *p = from; p < start; p = g_utf8_next_char(p))
        append_columns(out, g_utf8_get_char(p), ' ');
    g_string_append(out, mark_colour);
    before = out->len;
    for (const char *p = start; p < to && p < stop; p = g_utf8_next_char(p))
        append_columns(out, g_utf8_get_char(p), '^');
    if (out->len == before)
        g_string_append_c(out, '^');
    g_string_append(out, *mark_colour != '\0' ? PLAIN "\n" : "\n");
}

static void
append_place(const KjSources *sources, KjSpan span, GString *out, guint *line)
{
    const KjSourceFile *file = kj_diagnostics_file(sources, span);
    guint column;

    if (file == NULL)
        return;
    kj_sources_position(sources, span.file, span.start, line, &column);
    append_clean(out, file->path);
    g_string_append_printf(out, ":%u:%u: ", *line, column);
}

static const char *
tint_of(const KjDiagnostic *diagnostic, gboolean colour)
{
    static const char *const tints[] = { [KJ_SEVERITY_NOTE] = CYAN, [KJ_SEVERITY_WARNING] = YELLOW, [KJ_SEVERITY_ERROR] = RED };

    return colour ? tints[diagnostic->severity] : "";
}

/* Its first line; the number of the line it speaks of. */
static guint
print_head(const KjDiagnostic *diagnostic, const KjSources *sources, gboolean colour, GString *out)
{
    guint line = 0;

    g_string_append(out, colour ? BOLD : "");
    append_place(sources, diagnostic->span, out, &line);
    g_string_append_printf(out, "%s%s:%s ", tint_of(diagnostic, colour), _(kj_severity_name(diagnostic->severity)),
                           colour ? PLAIN BOLD : "");
    append_clean(out, diagnostic->message);
    g_string_append_printf(out, "%s [KJ%04d]\n", colour ? PLAIN : "", (int)diagnostic->code);
    return line;
}

static void
print_one(const KjDiagnostic *diagnostic, const KjSources *sources, gboolean colour, GString *out)
{
    const char *tint = tint_of(diagnostic, colour);
    const KjSourceFile *file = kj_diagnostics_file(sources, diagnostic->span);
    guint line = print_head(diagnostic, sources, colour, out);

    if (file != NULL && file->length > 0)
        append_excerpt(file, diagnostic->span, line, tint, out);

    for (guint i = 0; i < diagnostic->related_count; i++) {
        const KjRelated *related = &diagnostic->related[i];
        const KjSourceFile *other = kj_diagnostics_file(sources, related->span);

        append_place(sources, related->span, out, &line);
        g_string_append_printf(out, "%s%s:%s ", colour ? CYAN : "", _("note"), colour ? PLAIN : "");
        append_clean(out, related->message);
        g_string_append_c(out, '\n');
        if (other != NULL && other->length > 0)
            append_excerpt(other, related->span, line, colour ? CYAN : "", out);
    }
    if (diagnostic->help != NULL) {
        g_string_append_printf(out, "%s%s:%s ", colour ? CYAN : "", _("help"), colour ? PLAIN : "");
        append_clean(out, diagnostic->help);
        g_string_append_c(out, '\n');
    }
}

static void
print_untold(const KjDiagnostics *diagnostics, guint told, GString *out)
{
    guint untold = 0;

    for (guint severity = KJ_SEVERITY_NOTE; severity <= KJ_SEVERITY_ERROR; severity++)
        untold += diagnostics->counts[severity];
    untold -= told;
    if (untold > 0)
        g_string_append_printf(
            out, g_dngettext(GETTEXT_PACKAGE, "and %u more that is not shown\n", "and %u more that are not shown\n", untold), untold);
}

void
kj_diagnostics_print_text(const KjDiagnostics *diagnostics, const KjSources *sources, gboolean colour, GString *out)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics);

    for (guint i = 0; i < sorted->len; i++)
        print_one(sorted->pdata[i], sources, colour, out);
    print_untold(diagnostics, sorted->len, out);
}

guint
kj_diagnostics_print_brief(const KjDiagnostics *diagnostics, const KjSources *sources, gboolean colour, GString *out)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics);
    guint notes = 0;

    for (guint i = 0; i < sorted->len; i++) {
        if (((const KjDiagnostic *)sorted->pdata[i])->severity != KJ_SEVERITY_NOTE)
            print_one(sorted->pdata[i], sources, colour, out);
    }
    for (guint i = 0; i < sorted->len; i++) {
        if (((const KjDiagnostic *)sorted->pdata[i])->severity != KJ_SEVERITY_NOTE)
            continue;
        print_head(sorted->pdata[i], sources, colour, out);
        notes++;
    }
    print_untold(diagnostics, sorted->len, out);
    return notes;
}
