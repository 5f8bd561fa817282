/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What collecting (diagnostics.c) and the printers (diagnostics_*.c) share. Nobody else includes this. */
#ifndef KJ_DIAGNOSTICS_PRIVATE_H
#define KJ_DIAGNOSTICS_PRIVATE_H

#include <json-glib/json-glib.h>

#include "diagnostics.h"
#include "translate.h"

typedef struct {
    KjSpan span;
    char *message;
} KjRelated;

struct KjDiagnostic {
    KjCode code;
    KjSeverity severity; /* 0 only in the scrap */
    KjSpan span;
    char *message;
    char *help; /* or NULL */
    KjRelated *related;
    guint related_count;
    KjFix *fixes;
    guint fix_count;
};

struct KjDiagnostics {
    GPtrArray *list; /* of KjDiagnostic, as reported */
    guint counts[KJ_SEVERITY_ERROR + 1]; /* of each severity, those past the cap included */
    KjDiagnostic scrap; /* what reports past the cap are written to, and forgotten by */
};

/* Lines and columns from 1, columns in code points, the end exclusive. */
typedef struct {
    guint line, column, end_line, end_column;
} KjPlace;

/* The diagnostics in source order. Free with g_ptr_array_unref. */
GPtrArray *kj_diagnostics_in_order(const KjDiagnostics *diagnostics);

/* The file of a place, or NULL for KJ_SPAN_NONE. */
const KjSourceFile *kj_diagnostics_file(const KjSources *sources, KjSpan span);
KjPlace kj_diagnostics_place(const KjSources *sources, KjSpan span);

/* The file's path below `folder` (NULL: as it is). Free with g_free. */
char *kj_diagnostics_path(const KjSourceFile *file, const char *folder);

/* JSON: a member of the object in hand; the whole, indented, with a line end. */
void kj_json_integer(JsonBuilder *builder, const char *name, guint value);
void kj_json_text(JsonBuilder *builder, const char *name, const char *value);
void kj_json_print(JsonBuilder *builder, GString *out);

#endif
