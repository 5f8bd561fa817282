/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases on a host, and the switch between them.
 *
 * A switch is three renames, each on the disk before the next:
 *
 *     1. `next` appears: what will be remembered, in full
 *     2. `current` is replaced: from here on the new release is in force
 *     3. `next` becomes `state`
 *
 * A crash before 2 leaves a `next` that `current` does not name: it never happened. One after 2 leaves a `next` that `current` names: it
 * happened, and 3 is made up for. No instant lies between. A failure (no space, a dying disk) undoes what was done, in the opposite order;
 * a failure of that is left to the next kj_store_open(), which knows no other cases.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/translate.h"
#include "disk.h"
#include "store_files.h"
#include "store_state.h"

#define RELEASES "releases"
#define FRESH ".new" /* in `releases`: being written; no digest begins with a dot */
#define STALE ".old" /* in `releases`: being removed */
#define READ_TRIES 100u

struct KjStore {
    char *folder, *releases, *current, *next, *state;
    KjStoreRecord *record; /* NULL: no release ever was in force */
    char *recovered;
    int lock; /* -1: only read */
};

static const KjStoreState nothing = { .release = NULL };
static const char *const none_kept[] = { NULL };

const KjStoreState *kj_store_state(const KjStore *store) {
    return store->record ? &store->record->state : &nothing;
}

const char *kj_store_recovered(const KjStore *store) {
    return store->recovered;
}

const char *const *kj_store_kept(const KjStore *store) {
    return store->record ? (const char *const *)store->record->kept : none_kept;
}

char *kj_store_path(const KjStore *store, const char *digest) {
    return digest ? g_build_filename(store->releases, digest, NULL) : g_strdup(store->current);
}

gboolean kj_store_has(const KjStore *store, const char *digest) {
    g_autofree char *path = kj_store_path(store, digest);
    struct stat status;
    return kj_store_is_digest(digest) && lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- the link ---- */

/* The digest that `current` names. TRUE with NULL when it is not there; FALSE with KJ_ERROR_IO. */
static gboolean read_current(const KjStore *store, char **digest, GError **error) {
    char target[sizeof RELEASES + 65 + 1];
    ssize_t length = readlink(store->current, target, sizeof target - 1);
    *digest = NULL;
    if (length < 0)
        return errno == ENOENT || kj_disk_fail(error, _("cannot be read"), store->current);
    target[length] = '\0';
    if (!g_str_has_prefix(target, RELEASES "/") || !kj_store_is_digest(target + strlen(RELEASES "/"))) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: this link leads to no release; kijun makes it, and nobody else may"),
                    store->current);
        return FALSE;
    }
    *digest = g_strdup(target + strlen(RELEASES "/"));
    return TRUE;
}

/* Makes `current` name a release (NULL: removes it), in one step. */
static gboolean point(const KjStore *store, const char *digest, GError **error) {
    g_autofree char *target = g_strconcat(RELEASES "/", digest, NULL), *beside = g_strconcat(store->current, ".new", NULL);
    if (!kj_disk_remove(beside, error))
        return FALSE;
    if (!digest && unlink(store->current) != 0 && errno != ENOENT)
        return kj_disk_fail(error, _("cannot be removed"), store->current);
    if (digest && symlink(target, beside) != 0)
        return kj_disk_fail(error, _("cannot be made"), beside);
    if (digest && rename(beside, store->current) != 0) {
        kj_disk_fail(error, _("cannot be replaced"), store->current);
        unlink(beside);
        return FALSE;
    }
    return kj_disk_sync(store->folder, error);
}

/* ---- opening ---- */

/* `next` is what was decided, and `current` says it happened. */
static gboolean happened(const KjStoreRecord *next, const KjStoreRecord *record, const char *current) {
    return next && g_strcmp0(next->state.release, current) == 0 && next->state.epoch == (record ? record->state.epoch : 0) + 1;
}

static gboolean rename_next(const KjStore *store, GError **error) {
    return (rename(store->next, store->state) == 0 || kj_disk_fail(error, _("cannot be replaced"), store->state)) &&
           kj_disk_sync(store->folder, error);
}

static gboolean fail_lost(const KjStore *store, GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                _("%s is gone, though %s is there; it keeps this host from taking an older release, so bring it back from a backup rather "
                  "than make one up"),
                store->state, store->current);
    return FALSE;
}

/* Nothing but `next` can tell a crash from somebody's meddling, so a `current` that nobody decided goes back to what is remembered. */
static gboolean recover(KjStore *store, KjStoreRecord *next, const char *current, GError **error) {
    const char *wanted = kj_store_state(store)->release;
    if (happened(next, store->record, current)) {
        store->recovered = g_strdup_printf(_("release %s was in force, and is now remembered as such"), current);
        return rename_next(store, error);
    }
    if (next) {
        store->recovered = g_strdup_printf(_("the switch to release %s had not happened, and was given up"), next->state.release);
        if (!kj_disk_remove(store->next, error))
            return FALSE;
    }
    if (current && !wanted)
        return fail_lost(store, error);
    if (!wanted || g_strcmp0(current, wanted) == 0 || !kj_store_has(store, wanted))
        return TRUE;
    g_free(store->recovered);
    store->recovered = g_strdup_printf(_("release %s was in force by nobody's decision; %s is again"), current ? current : "none", wanted);
    return point(store, wanted, error);
}

static gboolean is_kept(const KjStore *store, const char *name) {
    return g_strv_contains(kj_store_kept(store), name);
}

/* Removes what a killed run left and what is not kept any more. A folder is taken out of its name first, so that no digest ever names half
 * a release. */
static gboolean sweep(const KjStore *store, GError **error) {
    static const char *const beside[] = { "current.new", "state.new", "next.new" };
    g_autofree char *stale = g_build_filename(store->releases, STALE, NULL);
    gboolean done = kj_disk_remove(stale, error);

    for (guint i = 0; done && i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *path = g_build_filename(store->folder, beside[i], NULL);
        done = kj_disk_remove(path, error);
    }
    g_autoptr(GDir) all = done ? g_dir_open(store->releases, 0, error) : NULL;
    for (const char *name; all && done && (name = g_dir_read_name(all));) {
        g_autofree char *path = g_build_filename(store->releases, name, NULL);
        if (!is_kept(store, name))
            done = (rename(path, stale) == 0 || kj_disk_fail(error, _("cannot be removed"), path)) && kj_disk_remove(stale, error);
    }
    return done && all;
}

static gboolean open_to_deploy(KjStore *store, GError **error) {
    g_autofree char *path = g_build_filename(store->folder, "lock", NULL), *current = NULL, *parent = g_path_get_dirname(store->folder);
    g_autoptr(KjStoreRecord) next = NULL;

    if (!g_file_test(store->releases, G_FILE_TEST_IS_DIR) &&
        ((g_mkdir_with_parents(store->releases, 0755) != 0 && !kj_disk_fail(error, _("cannot be made"), store->releases)) ||
         !kj_disk_sync(store->folder, error) || !kj_disk_sync(parent, error)))
        return FALSE;
    if ((store->lock = kj_disk_lock(path, _("another deployment is at work on this host; try again when it has ended"), error)) < 0)
        return FALSE;
    if (!kj_store_record_read(store->state, &store->record, error) || !kj_store_record_read(store->next, &next, error) ||
        !read_current(store, &current, error) || !recover(store, next, current, error))
        return FALSE;
    if (happened(next, store->record, current)) {
        kj_store_record_free(store->record);
        store->record = g_steal_pointer(&next);
    }
    return sweep(store, error);
}

static gboolean same(const KjStoreRecord *a, const KjStoreRecord *b) {
    return a && b ? a->state.epoch == b->state.epoch && g_strcmp0(a->state.release, b->state.release) == 0 : a == b;
}

/* A deployment may be under way: what is read must be of one instant, so it is read again until `state` has not moved. */
static gboolean open_to_read(KjStore *store, GError **error) {
    for (guint i = 0; i < READ_TRIES; i++) {
        g_autoptr(KjStoreRecord) before = NULL, next = NULL, after = NULL;
        g_autofree char *current = NULL;
        if (!kj_store_record_read(store->state, &before, error) || !read_current(store, &current, error) ||
            !kj_store_record_read(store->next, &next, error) || !kj_store_record_read(store->state, &after, error))
            return FALSE;
        if (!same(before, after))
            continue;
        if (happened(next, after, current)) {
            store->record = g_steal_pointer(&next);
            return TRUE;
        }
        store->record = g_steal_pointer(&after);
        return store->record || !current || fail_lost(store, error);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s changes all the time"), store->state);
    return FALSE;
}

KjStore *kj_store_open(const char *folder, KjStorePurpose purpose, GError **error) {
    g_autoptr(KjStore) store = g_new0(KjStore, 1);
    store->lock = -1;
    store->folder = g_canonicalize_filename(folder, NULL);
    store->releases = g_build_filename(store->folder, RELEASES, NULL);
    store->current = g_build_filename(store->folder, "current", NULL);
    store->next = g_build_filename(store->folder, "next", NULL);
    store->state = g_build_filename(store->folder, "state", NULL);
    gboolean opened = purpose == KJ_STORE_DEPLOY ? open_to_deploy(store, error) : open_to_read(store, error);
    return opened ? g_steal_pointer(&store) : NULL;
}

void kj_store_free(KjStore *store) {
    if (!store)
        return;
    g_free(store->folder);
    g_free(store->releases);
    g_free(store->current);
    g_free(store->next);
    g_free(store->state);
    g_free(store->recovered);
    kj_store_record_free(store->record);
    if (store->lock >= 0)
        close(store->lock);
    g_free(store);
}

/* ---- putting a release there ---- */

gboolean kj_store_put(KjStore *store, const char *digest, const KjStoreFile *files, guint count, GError **error) {
    g_autofree char *path = kj_store_path(store, digest), *fresh = g_build_filename(store->releases, FRESH, NULL);
    g_assert(store->lock >= 0 && kj_store_is_digest(digest));

    if (!kj_store_files_check(files, count, error))
        return FALSE;
    gboolean there = kj_store_has(store, digest);
    if (there && kj_store_files_equal(path, files, count))
        return TRUE;
    gboolean done = kj_disk_remove(fresh, error) && kj_store_files_write(fresh, files, count, error) &&
                    (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, there ? RENAME_EXCHANGE : RENAME_NOREPLACE) == 0 ||
                     kj_disk_fail(error, _("cannot be put in its place"), path)) &&
                    kj_disk_sync(store->releases, error);
    kj_disk_remove(fresh, NULL); /* half a release, or the one that was replaced; the next open removes what cannot be removed now */
    return done;
}

/* ---- switching ---- */

static gboolean refuse_back(GError **error, const char *what, guint64 have, guint64 get) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, "rollback: %s: %" G_GUINT64_FORMAT " < %" G_GUINT64_FORMAT, what, get, have);
    return FALSE;
}

/* The last line of defence: the verifier has seen to all of this before. */
static gboolean only_forward(const KjStoreState *old, const KjStoreState *state, GError **error) {
    if (state->serial < old->serial)
        return refuse_back(error, _("the number of the release would go back"), old->serial, state->serial);
    if (state->root < old->root)
        return refuse_back(error, _("the version of the root of trust would go back"), old->root, state->root);
    if (state->seen < old->seen)
        return refuse_back(error, _("time would go back"), (guint64)old->seen, (guint64)state->seen);
    if (old->root_digest && state->root == old->root && g_strcmp0(state->root_digest, old->root_digest) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, "forked history: %s", _("the root of trust is another of the same version"));
        return FALSE;
    }
    return TRUE;
}

/* The release in force, those before it, `count` in all, and the fallback. */
static char **kept_with(const KjStore *store, const KjStoreState *state, guint count) {
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    g_ptr_array_add(kept, g_strdup(state->release));
    for (const char *const *digest = kj_store_kept(store); *digest; digest++) {
        gboolean again = strcmp(*digest, state->release) == 0;
        if (!again && kept->len < count)
            g_ptr_array_add(kept, g_strdup(*digest));
    }
    if (state->fallback && !g_ptr_array_find_with_equal_func(kept, state->fallback, g_str_equal, NULL))
        g_ptr_array_add(kept, g_strdup(state->fallback)); /* which may never have been in force here */
    g_ptr_array_add(kept, NULL);
    return (char **)g_ptr_array_steal(kept, NULL);
}

/* Undoes a switch that failed. What fails here leaves `next` beside it, by which the next open knows what happened. */
static gboolean go_back(KjStore *store, gboolean remembered, GError **error) {
    const char *old = kj_store_state(store)->release;
    if (!point(store, old, error))
        return FALSE;
    if (remembered && (old ? !kj_store_record_write(store->record, store->state, error) : !kj_disk_remove(store->state, error)))
        return FALSE;
    return kj_disk_remove(store->next, error) && kj_disk_sync(store->folder, error);
}

/* A failed switch, undone. If that fails too, nobody but the next open can tell; what services see is what `current` names now. */
static gboolean fail_switch(KjStore *store, KjStoreRecord **record, gboolean remembered, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autofree char *current = NULL;
    if (go_back(store, remembered, &problem))
        return FALSE;
    g_prefix_error(error, "%s: %s; ", _("the release before could not be put back"), problem->message);
    if (read_current(store, &current, NULL) && g_strcmp0(current, (*record)->state.release) == 0) {
        kj_store_record_free(store->record);
        store->record = g_steal_pointer(record);
    }
    return FALSE;
}

static gboolean check_there(const KjStore *store, const char *digest, GError **error) {
    if (!digest || kj_store_has(store, digest))
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("release %s is not in %s"), digest, store->releases);
    return FALSE;
}

gboolean kj_store_switch(KjStore *store, const KjStoreState *state, guint keep, GError **error) {
    g_assert(store->lock >= 0 && state->release && keep > 0);
    if (!only_forward(kj_store_state(store), state, error) || !check_there(store, state->release, error) ||
        !check_there(store, state->fallback, error))
        return FALSE;
    g_autoptr(KjStoreRecord) record = kj_store_record_new(state, kept_with(store, state, keep));
    record->state.epoch = kj_store_state(store)->epoch + 1;

    if (!kj_store_record_write(record, store->next, error)) {
        kj_disk_remove(store->next, NULL);
        return FALSE;
    }
    if (!point(store, record->state.release, error))
        return fail_switch(store, &record, FALSE, error);
    if (!rename_next(store, error))
        return fail_switch(store, &record, !g_file_test(store->next, G_FILE_TEST_EXISTS), error);
    kj_store_record_free(store->record);
    store->record = g_steal_pointer(&record);
    sweep(store, NULL); /* what cannot be removed is in nobody's way, and the next open tries again */
    return TRUE;
}

gboolean kj_store_remember(KjStore *store, const KjStoreState *state, GError **error) {
    const KjStoreState *old = kj_store_state(store);
    g_assert(store->lock >= 0 && old->release && g_strcmp0(state->release, old->release) == 0);
    if (!only_forward(old, state, error) || !check_there(store, state->fallback, error))
        return FALSE;
    g_autoptr(KjStoreRecord) record = kj_store_record_new(state, kept_with(store, state, G_MAXUINT));
    record->state.epoch = old->epoch;
    if (!kj_store_record_write(record, store->state, error)) {
        kj_store_record_write(store->record, store->state, NULL); /* where only the last sync failed, it is the new one that is there */
        return FALSE;
    }
    kj_store_record_free(store->record);
    store->record = g_steal_pointer(&record);
    return TRUE;
}
