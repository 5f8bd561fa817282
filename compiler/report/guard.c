/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards as sentences. What `before` and `after` of each kind hold is in analyse/guards.c. */
#include "build.h"

#include <string.h>

static gboolean is_there(KjSpan span) {
    return span.file != G_MAXUINT32;
}

/* Several lines as one, the white space of the source as one space; "" as "none". */
static const char *value(const KjReport *report, const char *text) {
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean space = FALSE;

    for (const char *p = text; *p; p++) {
        gboolean ends = *p == ';' && (p[1] == '\n' || p[1] == '\0'); /* a case ends with its semicolon, and the list has its own */
        if (*p == '\n' && !g_ascii_isspace(p[1])) /* a line that goes on is indented */
            g_string_append(out, out->len ? "; " : "");
        else if (!g_ascii_isspace(*p) && !ends)
            g_string_append_printf(out, "%s%c", space && out->len && out->str[out->len - 1] != ' ' ? " " : "", *p);
        space = g_ascii_isspace(*p);
    }
    return out->len ? kj_report_clean(report->arena, out->str, FALSE) : kj_say(report, KJ_SAY_GUARD_NONE, NULL, NULL, NULL);
}

static const char *enforcement(const KjReport *report, const KjGuard *guard, const char *block, const char *host) {
    const char *target = value(report, guard->weakens ? guard->before : guard->after);

    return strcmp(target, host) == 0 ? kj_say(report, KJ_SAY_ENFORCED, block, target, NULL)
                                     : kj_say(report, KJ_SAY_ENFORCED_ON, block, target, host);
}

static const char *subject(const KjReport *report, const KjGuard *guard) {
    const char *name = kj_report_clean(report->arena, guard->name ? guard->name : "", FALSE);
    const char *block = kj_report_clean(report->arena, guard->block ? guard->block : name, FALSE);

    switch (guard->kind) {
    case KJ_GUARD_ENFORCEMENT:
        return enforcement(report, guard, block, name);
    case KJ_GUARD_MAX_EXCEPTION:
    case KJ_GUARD_STANDARD:
        return kj_say_guard(report, guard->kind, name);
    default: /* a module's tier has no block, but a name */
        return guard->block || guard->kind == KJ_GUARD_TIER
                 ? kj_say(report, KJ_SAY_GUARD_OF, kj_say_guard(report, guard->kind, name), block, NULL)
                 : kj_say_guard(report, guard->kind, name);
    }
}

static const char *headline(const KjReport *report, const KjGuard *guard) {
    const char *what = subject(report, guard), *before = value(report, guard->before), *after = value(report, guard->after);
    gboolean was = is_there(guard->old_span), is = is_there(guard->new_span);

    if (was && !is)
        return kj_say(report, KJ_SAY_GUARD_GONE, what, NULL, NULL);
    if (!was && is && guard->kind == KJ_GUARD_EXCEPTION)
        return kj_say(report, KJ_SAY_GUARD_NEW_AS, what, kj_say(report, KJ_SAY_UNTIL, after, NULL, NULL), NULL);
    if (!was && is)
        return kj_say(report, KJ_SAY_GUARD_NEW, what, NULL, NULL);
    if (guard->kind == KJ_GUARD_TEST || guard->kind == KJ_GUARD_PROOF)
        return guard->weakens ? kj_say(report, KJ_SAY_GUARD_LESS, what, before, NULL)
                              : kj_say(report, KJ_SAY_GUARD_MORE, what, after, NULL);
    return kj_say(report, KJ_SAY_GUARD_CHANGED, what, before, after);
}

KjReportGuard *kj_report_guard(const KjReport *report, const KjGuard *guard) {
    KjReportGuard *told = kj_arena_new0(report->arena, KjReportGuard);

    told->guard = guard;
    told->tone = guard->weakens ? KJ_TONE_WEAKER : KJ_TONE_STRONGER;
    told->mark = kj_say_tone(report, told->tone);
    told->headline = kj_say_capital(report, headline(report, guard));
    told->old_place = kj_report_place(report, FALSE, guard->old_span);
    told->new_place = kj_report_place(report, TRUE, guard->new_span);
    return told;
}
