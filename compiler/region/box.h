/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boxes and regions: the algebra every rule is lowered to.
 *
 * A box is a product of class sets, one for each field it constrains; a region is a union of boxes. A box without tests is everything,
 * a region without boxes nothing. Tests are sorted by field, none twice, none empty; a test that every class of the field passes should not
 * be there, but does no harm. Boxes are immutable and live in an arena; a region (GPtrArray of const KjBox *) is its caller's.
 */
#ifndef KJ_BOX_H
#define KJ_BOX_H

#include "../arena.h"
#include "class_set.h"

typedef struct {
    guint32 field;
    const KjClassSet *set;
} KjBoxTest;

typedef struct {
    guint count;
    KjBoxTest tests[];
} KjBox;

typedef GPtrArray KjRegion;

/* Nothing, everything, one test. Free with g_ptr_array_unref. */
KjRegion *kj_region_new(void);
KjRegion *kj_region_all(KjArena *arena);
KjRegion *kj_region_test(KjArena *arena, guint32 field, const KjClassSet *set);

/* The box's test of a field, or NULL: the field is free. */
const KjClassSet *kj_box_field(const KjBox *box, guint32 field);
gboolean kj_box_contains(const KjBox *outer, const KjBox *inner);
/* Whether the point, one class for each field, lies in the box. */
gboolean kj_box_has(const KjBox *box, const guint32 *classes);
/* NULL when they have nothing in common. */
const KjBox *kj_box_intersect(KjArena *arena, KjClassSets *sets, const KjBox *a, const KjBox *b);

/* Appends b's boxes to a. */
void kj_region_add(KjRegion *a, const KjRegion *b);
/* Narrows `region` to what it has in common with `by`. FALSE when that takes more than `limit` boxes. */
gboolean kj_region_intersect(KjArena *arena, KjClassSets *sets, KjRegion *region, const KjRegion *by, guint limit);
/* The same points with fewer boxes: boxes that differ in one field are merged, boxes inside another are dropped. Keeps the
 * order of first boxes. */
void kj_region_simplify(KjArena *arena, KjClassSets *sets, KjRegion *region);

#endif
