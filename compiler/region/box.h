/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boxes and regions: the algebra every rule is lowered to, and every analysis asks.
 *
 * The theory. A request is a point in a space with one axis for each field. Each axis is a line of classes: values that no condition in play can tell
 * apart are one class, and class 0 is "the field is missing" (classifier.h, space.h). A condition is a set of points. Tests on one field cut the line of that
 * field, so a conjunction of tests is a box, a product of class sets, and any condition is a union of boxes. Kleene's third value needs no
 * third kind of point: of each condition we can ask where it is true, false, not true or not false, and each is again a union of boxes (lower.c).
 * A policy is a list of such regions in order, the first that holds deciding (cases.h). What we want to know of policies comes down to one question: is a box,
 * less some boxes, empty; if not, show a point (walk.h).
 *
 * The same model, found by several people for firewalls: Gouda and Liu keep a policy as a firewall decision diagram, in which every path is a box and
 * the paths are disjoint ("Firewall Design: Consistency, Completeness, and Compactness", ICDCS 2004; "Structured Firewall Design", Computer Networks 51,
 * 2007), and compare two policies by bringing both diagrams to one shape ("Diverse Firewall Design", IEEE TPDS 19, 2008). Yuan and others keep regions as
 * binary decision diagrams (FIREMAN, IEEE S&P 2006), after Bryant's canonical diagrams (IEEE Trans. Computers 35, 1986).
 *
 * Why boxes and not diagrams. A diagram answers at once what it was built for, but it may not fit: a plain diagram of fw1_10k, 9,378 rules over five
 * fields, was not done after a minute, for in a list of overlapping prefixes and port ranges the disjoint paths number millions. Subtracting boxes
 * depth first, the largest first, needs no more memory than its depth, looks only at rules that reach into the box at hand, and stops at the
 * first point. Its worst case is exponential in the number of fields, as it must be (whether boxes cover a box is coNP-complete when the
 * number of fields is not fixed: take each clause of a formula for a box); so every search has a number of steps, and beyond it the answer is
 * "not known", which no caller takes for "no".
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

/* A box of these tests, sorted by field, none empty. */
KjBox *kj_box_new(KjArena *arena, const KjBoxTest *tests, guint count);

/* The box's test of a field, or NULL: the field is free. */
const KjClassSet *kj_box_field(const KjBox *box, guint32 field);
gboolean kj_box_contains(const KjBox *outer, const KjBox *inner);
/* Whether the point, one class for each field, lies in the box. */
gboolean kj_box_has(const KjBox *box, const guint32 *classes);
/* NULL when they have nothing in common. */
const KjBox *kj_box_intersect(KjArena *arena, KjClassSets *sets, const KjBox *a, const KjBox *b) __attribute__((nonnull(3, 4)));

/* Appends b's boxes to a. */
void kj_region_add(KjRegion *a, const KjRegion *b);
/* Narrows `region` to what it has in common with `by`. FALSE when that takes more than `limit` boxes. */
gboolean kj_region_intersect(KjArena *arena, KjClassSets *sets, KjRegion *region, const KjRegion *by, guint limit);
/* The same points with fewer boxes: boxes that differ in one field are merged, boxes inside another are dropped. Keeps the
 * order of first boxes. */
void kj_region_simplify(KjArena *arena, KjClassSets *sets, KjRegion *region);

#endif
