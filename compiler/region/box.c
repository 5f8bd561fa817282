/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boxes: intersection, containment, and the merging that keeps regions small. See box.h.
 *
 * Merging takes one field after another: boxes that agree in all the rest become one, found through a hash of the rest (a sum over tests,
 * so that leaving one out costs nothing). Results depend on the order of boxes alone, never on the order of a hash table.
 * Cost: one hash look-up for each box and field. Containment is tried between all pairs, so only in small regions.
 */
#include "box.h"

#include <string.h>

#define PAIRS_MOST 512u            /* boxes up to which every pair is compared */
#define PRODUCT_MOST 64u           /* pairs to intersect, as a multiple of the limit of boxes */
#define MERGE_WORK_MOST (1u << 22) /* boxes times fields up to which merging is tried */

KjRegion *kj_region_new(void) {
    return g_ptr_array_new();
}

static KjBox *box_allocate(KjArena *arena, guint count) {
    KjBox *box = kj_arena_alloc(arena, sizeof(KjBox) + count * sizeof(KjBoxTest));

    box->count = count;
    return box;
}

KjBox *kj_box_new(KjArena *arena, const KjBoxTest *tests, guint count) {
    KjBox *box = box_allocate(arena, count);

    if (count)
        memcpy(box->tests, tests, count * sizeof *tests);
    return box;
}

KjRegion *kj_region_all(KjArena *arena) {
    KjRegion *region = kj_region_new();

    g_ptr_array_add(region, box_allocate(arena, 0));
    return region;
}

KjRegion *kj_region_test(KjArena *arena, guint32 field, const KjClassSet *set) {
    KjRegion *region = kj_region_new();

    if (set->count) {
        KjBox *box = box_allocate(arena, 1);
        box->tests[0] = (KjBoxTest){ field, set };
        g_ptr_array_add(region, box);
    }
    return region;
}

const KjClassSet *kj_box_field(const KjBox *box, guint32 field) {
    guint low = 0, high = box->count;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (box->tests[middle].field < field)
            low = middle + 1;
        else
            high = middle;
    }
    return low < box->count && box->tests[low].field == field ? box->tests[low].set : NULL;
}

gboolean kj_box_contains(const KjBox *outer, const KjBox *inner) {
    guint at = 0;

    for (guint i = 0; i < outer->count; i++) {
        while (at < inner->count && inner->tests[at].field < outer->tests[i].field)
            at++;
        if (at == inner->count || inner->tests[at].field != outer->tests[i].field ||
            !kj_class_set_contains(outer->tests[i].set, inner->tests[at].set))
            return FALSE;
    }
    return TRUE;
}

gboolean kj_box_has(const KjBox *box, const guint32 *classes) {
    for (guint i = 0; i < box->count; i++) {
        if (!kj_class_set_has(box->tests[i].set, classes[box->tests[i].field]))
            return FALSE;
    }
    return TRUE;
}

const KjBox *kj_box_intersect(KjArena *arena, KjClassSets *sets, const KjBox *a, const KjBox *b) {
    KjBox *both;
    guint i = 0, j = 0, count = 0;

    if (a->count == 0 || a == b)
        return b;
    if (b->count == 0)
        return a;
    both = box_allocate(arena, a->count + b->count);
    while (i < a->count || j < b->count) {
        gboolean left = i < a->count && (j == b->count || a->tests[i].field <= b->tests[j].field);
        gboolean right = j < b->count && (i == a->count || b->tests[j].field <= a->tests[i].field);

        both->tests[count] = left ? a->tests[i] : b->tests[j];
        if (left && right)
            both->tests[count].set = kj_class_set_intersect(sets, a->tests[i].set, b->tests[j].set);
        if (both->tests[count++].set->count == 0)
            return NULL;
        i += left;
        j += right;
    }
    both->count = count;
    return both;
}

void kj_region_add(KjRegion *a, const KjRegion *b) {
    for (guint i = 0; i < b->len; i++)
        g_ptr_array_add(a, b->pdata[i]);
}

/* ---- merging ---- */

static guint test_hash(const KjBoxTest *test) {
    guint hash = (test->field + 1) * 0x9e3779b1u + test->set->id * 0x85ebca6bu;

    hash ^= hash >> 15;
    return hash * 0xc2b2ae35u;
}

/* A box seen without one field. */
typedef struct {
    const KjBox *box;
    guint32 field;
    guint hash; /* of the other tests */
    guint at;   /* place of the first such box in the region */
} Rest;

static guint rest_hash(gconstpointer key) {
    return ((const Rest *)key)->hash;
}

static gboolean rest_equal(gconstpointer a, gconstpointer b) {
    const KjBox *left = ((const Rest *)a)->box, *right = ((const Rest *)b)->box;
    guint32 field = ((const Rest *)a)->field;

    if (left->count != right->count)
        return FALSE;
    for (guint i = 0; i < left->count; i++) {
        if (left->tests[i].field != right->tests[i].field)
            return FALSE;
        if (left->tests[i].field != field && left->tests[i].set != right->tests[i].set)
            return FALSE;
    }
    return TRUE;
}

static const KjBox *with_field(KjArena *arena, const KjBox *box, guint32 field, const KjClassSet *set) {
    KjBox *copy = box_allocate(arena, box->count);

    memcpy(copy->tests, box->tests, box->count * sizeof(KjBoxTest));
    for (guint i = 0; i < copy->count; i++) {
        if (copy->tests[i].field == field)
            copy->tests[i].set = set;
    }
    return copy;
}

static void drop_holes(KjRegion *region) {
    guint kept = 0;

    for (guint i = 0; i < region->len; i++) {
        if (region->pdata[i])
            region->pdata[kept++] = region->pdata[i];
    }
    g_ptr_array_set_size(region, (gint)kept);
}

/* Makes one box of those that differ in `field` only. */
static void merge_along(KjArena *arena, KjClassSets *sets, KjRegion *region, guint32 field) {
    g_autoptr(GHashTable) known = g_hash_table_new_full(rest_hash, rest_equal, g_free, NULL);

    for (guint i = 0; i < region->len; i++) {
        const KjBox *box = region->pdata[i], *first;
        const KjClassSet *set = kj_box_field(box, field);
        Rest rest = { box, field, 0, i }, *other;

        if (!set)
            continue;
        for (guint j = 0; j < box->count; j++)
            rest.hash += box->tests[j].field == field ? 0 : test_hash(&box->tests[j]);
        other = g_hash_table_lookup(known, &rest);
        if (!other) {
            g_hash_table_add(known, g_memdup2(&rest, sizeof rest));
            continue;
        }
        first = region->pdata[other->at];
        region->pdata[other->at] =
            (gpointer)with_field(arena, first, field, kj_class_set_unite(sets, kj_box_field(first, field), set));
        region->pdata[i] = NULL;
    }
    drop_holes(region);
}

static void drop_contained(KjRegion *region) {
    for (guint i = 0; i < region->len; i++) {
        for (guint j = 0; region->pdata[i] && j < region->len; j++) {
            if (i != j && region->pdata[j] && kj_box_contains(region->pdata[j], region->pdata[i]))
                region->pdata[i] = NULL;
        }
    }
    drop_holes(region);
}

static gint compare_fields(gconstpointer a, gconstpointer b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

    return left < right ? -1 : left > right;
}

/* The fields that any box constrains, sorted. */
static GArray *tested_fields(const KjRegion *region) {
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < region->len; i++) {
        const KjBox *box = region->pdata[i];

        for (guint j = 0; j < box->count; j++) {
            if (g_hash_table_add(known, GUINT_TO_POINTER(box->tests[j].field)))
                g_array_append_val(fields, box->tests[j].field);
        }
    }
    g_array_sort(fields, compare_fields);
    return fields;
}

void kj_region_simplify(KjArena *arena, KjClassSets *sets, KjRegion *region) {
    g_autoptr(GArray) fields = NULL;
    guint64 width = 0;

    if (region->len < 2)
        return;
    fields = tested_fields(region);
    for (guint i = 0; i < region->len; i++)
        width = MAX(width, ((const KjBox *)region->pdata[i])->count);
    if ((guint64)region->len * fields->len * MAX(width, 1) <= MERGE_WORK_MOST) {
        for (guint i = 0; i < fields->len; i++)
            merge_along(arena, sets, region, g_array_index(fields, guint32, i));
    }
    if (region->len <= PAIRS_MOST)
        drop_contained(region);
}

gboolean kj_region_intersect(KjArena *arena, KjClassSets *sets, KjRegion *region, const KjRegion *by, guint limit) {
    g_autoptr(GPtrArray) result = g_ptr_array_new();

    if ((guint64)region->len * by->len > (guint64)PRODUCT_MOST * limit)
        return FALSE;
    for (guint i = 0; i < region->len; i++) {
        for (guint j = 0; j < by->len; j++) {
            const KjBox *both = kj_box_intersect(arena, sets, region->pdata[i], by->pdata[j]);

            if (both)
                g_ptr_array_add(result, (gpointer)both);
        }
        if (result->len > 2 * limit) { /* not at the limit: simplifying must not be done again and again */
            kj_region_simplify(arena, sets, result);
            if (result->len > limit)
                return FALSE;
        }
    }
    if (region->len > 1 && by->len > 1)
        kj_region_simplify(arena, sets, result);
    g_ptr_array_set_size(region, 0);
    kj_region_add(region, result);
    return region->len <= limit;
}
