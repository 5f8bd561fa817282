/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What collecting (diagnostics.c) and printing (diagnostics_print.c) share. Nobody else includes this. */
#ifndef KJ_DIAGNOSTICS_PRIVATE_H
#define KJ_DIAGNOSTICS_PRIVATE_H

#include "diagnostics.h"
#include "translate.h"

typedef struct {
    KjSpan span;
    char *message;
} KjRelated;

typedef struct {
    KjSpan span;
    char *replacement;
} KjFix;

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
    guint errors, warnings;
    KjDiagnostic scrap; /* what reports past the cap are written to, and forgotten by */
};

#endif
