/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the reader that turns a loaded nftables table back into policy. read_back.c says why and how; each other file does one step:
 *
 *     load.c      a script into a network namespace of its own, and what the kernel then lists
 *     points.c    sets of numbers and addresses
 *     value.c     what stands on the right of a comparison
 *     match.c     one comparison
 *     line.c      one rule of a chain: comparisons, then what happens
 *     dump.c      the whole list: sets, limits, chains
 *     bytecode.c  what the list leaves out
 *     bucket.c    limits that are kept for each value of some fields
 *     flatten.c   chains that jump as one list of cases
 *     text.c      cases as policy text
 *
 * Nothing here is shared with the writer of the script (targets/): a mistake of one must not be excused by the same mistake of the other.
 */
#ifndef KJ_READ_BACK_H
#define KJ_READ_BACK_H

#include <json-glib/json-glib.h>
#include <kijun/ordinal.h>

#include "../firewall.h"

/* ---- sets of numbers (points.c) ---- */

/* Sorted, disjoint, not adjacent. */
typedef struct {
    guint count;
    KjInterval intervals[];
} KjBackPoints;

typedef struct KjBack KjBack;

const KjBackPoints *kj_back_points(KjBack *back, const KjInterval *intervals, guint count);
const KjBackPoints *kj_back_range(KjBack *back, guint64 low, guint64 high);
const KjBackPoints *kj_back_both(KjBack *back, const KjBackPoints *a, const KjBackPoints *b);
/* What of `a` is not in `b`. */
const KjBackPoints *kj_back_less(KjBack *back, const KjBackPoints *a, const KjBackPoints *b);
/* Whether every point of `inner` is in `outer`; whether they have none in common. */
gboolean kj_back_within(KjBack *back, const KjBackPoints *inner, const KjBackPoints *outer);
gboolean kj_back_apart(KjBack *back, const KjBackPoints *a, const KjBackPoints *b);

/* ---- what a rule of a chain asks ---- */

typedef enum {
    KJ_BACK_FROM,
    KJ_BACK_TO,
    KJ_BACK_FAMILY, /* 4, 6 */
    KJ_BACK_PROTO,
    KJ_BACK_SOURCE_PORT,
    KJ_BACK_PORT,
    KJ_BACK_ICMP_TYPE,
    KJ_BACK_ICMP_CODE,
    KJ_BACK_STATE, /* an index of kj_back_states */
    KJ_BACK_TIME,  /* seconds since 1970 */
    KJ_BACK_HOUR,  /* second of the day, UTC */
    KJ_BACK_DAY,   /* 0 is Sunday, UTC */
    KJ_BACK_FIELDS,
    KJ_BACK_IIF, /* only as keys of buckets; compared they are KJ_BACK_INTERFACE */
    KJ_BACK_OIF,
} KjBackField;

enum { KJ_BACK_NEW, KJ_BACK_ESTABLISHED, KJ_BACK_RELATED, KJ_BACK_INVALID, KJ_BACK_UNTRACKED, KJ_BACK_STATES };

typedef enum {
    KJ_BACK_COMPARES = 1, /* a field with points */
    KJ_BACK_BYTES,        /* bits behind the start of the transport header with points; what they mean depends on the protocol */
    KJ_BACK_HEADER,       /* whether so many bits of the transport header are there at all */
    KJ_BACK_INTERFACE,    /* the name of an interface */
    KJ_BACK_LATER,        /* a later fragment of a family */
} KjBackTestKind;

typedef struct {
    KjBackTestKind kind;
    KjBackField field;          /* COMPARES; INTERFACE: IIF or OIF */
    const KjBackPoints *points; /* COMPARES, BYTES */
    guint offset, length;       /* BYTES, HEADER: in bits */
    char **names;               /* INTERFACE: owned by the reader */
    gboolean negated;           /* INTERFACE */
    guint family;               /* LATER */
} KjBackTest;

/* ---- what it does ---- */

typedef struct {
    guint64 number, seconds; /* so many in so long */
    guint64 depth;
    gboolean bytes;
} KjBackRate;

typedef struct {
    const char *object; /* the name of the limit, or of the set of limits */
    char *label;        /* the rule whose counter it is */
    guint keys;         /* bits of fields that the bucket is kept for */
    guint per;          /* those of all lines of the rule together */
    KjBackRate rate;
} KjBackBucket;

typedef enum { KJ_BACK_ACCEPT = 1, KJ_BACK_DROP, KJ_BACK_REJECT, KJ_BACK_JUMP, KJ_BACK_GOTO, KJ_BACK_RETURN } KjBackVerdict;

typedef struct {
    GArray *tests;        /* KjBackTest */
    KjBackBucket *bucket; /* or NULL */
    gboolean logs, alerts;
    KjBackVerdict verdict;
    const char *target; /* JUMP, GOTO */
    char *place;        /* "chain rules, rule 41 (border.pol:12 web)" */
} KjBackLine;

typedef struct {
    const char *name;
    GPtrArray *lines; /* KjBackLine */
    gboolean accepts; /* the base chain's policy */
} KjBackChain;

/* A set: of values, or (dynamic) of buckets. */
typedef struct {
    const char *name;
    JsonNode *type;
    const KjBackPoints *points; /* NULL: it holds buckets, or values that are not compared with */
    gboolean has_timeout;
    guint64 timeout;
} KjBackSet;

struct KjBack {
    GPtrArray *owned;   /* memory that lives as long as the reader */
    GPtrArray *arrays;  /* GArray, the same */
    GPtrArray *named;   /* char **, the same */
    GHashTable *sets;   /* name -> KjBackSet */
    GHashTable *limits; /* name -> KjBackRate */
    GHashTable *chains; /* name -> KjBackChain */
    GPtrArray *order;   /* KjBackChain, as listed */
    GHashTable *families; /* handle of a rule -> the family its bytecode asks for: 0 (none), 4, 6, KJ_BACK_OTHER_FAMILY */
    KjBackChain *base;
    const char *hook;
    gboolean stateful;
    const char *place; /* where we are, for messages */
    GError **error;
};

/* Says that the list cannot be understood, and where: a sentence for a call of its own, and one that is FALSE, for `return`. */
void kj_back_tell_refusal(KjBack *back, const char *format, ...) G_GNUC_PRINTF(2, 3);
#define kj_back_refuse(...) (kj_back_tell_refusal(__VA_ARGS__), FALSE)
gpointer kj_back_own(KjBack *back, gpointer memory);

/* ---- reading ---- */

/* The object has no member beside `known` (words apart by spaces): what is not known is never passed over. */
gboolean kj_back_only(KjBack *back, JsonObject *object, const char *known);
gboolean kj_back_text(KjBack *back, JsonObject *object, const char *member, const char **text);
gboolean kj_back_number(KjBack *back, JsonObject *object, const char *member, guint64 *number);

typedef enum {
    KJ_BACK_IPV4 = 1,
    KJ_BACK_IPV6,
    KJ_BACK_BYTE,
    KJ_BACK_WORD,
    KJ_BACK_LONG, /* 32 bits */
    KJ_BACK_NFPROTO,
    KJ_BACK_CT_STATE,
    KJ_BACK_CLOCK,   /* "09:00:59" */
    KJ_BACK_WEEKDAY,
    KJ_BACK_INSTANT, /* "2026-11-22 15:00:00" */
} KjBackValues;

/* The values of `node`: one, a range, a prefix, a set, a list, or the name of a set. */
const KjBackPoints *kj_back_values(KjBack *back, KjBackValues values, JsonNode *node);
const KjBackPoints *kj_back_all(KjBack *back, KjBackValues values);

gboolean kj_back_read_match(KjBack *back, JsonObject *match, GArray *tests);
/* What is read of a packet: a field, or a place in its transport header. Used by comparisons and by keys of buckets. */
typedef struct {
    KjBackField field; /* KJ_BACK_FIELDS: bits of the transport header */
    KjBackValues values;
    guint offset, length;
    guint protocol, family; /* that the expression implies; 0: none */
} KjBackOperand;
gboolean kj_back_read_operand(KjBack *back, JsonNode *node, KjBackOperand *operand);

gboolean kj_back_read_line(KjBack *back, JsonObject *rule, KjBackLine *line);
gboolean kj_back_read_rate(KjBack *back, JsonObject *limit, KjBackRate *rate);
gboolean kj_back_read_bucket(KjBack *back, JsonObject *update, KjBackLine *line);
gboolean kj_back_name_bucket(KjBack *back, KjBackBucket *bucket, gboolean keyed);
gboolean kj_back_read_dump(KjBack *back, JsonNode *root);

#define KJ_BACK_OTHER_FAMILY 255u

/* The bytecode at the head of what nft shows; gives where the JSON begins. */
const char *kj_back_read_bytecode(KjBack *back, const char *dump);
/* Adds what the rule asks for and its JSON does not show. */
gboolean kj_back_add_hidden(KjBack *back, guint64 handle, KjBackLine *line);

/* bucket.c: every chain that holds buckets really is one limit. */
gboolean kj_back_check_buckets(KjBack *back);

const KjBackPoints *kj_back_ported(KjBack *back);
const KjBackPoints *kj_back_icmp(KjBack *back);

/* ---- cases (flatten.c) ---- */

typedef struct KjBackInterfaces {
    const struct KjBackInterfaces *next;
    const KjBackTest *test;
} KjBackInterfaces;

/* All of these hold; NULL: not asked. */
typedef struct {
    const KjBackPoints *points[KJ_BACK_FIELDS];
    const KjBackInterfaces *interfaces;
    gboolean opaque; /* and something else, of packets that are no requests */
} KjBackCondition;

typedef struct KjBackEscape {
    const struct KjBackEscape *next;
    const KjBackCondition *when;
} KjBackEscape;

typedef struct {
    const KjBackCondition *when;
    const KjBackEscape *unless;
    const KjBackLine *line;
} KjBackCase;

typedef enum { KJ_BACK_ANY_CLOCK, KJ_BACK_SET_CLOCK, KJ_BACK_UNSET_CLOCK } KjBackClock;

/* Which requests a list of cases is about. The kernel sees more of a packet than a request says. */
typedef struct {
    gboolean fragments; /* later fragments; else packets with their transport header */
    gboolean cut;       /* packets too short for their header: no requests, and to be refused */
    KjBackClock clock;  /* ANY: nothing is asked about time */
} KjBackAspect;

/* 2020-01-01: a kernel that shows an earlier time has a clock that was never set. 2100-01-01: the end of the language's time. */
#define KJ_BACK_CLOCK_SET G_GUINT64_CONSTANT(1577836800)
#define KJ_BACK_TIME_END G_GUINT64_CONSTANT(4102444800)

/* The chains as one list, the first case that holds decides; NULL: not understood. Element type KjBackCase. Free with g_array_unref. */
GArray *kj_back_flatten(KjBack *back, KjBackAspect aspect);
/* Whether packets that are cut short are dropped before any rule is asked. */
gboolean kj_back_check_cut(KjBack *back);

/* ---- text (text.c) ---- */

typedef struct {
    KjBack *back;
    GString *lets, *blocks;
    GHashTable *names; /* text of a set -> its name */
} KjBackText;

/* Appends a block of the name that says what the cases say. */
gboolean kj_back_write_block(KjBackText *text, const char *name, KjBackAspect aspect, const GArray *cases);

#endif
