/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The formatter's round trip from arbitrary bytes.
 *
 * Text that parses without an error is printed, parsed and printed again: the second parse has no error either and the second print is the
 * first. Text that checks gives the same table before and after, but for where things stood (SPANS).
 */
#include <string.h>

#include <kijun/verify.h>

#include "compiler/compiler.h"
#include "compiler/syntax/syntax.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "format", "policy.dict", 4096 };

/* The canonical form, or NULL when the text has errors. */
static char *format(const char *text, gsize length) {
    g_autoptr(KjArena) arena = kj_arena_new();
    g_autoptr(KjSources) sources = kj_sources_new();
    g_autoptr(KjDiagnostics) diagnostics = kj_diagnostics_new();
    guint32 file = kj_sources_add_text(sources, "fuzz.pol", text, length, diagnostics);
    const KjAstModule *module = file == G_MAXUINT32 ? NULL : kj_parse(arena, sources, file, diagnostics);

    if (!module || kj_diagnostics_errors(diagnostics) > 0)
        return NULL;
    GString *out = g_string_new(NULL);
    kj_print_module(module, sources, out);
    return g_string_free(out, FALSE);
}

/* The table, or NULL when the text does not check or is too large to build. */
static GBytes *build(const char *text, gsize length) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();

    kj_compilation_load_text(compilation, "fuzz.pol", text, length);
    return compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
}

static void compare_tables(GBytes *one, GBytes *other, const char *formatted) {
    KjImage before, after;
    KjFlaw flaw;

    g_assert_true(kj_verify(g_bytes_get_data(one, NULL), g_bytes_get_size(one), &before, &flaw));
    g_assert_true(kj_verify(g_bytes_get_data(other, NULL), g_bytes_get_size(other), &after, &flaw));
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        if (kind == KJ_SECTION_SPANS)
            continue;
        if (before.count[kind] != after.count[kind] ||
            memcmp(before.start[kind], after.start[kind], before.count[kind] * kj_section_shapes[kind].size) != 0)
            g_error("formatting changes %s:\n%s", kj_section_shapes[kind].name, formatted);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *once = format((const char *)data, size), *twice = NULL;

    if (!once)
        return 0;
    twice = format(once, strlen(once));
    if (!twice)
        g_error("the canonical form does not parse:\n%s", once);
    if (strcmp(once, twice) != 0)
        g_error("the canonical form changes when it is formatted:\n%s\n---- then\n%s", once, twice);
    g_autoptr(GBytes) before = build((const char *)data, size);
    if (!before)
        return 0;
    g_autoptr(GBytes) after = build(once, strlen(once));
    if (!after)
        g_error("the canonical form does not build:\n%s", once);
    compare_tables(before, after, once);
    return 0;
}
