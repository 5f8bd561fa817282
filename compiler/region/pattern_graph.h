/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The patterns of one field as a graph: a minimal acyclic automaton, non-deterministic only through `*` and `**`.
 *
 * A node that was reached by `**` loops: any token stays in it. Nodes with the same continuations are one node, so that ten thousand names
 * of one group are two nodes, and the subset construction over the graph (automaton.c) starts from little.
 */
#ifndef KJ_PATTERN_GRAPH_H
#define KJ_PATTERN_GRAPH_H

#include "../check/policy.h"

/* Ranks of tokens on edges: literals follow in byte order. */
enum { KJ_RANK_MANY = 0, KJ_RANK_ONE = 1, KJ_RANK_LITERAL = 2 };

typedef struct {
    guint32 rank;
    guint32 node;
} KjPatternEdge;

typedef struct {
    guint32 first_edge, edge_count; /* by rank */
    guint32 first_mark, mark_count; /* of patterns that end here; rising */
    guint32 loops;                  /* any token stays here */
} KjPatternNode;

typedef struct {
    GArray *nodes;        /* KjPatternNode */
    GArray *edges;        /* KjPatternEdge */
    GArray *marks;        /* guint32 */
    GPtrArray *literals;  /* const char *: the text of rank KJ_RANK_LITERAL + i */
    guint32 start;
} KjPatternGraph;

typedef struct {
    const KjPattern *pattern;
    guint32 mark;
} KjMarkedPattern;

/* Reads and sorts `patterns` (KjMarkedPattern). Free with kj_pattern_graph_free. */
KjPatternGraph *kj_pattern_graph_new(GArray *patterns);
void kj_pattern_graph_free(KjPatternGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjPatternGraph, kj_pattern_graph_free)

#endif
