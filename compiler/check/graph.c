/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who refers to whom: modules, lets, types, standards. One walk finds the cycles, an order in which everything comes after what it
 * refers to, and the longest chain below each node, so that nothing later recurses without a bound. The walk keeps its own stack: a
 * chain of 65,536 modules is a legal input. Linear in nodes and edges.
 */
#include "check.h"

#include <string.h>

struct KjGraph {
    guint count;
    GArray **edges; /* guint, or NULL */
};

typedef enum { UNSEEN, OPEN, DONE } Colour;

KjGraph *kj_graph_new(guint count) {
    KjGraph *graph = g_new0(KjGraph, 1);
    graph->count = count;
    graph->edges = g_new0(GArray *, count + 1);
    return graph;
}

void kj_graph_free(KjGraph *graph) {
    for (guint i = 0; i < graph->count; i++) {
        if (graph->edges[i])
            g_array_unref(graph->edges[i]);
    }
    g_free(graph->edges);
    g_free(graph);
}

void kj_graph_edge(KjGraph *graph, guint from, guint to) {
    if (!graph->edges[from])
        graph->edges[from] = g_array_new(FALSE, FALSE, sizeof(guint));
    g_array_append_val(graph->edges[from], to);
}

typedef struct {
    guint node, next; /* the next edge to follow */
} Frame;

/* The open frames from `node` on are a cycle, unless one of its nodes was told in another. */
static void tell_cycle(const GArray *stack, guint node, gboolean *told, KjGraphCycle cycle, gpointer data) {
    g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(guint));
    guint start = stack->len;
    gboolean fresh = TRUE;

    while (g_array_index(stack, Frame, start - 1).node != node)
        start--;
    for (guint i = start - 1; i < stack->len; i++) {
        guint member = g_array_index(stack, Frame, i).node;
        fresh = fresh && !told[member];
        g_array_append_val(path, member);
    }
    for (guint i = 0; i < path->len; i++)
        told[g_array_index(path, guint, i)] = TRUE;
    if (fresh && cycle)
        cycle((const guint *)(void *)path->data, path->len, data);
}

void kj_graph_walk(KjGraph *graph, KjGraphCycle cycle, gpointer data, guint *order, guint *height) {
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Frame));
    g_autofree guint8 *colour = g_new0(guint8, graph->count + 1);
    g_autofree gboolean *told = g_new0(gboolean, graph->count + 1);
    g_autofree guint *longest = g_new0(guint, graph->count + 1);
    guint done = 0;

    for (guint root = 0; root < graph->count; root++) {
        if (colour[root] == UNSEEN) {
            g_array_append_val(stack, ((Frame){ root, 0 }));
            colour[root] = OPEN;
        }
        while (stack->len > 0) {
            Frame *top = &g_array_index(stack, Frame, stack->len - 1);
            GArray *edges = graph->edges[top->node];
            if (edges && top->next < edges->len) {
                guint to = g_array_index(edges, guint, top->next++);
                if (colour[to] == UNSEEN) {
                    colour[to] = OPEN;
                    g_array_append_val(stack, ((Frame){ to, 0 }));
                } else if (colour[to] == OPEN) {
                    tell_cycle(stack, to, told, cycle, data);
                } else {
                    longest[top->node] = MAX(longest[top->node], longest[to] + 1);
                }
                continue;
            }
            guint node = top->node;
            colour[node] = DONE;
            if (order)
                order[done++] = node;
            g_array_set_size(stack, stack->len - 1);
            if (stack->len > 0) {
                guint below = g_array_index(stack, Frame, stack->len - 1).node;
                longest[below] = MAX(longest[below], longest[node] + 1);
            }
        }
    }
    if (height)
        memcpy(height, longest, sizeof *height * graph->count);
}
