/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipeline, as a plain list of calls. A compilation is used for one load; everything it makes lives in its arena.
 */
#include "compiler.h"

#include "syntax/syntax.h"

KjCompilation *kj_compilation_new(void) {
    KjCompilation *compilation = g_new0(KjCompilation, 1);

    kj_plugins_load(NULL);
    compilation->arena = kj_arena_new();
    compilation->sources = kj_sources_new();
    compilation->diagnostics = kj_diagnostics_new();
    return compilation;
}

void kj_compilation_free(KjCompilation *compilation) {
    if (!compilation)
        return;
    kj_diagnostics_free(compilation->diagnostics);
    kj_sources_free(compilation->sources);
    kj_arena_free(compilation->arena);
    g_free(compilation);
}

static void parse(KjCompilation *compilation) {
    guint32 count = kj_sources_count(compilation->sources);

    compilation->modules = kj_arena_newn(compilation->arena, KjAstModule *, count + 1);
    for (guint32 file = 0; file < count; file++) {
        guint errors = kj_diagnostics_errors(compilation->diagnostics);
        KjAstModule *module;
        if (kj_sources_file(compilation->sources, file)->module[0] == '\0')
            continue; /* data */
        module = kj_parse(compilation->arena, compilation->sources, file, compilation->diagnostics);
        module->damaged = kj_diagnostics_errors(compilation->diagnostics) > errors;
        compilation->modules[compilation->module_count++] = module;
    }
}

void kj_compilation_compile(KjCompilation *compilation) {
    KjPolicy *policy;

    parse(compilation);
    policy = kj_check(compilation->arena, compilation->sources, compilation->modules, compilation->module_count,
                      (compilation->findings ? KJ_CHECK_FINDINGS : 0) | (compilation->trial ? KJ_CHECK_TRIAL : 0),
                      compilation->diagnostics);
    compilation->policy = kj_diagnostics_errors(compilation->diagnostics) == 0 ? policy : NULL;
}

gboolean kj_compilation_load(KjCompilation *compilation, const char *path, GError **error) {
    if (!kj_sources_add_path(compilation->sources, path, compilation->diagnostics, error))
        return FALSE;
    kj_compilation_compile(compilation);
    return TRUE;
}

void kj_compilation_load_text(KjCompilation *compilation, const char *path, const char *text, gsize length) {
    kj_sources_add_text(compilation->sources, path, text, length, compilation->diagnostics);
    kj_compilation_compile(compilation);
}
