/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an answer is logged, and as what.
 *
 * Logged are: what a rule wants logged or alerted; whatever could not be decided or counted, wanted or not; and where a candidate would
 * have answered otherwise. A rehearsal that permits is no last word and is not logged: the question comes again when it counts.
 */
#include "point_private.h"

#include <string.h>

#include <kijun/view.h>

#define OBLIGATIONS_MAX 16u /* names in one record; more are of no use to a reader */

/* The names of the obligations, each once; a message is told apart. */
static guint list_obligations(const KjAsker *asker, const KjVerdict *verdict, const char *names[OBLIGATIONS_MAX + 1]) {
    KjObligation obligation;
    guint count = 0;
    for (guint i = 0; count < OBLIGATIONS_MAX && kj_verdict_obligation(asker->active.request, verdict, i, &obligation); i++) {
        gboolean known = strcmp(obligation.name, "message") == 0;
        for (guint n = 0; n < count && !known; n++)
            known = strcmp(names[n], obligation.name) == 0;
        if (!known)
            names[count++] = obligation.name;
    }
    names[count] = NULL;
    return count;
}

static gboolean is_wanted(const char *const *names) {
    for (guint i = 0; names[i]; i++)
        if (strcmp(names[i], "log") == 0 || strcmp(names[i], "alert") == 0)
            return TRUE;
    return FALSE;
}

static gboolean is_logged(KjCounting counting, const KjAnswer *answer, const char *const *obligations, gboolean differs) {
    if (counting == KJ_COUNTING_TEST && (answer->kind == KJ_ANSWER_PERMIT || answer->kind == KJ_ANSWER_HOLD))
        return FALSE;
    return answer->kind == KJ_ANSWER_LATER || differs || is_wanted(obligations);
}

void kj_record(KjAsker *asker, KjCounting counting, const KjAnswer *answer, const KjAnswer *shadow) {
    const KjSide *side = &asker->active;
    const char *names[OBLIGATIONS_MAX + 1] = { NULL };
    if (!asker->point->log)
        return;
    if (side->request)
        list_obligations(asker, &answer->verdict, names);
    if (!is_logged(counting, answer, names, shadow != NULL))
        return;
    KjRuleView rule = { .file = "" };
    gint64 until = side->edition.table ? kj_table_until(side->edition.table) : 0;
    if (answer->verdict.rule < KJ_RULE_ERROR)
        kj_view_rule(side->edition.table, answer->verdict.rule, &rule);
    g_autofree KjLogValue *values = g_new(KjLogValue, asker->values->len);
    for (guint i = 0; i < asker->values->len; i++) {
        const KjAskedText *value = &g_array_index(asker->values, KjAskedText, i);
        values[i] = (KjLogValue){ value->name, value->at == KJ_ASKED_EMPTY ? NULL : asker->texts->str + value->at };
    }
    KjLogRecord record = {
        .instant = asker->now,
        .protocol = asker->tally.protocol,
        .request = asker->request->len ? asker->request->str : NULL,
        .release = side->edition.release,
        .block = side->name ? side->name : asker->block,
        .domain = side->domain ? side->domain : "",
        .effect = answer->verdict.effect,
        .answer = kj_answer_name(answer->kind),
        .label = answer->verdict.label,
        .emergency = asker->now / G_USEC_PER_SEC < until ? until : 0,
        .file = rule.file,
        .line = rule.line,
        .message = answer->message,
        .obligations = names,
        .values = values,
        .value_count = asker->values->len,
    };
    if (shadow) {
        record.shadow_release = asker->candidate.edition.release;
        record.shadow_effect = shadow->verdict.effect;
        record.shadow_answer = kj_answer_name(shadow->kind);
        record.shadow_label = shadow->verdict.label;
    }
    kj_log_write(asker->point->log, &record);
}
