/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A candidate beside the active table.
 *
 * It is asked with the same values, and its limits are tested against the same counters, which only the active table fills: what the
 * candidate would have refused, it may have counted all the same. So for a limit shadow mode says where the two begin to differ, not what a
 * week under the candidate would be like. What the client would not notice (another rule with the same effect and message) is no
 * difference.
 */
#include "point_private.h"

void kj_shadow_answer(KjAsker *asker, KjAnswer *answer) {
    gboolean quiet = asker->quiet;
    asker->quiet = TRUE; /* a counter that is away is the active table's trouble, and is counted there */
    kj_side_answer(asker, &asker->candidate, KJ_COUNTING_TEST, NULL, answer);
    asker->quiet = quiet;
    if (answer->verdict.outcome == KJ_OUTCOME_ERROR || answer->verdict.outcome == KJ_OUTCOME_LIMIT)
        answer->message = NULL; /* may stand in room that the active table's answer uses too */
}

gboolean kj_shadow_differs(const KjAnswer *active, const KjAnswer *candidate) {
    if (active->kind != candidate->kind || g_strcmp0(active->verdict.effect, candidate->verdict.effect) != 0)
        return TRUE;
    return active->verdict.outcome == KJ_OUTCOME_REFUSE && g_strcmp0(active->message, candidate->message) != 0;
}
