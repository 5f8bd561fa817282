/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Examples of paths, mail addresses and names: the shortest way through an automaton to an end of a wanted class.
 *
 * A token that a pattern names costs nothing, one that nobody named costs one, so that what the policy mentions comes first. The search
 * goes round by round of equal cost, and within a round by length. What reads badly though it is right, the path "/" and a mail domain of
 * one label, waits some rounds. A token nobody named becomes an example word; from where the automaton has been left for good any word will
 * do.
 */
#include "examples.h"

#include <string.h>

#define LATER 4u /* rounds that a value waits which reads badly */

enum { STEP_ENDS = 1, STEP_GOES_ON = 2 };

typedef struct {
    guint32 state;     /* states->len: the automaton has been left */
    guint32 before;    /* index of the step before; of the first, KJ_AUTOMATON_NONE */
    const char *token; /* that led here; NULL: one that nobody named, and of the first step */
    guint depth, flags;
} Step;

typedef struct {
    const KjAutomaton *automaton;
    KjType type;
    const KjClassSet *classes;
    guint most;
    GPtrArray *texts;
    GArray *steps;     /* Step */
    GPtrArray *rounds; /* GArray of guint32: steps to be taken, by cost */
    guint8 *gone;      /* for each state: gone on from, or waiting for it */
} Search;

static guint32 left_state(const Search *search) {
    return search->automaton->states->len;
}

static guint32 class_at(const Search *search, guint32 state) {
    return state == left_state(search) ? search->automaton->rest : g_array_index(search->automaton->states, KjAutomatonState, state).klass;
}

/* ---- words for tokens nobody named ---- */

typedef enum { ROLE_SEGMENT, ROLE_TOP_LABEL, ROLE_LABEL, ROLE_LOCAL, ROLE_PRINCIPAL, ROLE_OTHER } Role;

static const char *const role_words[][3] = {
    [ROLE_SEGMENT] = { "example", "other", "another" },
    [ROLE_TOP_LABEL] = { "example", "test", "invalid" }, /* RFC 2606 */
    [ROLE_LABEL] = { "mail", "other", "another" },
    [ROLE_LOCAL] = { "someone", "another", "nobody" },
    [ROLE_PRINCIPAL] = { "someone", "another", "nobody" },
    [ROLE_OTHER] = { "other", "another", "example" },
};

/* An edge never leads where every other token does. */
static gboolean is_on_edge(const Search *search, guint32 state, const char *token) {
    return state != left_state(search) && kj_automaton_next(search->automaton, state, token) !=
                                              g_array_index(search->automaton->states, KjAutomatonState, state).other;
}

/* The word after `skip` others, of those that no edge out of the state has: each edge can spoil one, so there is always another. */
static char *find_word(const Search *search, guint32 state, Role role, guint skip) {
    for (guint i = 0;; i++) {
        const char *mark = role == ROLE_LOCAL ? "@" : "";
        g_autofree char *token = i < G_N_ELEMENTS(role_words[role]) ? g_strconcat(mark, role_words[role][i], NULL)
                                                                     : g_strdup_printf("%s%s%u", mark, role_words[role][0], i);

        if (!is_on_edge(search, state, token) && skip-- == 0)
            return g_strdup(token + strlen(mark));
    }
}

static Role role_of(const Search *search, const Step *step) {
    switch (search->type) {
    case KJ_TYPE_PATH:
        return ROLE_SEGMENT;
    case KJ_TYPE_MAIL:
        return step->flags == STEP_ENDS ? ROLE_LOCAL : step->depth == 1 ? ROLE_TOP_LABEL : ROLE_LABEL;
    default:
        return search->type == KJ_TYPE_PRINCIPAL ? ROLE_PRINCIPAL : ROLE_OTHER;
    }
}

/* ---- values ---- */

/* A domain whose one label nobody named: with another before it, it looks like a domain, and is still nobody's. */
static gboolean is_bare_domain(const Search *search, guint32 state, guint labels) {
    return labels == 1 && state == left_state(search);
}

static void put_token(const Search *search, const Step *step, const char *word, GString *out) {
    const Step *before = &g_array_index(search->steps, Step, step->before);

    if (search->type == KJ_TYPE_PATH) {
        g_string_append_printf(out, "/%s", word);
    } else if (search->type != KJ_TYPE_MAIL) {
        g_string_append(out, word);
    } else if (step->flags == STEP_ENDS) {
        if (is_bare_domain(search, before->state, before->depth))
            g_string_prepend(out, "mail.");
        g_string_prepend_c(out, '@');
        g_string_prepend(out, step->token ? word + 1 : word);
    } else {
        g_string_prepend(out, step->depth > 1 ? "." : "");
        g_string_prepend(out, word);
    }
}

/* The value that the steps up to this one spell, with the variation of its last free word. */
static char *spell(const Search *search, guint32 last, guint variation) {
    g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(guint32));
    GString *out = g_string_new(NULL);
    guint free_words = 0;

    for (guint32 i = last; g_array_index(search->steps, Step, i).before != KJ_AUTOMATON_NONE;
         i = g_array_index(search->steps, Step, i).before) {
        g_array_prepend_val(way, i);
        free_words += g_array_index(search->steps, Step, i).token == NULL;
    }
    for (guint i = 0; i < way->len; i++) {
        const Step *step = &g_array_index(search->steps, Step, g_array_index(way, guint32, i));
        guint32 state = g_array_index(search->steps, Step, step->before).state;
        g_autofree char *word = step->token ? NULL : find_word(search, state, role_of(search, step), free_words == 1 ? variation : 0);

        free_words -= step->token == NULL;
        put_token(search, step, word ? word : step->token, out);
    }
    if (search->type == KJ_TYPE_PATH && way->len == 0)
        g_string_append_c(out, '/');
    return g_string_free(out, FALSE);
}

static void emit(Search *search, guint32 last) {
    gboolean varies = FALSE;

    for (guint32 i = last; !varies && g_array_index(search->steps, Step, i).before != KJ_AUTOMATON_NONE;
         i = g_array_index(search->steps, Step, i).before)
        varies = g_array_index(search->steps, Step, i).token == NULL;
    for (guint variation = 0; search->texts->len < search->most && (variation == 0 || varies); variation++) {
        char *text = spell(search, last, variation);

        if (g_ptr_array_find_with_equal_func(search->texts, text, g_str_equal, NULL))
            g_free(text);
        else
            g_ptr_array_add(search->texts, text);
    }
}

/* ---- the search ---- */

static void put_off(Search *search, guint round, guint32 state, guint32 before, const char *token, guint flags) {
    guint32 index = search->steps->len;
    Step step = { state, before, token, before == KJ_AUTOMATON_NONE ? 0 : g_array_index(search->steps, Step, before).depth + 1, flags };

    if (!kj_class_set_has(search->classes, class_at(search, state)))
        step.flags &= ~(guint)STEP_ENDS;
    if (search->gone[state])
        step.flags &= ~(guint)STEP_GOES_ON;
    if (!step.flags)
        return;
    if (step.flags & STEP_GOES_ON)
        search->gone[state] = 1;
    while (search->rounds->len <= round)
        g_ptr_array_add(search->rounds, g_array_new(FALSE, FALSE, sizeof(guint32)));
    g_array_append_val(search->steps, step);
    g_array_append_val((GArray *)search->rounds->pdata[round], index);
}

/* The token may be a part of a value, its last, or both: by the type. */
static void put_off_token(Search *search, guint round, guint32 state, guint32 before, const char *token) {
    const Step from = g_array_index(search->steps, Step, before);
    guint ending = from.depth == 1 && !is_bare_domain(search, from.state, 1) ? LATER : 0;

    if (state == KJ_AUTOMATON_NONE)
        state = left_state(search);
    if (search->type == KJ_TYPE_PATH) {
        put_off(search, round, state, before, token, STEP_ENDS | STEP_GOES_ON);
        return;
    }
    if (search->type != KJ_TYPE_MAIL) {
        put_off(search, round, state, before, token, STEP_ENDS);
        return;
    }
    if (!token || token[0] != '@')
        put_off(search, round, state, before, token, STEP_GOES_ON);
    if ((!token || token[0] == '@') && from.depth > 0)
        put_off(search, round + ending, state, before, token, STEP_ENDS);
}

static void go_on(Search *search, guint round, guint32 index) {
    guint32 at = g_array_index(search->steps, Step, index).state;
    KjAutomatonState state = { 0, 0, KJ_AUTOMATON_NONE, 0 };

    if (at != left_state(search))
        state = g_array_index(search->automaton->states, KjAutomatonState, at);
    for (guint32 i = 0; i < state.edge_count; i++) {
        const KjAutomatonEdge *edge = &g_array_index(search->automaton->edges, KjAutomatonEdge, state.first_edge + i);

        put_off_token(search, round, edge->state, index, edge->token);
    }
    put_off_token(search, round + 1, state.other, index, NULL);
}

void kj_examples_find_texts(const KjAutomaton *automaton, KjType type, const KjClassSet *classes, guint most, GPtrArray *texts) {
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));
    g_autoptr(GPtrArray) rounds = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autofree guint8 *gone = g_new0(guint8, automaton->states->len + 1);
    Search search = { automaton, type, classes, most, texts, steps, rounds, gone };

    put_off(&search, 0, 0, KJ_AUTOMATON_NONE, NULL, STEP_GOES_ON);
    if (type == KJ_TYPE_PATH)
        put_off(&search, LATER, 0, KJ_AUTOMATON_NONE, NULL, STEP_ENDS);
    for (guint round = 0; round < rounds->len; round++) {
        for (guint i = 0; i < ((GArray *)rounds->pdata[round])->len && texts->len < most; i++) {
            guint32 index = g_array_index((GArray *)rounds->pdata[round], guint32, i);
            guint flags = g_array_index(steps, Step, index).flags;

            if (flags & STEP_ENDS)
                emit(&search, index);
            if (flags & STEP_GOES_ON)
                go_on(&search, round, index);
        }
    }
}
