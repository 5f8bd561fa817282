/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a report: who decides on either side, where that stands, what it says; and the changes of rules that change nothing. */
#include "build.h"

#include <string.h>

#include "../sentence.h"

enum { NAMES_TOLD = 12 /* of rules without effect, in one line */ };

static const KjSources *sources_of(const KjReport *report, gboolean new_side) {
    return (new_side ? report->change->new_policy : report->change->old_policy)->sources;
}

/* What a file is called. */
static const char *file_name(const KjReport *report, gboolean new_side, guint32 file) {
    const char *path = !new_side && report->options.old_file && file == 0 ? report->options.old_file
                                                                          : kj_sources_file(sources_of(report, new_side), file)->path;
    return kj_report_clean(report->arena, path, FALSE);
}

const char *kj_report_place(const KjReport *report, gboolean new_side, KjSpan span) {
    guint line, column;

    if (span.file == G_MAXUINT32)
        return NULL;
    kj_sources_position(sources_of(report, new_side), span.file, span.start, &line, &column);
    return kj_arena_printf(report->arena, "%s:%u", file_name(report, new_side, span.file), line);
}

/* ---- one side of a pair ---- */

/* Where the `default` of a block stands; KJ_SPAN_NONE where nobody wrote one. */
static KjSpan default_span(const KjBlock *block) {
    for (const KjAstItem *item = block->declaration ? block->declaration->items : NULL; item; item = item->next)
        if (item->kind == KJ_ITEM_DEFAULT)
            return item->span;
    return KJ_SPAN_NONE;
}

/* As written, but that no line after the first is indented by what the first is. */
static const char *source_text(const KjReport *report, gboolean new_side, KjSpan span) {
    g_autoptr(GString) out = g_string_new(NULL);

    if (span.file == G_MAXUINT32)
        return "";
    const char *text = kj_sources_file(sources_of(report, new_side), span.file)->text;
    gsize indented = 0;
    while (indented < span.start && text[span.start - 1 - indented] == ' ')
        indented++;
    for (const char *p = text + span.start, *end = text + span.end; p < end;) {
        gboolean line_end = *p == '\n';
        g_string_append_c(out, *p++);
        for (gsize blanks = 0; line_end && blanks < indented && p < end && *p == ' '; blanks++)
            p++;
    }
    return kj_report_clean(report->arena, out->str, TRUE);
}

static void append_own_obligations(const KjNote *notes, guint count, GString *out) {
    for (guint i = 0; i < count; i++)
        if (notes[i].obligation && strcmp(notes[i].name, "message") != 0)
            g_string_append_printf(out, " @%s", notes[i].name);
}

/* "limit rate 10/1h per forwarder @log". Where the strictest effect wins, a decision has no obligations of its own; those of the rule that
 * is named are told. */
const char *kj_report_decision(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gboolean new_side) {
    const KjDecision *decision = new_side ? region->new_decision : region->old_decision;
    const KjBlock *version = new_side ? block->new_block : block->old_block;
    const KjRule *rule = new_side ? region->new_rule : region->old_rule;
    g_autoptr(GString) out = g_string_new(NULL);

    if (decision->unasked)
        return kj_say(report, region->again ? KJ_SAY_NOT_ASKED_MORE : KJ_SAY_NOT_ASKED, NULL, NULL, NULL);
    g_string_append(out, block->domain->effects[decision->effect].name);
    if (decision->parameters[0])
        g_string_append_printf(out, " %s", decision->parameters);
    g_auto(GStrv) obligations = g_strsplit(decision->obligations, ", ", -1);
    for (char **each = obligations; *each; each++)
        if (**each)
            g_string_append_printf(out, " %s", *each);
    if (block->domain->combining == KJ_COMBINING_STRICTEST && !region->aspect && !decision->error && version)
        append_own_obligations(rule ? rule->notes : version->default_notes, rule ? rule->note_count : version->default_note_count, out);
    return kj_report_clean(report->arena, out->str, FALSE);
}

void kj_report_rule(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gboolean new_side,
                    KjReportRule *out) {
    const KjBlock *version = new_side ? block->new_block : block->old_block;
    const KjDecision *decision = new_side ? region->new_decision : region->old_decision;
    const KjRule *rule = new_side ? region->new_rule : region->old_rule;
    gboolean new_file = new_side || block->timed;
    KjSpan span = !version || decision->error ? KJ_SPAN_NONE : rule ? rule->span : default_span(version);
    KjSaying none = !version                             ? KJ_SAY_NO_BLOCK
                  : decision->error                      ? KJ_SAY_ERROR
                  : region->again                        ? KJ_SAY_NO_MORE_RULES
                  : version->default_effect == G_MAXUINT ? KJ_SAY_NO_RULE
                                                         : KJ_SAY_DEFAULT;

    *out = (KjReportRule){ .rule = rule, .source = source_text(report, new_file, span), .sentence = "" };
    out->label = rule ? kj_report_clean(report->arena, rule->label, FALSE) : kj_say(report, none, NULL, NULL, NULL);
    out->decision = version ? kj_report_decision(report, block, region, new_side) : out->label;
    if (rule)
        out->sentence = kj_report_clean(report->arena, kj_sentence_rule(report->arena, version, rule, report->options.language), FALSE);
    if (span.file != G_MAXUINT32) {
        guint column;
        out->file = file_name(report, new_file, span.file);
        kj_sources_position(sources_of(report, new_file), span.file, span.start, &out->line, &column);
    }
}

/* ---- without effect ---- */

/* Whether some region names the rule: then it has an effect, which is told. */
static gboolean is_told(const KjBlockChange *block, const KjRule *rule) {
    for (guint i = 0; i < block->regions->len; i++) {
        const KjChangeRegion *region = block->regions->pdata[i];
        if (rule && (region->old_rule == rule || region->new_rule == rule))
            return TRUE;
    }
    return FALSE;
}

/* `web`, or `web` -> `www`; "" when it is not of the kind, or has an effect. */
static const char *name_of(const KjReport *report, const KjBlockChange *block, const KjRuleChange *change, KjRuleChangeKind kind) {
    const char *before = change->old_rule ? kj_report_clean(report->arena, change->old_rule->label, FALSE) : "";
    const char *after = change->new_rule ? kj_report_clean(report->arena, change->new_rule->label, FALSE) : "";

    if (change->kind != kind || is_told(block, change->old_rule) || is_told(block, change->new_rule))
        return "";
    if (kind == KJ_RULE_RENAMED)
        return kj_arena_printf(report->arena, "`%s` → `%s`", before, after);
    return kj_arena_printf(report->arena, "`%s`", change->new_rule ? after : before);
}

static void append_kind(const KjReport *report, const KjBlockChange *block, KjRuleChangeKind kind, KjSaying saying, GString *out) {
    const char *comma = report->ja ? "、" : ", ";
    g_autoptr(GString) names = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < block->rules->len; i++) {
        const char *name = name_of(report, block, block->rules->pdata[i], kind);
        if (*name && count++ < NAMES_TOLD)
            g_string_append_printf(names, "%s%s", names->len ? comma : "", name);
    }
    if (count == 0)
        return;
    if (count > NAMES_TOLD)
        g_string_append_printf(names, " … (+%u)", count - NAMES_TOLD);
    g_string_append_printf(out, "%s%s", out->len ? report->ja ? "、" : "; " : "", kj_say(report, saying, names->str, NULL, NULL));
}

const char *kj_report_quiet_rules(const KjReport *report, const KjBlockChange *block) {
    static const struct {
        KjRuleChangeKind kind;
        KjSaying saying;
        gboolean always; /* whatever else changes; of the others it is known only when every region is told */
    } kinds[] = {
        { KJ_RULE_MOVED, KJ_SAY_QUIET_MOVED, FALSE },      { KJ_RULE_RENAMED, KJ_SAY_QUIET_RENAMED, TRUE },
        { KJ_RULE_RESTATED, KJ_SAY_QUIET_RESTATED, TRUE }, { KJ_RULE_CHANGED, KJ_SAY_QUIET_CHANGED, FALSE },
        { KJ_RULE_ADDED, KJ_SAY_QUIET_ADDED, FALSE },      { KJ_RULE_REMOVED, KJ_SAY_QUIET_REMOVED, FALSE },
    };
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean all_told = block->untold == 0 && !block->undecided;

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (all_told || kinds[i].always)
            append_kind(report, block, kinds[i].kind, kinds[i].saying, out);
    return out->len ? kj_say(report, KJ_SAY_QUIET, out->str, NULL, NULL) : NULL;
}
