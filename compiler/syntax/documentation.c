/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `##` documents the declaration, item or case that begins on the next line. Lines of it that follow each other make one text. Anything
 * between, an empty line or another comment, and it documents nothing; the formatter then prints it as an ordinary comment.
 */
#include "documentation.h"

#include <string.h>

/* Is there nothing but one line break between the two offsets? */
static gboolean
on_next_line(const char *text, guint32 from, guint32 to)
{
    guint lines = 0;

    for (const char *p = text + from; p < text + to; p++) {
        if (!g_ascii_isspace(*p) && *p != '\v')
            return FALSE;
        lines += *p == '\n';
    }
    return lines == 1;
}

const KjAstComment *
kj_documentation_find(const KjAstComment *comment, const char *text, guint32 start)
{
    const KjAstComment *first = NULL, *last = NULL;

    for (; comment != NULL && comment->span.end <= start; comment = comment->next) {
        if (!comment->doc || !comment->alone)
            first = NULL;
        else if (first == NULL || !on_next_line(text, last->span.end, comment->span.start))
            first = comment;
        last = comment;
    }
    return first != NULL && on_next_line(text, last->span.end, start) ? first : NULL;
}

/* The text of the run from `first` up to `start`, its `##` and one space taken away. */
static const char *
join_lines(const KjAstComment *first, const char *text, guint32 start, KjArena *arena)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    for (const KjAstComment *comment = first; comment != NULL && comment->span.end <= start; comment = comment->next) {
        const char *from = text + comment->span.start + 2;
        gsize length = comment->span.end - comment->span.start - 2;

        if (comment != first)
            g_string_append_c(lines, '\n');
        if (length > 0 && *from == ' ') {
            from++;
            length--;
        }
        g_string_append_len(lines, from, (gssize)length);
    }
    return kj_arena_strndup(arena, lines->str, lines->len);
}

static const char *
documentation_before(const KjAstComment **cursor, const char *text, guint32 start, KjArena *arena)
{
    const KjAstComment *first = kj_documentation_find(*cursor, text, start);

    while (*cursor != NULL && (*cursor)->span.end <= start)
        *cursor = (*cursor)->next;
    return first != NULL ? join_lines(first, text, start, arena) : NULL;
}

void
kj_documentation_attach(KjAstModule *module, const char *text, KjArena *arena)
{
    const KjAstComment *cursor = module->comments;

    for (KjAstDeclaration *declaration = module->declarations; declaration != NULL; declaration = declaration->next) {
        declaration->doc = documentation_before(&cursor, text, declaration->span.start, arena);
        for (KjAstItem *item = declaration->items; item != NULL; item = item->next)
            item->doc = documentation_before(&cursor, text, item->span.start, arena);
        for (KjAstCase *one = declaration->cases; one != NULL; one = one->next)
            one->doc = documentation_before(&cursor, text, one->span.start, arena);
    }
}
