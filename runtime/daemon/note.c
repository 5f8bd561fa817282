/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon says about itself: one line each to stderr.
 *
 * Under systemd stderr is the journal's, which reads `<4>` in front of a line as its level (sd-daemon(3)); elsewhere it stays away. Clients
 * can bring about most of these lines, so there are at most KJ_NOTES_A_SECOND of them; how many were left out is said with the next one.
 */
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "protocol.h"

static struct {
    GMutex lock;
    gint64 second;
    guint said, left_out;
} notes;

/* Whether one more may be said now; takes how many were not. */
static gboolean may_say(guint *left_out) {
    gint64 second = g_get_monotonic_time() / G_USEC_PER_SEC;
    g_mutex_lock(&notes.lock);
    if (notes.second != second) {
        notes.second = second;
        notes.said = 0;
    }
    gboolean may = notes.said < KJ_NOTES_A_SECOND;
    notes.said += may;
    notes.left_out = may ? notes.left_out : notes.left_out + 1;
    *left_out = may ? notes.left_out : 0;
    if (may)
        notes.left_out = 0;
    g_mutex_unlock(&notes.lock);
    return may;
}

/* One write(2), so that lines of several threads stay whole. */
static void say(KjNoteLevel level, const char *text) {
    g_autoptr(GString) line = g_string_new(NULL);
    if (g_getenv("JOURNAL_STREAM"))
        g_string_append_printf(line, "<%d>", (int)level);
    g_string_append_printf(line, "kijund: %s", text);
    for (gsize i = 0; i < line->len; i++)
        if (g_ascii_iscntrl(line->str[i]))
            line->str[i] = ' ';
    g_string_append_c(line, '\n');
    if (write(STDERR_FILENO, line->str, line->len) < 0)
        return; /* there is nobody left to tell */
}

void kj_daemon_note(KjNoteLevel level, const char *format, ...) {
    guint left_out;
    va_list arguments;
    if (!may_say(&left_out))
        return;
    if (left_out > 0) {
        g_autofree char *text = g_strdup_printf(_("%u messages were left out"), left_out);
        say(level, text);
    }
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    say(level, text);
}
