/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this folder share: the checker's own view of modules, named things and blocks while the checked tree is being made.
 *
 * Order of work (check.c): modules and their names -> cycles -> standards from the bottom up -> blocks -> exceptions -> tests, proofs,
 * enforcements -> lets nobody used -> findings. Each name is resolved where it is used: a `let` is syntax until a field gives it a type,
 * and the result is kept for each pair of let and type, so that a let used by 10,000 rules is resolved once.
 *
 * Errors: a function that gives a result gives NULL or FALSE when it has reported; its caller goes on with the next independent thing and
 * never reports the same again. `kj_check_report` and `kj_check_tell` tell one place once, under whatever types it is looked at.
 */
#ifndef KJ_CHECK_H
#define KJ_CHECK_H

#include "../compiler.h"
#include "../limits.h"
#include "../syntax/syntax.h"
#include "../translate.h"

#define KJ_LAST_DAY 47481u /* 2099-12-31, the last day that can be written */
#define KJ_ENDLESS_DAY 47482u /* the end of a window without one: east of Greenwich the last hours of 2099 are 2100 already */

typedef struct KjChecker KjChecker;
typedef struct KjModule KjModule;
typedef struct KjEntity KjEntity;
typedef struct KjBlockState KjBlockState;

/* ---- values while they are resolved ---- */

/* A set of values and whether "missing" belongs to it. */
typedef struct {
    const KjSet *set;
    gboolean none;
    gboolean any; /* every value; `set` is then the complement of nothing */
} KjOperand;

/* One let under one type. `operand` is NULL when that failed. */
typedef struct KjResolution {
    struct KjResolution *next;
    KjDataType type;
    const KjOperand *operand;
} KjResolution;

/* ---- named things ---- */

typedef enum { KJ_ENTITY_LET = 1, KJ_ENTITY_GROUP, KJ_ENTITY_TYPE, KJ_ENTITY_BLOCK, KJ_ENTITY_STANDARD } KjEntityKind;

struct KjEntity {
    KjEntityKind kind;
    const char *name, *qualified;
    KjModule *module;
    const KjAstDeclaration *declaration;
    guint node;        /* in the graph its kind is checked in */
    gboolean poisoned; /* something about it was reported; whoever uses it stays silent */
    gboolean used;
    KjResolution *resolutions; /* LET, GROUP */
    const KjWindow *window;    /* LET, once used as one */
    gboolean window_done;
    guint windowed;            /* LET: 0 not yet known, 1 no window in it, 2 one */
    const KjDataType *type; /* TYPE */
    KjBlockState *state;    /* BLOCK, STANDARD */
};

typedef struct {
    const char *alias;
    KjModule *module; /* NULL: there is no such module, which was reported */
    const KjAstDeclaration *declaration;
    gboolean used;
} KjUse;

struct KjModule {
    const char *name, *tier, *zone;
    const KjAstModule *syntax;
    guint index;
    GHashTable *values; /* name -> KjEntity: lets and groups */
    GHashTable *types;
    GHashTable *blocks;
    GHashTable *uses;   /* alias -> KjUse */
    GHashTable *failed; /* names that were reported as unknown */
    GPtrArray *entities; /* all of them, in source order */
};

/* ---- blocks ---- */

struct KjBlockState {
    KjBlock *block;
    KjModule *module;
    KjEntity *entity;
    GHashTable *field_index; /* name -> index + 1 */
    GHashTable *absent;      /* fields of the domain whose type the workspace does not declare */
    const KjFieldDefinition **definitions; /* for each field the domain's own, or NULL */
    GHashTable *parameters;  /* name -> KjStandardParameter */
    GHashTable *labels;      /* label -> index of the rule + 1 */
    KjRule *rules;           /* the block's, still to be written to */
    gboolean broken;         /* its head has errors: rules are checked, absence of things is not reported */
    gboolean timed;          /* a window or date is in it */
};

struct KjChecker {
    KjArena *arena;
    KjSources *sources;
    KjDiagnostics *diagnostics;
    KjPolicy *policy;
    GPtrArray *modules;   /* KjModule */
    GHashTable *by_name;  /* module name -> KjModule */
    GHashTable *standards; /* name -> KjEntity */
    GPtrArray *standard_order; /* KjEntity, so that what one conforms to comes first */
    GPtrArray *blocks;    /* KjEntity of plain blocks, by module and place */
    GHashTable *reported; /* places already told */
    GHashTable *columns;  /* KjAstValue of a CSV -> its cells; text of a CSV -> its rows */
    GHashTable *zones;    /* zone name -> it or "" */
    GHashTable *shared;   /* KjSet of one interval, as key and value: what rules say again and again is one set */
    GPtrArray *owned;     /* tables to free */
    guint conditions;     /* so far, of the `when` or `unless` in hand, names written out */
    guint written;        /* the same of the days or the services in hand */
    gboolean trial;       /* rules with @advisory act already */
};

/* Where names are looked up, and for whom. */
typedef struct {
    KjChecker *checker;
    KjModule *module;
    KjBlockState *block; /* whose fields and parameters are in reach; NULL inside a let's value */
    KjSpan use;          /* inside a let or group: where it is used */
    gboolean in_let;     /* errors about types are told at `use` */
    gboolean in_group;   /* a bare name is a group or a let, never a symbol */
    gboolean in_test;    /* a request's values: needs_setting does not bind them */
} KjScope;

/* ---- check.c ---- */

GHashTable *kj_check_table(KjChecker *checker); /* string keys, freed with the checker */
GPtrArray *kj_check_array(KjChecker *checker);  /* freed with the checker */
const char *kj_check_value_text(KjChecker *checker, const KjAstValue *value);
const char *kj_check_type_text(KjChecker *checker, const KjDataType *type);
/* "`a`, `b` or `c`", at most eight of them. */
const char *kj_check_list_text(KjChecker *checker, const char *const *names);
/* Adds "did you mean `x`?" when something is near. */
void kj_check_did_you_mean(KjDiagnostic *diagnostic, const char *word, const char *const *candidates);
/* The keys of a table, sorted, NULL-terminated; arena. */
const char *const *kj_check_keys(KjChecker *checker, GHashTable *table);

/* Reports at `span`, or for a type error inside a let at the place of its use with the let's own place as a related note; what was reported
 * before gives the scrap object. */
KjDiagnostic *kj_check_report(const KjScope *scope, KjCode code, KjSpan span, ...);
/* Reports at `span` wherever it is used: for what is wrong under every type. */
KjDiagnostic *kj_check_tell(KjChecker *checker, KjCode code, KjSpan span, ...);
#define KJ_CHECK_REPORT kj_check_report
#define KJ_CHECK_TELL kj_check_tell
#define KJ_CHECK_HELP kj_report_help

/* ---- graph.c: cycles, without recursion ---- */

typedef struct KjGraph KjGraph;
typedef void (*KjGraphCycle)(const guint *path, guint length, gpointer data);

KjGraph *kj_graph_new(guint count);
void kj_graph_free(KjGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjGraph, kj_graph_free)
void kj_graph_edge(KjGraph *graph, guint from, guint to);
/* Calls `cycle` for each cycle found (no node in two of them); fills order[] so that what a node points to comes before it, and height[],
 * the longest way down. Either may be NULL. */
void kj_graph_walk(KjGraph *graph, KjGraphCycle cycle, gpointer data, guint *order, guint *height);

/* ---- names.c, uses.c ---- */

void kj_check_modules(KjChecker *checker, KjAstModule *const *modules, guint count);
void kj_check_uses(KjChecker *checker);
/* The let or group a name stands for, or NULL. *blocked: it was reported, or what it leads to was. Reports nothing by itself. */
KjEntity *kj_names_value(KjModule *module, const KjAstName *name, gboolean *blocked);
KjEntity *kj_names_type(KjModule *module, const KjAstName *name, gboolean *blocked);
KjEntity *kj_names_block(KjChecker *checker, KjModule *module, const char *text, gboolean *blocked);
/* Reports a name nothing has, once for each module, with the nearest of `candidates` (may be NULL) and of the module's own names. */
void kj_names_unknown(const KjScope *scope, const KjAstName *name, const KjDataType *type, const char *const *candidates);

/* ---- suggest.c: what to write instead ---- */

/* For a name nothing has, where a value of `type` (or NULL) is wanted. FALSE when there is nothing better to say than to declare it. */
gboolean kj_suggest_value(KjDiagnostic *diagnostic, const KjAstName *name, const KjDataType *type);
/* For a clause about a field that is none. */
gboolean kj_suggest_clause(const KjScope *scope, KjDiagnostic *diagnostic, const KjAstName *name);
/* Whether the unknown field belongs to a mistake that was told at the word before it: `less than`. */
gboolean kj_suggest_is_told(const KjScope *scope, const KjAstName *name);
/* Reports a difference of two single values, which is a range written with a minus. */
gboolean kj_suggest_range(const KjScope *scope, const KjAstValue *value);
/* The workspace's only type of that name: the module's own, one reached through `use`, or the only one there is. */
KjEntity *kj_names_workspace_type(KjChecker *checker, KjModule *module, const char *name, gboolean *several);

/* ---- lets.c ---- */

void kj_check_references(KjChecker *checker);
/* The let or group as a set of `type`; NULL when that was reported. Cached. */
const KjOperand *kj_let_resolve(const KjScope *scope, KjEntity *entity, const KjDataType *type, KjSpan use);
/* Checks what nobody used by the type its literals show. */
void kj_check_unused_lets(KjChecker *checker);

/* ---- types.c, fields.c ---- */

void kj_check_types(KjChecker *checker);
/* NULL when reported. */
const KjDataType *kj_type_resolve(KjChecker *checker, KjModule *module, const KjAstType *type);
gboolean kj_type_same(const KjDataType *a, const KjDataType *b);
/* Whether values of the type are points of a line (KJ_SET_INTERVALS) or texts (KJ_SET_PATTERNS). */
gboolean kj_type_is_line(const KjDataType *type);
gboolean kj_type_is_ordered(const KjDataType *type);
void kj_type_bounds(KjDataType *type); /* fills in the whole type where low and high are 0 */
KjInterval kj_type_whole(const KjDataType *type);
void kj_check_fields(KjChecker *checker, KjBlockState *state);
/* The field's index, or -1 when it cannot be named here, which is reported. */
int kj_field_find(const KjScope *scope, const KjAstName *name);

/* ---- intervals.c ---- */

void kj_intervals_normalise(GArray *intervals);
/* Both normalised; result is a new array of what is in `a` and not in `b`. */
GArray *kj_intervals_minus(const KjInterval *a, guint a_count, const KjInterval *b, guint b_count);

/* ---- sets.c, literals.c ---- */

KjSet *kj_set_new(KjArena *arena, KjSetKind kind);
GHashTable *kj_set_table(void); /* for KjChecker.shared */
const KjSet *kj_set_intervals(KjArena *arena, const KjInterval *intervals, guint count);
const KjSet *kj_set_minus(KjArena *arena, const KjDataType *type, const KjSet *left, const KjSet *right);
const KjSet *kj_set_complement(KjArena *arena, const KjDataType *type, const KjSet *set);
gboolean kj_set_has_parameter(const KjSet *set);
/* The one value a set holds, if it holds one. */
gboolean kj_set_single(const KjSet *set, KjInterval *interval, const KjPattern **pattern);
/* A value as a set of `type`. FALSE when reported. */
gboolean kj_set_resolve(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjOperand *operand);
/* `x < V` and the like: the values in the relation to the one value of `set`; NULL, unreported, when it does not hold just one. */
const KjSet *kj_set_related(KjArena *arena, const KjDataType *type, KjRelation relation, const KjSet *set);
/* One literal as an interval or a pattern. FALSE when reported. */
gboolean kj_literal_interval(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjInterval *interval);
const KjPattern *kj_literal_pattern(const KjScope *scope, const KjDataType *type, const char *text, KjSpan span);
gboolean kj_literal_symbol(const KjDataType *type, const char *text, guint64 *number);
gboolean kj_literal_range(const KjScope *scope, const KjDataType *type, const KjAstValue *value, KjInterval *interval);
void kj_literal_mismatch(const KjScope *scope, const KjDataType *type, const KjAstValue *value);
/* A single value as the text a request carries. */
const char *kj_literal_text(KjArena *arena, const KjDataType *type, const KjSet *set);
/* Adds the text of each member of a set that lists them. FALSE when it does not, or has too many to write out. */
gboolean kj_literal_texts(KjArena *arena, const KjDataType *type, const KjSet *set, GPtrArray *texts);

/* ---- csv.c ---- */

typedef struct {
    const char *text;
    KjSpan span;
} KjCell;

/* The chosen cells of the column, in order. NULL when reported. */
const KjCell *kj_csv_column(const KjScope *scope, const KjAstValue *value, guint *count);
/* Gives a cell, which arrives as a STRING, the kind of literal that `type` wants. FALSE when reported. */
gboolean kj_csv_cell(const KjScope *scope, const KjDataType *type, KjAstValue *cell);
/* The rows of a file: header first; arena. NULL when reported. */
typedef struct {
    const KjCell *cells;
    guint count;
} KjCsvRow;
const KjCsvRow *kj_csv_read(KjChecker *checker, guint32 file, const char *text, gsize length, guint *count);

/* ---- services.c ---- */

/* A value of a SERVICE field: a UNION whose members come in pairs, protocols then ports; or a PARAMETER. */
gboolean kj_service_resolve(const KjScope *scope, const KjDataType *protocol, const KjAstValue *value, KjOperand *operand);
const KjCondition *kj_service_condition(KjArena *arena, const KjField *field, const KjOperand *operand, KjSpan span);

/* ---- windows.c ---- */

/* Whether the value is the name of a day of the week. */
gboolean kj_window_is_weekday(const KjAstValue *value);
const KjWindow *kj_window_resolve(const KjScope *scope, const KjAstValue *value);
const KjWindow *kj_window_days(KjArena *arena, const char *zone, guint32 first, guint32 last);
/* The zone's name as it is kept, or NULL after reporting that the machine knows no such zone. */
const char *kj_zone_check(KjChecker *checker, const char *name, KjSpan span);

/* ---- conditions.c, clauses.c ---- */

KjCondition *kj_condition_new(KjArena *arena, KjConditionKind kind, KjSpan span);
const KjCondition *kj_condition_not(KjArena *arena, const KjCondition *operand);
/* Of count operands; TRUE (AND) or FALSE (OR) for none, the one itself for one. */
const KjCondition *kj_condition_join(KjArena *arena, KjConditionKind kind, const KjCondition *const *operands, guint count, KjSpan span);
const KjCondition *kj_condition_check(const KjScope *scope, const KjAstExpression *expression);
/* FIELD RELATION VALUE; relation 0 is a plain operand; `expression` allows another field on the right. */
const KjCondition *kj_condition_compare(const KjScope *scope, const KjAstName *name, KjRelation relation, const KjAstValue *value,
                                        gboolean expression, KjSpan span);
const KjCondition *kj_condition_has(const KjScope *scope, const KjAstExpression *expression);
const KjCondition *kj_condition_during(const KjScope *scope, const KjAstValue *value, KjSpan span);
const KjCondition *kj_clause_check(const KjScope *scope, const KjAstClause *clause);
/* Clauses and then `when`, as one condition. NULL when reported. Clauses for which `skip` says so are left out. */
const KjCondition *kj_clauses_check(const KjScope *scope, const KjAstClause *clauses, const KjAstExpression *also,
                                    const KjAstExpression *when, gboolean (*skip)(const KjAstClause *, gpointer), gpointer data,
                                    KjSpan span);

/* ---- phases.c ---- */

/* `require C`: every literal of C on a field of one phase also holds for a request of another phase. */
const KjCondition *kj_phases_excuse(KjArena *arena, const KjBlock *block, const KjCondition *condition);

/* ---- rules.c, parameters.c, annotations.c, settings.c ---- */

void kj_check_block(KjChecker *checker, KjBlockState *state);
int kj_effect_find(KjChecker *checker, const KjDomain *domain, const KjAstName *name);
gboolean kj_parameter_is(const KjDomain *domain, guint effect, const char *name);
const KjParameterDefinition *kj_parameter_named(const KjDomain *domain, const char *name);
void kj_check_parameters(const KjScope *scope, guint effect, const KjAstClause *clauses, KjSpan span, KjRule *rule);
void kj_check_annotations(const KjScope *scope, const KjAstAnnotation *annotations, KjRule *rule, gboolean is_default);
void kj_check_settings(KjChecker *checker, KjBlockState *state);
/* The setting's value, or NULL. */
const char *kj_setting_value(const KjBlock *block, const char *name);
/* The earlier end wins. */
const KjWindow *kj_window_earlier(const KjWindow *a, const KjWindow *b);

/* ---- undated.c ---- */

/* Whether the answer to a request depends on the instant. known[i] is the set that holds the value of field i, or NULL. */
gboolean kj_request_depends_on_time(const KjBlock *block, const KjSet *const *known);

/* ---- restore.c ---- */

/* Gives blocks the rules that hold again where a region exception has ended. Only in a policy without errors. */
void kj_check_restored(KjChecker *checker);
/* Both conditions, or either (AND, OR); `a` may be NULL: `b` alone. */
const KjCondition *kj_condition_both(KjArena *arena, KjConditionKind kind, const KjCondition *a, const KjCondition *b);
/* True where the condition is false or unknown. */
const KjCondition *kj_condition_not_shown(KjArena *arena, const KjCondition *condition);
/* The instant lies in the window. */
const KjCondition *kj_condition_in(KjArena *arena, const KjWindow *window, KjSpan span);
/* True exactly where the rule matches, its dates included. */
const KjCondition *kj_rule_matching(KjArena *arena, const KjDomain *domain, const KjRule *rule);

/* ---- standards.c, exceptions.c, enforce.c, tests.c, findings.c ---- */

void kj_check_standard_order(KjChecker *checker);
void kj_check_conformances(KjChecker *checker, KjBlockState *state);
void kj_check_exceptions(KjChecker *checker);
void kj_check_enforcements(KjChecker *checker);
void kj_check_tests(KjChecker *checker);
void kj_check_findings(KjChecker *checker);

#endif
