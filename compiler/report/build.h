/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that build a report share. For this folder only. */
#ifndef KJ_REPORT_BUILD_H
#define KJ_REPORT_BUILD_H

#include "words.h"

/* rules.c: one side of a region. `region` is of `block`. */
void kj_report_rule(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gboolean new_side, KjReportRule *out);
/* "limit rate 10/1h per forwarder @log" */
const char *kj_report_decision(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gboolean new_side);
/* "network/border.pol:12", or NULL. */
const char *kj_report_place(const KjReport *report, gboolean new_side, KjSpan span);
/* What changed in a block without any effect, as a sentence, or NULL. */
const char *kj_report_quiet_rules(const KjReport *report, const KjBlockChange *block);

/* region.c: the sentence and all facts about one region. `instant` is when time brings it, or G_MININT64. */
KjReportChange *kj_report_region(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gint64 instant);

/* guard.c */
KjReportGuard *kj_report_guard(const KjReport *report, const KjGuard *guard);

/* map.c: NULL when the region differs along no field that can be drawn. */
KjReportMap *kj_report_map(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region);

#endif
