/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Real tables to change: built from policies of the source tree. */
#ifndef KJ_FUZZ_TABLES_H
#define KJ_FUZZ_TABLES_H

#include <glib.h>

enum { FUZZ_TABLES = 4 };

/* Relative to the top of the tree. */
extern const char *const fuzz_policies[FUZZ_TABLES];

/* Built at the first call and kept. Aborts with the diagnostics when the policy has errors. */
GBytes *fuzz_table(guint i);

/* Whether two tables of one layout may be read in the same way: everything a tree was grown from (effects of rules, boxes, tests,
 * intervals, the combining rule, numbers of classes) and the trees themselves are equal. Then tree and boxes must still agree. */
gboolean fuzz_trees_equal(const guint8 *one, const guint8 *other, gsize length);

#endif
