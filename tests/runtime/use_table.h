/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Using a table for everything the library offers: views, decisions, explanations, targets. */
#ifndef KJ_TEST_USE_TABLE_H
#define KJ_TEST_USE_TABLE_H

#include <kijun/verify.h>

/*
 * Aborts when something that must hold does not:
 *   - every view and every text is readable and UTF-8, every class of a field has its points;
 *   - a decision is one of the outcomes, the same when it is asked again, and the rules it names are exactly those that a plain reading of
 *     the leaves its classes lead to gives (no binary search, no early end), for three requests of good values and for random classes;
 *   - with `whole`, they are also those that a linear scan over all boxes of the block gives, tree or no tree;
 *   - every request is explained in both languages, and what a near miss offers is let through;
 *   - every target of the block's domain writes text or refuses with a reason.
 */
void use_table(KjTable *table, gboolean whole);

/* The same for bytes that need not be a table: FALSE with the flaw when the verifier refuses them. They are judged and used in a block of
 * memory of their own, so that ASan knows its end. Memory is as it was afterwards; the hash is not looked at. */
gboolean use_bytes(const guint8 *bytes, gsize length, gboolean whole, KjFlaw *flaw);

#endif
