/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random blocks of the shape that a target of the access control domain can say: see random_policy.c. */
#ifndef KJ_TEST_RANDOM_POLICY_H
#define KJ_TEST_RANDOM_POLICY_H

#include <glib.h>

/* The names that the policies speak of, and one of each that they do not; NULL-terminated. */
extern const char *const random_principals[], *const random_groups[], *const random_hosts[], *const random_runas[], *const random_commands[],
    *const random_addresses[], *const random_services[], *const random_terminals[], *const random_files[];

/* A block `t`; most can be said, some are refused. Free with g_free. */
char *random_policy(const char *target, guint32 seed);

#endif
