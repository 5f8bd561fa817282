/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A statement as a sequence of pieces with places where its line may be broken. Private to syntax/.
 *
 * Groups nest. A group is printed on one line if it fits and no comment lies in it. Otherwise it is broken: its breaks are taken, its
 * filling breaks only where the line is full, and its lines begin one level further in. A comment between two of its pieces makes it take
 * every break, so that each piece has a line and the comment stays beside its own. What depends on the source are only the anchors: the offset at which a piece was written, which says between
 * which pieces a comment stood.
 */
#ifndef KJ_LAYOUT_H
#define KJ_LAYOUT_H

#include "ast.h"

enum { KJ_LAYOUT_WIDTH = 100, KJ_LAYOUT_INDENT = 4 };

typedef struct KjLayout KjLayout;

/* Free with kj_layout_free. */
KjLayout *kj_layout_new(void);
void kj_layout_free(KjLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjLayout, kj_layout_free)
void kj_layout_clear(KjLayout *layout);

/* A piece of text, which must outlive the layout; `anchor` is its offset in the source, G_MAXUINT32 if it has none. */
void kj_layout_text(KjLayout *layout, const char *text, guint32 anchor);
/* The same, copied. */
void kj_layout_printf(KjLayout *layout, guint32 anchor, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Text that is only printed when the group is broken: the comma after the last of a list. */
void kj_layout_text_if_broken(KjLayout *layout, const char *text);
/* A place where the innermost group, if broken, begins a new line; `flat` is printed where it does not. */
void kj_layout_break(KjLayout *layout, const char *flat);
/* The same, but only where what follows does not fit on the line. */
void kj_layout_fill(KjLayout *layout, const char *flat);
/* A break back at the level outside the group: before a closing bracket. */
void kj_layout_break_out(KjLayout *layout, const char *flat);
void kj_layout_open(KjLayout *layout);
void kj_layout_close(KjLayout *layout);

/* Appends everything on one line. */
void kj_layout_print_flat(const KjLayout *layout, GString *out);

/* Appends the lines, the first at the current place of `out`, the others `level` levels in or more. Comments from `comment` on that lie
 * before an anchor are printed in the breaks; returns the first that was not. `source` is the text they are in. */
const KjAstComment *kj_layout_print(KjLayout *layout, guint level, const KjAstComment *comment, const char *source, GString *out);

#endif
