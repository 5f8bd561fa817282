/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See differential.h. Each thing to hold is a check: a function from a text to what is wrong with it, or NULL. The same function finds the
 * failure and guides the minimiser, so a minimal policy always still fails in the way that was found.
 */
#include "differential.h"

#include <string.h>

#include "evaluate.h"
#include "format_check.h"

#define EVALUATORS_MOST 8
#define REQUESTS_REORDERED 8 /* requests on which reordered text is compared */

/* ---- a policy with everything that can decide by it ---- */

typedef struct {
    KjCompilation *compilation;
    KjRandomDecider *deciders[EVALUATORS_MOST];
} Opened;

static void opened_clear(Opened *opened) {
    for (guint i = 0; i < EVALUATORS_MOST; i++)
        g_clear_pointer(&opened->deciders[i], kj_random_decider_free);
    g_clear_pointer(&opened->compilation, kj_compilation_free);
}

/* NULL, or why the text cannot be used. */
static char *open_text(Opened *opened, const char *text) {
    char *problem = NULL;

    *opened = (Opened){ 0 };
    opened->compilation = kj_random_compile(text, &problem);
    for (guint i = 0; !problem && kj_random_evaluators[i].name; i++)
        opened->deciders[i] = kj_random_decider_new(&kj_random_evaluators[i], opened->compilation, &problem);
    return problem;
}

/* NULL, or how the answers differ. `first`, if given, gets the reference's answer. */
static char *compare_answers(const Opened *opened, const KjRandomRequest *request, KjRandomAnswer *first) {
    KjRandomAnswer answers[EVALUATORS_MOST] = { 0 };
    g_autoptr(GString) told = g_string_new("answers differ");
    gboolean differ = FALSE;
    guint count = 0;

    for (; opened->deciders[count]; count++) {
        kj_random_decide(opened->deciders[count], request, &answers[count]);
        differ = differ || !kj_random_answer_equal(&answers[0], &answers[count]);
    }
    for (guint i = 0; i < count; i++) {
        g_autofree char *answer = kj_random_answer_describe(&answers[i]);

        g_string_append_printf(told, "\n  %s: %s", kj_random_evaluators[i].name, answer);
        if (i > 0 || !first)
            kj_random_answer_clear(&answers[i]);
    }
    if (first)
        *first = answers[0];
    return differ ? g_string_free(g_steal_pointer(&told), FALSE) : NULL;
}

/* ---- checks on a text ---- */

typedef struct Trial Trial;
struct Trial {
    char *(*check)(const Trial *trial, const char *text);
    char *kind; /* the first word or code of what was wrong; a smaller policy must be wrong in the same way */
    const KjRandomPolicy *policy;
    KjRandomRequest *request;
    guint64 seed;
};

static char *check_opens(const Trial *trial, const char *text) {
    Opened opened;
    char *problem = open_text(&opened, text);

    (void)trial;
    opened_clear(&opened);
    return problem;
}

static char *check_answers(const Trial *trial, const char *text) {
    Opened opened;
    g_autofree char *unusable = open_text(&opened, text);
    char *problem = unusable ? NULL : compare_answers(&opened, trial->request, NULL);

    opened_clear(&opened);
    return problem;
}

static char *check_format(const Trial *trial, const char *text) {
    (void)trial;
    return kj_random_check_format(text);
}

static char *check_comments(const Trial *trial, const char *text) {
    return kj_random_check_comments(text, trial->seed);
}

/* ---- minimising and telling ---- */

/* What is wrong up to the first line break or colon: "KJ0207", "answers differ". */
static char *kind_of(const char *problem) {
    return g_strndup(problem, strcspn(problem, ":\n"));
}

static gboolean fails_alike(const char *text, void *data) {
    const Trial *trial = data;
    g_autofree char *problem = trial->check(trial, text), *kind = problem ? kind_of(problem) : NULL;

    return kind && strcmp(kind, trial->kind) == 0;
}

static void minimise_request(Trial *trial, const char *text) {
    KjRandomRequest *request = trial->request;

    for (guint i = request->names->len; i > 0; i--) {
        gpointer name = g_ptr_array_steal_index(request->names, i - 1), value = g_ptr_array_steal_index(request->texts, i - 1);

        if (fails_alike(text, trial)) {
            g_free(name);
            g_free(value);
        } else {
            g_ptr_array_insert(request->names, (int)i - 1, name);
            g_ptr_array_insert(request->texts, (int)i - 1, value);
        }
    }
    if (request->has_instant) {
        request->has_instant = FALSE;
        request->has_instant = !fails_alike(text, trial);
    }
}

static void tell(Trial *trial, const char *problem, GString *report) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *last = NULL, *asked = NULL;

    trial->kind = kind_of(problem);
    kj_piece_minimise(trial->policy->file, fails_alike, trial);
    kj_piece_render(trial->policy->file, text);
    if (trial->request)
        minimise_request(trial, text->str);
    last = trial->check(trial, text->str);
    asked = trial->request ? kj_random_request_describe(trial->request) : NULL;
    g_string_append_printf(report, "domain %s, seed %" G_GUINT64_FORMAT ": %s\n----\n%s----\n%s%s", trial->policy->domain->name,
                           trial->policy->seed, last ? last : problem, text->str, asked ? asked : "", asked ? "\n" : "");
    g_free(trial->kind);
}

/* ---- order ---- */

static void reverse(GPtrArray *pieces, guint count) {
    for (guint i = 0; i < count / 2; i++) {
        gpointer swap = pieces->pdata[i];
        pieces->pdata[i] = pieces->pdata[count - 1 - i];
        pieces->pdata[count - 1 - i] = swap;
    }
}

/* The text with its declarations, or the items of its block, in reverse order. */
static char *reversed_text(const KjRandomPolicy *policy, gboolean items) {
    const KjPiece *block = policy->file->children->pdata[policy->file->children->len - 1];
    GPtrArray *pieces = items ? block->children : policy->file->children;
    GString *text = g_string_new(NULL);

    reverse(pieces, pieces->len);
    kj_piece_render(policy->file, text);
    reverse(pieces, pieces->len);
    return g_string_free(text, FALSE);
}

/* The order of declarations means nothing; that of rules only names a rule, unless the first match decides. */
static char *check_order(const KjRandomPolicy *policy, const Opened *opened, gboolean items) {
    g_autofree char *text = reversed_text(policy, items), *problem = NULL;
    g_autoptr(KjCompilation) compilation = kj_random_compile(text, &problem);
    g_autoptr(KjRandomDecider) decider = problem ? NULL : kj_random_decider_new(&kj_random_evaluators[0], compilation, &problem);
    gboolean differ = FALSE;

    for (guint i = 0; !problem && i < REQUESTS_REORDERED; i++) {
        g_autoptr(KjRandomRequest) request = kj_random_request_new(policy, i);
        KjRandomAnswer one, other;

        kj_random_decide(opened->deciders[0], request, &one);
        kj_random_decide(decider, request, &other);
        differ = differ || one.outcome != other.outcome || (!items && !kj_random_answer_equal(&one, &other));
        if (policy->domain->combining == KJ_COMBINING_STRICTEST)
            differ = differ || strcmp(one.effect, other.effect) != 0;
        kj_random_answer_clear(&one);
        kj_random_answer_clear(&other);
    }
    if (!problem && !differ)
        return NULL;
    return g_strdup_printf("the order of %s matters\n%s\n%s", items ? "rules" : "declarations", problem ? problem : "", text);
}

/* ---- one policy ---- */

static gboolean decide_all(const KjRandomPolicy *policy, const Opened *opened, guint requests, KjRandomStatistics *statistics,
                           GString *report) {
    for (guint i = 0; i < requests; i++) {
        KjRandomRequest *request = kj_random_request_new(policy, i);
        Trial trial = { .check = check_answers, .policy = policy, .request = request };
        KjRandomAnswer answer;
        g_autofree char *problem = compare_answers(opened, request, &answer);

        if (statistics)
            kj_random_statistics_count(statistics, policy->domain, request, answer.effect, answer.label);
        kj_random_answer_clear(&answer);
        if (problem)
            tell(&trial, problem, report);
        kj_random_request_free(request);
        if (problem)
            return FALSE;
    }
    return TRUE;
}

static gboolean hold_text(const KjRandomPolicy *policy, char *(*check)(const Trial *, const char *), GString *report) {
    Trial trial = { .check = check, .policy = policy, .seed = policy->seed };
    g_autofree char *problem = check(&trial, policy->text);

    if (problem)
        tell(&trial, problem, report);
    return problem == NULL;
}

static gboolean hold_order(const KjRandomPolicy *policy, const Opened *opened, GString *report) {
    for (guint items = 0; items < (policy->domain->combining == KJ_COMBINING_FIRST_MATCH ? 1 : 2); items++) {
        g_autofree char *problem = check_order(policy, opened, items == 1);

        if (problem) {
            g_string_append_printf(report, "domain %s, seed %" G_GUINT64_FORMAT ": %s\n", policy->domain->name, policy->seed, problem);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean kj_random_try(const KjDomain *domain, guint64 seed, guint requests, KjRandomStatistics *statistics, GString *report) {
    g_autoptr(KjRandomPolicy) policy = kj_random_policy_new(domain, seed);
    Opened opened;
    g_autofree char *problem = open_text(&opened, policy->text);
    gboolean held;

    if (problem) {
        Trial trial = { .check = check_opens, .policy = policy };

        tell(&trial, problem, report);
        opened_clear(&opened);
        return FALSE;
    }
    if (statistics)
        kj_random_statistics_policy(statistics, domain, opened.compilation->policy->blocks->rule_count);
    held = decide_all(policy, &opened, requests, statistics, report) && hold_order(policy, &opened, report) &&
           hold_text(policy, check_format, report) && hold_text(policy, check_comments, report);
    opened_clear(&opened);
    return held;
}
