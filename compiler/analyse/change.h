/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change does: the difference of two policies as data, for every printer.
 *
 * Two blocks of the same qualified name are compared over their joint universe. Rules that stand unchanged in both, in the same order, cancel: where none
 * of the others decides, both versions decide alike. So the work is in proportion to what changed. Each other rule is walked (walk.h): in which cells does it
 * decide in its version, and who decides there in the other. Verdicts are exact; of a region with more parts than anyone would read some are told (where
 * thousands of rules overlap in it one, region/glimpse.h), and it is marked incomplete. A block whose walk had to be given up is `undecided`, which is never taken for
 * harmless.
 */
#ifndef KJ_CHANGE_H
#define KJ_CHANGE_H

#include "../compiler.h"
#include "../region/count.h"
#include "../region/witness.h"
#include "decisions.h"

typedef enum {
    KJ_CHANGE_EQUAL = 1, /* the same text */
    KJ_CHANGE_EDITORIAL, /* comments, order that does not matter, spelling, labels */
    KJ_CHANGE_RESTATED,  /* messages, owners, references */
    KJ_CHANGE_NARROWS,
    KJ_CHANGE_WIDENS,
    KJ_CHANGE_MIXED,
} KjChangeVerdict;

const char *kj_change_verdict_name(KjChangeVerdict verdict); /* "equal" ... */

/* Requests that one pair of rules decides otherwise than before. */
typedef struct {
    const KjDecision *old_decision, *new_decision;
    const KjRule *old_rule, *new_rule; /* NULL: the default, or an error (the decision says which), or no such block */
    const char *aspect;                /* NULL: the decision; else which obligation or requirement */
    KjDirection direction;
    GPtrArray *boxes;    /* const KjBox *, merged */
    gboolean again;      /* where rules add up: asked for once more, or less; other rules of the version that does not ask for it ask for the same of some of them */
    gboolean opens;      /* what was refused gets through */
    gboolean complete;   /* else `boxes` is only a part, or the bounds */
    double share;        /* kj_count_share of all; for sorting */
    gboolean numeric_subject;
    guint subject;       /* the joint field that says who: the first address, principal or mail field; G_MAXUINT: none */
    KjFieldCount who;    /* how many of them */
    const KjClassSet *instants; /* of the instant field; NULL: always */
    KjWitness *witness;  /* NULL: none could be made; then the region is unproved */
} KjChangeRegion;

/* Something that guarded the block, or the workspace, and its fate. */
typedef enum {
    KJ_GUARD_CONFORMANCE = 1, KJ_GUARD_PARAMETER, KJ_GUARD_PROOF, KJ_GUARD_TEST, KJ_GUARD_TIER, KJ_GUARD_MAX_EXCEPTION, KJ_GUARD_EXCEPTION,
    KJ_GUARD_ENFORCEMENT, KJ_GUARD_STANDARD,
} KjGuardKind;

typedef struct {
    KjGuardKind kind;
    gboolean weakens;     /* lost or loosened; else gained or tightened */
    const char *block;    /* qualified name, or NULL: the workspace's */
    const char *name;     /* of the standard, test, proof, exception, host */
    const char *before, *after; /* as text, "" where there was or is none: dates, tiers, values */
    KjSpan old_span, new_span;  /* KJ_SPAN_NONE where there is none */
} KjGuard;

/* A change of one rule that means nothing: told apart, so that it never buries a real one. */
typedef enum { KJ_RULE_ADDED = 1, KJ_RULE_REMOVED, KJ_RULE_CHANGED, KJ_RULE_MOVED, KJ_RULE_RENAMED, KJ_RULE_RESTATED } KjRuleChangeKind;

typedef struct {
    KjRuleChangeKind kind;
    const KjRule *old_rule, *new_rule;
} KjRuleChange;

typedef struct {
    const char *name; /* qualified */
    const KjBlock *old_block, *new_block; /* NULL: there is none */
    const KjDomain *domain;
    KjUniverse *universe; /* NULL when nothing had to be compared */
    KjDecisions *decisions;
    KjChangeVerdict verdict;
    gboolean weakens;
    const char *undecided; /* why the verdict could not be proved (then it is MIXED), or NULL */
    GPtrArray *regions;    /* KjChangeRegion *, what opens first, then what widens, largest first */
    guint untold;          /* regions beyond those told; more, if one of them is not complete */
    gboolean timed;        /* both blocks are of the new policy, as of two days */
    gboolean bug;          /* a witness did not show what it should: ours, exit 70 */
    GPtrArray *rules;      /* KjRuleChange * */
} KjBlockChange;

/* What time alone will bring to the new policy. */
typedef struct {
    gint64 instant;        /* the first second of the new day */
    const char *date;      /* "2027-01-01", in the zone of the rule */
    const char *exception; /* the number of the exception that ends, or NULL: */
    const KjRule *rule;    /* the rule's own date, which */
    gboolean ends;         /* ends, or begins */
    KjBlockChange *block;  /* old: the day before; new: from that day */
} KjTimedChange;

typedef struct {
    GPtrArray *blocks; /* KjBlockChange *, by name; standards too where they changed */
    GPtrArray *guards; /* KjGuard * */
    GPtrArray *timed;  /* KjTimedChange *, by time */
    KjArena *arena;
    const KjPolicy *old_policy, *new_policy;
} KjChange;

typedef struct {
    gint64 now;       /* the instant witnesses should lie after */
    gint64 until;     /* tell what time brings up to then; 0: nothing */
    guint most;       /* regions of a block told; 0: all */
    struct KjReplay *replays; /* of the old and the new policy: witnesses are tried on their tables too; NULL: by the reference evaluator alone */
    const KjWindow *period; /* only what differs at some instant of it counts, and witnesses lie in it; NULL: at any, and at none */
    const KjWindow *best;   /* part of the period in which witnesses lie if they can; NULL with it */
    const KjSources *old_sources,
        *new_sources; /* for blocks alone; NULL: a change of text alone is not told. kj_change_new sets them itself */
} KjChangeOptions;

/* Both policies must outlive it. Free with kj_change_free. */
KjChange *kj_change_new(const KjPolicy *old_policy, const KjPolicy *new_policy, const KjChangeOptions *options);
void kj_change_free(KjChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjChange, kj_change_free)

/* The strictest reading of all blocks: equal only when all are; weakens when any is or a guard of the workspace is lost. */
KjChangeVerdict kj_change_verdict(const KjChange *change, gboolean *weakens);

/* Two blocks alone. */
KjBlockChange *kj_block_change_new(KjArena *arena, const KjBlock *old_block, const KjBlock *new_block, const KjChangeOptions *options);

/* The rules that differ in text, in the order of the new block, then those removed. For change.c only. The rule of the old block that each of the new one was paired with,
 * or -1, is returned; NULL: they stand as they stood, or one of the blocks is missing. Free with g_free. */
gint *kj_rule_changes(KjBlockChange *change, KjArena *arena, const KjChangeOptions *options, gboolean *same_text, gboolean *restated);

/* Frees what is not in the arena. */
void kj_block_change_clear(KjBlockChange *change);

/* A block as it stands at one instant: rules with dates are in force or left out, windows stay. Arena. */
const KjBlock *kj_block_as_of(KjArena *arena, const KjBlock *block, gint64 instant);

#endif
