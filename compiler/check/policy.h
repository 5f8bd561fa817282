/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checked tree: a policy in which every name is resolved, every value has its type, and every set is spelled out.
 *
 * It is the one input of the reference evaluator, of lowering and of every analysis. Nothing in it can fail any more: what could not be
 * checked was reported and left out, and a policy with errors is never evaluated. The arena of the compilation owns it.
 *
 * Conditions are three-valued (Kleene): a TEST, HAS or COMPARE on a missing field is unknown and so is its negation; MISSING, PRESENT, TRUE,
 * FALSE and SHOWN are never unknown; DURING is unknown without an instant. A rule matches when `match` is true and `unless` is not true.
 * `require C when E` is a rule with the strictest effect, match = E, unless = C.
 */
#ifndef KJ_POLICY_H
#define KJ_POLICY_H

#include <kijun/ordinal.h>
#include <kijun/plugin.h>
#include <kijun/view.h>

#include "../arena.h"
#include "../source.h"
#include "../syntax/ast.h"

/* ---- types ---- */

typedef struct KjDataType {
    KjType kind;           /* never KJ_TYPE_NAMED */
    const char *name;      /* of a named type, or NULL */
    gboolean set;          /* set of it */
    guint64 low, high;     /* numeric bounds, inclusive (the whole type when unbounded) */
    const char **symbols;  /* SYMBOL: the closed values, NULL-terminated; NULL: open */
    guint symbol_count;
    gboolean ordered;      /* SYMBOL: symbols[0] is the greatest */
    const KjNamedNumber *numbers; /* INTEGER with names; may be NULL */
} KjDataType;

/* For an ordered enumeration the ordinal of symbols[i] is symbol_count - 1 - i, so that a greater symbol has a greater ordinal; for any other closed
 * enumeration it is i. Class in the table = ordinal + 1; VALUES records carry the ordinal as their number. */

/* ---- sets of values ---- */

typedef enum {
    KJ_TOKEN_LITERAL = 1,
    KJ_TOKEN_ONE,  /* any one token */
    KJ_TOKEN_MANY, /* any number of tokens, none included */
} KjTokenKind;

typedef struct {
    KjTokenKind kind;
    const char *text; /* LITERAL */
} KjToken;

/* A pattern over the tokens of format.h. "x.jp" is [jp][x][ONE]; "*.x.jp" is [jp][x][ONE][MANY][@local ONE]: see kj_pattern_*. */
typedef struct KjPattern {
    const char *text; /* canonical, as it would be written */
    const KjToken *tokens;
    guint count;
} KjPattern;

typedef enum {
    KJ_SET_INTERVALS = 1, /* numeric, date, address, closed enumeration, bool: sorted, disjoint, not adjacent */
    KJ_SET_PATTERNS,      /* path, mail, principal, text, open enumeration: any of the patterns */
    KJ_SET_UNION,         /* any of the members */
    KJ_SET_MINUS,         /* members[0] without members[1] */
    KJ_SET_COMPLEMENT,    /* every value of the type but those of members[0] */
    KJ_SET_PARAMETER,     /* in a standard: a parameter, by name */
} KjSetKind;

typedef struct KjSet {
    KjSetKind kind;
    const char *name; /* how the author called it ("nets.staff"), or NULL; PARAMETER: the parameter */
    KjRelation relation; /* PARAMETER: 0: its values; else what stands in this relation to its one value (length >= P) */
    const KjInterval *intervals;
    const KjPattern *const *patterns;
    const struct KjSet *const *members;
    guint count; /* of intervals, patterns or members */
    const struct KjSet *service; /* of the ports of a set of services: that set, a UNION whose members come in pairs, protocols then ports */
} KjSet;

/* ---- windows ---- */

typedef struct KjWindow {
    KjWindowKind kind;
    const char *name; /* of the let, or NULL */
    KjWindowAtom atom;
    const struct KjWindow *left, *right;
    guint parts; /* nodes of the tree, names written out; at most KJ_LIMIT_WRITTEN_OUT */
} KjWindow;

/* ---- fields ---- */

typedef struct KjField {
    const char *name;
    KjDataType type;
    guint flags;       /* KJ_FIELD_* */
    const char *phase; /* or NULL */
    KjPhrase phrase, doc;
    guint protocol, port; /* SERVICE: indices of its two fields */
    KjSpan span;       /* of the block's own declaration, or KJ_SPAN_NONE */
} KjField;

/* ---- conditions ---- */

typedef enum {
    KJ_CONDITION_TRUE = 1,
    KJ_CONDITION_FALSE,
    KJ_CONDITION_AND, /* operands */
    KJ_CONDITION_OR,
    KJ_CONDITION_NOT,     /* operands[0] */
    KJ_CONDITION_TEST,    /* field in set */
    KJ_CONDITION_MISSING, /* `FIELD none` */
    KJ_CONDITION_PRESENT, /* `FIELD not none` */
    KJ_CONDITION_HAS,     /* set-valued field has at least one of members[] */
    KJ_CONDITION_COMPARE, /* field RELATION other */
    KJ_CONDITION_DURING,  /* the instant lies in window */
    KJ_CONDITION_SHOWN, /* operands[0] is true; false where it is unknown. Nobody writes it: exceptions are made with it (check/restore.c) */
} KjConditionKind;

typedef struct KjCondition {
    KjConditionKind kind;
    const struct KjCondition *const *operands;
    guint count;       /* operands, members */
    guint field;       /* index in the block's fields */
    guint other;       /* COMPARE */
    KjRelation relation;
    const KjSet *set;  /* TEST */
    const char *const *members; /* HAS: canonical texts */
    const KjWindow *window;
    KjSpan span;
} KjCondition;

/* ---- rules and blocks ---- */

typedef struct KjNote {
    const char *name, *value, *language; /* "" where there is none */
    gboolean obligation;
} KjNote;

typedef struct KjParameter {
    const KjParameterDefinition *definition;
    guint64 number, window;
    gboolean bytes;
    const char *text;
    const KjSet *members; /* GROUP: who is in it */
    const guint *fields;
    guint field_count;
} KjParameter;

typedef struct KjRule {
    const char *label; /* bare; `_1` and so on where none was written */
    gboolean labelled;
    guint effect; /* index in the domain's effects */
    const KjCondition *match; /* clauses and `when`; never NULL */
    const KjCondition *unless; /* or NULL */
    gboolean requirement; /* written as `require` */
    const KjWindow *after; /* not in force while the instant lies in this window, the time of an exception that is over then; without an instant it is over */
    const KjWindow *from, *until; /* @from, @until: windows of one atom, or NULL. They join `match`, but without an instant a permitting rule is past and a refusing rule stays. */
    guint32 advisory; /* the last day on which the rule does not act (@advisory): `from` begins on the next; 0: none */
    const KjNote *notes;
    guint note_count;
    const KjParameter *parameters;
    guint parameter_count;
    const char *doc; /* or NULL */
    const KjSources *sources; /* those `span` lies in, where they are not the policy's (check/lapse.c); else NULL */
    gboolean otherwise;       /* a default that holds for a time, as a rule (check/lapse.c) */
    const KjAstItem *item; /* NULL: nobody wrote it; then */
    const struct KjException *restores;   /* the exception after whose end the standard holds again (check/restore.c), */
    const struct KjBlock *standard;       /* that standard, */
    const struct KjRule *standard_rule;   /* and its rule */
    KjSpan span;
} KjRule;

typedef struct KjBinding {
    const char *parameter;
    const KjSet *value; /* of a SERVICE parameter: a UNION whose members come in pairs, protocols then ports */
    KjSpan span;
} KjBinding;

typedef struct KjConformance {
    struct KjBlock *standard;
    const KjBinding *bindings;
    guint binding_count;
    KjSpan span;
} KjConformance;

typedef struct KjStandardParameter {
    const char *name;
    KjDataType type;
    KjSpan span;
} KjStandardParameter;

typedef struct KjBlock {
    struct KjBlock *next;
    const char *name;      /* bare; a standard's name is global and may have dots */
    const char *qualified; /* module.name */
    const char *module;
    const char *tier;
    const char *zone; /* of the module */
    const KjDomain *domain;
    gboolean standard;
    const KjField *fields; /* the domain's, inherited, own; in that order */
    guint field_count;
    const KjStandardParameter *parameters; /* standards */
    guint parameter_count;
    const KjConformance *conformances;
    guint conformance_count;
    struct { const char *name, *value; KjSpan span; } *settings; /* every setting of the domain, initial values included */
    guint setting_count;
    guint default_effect; /* G_MAXUINT: none (a standard, or governance) */
    const KjNote *default_notes;
    guint default_note_count;
    const KjRule *rules;
    guint rule_count;
    const char *doc; /* or NULL */
    const KjAstDeclaration *declaration;
    KjSpan span;
} KjBlock;

/* ---- everything else ---- */

/* One field of a request, as text in the language's notation. */
typedef struct KjFieldText {
    const char *field;
    const char *text; /* NULL: an empty set */
} KjFieldText;

typedef struct KjTestCase {
    const KjBlock *block;
    const KjFieldText *values;
    guint value_count;
    gboolean has_instant;
    gint64 instant;
    const guint *effects; /* any of them */
    guint effect_count;
    const char *label; /* or NULL; "default" */
    KjSpan span;
} KjTestCase;

typedef struct KjProofCase {
    const KjBlock *block;
    const KjCondition *region;
    const guint *effects;
    guint effect_count;
    KjSpan span;
} KjProofCase;

typedef struct KjTest {
    struct KjTest *next;
    const char *name;
    gboolean proof;
    const KjTestCase *cases; /* a test */
    const KjProofCase *proofs; /* a proof */
    guint count;
    const KjAstDeclaration *declaration;
    KjSpan span;
} KjTest;

typedef struct KjException {
    struct KjException *next;
    const char *id;
    const KjBlock *standard, *block;
    const KjRule *rule;        /* the naming form, or NULL */
    const KjCondition *region; /* the region form, or NULL: over the block's fields */
    const KjAstExpression *when; /* the region as it was written */
    guint32 until_day;
    const KjWindow *until;
    const char *reason;
    const char *approved_by; /* group, qualified, or NULL; kj_policy_people tells who they are */
    const KjAstDeclaration *declaration;
    KjSpan span;
} KjException;

typedef struct KjEnforcement {
    struct KjEnforcement *next;
    const KjBlock *block;
    const char *target;
    const char *const *hosts;
    guint host_count;
    const KjAstDeclaration *declaration;
    KjSpan span;
} KjEnforcement;

/* A let, a group or a type, and whether anything asks for it: a rule, a test, an exception, an annotation, or another name that is asked for. */
typedef struct KjNamed {
    struct KjNamed *next;
    const KjAstDeclaration *declaration;
    gboolean used;
    const char *qualified; /* module.name */
    const KjSet *people;   /* of a group of principals; NULL of anything else */
} KjNamed;

typedef struct KjPolicyModule {
    const char *name, *tier;
    KjSpan span; /* of its `module`, else the start of the file */
} KjPolicyModule;

typedef struct KjPolicy {
    const KjSources *sources;
    const KjPolicyModule *modules; /* in order of path */
    guint module_count;
    KjBlock *blocks;    /* sorted by qualified name; standards apart */
    KjBlock *standards; /* sorted by name */
    KjTest *tests;      /* in source order */
    KjException *exceptions;
    KjEnforcement *enforcements;
    KjNamed *names; /* in source order */
    gint64 until;   /* of an emergency: when it ends by itself (check/lapse.c); else 0 */
} KjPolicy;

/* ---- standards as a block sees them (check/bind.c) ---- */

/*
 * A condition of `standard` said about `block`, which conforms to it by `conformance`: parameters replaced by the bound values, fields by
 * the block's fields of the same names. The result speaks of parameters only where `block` is itself a standard that passes its own on, so
 * a chain of standards is bound one step after another. `block` may be NULL: the fields stay the standard's. NULL stays NULL.
 */
const KjCondition *kj_condition_bind(KjArena *arena, const KjBlock *standard, const KjBlock *block, const KjConformance *conformance,
                                     const KjCondition *condition);

/* What one standard says about a block that conforms to it, directly or through other standards. */
typedef struct KjDemand {
    const KjBlock *standard;
    const KjConformance *conformance; /* the block's own `conforms to` that leads to it */
    const struct KjDemand *through;   /* the demand of the standard that conforms to it; NULL: the block itself does */
    const KjRule *rules;              /* the standard's, in order, about the block's fields, with the block's parameters */
    guint rule_count;
} KjDemand;

/* All of them, each standard before those it conforms to; a standard reached on two ways is there twice, because its parameters may differ. Every
 * parameter must be bound, unless `block` is a standard: then some may stay. Element type KjDemand, in `arena`; free with g_ptr_array_unref. NULL: more than
 * KJ_LIMIT_DEMANDS. */
GPtrArray *kj_demands_of(KjArena *arena, const KjBlock *block);

/* What the default (G_MAXUINT where it is none: nothing permits, so the answer is a denial) or a rule of this effect answers: "allow". Static. */
const char *kj_block_effect_name(const KjBlock *block, guint effect);

/* Whether a rule speaks of parameters that are not bound, as those of standards do. */
gboolean kj_rule_has_parameters(const KjRule *rule);

/* Whether the demand is of `standard`, or reached through it: what an exception to `standard` excuses from. */
gboolean kj_demand_is_within(const KjDemand *demand, const KjBlock *standard);

/* ---- values as both evaluators read them (compiler/check/value.c) ---- */

/* Builds the pattern for `text` of `type` (PATH, MAIL, PRINCIPAL, TEXT, SYMBOL). NULL with *problem (static or arena text) when it is no pattern. */
const KjPattern *kj_pattern_new(KjArena *arena, KjType type, const char *text, const char **problem);

/* Who is in the group of this qualified name; NULL: the policy has no such group. */
const KjSet *kj_policy_people(const KjPolicy *policy, const char *group);

/* The names in a group, or another set of single names, each once, in the order of their bytes. Names belong to the set; free with g_ptr_array_unref. */
GPtrArray *kj_set_names(const KjSet *set);

/* Whether the tokens of a value fit the pattern. */
gboolean kj_pattern_matches(const KjPattern *pattern, const char *const *tokens, guint count);

#endif
