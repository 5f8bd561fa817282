/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking the versions.
 *
 * Commits are gathered from the head back, which needs no trust, and judged from version 1 on. Cost: a check for each signature; roots are few.
 */
#include "root_chain.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"

#define ROOT "root"
#define VERSIONS_MAX 10000u

gboolean kj_roots_head(KjRepository *repository, git_oid *head, GError **error) {
    return git_reference_name_to_id(head, repository->git, KJ_ROOT_REFERENCE) == 0 ||
           kj_fail(error, KJ_ERROR_IO,
                _("the repository has no root of trust, %s; begin one with `kijun init --governance`, or fetch it: git fetch REMOTE "
                                  "'refs/kijun/*:refs/kijun/*'"),
                                KJ_ROOT_REFERENCE);
}

/* ---- judging ---- */

static gboolean may_begin(const KjRoot *root, const KjSealed *first, GError **error) {
    guint wanted = kj_root_threshold(root, ROOT), signers = kj_root_signers(root, ROOT, KJ_ROOT_SERIAL, first->keys);
    if (kj_root_version(root) != 1 || strcmp(kj_statement_get(first->statement, "previous"), "none") != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("the first root must have the version 1 and name `none` as the one before it"));
    return signers >= wanted ||
           kj_fail(error, KJ_ERROR_REFUSED, _("root 1 is signed by %u of the %u people that it wants itself"), signers, wanted);
}

static KjRoot *follow(const KjRoot *last, const KjSealed *next, GError **error) {
    g_autoptr(KjStatement) statement = NULL;
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(next->statement), &length);
    if (kj_statement_kind(next->statement) != KJ_STATEMENT_ROOT) {
        kj_fail(error, KJ_ERROR_VALUE, _("a statement of the kind `%s` is no root"),
                kj_statement_kind_name(kj_statement_kind(next->statement)));
        return NULL;
    }
    statement = kj_statement_parse(bytes, length, error); /* a root keeps its own */
    g_autoptr(KjRoot) root = statement ? kj_root_new(g_steal_pointer(&statement), error) : NULL;
    if (!root || !(last ? kj_root_may_follow(last, root, KJ_ROOT_SERIAL, next->keys, error) : may_begin(root, next, error)))
        return NULL;
    return g_steal_pointer(&root);
}

gboolean kj_roots_may_append(const KjRoot *last, const KjSealed *next, GError **error) {
    g_autoptr(KjRoot) root = follow(last, next, error);
    return root != NULL;
}

/* ---- reading ---- */

/* Commits from the head back to the first (git_commit); each has at most one before it. */
static GPtrArray *gather(KjRepository *repository, const git_oid *head, GError **error) {
    g_autoptr(GPtrArray) commits = g_ptr_array_new_with_free_func((GDestroyNotify)git_commit_free);
    git_commit *commit = NULL;
    int code = git_commit_lookup(&commit, repository->git, head);
    while (code == 0) {
        g_ptr_array_add(commits, commit);
        guint before = git_commit_parentcount(commit);
        if (before == 0)
            return g_steal_pointer(&commits);
        if (before > 1 || commits->len >= VERSIONS_MAX) {
            kj_fail(error, KJ_ERROR_REFUSED,
                 _("the root in commit %s has two before it, or too many"), git_oid_tostr_s(git_commit_id(commit)));
            return NULL;
        }
        git_commit *parent = NULL;
        code = git_commit_parent(&parent, commit, 0);
        commit = parent;
    }
    kj_repository_fail(error, KJ_ROOT_REFERENCE);
    return NULL;
}

GPtrArray *kj_roots_read(KjRepository *repository, const git_oid *head, GError **error) {
    g_autoptr(GPtrArray) commits = gather(repository, head, error), roots = g_ptr_array_new_with_free_func((GDestroyNotify)kj_root_free);
    for (guint i = commits ? commits->len : 0; i-- > 0;) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(KjSealed) sealed = kj_sealed_read(repository, commits->pdata[i], KJ_STATEMENT_ROOT, NULL, &problem);
        KjRoot *root = sealed ? follow(roots->len ? kj_roots_last(roots) : NULL, sealed, &problem) : NULL;
        if (!root) {
            kj_fail(error, g_error_matches(problem, KJ_ERROR, KJ_ERROR_IO) ? KJ_ERROR_IO : KJ_ERROR_REFUSED,
                    _("the root in commit %.12s: %s"), git_oid_tostr_s(git_commit_id(commits->pdata[i])), problem->message);
            return NULL;
        }
        g_ptr_array_add(roots, root);
    }
    return commits ? g_steal_pointer(&roots) : NULL;
}

/* ---- asking ---- */

const KjRoot *kj_roots_last(const GPtrArray *roots) {
    return roots->pdata[roots->len - 1];
}

const KjRoot *kj_roots_find(const GPtrArray *roots, guint64 version) {
    return version >= 1 && version <= roots->len ? roots->pdata[version - 1] : NULL;
}

gboolean kj_roots_check_pinned(const GPtrArray *roots, const char *digest, GError **error) {
    for (guint i = 0; i < roots->len; i++)
        if (strcmp(kj_statement_digest(kj_root_statement(roots->pdata[i])), digest) == 0)
            return TRUE;
    return kj_fail(error, KJ_ERROR_REFUSED,
                   _("none of the %u roots here is the one that is pinned, %.16s...: they are somebody else's, or the pin is wrong"),
                   roots->len, digest);
}

/* ---- writing ---- */

gboolean kj_roots_append(KjRepository *repository, const KjSealed *next, GError **error) {
    git_oid head, tree, id;
    gboolean begun = git_reference_name_to_id(&head, repository->git, KJ_ROOT_REFERENCE) == 0;
    g_autoptr(GPtrArray) roots = begun ? kj_roots_read(repository, &head, error) : NULL;
    if ((begun && !roots) || !kj_roots_may_append(begun ? kj_roots_last(roots) : NULL, next, error) ||
        !kj_sealed_write(repository, next, NULL, &tree, error))
        return FALSE;
    if (kj_commit_write(repository, next->statement, &tree, &head, begun ? 1 : 0, &id))
        return kj_commit_move(repository, KJ_ROOT_REFERENCE, begun ? &head : NULL, &id, error);
    kj_repository_fail(error, KJ_ROOT_REFERENCE);
    return FALSE;
}
