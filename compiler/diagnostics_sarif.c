/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics as SARIF 2.1.0 (OASIS Standard, March 2020), for tools that collect findings of many checkers.
 *
 * One run. Its rules are all codes in order of number, used or not, with the texts of their pages as help: a reader that shows the log
 * knows then what `kijun explain-code` knows. Columns count code points, as everywhere in Kijun, and the run says so (columnKind, 3.14.17).
 * A path below the place where the tool runs is a relative reference (%SRCROOT%, 3.4.4), an absolute one a file URI.
 */
#include "diagnostics_private.h"

#include "codes.h"

typedef struct {
    JsonBuilder *builder;
    const KjSources *sources;
    const char *folder;
    guint language;
    GPtrArray *codes; /* KjCodeEntry in order; a result's ruleIndex points into it */
} Log;

static void
begin(const Log *log, const char *name)
{
    json_builder_set_member_name(log->builder, name);
    json_builder_begin_object(log->builder);
}

static void
begin_list(const Log *log, const char *name)
{
    json_builder_set_member_name(log->builder, name);
    json_builder_begin_array(log->builder);
}

/* "name": { "text": value } */
static void
add_message(const Log *log, const char *name, const char *value)
{
    begin(log, name);
    kj_json_text(log->builder, "text", value);
    json_builder_end_object(log->builder);
}

/* ---- rules ---- */

/* HOST_BITS -> HostBits. Free with g_free. */
static char *
rule_name(const char *name)
{
    GString *out = g_string_new(NULL);

    for (gboolean first = TRUE; *name != '\0'; name++) {
        if (*name != '_')
            g_string_append_c(out, first ? *name : g_ascii_tolower(*name));
        first = *name == '_';
    }
    return g_string_free(out, FALSE);
}

static void
add_rule(const Log *log, const KjCodeEntry *entry)
{
    const KjCodePage *page = kj_code_page(entry->code);
    g_autofree char *id = g_strdup_printf("KJ%04d", (int)entry->code), *name = rule_name(entry->name);

    json_builder_begin_object(log->builder);
    kj_json_text(log->builder, "id", id);
    kj_json_text(log->builder, "name", name);
    if (page != NULL) {
        g_autofree char *help = g_strdup_printf("%s\n\n%s", page->meaning[log->language], page->reason[log->language]);

        add_message(log, "shortDescription", page->title[log->language]);
        add_message(log, "fullDescription", page->meaning[log->language]);
        add_message(log, "help", help);
    }
    begin(log, "defaultConfiguration");
    kj_json_text(log->builder, "level", kj_severity_name(entry->severity));
    json_builder_end_object(log->builder);
    json_builder_end_object(log->builder);
}

static void
add_tool(const Log *log, const char *version)
{
    begin(log, "tool");
    begin(log, "driver");
    kj_json_text(log->builder, "name", "kijun");
    kj_json_text(log->builder, "version", version);
    kj_json_text(log->builder, "language", log->language == KJ_JAPANESE ? "ja" : "en");
    begin_list(log, "rules");
    for (guint i = 0; i < log->codes->len; i++)
        add_rule(log, log->codes->pdata[i]);
    json_builder_end_array(log->builder);
    json_builder_end_object(log->builder);
    json_builder_end_object(log->builder);
}

/* ---- places ---- */

static void
add_artifact(const Log *log, const KjSourceFile *file)
{
    g_autofree char *path = kj_diagnostics_path(file, log->folder), *uri = NULL;

    if (g_path_is_absolute(path))
        uri = g_filename_to_uri(path, NULL, NULL);
    else
        uri = g_uri_escape_string(path, "/", FALSE);
    begin(log, "artifactLocation");
    kj_json_text(log->builder, "uri", uri);
    if (!g_path_is_absolute(path))
        kj_json_text(log->builder, "uriBaseId", "%SRCROOT%");
    json_builder_end_object(log->builder);
}

static void
add_region(const Log *log, const char *name, KjSpan span)
{
    KjPlace place = kj_diagnostics_place(log->sources, span);

    begin(log, name);
    kj_json_integer(log->builder, "startLine", place.line);
    kj_json_integer(log->builder, "startColumn", place.column);
    kj_json_integer(log->builder, "endLine", place.end_line);
    kj_json_integer(log->builder, "endColumn", place.end_column);
    json_builder_end_object(log->builder);
}

static void
add_location(const Log *log, KjSpan span, const char *message)
{
    const KjSourceFile *file = kj_diagnostics_file(log->sources, span);

    json_builder_begin_object(log->builder);
    if (file != NULL) {
        begin(log, "physicalLocation");
        add_artifact(log, file);
        add_region(log, "region", span);
        json_builder_end_object(log->builder);
    }
    if (message != NULL)
        add_message(log, "message", message);
    json_builder_end_object(log->builder);
}

/* ---- results ---- */

static guint
rule_index(const Log *log, KjCode code)
{
    guint index = 0;

    g_ptr_array_find(log->codes, kj_code_find(code), &index);
    return index;
}

static void
add_fix(const Log *log, const KjFix *fix, const char *help)
{
    const KjSourceFile *file = kj_diagnostics_file(log->sources, fix->span);

    if (file == NULL)
        return;
    json_builder_begin_object(log->builder);
    if (help != NULL)
        add_message(log, "description", help);
    begin_list(log, "artifactChanges");
    json_builder_begin_object(log->builder);
    add_artifact(log, file);
    begin_list(log, "replacements");
    json_builder_begin_object(log->builder);
    add_region(log, "deletedRegion", fix->span);
    add_message(log, "insertedContent", fix->replacement);
    json_builder_end_object(log->builder);
    json_builder_end_array(log->builder);
    json_builder_end_object(log->builder);
    json_builder_end_array(log->builder);
    json_builder_end_object(log->builder);
}

static void
add_result(const Log *log, const KjDiagnostic *diagnostic)
{
    g_autofree char *id = g_strdup_printf("KJ%04d", (int)diagnostic->code), *message = NULL;

    message = diagnostic->help == NULL ? g_strdup(diagnostic->message) : g_strdup_printf("%s\n%s", diagnostic->message, diagnostic->help);
    json_builder_begin_object(log->builder);
    kj_json_text(log->builder, "ruleId", id);
    kj_json_integer(log->builder, "ruleIndex", rule_index(log, diagnostic->code));
    kj_json_text(log->builder, "level", kj_severity_name(diagnostic->severity));
    add_message(log, "message", message);
    begin_list(log, "locations");
    if (kj_diagnostics_file(log->sources, diagnostic->span) != NULL)
        add_location(log, diagnostic->span, NULL);
    json_builder_end_array(log->builder);
    if (diagnostic->related_count > 0) {
        begin_list(log, "relatedLocations");
        for (guint i = 0; i < diagnostic->related_count; i++)
            add_location(log, diagnostic->related[i].span, diagnostic->related[i].message);
        json_builder_end_array(log->builder);
    }
    if (diagnostic->fix_count > 0) {
        begin_list(log, "fixes");
        for (guint i = 0; i < diagnostic->fix_count; i++)
            add_fix(log, &diagnostic->fixes[i], diagnostic->help);
        json_builder_end_array(log->builder);
    }
    json_builder_end_object(log->builder);
}

void
kj_diagnostics_print_sarif(const KjDiagnostics *diagnostics, const KjSources *sources, const char *folder, const char *language,
                           const char *version, GString *out)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics), codes = kj_codes_in_order();
    g_autoptr(JsonBuilder) builder = json_builder_new();
    const Log log = { builder, sources, folder, kj_code_language(language), codes };

    json_builder_begin_object(builder);
    kj_json_text(builder, "$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
    kj_json_text(builder, "version", "2.1.0");
    begin_list(&log, "runs");
    json_builder_begin_object(builder);
    add_tool(&log, version);
    kj_json_text(builder, "columnKind", "unicodeCodePoints");
    begin_list(&log, "results");
    for (guint i = 0; i < sorted->len; i++)
        add_result(&log, sorted->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    kj_json_print(builder, out);
}
