/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of sentences. */
#ifndef KJ_SENTENCE_PRIVATE_H
#define KJ_SENTENCE_PRIVATE_H

#include "check/policy.h"
#include "wording.h"

typedef struct {
    const KjBlock *block;
    gboolean ja;
    gboolean clauses; /* English: attributes become clauses */
    GString *out;
} KjSpeaker;

/* What is said about one field. */
typedef struct {
    const KjField *field;
    KjRelation relation; /* or 0 */
    const KjAstValue *value; /* NULL: a boolean field alone */
    gboolean negated;
} KjFieldSaid;

/* The field of that name, or NULL. */
const KjField *kj_say_find_field(const KjBlock *block, const char *name);

/* Appends what the Japanese phrase calls the field. */
void kj_say_noun(const KjField *field, GString *out);

/* Whether it is in English a clause with a verb of its own. */
gboolean kj_say_is_clause(const KjSpeaker *speaker, const KjFieldSaid *said);

/* Whether it says no more than that the field is there, and `next` cannot be true without that either. */
gboolean kj_say_is_implied(const KjSpeaker *speaker, const KjFieldSaid *said, const KjFieldSaid *next);

void kj_say_test(const KjSpeaker *speaker, const KjFieldSaid *said, KjEnding ending);
void kj_say_during(const KjSpeaker *speaker, const KjAstValue *window, gboolean negated, KjEnding ending);

/* Whether something in the condition is a clause in English. */
gboolean kj_say_has_clause(const KjSpeaker *speaker, const KjAstExpression *expression);

/* A whole condition, behind the English word that brings it in. */
void kj_say_whole(const KjSpeaker *speaker, const char *word, const KjAstExpression *expression, KjEnding ending);

#endif
