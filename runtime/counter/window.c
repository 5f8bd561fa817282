/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows and buckets.
 *
 * A **window** `N/W` remembers what was taken when: marks of time and amount, ascending. A take of `cost` at `now` is within when the marks younger than
 * W hold at most N - cost. That is exact for as long as the takes of one window fit the list of 128 marks. When it is full, marks in
 * the same 64th of the window (slots fixed in time, not moving with it) become one at the later of their times. Nothing is ever forgotten before its
 * time, so what is remembered is never less than what was taken: at most N get through in ANY window, always. What is merged is remembered
 * at most W/64 too long, which is the worst deviation: whatever would be within for a window of W + W/64 is within. At most 66 marks are left
 * after a merge, however often it happens, because a mark never leaves its slot.
 *
 * A **bucket** `N/W burst B` remembers how much is missing until it is full, and since when. In whole numbers: time in ticks, content in parts of a
 * request, such that N/W is a whole number of parts a tick. kj_window_plan() reduces the fraction; all rates people write come out exact in
 * microseconds. Where B parts would not fit 2^53, ticks are milliseconds or seconds (what flows in arrives up to one tick late), and where not even
 * that suffices, the flow is rounded down. Less gets through, never more.
 *
 * Why 2^53: the same arithmetic stands in redis_script.c in Lua, whose only numbers are doubles, and both must answer alike. Amounts above it (nine
 * petabytes) are cut to it.
 *
 * The clock: an event from the future counts as one of now, and is kept as one of now, also by a mere test; so a clock set back closes a limit for
 * one window at most. A clock set forward lets marks expire as time does: the two cannot be told apart. What has left the window is forgotten when the next
 * thing is counted, not before.
 *
 * A rule whose rate was changed goes on with the same marks; a bucket is converted, whole requests rounded up. Window and bucket exchanged begin anew.
 *
 * Cost: one pass over at most 128 marks; a state has 16 bytes and 16 more for each mark, 2,064 at most.
 */
#include "window.h"

#include <string.h>

#define MICROSECONDS 1000000u
#define LONGEST_WINDOW (G_GUINT64_CONSTANT(1) << 33) /* seconds: 272 years; the clock's instants span 130, so a longer one never ends either */

/* ---- rates ---- */

static guint64 common_divisor(guint64 a, guint64 b) {
    while (b) {
        guint64 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void plan_bucket(const KjRate *rate, KjRatePlan *plan) {
    static const guint64 units[] = { 1, 1000, MICROSECONDS };
    guint64 amount = MIN(rate->amount, KJ_WINDOW_EXACT);
    plan->amount = MIN(rate->burst, KJ_WINDOW_EXACT);
    plan->window = 0;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        guint64 ticks_per_second = MICROSECONDS / units[i];
        if (rate->window > KJ_WINDOW_EXACT / ticks_per_second)
            continue;
        guint64 ticks = rate->window * ticks_per_second, divisor = common_divisor(amount, ticks);
        plan->unit = units[i];
        plan->fill = amount / divisor;
        plan->parts = ticks / divisor;
        if (plan->parts <= KJ_WINDOW_EXACT / plan->amount)
            return;
    }
    guint64 parts = KJ_WINDOW_EXACT / plan->amount, ticks = rate->window;
    plan->unit = MICROSECONDS;
    plan->fill = (guint64)((unsigned __int128)amount * parts / ticks);
    plan->parts = parts;
}

void kj_window_plan(const KjRate *rate, KjRatePlan *plan) {
    *plan = (KjRatePlan){ .amount = MIN(rate->amount, KJ_WINDOW_EXACT), .window = MIN(rate->window, LONGEST_WINDOW) * MICROSECONDS,
                          .unit = 1, .parts = 1 };
    if (rate->burst > 0)
        plan_bucket(rate, plan);
}

/* ---- states ---- */

gsize kj_window_state_size(const KjCountState *state) {
    gsize body = state->kind == KJ_STATE_BUCKET ? sizeof(KjBucket) : state->count * sizeof(KjWindowMark);
    return G_STRUCT_OFFSET(KjCountState, marks) + body;
}

gboolean kj_window_read_state(KjCountState *state, const void *bytes, gsize length) {
    state->kind = 0;
    state->count = 0;
    state->expires = 0;
    if (length == 0)
        return TRUE;
    if (length < G_STRUCT_OFFSET(KjCountState, marks) || length > sizeof *state)
        return FALSE;
    memcpy(state, bytes, length);
    if (state->kind == KJ_STATE_BUCKET)
        return state->count == 0 && length == kj_window_state_size(state) && state->bucket.parts > 0 && state->bucket.unit > 0 &&
               state->bucket.unit <= MICROSECONDS && state->bucket.tick >= 0 && state->bucket.tick <= (gint64)KJ_WINDOW_EXACT;
    if (state->kind != KJ_STATE_WINDOW || state->count > KJ_WINDOW_MARKS || length != kj_window_state_size(state))
        return FALSE;
    gint64 before = 0;
    for (guint i = 0; i < state->count; before = state->marks[i++].time)
        if (state->marks[i].time < before || state->marks[i].time > (gint64)KJ_WINDOW_EXACT)
            return FALSE;
    return TRUE;
}

/* Begins anew what is of the other kind, or nothing yet. */
static void make_kind(KjCountState *state, guint32 kind, const KjBucket *bucket) {
    if (state->kind == kind)
        return;
    state->kind = kind;
    state->count = 0;
    if (bucket)
        state->bucket = *bucket;
}

static guint64 sum_up(guint64 a, guint64 b) {
    return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

static gboolean fits(guint64 taken, guint64 cost, guint64 most) {
    return taken <= most && cost <= most - taken;
}

/* ---- windows ---- */

/* Marks of one slot become one, at the later time. */
static void merge_marks(KjCountState *state, guint64 window) {
    gint64 slot = (gint64)MAX(window / KJ_WINDOW_SLOTS, 1);
    guint kept = 0;
    for (guint i = 1; i < state->count; i++) {
        if (state->marks[i].time / slot == state->marks[kept].time / slot) {
            state->marks[kept].time = state->marks[i].time;
            state->marks[kept].amount = sum_up(state->marks[kept].amount, state->marks[i].amount);
        } else {
            state->marks[++kept] = state->marks[i];
        }
    }
    state->count = kept + 1;
}

static void add_mark(KjCountState *state, guint expired, guint64 window, guint64 cost, gint64 now) {
    state->count -= expired;
    memmove(state->marks, state->marks + expired, state->count * sizeof *state->marks);
    if (state->count == KJ_WINDOW_MARKS && state->marks[state->count - 1].time != now)
        merge_marks(state, window);
    if (state->count > 0 && state->marks[state->count - 1].time == now) {
        state->marks[state->count - 1].amount += cost;
    } else {
        g_assert(state->count < KJ_WINDOW_MARKS);
        state->marks[state->count++] = (KjWindowMark){ now, cost };
    }
}

/* How long until so much has left the window that the cost fits. */
static guint64 wait_for_window(const KjRatePlan *plan, const KjCountState *state, guint expired, guint64 taken, guint64 cost, gint64 now) {
    for (guint i = expired; i < state->count; i++) {
        taken -= MIN(taken, state->marks[i].amount);
        if (fits(taken, cost, plan->amount))
            return (guint64)(state->marks[i].time - now) + plan->window;
    }
    return G_MAXUINT64;
}

static KjCount ask_window(const KjRatePlan *plan, KjCountState *state, guint64 cost, gint64 now, KjCounting counting, gboolean *changed,
                          guint64 *wait) {
    guint64 taken = 0;
    guint expired = 0;
    make_kind(state, KJ_STATE_WINDOW, NULL);
    for (guint i = 0; i < state->count; i++) {
        KjWindowMark *mark = &state->marks[i];
        if (mark->time > now) {
            mark->time = now;
            *changed = TRUE;
        }
        if ((guint64)(now - mark->time) >= plan->window)
            expired = i + 1;
        else
            taken = sum_up(taken, mark->amount);
    }
    gboolean within = fits(taken, cost, plan->amount);
    if (!within) {
        *wait = wait_for_window(plan, state, expired, taken, cost, now);
    } else if (counting == KJ_COUNTING_TAKE && cost > 0) {
        add_mark(state, expired, plan->window, cost, now);
        *changed = TRUE;
    }
    if (*changed)
        state->expires = state->count ? state->marks[state->count - 1].time + (gint64)plan->window : now;
    return within ? KJ_COUNT_WITHIN : KJ_COUNT_BEYOND;
}

/* ---- buckets ---- */

static guint64 divide_up(guint64 a, guint64 b) {
    return a / b + (a % b != 0);
}

/* Microseconds that so many parts take to flow in; G_MAXUINT64: more than 2^53, or for ever. */
static guint64 time_to_fill(const KjRatePlan *plan, guint64 missing) {
    if (missing == 0)
        return 0;
    guint64 ticks = plan->fill > 0 ? divide_up(missing, plan->fill) : G_MAXUINT64;
    return ticks > KJ_WINDOW_EXACT / plan->unit ? G_MAXUINT64 : ticks * plan->unit;
}

/* The bucket as the plan computes: other ticks, other parts, another depth. */
static void convert_bucket(const KjRatePlan *plan, KjBucket *bucket) {
    if (bucket->unit != plan->unit || bucket->parts != plan->parts) {
        guint64 whole = MIN(divide_up(bucket->missing, bucket->parts), plan->amount);
        bucket->tick = (gint64)divide_up((guint64)bucket->tick * bucket->unit, plan->unit);
        bucket->missing = whole * plan->parts;
        bucket->unit = plan->unit;
        bucket->parts = plan->parts;
    }
    bucket->missing = MIN(bucket->missing, plan->amount * plan->parts);
}

static KjCount ask_bucket(const KjRatePlan *plan, KjCountState *state, guint64 cost, gint64 now, KjCounting counting, gboolean *changed,
                          guint64 *wait) {
    guint64 depth = plan->amount * plan->parts, need = cost * plan->parts, missing;
    gint64 tick = now / (gint64)plan->unit;
    make_kind(state, KJ_STATE_BUCKET, &(KjBucket){ tick, 0, plan->unit, plan->parts });
    KjBucket *bucket = &state->bucket;
    convert_bucket(plan, bucket);
    if (bucket->tick > tick) {
        bucket->tick = tick;
        *changed = TRUE;
    }
    guint64 elapsed = (guint64)(tick - bucket->tick);
    gboolean is_full = bucket->missing == 0 || (plan->fill > 0 && elapsed >= divide_up(bucket->missing, plan->fill));
    missing = is_full ? 0 : bucket->missing - elapsed * plan->fill;
    gboolean within = fits(missing, need, depth);
    if (!within) {
        *wait = time_to_fill(plan, missing - (depth - need));
    } else if (counting == KJ_COUNTING_TAKE && cost > 0) {
        bucket->tick = tick;
        bucket->missing = missing + need;
        *changed = TRUE;
    }
    if (*changed) {
        guint64 full = time_to_fill(plan, bucket->missing);
        state->expires = full == G_MAXUINT64 ? G_MAXINT64 : bucket->tick * (gint64)plan->unit + (gint64)full;
    }
    return within ? KJ_COUNT_WITHIN : KJ_COUNT_BEYOND;
}

KjCount kj_window_ask(const KjRatePlan *plan, KjCountState *state, guint64 cost, gint64 now, KjCounting counting, gboolean *changed,
                      guint64 *wait) {
    *changed = FALSE;
    *wait = 0;
    if (cost > plan->amount) {
        *wait = G_MAXUINT64;
        return KJ_COUNT_BEYOND;
    }
    return plan->window ? ask_window(plan, state, cost, now, counting, changed, wait)
                        : ask_bucket(plan, state, cost, now, counting, changed, wait);
}
