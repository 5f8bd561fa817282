/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Multisets of requirements, compared. See change_sum.h.
 *
 * Of two requirements one is at least as strict as the other if whoever meets it meets the other: as many people or more, of the same group or a part of it, in
 * the same time or less. Of two multisets one is at least as strict if each requirement of the other finds one of its own in it that is. What stands in both
 * makes no difference to that: were a place found with its help, following who took whose place leads to one without. So rules that ask for the same of the same
 * requests cancel, wherever they stand, and so does in any cell what both versions ask for there.
 *
 * The space is cut into cells in each of which the same of the other rules match: the walk (region/walk.h) finds the first, then what lies behind it the next. A
 * rule that shares no request with one of the other version is told as it stands; so what one version only adds is never cut. Each difference of a cell is told
 * as a pair of rules, or one alone.
 *
 * Cost: cells may be as many as there are sets of rules that overlap. The steps are bounded; when they run out the answer is "not known", which is never taken
 * for harmless.
 */
#include "change_sum.h"

#include "../region/walk.h"
#include "change_align.h"
#include "../translate.h"

#include <string.h>

#define CELLS_MOST 512u      /* told of one region */
#define SUM_STEPS (24u << 20) /* boxes looked at in one block: about a second */

enum { OLD, NEW };
enum { NOBODY, REFUSED, ASKING }; /* decisions of the cases that are walked */

/* One rule of a version that did not cancel. */
typedef struct {
    const KjRule *rule;
    const char *aspect;
    guint32 decision;
    guint side;
    const KjRegion *region;
} Asking;

typedef struct {
    KjChangeSum *sum;
    const KjDecisions *decisions;
    KjUniverse *universe;
    KjRegion *errors;    /* of either version */
    KjCases *cases[2];   /* all rules of each version; the decision is a number of what is asked for */
    gboolean *changed[2]; /* of each case: it did not cancel */
    GArray *asking;      /* Asking: those that share requests with others of the other version */
    GHashTable *known;   /* what makes a region one (char *) -> KjChangeRegion */
    guint8 *ways;        /* of each pair of them, what going from the first to the second does; 0xff: not yet compared */
    KjCases *all;        /* errors, then `asking` */
    GArray *matched;     /* guint: of `asking`, those that match in the cell in hand */
    guint64 steps;
    const char *problem;
} Summing;

/* ---- telling ---- */

static KjChangeRegion *region_for(Summing *summing, const Asking *a, const Asking *b, guint ways) {
    const Asking *one = b ? b : a;
    guint32 unasked = kj_decisions_absent(summing->sum->change->decisions);
    guint32 from = a ? a->decision : unasked, to = b ? b->decision : unasked;
    g_autofree char *key = g_strdup_printf("%p %p", a ? (const void *)a->rule : NULL, b ? (const void *)b->rule : NULL);
    KjChangeRegion *region = g_hash_table_lookup(summing->known, key);

    if (region)
        return region;
    region = kj_arena_new0(summing->sum->arena, KjChangeRegion);
    region->old_decision = kj_decisions_get(summing->decisions, from);
    region->new_decision = kj_decisions_get(summing->decisions, to);
    region->old_rule = a ? a->rule : NULL;
    region->new_rule = b ? b->rule : NULL;
    region->aspect = one->aspect;
    region->direction = (KjDirection)ways;
    region->boxes = g_ptr_array_new();
    region->complete = TRUE;
    g_hash_table_insert(summing->known, g_steal_pointer(&key), region);
    g_ptr_array_add(summing->sum->regions, region);
    return region;
}

static gboolean is_in_period(const Summing *summing, const KjBox *cell) {
    const KjBox *period = summing->sum->period;

    return !period || kj_box_intersect(kj_universe_arena(summing->universe), kj_universe_sets(summing->universe), cell, period);
}

/* FALSE: the region is full. */
static gboolean add_cell(Summing *summing, KjChangeRegion *region, const KjBox *cell) {
    KjWalk keeper = { .universe = summing->universe };

    summing->sum->directions |= region->direction;
    region->complete = region->complete && region->boxes->len < CELLS_MOST;
    if (region->complete)
        g_ptr_array_add(region->boxes, (gpointer)kj_walk_keep(&keeper, cell));
    return region->complete;
}

/* ---- one cell ---- */

typedef struct {
    Summing *summing;
    GArray *of[2];    /* guint: of `asking`, what each version asks for in the cell and the other does not */
    gint *partner[2]; /* of each of them: its place in the other list; -1: none */
    gboolean *tried;
} Cell;

static const Asking *asking_at(const Summing *summing, guint index) {
    return &g_array_index(summing->asking, Asking, index);
}

static guint ways_between(Summing *summing, guint from, guint to) {
    const Asking *a = asking_at(summing, from), *b = asking_at(summing, to);
    guint8 *ways = &summing->ways[(gsize)from * summing->asking->len + to];

    if (*ways == 0xff)
        *ways = (guint8)(a->rule->effect == b->rule->effect ? kj_decisions_compare(summing->decisions, a->decision, b->decision)
                                                            : KJ_DIRECTION_MIXED);
    return *ways;
}

/* Whether what the first asks for the second asks for at least; places in the lists of `side` and of the other. */
static gboolean is_met(const Cell *cell, guint side, guint one, guint other) {
    guint ways = ways_between(cell->summing, g_array_index(cell->of[side], guint, one), g_array_index(cell->of[!side], guint, other));

    return ways == KJ_DIRECTION_SAME || ways == KJ_DIRECTION_NARROWS;
}

/* Finds a place for one of `side`, if need be by moving others on. Each place is tried once. */
static gboolean find_place(Cell *cell, guint side, guint one) {
    for (guint i = 0; i < cell->of[!side]->len; i++) {
        if (cell->tried[i] || !is_met(cell, side, one, i))
            continue;
        cell->tried[i] = TRUE;
        if (cell->partner[!side][i] >= 0 && !find_place(cell, side, (guint)cell->partner[!side][i]))
            continue;
        cell->partner[!side][i] = (gint)one;
        cell->partner[side][one] = (gint)i;
        return TRUE;
    }
    return FALSE;
}

static void forget_places(Cell *cell) {
    for (guint side = OLD; side <= NEW; side++)
        memset(cell->partner[side], 0xff, (cell->of[side]->len + 1) * sizeof *cell->partner[side]);
}

/* Whether each of `side` finds one of its own in the other version that is at least as strict. */
static gboolean all_find_places(Cell *cell, guint side) {
    gboolean all = cell->of[side]->len <= cell->of[!side]->len;

    forget_places(cell);
    for (guint i = 0; i < cell->of[side]->len && all; i++) {
        memset(cell->tried, 0, (cell->of[!side]->len + 1) * sizeof *cell->tried);
        all = find_place(cell, side, i);
    }
    return all;
}

/* Neither is as strict as the other: whoever asks about the same is told together. */
static void pair_by_aspect(Cell *cell) {
    forget_places(cell);
    for (guint i = 0; i < cell->of[OLD]->len; i++) {
        const char *aspect = asking_at(cell->summing, g_array_index(cell->of[OLD], guint, i))->aspect;

        for (guint k = 0; k < cell->of[NEW]->len && cell->partner[OLD][i] < 0; k++) {
            if (cell->partner[NEW][k] >= 0 || strcmp(asking_at(cell->summing, g_array_index(cell->of[NEW], guint, k))->aspect, aspect) != 0)
                continue;
            cell->partner[OLD][i] = (gint)k;
            cell->partner[NEW][k] = (gint)i;
        }
    }
}

/* What the cell is asked for in one version and not in the other: equal ones cancel, one for one. */
static void fill_cell(Cell *cell) {
    const Summing *summing = cell->summing;

    for (guint i = 0; i < summing->matched->len; i++) {
        guint index = g_array_index(summing->matched, guint, i), at = 0;
        const Asking *asking = asking_at(summing, index);
        GArray *others = cell->of[!asking->side];
        const char *asks = kj_decisions_get(summing->decisions, asking->decision)->asks;

        while (at < others->len &&
               strcmp(kj_decisions_get(summing->decisions, asking_at(summing, g_array_index(others, guint, at))->decision)->asks, asks) !=
                   0)
            at++;
        if (at < others->len)
            g_array_remove_index(others, at);
        else
            g_array_append_val(cell->of[asking->side], index);
    }
}

static void tell_pairs(Cell *cell, const KjBox *box) {
    Summing *summing = cell->summing;

    for (guint i = 0; i < cell->of[OLD]->len; i++) {
        guint from = g_array_index(cell->of[OLD], guint, i);
        gint at = cell->partner[OLD][i];
        guint to = at >= 0 ? g_array_index(cell->of[NEW], guint, at) : G_MAXUINT;

        add_cell(summing, region_for(summing, asking_at(summing, from), at >= 0 ? asking_at(summing, to) : NULL,
                                     at >= 0 ? ways_between(summing, from, to) : KJ_DIRECTION_WIDENS), box);
    }
    for (guint i = 0; i < cell->of[NEW]->len; i++) {
        if (cell->partner[NEW][i] < 0)
            add_cell(summing, region_for(summing, NULL, asking_at(summing, g_array_index(cell->of[NEW], guint, i)), KJ_DIRECTION_NARROWS),
                     box);
    }
}

static void compare_cell(Summing *summing, const KjBox *box) {
    guint room = summing->matched->len + 1;
    g_autoptr(GArray) before = g_array_new(FALSE, FALSE, sizeof(guint)), after = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autofree gint *partners = g_new(gint, 2 * room);
    g_autofree gboolean *tried = g_new(gboolean, room);
    Cell cell = { summing, { before, after }, { partners, partners + room }, tried };

    fill_cell(&cell);
    if ((before->len == 0 && after->len == 0) || !is_in_period(summing, box))
        return;
    if (!all_find_places(&cell, OLD) && !all_find_places(&cell, NEW))
        pair_by_aspect(&cell);
    tell_pairs(&cell, box);
}

/* ---- cells ---- */

static gboolean is_asking(guint32 decision, gpointer data) {
    (void)data;
    return decision == ASKING;
}

static void walk_from(Summing *summing, const KjBox *box, guint32 first);

static gboolean visit_cell(const KjBox *box, guint32 decider, gpointer data) {
    Summing *summing = data;

    if (decider == KJ_CASE_NONE) {
        compare_cell(summing, box);
        return TRUE;
    }
    g_array_append_val(summing->matched, kj_cases_get(summing->all, decider)->rule);
    walk_from(summing, box, decider + 1);
    g_array_set_size(summing->matched, summing->matched->len - 1);
    return !summing->problem;
}

/* The cells of a box in which the next rule, from case `first` on, that matches is the same. */
static void walk_from(Summing *summing, const KjBox *box, guint32 first) {
    KjWalk walk = { .universe = summing->universe, .start = box, .cases = summing->all, .first = first, .wanted = summing->matched->len ? NULL : is_asking,
                    .visit = visit_cell, .data = summing, .steps = summing->steps };
    guint64 given = summing->steps;
    KjWalkEnd end = given ? kj_walk(&walk) : KJ_WALK_TOO_LONG;

    summing->steps -= MIN(summing->steps, given - MIN(given, walk.steps) + 1);
    if (end == KJ_WALK_TOO_LONG)
        summing->problem = _("the rules overlap in too many ways to compare every request");
}

static void compare_entangled(Summing *summing) {
    g_autoptr(KjCases) all = kj_cases_new(summing->universe, NOBODY);
    g_autoptr(GPtrArray) everything = kj_region_all(kj_universe_arena(summing->universe));
    g_autoptr(GArray) matched = g_array_new(FALSE, FALSE, sizeof(guint));
    gsize pairs = (gsize)summing->asking->len * summing->asking->len;
    g_autofree guint8 *ways = g_malloc(pairs + 1);

    if (summing->asking->len == 0)
        return;
    memset(ways, 0xff, pairs);
    kj_cases_add(all, REFUSED, KJ_CASE_NONE, summing->errors);
    for (guint32 i = 0; i < summing->asking->len; i++)
        kj_cases_add(all, ASKING, i, asking_at(summing, i)->region);
    kj_cases_seal(all);
    summing->all = all;
    summing->matched = matched;
    summing->ways = ways;
    walk_from(summing, everything->pdata[0], 0);
}

/* ---- rules alone ---- */

typedef struct {
    Summing *summing;
    const Asking *asking;
    gboolean full;
} Alone;

static gboolean visit_alone(const KjBox *cell, guint32 decider, gpointer data) {
    Alone *alone = data;
    const Asking *asking = alone->asking;

    (void)decider;
    if (is_in_period(alone->summing, cell))
        alone->full = !add_cell(alone->summing, asking->side == NEW ? region_for(alone->summing, NULL, asking, KJ_DIRECTION_NARROWS)
                                                                    : region_for(alone->summing, asking, NULL, KJ_DIRECTION_WIDENS), cell);
    return !alone->full;
}

/* All requests of a rule, box by box, less errors and the boxes before. */
static void tell_alone(Summing *summing, const Asking *asking) {
    g_autoptr(GPtrArray) without = g_ptr_array_new();
    Alone alone = { summing, asking, FALSE };

    kj_region_add(without, summing->errors);
    for (guint i = 0; i < asking->region->len && !alone.full; i++) {
        KjWalk walk = { .universe = summing->universe, .start = asking->region->pdata[i], .without = without, .visit = visit_alone, .data = &alone,
                        .steps = SUM_STEPS };

        if (kj_walk(&walk) == KJ_WALK_TOO_LONG)
            summing->problem = _("the rules overlap in too many ways to compare every request");
        g_ptr_array_add(without, asking->region->pdata[i]);
    }
}

/* ---- setting up ---- */

/* Whether a request of the rule may be one of a rule of the other version that did not cancel either. */
static gboolean meets_others(const KjRegion *region, const KjCases *others) {
    for (guint i = 0; i < region->len; i++) {
        if (kj_cases_meet(others, region->pdata[i], KJ_CASE_NONE))
            return TRUE;
    }
    return FALSE;
}

static guint32 number_of(GHashTable *numbers, const char *text) {
    gpointer known = g_hash_table_lookup(numbers, text);

    if (!known) {
        known = GUINT_TO_POINTER(g_hash_table_size(numbers) + 1);
        g_hash_table_insert(numbers, (gpointer)text, known);
    }
    return GPOINTER_TO_UINT(known);
}

static gboolean make_cases(Summing *summing, guint side, GHashTable *numbers) {
    const KjBlock *block = summing->sum->blocks[side];
    KjDecisions *decisions = summing->sum->change->decisions;

    summing->cases[side] = kj_cases_new(summing->universe, NOBODY);
    for (guint32 i = 0; block && i < block->rule_count; i++) {
        const KjRegion *region = kj_decisions_region(decisions, summing->sum->sides[side], &block->rules[i]);
        const char *aspect;
        guint32 decision = kj_decisions_requirement(decisions, block, &block->rules[i], &aspect);

        if (!region) {
            summing->problem = kj_arena_printf(summing->sum->arena, _("rule `%s` needs too many boxes"), block->rules[i].label);
            return FALSE;
        }
        kj_cases_add(summing->cases[side], number_of(numbers, kj_decisions_get(decisions, decision)->asks), i, region);
    }
    kj_cases_seal(summing->cases[side]);
    return TRUE;
}

static Asking asking_of(const Summing *summing, guint side, guint32 index) {
    const KjChangeSum *sum = summing->sum;
    const KjRule *rule = &sum->blocks[side]->rules[index];
    Asking asking = { .rule = rule, .side = side, .region = kj_decisions_region(sum->change->decisions, sum->sides[side], rule) };

    asking.decision = kj_decisions_requirement(sum->change->decisions, sum->blocks[side], rule, &asking.aspect);
    return asking;
}

/* The cases of a version that did not cancel, by themselves. */
static KjCases *changed_cases(const Summing *summing, guint side) {
    KjCases *cases = kj_cases_new(summing->universe, NOBODY);

    for (guint i = 0; i < summing->cases[side]->cases->len; i++) {
        if (summing->changed[side][i]) {
            Asking asking = asking_of(summing, side, i);
            kj_cases_add(cases, ASKING, i, asking.region);
        }
    }
    kj_cases_seal(cases);
    return cases;
}

static void compare_rules(Summing *summing) {
    g_autoptr(KjCases) before = NULL, after = NULL;

    kj_change_cancel(summing->cases, summing->changed);
    before = changed_cases(summing, OLD);
    after = changed_cases(summing, NEW);
    for (guint side = OLD; side <= NEW; side++) {
        for (guint i = 0; i < summing->cases[side]->cases->len; i++) {
            Asking asking;

            if (!summing->changed[side][i])
                continue;
            asking = asking_of(summing, side, i);
            if (meets_others(asking.region, side == OLD ? after : before))
                g_array_append_val(summing->asking, asking);
            else
                tell_alone(summing, &asking);
        }
    }
    compare_entangled(summing);
}

/* ---- errors ---- */

typedef struct {
    Summing *summing;
    KjChangeRegion *region;
} Refused;

static gboolean visit_refused(const KjBox *cell, guint32 decider, gpointer data) {
    Refused *refused = data;

    (void)decider;
    return !is_in_period(refused->summing, cell) || add_cell(refused->summing, refused->region, cell);
}

/* What is an error for one version and not for the other. */
static void compare_errors(Summing *summing, guint side, const KjRegion *own, const KjRegion *others) {
    guint32 error = kj_decisions_error(summing->sum->change->decisions), unasked = kj_decisions_absent(summing->sum->change->decisions);
    g_autoptr(GPtrArray) without = g_ptr_array_new(), boxes = g_ptr_array_new();
    KjChangeRegion *region = kj_arena_new0(summing->sum->arena, KjChangeRegion);
    Refused refused = { summing, region };

    *region = (KjChangeRegion){ .old_decision = kj_decisions_get(summing->decisions, side == OLD ? error : unasked),
                                .new_decision = kj_decisions_get(summing->decisions, side == OLD ? unasked : error),
                                .direction = side == OLD ? KJ_DIRECTION_WIDENS : KJ_DIRECTION_NARROWS, .opens = side == OLD, .boxes = boxes,
                                .complete = TRUE };
    kj_region_add(without, others);
    for (guint i = 0; i < own->len; i++) {
        KjWalk walk = { .universe = summing->universe, .start = own->pdata[i], .without = without, .visit = visit_refused, .data = &refused,
                        .steps = SUM_STEPS };

        if (kj_walk(&walk) == KJ_WALK_TOO_LONG)
            summing->problem = _("the rules overlap in too many ways to compare every request");
        g_ptr_array_add(without, own->pdata[i]);
    }
    if (boxes->len) {
        g_ptr_array_ref(boxes);
        g_ptr_array_add(summing->sum->regions, region);
    }
}

/* ---- what else asks ---- */

static gboolean meet(const Summing *summing, const KjRegion *one, const KjRegion *other) {
    for (guint i = 0; i < one->len; i++) {
        for (guint k = 0; k < other->len; k++) {
            if (kj_box_intersect(kj_universe_arena(summing->universe), kj_universe_sets(summing->universe), one->pdata[i], other->pdata[k]))
                return TRUE;
        }
    }
    return FALSE;
}

/* Whether what one version asks for and the other does not, that other asks for all the same, less often. */
static gboolean is_asked_again(const Summing *summing, const KjChangeRegion *region, GHashTable *numbers) {
    guint side = region->new_decision->unasked ? NEW : OLD;
    guint32 number = number_of(numbers, (side == NEW ? region->old_decision : region->new_decision)->asks);
    const KjCases *cases = summing->cases[side];

    for (guint32 i = 0; i < cases->cases->len; i++) {
        if (kj_cases_get(cases, i)->decision == number && meet(summing, region->boxes, asking_of(summing, side, i).region))
            return TRUE;
    }
    return FALSE;
}

/* ---- the whole ---- */

const char *kj_change_sum(KjChangeSum *sum) {
    Summing summing = { .sum = sum, .decisions = sum->change->decisions, .universe = sum->change->universe, .steps = SUM_STEPS };
    g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal),
                          known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) before = NULL, after = NULL, both = g_ptr_array_new();
    g_autoptr(GArray) asking = g_array_new(FALSE, FALSE, sizeof(Asking));

    summing.asking = asking;
    summing.known = known;
    summing.errors = both;
    before = sum->blocks[OLD] ? kj_universe_errors(summing.universe, sum->sides[OLD]) : kj_region_new();
    after = sum->blocks[NEW] ? kj_universe_errors(summing.universe, sum->sides[NEW]) : kj_region_new();
    kj_region_add(both, before);
    kj_region_add(both, after);
    if (sum->blocks[OLD] && sum->blocks[NEW]) {
        compare_errors(&summing, OLD, before, after);
        compare_errors(&summing, NEW, after, before);
    }
    if (make_cases(&summing, OLD, numbers) && make_cases(&summing, NEW, numbers))
        compare_rules(&summing);
    for (guint i = 0; i < sum->regions->len && !summing.problem; i++) {
        KjChangeRegion *region = sum->regions->pdata[i];
        region->again = region->aspect && region->old_decision->unasked != region->new_decision->unasked &&
                        is_asked_again(&summing, region, numbers);
    }
    for (guint side = OLD; side <= NEW; side++) {
        g_clear_pointer(&summing.cases[side], kj_cases_free);
        g_free(summing.changed[side]);
    }
    for (guint i = 0; i < sum->regions->len && summing.problem; i++)
        ((KjChangeRegion *)sum->regions->pdata[i])->complete = FALSE;
    return summing.problem;
}
