/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request from the inside: one class for each field of the block. Not installed. */
#ifndef KJ_REQUEST_H
#define KJ_REQUEST_H

#include <kijun/table.h>

#define KJ_REQUEST_VALUE_MAX (64u << 10) /* bytes of one value; the longest string literal of the language */
#define KJ_REQUEST_PROBLEM_MAX 256

/* A value of a field that is compared with others: an ordinal, or its tokens, each with its NUL. */
typedef struct {
    KjOrdinal ordinal;
    char *tokens;
    gsize length, room;
} KjRequestValue;

/* Fields by what has to be done with them, as lists of indices, so that a decision visits only those. */
typedef struct {
    guint32 *fields;
    guint count;
} KjFieldList;

/* The wall clock of a zone at the request's instant. */
typedef struct {
    gint64 day; /* since 1970-01-01; -1 just before it */
    guint minute;
} KjWallClock;

struct KjRequest {
    KjTable *table;
    const KjRecordBlock *block;
    const KjRecordField *fields; /* the block's */
    guint32 *classes;            /* one for each field */
    KjRequestValue *values;      /* one for each field; used by fields that are compared, and by MEMBER fields for their member */
    guint8 *compared;            /* for each field, whether values[] is kept */
    KjFieldList required, times, members, comparisons;
    guint32 *windows; /* the nodes of WINDOWS that the block's times need, ascending */
    guint window_count;
    guint8 *inside;      /* for each record of WINDOWS */
    KjWallClock *clocks; /* for each zone of the table */
    guint32 *matched;    /* rules that decided; room for every rule of the block */
    guint matched_count;
    char *room; /* for tokens */
    gsize room_size;
    gboolean bad;
    gboolean has_instant;
    gint64 instant;
    char problem[KJ_REQUEST_PROBLEM_MAX];
};

/* Gives every derived field its class (time, members are already there, comparisons). */
void kj_request_derive(KjRequest *request);

/* Whether all tests of a box hold for the classes. */
gboolean kj_box_holds(const KjImage *image, const guint32 *classes, guint32 box);
gboolean kj_test_holds(const KjImage *image, const guint32 *classes, const KjRecordTest *test);

/* Collects in request->matched the rules that decide for these classes. */
void kj_request_match(KjRequest *request, const guint32 *classes);

/* What an effect means; KJ_OUTCOME_REFUSE for KJ_NONE. `effect` is relative to the block. */
KjOutcome kj_effect_outcome(const KjTable *table, const KjRecordBlock *block, guint32 effect);

#endif
