/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The syntax tree: what was written, with every span, before any name means anything.
 *
 * One arena owns everything; nodes have no free functions. Lists are singly linked through `next` in source order. Names are NFC.
 * The tree keeps literals as text where their meaning depends on the type (a string may become a path); numbers keep their unit.
 */
#ifndef KJ_AST_H
#define KJ_AST_H

#include "../arena.h"
#include "../source.h"

/* A possibly dotted name: `web`, `dmz.web`. */
typedef struct KjAstName {
    struct KjAstName *next;
    const char *text;  /* whole, dotted */
    const char *last;  /* after the last dot */
    const char *qualifier; /* before it, or NULL */
    KjSpan span;
} KjAstName;

typedef enum {
    KJ_VALUE_INTEGER = 1, /* number */
    KJ_VALUE_SIZE,        /* number, in bytes */
    KJ_VALUE_DURATION,    /* number, in seconds */
    KJ_VALUE_RATE,        /* number per window; `bytes` if it counts bytes */
    KJ_VALUE_SERVICE,     /* number = port, text = protocol; a range's low port is the left INTEGER of a RANGE */
    KJ_VALUE_ADDRESS,     /* text as written, with an optional /prefix */
    KJ_VALUE_DATE,        /* number = days since 1970-01-01 */
    KJ_VALUE_TIME,        /* number = minutes since midnight */
    KJ_VALUE_STRING,      /* text, unescaped */
    KJ_VALUE_BOOL,        /* number = 0 or 1 */
    KJ_VALUE_NAME,        /* name; weekdays too */
    KJ_VALUE_RANGE,       /* left .. right */
    KJ_VALUE_SET,         /* items through next */
    KJ_VALUE_ANY,
    KJ_VALUE_NONE,
    KJ_VALUE_NOT,   /* left */
    KJ_VALUE_MINUS, /* left - right */
    KJ_VALUE_WINDOW, /* left = days (NAME, RANGE, SET, DATE) or NULL; right = RANGE of TIME or NULL; text = zone or NULL. `zone` follows either or both. */
    KJ_VALUE_INSTANT, /* number = days, minutes, text = zone or NULL */
    KJ_VALUE_WHEN,    /* `when EXPR`: a named condition; expression */
    KJ_VALUE_CSV,     /* from "file" column C [where ...] */
} KjAstValueKind;

typedef struct KjAstExpression KjAstExpression;
typedef struct KjAstValue KjAstValue;

struct KjAstValue {
    KjAstValue *next;
    KjAstValueKind kind;
    KjSpan span;
    const char *spelling; /* literals: exactly as written, for the printer (1_000, 10MiB) */
    guint64 number;
    guint64 window;  /* RATE: seconds */
    guint minutes;   /* INSTANT: minutes since midnight */
    gboolean bytes;  /* RATE */
    const char *text;
    KjSpan text_span; /* WINDOW, INSTANT: the zone's string; CSV: the file's string */
    KjAstName *name;
    KjAstValue *left, *right, *items;
    KjAstExpression *expression; /* WHEN; CSV: the `where` condition on columns, or NULL */
};

typedef enum {
    KJ_EXPRESSION_AND = 1,
    KJ_EXPRESSION_OR,
    KJ_EXPRESSION_NOT,
    KJ_EXPRESSION_NAME,    /* a boolean field or a named condition */
    KJ_EXPRESSION_COMPARE, /* name RELOP value */
    KJ_EXPRESSION_IN,      /* name in value; `negated` for not in */
    KJ_EXPRESSION_HAS,     /* name has value */
    KJ_EXPRESSION_DURING,  /* during value */
} KjAstExpressionKind;

typedef enum { KJ_RELATION_EQUAL = 1, KJ_RELATION_NOT_EQUAL, KJ_RELATION_LESS, KJ_RELATION_LESS_EQUAL, KJ_RELATION_GREATER, KJ_RELATION_GREATER_EQUAL } KjRelation;

struct KjAstExpression {
    KjAstExpression *next; /* the next operand of the same AND or OR */
    KjAstExpressionKind kind;
    KjSpan span;
    KjAstExpression *items; /* AND, OR: two or more operands, flat, so that a long chain is not a deep tree; NOT: the one operand */
    KjAstName *name;
    KjRelation relation;
    gboolean negated;
    gboolean parenthesised; /* written with parentheses; the printer keeps only those that are needed */
    KjAstValue *value;
};

/* FIELD OPERAND, FIELD RELOP OPERAND, during WINDOW. */
typedef struct KjAstClause {
    struct KjAstClause *next;
    KjSpan span;
    KjAstName *field;    /* NULL for `during` */
    KjRelation relation; /* 0: plain operand */
    KjAstValue *value;
} KjAstClause;

/* @name, @name(argument), @message("...", ja "..."). */
typedef struct KjAstAnnotation {
    struct KjAstAnnotation *next;
    KjSpan span;
    KjAstName *name;
    KjAstValue *argument;   /* NULL if none */
    struct {
        KjAstName *language; /* ja */
        KjAstValue *text;
    } translation;           /* NULL members if none */
} KjAstAnnotation;

typedef enum {
    KJ_ITEM_FIELD = 1, /* field NAME : TYPE; */
    KJ_ITEM_SETTING,   /* NAME = VALUE; */
    KJ_ITEM_DEFAULT,   /* default EFFECT ANNOTATION*; */
    KJ_ITEM_RULE,      /* [LABEL:] EFFECT CLAUSE* ... */
    KJ_ITEM_REQUIRE,   /* [LABEL:] require CLAUSES | require (EXPR); effect is NULL */
    KJ_ITEM_PARAMETER, /* parameter NAME : TYPE; (standards) */
} KjAstItemKind;

typedef enum { KJ_AST_TYPE_NAME = 1, KJ_AST_TYPE_RANGE, KJ_AST_TYPE_SET_OF, KJ_AST_TYPE_ENUM } KjAstTypeKind;

typedef struct KjAstType {
    KjAstTypeKind kind;
    KjSpan span;
    KjAstName *name;         /* NAME: builtin or a workspace type */
    KjAstValue *low, *high;  /* RANGE */
    struct KjAstType *of;    /* SET_OF */
    KjAstName *values;       /* ENUM, through next */
    gboolean ordered;        /* ENUM written I > II > III: greatest first */
} KjAstType;

typedef struct KjAstItem {
    struct KjAstItem *next;
    KjAstItemKind kind;
    KjSpan span;       /* from the first token to the `;` */
    const char *doc;   /* lines of `##` before it joined by '\n', or NULL */
    KjAstName *name;   /* FIELD, SETTING, PARAMETER; a RULE's label or NULL */
    KjAstType *type;
    KjAstValue *value; /* SETTING */
    KjAstName *effect; /* DEFAULT, RULE */
    KjAstClause *clauses;
    KjAstExpression *condition; /* REQUIRE: the parenthesised form */
    KjAstExpression *when, *unless;
    KjAstAnnotation *annotations;
} KjAstItem;

typedef struct KjAstBinding {
    struct KjAstBinding *next;
    KjAstName *parameter;
    KjAstValue *value;
} KjAstBinding;

typedef struct KjAstConformance {
    struct KjAstConformance *next;
    KjSpan span;
    KjAstName *standard;
    KjAstBinding *bindings;
} KjAstConformance;

typedef enum {
    KJ_DECLARATION_MODULE = 1, /* module NAME [tier T]; */
    KJ_DECLARATION_USE,        /* use NAME [as ALIAS]; */
    KJ_DECLARATION_ZONE,       /* zone "..."; */
    KJ_DECLARATION_LET,        /* let NAME = VALUE; */
    KJ_DECLARATION_TYPE,       /* type NAME = TYPE; */
    KJ_DECLARATION_GROUP,      /* group NAME = VALUE; */
    KJ_DECLARATION_BLOCK,      /* DOMAIN NAME [conforms to ...] { ... } */
    KJ_DECLARATION_STANDARD,   /* standard DOMAIN NAME [conforms to ...] { ... } */
    KJ_DECLARATION_ENFORCE,    /* enforce BLOCK by TARGET on { hosts }; */
    KJ_DECLARATION_EXCEPTION,
    KJ_DECLARATION_TEST,
    KJ_DECLARATION_PROVE,
} KjAstDeclarationKind;

/* One line of a `test` or `prove`: DOMAIN BLOCK: CLAUSES => EFFECT [, EFFECT] [by LABEL]; */
typedef struct KjAstCase {
    struct KjAstCase *next;
    KjSpan span;
    const char *doc;
    KjAstName *domain, *block;
    KjAstClause *clauses; /* `at INSTANT` is one of them */
    KjAstExpression *when; /* prove only */
    KjAstName *effects;
    KjAstName *label;     /* or NULL; `default` is a name here */
} KjAstCase;

typedef struct KjAstDeclaration {
    struct KjAstDeclaration *next;
    KjAstDeclarationKind kind;
    KjSpan span;
    const char *doc;
    KjAstName *name;   /* MODULE, USE, LET, TYPE, GROUP, BLOCK, STANDARD; ENFORCE: the block */
    KjAstName *domain; /* BLOCK, STANDARD */
    KjAstName *alias;  /* USE ... as; MODULE: the tier */
    KjAstName *target; /* ENFORCE: by; EXCEPTION: `in` what (module.block[.label]) */
    KjAstValue *value; /* LET, GROUP, ZONE (STRING); ENFORCE: hosts; EXCEPTION, TEST, PROVE: the name (STRING) */
    KjAstType *type;
    KjAstConformance *conformances;
    KjAstItem *items;
    KjAstCase *cases;
    /* EXCEPTION */
    KjAstName *standard;
    KjAstExpression *when;
    KjAstValue *until;   /* DATE or NULL */
    KjAstValue *reason;  /* STRING or NULL */
    KjAstName *approved; /* group or NULL */
} KjAstDeclaration;

typedef struct KjAstComment {
    struct KjAstComment *next;
    KjSpan span;      /* with its # */
    gboolean doc;     /* ## */
    gboolean alone;   /* nothing but white space before it on its line */
    gboolean blank_before; /* an empty line before it */
} KjAstComment;

/* One file. */
typedef struct KjAstModule {
    guint32 file;
    gboolean damaged; /* parsing left something out: names it lacks are not reported a second time */
    KjAstDeclaration *declarations;
    KjAstComment *comments; /* every comment in order, documentation included */
} KjAstModule;

#endif
