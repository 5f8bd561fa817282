/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "naive.h"

#define SECOND 1000000

void naive_init(Naive *naive) {
    naive->events = g_array_new(FALSE, FALSE, sizeof(NaiveEvent));
    naive->filled = -1;
    naive->missing = 0;
}

void naive_clear(Naive *naive) {
    g_array_unref(naive->events);
}

static NaiveEvent *event_at(const Naive *naive, guint i) {
    return &g_array_index(naive->events, NaiveEvent, i);
}

guint64 naive_taken(const Naive *naive, gint64 from, gint64 to) {
    guint64 sum = 0;
    for (guint i = 0; i < naive->events->len; i++)
        if (event_at(naive, i)->time > from && event_at(naive, i)->time <= to)
            sum += event_at(naive, i)->amount;
    return sum;
}

static KjCount ask_window(Naive *naive, const KjRate *rate, guint64 longer, guint64 cost, gint64 now, KjCounting counting, guint64 *wait) {
    gint64 window = (gint64)(rate->window * SECOND + longer);
    for (guint i = 0; i < naive->events->len; i++)
        event_at(naive, i)->time = MIN(event_at(naive, i)->time, now);
    *wait = 0;
    if (cost + naive_taken(naive, now - window, now) > rate->amount) {
        *wait = G_MAXUINT64;
        for (guint i = 0; i < naive->events->len && cost <= rate->amount; i++) {
            gint64 gone = event_at(naive, i)->time + window;
            if (gone > now && cost + naive_taken(naive, gone - window, gone) <= rate->amount) {
                *wait = (guint64) (gone - now);
                break;
            }
        }
        return KJ_COUNT_BEYOND;
    }
    if (counting == KJ_COUNTING_TAKE) {
        for (guint i = naive->events->len; i-- > 0;)
            if (event_at(naive, i)->time <= now - window)
                g_array_remove_index(naive->events, i);
        NaiveEvent event = { now, cost };
        g_array_append_val(naive->events, event);
    }
    return KJ_COUNT_WITHIN;
}

static KjCount ask_bucket(Naive *naive, const KjRate *rate, guint64 cost, gint64 now, KjCounting counting, guint64 *wait) {
    unsigned __int128 window = (unsigned __int128) rate->window * SECOND, depth = rate->burst * window, need = cost * window;
    if (naive->filled < 0 || naive->filled > now)
        naive->filled = now;
    unsigned __int128 flown = (unsigned __int128) (now - naive->filled) * rate->amount;
    unsigned __int128 missing = flown >= naive->missing ? 0 : naive->missing - flown;
    *wait = 0;
    if (missing + need > depth) {
        *wait = need > depth ? G_MAXUINT64 : (guint64) ((missing + need - depth + rate->amount - 1) / rate->amount);
        return KJ_COUNT_BEYOND;
    }
    if (counting == KJ_COUNTING_TAKE) {
        naive->filled = now;
        naive->missing = missing + need;
    }
    return KJ_COUNT_WITHIN;
}

KjCount naive_ask(Naive *naive, const KjRate *rate, guint64 longer, guint64 cost, gint64 now, KjCounting counting, guint64 *wait) {
    return rate->burst ? ask_bucket(naive, rate, cost, now, counting, wait) : ask_window(naive, rate, longer, cost, now, counting, wait);
}
