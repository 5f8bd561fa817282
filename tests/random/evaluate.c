/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See evaluate.h. The table side goes the way a caller goes: build, open from bytes (which verifies), set texts, decide; it never looks at
 * the checked tree. A setter's failure is ignored on purpose: the request must then decide to an error by itself.
 */
#include "evaluate.h"

#include <string.h>

#include <kijun/view.h>

const KjRandomEvaluator kj_random_evaluators[] = {
    { "reference", FALSE, FALSE },
    { "table, optimised", TRUE, TRUE },
    { "table, plain", TRUE, FALSE },
    { NULL, FALSE, FALSE },
};

struct KjRandomDecider {
    const KjBlock *block;
    KjTable *table; /* NULL: the reference */
    KjRequest *request;
};

void kj_random_answer_clear(KjRandomAnswer *answer) {
    g_clear_pointer(&answer->effect, g_free);
    g_clear_pointer(&answer->label, g_free);
    g_clear_pointer(&answer->problem, g_free);
    g_clear_pointer(&answer->matched, g_free);
}

gboolean kj_random_answer_equal(const KjRandomAnswer *a, const KjRandomAnswer *b) {
    return a->outcome == b->outcome && strcmp(a->effect, b->effect) == 0 && strcmp(a->label, b->label) == 0 &&
           strcmp(a->matched, b->matched) == 0 && !a->problem == !b->problem;
}

char *kj_random_answer_describe(const KjRandomAnswer *answer) {
    return g_strdup_printf("%s by %s, outcome %08x, together:%s%s%s", answer->effect, answer->label, answer->outcome, answer->matched,
                           answer->problem ? "; " : "", answer->problem ? answer->problem : "");
}

static gboolean open_table(KjRandomDecider *decider, const KjPolicy *policy, KjDiagnostics *diagnostics, const KjSources *sources, gboolean optimise,
                           char **problem) {
    g_autoptr(GBytes) bytes = kj_build(policy, optimise, diagnostics);
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
    g_autoptr(GString) told = g_string_new(NULL);

    if (!bytes) {
        kj_diagnostics_print_text(diagnostics, sources, FALSE, told);
        *problem = g_strconcat("the table was not built:\n", told->str, NULL);
        return FALSE;
    }
    decider->table = kj_table_new(data, length, &error);
    if (!decider->table) {
        *problem = g_strdup_printf("the table was not opened: %s", error->message);
        return FALSE;
    }
    decider->request = kj_request_new(decider->table, 0);
    return TRUE;
}

KjRandomDecider *kj_random_decider_new(const KjRandomEvaluator *evaluator, KjCompilation *compilation, char **problem) {
    return kj_random_decider_of(evaluator, compilation->policy, compilation->diagnostics, compilation->sources, problem);
}

KjRandomDecider *kj_random_decider_of(const KjRandomEvaluator *evaluator, const KjPolicy *policy, KjDiagnostics *diagnostics, const KjSources *sources,
                                      char **problem) {
    KjRandomDecider *decider = g_new0(KjRandomDecider, 1);

    decider->block = policy->blocks;
    if (!evaluator->table || open_table(decider, policy, diagnostics, sources, evaluator->optimise, problem))
        return decider;
    kj_random_decider_free(decider);
    return NULL;
}

void kj_random_decider_free(KjRandomDecider *decider) {
    if (!decider)
        return;
    kj_request_free(decider->request);
    g_clear_pointer(&decider->table, kj_table_unref);
    g_free(decider);
}

static void ask_reference(const KjBlock *block, const KjRandomRequest *request, KjRandomAnswer *answer) {
    guint count = request->names->len;
    g_autofree KjFieldText *values = g_new0(KjFieldText, count + 1);
    g_autoptr(GString) matched = g_string_new(NULL);
    KjReferenceVerdict verdict;

    for (guint i = 0; i < count; i++)
        values[i] = (KjFieldText){ request->names->pdata[i], request->texts->pdata[i] };
    kj_reference_decide(block, values, count, request->has_instant, request->instant, &verdict);
    for (guint i = 0; i < verdict.matched->len; i++)
        g_string_append_printf(matched, " %s", ((const KjRule *)verdict.matched->pdata[i])->label);
    *answer = (KjRandomAnswer){ verdict.outcome, g_strdup(verdict.effect), g_strdup(verdict.label), g_strdup(verdict.problem),
                                g_string_free(g_steal_pointer(&matched), FALSE) };
    kj_reference_verdict_clear(&verdict);
}

static void set_fields(KjRandomDecider *decider, const KjRandomRequest *request) {
    kj_request_clear(decider->request);
    for (guint i = 0; i < request->names->len; i++) {
        int field = kj_table_find_field(decider->table, 0, request->names->pdata[i]);

        if (request->texts->pdata[i])
            kj_request_set_text(decider->request, field, request->texts->pdata[i], -1, NULL);
        else
            kj_request_set_empty(decider->request, field, NULL);
    }
    if (request->has_instant)
        kj_request_set_instant(decider->request, request->instant);
}

static void ask_table(KjRandomDecider *decider, const KjRandomRequest *request, KjRandomAnswer *answer) {
    KjVerdict verdict = { .size = sizeof verdict };
    g_autoptr(GString) matched = g_string_new(NULL);

    set_fields(decider, request);
    kj_decide(decider->request, &verdict);
    for (guint i = 0; i < verdict.matched; i++) {
        KjRuleView rule;

        kj_view_rule(decider->table, kj_request_matched_rule(decider->request, i), &rule);
        g_string_append_printf(matched, " %s", rule.label);
    }
    *answer = (KjRandomAnswer){ verdict.outcome, g_strdup(verdict.effect), g_strdup(verdict.label), g_strdup(verdict.problem),
                                g_string_free(g_steal_pointer(&matched), FALSE) };
}

void kj_random_decide(KjRandomDecider *decider, const KjRandomRequest *request, KjRandomAnswer *answer) {
    if (decider->table)
        ask_table(decider, request, answer);
    else
        ask_reference(decider->block, request, answer);
}
