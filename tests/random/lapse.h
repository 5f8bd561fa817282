/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two versions of a random policy as one that ends by itself: before its end it must answer as the new one, from then on as the other, whatever is asked,
 * with the optimiser and without; and without a clock never more openly than the other.
 */
#ifndef KJ_RANDOM_LAPSE_H
#define KJ_RANDOM_LAPSE_H

#include "policy.h"

typedef struct {
    guint pairs, before, after, clockless; /* how many were compared */
    guint differing;                       /* requests that the two versions answer differently */
} KjRandomLapses;

/* FALSE with a report when an answer is wrong. Adds to `counts`. */
gboolean kj_random_try_lapse(const KjDomain *domain, guint64 seed, guint requests, KjRandomLapses *counts, GString *report);

#endif
