/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interval sets by content. See contents.h. */
#include "contents.h"

#include <string.h>

#define FIRST_ROOM 64u

typedef struct {
    guint32 hash, number; /* number + 1; 0: free */
} Place;

typedef struct {
    const KjSet *set;
    gconstpointer answer;
    guint count;
    KjInterval first;
} Entry;

struct KjContents {
    Place *places; /* at most half of them taken */
    guint32 room;  /* a power of two */
    GArray *entries;
    guint32 next;  /* the entry that is likely to be asked for next: the first time after those that were */
};

KjContents *kj_contents_new(void) {
    KjContents *contents = g_new0(KjContents, 1);

    contents->room = FIRST_ROOM;
    contents->places = g_new0(Place, contents->room);
    contents->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    return contents;
}

void kj_contents_free(KjContents *contents) {
    g_free(contents->places);
    g_array_unref(contents->entries);
    g_free(contents);
}

static guint32 hash_of(const KjSet *set) {
    guint64 hash = set->count;

    for (guint i = 0; i < set->count; i++) {
        const KjInterval *one = &set->intervals[i];

        hash = (hash ^ one->low.low ^ (one->low.high << 7) ^ (one->low.family << 59)) * 0x9e3779b97f4a7c15u;
        hash = (hash ^ (hash >> 29) ^ one->high.low ^ (one->high.high << 7)) * 0xc2b2ae3d27d4eb4fu;
    }
    return (guint32)(hash >> 32);
}

static inline gboolean is_same_interval(const KjInterval *a, const KjInterval *b) {
    return kj_ordinal_compare(a->low, b->low) == 0 && kj_ordinal_compare(a->high, b->high) == 0;
}

static gboolean is_same(const Entry *entry, const KjSet *set) {
    if (entry->count != set->count || (set->count && !is_same_interval(&entry->first, &set->intervals[0])))
        return FALSE;
    for (guint i = 1; i < set->count; i++) {
        if (!is_same_interval(&entry->set->intervals[i], &set->intervals[i]))
            return FALSE;
    }
    return TRUE;
}

static Entry *entry_at(const KjContents *contents, const Place *place) {
    return &g_array_index(contents->entries, Entry, place->number - 1);
}

/* The place of the set, or the free one where it belongs. */
static Place *find_place(const KjContents *contents, const KjSet *set, guint32 hash) {
    for (guint32 at = hash;; at++) {
        Place *place = &contents->places[at & (contents->room - 1)];

        if (!place->number || (place->hash == hash && is_same(entry_at(contents, place), set)))
            return place;
    }
}

static void grow(KjContents *contents) {
    Place *old = contents->places;
    guint32 old_room = contents->room;

    contents->room *= 2;
    contents->places = g_new0(Place, contents->room);
    for (guint32 i = 0; i < old_room; i++) {
        guint32 at = old[i].hash;

        if (!old[i].number)
            continue;
        while (contents->places[at & (contents->room - 1)].number)
            at++;
        contents->places[at & (contents->room - 1)] = old[i];
    }
    g_free(old);
}

gboolean kj_contents_add(KjContents *contents, const KjSet *set) {
    guint32 hash = hash_of(set);
    Place *place = find_place(contents, set, hash);
    Entry entry = { .set = set, .count = set->count };

    if (place->number)
        return FALSE;
    if (set->count)
        entry.first = set->intervals[0];
    g_array_append_val(contents->entries, entry);
    *place = (Place){ hash, contents->entries->len };
    if (contents->entries->len * 2 > contents->room)
        grow(contents);
    return TRUE;
}

gconstpointer *kj_contents_answer(KjContents *contents, const KjSet *set) {
    Entry *next = contents->next < contents->entries->len ? &g_array_index(contents->entries, Entry, contents->next) : NULL;
    const Place *place;

    if (next && is_same(next, set)) {
        contents->next++;
        return &next->answer;
    }
    place = find_place(contents, set, hash_of(set));
    if (!place->number)
        return NULL;
    contents->next = MAX(contents->next, place->number);
    return &entry_at(contents, place)->answer;
}
