/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What time alone will bring: the days on which a rule with dates begins or ends, each compared as a change from the day before.
 *
 * Windows (office hours, holidays) recur and are part of every version; only `@from`, `@until` and exceptions come once. A block as of an instant has
 * the dated rules that are then in force, without their dates, so that the comparison is about the dates and nothing else. Only what
 * differs after the turn counts: a rule whose window is over before its date changes nothing when the date comes. Witnesses lie between the turn and the
 * next one of the block if they can. They are tried on tables of the block as of before and as of then, and on the table of the block itself, which has
 * the dates. One that lies behind another turn, and is decided otherwise by then, is not told.
 */
#include "change_time.h"

#include "../check/check.h"
#include "replay.h"

#include <kijun/calendar.h>

#include <stdlib.h>
#include <string.h>

static gboolean contains(const KjWindow *window, gint64 instant) {
    g_autoptr(GArray) spans = kj_window_spans(window);

    for (guint i = 0; spans && i < spans->len; i++) {
        const KjSpanOfTime *span = &g_array_index(spans, KjSpanOfTime, i);
        if (span->begin <= instant && instant < span->end)
            return TRUE;
    }
    return FALSE;
}

const KjBlock *kj_block_as_of(KjArena *arena, const KjBlock *block, gint64 instant) {
    KjBlock *copy = kj_arena_new0(arena, KjBlock);
    KjRule *rules = kj_arena_newn(arena, KjRule, block->rule_count + 1);

    *copy = *block;
    copy->next = NULL;
    copy->rules = rules;
    copy->rule_count = 0;
    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        if ((rule->after && contains(rule->after, instant)) || (rule->from && !contains(rule->from, instant)) ||
            (rule->until && !contains(rule->until, instant)))
            continue;
        rules[copy->rule_count] = *rule;
        rules[copy->rule_count].after = rules[copy->rule_count].from = rules[copy->rule_count].until = NULL;
        copy->rule_count++;
    }
    return copy;
}

/* A day on which something of a block begins or ends. */
typedef struct {
    gint64 instant;
    const KjBlock *block;
    const KjRule *rule;
    gboolean ends;
    const KjWindow *window; /* whose beginning it is, */
    gboolean at_end;        /* or end */
} Turn;

static void add_turn(GArray *turns, const KjBlock *block, const KjRule *rule, gboolean ends, gint64 now) {
    gboolean after = !ends && rule->after;
    const KjWindow *window = ends ? rule->until : after ? rule->after : rule->from;
    g_autoptr(GArray) spans = window ? kj_window_spans(window) : NULL;
    Turn turn = { 0, block, rule, ends, window, ends || after };

    if (!spans || spans->len == 0)
        return;
    turn.instant = turn.at_end ? g_array_index(spans, KjSpanOfTime, spans->len - 1).end : g_array_index(spans, KjSpanOfTime, 0).begin;
    if (now < turn.instant)
        g_array_append_val(turns, turn);
}

static int compare_turns(const void *a, const void *b) {
    const Turn *left = a, *right = b;

    if (left->instant != right->instant)
        return left->instant < right->instant ? -1 : 1;
    return left->block == right->block ? 0 : strcmp(left->block->qualified, right->block->qualified);
}

static const KjException *exception_of(const KjPolicy *policy, const Turn *turn) {
    for (const KjException *exception = policy->exceptions; exception; exception = exception->next) {
        gboolean named = exception->rule == turn->rule && turn->ends && turn->rule->until == exception->until;
        gboolean made = !turn->rule->item && exception->block == turn->block && exception->span.start == turn->rule->span.start &&
                        exception->span.file == turn->rule->span.file;
        if (named || made)
            return exception;
    }
    return NULL;
}

/* The date the instant begins, in the zone of the rule. */
static const char *date_text(KjArena *arena, const Turn *turn) {
    guint days = turn->at_end ? turn->window->atom.last_day + 1 : turn->window->atom.first_day, year, month, day;

    kj_calendar_date(days, &year, &month, &day);
    return kj_arena_printf(arena, "%04u-%02u-%02u", year, month, day);
}

/* The first turn of the same block at another instant. */
static const Turn *next_turn(const GArray *turns, guint index) {
    const Turn *turn = &g_array_index(turns, Turn, index);

    for (guint i = index + 1; i < turns->len; i++) {
        const Turn *next = &g_array_index(turns, Turn, i);
        if (next->block == turn->block && next->instant > turn->instant)
            return next;
    }
    return NULL;
}

/* From this turn on, as long as the calendar goes. */
static const KjWindow *time_from(KjArena *arena, const Turn *turn) {
    return kj_window_days(arena, turn->window->atom.zone, turn->at_end ? turn->window->atom.last_day + 1 : turn->window->atom.first_day,
                          KJ_ENDLESS_DAY);
}

/* From a turn to the next one; NULL: there is none. */
static const KjWindow *time_between(KjArena *arena, const Turn *turn, const Turn *next) {
    KjWindow *between;

    if (!next)
        return time_from(arena, turn);
    between = kj_arena_new0(arena, KjWindow);
    *between = (KjWindow){ .kind = KJ_WINDOW_MINUS, .left = time_from(arena, turn), .right = time_from(arena, next), .parts = 3 };
    return between;
}

/* Whether the block itself, with its dates, decides the witness as the block as of the turn does. */
static gboolean holds(KjReplay *replay, const KjBlock *block, const KjBlock *as_of, const KjWitness *witness) {
    KjReferenceVerdict verdict;
    guint count;
    const KjFieldText *texts = kj_witness_texts(witness, &count);
    gboolean good;

    kj_reference_decide(as_of, texts, count, witness->has_instant, witness->instant, &verdict);
    good = kj_replay_agrees(replay, block, texts, count, witness->has_instant, witness->instant, &verdict);
    kj_reference_verdict_clear(&verdict);
    return good;
}

static void try_witnesses(KjReplay *replay, const KjBlock *block, const Turn *next, KjBlockChange *change) {
    for (guint i = 0; i < change->regions->len; i++) {
        KjChangeRegion *region = change->regions->pdata[i];

        if (!region->witness || holds(replay, block, change->new_block, region->witness))
            continue;
        if (next && region->witness->instant >= next->instant)
            g_clear_pointer(&region->witness, kj_witness_free);
        else
            change->bug = TRUE;
    }
}

static gboolean decides_in(const KjBlockChange *change, const KjRule *rule) {
    for (guint i = 0; i < change->regions->len; i++) {
        const KjChangeRegion *region = change->regions->pdata[i];
        if ((region->old_rule && strcmp(region->old_rule->label, rule->label) == 0) ||
            (region->new_rule && strcmp(region->new_rule->label, rule->label) == 0))
            return TRUE;
    }
    return FALSE;
}

/* Of the turns of one day and block, which begin here: the first whose rule decides something that changes, else the first. */
static const Turn *telling_turn(const GArray *turns, guint index, const KjBlockChange *change) {
    const Turn *first = &g_array_index(turns, Turn, index);

    for (guint i = index; i < turns->len; i++) {
        const Turn *turn = &g_array_index(turns, Turn, i);
        if (turn->instant != first->instant || turn->block != first->block)
            break;
        if (decides_in(change, turn->rule))
            return turn;
    }
    return first;
}

static void tell_turn(KjChange *change, const GArray *turns, guint index, const KjChangeOptions *options) {
    const Turn *turn = &g_array_index(turns, Turn, index), *next = next_turn(turns, index);
    KjTimedChange *timed = kj_arena_new0(change->arena, KjTimedChange);
    const KjException *exception;
    KjChangeOptions then = *options;

    then.now = turn->instant;
    then.period = time_from(change->arena, turn);
    then.best = time_between(change->arena, turn, next);
    timed->block = kj_block_change_new(change->arena, kj_block_as_of(change->arena, turn->block, turn->instant - 1),
                                       kj_block_as_of(change->arena, turn->block, turn->instant), &then);
    timed->block->timed = TRUE;
    try_witnesses(&options->replays[1], turn->block, next, timed->block);
    turn = telling_turn(turns, index, timed->block);
    exception = exception_of(change->new_policy, turn);
    timed->instant = turn->instant;
    timed->date = date_text(change->arena, turn);
    timed->exception = exception ? exception->id : NULL;
    timed->rule = turn->rule;
    timed->ends = turn->ends || exception;
    if (timed->block->verdict >= KJ_CHANGE_NARROWS)
        g_ptr_array_add(change->timed, timed);
    else
        kj_block_change_clear(timed->block);
}

void kj_change_tell_time(KjChange *change, const KjChangeOptions *options) {
    g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(Turn));
    KjReplay replays[2] = { { .policy = change->new_policy }, { .policy = change->new_policy } };
    KjChangeOptions timed = *options;
    const Turn *last = NULL;

    timed.replays = replays;
    timed.old_sources = timed.new_sources = NULL;
    for (const KjBlock *block = change->new_policy->blocks; block; block = block->next) {
        for (guint i = 0; i < block->rule_count; i++) {
            add_turn(turns, block, &block->rules[i], FALSE, options->now);
            add_turn(turns, block, &block->rules[i], TRUE, options->now);
        }
    }
    if (turns->len)
        qsort(turns->data, turns->len, sizeof(Turn), compare_turns);
    for (guint i = 0; i < turns->len; i++) {
        const Turn *turn = &g_array_index(turns, Turn, i);
        if (turn->instant > options->until)
            break;
        if (last && last->instant == turn->instant && last->block == turn->block)
            continue; /* of one day and block, one comparison tells all */
        tell_turn(change, turns, i, &timed);
        last = turn;
    }
    kj_replay_clear(&replays[0]);
    kj_replay_clear(&replays[1]);
}
