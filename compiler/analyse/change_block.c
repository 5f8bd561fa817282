/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The difference of two versions of one block. See change.h.
 *
 * Where rules add up, see change_sum.h. Elsewhere both versions become cases in order, aspect by aspect. Cases with the same decision and the same region that stand in the same order in both cancel:
 * let x be the first case of one version that holds of a request and y that of the other. If both are cancelled cases they are the same one; for were y a
 * later one, x would hold of the request in the other version too, and come first there. So versions differ only where a case that did not
 * cancel decides in one of them. Those cases are walked, one after the other, against the whole of the other version.
 *
 * Verdicts are exact. What is told of regions is bounded: a walk that finds too much is broken off, and from then on only asked whether there is
 * anything in the directions not yet seen; its regions are marked incomplete. One that has too many rules in its way to begin with shows one cell.
 * Cost: lowering the old version and what differs of the new one (region/twin.h), then in proportion to what did not cancel.
 */
#include "change.h"

#include "../region/glimpse.h"
#include "../region/twin.h"
#include "../region/walk.h"
#include "change_align.h"
#include "change_sum.h"
#include "change_witness.h"
#include "../progress.h"
#include "../translate.h"

#include <string.h>

#define DETAIL_STEPS (3u << 20) /* boxes looked at by all walks of a block that list regions: some tenth of a second */
#define WALK_STEPS 20000u       /* each walk may look at so many */
#define CELLS_MOST 512u         /* cells of one walk */

enum { OLD, NEW };

typedef struct {
    KjBlockChange *change;
    KjArena *arena;
    const KjChangeOptions *options;
    const KjBlock *blocks[2];
    guint sides[2];        /* of the universe */
    GHashTable *known;     /* what makes a region one (char *) -> KjChangeRegion */
    GPtrArray *regions;
    guint directions;      /* seen so far */
    guint64 steps;         /* left for details */
    const KjBox *period, *best; /* the options', or NULL */
    const char *problem;
} Comparison;

typedef struct {
    Comparison *comparison;
    const char *aspect;
    KjCases *cases[2];
    gboolean *changed[2];
    gboolean default_changed;
} Aspect;

/* One case of one side, walked against the other. */
typedef struct {
    Aspect *aspect;
    guint side;
    guint32 number; /* KJ_CASE_NONE: the default */
    guint32 decision;
    guint want;     /* directions asked for */
    guint8 *ways;   /* of each decision of the other side; 0xff: not yet compared */
    guint cells;
    GPtrArray *touched; /* regions this walk added to */
    guint32 first;      /* of the other side's cases those before have cancelled with cases before this one, */
    const GArray *also; /* but for these */
} CaseWalk;

/* ---- regions ---- */

static const KjRule *rule_of(const Aspect *aspect, guint side, guint32 number) {
    guint32 rule = number == KJ_CASE_NONE ? KJ_CASE_NONE : kj_cases_get(aspect->cases[side], number)->rule;

    return rule == KJ_CASE_NONE ? NULL : &aspect->comparison->blocks[side]->rules[rule];
}

static guint ways_of(CaseWalk *walk, guint32 decision) {
    const KjDecisions *decisions = walk->aspect->comparison->change->decisions;

    if (walk->ways[decision] == 0xff)
        walk->ways[decision] = (guint8)(walk->side == NEW ? kj_decisions_compare(decisions, decision, walk->decision)
                                                          : kj_decisions_compare(decisions, walk->decision, decision));
    /* A new block opens what it lets through; that it notes down what was refused before narrows nothing. */
    if (!walk->aspect->comparison->blocks[OLD])
        return walk->ways[decision] & KJ_DIRECTION_WIDENS;
    return walk->ways[decision];
}

static gboolean case_wanted(guint32 decision, gpointer data) {
    CaseWalk *walk = data;

    return (ways_of(walk, decision) & walk->want) != 0;
}

static KjChangeRegion *region_for(CaseWalk *walk, guint32 decider, guint ways) {
    Aspect *aspect = walk->aspect;
    Comparison *comparison = aspect->comparison;
    guint32 numbers[2], decisions[2];
    g_autofree char *key = NULL;
    KjChangeRegion *region;

    numbers[walk->side] = walk->number;
    numbers[!walk->side] = decider;
    for (guint side = OLD; side <= NEW; side++)
        decisions[side] = kj_cases_decision(aspect->cases[side], numbers[side]);
    key = g_strdup_printf("%p %p %u %u %s", (const void *)rule_of(aspect, OLD, numbers[OLD]),
                          (const void *)rule_of(aspect, NEW, numbers[NEW]), decisions[OLD], decisions[NEW],
                          aspect->aspect ? aspect->aspect : "");
    region = g_hash_table_lookup(comparison->known, key);
    if (region)
        return region;
    region = kj_arena_new0(comparison->arena, KjChangeRegion);
    region->old_decision = kj_decisions_get(comparison->change->decisions, decisions[OLD]);
    region->new_decision = kj_decisions_get(comparison->change->decisions, decisions[NEW]);
    region->old_rule = rule_of(aspect, OLD, numbers[OLD]);
    region->new_rule = rule_of(aspect, NEW, numbers[NEW]);
    region->aspect = aspect->aspect;
    region->direction = (KjDirection)ways;
    region->opens = kj_decisions_refuses(comparison->change->decisions, decisions[OLD]) &&
                    !kj_decisions_refuses(comparison->change->decisions, decisions[NEW]);
    region->boxes = g_ptr_array_new();
    region->complete = TRUE;
    g_hash_table_insert(comparison->known, g_steal_pointer(&key), region);
    g_ptr_array_add(comparison->regions, region);
    return region;
}

static void add_cell(CaseWalk *walk, const KjBox *cell, guint32 decider) {
    guint ways = ways_of(walk, kj_cases_decision(walk->aspect->cases[!walk->side], decider));
    KjChangeRegion *region = region_for(walk, decider, ways);

    walk->aspect->comparison->directions |= ways;
    g_ptr_array_add(region->boxes, (gpointer)cell);
    if (walk->touched->len == 0 || walk->touched->pdata[walk->touched->len - 1] != region)
        g_ptr_array_add(walk->touched, region);
}

/* What of the box lies in the period (NULL: it has no end); NULL: nothing. */
static const KjBox *in_period(const Comparison *comparison, const KjBox *box, const KjBox *period) {
    KjUniverse *universe = comparison->change->universe;

    return period ? kj_box_intersect(kj_universe_arena(universe), kj_universe_sets(universe), box, period) : box;
}

/* Where a case decides that did not cancel either, the old side leaves what differs to the new one. */
static gboolean is_found_elsewhere(const CaseWalk *walk, guint32 decider) {
    const Aspect *aspect = walk->aspect;

    return walk->side == OLD && (decider == KJ_CASE_NONE ? aspect->default_changed : aspect->changed[NEW][decider]);
}

static gboolean case_visit(const KjBox *cell, guint32 decider, gpointer data) {
    CaseWalk *walk = data;
    Aspect *aspect = walk->aspect;
    KjWalk keeper = { .universe = aspect->comparison->change->universe };

    if (is_found_elsewhere(walk, decider) || !in_period(aspect->comparison, cell, aspect->comparison->period))
        return TRUE;
    add_cell(walk, kj_walk_keep(&keeper, cell), decider);
    return ++walk->cells < CELLS_MOST;
}

/* ---- walking ---- */

static void mark_incomplete(CaseWalk *walk) {
    for (guint i = 0; i < walk->touched->len; i++)
        ((KjChangeRegion *)walk->touched->pdata[i])->complete = FALSE;
}

/* Whether there is anything in the directions not seen yet, after a walk was broken off. */
static void find_rest(CaseWalk *walk, const KjWalk *walked) {
    Comparison *comparison = walk->aspect->comparison;
    const KjBox *cell;
    guint32 decider;

    for (guint way = KJ_DIRECTION_NARROWS; way <= KJ_DIRECTION_WIDENS; way <<= 1) {
        KjWalk again = *walked;
        KjWalkEnd end;

        walk->want = way & ~comparison->directions;
        if (!walk->want)
            continue;
        again.steps = 0;
        end = kj_walk_find(&again, &cell, &decider);
        if (end == KJ_WALK_STOPPED && in_period(comparison, cell, comparison->period))
            add_cell(walk, cell, decider);
        else if (end != KJ_WALK_DONE)
            comparison->problem = _("the rules overlap in too many ways to compare every request");
    }
    walk->want = KJ_DIRECTION_MIXED;
    mark_incomplete(walk);
}

static gboolean glimpse_wanted(guint32 decider, gpointer data) {
    CaseWalk *walk = data;

    return !is_found_elsewhere(walk, decider) && case_wanted(kj_cases_decision(walk->aspect->cases[!walk->side], decider), walk);
}

/* One cell of a walk that was given up before it came to any. */
static void add_glimpse(CaseWalk *walk, const KjBox *box) {
    const Aspect *aspect = walk->aspect;
    KjGlimpse glimpse = { .universe = aspect->comparison->change->universe, .start = in_period(aspect->comparison, box, aspect->comparison->period),
                          .own = aspect->cases[walk->side], .number = walk->number, .other = aspect->cases[!walk->side], .first = walk->first,
                          .also = walk->also, .wanted = glimpse_wanted, .data = walk };
    guint32 decider;
    const KjBox *cell = glimpse.start ? kj_glimpse(&glimpse, &decider) : NULL;

    if (cell)
        add_cell(walk, cell, decider);
}

static void walk_box(CaseWalk *walk, const KjBox *box, guint32 box_number, guint64 share) {
    const Aspect *aspect = walk->aspect;
    Comparison *comparison = aspect->comparison;
    KjWalk walked = { .universe = comparison->change->universe, .start = box, .behind = aspect->cases[walk->side], .behind_box = box_number,
                      .cases = aspect->cases[!walk->side], .first = walk->first, .also = walk->also, .wanted = case_wanted,
                      .unasked = walk->side == OLD ? aspect->changed[NEW] : NULL, .visit = case_visit, .data = walk };
    guint64 given = MAX(share, WALK_STEPS);

    walked.steps = given;
    walk->cells = 0;
    if (kj_walk(&walked) != KJ_WALK_DONE) {
        if (walk->cells == 0)
            add_glimpse(walk, box);
        find_rest(walk, &walked);
    }
    comparison->steps -= MIN(comparison->steps, given - walked.steps);
}

/* The default holds of everything that no case holds of. `first` and `also`: see CaseWalk. */
static void walk_case(Aspect *aspect, guint side, guint32 number, guint32 first, const GArray *also, guint64 share) {
    const KjCases *cases = aspect->cases[side];
    guint count = kj_decisions_count(aspect->comparison->change->decisions);
    g_autofree guint8 *ways = g_malloc(count);
    g_autoptr(GPtrArray) touched = g_ptr_array_new();
    CaseWalk walk = { aspect, side, number, kj_cases_decision(cases, number), KJ_DIRECTION_MIXED, ways, 0, touched, first, also };

    memset(ways, 0xff, count);
    if (number == KJ_CASE_NONE) {
        g_autoptr(GPtrArray) all = kj_region_all(kj_universe_arena(cases->universe));
        walk_box(&walk, all->pdata[0], cases->boxes->len, share);
        return;
    }
    for (guint32 i = 0; i < kj_cases_get(cases, number)->box_count; i++) {
        guint32 box = kj_cases_get(cases, number)->first_box + i;
        walk_box(&walk, cases->boxes->pdata[box], box, share);
    }
}

/* The place behind the next case of a side that cancelled, or behind the last; the cases before it that did not are added to `passed`. */
static guint32 pass_cancelled(const Aspect *aspect, guint side, guint32 from, GArray *passed) {
    for (; from < aspect->cases[side]->cases->len; from++) {
        if (!aspect->changed[side][from])
            return from + 1;
        g_array_append_val(passed, from);
    }
    return from;
}

/* What cancelled with a case before the one that is walked cannot decide there: the same region is taken out already. So each walk asks of the other side only
 * what comes behind those, and the few before that did not cancel. */
static void walk_side(Aspect *aspect, guint side) {
    static const char work[] = N_("cases compared");
    guint count = aspect->cases[side]->cases->len, left = aspect->default_changed;
    g_autoptr(GArray) passed = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 first = 0;

    for (guint32 i = 0; i < count; i++)
        left += aspect->changed[side][i];
    for (guint32 i = 0; i < count; i++) {
        kj_progress(work, aspect->comparison->change->name, i, count);
        if (aspect->changed[side][i])
            walk_case(aspect, side, i, first, passed, aspect->comparison->steps / MAX(left--, 1));
        else
            first = pass_cancelled(aspect, !side, first, passed);
    }
    if (aspect->default_changed)
        walk_case(aspect, side, KJ_CASE_NONE, first, passed, aspect->comparison->steps);
    kj_progress(work, aspect->comparison->change->name, count, count);
}

static KjCases *cases_of(Comparison *comparison, guint side, const char *aspect) {
    KjDecisions *decisions = comparison->change->decisions;
    const KjBlock *block = comparison->blocks[side];
    KjCases *cases;
    guint failed;

    if (!block) {
        cases = kj_cases_new(comparison->change->universe, kj_decisions_absent(decisions));
        kj_cases_seal(cases);
        return cases;
    }
    cases = kj_decisions_cases(decisions, comparison->sides[side], block, aspect, TRUE, &failed);
    if (!cases)
        comparison->problem = kj_arena_printf(comparison->arena, _("rule `%s` needs too many boxes"), block->rules[failed].label);
    return cases;
}

static void compare_aspect(Comparison *comparison, const char *name) {
    Aspect aspect = { .comparison = comparison, .aspect = name };

    for (guint side = OLD; side <= NEW; side++)
        aspect.cases[side] = cases_of(comparison, side, name);
    if (aspect.cases[OLD] && aspect.cases[NEW]) {
        kj_change_align(aspect.cases, aspect.changed);
        aspect.default_changed = aspect.cases[OLD]->otherwise != aspect.cases[NEW]->otherwise;
        walk_side(&aspect, NEW);
        walk_side(&aspect, OLD);
    }
    for (guint side = OLD; side <= NEW; side++) {
        g_clear_pointer(&aspect.cases[side], kj_cases_free);
        g_free(aspect.changed[side]);
    }
}

/* ---- what is told of a region ---- */

/* The first field that says who asks. */
static guint subject_field(const KjUniverse *universe) {
    guint count;
    const KjField *fields = kj_universe_fields(universe, &count);

    for (guint i = 0; i < count; i++) {
        KjType type = fields[i].type.kind;
        if ((type == KJ_TYPE_ADDRESS || type == KJ_TYPE_PRINCIPAL || type == KJ_TYPE_MAIL) && kj_universe_field(universe, i)->classifier)
            return i;
    }
    return G_MAXUINT;
}

/* The classes of a field that the region's boxes have together; NULL: every one. */
static const KjClassSet *classes_of(KjUniverse *universe, const GPtrArray *boxes, guint field) {
    const KjClassSet *classes = NULL;

    for (guint i = 0; i < boxes->len; i++) {
        const KjClassSet *set = kj_box_field(boxes->pdata[i], field);
        if (!set)
            return NULL;
        classes = classes ? kj_class_set_unite(kj_universe_sets(universe), classes, set) : set;
    }
    return classes;
}

static void measure(Comparison *comparison, KjChangeRegion *region) {
    KjUniverse *universe = comparison->change->universe;
    const KjClassSet *who;

    if (region->boxes->len > 1)
        kj_region_simplify(kj_universe_arena(universe), kj_universe_sets(universe), region->boxes);
    region->share = 0;
    for (guint i = 0; i < region->boxes->len; i++)
        region->share = i == 0 ? kj_count_share(universe, region->boxes->pdata[i])
                               : MAX(region->share, kj_count_share(universe, region->boxes->pdata[i]));
    region->subject = subject_field(universe);
    if (region->subject == G_MAXUINT)
        return;
    who = classes_of(universe, region->boxes, region->subject);
    if (!who)
        who = kj_class_sets_range(kj_universe_sets(universe), 1, kj_universe_class_count(universe, region->subject) - 1);
    kj_count_field(universe, region->subject, who, &region->who);
    region->numeric_subject = region->who.numeric;
    region->instants = classes_of(universe, region->boxes, kj_universe_instant(universe));
}

static int compare_regions(gconstpointer a, gconstpointer b) {
    const KjChangeRegion *left = *(const KjChangeRegion *const *)a, *right = *(const KjChangeRegion *const *)b;
    gboolean left_widens = (left->direction & KJ_DIRECTION_WIDENS) != 0, right_widens = (right->direction & KJ_DIRECTION_WIDENS) != 0;

    if (left->opens != right->opens)
        return left->opens ? -1 : 1;
    if (left_widens != right_widens)
        return left_widens ? -1 : 1;
    return left->share > right->share ? -1 : left->share < right->share;
}

/* The aspect of an obligation decides the effect as well, and so finds again what the decision's own regions tell; told is only where the obligation alone changes,
 * or changes the other way. */
static gboolean is_told_elsewhere(const Comparison *comparison, const KjChangeRegion *region) {
    const KjDecision *a = region->old_decision, *b = region->new_decision;

    return comparison->change->domain->combining == KJ_COMBINING_STRICTEST && region->aspect &&
           (strcmp(a->obligations, b->obligations) == 0 || (a->effect != b->effect && region->direction != KJ_DIRECTION_MIXED));
}

static void drop_repetitions(Comparison *comparison) {
    guint kept = 0;

    for (guint i = 0; i < comparison->regions->len; i++) {
        KjChangeRegion *region = comparison->regions->pdata[i];
        if (is_told_elsewhere(comparison, region))
            g_ptr_array_unref(region->boxes);
        else
            comparison->regions->pdata[kept++] = region;
    }
    g_ptr_array_set_size(comparison->regions, (gint)kept);
}

static void tell_regions(Comparison *comparison) {
    KjBlockChange *change = comparison->change;
    guint most = comparison->options->most ? comparison->options->most : G_MAXUINT;

    drop_repetitions(comparison);
    for (guint i = 0; i < comparison->regions->len; i++)
        measure(comparison, comparison->regions->pdata[i]);
    g_ptr_array_sort(comparison->regions, compare_regions);
    for (guint i = 0; i < comparison->regions->len; i++) {
        if (i < most) {
            kj_change_find_witness(change, comparison->options, comparison->regions->pdata[i], comparison->period, comparison->best);
            g_ptr_array_add(change->regions, comparison->regions->pdata[i]);
        } else {
            g_ptr_array_unref(((KjChangeRegion *)comparison->regions->pdata[i])->boxes);
            change->untold++;
        }
    }
    kj_change_try_witnesses(change, comparison->options);
}

/* ---- the whole ---- */

/* The old rule that stands for the new one, which then need not be looked at; NULL: none does. */
static const KjRule *twin_of(const Comparison *comparison, const gint *partners, guint index) {
    const KjBlock *old_block = comparison->blocks[OLD], *new_block = comparison->blocks[NEW];
    gint partner = partners ? partners[index] : old_block->rule_count == new_block->rule_count ? (gint)index : -1;

    return partner >= 0 && kj_rules_are_twins(&old_block->rules[partner], &new_block->rules[index]) ? &old_block->rules[partner] : NULL;
}

static void add_rules(Comparison *comparison, guint side, const gint *partners) {
    const KjBlock *block = comparison->blocks[side];
    gboolean kin = side == NEW && comparison->blocks[OLD] && kj_blocks_are_kin(comparison->blocks[OLD], block);

    for (guint i = 0; i < block->rule_count; i++) {
        const KjRule *twin = kin ? twin_of(comparison, partners, i) : NULL;

        if (twin)
            kj_decisions_set_twin(comparison->change->decisions, &block->rules[i], twin);
        else
            kj_universe_add_rule(comparison->change->universe, comparison->sides[side], &block->rules[i]);
    }
}

/* A window is one test of the instant. */
static const KjBox *window_box(KjUniverse *universe, const KjWindow *window) {
    g_autoptr(GPtrArray) region = kj_universe_lower_window(universe, window, FALSE);

    g_assert(region && region->len == 1);
    return region->pdata[0];
}

static gboolean open_universe(Comparison *comparison, const gint *partners) {
    KjBlockChange *change = comparison->change;
    const KjBlock *blocks[2];
    guint count = 0;

    for (guint side = OLD; side <= NEW; side++) {
        if (comparison->blocks[side]) {
            comparison->sides[side] = count;
            blocks[count++] = comparison->blocks[side];
        }
    }
    change->universe = kj_universe_new(blocks, count);
    change->decisions = kj_decisions_new(change->universe, change->domain);
    for (guint side = OLD; side <= NEW; side++) {
        if (comparison->blocks[side])
            add_rules(comparison, side, partners);
    }
    if (comparison->options->period) {
        kj_universe_add_window(change->universe, comparison->options->period);
        kj_universe_add_window(change->universe, comparison->options->best);
    }
    if (!kj_universe_seal(change->universe, &comparison->problem))
        return FALSE;
    if (comparison->options->period) {
        comparison->period = window_box(change->universe, comparison->options->period);
        comparison->best = window_box(change->universe, comparison->options->best);
    }
    return TRUE;
}

/* Aspect by aspect, each a list of cases of which the first decides. */
static void compare_aspects(Comparison *comparison) {
    KjBlockChange *change = comparison->change;
    const KjBlock *one = change->old_block ? change->old_block : change->new_block;
    g_autoptr(GPtrArray) aspects = NULL;

    aspects = kj_decisions_aspects(change->decisions, one, change->old_block && change->new_block ? change->new_block : NULL);
    for (guint i = 0; i < aspects->len; i++)
        compare_aspect(comparison, aspects->pdata[i]);
}

static void compare_requirements(Comparison *comparison) {
    KjChangeSum sum = { .change = comparison->change, .arena = comparison->arena, .blocks = { comparison->blocks[OLD], comparison->blocks[NEW] },
                        .sides = { comparison->sides[OLD], comparison->sides[NEW] }, .period = comparison->period, .regions = comparison->regions };

    comparison->problem = kj_change_sum(&sum);
    comparison->directions = sum.directions;
}

static void compare(Comparison *comparison, const gint *partners) {
    if (!open_universe(comparison, partners))
        return;
    if (comparison->change->domain->combining == KJ_COMBINING_ADD_UP)
        compare_requirements(comparison);
    else
        compare_aspects(comparison);
    tell_regions(comparison);
}

/* Settings decide what is asked at all, so a change of one is beyond comparing requests. */
static const char *changed_setting(KjArena *arena, const KjBlock *a, const KjBlock *b) {
    for (guint i = 0; i < a->setting_count && i < b->setting_count; i++) {
        if (g_strcmp0(a->settings[i].value, b->settings[i].value) != 0)
            return kj_arena_printf(arena, _("the setting `%s` was %s and is %s: other requests are asked about"), a->settings[i].name,
                                   a->settings[i].value ? a->settings[i].value : _("not set"),
                                   b->settings[i].value ? b->settings[i].value : _("not set"));
    }
    return NULL;
}

static KjChangeVerdict verdict_of(const Comparison *comparison, gboolean same_text, gboolean restated) {
    if (comparison->problem)
        return KJ_CHANGE_MIXED;
    switch (comparison->directions) {
    case KJ_DIRECTION_NARROWS:
        return KJ_CHANGE_NARROWS;
    case KJ_DIRECTION_WIDENS:
        return KJ_CHANGE_WIDENS;
    case KJ_DIRECTION_MIXED:
        return KJ_CHANGE_MIXED;
    default:
        return same_text ? KJ_CHANGE_EQUAL : restated ? KJ_CHANGE_RESTATED : KJ_CHANGE_EDITORIAL;
    }
}

KjBlockChange *kj_block_change_new(KjArena *arena, const KjBlock *old_block, const KjBlock *new_block, const KjChangeOptions *options) {
    KjBlockChange *change = kj_arena_new0(arena, KjBlockChange);
    const KjBlock *one = new_block ? new_block : old_block;
    Comparison comparison = {
        .change = change, .arena = arena, .options = options, .blocks = { old_block, new_block }, .steps = DETAIL_STEPS
    };
    gboolean same_text = FALSE, restated = FALSE;
    g_autofree gint *partners = NULL;

    *change = (KjBlockChange){ .name = one->qualified, .old_block = old_block, .new_block = new_block, .domain = one->domain };
    change->regions = g_ptr_array_new();
    change->rules = g_ptr_array_new();
    comparison.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    comparison.regions = g_ptr_array_new();
    partners = kj_rule_changes(change, arena, options, &same_text, &restated);
    if (old_block && new_block && old_block->domain != new_block->domain)
        comparison.problem = kj_arena_printf(arena, _("it was a block of %s and is one of %s"), old_block->domain->name,
                                             new_block->domain->name);
    else
        compare(&comparison, partners);
    if (!comparison.problem && old_block && new_block)
        comparison.problem = changed_setting(arena, old_block, new_block);
    if (!comparison.problem && !new_block)
        comparison.problem = _("the block is gone: nothing decides any more");
    change->undecided = comparison.problem;
    change->weakens = !new_block;
    change->verdict = verdict_of(&comparison, same_text, restated);
    g_hash_table_unref(comparison.known);
    g_ptr_array_unref(comparison.regions);
    return change;
}
