/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random policies and random requests for any domain, from the domain's own tables and a seed.
 *
 * Nothing here knows a domain by name: fields, effects, parameters, settings and annotations come from KjDomain, so a new plugin is tested
 * the day it is installed. A policy is text, because the parser and the checker are to be tested with the rest; it is made as a tree of
 * pieces (piece.h) so that a failing one can be cut down. While it is written, every literal leaves points behind: texts of
 * values on its boundary and one off it, each marked with whether it satisfies the test it came from. Requests are made from them.
 *
 * The same domain tables and seed give the same policy and the same requests on every machine.
 */
#ifndef KJ_RANDOM_POLICY_H
#define KJ_RANDOM_POLICY_H

#include <kijun/plugin.h>

#include "piece.h"

/* A value for a request, as text, and whether it satisfied the test that it was made for. */
typedef struct {
    char *text;
    gboolean inside;
} KjRandomPoint;

/* What literals need to know of a type. */
typedef struct {
    KjType type;
    gboolean set, ordered, open;
    guint64 low, high;
    const KjNamedNumber *names;
    GPtrArray *symbols; /* char *; greatest first when ordered; for an open enumeration, some */
    char *key;          /* fields with equal keys can be compared with each other */
} KjRandomType;

typedef struct {
    char *name;
    KjRandomType type;
    gboolean required;
    gboolean unusable; /* in rules: a setting of the block forbids it */
    int protocol, port; /* fields that a service stands for; -1 */
    const char *phase;
    GPtrArray *points; /* KjRandomPoint */
} KjRandomField;

/* A test that some rule makes, so that a request can be aimed at the rule. */
typedef struct {
    guint field;
    char *text;
    gboolean inside;
    int same_as; /* give the field the value of this field instead; -1 */
} KjRandomHint;

typedef struct {
    guint64 seed;
    const KjDomain *domain;
    GPtrArray *fields;   /* KjRandomField */
    GPtrArray *rules;    /* GPtrArray of KjRandomHint, one for each rule */
    GArray *instants;    /* gint64 */
    KjPiece *file;       /* renders to the text */
    char *text;
} KjRandomPolicy;

KjRandomPolicy *kj_random_policy_new(const KjDomain *domain, guint64 seed);
void kj_random_policy_free(KjRandomPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRandomPolicy, kj_random_policy_free)

/* The same text with `# cN ...` put wherever white space may stand. Gives how many in *count. */
char *kj_random_sprinkle_comments(const char *text, guint64 seed, guint *count);

/* One request. A field given twice is there twice; a NULL text is an empty set. */
typedef struct {
    GPtrArray *names, *texts; /* char *; texts may be NULL */
    gboolean has_instant;
    gint64 instant;
    gboolean on_edge; /* some value, or the instant, lies on a boundary of the policy or one off it */
    gboolean lacking; /* some field is missing */
} KjRandomRequest;

KjRandomRequest *kj_random_request_new(const KjRandomPolicy *policy, guint64 seed);
void kj_random_request_free(KjRandomRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRandomRequest, kj_random_request_free)

/* "principal="sato" action="read" at 1790000000", for reports. */
char *kj_random_request_describe(const KjRandomRequest *request);

#endif
