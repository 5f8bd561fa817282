/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare.h"

#include <string.h>

gboolean kj_is_palindrome(const KjSecretText *text) {
    for (gsize i = 0; i < text->length / 2; i++)
        if (text->at[i] != text->at[text->length - 1 - i])
            return FALSE;
    return TRUE;
}

static gboolean stands_at(const gunichar *place, const gunichar *name, gsize length, gboolean backwards) {
    for (gsize i = 0; i < length; i++)
        if (place[i] != name[backwards ? length - 1 - i : i])
            return FALSE;
    return TRUE;
}

static gboolean contains(const KjSecretText *password, const gunichar *name, gsize length) {
    if (length == 0 || length > password->length || (length < KJ_PASSWORD_SHORT_NAME && length != password->length))
        return FALSE;
    for (gsize i = 0; i + length <= password->length; i++)
        if (stands_at(password->at + i, name, length, FALSE) || stands_at(password->at + i, name, length, TRUE))
            return TRUE;
    return FALSE;
}

gboolean kj_contains_username(const KjSecretText *password, const KjSecretText *user) {
    gsize local = 0;
    while (local < user->length && user->at[local] != '@')
        local++;
    return contains(password, user->at, user->length) || contains(password, user->at, local);
}

/* Levenshtein distance with one row: `row[k]` is the distance of what is read of `left` to k of `right`. */
static gsize count_edits(const gunichar *left, gsize left_length, const gunichar *right, gsize right_length) {
    g_autofree guint16 *row = g_new(guint16, right_length + 1);
    for (gsize k = 0; k <= right_length; k++)
        row[k] = (guint16)k;
    for (gsize i = 0; i < left_length; i++) {
        guint16 diagonal = row[0];
        row[0] = (guint16)(i + 1);
        for (gsize k = 0; k < right_length; k++) {
            guint16 change = (guint16)(diagonal + (left[i] != right[k]));
            guint16 skip = (guint16)(MIN(row[k], row[k + 1]) + 1);
            diagonal = row[k + 1];
            row[k + 1] = MIN(change, skip);
        }
    }
    return row[right_length];
}

guint kj_similarity(const KjSecretText *left, const KjSecretText *right) {
    gsize shorter = MIN(left->length, right->length), longer = MAX(left->length, right->length);
    if (shorter == 0)
        return longer == 0 ? 100 : 0;
    gsize head = 0, tail = 0;
    while (head < shorter && left->at[head] == right->at[head])
        head++;
    while (tail < shorter - head && left->at[left->length - 1 - tail] == right->at[right->length - 1 - tail])
        tail++;
    gsize same = head + tail;
    gsize edits = count_edits(left->at + head, MIN(left->length - same, KJ_PASSWORD_SIMILAR_MAX), right->at + head,
                              MIN(right->length - same, KJ_PASSWORD_SIMILAR_MAX));
    /* What was cut off differs for all we know. */
    if (longer - same > KJ_PASSWORD_SIMILAR_MAX)
        edits = MIN(longer, edits + longer - same - KJ_PASSWORD_SIMILAR_MAX);
    return (guint)(100 * (longer - edits) / longer);
}
