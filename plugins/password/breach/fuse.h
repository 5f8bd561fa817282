/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One binary fuse filter over distinct 64-bit keys. See fuse.c. */
#ifndef KJ_FUSE_H
#define KJ_FUSE_H

#include <glib.h>

#define KJ_FUSE_SEGMENT_MAX (1u << 18) /* slots; longer segments make a filter no smaller */
#define KJ_FUSE_KEYS_MAX (1u << 20)    /* one filter is built in about 40 MiB then */

typedef struct {
    guint64 seed;
    guint32 segment_length; /* slots, a power of two; 0: the empty filter */
    guint32 segment_count;  /* segments in which a key's first place may lie; two more follow */
} KjFuse;

guint32 kj_fuse_slot_count(const KjFuse *fuse);

/* Whether `fuse` is one that a filter may have; then kj_fuse_slot_count does not overflow. */
gboolean kj_fuse_is_sound(const KjFuse *fuse);

/* Whether the key may be of the set: always TRUE for one that is, and for one in 65,536 of all others. `slots` (little-endian) has
 * kj_fuse_slot_count() of them. Constant time, three reads. */
gboolean kj_fuse_has(const KjFuse *fuse, const guint16 *slots, guint64 key);

/* Builds the filter of `count` distinct keys (at most KJ_FUSE_KEYS_MAX) and gives its slots, little-endian, to be freed with g_free. The same keys in
 * the same order give the same filter. NULL when no seed works, which for distinct keys does not happen. */
guint16 *kj_fuse_build(KjFuse *fuse, const guint64 *keys, guint32 count);

#endif
