/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies to try: see policies.c. */
#ifndef KJ_TEST_POLICIES_H
#define KJ_TEST_POLICIES_H

#include <kijun/kijun.h>

/* The table of one policy text, or of a workspace; fails the test with the diagnostics when it does not compile. */
KjTable *policies_compile_text(const char *text);
KjTable *policies_compile_path(const char *path);

/* A random firewall policy that nftables can say, for the hook, after `filler` rules with lists of their own. Free with g_free. */
char *policies_random(guint32 seed, const char *hook, gboolean stateful, guint filler);

/* The script for a block, or the refusal. Free with g_free. */
char *policies_emit(KjTable *table, const char *block, char **refusal);

#endif
