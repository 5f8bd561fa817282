/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "assembler.h"

#include <string.h>

#include <kijun/verify.h>

Assembler *assembler_new(void) {
    Assembler *assembler = g_new0(Assembler, 1);
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++)
        assembler->sections[kind] = g_byte_array_new();
    g_byte_array_append(assembler->sections[KJ_SECTION_STRINGS], (const guint8 *) "", 1);
    return assembler;
}

void assembler_free(Assembler *assembler) {
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++)
        g_byte_array_unref(assembler->sections[kind]);
    g_free(assembler);
}

guint32 assembler_string(Assembler *assembler, const char *text) {
    guint32 offset = assembler->sections[KJ_SECTION_STRINGS]->len;
    if (!*text)
        return 0;
    g_byte_array_append(assembler->sections[KJ_SECTION_STRINGS], (const guint8 *)text, (guint)strlen(text) + 1);
    return offset;
}

guint32 assembler_count(const Assembler *assembler, KjSectionKind kind) {
    return (guint32)(assembler->sections[kind]->len / kj_section_shapes[kind].size);
}

guint32 assembler_add(Assembler *assembler, KjSectionKind kind, const void *record) {
    g_byte_array_append(assembler->sections[kind], record, (guint)kj_section_shapes[kind].size);
    return assembler_count(assembler, kind) - 1;
}

void *assembler_record(Assembler *assembler, KjSectionKind kind, guint32 index) {
    g_assert_cmpuint(index, <, assembler_count(assembler, kind));
    return assembler->sections[kind]->data + index * kj_section_shapes[kind].size;
}

guint32 assembler_box(Assembler *assembler, guint32 rule, const Part *parts, guint count) {
    KjRecordBox box = { .rule = rule, .first_test = assembler_count(assembler, KJ_SECTION_TESTS) };
    for (guint i = 0; i < count;) {
        KjRecordTest test = { .field = parts[i].field, .first_interval = assembler_count(assembler, KJ_SECTION_INTERVALS) };
        for (; i < count && parts[i].field == test.field; i++, test.interval_count++)
            assembler_add(assembler, KJ_SECTION_INTERVALS, &(KjClassInterval){ parts[i].low, parts[i].high });
        assembler_add(assembler, KJ_SECTION_TESTS, &test);
        box.test_count++;
    }
    return assembler_add(assembler, KJ_SECTION_BOXES, &box);
}

guint32 assembler_leaf(Assembler *assembler, const guint32 *boxes, guint count) {
    KjRecordNode node = { .kind = KJ_NODE_LEAF, .a = assembler_count(assembler, KJ_SECTION_LEAVES), .b = count };
    for (guint i = 0; i < count; i++)
        assembler_add(assembler, KJ_SECTION_LEAVES, &boxes[i]);
    return assembler_add(assembler, KJ_SECTION_NODES, &node);
}

guint32 assembler_split(Assembler *assembler, guint32 field, guint32 klass, guint32 child) {
    return assembler_add(assembler, KJ_SECTION_NODES, &(KjRecordNode){ KJ_NODE_SPLIT, field, klass, child, 0 });
}

void assembler_mend(guint8 *bytes, gsize length) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = KJ_TABLE_HASH_LENGTH;
    guint8 *hash = bytes + offsetof(KjTableHeader, hash);
    memset(hash, 0, size);
    g_checksum_update(checksum, bytes, (gssize)length);
    g_checksum_get_digest(checksum, hash, &size);
}

static void pad(GByteArray *file) {
    static const guint8 zero[8];
    g_byte_array_append(file, zero, (8 - file->len % 8) % 8);
}

GByteArray *assembler_finish(const Assembler *assembler) {
    GByteArray *file = g_byte_array_new();
    KjTableHeader header = { .version = KJ_TABLE_VERSION, .section_count = KJ_SECTION_COUNT };
    memcpy(header.magic, KJ_TABLE_MAGIC, sizeof header.magic);
    g_byte_array_append(file, (const guint8 *) &header, sizeof header);
    guint64 offset = sizeof header + KJ_SECTION_COUNT * sizeof(KjRecordSection);
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        KjRecordSection section = { kind, KJ_SECTION_VERSION, offset, assembler->sections[kind]->len / kj_section_shapes[kind].size };
        g_byte_array_append(file, (const guint8 *) &section, sizeof section);
        offset = (offset + assembler->sections[kind]->len + 7) & ~(guint64) 7;
    }
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        g_byte_array_append(file, assembler->sections[kind]->data, assembler->sections[kind]->len);
        pad(file);
    }
    ((KjTableHeader *)(void *)file->data)->size = file->len;
    assembler_mend(file->data, file->len);
    return file;
}

guint8 *section_start(GByteArray *file, KjSectionKind kind) {
    const KjRecordSection *sections = (const KjRecordSection *) (const void *) (file->data + sizeof(KjTableHeader));
    return file->data + sections[kind - 1].offset;
}
