/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening repositories and resolving names of revisions.
 *
 * libgit2 says little when it refuses: a repository of another owner, a format it does not know and a missing folder all end in a number
 * and half a sentence. Here each becomes a sentence that says what to do. libgit2 is started once and lives as long as the process.
 */
#include "repository.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/diagnostics.h"
#include "../compiler/translate.h"

static const char *last_message(void) {
    const git_error *last = git_error_last();
    return last && last->message ? last->message : _("no reason given");
}

void kj_repository_fail(GError **error, const char *what) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", what, last_message());
}

void kj_repository_start(void) {
    static gsize started;
    if (g_once_init_enter(&started)) {
        git_libgit2_init();
        g_once_init_leave(&started, 1);
    }
}

static void clear(gpointer data) {
    git_repository_free(((KjRepository *)data)->git);
}

KjRepository *kj_repository_ref(KjRepository *repository) {
    return g_atomic_rc_box_acquire(repository);
}

void kj_repository_unref(KjRepository *repository) {
    g_atomic_rc_box_release_full(repository, clear);
}

static KjRepository *open_as(const char *folder, guint how, GError **error) {
    git_repository *git = NULL;

    kj_repository_start();
    int code = git_repository_open_ext(&git, folder, how, NULL);
    if (code == 0) {
        KjRepository *repository = g_atomic_rc_box_new0(KjRepository);
        repository->git = git;
        return repository;
    }
    if (code == GIT_EOWNER || strstr(last_message(), "safe.directory")) /* the latter from 1.5.1 when there is no such setting at all */
        g_set_error(
            error, KJ_ERROR, KJ_ERROR_IO,
            _("the repository of %s belongs to another user, and may not be trusted; if you do: git config --global --add safe.directory FOLDER"),
            folder);
    else if (code == GIT_ENOTFOUND)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s is not in a git repository"), folder);
    else if (strstr(last_message(), "extension"))
        g_set_error(
            error, KJ_ERROR, KJ_ERROR_IO,
            _("the repository of %s has a format that libgit2 %s cannot read (%s); SHA-256 repositories and sparse checkouts are such"),
            folder, LIBGIT2_VERSION, last_message());
    else
        kj_repository_fail(error, folder);
    return NULL;
}

KjRepository *kj_repository_open(const char *folder, GError **error) {
    return open_as(folder, GIT_REPOSITORY_OPEN_FROM_ENV, error);
}

KjRepository *kj_repository_open_bare(const char *folder, GError **error) {
    return open_as(folder, GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE, error);
}

/* ---- revisions ---- */

/* The names a person may have meant: branches, remote ones, tags. Free with g_ptr_array_unref. */
static GPtrArray *short_names(git_repository *repository) {
    static const char *const folders[] = { "refs/heads/", "refs/tags/", "refs/remotes/" };
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    git_strarray all = { NULL, 0 };

    if (git_reference_list(&all, repository) == 0) {
        for (gsize i = 0; i < all.count; i++)
            for (guint folder = 0; folder < G_N_ELEMENTS(folders); folder++)
                if (g_str_has_prefix(all.strings[i], folders[folder]))
                    g_ptr_array_add(names, g_strdup(all.strings[i] + strlen(folders[folder])));
        git_strarray_dispose(&all);
    }
    g_ptr_array_add(names, g_strdup("HEAD"));
    g_ptr_array_add(names, NULL);
    return names;
}

static void fail_unknown(git_repository *repository, const char *revision, GError **error) {
    gsize length = strcspn(revision, "~^@");
    g_autofree char *name = g_strndup(revision, length);
    g_autoptr(GPtrArray) names = short_names(repository);
    gboolean there = g_strv_contains((const char *const *)names->pdata, name);
    const char *nearest = there ? NULL : kj_did_you_mean(name, (const char *const *)names->pdata);

    if (nearest)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the repository has no revision `%s`; did you mean `%s%s`?"), revision, nearest,
                    revision + length);
    else if (there && git_repository_head_unborn(repository) == 1)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the repository has no revision `%s`: nothing was committed yet"), revision);
    else if (there)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the repository has no revision `%s`: the history of `%s` does not go back that far"),
                    revision, name);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("the repository has no revision `%s`; `git branch --all` and `git tag` list what there is"), revision);
}

git_object *kj_repository_revision(KjRepository *repository, const char *revision, git_object_t type, GError **error) {
    g_autoptr(git_object) object = NULL;
    git_object *peeled = NULL;

    switch (git_revparse_single(&object, repository->git, revision)) {
    case 0:
        break;
    case GIT_ENOTFOUND:
        fail_unknown(repository->git, revision, error);
        return NULL;
    case GIT_EAMBIGUOUS:
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("more than one object of the repository begins with `%s`; write more of its name"),
                    revision);
        return NULL;
    case GIT_EINVALIDSPEC:
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("`%s` is no revision; gitrevisions(7) tells how they are written"), revision);
        return NULL;
    default:
        kj_repository_fail(error, revision);
        return NULL;
    }
    if (git_object_peel(&peeled, object, type) == 0)
        return peeled;
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("`%s` is a %s of the repository, and has no %s"), revision,
                git_object_type2string(git_object_type(object)), git_object_type2string(type));
    return NULL;
}

/* ---- references ---- */

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *kj_repository_references(KjRepository *repository, const char *prefix, guint most, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *glob = g_strconcat(prefix, "*", NULL);
    git_reference_iterator *references = NULL;
    const char *name;
    if (git_reference_iterator_glob_new(&references, repository->git, glob) != 0) {
        kj_repository_fail(error, prefix);
        return NULL;
    }
    while (names->len < most && git_reference_next_name(&name, references) == 0)
        g_ptr_array_add(names, g_strdup(name));
    git_reference_iterator_free(references);
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}
