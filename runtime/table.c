/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a table: bytes from outside to something that may be asked.
 *
 * The file is copied into anonymous memory which is then sealed and mapped read-only, and only the copy is hashed, verified and used:
 * whoever still holds the file open can change nothing any more, and what was judged is what decides. Nothing is kept of a table that
 * is refused. After loading a table never changes, so threads share it without a lock; the count of references is atomic.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS */
#endif
#include <kijun/table.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kijun/translate.h>

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "the table format is little-endian and is used as it lies in memory"
#endif

/* ---- a sealed copy ---- */

static gboolean fail_io(GError **error, const char *what) {
    int code = errno;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", what, g_strerror(code));
    return FALSE;
}

static gboolean write_all(int fd, const char *bytes, gsize length, GError **error) {
    while (length > 0) {
        gssize written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_io(error, _("cannot copy the table"));
        bytes += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Copies `length` bytes; a file that turns out shorter is refused, one that has grown is cut, and the hash then tells. */
static gboolean copy_file(int from, int to, gsize length, GError **error) {
    char buffer[1 << 16];
    while (length > 0) {
        gssize got = read(from, buffer, MIN(length, sizeof buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_io(error, _("cannot read the table"));
        if (got == 0) {
            g_set_error_literal(error, KJ_ERROR, KJ_ERROR_IO, _("the table became shorter while it was read"));
            return FALSE;
        }
        if (!write_all(to, buffer, (gsize)got, error))
            return FALSE;
        length -= (gsize)got;
    }
    return TRUE;
}

/* Seals and maps the memory file. From here on nobody, not even this process, can change the bytes. */
static gboolean seal(KjTable *table, int fd, gsize length, GError **error) {
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return fail_io(error, _("cannot seal the table"));
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return fail_io(error, _("cannot map the table"));
    table->bytes = bytes;
    table->size = length;
    return TRUE;
}

static gboolean check_length(guint64 length, GError **error) {
    if (length >= sizeof(KjTableHeader) && length <= KJ_TABLE_BYTES_MAX)
        return TRUE;
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_TABLE,
                        length > KJ_TABLE_BYTES_MAX ? _("the table is too large") : _("this is not a table"));
    return FALSE;
}

/* `source` is a file when `bytes` is NULL. */
static gboolean take_copy(KjTable *table, int source, const void *bytes, gsize length, GError **error) {
    int fd = memfd_create("kijun-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return fail_io(error, _("cannot copy the table"));
    gboolean taken = (bytes ? write_all(fd, bytes, length, error) : copy_file(source, fd, length, error)) && seal(table, fd, length, error);
    close(fd);
    return taken;
}

/* ---- judgement ---- */

static gboolean check_hash(const KjTable *table, GError **error) {
    const KjTableHeader *header = table->bytes;
    static const guint8 zero[KJ_TABLE_HASH_LENGTH];
    guint8 hash[KJ_TABLE_HASH_LENGTH];
    gsize hash_length = sizeof hash, begin = offsetof(KjTableHeader, hash), end = begin + sizeof hash;
    if (memcmp(header->magic, KJ_TABLE_MAGIC, sizeof header->magic) != 0)
        return TRUE; /* the verifier has the better reason */
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, table->bytes, (gssize)begin);
    g_checksum_update(checksum, zero, sizeof zero);
    g_checksum_update(checksum, (const guchar *)table->bytes + end, (gssize)(table->size - end));
    g_checksum_get_digest(checksum, hash, &hash_length);
    if (memcmp(hash, header->hash, sizeof hash) == 0)
        return TRUE;
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_TABLE, _("the table is damaged: its hash is not that of its bytes"));
    return FALSE;
}

static gboolean judge(KjTable *table, GError **error) {
    KjFlaw flaw;
    if (kj_verify(table->bytes, table->size, &table->image, &flaw))
        return kj_zones_load(table, error);
    g_set_error(error, KJ_ERROR, KJ_ERROR_TABLE, _("the table is refused: %s (%s, record %" PRIu64 ")"), _(flaw.reason),
                _(kj_section_shapes[flaw.section].name), flaw.record);
    return FALSE;
}

/* ---- the life of a table ---- */

static KjTable *table_new(int source, const void *bytes, guint64 length, gboolean hashed, GError **error) {
    g_autoptr(KjTable) table = g_new0(KjTable, 1);
    table->references = 1;
    if (!check_length(length, error) || !take_copy(table, source, bytes, (gsize)length, error))
        return NULL;
    if ((hashed && !check_hash(table, error)) || !judge(table, error))
        return NULL;
    return g_steal_pointer(&table);
}

KjTable *kj_table_new(const void *bytes, gsize length, GError **error) {
    return table_new(-1, bytes, length, TRUE, error);
}

KjTable *kj_table_new_own(const void *bytes, gsize length, GError **error) {
    return table_new(-1, bytes, length, FALSE, error);
}

KjTable *kj_table_open(const char *path, GError **error) {
    struct stat status;
    g_autoptr(GError) problem = NULL;
    KjTable *table = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not hang us; it is no regular file */
    if (fd < 0 || fstat(fd, &status) != 0) {
        fail_io(&problem, _("cannot open"));
    } else if (!S_ISREG(status.st_mode)) {
        g_set_error_literal(&problem, KJ_ERROR, KJ_ERROR_IO, _("not a regular file"));
    } else {
        table = table_new(fd, NULL, (guint64)status.st_size, TRUE, &problem);
    }
    if (fd >= 0)
        close(fd);
    if (problem)
        g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: ", path);
    return table;
}

KjTable *kj_table_ref(KjTable *table) {
    g_atomic_int_inc(&table->references);
    return table;
}

void kj_table_unref(KjTable *table) {
    if (!table || !g_atomic_int_dec_and_test(&table->references))
        return;
    kj_zones_free(table);
    if (table->bytes)
        munmap(table->bytes, table->size);
    g_free(table);
}

/* ---- finding things by name ---- */

guint kj_table_block_count(const KjTable *table) {
    return table->image.count[KJ_SECTION_BLOCKS];
}

gint64 kj_table_until(const KjTable *table) {
    return (gint64)((const KjTableHeader *)table->bytes)->until;
}

static gboolean is_block_named(const KjTable *table, const KjRecordBlock *block, const char *name) {
    const char *bare = KJ_STRING(&table->image, block->name), *module = KJ_STRING(&table->image, block->module);
    gsize prefix = strlen(module);
    if (strcmp(bare, name) == 0)
        return TRUE;
    return strncmp(name, module, prefix) == 0 && name[prefix] == '.' && strcmp(name + prefix + 1, bare) == 0;
}

static char *list_blocks(const KjTable *table) {
    const KjRecordBlock *blocks = KJ_RECORDS(&table->image, BLOCKS, KjRecordBlock);
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < kj_table_block_count(table); i++)
        g_string_append_printf(list, "%s%s.%s", i ? ", " : "", KJ_STRING(&table->image, blocks[i].module),
                               KJ_STRING(&table->image, blocks[i].name));
    return g_string_free(g_steal_pointer(&list), FALSE);
}

gboolean kj_table_find_block(const KjTable *table, const char *name, guint *block, GError **error) {
    const KjRecordBlock *blocks = KJ_RECORDS(&table->image, BLOCKS, KjRecordBlock);
    guint found = 0;
    for (guint i = 0; i < kj_table_block_count(table); i++)
        if (is_block_named(table, &blocks[i], name)) {
            *block = i;
            found++;
        }
    if (found == 1)
        return TRUE;
    g_autofree char *list = list_blocks(table);
    g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN,
                found ? _("there is more than one block `%s`; the blocks are: %s") : _("there is no block `%s`; the blocks are: %s"), name,
                list);
    return FALSE;
}

int kj_table_find_field(const KjTable *table, guint block, const char *name) {
    if (block >= kj_table_block_count(table))
        return -1;
    const KjRecordBlock *record = &KJ_RECORDS(&table->image, BLOCKS, KjRecordBlock)[block];
    const KjRecordField *fields = KJ_RECORDS(&table->image, FIELDS, KjRecordField) + record->first_field;
    for (guint i = 0; i < record->field_count; i++)
        if (fields[i].kind == KJ_FIELD_KIND_VALUE && strcmp(KJ_STRING(&table->image, fields[i].name), name) == 0)
            return (int)i;
    return -1;
}
