/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random small policies for test_findings.c: three domains, one for each way of combining rules, with few fields that have few values each, so that every
 * request can be asked.
 */
#ifndef KJ_FINDING_POLICY_H
#define KJ_FINDING_POLICY_H

#include <kijun/plugin.h>

#define FINDING_DOMAINS 3u
#define FINDING_RULES 9u
#define FINDING_FIRST_LINE 5u /* of the rules in the text of a policy */

enum { KIND, N, FLAG, WHO, PEER, TAGS, FIELDS };

extern const KjDomain finding_domains[FINDING_DOMAINS];
extern const KjFieldDefinition finding_fields[];

typedef struct {
    GRand *rand;
    const KjDomain *domain;
    gboolean active[FIELDS]; /* out: the rules speak of it */
    gboolean timed;          /* out: and of the first days of January 2026 */
    GString *text;
} FindingWriter;

/* A policy with one block `b`, each rule on a line of its own from FINDING_FIRST_LINE on, fewer than FINDING_RULES. Free with g_free. */
char *finding_policy_write(FindingWriter *writer);

#endif
