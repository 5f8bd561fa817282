/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names by class. See tally.h.
 *
 * A name is a pattern of nothing but literal tokens; each is classified once, however many sets it is in. A class has other values when the automaton gets
 * there by a token that nobody wrote: one walk over its states, each with and without such a token behind it, says so for all classes. The class
 * of what satisfies no set has others if there is such a value at all. Cost: the size of the automaton and one look-up a name.
 */
#include "tally.h"

struct KjTally {
    guint *counts; /* by class */
    gboolean *others;
};

static void count_pattern(const KjClassifier *classifier, const KjPattern *pattern, GHashTable *seen, GPtrArray *tokens, guint *counts) {
    g_ptr_array_set_size(tokens, 0);
    for (guint i = 0; i < pattern->count; i++) {
        if (pattern->tokens[i].kind != KJ_TOKEN_LITERAL)
            return;
        g_ptr_array_add(tokens, (gpointer)pattern->tokens[i].text);
    }
    if (g_hash_table_add(seen, (gpointer)pattern->text))
        counts[kj_classifier_classify_tokens(classifier, (const char *const *)tokens->pdata, tokens->len)]++;
}

static void count_names(const KjClassifier *classifier, guint *counts) {
    const GPtrArray *sets = kj_classifier_sets(classifier);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) tokens = g_ptr_array_new();

    for (guint i = 0; i < sets->len; i++) {
        const KjSet *set = sets->pdata[i];

        for (guint j = 0; set->kind == KJ_SET_PATTERNS && j < set->count; j++)
            count_pattern(classifier, set->patterns[j], seen, tokens, counts);
    }
}

/* Whether there is a value that satisfies no mark. */
static gboolean has_rest(const KjAutomaton *automaton) {
    for (guint i = 0; i < automaton->marked->len; i++) {
        const GArray *classes = automaton->marked->pdata[i];

        if (classes->len && g_array_index(classes, guint32, 0) == automaton->rest)
            return FALSE; /* classes rise, and the rest would be the first of all */
    }
    return TRUE;
}

typedef struct {
    gboolean *seen; /* twice for each state: without and with an unwritten token behind it */
    GArray *pending;
} Walk;

static void reach(Walk *walk, guint32 state, gboolean unwritten) {
    guint32 place = 2 * state + (unwritten ? 1 : 0);

    if (state == KJ_AUTOMATON_NONE || walk->seen[place])
        return;
    walk->seen[place] = TRUE;
    g_array_append_val(walk->pending, place);
}

static void find_others(const KjAutomaton *automaton, gboolean *others) {
    g_autofree gboolean *seen = g_new0(gboolean, 2 * (gsize)automaton->states->len);
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(guint32));
    Walk walk = { seen, pending };

    reach(&walk, 0, FALSE);
    while (pending->len) {
        guint32 place = g_array_index(pending, guint32, pending->len - 1);
        const KjAutomatonState *state = &g_array_index(automaton->states, KjAutomatonState, place / 2);
        gboolean unwritten = place % 2 == 1;

        g_array_set_size(pending, pending->len - 1);
        if (unwritten)
            others[state->klass] = TRUE;
        reach(&walk, state->other, TRUE);
        for (guint32 i = 0; i < state->edge_count; i++)
            reach(&walk, g_array_index(automaton->edges, KjAutomatonEdge, state->first_edge + i).state, unwritten);
    }
    if (has_rest(automaton))
        others[automaton->rest] = TRUE;
}

KjTally *kj_tally_new(const KjClassifier *classifier) {
    KjTally *tally = g_new(KjTally, 1);
    guint32 class_count = kj_classifier_class_count(classifier);

    tally->counts = g_new0(guint, class_count);
    tally->others = g_new0(gboolean, class_count);
    if (kj_classifier_kind(classifier) == KJ_CLASSIFIER_AUTOMATON) {
        count_names(classifier, tally->counts);
        find_others(kj_classifier_automaton(classifier), tally->others);
    } else {
        for (guint32 i = 1; i < class_count; i++)
            tally->counts[i] = 1;
    }
    return tally;
}

void kj_tally_free(KjTally *tally) {
    g_free(tally->counts);
    g_free(tally->others);
    g_free(tally);
}

guint kj_tally_named(const KjTally *tally, guint32 klass) {
    return tally->counts[klass];
}

gboolean kj_tally_others(const KjTally *tally, guint32 klass) {
    return tally->others[klass];
}
