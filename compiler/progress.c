/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See progress.h. */
#include "progress.h"

#include <string.h>

static KjProgressFunc watcher;
static gpointer watcher_data;
static const char *under_way; /* the outer work; NULL: none */

void kj_progress_watch(KjProgressFunc func, gpointer data) {
    watcher = func;
    watcher_data = data;
    under_way = NULL;
}

void kj_progress(const char *work, const char *of, guint64 done, guint64 total) {
    if (!watcher || (under_way && strcmp(under_way, work) != 0))
        return;
    under_way = done == total ? NULL : work;
    watcher(work, of, done, total, watcher_data);
}
