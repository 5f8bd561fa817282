/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a change to its report: which blocks are told and in what order, with which guards, and the sentence about the whole.
 *
 * What widens or weakens comes first, what only narrows after it; blocks in which nothing changes for any request are one line at the end,
 * so that a hundred renamed rules cannot hide one that opens a port.
 */
#include "build.h"

#include <string.h>

enum { NAMES_TOLD = 20 /* blocks without change, in one line */ };

const char *kj_report_clean(KjArena *arena, const char *text, gboolean lines) {
    g_autoptr(GString) out = g_string_sized_new(strlen(text) + 1);

    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        gboolean turns = c == 0x061c || (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        gboolean breaks = c == 0x2028 || c == 0x2029 || (g_unichar_iscntrl(c) && !(lines && (c == '\n' || c == '\t')));
        g_string_append_unichar(out, turns || breaks ? 0xfffd : c);
    }
    return kj_arena_strndup(arena, out->str, out->len);
}

/* ---- blocks ---- */

static gboolean is_told(const KjBlockChange *change) {
    return change->verdict >= KJ_CHANGE_NARROWS || change->weakens || change->undecided;
}

/* What opens something comes first, then what only loses a guard, then the rest. */
static int rank(const KjBlockChange *change) {
    return change->verdict >= KJ_CHANGE_WIDENS || change->undecided ? 0 : change->weakens ? 1 : 2;
}

static const char *verdict_text(const KjReport *report, const KjBlockChange *change) {
    const char *verdict = kj_say_verdict(report, change->verdict);

    if (!change->old_block || !change->new_block) {
        const char *what = kj_say(report, change->new_block ? KJ_SAY_NEW_BLOCK : KJ_SAY_GONE_BLOCK, NULL, NULL, NULL);
        verdict = kj_arena_printf(report->arena, report->ja ? "%s、%s" : "%s, %s", what, verdict);
    }
    return change->weakens && change->new_block ? kj_say(report, KJ_SAY_BUT_WEAKENS, verdict, NULL, NULL) : verdict;
}

/* A block that comes or goes refuses without one: that a refusal also logs is then no news. */
static gboolean is_news(const KjBlockChange *change, const KjChangeRegion *region) {
    const KjEffectDefinition *effects = change->domain->effects;
    gboolean refuses = (effects[region->old_decision->effect].flags & KJ_EFFECT_REFUSES) &&
                       (effects[region->new_decision->effect].flags & KJ_EFFECT_REFUSES);

    return (change->old_block && change->new_block) || !refuses;
}

static KjReportBlock *build_block(const KjReport *report, const KjBlockChange *change, gint64 instant) {
    KjReportBlock *block = kj_arena_new0(report->arena, KjReportBlock);

    block->change = change;
    block->title = kj_report_clean(report->arena, change->name, FALSE);
    block->verdict = verdict_text(report, change);
    block->trouble = change->undecided ? kj_report_clean(report->arena, change->undecided, FALSE) : NULL;
    block->changes = g_ptr_array_new();
    block->guards = g_ptr_array_new();
    for (guint i = 0; i < change->regions->len; i++)
        if (is_news(change, change->regions->pdata[i]))
            g_ptr_array_add(block->changes, kj_report_region(report, change, change->regions->pdata[i], instant));
    if (change->untold > 0)
        block->more = kj_say(report, KJ_SAY_MORE_CHANGES, kj_say_count(report, change->untold, KJ_NOUN_MORE_CHANGES), NULL, NULL);
    block->quiet = kj_report_quiet_rules(report, change);
    return block;
}

static int compare_blocks(gconstpointer a, gconstpointer b) {
    const KjReportBlock *left = *(const KjReportBlock *const *)a, *right = *(const KjReportBlock *const *)b;
    int order = rank(left->change) - rank(right->change);

    return order ? order : strcmp(left->change->name, right->change->name);
}

static void build_blocks(KjReport *report) {
    for (guint i = 0; i < report->change->blocks->len; i++) {
        const KjBlockChange *change = report->change->blocks->pdata[i];
        if (is_told(change))
            g_ptr_array_add(report->blocks, build_block(report, change, G_MININT64));
    }
    g_ptr_array_sort(report->blocks, compare_blocks);
}

/* ---- guards ---- */

static void build_guards(KjReport *report) {
    for (guint i = 0; i < report->change->guards->len; i++) {
        const KjGuard *guard = report->change->guards->pdata[i];
        GPtrArray *place = report->guards;
        for (guint b = 0; guard->block && b < report->blocks->len; b++) {
            const KjReportBlock *block = report->blocks->pdata[b];
            if (strcmp(block->change->name, guard->block) == 0)
                place = block->guards;
        }
        g_ptr_array_add(place, kj_report_guard(report, guard));
    }
}

/* ---- time ---- */

static const char *cause(const KjReport *report, const KjTimedChange *timed) {
    const char *label = timed->exception ? timed->exception
                      : timed->rule      ? kj_arena_printf(report->arena, "%s.%s", timed->block->name, timed->rule->label)
                                         : timed->block->name;
    KjSaying saying = timed->exception ? KJ_SAY_EXCEPTION_ENDS : timed->ends ? KJ_SAY_RULE_ENDS : KJ_SAY_RULE_BEGINS;

    return kj_say(report, saying, timed->date, kj_report_clean(report->arena, label, FALSE), NULL);
}

static void build_timed(KjReport *report) {
    for (guint i = 0; i < report->change->timed->len; i++) {
        KjReportTimed *timed = kj_arena_new0(report->arena, KjReportTimed);
        timed->timed = report->change->timed->pdata[i];
        if (strcmp(timed->timed->date, report->options.until_date) > 0)
            continue;
        timed->headline = cause(report, timed->timed);
        timed->block = build_block(report, timed->timed->block, timed->timed->instant);
        g_ptr_array_add(report->timed, timed);
    }
}

/* ---- the whole ---- */

static void append_part(const KjReport *report, GString *out, const char *part) {
    g_string_append_printf(out, "%s%s", out->len ? report->ja ? "。" : "; " : "", part);
}

static void append_count(const KjReport *report, GString *out, KjSaying saying, guint count, KjNoun noun) {
    if (count > 0)
        append_part(report, out, kj_say(report, saying, kj_say_count(report, count, noun), NULL, NULL));
}

static const char *summary(const KjReport *report) {
    guint more = 0, less = 0, unknown = 0, lost = 0;
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < report->change->blocks->len; i++) {
        const KjBlockChange *block = report->change->blocks->pdata[i];
        unknown += block->undecided != NULL;
        more += !block->undecided && (block->verdict == KJ_CHANGE_WIDENS || block->verdict == KJ_CHANGE_MIXED);
        less += !block->undecided && (block->verdict == KJ_CHANGE_NARROWS || block->verdict == KJ_CHANGE_MIXED);
    }
    for (guint i = 0; i < report->change->guards->len; i++)
        lost += ((const KjGuard *)report->change->guards->pdata[i])->weakens;
    append_count(report, out, KJ_SAY_MORE_IN, more, KJ_NOUN_BLOCK);
    append_count(report, out, KJ_SAY_LESS_IN, less, KJ_NOUN_BLOCK);
    append_count(report, out, KJ_SAY_LOST_GUARDS, lost, KJ_NOUN_GUARD);
    append_count(report, out, KJ_SAY_UNCOMPARED_IN, unknown, KJ_NOUN_BLOCK);
    if (out->len == 0)
        append_part(report, out, kj_say(report, kj_report_is_equal(report) ? KJ_SAY_EQUAL : KJ_SAY_WORDS_ONLY, NULL, NULL, NULL));
    if (report->timed->len > 0)
        append_part(
            report, out,
            kj_say(report, KJ_SAY_TIME_BRINGS, kj_say_count(report, report->timed->len, KJ_NOUN_CHANGE), report->options.until_date, NULL));
    g_string_append(out, report->ja ? "。" : ".");
    return kj_say_capital(report, out->str);
}

/* "equal: a, b; editorial: c" of the blocks that are not told. */
static const char *quiet_blocks(const KjReport *report) {
    g_autoptr(GString) out = g_string_new(NULL);

    for (KjChangeVerdict verdict = KJ_CHANGE_RESTATED; verdict >= KJ_CHANGE_EQUAL; verdict--) {
        g_autoptr(GString) names = g_string_new(NULL);
        guint count = 0;
        for (guint i = 0; i < report->change->blocks->len; i++) {
            const KjBlockChange *block = report->change->blocks->pdata[i];
            if (block->verdict != verdict || is_told(block) || count++ >= NAMES_TOLD)
                continue;
            g_string_append_printf(names, "%s%s", names->len ? report->ja ? "、" : ", " : "",
                                   kj_report_clean(report->arena, block->name, FALSE));
        }
        if (count > NAMES_TOLD)
            g_string_append_printf(names, " … (+%u)", count - NAMES_TOLD);
        if (count > 0)
            g_string_append_printf(out, "%s%s", out->len ? report->ja ? "。" : "; " : "",
                                   kj_say(report, KJ_SAY_QUIET_BLOCKS, names->str, kj_say_verdict(report, verdict), NULL));
    }
    return out->len ? kj_arena_strdup(report->arena, out->str) : NULL;
}

gboolean kj_report_is_equal(const KjReport *report) {
    return report->verdict == KJ_CHANGE_EQUAL && !report->weakens && report->change->guards->len == 0 &&
           (!report->options.patches || report->options.patches->len == 0);
}

KjReport *kj_report_new(const KjChange *change, const KjReportOptions *options) {
    KjReport *report = g_new0(KjReport, 1);

    report->arena = kj_arena_new();
    report->options = *options;
    report->ja = strcmp(options->language, "ja") == 0;
    report->change = change;
    report->verdict = kj_change_verdict(change, &report->weakens);
    report->blocks = g_ptr_array_new();
    report->guards = g_ptr_array_new();
    report->timed = g_ptr_array_new();
    report->title = kj_say(report, KJ_SAY_TITLE, kj_report_clean(report->arena, options->old_path, FALSE),
                           kj_report_clean(report->arena, options->new_path, FALSE), NULL);
    build_blocks(report);
    build_guards(report);
    build_timed(report);
    report->summary = summary(report);
    report->quiet = quiet_blocks(report);
    return report;
}

static void block_free(KjReportBlock *block) {
    for (guint i = 0; i < block->changes->len; i++)
        g_ptr_array_unref(((KjReportChange *)block->changes->pdata[i])->where);
    g_ptr_array_unref(block->changes);
    g_ptr_array_unref(block->guards);
}

void kj_report_free(KjReport *report) {
    if (!report)
        return;
    for (guint i = 0; i < report->blocks->len; i++)
        block_free(report->blocks->pdata[i]);
    for (guint i = 0; i < report->timed->len; i++)
        block_free(((KjReportTimed *)report->timed->pdata[i])->block);
    g_ptr_array_unref(report->blocks);
    g_ptr_array_unref(report->guards);
    g_ptr_array_unref(report->timed);
    kj_arena_free(report->arena);
    g_free(report);
}

const KjReportBlock *kj_report_find(const KjReport *report, const char *block) {
    for (guint i = 0; i < report->blocks->len; i++) {
        const KjReportBlock *one = report->blocks->pdata[i];
        if (strcmp(one->change->name, block) == 0)
            return one;
    }
    return NULL;
}
