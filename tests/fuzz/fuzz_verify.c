/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forged tables: the input is a list of edits to a good table, whose hash is mended afterwards.
 *
 * The first byte chooses the table, then each eight bytes are one edit of one cell of one record (or of the header): a value set, added to,
 * copied from another record, made an index near the end of a section; or two records that change places. So nearly every mutation of
 * the input is a table that is wrong in one small thing, which is what a verifier has to be good at.
 *
 * Whatever the verifier accepts is used for all that the library offers (tests/runtime/use_table.h says what is checked). It may decide
 * otherwise than the original, as somebody who can mend a hash can write any table; but only as its own leaves say, and where the edits
 * left trees and boxes alone, as its boxes say. kj_table_new() must agree with the verifier about every one.
 */
#include <string.h>

#include <kijun/verify.h>

#include "fuzz.h"
#include "tables.h"
#include "tests/runtime/assembler.h"
#include "tests/runtime/use_table.h"

const FuzzTarget fuzz_target = { "verify", NULL, 1 + 8 * 24 };

typedef struct {
    guint8 section, way;
    guint8 record[2];
    guint8 cell;
    guint8 value[3];
} Edit;

enum { SET_SMALL, ADD, SET_LARGE, COPY, SWAP, SET_INDEX, FLIP, SET_BYTES, WAYS };

typedef struct {
    guint8 *bytes;
    gsize length;
    guint8 *start; /* of the section */
    gsize size;    /* of a record; words of four bytes, but for STRINGS and the header */
    guint64 count;
} Place;

/* The section as the good table has it, so that an edit means the same whatever came before; 0 is the header and the section table. */
static Place find_place(const guint8 *good, guint8 *bytes, gsize length, guint section) {
    Place place = { bytes, length, bytes, 4, (sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection)) / 4 };
    if (section > 0) {
        const KjRecordSection *record = (const KjRecordSection *)(const void *)(good + sizeof(KjTableHeader)) + (section - 1);
        place.start = bytes + record->offset;
        place.size = kj_section_shapes[section].size;
        place.count = record->count;
    }
    return place;
}

static guint32 section_count(const guint8 *good, guint section) {
    return (guint32)((const KjRecordSection *)(const void *)(good + sizeof(KjTableHeader)))[section % KJ_SECTION_COUNT].count;
}

static guint32 new_value(const guint8 *good, const Edit *edit, guint32 old) {
    static const guint32 large[] = { 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10000, 0xffff, 1440, 47482 };
    guint32 number = edit->value[0] | (guint32)edit->value[1] << 8;
    switch (edit->way % WAYS) {
    case SET_SMALL:
        return number;
    case ADD:
        return old + (guint32)(gint8)edit->value[0];
    case SET_LARGE:
        return large[edit->value[0] % G_N_ELEMENTS(large)] + edit->value[1] % 3 - 1;
    case SET_INDEX:
        return section_count(good, edit->value[0]) + edit->value[1] % 4 - 2;
    case FLIP:
        return old ^ 1u << edit->value[0] % 32;
    default:
        return number | (guint32)edit->value[2] << 16 | (guint32)edit->cell << 24;
    }
}

static void swap_records(const Place *place, guint64 a, guint64 b) {
    for (gsize i = 0; i < place->size; i++) {
        guint8 byte = place->start[a * place->size + i];
        place->start[a * place->size + i] = place->start[b * place->size + i];
        place->start[b * place->size + i] = byte;
    }
}

static void apply(const guint8 *good, guint8 *bytes, gsize length, const Edit *edit) {
    Place place = find_place(good, bytes, length, edit->section % (KJ_SECTION_COUNT + 1));
    guint64 record = (edit->record[0] | (guint)edit->record[1] << 8), other = (edit->value[0] | (guint)edit->value[1] << 8);
    guint32 old;
    if (place.count == 0)
        return;
    record %= place.count;
    other %= place.count;
    if (edit->way % WAYS == SWAP) {
        swap_records(&place, record, other);
        return;
    }
    if (place.size < sizeof old) {
        place.start[record] = (guint8)new_value(good, edit, place.start[record]);
        return;
    }
    gsize cell = edit->cell % (place.size / sizeof old) * sizeof old;
    memcpy(&old, place.start + record * place.size + cell, sizeof old);
    guint32 value = new_value(good, edit, old);
    if (edit->way % WAYS == COPY)
        memcpy(&value, place.start + other * place.size + cell, sizeof value);
    memcpy(place.start + record * place.size + cell, &value, sizeof value);
}

/* The way a caller goes: hash, seals and all. */
static void open_table(guint8 *bytes, gsize length, gboolean accepted) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjTable) table = NULL;
    assembler_mend(bytes, length);
    table = kj_table_new(bytes, length, &error);
    if (!accepted)
        g_assert_error(error, KJ_ERROR, KJ_ERROR_TABLE);
    else if (!table)
        g_assert_error(error, KJ_ERROR, KJ_ERROR_ZONE);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    gsize length;
    const guint8 *good;
    Edit edit;
    KjFlaw flaw;
    if (size < 1)
        return 0;
    good = g_bytes_get_data(fuzz_table(data[0] % FUZZ_TABLES), &length);
    g_autofree guint8 *bytes = g_memdup2(good, length);
    for (gsize at = 1; at + sizeof edit <= size; at += sizeof edit) {
        memcpy(&edit, data + at, sizeof edit);
        apply(good, bytes, length, &edit);
    }
    gboolean accepted = use_bytes(bytes, length, fuzz_trees_equal(good, bytes, length), &flaw);
    open_table(bytes, length, accepted);
    return 0;
}
