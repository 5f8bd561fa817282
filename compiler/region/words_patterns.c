/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which classes a single pattern reaches: a walk over automaton and pattern at once.
 *
 * A place is a state of the automaton and a place in the pattern; a token takes both further. A mail address ends with its local part, and
 * no label is taken for one. Every place that is reached is reached by some value, because a token that nobody named can always be found.
 * Cost: states times length of the pattern at worst, with a bound.
 */
#include "words_private.h"

#include <kijun/value.h>

#define PLACES_MOST 200000u

/* A value so far; of a mail address, whether its local part is there. */
typedef struct {
    guint32 state; /* states->len: the automaton has been left */
    guint at;
    gboolean local;
} Place;

typedef struct {
    const KjAutomaton *automaton;
    KjType type;
    const KjPattern *pattern;
    GArray *places;    /* Place, to be gone on from */
    GHashTable *known; /* gint64: them by number */
    GArray *reached;   /* KjClassInterval */
} Walk;

static void reach(Walk *walk, guint32 state, guint at, gboolean local) {
    Place place = { state == KJ_AUTOMATON_NONE ? walk->automaton->states->len : state, at, local };
    gint64 number = ((gint64)place.state * (walk->pattern->count + 1) + at) * 2 + local;

    if (g_hash_table_add(walk->known, g_memdup2(&number, sizeof number)))
        g_array_append_val(walk->places, place);
}

static void note_end(Walk *walk, const Place *place) {
    gboolean left = place->state == walk->automaton->states->len;
    guint32 klass = left ? walk->automaton->rest : g_array_index(walk->automaton->states, KjAutomatonState, place->state).klass;
    KjClassInterval interval = { klass, klass };

    if (place->at == walk->pattern->count && (walk->type != KJ_TYPE_MAIL || place->local))
        g_array_append_val(walk->reached, interval);
}

/* The token, or any that nobody named (NULL), from the place; the pattern is then at `at`. In a mail address a free token may be a label
 * or the local part, but its first can only be a label. */
static void take(Walk *walk, const Place *place, const char *token, guint32 state, guint at) {
    gboolean marked = token && token[0] == '@';

    if (walk->type != KJ_TYPE_MAIL) {
        reach(walk, state, at, FALSE);
        return;
    }
    if (place->local)
        return;
    if (!marked)
        reach(walk, state, at, FALSE);
    if ((marked || !token) && place->at > 0)
        reach(walk, state, at, TRUE);
}

static void take_any(Walk *walk, const Place *place, guint at) {
    KjAutomatonState state = { 0, 0, KJ_AUTOMATON_NONE, 0 };

    if (place->state < walk->automaton->states->len)
        state = g_array_index(walk->automaton->states, KjAutomatonState, place->state);
    for (guint32 i = 0; i < state.edge_count; i++) {
        const KjAutomatonEdge *edge = &g_array_index(walk->automaton->edges, KjAutomatonEdge, state.first_edge + i);

        take(walk, place, edge->token, edge->state, at);
    }
    take(walk, place, NULL, state.other, at);
}

static void take_literal(Walk *walk, const Place *place, const char *token) {
    gboolean left = place->state == walk->automaton->states->len;

    take(walk, place, token, left ? KJ_AUTOMATON_NONE : kj_automaton_next(walk->automaton, place->state, token), place->at + 1);
}

static void go_on(Walk *walk, const Place *place) {
    const KjToken *token = place->at < walk->pattern->count ? &walk->pattern->tokens[place->at] : NULL;

    note_end(walk, place);
    if (!token)
        return;
    switch (token->kind) {
    case KJ_TOKEN_LITERAL:
        take_literal(walk, place, token->text);
        break;
    case KJ_TOKEN_ONE:
        take_any(walk, place, place->at + 1);
        break;
    case KJ_TOKEN_MANY:
        reach(walk, place->state == walk->automaton->states->len ? KJ_AUTOMATON_NONE : place->state, place->at + 1, place->local);
        take_any(walk, place, place->at);
        break;
    }
}

static const KjClassSet *reach_by_walk(const KjAutomaton *automaton, KjType type, const KjPattern *pattern, KjClassSets *sets) {
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(Place));
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GArray) reached = g_array_new(FALSE, FALSE, sizeof(KjClassInterval));
    Walk walk = { automaton, type, pattern, places, known, reached };

    reach(&walk, 0, 0, FALSE);
    while (places->len && g_hash_table_size(known) < PLACES_MOST) {
        Place place = g_array_index(places, Place, places->len - 1);

        g_array_set_size(places, places->len - 1);
        go_on(&walk, &place);
    }
    return places->len ? NULL : kj_class_sets_get(sets, (KjClassInterval *)(void *)reached->data, reached->len);
}

/* A pattern of literals is one value, and most patterns are. FALSE when it is not. */
static gboolean reach_literal(const KjAutomaton *automaton, const KjPattern *pattern, guint32 *klass) {
    const char *tokens[KJ_TOKENS_MAX];

    for (guint i = 0; i < pattern->count; i++) {
        if (pattern->tokens[i].kind != KJ_TOKEN_LITERAL || i == KJ_TOKENS_MAX)
            return FALSE;
        tokens[i] = pattern->tokens[i].text;
    }
    *klass = kj_automaton_classify(automaton, tokens, pattern->count);
    return TRUE;
}

const KjClassSet *kj_words_reach(const KjAutomaton *automaton, KjType type, const KjPattern *pattern, KjClassSets *sets) {
    guint32 klass;

    if (reach_literal(automaton, pattern, &klass))
        return kj_class_sets_range(sets, klass, klass);
    return reach_by_walk(automaton, type, pattern, sets);
}
