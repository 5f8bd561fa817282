/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables that are refused, each named after the one thing that is wrong with it; where the fault lies at a limit, its good neighbour is
 * accepted. With the mutations of test_verify.c they take every branch of verify.c (tests/coverage counts them).
 */
#include <kijun/verify.h>

#include <string.h>
#include <sys/mman.h>

#include "assembler.h"
#include "use_table.h"

static void check_flaw(const char *name, const KjFlaw *flaw, const char *reason) {
    if (!strstr(flaw->reason, reason))
        g_error("%s: refused because %s (%s %u)", name, flaw->reason, kj_section_shapes[flaw->section].name, (guint)flaw->record);
}

/* ---- the sample with a few cells changed together ---- */

typedef struct {
    KjSectionKind section;
    guint record;
    gsize offset;
    guint32 value;
} Change;

typedef struct {
    const char *name;
    const char *reason; /* NULL: the table is as good as before */
    Change changes[5];
} Forgery;

#define AT(section, type, record, member) KJ_SECTION_##section, record, offsetof(type, member)
#define FIELD(record, member) AT(FIELDS, KjRecordField, record, member)
#define NODE(record, member) AT(NODES, KjRecordNode, record, member)
#define GROUPS (PERIMETER_FIELDS + ACCESS_GROUPS)

static const Forgery forgeries[] = {
    { "a set of services", "a set has classes of its own",
      { { FIELD(PERIMETER_SERVICE, flags), KJ_FIELD_SET }, { FIELD(PERIMETER_SERVICE, class_count), 2 } } },
    { "a set with an automaton", "a set has classes of its own", { { FIELD(GROUPS, root), 3 } } },
    { "a comparison with a service", "a comparison mixes types",
      { { FIELD(PERIMETER_OFFICE, kind), KJ_FIELD_KIND_COMPARE }, { FIELD(PERIMETER_OFFICE, left), PERIMETER_PROTO },
        { FIELD(PERIMETER_OFFICE, right), PERIMETER_SERVICE }, { FIELD(PERIMETER_OFFICE, operand), KJ_EQUAL } } },
    { "a comparison of numbers", NULL,
      { { FIELD(PERIMETER_OFFICE, kind), KJ_FIELD_KIND_COMPARE }, { FIELD(PERIMETER_OFFICE, left), PERIMETER_PROTO },
        { FIELD(PERIMETER_OFFICE, right), PERIMETER_PORT }, { FIELD(PERIMETER_OFFICE, operand), KJ_LESS } } },
    { "a service with a set of ports", "a service does not stand for two integer fields",
      { { FIELD(PERIMETER_PORT, flags), KJ_FIELD_SET }, { FIELD(PERIMETER_PORT, class_count), 2 } } },
    { "a split whose second child is in the next tree", "a node leads out of its tree", { { NODE(0, c), 12 } } },
    { "trees side by side", NULL, { { NODE(0, kind), KJ_NODE_BOTH }, { NODE(0, b), 0 } } },
    { "trees side by side that split too", "trees cannot be side by side here", { { NODE(0, kind), KJ_NODE_BOTH } } },
    { "trees side by side where the strictest wins", "trees cannot be side by side here",
      { { NODE(0, kind), KJ_NODE_BOTH }, { NODE(0, b), 0 }, { AT(BLOCKS, KjRecordBlock, 0, combining), KJ_COMBINING_STRICTEST } } },
    { "a window whose parts lie beyond the last", "a window's parts do not follow it",
      { { AT(WINDOWS, KjRecordWindow, 2, kind), KJ_WINDOW_MINUS }, { AT(WINDOWS, KjRecordWindow, 2, left), 3 },
        { AT(WINDOWS, KjRecordWindow, 2, right), 4 } } },
};

static void test_forgeries(void) {
    for (guint i = 0; i < G_N_ELEMENTS(forgeries); i++) {
        const Forgery *forgery = &forgeries[i];
        g_autoptr(GByteArray) file = sample_file();
        KjFlaw flaw = { NULL, 0, 0 };
        for (const Change *change = forgery->changes; change->section; change++) {
            guint8 *cell = section_start(file, change->section) + change->record * kj_section_shapes[change->section].size + change->offset;
            g_assert_cmpint(memcmp(cell, &change->value, sizeof change->value), !=, 0);
            memcpy(cell, &change->value, sizeof change->value);
        }
        gboolean accepted = use_bytes(file->data, file->len, FALSE, &flaw);
        if (accepted != !forgery->reason)
            g_error("%s: %s", forgery->name, accepted ? "accepted" : flaw.reason);
        if (!accepted)
            check_flaw(forgery->name, &flaw, forgery->reason);
    }
}

/* ---- a bare table: one block, one rule, one box; and more than goes with it ---- */

static KjRecordField number_field(void) {
    return (KjRecordField){ .kind = KJ_FIELD_KIND_VALUE, .type = KJ_TYPE_INTEGER, .class_count = 2, .point_count = 1, .root = KJ_NONE };
}

static Assembler *bare_table(void) {
    Assembler *assembler = assembler_new();
    KjRecordField field = number_field();
    KjRecordBlock block = { .combining = KJ_COMBINING_STRICTEST, .field_count = 1, .effect_count = 1, .rule_count = 1, .box_count = 1 };
    assembler_add(assembler, KJ_SECTION_BLOCKS, &block);
    assembler_add(assembler, KJ_SECTION_FIELDS, &field);
    assembler_add(assembler, KJ_SECTION_POINTS, &(KjRecordPoint){ 0, 0, 0 });
    assembler_add(assembler, KJ_SECTION_EFFECTS, &(KjRecordEffect){ 0, 0, 0, 0 });
    assembler_add(assembler, KJ_SECTION_RULES, &(KjRecordRule){ .box_count = 1 });
    assembler_leaf(assembler, (const guint32[]){ assembler_box(assembler, 0, (const Part[]){ { 0, 1, 1 } }, 1) }, 1);
    return assembler;
}

static void add_nothing(Assembler *assembler) {
    (void) assembler;
}

static void add_field(Assembler *assembler) {
    KjRecordField field = number_field();
    assembler_add(assembler, KJ_SECTION_FIELDS, &field);
}

static void add_rule(Assembler *assembler) {
    assembler_add(assembler, KJ_SECTION_RULES, &(KjRecordRule){ .first_box = 1 });
}

static void add_box(Assembler *assembler) {
    assembler_box(assembler, 0, NULL, 0);
}

static void add_span(Assembler *assembler) {
    assembler_add(assembler, KJ_SECTION_SPANS, &(KjRecordSpan){ 0, 1, 1 });
}

static void add_two_spans(Assembler *assembler) {
    add_span(assembler);
    add_span(assembler);
}

static void add_block(Assembler *assembler) {
    KjRecordBlock block = { .combining = KJ_COMBINING_STRICTEST, .first_field = 1, .first_rule = 1, .first_box = 1, .default_effect = KJ_NONE };
    assembler_add(assembler, KJ_SECTION_BLOCKS, &block);
}

static const struct {
    const char *name;
    const char *reason; /* NULL: accepted */
    void (*add)(Assembler *assembler);
} strays[] = {
    { "nothing more", NULL, add_nothing },
    { "a field of no block", "a part has no block", add_field },
    { "a rule of no block", "a part has no block", add_rule },
    { "a box of no block", "a part has no block", add_box },
    { "a span for the rule", NULL, add_span },
    { "two spans for one rule", "spans do not go with rules", add_two_spans },
    { "two blocks with one tree", "a block has no tree", add_block },
};

static void test_strays(void) {
    for (guint i = 0; i < G_N_ELEMENTS(strays); i++) {
        g_autoptr(Assembler) assembler = bare_table();
        KjFlaw flaw = { NULL, 0, 0 };
        strays[i].add(assembler);
        g_autoptr(GByteArray) file = assembler_finish(assembler);
        gboolean accepted = use_bytes(file->data, file->len, FALSE, &flaw);
        if (accepted != !strays[i].reason)
            g_error("%s: %s", strays[i].name, accepted ? "accepted" : flaw.reason);
        if (!accepted)
            check_flaw(strays[i].name, &flaw, strays[i].reason);
    }
}

/* ---- the container ---- */

static KjTableHeader empty_header(guint64 size) {
    KjTableHeader header = { .version = KJ_TABLE_VERSION, .size = size };
    memcpy(header.magic, KJ_TABLE_MAGIC, sizeof header.magic);
    return header;
}

static void test_no_sections(void) {
    KjTableHeader header = empty_header(sizeof header);
    KjImage image;
    KjFlaw flaw = { NULL, 0, 0 };
    g_assert_false(kj_verify(&header, sizeof header, &image, &flaw));
    check_flaw("no sections", &flaw, "strings do not begin and end with NUL");
}

/* Pages that nobody touches cost nothing, so that the file of a gigabyte needs no gigabyte. */
static void test_longest(void) {
    gsize room = KJ_TABLE_BYTES_MAX + 8;
    KjTableHeader *header = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    KjImage image;
    KjFlaw flaw = { NULL, 0, 0 };
    g_assert_true(header != MAP_FAILED);
    *header = empty_header(room);
    g_assert_false(kj_verify(header, room, &image, &flaw));
    check_flaw("longer than a table may be", &flaw, "the size is not that of the file");
    *header = empty_header(KJ_TABLE_BYTES_MAX);
    g_assert_false(kj_verify(header, KJ_TABLE_BYTES_MAX, &image, &flaw));
    check_flaw("as long as a table may be", &flaw, "the file does not end with its last section");
    g_assert_cmpint(munmap(header, room), ==, 0);
}

/* ---- the limit on work, at each list that records may share ---- */

enum { SHARED = 1 << 16, WORK_MAX = 1 << 28 };

/* Fields that share one list of values until `left` is left of the work; the last one's point counts too. */
static void spend_but(Assembler *assembler, gint64 left) {
    KjRecordBlock *block = assembler_record(assembler, KJ_SECTION_BLOCKS, 0);
    KjRecordField *first = assembler_record(assembler, KJ_SECTION_FIELDS, 0);
    gint64 spend = WORK_MAX - left - first->point_count;
    for (guint i = 0; i < SHARED; i++)
        assembler_add(assembler, KJ_SECTION_VALUES, &(KjRecordValue){ 0, 0, 0 });
    while (spend > 0) {
        KjRecordField field = number_field();
        field.value_count = (guint32)MIN(spend - 1, SHARED);
        spend -= field.value_count + 1;
        assembler_add(assembler, KJ_SECTION_FIELDS, &field);
        block->field_count++;
    }
}

/* After the fields come, in this order: a parameter of one member (2), a box of one test (1) of one interval (1), a leaf of one box (1)
   and a state with an edge of one letter (2). */
static void test_work(void) {
    static const struct {
        gint64 left;
        KjSectionKind section; /* where it is one too much; 0: it is enough */
        guint64 record;
    } cases[] = {
        { 7, 0, 0 }, { 6, KJ_SECTION_NODES, 1 }, { 5, KJ_SECTION_NODES, 1 }, { 4, KJ_SECTION_NODES, 0 }, { 3, KJ_SECTION_BOXES, 0 },
        { 2, KJ_SECTION_BOXES, 0 }, { 1, KJ_SECTION_RULES, 0 }, { 0, KJ_SECTION_RULES, 0 }, { -1, KJ_SECTION_FIELDS, 4096 },
        { -2, KJ_SECTION_FIELDS, 4096 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Assembler) assembler = bare_table();
        KjRecordRule *rule = assembler_record(assembler, KJ_SECTION_RULES, 0);
        KjImage image;
        KjFlaw flaw = { NULL, 0, 0 };
        rule->parameter_count = 1;
        assembler_add(assembler, KJ_SECTION_PARAMETERS, &(KjRecordParameter){ .kind = KJ_PARAMETER_FIELDS, .member_count = 1 });
        assembler_add(assembler, KJ_SECTION_MEMBERS, &(guint32){ 0 });
        assembler_add(assembler, KJ_SECTION_EDGES, &(KjRecordEdge){ assembler_string(assembler, "x"), 1 });
        assembler_add(assembler, KJ_SECTION_NODES, &(KjRecordNode){ KJ_NODE_STATE, 0, 1, KJ_NONE, 0 });
        spend_but(assembler, cases[i].left);
        g_autoptr(GByteArray) file = assembler_finish(assembler);
        gboolean accepted = kj_verify(file->data, file->len, &image, &flaw);
        g_test_message("%d left: %s %u", (int)cases[i].left, flaw.reason ? kj_section_shapes[flaw.section].name : "enough", (guint)flaw.record);
        g_assert_cmpint(accepted, ==, cases[i].section == 0);
        if (accepted)
            continue;
        check_flaw("too much work", &flaw, "lists are shared too often");
        g_assert_cmpuint(flaw.section, ==, cases[i].section);
        g_assert_cmpuint(flaw.record, ==, cases[i].record);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/refused/forgeries", test_forgeries);
    g_test_add_func("/refused/strays", test_strays);
    g_test_add_func("/refused/no-sections", test_no_sections);
    g_test_add_func("/refused/longest", test_longest);
    g_test_add_func("/refused/work", test_work);
    return g_test_run();
}
