/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The subset construction over a pattern graph, and the classes of its states. See automaton.h.
 *
 * A state is the set of graph nodes a value can be in; states are numbered in the order of a breadth-first walk over sorted edges, so the
 * automaton is the same on every machine. A set of nodes that is empty has no state: nothing can match any more.
 *
 * Where a value may end depends on the type: a path anywhere, a mail address after its local part, everything else after its one token.
 * Only there is a class given, so every class has a value: another token than those named always exists.
 *
 * Cost: proportional to the sum of the sizes of all target sets, which KJ_LIMIT_PATTERN_STEPS bounds (`**` in the middle of many patterns
 * can be exponential). KJ_LIMIT_PATTERN_STATES counts the states from which matching goes on, and not the ends: a hundred thousand
 * documents in a folder are one such state.
 */
#include "automaton.h"

#include "../limits.h"
#include "pattern_graph.h"

#include <stdlib.h>
#include <string.h>

struct KjAutomatonBuilder {
    KjType type;
    GArray *patterns; /* KjMarkedPattern */
};

typedef struct {
    const KjPatternGraph *graph;
    KjAutomaton *automaton;
    GPtrArray *subsets; /* GBytes of guint32 nodes, for each state */
    GHashTable *known;  /* the same -> state */
    GArray *target;     /* guint32: the set being made */
    GArray *steps;      /* KjPatternEdge: literal edges out of the current state */
    guint inner;        /* states so far from which matching goes on */
    guint64 work;
} Construction;

KjAutomatonBuilder *kj_automaton_builder_new(KjType type) {
    KjAutomatonBuilder *builder = g_new0(KjAutomatonBuilder, 1);

    builder->type = type;
    builder->patterns = g_array_new(FALSE, FALSE, sizeof(KjMarkedPattern));
    return builder;
}

void kj_automaton_builder_free(KjAutomatonBuilder *builder) {
    g_array_unref(builder->patterns);
    g_free(builder);
}

void kj_automaton_builder_add(KjAutomatonBuilder *builder, const KjPattern *pattern, guint mark) {
    KjMarkedPattern marked = { pattern, mark };

    g_array_append_val(builder->patterns, marked);
}

void kj_automaton_free(KjAutomaton *automaton) {
    g_array_unref(automaton->states);
    g_array_unref(automaton->edges);
    g_ptr_array_unref(automaton->marked);
    g_free(automaton);
}

/* ---- states ---- */

static int compare_numbers(const void *a, const void *b) {
    guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

    return left < right ? -1 : left > right;
}

static int compare_steps(const void *a, const void *b) {
    guint32 left = ((const KjPatternEdge *)a)->rank, right = ((const KjPatternEdge *)b)->rank;

    return left < right ? -1 : left > right;
}

/* Sorts, and drops what is there twice. */
static void make_set(GArray *numbers) {
    guint kept = 0;
    guint32 *all = (guint32 *)numbers->data;

    if (numbers->len < 2)
        return;
    qsort(all, numbers->len, sizeof *all, compare_numbers);
    for (guint i = 0; i < numbers->len; i++) {
        if (kept == 0 || all[kept - 1] != all[i])
            all[kept++] = all[i];
    }
    g_array_set_size(numbers, kept);
}

static const KjPatternNode *node_at(const Construction *work, guint32 node) {
    return &g_array_index(work->graph->nodes, KjPatternNode, node);
}

/* `**` matches no token too: with a node comes what follows it over `**`. */
static void add_closed(Construction *work, guint32 node) {
    for (;;) {
        const KjPatternNode *here = node_at(work, node);
        const KjPatternEdge *first = here->edge_count ? &g_array_index(work->graph->edges, KjPatternEdge, here->first_edge) : NULL;

        g_array_append_val(work->target, node);
        if (!first || first->rank != KJ_RANK_MANY)
            return;
        node = first->node;
    }
}

/* The state of work->target, new or known; leaves the target empty. */
static guint32 target_state(Construction *work) {
    KjAutomatonState state = { 0, 0, KJ_AUTOMATON_NONE, 0 };
    GBytes *key;
    gpointer known;
    guint32 index = work->automaton->states->len;

    make_set(work->target);
    work->work += work->target->len + 1;
    if (work->target->len == 0)
        return KJ_AUTOMATON_NONE;
    key = g_bytes_new(work->target->data, work->target->len * sizeof(guint32));
    g_array_set_size(work->target, 0);
    if (g_hash_table_lookup_extended(work->known, key, NULL, &known)) {
        g_bytes_unref(key);
        return GPOINTER_TO_UINT(known);
    }
    g_ptr_array_add(work->subsets, key);
    g_hash_table_insert(work->known, key, GUINT_TO_POINTER(index));
    g_array_append_val(work->automaton->states, state);
    return index;
}

/* What every token does from the nodes of a subset. */
static void add_other(Construction *work, const guint32 *nodes, gsize count) {
    for (gsize i = 0; i < count; i++) {
        const KjPatternNode *node = node_at(work, nodes[i]);

        if (node->loops)
            add_closed(work, nodes[i]);
        for (guint j = 0; j < node->edge_count; j++) {
            const KjPatternEdge *edge = &g_array_index(work->graph->edges, KjPatternEdge, node->first_edge + j);

            if (edge->rank >= KJ_RANK_LITERAL)
                break;
            if (edge->rank == KJ_RANK_ONE)
                add_closed(work, edge->node);
        }
    }
}

static void collect_steps(Construction *work, const guint32 *nodes, gsize count) {
    g_array_set_size(work->steps, 0);
    for (gsize i = 0; i < count; i++) {
        const KjPatternNode *node = node_at(work, nodes[i]);

        for (guint j = 0; j < node->edge_count; j++) {
            const KjPatternEdge *edge = &g_array_index(work->graph->edges, KjPatternEdge, node->first_edge + j);

            if (edge->rank >= KJ_RANK_LITERAL)
                g_array_append_val(work->steps, *edge);
        }
    }
    if (count > 1 && work->steps->len > 1)
        qsort(work->steps->data, work->steps->len, sizeof(KjPatternEdge), compare_steps);
}

static gboolean expand(Construction *work, guint32 index) {
    gsize size;
    g_autoptr(GBytes) subset = g_bytes_ref(work->subsets->pdata[index]);
    const guint32 *nodes = g_bytes_get_data(subset, &size);
    gsize count = size / sizeof(guint32);
    g_autoptr(GArray) others = NULL;
    guint32 first_edge = work->automaton->edges->len, other;

    add_other(work, nodes, count);
    make_set(work->target);
    others = g_array_copy(work->target);
    other = target_state(work);
    collect_steps(work, nodes, count);
    for (guint i = 0; i < work->steps->len;) {
        guint32 rank = g_array_index(work->steps, KjPatternEdge, i).rank;
        KjAutomatonEdge edge = { work->graph->literals->pdata[rank - KJ_RANK_LITERAL], 0 };

        if (others->len)
            g_array_append_vals(work->target, others->data, others->len);
        for (; i < work->steps->len && g_array_index(work->steps, KjPatternEdge, i).rank == rank; i++)
            add_closed(work, g_array_index(work->steps, KjPatternEdge, i).node);
        edge.state = target_state(work);
        if (edge.state != other)
            g_array_append_val(work->automaton->edges, edge);
        if (work->work > KJ_LIMIT_PATTERN_STEPS)
            return FALSE;
    }
    if (other != KJ_AUTOMATON_NONE || work->automaton->edges->len > first_edge)
        work->inner++;
    g_array_index(work->automaton->states, KjAutomatonState, index) =
        (KjAutomatonState){ first_edge, work->automaton->edges->len - first_edge, other, 0 };
    return work->inner <= KJ_LIMIT_PATTERN_STATES;
}

static gboolean build_states(Construction *work) {
    add_closed(work, work->graph->start);
    target_state(work);
    for (guint32 i = 0; i < work->automaton->states->len; i++) {
        if (!expand(work, i))
            return FALSE;
    }
    return TRUE;
}

/* ---- where values end ---- */

enum { STATE_ENDS = 1, STATE_AFTER_LABEL = 2 };

typedef struct {
    guint8 *flags;  /* for each state */
    gboolean strays; /* a valid value can leave the automaton */
} Ends;

static void mark_target(Ends *ends, guint32 state, guint flag) {
    if (state == KJ_AUTOMATON_NONE)
        ends->strays = TRUE;
    else
        ends->flags[state] |= flag;
}

/* Marks the targets of a state: those of tokens that may follow a label, those of local parts, or of any token. */
static void mark_targets(const KjAutomaton *automaton, Ends *ends, guint32 index, guint label_flag, guint local_flag) {
    const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, index);

    for (guint i = 0; i < state->edge_count; i++) {
        const KjAutomatonEdge *edge = &g_array_index(automaton->edges, KjAutomatonEdge, state->first_edge + i);

        mark_target(ends, edge->state, edge->token[0] == '@' ? local_flag : label_flag);
    }
    mark_target(ends, state->other, label_flag | local_flag);
}

/* Labels, at least one, then the local part. States reached by labels may come in any order, hence the repetition until nothing changes; a
 * mail pattern's `**` is one loop, so it ends after a few rounds. */
static void find_mail_ends(const KjAutomaton *automaton, Ends *ends) {
    gboolean changed = TRUE;
    g_autofree guint8 *done = g_new0(guint8, automaton->states->len + 1);

    mark_targets(automaton, ends, 0, STATE_AFTER_LABEL, 0);
    while (changed) {
        changed = FALSE;
        for (guint32 i = 0; i < automaton->states->len; i++) {
            if (!(ends->flags[i] & STATE_AFTER_LABEL) || done[i])
                continue;
            done[i] = changed = TRUE;
            mark_targets(automaton, ends, i, STATE_AFTER_LABEL, STATE_ENDS);
        }
    }
}

static void find_ends(const KjAutomaton *automaton, KjType type, Ends *ends) {
    if (type == KJ_TYPE_MAIL) {
        find_mail_ends(automaton, ends);
    } else if (type == KJ_TYPE_PATH) {
        ends->flags[0] = STATE_ENDS; /* "/" */
        for (guint32 i = 0; i < automaton->states->len; i++)
            mark_targets(automaton, ends, i, STATE_ENDS, STATE_ENDS);
    } else {
        mark_targets(automaton, ends, 0, STATE_ENDS, STATE_ENDS);
    }
}

/* ---- classes ---- */

static int compare_signatures(const void *a, const void *b) {
    gsize left_size, right_size;
    const guint32 *left = g_bytes_get_data(*(GBytes *const *)a, &left_size), *right = g_bytes_get_data(*(GBytes *const *)b, &right_size);

    for (gsize i = 0; i < MIN(left_size, right_size) / sizeof(guint32); i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    }
    return left_size < right_size ? -1 : left_size > right_size;
}

/* The marks that hold in a state, as sorted guint32. */
static GBytes *state_signature(Construction *work, guint32 index) {
    gsize size;
    const guint32 *nodes = g_bytes_get_data(work->subsets->pdata[index], &size);
    GBytes *signature;

    for (gsize i = 0; i < size / sizeof(guint32); i++) {
        const KjPatternNode *node = node_at(work, nodes[i]);

        if (node->mark_count)
            g_array_append_vals(work->target, &g_array_index(work->graph->marks, guint32, node->first_mark), node->mark_count);
    }
    make_set(work->target);
    work->work += work->target->len;
    signature = g_bytes_new(work->target->data, work->target->len * sizeof(guint32));
    g_array_set_size(work->target, 0);
    return signature;
}

/* Numbers the signatures (GBytes, unique) in order, and tells each mark its classes. */
static GHashTable *number_classes(KjAutomaton *automaton, GPtrArray *signatures, guint mark_count) {
    GHashTable *classes = g_hash_table_new(g_bytes_hash, g_bytes_equal);

    automaton->marked = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < mark_count; i++)
        g_ptr_array_add(automaton->marked, g_array_new(FALSE, FALSE, sizeof(guint32)));
    if (signatures->len > 1)
        qsort(signatures->pdata, signatures->len, sizeof(gpointer), compare_signatures);
    for (guint i = 0; i < signatures->len; i++) {
        gsize size;
        const guint32 *marks = g_bytes_get_data(signatures->pdata[i], &size);
        guint32 klass = i + 1;

        for (gsize j = 0; j < size / sizeof(guint32); j++)
            g_array_append_val((GArray *)automaton->marked->pdata[marks[j]], klass);
        g_hash_table_insert(classes, signatures->pdata[i], GUINT_TO_POINTER(klass));
    }
    automaton->class_count = signatures->len + 1;
    automaton->rest = 1; /* the empty signature sorts first; without one, no valid value asks for it */
    return classes;
}

static gboolean give_classes(Construction *work, KjType type, guint mark_count) {
    KjAutomaton *automaton = work->automaton;
    guint count = automaton->states->len;
    g_autofree guint8 *flags = g_new0(guint8, count + 1);
    Ends ends = { flags, FALSE };
    g_autoptr(GPtrArray) of_state = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GPtrArray) signatures = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    g_autoptr(GHashTable) classes = NULL;

    find_ends(automaton, type, &ends);
    for (guint32 i = 0; i <= count; i++) { /* the last: the value that left the automaton */
        gboolean ending = i < count ? (flags[i] & STATE_ENDS) != 0 : ends.strays;
        GBytes *signature = i < count && ending ? state_signature(work, i) : g_bytes_new(NULL, 0);

        g_ptr_array_add(of_state, signature);
        if (ending && g_hash_table_add(seen, signature))
            g_ptr_array_add(signatures, signature);
        if (work->work > KJ_LIMIT_PATTERN_STEPS)
            return FALSE;
    }
    classes = number_classes(automaton, signatures, mark_count);
    for (guint32 i = 0; i < count; i++) {
        guint32 klass = GPOINTER_TO_UINT(g_hash_table_lookup(classes, of_state->pdata[i]));

        g_array_index(automaton->states, KjAutomatonState, i).klass = klass ? klass : automaton->rest;
    }
    return TRUE;
}

KjAutomaton *kj_automaton_builder_finish(KjAutomatonBuilder *builder, guint mark_count) {
    g_autoptr(KjAutomaton) automaton = g_new0(KjAutomaton, 1);
    g_autoptr(KjPatternGraph) graph = kj_pattern_graph_new(builder->patterns);
    Construction work = { .graph = graph, .automaton = automaton };
    gboolean built;

    automaton->states = g_array_new(FALSE, FALSE, sizeof(KjAutomatonState));
    automaton->edges = g_array_new(FALSE, FALSE, sizeof(KjAutomatonEdge));
    work.subsets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    work.known = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    work.target = g_array_new(FALSE, FALSE, sizeof(guint32));
    work.steps = g_array_new(FALSE, FALSE, sizeof(KjPatternEdge));
    built = build_states(&work) && give_classes(&work, builder->type, mark_count);
    g_hash_table_unref(work.known);
    g_ptr_array_unref(work.subsets);
    g_array_unref(work.target);
    g_array_unref(work.steps);
    if (!automaton->marked)
        automaton->marked = g_ptr_array_new();
    return built ? g_steal_pointer(&automaton) : NULL;
}

/* ---- use ---- */

guint32 kj_automaton_next(const KjAutomaton *automaton, guint32 index, const char *token) {
    const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, index);
    guint32 low = 0, high = state->edge_count;

    while (low < high) {
        guint32 middle = low + (high - low) / 2;
        const KjAutomatonEdge *edge = &g_array_index(automaton->edges, KjAutomatonEdge, state->first_edge + middle);
        int order = strcmp(edge->token, token);

        if (order == 0)
            return edge->state;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return state->other;
}

guint32 kj_automaton_classify(const KjAutomaton *automaton, const char *const *tokens, guint count) {
    guint32 state = 0;

    for (guint i = 0; i < count; i++) {
        state = kj_automaton_next(automaton, state, tokens[i]);
        if (state == KJ_AUTOMATON_NONE)
            return automaton->rest;
    }
    return g_array_index(automaton->states, KjAutomatonState, state).klass;
}

/* For each state, whether a value of the class can still end after it. */
static gboolean *reaching(const KjAutomaton *automaton, guint32 klass) {
    gboolean *reaches = g_new0(gboolean, automaton->states->len), changed = TRUE;

    while (changed) { /* states mostly come before those they lead to, so backwards it takes few rounds */
        changed = FALSE;
        for (guint i = automaton->states->len; i > 0; i--) {
            const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, i - 1);
            gboolean now = state->klass == klass || (state->other != KJ_AUTOMATON_NONE && reaches[state->other]);

            for (guint32 e = 0; e < state->edge_count && !now && !reaches[i - 1]; e++)
                now = reaches[g_array_index(automaton->edges, KjAutomatonEdge, state->first_edge + e).state];
            changed = changed || (now && !reaches[i - 1]);
            reaches[i - 1] = reaches[i - 1] || now;
        }
    }
    return reaches;
}

gboolean kj_automaton_is_single(const KjAutomaton *automaton, guint32 klass) {
    g_autofree gboolean *reaches = NULL;
    guint32 at = 0;

    if (klass == automaton->rest)
        return FALSE; /* whatever leaves the states behind */
    reaches = reaching(automaton, klass);
    for (guint steps = 0; steps <= automaton->states->len; steps++) {
        const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, at);
        guint ways = state->klass == klass;

        if (state->other != KJ_AUTOMATON_NONE && reaches[state->other])
            return FALSE; /* any of the tokens nobody named */
        for (guint32 e = 0; e < state->edge_count; e++) {
            guint32 next = g_array_index(automaton->edges, KjAutomatonEdge, state->first_edge + e).state;

            if (reaches[next]) {
                ways++;
                at = next;
            }
        }
        if (ways != 1)
            return FALSE;
        if (state->klass == klass)
            return TRUE;
    }
    return FALSE; /* a circle */
}
