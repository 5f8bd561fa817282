/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request, put to every version of a block that releases carried.
 *
 * A version is named by the digest of its unit's text, so releases in which it is the same need no new decision. Answers are kept in the cache under the digest of the question (the
 * request, the block, this kijun and its domains); one that no time condition can change is good for any instant, any other for the instant it was given at.
 */
#ifndef KJ_CLI_WHEN_DECIDE_H
#define KJ_CLI_WHEN_DECIDE_H

#include "when_index.h"

typedef enum {
    KJ_PAST_DECIDED = 1,
    KJ_PAST_WRONG,      /* such a request could not be made then: refused in error */
    KJ_PAST_NO_BLOCK,   /* there was no such block */
    KJ_PAST_UNENFORCED, /* there was, and the context did not enforce it */
} KjPastAnswerKind;

typedef struct {
    KjPastAnswerKind kind;
    char *text; /* "limit rate 10/1h, @log"; what is wrong; "" */
    char *rule; /* label, "default"; "" */
} KjPastAnswer;

typedef struct KjPastQuestion KjPastQuestion;

/* All must outlive it. `pairs`: FIELD=VALUE, NULL-terminated. Free with kj_past_question_free, which keeps what was learnt. */
KjPastQuestion *kj_past_question_new(KjPast *past, const KjIndex *index, const char *unit, const char *const *pairs, gint64 instant);
void kj_past_question_free(KjPastQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPastQuestion, kj_past_question_free)

/* How the request is decided by a release (its place in the index). NULL with KJ_ERROR_REFUSED, KJ_ERROR_IO or KJ_ERROR_UNKNOWN (a standard decides nothing). Borrowed. */
const KjPastAnswer *kj_past_question_ask(KjPastQuestion *question, guint release, GError **error);

/* Whether who asks gets the same; which rule gives it does not matter. */
gboolean kj_past_answers_equal(const KjPastAnswer *a, const KjPastAnswer *b);

/* "allow, by rule web". Free with g_free. */
char *kj_past_answer_tell(const KjPastAnswer *answer);

#endif
