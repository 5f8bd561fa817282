/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A change as JSON for programs, in the form cli.md fixes; whatever stands beside that form may be added to.
 *
 *     old, new        the bare effect, null where there is no such block or nothing was asked for; old_obligations and so on tell the rest
 * of a decision where           the parts of the region as clauses of the language, any of them witness         arguments for `kijun
 * explain`, null when none could be made rules           who decides on either side, with file and line
 *
 * The generator leaves some control and direction characters as they are; here they are escaped, since somebody will look at this on a
 * terminal.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "../region/words.h"
#include "member.h"
#include "report.h"
#include "words.h"

/* ---- a region ---- */

static void add_decision(JsonBuilder *builder, const KjReportBlock *block, const KjBlock *version, const KjDecision *decision,
                         gboolean is_new) {
    gboolean none = !version || decision->unasked;

    kj_member_text(builder, is_new ? "new" : "old", none ? NULL : block->change->domain->effects[decision->effect].name);
    kj_member_text(builder, is_new ? "new_parameters" : "old_parameters", none ? "" : decision->parameters);
    kj_member_list(builder, is_new ? "new_obligations" : "old_obligations");
    g_auto(GStrv) obligations = g_strsplit(none ? "" : decision->obligations, ", ", -1);
    for (char **each = obligations; *each; each++)
        if (**each)
            json_builder_add_string_value(builder, *each);
    json_builder_end_array(builder);
    kj_member_truth(builder, is_new ? "new_error" : "old_error", !none && decision->error);
}

static void add_rule(JsonBuilder *builder, const char *name, const KjReportRule *told, const KjBlock *version, const KjDecision *decision) {
    json_builder_set_member_name(builder, name);
    if (!version) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_object(builder);
    kj_member_text(builder, "label", told->rule ? told->rule->label : decision->error ? "error" : "default");
    kj_member_text(builder, "file", told->file);
    kj_member_number(builder, "line", told->line);
    json_builder_end_object(builder);
}

static const char *direction_name(KjDirection direction) {
    return direction == KJ_DIRECTION_WIDENS ? "widens" : direction == KJ_DIRECTION_NARROWS ? "narrows" : "mixed";
}

static void add_count(JsonBuilder *builder, const KjReportBlock *block, const KjChangeRegion *region) {
    json_builder_set_member_name(builder, "count");
    if (region->subject == G_MAXUINT) {
        json_builder_add_null_value(builder);
        return;
    }
    guint count;
    json_builder_begin_object(builder);
    kj_member_text(builder, "field", kj_universe_fields(block->change->universe, &count)[region->subject].name);
    if (region->who.numeric) {
        g_autofree char *points = kj_count_text(region->who.points); /* as text: an IPv6 count is beyond every number type */
        kj_member_text(builder, "points", points);
    } else {
        kj_member_number(builder, "named", region->who.named);
        kj_member_truth(builder, "others", region->who.others);
    }
    json_builder_end_object(builder);
}

static void add_region(JsonBuilder *builder, const KjReportBlock *block, const KjReportChange *told) {
    const KjChangeRegion *region = told->region;
    g_autofree char *witness = region->witness ? kj_witness_arguments(region->witness) : NULL;

    json_builder_begin_object(builder);
    add_decision(builder, block, block->change->old_block, region->old_decision, FALSE);
    add_decision(builder, block, block->change->new_block, region->new_decision, TRUE);
    kj_member_list(builder, "where");
    for (guint i = 0; i < region->boxes->len; i++)
        json_builder_add_string_value(builder, kj_words_clauses(block->change->universe, region->boxes->pdata[i]));
    json_builder_end_array(builder);
    kj_member_text(builder, "witness", witness);
    json_builder_set_member_name(builder, "rules");
    json_builder_begin_object(builder);
    add_rule(builder, "old", &told->old_rule, block->change->old_block, region->old_decision);
    add_rule(builder, "new", &told->new_rule, block->change->new_block, region->new_decision);
    json_builder_end_object(builder);
    kj_member_text(builder, "direction", direction_name(region->direction));
    kj_member_text(builder, "aspect", region->aspect);
    kj_member_truth(builder, "complete", region->complete);
    add_count(builder, block, region);
    kj_member_text(builder, "dates", told->dates);
    kj_member_text(builder, "headline", told->headline);
    json_builder_end_object(builder);
}

/* ---- the rest ---- */

static void add_block(JsonBuilder *builder, const KjReportBlock *block) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "block", block->change->name);
    kj_member_text(builder, "verdict", kj_change_verdict_name(block->change->verdict));
    kj_member_truth(builder, "weakens", block->change->weakens);
    kj_member_text(builder, "undecided", block->change->undecided);
    kj_member_list(builder, "regions");
    for (guint i = 0; i < block->changes->len; i++)
        add_region(builder, block, block->changes->pdata[i]);
    json_builder_end_array(builder);
    kj_member_number(builder, "untold", block->change->untold);
    kj_member_text(builder, "without_effect", block->quiet);
    json_builder_end_object(builder);
}

static void add_quiet_block(JsonBuilder *builder, const KjBlockChange *change) {
    json_builder_begin_object(builder);
    kj_member_text(builder, "block", change->name);
    kj_member_text(builder, "verdict", kj_change_verdict_name(change->verdict));
    kj_member_truth(builder, "weakens", FALSE);
    kj_member_text(builder, "undecided", NULL);
    kj_member_list(builder, "regions");
    json_builder_end_array(builder);
    kj_member_number(builder, "untold", 0);
    json_builder_end_object(builder);
}

static const KjReportBlock *told_block(const KjReport *report, const KjBlockChange *change) {
    for (guint i = 0; i < report->blocks->len; i++)
        if (((const KjReportBlock *)report->blocks->pdata[i])->change == change)
            return report->blocks->pdata[i];
    return NULL;
}

static void add_guard(JsonBuilder *builder, const KjReportGuard *told) {
    static const char *const kinds[] = {
        [KJ_GUARD_CONFORMANCE] = "conformance", [KJ_GUARD_PARAMETER] = "parameter",         [KJ_GUARD_PROOF] = "proof",
        [KJ_GUARD_TEST] = "test",               [KJ_GUARD_TIER] = "tier",                   [KJ_GUARD_MAX_EXCEPTION] = "max_exception",
        [KJ_GUARD_EXCEPTION] = "exception",     [KJ_GUARD_ENFORCEMENT] = "enforcement",     [KJ_GUARD_STANDARD] = "standard",
    };
    const KjGuard *guard = told->guard;

    json_builder_begin_object(builder);
    kj_member_text(builder, "kind", kinds[guard->kind]);
    kj_member_truth(builder, "weakens", guard->weakens);
    kj_member_text(builder, "block", guard->block);
    kj_member_text(builder, "name", guard->name);
    kj_member_text(builder, "before", guard->before);
    kj_member_text(builder, "after", guard->after);
    kj_member_text(builder, "old_place", told->old_place);
    kj_member_text(builder, "new_place", told->new_place);
    kj_member_text(builder, "headline", told->headline);
    json_builder_end_object(builder);
}

static void add_guards(JsonBuilder *builder, const KjReport *report) {
    kj_member_list(builder, "guards");
    for (guint i = 0; i < report->blocks->len; i++) {
        const KjReportBlock *block = report->blocks->pdata[i];
        for (guint g = 0; g < block->guards->len; g++)
            add_guard(builder, block->guards->pdata[g]);
    }
    for (guint i = 0; i < report->guards->len; i++)
        add_guard(builder, report->guards->pdata[i]);
    json_builder_end_array(builder);
}

static void add_timed(JsonBuilder *builder, const KjReport *report) {
    kj_member_list(builder, "timed");
    for (guint i = 0; i < report->timed->len; i++) {
        const KjReportTimed *told = report->timed->pdata[i];
        json_builder_begin_object(builder);
        kj_member_text(builder, "date", told->timed->date);
        kj_member_text(builder, "exception", told->timed->exception);
        kj_member_text(builder, "rule", told->timed->rule ? told->timed->rule->label : NULL);
        kj_member_truth(builder, "ends", told->timed->ends);
        json_builder_set_member_name(builder, "block");
        add_block(builder, told->block);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_version(JsonBuilder *builder, const char *name, const char *path, const char *commit) {
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    kj_member_text(builder, "path", path);
    kj_member_text(builder, "commit", commit);
    json_builder_end_object(builder);
}

/* As JSON escapes, which can only stand in strings. */
void kj_report_append_json(GString *out, const char *json) {
    for (; *json; json = g_utf8_next_char(json)) {
        gunichar c = g_utf8_get_char(json);
        gboolean turns = c == 0x061c || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        if (turns || (c >= 0x7f && c <= 0x9f))
            g_string_append_printf(out, "\\u%04x", c);
        else
            g_string_append_unichar(out, c);
    }
}

void kj_report_print_json(const KjReport *report, GString *out) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();

    json_builder_begin_object(builder);
    kj_member_number(builder, "version", 1);
    kj_member_list(builder, "blocks");
    for (guint i = 0; i < report->change->blocks->len; i++) {
        const KjReportBlock *told = told_block(report, report->change->blocks->pdata[i]);
        if (told)
            add_block(builder, told);
        else
            add_quiet_block(builder, report->change->blocks->pdata[i]);
    }
    json_builder_end_array(builder);
    add_guards(builder, report);
    add_timed(builder, report);
    kj_member_text(builder, "verdict", kj_change_verdict_name(report->verdict));
    kj_member_truth(builder, "weakens", report->weakens);
    kj_member_text(builder, "summary", report->summary);
    add_version(builder, "old", report->options.old_path, report->options.old_commit);
    add_version(builder, "new", report->options.new_path, report->options.new_commit);
    kj_member_text(builder, "generator", report->options.version);
    json_builder_end_object(builder);

    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *json = json_generator_to_data(generator, NULL);
    kj_report_append_json(out, json);
    g_string_append_c(out, '\n');
}
