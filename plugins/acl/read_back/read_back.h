/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the readers that turn what a host is given back into policy, to be proved equal to the source. One file each for sudoers,
 * access.conf, time.conf and access control lists; text.c writes what they found. Each reads as the program does that the file is for, and
 * strictly: a word it does not know is an error, never passed over.
 *
 * Nothing here is shared with the writers of the files (targets/): a mistake of one must not be excused by the same mistake of the other.
 */
#ifndef KJ_ACL_READ_BACK_H
#define KJ_ACL_READ_BACK_H

#include "../acl.h"

typedef struct {
    const char *program;
    const char *place; /* where we are, for messages: borrowed; NULL: nowhere yet */
    GError **error;
} KjAclBack;

/* Says that the file cannot be understood, and where. The macro is always FALSE. */
void kj_acl_back_tell_refusal(const KjAclBack *back, const char *format, ...) G_GNUC_PRINTF(2, 3);
#define kj_acl_back_refuse(...) (kj_acl_back_tell_refusal(__VA_ARGS__), FALSE)

/* FALSE unless the name is letters, digits and `_-.`, with neither a digit nor `-` nor `.` first, and small letters only where case does
 * not count. */
gboolean kj_acl_back_check_name(const KjAclBack *back, const char *name);
/* FALSE unless it is an absolute path of letters, digits and `._-+@%` without empty segments, `.` and `..`; a `/` may end it. */
gboolean kj_acl_back_check_path(const KjAclBack *back, const char *path);

/* ---- lists whose last matching member decides: names and conditions, some negated ---- */

typedef struct {
    const char *field; /* that the names are values of */
    GString *so_far;   /* a condition; empty: nothing matches */
    GPtrArray *names, *terms; /* char *: members of one sign, not yet in `so_far` */
    gboolean negated;
} KjAclBackList;

void kj_acl_back_list_init(KjAclBackList *list, const char *field);
/* One member: a value of the field, or a condition. Copied. */
void kj_acl_back_list_name(KjAclBackList *list, gboolean negated, const char *name);
void kj_acl_back_list_term(KjAclBackList *list, gboolean negated, const char *term);
/* The condition, in parentheses; NULL: nothing matches. Clears the list. Free with g_free. */
char *kj_acl_back_list_end(KjAclBackList *list);

/* ---- entries of which the first that matches decides ---- */

typedef struct {
    gboolean allows;
    char *condition, *place;
} KjAclBackEntry;

/* Free with kj_acl_back_entry_free. Takes condition; copies place. */
KjAclBackEntry *kj_acl_back_entry_new(gboolean allows, char *condition, const char *place);
void kj_acl_back_entry_free(gpointer entry);

/* The entries as rules of which the strictest decides: each that allows, unless one before it refuses. `condition`: of all of them, or
 * NULL. */
void kj_acl_back_write_entries(const GPtrArray *entries, const char *condition, const char *prefix, GString *out);

/* `acl loaded {` with the fields, the default, and what no request is: another action, a missing group. `actions` is a set. */
void kj_acl_back_begin(const char *fields, gboolean allows, const char *actions, GString *out);
void kj_acl_back_end(GString *out);

#endif
