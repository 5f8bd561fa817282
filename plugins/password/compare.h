/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparisons of a folded password with itself and with what is known of its user. */
#ifndef KJ_PASSWORD_COMPARE_H
#define KJ_PASSWORD_COMPARE_H

#include "secret_text.h"

/* All texts are folded (kj_secret_text_fold). */

/* Reads the same backwards. One character does. */
gboolean kj_is_palindrome(const KjSecretText *text);

/* The user name, or its part before an `@`, stands in the password, forwards or backwards. A name shorter than
 * KJ_PASSWORD_SHORT_NAME must be the whole password: `in` and `jo` are in every other word. */
#define KJ_PASSWORD_SHORT_NAME 3
gboolean kj_contains_username(const KjSecretText *password, const KjSecretText *user);

/* 100 * (1 - edits / longer length), rounded down, where edits is the Levenshtein distance in code points:
 * 100 is the same password, 0 has nothing in its place. Of longer texts the first
 * KJ_PASSWORD_SIMILAR_MAX code points are compared, after a common beginning and end. Quadratic in them. */
#define KJ_PASSWORD_SIMILAR_MAX 4096
guint kj_similarity(const KjSecretText *left, const KjSecretText *right);

#endif
