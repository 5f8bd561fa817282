/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random literals of every type, with the points on their boundaries. For the generator's own files. */
#ifndef KJ_RANDOM_VALUE_H
#define KJ_RANDOM_VALUE_H

#include "policy.h"

/* A number below `limit` (at least 1). */
guint64 kj_random_below(guint64 *random, guint64 limit);
/* True in `percent` of cases. */
gboolean kj_random_chance(guint64 *random, guint percent);

void kj_random_point_add(GPtrArray *points, char *text, gboolean inside);
GPtrArray *kj_random_points_new(void);

/* A literal as a policy writes it, a single value or (where `range`) perhaps a range, prefix or pattern. Adds its points. */
char *kj_random_literal(guint64 *random, const KjRandomType *type, gboolean range, GPtrArray *points);

/* A literal N for `field RELATION N` and the points around it: "<", "<=", ">", ">=", "==", "!=". */
char *kj_random_bound(guint64 *random, const KjRandomType *type, const char *relation, GPtrArray *points);

/* Whether the type's values are in an order that `<` may ask about. */
gboolean kj_random_type_ordered(const KjRandomType *type);

/* A value for a request: well-formed, or wrong in a way that belongs to the type. */
char *kj_random_value(guint64 *random, const KjRandomType *type);
char *kj_random_wrong_value(guint64 *random, const KjRandomType *type);

#endif
