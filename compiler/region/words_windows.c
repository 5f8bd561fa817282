/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which names of windows, and which zones, may be said.
 *
 * Of two versions that disagree about `hours`, "during hours, outside hours" says nothing. So a name is said only where it stands for the same
 * instants in the whole universe; elsewhere the window is said as it was written: "during mon..fri 09:00..20:00 - holidays, outside mon..fri
 * 09:00..18:00 - holidays". And people are spared the zone only where there is but one.
 * Cost: a look at every part of every different window.
 */
#include "words_private.h"

#include <string.h>

#include "window_text.h"

/* Every window that some test of the universe speaks of, and its parts, each once. */
static GPtrArray *find_windows(KjUniverse *universe) {
    GPtrArray *windows = g_ptr_array_new();
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < kj_universe_instant(universe); i++) {
        const KjSpaceField *field = kj_universe_field(universe, i);

        if (field->kind == KJ_FIELD_KIND_TIME && g_hash_table_add(known, (gpointer)field->window))
            g_ptr_array_add(windows, (gpointer)field->window);
    }
    for (guint i = 0; i < windows->len; i++) {
        const KjWindow *window = windows->pdata[i];

        if (window->kind == KJ_WINDOW_ATOM)
            continue;
        if (g_hash_table_add(known, (gpointer)window->left))
            g_ptr_array_add(windows, (gpointer)window->left);
        if (g_hash_table_add(known, (gpointer)window->right))
            g_ptr_array_add(windows, (gpointer)window->right);
    }
    return windows;
}

static gboolean is_same(const KjWindow *a, const KjWindow *b) {
    g_autoptr(GString) one = g_string_new(NULL), other = g_string_new(NULL);

    if (a == b)
        return TRUE;
    kj_window_text(a, one);
    kj_window_text(b, other);
    return g_string_equal(one, other);
}

static GHashTable *find_ambiguous(KjUniverse *universe) {
    g_autoptr(GPtrArray) windows = find_windows(universe);
    g_autoptr(GHashTable) meant = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *ambiguous = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < windows->len; i++) {
        const KjWindow *window = windows->pdata[i], *first = window->name ? g_hash_table_lookup(meant, window->name) : NULL;

        if (window->name && !first)
            g_hash_table_insert(meant, (gpointer)window->name, (gpointer)window);
        else if (first && !is_same(first, window))
            g_hash_table_add(ambiguous, (gpointer)window->name);
    }
    return ambiguous;
}

/* A list of holidays is one union deep to the left for each day, so that way is gone in a loop; to the right no deeper than it is written. */
static const KjWindow *without_names(KjArena *arena, GHashTable *names, const KjWindow *window) {
    const KjWindow *first = window, **link = &first;

    while (!window->name || g_hash_table_contains(names, window->name)) {
        KjWindow *copy = kj_arena_new0(arena, KjWindow);

        *copy = *window;
        copy->name = NULL;
        *link = copy;
        if (window->kind == KJ_WINDOW_ATOM)
            break;
        copy->right = without_names(arena, names, window->right);
        link = &copy->left;
        window = window->left;
    }
    return first;
}

const KjWindow *kj_words_clear_window(KjUniverse *universe, const KjWindow *window) {
    g_autoptr(GHashTable) ambiguous = find_ambiguous(universe);

    return g_hash_table_size(ambiguous) == 0 ? window : without_names(kj_universe_arena(universe), ambiguous, window);
}

gboolean kj_words_many_zones(KjUniverse *universe) {
    g_autoptr(GPtrArray) windows = find_windows(universe);
    const KjWindow *first = NULL;

    for (guint i = 0; i < windows->len; i++) {
        const KjWindow *window = windows->pdata[i];

        if (window->kind != KJ_WINDOW_ATOM)
            continue;
        if (first && g_strcmp0(first->atom.zone, window->atom.zone) != 0)
            return TRUE;
        first = window;
    }
    return FALSE;
}
