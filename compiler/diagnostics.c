/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Collecting diagnostics. A diagnostic is a code, a span and a sentence; the sentence is formatted (and translated) when it is
 * reported, because its arguments do not live longer, and everything else is worked out when it is printed (diagnostics_*.c).
 *
 * Errors, warnings and notes are capped separately, so that a flood of the one cannot hide the other. Past the cap a report is
 * counted and nothing more: callers get one scrap object that forgets what it is told, so they never have to ask whether theirs was kept.
 */
#include "diagnostics_private.h"

#include <stdarg.h>

#include "codes.h"
#include "limits.h"

static void
diagnostic_free(gpointer data)
{
    KjDiagnostic *diagnostic = data;

    g_free(diagnostic->message);
    g_free(diagnostic->help);
    for (guint i = 0; i < diagnostic->related_count; i++)
        g_free(diagnostic->related[i].message);
    g_free(diagnostic->related);
    for (guint i = 0; i < diagnostic->fix_count; i++)
        g_free(diagnostic->fixes[i].replacement);
    g_free(diagnostic->fixes);
    g_free(diagnostic);
}

KjDiagnostics *
kj_diagnostics_new(void)
{
    KjDiagnostics *diagnostics = g_new0(KjDiagnostics, 1);

    diagnostics->list = g_ptr_array_new_with_free_func(diagnostic_free);
    return diagnostics;
}

void
kj_diagnostics_free(KjDiagnostics *diagnostics)
{
    if (diagnostics == NULL)
        return;
    g_ptr_array_unref(diagnostics->list);
    g_free(diagnostics);
}

KjDiagnostic *
kj_report_list(KjDiagnostics *diagnostics, KjCode code, KjSpan span, va_list arguments)
{
    const KjCodeEntry *entry = kj_code_find(code);
    guint *count = &diagnostics->counts[entry->severity];
    KjDiagnostic *diagnostic;

    if ((*count)++ >= (entry->severity == KJ_SEVERITY_ERROR ? KJ_LIMIT_ERRORS : KJ_LIMIT_WARNINGS))
        return &diagnostics->scrap;
    diagnostic = g_new0(KjDiagnostic, 1);
    g_ptr_array_add(diagnostics->list, diagnostic);
    diagnostic->code = code;
    diagnostic->severity = entry->severity;
    diagnostic->span = span;
    diagnostic->message = g_strdup_vprintf(_(entry->message), arguments);
    return diagnostic;
}

KjDiagnostic *
kj_report(KjDiagnostics *diagnostics, KjCode code, KjSpan span, ...)
{
    KjDiagnostic *diagnostic;
    va_list arguments;

    va_start(arguments, span);
    diagnostic = kj_report_list(diagnostics, code, span, arguments);
    va_end(arguments);
    return diagnostic;
}

KjDiagnostic *
kj_report_scrap(KjDiagnostics *diagnostics)
{
    return &diagnostics->scrap;
}

void
kj_report_related(KjDiagnostic *diagnostic, KjSpan span, const char *message)
{
    if (diagnostic->severity == 0)
        return;
    diagnostic->related = g_renew(KjRelated, diagnostic->related, diagnostic->related_count + 1);
    diagnostic->related[diagnostic->related_count++] = (KjRelated){ span, g_strdup(message) };
}

void
kj_report_help(KjDiagnostic *diagnostic, const char *format, ...)
{
    va_list arguments;

    if (diagnostic->severity == 0)
        return;
    g_free(diagnostic->help);
    va_start(arguments, format);
    diagnostic->help = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

void
kj_report_fix(KjDiagnostic *diagnostic, KjSpan span, const char *replacement)
{
    if (diagnostic->severity == 0)
        return;
    diagnostic->fixes = g_renew(KjFix, diagnostic->fixes, diagnostic->fix_count + 1);
    diagnostic->fixes[diagnostic->fix_count++] = (KjFix){ span, g_strdup(replacement), diagnostic->code };
}

GArray *
kj_diagnostics_fixes(const KjDiagnostics *diagnostics)
{
    g_autoptr(GPtrArray) sorted = kj_diagnostics_in_order(diagnostics);
    GArray *fixes = g_array_new(FALSE, FALSE, sizeof(KjFix));

    for (guint i = 0; i < sorted->len; i++) {
        const KjDiagnostic *diagnostic = sorted->pdata[i];

        g_array_append_vals(fixes, diagnostic->fixes, diagnostic->fix_count);
    }
    return fixes;
}

guint
kj_diagnostics_errors(const KjDiagnostics *diagnostics)
{
    return diagnostics->counts[KJ_SEVERITY_ERROR];
}

guint
kj_diagnostics_warnings(const KjDiagnostics *diagnostics)
{
    return diagnostics->counts[KJ_SEVERITY_WARNING];
}

const char *
kj_severity_name(KjSeverity severity)
{
    static const char *const names[] = {
        [KJ_SEVERITY_NOTE] = N_("note"), [KJ_SEVERITY_WARNING] = N_("warning"), [KJ_SEVERITY_ERROR] = N_("error")
    };

    return names[severity];
}

/* ---- did you mean ---- */

/* Levenshtein's distance with neighbours that change places counted once (optimal string alignment), over code points. Gives up, with
 * limit + 1, as soon as a whole row is beyond `limit`. `rows` has room for three. Cost: the product of the lengths. */
static glong
edit_distance(glong *rows, const gunichar *a, glong a_length, const gunichar *b, glong b_length, glong limit)
{
    glong *before = rows, *last = rows + b_length + 1, *row = last + b_length + 1;

    if (ABS(a_length - b_length) > limit)
        return limit + 1;
    for (glong j = 0; j <= b_length; j++)
        last[j] = j;
    for (glong i = 1; i <= a_length; i++) {
        glong least = row[0] = i;

        for (glong j = 1; j <= b_length; j++) {
            row[j] = MIN(MIN(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], before[j - 2] + 1);
            least = MIN(least, row[j]);
        }
        if (least > limit)
            return limit + 1;
        glong *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

const char *
kj_did_you_mean(const char *word, const char *const *candidates)
{
    glong length, best;
    g_autofree gunichar *wide = g_utf8_to_ucs4_fast(word, -1, &length);
    const char *nearest = NULL;

    best = length / 3 + 1;
    for (; *candidates != NULL; candidates++) {
        glong candidate_length, distance;
        g_autofree gunichar *candidate = g_utf8_to_ucs4_fast(*candidates, -1, &candidate_length);
        g_autofree glong *rows = g_new(glong, 3 * (candidate_length + 1));

        distance = edit_distance(rows, wide, length, candidate, candidate_length, best - 1);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}

gboolean
kj_diagnostics_has(const KjDiagnostics *diagnostics, KjCode code)
{
    for (guint i = 0; i < diagnostics->list->len; i++)
        if (((const KjDiagnostic *)diagnostics->list->pdata[i])->code == code)
            return TRUE;
    return FALSE;
}
