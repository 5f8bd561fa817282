/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Automata: the patterns of one string field as a deterministic automaton over tokens (format.h says what the tokens of a value are).
 *
 * Patterns are added under a mark, a small number that names one set of patterns; a value's class is the set of marks it satisfies.
 * So a group of ten thousand names is one mark, and gives two classes: those named, and everybody else. No class is empty: only
 * states in which a value of the type can really end carry one. Classes are numbered from 1 in the order of their marks, the class without
 * marks (`rest`) first, so that the classes of an early mark are neighbours.
 */
#ifndef KJ_AUTOMATON_H
#define KJ_AUTOMATON_H

#include "../check/policy.h"

#define KJ_AUTOMATON_NONE G_MAXUINT32

typedef struct {
    const char *token; /* borrowed from the pattern */
    guint32 state;
} KjAutomatonEdge;

typedef struct {
    guint32 first_edge, edge_count; /* in byte order of their tokens */
    guint32 other;                  /* state after every other token, or KJ_AUTOMATON_NONE: nothing can match any more */
    guint32 klass;                  /* of a value that ends here */
} KjAutomatonState;

typedef struct {
    GArray *states;      /* KjAutomatonState; the first is the start */
    GArray *edges;       /* KjAutomatonEdge */
    guint32 class_count; /* classes are 1 .. class_count - 1 */
    guint32 rest;        /* the class of a value that satisfies no mark; 1 when there is no such value */
    GPtrArray *marked;   /* for each mark, GArray of guint32: its classes, rising */
} KjAutomaton;

typedef struct KjAutomatonBuilder KjAutomatonBuilder;

/* Free with kj_automaton_builder_free. Tokens of added patterns must outlive builder and automaton. */
KjAutomatonBuilder *kj_automaton_builder_new(KjType type);
void kj_automaton_builder_free(KjAutomatonBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjAutomatonBuilder, kj_automaton_builder_free)

void kj_automaton_builder_add(KjAutomatonBuilder *builder, const KjPattern *pattern, guint mark);

/* The automaton of `mark_count` marks. NULL beyond KJ_LIMIT_PATTERN_STATES or KJ_LIMIT_PATTERN_STEPS. Free with kj_automaton_free. */
KjAutomaton *kj_automaton_builder_finish(KjAutomatonBuilder *builder, guint mark_count);
void kj_automaton_free(KjAutomaton *automaton);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjAutomaton, kj_automaton_free)

/* The state after the token, or KJ_AUTOMATON_NONE. */
guint32 kj_automaton_next(const KjAutomaton *automaton, guint32 state, const char *token);
guint32 kj_automaton_classify(const KjAutomaton *automaton, const char *const *tokens, guint count);

/* Whether exactly one value is of this class. */
gboolean kj_automaton_is_single(const KjAutomaton *automaton, guint32 klass);

#endif
