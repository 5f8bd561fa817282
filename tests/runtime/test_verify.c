/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verifier against mutations whose hash has been mended.
 *
 * Every byte of the sample table is changed in many ways (in all 255 with -m slow). A change is either refused with a reason, or the table is
 * used for everything the library offers: decisions, views, explanations. Under AddressSanitizer that is the proof that no accepted table
 * reads out of bounds; that the test ends is the proof that none loops. Directed forgeries follow, each refused for its own reason.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <kijun/verify.h>
#include <string.h>

#include "assembler.h"
#include "use_table.h"

/* An accepted table is used for everything. */
static gboolean try_bytes(const guint8 *bytes, gsize length, KjFlaw *flaw) {
    return use_bytes(bytes, length, FALSE, flaw);
}

/* ---- mutations ---- */

static void test_every_byte(void) {
    g_autoptr(GByteArray) file = sample_file();
    guint accepted = 0, refused = 0;
    KjFlaw flaw;
    for (guint i = 0; i < file->len; i++) {
        guint8 original = file->data[i];
        for (guint mutation = 1; mutation < 256; mutation++) {
            gboolean usual = (mutation & (mutation - 1)) == 0 || mutation == 255 || (guint8)(original ^ mutation) == (guint8)(original + 1);
            if (!usual && !g_test_slow())
                continue;
            file->data[i] = (guint8)(original ^ mutation);
            if (try_bytes(file->data, file->len, &flaw))
                accepted++;
            else
                refused++;
        }
        file->data[i] = original;
    }
    g_test_message("%u accepted, %u refused, %u bytes", accepted, refused, file->len);
    g_assert_cmpuint(accepted, >, 0);
    g_assert_cmpuint(refused, >, accepted / 4);
}

/* Several words at once, where a single one would be caught by a neighbour. */
static void test_random_words(void) {
    g_autoptr(GByteArray) file = sample_file();
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);
    guint rounds = g_test_slow() ? 500000 : 20000;
    KjFlaw flaw;
    guint header = sizeof(KjTableHeader) + KJ_SECTION_COUNT * sizeof(KjRecordSection);
    for (guint round = 0; round < rounds; round++) {
        g_autofree guint8 *bytes = g_memdup2(file->data, file->len);
        guint changes = 1 + (guint)g_rand_int_range(random, 0, 3);
        for (guint i = 0; i < changes; i++) {
            static const guint32 values[] = { 0, 1, 2, 3, 5, 8, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
            guint32 at = (guint32)g_rand_int_range(random, (gint)header / 4, (gint)file->len / 4) * 4, value;
            memcpy(&value, bytes + at, 4);
            value = g_rand_boolean(random) ? values[g_rand_int_range(random, 0, G_N_ELEMENTS(values))] : value + (guint32)g_rand_int_range(random, -3, 4);
            memcpy(bytes + at, &value, 4);
        }
        try_bytes(bytes, file->len, &flaw);
    }
}

static void test_every_length(void) {
    g_autoptr(GByteArray) file = sample_file();
    KjFlaw flaw;
    for (guint length = 0; length < file->len; length++) {
        g_assert_false(try_bytes(file->data, length, &flaw));
        if (length < sizeof(KjTableHeader))
            continue;
        ((KjTableHeader *)(void *)file->data)->size = length; /* a shorter file that says so */
        g_assert_false(try_bytes(file->data, length, &flaw));
        ((KjTableHeader *)(void *)file->data)->size = file->len;
    }
}

/* ---- forgeries ---- */

typedef struct {
    KjSectionKind section;
    guint record;
    gsize offset;
    guint32 value;
    const char *reason;
} Forgery;

#define AT(section, type, record, member) KJ_SECTION_##section, record, offsetof(type, member)

static const Forgery forgeries[] = {
    { AT(BLOCKS, KjRecordBlock, 0, name), 99999, "not a string" },
    { AT(BLOCKS, KjRecordBlock, 0, name), 2, "not a string" },
    { AT(BLOCKS, KjRecordBlock, 0, combining), 4, "no such kind" },
    { AT(BLOCKS, KjRecordBlock, 0, default_effect), 3, "default" },
    { AT(BLOCKS, KjRecordBlock, 1, first_field), 5, "order" },
    { AT(BLOCKS, KjRecordBlock, 2, rule_count), 1, "no rule" },
    { AT(BLOCKS, KjRecordBlock, 0, root), 4, "tree" },
    { AT(BLOCKS, KjRecordBlock, 0, first_effect), 0xffffffff, "out of range" },
    { AT(FIELDS, KjRecordField, 0, type), 13, "no such kind" },
    { AT(FIELDS, KjRecordField, 0, flags), 1u << 31, "no such flag" },
    { AT(FIELDS, KjRecordField, 0, class_count), 8, "classifier" },
    { AT(FIELDS, KjRecordField, 0, class_count), 0, "no classes" },
    { AT(FIELDS, KjRecordField, 0, first_point), 1, "begin" },
    { AT(FIELDS, KjRecordField, 0, type), KJ_TYPE_INTEGER, "point" },
    { AT(FIELDS, KjRecordField, PERIMETER_SERVICE, left), PERIMETER_FROM, "service" },
    { AT(FIELDS, KjRecordField, PERIMETER_SERVICE, right), 99, "service" },
    { AT(FIELDS, KjRecordField, PERIMETER_OFFICE, root), 3, "no window" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_PRINCIPAL, rest), 0, "unnamed" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_PRINCIPAL, rest), 3, "unnamed" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_PRINCIPAL, root), 0, "state" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_PRINCIPAL, class_count), 0x7fffffff, "more classes" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_LABEL, class_count), 5, "enumeration" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_ADMIN, left), ACCESS_OWNER, "no set" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_SELF, operand), KJ_LESS, "comparison" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_SELF, right), ACCESS_LABEL, "mixes" },
    { AT(FIELDS, KjRecordField, PERIMETER_FIELDS + ACCESS_SELF, left), ACCESS_SELF, "stands for nothing" },
    { AT(VALUES, KjRecordValue, 2, reserved), 1, "reserved" },
    { AT(RULES, KjRecordRule, 0, effect), 3, "effect" },
    { AT(RULES, KjRecordRule, 0, box_count), 2, "another rule" },
    { AT(RULES, KjRecordRule, 3, first_note), 1, "out of range" },
    { KJ_SECTION_MEMBERS, 0, 0, PERIMETER_FIELDS, "member" },
    { AT(BOXES, KjRecordBox, 0, rule), 1, "another rule" },
    { AT(TESTS, KjRecordTest, 1, field), 0, "order" },
    { AT(TESTS, KjRecordTest, 0, field), 99, "does not have" },
    { AT(TESTS, KjRecordTest, 0, interval_count), 0, "no intervals" },
    { AT(INTERVALS, KjClassInterval, 0, high), 7, "lacks" },
    { AT(INTERVALS, KjClassInterval, 3, low), 3, "order" },
    { AT(NODES, KjRecordNode, 0, kind), 0, "no such kind" },
    { AT(NODES, KjRecordNode, 0, kind), KJ_NODE_STATE, "tree begins" },
    { AT(NODES, KjRecordNode, 0, c), 0, "leads out" },
    { AT(NODES, KjRecordNode, 0, c), 2, "leads out" },
    { AT(NODES, KjRecordNode, 0, c), 13, "leads out" },
    { AT(NODES, KjRecordNode, 0, c), 0xffffffff, "leads out" },
    { AT(NODES, KjRecordNode, 0, a), 99, "split" },
    { AT(NODES, KjRecordNode, 0, b), 0, "split" },
    { AT(NODES, KjRecordNode, 0, b), 7, "split" },
    { AT(NODES, KjRecordNode, 1, a), 9, "leaf" },
    { AT(NODES, KjRecordNode, 1, c), 1, "leaf" },
    { AT(NODES, KjRecordNode, 3, c), 0, "no state" },
    { AT(NODES, KjRecordNode, 3, a), 0xffffffff, "edges" },
    { AT(EDGES, KjRecordEdge, 0, state), 1, "no state" },
    { AT(EDGES, KjRecordEdge, 0, token), 2, "not a string" },
    { KJ_SECTION_LEAVES, 1, 0, 0, "best first" },
    { KJ_SECTION_LEAVES, 0, 0, 6, "another block" },
    { KJ_SECTION_LEAVES, 0, 0, 99, "out of range" },
    { AT(WINDOWS, KjRecordWindow, 0, left), 0, "do not follow" },
    { AT(WINDOWS, KjRecordWindow, 0, right), 3, "do not follow" },
    { AT(WINDOWS, KjRecordWindow, 1, zone), 0, "no zone" },
    { AT(WINDOWS, KjRecordWindow, 1, weekdays), 0, "weekday" },
    { AT(WINDOWS, KjRecordWindow, 1, weekdays), 128, "weekday" },
    { AT(WINDOWS, KjRecordWindow, 1, last_minute), 1440, "1440" },
    { AT(WINDOWS, KjRecordWindow, 1, first_day), 47482, "before it begins" },
    { AT(PARAMETERS, KjRecordParameter, 0, bytes), 2, "no such flag" },
    { AT(PARAMETERS, KjRecordParameter, 0, kind), 6, "no such kind" },
    { AT(NOTES, KjRecordNote, 0, flags), 2, "no such flag" },
    { AT(TARGETS, KjRecordTarget, 0, block), 3, "out of range" },
};

static void test_forgeries(void) {
    for (guint i = 0; i < G_N_ELEMENTS(forgeries); i++) {
        const Forgery *forgery = &forgeries[i];
        g_autoptr(GByteArray) file = sample_file();
        guint8 *cell = section_start(file, forgery->section) + forgery->record * kj_section_shapes[forgery->section].size + forgery->offset;
        KjFlaw flaw = { NULL, 0, 0 };
        g_test_message("%s %u", kj_section_shapes[forgery->section].name, forgery->record);
        g_assert_cmpint(memcmp(cell, &forgery->value, 4), !=, 0);
        memcpy(cell, &forgery->value, 4);
        g_assert_false(try_bytes(file->data, file->len, &flaw));
        if (!strstr(flaw.reason, forgery->reason))
            g_error("%s %u: %s (%s %u)", kj_section_shapes[forgery->section].name, forgery->record, flaw.reason,
                    kj_section_shapes[flaw.section].name, (guint)flaw.record);
    }
}

/* Strictest tables fall in strictness: a milder box first would end the search too early. */
static void test_strictest_order(void) {
    g_autoptr(GByteArray) file = sample_file();
    guint32 *leaves = (guint32 *)(void *)section_start(file, KJ_SECTION_LEAVES) + 5;
    KjFlaw flaw;
    g_assert_cmpuint(leaves[0], ==, 4 + 3); /* the block's fourth box, of `secret` */
    guint32 first = leaves[2];
    leaves[2] = leaves[3]; /* sealed (deny) and mail (warn) trade places */
    leaves[3] = first;
    g_assert_false(try_bytes(file->data, file->len, &flaw));
    g_assert_nonnull(strstr(flaw.reason, "best first"));
}

/* The container: sections that overlap, leave gaps, come twice, or lie about their size. */
static void test_sections(void) {
    KjFlaw flaw;
    for (guint kind = 1; kind <= KJ_SECTION_COUNT; kind++) {
        const struct {
            gsize offset;
            guint64 value;
        } changes[] = { { offsetof(KjRecordSection, offset), 0 },           { offsetof(KjRecordSection, offset), G_MAXUINT64 - 7 },
                        { offsetof(KjRecordSection, count), G_MAXUINT64 },  { offsetof(KjRecordSection, count), G_MAXUINT64 / 16 },
                        { offsetof(KjRecordSection, count), 1u << 31 },     { offsetof(KjRecordSection, kind), 0 },
                        { offsetof(KjRecordSection, kind), 21 | G_GUINT64_CONSTANT(1) << 32 }, { offsetof(KjRecordSection, kind), kind } };
        for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
            g_autoptr(GByteArray) file = sample_file();
            guint8 *section = file->data + sizeof(KjTableHeader) + (kind - 1) * sizeof(KjRecordSection);
            memcpy(section + changes[i].offset, &changes[i].value, 8);
            g_assert_false(try_bytes(file->data, file->len, &flaw));
        }
    }
}

/* When an emergency ends: a whole minute that can be, or none. */
static void test_end(void) {
    static const struct {
        guint64 until;
        gboolean fine;
    } ends[] = { { 0, TRUE }, { 60, TRUE }, { 4102444740, TRUE }, { 1, FALSE }, { 59, FALSE }, { 61, FALSE }, { 4102444800, FALSE },
                 { 4102444860, FALSE }, { G_MAXUINT64, FALSE }, { G_GUINT64_CONSTANT(1) << 63, FALSE }, { G_MAXUINT64 - G_MAXUINT64 % 60, FALSE } };
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GByteArray) file = sample_file();
        KjFlaw flaw = { NULL, 0, 0 };
        ((KjTableHeader *)(void *)file->data)->until = ends[i].until;
        g_assert_cmpint(try_bytes(file->data, file->len, &flaw), ==, ends[i].fine);
        if (!ends[i].fine) {
            g_assert_nonnull(strstr(flaw.reason, "end of an emergency"));
            continue;
        }
        assembler_mend(file->data, file->len);
        g_autoptr(KjTable) table = kj_table_new(file->data, file->len, NULL);
        g_assert_nonnull(table);
        g_assert_cmpuint((guint64)kj_table_until(table), ==, ends[i].until);
    }
}

/* An automaton of one field may not give another field's classes: that is the walk's own check. */
static void test_foreign_class(void) {
    g_autoptr(GByteArray) file = sample_file();
    KjRecordNode *nodes = (KjRecordNode *)(void *)section_start(file, KJ_SECTION_NODES);
    KjVerdict verdict = { .size = sizeof verdict };
    g_assert_cmpuint(nodes[4].kind, ==, KJ_NODE_STATE);
    for (guint round = 0; round < 2; round++) {
        nodes[4].klass = round ? 0 : 77; /* "sato" and "abe" */
        assembler_mend(file->data, file->len);
        g_autoptr(KjTable) table = kj_table_new(file->data, file->len, NULL);
        g_assert_nonnull(table);
        g_autoptr(KjRequest) request = kj_request_new(table, 1);
        g_assert_false(kj_request_set_text(request, ACCESS_PRINCIPAL, "sato", -1, NULL));
        g_assert_cmphex(kj_decide(request, &verdict), ==, KJ_OUTCOME_ERROR);
    }
}

static void test_damage_and_zones(void) {
    g_autoptr(GByteArray) file = sample_file();
    g_autoptr(GError) error = NULL;
    file->data[file->len - 9] ^= 1;
    g_assert_null(kj_table_new(file->data, file->len, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_TABLE);
    g_assert_nonnull(strstr(error->message, "hash"));
    g_clear_error(&error);
    g_autoptr(GByteArray) other = sample_file();
    guint8 *zone = memmem(other->data, other->len, "Asia/Tokyo", 10);
    g_assert_nonnull(zone);
    zone[9] = 'p';
    assembler_mend(other->data, other->len);
    g_assert_null(kj_table_new(other->data, other->len, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_ZONE);
    g_assert_nonnull(strstr(error->message, "Asia/Tokyp"));
}

/* Every leaf lists every box: a megabyte that is looked at for long. It is refused before the two seconds are over. */
static void test_shared_lists(void) {
    enum { COUNT = 16400 };
    g_autoptr(Assembler) assembler = assembler_new();
    KjRecordBlock block = { .combining = KJ_COMBINING_FIRST_MATCH, .effect_count = 1, .rule_count = 1, .box_count = COUNT, .default_effect = 0 };
    KjFlaw flaw = { NULL, 0, 0 };
    gint64 start = g_get_monotonic_time();
    assembler_add(assembler, KJ_SECTION_BLOCKS, &block);
    assembler_add(assembler, KJ_SECTION_EFFECTS, &(KjRecordEffect){ 0, 0, 0, 0 });
    assembler_add(assembler, KJ_SECTION_RULES, &(KjRecordRule){ .box_count = COUNT });
    for (guint32 i = 0; i < COUNT; i++) {
        assembler_box(assembler, 0, NULL, 0);
        assembler_add(assembler, KJ_SECTION_LEAVES, &i);
        assembler_add(assembler, KJ_SECTION_NODES, &(KjRecordNode){ KJ_NODE_LEAF, 0, COUNT, 0, 0 });
    }
    g_autoptr(GByteArray) file = assembler_finish(assembler);
    g_assert_false(try_bytes(file->data, file->len, &flaw));
    g_assert_cmpstr(flaw.reason, ==, "lists are shared too often");
    if (!g_getenv("KIJUN_SHORT")) /* a build with sanitizers, or one that counts branches, is no measure of speed */
        g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
    g_test_message("%.3f s", (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verify/forgeries", test_forgeries);
    g_test_add_func("/verify/strictest-order", test_strictest_order);
    g_test_add_func("/verify/sections", test_sections);
    g_test_add_func("/verify/end", test_end);
    g_test_add_func("/verify/foreign-class", test_foreign_class);
    g_test_add_func("/verify/shared-lists", test_shared_lists);
    g_test_add_func("/verify/damage-and-zones", test_damage_and_zones);
    g_test_add_func("/verify/every-length", test_every_length);
    g_test_add_func("/verify/every-byte", test_every_byte);
    g_test_add_func("/verify/random-words", test_random_words);
    return g_test_run();
}
