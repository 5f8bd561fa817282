/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a rule may ask of a new password, computed from the password itself. See measure.c. */
#ifndef KJ_PASSWORD_MEASURE_H
#define KJ_PASSWORD_MEASURE_H

#include "dictionary.h"

#include <glib.h>

/* The longest password measured, in bytes of UTF-8. Every PAM and RADIUS path is shorter; the bound keeps the
 * quadratic parts (similarity, ordering of combining marks) in milliseconds. */
#define KJ_PASSWORD_MAX_BYTES 4096

#define KJ_PASSWORD_ERROR (kj_password_error_quark())
GQuark kj_password_error_quark(void);

typedef enum {
    KJ_PASSWORD_ERROR_EMPTY,      /* no character at all */
    KJ_PASSWORD_ERROR_TOO_LONG,   /* over KJ_PASSWORD_MAX_BYTES */
    KJ_PASSWORD_ERROR_ENCODING,   /* not UTF-8; the message has the byte, from 1 */
    KJ_PASSWORD_ERROR_DISALLOWED, /* not FreeformClass; the message has the character after NFC, from 1 */
    KJ_PASSWORD_ERROR_CONTEXT,    /* the user name or the old password is over KJ_PASSWORD_MAX_BYTES */
    KJ_PASSWORD_ERROR_WORDS,      /* a word list cannot be used; the message has file and line */
    KJ_PASSWORD_ERROR_FILTER,     /* a breach filter cannot be used, or a list made into one; the message has the file */
} KjPasswordError;

/* Answers whether the prepared password (UTF-8 in NFC, NUL after `length` bytes, valid only during the call)
 * is in a set of breached ones. FALSE with an error when it cannot tell; the measure then fails with that
 * error, for an answer that nobody has must not let a password through. Must keep no copy. */
typedef gboolean (*KjPasswordBreached)(const char *password, gsize length, gboolean *breached, gpointer data,
                                       GError **error);

/* What is known besides the password. All pointers are borrowed; any may be NULL, and the fields that need it
 * are then missing. Nothing here is changed: one context may serve many threads. */
typedef struct {
    const char *user;                       /* UTF-8 expected, anything tolerated */
    const char *old_password;               /* UTF-8 expected, anything tolerated */
    gsize old_length;                       /* bytes */
    const KjPasswordDictionary *dictionary; /* kj_password_dictionary_load() */
    KjPasswordBreached breached;
    gpointer breached_data;
    gboolean without_strength; /* nobody asks for the strength, which is most of the work: it is 0 then */
} KjPasswordContext;

/* Fields that may be missing; a bit is set in `present` when the field has a value. The others always have one. */
typedef enum {
    KJ_PASSWORD_HAS_DICTIONARY = 1 << 0,
    KJ_PASSWORD_HAS_BREACHED = 1 << 1,
    KJ_PASSWORD_HAS_CONTAINS_USERNAME = 1 << 2,
    KJ_PASSWORD_HAS_SIMILAR = 1 << 3,
} KjPasswordPresent;

/* The fields of the domain `password` at a change, under their names in the language. Counts are in code
 * points of the prepared password; upper + lower + digits + symbols == length. */
typedef struct {
    guint present; /* KjPasswordPresent */
    guint length;
    guint classes;
    guint upper;
    guint lower;
    guint digits;
    guint symbols;
    guint repeat;
    guint sequence;
    guint strength;
    guint similar; /* 0..100 */
    gboolean dictionary;
    gboolean breached;
    gboolean contains_username;
    gboolean palindrome;
} KjPasswordMeasure;

/* Measures `length` bytes at `password` (need not end with NUL). On failure FALSE, `measure` all zero. The
 * error (KJ_PASSWORD_ERROR, or the breached predicate's own) never has a character of any password in it.
 * Keeps no copy: all working memory is wiped before it returns. Thread-safe. */
gboolean kj_password_measure(const KjPasswordContext *context, const char *password, gsize length,
                             KjPasswordMeasure *measure, GError **error);

#endif
