/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics are data: a code, a severity, a span, one sentence, and what to write instead. Each form they are printed in is a file.
 * Codes live once, in diagnostics.def: KJ_DIAGNOSTIC(number, NAME, severity, "sentence with printf arguments").
 * KJ00xx reading and lexing, KJ01xx grammar, KJ02xx names, types and schemas, KJ03xx findings, KJ04xx lowering and tables.
 */
#ifndef KJ_DIAGNOSTICS_H
#define KJ_DIAGNOSTICS_H

#include "source.h"

/* An error stops the build, a warning asks for a change, a note is something to know: nothing need be wrong. */
typedef enum { KJ_SEVERITY_NOTE = 1, KJ_SEVERITY_WARNING, KJ_SEVERITY_ERROR } KjSeverity;

/* "error", "warning", "note": for programs as it is, for people through _(). */
const char *kj_severity_name(KjSeverity severity);

typedef enum {
#define KJ_DIAGNOSTIC(number, name, severity, message) KJ_CODE_##name = number,
#include "diagnostics.def"
#undef KJ_DIAGNOSTIC
} KjCode;

typedef struct KjDiagnostic KjDiagnostic;

KjDiagnostics *kj_diagnostics_new(void);
void kj_diagnostics_free(KjDiagnostics *diagnostics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjDiagnostics, kj_diagnostics_free)

/* Reports; the message is the code's sentence with these arguments. The result may be given to the functions below in the same breath;
 * it belongs to `diagnostics`. Reports beyond KJ_LIMIT_ERRORS (warnings and notes: KJ_LIMIT_WARNINGS, each) are counted and return a scrap object. */
KjDiagnostic *kj_report(KjDiagnostics *diagnostics, KjCode code, KjSpan span, ...);
KjDiagnostic *kj_report_list(KjDiagnostics *diagnostics, KjCode code, KjSpan span, va_list arguments);
/* The scrap object, for what is not to be told after all. */
KjDiagnostic *kj_report_scrap(KjDiagnostics *diagnostics);

/* "first defined here": a second place. */
void kj_report_related(KjDiagnostic *diagnostic, KjSpan span, const char *message);

/* What to write instead, as a sentence ("write 10.0.0.0/8"). */
void kj_report_help(KjDiagnostic *diagnostic, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A fix-it: replacing the span's text by this one is safe. */
void kj_report_fix(KjDiagnostic *diagnostic, KjSpan span, const char *replacement);

/* The candidate nearest to `word` (edit distance at most a third of its length), or NULL. `candidates` is NULL-terminated. */
const char *kj_did_you_mean(const char *word, const char *const *candidates);

guint kj_diagnostics_errors(const KjDiagnostics *diagnostics);
guint kj_diagnostics_warnings(const KjDiagnostics *diagnostics);
/* Whether the code was reported, among those that are kept. */
gboolean kj_diagnostics_has(const KjDiagnostics *diagnostics, KjCode code);

/* What may be written instead of a span, and which code says so. */
typedef struct {
    KjSpan span;
    char *replacement; /* belongs to the diagnostics */
    KjCode code;
} KjFix;

/* All fix-its in source order, as KjFix. Free with g_array_unref. */
GArray *kj_diagnostics_fixes(const KjDiagnostics *diagnostics);

/* Prints in source order. Text: "file:line:column: error: sentence [KJ0123]", the line, carets. JSON as cli.md says. */
void kj_diagnostics_print_text(const KjDiagnostics *diagnostics, const KjSources *sources, gboolean colour, GString *out);
/* For a reader of findings: errors and warnings so, then the notes, a line each, of which it returns the number. */
guint kj_diagnostics_print_brief(const KjDiagnostics *diagnostics, const KjSources *sources, gboolean colour, GString *out);
void kj_diagnostics_print_json(const KjDiagnostics *diagnostics, const KjSources *sources, GString *out);

/* For other tools. `folder` is what stands before every file's path, so that the tool finds it from where it runs (NULL or "": nothing).
 * GitHub: workflow commands, one line each. SARIF 2.1.0: one run, whose rules are every code there is, with the help of codes.h in
 * `language`; `version` is Kijun's. */
void kj_diagnostics_print_github(const KjDiagnostics *diagnostics, const KjSources *sources, const char *folder, GString *out);
void kj_diagnostics_print_sarif(const KjDiagnostics *diagnostics, const KjSources *sources, const char *folder, const char *language,
                                const char *version, GString *out);

#endif
