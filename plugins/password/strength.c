/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strength, by zxcvbn-c (package libzxcvbn0; its dictionary is compiled in, there is no file to find).
 *
 * ZxcvbnMatch() gives entropy in bits, the binary logarithm of the guesses of a whole search; times log10(2)
 * it is the decimal one. But zxcvbn-c reads bytes: three bytes of UTF-8 count as three symbols out of a
 * hundred each, and パスワード, the Japanese for "password", comes out at 10^30 guesses. So it is not given the
 * password but a stand-in with one byte for each character:
 *
 *   - the password is taken in NFKC: writing it in full width does not make it harder to guess;
 *   - ASCII stays;
 *   - any other character becomes a byte from 0x80 up, the same for the same folded character, in order of
 *     appearance. zxcvbn-c takes such a byte as one of a hundred: right for kana (83), low for kanji (2,136 in
 *     daily use), so the error is on the safe side;
 *   - a sequence of three or more such characters (あいうえお, see sequence.c) becomes abcde, which zxcvbn-c
 *     knows for what it is.
 *
 * The user name, through the same map, is its user dictionary, and so is the part before an `@`.
 *
 * zxcvbn-c looks closely at DETAIL characters only and counts the rest almost for nothing. Its time grows with
 * their number (measured: 10 us for 15 of them, 4 ms for one letter a hundred times), so no more are given.
 * It keeps no copy: the one it makes, reversed, it overwrites before freeing (seen in its source and proved by
 * a test); what it leaves on the stack is wiped here.
 */
#define _DEFAULT_SOURCE 1 /* explicit_bzero */

#include "strength.h"

#include "sequence.h"

#include <math.h>
#include <string.h>
#include <zxcvbn.h>

#define DETAIL 100              /* ZXCVBN_DETAIL_LEN in Debian's build */
#define FIRST_STAND_IN 0x80     /* bytes from here on stand for characters outside ASCII */
#define UNSEEN 0xff             /* a character of the user name that is not in the password */
#define SHORTEST_SEQUENCE 3
#define STACK_TO_WIPE 16384     /* deeper than zxcvbn-c goes: its recursion is bounded by its longest word */

typedef struct {
    gunichar seen[DETAIL]; /* folded characters outside ASCII, in order of appearance */
    guint count;
    guint ends[DETAIL];
    char password[DETAIL + 1];
    char user[DETAIL + 1];
    char local_part[DETAIL + 1];
} StandIn;

static guint8 stand_in(StandIn *work, gunichar code_point, gboolean learn) {
    if (code_point < 0x80)
        return (guint8)code_point;
    gunichar folded = kj_fold_one(code_point);
    guint i = 0;
    while (i < work->count && work->seen[i] != folded)
        i++;
    if (i == work->count) {
        if (!learn)
            return UNSEEN;
        work->seen[work->count++] = folded;
    }
    return (guint8)(FIRST_STAND_IN + i);
}

static void put_password(StandIn *work, const KjSecretText *text) {
    kj_longest_sequence(text, work->ends);
    for (gsize i = 0; i < text->length; i++)
        work->password[i] = (char)stand_in(work, text->at[i], TRUE);
    for (gsize i = text->length; i > 0;) {
        guint run = work->ends[i - 1];
        if (run < SHORTEST_SEQUENCE) {
            i--;
            continue;
        }
        for (guint k = 0; k < run; k++)
            if (text->at[i - run + k] >= 0x80)
                work->password[i - run + k] = (char)('a' + k % 26);
        i -= run;
    }
}

static void put_user(StandIn *work, const KjSecretText *user, const char *dictionary[3]) {
    if (user == NULL || user->length == 0 || user->length > DETAIL)
        return;
    for (gsize i = 0; i < user->length; i++)
        work->user[i] = (char)stand_in(work, user->at[i], FALSE);
    dictionary[0] = work->user;
    const char *at_sign = strchr(work->user, '@');
    if (at_sign != NULL && at_sign > work->user) {
        memcpy(work->local_part, work->user, (gsize)(at_sign - work->user));
        dictionary[1] = work->local_part;
    }
}

static __attribute__((noinline)) void wipe_stack(void) {
    char below[STACK_TO_WIPE];
    explicit_bzero(below, sizeof below);
}

double kj_password_guesses_log10(const KjSecretText *prepared, const KjSecretText *user) {
    g_auto(KjSecretText) text = {0};
    for (gsize i = 0; i < prepared->length; i++)
        kj_secret_text_append(&text, prepared->at[i]);
    kj_secret_text_normalize(&text, KJ_NORMALIZATION_COMPATIBILITY);
    gsize rest = text.length > DETAIL ? text.length - DETAIL : 0;
    text.length -= rest;

    StandIn work = {0};
    const char *dictionary[3] = {NULL};
    put_password(&work, &text);
    put_user(&work, user, dictionary);
    double bits = ZxcvbnMatch(work.password, dictionary, NULL);
    explicit_bzero(&work, sizeof work);
    wipe_stack();
    /* What zxcvbn-c itself adds for the characters past its detail: a sequence of that length. */
    if (rest > 0)
        bits += log2(2.0 * (double)rest);
    return bits * log10(2.0);
}
