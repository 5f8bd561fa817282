/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader of a breach filter: a file of any size, of which one question touches four cache lines.
 *
 * Opening judges everything that a question relies on (magic, version, the digest over header and records, each record's shape and place,
 * that the parts fill the file exactly), so that no question can read outside the mapping whatever the bytes are. The slots themselves are
 * not read then: a list of all known breaches is 2.5 GB, and hashing it takes ten seconds. A wrong slot makes a wrong answer, nothing
 * worse; whoever installs a filter looks at all of it once with `kijun breach show --verify`.
 *
 * The file is mapped, not copied, for the same reason: it must not be changed in place. `kijun breach build` replaces it by renaming, and
 * the folder it lies in belongs to root.
 *
 * Cost: opening 20 microseconds and 32 bytes of hashing a shard; a question one SHA-1 and three dependent reads.
 */
#include "filter.h"

#include <string.h>
#include <sys/mman.h>

#include "../measure.h"
#include "format.h"
#include "fuse.h"

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

struct KjBreachFilter {
    GMappedFile *file; /* NULL for bytes in memory */
    const guint8 *bytes;
    char *name;
    guint64 size;
    guint shard_bits;
    const KjBreachShard *shards;
};

static gboolean refuse(const KjBreachFilter *filter, const char *reason, GError **error) {
    g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER, _("%s: not a usable breach filter: %s"), filter->name, reason);
    return FALSE;
}

static KjFuse fuse_of(const KjBreachShard *shard) {
    return (KjFuse){ GUINT64_FROM_LE(shard->seed), GUINT32_FROM_LE(shard->segment_length), GUINT32_FROM_LE(shard->segment_count) };
}

static gsize data_start(guint shard_bits) {
    return sizeof(KjBreachHeader) + (sizeof(KjBreachShard) << shard_bits);
}

static gboolean digests_equal(GChecksum *checksum, const guint8 wanted[KJ_BREACH_DIGEST]) {
    guint8 digest[KJ_BREACH_DIGEST];
    gsize length = sizeof digest;
    g_checksum_get_digest(checksum, digest, &length);
    return memcmp(digest, wanted, sizeof digest) == 0;
}

/* `whole`: of the file, else of header and records. */
static gboolean is_digest_right(const KjBreachFilter *filter, gboolean whole) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    KjBreachHeader header, blank;
    gsize end = whole ? filter->size : data_start(filter->shard_bits);
    memcpy(&header, filter->bytes, sizeof header);
    blank = header;
    memset(blank.digest, 0, sizeof blank.digest);
    if (!whole)
        memset(blank.directory_digest, 0, sizeof blank.directory_digest);
    g_checksum_update(checksum, (const guchar *)&blank, sizeof blank);
    for (gsize at = sizeof blank; at < end;) {
        gsize piece = MIN(end - at, (gsize)1 << 30);
        g_checksum_update(checksum, filter->bytes + at, (gssize)piece);
        at += piece;
    }
    return digests_equal(checksum, whole ? header.digest : header.directory_digest);
}

static gboolean check_header(KjBreachFilter *filter, GError **error) {
    const KjBreachHeader *header = (const KjBreachHeader *)filter->bytes;
    if (filter->size < sizeof *header || memcmp(header->magic, KJ_BREACH_MAGIC, sizeof header->magic) != 0)
        return refuse(filter, _("it does not begin as one; `kijun breach build` makes them"), error);
    if (GUINT32_FROM_LE(header->version) != KJ_BREACH_VERSION)
        return refuse(filter, _("it is of another version; build it again"), error);
    filter->shard_bits = GUINT32_FROM_LE(header->shard_bits);
    if (filter->shard_bits > KJ_BREACH_SHARD_BITS_MAX || filter->size < data_start(filter->shard_bits))
        return refuse(filter, _("its header is wrong"), error);
    if (GUINT64_FROM_LE(header->size) != filter->size)
        return refuse(filter, _("it is not as long as its header says"), error);
    if (!is_digest_right(filter, FALSE))
        return refuse(filter, _("its header or its records were changed"), error);
    return TRUE;
}

static gboolean check_shards(const KjBreachFilter *filter, GError **error) {
    const KjBreachHeader *header = (const KjBreachHeader *)filter->bytes;
    guint64 at = data_start(filter->shard_bits), keys = 0;
    for (guint i = 0; i < 1u << filter->shard_bits; i++) {
        const KjBreachShard *shard = &filter->shards[i];
        KjFuse fuse = fuse_of(shard);
        guint32 count = GUINT32_FROM_LE(shard->keys);
        if (!kj_fuse_is_sound(&fuse) || shard->reserved != 0 || GUINT64_FROM_LE(shard->offset) != at || count > kj_fuse_slot_count(&fuse))
            return refuse(filter, _("a record is wrong"), error);
        at += (guint64)kj_fuse_slot_count(&fuse) * sizeof(guint16);
        keys += count;
        if (at > filter->size)
            return refuse(filter, _("a record is wrong"), error);
    }
    if (at != filter->size || keys != GUINT64_FROM_LE(header->keys))
        return refuse(filter, _("its records do not add up"), error);
    return TRUE;
}

KjBreachFilter *kj_breach_filter_new(const void *bytes, gsize length, const char *name, GError **error) {
    g_autoptr(KjBreachFilter) filter = g_new0(KjBreachFilter, 1);
    filter->bytes = bytes;
    filter->size = length;
    filter->name = g_strdup(name);
    if (!check_header(filter, error))
        return NULL;
    filter->shards = (const KjBreachShard *)(filter->bytes + sizeof(KjBreachHeader));
    return check_shards(filter, error) ? g_steal_pointer(&filter) : NULL;
}

KjBreachFilter *kj_breach_filter_open(const char *path, GError **error) {
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    if (!file)
        return NULL;
    gsize length = g_mapped_file_get_length(file);
    KjBreachFilter *filter = kj_breach_filter_new(length ? g_mapped_file_get_contents(file) : "", length, path, error);
    if (!filter)
        return NULL;
    /* A question wants three slots, not what lies beside them. */
    (void)madvise(g_mapped_file_get_contents(file), length, MADV_RANDOM);
    filter->file = g_steal_pointer(&file);
    return filter;
}

void kj_breach_filter_free(KjBreachFilter *filter) {
    if (!filter)
        return;
    g_clear_pointer(&filter->file, g_mapped_file_unref);
    g_free(filter->name);
    g_free(filter);
}

gboolean kj_breach_filter_verify(const KjBreachFilter *filter, GError **error) {
    if (filter->file)
        (void)madvise(g_mapped_file_get_contents(filter->file), filter->size, MADV_SEQUENTIAL);
    return is_digest_right(filter, TRUE) || refuse(filter, _("its contents were changed"), error);
}

void kj_breach_filter_facts(const KjBreachFilter *filter, KjBreachFacts *facts) {
    const KjBreachHeader *header = (const KjBreachHeader *)filter->bytes;
    *facts = (KjBreachFacts){ .keys = GUINT64_FROM_LE(header->keys), .size = filter->size, .shards = 1u << filter->shard_bits };
    for (guint i = 0; i < KJ_BREACH_DIGEST; i++)
        g_snprintf(facts->digest + 2 * i, 3, "%02x", header->digest[i]);
}

guint64 kj_breach_key(const char *password, gsize length) {
    static const guchar nothing[128];
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize size = sizeof digest;
    guint64 key;
    g_checksum_update(checksum, (const guchar *)password, (gssize)length);
    g_checksum_get_digest(checksum, digest, &size);
    memcpy(&key, digest, sizeof key);
    explicit_bzero(digest, sizeof digest);
    /* GLib does not wipe what it hashed: the last of it stays in a block of 64 bytes, until other bytes take its place. */
    g_checksum_reset(checksum);
    g_checksum_update(checksum, nothing, sizeof nothing - 1);
    return GUINT64_FROM_BE(key);
}

gboolean kj_breach_filter_has(const KjBreachFilter *filter, guint64 key) {
    const KjBreachShard *shard = &filter->shards[filter->shard_bits ? key >> (64 - filter->shard_bits) : 0];
    KjFuse fuse = fuse_of(shard);
    return kj_fuse_has(&fuse, (const guint16 *)(filter->bytes + GUINT64_FROM_LE(shard->offset)), key);
}

gboolean kj_breach_filter_predicate(const char *password, gsize length, gboolean *breached, gpointer filter, GError **error) {
    (void)error;
    *breached = kj_breach_filter_has(filter, kj_breach_key(password, length));
    return TRUE;
}
