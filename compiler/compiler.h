/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiler as its users see it: a path in, a checked policy or a table out. The passes are listed in driver.c.
 */
#ifndef KJ_COMPILER_H
#define KJ_COMPILER_H

#include "check/policy.h"
#include "diagnostics.h"

typedef struct KjCompilation {
    KjArena *arena;
    KjSources *sources;
    KjDiagnostics *diagnostics;
    KjAstModule **modules; /* in order of path */
    guint module_count;
    KjPolicy *policy; /* NULL while there are errors */
    gboolean findings; /* in, before loading: whether what is no error (KJ03xx) is looked for too; only `check` and the like want it */
    gboolean trial;    /* in, before loading: whether rules with @advisory act already */
} KjCompilation;

/* Free with kj_compilation_free. Loads the plugins. */
KjCompilation *kj_compilation_new(void);
void kj_compilation_free(KjCompilation *compilation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjCompilation, kj_compilation_free)

/* Reads, parses and checks a workspace or a file. FALSE with `error` when it cannot be read; TRUE otherwise, even when there are diagnostics:
 * `policy` is then NULL if any of them is an error. */
gboolean kj_compilation_load(KjCompilation *compilation, const char *path, GError **error);

/* Parses and checks what was added to `sources` by other ways (a revision of a repository). */
void kj_compilation_compile(KjCompilation *compilation);

/* The same for one module in memory (tests). */
void kj_compilation_load_text(KjCompilation *compilation, const char *path, const char *text, gsize length);

/* ---- passes (each in the folder of its name) ---- */

/* check/: names, types, windows, ... -> the checked tree. Always returns a tree; it is whole only when no error was reported. */
enum {
    KJ_CHECK_FINDINGS = 1u << 0, /* also warns of what is no error */
    KJ_CHECK_TRIAL = 1u << 1,    /* rules with @advisory act already */
};
KjPolicy *kj_check(KjArena *arena, KjSources *sources, KjAstModule *const *modules, guint count, guint flags, KjDiagnostics *diagnostics);

/* check/lapse.c: what `policy` decides until `until` (seconds since 1970; whole minutes count) and `before` from then on, as one checked tree that decides at
 * every instant as the one or the other; both must outlive it. NULL when it was reported that something cannot end by itself. */
KjPolicy *kj_policy_lapse(KjArena *arena, const KjPolicy *policy, gint64 until, const KjPolicy *before, KjDiagnostics *diagnostics);

/* table/: the checked tree -> table file. NULL when a limit was reported. */
GBytes *kj_build(const KjPolicy *policy, gboolean optimise, KjDiagnostics *diagnostics);

/* The same for kj_policy_lapse: a table that ends by itself. */
GBytes *kj_build_until(const KjPolicy *policy, gint64 until, const KjPolicy *before, gboolean optimise, KjDiagnostics *diagnostics);

/* table/, again: one block as a table that decides as the policy's table does and has nothing to say: no sentences, sources, positions or hash, and no optimiser.
 * It never leaves the process. NULL when a limit was reported. */
KjTable *kj_build_silent(const KjPolicy *policy, const KjBlock *block, KjDiagnostics *diagnostics);

/* check/: the block `name` (module.block, or block where unique; standards are not blocks). NULL with KJ_ERROR_UNKNOWN, listing what there is. */
const KjBlock *kj_policy_find_block(const KjPolicy *policy, const char *name, GError **error);

/* check/: what any rule may carry, beside a domain's own annotations. */
typedef enum { KJ_ARGUMENT_NONE, KJ_ARGUMENT_TEXT, KJ_ARGUMENT_NAME, KJ_ARGUMENT_DATE } KjAnnotationArgument;

typedef struct {
    const char *name;
    KjAnnotationArgument argument;
    gboolean obligation; /* reported with a decision */
    const char *form;    /* as it is written: "@log", "@until(2026-12-31)" */
    KjPhrase doc;        /* one sentence */
    KjPhrase phrase;     /* said of a rule that has it as a note, {} being the argument */
} KjCommonAnnotation;

extern const KjCommonAnnotation kj_common_annotations[]; /* ends with a NULL name */

/* ---- reference/: the executable meaning of the language ---- */

typedef struct {
    KjOutcome outcome;
    const char *effect; /* "deny" on an error */
    const KjRule *rule; /* NULL: default or error */
    const char *label;  /* bare label, "default", "error" */
    GPtrArray *matched; /* every rule of the winning effect that matched (const KjRule *), in order; never NULL */
    char *problem;      /* on an error, what is wrong; else NULL */
} KjReferenceVerdict;

/* Decides one request. Fill-in owned by the caller: kj_reference_verdict_clear. */
void kj_reference_decide(const KjBlock *block, const KjFieldText *values, guint count, gboolean has_instant, gint64 instant,
                         KjReferenceVerdict *verdict);
/* Several requests at once: each rule is read once for all of them. */
typedef struct {
    const KjFieldText *values;
    guint count;
    gboolean has_instant;
    gint64 instant;
} KjReferenceQuestion;

void kj_reference_decide_all(const KjBlock *block, const KjReferenceQuestion *questions, guint count, KjReferenceVerdict *verdicts);
void kj_reference_verdict_clear(KjReferenceVerdict *verdict);

#endif
