/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs that a hand or a child's song would go on with: abc, 321, qwerty, あいう, いろは. See sequence.c. */
#ifndef KJ_PASSWORD_SEQUENCE_H
#define KJ_PASSWORD_SEQUENCE_H

#include "secret_text.h"

/* The length of the longest sequence in `text`: 0 for the empty text, 1 when no two neighbours follow one
 * another. If `ends` is not NULL, it has room for text->length numbers, and `ends[i]` becomes the length of
 * the longest sequence that ends with code point i. */
guint kj_longest_sequence(const KjSecretText *text, guint *ends);

#endif
