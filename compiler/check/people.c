/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group, as names. */
#include "policy.h"

#include <string.h>

static GHashTable *names_of(const KjSet *set);

static void take(GHashTable *names, const KjSet *set, gboolean in) {
    g_autoptr(GHashTable) others = names_of(set);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, others);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (in)
            g_hash_table_add(names, name);
        else
            g_hash_table_remove(names, name);
    }
}

/* Each part is a set of its own before it is joined: what one part leaves out, another may have. */
static GHashTable *names_of(const KjSet *set) {
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
    if (set->kind == KJ_SET_PATTERNS)
        for (guint i = 0; i < set->count; i++)
            g_hash_table_add(names, (gpointer)set->patterns[i]->text);
    for (guint i = 0; set->kind == KJ_SET_UNION && i < set->count; i++)
        take(names, set->members[i], TRUE);
    if (set->kind == KJ_SET_MINUS) {
        take(names, set->members[0], TRUE);
        take(names, set->members[1], FALSE);
    }
    return names;
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *kj_set_names(const KjSet *set) {
    g_autoptr(GHashTable) names = names_of(set);
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(list, name);
    g_ptr_array_sort(list, compare_names);
    return list;
}

const KjSet *kj_policy_people(const KjPolicy *policy, const char *group) {
    for (const KjNamed *named = policy->names; named; named = named->next)
        if (named->people && strcmp(named->qualified, group) == 0)
            return named->people;
    return NULL;
}
