/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libkijun: rule tables to decisions.
 *
 *     KjTable *table = kj_table_open("perimeter.kjt", &error);          verified, private, sealed
 *     guint block;     kj_table_find_block(table, "perimeter", &block, &error);
 *     int from = kj_table_find_field(table, block, "from");              once
 *     KjRequest *request = kj_request_new(table, block);                 once for each thread
 *     kj_request_clear(request);                                         for each decision
 *     kj_request_set_text(request, from, "192.0.2.7", -1, &error);
 *     KjVerdict verdict = { .size = sizeof verdict };
 *     kj_decide(request, &verdict);                                      no lock, no allocation, no system call
 *
 * A table never changes once open and may be shared by any number of threads; a request belongs to one thread. Everything a verdict
 * points to is owned by the table. Whatever goes wrong, the answer is a refusal: KJ_OUTCOME_ERROR is one.
 */
#ifndef KIJUN_KIJUN_H
#define KIJUN_KIJUN_H

#include <glib.h>

G_BEGIN_DECLS

/* ---- values ---- */

typedef enum {
    KJ_TYPE_BOOL = 1,
    KJ_TYPE_INTEGER,   /* 0 .. 2^63-1 */
    KJ_TYPE_SIZE,      /* bytes */
    KJ_TYPE_DURATION,  /* seconds */
    KJ_TYPE_DATE,      /* days since 1970-01-01 */
    KJ_TYPE_ADDRESS,   /* IPv4 or IPv6 */
    KJ_TYPE_SERVICE,   /* port/protocol; only ever stands for two other fields */
    KJ_TYPE_PATH,      /* "/a/b": segments */
    KJ_TYPE_MAIL,      /* "local@domain" */
    KJ_TYPE_PRINCIPAL, /* the name of a person or a program */
    KJ_TYPE_TEXT,      /* compared exactly */
    KJ_TYPE_SYMBOL,    /* enumeration */
    KJ_TYPE_NAMED,     /* in a schema: the workspace's own `type` of the field's name */
} KjType;

/* ---- errors ---- */

#define KJ_ERROR (kj_error_quark())
GQuark kj_error_quark(void);

typedef enum {
    KJ_ERROR_IO = 1,  /* a file could not be read or written */
    KJ_ERROR_TABLE,   /* not a table, or one that does not verify */
    KJ_ERROR_UNKNOWN, /* no such block, field, domain or target */
    KJ_ERROR_VALUE,   /* a value is not of the field's type */
    KJ_ERROR_TARGET,  /* a target cannot say a rule exactly */
    KJ_ERROR_ZONE,    /* the machine lacks a time zone the table names */
    KJ_ERROR_PLUGIN,  /* a plugin cannot be used */
    KJ_ERROR_UNABLE,  /* this machine does not let it be done: no root, no such program */
    KJ_ERROR_REFUSED, /* not signed, not approved, or not in its order */
} KjErrorCode;

/* ---- tables ---- */

typedef struct KjTable KjTable;

/* Reads the file, takes a private sealed copy, checks its hash, verifies its structure, loads its time zones. NULL with KJ_ERROR_IO,
 * KJ_ERROR_TABLE or KJ_ERROR_ZONE. Free with kj_table_unref. */
KjTable *kj_table_open(const char *path, GError **error);

/* The same for bytes in memory; copies them. */
KjTable *kj_table_new(const void *bytes, gsize length, GError **error);

KjTable *kj_table_ref(KjTable *table);
void kj_table_unref(KjTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjTable, kj_table_unref)

guint kj_table_block_count(const KjTable *table);

/* An emergency's table: when it ends, in seconds since 1970; from then on it decides as the table before it. 0 for any other. */
gint64 kj_table_until(const KjTable *table);

/* `name` is `module.block`, or `block` where that is unique. FALSE with KJ_ERROR_UNKNOWN; the message lists the blocks there are. */
gboolean kj_table_find_block(const KjTable *table, const char *name, guint *block, GError **error);

/* The field's index for the setters below, or -1. */
int kj_table_find_field(const KjTable *table, guint block, const char *name);

/* ---- requests ---- */

typedef struct KjRequest KjRequest;

/* A request for one block, with every field missing and no instant. Keeps a reference to the table. Free with kj_request_free. */
KjRequest *kj_request_new(KjTable *table, guint block);
void kj_request_free(KjRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRequest, kj_request_free)

/* Every field missing again. */
void kj_request_clear(KjRequest *request);

/*
 * Sets a field from text in the language's own notation (`192.0.2.7`, `10MB`, `443`, `true`). `length` may be -1 for a terminated string.
 * A set-valued field takes one member a call; an empty set is told apart from a missing one by kj_request_set_empty().
 * A service field sets both fields it stands for. FALSE with KJ_ERROR_VALUE: the value is not of the field's type; the request is then
 * marked bad and decides to KJ_OUTCOME_ERROR until it is cleared, so that an unchecked failure can never let anything through.
 */
gboolean kj_request_set_text(KjRequest *request, int field, const char *text, gssize length, GError **error);

/* The same for numbers (integer, size, duration, date, bool, the number of a closed enumeration's value as kj_view_value gives it) and for
 * addresses in network byte order (4 or 16 bytes). */
gboolean kj_request_set_number(KjRequest *request, int field, guint64 number, GError **error);
gboolean kj_request_set_address(KjRequest *request, int field, const guint8 *address, gsize length, GError **error);
gboolean kj_request_set_empty(KjRequest *request, int field, GError **error);

/* When the request is made, in seconds since 1970-01-01T00:00:00Z. A request without an instant, or with one outside the years 1970 to
 * 2099, has an unset clock: conditions on time are unknown, `@until` of permitting rules counts as past, and refusing rules stay. */
void kj_request_set_instant(KjRequest *request, gint64 seconds);

/* ---- decisions ---- */

/* Far apart, so that no single flipped bit turns a refusal into a permission. Zero is not a verdict. */
typedef enum {
    KJ_OUTCOME_ERROR = 0x2d4b69a5,  /* nothing could be decided: refuse */
    KJ_OUTCOME_REFUSE = 0x5a3c17e9, /* an effect that refuses */
    KJ_OUTCOME_PERMIT = 0x63d59e0c, /* an effect that lets through */
    KJ_OUTCOME_LIMIT = 0x14ae72d6,  /* through within the rule's rate, refused beyond it; the enforcement point counts */
    KJ_OUTCOME_HOLD = 0x78f1c53b,   /* waits for a person */
    KJ_OUTCOME_REQUIRE = 0x0b86ad72 /* requirements that add up (governance) */
} KjOutcome;

#define KJ_RULE_DEFAULT G_MAXUINT32     /* KjVerdict.rule: no rule matched */
#define KJ_RULE_ERROR (G_MAXUINT32 - 1) /* KjVerdict.rule: nothing could be decided */

typedef struct {
    guint32 size; /* in: sizeof (KjVerdict) as the caller was compiled */
    KjOutcome outcome;
    const char *effect;   /* the effect's name; "deny" on an error */
    guint32 rule;         /* index in the table, for kj_view_rule(); KJ_RULE_DEFAULT; KJ_RULE_ERROR */
    const char *label;    /* bare label of the deciding rule; "default"; "error" */
    guint32 matched;      /* how many rules decided: strictest: those of the winning effect; requirements: all that matched; else 1 or 0 */
    const char *problem;  /* on an error, what is wrong, in English (kj_explain_problem translates); else NULL. Valid until the request changes */
} KjVerdict;

/* Decides. Always fills the verdict; returns its outcome. */
KjOutcome kj_decide(KjRequest *request, KjVerdict *verdict);

/* After kj_decide: the i-th rule that decided (0 <= i < verdict.matched), in order; KJ_RULE_DEFAULT beyond. */
guint32 kj_request_matched_rule(const KjRequest *request, guint i);

/* What must be done besides, whatever the outcome: @log, @alert, @message. */
typedef struct {
    const char *name;     /* "log", "message" */
    const char *value;    /* "" if none: the text of a message */
    const char *language; /* "" or "ja": a message has one obligation for each language it is written in */
} KjObligation;

/* After kj_decide: the i-th obligation, of every rule that shares in the decision, in order, or of the default. FALSE when there is no such one; an error
 * has none. Two rules may bring the same one twice. */
gboolean kj_verdict_obligation(const KjRequest *request, const KjVerdict *verdict, guint i, KjObligation *obligation);

G_END_DECLS

#endif
