/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table file (.kjt), field by field. Not installed: everybody outside goes through kijun.h and view.h.
 *
 * Little-endian, position-independent, mapped or copied as it is: a header, a section table, and sections of fixed-size records, in the
 * order of KjSectionKind, each aligned to 8, none overlapping, gaps zero. Records refer to each other by index (u32). Strings are byte
 * offsets into STRINGS, which begins and ends with NUL, so offset 0 is "" and every string ends inside the section.
 *
 * Each section has a version of its own: a reader refuses a version it does not know, so one section can change without the others.
 * The hash is SHA-256 over the whole file with the hash field itself zero.
 *
 * The layout is canonical, and verify.c holds every table to it:
 *   - kinds of sections ascend; each section, empty ones too, begins at the first multiple of 8 after the one before, and the file
 *     ends at the first multiple of 8 after the last;
 *   - a string reference is the start of a string, never the middle of one;
 *   - FIELDS, RULES and BOXES are partitioned by the blocks in order, and a block's boxes by its rules in order (a rule may have none);
 *   - decision trees ascend with their blocks: all SPLIT, LEAF and BOTH nodes from one block's root up to the next block's root are the
 *     former's;
 *   - a window is a tree, breadth first: its parts are the next two records that are no part of another, so that a walk over it is linear;
 *   - a leaf lists boxes best first: strictly ascending, and for KJ_COMBINING_STRICTEST first by effect, strictest first.
 *
 * An emergency's table ends by itself at `until` of the header. Nothing in this file does that but its rules: those of the policy that ends
 * and those of the one before it stand in one block, each with a test of the instant where the two differ (compiler/check/lapse.c), so that
 * whoever reads rules reads that too. The header only says so, for people.
 *
 * Classes. A request's value of each field is mapped to a class, a small number: 0 when the field is missing, else 1 and up.
 *   - numeric and address fields: the classifier is a sorted array of the first points of the classes; class i covers points[i-1] up to
 *     the point before points[i]. points[0] is the start of the type's line (0, or IPv4 0.0.0.0).
 *   - booleans and symbols of a closed enumeration: class = ordinal + 1; no classifier. (A symbol's ordinal is its VALUES number.)
 *   - paths, mail addresses, principals, texts, open symbols: an automaton over tokens (see below); a final state carries the class.
 *   - a set-valued field itself: class 1 when it is there, empty or not; no classifier, root KJ_NONE. Its members are derived fields.
 *   - a service: always class 0; it only ever sets the two fields it stands for.
 *   - derived fields: see KjFieldKind in view.h.
 * A rule is a union of boxes; a box is a set of tests; a test says that a field's class lies in one of a sorted list of class intervals.
 *
 * Tokens of an automaton: a path is its segments ("/" alone: none); a mail address is its domain's labels in lower case A-label form,
 * last first, and then one token: "@" with the local part; a principal, text or symbol is one token, the whole value. A state has sorted edges (byte order)
 * and one state for every other token (KJ_NONE: no such value matches anything: class `rest` of the field).
 *
 * Nodes. One array serves every engine: states of automata, splits and leaves of the decision trees. In trees a child's index is greater
 * than its parent's, so a walk ends; in automata each step consumes a token. A block of KJ_COMBINING_FIRST_MATCH may have several trees
 * side by side, each over some of its boxes: they hang on a chain of BOTH nodes that begins at the root, and no BOTH is anywhere else.
 */
#ifndef KIJUN_FORMAT_H
#define KIJUN_FORMAT_H

#include <glib.h>

#define KJ_TABLE_MAGIC "KIJUNTBL" /* 8 bytes, no NUL */
#define KJ_TABLE_VERSION 1u
#define KJ_TABLE_HASH_LENGTH 32
#define KJ_SECTION_VERSION 1u /* of every section so far */
#define KJ_TABLE_BYTES_MAX (G_GUINT64_CONSTANT(1) << 30) /* offsets of strings are u32, and a table this large is a mistake */
#define KJ_NONE G_MAXUINT32

typedef enum {
    KJ_SECTION_STRINGS = 1,
    KJ_SECTION_BLOCKS,
    KJ_SECTION_FIELDS,
    KJ_SECTION_VALUES,
    KJ_SECTION_EFFECTS,
    KJ_SECTION_SETTINGS,
    KJ_SECTION_RULES,
    KJ_SECTION_NOTES,
    KJ_SECTION_PARAMETERS,
    KJ_SECTION_MEMBERS,   /* u32 */
    KJ_SECTION_BOXES,
    KJ_SECTION_TESTS,
    KJ_SECTION_INTERVALS, /* KjClassInterval */
    KJ_SECTION_POINTS,    /* KjRecordPoint */
    KJ_SECTION_NODES,
    KJ_SECTION_EDGES,
    KJ_SECTION_LEAVES,    /* u32: indices of boxes, best first */
    KJ_SECTION_WINDOWS,
    KJ_SECTION_SPANS,     /* one for each rule, or empty */
    KJ_SECTION_TARGETS,   /* `enforce` statements */
    KJ_SECTION_COUNT_PLUS_ONE
} KjSectionKind;

#define KJ_SECTION_COUNT (KJ_SECTION_COUNT_PLUS_ONE - 1)

typedef struct {
    char magic[8];
    guint32 version;
    guint32 section_count;
    guint64 size; /* of the whole file */
    guint8 hash[KJ_TABLE_HASH_LENGTH];
    guint64 until; /* an emergency's table: the instant at which it ends, in whole minutes; else 0. Only told: the rules themselves end */
    /* KjRecordSection sections[section_count] follows */
} KjTableHeader;

typedef struct {
    guint32 kind;
    guint32 version;
    guint64 offset; /* from the start of the file; a multiple of 8 */
    guint64 count;  /* records (bytes for STRINGS) */
} KjRecordSection;

typedef struct {
    guint32 name, module, domain, schema_digest, subject_en, subject_ja, doc;
    guint32 combining;
    guint32 first_field, field_count;
    guint32 first_effect, effect_count; /* mildest first */
    guint32 first_setting, setting_count;
    guint32 first_rule, rule_count;
    guint32 first_box, box_count; /* all boxes of the block's rules: those of one rule are adjacent, rules in order */
    guint32 default_effect;       /* relative; KJ_NONE: none was stated, and the block refuses */
    guint32 first_default_note, default_note_count;
    guint32 root;                 /* node of the decision tree */
} KjRecordBlock;

typedef struct {
    guint32 name;
    guint32 kind; /* KjFieldKind */
    guint32 type; /* KjType */
    guint32 flags; /* KJ_FIELD_* */
    guint32 phrase_en, phrase_ja;
    guint32 class_count;
    guint32 first_value, value_count;
    guint32 first_point, point_count; /* numeric and address: the classifier */
    guint32 root;                     /* string types: state; KJ_FIELD_KIND_TIME: window node; else KJ_NONE */
    guint32 rest;                     /* string types: the class of a value that no pattern names, 1 and up */
    guint32 left,
        right; /* COMPARE: two fields of the block, relative; MEMBER: left is the set-valued field; VALUE of SERVICE type: its protocol and port fields */
    guint32 operand;                  /* COMPARE: KjComparison; MEMBER: string, the member */
    guint64 low, high;                /* numeric bounds of the type */
} KjRecordField;

typedef enum { KJ_EQUAL = 1, KJ_NOT_EQUAL, KJ_LESS, KJ_LESS_EQUAL, KJ_GREATER, KJ_GREATER_EQUAL } KjComparison;

typedef struct {
    guint32 name;
    guint32 reserved;
    guint64 number; /* symbols: the index; named numbers of an integer field: the number */
} KjRecordValue;

typedef struct {
    guint32 name, flags, phrase_en, phrase_ja;
} KjRecordEffect;

typedef struct {
    guint32 name, value;
} KjRecordSetting;

typedef struct {
    guint32 label;
    guint32 effect; /* relative */
    guint32 first_box, box_count;
    guint32 first_note, note_count;
    guint32 first_parameter, parameter_count;
    guint32 doc, source, sentence_en, sentence_ja;
} KjRecordRule;

enum { KJ_NOTE_OBLIGATION = 1u << 0 };

typedef struct {
    guint32 name, value, language, flags;
} KjRecordNote;

typedef struct {
    guint32 name;
    guint32 kind; /* KjParameterKind */
    guint64 number, window;
    guint32 bytes; /* 0 or 1 */
    guint32 text;
    guint32 first_member, member_count;
} KjRecordParameter;

typedef struct {
    guint32 rule; /* absolute */
    guint32 first_test, test_count;
} KjRecordBox;

typedef struct {
    guint32 field; /* relative to the block; tests of a box are sorted by field, none twice */
    guint32 first_interval, interval_count; /* sorted, not adjacent, not empty */
} KjRecordTest;

typedef struct {
    guint64 family, high, low; /* KjOrdinal */
} KjRecordPoint;

typedef enum {
    KJ_NODE_SPLIT = 1, /* a: field; b: class; c: child for classes < b, c + 1: child for classes >= b */
    KJ_NODE_LEAF,      /* a: first in LEAVES; b: count; c: 0 */
    KJ_NODE_BOTH,      /* c: a tree; c + 1: another or a BOTH again; all are asked, and the first box of their answers decides */
    KJ_NODE_STATE,     /* a: first edge; b: edge count; c: state for other tokens or KJ_NONE; klass: class of a value that ends here */
} KjNodeKind;

typedef struct {
    guint32 kind;
    guint32 a, b, c;
    guint32 klass;
} KjRecordNode;

typedef struct {
    guint32 token; /* string */
    guint32 state; /* node */
} KjRecordEdge;

typedef struct {
    guint32 kind; /* KjWindowKind */
    guint32 left, right;
    guint32 zone; /* string */
    guint32 weekdays;
    guint32 first_minute, last_minute;
    guint32 first_day, last_day;
} KjRecordWindow;

typedef struct {
    guint32 file, line, column;
} KjRecordSpan;

typedef struct {
    guint32 block; /* index in BLOCKS */
    guint32 target, host;
} KjRecordTarget;

#endif
