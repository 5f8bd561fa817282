/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking into a verified table: blocks, fields, effects, rules, and the exact region of each rule as boxes over real values.
 * For targets (nftables and the rest), `kijun show`, `kijun explain` and anything that wants to read rules instead of asking them.
 * Strings belong to the table. Nothing here fails: indices are the caller's to keep in range (asserted).
 */
#ifndef KIJUN_VIEW_H
#define KIJUN_VIEW_H

#include <kijun/kijun.h>
#include <kijun/ordinal.h>
#include <kijun/plugin.h>

G_BEGIN_DECLS

typedef struct {
    const char *name;   /* "perimeter" */
    const char *module; /* "network" */
    const char *domain; /* "firewall" */
    const char *schema_digest;
    KjCombining combining;
    KjPhrase subject;
    guint first_field, field_count; /* field indices of the API are relative to first_field */
    guint first_effect, effect_count;
    guint first_rule, rule_count; /* in the author's order */
    guint first_setting, setting_count;
    guint default_effect; /* relative to first_effect */
    guint first_default_note, default_note_count;
    const char *doc; /* "" if none */
} KjBlockView;

typedef enum {
    KJ_FIELD_KIND_VALUE = 1, /* a field of the request */
    KJ_FIELD_KIND_TIME,      /* whether the instant lies in a window: class 1 = outside, 2 = inside, 0 = no instant */
    KJ_FIELD_KIND_MEMBER,    /* whether a set-valued field has a member: 1 = no, 2 = yes, 0 = the field is missing */
    KJ_FIELD_KIND_COMPARE,   /* one field with another: 1 = false, 2 = true, 0 = one of them is missing */
} KjFieldKind;

typedef struct {
    const char *name; /* of a derived field: how it was written, for messages */
    KjFieldKind kind;
    KjType type;
    guint flags;         /* KJ_FIELD_* */
    guint32 class_count; /* classes 0 (missing) .. class_count - 1 */
    KjPhrase phrase;
    guint64 low, high;
    guint first_value, value_count; /* symbols, for kj_view_value(); named numbers of an integer too */
    const char *member;             /* KJ_FIELD_KIND_MEMBER: the member that is asked for; otherwise "" */
} KjFieldView;

typedef struct {
    const char *name;
    guint flags; /* KJ_EFFECT_* */
    KjPhrase phrase;
} KjEffectView;

typedef struct {
    const char *label;
    guint effect; /* relative to the block's first_effect */
    guint first_box, box_count;
    guint first_note, note_count;
    guint first_parameter, parameter_count;
    const char *doc;     /* "" if none */
    const char *file;    /* "" in a table stripped of spans */
    guint line, column;
    const char *source;  /* as written, in canonical form, without label and annotations: "allow to dmz.web service web" */
    KjPhrase sentence;   /* the same as a sentence, from the phrases of the domain */
} KjRuleView;

/* An annotation: @log, @message("...", ja "...") is two notes with the languages "" and "ja". */
typedef struct {
    const char *name;
    const char *value;    /* "" if none */
    const char *language; /* "" if none */
    gboolean obligation;  /* reported with a decision */
} KjNoteView;

typedef struct {
    const char *name;
    KjParameterKind kind;
    guint64 number;      /* rate: how many; integer; duration: seconds */
    guint64 window;      /* rate: seconds */
    gboolean bytes;      /* rate: counts bytes, not requests */
    const char *text;    /* group: its name */
    guint first_member, member_count; /* fields: indices of fields of the block, for kj_view_member() */
} KjParameterView;

typedef struct {
    const char *name;
    const char *value;
} KjSettingView;

/* One factor of a box: the field lies in one of the class intervals. A field a box does not mention is free, missing included. */
typedef struct {
    guint field; /* relative to the block's first_field */
    guint first_interval, interval_count;
} KjTestView;

typedef struct {
    guint32 low, high; /* classes, inclusive; class 0 is "missing" */
} KjClassInterval;

/* An atom of a window: an instant belongs to it when, in `zone`, the day on which the time range began has a weekday in the mask and a date in
 * [first_day, last_day], and the time of day is in the range, minutes inclusive; last < first wraps over midnight. */
typedef struct {
    const char *zone;    /* "UTC", "Asia/Tokyo" */
    guint weekdays;      /* bit 0 = Monday .. bit 6 = Sunday */
    guint first_minute, last_minute; /* 0 .. 1439 */
    guint32 first_day, last_day;     /* days since 1970-01-01 */
} KjWindowAtom;

typedef enum { KJ_WINDOW_ATOM = 1, KJ_WINDOW_UNION, KJ_WINDOW_MINUS } KjWindowKind;

/* A window: an atom, or two windows joined; children have greater indices. */
typedef struct {
    KjWindowKind kind;
    guint left, right; /* window nodes; for KJ_WINDOW_ATOM unused */
    KjWindowAtom atom;
} KjWindowView;

void kj_view_block(const KjTable *table, guint block, KjBlockView *view);
void kj_view_field(const KjTable *table, guint field, KjFieldView *view);
void kj_view_effect(const KjTable *table, guint effect, KjEffectView *view);
void kj_view_rule(const KjTable *table, guint rule, KjRuleView *view);
void kj_view_note(const KjTable *table, guint note, KjNoteView *view);
void kj_view_parameter(const KjTable *table, guint parameter, KjParameterView *view);
void kj_view_setting(const KjTable *table, guint setting, KjSettingView *view);
const char *kj_view_value(const KjTable *table, guint value, guint64 *number);
guint kj_view_member(const KjTable *table, guint member);

/* The tests of one box. */
void kj_view_box(const KjTable *table, guint box, guint *first_test, guint *test_count);
void kj_view_test(const KjTable *table, guint test, KjTestView *view);
KjClassInterval kj_view_interval(const KjTable *table, guint interval);

/* For a numeric or address field (absolute index): the points of class 1 <= klass < class_count, one interval. FALSE for string types. */
gboolean kj_view_class_points(const KjTable *table, guint field, guint32 klass, KjInterval *points);

/* For a field (absolute index) whose values are single names (symbols, principals, texts): adds to `values` (element-type utf8, owned by the table)
 * those named by some rule that are of class 1 <= klass < class_count. TRUE when they are all of it, FALSE when values nobody named are of it
 * too, or when the field has no such lists. */
gboolean kj_view_class_values(const KjTable *table, guint field, guint32 klass, GPtrArray *values);
/* Adds those of every class, in one pass: all values of such a field that some rule names, or that the enumeration has. None for other fields. */
void kj_view_named_values(const KjTable *table, guint field, GPtrArray *values);

/* For a path field (absolute index): the automaton over its segments. Where a path ends, the state says its class; the segments that some rule
 * names stand on edges in byte order, every other segment leads to `others`. KJ_VIEW_NO_STATE: from here on no rule names anything, and every path
 * is of the class `rest`. */
#define KJ_VIEW_NO_STATE G_MAXUINT32

typedef struct {
    guint32 klass;
    guint first_edge, edge_count;
    guint others; /* a state, or KJ_VIEW_NO_STATE */
} KjStateView;

guint kj_view_first_state(const KjTable *table, guint field, guint32 *rest);
void kj_view_state(const KjTable *table, guint state, KjStateView *view);
const char *kj_view_edge(const KjTable *table, guint edge, guint *state);

/* For a KJ_FIELD_KIND_TIME field (absolute index): the root of its window. */
guint kj_view_window_root(const KjTable *table, guint field);
void kj_view_window(const KjTable *table, guint node, KjWindowView *view);

G_END_DECLS

#endif
