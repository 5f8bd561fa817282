/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes to the parser, and everything it says about them to every printer of diagnostics.
 *
 * Whatever is reported must be UTF-8, and as JSON it must be JSON. The same bytes are parsed twice and must say the same.
 */
#include <json-glib/json-glib.h>

#include "compiler/syntax/syntax.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "parse", "policy.dict", 4096 };

static void check_json(const GString *text) {
    g_autoptr(JsonParser) json = json_parser_new();
    if (!json_parser_load_from_data(json, text->str, (gssize)text->len, NULL))
        g_error("this is no JSON: %s", text->str);
}

static GString *tell(const guint8 *data, gsize size) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    GString *out = g_string_new(NULL);
    guint32 file = kj_sources_add_text(sources, "fuzz.pol", (const char *)data, size, diagnostics);

    if (file != G_MAXUINT32)
        g_assert_nonnull(kj_parse(arena, sources, file, diagnostics));
    kj_diagnostics_print_json(diagnostics, sources, out);
    check_json(out);
    g_string_append_c(out, '\n');
    kj_diagnostics_print_text(diagnostics, sources, size % 2 == 0, out);
    kj_diagnostics_print_github(diagnostics, sources, "policies", out);
    if (size % 64 == 0) { /* with a page for every code it is long */
        g_autoptr(GString) sarif = g_string_new(NULL);
        kj_diagnostics_print_sarif(diagnostics, sources, NULL, size % 128 ? "en" : "ja", "1", sarif);
        check_json(sarif);
        g_string_append_len(out, sarif->str, (gssize)sarif->len);
    }
    if (!g_utf8_validate_len(out->str, out->len, NULL))
        g_error("diagnostics are not UTF-8");
    return out;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GString) once = tell(data, size), again = tell(data, size);
    g_assert_true(g_string_equal(once, again));
    return 0;
}
