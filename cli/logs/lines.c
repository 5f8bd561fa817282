/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#define FIRST_ROOM 65536
#define PEEK 4096

struct KjLines {
    int descriptor;
    char *room;
    gsize size, begin, end;
    gboolean done; /* nothing more comes */
    int trouble;   /* errno of a read that failed, until it is told */
    guint64 number;
};

KjLines *kj_lines_open(const char *path, GError **error) {
    int descriptor = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    KjLines *lines = g_new0(KjLines, 1);
    lines->descriptor = descriptor;
    lines->size = FIRST_ROOM;
    lines->room = g_malloc(FIRST_ROOM);
    return lines;
}

void kj_lines_close(KjLines *lines) {
    if (lines->descriptor != STDIN_FILENO)
        close(lines->descriptor);
    g_free(lines->room);
    g_free(lines);
}

/* Reads more behind what there is. One byte is always left for the end of a line. */
static void fill(KjLines *lines) {
    if (lines->begin > 0) {
        memmove(lines->room, lines->room + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end + 1 >= lines->size) {
        lines->size *= 2;
        lines->room = g_realloc(lines->room, lines->size);
    }
    ssize_t got;
    do
        got = read(lines->descriptor, lines->room + lines->end, lines->size - lines->end - 1);
    while (got < 0 && errno == EINTR);
    lines->trouble = got < 0 ? errno : 0;
    lines->done = got <= 0;
    lines->end += got > 0 ? (gsize)got : 0;
}

const char *kj_lines_peek(KjLines *lines, gsize *length) {
    while (!lines->done && lines->end - lines->begin < PEEK)
        fill(lines);
    *length = MIN(lines->end - lines->begin, PEEK);
    return lines->room + lines->begin;
}

static KjLine bad(char **line, const char *problem) {
    *line = (char *)problem;
    return KJ_LINE_BAD;
}

/* Passes over the rest of a line that is too long. */
static KjLine pass(KjLines *lines, char **line) {
    const char *end = NULL;
    while (!end) {
        end = memchr(lines->room + lines->begin, '\n', lines->end - lines->begin);
        lines->begin = end ? (gsize)(end + 1 - lines->room) : lines->end;
        if (!end && lines->done)
            break;
        if (!end)
            fill(lines);
    }
    return bad(line, _("a line of more than 1 MiB"));
}

KjLine kj_lines_next(KjLines *lines, char **line) {
    const char *end = NULL;
    for (gsize looked = 0;;) {
        gsize length = lines->end - lines->begin;
        end = length > looked ? memchr(lines->room + lines->begin + looked, '\n', length - looked) : NULL;
        if (end || lines->done)
            break;
        looked = length;
        if (looked > KJ_LINE_MOST) {
            lines->number++;
            return pass(lines, line);
        }
        fill(lines);
    }
    if (!end && lines->trouble) {
        g_autofree char *message = g_strdup_printf(_("the rest cannot be read: %s"), g_strerror(lines->trouble));
        lines->begin = lines->end = 0;
        lines->trouble = 0;
        g_strlcpy(lines->room, message, lines->size);
        lines->number++;
        return bad(line, lines->room);
    }
    if (!end && lines->begin == lines->end)
        return KJ_LINE_END;
    lines->number++;
    *line = lines->room + lines->begin;
    gsize length = (end ? (gsize)(end - lines->room) : lines->end) - lines->begin;
    lines->begin += length + (end ? 1 : 0);
    (*line)[length] = 0;
    if (length > KJ_LINE_MOST)
        return bad(line, _("a line of more than 1 MiB"));
    if (memchr(*line, 0, length))
        return bad(line, _("a NUL byte in the row"));
    if (length > 0 && (*line)[length - 1] == '\r')
        (*line)[length - 1] = 0;
    return KJ_LINE_READ;
}

guint64 kj_lines_number(const KjLines *lines) {
    return lines->number;
}
