/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random addresses, services, paths, mail addresses, principals and texts. For the generator's own files. */
#ifndef KJ_RANDOM_PATTERN_H
#define KJ_RANDOM_PATTERN_H

#include "policy.h"

/* A literal of the type as a policy writes it (a pattern, prefix or range only where `range`), and its points. */
char *kj_random_pattern(guint64 *random, KjType type, gboolean range, GPtrArray *points);

#endif
