/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file line by line, of any length in all, with a look at its beginning before anything is read. */
#ifndef KJ_LINES_H
#define KJ_LINES_H

#include <glib.h>

#define KJ_LINE_MOST (1u << 20) /* no request is so long; what holds one longer line is no log */

typedef enum { KJ_LINE_READ = 1, KJ_LINE_BAD, KJ_LINE_END } KjLine;

typedef struct KjLines KjLines;

/* "-" is standard input. NULL with KJ_ERROR_IO. */
KjLines *kj_lines_open(const char *path, GError **error);
void kj_lines_close(KjLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjLines, kj_lines_close)

/* The first bytes of what is not read yet, at most 4096. */
const char *kj_lines_peek(KjLines *lines, gsize *length);

/* The next line without its end, good until the next call; the caller may write in it. KJ_LINE_BAD says in *line what is wrong with it
 * (translated), and reading goes on behind it. */
KjLine kj_lines_next(KjLines *lines, char **line);
/* 1-based, of the line read last. */
guint64 kj_lines_number(const KjLines *lines);

#endif
