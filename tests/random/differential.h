/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One random policy put through everything: it must parse, check and build; every evaluator must give the same answer to every request; and
 * the formatter must keep its meaning, its comments, and its own output.
 *
 * A failure is cut down to a minimal policy and request and described in `report`, with the seed that gives it again.
 */
#ifndef KJ_RANDOM_DIFFERENTIAL_H
#define KJ_RANDOM_DIFFERENTIAL_H

#include "policy.h"
#include "statistics.h"

/* FALSE with a report when anything differs. `statistics` may be NULL. */
gboolean kj_random_try(const KjDomain *domain, guint64 seed, guint requests, KjRandomStatistics *statistics, GString *report);

#endif
