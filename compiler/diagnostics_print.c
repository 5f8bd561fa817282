/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Printing diagnostics, as text for people and JSON for programs, always in source order: files as the workspace sorts them, then
 * place, then the order of reporting.
 *
 * The caret line must stand right under the characters it means, in a terminal: a wide character (CJK) takes two columns, a combining
 * mark none, and a tab is copied, so that it jumps to the same stop. Control characters are shown as U+FFFD, never sent to the terminal.
 * A long line (a generated policy may be one line of 16 MiB) is cut to a window around the place.
 */
#include "diagnostics_private.h"

#include <json-glib/json-glib.h>
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

static int
compare_places(gconstpointer left, gconstpointer right)
{
    const KjDiagnostic *a = *(const KjDiagnostic *const *)left, *b = *(const KjDiagnostic *const *)right;

    if (a->span.file != b->span.file)
        return a->span.file < b->span.file ? -1 : 1;
    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    return 0;
}

/* The diagnostics in source order; g_ptr_array_sort is stable. Free with g_ptr_array_unref. */
static GPtrArray *
in_source_order(const KjDiagnostics *diagnostics)
{
    GPtrArray *sorted = g_ptr_array_sized_new(diagnostics->list->len);

    for (guint i = 0; i < diagnostics->list->len; i++)
        g_ptr_array_add(sorted, diagnostics->list->pdata[i]);
    g_ptr_array_sort(sorted, compare_places);
    return sorted;
}

static const KjSourceFile *
find_file(const KjSources *sources, KjSpan span)
{
    return span.file < kj_sources_count(sources) ? kj_sources_file(sources, span.file) : NULL;
}

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
    const KjSourceFile *file = find_file(sources, span);
    guint column;

    if (file == NULL)
        return;
    kj_sources_position(sources, span.file, span.start, line, &column);
    append_clean(out, file->path);
    g_string_append_printf(out, ":%u:%u: ", *line, column);
}

static void
print_one(const KjDiagnostic *diagnostic, const KjSources *sources, gboolean colour, GString *out)
{
    const char *severity = diagnostic->severity == KJ_SEVERITY_ERROR ? _("error") : _("warning");
    const char *tint = !colour ? "" : diagnostic->severity == KJ_SEVERITY_ERROR ? RED : YELLOW;
    const KjSourceFile *file = find_file(sources, diagnostic->span);
    guint line = 0;

    g_string_append(out, colour ? BOLD : "");
    append_place(sources, diagnostic->span, out, &line);
    g_string_append_printf(out, "%s%s:%s ", tint, severity, colour ? PLAIN BOLD : "");
    append_clean(out, diagnostic->message);
    g_string_append_printf(out, "%s [KJ%04d]\n", colour ? PLAIN : "", (int)diagnostic->code);
    if (file != NULL && file->length > 0)
        append_excerpt(file, diagnostic->span, line, tint, out);

    for (guint i = 0; i < diagnostic->related_count; i++) {
        const KjRelated *related = &diagnostic->related[i];
        const KjSourceFile *other = find_file(sources, related->span);

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

void
kj_diagnostics_print_text(const KjDiagnostics *diagnostics, const KjSources *sources, gboolean colour, GString *out)
{
    g_autoptr(GPtrArray) sorted = in_source_order(diagnostics);
    guint untold = diagnostics->errors + diagnostics->warnings - sorted->len;

    for (guint i = 0; i < sorted->len; i++)
        print_one(sorted->pdata[i], sources, colour, out);
    if (untold > 0)
        g_string_append_printf(out, ngettext("and %u more that is not shown\n", "and %u more that are not shown\n", untold), untold);
}

/* ---- JSON ---- */

static void
add_integer(JsonBuilder *builder, const char *name, guint value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
add_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

/* file, line, column, end_line, end_column; a diagnostic without a place has a null file and zeros. The end is exclusive. */
static void
add_place(JsonBuilder *builder, const KjSources *sources, KjSpan span)
{
    const KjSourceFile *file = find_file(sources, span);
    guint line = 0, column = 0, end_line = 0, end_column = 0;

    json_builder_set_member_name(builder, "file");
    if (file != NULL) {
        kj_sources_position(sources, span.file, span.start, &line, &column);
        kj_sources_position(sources, span.file, MAX(span.end, span.start), &end_line, &end_column);
        json_builder_add_string_value(builder, file->path);
    } else {
        json_builder_add_null_value(builder);
    }
    add_integer(builder, "line", line);
    add_integer(builder, "column", column);
    add_integer(builder, "end_line", end_line);
    add_integer(builder, "end_column", end_column);
}

static void
add_diagnostic(JsonBuilder *builder, const KjDiagnostic *diagnostic, const KjSources *sources)
{
    g_autofree char *code = g_strdup_printf("KJ%04d", (int)diagnostic->code);

    json_builder_begin_object(builder);
    add_text(builder, "code", code);
    add_text(builder, "severity", diagnostic->severity == KJ_SEVERITY_ERROR ? "error" : "warning");
    add_place(builder, sources, diagnostic->span);
    add_text(builder, "message", diagnostic->message);
    json_builder_set_member_name(builder, "related");
    json_builder_begin_array(builder);
    for (guint i = 0; i < diagnostic->related_count; i++) {
        json_builder_begin_object(builder);
        add_place(builder, sources, diagnostic->related[i].span);
        add_text(builder, "message", diagnostic->related[i].message);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    if (diagnostic->help != NULL)
        add_text(builder, "help", diagnostic->help);
    if (diagnostic->fix_count > 0) {
        json_builder_set_member_name(builder, "fixes");
        json_builder_begin_array(builder);
        for (guint i = 0; i < diagnostic->fix_count; i++) {
            json_builder_begin_object(builder);
            add_place(builder, sources, diagnostic->fixes[i].span);
            add_text(builder, "replacement", diagnostic->fixes[i].replacement);
            json_builder_end_object(builder);
        }
        json_builder_end_array(builder);
    }
    json_builder_end_object(builder);
}

void
kj_diagnostics_print_json(const KjDiagnostics *diagnostics, const KjSources *sources, GString *out)
{
    g_autoptr(GPtrArray) sorted = in_source_order(diagnostics);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    add_integer(builder, "version", 1);
    json_builder_set_member_name(builder, "diagnostics");
    json_builder_begin_array(builder);
    for (guint i = 0; i < sorted->len; i++)
        add_diagnostic(builder, sorted->pdata[i], sources);
    json_builder_end_array(builder);
    json_builder_end_object(builder);

    root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    text = json_generator_to_data(generator, NULL);
    g_string_append(out, text);
    g_string_append_c(out, '\n');
}
