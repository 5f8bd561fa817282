/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The structure of rule sets in numbers, to see whether a generated set is like its model. */
#ifndef KJ_BENCH_DESCRIBE_H
#define KJ_BENCH_DESCRIBE_H

#include "ruleset.h"

/* Writes a Markdown table: one row a statistic, one column a set. `sets` and `names` hold `count` of each;
 * distances are from the first set. Rows that are zero in every set are left out. */
void kj_describe_print(const GArray *const *sets, const char *const *names, guint count, FILE *out);

#endif
