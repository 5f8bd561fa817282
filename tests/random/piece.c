/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rendering and minimising a tree of pieces.
 *
 * The minimiser is greedy and restarts after a pass that made progress: a piece that could not go at first can often go once another has
 * gone (a `let` after its last use). Runs of siblings are tried in halves first, so that 60 rules cost tens of trials and not 60 a pass.
 */
#include "piece.h"

KjPiece *kj_piece_text(char *text) {
    KjPiece *piece = g_new0(KjPiece, 1);

    piece->head = text;
    piece->hoisted = -1;
    return piece;
}

KjPiece *kj_piece_list(const char *head, const char *between, const char *tail, guint least) {
    KjPiece *piece = kj_piece_text(g_strdup(head));

    piece->between = g_strdup(between);
    piece->tail = g_strdup(tail);
    piece->least = least;
    piece->children = g_ptr_array_new_with_free_func((GDestroyNotify)kj_piece_free);
    return piece;
}

KjPiece *kj_piece_add(KjPiece *parent, KjPiece *child, gboolean optional) {
    child->optional = optional;
    g_ptr_array_add(parent->children, child);
    return child;
}

void kj_piece_free(KjPiece *piece) {
    if (!piece)
        return;
    g_clear_pointer(&piece->children, g_ptr_array_unref);
    g_free(piece->head);
    g_free(piece->between);
    g_free(piece->tail);
    g_free(piece);
}

void kj_piece_render(const KjPiece *piece, GString *out) {
    gboolean first = TRUE;

    if (piece->hoisted >= 0) {
        kj_piece_render(piece->children->pdata[piece->hoisted], out);
        return;
    }
    g_string_append(out, piece->head ? piece->head : "");
    for (guint i = 0; piece->children && i < piece->children->len; i++) {
        const KjPiece *child = piece->children->pdata[i];

        if (child->dropped)
            continue;
        if (!first)
            g_string_append(out, piece->between ? piece->between : "");
        first = FALSE;
        kj_piece_render(child, out);
    }
    g_string_append(out, piece->tail ? piece->tail : "");
}

typedef struct {
    KjPiece *root;
    KjPieceStillFails still_fails;
    void *data;
    gboolean progress;
} Hunt;

static gboolean still_fails(Hunt *hunt) {
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean fails;

    kj_piece_render(hunt->root, text);
    fails = hunt->still_fails(text->str, hunt->data);
    hunt->progress = hunt->progress || fails;
    return fails;
}

static guint count_kept(const KjPiece *piece) {
    guint kept = 0;

    for (guint i = 0; i < piece->children->len; i++)
        kept += !((KjPiece *)piece->children->pdata[i])->dropped;
    return kept;
}

/* Tries children[first .. first + count) at once; halves where that does not work. */
static void drop_run(Hunt *hunt, KjPiece *parent, guint first, guint count) {
    g_autoptr(GPtrArray) taken = g_ptr_array_new();

    for (guint i = first; i < first + count; i++) {
        KjPiece *child = parent->children->pdata[i];

        if (child->optional && !child->dropped)
            g_ptr_array_add(taken, child);
    }
    if (taken->len == 0)
        return;
    for (guint i = 0; i < taken->len; i++)
        ((KjPiece *)taken->pdata[i])->dropped = TRUE;
    if (count_kept(parent) >= parent->least && still_fails(hunt))
        return;
    for (guint i = 0; i < taken->len; i++)
        ((KjPiece *)taken->pdata[i])->dropped = FALSE;
    if (count > 1) {
        drop_run(hunt, parent, first, count / 2);
        drop_run(hunt, parent, first + count / 2, count - count / 2);
    }
}

static void hoist(Hunt *hunt, KjPiece *piece) {
    for (guint i = 0; i < piece->children->len && piece->hoisted < 0; i++) {
        if (((KjPiece *)piece->children->pdata[i])->dropped)
            continue;
        piece->hoisted = (int)i;
        if (!still_fails(hunt))
            piece->hoisted = -1;
    }
}

static void minimise_below(Hunt *hunt, KjPiece *piece) {
    if (!piece->children || piece->dropped)
        return;
    if (piece->hoisted >= 0) {
        minimise_below(hunt, piece->children->pdata[piece->hoisted]);
        return;
    }
    drop_run(hunt, piece, 0, piece->children->len);
    if (piece->hoistable)
        hoist(hunt, piece);
    for (guint i = 0; i < piece->children->len; i++)
        minimise_below(hunt, piece->children->pdata[i]);
}

void kj_piece_minimise(KjPiece *root, KjPieceStillFails still_fails_now, void *data) {
    Hunt hunt = { root, still_fails_now, data, TRUE };

    while (hunt.progress) {
        hunt.progress = FALSE;
        minimise_below(&hunt, root);
    }
}
