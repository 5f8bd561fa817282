/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The obligations of a decision: those of every rule that shares in it, or of the default. */
#include <kijun/request.h>
#include <kijun/view.h>

/* The i-th obligation among `count` notes from `first`, or NULL with *i less what they had. */
static gboolean find_in(const KjTable *table, guint first, guint count, guint *i, KjObligation *obligation) {
    for (guint n = first; n < first + count; n++) {
        KjNoteView note;
        kj_view_note(table, n, &note);
        if (!note.obligation)
            continue;
        if ((*i)-- == 0) {
            *obligation = (KjObligation){ note.name, note.value, note.language };
            return TRUE;
        }
    }
    return FALSE;
}

gboolean kj_verdict_obligation(const KjRequest *request, const KjVerdict *verdict, guint i, KjObligation *obligation) {
    if (verdict->outcome == KJ_OUTCOME_ERROR)
        return FALSE;
    if (verdict->rule == KJ_RULE_DEFAULT)
        return find_in(request->table, request->block->first_default_note, request->block->default_note_count, &i, obligation);
    for (guint m = 0; m < verdict->matched; m++) {
        KjRuleView rule;
        kj_view_rule(request->table, kj_request_matched_rule(request, m), &rule);
        if (find_in(request->table, rule.first_note, rule.note_count, &i, obligation))
            return TRUE;
    }
    return FALSE;
}
