/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows and buckets against the naive meaning: random questions, clocks that jump both ways, every state through its bytes and back. Where marks are
 * merged: never more than N in any window, and what would be within for a window longer by a 64th is within.
 */
#include <string.h>

#include "naive.h"
#include "runtime/counter/window.h"

#define SECOND 1000000
#define START ((gint64) 1800000000 * SECOND)

typedef struct {
    guint8 bytes[sizeof(KjCountState)];
    gsize length;
} Kept;

static KjCount ask(Kept *kept, const KjRate *rate, guint64 cost, gint64 now, KjCounting counting, guint64 *wait) {
    KjRatePlan plan;
    KjCountState state;
    gboolean changed;
    kj_window_plan(rate, &plan);
    g_assert_true(kj_window_read_state(&state, kept->bytes, kept->length));
    KjCount answer = kj_window_ask(&plan, &state, cost, now, counting, &changed, wait);
    if (changed) {
        kept->length = kj_window_state_size(&state);
        memcpy(kept->bytes, &state, kept->length);
        if (state.expires != G_MAXINT64) { /* a state past its expiry is as good as none */
            KjCountState old = state, fresh;
            guint64 a, b;
            gboolean ignored;
            g_assert_cmpint(state.expires, >=, now);
            g_assert_true(kj_window_read_state(&fresh, NULL, 0));
            g_assert_cmpint(kj_window_ask(&plan, &old, plan.amount, state.expires, KJ_COUNTING_TEST, &ignored, &a), ==,
                            kj_window_ask(&plan, &fresh, plan.amount, state.expires, KJ_COUNTING_TEST, &ignored, &b));
        }
    }
    return answer;
}

/* Mostly a little later, sometimes a jump, sometimes just where something ends. */
static gint64 next_instant(gint64 now, const KjRate *rate, gint64 pace, gboolean jumps) {
    gint64 window = (gint64)rate->window * SECOND;
    if (!jumps && g_test_rand_int_range(0, 50) != 0)
        return now + (gint64)(g_test_rand_double() * 2 * (double)pace);
    switch (g_test_rand_int_range(jumps ? 0 : 1, jumps ? 60 : 40)) {
    case 0:
        return now + window;
    case 1:
        return now + window - 1;
    case 2 ... 5:
        return now;
    case 40 ... 42:
        return MAX(now - window / g_test_rand_int_range(1, 20), 0);
    case 43:
        return MAX(now - 5 * window, 0);
    case 44:
        return now + 3 * window;
    case 45:
        return MAX(now - g_test_rand_int_range(1, 1000), 0);
    default:
        return now + (gint64)(g_test_rand_double() * 2 * (double)pace);
    }
}

static void compare_once(const KjRate *rate, gint64 pace, guint64 largest_cost, guint questions) {
    Naive naive;
    Kept kept = { .length = 0 };
    gint64 now = START;
    naive_init(&naive);
    for (guint i = 0; i < questions; i++) {
        KjCounting counting = g_test_rand_int_range(0, 3) ? KJ_COUNTING_TAKE : KJ_COUNTING_TEST;
        guint64 cost = 1 + (guint64)(g_test_rand_double() * (double)largest_cost), wait, naive_wait;
        KjCount answer = ask(&kept, rate, cost, now, counting, &wait), meant = naive_ask(&naive, rate, 0, cost, now, counting, &naive_wait);
        g_assert_cmphex(answer, ==, meant);
        g_assert_cmpuint(wait, ==, naive_wait);
        if (wait > 0 && wait != G_MAXUINT64) {
            guint64 more;
            g_assert_cmphex(ask(&kept, rate, cost, now + (gint64)wait - 1, KJ_COUNTING_TEST, &more), ==, KJ_COUNT_BEYOND);
            g_assert_cmphex(ask(&kept, rate, cost, now + (gint64)wait, KJ_COUNTING_TEST, &more), ==, KJ_COUNT_WITHIN);
        }
        now = next_instant(now, rate, pace, TRUE);
    }
    naive_clear(&naive);
}

static guint rounds(guint many) {
    return g_getenv("KIJUN_SHORT") ? many / 10 : many;
}

static void test_exact_windows(void) {
    for (guint i = 0; i < rounds(300); i++) {
        KjRate rate = { (guint64)g_test_rand_int_range(1, 129), (guint64)g_test_rand_int_range(1, 100000), 0 };
        compare_once(&rate, (gint64)(rate.window * SECOND / rate.amount), 1 + rate.amount / 10, 400);
    }
}

static void test_exact_buckets(void) {
    static const KjRate people_write[] = {
        { 20, 86400, 5 }, { 100, 1, 200 }, { 100000000, 86400, 500 }, { 1, 1, 1 }, { 7, 31536000, 1000 }, { 3, 60, 10 }, { 1000000, 3600, 100000000 },
    };
    for (guint i = 0; i < rounds(300); i++) {
        KjRate rate = { (guint64)g_test_rand_int_range(1, 1000), (guint64)g_test_rand_int_range(1, 90000), (guint64)g_test_rand_int_range(1, 500) };
        KjRatePlan plan;
        if (i < G_N_ELEMENTS(people_write))
            rate = people_write[i];
        kj_window_plan(&rate, &plan);
        if (plan.unit == 1)
            compare_once(&rate, (gint64)(rate.window * SECOND / rate.amount), 1 + rate.burst / 10, 400);
        else
            g_assert_cmpuint(rate.window, ==, 31536000);
    }
}

/* More takes than marks: the clock goes on, as clocks do. */
static guint merge_once(const KjRate *rate, gint64 pace, guint64 largest_cost, guint questions) {
    gint64 window = (gint64)rate->window * SECOND;
    Naive truth;
    Kept kept = { .length = 0 };
    gint64 now = START;
    guint late = 0;
    naive_init(&truth);
    for (guint i = 0; i < questions; i++) {
        guint64 cost = 1 + (guint64)(g_test_rand_double() * (double)largest_cost), wait;
        KjCount answer = ask(&kept, rate, cost, now, KJ_COUNTING_TAKE, &wait);
        guint64 taken = naive_taken(&truth, now - window, now), taken_longer = naive_taken(&truth, now - window - window / KJ_WINDOW_SLOTS, now);
        if (answer == KJ_COUNT_WITHIN) {
            g_assert_cmpuint(taken + cost, <=, rate->amount);
            NaiveEvent event = { now, cost };
            g_array_append_val(truth.events, event);
        } else {
            g_assert_cmpuint(taken_longer + cost, >, rate->amount);
            late += taken + cost <= rate->amount;
        }
        g_assert_cmpuint(kept.length, <=, 16 + 16 * KJ_WINDOW_MARKS);
        now = next_instant(now, rate, pace, FALSE);
    }
    for (guint i = 0; i < truth.events->len; i++) {
        gint64 begin = g_array_index(truth.events, NaiveEvent, i).time;
        g_assert_cmpuint(naive_taken(&truth, begin - 1, begin - 1 + window), <=, rate->amount);
    }
    naive_clear(&truth);
    return late;
}

static void test_merged_windows(void) {
    guint late = 0;
    for (guint i = 0; i < rounds(40); i++) {
        KjRate rate = { (guint64)g_test_rand_int_range(150, 2000), (guint64)g_test_rand_int_range(1, 100000), 0 };
        late += merge_once(&rate, (gint64)(rate.window * SECOND / rate.amount / 2), 2, 3000);
        rate.amount *= 1000000;
        late += merge_once(&rate, (gint64)(rate.window * SECOND / 1000), 5000000, 3000);
    }
    g_test_message("%u refused only because marks were merged", late);
    g_assert_cmpuint(late, >, 0);
}

/* Ticks of a millisecond, of a second, rounded flows: a bucket filled to the last drop is never ahead of the exact one. */
static void test_coarse_buckets(void) {
    static const KjRate coarse[] = {
        { 7, 31536000, 1000 }, { 7, 31536000, 1000000 }, { 999983, 31536000, G_GUINT64_CONSTANT(1000000000) },
        { G_GUINT64_CONSTANT(999999999989), 31536000, G_GUINT64_CONSTANT(1000000000000) },
    };
    for (guint i = 0; i < G_N_ELEMENTS(coarse); i++) {
        const KjRate *rate = &coarse[i];
        Naive naive;
        Kept kept = { .length = 0 };
        gint64 now = START;
        guint64 passed = 0, naive_wait, wait;
        naive_init(&naive);
        g_assert_cmphex(ask(&kept, rate, rate->burst, now, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
        naive_ask(&naive, rate, 0, rate->burst, now, KJ_COUNTING_TAKE, &naive_wait);
        for (guint k = 0; k < 20000; k++) {
            guint64 cost = 1 + (guint64)g_test_rand_int_range(0, 3);
            /* A tenth more is asked for than flows in, so that no chance leaves the bucket full. */
            now += (gint64)(g_test_rand_double() * 3.6 * (double)MAX(rate->window * SECOND / rate->amount, 1));
            if (ask(&kept, rate, cost, now, KJ_COUNTING_TAKE, &wait) == KJ_COUNT_WITHIN) {
                g_assert_cmphex(naive_ask(&naive, rate, 0, cost, now, KJ_COUNTING_TAKE, &naive_wait), ==, KJ_COUNT_WITHIN);
                passed += cost;
            }
        }
        double flown = (double)(now - START) / SECOND / (double)rate->window * (double)rate->amount;
        g_test_message("%" G_GUINT64_FORMAT " passed of %.1f that flowed in", passed, flown);
        g_assert_cmpfloat((double)passed, <=, flown);
        g_assert_cmpfloat((double)passed, >=, 0.99 * flown - 4 - (double)rate->amount / (double)rate->window); /* up to a tick late */
        naive_clear(&naive);
    }
}

static void test_plans(void) {
    for (guint i = 0; i < 100000; i++) {
        KjRate rate = { 1 + ((guint64)g_test_rand_int() << 32 | (guint32)g_test_rand_int()) / (G_GUINT64_CONSTANT(1) << g_test_rand_int_range(0, 63)),
                        1 + ((guint64)g_test_rand_int() << 32 | (guint32)g_test_rand_int()) / (G_GUINT64_CONSTANT(1) << g_test_rand_int_range(0, 63)),
                        1 + ((guint64)g_test_rand_int() << 32 | (guint32)g_test_rand_int()) / (G_GUINT64_CONSTANT(1) << g_test_rand_int_range(0, 63)) };
        KjRatePlan plan;
        kj_window_plan(&rate, &plan);
        g_assert_cmpuint(plan.parts, >=, 1);
        g_assert_cmpuint(plan.amount, <=, KJ_WINDOW_EXACT / plan.parts);
        g_assert_cmpuint(plan.fill, <=, KJ_WINDOW_EXACT);
        /* never faster than N/W: fill / (parts * unit) <= N / (W * 10^6) */
        unsigned __int128 left = (unsigned __int128) plan.fill * rate.window, right = (unsigned __int128) MIN(rate.amount, KJ_WINDOW_EXACT) * plan.parts;
        unsigned __int128 ticks_per_second = SECOND / plan.unit;
        g_assert_true(left <= right / ticks_per_second || left * ticks_per_second <= right);
    }
}

static void test_clock_set_back(void) {
    const KjRate rates[] = { { 5, 600, 0 }, { 5, 600, 5 } };
    for (guint r = 0; r < G_N_ELEMENTS(rates); r++) {
        Kept kept = { .length = 0 };
        guint64 wait;
        gint64 window = (gint64)rates[r].window * SECOND, past = START - (gint64) 365 * 86400 * SECOND;
        g_assert_cmphex(ask(&kept, &rates[r], 5, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
        for (gint64 later = 0; later < window; later += window / 10) { /* nothing but tests, and still it opens in time */
            KjCount answer = ask(&kept, &rates[r], 5, past + later, KJ_COUNTING_TEST, &wait);
            g_assert_cmphex(answer, ==, KJ_COUNT_BEYOND);
            g_assert_cmpuint(wait, ==, (guint64)(window - later));
        }
        g_assert_cmphex(ask(&kept, &rates[r], 5, past + window, KJ_COUNTING_TEST, &wait), ==, KJ_COUNT_WITHIN);
    }
}

static void test_rate_changed(void) {
    Kept kept = { .length = 0 };
    guint64 wait;
    const KjRate ten = { 10, 60, 0 }, two = { 2, 60, 0 }, deep = { 10, 60, 10 }, other = { 7, 3600, 10 }, shallow = { 7, 3600, 3 };
    g_assert_cmphex(ask(&kept, &ten, 8, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &two, 1, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND); /* more is taken than it now has */
    g_assert_cmpuint(wait, ==, 60 * SECOND);
    g_assert_cmphex(ask(&kept, &ten, 2, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &ten, 1, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmphex(ask(&kept, &deep, 8, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN); /* a bucket instead: anew */
    g_assert_cmphex(ask(&kept, &other, 3, START, KJ_COUNTING_TEST, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmphex(ask(&kept, &other, 2, START, KJ_COUNTING_TEST, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &shallow, 1, START, KJ_COUNTING_TEST, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmphex(ask(&kept, &other, 2, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &deep, 1, START, KJ_COUNTING_TEST, &wait), ==, KJ_COUNT_BEYOND);
}

static void test_edges(void) {
    Kept kept = { .length = 0 };
    guint64 wait;
    const KjRate huge = { G_MAXUINT64, G_MAXUINT64, 0 }, endless = { G_MAXUINT64, G_MAXUINT64, G_MAXUINT64 }, one = { 1, 1, 0 };
    g_assert_cmphex(ask(&kept, &huge, KJ_WINDOW_EXACT, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &huge, 1, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmphex(ask(&kept, &huge, G_MAXUINT64, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmpuint(wait, ==, G_MAXUINT64);
    kept.length = 0;
    g_assert_cmphex(ask(&kept, &endless, KJ_WINDOW_EXACT, 0, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &endless, 1, 0, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND);
    kept.length = 0;
    g_assert_cmphex(ask(&kept, &one, 0, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &one, 1, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &one, 0, START, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
    g_assert_cmphex(ask(&kept, &one, 1, START + SECOND - 1, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_BEYOND);
    g_assert_cmpuint(wait, ==, 1);
    g_assert_cmphex(ask(&kept, &one, 1, START + SECOND, KJ_COUNTING_TAKE, &wait), ==, KJ_COUNT_WITHIN);
}

/* No byte of a state, whatever it is exchanged for, makes the arithmetic leave its bounds; sizes that do not fit are refused. */
static void test_damaged(void) {
    const KjRate rates[] = { { 20, 60, 0 }, { 20, 60, 5 } };
    for (guint r = 0; r < G_N_ELEMENTS(rates); r++) {
        Kept sound = { .length = 0 };
        guint64 wait;
        KjCountState state;
        for (guint i = 0; i < 5; i++)
            ask(&sound, &rates[r], 1, START + i, KJ_COUNTING_TAKE, &wait);
        for (gsize length = 1; length < sound.length; length++)
            g_assert_false(kj_window_read_state(&state, sound.bytes, length));
        for (guint i = 0; i < rounds(50000); i++) {
            Kept kept = sound;
            KjRatePlan plan;
            gboolean changed;
            for (gint n = g_test_rand_int_range(1, 4); n > 0; n--)
                kept.bytes[g_test_rand_int_range(0, (gint32)kept.length)] = (guint8)g_test_rand_int();
            kj_window_plan(&rates[g_test_rand_bit()], &plan);
            if (kj_window_read_state(&state, kept.bytes, kept.length))
                kj_window_ask(&plan, &state, 1, START + 10, KJ_COUNTING_TAKE, &changed, &wait);
        }
        sound.bytes[0] ^= 1;
        g_assert_false(kj_window_read_state(&state, sound.bytes, sound.length));
    }
}

static void test_keys(void) {
    static const struct {
        const char *label;
        const char *values[2];
        guint count;
    } lists[] = {
        { "l", { NULL }, 0 },       { "l", { "a" }, 1 },       { "l", { NULL }, 1 },       { "l", { "" }, 1 },        { "l", { "-" }, 1 },
        { "l", { "a", "b" }, 2 },   { "l", { "a", NULL }, 2 }, { "l", { NULL, "a" }, 2 },  { "l", { "ab", "" }, 2 },  { "l", { "", "ab" }, 2 },
        { "l", { "", NULL }, 2 },   { "l", { NULL, "" }, 2 },  { "l", { "1:a,", "" }, 2 }, { "l", { "", "" }, 2 },    { "l", { NULL, NULL }, 2 },
        { "l,1:a", { NULL }, 0 },   { "l,1:a,", { NULL }, 0 }, { "", { "l" }, 1 },         { "l", { "1:a,1:b" }, 1 }, { "l", { "-," }, 1 },
    };
    g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_add(seen, kj_counter_key("m.b", lists[i].label, lists[i].values, lists[i].count));
    for (guint i = 0; i < seen->len; i++)
        for (guint j = 0; j < i; j++)
            g_assert_false(g_bytes_equal(seen->pdata[i], seen->pdata[j]));
    g_autoptr(GBytes) key = kj_counter_key("mail.forwarding", "partner", (const char *const[]){ "alice@example.jp", NULL }, 2);
    g_assert_cmpmem(g_bytes_get_data(key, NULL), g_bytes_get_size(key), "15:mail.forwarding,7:partner,16:alice@example.jp,-,", 51);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/counter/window/exact", test_exact_windows);
    g_test_add_func("/counter/window/merged", test_merged_windows);
    g_test_add_func("/counter/bucket/exact", test_exact_buckets);
    g_test_add_func("/counter/bucket/coarse", test_coarse_buckets);
    g_test_add_func("/counter/plans", test_plans);
    g_test_add_func("/counter/clock-set-back", test_clock_set_back);
    g_test_add_func("/counter/rate-changed", test_rate_changed);
    g_test_add_func("/counter/edges", test_edges);
    g_test_add_func("/counter/damaged", test_damaged);
    g_test_add_func("/counter/keys", test_keys);
    return g_test_run();
}
