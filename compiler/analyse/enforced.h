/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof that what an enforcement point was loaded with says what a block says.
 *
 * A target's reader (KjReaderDefinition) gives what is in force as policy text. The ordinary compiler reads that text, and the ordinary
 * comparison of two versions of a block finds every request that the two decide differently: in effect, in a limit or its counter, or in an
 * obligation that the target carries out. A comparison that has to be given up is a failure.
 */
#ifndef KJ_ENFORCED_H
#define KJ_ENFORCED_H

#include "../compiler.h"

typedef struct {
    GPtrArray *differences; /* char *: what differs, each with a request and the rules of both sides; empty: proved */
    guint blocks, rules;    /* how much was compared */
    gboolean bug;           /* a request did not show what it should: our mistake */
} KjEnforced;

/* Compares `block` with what the reader makes of `dump`. `sources` are the block's. FALSE with an error when the dump cannot be read back.
 * Clear with kj_enforced_clear either way. */
gboolean kj_enforced_compare(const KjBlock *block, const KjSources *sources, const KjReaderDefinition *reader, const char *dump,
                             gsize length, KjEnforced *result, GError **error);
void kj_enforced_clear(KjEnforced *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KjEnforced, kj_enforced_clear)

#endif
