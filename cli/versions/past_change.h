/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a release did, by sentences: the semantic difference of what it carries and what the lasting release before it carried. */
#ifndef KJ_CLI_PAST_CHANGE_H
#define KJ_CLI_PAST_CHANGE_H

#include "../../compiler/report/report.h"
#include "../../history/workspace.h"
#include "../cli.h"

typedef struct KjPastChange KjPastChange;

/* `before`: NULL where there was none. `date`: of the release. Both must outlive it. Free with kj_past_change_free. */
KjPastChange *kj_past_change_new(const KjWorkspace *before, const KjWorkspace *after, gint64 date);
void kj_past_change_free(KjPastChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPastChange, kj_past_change_free)

typedef struct {
    const char *mark;     /* "WIDER" */
    const char *sentence;
    const char *old_rule, *new_rule; /* labels of a region's rules, "default"; NULL: of a guard */
} KjPastLine;

/* What happened to a unit, what matters first (KjPastLine). Empty: nothing that any request could notice, or the release does not carry it. Strings are owned by `change`. Free with
 * g_array_unref. */
GArray *kj_past_change_lines(const KjPastChange *change, const char *unit);
/* What became of guards of the whole workspace. */
GArray *kj_past_change_guards(const KjPastChange *change);
/* "and 12 more changes", or NULL. */
const char *kj_past_change_more(const KjPastChange *change, const char *unit);

#endif
