/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tables.h"

#include <string.h>

#include <kijun/verify.h>

#include "compiler/compiler.h"
#include "fuzz.h"

const char *const fuzz_policies[FUZZ_TABLES] = {
    "examples/embed/doors.pol",
    "tests/fuzz/policies/firewall.pol",
    "tests/fuzz/policies/mail.pol",
    "tests/fuzz/policies/access.pol",
};

static GBytes *build(const char *name) {
    gsize length;
    g_autofree char *text = fuzz_read(name, &length);
    g_autofree char *base = g_path_get_basename(name);
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GString) told = g_string_new(NULL);
    kj_compilation_load_text(compilation, base, text, length);
    GBytes *bytes = compilation->policy ? kj_build(compilation->policy, TRUE, compilation->diagnostics) : NULL;
    kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, told);
    if (!bytes)
        g_error("%s", told->str);
    return bytes;
}

GBytes *fuzz_table(guint i) {
    static GBytes *tables[FUZZ_TABLES];
    if (!tables[i])
        tables[i] = build(fuzz_policies[i]);
    return tables[i];
}

/* The offset of a section and its length in bytes; both tables have the sections of the first. */
static void find_section(const guint8 *bytes, KjSectionKind kind, gsize *offset, gsize *length) {
    const KjRecordSection *section = (const KjRecordSection *)(const void *)(bytes + sizeof(KjTableHeader)) + (kind - 1);
    *offset = section->offset;
    *length = section->count * kj_section_shapes[kind].size;
}

static gboolean columns_equal(const guint8 *one, const guint8 *other, KjSectionKind kind, gsize column) {
    gsize offset, length, size = kj_section_shapes[kind].size;
    find_section(one, kind, &offset, &length);
    for (gsize at = offset + column; at < offset + length; at += size)
        if (memcmp(one + at, other + at, sizeof(guint32)) != 0)
            return FALSE;
    return TRUE;
}

gboolean fuzz_trees_equal(const guint8 *one, const guint8 *other, gsize length) {
    static const KjSectionKind whole[] = { KJ_SECTION_BOXES, KJ_SECTION_TESTS, KJ_SECTION_INTERVALS, KJ_SECTION_NODES, KJ_SECTION_LEAVES };
    gsize offset, size, table = sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection);
    if (length < table || memcmp(one + sizeof(KjTableHeader), other + sizeof(KjTableHeader), table - sizeof(KjTableHeader)) != 0)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(whole); i++) {
        find_section(one, whole[i], &offset, &size);
        if (memcmp(one + offset, other + offset, size) != 0)
            return FALSE;
    }
    return columns_equal(one, other, KJ_SECTION_BLOCKS, offsetof(KjRecordBlock, combining)) &&
           columns_equal(one, other, KJ_SECTION_BLOCKS, offsetof(KjRecordBlock, root)) &&
           columns_equal(one, other, KJ_SECTION_FIELDS, offsetof(KjRecordField, class_count)) &&
           columns_equal(one, other, KJ_SECTION_RULES, offsetof(KjRecordRule, effect));
}
