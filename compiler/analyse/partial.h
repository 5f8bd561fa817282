/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a block answers to a request of which only some fields are known.
 *
 * The known fields make a box, every other field is left free: it may be missing or have any value. Two walks (region/walk.h) settle it: is there
 * a request in the box that is refused, and is there one that is not. So an answer holds whatever the unknown fields are, or it says on
 * what it depends by a request of each kind; nothing is tried at random and nothing is guessed.
 */
#ifndef KJ_PARTIAL_H
#define KJ_PARTIAL_H

#include "analyse.h"

typedef enum {
    KJ_PARTIAL_PASSES = 1, /* none is refused */
    KJ_PARTIAL_REFUSED,    /* all are */
    KJ_PARTIAL_DEPENDS,    /* some are */
    KJ_PARTIAL_OPEN,       /* could not be settled: see `problem` */
} KjPartialKind;

typedef struct {
    KjPartialKind kind;
    const KjRule *passes, *refuses; /* a rule that does so for some request of the box; NULL: the default, or none does */
    KjWitness *passing, *refused;   /* DEPENDS: such requests; NULL where none could be made up */
    char *problem;                  /* OPEN: a sentence */
} KjPartialAnswer;

void kj_partial_answer_clear(KjPartialAnswer *answer);

typedef struct KjPartial KjPartial;

/* Of a block, which must outlive it. NULL with *problem (g_free) when its rules cannot be brought into the algebra. */
KjPartial *kj_partial_new(const KjBlock *block, char **problem);
void kj_partial_free(KjPartial *partial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPartial, kj_partial_free)

/* At `instant`, seconds since 1970. `values` are fields of the block that hold no sets; a value that is none of its field's type leaves the answer
 * open. Clear the answer with kj_partial_answer_clear. */
void kj_partial_ask(KjPartial *partial, const KjFieldText *values, guint count, gint64 instant, KjPartialAnswer *answer);

#endif
