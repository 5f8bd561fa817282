/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One region as a sentence: what happens, to which requests, to how many, until when; and an example that shows it.
 *
 * What happens follows from the two decisions alone: whether each lets the request through, whether effect and parameters are the same,
 * which obligations differ. The domain's words come from its tables.
 */
#include "build.h"

#include <string.h>

#include <kijun/calendar.h>

#include "../region/words.h"
#include "../wording.h"

enum {
    PARTS_IN_HEADLINE = 2,
    LONG_HEADLINE = 120, /* bytes: then a rule's name says more, if it says the same */
    PARTS_TOLD = 12, /* of one region, below the headline */
};

#define YEAR ((gint64)366 * KJ_DAY_SECONDS)

/* ---- what happens ---- */

static gboolean gets_through(const KjBlockChange *block, const KjDecision *decision) {
    return !decision->error && !(block->domain->effects[decision->effect].flags & KJ_EFFECT_REFUSES);
}

static gboolean is_held(const KjBlockChange *block, const KjDecision *decision) {
    return !decision->error && (block->domain->effects[decision->effect].flags & KJ_EFFECT_HOLDS);
}

/* The obligations of `from` that `to` lacks, "@log, @alert". Free with g_free. */
static char *missing(const char *from, const char *to) {
    g_auto(GStrv) has = g_strsplit(from, ", ", -1), others = g_strsplit(to, ", ", -1);
    g_autoptr(GString) out = g_string_new(NULL);

    for (char **each = has; *each; each++)
        if (**each && !g_strv_contains((const char *const *)others, *each))
            g_string_append_printf(out, "%s%s", out->len ? ", " : "", *each);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void append_names(const char *from, const char *without, char sign, GString *out) {
    g_auto(GStrv) names = g_strsplit(from, "\n", -1), others = g_strsplit(without, "\n", -1);

    for (char **name = names; *name; name++)
        if (**name && !g_strv_contains((const char *const *)others, *name))
            g_string_append_printf(out, "%s%c%s", out->len ? ", " : "", sign, *name);
}

/* "-abe, +ito": who may no longer, or may now, fulfil a requirement. */
static const char *people(const KjReport *report, const KjChangeRegion *region) {
    g_autoptr(GString) out = g_string_new(NULL);

    append_names(region->old_decision->members, region->new_decision->members, '-', out);
    append_names(region->new_decision->members, region->old_decision->members, '+', out);
    if (region->new_decision->members[0] == '\0')
        return kj_say(report, KJ_SAY_NOBODY_LEFT, kj_report_clean(report->arena, out->str, FALSE), NULL, NULL);
    return kj_report_clean(report->arena, out->str, FALSE);
}

/* A requirement of a domain whose rules add up: `what` says which. */
static KjSaying say_requirement(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, const char **what) {
    const char *before = kj_report_decision(report, block, region, FALSE), *after = kj_report_decision(report, block, region, TRUE);

    if (region->new_decision->unasked || region->old_decision->unasked) {
        *what = region->new_decision->unasked ? before : after;
        return region->new_decision->unasked ? (region->again ? KJ_SAY_ASKED_LESS : KJ_SAY_UNASKED)
               : region->again               ? KJ_SAY_ASKED_MORE
                                             : KJ_SAY_ASKED;
    }
    *what = strcmp(before, after) != 0 ? kj_arena_printf(report->arena, "%s → %s", before, after)
                                       : kj_arena_printf(report->arena, "%s (%s)", after, people(report, region));
    return KJ_SAY_ASKED_OTHERWISE;
}

static KjSaying say_obligations(const KjReport *report, const KjChangeRegion *region, const char **what) {
    g_autofree char *lost = missing(region->old_decision->obligations, region->new_decision->obligations);
    g_autofree char *gained = missing(region->new_decision->obligations, region->old_decision->obligations);

    *what = *lost && *gained ? kj_arena_printf(report->arena, "%s → %s", lost, gained)
                             : kj_arena_strdup(report->arena, *lost ? lost : gained);
    return *lost && *gained ? KJ_SAY_OBLIGATION_CHANGED : *lost ? KJ_SAY_OBLIGATION_LOST : KJ_SAY_OBLIGATION_GAINED;
}

static KjSaying say_what(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, const char **what) {
    const KjDecision *before = region->old_decision, *after = region->new_decision;
    gboolean was = gets_through(block, before), is = gets_through(block, after);

    *what = NULL;
    if (region->aspect && block->domain->combining == KJ_COMBINING_STRICTEST)
        return say_obligations(report, region, what); /* what happens to the effect is told by the region of the decision itself */
    if (block->domain->combining == KJ_COMBINING_ADD_UP && region->aspect)
        return say_requirement(report, block, region, what);
    if (before->effect == after->effect && before->error == after->error && strcmp(before->parameters, after->parameters) == 0)
        return say_obligations(report, region, what);
    if (!was && is && !is_held(block, after))
        return KJ_SAY_OPENED;
    if (was && !is && !is_held(block, before))
        return KJ_SAY_CLOSED;
    if (!was && !is)
        return KJ_SAY_STILL_REFUSED;
    return region->direction == KJ_DIRECTION_WIDENS  ? KJ_SAY_EASED
         : region->direction == KJ_DIRECTION_NARROWS ? KJ_SAY_TIGHTENED
                                                     : KJ_SAY_OTHERWISE;
}

/* What the domain says loosens goes the other way: the direction knows, where the effect is the same. */
static KjTone tone_of(KjSaying saying, const KjChangeRegion *region) {
    KjDirection direction = region->direction;
    gboolean alike = region->old_decision->effect == region->new_decision->effect;

    if (saying == KJ_SAY_OPENED) /* an alert that comes with it makes no opening harmless */
        return KJ_TONE_WIDER;
    if (saying == KJ_SAY_OBLIGATION_LOST)
        return alike && direction == KJ_DIRECTION_NARROWS ? KJ_TONE_NARROWER : KJ_TONE_WIDER;
    if (saying == KJ_SAY_OBLIGATION_GAINED)
        return alike && direction == KJ_DIRECTION_WIDENS ? KJ_TONE_WIDER : KJ_TONE_NARROWER;
    return direction == KJ_DIRECTION_WIDENS ? KJ_TONE_WIDER : direction == KJ_DIRECTION_NARROWS ? KJ_TONE_NARROWER : KJ_TONE_OTHER;
}

/* ---- which requests ---- */

/* Japanese: as it stands before a noun. */
static const char *modifying(const KjReport *report, const char *half) {
    g_autoptr(GString) out = g_string_new(NULL);

    if (!report->ja)
        return half;
    kj_wording_end(out, half, kj_wording_is_verbal(half), KJ_ENDING_NOUN);
    return kj_arena_strdup(report->arena, out->str);
}

static const char *requests(const KjReport *report, const KjBlockChange *block, const KjBox *box) {
    const char *subject = report->ja ? block->domain->subject.ja : block->domain->subject.en;

    if (box->count == 0)
        return kj_say(report, KJ_SAY_ALL, subject, NULL, NULL);
    const char *half = kj_report_clean(report->arena, kj_words_sentence(block->universe, box, report->options.language), FALSE);
    return kj_say(report, KJ_SAY_SOME, subject, modifying(report, half), NULL);
}

/* A region of many parts is often simply what one rule decides, before as after, or what none does. NULL: it is not. */
static const char *by_rule(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region) {
    const char *subject = report->ja ? block->domain->subject.ja : block->domain->subject.en;

    if (!block->old_block || !block->new_block || region->old_decision->error || region->new_decision->error)
        return NULL;
    if (!region->old_rule && !region->new_rule)
        return kj_say(report, KJ_SAY_UNMATCHED, subject, NULL, NULL);
    if (region->old_rule && region->new_rule && strcmp(region->old_rule->label, region->new_rule->label) == 0)
        return kj_say(report, KJ_SAY_MATCHED_BY, subject, kj_report_clean(report->arena, region->new_rule->label, FALSE), NULL);
    return NULL;
}

static const char *all_requests(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region) {
    const GPtrArray *boxes = region->boxes;
    const char *text = requests(report, block, boxes->pdata[0]), *rule = by_rule(report, block, region);
    guint told = MIN(boxes->len, PARTS_IN_HEADLINE);

    if (rule && (boxes->len > 1 || strlen(text) > LONG_HEADLINE))
        return rule;
    for (guint i = 1; i < told; i++) {
        /* the subject is said once */
        const char *half = kj_report_clean(report->arena, kj_words_sentence(block->universe, boxes->pdata[i], report->options.language),
                                           FALSE);
        text = kj_say(report, KJ_SAY_OR, text, report->ja ? requests(report, block, boxes->pdata[i]) : half, NULL);
    }
    if (boxes->len > told)
        text = kj_say(report, KJ_SAY_MORE_PARTS, text, kj_say_count(report, boxes->len - told, KJ_NOUN_MORE_PARTS), NULL);
    return text;
}

/* ---- how many ---- */

static const char *who(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, KjSaying what) {
    gboolean everybody = TRUE;

    for (guint i = 0; i < region->boxes->len && region->subject != G_MAXUINT; i++)
        everybody = everybody && !kj_box_field(region->boxes->pdata[i], region->subject);
    if (region->subject == G_MAXUINT || (everybody && what != KJ_SAY_OPENED && what != KJ_SAY_CLOSED))
        return NULL; /* of everybody only that they gain or lose is worth telling */
    g_autofree char *counted = kj_count_field_text(block->universe, region->subject, &region->who, report->options.language);
    const char *text = region->complete ? counted : kj_say(report, KJ_SAY_AT_LEAST, counted, NULL, NULL);
    return kj_say(report, what == KJ_SAY_OPENED ? KJ_SAY_GAIN : what == KJ_SAY_CLOSED ? KJ_SAY_LOSE : KJ_SAY_FOR, text, NULL, NULL);
}

/* ---- until when ---- */

/* The zone of the first rule that has dates: those of the region first, then any of the block; else the block's own. */
static const char *zone_of(const KjBlockChange *block, const KjChangeRegion *region) {
    const KjBlock *const versions[] = { block->new_block, block->old_block };
    const KjRule *const rules[] = { region->new_rule, region->old_rule };

    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i] && (rules[i]->until || rules[i]->from))
            return (rules[i]->until ? rules[i]->until : rules[i]->from)->atom.zone;
    for (guint v = 0; v < G_N_ELEMENTS(versions); v++)
        for (guint i = 0; versions[v] && i < versions[v]->rule_count; i++) {
            const KjRule *rule = &versions[v]->rules[i];
            if (rule->until || rule->from)
                return (rule->until ? rule->until : rule->from)->atom.zone;
        }
    return (block->new_block ? block->new_block : block->old_block)->zone;
}

/* The date on which the instant falls there, else in UTC. */
static const char *date_of(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gint64 instant) {
    const char *zone = zone_of(block, region);
    g_autoptr(GTimeZone) known = zone ? g_time_zone_new_identifier(zone) : NULL;
    g_autoptr(GTimeZone) place = known ? g_time_zone_ref(known) : g_time_zone_new_utc();
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(instant), there = g_date_time_to_timezone(utc, place);
    g_autofree char *text = g_date_time_format(there, "%Y-%m-%d");
    return kj_arena_strdup(report->arena, text);
}

/* Where the last piece of these instants ends: by halving, for kj_moments_first finds the next piece from any instant on. */
static gint64 last_end(const KjMoments *moments, const KjClassSet *instants) {
    gint64 low = 0, high = KJ_INSTANT_END - 1;
    KjSpanOfTime piece = { 0, 0 }, last = { 0, 0 };

    if (!kj_moments_first(moments, instants, low, &last))
        return 0;
    while (low < high) {
        gint64 middle = low + (high - low + 1) / 2;
        if (kj_moments_first(moments, instants, middle, &piece)) {
            last = piece;
            low = MAX(middle, MIN(piece.begin, high));
        } else {
            high = middle - 1;
        }
    }
    return last.end;
}

/* "from 2026-12-01 until 2027-03-31"; NULL: no date bounds the region, or `said` says it already. */
static const char *dates(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, const char *said) {
    const KjMoments *moments = kj_universe_moments(block->universe);
    KjSpanOfTime first;

    if (!region->instants || !kj_moments_first(moments, region->instants, 0, &first))
        return NULL;
    gint64 end = last_end(moments, region->instants);
    const char *from = first.begin > YEAR ? date_of(report, block, region, first.begin) : NULL; /* what recurs does so in the first year */
    const char *until = end < KJ_INSTANT_END - YEAR ? date_of(report, block, region, end - 1) : NULL; /* and in the last */
    from = from && strstr(said, from) ? NULL : from;
    until = until && strstr(said, until) ? NULL : until;
    if (from && until)
        return kj_say(report, KJ_SAY_FROM_UNTIL, from, until, NULL);
    return from ? kj_say(report, KJ_SAY_FROM, from, NULL, NULL) : until ? kj_say(report, KJ_SAY_UNTIL, until, NULL, NULL) : NULL;
}

/* ---- the example ---- */

static const char *example(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gint64 instant) {
    const KjReportOptions *options = &report->options;
    const char *path = block->new_block ? options->new_explain ? options->new_explain : options->new_path
                                        : options->old_explain ? options->old_explain : options->old_path;
    g_autofree char *quoted = path[strcspn(path, " \t\n'\"\\$`&|;<>()*?[]!#")] ? g_shell_quote(path) : g_strdup(path);
    g_autofree char *arguments = region->witness ? kj_witness_arguments(region->witness) : NULL;

    if (!arguments)
        return NULL;
    if (instant == G_MININT64 || region->witness->has_instant)
        return kj_report_clean(report->arena, kj_arena_printf(report->arena, "kijun explain %s %s %s", quoted, block->name, arguments),
                               FALSE);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(instant);
    g_autofree char *at = g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ");
    return kj_report_clean(report->arena,
                           kj_arena_printf(report->arena, "kijun explain %s %s %s --at %s", quoted, block->name, arguments, at), FALSE);
}

/* ---- the whole ---- */

KjReportChange *kj_report_region(const KjReport *report, const KjBlockChange *block, const KjChangeRegion *region, gint64 instant) {
    KjReportChange *told = kj_arena_new0(report->arena, KjReportChange);
    const char *what, *counted, *untold, *requests_text;
    KjSaying saying = say_what(report, block, region, &what);
    g_autoptr(GString) facts = g_string_new(NULL);

    told->region = region;
    told->tone = tone_of(saying, region);
    told->mark = kj_say_tone(report, told->tone);
    requests_text = all_requests(report, block, region);
    told->dates = dates(report, block, region, "");
    untold = dates(report, block, region, requests_text);
    counted = who(report, block, region, saying);
    if (counted || untold)
        g_string_append_printf(facts, report->ja ? "（%s%s%s）" : " (%s%s%s)", counted ? counted : "",
                               counted && untold ? report->ja ? "、" : ", " : "", untold ? untold : "");
    told->headline = kj_say_capital(report, kj_say(report, saying, requests_text, facts->str, what));
    told->where = g_ptr_array_new();
    for (guint i = 0; i < MIN(region->boxes->len, PARTS_TOLD); i++)
        g_ptr_array_add(told->where,
                        (gpointer)kj_report_clean(report->arena, kj_words_clauses(block->universe, region->boxes->pdata[i]), FALSE));
    told->where_untold = region->boxes->len - told->where->len;
    told->example = example(report, block, region, instant);
    told->caution = !told->example ? kj_say(report, KJ_SAY_UNPROVED, NULL, NULL, NULL)
                    : !region->complete ? kj_say(report, KJ_SAY_INCOMPLETE, NULL, NULL, NULL) : NULL;
    kj_report_rule(report, block, region, FALSE, &told->old_rule);
    kj_report_rule(report, block, region, TRUE, &told->new_rule);
    told->map = report->options.maps ? kj_report_map(report, block, region) : NULL;
    return told;
}
