/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Witnesses: a request out of a box, in values that read well.
 *
 * Values the policy itself mentions come first (a host, a name, a port somebody wrote), the narrowest first; else documentation addresses
 * (RFC 5737, RFC 3849), named numbers, example names. An optional field that may be missing is left out. Instants are ordinary hours where
 * they can be. Comparisons hold: where the box says that principal and owner are the same, they are.
 */
#ifndef KJ_WITNESS_H
#define KJ_WITNESS_H

#include "universe.h"

typedef struct {
    GPtrArray *fields; /* char *: names, borrowed from the universe */
    GPtrArray *values; /* char *: in the language's notation; NULL in it: an empty set. A set-valued field stands once for each member */
    gboolean has_instant;
    gint64 instant;
} KjWitness;

/* A request of the box; `from` is the instant after which it should lie if it can. NULL when none can be made although the box is not
 * empty for the algebra: then the question is unproved. Free with kj_witness_free. */
KjWitness *kj_witness_new(KjUniverse *universe, const KjBox *box, gint64 from, const char *zone);
void kj_witness_free(KjWitness *witness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjWitness, kj_witness_free)

/* Puts another value, which must be of the same class, in the place of one that holds no set. */
void kj_witness_replace(KjWitness *witness, guint index, const char *text);

/* A value of one class of a joint value field, as text of the language; NULL if none can be said. Free with g_free. `klass` > 0. */
char *kj_witness_value(KjUniverse *universe, guint field, guint32 klass);

/* "from=192.0.2.1 to=10.0.0.7 proto=tcp port=443 --at 2026-11-24T10:00:00Z": what can be given to `kijun explain`, quoted for a shell.
 * Free with g_free. */
char *kj_witness_arguments(const KjWitness *witness);

/* As reference evaluator and tests take it. The array and texts live as long as the witness. */
const KjFieldText *kj_witness_texts(const KjWitness *witness, guint *count);

#endif
