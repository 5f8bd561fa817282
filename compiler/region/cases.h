/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cases in order: the first that holds decides. Every way of combining rules is brought to this form (analyse/decisions.h), so that dead rules,
 * conformance, proofs and differences are all questions about one kind of object.
 *
 * A case has a region, what it decides, and whose it is; both numbers are the caller's. The index answers which boxes reach into a given box
 * without looking at all of them.
 */
#ifndef KJ_CASES_H
#define KJ_CASES_H

#include "universe.h"

#define KJ_CASE_NONE G_MAXUINT32 /* no case holds: the default */

typedef struct {
    guint32 decision, rule;
    guint32 first_box, box_count;
} KjCase;

typedef struct KjCaseIndex KjCaseIndex;

typedef struct {
    KjUniverse *universe;
    GArray *cases;        /* KjCase, first first */
    GPtrArray *boxes;     /* const KjBox *, case by case */
    GArray *box_cases;    /* guint32: the case of each box */
    guint32 otherwise;    /* the decision where no case holds */
    KjCaseIndex *index;
} KjCases;

/* Free with kj_cases_free. */
KjCases *kj_cases_new(KjUniverse *universe, guint32 otherwise);
void kj_cases_free(KjCases *cases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjCases, kj_cases_free)

/* Appends a case; the region stays the caller's, its boxes must live as long as the universe. */
void kj_cases_add(KjCases *cases, guint32 decision, guint32 rule, const KjRegion *region);
/* Once all are added. */
void kj_cases_seal(KjCases *cases);

const KjCase *kj_cases_get(const KjCases *cases, guint32 index);
guint32 kj_cases_decision(const KjCases *cases, guint32 index); /* of KJ_CASE_NONE: otherwise */

/* Appends to `boxes` (guint32) the numbers of all boxes of cases before `before` that have a point in common with `box`, rising. */
void kj_cases_meeting(const KjCases *cases, const KjBox *box, guint32 before, GArray *boxes);
/* The same of the cases from `first` on, and no more than `most`: nothing is said of which. */
void kj_cases_meeting_some(const KjCases *cases, const KjBox *box, guint32 first, guint32 before, guint most, GArray *boxes);
/* Whether there is one. */
gboolean kj_cases_meet(const KjCases *cases, const KjBox *box, guint32 before);
/* The same as kj_cases_meeting of the boxes before number `before_box`, in no order. FALSE when there are `most` or more: then some may be missing. */
gboolean kj_cases_reaching(const KjCases *cases, const KjBox *box, guint32 before_box, guint most, GArray *boxes);
/* The first box from number `first_box` on, and before `before_box`, that has a point in common with `box`, and the first that holds all of it. KJ_CASE_NONE: none
 * does. Rules marked in `left_out` (NULL: none is) are passed over. */
guint32 kj_cases_first_meeting(const KjCases *cases, const KjBox *box, guint32 first_box, guint32 before_box, const guint8 *left_out);
guint32 kj_cases_first_holding(const KjCases *cases, const KjBox *box, guint32 first_box, guint32 before_box, const guint8 *left_out);
/* The numbers of the boxes that decide in `box` if no case before `first` does: of the cases from there on those that have a point in common with it, rising, up to
 * the first that holds all of it. Rules marked in `left_out` (NULL: none is) are passed over. FALSE when there are `most` or more: then some may be missing. */
gboolean kj_cases_deciding(const KjCases *cases, const KjBox *box, guint32 first, const guint8 *left_out, guint most, GArray *boxes);
/* Whether a box constrains the field. */
gboolean kj_cases_test_field(const KjCases *cases, guint field);
/* The first box of a case; of one behind the last, how many boxes there are. */
guint32 kj_cases_first_box(const KjCases *cases, guint32 index);
/* The case that decides at a point, one class for each field. */
guint32 kj_cases_at(const KjCases *cases, const guint32 *point);
/* The same of the cases from `first` on, without those whose rule is marked in `left_out` (NULL: none is). */
guint32 kj_cases_from(const KjCases *cases, const guint32 *point, guint32 first, const guint8 *left_out);

#endif
