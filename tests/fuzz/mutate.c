/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blind changes to an input: bytes, runs, words of the dictionary, pieces of other inputs, digits. Each a row of the table. */
#include <string.h>

#include "fuzz.h"

typedef struct {
    GRand *random;
    GPtrArray *corpus, *words;
    guint8 *data;
    gsize size, most;
} Mutation;

static gsize below(Mutation *mutation, gsize limit) {
    return limit ? (gsize)g_rand_int_range(mutation->random, 0, (gint32)MIN(limit, G_MAXINT32)) : 0;
}

/* Puts `length` bytes in place of `removed` ones at `at`; what does not fit is left out. */
static void replace(Mutation *mutation, gsize at, gsize removed, const guint8 *bytes, gsize length) {
    if (mutation->size - removed + length > mutation->most)
        return;
    memmove(mutation->data + at + length, mutation->data + at + removed, mutation->size - at - removed);
    if (length > 0)
        memcpy(mutation->data + at, bytes, length);
    mutation->size += length - removed;
}

static void flip_bit(Mutation *mutation) {
    if (mutation->size > 0)
        mutation->data[below(mutation, mutation->size)] ^= (guint8)(1u << below(mutation, 8));
}

static void set_byte(Mutation *mutation) {
    if (mutation->size > 0)
        mutation->data[below(mutation, mutation->size)] = (guint8)below(mutation, 256);
}

static void insert_bytes(Mutation *mutation) {
    guint8 bytes[8];
    gsize length = 1 + below(mutation, sizeof bytes);
    gboolean alike = below(mutation, 2) == 0;
    for (gsize i = 0; i < length; i++)
        bytes[i] = alike && i > 0 ? bytes[0] : (guint8)below(mutation, 256);
    replace(mutation, below(mutation, mutation->size + 1), 0, bytes, length);
}

static void erase(Mutation *mutation) {
    gsize at = below(mutation, mutation->size), length = 1 + below(mutation, below(mutation, 4) ? 8 : 200);
    replace(mutation, at, MIN(length, mutation->size - at), NULL, 0);
}

/* A piece of the input itself, once more. */
static void repeat(Mutation *mutation) {
    gsize at = below(mutation, mutation->size), length = 1 + below(mutation, 64);
    length = MIN(length, mutation->size - at);
    g_autofree guint8 *piece = g_memdup2(mutation->data + at, length);
    replace(mutation, below(mutation, mutation->size + 1), 0, piece, length);
}

static void insert_word(Mutation *mutation) {
    gsize length, at = below(mutation, mutation->size + 1);
    if (mutation->words->len == 0)
        return;
    const guint8 *word = g_bytes_get_data(mutation->words->pdata[below(mutation, mutation->words->len)], &length);
    replace(mutation, at, below(mutation, 2) ? MIN(length, mutation->size - at) : 0, word, length);
}

/* A piece of another input. */
static void splice(Mutation *mutation) {
    gsize length;
    const guint8 *other = g_bytes_get_data(mutation->corpus->pdata[below(mutation, mutation->corpus->len)], &length);
    gsize from = below(mutation, length), piece = 1 + below(mutation, 200), at = below(mutation, mutation->size + 1);
    piece = MIN(piece, length - from);
    replace(mutation, at, below(mutation, 2) ? MIN(piece, mutation->size - at) : 0, other + from, piece);
}

static void change_digit(Mutation *mutation) {
    gsize start = below(mutation, mutation->size);
    for (gsize i = 0; i < mutation->size; i++) {
        guint8 *byte = &mutation->data[(start + i) % mutation->size];
        if (!g_ascii_isdigit(*byte))
            continue;
        *byte = (guint8)('0' + below(mutation, 10));
        return;
    }
}

static void (*const ways[])(Mutation *) = { flip_bit,    set_byte,    insert_bytes, erase,  repeat,
                                            insert_word, insert_word, splice,       splice, change_digit };

gsize fuzz_mutate(GRand *random, GPtrArray *corpus, GPtrArray *words, guint8 *data, gsize size, gsize most) {
    Mutation mutation = { random, corpus, words, data, size, most };
    for (gsize changes = 1 + below(&mutation, 5); changes > 0; changes--)
        ways[below(&mutation, G_N_ELEMENTS(ways))](&mutation);
    return mutation.size;
}
