/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of a breach filter, little-endian throughout:
 *
 *     header | one record for each shard | the slots of each shard, 16 bits a slot
 *
 * A key is the first eight bytes of the SHA-1 of a password, read as a big-endian number. Its first `shard_bits` bits say which shard it
 * belongs to, and each shard is a binary fuse filter of its own (fuse.h), so that whoever builds the file never holds more than one.
 * Nothing lies between the parts and nothing behind them: every offset follows from what stands before it, and is there only to be checked.
 */
#ifndef KJ_BREACH_FORMAT_H
#define KJ_BREACH_FORMAT_H

#include <glib.h>

#define KJ_BREACH_MAGIC "KJBREACH"
#define KJ_BREACH_VERSION 1u
#define KJ_BREACH_DIGEST 32 /* bytes of a SHA-256 */

/* 65,536 shards of half a million keys are 34 thousand million passwords, some thirty times all that are known. */
#define KJ_BREACH_SHARD_BITS_MAX 16u

typedef struct {
    char magic[8];
    guint32 version;
    guint32 shard_bits;
    guint64 keys; /* of all shards */
    guint64 size; /* of the file, in bytes */
    guint8 directory_digest[KJ_BREACH_DIGEST]; /* SHA-256 of header and records, both digests zero; looked at by every open */
    guint8 digest[KJ_BREACH_DIGEST];           /* SHA-256 of the whole file, this digest zero; looked at when asked */
} KjBreachHeader;

typedef struct {
    guint64 offset; /* of its slots, from the beginning of the file */
    guint64 seed;
    guint32 keys;
    guint32 segment_length; /* with no keys this and the next are 0 */
    guint32 segment_count;
    guint32 reserved; /* 0 */
} KjBreachShard;

G_STATIC_ASSERT(sizeof(KjBreachHeader) == 96);
G_STATIC_ASSERT(sizeof(KjBreachShard) == 32);

#endif
