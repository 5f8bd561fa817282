/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classifiers: the values of one field, cut into as few classes as the sets in play can tell apart.
 *
 * Add every set that anybody will ask about, seal, ask. Class 0 is "missing" and in no set; the others are 1 .. class_count - 1, each
 * holding at least one value of the type:
 *   - numbers, dates, addresses: cut at the boundaries of all intervals, in the order of the line;
 *   - booleans and closed enumerations: one class a value, ordinal + 1, whatever sets there are;
 *   - paths, mail addresses, principals, texts, open enumerations: an automaton (automaton.h), one mark for each distinct set of patterns.
 * One classifier may serve several blocks: two tables are compared through their joint classifier.
 */
#ifndef KJ_CLASSIFIER_H
#define KJ_CLASSIFIER_H

#include "../check/policy.h"
#include "automaton.h"
#include "class_set.h"

typedef enum { KJ_CLASSIFIER_POINTS = 1, KJ_CLASSIFIER_SYMBOLS, KJ_CLASSIFIER_AUTOMATON } KjClassifierKind;

typedef struct KjClassifier KjClassifier;

/* Of single values of `type` (a set's type classifies its members). `type` and all added sets must outlive it. Free with
 * kj_classifier_free. */
KjClassifier *kj_classifier_new(const KjDataType *type);
void kj_classifier_free(KjClassifier *classifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjClassifier, kj_classifier_free)

void kj_classifier_add(KjClassifier *classifier, const KjSet *set);

/* No set may be added afterwards. FALSE when the patterns need more than KJ_LIMIT_PATTERN_STATES. */
gboolean kj_classifier_seal(KjClassifier *classifier);

/* After sealing. */
KjClassifierKind kj_classifier_kind(const KjClassifier *classifier);
guint32 kj_classifier_class_count(const KjClassifier *classifier);
const GArray *kj_classifier_points(const KjClassifier *classifier);           /* KjOrdinal; POINTS: the first points of classes 1, 2, ... */
const KjAutomaton *kj_classifier_automaton(const KjClassifier *classifier);   /* AUTOMATON */
/* The classes of an added set. */
const KjClassSet *kj_classifier_classes(KjClassifier *classifier, KjClassSets *sets, const KjSet *set);
/* Whether exactly one value is of this class (> 0). */
gboolean kj_classifier_is_single(const KjClassifier *classifier, guint32 klass);
guint32 kj_classifier_classify_ordinal(const KjClassifier *classifier, KjOrdinal ordinal);
guint32 kj_classifier_classify_tokens(const KjClassifier *classifier, const char *const *tokens, guint count);

/* The sets that were added (const KjSet *), each before its parts. */
const GPtrArray *kj_classifier_sets(const KjClassifier *classifier);
/* What they say about the classes, for whoever explains them (mentions.h); made when first asked for, lives as long as the classifier. */
typedef struct KjMentions KjMentions;
KjMentions *kj_classifier_mentions(KjClassifier *classifier, KjClassSets *sets);
/* How many values were named (tally.h), likewise; not of POINTS. */
typedef struct KjTally KjTally;
const KjTally *kj_classifier_tally(KjClassifier *classifier);

#endif
