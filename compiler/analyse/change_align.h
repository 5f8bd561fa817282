/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which cases of two versions are the same ones. Equal cases (the same decision, the same boxes) that stand in the same order in both cancel: where none of
 * the others decides, both versions decide alike (change_block.c says why). For change_block.c and change_sum.c only.
 */
#ifndef KJ_CHANGE_ALIGN_H
#define KJ_CHANGE_ALIGN_H

#include "../region/cases.h"

/* Marks as not changed the longest run of pairs that stand in the same order on both sides. changed[side] has an entry for each case; free both with
 * g_free. */
void kj_change_align(KjCases *const cases[2], gboolean *changed[2]);

/* The same of as many pairs as there are, in whatever order they stand: for cases of which each says its own. */
void kj_change_cancel(KjCases *const cases[2], gboolean *changed[2]);

#endif
