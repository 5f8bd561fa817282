/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breaking lines. The width of everything before each piece is kept as a running sum, so whether a group fits is one subtraction, and
 * printing is linear. Width is counted in columns of a terminal, where a CJK character takes two.
 *
 * A filling break is decided when it is reached: it is taken if what lies between it and the next break of its group does not fit on the
 * rest of the line, or if what lay before it took several lines. A piece too wide for a line of its own is then broken by the
 * groups in it.
 *
 * A comment belongs to the first break after it. That is a fixed point: printed in that break it stands between the same two
 * pieces, so printing what was printed changes nothing.
 */
#include "layout.h"

#include <stdarg.h>
#include <string.h>

typedef enum { PIECE_TEXT = 1, PIECE_TEXT_IF_BROKEN, PIECE_BREAK, PIECE_FILL, PIECE_BREAK_OUT, PIECE_OPEN, PIECE_CLOSE } PieceKind;

typedef struct {
    PieceKind kind;
    const char *text; /* of a break: what is printed where it is not taken */
    guint32 anchor;
    guint64 before;     /* columns of all pieces before it, unbroken */
    guint match;        /* OPEN: index of its CLOSE */
    gboolean commented; /* OPEN: a comment lies in it */
    gboolean each;      /* OPEN: in one of its own breaks, so that all of them are taken */
    const KjAstComment *comment; /* BREAK, FILL, BREAK_OUT: the first of its comments */
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
kj_layout_fill(KjLayout *layout, const char *flat)
{
    add_piece(layout, PIECE_FILL, flat, G_MAXUINT32);
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

static gboolean
is_break(const Piece *piece)
{
    return piece->kind == PIECE_BREAK || piece->kind == PIECE_FILL || piece->kind == PIECE_BREAK_OUT;
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

        if (is_break(piece))
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

            group->each = group->each || level == layout->open->len;
            if (group->commented)
                break;
            group->commented = TRUE;
        }
    }
}

/* ---- printing ---- */

/* A group being printed. */
typedef struct {
    gboolean broken; /* not all on one line */
    gboolean each;
    guint line;      /* on which what follows its last break began */
} Group;

typedef struct {
    const KjLayout *layout;
    const char *source;
    GString *out;
    GArray *groups; /* Group: those around the innermost */
    Group group;    /* the innermost */
    guint depth;    /* of its lines */
    guint line;
    guint64 column;
} Printing;

/* Where the pieces after index `from` would next be broken, or end: columns before that. */
static guint64
next_break(const KjLayout *layout, guint from)
{
    for (guint i = from; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (is_break(piece))
            return piece->before;
    }
    return layout->width;
}

/* Columns from a break of a broken group on to where the line may next end: the group's next break, or the first after the group. */
static guint64
columns_after(const KjLayout *layout, guint from)
{
    guint64 start = g_array_index(layout->pieces, Piece, from).before, more = 0;

    for (guint i = from + 1; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (is_break(piece))
            return piece->before - start + more;
        if (piece->kind == PIECE_CLOSE)
            return next_break(layout, i) - start + more;
        if (piece->kind == PIECE_OPEN)
            i = piece->match;
        else if (piece->kind == PIECE_TEXT_IF_BROKEN)
            more += text_columns(piece->text);
    }
    return layout->width - start + more;
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

static void
print_text(Printing *printing, const char *text)
{
    g_string_append(printing->out, text);
    printing->column += text_columns(text);
}

static void
print_break(Printing *printing, guint index)
{
    const Piece *piece = &g_array_index(printing->layout->pieces, Piece, index);
    Group *group = &printing->group;
    guint level = printing->depth - (piece->kind == PIECE_BREAK_OUT ? 1 : 0);
    gboolean needed = piece->kind != PIECE_FILL || group->each || printing->line != group->line ||
                      printing->column + columns_after(printing->layout, index) > KJ_LAYOUT_WIDTH;

    if (!group->broken || !needed) {
        print_text(printing, piece->text);
        return;
    }
    print_comments(piece, printing->depth, printing->source, printing->out);
    new_line(printing->out, level);
    printing->column = level * KJ_LAYOUT_INDENT;
    group->line = ++printing->line;
}

static void
print_open(Printing *printing, const Piece *piece)
{
    gboolean outer = printing->groups->len == 0 || printing->group.broken;
    guint64 columns = next_break(printing->layout, piece->match) - piece->before;
    Group group = { .broken = piece->commented || (outer && printing->column + columns > KJ_LAYOUT_WIDTH),
                    .each = piece->each,
                    .line = printing->line };

    g_array_append_val(printing->groups, printing->group);
    printing->group = group;
    printing->depth += group.broken ? 1 : 0;
}

static void
print_close(Printing *printing)
{
    printing->depth -= printing->group.broken ? 1 : 0;
    printing->group = g_array_index(printing->groups, Group, printing->groups->len - 1);
    g_array_set_size(printing->groups, printing->groups->len - 1);
}

const KjAstComment *
kj_layout_print(KjLayout *layout, guint level, const KjAstComment *comment, const char *source, GString *out)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(Group));
    Printing printing = { .layout = layout, .source = source, .out = out, .groups = groups, .depth = level,
                          .column = level * KJ_LAYOUT_INDENT };

    comment = place_comments(layout, comment);
    mark_commented(layout);
    for (guint i = 0; i < layout->pieces->len; i++) {
        const Piece *piece = &g_array_index(layout->pieces, Piece, i);

        if (is_break(piece))
            print_break(&printing, i);
        else if (piece->kind == PIECE_OPEN)
            print_open(&printing, piece);
        else if (piece->kind == PIECE_CLOSE)
            print_close(&printing);
        else if (piece->kind == PIECE_TEXT || printing.group.broken)
            print_text(&printing, piece->text);
    }
    return comment;
}
