/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sections of a table as data: for each column of a record what can be said of it without looking at any other record. */
#include <kijun/verify.h>

#define FIELD_FLAGS (KJ_FIELD_REQUIRED | KJ_FIELD_SET | KJ_FIELD_ORDERED | KJ_FIELD_ASSERTED | KJ_FIELD_CLOSABLE)
#define EFFECT_FLAGS (KJ_EFFECT_REFUSES | KJ_EFFECT_LIMITS | KJ_EFFECT_REQUIRES | KJ_EFFECT_HOLDS)

#define STRING(column) { offsetof(R, column), KJ_COLUMN_STRING, 0 }
#define ENUM(column, last) { offsetof(R, column), KJ_COLUMN_ENUM, (last) }
#define FLAGS(column, known) { offsetof(R, column), KJ_COLUMN_FLAGS, (known) }
#define INDEX(column, section) { offsetof(R, column), KJ_COLUMN_INDEX, KJ_SECTION_##section }
#define RANGE(column, section) { offsetof(R, column), KJ_COLUMN_RANGE, KJ_SECTION_##section }
#define END { 0, KJ_COLUMN_END, 0 }

const KjSectionShape kj_section_shapes[KJ_SECTION_COUNT + 1] = {
    [0] = { N_("the header"), 0, { END } },
    [KJ_SECTION_STRINGS] = { "STRINGS", 1, { END } },
#define R KjRecordBlock
    [KJ_SECTION_BLOCKS] = { "BLOCKS", sizeof(R),
                            { STRING(name), STRING(module), STRING(domain), STRING(schema_digest), STRING(subject_en),
                              STRING(subject_ja), STRING(doc), ENUM(combining, KJ_COMBINING_ADD_UP), RANGE(first_field, FIELDS),
                              RANGE(first_effect, EFFECTS),
                              RANGE(first_setting, SETTINGS), RANGE(first_rule, RULES), RANGE(first_box, BOXES),
                              RANGE(first_default_note, NOTES), INDEX(root, NODES), END } },
#undef R
#define R KjRecordField
    [KJ_SECTION_FIELDS] = { "FIELDS", sizeof(R),
                            { STRING(name), STRING(phrase_en), STRING(phrase_ja), ENUM(kind, KJ_FIELD_KIND_COMPARE),
                              ENUM(type, KJ_TYPE_SYMBOL), FLAGS(flags, FIELD_FLAGS), RANGE(first_value, VALUES),
                              RANGE(first_point, POINTS), END } },
#undef R
#define R KjRecordValue
    [KJ_SECTION_VALUES] = { "VALUES", sizeof(R), { STRING(name), FLAGS(reserved, 0), END } },
#undef R
#define R KjRecordEffect
    [KJ_SECTION_EFFECTS] = { "EFFECTS", sizeof(R),
                             { STRING(name), FLAGS(flags, EFFECT_FLAGS), STRING(phrase_en), STRING(phrase_ja), END } },
#undef R
#define R KjRecordSetting
    [KJ_SECTION_SETTINGS] = { "SETTINGS", sizeof(R), { STRING(name), STRING(value), END } },
#undef R
#define R KjRecordRule
    [KJ_SECTION_RULES] = { "RULES", sizeof(R),
                           { STRING(label), STRING(doc), STRING(source), STRING(sentence_en), STRING(sentence_ja), RANGE(first_box, BOXES),
                             RANGE(first_note, NOTES), RANGE(first_parameter, PARAMETERS), END } },
#undef R
#define R KjRecordNote
    [KJ_SECTION_NOTES] = { "NOTES", sizeof(R), { STRING(name), STRING(value), STRING(language), FLAGS(flags, KJ_NOTE_OBLIGATION), END } },
#undef R
#define R KjRecordParameter
    [KJ_SECTION_PARAMETERS] = { "PARAMETERS", sizeof(R),
                                { STRING(name), ENUM(kind, KJ_PARAMETER_FIELDS), FLAGS(bytes, 1), STRING(text),
                                  RANGE(first_member, MEMBERS), END } },
#undef R
    [KJ_SECTION_MEMBERS] = { "MEMBERS", sizeof(guint32), { END } },
#define R KjRecordBox
    [KJ_SECTION_BOXES] = { "BOXES", sizeof(R), { INDEX(rule, RULES), RANGE(first_test, TESTS), END } },
#undef R
#define R KjRecordTest
    [KJ_SECTION_TESTS] = { "TESTS", sizeof(R), { RANGE(first_interval, INTERVALS), END } },
#undef R
    [KJ_SECTION_INTERVALS] = { "INTERVALS", sizeof(KjClassInterval), { END } },
    [KJ_SECTION_POINTS] = { "POINTS", sizeof(KjRecordPoint), { END } },
    [KJ_SECTION_NODES] = { "NODES", sizeof(KjRecordNode), { { offsetof(KjRecordNode, kind), KJ_COLUMN_ENUM, KJ_NODE_STATE }, END } },
#define R KjRecordEdge
    [KJ_SECTION_EDGES] = { "EDGES", sizeof(R), { STRING(token), INDEX(state, NODES), END } },
#undef R
    [KJ_SECTION_LEAVES] = { "LEAVES", sizeof(guint32), { { 0, KJ_COLUMN_INDEX, KJ_SECTION_BOXES }, END } },
#define R KjRecordWindow
    [KJ_SECTION_WINDOWS] = { "WINDOWS", sizeof(R), { ENUM(kind, KJ_WINDOW_MINUS), STRING(zone), END } },
#undef R
#define R KjRecordSpan
    [KJ_SECTION_SPANS] = { "SPANS", sizeof(R), { STRING(file), END } },
#undef R
#define R KjRecordTarget
    [KJ_SECTION_TARGETS] = { "TARGETS", sizeof(R), { INDEX(block, BLOCKS), STRING(target), STRING(host), END } },
#undef R
};
