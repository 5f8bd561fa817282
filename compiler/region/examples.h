/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Examples: values of some classes of a field that a person can read.
 *
 * What somebody wrote comes first, the narrowest first: a host, a port, a name of a group. In a wider class a value is chosen that reads
 * well: an address that is reserved for documentation (RFC 5737, RFC 3849), the limit somebody wrote or the next round number beyond it, a
 * named number, an example word. Every example is read again the way a decision reads it, and is of one of the classes.
 */
#ifndef KJ_EXAMPLES_H
#define KJ_EXAMPLES_H

#include "space.h"

typedef struct {
    char *text;        /* in the language's notation */
    KjOrdinal ordinal; /* of numbers, addresses, booleans, closed enumerations; of texts 0 */
} KjExample;

/* An array of KjExample. Free with g_array_unref. */
GArray *kj_examples_new(void);

/* Appends up to `most` different values of the classes (0 is no value), the best first. Addresses only of `family`, unless that is 0.
 * `field` is a value field with a classifier, of a sealed space whose sets are `sets`. */
void kj_examples_find(const KjSpaceField *field, KjClassSets *sets, const KjClassSet *classes, guint64 family, guint most,
                      GArray *examples);
/* Appends the values that lie at the ends of each stretch of the classes and just beyond, `most` at each: among them are enough to stand
 * in any order that values can stand in. Numbers, dates and ordered enumerations only. */
void kj_examples_at_ends(const KjSpaceField *field, const KjClassSet *classes, guint most, GArray *examples);

/* The class of a value as it is written, 0 if it is none of the field's type; *ordinal as above, may be NULL. */
guint32 kj_example_classify(const KjSpaceField *field, const char *text, KjOrdinal *ordinal);

/* Appends a single value as it is written: tcp, 10MB, 2026-12-31, II. Not for texts. */
void kj_example_print(const KjDataType *type, KjOrdinal ordinal, GString *out);
/* The points of a class of a POINTS classifier that are of the type. */
KjInterval kj_example_points(const KjSpaceField *field, guint32 klass);

/* examples_text.c: the same as kj_examples_find for texts, but unchecked (element-type utf8, owned). */
void kj_examples_find_texts(const KjAutomaton *automaton, KjType type, const KjClassSet *classes, guint most, GPtrArray *texts);

#endif
