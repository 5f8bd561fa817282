/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A witness while it is being made; for witness.c and witness_compare.c only. */
#ifndef KJ_WITNESS_PRIVATE_H
#define KJ_WITNESS_PRIVATE_H

#include "examples.h"
#include "witness.h"

typedef struct {
    KjUniverse *universe;
    const KjBox *box;
    const KjField *fields; /* the joint value fields */
    guint count;
    const KjClassSet **allowed; /* of each, its classes in the box but 0 */
    gboolean *present;
    char **texts;               /* the values, once chosen */
    guint64 family;             /* of every address; 0: they cannot be of one */
} KjWitnessMaker;

/* Gives a value to every field that the box compares with another and that is there. FALSE when none were found that fit. */
gboolean kj_witness_compare(KjWitnessMaker *maker);

#endif
