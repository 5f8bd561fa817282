/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that no request reaches.
 *
 * A rule is dead when it decides at no point of any aspect: others that stand before it, or are stricter, take all of its requests, or there are none, because
 * its conditions contradict each other. Where the strictest rule decides, one that is never named may still add an obligation, and then it is not dead.
 * Where all rules add up, each that matches is reached. At every point some rule that is not dead decides, so all dead rules may be deleted together.
 *
 * With a dead rule goes a set of rules that cover it and of which none can be spared: without any one of them it would be reached. Which
 * of several such sets it is, is arbitrary; the rules written first are preferred.
 *
 * The rules of a standard do not decide, each of them is met by a block: only what matches no request is told of them.
 *
 * The fix-it deletes the rule only where that is what an author would do in any case: all that cover it decide as it does. Where they do not, the rule more
 * likely stands in the wrong place, and only its author can know.
 */
#include "findings.h"

#include "../progress.h"
#include "../translate.h"

#include <string.h>

#define COVER_TOLD 16u /* covering rules shown; more are only counted */

/* Whether the rule has a say in this aspect that is its own. */
static gboolean matters(KjFindings *findings, guint aspect, guint rule) {
    guint32 place = kj_findings_place(findings, aspect, rule);

    if (place == KJ_CASE_NONE)
        return FALSE;
    /* An obligation that the rule does not carry it cannot add; and where it does not decide, it does not take it away. */
    return aspect == 0 || findings->block->domain->combining != KJ_COMBINING_STRICTEST ||
           kj_decisions_get(findings->decisions, kj_cases_get(kj_findings_cases(findings, aspect), place)->decision)->obligations[0];
}

/* ---- does it decide anywhere ---- */

static gboolean decides_at_random(KjFindings *findings, guint aspect, guint32 place) {
    const KjCases *cases = kj_findings_cases(findings, aspect);
    guint32 *point = g_newa(guint32, kj_universe_dimension(findings->universe)), state = 2463534242u;
    guint count = kj_cases_get(cases, place)->box_count;

    for (guint i = 0; count && i < KJ_FINDINGS_TRIES; i++) {
        if (kj_findings_point(findings, kj_findings_box(cases, place, i % count), &state, point) && kj_cases_at(cases, point) == place)
            return TRUE;
    }
    return FALSE;
}

/* Whether any point of the rule lies outside of the boxes before it, but for those of rules marked in `left_out`. DONE: none does. */
static KjWalkEnd find_outside(KjFindings *findings, guint aspect, guint rule, const guint8 *left_out) {
    const KjCases *cases = kj_findings_cases(findings, aspect);
    guint32 place = kj_findings_place(findings, aspect, rule);
    KjWalkEnd end = KJ_WALK_DONE;

    for (guint i = 0; i < kj_cases_get(cases, place)->box_count && end != KJ_WALK_STOPPED; i++) {
        const KjBox *box = kj_findings_box(cases, place, i);
        g_autoptr(GPtrArray) without = kj_findings_before(findings, aspect, place, box, left_out);
        KjWalk walk = { .start = box, .without = without };
        KjWalkEnd here = kj_findings_find(findings, &walk, &findings->block->rules[rule], NULL, NULL);

        if (here != KJ_WALK_DONE)
            end = here;
    }
    return end;
}

/* Whether it matches no request. */
static gboolean is_impossible(KjFindings *findings, guint rule) {
    g_autofree guint8 *left_out = g_malloc(findings->block->rule_count + 1);

    memset(left_out, TRUE, findings->block->rule_count + 1);
    return find_outside(findings, 0, rule, left_out) == KJ_WALK_DONE;
}

static gboolean is_dead(KjFindings *findings, guint rule) {
    if (findings->block->standard || findings->block->domain->combining == KJ_COMBINING_ADD_UP)
        return is_impossible(findings, rule);
    for (guint i = 0; i < findings->aspects->len; i++) {
        if (matters(findings, i, rule) && (decides_at_random(findings, i, kj_findings_place(findings, i, rule)) ||
                                           find_outside(findings, i, rule, NULL) != KJ_WALK_DONE))
            return FALSE;
    }
    return TRUE;
}

/* ---- what covers it ---- */

/* Marks in `left_out` all but the rules that some walk needs to cover it. */
static void mark_cover(KjFindings *findings, guint aspect, guint rule, guint8 *left_out) {
    const KjCases *cases = kj_findings_cases(findings, aspect);
    guint32 place = kj_findings_place(findings, aspect, rule);

    for (guint i = 0; i < kj_cases_get(cases, place)->box_count; i++) {
        const KjBox *box = kj_findings_box(cases, place, i);
        g_autoptr(GPtrArray) without = g_ptr_array_new();
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32)), cover = NULL;
        KjWalk walk = { .universe = findings->universe, .start = box, .without = without };

        kj_cases_meeting(cases, box, place, numbers);
        for (guint n = 0; n < numbers->len; n++)
            g_ptr_array_add(without, cases->boxes->pdata[g_array_index(numbers, guint32, n)]);
        cover = kj_walk_cover(&walk);
        for (guint n = 0; n < cover->len; n++) {
            guint32 number = g_array_index(numbers, guint32, g_array_index(cover, guint32, n));
            guint32 by = kj_cases_get(cases, g_array_index(cases->box_cases, guint32, number))->rule;

            if (by != KJ_CASE_NONE)
                left_out[by] = FALSE;
        }
    }
}

/* A walk spares no box it does not need. That says the same of rules where each is one box, one box was asked about, and no part of it is an error, which
 * needs no rule. */
static gboolean is_sparing(KjFindings *findings, guint rule, const guint8 *left_out) {
    const KjCases *cases = kj_findings_cases(findings, 0);
    g_autoptr(GArray) errors = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint matter = 0;

    for (guint i = 0; i < findings->aspects->len; i++)
        matter += matters(findings, i, rule);
    for (guint i = 0; i < findings->block->rule_count && matter == 1; i++) {
        if ((i == rule || !left_out[i]) && kj_cases_get(cases, kj_findings_place(findings, 0, i))->box_count != 1)
            return FALSE;
    }
    kj_cases_meeting(cases, kj_findings_box(cases, kj_findings_place(findings, 0, rule), 0), 1, errors);
    return matter == 1 && errors->len == 0;
}

static gboolean is_covered(KjFindings *findings, guint rule, const guint8 *left_out) {
    for (guint i = 0; i < findings->aspects->len; i++) {
        if (matters(findings, i, rule) && find_outside(findings, i, rule, left_out) != KJ_WALK_DONE)
            return FALSE;
    }
    return TRUE;
}

/* The rules that cover a dead one, none of which can be spared. Element type guint32, rising. Free with g_array_unref. */
static GArray *find_cover(KjFindings *findings, guint rule) {
    guint count = findings->block->rule_count;
    g_autofree guint8 *left_out = g_malloc(count + 1);
    GArray *cover = g_array_new(FALSE, FALSE, sizeof(guint32));
    gboolean sparing;

    memset(left_out, TRUE, count + 1);
    for (guint i = 0; i < findings->aspects->len; i++) {
        if (matters(findings, i, rule))
            mark_cover(findings, i, rule, left_out);
    }
    sparing = is_sparing(findings, rule, left_out);
    for (guint i = count; i > 0 && !sparing; i--) { /* the last first: an author looks for what comes early */
        if (left_out[i - 1])
            continue;
        left_out[i - 1] = TRUE;
        left_out[i - 1] = is_covered(findings, rule, left_out);
    }
    for (guint32 i = 0; i < count; i++) {
        if (!left_out[i])
            g_array_append_val(cover, i);
    }
    return cover;
}

/* ---- telling ---- */

/* Whether anything else in the workspace speaks of the rule, so that it cannot just go. */
static gboolean is_named(const KjFindings *findings, const KjRule *rule) {
    for (const KjException *exception = findings->policy->exceptions; exception; exception = exception->next) {
        if (exception->rule == rule)
            return TRUE;
    }
    for (const KjTest *test = findings->policy->tests; test; test = test->next) {
        for (guint i = 0; !test->proof && i < test->count; i++) {
            if (test->cases[i].block == findings->block && g_strcmp0(test->cases[i].label, rule->label) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

/* Rules without a label are counted, so that those behind it would get other labels. */
static gboolean holds_labels_up(const KjBlock *block, const KjRule *rule) {
    for (const KjRule *later = rule + 1; !rule->labelled && later < block->rules + block->rule_count; later++) {
        if (!later->labelled && kj_findings_is_written(later))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_blank(const char *text, guint32 from, guint32 to) {
    for (guint32 i = from; i < to; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return FALSE;
    }
    return TRUE;
}

/* The whole lines of a rule, its documentation with it. FALSE when something else stands on them. */
static gboolean find_lines(const KjSources *sources, KjSpan span, KjSpan *lines) {
    const KjSourceFile *file = kj_sources_file(sources, span.file);
    const char *text = file->text;
    guint32 start = span.start, end = span.end;

    while (start > 0 && text[start - 1] != '\n')
        start--;
    while (end < file->length && text[end] != '\n')
        end++;
    if (!is_blank(text, start, span.start) || !is_blank(text, span.end, end))
        return FALSE;
    while (start > 0) {
        guint32 before = start - 1, word;

        while (before > 0 && text[before - 1] != '\n')
            before--;
        for (word = before; text[word] == ' ' || text[word] == '\t'; word++)
            ;
        if (strncmp(text + word, "##", 2) != 0)
            break;
        start = before;
    }
    *lines = (KjSpan){ span.file, start, MIN(end + 1, (guint32)file->length) };
    return TRUE;
}

static void suggest(KjFindings *findings, const KjRule *rule, const GArray *cover, KjDiagnostic *diagnostic) {
    const KjBlock *block = findings->block;
    const KjRule *first = &block->rules[g_array_index(cover, guint32, 0)];
    gboolean alike = TRUE;
    KjSpan lines;

    for (guint i = 0; i < cover->len; i++)
        alike = alike && block->rules[g_array_index(cover, guint32, i)].effect == rule->effect;
    if (!alike && block->domain->combining == KJ_COMBINING_FIRST_MATCH) {
        kj_report_help(diagnostic, _("move it before `%s`, or delete it"), first->label);
        return;
    }
    if (!alike) {
        kj_report_help(diagnostic, _("stricter rules always apply with it; write `unless` in them, or delete it"));
        return;
    }
    kj_report_help(diagnostic, _("delete it: nothing changes"));
    if (!is_named(findings, rule) && !holds_labels_up(block, rule) && find_lines(findings->policy->sources, rule->item->span, &lines))
        kj_report_fix(diagnostic, lines, "");
}

static void tell_dead(KjFindings *findings, const KjRule *rule, const GArray *cover) {
    KjDiagnostic *diagnostic = kj_report(findings->diagnostics, KJ_CODE_RULE_UNREACHED, rule->span, rule->label);

    for (guint i = 0; i < MIN(cover->len, COVER_TOLD); i++) {
        const KjRule *by = &findings->block->rules[g_array_index(cover, guint32, i)];
        g_autofree char *message = NULL;

        if (i + 1 == COVER_TOLD && cover->len > COVER_TOLD)
            message = g_strdup_printf(_("and so do `%s` and %u more rules"), by->label, cover->len - COVER_TOLD);
        else
            message = g_strdup_printf(cover->len == 1 ? _("`%s` decides all of its requests") : _("`%s` decides some of its requests"),
                                      by->label);
        kj_report_related(diagnostic, by->span, message);
    }
    suggest(findings, rule, cover, diagnostic);
}

static void tell_impossible(KjFindings *findings, guint index) {
    const KjRule *rule = &findings->block->rules[index];

    if (!findings->explained[index])
        kj_report_help(kj_report(findings->diagnostics, KJ_CODE_RULE_IMPOSSIBLE, rule->span, rule->label),
                       _("its clauses, `when`, `unless` and dates hold together for no request; mend or delete it"));
}

void kj_find_dead(KjFindings *findings) {
    static const char work[] = N_("looking for rules that decide nothing");
    guint count = findings->block->rule_count;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) cover = NULL;

        kj_progress(work, findings->block->qualified, i, count);
        findings->dead[i] = is_dead(findings, i);
        if (!findings->dead[i] || !kj_findings_is_written(&findings->block->rules[i]))
            continue;
        cover = is_impossible(findings, i) ? NULL : find_cover(findings, i);
        if (cover)
            tell_dead(findings, &findings->block->rules[i], cover);
        else
            tell_impossible(findings, i);
    }
    kj_progress(work, findings->block->qualified, count, count);
}
