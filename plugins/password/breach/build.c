/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From lists of any size to a filter, never holding more than one shard.
 *
 * While the lists are read nobody knows how many keys there will be. So keys are dealt by their first byte to 256 temporary files; then the
 * number of shards is the least power of two with which a shard has half a million keys, and a shard is either some of these files
 * or a part of one. SHA-1 deals evenly, so shards differ by a fraction of a percent; a list that does not (it is no list of hashes, or
 * repeats one line a million times) is either the same keys again, which sorting removes, or refused.
 *
 * A shard's keys are sorted, so that equal ones lie together and that the order of the lines does not show in the filter; published lists
 * are in order already. Temporary files have no name from the moment they are open: whatever ends the process, nothing is left of them.
 *
 * Memory: 8 MiB of keys and about 25 MiB to build one shard, 4 MiB of buffers, 2 MiB of records at most. Time: 0.2 microseconds a key to
 * read, the same to build; the files are read once more for each shard that is a part of one.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "../measure.h"
#include "filter.h"
#include "format.h"
#include "fuse.h"

#ifndef GETTEXT_PACKAGE
#define GETTEXT_PACKAGE "kijun"
#endif
#include <glib/gi18n-lib.h>

#define PART_BITS 8u
#define PARTS (1u << PART_BITS)
#define PART_BUFFER (16u << 10)
#define SHARD_KEYS (KJ_FUSE_KEYS_MAX / 2) /* wanted at most; what sorting must leave free is the other half */
#define PROGRESS_EVERY (1u << 18)

struct KjBreachBuilder {
    char *output, *folder, *written; /* `written` is the new filter until it is renamed; NULL: there is none */
    FILE *parts[PARTS];
    guint64 taken, skipped;
    guint shard_keys;
    KjBreachProgress progress;
    gpointer data;
};

static gboolean fail(const char *path, GError **error) {
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
    return FALSE;
}

static int open_nameless(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* a file system that has no such thing */
        g_autofree char *path = g_build_filename(folder, ".kijun-breach-XXXXXX", NULL);
        file = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
        if (file >= 0)
            g_unlink(path);
    }
    return file;
}

KjBreachBuilder *kj_breach_builder_new(const char *output, KjBreachProgress progress, gpointer data, GError **error) {
    g_autoptr(KjBreachBuilder) builder = g_new0(KjBreachBuilder, 1);
    builder->output = g_strdup(output);
    builder->folder = g_path_get_dirname(output);
    builder->shard_keys = SHARD_KEYS;
    builder->progress = progress;
    builder->data = data;
    for (guint i = 0; i < PARTS; i++) {
        int file = open_nameless(builder->folder);
        builder->parts[i] = file < 0 ? NULL : fdopen(file, "w+");
        if (!builder->parts[i]) {
            fail(builder->folder, error);
            if (file >= 0)
                close(file);
            return NULL;
        }
        setvbuf(builder->parts[i], NULL, _IOFBF, PART_BUFFER);
    }
    return g_steal_pointer(&builder);
}

void kj_breach_builder_free(KjBreachBuilder *builder) {
    if (!builder)
        return;
    for (guint i = 0; i < PARTS; i++)
        if (builder->parts[i])
            fclose(builder->parts[i]);
    if (builder->written)
        g_unlink(builder->written);
    g_free(builder->output);
    g_free(builder->folder);
    g_free(builder->written);
    g_free(builder);
}

void kj_breach_builder_set_shard_keys(KjBreachBuilder *builder, guint keys) {
    builder->shard_keys = CLAMP(keys, 1, SHARD_KEYS);
}

static gboolean take_key(guint64 key, gpointer data, GError **error) {
    KjBreachBuilder *builder = data;
    if (fwrite(&key, sizeof key, 1, builder->parts[key >> (64 - PART_BITS)]) != 1)
        return fail(builder->folder, error);
    if (++builder->taken % PROGRESS_EVERY == 0 && builder->progress)
        builder->progress(builder->taken, 0, 0, builder->data);
    return TRUE;
}

gboolean kj_breach_builder_add(KjBreachBuilder *builder, FILE *file, const char *name, KjBreachListForm form, GError **error) {
    return kj_breach_list_read(file, name, form, take_key, builder, &builder->skipped, error);
}

/* ---- the keys of one shard ---- */

typedef struct {
    guint64 *at; /* room for KJ_FUSE_KEYS_MAX */
    guint32 count;
} Keys;

static int compare_keys(const void *a, const void *b) {
    guint64 left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

static void sort_distinct(Keys *keys) {
    guint32 kept = 0, sorted = 1;
    while (sorted < keys->count && keys->at[sorted - 1] <= keys->at[sorted])
        sorted++;
    if (sorted < keys->count)
        qsort(keys->at, keys->count, sizeof *keys->at, compare_keys);
    for (guint32 i = 0; i < keys->count; i++)
        if (kept == 0 || keys->at[kept - 1] != keys->at[i])
            keys->at[kept++] = keys->at[i];
    keys->count = kept;
}

/* Sorting removes what was said before; with less than a quarter free afterwards it would be done too often. */
static gboolean make_room(const KjBreachBuilder *builder, Keys *keys, GError **error) {
    sort_distinct(keys);
    if (keys->count <= KJ_FUSE_KEYS_MAX / 4 * 3)
        return TRUE;
    g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER,
                _("%s: too many of the hashes begin alike, so they are no SHA-1 of passwords"), builder->output);
    return FALSE;
}

static guint64 shard_of(guint64 key, guint bits) {
    return bits == 0 ? 0 : key >> (64 - bits);
}

static gboolean gather_part(KjBreachBuilder *builder, FILE *part, guint bits, guint shard, Keys *keys, GError **error) {
    guint64 key;
    rewind(part);
    while (fread(&key, sizeof key, 1, part) == 1) {
        if (shard_of(key, bits) != shard)
            continue;
        if (keys->count == KJ_FUSE_KEYS_MAX && !make_room(builder, keys, error))
            return FALSE;
        keys->at[keys->count++] = key;
    }
    return ferror(part) ? fail(builder->folder, error) : TRUE;
}

static gboolean gather(KjBreachBuilder *builder, guint bits, guint shard, Keys *keys, GError **error) {
    guint first = bits > PART_BITS ? shard >> (bits - PART_BITS) : shard << (PART_BITS - bits);
    guint count = bits > PART_BITS ? 1 : PARTS >> bits;
    keys->count = 0;
    for (guint i = first; i < first + count; i++)
        if (!gather_part(builder, builder->parts[i], bits, shard, keys, error))
            return FALSE;
    sort_distinct(keys);
    return TRUE;
}

/* ---- the file ---- */

/* Writes the shard's slots at the end of `out` and fills its record. */
static gboolean write_shard(KjBreachBuilder *builder, FILE *out, const Keys *keys, KjBreachShard *shard, GError **error) {
    KjFuse fuse;
    g_autofree guint16 *slots = kj_fuse_build(&fuse, keys->at, keys->count);
    gsize count = kj_fuse_slot_count(&fuse);
    if (!slots) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER, _("%s: no filter can be made of these hashes"), builder->output);
        return FALSE;
    }
    *shard = (KjBreachShard){ .offset = GUINT64_TO_LE((guint64)ftello(out)),
                              .seed = GUINT64_TO_LE(fuse.seed),
                              .keys = GUINT32_TO_LE(keys->count),
                              .segment_length = GUINT32_TO_LE(fuse.segment_length),
                              .segment_count = GUINT32_TO_LE(fuse.segment_count) };
    return fwrite(slots, sizeof *slots, count, out) == count || fail(builder->written, error);
}

static gboolean write_shards(KjBreachBuilder *builder, FILE *out, guint bits, KjBreachShard *shards, guint64 *total, GError **error) {
    Keys keys = { g_new(guint64, KJ_FUSE_KEYS_MAX), 0 };
    gboolean good = TRUE;
    for (guint i = 0; i < 1u << bits && good; i++) {
        good = gather(builder, bits, i, &keys, error) && write_shard(builder, out, &keys, &shards[i], error);
        *total += keys.count;
        if (builder->progress)
            builder->progress(builder->taken, i + 1, 1u << bits, builder->data);
    }
    g_free(keys.at);
    return good;
}

static gboolean digest_of(FILE *out, const KjBreachHeader *header, guint64 end, guint8 *digest) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guint8 *buffer = g_malloc(1u << 16);
    gsize length = KJ_BREACH_DIGEST;
    g_checksum_update(checksum, (const guchar *)header, sizeof *header);
    if (fseeko(out, sizeof *header, SEEK_SET) != 0)
        return FALSE;
    for (guint64 at = sizeof *header; at < end;) {
        gsize piece = fread(buffer, 1, MIN(end - at, 1u << 16), out);
        if (piece == 0)
            return FALSE;
        g_checksum_update(checksum, buffer, (gssize)piece);
        at += piece;
    }
    g_checksum_get_digest(checksum, digest, &length);
    return TRUE;
}

static gboolean write_at_start(FILE *out, const void *bytes, gsize length) {
    return fwrite(bytes, 1, length, out) == length && fflush(out) == 0;
}

/* Header and records, now that everything in them is known. */
static gboolean write_front(KjBreachBuilder *builder, FILE *out, guint bits, const KjBreachShard *shards, guint64 total, GError **error) {
    KjBreachHeader header = { .version = GUINT32_TO_LE(KJ_BREACH_VERSION),
                              .shard_bits = GUINT32_TO_LE(bits),
                              .keys = GUINT64_TO_LE(total) };
    gsize records = sizeof *shards << bits;
    off_t end = ftello(out);
    memcpy(header.magic, KJ_BREACH_MAGIC, sizeof header.magic);
    header.size = GUINT64_TO_LE((guint64)end);
    if (end < 0 || fseeko(out, 0, SEEK_SET) != 0 || !write_at_start(out, &header, sizeof header) || !write_at_start(out, shards, records))
        return fail(builder->written, error);
    if (!digest_of(out, &header, sizeof header + records, header.directory_digest) ||
        !digest_of(out, &header, (guint64)end, header.digest) || fseeko(out, 0, SEEK_SET) != 0 ||
        !write_at_start(out, &header, sizeof header) || fsync(fileno(out)) != 0)
        return fail(builder->written, error);
    return TRUE;
}

static gboolean write_filter(KjBreachBuilder *builder, FILE *out, KjBreachCounts *counts, GError **error) {
    guint bits = 0;
    while (bits < KJ_BREACH_SHARD_BITS_MAX && builder->taken >> bits > builder->shard_keys)
        bits++;
    g_autofree KjBreachShard *shards = g_new0(KjBreachShard, (gsize)1 << bits);
    if (fseeko(out, (off_t)(sizeof(KjBreachHeader) + (sizeof *shards << bits)), SEEK_SET) != 0)
        return fail(builder->written, error);
    *counts = (KjBreachCounts){ .skipped = builder->skipped };
    if (!write_shards(builder, out, bits, shards, &counts->keys, error))
        return FALSE;
    counts->repeated = builder->taken - counts->keys;
    return write_front(builder, out, bits, shards, counts->keys, error);
}

gboolean kj_breach_builder_finish(KjBreachBuilder *builder, KjBreachCounts *counts, GError **error) {
    if (builder->taken == 0) {
        g_set_error(error, KJ_PASSWORD_ERROR, KJ_PASSWORD_ERROR_FILTER, _("%s: the lists have no password in them"), builder->output);
        return FALSE;
    }
    builder->written = g_strconcat(builder->output, ".XXXXXX", NULL);
    int file = g_mkstemp_full(builder->written, O_RDWR | O_CLOEXEC, 0644);
    FILE *out = file < 0 ? NULL : fdopen(file, "w+");
    if (!out) {
        if (file >= 0)
            close(file);
        fail(builder->written, error);
        if (file < 0)
            g_clear_pointer(&builder->written, g_free);
        return FALSE;
    }
    gboolean good = write_filter(builder, out, counts, error);
    if (fclose(out) != 0 && good)
        good = fail(builder->written, error);
    g_autoptr(KjBreachFilter) filter = good ? kj_breach_filter_open(builder->written, error) : NULL;
    if (!filter || !kj_breach_filter_verify(filter, error))
        return FALSE;
    if (g_rename(builder->written, builder->output) != 0)
        return fail(builder->output, error);
    g_clear_pointer(&builder->written, g_free);
    return TRUE;
}
