/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases and their index. See cases.h.
 *
 * The index is a forest of bounding boxes over the hulls of the boxes. Rules leave fields free in patterns (only a source, only a destination, both), and one
 * wide box makes every bound above it wide; so the boxes that are narrow in the same fields share a tree, and a query asks each tree. Inside a tree the
 * boxes are halved by the field in which a sample of them overlaps least. Each node knows the first of its boxes, so that a search for the case
 * that decides leaves out whatever comes too late.
 *
 * Cost: building takes boxes * log(boxes); a query what it finds and some hundred bounds more.
 */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

#define NARROW_SHARE 16u /* a box is narrow in a field of which it spans less than this part of the classes */
#define LEAF_BOXES 8u
#define SAMPLE 33u
#define MASK_FIELDS 16u  /* only so many fields make the pattern */

typedef struct {
    guint32 first, count; /* LEAF: items; else two nodes from `first`, and count is 0 */
    guint32 best, last;   /* the smallest and the largest box number below */
} Node;

struct KjCaseIndex {
    guint32 *fields; /* those that some box tests */
    guint field_count;
    KjClassInterval *hulls; /* field_count for each box */
    guint32 *items;         /* box numbers, tree by tree */
    GArray *nodes;          /* Node */
    GArray *bounds;         /* KjClassInterval: field_count for each node */
    GArray *roots;          /* guint32 */
};

KjCases *kj_cases_new(KjUniverse *universe, guint32 otherwise) {
    KjCases *cases = g_new0(KjCases, 1);

    cases->universe = universe;
    cases->cases = g_array_new(FALSE, FALSE, sizeof(KjCase));
    cases->boxes = g_ptr_array_new();
    cases->box_cases = g_array_new(FALSE, FALSE, sizeof(guint32));
    cases->otherwise = otherwise;
    return cases;
}

static void index_free(KjCaseIndex *index) {
    g_free(index->fields);
    g_free(index->hulls);
    g_free(index->items);
    g_array_unref(index->nodes);
    g_array_unref(index->bounds);
    g_array_unref(index->roots);
    g_free(index);
}

void kj_cases_free(KjCases *cases) {
    if (!cases)
        return;
    g_array_unref(cases->cases);
    g_ptr_array_unref(cases->boxes);
    g_array_unref(cases->box_cases);
    g_clear_pointer(&cases->index, index_free);
    g_free(cases);
}

void kj_cases_add(KjCases *cases, guint32 decision, guint32 rule, const KjRegion *region) {
    KjCase added = { decision, rule, cases->boxes->len, region->len };

    for (guint i = 0; i < region->len; i++) {
        g_ptr_array_add(cases->boxes, region->pdata[i]);
        g_array_append_val(cases->box_cases, cases->cases->len);
    }
    g_array_append_val(cases->cases, added);
}

const KjCase *kj_cases_get(const KjCases *cases, guint32 index) {
    return &g_array_index(cases->cases, KjCase, index);
}

guint32 kj_cases_decision(const KjCases *cases, guint32 index) {
    return index == KJ_CASE_NONE ? cases->otherwise : kj_cases_get(cases, index)->decision;
}

/* ---- building the index ---- */

static KjClassInterval hull_of(const KjClassSet *set) {
    return set->count ? (KjClassInterval){ set->intervals[0].low, set->intervals[set->count - 1].high } : (KjClassInterval){ 1, 0 };
}

/* The hull of a box in the indexed fields. */
static void box_hull(const KjCases *cases, const KjBox *box, KjClassInterval *hull) {
    const KjCaseIndex *index = cases->index;

    for (guint i = 0, t = 0; i < index->field_count; i++) {
        while (t < box->count && box->tests[t].field < index->fields[i])
            t++;
        if (t < box->count && box->tests[t].field == index->fields[i])
            hull[i] = hull_of(box->tests[t].set);
        else
            hull[i] = (KjClassInterval){ 0, kj_universe_class_count(cases->universe, index->fields[i]) - 1 };
    }
}

static void find_fields(KjCases *cases) {
    guint dimension = kj_universe_dimension(cases->universe);
    g_autofree gboolean *tested = g_new0(gboolean, dimension);
    KjCaseIndex *index = cases->index;

    index->fields = g_new(guint32, dimension);
    for (guint i = 0; i < cases->boxes->len; i++) {
        const KjBox *box = cases->boxes->pdata[i];
        for (guint t = 0; t < box->count; t++)
            tested[box->tests[t].field] = TRUE;
    }
    for (guint f = 0; f < dimension; f++) {
        if (tested[f])
            index->fields[index->field_count++] = f;
    }
    if (index->field_count == 0)
        index->fields[index->field_count++] = 0; /* boxes without a test still have a hull, of any field */
}

static const KjClassInterval *hull_at(const KjCaseIndex *index, guint32 item) {
    return index->hulls + (gsize)item * index->field_count;
}

/* The fields in which a box is narrow, as bits. */
static guint32 pattern_of(const KjCases *cases, guint32 item) {
    const KjCaseIndex *index = cases->index;
    const KjClassInterval *hull = hull_at(index, item);
    guint32 mask = 0;

    for (guint i = 0; i < MIN(index->field_count, MASK_FIELDS); i++) {
        guint32 count = kj_universe_class_count(cases->universe, index->fields[i]);
        if (count >= NARROW_SHARE && hull[i].high - hull[i].low < count / NARROW_SHARE)
            mask |= 1u << i;
    }
    return mask;
}

static int compare_numbers(const void *a, const void *b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

    return left < right ? -1 : left > right;
}

/* By insertion: they are few, and there are many nodes. */
static void sort_sample(guint32 *numbers, guint count) {
    for (guint i = 1; i < count; i++) {
        guint32 number = numbers[i];
        guint j = i;

        for (; j > 0 && numbers[j - 1] > number; j--)
            numbers[j] = numbers[j - 1];
        numbers[j] = number;
    }
}

/* Where to halve: of the sampled boxes fewest lie on both sides. FALSE when all are alike. */
static gboolean choose_cut(const KjCaseIndex *index, const guint32 *items, guint count, guint *field, guint32 *cut) {
    guint step = (count + SAMPLE - 1) / SAMPLE, sampled = 0, best = G_MAXUINT;
    guint32 lows[SAMPLE];

    for (guint f = 0; f < index->field_count; f++) {
        guint crossing = 0, right = 0;
        guint32 middle;

        sampled = 0;
        for (guint i = 0; i < count; i += step)
            lows[sampled++] = hull_at(index, items[i])[f].low;
        sort_sample(lows, sampled);
        middle = lows[sampled / 2];
        if (middle == lows[0]) { /* the first value above the lowest */
            for (guint i = 0; i < sampled && middle == lows[0]; i++)
                middle = lows[i];
        }
        if (middle == lows[0])
            continue;
        for (guint i = 0; i < count; i += step) {
            const KjClassInterval *hull = &hull_at(index, items[i])[f];
            right += hull->low >= middle;
            crossing += hull->low < middle && hull->high >= middle;
        }
        crossing = 2 * crossing + MAX(right, sampled - right);
        if (crossing < best) {
            best = crossing;
            *field = f;
            *cut = middle;
        }
    }
    return best != G_MAXUINT;
}

static void set_bounds(KjCaseIndex *index, guint32 node, const guint32 *items, guint count) {
    KjClassInterval *bounds = &g_array_index(index->bounds, KjClassInterval, (gsize)node * index->field_count);
    guint32 best = items[0], last = items[0];

    memcpy(bounds, hull_at(index, items[0]), index->field_count * sizeof *bounds);
    for (guint i = 1; i < count; i++) {
        const KjClassInterval *hull = hull_at(index, items[i]);

        best = MIN(best, items[i]);
        last = MAX(last, items[i]);
        for (guint f = 0; f < index->field_count; f++) {
            bounds[f].low = MIN(bounds[f].low, hull[f].low);
            bounds[f].high = MAX(bounds[f].high, hull[f].high);
        }
    }
    g_array_index(index->nodes, Node, node).best = best;
    g_array_index(index->nodes, Node, node).last = last;
}

static guint32 add_nodes(KjCaseIndex *index, guint count) {
    guint32 first = index->nodes->len;

    g_array_set_size(index->nodes, first + count);
    g_array_set_size(index->bounds, (first + count) * index->field_count);
    return first;
}

/* Grows the node over items[first .. first + count). Halves alike are cut in the middle, so that depth stays logarithmic but for skewed samples. */
static void grow(KjCaseIndex *index, guint32 node, guint32 first, guint32 count, guint depth) {
    guint32 *items = index->items + first, left = 0, cut = 0, children;
    guint field = 0;

    set_bounds(index, node, items, count);
    if (count > LEAF_BOXES && choose_cut(index, items, count, &field, &cut) && depth < 64) {
        for (guint32 i = 0; i < count; i++) {
            if (hull_at(index, items[i])[field].low < cut) {
                guint32 item = items[i];
                items[i] = items[left];
                items[left++] = item;
            }
        }
    }
    if (count <= LEAF_BOXES || (left == 0 && count <= 4 * LEAF_BOXES)) {
        g_array_index(index->nodes, Node, node).first = first;
        g_array_index(index->nodes, Node, node).count = count;
        return;
    }
    if (left == 0 || left == count)
        left = count / 2;
    children = add_nodes(index, 2);
    g_array_index(index->nodes, Node, node).first = children;
    g_array_index(index->nodes, Node, node).count = 0;
    grow(index, children, first, left, depth + 1);
    grow(index, children + 1, first + left, count - left, depth + 1);
}

typedef struct {
    guint32 pattern, item;
} Patterned;

static int compare_patterns(const void *a, const void *b) {
    const Patterned *left = a, *right = b;

    if (left->pattern != right->pattern)
        return left->pattern < right->pattern ? -1 : 1;
    return left->item < right->item ? -1 : left->item > right->item;
}

void kj_cases_seal(KjCases *cases) {
    KjCaseIndex *index = cases->index = g_new0(KjCaseIndex, 1);
    guint count = cases->boxes->len;
    g_autofree Patterned *patterned = g_new(Patterned, count);

    index->nodes = g_array_new(FALSE, TRUE, sizeof(Node));
    index->bounds = g_array_new(FALSE, TRUE, sizeof(KjClassInterval));
    index->roots = g_array_new(FALSE, FALSE, sizeof(guint32));
    index->items = g_new(guint32, count);
    find_fields(cases);
    index->hulls = g_new(KjClassInterval, (gsize)count * index->field_count);
    for (guint32 i = 0; i < count; i++) {
        box_hull(cases, cases->boxes->pdata[i], index->hulls + (gsize)i * index->field_count);
        patterned[i] = (Patterned){ pattern_of(cases, i), i };
    }
    if (count)
        qsort(patterned, count, sizeof *patterned, compare_patterns);
    for (guint32 i = 0; i < count; i++)
        index->items[i] = patterned[i].item;
    for (guint32 first = 0, i = 0; first < count; first = i) {
        guint32 root = add_nodes(index, 1);

        while (i < count && patterned[i].pattern == patterned[first].pattern)
            i++;
        g_array_append_val(index->roots, root);
        grow(index, root, first, i - first, 0);
    }
}

/* ---- asking ---- */

static inline gboolean hulls_meet(const KjClassInterval *a, const KjClassInterval *b, guint count) {
    for (guint i = 0; i < count; i++) {
        if (a[i].high < b[i].low || b[i].high < a[i].low)
            return FALSE;
    }
    return TRUE;
}

static inline gboolean hull_holds(const KjClassInterval *outer, const KjClassInterval *inner, guint count) {
    for (guint i = 0; i < count; i++) {
        if (outer[i].low > inner[i].low || outer[i].high < inner[i].high)
            return FALSE;
    }
    return TRUE;
}

static gboolean boxes_meet(const KjBox *a, const KjBox *b) {
    for (guint i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->tests[i].field < b->tests[j].field) {
            i++;
        } else if (a->tests[i].field > b->tests[j].field) {
            j++;
        } else {
            if (!kj_class_set_common(a->tests[i].set, b->tests[j].set))
                return FALSE;
            i++;
            j++;
        }
    }
    return TRUE;
}

typedef enum {
    MEETING = 1, /* every box that meets the one asked about */
    FIRST_MEETING, /* the first that does */
    FIRST_HOLDING, /* the first that holds all of it */
    AT_POINT,      /* the first that holds the point */
} Wish;

typedef struct {
    const KjCases *cases;
    Wish wish;
    const KjClassInterval *hull;
    const KjBox *box;       /* AT_POINT: NULL */
    const guint32 *point;
    guint32 first, limit;   /* boxes before are not asked for, boxes from here on are too late */
    const guint8 *left_out; /* by rule: not asked for; or NULL */
    GArray *found;          /* MEETING */
    guint most;             /* length of `found` that is enough */
} Query;

static gboolean is_left_out(const Query *query, guint32 item) {
    guint32 rule = query->left_out ? kj_cases_get(query->cases, g_array_index(query->cases->box_cases, guint32, item))->rule : KJ_CASE_NONE;

    return rule != KJ_CASE_NONE && query->left_out[rule];
}

static inline gboolean is_asked_for(const Query *query, guint32 item) {
    const KjBox *box = query->cases->boxes->pdata[item];

    if (is_left_out(query, item))
        return FALSE;
    return query->wish == AT_POINT        ? kj_box_has(box, query->point)
           : query->wish == FIRST_HOLDING ? kj_box_contains(box, query->box)
                                          : boxes_meet(box, query->box);
}

/* Takes the box if it is asked for. */
static void find_box(Query *query, guint32 item) {
    if (!is_asked_for(query, item))
        return;
    if (query->wish == MEETING)
        g_array_append_val(query->found, item);
    else
        query->limit = item;
}

/* Whether boxes within these bounds, or the box with this hull, can be asked for. */
static inline gboolean hull_fits(const Query *query, const KjClassInterval *bounds) {
    guint count = query->cases->index->field_count;

    return query->wish == FIRST_HOLDING ? hull_holds(bounds, query->hull, count) : hulls_meet(query->hull, bounds, count);
}

static void ask(Query *query, guint32 number) {
    const KjCaseIndex *index = query->cases->index;
    const Node *node = &g_array_index(index->nodes, Node, number);

    if (node->best >= query->limit || node->last < query->first || (query->found && query->found->len >= query->most) ||
        !hull_fits(query, &g_array_index(index->bounds, KjClassInterval, (gsize)number * index->field_count)))
        return;
    if (node->count == 0) {
        ask(query, node->first);
        ask(query, node->first + 1);
        return;
    }
    for (guint32 i = 0; i < node->count; i++) {
        guint32 item = index->items[node->first + i];

        if (item < query->limit && item >= query->first && hull_fits(query, hull_at(index, item)))
            find_box(query, item);
    }
}

static void ask_all(Query *query) {
    const GArray *roots = query->cases->index->roots;

    for (guint i = 0; i < roots->len; i++)
        ask(query, g_array_index(roots, guint32, i));
}

static void ask_about(Query *query) {
    KjClassInterval *hull = g_newa(KjClassInterval, query->cases->index->field_count + 1);

    box_hull(query->cases, query->box, hull);
    query->hull = hull;
    ask_all(query);
}

static void sort_found(GArray *boxes, guint known) {
    if (boxes->len > known)
        qsort(&g_array_index(boxes, guint32, known), boxes->len - known, sizeof(guint32), compare_numbers);
}

void kj_cases_meeting(const KjCases *cases, const KjBox *box, guint32 before, GArray *boxes) {
    kj_cases_meeting_some(cases, box, 0, before, G_MAXUINT - boxes->len, boxes);
}

gboolean kj_cases_test_field(const KjCases *cases, guint field) {
    for (guint i = 0; i < cases->index->field_count; i++) {
        if (cases->index->fields[i] == field)
            return TRUE;
    }
    return FALSE;
}

guint32 kj_cases_first_box(const KjCases *cases, guint32 index) {
    return index < cases->cases->len ? kj_cases_get(cases, index)->first_box : cases->boxes->len;
}

void kj_cases_meeting_some(const KjCases *cases, const KjBox *box, guint32 first, guint32 before, guint most, GArray *boxes) {
    guint known = boxes->len;
    Query query = { .cases = cases, .wish = MEETING, .box = box, .found = boxes, .most = boxes->len + most };

    query.first = kj_cases_first_box(cases, first);
    query.limit = kj_cases_first_box(cases, before);
    ask_about(&query);
    sort_found(boxes, known);
}

gboolean kj_cases_meet(const KjCases *cases, const KjBox *box, guint32 before) {
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint32));

    return !kj_cases_reaching(cases, box, kj_cases_first_box(cases, before), 1, found);
}

gboolean kj_cases_reaching(const KjCases *cases, const KjBox *box, guint32 before_box, guint most, GArray *boxes) {
    Query query = { .cases = cases, .wish = MEETING, .box = box, .limit = before_box, .found = boxes, .most = boxes->len + most };

    ask_about(&query);
    return boxes->len < query.most;
}

#define SCANNED 32u /* boxes looked at one by one before the index is asked */

/* Two versions of a list are mostly alike, so that the answer often stands where the question does. */
static guint32 find_first(Query *query) {
    guint32 limit = query->limit, scanned = query->first + SCANNED;

    for (; query->first < query->limit && query->first < scanned; query->first++)
        find_box(query, query->first);
    if (query->first < query->limit)
        ask_about(query);
    return query->limit < limit ? query->limit : KJ_CASE_NONE;
}

guint32 kj_cases_first_meeting(const KjCases *cases, const KjBox *box, guint32 first_box, guint32 before_box, const guint8 *left_out) {
    Query query = { .cases = cases, .wish = FIRST_MEETING, .box = box, .first = first_box, .limit = before_box, .left_out = left_out };

    return find_first(&query);
}

guint32 kj_cases_first_holding(const KjCases *cases, const KjBox *box, guint32 first_box, guint32 before_box, const guint8 *left_out) {
    Query query = { .cases = cases, .wish = FIRST_HOLDING, .box = box, .first = first_box, .limit = before_box, .left_out = left_out };

    return find_first(&query);
}

gboolean kj_cases_deciding(const KjCases *cases, const KjBox *box, guint32 first, const guint8 *left_out, guint most, GArray *boxes) {
    guint known = boxes->len;
    Query query = { .cases = cases, .wish = MEETING, .box = box, .left_out = left_out, .found = boxes, .most = boxes->len + most };
    guint32 last, scanned;

    query.first = kj_cases_first_box(cases, first);
    last = kj_cases_first_holding(cases, box, query.first, cases->boxes->len, left_out);
    query.limit = last == KJ_CASE_NONE ? cases->boxes->len : last + 1;
    scanned = query.first + SCANNED;
    for (; query.first < query.limit && query.first < scanned; query.first++)
        find_box(&query, query.first);
    if (query.first < query.limit)
        ask_about(&query);
    sort_found(boxes, known);
    return boxes->len < query.most;
}

guint32 kj_cases_at(const KjCases *cases, const guint32 *point) {
    return kj_cases_from(cases, point, 0, NULL);
}

guint32 kj_cases_from(const KjCases *cases, const guint32 *point, guint32 first, const guint8 *left_out) {
    KjClassInterval *hull = g_newa(KjClassInterval, cases->index->field_count + 1);
    Query query = { .cases = cases, .wish = AT_POINT, .hull = hull, .point = point, .limit = cases->boxes->len, .left_out = left_out };

    query.first = kj_cases_first_box(cases, first);
    for (guint i = 0; i < cases->index->field_count; i++)
        hull[i] = (KjClassInterval){ point[cases->index->fields[i]], point[cases->index->fields[i]] };
    ask_all(&query);
    return query.limit < cases->boxes->len ? g_array_index(cases->box_cases, guint32, query.limit) : KJ_CASE_NONE;
}
