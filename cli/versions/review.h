/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a reviewer must know beside what a change does, section by section, for every form of `kijun review`: whether it may be released, which standards and exceptions are at
 * work, what it does to recorded requests, what is open, what will be enforced and how that is undone, who has said what, and what exactly an approval would sign.
 */
#ifndef KJ_CLI_REVIEW_H
#define KJ_CLI_REVIEW_H

#include "desk.h"
#include "../replayed.h"

typedef struct {
    KjSitting *sitting;
    const KjTarget *target;
    const KjRuling *ruling;
    const KjStatement *emergency; /* under which it would be released, or NULL */
    const KjReplayed *replayed;   /* or NULL */
    GStringChunk *texts;          /* of the sections */
    GPtrArray *facts;             /* of lists of facts, freed with g_free */
    GPtrArray *sections;          /* KjReportSection * */
} KjReview;

void kj_review_init(KjReview *review);
void kj_review_clear(KjReview *review);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjReview, kj_review_clear)

/* Another section, to which kj_review_add adds. */
void kj_review_begin(KjReview *review, const char *name, const char *title, gboolean first);

/* An item of the last section. `facts` (may be NULL) is a GPtrArray of texts that are copied; `text` may be NULL. Sentences are printf formats. */
typedef struct {
    KjTone tone;
    const char *state, *mark;
    const GPtrArray *facts;
    const char *text;
} KjReviewItem;
void kj_review_add(KjReview *review, const KjReviewItem *item, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* review_people.c: `standing`, `open`, `voices`, `sign` */
void kj_review_standing(KjReview *review);
void kj_review_open(KjReview *review);
void kj_review_voices(KjReview *review);
void kj_review_sign(KjReview *review);

/* review_effect.c: `standards`, `replay`, `enforce` */
void kj_review_standards(KjReview *review);
void kj_review_replay(KjReview *review);
void kj_review_enforce(KjReview *review);

#endif
