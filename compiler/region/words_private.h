/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of words, for its own files only. */
#ifndef KJ_WORDS_PRIVATE_H
#define KJ_WORDS_PRIVATE_H

#include "mentions.h"
#include "words.h"

#define KJ_WORDS_LIST_ALL G_MAXUINT

/* words_patterns.c: the classes of which some value fits the pattern; NULL when that would take too long to find. */
const KjClassSet *kj_words_reach(const KjAutomaton *automaton, KjType type, const KjPattern *pattern, KjClassSets *sets);

/* words_time.c: the part of a condition about the instants of some classes but 0, which are not all there are; NULL when nothing says
 * it. */
const KjCondition *kj_words_time(KjUniverse *universe, const KjClassSet *classes);

/* words_windows.c: the window without the names that stand for other instants elsewhere in the universe; whether its windows are of several zones. */
const KjWindow *kj_words_clear_window(KjUniverse *universe, const KjWindow *window);
gboolean kj_words_many_zones(KjUniverse *universe);

/* words_value.c: a set as a value of the syntax tree; a list has `most` (>= 2) items, the last of which may say how many more there are. */
KjAstValue *kj_words_value(KjArena *arena, const KjDataType *type, const KjSet *set, guint most, const char *language);
KjAstValue *kj_words_literal(KjArena *arena, KjAstValueKind kind, const char *spelling);
KjAstValue *kj_words_string(KjArena *arena, const char *text);
KjAstValue *kj_words_name(KjArena *arena, const char *name);
KjAstValue *kj_words_point(KjArena *arena, const KjDataType *type, KjOrdinal point);
KjAstValue *kj_words_node(KjArena *arena, KjAstValueKind kind, KjAstValue *left, KjAstValue *right);
KjAstName *kj_words_bare_name(KjArena *arena, const char *name);
/* A window as a value; without zones where they go without saying. */
KjAstValue *kj_words_window_value(KjArena *arena, const KjWindow *window, gboolean zones);
/* The relation and the bound of a set that begins or ends where the type does; 0 when it is none. */
KjRelation kj_words_bound(KjArena *arena, const KjDataType *type, const KjSet *set, KjAstValue **value);
/* How much there is to read of the set. */
guint kj_words_length(const KjDataType *type, const KjSet *set);

/* words_syntax.c: a condition made by kj_words_condition as clauses and `when`. */
typedef struct {
    KjAstClause *clauses;
    KjAstExpression *when; /* or NULL */
} KjWordsSyntax;

void kj_words_syntax(KjUniverse *universe, const KjCondition *condition, const char *language, KjWordsSyntax *syntax);

#endif
