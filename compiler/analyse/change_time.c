/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What time alone will bring: the days on which a rule with dates begins or ends, each compared as a change from the day before.
 *
 * Windows (office hours, holidays) recur and are part of every version; only `@from`, `@until` and exceptions come once. A block as of an instant has
 * the dated rules that are then in force, without their dates, so that the comparison is about the dates and nothing else.
 */
#include "change_time.h"

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
    copy->rules = rules;
    copy->rule_count = 0;
    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *rule = &block->rules[i];
        if ((rule->after && contains(rule->after, instant)) || (rule->from && !contains(rule->from, instant)) || (rule->until && !contains(rule->until, instant)))
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

static void add_turn(GArray *turns, const KjBlock *block, const KjRule *rule, gboolean ends, gint64 now, gint64 until) {
    gboolean after = !ends && rule->after;
    const KjWindow *window = ends ? rule->until : after ? rule->after : rule->from;
    g_autoptr(GArray) spans = window ? kj_window_spans(window) : NULL;
    Turn turn = { 0, block, rule, ends, window, ends || after };

    if (!spans || spans->len == 0)
        return;
    turn.instant = turn.at_end ? g_array_index(spans, KjSpanOfTime, spans->len - 1).end : g_array_index(spans, KjSpanOfTime, 0).begin;
    if (now < turn.instant && turn.instant <= until)
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

static void tell_turn(KjChange *change, const Turn *turn, const KjChangeOptions *options) {
    KjTimedChange *timed = kj_arena_new0(change->arena, KjTimedChange);
    const KjException *exception = exception_of(change->new_policy, turn);
    KjChangeOptions then = *options;

    then.now = turn->instant;
    then.old_sources = then.new_sources = NULL;
    timed->instant = turn->instant;
    timed->date = date_text(change->arena, turn);
    timed->exception = exception ? exception->id : NULL;
    timed->rule = turn->rule;
    timed->ends = turn->ends || exception;
    timed->block = kj_block_change_new(change->arena, kj_block_as_of(change->arena, turn->block, turn->instant - 1),
                                       kj_block_as_of(change->arena, turn->block, turn->instant), &then);
    if (timed->block->verdict >= KJ_CHANGE_NARROWS)
        g_ptr_array_add(change->timed, timed);
    else
        kj_block_change_clear(timed->block);
}

void kj_change_tell_time(KjChange *change, const KjChangeOptions *options) {
    g_autoptr(GArray) turns = g_array_new(FALSE, FALSE, sizeof(Turn));
    const Turn *last = NULL;

    for (const KjBlock *block = change->new_policy->blocks; block; block = block->next) {
        for (guint i = 0; i < block->rule_count; i++) {
            add_turn(turns, block, &block->rules[i], FALSE, options->now, options->until);
            add_turn(turns, block, &block->rules[i], TRUE, options->now, options->until);
        }
    }
    if (turns->len)
        qsort(turns->data, turns->len, sizeof(Turn), compare_turns);
    for (guint i = 0; i < turns->len; i++) {
        const Turn *turn = &g_array_index(turns, Turn, i);
        if (last && last->instant == turn->instant && last->block == turn->block)
            continue; /* of one day and block, one comparison tells all */
        tell_turn(change, turn, options);
        last = turn;
    }
}
