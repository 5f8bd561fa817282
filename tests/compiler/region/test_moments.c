/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments against the reference evaluator, which asks a calendar about each instant.
 *
 * Random windows of many zones are joined and subtracted; at each end of a span, the second before it, and instants drawn at random both must say the
 * same. Nights on which clocks change, the ends of the calendar, and the limits are there by name.
 */
#include "../../../compiler/limits.h"
#include "../../../compiler/reference/reference.h"
#include "../../../compiler/region/moments.h"

#include <kijun/calendar.h>
#include <kijun/value.h>

#define ROUNDS 150
#define ENDS_MOST 400
#define ENDLESS KJ_CALENDAR_DAYS

static const char *const zone_names[] = { "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                                          "Africa/Monrovia", "Pacific/Apia" };

typedef struct {
    KjArena *arena;
    GRand *random;
    KjClassSets *sets;
    KjMoments *moments;
    GTimeZone *zones[G_N_ELEMENTS(zone_names)]; /* held, so that GLib does not read them again for each question */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->arena = kj_arena_new();
    fixture->random = g_rand_new_with_seed(20261124);
    fixture->sets = kj_class_sets_new();
    fixture->moments = kj_moments_new();
    for (guint i = 0; i < G_N_ELEMENTS(zone_names); i++)
        fixture->zones[i] = g_time_zone_new_identifier(zone_names[i]);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(zone_names); i++)
        g_time_zone_unref(fixture->zones[i]);
    kj_moments_free(fixture->moments);
    kj_class_sets_free(fixture->sets);
    g_rand_free(fixture->random);
    kj_arena_free(fixture->arena);
}

/* ---- windows ---- */

static const KjWindow *atom(Fixture *fixture, const char *zone, guint weekdays, guint first_minute, guint last_minute, guint32 first_day,
                            guint32 last_day) {
    KjWindow *window = kj_arena_new0(fixture->arena, KjWindow);

    window->kind = KJ_WINDOW_ATOM;
    window->parts = 1;
    window->atom = (KjWindowAtom){ zone, weekdays, first_minute, last_minute, first_day, last_day };
    return window;
}

static const KjWindow *days(Fixture *fixture, const char *zone, guint32 first, guint32 last) {
    return atom(fixture, zone, 127, 0, 1439, first, last);
}

static const KjWindow *join(Fixture *fixture, KjWindowKind kind, const KjWindow *left, const KjWindow *right) {
    KjWindow *window = kj_arena_new0(fixture->arena, KjWindow);

    window->kind = kind;
    window->left = left;
    window->right = right;
    return window;
}

static guint below(Fixture *fixture, guint bound) {
    return (guint)g_rand_int_range(fixture->random, 0, (gint32)bound);
}

static guint pick_minute(Fixture *fixture) {
    static const guint common[] = { 0, 1, 60, 120, 150, 180, 540, 1080, 1320, 1438, 1439 };

    return below(fixture, 3) ? common[below(fixture, G_N_ELEMENTS(common))] : below(fixture, 1440);
}

static const KjWindow *random_atom(Fixture *fixture) {
    const char *zone = zone_names[below(fixture, G_N_ELEMENTS(zone_names))];
    guint32 first = 0, last = ENDLESS;
    guint from = pick_minute(fixture), to = pick_minute(fixture);

    switch (below(fixture, 5)) {
    case 0: first = below(fixture, 5); last = first + below(fixture, 900); break;
    case 1: first = ENDLESS - below(fixture, 5); break;
    case 2: first = below(fixture, ENDLESS); last = first + below(fixture, 30); break;
    case 3: last = below(fixture, ENDLESS); break;
    default: break;
    }
    if (below(fixture, 4) == 0)
        from = 0, to = 1439;
    else if (below(fixture, 6) == 0)
        to = (from + 1439) % 1440; /* a whole day that begins at some hour */
    return atom(fixture, zone, below(fixture, 3) ? 1 + below(fixture, 127) : 127, from, to, first, MIN(last, ENDLESS));
}

static const KjWindow *random_window(Fixture *fixture, guint depth) {
    if (depth == 0 || below(fixture, 3) == 0)
        return random_atom(fixture);
    return join(fixture, below(fixture, 2) ? KJ_WINDOW_UNION : KJ_WINDOW_MINUS, random_window(fixture, depth - 1),
                random_window(fixture, depth - 1));
}

/* ---- what is asked ---- */

static gboolean reference_has(const KjWindow *window, gint64 instant) {
    KjReferenceRequest request = { .has_instant = TRUE, .instant = instant };
    KjTruth truth = kj_reference_window(&request, window);

    g_assert_null(request.problem);
    g_assert_cmpint(truth == KJ_TRUTH_UNKNOWN, ==, instant < 0 || instant >= KJ_INSTANT_END);
    return truth == KJ_TRUTH_TRUE;
}

static gboolean spans_have(const GArray *spans, gint64 instant) {
    for (guint i = 0; i < spans->len; i++) {
        const KjSpanOfTime *span = &g_array_index(spans, KjSpanOfTime, i);

        if (instant >= span->begin && instant < span->end)
            return TRUE;
    }
    return FALSE;
}

static gint64 at(const char *text) {
    const char *problem;
    gint64 instant;

    g_assert_true(kj_value_read_instant(text, strlen(text), NULL, &instant, &problem));
    return instant;
}

static gint64 random_instant(Fixture *fixture) {
    return (gint64)(g_rand_double(fixture->random) * (double)KJ_INSTANT_END);
}

/* ---- one window ---- */

static void check_form(const GArray *spans) {
    for (guint i = 0; i < spans->len; i++) {
        const KjSpanOfTime *span = &g_array_index(spans, KjSpanOfTime, i);

        g_assert_cmpint(span->begin, >=, i ? span[-1].end + 1 : 0);
        g_assert_cmpint(span->begin, <, span->end);
        g_assert_cmpint(span->end, <=, KJ_INSTANT_END);
    }
}

static void check_ends(const KjWindow *window, const KjSpanOfTime *span) {
    g_assert_true(reference_has(window, span->begin));
    g_assert_true(reference_has(window, span->end - 1));
    g_assert_false(reference_has(window, span->begin - 1));
    g_assert_false(reference_has(window, span->end));
}

static void test_spans(Fixture *fixture, gconstpointer data) {
    guint ends = 0;

    (void)data;
    for (guint round = 0; round < ROUNDS; round++) {
        const KjWindow *window = random_window(fixture, round % 4);
        g_autoptr(GArray) spans = kj_window_spans(window);

        check_form(spans);
        for (guint i = 0; i < spans->len; i += 1 + (spans->len > ENDS_MOST ? below(fixture, spans->len / ENDS_MOST * 2) : 0), ends++)
            check_ends(window, &g_array_index(spans, KjSpanOfTime, i));
        for (guint i = 0; i < 100; i++) {
            gint64 instant = i < 20 ? (gint64)i * 7200 : i < 40 ? KJ_INSTANT_END - 1 - (gint64)(i - 20) * 7200 : random_instant(fixture);

            g_assert_cmpint(spans_have(spans, instant), ==, reference_has(window, instant));
        }
    }
    g_assert_cmpuint(ends, >, ROUNDS * 10);
}

static void check_spans(const KjWindow *window, const char *const *expected) {
    g_autoptr(GArray) spans = kj_window_spans(window);

    for (guint i = 0; i < spans->len; i++, expected += 2) {
        g_assert_nonnull(expected[0]);
        g_assert_cmpint(g_array_index(spans, KjSpanOfTime, i).begin, ==, at(expected[0]));
        g_assert_cmpint(g_array_index(spans, KjSpanOfTime, i).end, ==, at(expected[1]));
    }
    g_assert_null(expected[0]);
}

static guint32 day(guint year, guint month, guint of_month) {
    return kj_calendar_days(year, month, of_month);
}

static void test_daylight_saving(Fixture *fixture, gconstpointer data) {
    static const char *const new_york[] = { "2026-03-07T07:00:00Z", "2026-03-07T08:00:00Z", "2026-03-09T06:00:00Z", "2026-03-09T07:00:00Z", NULL };
    static const char *const berlin[] = { "2026-10-24T00:00:00Z", "2026-10-24T01:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z",
                                          "2026-10-26T01:00:00Z", "2026-10-26T02:00:00Z", NULL };
    static const char *const repeated[] = { "2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z", NULL };
    static const char *const night[] = { "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z", NULL };
    static const char *const long_day[] = { "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", NULL };

    (void)data;
    /* An hour that the clocks skip is in no window; one that they repeat is in it twice. */
    check_spans(atom(fixture, "America/New_York", 127, 120, 179, day(2026, 3, 7), day(2026, 3, 9)), new_york);
    check_spans(atom(fixture, "Europe/Berlin", 127, 120, 179, day(2026, 10, 24), day(2026, 10, 26)), berlin);
    check_spans(atom(fixture, "America/New_York", 127, 90, 119, day(2026, 11, 1), day(2026, 11, 1)), repeated);
    /* 22:00..05:59 of a night with seven hours, and a day of twenty-five. */
    check_spans(atom(fixture, "Europe/Berlin", 1u << 5, 1320, 359, day(2026, 3, 28), day(2026, 3, 28)), night);
    check_spans(days(fixture, "Europe/Berlin", day(2026, 10, 25), day(2026, 10, 25)), long_day);
}

static void test_ends_of_time(Fixture *fixture, gconstpointer data) {
    static const char *const whole[] = { "1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", NULL };
    static const char *const west[] = { "1970-01-01T05:00:00Z", "2099-12-31T23:59:59Z", NULL };
    static const char *const last[] = { "2099-12-31T15:00:00Z", "2099-12-31T23:59:59Z", NULL };
    g_autoptr(GArray) spans = kj_window_spans(days(fixture, "Asia/Tokyo", 0, ENDLESS));

    (void)data;
    g_assert_cmpuint(spans->len, ==, 1);
    g_assert_cmpint(g_array_index(spans, KjSpanOfTime, 0).begin, ==, 0);
    g_assert_cmpint(g_array_index(spans, KjSpanOfTime, 0).end, ==, KJ_INSTANT_END);
    /* Less the last second, which no text can say. */
    const KjWindow *second = atom(fixture, "UTC", 127, 1439, 1439, ENDLESS - 1, ENDLESS);
    g_autoptr(GArray) minute = kj_window_spans(second);
    g_assert_cmpuint(minute->len, ==, 1);
    g_assert_cmpint(g_array_index(minute, KjSpanOfTime, 0).end, ==, KJ_INSTANT_END);
    for (guint i = 0; i < 3; i++) {
        const char *const *expected = i == 0 ? whole : i == 1 ? west : last;
        const KjWindow *window = i == 0   ? days(fixture, "UTC", 0, ENDLESS)
                                 : i == 1 ? days(fixture, "America/New_York", 0, ENDLESS)
                                          : days(fixture, "Asia/Tokyo", ENDLESS, ENDLESS);
        g_autoptr(GArray) found = kj_window_spans(window);

        g_assert_cmpuint(found->len, ==, 1);
        g_assert_cmpint(g_array_index(found, KjSpanOfTime, 0).begin, ==, at(expected[0]));
        g_assert_cmpint(g_array_index(found, KjSpanOfTime, 0).end, ==, at(expected[1]) + 1);
    }
    /* The night before 1970 began in no year of the language, the night before 2100 in the last. */
    g_autoptr(GArray) nights = kj_window_spans(atom(fixture, "UTC", 127, 1320, 359, 0, ENDLESS));
    g_assert_cmpint(g_array_index(nights, KjSpanOfTime, 0).begin, ==, 1320 * 60);
    g_assert_cmpuint(nights->len, ==, KJ_CALENDAR_DAYS);
    g_assert_cmpint(g_array_index(nights, KjSpanOfTime, nights->len - 1).end, ==, KJ_INSTANT_END);
}

static void test_nothing(Fixture *fixture, gconstpointer data) {
    static const char *const none[] = { NULL };
    const KjWindow *year = days(fixture, "UTC", day(2026, 1, 1), day(2026, 12, 31));

    (void)data;
    check_spans(atom(fixture, "UTC", 1u << 6, 0, 1439, day(2026, 11, 23), day(2026, 11, 28)), none); /* a Sunday from Monday to Saturday */
    check_spans(join(fixture, KJ_WINDOW_MINUS, year, days(fixture, "UTC", 0, ENDLESS)), none);
    g_assert_null(kj_window_spans(days(fixture, "Asia/Edo", 0, 10)));
    g_assert_null(kj_window_spans(join(fixture, KJ_WINDOW_MINUS, year, days(fixture, "Asia/Edo", 0, 10))));
    g_assert_null(kj_window_spans(join(fixture, KJ_WINDOW_MINUS, days(fixture, "Asia/Edo", 0, 10), year)));
    g_assert_null(kj_window_spans(join(fixture, KJ_WINDOW_UNION, year, days(fixture, "Asia/Edo", 0, 10))));
}

/* ---- many windows ---- */

static void check_classes(Fixture *fixture, const KjWindow *const *windows, const KjClassSet *const *inside, guint count, gint64 instant) {
    guint32 klass = kj_moments_classify(fixture->moments, instant);

    g_assert_cmpuint(klass, >, 0);
    g_assert_cmpuint(klass, <, kj_moments_class_count(fixture->moments));
    for (guint i = 0; i < count; i++)
        g_assert_cmpint(kj_class_set_has(inside[i], klass), ==, reference_has(windows[i], instant));
}

/* Each class is another set of windows, and they come in their order. */
static void check_order(Fixture *fixture, const KjClassSet *const *inside, guint count) {
    guint32 classes = kj_moments_class_count(fixture->moments);
    gint64 last = -1;

    for (guint32 klass = 1; klass < classes; klass++) {
        const KjClassSet *alone = kj_class_sets_range(fixture->sets, klass, klass);
        KjSpanOfTime piece;

        g_assert_true(kj_moments_first(fixture->moments, alone, 0, &piece));
        g_assert_cmpint(piece.begin, >, last);
        g_assert_cmpuint(kj_moments_classify(fixture->moments, piece.begin), ==, klass);
        g_assert_cmpuint(kj_moments_classify(fixture->moments, piece.end - 1), ==, klass);
        g_assert_cmpuint(kj_moments_classify(fixture->moments, piece.end), !=, klass);
        last = piece.begin;
    }
    for (guint32 a = 1; a < MIN(classes, 60); a++) {
        for (guint32 b = 1; b < a; b++) {
            gboolean differ = FALSE;

            for (guint i = 0; i < count && !differ; i++)
                differ = kj_class_set_has(inside[i], a) != kj_class_set_has(inside[i], b);
            g_assert_true(differ);
        }
    }
}

static void check_together(Fixture *fixture, guint count, gboolean only_days) {
    g_autofree const KjWindow **windows = g_new(const KjWindow *, count);
    g_autofree const KjClassSet **inside = g_new(const KjClassSet *, count);
    g_autofree guint *numbers = g_new(guint, count);

    kj_moments_free(fixture->moments);
    fixture->moments = kj_moments_new();
    for (guint i = 0; i < count; i++) {
        windows[i] = only_days ? days(fixture, zone_names[i % 3], i % 7 ? 0 : 10 * i, MIN(ENDLESS, 20000 + 3 * i)) : random_window(fixture, i % 3);
        numbers[i] = kj_moments_add(fixture->moments, windows[i]);
    }
    g_assert_true(kj_moments_seal(fixture->moments));
    for (guint i = 0; i < count; i++) {
        inside[i] = kj_moments_inside(fixture->moments, fixture->sets, numbers[i]);
        g_assert_cmpuint(kj_moments_add(fixture->moments, windows[i]), ==, numbers[i]);
        g_assert_false(kj_class_set_has(inside[i], 0));
    }
    for (guint i = 0; i < 60; i++)
        check_classes(fixture, windows, inside, count, random_instant(fixture));
    for (guint i = 0; i < 30; i++) {
        g_autoptr(GArray) spans = kj_window_spans(windows[below(fixture, count)]);
        KjSpanOfTime span = spans->len ? g_array_index(spans, KjSpanOfTime, below(fixture, spans->len)) : (KjSpanOfTime){ 1, 2 };

        check_classes(fixture, windows, inside, count, span.begin);
        check_classes(fixture, windows, inside, count, span.end - 1);
        check_classes(fixture, windows, inside, count, MAX(span.begin - 1, 0));
        check_classes(fixture, windows, inside, count, MIN(span.end, KJ_INSTANT_END - 1));
    }
    check_order(fixture, inside, count);
}

static void test_classes(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint round = 0; round < 40; round++)
        check_together(fixture, 1 + below(fixture, 6), FALSE);
    check_together(fixture, 64, TRUE); /* one word of bits, one more, a whole node, one more, and more levels */
    check_together(fixture, 65, TRUE);
    check_together(fixture, 128, TRUE);
    check_together(fixture, 129, TRUE);
    check_together(fixture, 1000, TRUE);
}

static void test_no_window(Fixture *fixture, gconstpointer data) {
    KjSpanOfTime piece;
    gint64 instant;

    (void)data;
    g_assert_true(kj_moments_seal(fixture->moments));
    g_assert_cmpuint(kj_moments_class_count(fixture->moments), ==, 2);
    g_assert_cmpuint(kj_moments_classify(fixture->moments, 0), ==, 1);
    g_assert_cmpuint(kj_moments_classify(fixture->moments, KJ_INSTANT_END - 1), ==, 1);
    g_assert_cmpuint(kj_moments_classify(fixture->moments, -1), ==, 0);
    g_assert_cmpuint(kj_moments_classify(fixture->moments, KJ_INSTANT_END), ==, 0);
    g_assert_true(kj_moments_first(fixture->moments, kj_class_sets_range(fixture->sets, 0, 1), 5, &piece));
    g_assert_cmpint(piece.begin, ==, 5);
    g_assert_cmpint(piece.end, ==, KJ_INSTANT_END);
    g_assert_false(kj_moments_first(fixture->moments, kj_class_sets_range(fixture->sets, 0, 0), 5, &piece));
    g_assert_false(kj_moments_example(fixture->moments, kj_class_sets_range(fixture->sets, 0, 0), 5, NULL, &instant));
}

static void test_alike(Fixture *fixture, gconstpointer data) {
    (void)data;
    guint first = kj_moments_add(fixture->moments, days(fixture, "UTC", 0, 20000));
    g_assert_cmpuint(kj_moments_add(fixture->moments, days(fixture, "UTC", 0, 20000)), ==, first);
    g_assert_cmpuint(kj_moments_add(fixture->moments, days(fixture, "UTC", 0, 20001)), !=, first);
    g_assert_cmpuint(kj_moments_add(fixture->moments, days(fixture, "Asia/Tokyo", 0, 20000)), !=, first);
    g_assert_true(kj_moments_seal(fixture->moments));
    g_assert_cmpuint(kj_moments_class_count(fixture->moments), ==, 5);
}

/* ---- instants that are told ---- */

static void test_first(Fixture *fixture, gconstpointer data) {
    const KjWindow *office = atom(fixture, "Asia/Tokyo", 31, 540, 1080, 0, ENDLESS);
    guint number = kj_moments_add(fixture->moments, office), other = kj_moments_add(fixture->moments, days(fixture, "Asia/Tokyo", 0, day(2026, 11, 24)));
    const KjClassSet *inside, *outside;
    KjSpanOfTime piece;

    (void)data;
    (void)other;
    g_assert_true(kj_moments_seal(fixture->moments));
    inside = kj_moments_inside(fixture->moments, fixture->sets, number);
    outside = kj_class_set_complement(fixture->sets, inside, 1, kj_moments_class_count(fixture->moments) - 1);
    g_assert_true(kj_moments_first(fixture->moments, inside, at("2026-11-24T03:00:00Z"), &piece));
    g_assert_cmpint(piece.begin, ==, at("2026-11-24T03:00:00Z"));
    g_assert_cmpint(piece.end, ==, at("2026-11-24T09:01:00Z"));
    /* The night in which the other window ends is one stretch. */
    g_assert_true(kj_moments_first(fixture->moments, outside, piece.begin, &piece));
    g_assert_cmpint(piece.begin, ==, at("2026-11-24T09:01:00Z"));
    g_assert_cmpint(piece.end, ==, at("2026-11-25T00:00:00Z"));
    g_assert_true(kj_moments_first(fixture->moments, inside, -7, &piece));
    g_assert_cmpint(piece.begin, ==, 0); /* a Thursday, nine o'clock in Tokyo */
    g_assert_false(kj_moments_first(fixture->moments, inside, KJ_INSTANT_END, &piece));
}

static void check_example(Fixture *fixture, const KjWindow *window, const char *from, const char *zone, const char *expected) {
    g_autoptr(KjMoments) moments = kj_moments_new();
    guint number = kj_moments_add(moments, window);
    gint64 instant = -1;

    g_assert_true(kj_moments_seal(moments));
    g_assert_true(kj_moments_example(moments, kj_moments_inside(moments, fixture->sets, number), at(from), zone, &instant));
    g_assert_cmpint(instant, ==, at(expected));
}

static void test_example(Fixture *fixture, gconstpointer data) {
    const KjWindow *ever = days(fixture, "UTC", 0, ENDLESS);

    (void)data;
    check_example(fixture, ever, "2026-11-24T00:30:00Z", NULL, "2026-11-24T10:00:00Z");
    check_example(fixture, ever, "2026-11-24T00:30:00Z", "Asia/Tokyo", "2026-11-24T01:00:00Z");
    check_example(fixture, ever, "2026-11-24T12:00:00Z", "Nowhere/Land", "2026-11-24T12:00:00Z");
    check_example(fixture, ever, "2026-11-24T11:00:01Z", "Asia/Kathmandu", "2026-11-25T04:15:00Z");
    check_example(fixture, ever, "2026-11-20T17:00:00Z", NULL, "2026-11-23T10:00:00Z"); /* from Friday to Monday */
    check_example(fixture, ever, "2099-12-31T18:00:00Z", NULL, "2099-12-31T18:00:00Z");
    /* Nights and week-ends have no good hour: the first full one, minute or second. A good hour is waited for, if not for years. */
    check_example(fixture, atom(fixture, "UTC", 127, 1320, 359, 0, ENDLESS), "2026-11-24T12:00:00Z", NULL, "2026-11-24T22:00:00Z");
    check_example(fixture, atom(fixture, "UTC", 127, 1320, 359, 0, ENDLESS), "2026-11-24T23:10:00Z", NULL, "2026-11-25T00:00:00Z");
    check_example(fixture, atom(fixture, "UTC", 127, 1205, 1258, 0, ENDLESS), "2026-11-24T20:10:30Z", "Asia/Kathmandu", "2026-11-24T20:15:00Z");
    check_example(fixture, atom(fixture, "UTC", 127, 1210, 1258, 0, ENDLESS), "2026-11-24T20:20:30Z", NULL, "2026-11-24T20:21:00Z");
    check_example(fixture, atom(fixture, "UTC", 127, 1210, 1210, 0, day(2026, 11, 24)), "2026-11-24T20:10:30Z", NULL, "2026-11-24T20:10:30Z");
    check_example(fixture, join(fixture, KJ_WINDOW_UNION, atom(fixture, "UTC", 127, 0, 60, 0, ENDLESS), days(fixture, "UTC", day(2027, 2, 1), day(2027, 2, 1))),
                  "2026-11-24T12:00:00Z", NULL, "2027-02-01T10:00:00Z");
    check_example(fixture, join(fixture, KJ_WINDOW_UNION, atom(fixture, "UTC", 127, 0, 60, 0, ENDLESS), days(fixture, "UTC", day(2030, 2, 1), day(2030, 2, 1))),
                  "2026-11-24T12:00:00Z", NULL, "2026-11-25T00:00:00Z");
    /* All of it is past. */
    check_example(fixture, days(fixture, "UTC", 0, day(2024, 5, 1)), "2026-11-24T12:00:00Z", NULL, "1970-01-01T10:00:00Z");
    check_example(fixture, days(fixture, "UTC", day(2024, 5, 4), day(2024, 5, 4)), "2026-11-24T12:00:00Z", NULL, "2024-05-04T00:00:00Z");
    check_example(fixture, join(fixture, KJ_WINDOW_UNION, days(fixture, "UTC", day(2024, 5, 4), day(2024, 5, 4)), days(fixture, "UTC", day(2024, 5, 1), day(2024, 5, 1))),
                  "2026-11-24T12:00:00Z", NULL, "2024-05-01T10:00:00Z");
}

/* ---- limits ---- */

/* Minutes of each day of `count` days, apart. */
static const KjWindow *minutes(Fixture *fixture, guint first, guint step, guint count, guint32 first_day, guint32 last_day) {
    const KjWindow *window = atom(fixture, "UTC", 127, first, first, first_day, last_day);

    for (guint i = 1; i < count; i++)
        window = join(fixture, KJ_WINDOW_UNION, window, atom(fixture, "UTC", 127, first + i * step, first + i * step, first_day, last_day));
    return window;
}

static gboolean seal_alone(const KjWindow *window) {
    g_autoptr(KjMoments) moments = kj_moments_new();

    kj_moments_add(moments, window);
    return kj_moments_seal(moments);
}

static void test_limits(Fixture *fixture, gconstpointer data) {
    const KjWindow *most = minutes(fixture, 1, 3, 64, 1, 32768); /* as many spans as half the limit, and before them one piece more */
    const KjWindow *one = atom(fixture, "UTC", 127, 4, 4, 77, 77);

    (void)data;
    G_STATIC_ASSERT(2u * 64 * 32768 == KJ_LIMIT_MOMENTS);
    g_assert_false(seal_alone(most));
    g_assert_true(seal_alone(join(fixture, KJ_WINDOW_MINUS, most, one)));
    g_assert_true(seal_alone(minutes(fixture, 0, 3, 64, 0, 32767))); /* the first piece is inside */
    g_assert_false(seal_alone(join(fixture, KJ_WINDOW_UNION, most, atom(fixture, "UTC", 127, 3, 3, 0, 0))));
    g_assert_true(seal_alone(join(fixture, KJ_WINDOW_MINUS, days(fixture, "UTC", 0, ENDLESS), join(fixture, KJ_WINDOW_MINUS, most, one))));
    /* Spans of one window, though not more pieces than anything: each minute but one, and nothing is left of it. */
    const KjWindow *many = minutes(fixture, 0, 2, 90, 0, ENDLESS);
    g_assert_null(kj_window_spans(many));
    g_assert_null(kj_window_spans(join(fixture, KJ_WINDOW_MINUS, many, days(fixture, "UTC", 0, ENDLESS))));
}

/* A list of holidays is one union deep for each day, and a list of exceptions to it one difference. */
static void test_deep(Fixture *fixture, gconstpointer data) {
    const KjWindow *left = days(fixture, "UTC", 0, ENDLESS), *right = days(fixture, "UTC", 0, 0);
    guint parts = 8000;

    (void)data;
    for (guint i = 1; i < parts; i++) {
        left = join(fixture, KJ_WINDOW_MINUS, left, days(fixture, "UTC", 2 * i, 2 * i));
        right = join(fixture, KJ_WINDOW_UNION, days(fixture, "UTC", 2 * i, 2 * i), right);
    }
    g_autoptr(GArray) some = kj_window_spans(left), others = kj_window_spans(right);
    g_assert_cmpuint(some->len, ==, parts);
    g_assert_cmpuint(others->len, ==, parts);
    g_assert_true(seal_alone(join(fixture, KJ_WINDOW_UNION, left, right)));
}

/* The office hours of 130 years, as every policy asks about them. */
static void test_speed(Fixture *fixture, gconstpointer data) {
    const KjWindow *office = atom(fixture, "Asia/Tokyo", 31, 540, 1080, 0, ENDLESS), *berlin = atom(fixture, "Europe/Berlin", 31, 540, 1080, 0, ENDLESS);
    gint64 start = g_get_monotonic_time(), each;

    (void)data;
    for (guint i = 0; i < 10; i++)
        g_assert_true(seal_alone(office));
    each = (g_get_monotonic_time() - start) / 10;
    start = g_get_monotonic_time();
    for (guint i = 0; i < 10; i++)
        g_assert_true(seal_alone(join(fixture, KJ_WINDOW_UNION, office, berlin)));
    g_test_message("Tokyo %.1f ms, with Berlin %.1f ms", (double)each / 1000, (double)(g_get_monotonic_time() - start) / 10000);
    if (!g_getenv("KIJUN_SHORT"))
        g_assert_cmpint(each, <, 50000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add("/moments/" path, Fixture, NULL, set_up, function, tear_down)
    ADD("spans", test_spans);
    ADD("daylight-saving", test_daylight_saving);
    ADD("ends-of-time", test_ends_of_time);
    ADD("nothing", test_nothing);
    ADD("classes", test_classes);
    ADD("no-window", test_no_window);
    ADD("alike", test_alike);
    ADD("first", test_first);
    ADD("example", test_example);
    ADD("limits", test_limits);
    ADD("deep", test_deep);
    ADD("speed", test_speed);
    return g_test_run();
}
