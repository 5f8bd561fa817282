/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every printer of diagnostics needs: the order (files as the workspace sorts them, then place, then the order of reporting), places
 * as lines and columns, and the few words of JSON that two of them write. Each form is a file of its own: diagnostics_text.c, _json.c,
 * _sarif.c, _github.c.
 */
#include "diagnostics_private.h"

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

/* g_ptr_array_sort is stable: what was reported first at a place stays first. */
GPtrArray *
kj_diagnostics_in_order(const KjDiagnostics *diagnostics)
{
    GPtrArray *sorted = g_ptr_array_sized_new(diagnostics->list->len);

    for (guint i = 0; i < diagnostics->list->len; i++)
        g_ptr_array_add(sorted, diagnostics->list->pdata[i]);
    g_ptr_array_sort(sorted, compare_places);
    return sorted;
}

const KjSourceFile *
kj_diagnostics_file(const KjSources *sources, KjSpan span)
{
    return span.file < kj_sources_count(sources) ? kj_sources_file(sources, span.file) : NULL;
}

KjPlace
kj_diagnostics_place(const KjSources *sources, KjSpan span)
{
    KjPlace place;

    kj_sources_position(sources, span.file, span.start, &place.line, &place.column);
    kj_sources_position(sources, span.file, MAX(span.end, span.start), &place.end_line, &place.end_column);
    return place;
}

char *
kj_diagnostics_path(const KjSourceFile *file, const char *folder)
{
    if (folder == NULL || folder[0] == '\0')
        return g_strdup(file->path);
    return g_strconcat(folder, g_str_has_suffix(folder, "/") ? "" : "/", file->path, NULL);
}

void
kj_json_integer(JsonBuilder *builder, const char *name, guint value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

void
kj_json_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

void
kj_json_print(JsonBuilder *builder, GString *out)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = NULL;

    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    text = json_generator_to_data(generator, NULL);
    g_string_append(out, text);
    g_string_append_c(out, '\n');
}
