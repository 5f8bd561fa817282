/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accounts for the tests that ask the system itself: see accounts.c. */
#ifndef KJ_TEST_ACCOUNTS_H
#define KJ_TEST_ACCOUNTS_H

#include <glib.h>

typedef struct {
    char *folder; /* a private one, readable by everybody; holds `passwd`, `group`, `shadow` */
    guint principal_count, group_count;
    guint *groups; /* for each of random_principals, one bit for each of random_groups */
} Accounts;

/* random_principals and random_runas as accounts, the former with random groups. */
Accounts accounts_new(GRand *random);
void accounts_clear(Accounts *accounts);

guint accounts_uid(guint principal);
guint accounts_gid(guint group);

/* Appends "groups" and each group of the principal to a request for subject_allows; a principal is always in a group of its own name. */
void accounts_add_groups(const Accounts *accounts, guint principal, GPtrArray *request);

/* A file in the folder. Free the path with g_free. */
char *accounts_write(const Accounts *accounts, const char *name, const char *text);

/* LD_PRELOAD and the like, for a program that is to see the accounts. Free with g_strfreev. */
char **accounts_environment(const Accounts *accounts, const char *preload);

/* Whether there is a library of the wrappers; whether there is a program. */
gboolean accounts_have_library(const char *name);
gboolean accounts_have_program(const char *name);

#endif
