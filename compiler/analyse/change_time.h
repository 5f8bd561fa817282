/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What time alone will bring; for change.c only. */
#ifndef KJ_CHANGE_TIME_H
#define KJ_CHANGE_TIME_H

#include "change.h"

/* Appends to change->timed what begins or ends after options->now, up to options->until. */
void kj_change_tell_time(KjChange *change, const KjChangeOptions *options);

#endif
