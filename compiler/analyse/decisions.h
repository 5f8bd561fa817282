/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions, and blocks as cases in order whatever way their domain combines rules.
 *
 *   - first-match: the rules in order; a decision is effect, parameters (a limit's rate) and obligations together.
 *   - strictest: the rules sorted by strictness, then by order, so that the first that holds is the one that names the decision. Obligations come from
 *     every rule of the winning effect: each obligation is an aspect of its own, in which rules that carry it stand before the others of their effect.
 *   - add-up (governance): each requirement is an aspect of its own: is it asked for or not. That is all a rule asks, and not all a block does: every rule that
 *     matches asks for one more, so two versions are compared by how often each requirement is asked for (change_sum.h), and not by these aspects.
 * So a block is one list of cases for each aspect, and the analyses know nothing about combining.
 */
#ifndef KJ_DECISIONS_H
#define KJ_DECISIONS_H

#include "../region/cases.h"

typedef struct {
    guint effect;             /* index in the domain's effects; the default's; for an error the strictest refusing one */
    gboolean error;           /* the request is an error, and so refused */
    gboolean unasked;         /* an add-up aspect: the requirement is not asked for */
    const char *parameters;   /* "rate 20/1d per forwarder", "" */
    const char *obligations;  /* those this aspect tells, sorted: "@alert, @log", "" */
    const char *members;      /* of the groups among the parameters, sorted, one a line; "" */
    const KjParameter *limits; /* those of the rule, for comparing */
    guint limit_count;
    const char *keys;         /* what a limit is counted by, "forwarder"; "" */
    const char *asks;         /* of a requirement: all that makes it one, with the members of groups for their names; equal ones ask for the same. "" */
} KjDecision;

/* Numbers decisions: equal ones get the same number. */
typedef struct KjDecisions KjDecisions;

/* For the blocks of one domain in one universe, whose lowered rules it keeps. Free with kj_decisions_free, before the universe. */
KjDecisions *kj_decisions_new(KjUniverse *universe, const KjDomain *domain);
void kj_decisions_free(KjDecisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjDecisions, kj_decisions_free)
const KjDecision *kj_decisions_get(const KjDecisions *decisions, guint32 number);
guint kj_decisions_count(const KjDecisions *decisions);
/* The number of "refused, because there is no such block". */
guint32 kj_decisions_absent(KjDecisions *decisions);
gboolean kj_decisions_refuses(const KjDecisions *decisions, guint32 number);

typedef enum {
    KJ_DIRECTION_SAME = 0,
    KJ_DIRECTION_NARROWS = 1,
    KJ_DIRECTION_WIDENS = 2,
    KJ_DIRECTION_MIXED = 3, /* NARROWS | WIDENS: neither is stricter */
} KjDirection;

/* What going from one decision to another does: a milder effect widens; of limits with the same key a rate is stricter when N1 <= N2 and W1 >= W2 (buckets:
 * rate and burst both), else they are incomparable; losing an obligation widens, gaining one narrows
 * unless the effect is milder; of an annotation that loosens it is the other way round. */
KjDirection kj_decisions_compare(const KjDecisions *decisions, guint32 from, guint32 to);

/* The aspects of a block, or of two versions of it: NULL stands for the whole decision (in strictest domains without obligations; in add-up domains
 * whether anything is asked for), then for each further aspect its text. Element type const char *; free with g_ptr_array_unref. `other` may be NULL. */
GPtrArray *kj_decisions_aspects(KjDecisions *decisions, const KjBlock *block, const KjBlock *other);

/* What one rule of an add-up block asks for, and what that is about. */
guint32 kj_decisions_requirement(KjDecisions *decisions, const KjBlock *block, const KjRule *rule, const char **aspect);
/* The number of "an error, and so refused". */
guint32 kj_decisions_error(KjDecisions *decisions);

/* The region of a rule of side's block, kept; NULL when it needs too many boxes. */
const KjRegion *kj_decisions_region(KjDecisions *decisions, guint side, const KjRule *rule);

/* From now on the rule has the region of `twin`, a rule of the universe's first side. */
void kj_decisions_set_twin(KjDecisions *decisions, const KjRule *rule, const KjRule *twin);

/* The block, a side of the sealed universe, as cases; `rule` of a case is the rule's index in the block. Requests that are an error for the side come first with the rule KJ_CASE_NONE when `errors`. NULL with *failed_rule set when a
 * rule needs too many boxes. */
KjCases *kj_decisions_cases(KjDecisions *decisions, guint side, const KjBlock *block, const char *aspect, gboolean errors,
                            guint *failed_rule);

#endif
