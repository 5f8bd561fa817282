/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every exception is told: what has ended, what ends soon, what excuses nothing, what lasts longer than the standard allows, and what is simply alive.
 *
 * An exception is unneeded when no request, at any instant until its end, is excused by it and by no other: without it the block keeps to the standard
 * just as well. Whether that is so is asked of the same walk that proves conformance (breaches.h); an exception about which the answer is not known counts
 * as needed. `max_exception` is that of the standard, and of each that it conforms to, because the exception excuses from those too; 0 days allow
 * none at all, whatever the date. An exception lasts too long when it ends later than that after the reference day; without one (`build`) only the
 * standards that allow none are judged.
 */
#include "analyse.h"

#include <string.h>

#include <kijun/value.h>

#include "../translate.h"
#include "breaches.h"

#define DAY 86400u

static char *day_text(guint32 day) {
    GString *out = g_string_new(NULL);

    kj_value_print(KJ_TYPE_DATE, kj_ordinal_number(day), out);
    return g_string_free(out, FALSE);
}

/* ---- how long ---- */

/* The days `max_exception` of a standard allows. FALSE: it says nothing. */
static gboolean days_allowed(const KjBlock *standard, guint64 *days) {
    guint64 seconds;
    const char *problem;

    for (guint i = 0; i < standard->setting_count; i++) {
        const char *value = standard->settings[i].value;
        if (strcmp(standard->settings[i].name, "max_exception") != 0 || !kj_value_read_duration(value, strlen(value), &seconds, &problem))
            continue;
        *days = seconds / DAY;
        return TRUE;
    }
    return FALSE;
}

static KjSpan setting_span(const KjBlock *standard) {
    for (guint i = 0; i < standard->setting_count; i++) {
        if (strcmp(standard->settings[i].name, "max_exception") == 0)
            return standard->settings[i].span;
    }
    return standard->span;
}

/* The standard, of this one and those it conforms to, whose limit the exception breaks first; NULL: none. */
static const KjBlock *too_long_for(const KjBlock *standard, const KjException *exception, const KjAnalysis *analysis) {
    const KjBlock *other;
    guint64 days;

    if (days_allowed(standard, &days) && (days == 0 || (!analysis->undated && exception->until_day > analysis->day + days)))
        return standard;
    for (guint i = 0; i < standard->conformance_count; i++) {
        other = too_long_for(standard->conformances[i].standard, exception, analysis);
        if (other)
            return other;
    }
    return NULL;
}

/* FALSE when it is too long, which was reported. */
static gboolean check_length(const KjException *exception, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    const KjBlock *standard = too_long_for(exception->standard, exception, analysis);
    KjDiagnostic *diagnostic;
    g_autofree char *last = NULL;
    guint64 days = 0;

    if (!standard)
        return TRUE;
    days_allowed(standard, &days);
    diagnostic = kj_report(diagnostics, KJ_CODE_EXCEPTION_TOO_LONG, exception->span, exception->id, standard->name);
    kj_report_related(diagnostic, setting_span(standard), _("what the standard allows"));
    if (days == 0) {
        kj_report_help(diagnostic, _("`%s` allows no exception; delete it and change what it excuses"), standard->name);
    } else {
        last = day_text(analysis->day + (guint32)MIN(days, G_MAXUINT32 - analysis->day));
        kj_report_help(diagnostic, _("write `until %s` or earlier"), last);
    }
    return FALSE;
}

void kj_check_exception_lengths(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    for (const KjException *exception = policy->exceptions; exception; exception = exception->next)
        check_length(exception, analysis, diagnostics);
}

/* ---- what for ---- */

typedef struct {
    KjBreaches *breaches;
    gboolean known; /* so far that nothing is excused */
} Need;

static gboolean look_for_need(const KjBreach *breach, gpointer data) {
    Need *need = data;

    need->known = kj_breaches_find(need->breaches, breach, NULL, NULL, NULL) == KJ_WALK_DONE;
    return need->known;
}

static gboolean is_unneeded(KjBreaches *breaches, const KjException *exception) {
    Need need = { breaches, TRUE };

    return !breaches->problem && kj_breaches_each(breaches, exception, look_for_need, &need) && need.known;
}

static void report_end(const KjException *exception, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    g_autofree char *last = day_text(exception->until_day);
    KjDiagnostic *diagnostic;

    if (exception->until_day < analysis->day) {
        diagnostic = kj_report(diagnostics, KJ_CODE_EXCEPTION_EXPIRED, exception->span, exception->id, last);
        if (exception->rule)
            kj_report_help(diagnostic, _("delete it together with the rule `%s`, which is gone since then"), exception->rule->label);
        else
            kj_report_help(diagnostic, _("delete it; the standard holds again since then"));
    } else if (exception->until_day - analysis->day <= analysis->soon) {
        diagnostic = kj_report(diagnostics, KJ_CODE_EXCEPTION_EXPIRING, exception->span, exception->id, last,
                               exception->until_day - analysis->day);
        if (exception->rule)
            kj_report_help(diagnostic, _("from the next day on the rule `%s` is gone; whoever needs it longer asks again"),
                           exception->rule->label);
        else
            kj_report_help(diagnostic, _("from the next day on `%s` holds again; whoever needs it longer asks again"),
                           exception->standard->name);
    } else {
        kj_report(diagnostics, KJ_CODE_EXCEPTION_LIVE, exception->span, exception->id, exception->standard->name, last);
    }
}

static void report_exception(KjBreaches *breaches, const KjException *exception, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    if (!check_length(exception, analysis, diagnostics))
        return;
    if (exception->until_day >= analysis->day && is_unneeded(breaches, exception))
        kj_report_help(kj_report(diagnostics, KJ_CODE_EXCEPTION_UNNEEDED, exception->span, exception->id), _("delete it"));
    else
        report_end(exception, analysis, diagnostics);
}

void kj_find_exceptions(const KjPolicy *policy, const KjAnalysis *analysis, KjDiagnostics *diagnostics) {
    for (const KjBlock *block = policy->blocks; block; block = block->next) {
        g_autoptr(KjBreaches) breaches = NULL;

        for (const KjException *exception = policy->exceptions; exception; exception = exception->next) {
            if (exception->block != block)
                continue;
            breaches = breaches ? breaches : kj_breaches_new(policy, block);
            report_exception(breaches, exception, analysis, diagnostics);
        }
    }
}
