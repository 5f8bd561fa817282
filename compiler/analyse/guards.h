/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What guards a policy, compared: conformances and their parameters, proofs, tests, tiers, exceptions, enforcement. For change.c only. */
#ifndef KJ_GUARDS_H
#define KJ_GUARDS_H

#include "change.h"

/* Appends what was lost, loosened, gained or tightened between the two, as KjGuard * in `arena`, sorted by block and name. */
void kj_guards_compare(KjArena *arena, const KjPolicy *old_policy, const KjPolicy *new_policy, GPtrArray *guards);

#endif
