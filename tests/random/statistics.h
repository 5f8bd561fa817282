/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the random requests reached: for each domain how often each effect (by a rule), the default and an error decided. A random test that
 * never reaches an outcome tests nothing about it, so a share below a twentieth is a failure of the generator; and so is a run in which less
 * than half of the requests lie on a boundary of their policy or one off it, or less than a tenth lack a field.
 */
#ifndef KJ_RANDOM_STATISTICS_H
#define KJ_RANDOM_STATISTICS_H

#include "policy.h"

typedef struct KjRandomStatistics KjRandomStatistics;

KjRandomStatistics *kj_random_statistics_new(void);
void kj_random_statistics_free(KjRandomStatistics *statistics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRandomStatistics, kj_random_statistics_free)

/* One decision. `label` tells default and error from rules. */
void kj_random_statistics_count(KjRandomStatistics *statistics, const KjDomain *domain, const KjRandomRequest *request, const char *effect,
                                const char *label);
/* One policy, with so many rules. */
void kj_random_statistics_policy(KjRandomStatistics *statistics, const KjDomain *domain, guint rules);

/* FALSE when a share of some domain that was counted is too small. Appends a table, with what is too rare marked. */
gboolean kj_random_statistics_check(const KjRandomStatistics *statistics, GString *table);

#endif
