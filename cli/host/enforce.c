/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A release put in force on this machine, by what `kijun apply` puts one block in force: each with its own undo, and its own watcher where a confirmation is
 * wanted. Either all of them are, or what was in force before is again.
 */
#include <kijun/kijun.h>
#include <string.h>

#include "../../compiler/translate.h"
#include "../application.h"
#include "host.h"

static char *name_of(const KjApplication *application) {
    return g_strdup_printf("%s/%s/%s/%s", application->target, application->block, application->name, application->domain);
}

/* What a crash left half done is undone first. */
static gboolean finish_last(const KjApplication *application, GError **error) {
    g_autoptr(KjApplication) last = kj_application_read(application->target, application->name, error);
    if (last && last->phase == KJ_APPLICATION_PENDING && !kj_application_is_watched(last))
        return kj_application_undo(last, error);
    return last != NULL;
}

static gboolean put(KjApplication *application, gboolean watched, GError **error) {
    int lock = kj_application_lock(application->target, application->name, FALSE, error);
    gboolean done = lock >= 0 && finish_last(application, error) && kj_application_put(application, watched, error);
    if (lock >= 0)
        kj_application_unlock(lock);
    if (!done)
        g_prefix_error(error, _("%s by %s: "), application->block, application->target);
    return done;
}

/* Best effort: what cannot be undone is told behind the first error. */
static void undo_all(const GPtrArray *done, GError **error) {
    for (guint i = done->len; i-- > 0;) {
        KjApplication *application = done->pdata[i];
        g_autoptr(GError) other = NULL;
        int lock = kj_application_lock(application->target, application->name, TRUE, &other);
        if (lock >= 0) {
            kj_application_undo(application, &other);
            kj_application_unlock(lock);
        }
        if (other && error && *error)
            g_prefix_error(error, _("%s could not be put back (%s); "), application->block, other->message);
    }
}

/* What the release before put in force, as an application of nothing in its place. NULL: this release has it too, or it is no such name. */
static KjApplication *removal(const char *name, const KjHostRelease *release) {
    g_auto(GStrv) words = g_strsplit(name, "/", 4);
    if (g_strv_length(words) != 4)
        return NULL;
    for (guint i = 0; i < release->applications->len; i++) {
        const KjApplication *application = release->applications->pdata[i];
        if (strcmp(application->target, words[0]) == 0 && strcmp(application->name, words[2]) == 0)
            return NULL;
    }
    return kj_application_new(words[3], words[0], words[2], words[1], "", 0);
}

static void set_deadline(KjApplication *application, guint64 within) {
    g_autoptr(KjApplication) timed = kj_application_new("", "", "", "", "", within);
    application->deadline = timed->deadline;
}

gboolean kj_host_enforce(KjHost *host, const KjHostRelease *release, guint64 within, GError **error) {
    g_autoptr(GPtrArray) removals = g_ptr_array_new_with_free_func((GDestroyNotify)kj_application_free), done = g_ptr_array_new();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (char **name = host->settings.enforced; name && *name; name++) {
        KjApplication *application = removal(*name, release);
        if (application)
            g_ptr_array_add(removals, application);
    }
    const GPtrArray *lists[] = { release->applications, removals };
    for (guint list = 0; list < G_N_ELEMENTS(lists); list++) {
        for (guint i = 0; i < lists[list]->len; i++) {
            KjApplication *application = lists[list]->pdata[i];
            set_deadline(application, within);
            if (!put(application, within > 0, error)) {
                undo_all(done, error);
                return FALSE;
            }
            g_ptr_array_add(done, application);
        }
    }
    for (guint i = 0; i < release->applications->len; i++)
        g_ptr_array_add(names, name_of(release->applications->pdata[i]));
    g_ptr_array_add(names, NULL);
    g_strfreev(host->settings.enforced);
    host->settings.enforced = (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
    g_free(host->settings.applied);
    host->settings.applied = g_strdup(release->digest);
    return TRUE;
}

/* ---- what waits for a confirmation ---- */

static gboolean settle(const KjApplication *seen, gboolean keep, GError **error) {
    int lock = kj_application_lock(seen->target, seen->name, TRUE, error);
    g_autoptr(KjApplication) now = lock >= 0 ? kj_application_read(seen->target, seen->name, error) : NULL;
    gboolean settled = now != NULL;
    if (now && now->phase == KJ_APPLICATION_PENDING)
        settled = keep && kj_application_left(now) > 0 ? kj_application_write(now, KJ_APPLICATION_KEPT, error)
                                                       : kj_application_undo(now, error);
    if (lock >= 0)
        kj_application_unlock(lock);
    return settled;
}

static gboolean is_of_host(const KjHost *host, const KjApplication *application) {
    g_autofree char *name = name_of(application);
    return host->settings.enforced && g_strv_contains((const char *const *)host->settings.enforced, name);
}

gboolean kj_host_settle(KjHost *host, gboolean keep, GError **error) {
    if (!host->settings.enforced || !*host->settings.enforced)
        return TRUE;
    g_autoptr(GPtrArray) all = kj_application_list(error);
    for (guint i = 0; all && i < all->len; i++)
        if (is_of_host(host, all->pdata[i]) && !settle(all->pdata[i], keep, error))
            return FALSE;
    return all != NULL;
}

/* ---- drift ---- */

GPtrArray *kj_host_drift(const KjHost *host, GError **error) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    if (!host->settings.enforced || !*host->settings.enforced)
        return g_steal_pointer(&found);
    g_autoptr(GPtrArray) all = kj_application_list(error);
    if (!all)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        const KjApplication *application = all->pdata[i];
        g_autofree char *problem = NULL;
        if (!is_of_host(host, application))
            continue;
        if (application->phase == KJ_APPLICATION_UNDONE)
            g_ptr_array_add(found,
                            g_strdup_printf(_("%s by %s: was undone, and is not in force"), application->block, application->target));
        else if (kj_application_has_drifted(application, &problem))
            g_ptr_array_add(
                found, problem
                           ? g_strdup_printf(_("%s by %s: %s"), application->block, application->target, problem)
                           : g_strdup_printf(_("%s by %s: what is in force is not what the release says; somebody has changed it since"),
                                             application->block, application->target));
    }
    return g_steal_pointer(&found);
}
