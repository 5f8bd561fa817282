/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A text as a tree of pieces, so that a minimiser can take pieces away without knowing the language.
 *
 * A piece is written as its head, its children with `between` between them, and its tail. A piece marked optional may be dropped; one marked
 * hoistable may be written as one of its children alone (`not (E)` as `E`, `{ a, b }` as `a`). A piece keeps at least `least` of its children.
 * Dropping and hoisting are marks that can be taken back: the tree itself never changes once it is built.
 */
#ifndef KJ_RANDOM_PIECE_H
#define KJ_RANDOM_PIECE_H

#include <glib.h>

typedef struct KjPiece KjPiece;
struct KjPiece {
    char *head, *between, *tail; /* NULL: "" */
    GPtrArray *children;         /* of KjPiece, owned; NULL for a leaf */
    guint least;
    gboolean optional, hoistable;
    gboolean dropped; /* by the minimiser */
    int hoisted;      /* the child that stands for the whole, or -1 */
};

/* A leaf; takes `text` over. */
KjPiece *kj_piece_text(char *text);
/* A piece with children to come. */
KjPiece *kj_piece_list(const char *head, const char *between, const char *tail, guint least);
/* Gives `child` to `parent`; returns the child. An `optional` child may be dropped. */
KjPiece *kj_piece_add(KjPiece *parent, KjPiece *child, gboolean optional);
void kj_piece_free(KjPiece *piece);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPiece, kj_piece_free)

void kj_piece_render(const KjPiece *piece, GString *out);

/* Whether the text that the tree now stands for still shows what is being hunted. */
typedef gboolean (*KjPieceStillFails)(const char *text, void *data);

/* Drops and hoists while `still_fails` says so, until no single step is left that does. Largest pieces first. */
void kj_piece_minimise(KjPiece *root, KjPieceStillFails still_fails, void *data);

#endif
