/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mentions: what a policy says about the values of one field, by class. For whoever puts classes back into words and values.
 *
 * A set that the policy names is known by its classes, so that a region can be called what its author calls it. Two versions of a policy,
 * or two modules, may give one name to different sets; such a name explains nothing, and the set is then kept without it.
 */
#ifndef KJ_MENTIONS_H
#define KJ_MENTIONS_H

#include "classifier.h"

typedef struct {
    const KjSet *set; /* as it was written */
    const KjClassSet *classes;
    gboolean named;   /* set->name may be said: it means these classes wherever it is used */
} KjMention;

/* Of all sets a sealed classifier knows, which must outlive it. `one_token`: of its type a value is one token. */
KjMentions *kj_mentions_new(KjClassifier *classifier, gboolean one_token, KjClassSets *sets);
void kj_mentions_free(KjMentions *mentions);

/* KjMention, each set of classes once (a named set before one that is not), in order of adding; neither empty sets nor the whole type. */
const GArray *kj_mentions_list(const KjMentions *mentions);
/* The one that is exactly these classes, or NULL. */
const KjMention *kj_mentions_find(const KjMentions *mentions, const KjClassSet *classes);
/* Sets of ports that belong to a set of services (const KjSet *; see KjSet.service), in order of adding. */
const GPtrArray *kj_mentions_services(const KjMentions *mentions);

/* Of texts: the plain lists of patterns that hold the class (const KjSet *). Together with those of another class they tell the two
 * apart. */
const GPtrArray *kj_mentions_holders(const KjMentions *mentions, guint32 klass);
/* Of texts of one token: the values of the class (const KjPattern *), each once; NULL when nobody named them all. */
const GPtrArray *kj_mentions_values(const KjMentions *mentions, guint32 klass);

/* Of numbers and addresses: how narrow the narrowest interval somebody wrote around the class is, against those of other classes; 0 is
 * narrowest, and G_MAXUINT32 a class that no interval holds. */
guint32 kj_mentions_rank(const KjMentions *mentions, guint32 klass);

#endif
