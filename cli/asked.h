/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request from the command line: FIELD=VALUE arguments, or a real request in the domain's own form. */
#ifndef KJ_ASKED_H
#define KJ_ASKED_H

#include <kijun/explain.h>

#include "cli.h"

typedef struct {
    KjRequest *request;
    GArray *values; /* KjAskedValue: what was set, for explanations */
    GStringChunk *texts;
    GError *problem; /* a value that is wrong: the request is then in error, and is denied */
} KjAsked;

/* Reads the request and gives it `instant`. `real` is the FILE of --request or NULL. Returns KJ_EXIT_FINE also when a value is wrong; another code, after
 * telling why, when there is no request at all (usage, input). Clear with kj_asked_clear either way. */
int kj_asked_read(KjAsked *asked, KjTable *table, guint block, const char *real, int count, char **pairs, gint64 instant);
void kj_asked_clear(KjAsked *asked);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjAsked, kj_asked_clear)

#endif
