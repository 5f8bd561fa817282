/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns to a minimal acyclic graph, in one pass over the sorted patterns.
 *
 * After J. Daciuk, S. Mihov, B. Watson, R. Watson, "Incremental construction of minimal acyclic finite-state automata" (2000): with
 * patterns in sorted order, a node that the next pattern no longer passes can never change, so it is frozen: looked up among the frozen
 * ones by its content and shared. Open nodes are a stack, one for each token of the current pattern; there is no recursion.
 * Cost: sorting, and one hash look-up a token.
 */
#include "pattern_graph.h"

#include <stdlib.h>
#include <string.h>

/* A pattern as the ranks of its tokens. */
typedef struct {
    guint32 first, count; /* in Builder.ranks */
    guint32 mark;
} Entry;

/* A node that may still grow. */
typedef struct {
    GArray *edges; /* KjPatternEdge; the last one leads to the open node above and has no node yet */
    GArray *marks; /* guint32 */
    guint32 loops;
} OpenNode;

typedef struct {
    KjPatternGraph *graph;
    GArray *ranks;      /* guint32 */
    GArray *entries;    /* Entry */
    GPtrArray *open;    /* OpenNode */
    GHashTable *frozen; /* content (GBytes) -> node */
} Builder;

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Literal -> rank. Sorted and numbered before any edge is made, so that rank order is byte order. */
static GHashTable *rank_literals(KjPatternGraph *graph, const GArray *patterns) {
    GHashTable *ranks = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < patterns->len; i++) {
        const KjPattern *pattern = g_array_index(patterns, KjMarkedPattern, i).pattern;

        for (guint j = 0; j < pattern->count; j++) {
            const KjToken *token = &pattern->tokens[j];

            if (token->kind == KJ_TOKEN_LITERAL && g_hash_table_add(ranks, (gpointer)token->text))
                g_ptr_array_add(graph->literals, (gpointer)token->text);
        }
    }
    if (graph->literals->len > 1)
        qsort(graph->literals->pdata, graph->literals->len, sizeof(gpointer), compare_texts);
    for (guint i = 0; i < graph->literals->len; i++)
        g_hash_table_insert(ranks, graph->literals->pdata[i], GUINT_TO_POINTER(KJ_RANK_LITERAL + i));
    return ranks;
}

static guint32 token_rank(GHashTable *ranks, const KjToken *token) {
    if (token->kind == KJ_TOKEN_LITERAL)
        return GPOINTER_TO_UINT(g_hash_table_lookup(ranks, token->text));
    return token->kind == KJ_TOKEN_ONE ? KJ_RANK_ONE : KJ_RANK_MANY;
}

static void read_entries(Builder *builder, const GArray *patterns) {
    g_autoptr(GHashTable) ranks = rank_literals(builder->graph, patterns);

    for (guint i = 0; i < patterns->len; i++) {
        const KjMarkedPattern *marked = &g_array_index(patterns, KjMarkedPattern, i);
        Entry entry = { builder->ranks->len, marked->pattern->count, marked->mark };

        for (guint j = 0; j < marked->pattern->count; j++) {
            guint32 rank = token_rank(ranks, &marked->pattern->tokens[j]);
            g_array_append_val(builder->ranks, rank);
        }
        g_array_append_val(builder->entries, entry);
    }
}

static gint compare_entries(gconstpointer a, gconstpointer b, gpointer data) {
    const Entry *left = a, *right = b;
    const guint32 *ranks = data;
    guint common = MIN(left->count, right->count);

    for (guint i = 0; i < common; i++) {
        guint32 x = ranks[left->first + i], y = ranks[right->first + i];

        if (x != y)
            return x < y ? -1 : 1;
    }
    if (left->count != right->count)
        return left->count < right->count ? -1 : 1;
    return left->mark < right->mark ? -1 : left->mark > right->mark;
}

static void open_node_free(gpointer data) {
    OpenNode *node = data;

    g_array_unref(node->edges);
    g_array_unref(node->marks);
    g_free(node);
}

static OpenNode *open_node(Builder *builder, gboolean loops) {
    OpenNode *node = g_new0(OpenNode, 1);

    node->edges = g_array_new(FALSE, FALSE, sizeof(KjPatternEdge));
    node->marks = g_array_new(FALSE, FALSE, sizeof(guint32));
    node->loops = loops;
    g_ptr_array_add(builder->open, node);
    return node;
}

static guint32 freeze(Builder *builder, OpenNode *open) {
    KjPatternGraph *graph = builder->graph;
    guint32 head[2] = { open->loops, open->marks->len };
    KjPatternNode node = { graph->edges->len, open->edges->len, graph->marks->len, open->marks->len, open->loops };
    g_autoptr(GByteArray) content = g_byte_array_new();
    GBytes *key;
    gpointer known;
    guint32 index = graph->nodes->len;

    g_byte_array_append(content, (const guint8 *)head, sizeof head);
    if (open->marks->len)
        g_byte_array_append(content, (const guint8 *)open->marks->data, open->marks->len * sizeof(guint32));
    if (open->edges->len)
        g_byte_array_append(content, (const guint8 *)open->edges->data, open->edges->len * sizeof(KjPatternEdge));
    key = g_byte_array_free_to_bytes(g_steal_pointer(&content));
    if (g_hash_table_lookup_extended(builder->frozen, key, NULL, &known)) {
        g_bytes_unref(key);
        return GPOINTER_TO_UINT(known);
    }
    if (open->edges->len)
        g_array_append_vals(graph->edges, open->edges->data, open->edges->len);
    if (open->marks->len)
        g_array_append_vals(graph->marks, open->marks->data, open->marks->len);
    g_array_append_val(graph->nodes, node);
    g_hash_table_insert(builder->frozen, key, GUINT_TO_POINTER(index));
    return index;
}

/* Freezes every open node deeper than `depth`. */
static void close_down_to(Builder *builder, guint depth) {
    while (builder->open->len > depth + 1) {
        OpenNode *parent = builder->open->pdata[builder->open->len - 2];
        guint32 node = freeze(builder, builder->open->pdata[builder->open->len - 1]);

        g_array_index(parent->edges, KjPatternEdge, parent->edges->len - 1).node = node;
        g_ptr_array_set_size(builder->open, builder->open->len - 1);
    }
}

static void add_entry(Builder *builder, const Entry *entry, guint common) {
    OpenNode *top;

    close_down_to(builder, common);
    top = builder->open->pdata[builder->open->len - 1];
    for (guint i = common; i < entry->count; i++) {
        KjPatternEdge edge = { g_array_index(builder->ranks, guint32, entry->first + i), 0 };

        g_array_append_val(top->edges, edge);
        top = open_node(builder, edge.rank == KJ_RANK_MANY);
    }
    if (top->marks->len == 0 || g_array_index(top->marks, guint32, top->marks->len - 1) != entry->mark)
        g_array_append_val(top->marks, entry->mark);
}

static guint common_prefix(const Builder *builder, const Entry *a, const Entry *b) {
    guint common = 0, most = MIN(a->count, b->count);

    while (common < most &&
           g_array_index(builder->ranks, guint32, a->first + common) == g_array_index(builder->ranks, guint32, b->first + common))
        common++;
    return common;
}

KjPatternGraph *kj_pattern_graph_new(GArray *patterns) {
    KjPatternGraph *graph = g_new0(KjPatternGraph, 1);
    Builder builder = { .graph = graph };

    graph->nodes = g_array_new(FALSE, FALSE, sizeof(KjPatternNode));
    graph->edges = g_array_new(FALSE, FALSE, sizeof(KjPatternEdge));
    graph->marks = g_array_new(FALSE, FALSE, sizeof(guint32));
    graph->literals = g_ptr_array_new();
    builder.ranks = g_array_new(FALSE, FALSE, sizeof(guint32));
    builder.entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    builder.open = g_ptr_array_new_with_free_func(open_node_free);
    builder.frozen = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    read_entries(&builder, patterns);
    g_array_sort_with_data(builder.entries, compare_entries, builder.ranks->data);
    open_node(&builder, FALSE);
    for (guint i = 0; i < builder.entries->len; i++) {
        const Entry *entry = &g_array_index(builder.entries, Entry, i);

        add_entry(&builder, entry, i ? common_prefix(&builder, entry - 1, entry) : 0);
    }
    close_down_to(&builder, 0);
    graph->start = freeze(&builder, builder.open->pdata[0]);
    g_ptr_array_unref(builder.open);
    g_hash_table_unref(builder.frozen);
    g_array_unref(builder.entries);
    g_array_unref(builder.ranks);
    return graph;
}

void kj_pattern_graph_free(KjPatternGraph *graph) {
    g_array_unref(graph->nodes);
    g_array_unref(graph->edges);
    g_array_unref(graph->marks);
    g_ptr_array_unref(graph->literals);
    g_free(graph);
}
