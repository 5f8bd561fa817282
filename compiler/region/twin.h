/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Twins: rules of two versions that match the same requests because they are built alike, tree by tree. Nearly all rules of two versions are, and what
 * is known of the one is then known of the other. Names of sets must be the same too, so that a twin adds nothing to what a universe knows. Rules with windows
 * are never called twins, which is no mistake: they are looked at by themselves.
 */
#ifndef KJ_TWIN_H
#define KJ_TWIN_H

#include "../check/policy.h"

/* Both over the same fields. */
gboolean kj_rules_are_twins(const KjRule *a, const KjRule *b);

/* Whether the fields of both blocks are the same in name, order and values. */
gboolean kj_blocks_are_kin(const KjBlock *a, const KjBlock *b);

#endif
