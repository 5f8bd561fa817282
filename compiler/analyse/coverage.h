/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of each rule the tests and proofs of a policy touch.
 *
 * A rule's region has too many requests to count them, and nearly all of them differ in nothing the block could tell. What can be told are
 * values: of each field the rule asks about, the classes of values that the block tells apart (an address that some rule names, the rest of
 * a prefix, a time in two windows at once); of numbers and addresses each stretch is one. A value belongs to the rule if some request that
 * the rule decides has it: what earlier or stricter rules take away is not counted. It is touched if the rule decides a request of a test
 * that has it, or if the region of a proof holds such a request. A rule that asks nothing has one value, and so has the default: that it
 * decides at all.
 *
 * So 100 % means that every value at which the rule decides was tried, not that every combination was.
 */
#ifndef KJ_COVERAGE_H
#define KJ_COVERAGE_H

#include "../compiler.h"

typedef struct {
    const KjRule *rule;    /* NULL: the default */
    gboolean tested;       /* a test is decided by it */
    guint values, touched; /* 0 values: no request reaches it */
    gboolean incomplete;   /* it has more values than were looked at, or some may be out of reach: the share is no more than about right */
    GPtrArray *untouched;  /* char *: for each field in order what was not touched, as clauses: "to 10.0.0.7 port 443" in two */
} KjRuleCoverage;

typedef struct {
    const KjBlock *block;
    char *problem;    /* why the block could not be measured, or NULL */
    GPtrArray *rules; /* KjRuleCoverage *: the rules somebody wrote, in order, then the default (but where requirements add up) */
} KjBlockCoverage;

/* Of every block, in order. Element type KjBlockCoverage *. Free with g_ptr_array_unref. */
GPtrArray *kj_coverage_measure(const KjPolicy *policy);

#endif
