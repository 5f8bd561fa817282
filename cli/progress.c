/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress on a terminal: after a second, a line on standard error that is written over and is gone in the end.
 *
 * Only on a terminal: in a file or a log such a line is of use to nobody. Where the answer itself streams to the terminal it is not shown
 * either, because the two would be written over each other.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../compiler/progress.h"
#include "cli.h"

#define FIRST (1 * G_USEC_PER_SEC)
#define EVERY (G_USEC_PER_SEC / 5)

static gint64 due;     /* monotonic: the next line */
static gboolean shown; /* there is one */

void kj_cli_progress_clear(void) {
    if (shown)
        fputs("\r\033[K", stderr);
    shown = FALSE;
}

static void show(const char *work, const char *of, guint64 done, guint64 total, gpointer data) {
    gint64 now = g_get_monotonic_time();
    (void)data;
    if (done == total)
        kj_cli_progress_clear();
    if (done == total || now < due)
        return;
    due = now + EVERY;
    fprintf(stderr, "\r\033[K%s", _(work));
    if (of)
        fprintf(stderr, " (%s)", of);
    if (total)
        fprintf(stderr, _(": %" PRIu64 " of %" PRIu64), (uint64_t)done, (uint64_t)total);
    else
        fprintf(stderr, ": %" PRIu64, (uint64_t)done);
    fflush(stderr);
    shown = TRUE;
}

void kj_cli_progress_begin(void) {
    const char *terminal = g_getenv("TERM");
    if (!isatty(STDERR_FILENO) || !terminal || strcmp(terminal, "dumb") == 0)
        return;
    due = g_get_monotonic_time() + FIRST;
    kj_progress_watch(show, NULL);
    atexit(kj_cli_progress_clear);
}

void kj_cli_progress_streams(void) {
    if (isatty(STDOUT_FILENO))
        kj_progress_watch(NULL, NULL);
}
