/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sequences.
 *
 * A track is a line of characters that people walk along: a keyboard row or column, the kana order, iroha.
 * A sequence is a stretch of the password that walks one track, one step at a time, in one direction. Code
 * points themselves are a track too (abc, 123, αβγ, 789); so is each row with its shift level, as one
 * line of places, so that `1"3` on a Japanese keyboard and `1@3` on an American one are both sequences.
 *
 * Characters are compared in their folded form (kj_fold_one): case, width, katakana against hiragana make no
 * difference. Small kana count as large ones. Only steps of one count: `13579` and `zy1` are no sequences.
 *
 * Cost: linear. A character stands on at most MAX_PLACES tracks; a run is carried along per place.
 */
#define _DEFAULT_SOURCE 1 /* explicit_bzero */

#include "sequence.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PLACES 16

/* Each track is one or two lines of equal length: a place, and what stands on it without and with shift. */
static const char *const tracks[][2] = {
    /* American rows */
    {"`1234567890-=", "~!@#$%^&*()_+"},
    {"qwertyuiop[]\\", "qwertyuiop{}|"},
    {"asdfghjkl;'", "asdfghjkl:\""},
    {"zxcvbnm,./", "zxcvbnm<>?"},
    /* Japanese (JIS) rows; the letters alone are above, what follows them differs */
    {"1234567890-^\\", "!\"#$%&'()0=~|"},
    {"qwertyuiop@[", "qwertyuiop`{"},
    {"asdfghjkl;:]", "asdfghjkl+*}"},
    {"zxcvbnm,./\\", "zxcvbnm<>?_"},
    /* Japanese rows, kana */
    {"ぬふあうえおやゆよわほへー", NULL},
    {"たていすかんなにらせ", NULL},
    {"ちとしはきくまのりれけむ", NULL},
    {"つさそひこみもねるめろ", NULL},
    /* columns, the same on both */
    {"1qaz", "!qaz"}, {"2wsx", "@wsx"}, {"3edc", "#edc"}, {"4rfv", "$rfv"}, {"5tgb", "%tgb"},
    {"6yhn", "^yhn"}, {"7ujm", "&ujm"}, {"8ik,", "*ik<"}, {"9ol.", "(ol>"}, {"0p;/", ")p:?"},
    /* the orders of the syllabary */
    {"あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん", NULL},
    {"いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせすん", NULL},
};

typedef struct {
    gunichar code_point;
    guint track;
    gint64 place;
} Place;

typedef struct {
    Place at[MAX_PLACES];
    guint up[MAX_PLACES], down[MAX_PLACES]; /* the runs that end here */
    guint count;
} Step;

static GArray *places; /* of Place, sorted by code point; built once, never freed */

static int compare_places(const void *left, const void *right) {
    const Place *a = left, *b = right;
    return a->code_point < b->code_point ? -1 : a->code_point > b->code_point;
}

static void add_line(GArray *all, guint track, const char *line, const char *base) {
    for (gint64 place = 0; *line != '\0'; place++, line = g_utf8_next_char(line)) {
        Place one = {.code_point = g_utf8_get_char(line), .track = track, .place = place};
        /* A letter is the same with and without shift: once is enough. */
        if (base == NULL || g_utf8_get_char(base) != one.code_point)
            g_array_append_val(all, one);
        if (base != NULL)
            base = g_utf8_next_char(base);
    }
}

static const GArray *all_places(void) {
    static gsize ready;
    if (g_once_init_enter(&ready)) {
        places = g_array_new(FALSE, FALSE, sizeof(Place));
        for (guint i = 0; i < G_N_ELEMENTS(tracks); i++) {
            add_line(places, i, tracks[i][0], NULL);
            if (tracks[i][1] != NULL)
                add_line(places, i, tracks[i][1], tracks[i][0]);
        }
        qsort(places->data, places->len, sizeof(Place), compare_places);
        g_once_init_leave(&ready, 1);
    }
    return places;
}

static gunichar large_kana(gunichar code_point) {
    switch (code_point) {
    case 0x3041: case 0x3043: case 0x3045: case 0x3047: case 0x3049: /* あいうえお */
    case 0x3063:                                                     /* つ */
    case 0x3083: case 0x3085: case 0x3087: case 0x308e:              /* やゆよわ */
        return code_point + 1;
    }
    return code_point;
}

static void find_places(const GArray *all, gunichar code_point, Step *step) {
    code_point = large_kana(kj_fold_one(code_point));
    step->count = 0;
    /* The track past the last one is the order of code points. */
    step->at[step->count++] = (Place){code_point, G_N_ELEMENTS(tracks), (gint64)code_point};
    gsize low = 0, high = all->len;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (g_array_index(all, Place, middle).code_point < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < all->len && g_array_index(all, Place, low).code_point == code_point; low++) {
        g_assert(step->count < MAX_PLACES);
        step->at[step->count++] = g_array_index(all, Place, low);
    }
}

static guint carry_runs(const Step *before, Step *now) {
    guint longest = 1;
    for (guint i = 0; i < now->count; i++) {
        now->up[i] = now->down[i] = 1;
        for (guint k = 0; k < before->count; k++) {
            if (before->at[k].track != now->at[i].track)
                continue;
            gint64 distance = now->at[i].place - before->at[k].place;
            if (distance == 1)
                now->up[i] = MAX(now->up[i], before->up[k] + 1);
            else if (distance == -1)
                now->down[i] = MAX(now->down[i], before->down[k] + 1);
        }
        longest = MAX(longest, MAX(now->up[i], now->down[i]));
    }
    return longest;
}

guint kj_longest_sequence(const KjSecretText *text, guint *ends) {
    const GArray *all = all_places();
    Step steps[2] = {0};
    guint longest = 0;
    for (gsize i = 0; i < text->length; i++) {
        Step *now = &steps[i % 2];
        find_places(all, text->at[i], now);
        guint run = carry_runs(&steps[(i + 1) % 2], now);
        if (ends != NULL)
            ends[i] = run;
        longest = MAX(longest, run);
    }
    explicit_bzero(steps, sizeof steps);
    return longest;
}
