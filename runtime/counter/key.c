/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name of a counter: block, label and the key's values, each with its length in front (`4:mail,`), a missing value as `-,`.
 *
 * The length makes it unambiguous whatever the values hold; what is left can be read by a person in `redis-cli --scan`. Two spellings of one value
 * must have become one before: kj_value_canonical().
 */
#include "counter.h"

#include <string.h>

static void add_part(GByteArray *name, const char *text) {
    char length[24];
    if (!text) {
        g_byte_array_append(name, (const guint8 *)"-,", 2);
        return;
    }
    gsize size = strlen(text);
    int digits = g_snprintf(length, sizeof length, "%" G_GSIZE_FORMAT ":", size);
    g_byte_array_append(name, (const guint8 *)length, (guint)digits);
    g_byte_array_append(name, (const guint8 *)text, (guint)size);
    g_byte_array_append(name, (const guint8 *)",", 1);
}

GBytes *kj_counter_key(const char *block, const char *label, const char *const *values, guint count) {
    GByteArray *name = g_byte_array_new();
    add_part(name, block);
    add_part(name, label);
    for (guint i = 0; i < count; i++)
        add_part(name, values[i]);
    return g_byte_array_free_to_bytes(name);
}
