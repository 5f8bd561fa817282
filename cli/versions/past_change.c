/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "past_change.h"

#include <string.h>

enum { LINES_TOLD = 6 /* of one block */ };

struct KjPastChange {
    KjCompilation *nothing; /* what was before the first release */
    KjChange *change;
    KjReport *report;
};

KjPastChange *kj_past_change_new(const KjWorkspace *before, const KjWorkspace *after, gint64 date) {
    KjPastChange *past = g_new0(KjPastChange, 1);
    if (!before) {
        past->nothing = kj_compilation_new();
        kj_compilation_compile(past->nothing);
    }
    const KjChangeOptions options = { .now = date, .most = LINES_TOLD };
    past->change = kj_change_new((before ? before->compilation : past->nothing)->policy, after->compilation->policy, &options);
    const KjReportOptions said = { .language = kj_cli_language(), .version = PACKAGE_VERSION, .old_path = "", .new_path = "" };
    past->report = kj_report_new(past->change, &said);
    return past;
}

void kj_past_change_free(KjPastChange *past) {
    if (!past)
        return;
    kj_report_free(past->report);
    kj_change_free(past->change);
    g_clear_pointer(&past->nothing, kj_compilation_free);
    g_free(past);
}

static void add_guards(GArray *lines, const GPtrArray *guards, const char *block) {
    for (guint i = 0; i < guards->len; i++) {
        const KjReportGuard *guard = guards->pdata[i];
        KjPastLine line = { guard->mark, guard->headline, NULL, NULL };
        if (g_strcmp0(guard->guard->block, block) == 0)
            g_array_append_val(lines, line);
    }
}

GArray *kj_past_change_lines(const KjPastChange *past, const char *unit) {
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(KjPastLine));
    const KjReportBlock *block = kj_report_find(past->report, unit);
    for (guint i = 0; block && i < block->changes->len; i++) {
        const KjReportChange *change = block->changes->pdata[i];
        KjPastLine line = { change->mark, change->headline, change->old_rule.rule ? change->old_rule.rule->label : "default",
                            change->new_rule.rule ? change->new_rule.rule->label : "default" };
        g_array_append_val(lines, line);
    }
    if (block)
        add_guards(lines, block->guards, unit);
    add_guards(lines, past->report->guards, unit);
    return lines;
}

GArray *kj_past_change_guards(const KjPastChange *past) {
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(KjPastLine));
    add_guards(lines, past->report->guards, NULL);
    return lines;
}

const char *kj_past_change_more(const KjPastChange *past, const char *unit) {
    const KjReportBlock *block = kj_report_find(past->report, unit);
    return block ? block->more : NULL;
}
