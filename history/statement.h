/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements: what people sign.
 *
 * A statement is a small UTF-8 text, one `key: value` on each line, its keys in a fixed order, ended by a newline; there is one spelling only, and
 * exactly these bytes are signed, so `ssh-keygen -Y sign -n NAMESPACE` can make one by hand and a person can read what he signs. Each kind has a name
 * space of its own ("kijun-approval@v1"), so that a signature on one is never one on another.
 *
 *     kind: approval
 *     signer: sato
 *     previous: none
 *     date: 2026-11-22T09:00:00Z
 *     context: production
 *     unit: mail.forwarding
 *     ...
 *
 * The table in statement.c says which keys a kind has, of which sort their values are, and which may be left out or stand more than once (then in
 * ascending order, none twice). `previous` is the SHA-256 of the signer's statement before this one: a chain that nobody can shorten unseen.
 */
#ifndef KJ_STATEMENT_H
#define KJ_STATEMENT_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    KJ_STATEMENT_ROOT = 1,   /* who may sign what: keys, thresholds, deputies, recovery */
    KJ_STATEMENT_PROPOSAL,   /* a change, units and what it does to each, as its author sees it */
    KJ_STATEMENT_APPROVAL,   /* yes to one unit's change, in one context */
    KJ_STATEMENT_VETO,       /* no to one unit's result, until withdrawn */
    KJ_STATEMENT_WITHDRAWAL, /* of a veto, an approval or a delegation of one's own */
    KJ_STATEMENT_COMMENT,
    KJ_STATEMENT_OPINION,    /* a department's or an expert's, asked for or not */
    KJ_STATEMENT_RECORD,     /* a decision made on paper, attested by its document's number */
    KJ_STATEMENT_DELEGATION, /* somebody stands in for a time */
    KJ_STATEMENT_RELEASE,    /* what a context enforces from now on */
    KJ_STATEMENT_EMERGENCY,  /* a change without the ordinary quorum, for a short time */
    KJ_STATEMENT_RATIFY,     /* the ordinary quorum's yes afterwards */
    KJ_STATEMENT_HEARTBEAT,  /* the latest release is still the latest */
    KJ_STATEMENT_KINDS,      /* one more than the last */
} KjStatementKind;

/* A digest of nothing: what was not there before, or is not there any more. */
#define KJ_STATEMENT_NONE "none"

/* The most bytes of a statement; a release of thousands of units is the longest. */
#define KJ_STATEMENT_MAX (1u << 20)

typedef struct KjStatement KjStatement;

/* One statement's exact bytes. NULL with KJ_ERROR_VALUE, which names the line and what should stand there. Free with kj_statement_free. */
KjStatement *kj_statement_parse(const char *bytes, gsize length, GError **error);
void kj_statement_free(KjStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjStatement, kj_statement_free)

KjStatementKind kj_statement_kind(const KjStatement *statement);
const char *kj_statement_kind_name(KjStatementKind kind);  /* "approval" */
const char *kj_statement_name_space(KjStatementKind kind); /* "kijun-approval@v1" */

/* The value of a key, or NULL if it is left out (asserted: the kind has the key). */
const char *kj_statement_get(const KjStatement *statement, const char *key);
/* All values of a key that may stand more than once, NULL-terminated. Owned by the statement. */
const char *const *kj_statement_list(const KjStatement *statement, const char *key);
/* A value that is an instant, in seconds since 1970; -1 if it is left out. */
gint64 kj_statement_instant(const KjStatement *statement, const char *key);
guint64 kj_statement_number(const KjStatement *statement, const char *key);

/* Whether two emergencies are one that several have declared: the same changes until the same instant. */
gboolean kj_statement_same_emergency(const KjStatement *a, const KjStatement *b);

/* The exact bytes, and their SHA-256 as 64 hexadecimal digits. Owned by the statement. */
GBytes *kj_statement_bytes(const KjStatement *statement);
const char *kj_statement_digest(const KjStatement *statement);

/* ---- making one ---- */

typedef struct {
    const char *key;
    const char *value;
} KjStatementValue;

/* Puts the values in order, writes, and reads back what was written. A key of which many may stand is given once for each, in any order. NULL with KJ_ERROR_VALUE. */
KjStatement *kj_statement_new(KjStatementKind kind, const KjStatementValue *values, guint count, GError **error);

/* "2026-11-22T09:00:00Z". Free with g_free. */
char *kj_statement_date(gint64 seconds);

G_END_DECLS

#endif
