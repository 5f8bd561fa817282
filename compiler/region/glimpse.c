/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Glimpses. See glimpse.h. */
#include "glimpse.h"

#include <string.h>

#define TRIES 16u

/* The next of a fixed sequence (Marsaglia's xorshift): every run tries the same points. */
static guint32 next_number(guint32 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static guint32 class_in(const KjClassSet *set, guint32 *state) {
    guint64 count = 0, at;

    for (guint32 i = 0; i < set->count; i++)
        count += (guint64)set->intervals[i].high - set->intervals[i].low + 1;
    at = next_number(state) % count;
    for (guint32 i = 0;; i++) {
        guint64 width = (guint64)set->intervals[i].high - set->intervals[i].low + 1;

        if (at < width)
            return set->intervals[i].low + (guint32)at;
        at -= width;
    }
}

static void choose_point(const KjGlimpse *glimpse, guint32 *state, guint32 *point) {
    guint dimension = kj_universe_dimension(glimpse->universe);

    for (guint i = 0; i < dimension; i++) {
        const KjClassSet *set = kj_box_field(glimpse->start, i);
        guint32 first = kj_universe_first_class(glimpse->universe, i);

        point[i] = set ? class_in(set, state) : first + next_number(state) % (kj_universe_class_count(glimpse->universe, i) - first);
    }
}

static const KjBox *box_at(const KjCases *cases, guint32 number) {
    return cases->boxes->pdata[number];
}

/* The first of the cases passed over, but for `also`, that holds of the point. */
static guint32 other_at(const KjGlimpse *glimpse, const guint32 *point) {
    for (guint i = 0; i < glimpse->also->len; i++) {
        guint32 number = g_array_index(glimpse->also, guint32, i);
        const KjCase *one = kj_cases_get(glimpse->other, number);

        for (guint32 b = one->first_box; b < one->first_box + one->box_count; b++) {
            if (kj_box_has(box_at(glimpse->other, b), point))
                return number;
        }
    }
    return kj_cases_from(glimpse->other, point, glimpse->first, NULL);
}

/* The first box of the other list that reaches into the cell; KJ_CASE_NONE: none does. */
static guint32 first_other(const KjGlimpse *glimpse, const KjBox *cell) {
    for (guint i = 0; i < glimpse->also->len; i++) {
        const KjCase *one = kj_cases_get(glimpse->other, g_array_index(glimpse->also, guint32, i));
        guint32 found = one->box_count ? kj_cases_first_meeting(glimpse->other, cell, one->first_box, one->first_box + one->box_count, NULL)
                                       : KJ_CASE_NONE;

        if (found != KJ_CASE_NONE)
            return found;
    }
    return kj_cases_first_meeting(glimpse->other, cell, kj_cases_first_box(glimpse->other, glimpse->first), glimpse->other->boxes->len,
                                  NULL);
}

/* Whether nothing of the own list comes before in the cell, and `decider` decides all of it in the other. */
static gboolean decided_alike(const KjGlimpse *glimpse, const KjBox *cell, guint32 decider) {
    guint32 first = first_other(glimpse, cell);

    if (first == KJ_CASE_NONE
            ? decider != KJ_CASE_NONE
            : g_array_index(glimpse->other->box_cases, guint32, first) != decider || !kj_box_contains(box_at(glimpse->other, first), cell))
        return FALSE;
    return !kj_cases_meet(glimpse->own, cell, glimpse->number);
}

/* Makes the box at a point as wide as the start, in one field after another, where everything stays as it is. */
static const KjBox *widen(const KjGlimpse *glimpse, const guint32 *point, guint32 decider) {
    guint dimension = kj_universe_dimension(glimpse->universe);
    KjBox *cell = g_alloca(sizeof(KjBox) + dimension * sizeof(KjBoxTest)), *wide = g_alloca(sizeof(KjBox) + dimension * sizeof(KjBoxTest));

    cell->count = 0;
    for (guint i = 0; i < dimension; i++) {
        if (kj_box_field(glimpse->start, i) || kj_cases_test_field(glimpse->own, i) || kj_cases_test_field(glimpse->other, i))
            cell->tests[cell->count++] = (KjBoxTest){ i, kj_class_sets_range(kj_universe_sets(glimpse->universe), point[i], point[i]) };
    }
    if (!kj_universe_feasible(glimpse->universe, cell))
        return NULL;
    for (guint t = 0; t < cell->count;) {
        const KjClassSet *set = kj_box_field(glimpse->start, cell->tests[t].field);

        wide->count = 0;
        for (guint i = 0; i < cell->count; i++) {
            if (i != t || set)
                wide->tests[wide->count++] = (KjBoxTest){ cell->tests[i].field, i == t ? set : cell->tests[i].set };
        }
        if (decided_alike(glimpse, wide, decider) && kj_universe_feasible(glimpse->universe, wide)) {
            t += set != NULL;
            memcpy(cell, wide, sizeof(KjBox) + wide->count * sizeof(KjBoxTest));
        } else {
            t++;
        }
    }
    return kj_box_new(kj_universe_arena(glimpse->universe), cell->tests, cell->count);
}

const KjBox *kj_glimpse(const KjGlimpse *glimpse, guint32 *decider) {
    guint32 *point = g_newa(guint32, kj_universe_dimension(glimpse->universe)), state = 2463534242u;

    for (guint i = 0; i < TRIES; i++) {
        const KjBox *cell;

        choose_point(glimpse, &state, point);
        *decider = other_at(glimpse, point);
        if (!glimpse->wanted(*decider, glimpse->data) || kj_cases_at(glimpse->own, point) != glimpse->number)
            continue;
        cell = widen(glimpse, point, *decider);
        if (cell)
            return cell;
    }
    return NULL;
}
