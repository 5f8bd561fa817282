/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random small policies about conformance, of which everything is known: the text, the parts it was made of, and all requests that can tell its rules
 * apart. Beside each block stand others that say the same without a standard: what each standard demands with parameters written out, where a region
 * exception or the proof is true, and the block's own rules alone. So the meaning of standards and exceptions can be worked out by asking the reference evaluator about
 * plain blocks, without any of the code that binds, restores or proves.
 */
#ifndef KJ_SMALL_POLICY_H
#define KJ_SMALL_POLICY_H

#include <glib.h>

#include "../../../runtime/plugin.h"

#define SMALL_RULES 5u
#define SMALL_STANDARDS 3u
#define SMALL_EXCEPTIONS 3u
#define SMALL_DEMANDS 8u
#define SMALL_DAYS 3u

/* An effect with its parameters, as it is written. */
typedef struct {
    const char *text;
    guint effect; /* index in the domain's effects */
    gboolean refuses;
    guint number, window; /* of a rate; of a requirement how many, and how long in days */
    const char *about;    /* of a requirement: whom it asks */
} SmallEffect;

typedef struct {
    const char *field, *values[7]; /* "-": missing */
} SmallField;

typedef struct {
    const char *name;
    KjCombining combining;
    const char *fields_text;       /* what blocks and standards declare */
    const char *parameter;         /* its type, or NULL */
    const char *values[3];         /* that a block may bind */
    const char *atoms[14];         /* of conditions; `$` is the parameter */
    guint effect_count, defaults;  /* the first of the effects that may be a default are these: bits */
    SmallEffect effects[6];
    const char *region_effect;     /* one that any rule may have */
    SmallField fields[12];
} SmallDomain;

typedef struct {
    char *label;
    const SmallEffect *effect;
    char *when, *unless; /* or NULL */
    int from, until;     /* index of a day, or -1 */
} SmallRule;

typedef struct {
    SmallRule rules[SMALL_RULES];
    guint rule_count;
    int parent;          /* the standard it conforms to, or -1 */
    char *binding;       /* of the parent's parameter, or NULL */
    const char *longest; /* max_exception, or NULL */
} SmallStandard;

typedef struct {
    guint standard;
    int rule;     /* of the block, or -1 */
    char *region; /* or NULL */
    guint until;  /* index of a day */
} SmallException;

/* A way from the block to a standard. */
typedef struct {
    guint standard;
    guint through;  /* bits of the standards on the way, itself included */
    char *value;    /* of its parameter, or NULL */
} SmallDemand;

typedef struct {
    const SmallDomain *domain;
    SmallStandard standards[SMALL_STANDARDS];
    guint standard_count;
    SmallRule rules[SMALL_RULES];
    guint rule_count;
    const SmallEffect *otherwise; /* NULL: none */
    SmallException exceptions[SMALL_EXCEPTIONS];
    guint exception_count;
    SmallDemand demands[SMALL_DEMANDS];
    guint demand_count;
    char *proof;         /* the region of a proof about the block, */
    guint proved;        /* and its effects: bits by index in the domain's */
    char *text;
} SmallPolicy;

extern const SmallDomain small_domains[];
extern const char *const small_days[SMALL_DAYS];
extern const char small_window[]; /* the days of the only window in conditions: first..last */

/* Free with small_policy_free. */
SmallPolicy *small_policy_new(const SmallDomain *domain, GRand *random);
void small_policy_free(SmallPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmallPolicy, small_policy_free)

#endif
