/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Examples of what a change does, and their trial; for change_block.c only. */
#ifndef KJ_CHANGE_WITNESS_H
#define KJ_CHANGE_WITNESS_H

#include "change.h"

/* Gives the region a witness, in `best` if it can be, else in `period` (NULL: any time); none where none can be made. */
void kj_change_find_witness(const KjBlockChange *change, const KjChangeOptions *options, KjChangeRegion *region, const KjBox *period,
                            const KjBox *best);

/* Decides the witnesses of all regions told in both versions, by the reference evaluator and, with options->replays, by the compiled tables. One that does not
 * show its region sets change->bug. */
void kj_change_try_witnesses(KjBlockChange *change, const KjChangeOptions *options);

#endif
