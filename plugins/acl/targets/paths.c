/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of paths as files and folders.
 *
 * The classes of a path field are languages of an automaton over segments (format.h). Hosts know less: a file, everything directly in a
 * folder (all of `/usr/sbin`), or everything there is. The automaton is walked from its first state with what is expected of each path by
 * what was listed before: a path that is in the set and not expected is listed; one that is expected and not in the set was left out, which
 * is no list; and where the segments that nobody names lead, nothing further down may be in the set, or the pattern has a `*` inside or a
 * `**`. A state met again on the way down has paths of any length below it, which is no list either.
 *
 * Cost: linear in the states below each state on the way, which is the depth times the size of the automaton.
 */
#include <string.h>

#include "target.h"

typedef struct {
    const KjAclBlock *block;
    const gboolean *classes;
    guint32 rest;
    GHashTable *way; /* states from the first to where we are */
    KjAclPaths *paths;
} Walk;

static gboolean is_in(const Walk *walk, guint state) {
    KjStateView view;
    if (state == KJ_VIEW_NO_STATE)
        return walk->classes[walk->rest];
    kj_view_state(walk->block->table, state, &view);
    return walk->classes[view.klass];
}

/* Puts the states that follow `state` on the list, each once. */
static void follow(const Walk *walk, guint state, GArray *list, GHashTable *known) {
    KjStateView view;
    if (state == KJ_VIEW_NO_STATE) {
        if (g_hash_table_add(known, GUINT_TO_POINTER(state)))
            g_array_append_val(list, state);
        return;
    }
    kj_view_state(walk->block->table, state, &view);
    for (guint i = 0; i <= view.edge_count; i++) {
        guint next = view.others;
        if (i < view.edge_count)
            kj_view_edge(walk->block->table, view.first_edge + i, &next);
        if (g_hash_table_add(known, GUINT_TO_POINTER(next)))
            g_array_append_val(list, next);
    }
}

/* Whether every longer path through `state` is in the set (or none is). */
static gboolean all_below(const Walk *walk, guint state, gboolean in) {
    g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(guint));
    follow(walk, state, list, known);
    for (guint i = 0; i < list->len; i++) {
        guint next = g_array_index(list, guint, i);
        if (is_in(walk, next) != in)
            return FALSE;
        follow(walk, next, list, known);
    }
    return TRUE;
}

static gboolean visit(const Walk *walk, guint state, const char *path, gboolean expected);

static gboolean visit_below(const Walk *walk, guint state, const char *path) {
    KjStateView view;
    kj_view_state(walk->block->table, state, &view);
    gboolean whole = is_in(walk, view.others);
    if (!all_below(walk, view.others, FALSE))
        return FALSE;
    if (whole)
        g_ptr_array_add(walk->paths->folders, g_strdup(path));
    for (guint i = 0; i < view.edge_count; i++) {
        guint next;
        g_autofree char *longer = g_strconcat(path, "/", kj_view_edge(walk->block->table, view.first_edge + i, &next), NULL);
        if (!visit(walk, next, longer, whole))
            return FALSE;
    }
    return TRUE;
}

static gboolean visit(const Walk *walk, guint state, const char *path, gboolean expected) {
    gboolean in = is_in(walk, state);
    if (expected && !in)
        return FALSE;
    if (in && !expected)
        g_ptr_array_add(walk->paths->files, g_strdup(*path ? path : "/"));
    if (all_below(walk, state, FALSE))
        return TRUE;
    if (state == KJ_VIEW_NO_STATE || !g_hash_table_add(walk->way, GUINT_TO_POINTER(state)))
        return FALSE;
    gboolean listed = visit_below(walk, state, path);
    g_hash_table_remove(walk->way, GUINT_TO_POINTER(state));
    return listed;
}

gboolean kj_acl_paths_of(const KjAclBlock *block, const gboolean *classes, KjAclPaths *paths) {
    g_autoptr(GHashTable) way = g_hash_table_new(NULL, NULL);
    Walk walk = { block, classes, 0, way, paths };
    guint first = kj_view_first_state(block->table, block->view.first_field + block->resource, &walk.rest);
    *paths = (KjAclPaths){ FALSE, g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free) };
    paths->all = is_in(&walk, first) && all_below(&walk, first, TRUE);
    return paths->all || visit(&walk, first, "", FALSE);
}

void kj_acl_paths_clear(KjAclPaths *paths) {
    g_clear_pointer(&paths->files, g_ptr_array_unref);
    g_clear_pointer(&paths->folders, g_ptr_array_unref);
}

void kj_acl_segments_of(const KjAclBlock *block, const gboolean *classes, KjAclNames *segments) {
    Walk walk = { block, classes, 0, NULL, NULL };
    guint first = kj_view_first_state(block->table, block->view.first_field + block->resource, &walk.rest);
    KjStateView view = { .others = KJ_VIEW_NO_STATE };
    if (first != KJ_VIEW_NO_STATE)
        kj_view_state(block->table, first, &view);
    *segments = (KjAclNames){ is_in(&walk, view.others), g_ptr_array_new() };
    for (guint i = 0; i < view.edge_count; i++) {
        guint next;
        const char *segment = kj_view_edge(block->table, view.first_edge + i, &next);
        if (is_in(&walk, next) != segments->rest)
            g_ptr_array_add(segments->names, (gpointer)segment);
    }
}

guint32 kj_acl_path_class(const KjAclBlock *block, const char *path) {
    g_auto(GStrv) segments = g_strsplit(path + 1, "/", -1);
    KjStateView view;
    guint32 rest;
    guint state = kj_view_first_state(block->table, block->view.first_field + block->resource, &rest);
    for (char **segment = segments; *segment && state != KJ_VIEW_NO_STATE; segment++) {
        guint next, others;
        kj_view_state(block->table, state, &view);
        others = view.others;
        for (guint i = 0; i < view.edge_count; i++)
            if (strcmp(kj_view_edge(block->table, view.first_edge + i, &next), *segment) == 0)
                others = next;
        state = others;
    }
    if (state == KJ_VIEW_NO_STATE)
        return rest;
    kj_view_state(block->table, state, &view);
    return view.klass;
}
