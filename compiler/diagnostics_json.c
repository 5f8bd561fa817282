/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics as JSON for programs, in the form cli.md fixes: a change that breaks a reader raises the version. */
#include "diagnostics_private.h"

/* file, line, column, end_line, end_column; a diagnostic without a place has a null file and zeros. The end is exclusive. */
static void
add_place(JsonBuilder *builder, const KjSources *sources, KjSpan span)
{
    const KjSourceFile *file = kj_diagnostics_file(sources, span);
    KjPlace place = { 0, 0, 0, 0 };

    json_builder_set_member_name(builder, "file");
    if (file != NULL) {
        place = kj_diagnostics_place(sources, span);
        json_builder_add_string_value(builder, file->path);
    } else {
        json_builder_add_null_value(builder);
    }
    kj_json_integer(builder, "line", place.line);
    kj_json_integer(builder, "column", place.column);
    kj_json_integer(builder, "end_line", place.end_line);
    kj_json_integer(builder, "end_column", place.end_column);
}

static void
add_diagnostic(JsonBuilder *builder, const KjDiagnostic *diagnostic, const KjSources *sources)
{
    g_autofree char *code = g_strdup_printf("KJ%04d", (int)diagnostic->code);

    json_builder_begin_object(builder);
    kj_json_text(builder, "code", code);
    kj_json_text(builder, "severity", kj_severity_name(diagnostic->severity));
    add_place(builder, sources, diagnostic->span);
    kj_json_text(builder, "message", diagnostic->message);
    json_builder_set_member_name(builder, "related");
    json_builder_begin_array(builder);
    for (guint i = 0; i < diagnostic->related_count; i++) {
        json_builder_begin_object(builder);
        add_place(builder, sources, diagnostic->related[i].span);
        kj_json_text(builder, "message", diagnostic->related[i].message);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    if (diagnostic->help != NULL)
        kj_json_text(builder, "help", diagnostic->help);
    if (diagnostic->fix_count > 0) {
        json_builder_set_member_name(builder, "fixes");
        json_builder_begin_array(builder);
        for (guint i = 0; i < diagnostic->fix_count; i++) {
            json_builder_begin_object(builder);
            add_place(builder, sources, diagnostic->fixes[i].span);
            kj_json_text(builder, "replacement", diagnostic->fixes[i].replacement);
            json_builder_end_object(builder);
        }
        json_builder_end_array(builder);
    }
    json_builder_end_object(builder);
}

void
kj_diagnostics_print_json(const KjDiagnostics *diagnostics, const KjSources *sources, GString *out)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics);
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    kj_json_integer(builder, "version", 1);
    json_builder_set_member_name(builder, "diagnostics");
    json_builder_begin_array(builder);
    for (guint i = 0; i < sorted->len; i++)
        add_diagnostic(builder, sorted->pdata[i], sources);
    json_builder_end_array(builder);
    json_builder_end_object(builder);

    kj_json_print(builder, out);
}
