/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breaking lines. The width of everything before each piece is kept as a running sum, so whether a group fits is one subtraction, and
 * printing is linear. Width is counted in columns of a terminal, where a CJK character takes two.
 *
 * A comment belongs to the first break after it. That is a fixed point: printed in that break it stands between the same two
 * pieces, so printing what was printed changes nothing.
 */
#include "layout.h"

#include <stdarg.h>
#include <string.h>

typedef enum { PIECE_TEXT = 1, PIECE_TEXT_IF_BROKEN, PIECE_BREAK, PIECE_BREAK_OUT, PIECE_OPEN, PIECE_CLOSE } PieceKind;

typedef struct {
    PieceKind kind;
    const char *text; /* of a break: what is printed where it is not taken */
    guint32 anchor;
    guint64 before;     /* columns of all pieces before it, unbroken */
    guint match;        /* OPEN: index of its CLOSE */
    gboolean commented; /* OPEN: a comment lies in it */
    const KjAstComment *comment; /* BREAK, BREAK_OUT: the first of its comments */
    guint comments;
} Piece;

struct KjLayout {
    GArray *pieces;
    GArray *open; /* guint: indices of groups not closed yet */
    GPtrArray *copies;
    guint64 width;
};

KjLayout *
kj_layout_new(void)
{
    KjLayout *layout = g_new0(KjLayout, 1);

    layout->pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    layout->open = g_array_new(FALSE, FALSE, sizeof(guint));
    layout->copies = g_ptr_array_new_with_free_func(g_free);
    return layout;
}

void
kj_layout_free(KjLayout *layout)
{
    if (layout == NULL)
        return;
    g_array_unref(layout->pieces);
    g_array_unref(layout->open);
    g_ptr_array_unref(layout->copies);
    g_free(layout);
}

void
kj_layout_clear(KjLayout *layout)
{
    g_array_set_size(layout->pieces, 0);
    g_ptr_array_set_size(layout->copies, 0);
    layout->width = 0;
}

static guint
text_columns(const char *text)
{
    guint columns = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        columns += c < 0x80 ? 1 : g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

static void
add_piece(KjLayout *layout, PieceKind kind, const char *text, guint32 anchor)
{
    Piece piece = { .kind = kind, .text = text, .anchor = anchor, .before = layout->width };

    g_array_append_val(layout->pieces, piece);
    if (text != NULL && kind != PIECE_TEXT_IF_BROKEN)
        layout->width += text_columns(text);
}

void
kj_layout_text(KjLayout *layout, const char *text, guint32 anchor)
{
    add_piece(layout, PIECE_TEXT, text, anchor);
}

void
kj_layout_printf(KjLayout *layout, guint32 anchor, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(layout->copies, text);
    add_piece(layout, PIECE_TEXT, text, anchor);
}

void
kj_layout_text_if_broken(KjLayout *layout, const char *text)
{
    add_piece(layout, PIECE_TEXT_IF_BROKEN, text, G_MAXUINT32);
}

void
kj_layout_break(KjLayout *layout, const char *flat)
{
    add_piece(layout, PIECE_BREAK, flat, G_MAXUINT32);
}

void
kj_layout_break_out(KjLayout *layout, const char *flat)
{
    add_piece(layout, PIECE_BREAK_OUT, flat, G_MAXUINT32);
}

void
kj_layout_open(KjLayout *layout)
{
    g_array_append_val(layout->open, layout->pieces->len);
    add_piece(layout, PIECE_OPEN, NULL, G_MAXUINT32);
}

void
kj_layout_close(KjLayout *layout)
{
    guint open = g_array_index(layout->open, guint, layout->open->len - 1);

    g_array_index(layout->pieces, Piece, open).match = layout->pieces->len;
    g_array_set_size(layout->open, layout->open->len - 1);
    add_piece(layout, PIECE_CLOSE, NULL, G_MAXUINT32);
}

void
kj_layout_print_flat(const KjLayout *layout, GString *out)
{
    for (guint i = 0; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (piece->text != NULL && piece->kind != PIECE_TEXT_IF_BROKEN)
            g_string_append(out, piece->text);
    }
}

/* ---- comments into breaks ---- */

/* Gives each comment that lies before some later anchor to the first break after it. Returns the first comment left over. */
static const KjAstComment *
place_comments(KjLayout *layout, const KjAstComment *comment)
{
    guint32 last = 0;
    gint pending = -1; /* the break whose next anchor is being looked for */

    for (guint i = 0; i < layout->pieces->len; i++)
        if (g_array_index(layout->pieces, Piece, i).anchor != G_MAXUINT32)
            last = g_array_index(layout->pieces, Piece, i).anchor;
    if (comment == NULL || comment->span.start >= last)
        return comment;

    g_array_set_size(layout->open, 0);
    for (guint i = 0; i < layout->pieces->len; i++) {
        Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (piece->kind == PIECE_BREAK || piece->kind == PIECE_BREAK_OUT)
            pending = pending < 0 ? (gint)i : pending;
        if (piece->anchor == G_MAXUINT32 || pending < 0)
            continue;
        Piece *place = &g_array_index(layout->pieces, Piece, pending);
        for (; comment != NULL && comment->span.start < piece->anchor; comment = comment->next) {
            place->comment = place->comments == 0 ? comment : place->comment;
            place->comments++;
        }
        pending = -1;
    }
    return comment;
}

/* Marks the groups around every comment, which have to be broken. */
static void
mark_commented(KjLayout *layout)
{
    for (guint i = 0; i < layout->pieces->len; i++) {
        Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (piece->kind == PIECE_OPEN)
            g_array_append_val(layout->open, i);
        else if (piece->kind == PIECE_CLOSE)
            g_array_set_size(layout->open, layout->open->len - 1);
        for (guint level = layout->open->len; piece->comments > 0 && level > 0; level--) {
            Piece *group = &g_array_index(layout->pieces, Piece, g_array_index(layout->open, guint, level - 1));

            if (group->commented)
                break;
            group->commented = TRUE;
        }
    }
}

/* ---- printing ---- */

/* Where the pieces after index `from` would next be broken, or end: columns before that. */
static guint64
next_break(const KjLayout *layout, guint from)
{
    for (guint i = from; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (piece->kind == PIECE_BREAK || piece->kind == PIECE_BREAK_OUT)
            return piece->before;
    }
    return layout->width;
}

static void
new_line(GString *out, guint level)
{
    g_string_append_printf(out, "\n%*s", (int)(level * KJ_LAYOUT_INDENT), "");
}

/* Ordinary comments all: what stands inside a statement documents nothing. */
static void
print_comments(const Piece *piece, guint level, const char *source, GString *out)
{
    const KjAstComment *comment = piece->comment;

    for (guint i = 0; i < piece->comments; i++, comment = comment->next) {
        guint32 start = comment->span.start + (comment->doc ? 1 : 0);

        if (i == 0 && !comment->alone)
            g_string_append_c(out, ' ');
        else
            new_line(out, level);
        g_string_append_len(out, source + start, comment->span.end - start);
    }
}

const KjAstComment *
kj_layout_print(KjLayout *layout, guint level, const KjAstComment *comment, const char *source, GString *out)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(gboolean));
    guint64 column = level * KJ_LAYOUT_INDENT;
    guint depth = level; /* of the lines of the innermost group */
    gboolean broken = FALSE;

    comment = place_comments(layout, comment);
    mark_commented(layout);
    for (guint i = 0; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        switch (piece->kind) {
        case PIECE_TEXT_IF_BROKEN:
            if (broken)
                g_string_append(out, piece->text);
            break;
        case PIECE_TEXT:
            g_string_append(out, piece->text);
            column += text_columns(piece->text);
            break;
        case PIECE_OPEN:
            g_array_append_val(groups, broken);
            broken = piece->commented ||
                     ((groups->len == 1 || broken) && column + next_break(layout, piece->match) - piece->before > KJ_LAYOUT_WIDTH);
            depth += broken ? 1 : 0;
            break;
        case PIECE_CLOSE:
            depth -= broken ? 1 : 0;
            broken = g_array_index(groups, gboolean, groups->len - 1);
            g_array_set_size(groups, groups->len - 1);
            break;
        case PIECE_BREAK:
        case PIECE_BREAK_OUT:
            if (!broken) {
                g_string_append(out, piece->text);
                column += strlen(piece->text);
                break;
            }
            print_comments(piece, depth, source, out);
            column = (depth - (piece->kind == PIECE_BREAK_OUT ? 1 : 0)) * KJ_LAYOUT_INDENT;
            new_line(out, (guint)column / KJ_LAYOUT_INDENT);
            break;
        }
    }
    return comment;
}
