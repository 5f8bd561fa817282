/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rule sets of any size with the structure of a given one, and headers that exercise a set. */
#ifndef KJ_BENCH_GENERATE_H
#define KJ_BENCH_GENERATE_H

#include "ruleset.h"

/* `count` different rules (KjRule) shaped like `model`, in an order that suits first-match; the caller owns
 * them. The same model, count and seed give the same rules. NULL and KJ_RULESET_ERROR_ROOM if the model's
 * shapes cannot give that many different rules. */
GArray *kj_generate_rules(const GArray *model, guint count, guint64 seed, GError **error);

/* `count` headers (KjHeader): every eighth anywhere, the others inside the box of a random rule (not
 * necessarily the rule that decides it). `rules` must not be empty. The caller owns them. */
GArray *kj_generate_headers(const GArray *rules, guint count, guint64 seed);

#endif
