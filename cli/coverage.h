/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `kijun test --coverage` tells. The list is of KjBlockCoverage. */
#ifndef KJ_CLI_COVERAGE_H
#define KJ_CLI_COVERAGE_H

#include "../compiler/analyse/coverage.h"
#include "cli.h"

/* As sentences on standard error: the rules that no test is decided by, then of each rule what was never touched, then the sums. */
void kj_cli_coverage_print(const GPtrArray *coverage, const KjSources *sources);
/* As the member `coverage` of the object the builder is in. */
void kj_cli_coverage_json(const GPtrArray *coverage, const KjSources *sources, JsonBuilder *builder);
/* The share of rules that decide a test, in percent. */
guint kj_cli_coverage_share(const GPtrArray *coverage);

#endif
