/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tallies: how many values of each class somebody wrote, and whether the class has others.
 *
 * "3 named principals and all others" needs both: a class is what no set tells apart, so a group of ten people is one class of ten names.
 */
#ifndef KJ_TALLY_H
#define KJ_TALLY_H

#include "classifier.h"

/* Of a sealed classifier of symbols or patterns. Free with kj_tally_free; everybody else asks kj_classifier_tally(), which makes it once. */
KjTally *kj_tally_new(const KjClassifier *classifier);
void kj_tally_free(KjTally *tally);

guint kj_tally_named(const KjTally *tally, guint32 klass);
gboolean kj_tally_others(const KjTally *tally, guint32 klass);

#endif
