/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Binary fuse filters: T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM Journal of Experimental
 * Algorithmics 27 (2022), article 1.5, with three places a key and fingerprints of 16 bits.
 *
 * A key is hashed to a fingerprint and to three places in three neighbouring segments of an array of slots; a key is of the set when the
 * xor of the three slots is its fingerprint. Building solves these equations: a place that only one key has left is that key's to choose,
 * so the key is peeled off and its other two places have one key fewer, until none is left; then the slots are filled in the reverse order.
 * Where the peeling gets stuck another seed is tried; with 1.125 slots a key nearly every seed works, so the expected number of tries is
 * close to one.
 *
 * The size of a segment and of the array are the paper's (section 4), fitted there by experiment. Sets of a few keys need relatively more
 * slots. Memory while building: 8 bytes a key for the order of peeling and 4 for its place, 22 bytes a slot. About 150 ns a key.
 */
#include "fuse.h"

#include <math.h>

#define PLACES 3
#define SEEDS_TRIED 100
#define SLOTS_MAX (KJ_FUSE_KEYS_MAX * 4) /* of a filter that is read; no set of at most KJ_FUSE_KEYS_MAX keys needs as many */

/* The finaliser of MurmurHash3 (A. Appleby, public domain): every input bit changes every output bit; one to one, so distinct keys stay so. */
static guint64 mix(guint64 value) {
    value ^= value >> 33;
    value *= G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
    value ^= value >> 33;
    value *= G_GUINT64_CONSTANT(0xc4ceb9fe1a85ec53);
    return value ^ value >> 33;
}

static guint16 fingerprint(guint64 hash) {
    return (guint16)(hash ^ hash >> 32);
}

/* The first place is the hash scaled to the range, (hash * range) >> 64; the range has at most 32 bits. */
static void find_places(const KjFuse *fuse, guint64 hash, guint32 places[PLACES]) {
    guint64 range = (guint64)fuse->segment_count * fuse->segment_length;
    guint32 mask = fuse->segment_length - 1;
    places[0] = (guint32)(((hash >> 32) * range + ((hash & G_MAXUINT32) * range >> 32)) >> 32);
    places[1] = (places[0] + fuse->segment_length) ^ ((guint32)(hash >> 18) & mask);
    places[2] = (places[0] + 2 * fuse->segment_length) ^ ((guint32)hash & mask);
}

guint32 kj_fuse_slot_count(const KjFuse *fuse) {
    return fuse->segment_length == 0 ? 0 : (fuse->segment_count + PLACES - 1) * fuse->segment_length;
}

gboolean kj_fuse_is_sound(const KjFuse *fuse) {
    guint32 length = fuse->segment_length;
    if (length == 0)
        return fuse->segment_count == 0;
    return (length & (length - 1)) == 0 && length <= KJ_FUSE_SEGMENT_MAX && fuse->segment_count > 0 &&
           fuse->segment_count <= SLOTS_MAX / length;
}

gboolean kj_fuse_has(const KjFuse *fuse, const guint16 *slots, guint64 key) {
    guint64 hash = mix(key + fuse->seed);
    guint32 places[PLACES];
    if (fuse->segment_length == 0)
        return FALSE;
    find_places(fuse, hash, places);
    return (GUINT16_FROM_LE(slots[places[0]]) ^ GUINT16_FROM_LE(slots[places[1]]) ^ GUINT16_FROM_LE(slots[places[2]])) == fingerprint(hash);
}

/* ---- building ---- */

static void choose_shape(KjFuse *fuse, guint32 count) {
    double keys = MAX(count, 2);
    double factor = MAX(1.125, 0.875 + 0.25 * log(1e6) / log(keys));
    double length = exp2(floor(log(keys) / log(3.33) + 2.25));
    fuse->segment_length = (guint32)MIN(length, KJ_FUSE_SEGMENT_MAX);
    double segments = ceil(keys * factor / fuse->segment_length);
    fuse->segment_count = segments > PLACES ? (guint32)segments - (PLACES - 1) : 1;
}

typedef struct {
    guint32 left; /* keys that have this place and are not peeled off */
    guint64 sum;  /* xor of their hashes: with one left, its hash */
} Slot;

typedef struct {
    KjFuse *fuse;
    guint32 count, slot_count;
    Slot *slots;
    guint32 *alone;  /* a stack of places that had one key left when they were put there */
    guint64 *peeled; /* hashes in the order of peeling */
    guint32 *chosen; /* the place that each of them took */
} Peeling;

static void take(Peeling *peeling, guint64 hash, guint32 *waiting) {
    guint32 places[PLACES];
    find_places(peeling->fuse, hash, places);
    for (guint i = 0; i < PLACES; i++) {
        Slot *slot = &peeling->slots[places[i]];
        slot->sum ^= hash;
        if (--slot->left == 1)
            peeling->alone[(*waiting)++] = places[i];
    }
}

/* TRUE when every key could be peeled off. A place enters the stack once at the beginning or once when it comes down to one key. */
static gboolean peel(Peeling *peeling, const guint64 *keys) {
    guint32 waiting = 0, done = 0;
    for (guint32 i = 0; i < peeling->slot_count; i++)
        peeling->slots[i] = (Slot){ 0, 0 };
    for (guint32 i = 0; i < peeling->count; i++) {
        guint64 hash = mix(keys[i] + peeling->fuse->seed);
        guint32 places[PLACES];
        find_places(peeling->fuse, hash, places);
        for (guint j = 0; j < PLACES; j++) {
            peeling->slots[places[j]].left++;
            peeling->slots[places[j]].sum ^= hash;
        }
    }
    for (guint32 i = 0; i < peeling->slot_count; i++)
        if (peeling->slots[i].left == 1)
            peeling->alone[waiting++] = i;
    while (waiting > 0) {
        guint32 place = peeling->alone[--waiting];
        if (peeling->slots[place].left != 1)
            continue;
        peeling->chosen[done] = place;
        peeling->peeled[done++] = peeling->slots[place].sum;
        take(peeling, peeling->slots[place].sum, &waiting);
    }
    return done == peeling->count;
}

/* Last peeled first: when a key's turn comes the other two slots of it have their final values, and its own is still zero. */
static guint16 *fill(const Peeling *peeling) {
    guint16 *slots = g_new0(guint16, peeling->slot_count);
    for (guint32 i = peeling->count; i-- > 0;) {
        guint32 places[PLACES];
        guint16 value = fingerprint(peeling->peeled[i]);
        find_places(peeling->fuse, peeling->peeled[i], places);
        for (guint j = 0; j < PLACES; j++)
            value ^= GUINT16_FROM_LE(slots[places[j]]);
        slots[peeling->chosen[i]] = GUINT16_TO_LE(value);
    }
    return slots;
}

guint16 *kj_fuse_build(KjFuse *fuse, const guint64 *keys, guint32 count) {
    guint16 *filled = NULL;
    g_return_val_if_fail(count <= KJ_FUSE_KEYS_MAX, NULL);
    *fuse = (KjFuse){ 0, 0, 0 };
    if (count == 0)
        return g_new0(guint16, 1);
    choose_shape(fuse, count);
    Peeling peeling = { fuse, count, kj_fuse_slot_count(fuse), NULL, NULL, NULL, NULL };
    peeling.slots = g_new(Slot, peeling.slot_count);
    peeling.alone = g_new(guint32, peeling.slot_count);
    peeling.peeled = g_new(guint64, count);
    peeling.chosen = g_new(guint32, count);
    for (guint i = 1; i <= SEEDS_TRIED && !filled; i++) {
        fuse->seed = mix(i);
        if (peel(&peeling, keys))
            filled = fill(&peeling);
    }
    g_free(peeling.slots);
    g_free(peeling.alone);
    g_free(peeling.peeled);
    g_free(peeling.chosen);
    return filled;
}
