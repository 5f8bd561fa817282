/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailboxes and what they forward to, and where every forward ends.
 *
 * A forward is decided for the mailbox that people write to and for the address where the mail comes to rest: what lies between them on this
 * machine (an alias of an alias, a list in a list) is on the way, and is told as such. A mailbox that keeps a copy is such an end too. Each mailbox is
 * searched breadth first and visits every other one once, so loops end, and the way that is told is a shortest one. The cost is mailboxes times
 * forwards in the worst case (a list of all that everyone is a member of), and the length of the answer in any ordinary one.
 *
 * Mailboxes are one by their address in lower case: that is how alias and virtual maps are looked up. Told is what was written first.
 */
#include <string.h>

#include <kijun/translate.h>

#include "audit.h"

#define NOBODY G_MAXUINT
#define WAY_SHOWN 8u /* mailboxes of a long way that are told, of either end */

typedef struct {
    guint target;
    const char *file;
    guint line;
} Edge;

typedef struct {
    const char *mailbox, *target, *file;
    guint line;
} Forward;

typedef struct {
    const char *name;
    GArray *edges; /* Edge; NULL: it forwards nothing */
    gboolean keeps;
} Node;

struct KjMailGraph {
    GStringChunk *texts;
    GHashTable *locals;  /* domains in lower case */
    char *origin;        /* the first of them */
    GArray *forwards;    /* Forward, as they were read */
    GHashTable *numbers; /* address in lower case -> index + 1; made, as the nodes are, when every file was read */
    GArray *nodes;       /* Node */
};

static void clear_node(gpointer data) {
    g_clear_pointer(&((Node *)data)->edges, g_array_unref);
}

KjMailGraph *kj_mail_graph_new(void) {
    KjMailGraph *graph = g_new0(KjMailGraph, 1);
    graph->texts = g_string_chunk_new(4096);
    graph->locals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    graph->forwards = g_array_new(FALSE, FALSE, sizeof(Forward));
    graph->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    graph->nodes = g_array_new(FALSE, TRUE, sizeof(Node));
    g_array_set_clear_func(graph->nodes, clear_node);
    return graph;
}

void kj_mail_graph_free(KjMailGraph *graph) {
    g_array_unref(graph->forwards);
    g_array_unref(graph->nodes);
    g_hash_table_unref(graph->numbers);
    g_hash_table_unref(graph->locals);
    g_string_chunk_free(graph->texts);
    g_free(graph->origin);
    g_free(graph);
}

/* ---- building ---- */

void kj_mail_graph_local(KjMailGraph *graph, const char *domains) {
    g_auto(GStrv) list = g_strsplit(domains, ",", -1);
    for (guint i = 0; list[i]; i++) {
        char *domain = g_ascii_strdown(g_strstrip(list[i]), -1);
        if (!graph->origin)
            graph->origin = g_strdup(domain);
        g_hash_table_add(graph->locals, domain);
    }
}

static Node *node_at(const KjMailGraph *graph, guint index) {
    return &g_array_index(graph->nodes, Node, index);
}

/* Local parts in lower case, and one domain for all that are this machine's own. */
static char *key_of(const KjMailGraph *graph, const char *address) {
    char *key = g_ascii_strdown(address, -1);
    const char *at = strrchr(key, '@');
    if (!at || !g_hash_table_contains(graph->locals, at + 1))
        return key;
    char *local = g_strdup_printf("%.*s@%s", (int)(at - key), key, graph->origin);
    g_free(key);
    return local;
}

static guint find_node(KjMailGraph *graph, const char *address) {
    g_autofree char *key = key_of(graph, address);
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(graph->numbers, key));
    if (number == 0) {
        Node node = { g_string_chunk_insert_const(graph->texts, address), NULL, FALSE };
        g_array_append_val(graph->nodes, node);
        number = graph->nodes->len;
        g_hash_table_insert(graph->numbers, g_steal_pointer(&key), GUINT_TO_POINTER(number));
    }
    return number - 1;
}

void kj_mail_graph_add(KjMailGraph *graph, const char *mailbox, const char *target, const char *file, guint line) {
    Forward forward = { g_string_chunk_insert_const(graph->texts, mailbox), g_string_chunk_insert_const(graph->texts, target),
                        g_string_chunk_insert_const(graph->texts, file), line };
    g_array_append_val(graph->forwards, forward);
}

/* Which domains are the machine's own is known only now. */
static void build(KjMailGraph *graph) {
    for (guint i = 0; i < graph->forwards->len; i++) {
        const Forward *forward = &g_array_index(graph->forwards, Forward, i);
        guint from = find_node(graph, forward->mailbox), to = find_node(graph, forward->target);
        Node *node = node_at(graph, from);
        Edge edge = { to, forward->file, forward->line };
        node->keeps |= from == to;
        if (from == to)
            continue;
        if (!node->edges)
            node->edges = g_array_new(FALSE, FALSE, sizeof(Edge));
        g_array_append_val(node->edges, edge);
    }
    g_array_set_size(graph->forwards, 0);
}

/* ---- telling ---- */

typedef struct {
    const KjMailGraph *graph;
    KjAuditSink *sink;
    guint *seen;       /* for each node the number of the search that saw it last */
    guint *parents;    /* on the way from there */
    const Edge **firsts; /* the first step of that way */
    GArray *waiting;   /* guint */
    guint start;
    gboolean looped; /* one loop of it was told */
} Search;

/* The way to a node, the start first. Element type guint. */
static GArray *way_to(const Search *search, guint node) {
    GArray *way = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint at = node; at != NOBODY; at = at == search->start ? NOBODY : search->parents[at])
        g_array_append_val(way, at);
    for (guint i = 0; i < way->len / 2; i++) {
        guint *one = &g_array_index(way, guint, i), *other = &g_array_index(way, guint, way->len - 1 - i), kept = *one;
        *one = *other;
        *other = kept;
    }
    return way;
}

static GString *print_way(const Search *search, const GArray *way) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < way->len; i++) {
        if (i == WAY_SHOWN && way->len > 2 * WAY_SHOWN) {
            g_string_append(text, " -> ...");
            i = way->len - WAY_SHOWN;
        }
        g_string_append_printf(text, "%s%s", i ? " -> " : "", node_at(search->graph, g_array_index(way, guint, i))->name);
    }
    return text;
}

static void tell_end(const Search *search, guint end, const Edge *first) {
    const char *mailbox = node_at(search->graph, search->start)->name, *to = node_at(search->graph, end)->name;
    KjRequestSink *request = search->sink->request;
    g_autoptr(GArray) way = way_to(search, end);
    g_autoptr(GString) text = print_way(search, way);
    g_autoptr(GError) error = NULL;
    if (to[0] == '@') {
        search->sink->tell(search->sink, KJ_AUDIT_UNKNOWN, first->file, first->line, text->str);
        return;
    }
    gboolean good = request->set(request, "to", to, &error) && (mailbox[0] == '@' || request->set(request, "forwarder", mailbox, &error)) &&
                    request->set(request, "auto", "true", &error);
    search->sink->tell(search->sink, good ? KJ_AUDIT_REQUEST : KJ_AUDIT_UNKNOWN, first->file, first->line, text->str);
}

/* Of a loop only the mailbox that came first tells, and only one that it stands in. */
static void tell_loop(Search *search, guint last, const Edge *back) {
    g_autoptr(GArray) way = way_to(search, last);
    for (guint i = 0; i < way->len; i++)
        if (g_array_index(way, guint, i) < search->start)
            return;
    g_autoptr(GString) text = print_way(search, way);
    search->looped = TRUE;
    g_autofree char *told = g_strdup_printf(_("a loop: %s -> %s"), text->str, node_at(search->graph, search->start)->name);
    search->sink->tell(search->sink, KJ_AUDIT_NOTE, back->file, back->line, told);
}

/* An address without forwards of its own may fall to its domain's "@domain". */
static const GArray *edges_of(const KjMailGraph *graph, guint index) {
    const Node *node = node_at(graph, index);
    const char *at = strrchr(node->name, '@');
    if (node->edges || node->keeps || !at || at == node->name)
        return node->edges;
    g_autofree char *key = key_of(graph, at);
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(graph->numbers, key));
    return number ? node_at(graph, number - 1)->edges : NULL;
}

static void follow(Search *search, guint node, const GArray *edges) {
    for (guint i = 0; i < edges->len; i++) {
        const Edge *edge = &g_array_index(edges, Edge, i);
        if (edge->target == search->start && !search->looped)
            tell_loop(search, node, edge);
        if (search->seen[edge->target] == search->start + 1)
            continue;
        search->seen[edge->target] = search->start + 1;
        search->parents[edge->target] = node;
        search->firsts[edge->target] = node == search->start ? edge : search->firsts[node];
        g_array_append_val(search->waiting, edge->target);
    }
}

static void search_from(Search *search, guint start) {
    search->start = start;
    search->looped = FALSE;
    search->seen[start] = start + 1;
    g_array_set_size(search->waiting, 0);
    g_array_append_val(search->waiting, start);
    for (guint i = 0; i < search->waiting->len; i++) {
        guint node = g_array_index(search->waiting, guint, i);
        const GArray *edges = edges_of(search->graph, node);
        if (edges)
            follow(search, node, edges);
        if (node != start && (!edges || node_at(search->graph, node)->keeps))
            tell_end(search, node, search->firsts[node]);
    }
}

void kj_mail_graph_tell(KjMailGraph *graph, KjAuditSink *sink) {
    build(graph);
    guint count = graph->nodes->len;
    g_autofree guint *seen = g_new0(guint, count + 1), *parents = g_new0(guint, count + 1);
    g_autofree const Edge **firsts = g_new0(const Edge *, count + 1);
    g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(guint));
    Search search = { graph, sink, seen, parents, firsts, waiting, 0, FALSE };
    for (guint i = 0; i < count; i++)
        if (node_at(graph, i)->edges)
            search_from(&search, i);
}
