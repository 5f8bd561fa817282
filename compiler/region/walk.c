/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk. See walk.h.
 *
 * A cell is an array of class sets, one for each field, NULL where it is free. Taking a box out of a cell leaves at most one disjoint piece for each field
 * the box tests: what lies outside in the first field, then what lies inside there and outside in the second, and so on. First all of `without` is
 * taken out, then the cases in their order: what the first case that reaches into the cell holds of it is a cell of that case.
 *
 * What keeps it small, in order of worth: lists are filtered to what still reaches into the cell; a box that holds the whole cell ends it; a cell
 * in which no wanted decision is left is dropped at once; and boxes are taken out largest first, by the share of the start they take (in the order
 * they were written the same search needs a hundred times the steps on fw1_10k). Collecting the lists is most of the work where thousands of rules overlap: so
 * the cases come first, for often none of them is wanted, then one look for a box that leaves out everything, and a list too long for the steps is not begun.
 * Depth is at most the length of both lists; a list that long is given up at DEPTH_MOST. The worst case is exponential in the fields, as it must be; then the
 * steps run out and the answer is "not known".
 */
#include "walk.h"

#include "../limits.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 8192u
#define STACK_ROOM 1024u /* items: most walks never need more */
#define TRIES 64u /* points at random before a search */

typedef enum { APART, CUTS, COVERS } Overlap;

#define OPEN_MOST 64u /* tests of a box that are kept account of; those behind are always asked */

typedef struct {
    const KjBox *box;
    guint32 number; /* without: index in the caller's list; cases: the case */
    guint64
        open; /* bits: the tests that do not hold of the whole cell. What holds of a cell holds of every part of it, so only these are asked again */
} Item;

#define FIELDS_ALL G_MAXUINT64

/* A set of fields as bits; the last bit stands for all that are too many. */
static guint64 field_bit(guint field) {
    return (guint64)1 << MIN(field, 63);
}

typedef struct {
    KjWalk *walk;
    KjUniverse *universe;
    KjClassSets *sets;
    guint dimension;
    GArray *without, *over; /* Item: stacks of lists; a level's list is a slice at the end */
    KjBox *cell;            /* for visits */
    gboolean *used;         /* of without: took part in covering; NULL: not asked for */
    gboolean covered; /* the last of `over` decides all that is left of the start */
    gboolean too_long;
} Walking;

/* ---- cells ---- */

static gboolean covers_field(const Walking *walking, guint field, const KjClassSet *set) {
    return kj_class_set_covers(set, kj_universe_first_class(walking->universe, field),
                               kj_universe_class_count(walking->universe, field) - 1);
}

/* What one test of a box is to the cell. */
static Overlap overlap_test(const Walking *walking, const KjBoxTest *test, const KjClassSet *const *cell) {
    const KjClassSet *set = test->set, *side = cell[test->field];

    if (set == side)
        return COVERS;
    if (!side)
        return set->count == 0 ? APART : covers_field(walking, test->field, set) ? COVERS : CUTS;
    return !kj_class_set_common(set, side) ? APART : kj_class_set_contains(set, side) ? COVERS : CUTS;
}

/* What an item is to the cell, which is a part of the cell it was asked about last and reached into; only in the fields `changed` is it another. */
static Overlap overlap_item(const Walking *walking, Item *item, const KjClassSet *const *cell, guint64 changed) {
    Overlap result = COVERS, with;

    for (guint64 left = item->open; left; left &= left - 1) {
        guint i = (guint)__builtin_ctzll(left);

        with = field_bit(item->box->tests[i].field) & changed ? overlap_test(walking, &item->box->tests[i], cell) : CUTS;
        if (with == APART)
            return APART;
        if (with == COVERS)
            item->open &= ~((guint64)1 << i);
        else
            result = CUTS;
    }
    for (guint i = OPEN_MOST; i < item->box->count; i++) {
        with = overlap_test(walking, &item->box->tests[i], cell);
        if (with == APART)
            return APART;
        result = with == CUTS ? CUTS : result;
    }
    return result;
}

static Item item_of(const KjBox *box, guint32 number) {
    return (Item){ box, number, box->count >= OPEN_MOST ? G_MAXUINT64 : ((guint64)1 << box->count) - 1 };
}

static const KjBox *cell_box(Walking *walking, const KjClassSet *const *cell) {
    walking->cell->count = 0;
    for (guint i = 0; i < walking->dimension; i++) {
        if (cell[i])
            walking->cell->tests[walking->cell->count++] = (KjBoxTest){ i, cell[i] };
    }
    return walking->cell;
}

static gboolean is_wanted(const KjWalk *walk, guint32 decider) {
    if (!walk->cases)
        return TRUE;
    if (walk->unasked && decider != KJ_CASE_NONE && walk->unasked[decider])
        return FALSE;
    return !walk->wanted || walk->wanted(kj_cases_decision(walk->cases, decider), walk->data);
}

static gboolean visit(Walking *walking, const KjClassSet *const *cell, guint32 decider) {
    KjWalk *walk = walking->walk;
    const KjBox *box;

    if (!is_wanted(walk, decider))
        return TRUE;
    box = cell_box(walking, cell);
    return !kj_universe_feasible(walking->universe, box) || walk->visit(box, decider, walk->data);
}

/* What a cell has outside of the tests of a box, in the field of its test number `test`, and narrows the cell to the inside. NULL: nothing. */
static const KjClassSet *cut_off(Walking *walking, const KjBoxTest *test, const KjClassSet **cell) {
    guint32 first = kj_universe_first_class(walking->universe, test->field),
            last = kj_universe_class_count(walking->universe, test->field) - 1;
    const KjClassSet *side = cell[test->field], *outside;

    outside = side ? kj_class_set_subtract(walking->sets, side, test->set) : kj_class_set_complement(walking->sets, test->set, first, last);
    cell[test->field] = side ? kj_class_set_intersect(walking->sets, side, test->set) : test->set;
    return outside->count ? outside : NULL;
}

/* ---- the walk itself ---- */

typedef struct {
    guint first, count; /* a slice of a stack */
} Slice;

static Item *item_at(GArray *stack, guint index) {
    return &g_array_index(stack, Item, index);
}

/* The items of a slice that reach into the cell, on top of the stack; up to and with the first that covers it. */
static Slice filter(Walking *walking, GArray *stack, Slice from, const KjClassSet *const *cell, guint64 changed, gboolean *covered) {
    Slice kept = { stack->len, 0 };
    const Item *items;
    Item *top;

    *covered = FALSE;
    g_array_set_size(stack, kept.first + from.count); /* room for all, which may move the stack */
    items = item_at(stack, from.first);
    top = item_at(stack, kept.first);
    for (guint i = 0; i < from.count && !*covered; i++) {
        Overlap with;

        top[kept.count] = items[i];
        with = overlap_item(walking, &top[kept.count], cell, changed);
        kept.count += with != APART;
        *covered = with == COVERS;
    }
    g_array_set_size(stack, kept.first + kept.count);
    return kept;
}

static gboolean any_wanted(const Walking *walking, Slice over, gboolean covered) {
    if (!covered && is_wanted(walking->walk, KJ_CASE_NONE))
        return TRUE;
    for (guint i = 0; i < over.count; i++) {
        if (is_wanted(walking->walk, item_at(walking->over, over.first + i)->number))
            return TRUE;
    }
    return FALSE;
}

static gboolean cut(Walking *walking, const KjClassSet **cell, guint64 changed, Slice without, Slice over, guint depth);

/* Goes on with each piece of the cell outside of the box; the cell is left as what is inside. FALSE: ended. */
static gboolean cut_pieces(Walking *walking, const KjClassSet **cell, const KjBox *box, Slice without, Slice over, guint depth) {
    const KjClassSet **piece = g_newa(const KjClassSet *, walking->dimension);
    guint64 changed = 0;

    for (guint i = 0; i < box->count; i++) {
        const KjClassSet *outside = cut_off(walking, &box->tests[i], cell);

        if (!outside) /* then nothing was narrowed either */
            continue;
        changed |= field_bit(box->tests[i].field);
        memcpy(piece, cell, walking->dimension * sizeof *piece);
        piece[box->tests[i].field] = outside;
        if (!cut(walking, piece, changed, without, over, depth + 1))
            return FALSE;
    }
    return TRUE;
}

/* Nothing is left to be taken out: the first case of `over` decides its part, and so on. */
static gboolean decide(Walking *walking, const KjClassSet **cell, Slice over, gboolean covered, guint depth) {
    Item first;

    if (over.count == 0)
        return visit(walking, cell, KJ_CASE_NONE);
    first = *item_at(walking->over, over.first);
    if (over.count == 1 && covered)
        return visit(walking, cell, first.number);
    return cut_pieces(walking, cell, first.box, (Slice){ 0, 0 }, (Slice){ over.first + 1, over.count - 1 }, depth) &&
           visit(walking, cell, first.number);
}

static gboolean cut_filtered(Walking *walking, const KjClassSet **cell, guint64 changed, Slice without, Slice over, guint depth) {
    gboolean covered;
    Item first;

    without = filter(walking, walking->without, without, cell, changed, &covered);
    if (covered) {
        if (walking->used)
            walking->used[item_at(walking->without, without.first + without.count - 1)->number] = TRUE;
        return TRUE;
    }
    over = filter(walking, walking->over, over, cell, changed, &covered);
    if (!any_wanted(walking, over, covered))
        return TRUE;
    if (without.count == 0)
        return decide(walking, cell, over, covered, depth);
    first = *item_at(walking->without, without.first);
    if (walking->used)
        walking->used[first.number] = TRUE;
    return cut_pieces(walking, cell, first.box, (Slice){ without.first + 1, without.count - 1 }, over, depth);
}

/* Both slices reach into the cell that this one is a part of. */
static gboolean cut(Walking *walking, const KjClassSet **cell, guint64 changed, Slice without, Slice over, guint depth) {
    guint without_top = walking->without->len, over_top = walking->over->len;
    gboolean on;

    if (walking->walk->steps <= without.count + over.count || depth > DEPTH_MOST) {
        walking->too_long = TRUE;
        walking->walk->steps = 0;
        return FALSE;
    }
    walking->walk->steps -= 1 + without.count + over.count;
    on = cut_filtered(walking, cell, changed, without, over, depth);
    g_array_set_size(walking->without, without_top);
    g_array_set_size(walking->over, over_top);
    return on;
}

/* ---- setting out ---- */

static guint64 classes_in(const KjClassSet *set) {
    guint64 count = 0;

    for (guint32 i = 0; i < set->count; i++)
        count += (guint64)set->intervals[i].high - set->intervals[i].low + 1;
    return count;
}

static guint64 classes_in_both(const KjClassSet *a, const KjClassSet *b) {
    guint64 count = 0;

    for (guint32 i = 0, j = 0; i < a->count && j < b->count;) {
        guint32 low = MAX(a->intervals[i].low, b->intervals[j].low), high = MIN(a->intervals[i].high, b->intervals[j].high);

        if (low <= high)
            count += (guint64)high - low + 1;
        if (a->intervals[i].high < b->intervals[j].high)
            i++;
        else
            j++;
    }
    return count;
}

/* The share of the cell that a box takes. */
static double share_of(const Walking *walking, const KjBox *box, const KjClassSet *const *cell) {
    double share = 1;

    for (guint i = 0; i < box->count; i++) {
        const KjClassSet *side = cell[box->tests[i].field];
        guint64 all = side ? classes_in(side) : kj_universe_class_count(walking->universe, box->tests[i].field);

        share *= (double)(side ? classes_in_both(side, box->tests[i].set) : classes_in(box->tests[i].set)) / (double)all;
    }
    return share;
}

typedef struct {
    double share;
    Item item;
} Weighed;

static int compare_weighed(const void *a, const void *b) {
    const Weighed *left = a, *right = b;

    if (left->share != right->share)
        return left->share > right->share ? -1 : 1;
    return left->item.number < right->item.number ? -1 : left->item.number > right->item.number;
}

/* Puts a box on the stack of cases, if it reaches into the start. FALSE: it decides all of it, and so is the last. */
static gboolean push_over(Walking *walking, guint32 number, const KjClassSet *const *cell) {
    const KjCases *cases = walking->walk->cases;
    Item item = item_of(cases->boxes->pdata[number], g_array_index(cases->box_cases, guint32, number));
    Overlap with = overlap_item(walking, &item, cell, FIELDS_ALL);

    if (with != APART)
        g_array_append_val(walking->over, item);
    walking->covered = with == COVERS;
    return !walking->covered;
}

/* A list may be as long as this part of the steps that are left: with a longer one they would be gone after a few cuts. */
#define LIST_SHARE 32u

static guint list_most(const KjWalk *walk) {
    return (guint)MIN(walk->steps / LIST_SHARE + 1, G_MAXINT);
}

/* FALSE: there are too many. */
static gboolean fill_over(Walking *walking, const KjClassSet *const *cell) {
    const KjWalk *walk = walking->walk;
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; walk->also && i < walk->also->len; i++) {
        const KjCase *one = kj_cases_get(walk->cases, g_array_index(walk->also, guint32, i));

        if (walk->left_out && one->rule != KJ_CASE_NONE && walk->left_out[one->rule])
            continue;
        for (guint32 b = 0; b < one->box_count; b++) {
            if (!push_over(walking, one->first_box + b, cell))
                return TRUE;
        }
    }
    if (!kj_cases_deciding(walk->cases, walk->start, walk->first, walk->left_out, list_most(walk), numbers))
        return FALSE;
    for (guint i = 0; i < numbers->len && push_over(walking, g_array_index(numbers, guint32, i), cell); i++) {
    }
    return TRUE;
}

static void weigh(const Walking *walking, GArray *weighed, const KjBox *box, guint32 number, const KjClassSet *const *cell) {
    Weighed one = { 0, item_of(box, number) };

    if (overlap_item(walking, &one.item, cell, FIELDS_ALL) == APART)
        return;
    one.share = share_of(walking, box, cell);
    g_array_append_val(weighed, one);
}

/* Puts on the stack, largest first, what is left out and reaches into the start. `left_out` (may be NULL) marks items of the caller's list not to use.
 * FALSE: there are too many. */
static gboolean fill_without(Walking *walking, const KjClassSet *const *cell, const gboolean *left_out) {
    const KjWalk *walk = walking->walk;
    g_autoptr(GArray) weighed = g_array_new(FALSE, FALSE, sizeof(Weighed)), numbers = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; walk->without && i < walk->without->len; i++) {
        if (!left_out || !left_out[i])
            weigh(walking, weighed, walk->without->pdata[i], i, cell);
    }
    if (walk->behind && !kj_cases_reaching(walk->behind, walk->start, walk->behind_box, list_most(walk), numbers))
        return FALSE;
    for (guint i = 0; i < numbers->len; i++) {
        guint32 number = g_array_index(numbers, guint32, i);
        weigh(walking, weighed, walk->behind->boxes->pdata[number], number, cell);
    }
    if (weighed->len)
        qsort(weighed->data, weighed->len, sizeof(Weighed), compare_weighed);
    for (guint i = 0; i < weighed->len; i++)
        g_array_append_val(walking->without, g_array_index(weighed, Weighed, i).item);
    return TRUE;
}

/* Puts what reaches into the start on the stacks: the cases in order, up to one that decides all of it, then what is left out. FALSE, with *end: the walk
 * is over before it began, since none of the cases is wanted, one box leaves out everything, or the lists are too long. */
static gboolean fill(Walking *walking, const KjClassSet *const *cell, const gboolean *left_out, KjWalkEnd *end) {
    KjWalk *walk = walking->walk;
    gboolean fits = !walk->cases || fill_over(walking, cell);

    *end = KJ_WALK_DONE;
    if (fits && walk->cases && !any_wanted(walking, (Slice){ 0, walking->over->len }, walking->covered))
        return FALSE;
    if (walk->behind && kj_cases_first_holding(walk->behind, walk->start, 0, walk->behind_box, NULL) != KJ_CASE_NONE)
        return FALSE;
    if (fits && fill_without(walking, cell, left_out))
        return TRUE;
    *end = KJ_WALK_TOO_LONG;
    walk->steps = 0;
    return FALSE;
}

static void walking_start(Walking *walking, KjWalk *walk, const KjClassSet ***cell) {
    *walking = (Walking){ .walk = walk, .universe = walk->universe, .sets = kj_universe_sets(walk->universe) };
    walking->dimension = kj_universe_dimension(walk->universe);
    walking->without = g_array_sized_new(FALSE, FALSE, sizeof(Item), STACK_ROOM);
    walking->over = g_array_sized_new(FALSE, FALSE, sizeof(Item), STACK_ROOM);
    walking->cell = g_malloc(sizeof(KjBox) + walking->dimension * sizeof(KjBoxTest));
    *cell = g_new0(const KjClassSet *, walking->dimension);
    for (guint i = 0; i < walk->start->count; i++)
        (*cell)[walk->start->tests[i].field] = walk->start->tests[i].set;
    if (walk->steps == 0)
        walk->steps = KJ_LIMIT_WALK_STEPS;
}

static void walking_end(Walking *walking, const KjClassSet **cell) {
    g_array_unref(walking->without);
    g_array_unref(walking->over);
    g_free(walking->cell);
    g_free(cell);
}

static KjWalkEnd walk_on(Walking *walking, const KjClassSet **cell) {
    Slice without = { 0, walking->without->len }, over = { 0, walking->over->len };
    gboolean whole = cut(walking, cell, 0, without, over, 0); /* fill() left nothing to be filtered */

    return walking->too_long ? KJ_WALK_TOO_LONG : whole ? KJ_WALK_DONE : KJ_WALK_STOPPED;
}

KjWalkEnd kj_walk(KjWalk *walk) {
    const KjClassSet **cell;
    Walking walking;
    KjWalkEnd end;

    walking_start(&walking, walk, &cell);
    if (fill(&walking, cell, NULL, &end))
        end = walk_on(&walking, cell);
    walking_end(&walking, cell);
    return end;
}

const KjBox *kj_walk_keep(const KjWalk *walk, const KjBox *cell) {
    gsize size = sizeof(KjBox) + cell->count * sizeof(KjBoxTest);
    KjBox *kept = kj_arena_alloc(kj_universe_arena(walk->universe), size);

    memcpy(kept, cell, size);
    return kept;
}

/* ---- finding one cell ---- */

typedef struct {
    KjWalk *walk;
    const KjBox *found;
    guint32 decider;
} Finding;

static gboolean find_wanted(guint32 decision, gpointer data) {
    const KjWalk *walk = ((const Finding *)data)->walk;

    return walk->wanted(decision, walk->data);
}

static gboolean find_visit(const KjBox *cell, guint32 decider, gpointer data) {
    Finding *finding = data;

    finding->found = kj_walk_keep(finding->walk, cell);
    finding->decider = decider;
    return FALSE;
}

/* The next of a fixed sequence (Marsaglia's xorshift): every run tries the same points. */
static guint32 next_number(guint32 *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static guint32 random_class(const Walking *walking, guint field, const KjClassSet *set, guint32 *state) {
    guint64 at;

    guint32 first = kj_universe_first_class(walking->universe, field);

    if (!set)
        return first + next_number(state) % (kj_universe_class_count(walking->universe, field) - first);
    at = next_number(state) % classes_in(set);
    for (guint32 i = 0;; i++) {
        guint64 width = (guint64)set->intervals[i].high - set->intervals[i].low + 1;
        if (at < width)
            return set->intervals[i].low + (guint32)at;
        at -= width;
    }
}

/* Who decides the whole of a cell, a part of the start; FALSE when something is to be taken out of it, or more than one does. */
static gboolean decided_alike(const Walking *walking, const KjClassSet *const *cell, guint32 *decider) {
    *decider = KJ_CASE_NONE;
    for (guint i = 0; i < walking->without->len; i++) {
        Item item = *item_at(walking->without, i);

        if (overlap_item(walking, &item, cell, FIELDS_ALL) != APART)
            return FALSE;
    }
    for (guint i = 0; i < walking->over->len; i++) {
        Item item = *item_at(walking->over, i);
        Overlap with = overlap_item(walking, &item, cell, FIELDS_ALL);

        if (with == COVERS)
            *decider = item.number;
        if (with != APART)
            return with == COVERS;
    }
    return TRUE;
}

/* A point was found: widens it, field by field, as far as everything stays as it is, so that it reads well. */
static void widen(Walking *walking, const KjClassSet *const *start, const KjClassSet **cell, guint32 decider) {
    for (guint i = 0; i < walking->dimension; i++) {
        const KjClassSet *before = cell[i];
        guint32 now;

        cell[i] = start[i];
        if (!decided_alike(walking, cell, &now) || now != decider || !kj_universe_feasible(walking->universe, cell_box(walking, cell)))
            cell[i] = before;
    }
}

static gboolean try_points(Walking *walking, const KjClassSet *const *start, Finding *finding) {
    const KjClassSet **cell = g_newa(const KjClassSet *, walking->dimension);
    const KjWalk *walk = finding->walk;
    guint32 state = 2463534242u;

    for (guint t = 0; t < TRIES; t++) {
        guint32 decider;

        for (guint i = 0; i < walking->dimension; i++) {
            guint32 klass = random_class(walking, i, start[i], &state);
            cell[i] = kj_class_sets_range(walking->sets, klass, klass);
        }
        if (!decided_alike(walking, cell, &decider) ||
            !is_wanted(walk, decider) ||
            !kj_universe_feasible(walking->universe, cell_box(walking, cell)))
            continue;
        widen(walking, start, cell, decider);
        finding->found = kj_walk_keep(walk, cell_box(walking, cell));
        finding->decider = decider;
        return TRUE;
    }
    return FALSE;
}

static KjWalkEnd find(KjWalk *walk, const gboolean *left_out, gboolean *used, Finding *finding) {
    KjWalk searching = *walk;
    const KjClassSet **cell;
    Walking walking;
    KjWalkEnd end;

    *finding = (Finding){ walk, NULL, KJ_CASE_NONE };
    searching.visit = find_visit;
    searching.wanted = walk->wanted ? find_wanted : NULL;
    searching.data = finding;
    walking_start(&walking, &searching, &cell);
    walking.used = used;
    if (fill(&walking, cell, left_out, &end))
        end = try_points(&walking, cell, finding) ? KJ_WALK_STOPPED : walk_on(&walking, cell);
    walking_end(&walking, cell);
    walk->steps = searching.steps;
    return end;
}

KjWalkEnd kj_walk_find(KjWalk *walk, const KjBox **found, guint32 *decider) {
    Finding finding;
    KjWalkEnd end = find(walk, NULL, NULL, &finding);

    if (found)
        *found = finding.found;
    if (decider)
        *decider = finding.decider;
    return end;
}

/* ---- covers ---- */

GArray *kj_walk_cover(KjWalk *walk) {
    guint count = walk->without ? walk->without->len : 0;
    g_autofree gboolean *used = g_new0(gboolean, count + 1), *left_out = g_new0(gboolean, count + 1);
    GArray *cover = g_array_new(FALSE, FALSE, sizeof(guint32));
    Finding finding;

    find(walk, NULL, used, &finding);
    for (guint i = 0; i < count; i++)
        left_out[i] = !used[i];
    for (guint32 i = count; i > 0; i--) { /* the last first: an author looks for what comes early */
        KjWalk again = *walk;

        again.steps = 0;
        if (left_out[i - 1])
            continue;
        left_out[i - 1] = TRUE;
        left_out[i - 1] = find(&again, left_out, NULL, &finding) == KJ_WALK_DONE;
    }
    for (guint32 i = 0; i < count; i++) {
        if (!left_out[i])
            g_array_append_val(cover, i);
    }
    return cover;
}
