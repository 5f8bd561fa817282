/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See place.h. */
#include "place.h"

#define TRIES 64u /* cells of one place for which a request is looked for */

void kj_place_leave_earlier(const KjCases *cases, const KjBox *box, guint32 before, GPtrArray *without) {
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    kj_cases_meeting(cases, box, before, numbers);
    for (guint i = 0; i < numbers->len; i++)
        g_ptr_array_add(without, cases->boxes->pdata[g_array_index(numbers, guint32, i)]);
}

void kj_place_leave_same(const KjCases *cases, guint32 number, guint box, GPtrArray *without) {
    for (guint i = kj_cases_get(cases, number)->first_box; i < box; i++)
        g_ptr_array_add(without, cases->boxes->pdata[i]);
}

const KjBox *kj_place_at(KjUniverse *universe, const KjBox *box, const KjClassSet *instants) {
    g_autoptr(GPtrArray) when = kj_region_test(kj_universe_arena(universe), kj_universe_instant(universe), instants);

    return when->len ? kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, when->pdata[0]) : NULL;
}

typedef struct {
    const KjSearch *search;
    gint64 from;
    KjWitness *witness;
    guint tries;
} Making;

static gboolean make_witness(const KjBox *cell, guint32 decider, gpointer data) {
    Making *making = data;

    (void)decider;
    making->tries++;
    making->witness = kj_witness_new(making->search->universe, cell, making->from, making->search->zone);
    return !making->witness && making->tries < TRIES;
}

KjWalkEnd kj_place_find(KjSearch *search, const KjBox *start, const GPtrArray *without, const gint64 *from, KjWitness **witness) {
    KjWalk walk = { .universe = search->universe, .start = start, .without = without, .steps = search->steps };
    Making making = { search, from ? *from : 0, NULL, 0 };
    const KjBox *found;
    guint32 decider;
    KjWalkEnd end = search->steps ? kj_walk_find(&walk, &found, &decider) : KJ_WALK_TOO_LONG;

    if (end == KJ_WALK_STOPPED && from && make_witness(found, decider, &making) && walk.steps) {
        walk.visit = make_witness;
        walk.data = &making;
        kj_walk(&walk);
    }
    search->steps = walk.steps;
    if (from)
        *witness = making.witness;
    return end;
}
