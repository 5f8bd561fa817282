/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of a point.
 *
 * What may change while others ask stands behind one lock, and one atomic number says that it has changed. Whoever swaps opens and verifies
 * the new table first, holding nothing; then takes the lock, exchanges two pointers, moves the number. Whoever asks reads the number, and
 * takes the lock only where it has moved. A table is freed with its last reference, which is an asker's; so nothing is freed that is being
 * asked, and nobody waits for anybody.
 *
 * A block that was asked once must be in every later table, of the same domain: a reload may change what a service answers, never whether
 * it can.
 */
#include "point_private.h"

#include <string.h>

#include <kijun/table.h>
#include <kijun/translate.h>
#include <kijun/view.h>

KjPoint *kj_point_new(KjCounter *counter, KjLog *log) {
    KjPoint *point = g_new0(KjPoint, 1);
    point->counter = counter;
    point->log = log;
    point->blocks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    point->askers = g_ptr_array_new();
    point->past = g_ptr_array_new_with_free_func((GDestroyNotify) kj_point_tally_free);
    g_mutex_init(&point->lock);
    return point;
}

void kj_point_free(KjPoint *point) {
    if (!point)
        return;
    g_assert(point->askers->len == 0);
    kj_table_unref(point->active.table);
    kj_table_unref(point->candidate.table);
    g_hash_table_unref(point->blocks);
    g_ptr_array_unref(point->askers);
    g_ptr_array_unref(point->past);
    g_mutex_clear(&point->lock);
    g_free(point);
}

/* ---- swapping ---- */

static void name_release(KjEdition *edition) {
    const KjTableHeader *header = edition->table->bytes;
    for (guint i = 0; i < KJ_RELEASE_LENGTH / 2; i++)
        g_snprintf(edition->release + 2 * i, 3, "%02x", header->hash[i]);
}

/* Under the lock. */
static gboolean has_blocks(KjPoint *point, const KjTable *table, GError **error) {
    GHashTableIter each;
    gpointer name, domain;
    g_hash_table_iter_init(&each, point->blocks);
    while (g_hash_table_iter_next(&each, &name, &domain)) {
        KjBlockView view;
        guint block;
        if (!kj_table_find_block(table, name, &block, error))
            return FALSE;
        kj_view_block(table, block, &view);
        if (strcmp(view.domain, domain) != 0) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the block `%s` is of the domain `%s`; it is asked as one of `%s`"),
                        (const char *)name, view.domain, (const char *)domain);
            return FALSE;
        }
    }
    return TRUE;
}

/* `edition` is the point's own; takes what is in `fresh`, which may be nothing, and leaves what was there before. */
static gboolean swap(KjPoint *point, KjEdition *edition, KjEdition *fresh, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_mutex_lock(&point->lock);
    if (!fresh->table || has_blocks(point, fresh->table, &problem)) {
        KjEdition before = *edition;
        *edition = *fresh;
        *fresh = before;
        if (edition == &point->active)
            __atomic_add_fetch(&point->epoch, 1, __ATOMIC_RELEASE);
        __atomic_add_fetch(&point->generation, 1, __ATOMIC_RELEASE);
    }
    g_mutex_unlock(&point->lock);
    if (!problem)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean load(KjPoint *point, KjEdition *edition, const char *path, GError **error) {
    KjEdition fresh = { .table = kj_table_open(path, error) };
    gboolean loaded = fresh.table != NULL;
    if (loaded) {
        name_release(&fresh);
        loaded = swap(point, edition, &fresh, error);
        if (!loaded)
            g_prefix_error(error, "%s: ", path);
        kj_table_unref(fresh.table);
    }
    if (!loaded)
        __atomic_add_fetch(&point->refused, 1, __ATOMIC_RELAXED);
    return loaded;
}

gboolean kj_point_load(KjPoint *point, const char *path, GError **error) {
    return load(point, &point->active, path, error);
}

gboolean kj_point_shadow(KjPoint *point, const char *path, GError **error) {
    if (path)
        return load(point, &point->candidate, path, error);
    KjEdition none = { .table = NULL };
    gboolean swapped = swap(point, &point->candidate, &none, error);
    kj_table_unref(none.table);
    return swapped;
}

/* ---- looking ---- */

static KjTable *take(KjPoint *point, const KjEdition *edition, char release[17]) {
    g_mutex_lock(&point->lock);
    KjTable *table = edition->table ? kj_table_ref(edition->table) : NULL;
    if (release)
        g_strlcpy(release, edition->release, KJ_RELEASE_LENGTH + 1);
    g_mutex_unlock(&point->lock);
    return table;
}

KjTable *kj_point_table(KjPoint *point, char release[17]) {
    return take(point, &point->active, release);
}

KjTable *kj_point_candidate(KjPoint *point, char release[17]) {
    return take(point, &point->candidate, release);
}

guint64 kj_point_epoch(const KjPoint *point) {
    return __atomic_load_n(&point->epoch, __ATOMIC_ACQUIRE);
}

const char *kj_answer_name(KjAnswerKind kind) {
    switch (kind) {
    case KJ_ANSWER_PERMIT:
        return "permit";
    case KJ_ANSWER_REFUSE:
        return "refuse";
    case KJ_ANSWER_HOLD:
        return "hold";
    case KJ_ANSWER_LATER:
        break;
    }
    return "later";
}
