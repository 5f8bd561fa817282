/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the reference evaluator, for its own files and for those that read a request as it does (analyse/coverage.c); everybody else uses
 * kj_reference_decide() of compiler.h.
 *
 * The reference evaluator says what the language means, as directly as C can say it: request.c reads a request, condition.c gives a
 * condition one of three truth values, window.c asks a calendar, decide.c combines. It shares with the tables only what the language itself
 * shares: the notation of values (runtime/value.h) and the patterns over their tokens (kj_pattern_matches). It has no classes, no boxes, no
 * order of evaluation to exploit: every rule is evaluated for every request. Cost: the size of the block for each decision.
 */
#ifndef KJ_REFERENCE_H
#define KJ_REFERENCE_H

#include "../compiler.h"

/* Kleene's three values, in the order that makes AND the minimum, OR the maximum, and NOT the mirror image. */
typedef enum { KJ_TRUTH_FALSE = 0, KJ_TRUTH_UNKNOWN = 1, KJ_TRUTH_TRUE = 2 } KjTruth;

/* One value, read: a point of a line, or the tokens of a text. */
typedef struct {
    KjOrdinal ordinal; /* numbers, addresses, dates, booleans, closed enumerations */
    char **tokens;     /* paths, mail addresses, principals, texts, open enumerations; NULL-terminated, else NULL */
    guint token_count;
} KjReferenceValue;

/* What a request says of one field. */
typedef struct {
    gboolean present;
    KjReferenceValue value; /* unless set-valued */
    GArray *members;        /* set-valued: KjReferenceValue, possibly none */
} KjReferenceField;

typedef struct {
    const KjBlock *block;
    KjReferenceField *fields; /* as block->fields */
    gboolean has_instant;
    gint64 instant;
    char *problem; /* why nothing can be decided, or NULL */
} KjReferenceRequest;

/* Reads the values. What is wrong with them is in request->problem. Always to be cleared. */
void kj_reference_request_read(KjReferenceRequest *request, const KjBlock *block, const KjFieldText *values, guint count);
void kj_reference_request_clear(KjReferenceRequest *request);

/* Reads one value of a type; a set's type reads a member. FALSE with *problem, static. Free with kj_reference_value_clear. */
gboolean kj_reference_value_read(const KjDataType *type, const char *text, KjReferenceValue *value, const char **problem);
void kj_reference_value_clear(KjReferenceValue *value);
gboolean kj_reference_value_equal(const KjReferenceValue *a, const KjReferenceValue *b);

/* The truth of a condition. A zone that this machine lacks becomes request->problem. */
KjTruth kj_reference_condition(KjReferenceRequest *request, const KjCondition *condition);

/* Whether the request's instant lies in the window; unknown without an instant. */
KjTruth kj_reference_window(KjReferenceRequest *request, const KjWindow *window);

#endif
