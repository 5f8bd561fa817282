/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * String interning over one buffer. See strings.h.
 *
 * A table of rules is mostly strings, so they are not kept twice: the hash table (open addressing, linear probing) holds hashes and
 * offsets into the buffer itself. Offsets depend only on the order of additions.
 */
#include "strings.h"

#include <kijun/format.h>

#include <string.h>

typedef struct {
    guint32 hash, offset; /* offset 0: empty */
} Slot;

struct KjTableStrings {
    GString *bytes;
    Slot *slots;
    guint32 slot_count, used; /* a power of two, at most half of it used */
    gboolean full;
};

KjTableStrings *kj_table_strings_new(void) {
    KjTableStrings *strings = g_new0(KjTableStrings, 1);

    strings->bytes = g_string_new(NULL);
    g_string_append_c(strings->bytes, '\0');
    strings->slot_count = 1024;
    strings->slots = g_new0(Slot, strings->slot_count);
    return strings;
}

void kj_table_strings_free(KjTableStrings *strings) {
    g_string_free(strings->bytes, TRUE);
    g_free(strings->slots);
    g_free(strings);
}

static guint32 hash_text(const char *text) {
    guint32 hash = g_str_hash(text) * 0x9e3779b1u;

    return hash ^ hash >> 16;
}

/* The slot that holds the text, or the empty one where it belongs. */
static Slot *find_slot(KjTableStrings *strings, const char *text, guint32 hash) {
    guint32 mask = strings->slot_count - 1;

    for (guint32 at = hash & mask;; at = (at + 1) & mask) {
        Slot *slot = &strings->slots[at];

        if (slot->offset == 0 || (slot->hash == hash && strcmp(strings->bytes->str + slot->offset, text) == 0))
            return slot;
    }
}

static void widen(KjTableStrings *strings) {
    g_autofree Slot *old = strings->slots;
    guint32 count = strings->slot_count;

    strings->slot_count = 2 * count;
    strings->slots = g_new0(Slot, strings->slot_count);
    for (guint32 i = 0; i < count; i++) {
        if (old[i].offset)
            *find_slot(strings, strings->bytes->str + old[i].offset, old[i].hash) = old[i];
    }
}

guint32 kj_table_strings_add(KjTableStrings *strings, const char *text) {
    guint32 hash;
    Slot *slot;
    gsize length;

    if (!text || !*text)
        return 0;
    hash = hash_text(text);
    slot = find_slot(strings, text, hash);
    if (slot->offset)
        return slot->offset;
    length = strlen(text) + 1;
    if (length > KJ_TABLE_BYTES_MAX - strings->bytes->len) {
        strings->full = TRUE;
        return 0;
    }
    if (2 * ++strings->used > strings->slot_count) {
        widen(strings);
        slot = find_slot(strings, text, hash);
    }
    *slot = (Slot){ hash, (guint32)strings->bytes->len };
    g_string_append_len(strings->bytes, text, (gssize)length);
    return slot->offset;
}

gboolean kj_table_strings_full(const KjTableStrings *strings) {
    return strings->full;
}

const GString *kj_table_strings_bytes(const KjTableStrings *strings) {
    return strings->bytes;
}
