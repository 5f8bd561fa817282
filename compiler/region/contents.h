/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interval sets by what is in them: equal ones are one entry, and an entry remembers one answer.
 *
 * A policy of a hundred thousand rules writes `tcp` or the same network again and again, and its next version writes all of it once more; by content all that
 * is one set. A table of hashes with open addressing over entries in the order of adding. That is also the order in which they are asked for, so the next entry
 * is tried before the table is; and as nearly every set is one interval, that one is kept in the entry itself.
 */
#ifndef KJ_CONTENTS_H
#define KJ_CONTENTS_H

#include "../check/policy.h"

typedef struct KjContents KjContents;

/* Sets must outlive it. Free with kj_contents_free. */
KjContents *kj_contents_new(void);
void kj_contents_free(KjContents *contents);

/* FALSE: an equal one was there before. */
gboolean kj_contents_add(KjContents *contents, const KjSet *set);
/* Where the answer about an equal set is kept, NULL at first; valid until the next one is added. NULL: no equal set was added. */
gconstpointer *kj_contents_answer(KjContents *contents, const KjSet *set);

#endif
