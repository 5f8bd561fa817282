/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "desk.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"

#define PROPOSALS "refs/kijun/proposals/"

/* ---- opening ---- */

/* What git shows in the place of an object is not what is compiled here: nobody could tell what he signs. */
static gboolean check_replaced(KjRepository *repository, GError **error) {
    g_autoptr(GPtrArray) names = kj_repository_references(repository, "refs/replace/", 1, error);
    if (names && names->len > 0)
        return kj_fail(
            error, KJ_ERROR_REFUSED,
            _("extraneous dependency: the repository shows other objects than it holds (%s), so that nobody sees what he signs; git replace -d takes that away"),
            (const char *)names->pdata[0]);
    return names != NULL;
}

static gboolean read_roots(KjDesk *desk, const char *pinned, GError **error) {
    git_oid head;
    if (!kj_roots_head(desk->repository, &head, error) || !(desk->roots = kj_roots_read(desk->repository, &head, error)) ||
        (pinned && !kj_roots_check_pinned(desk->roots, pinned, error)))
        return FALSE;
    desk->root = kj_roots_last(desk->roots);
    return TRUE;
}

static gboolean read_chains(KjDesk *desk, GError **error) {
    g_autoptr(GPtrArray) names = kj_chain_names(desk->repository, error);
    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GError) problem = NULL;
        GPtrArray *chain = kj_chain_read(desk->repository, names->pdata[i], &problem);
        if (!chain) {
            g_ptr_array_add(desk->broken, g_strdup_printf("%s: %s", (const char *)names->pdata[i], problem->message));
            continue;
        }
        const KjSigned *first = chain->pdata[0]; /* a reference leads to one statement at least */
        if (kj_root_key(desk->root, first->key->fingerprint)) {
            g_ptr_array_add(desk->chains, chain);
            g_ptr_array_add(desk->chain_names, g_strdup(names->pdata[i]));
        } else {
            g_ptr_array_unref(chain); /* of nobody's */
        }
    }
    return TRUE;
}

static const char *pinned_root(const KjDesk *desk) {
    return kj_statement_digest(kj_root_statement(desk->roots->pdata[0]));
}

/*
 * How far releases were verified here before, under which root: "DIGEST COMMIT" in a file of the repository's own folder. Who can write there can do anything to this desk, and nothing to a
 * host, which has a state of its own.
 */
static char *mark_path(const KjDesk *desk) {
    return g_build_filename(git_repository_commondir(desk->repository->git), "kijun", "verified", desk->context, NULL);
}

/* A verifier that goes on where the last one ended, if that is known and there still. */
static KjVerifier *go_on(const KjDesk *desk) {
    g_autofree char *path = mark_path(desk), *text = NULL;
    KjVerifier *verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
    git_oid commit;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return verifier;
    g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", 2);
    if (g_strv_length(words) != 2 || strcmp(words[0], pinned_root(desk)) != 0 || git_oid_fromstr(&commit, words[1]) != 0)
        return verifier;
    if (kj_verifier_resume(verifier, &commit, NULL))
        return verifier;
    kj_verifier_free(verifier);
    return kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
}

static void mark(const KjDesk *desk) {
    g_autofree char *path = mark_path(desk), *folder = g_path_get_dirname(path);
    const KjLink *link = kj_verifier_link(desk->verifier);
    g_autofree char *text = link ? g_strdup_printf("%s %s\n", pinned_root(desk), git_oid_tostr_s(&link->commit)) : NULL;
    if (text && g_mkdir_with_parents(folder, 0777) == 0)
        g_file_set_contents(path, text, -1, NULL); /* without it the next desk takes longer */
}

/* Judges everything up to the head; where what was known before does not lead there, from the root on. */
static gboolean verify(KjDesk *desk, const git_oid *head, GError **error) {
    desk->verifier = go_on(desk);
    if (kj_verifier_link(desk->verifier) && kj_verifier_run(desk->verifier, head, desk->now, NULL))
        return TRUE;
    kj_verifier_free(desk->verifier);
    desk->verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
    return kj_verifier_run(desk->verifier, head, desk->now, error);
}

static gboolean read_releases(KjDesk *desk, GError **error) {
    git_oid head;
    g_autofree char *name = kj_release_reference(desk->context);
    if (git_reference_name_to_id(&head, desk->repository->git, name) != 0) {
        desk->verifier = kj_verifier_new(desk->repository, desk->context, pinned_root(desk));
        return TRUE; /* none yet */
    }
    if (!verify(desk, &head, error))
        return FALSE;
    mark(desk);
    const KjLink *lasting = kj_verifier_lasting(desk->verifier);
    desk->base = lasting ? kj_desk_workspace(desk, lasting->sealed->statement, error) : NULL;
    return desk->base || !lasting;
}

KjDesk *kj_desk_open(const char *folder, const char *context, const char *pinned, gint64 now, GError **error) {
    g_autoptr(KjDesk) desk = g_new0(KjDesk, 1);
    desk->context = g_strdup(context);
    desk->now = now;
    desk->chains = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    desk->chain_names = g_ptr_array_new_with_free_func(g_free);
    desk->broken = g_ptr_array_new_with_free_func(g_free);
    desk->repository = kj_repository_open(folder, error);
    if (!desk->repository || !check_replaced(desk->repository, error) || !read_roots(desk, pinned, error) || !read_chains(desk, error) ||
        !read_releases(desk, error))
        return NULL;
    return g_steal_pointer(&desk);
}

void kj_desk_free(KjDesk *desk) {
    if (!desk)
        return;
    kj_workspace_free(desk->base);
    kj_verifier_free(desk->verifier);
    g_clear_pointer(&desk->roots, g_ptr_array_unref);
    g_ptr_array_unref(desk->chains);
    g_ptr_array_unref(desk->chain_names);
    g_ptr_array_unref(desk->broken);
    g_clear_pointer(&desk->repository, kj_repository_unref);
    g_free(desk->context);
    g_free(desk);
}

/* ---- asking ---- */

guint64 kj_desk_next_serial(const KjDesk *desk) {
    return kj_verifier_serial(desk->verifier) + 1;
}

const GPtrArray *kj_desk_chain(const KjDesk *desk, const KjKey *key) {
    for (guint i = 0; i < desk->chains->len; i++)
        if (kj_key_equal(((const KjSigned *)((const GPtrArray *)desk->chains->pdata[i])->pdata[0])->key, key))
            return desk->chains->pdata[i];
    return NULL;
}

const KjSigned *kj_desk_find(const KjDesk *desk, const char *digest) {
    const KjSigned *found = NULL;
    for (guint c = 0; *digest && c < desk->chains->len; c++) {
        const GPtrArray *chain = desk->chains->pdata[c];
        for (guint i = 0; i < chain->len; i++) {
            const KjSigned *link = chain->pdata[i];
            if (!g_str_has_prefix(kj_statement_digest(link->statement), digest))
                continue;
            if (found && strcmp(kj_statement_digest(found->statement), kj_statement_digest(link->statement)) != 0)
                return NULL;
            found = link;
        }
    }
    return found;
}

/* ---- proposals ---- */

char *kj_proposal_reference(const char *digest) {
    return g_strconcat(PROPOSALS, digest, NULL);
}

gboolean kj_proposal_keep(KjRepository *repository, const KjStatement *proposal, const KjWorkspace *workspace, GError **error) {
    g_autofree char *name = kj_proposal_reference(kj_statement_digest(proposal));
    git_oid tree, id;
    if (!kj_release_write_files(repository, (const KjUnitFile *)(void *)workspace->files->data, workspace->files->len, &tree, error))
        return FALSE;
    if (!kj_commit_write(repository, proposal, &tree, NULL, 0, &id)) {
        kj_repository_fail(error, name);
        return FALSE;
    }
    return kj_commit_move(repository, name, NULL, &id, error);
}

KjWorkspace *kj_proposal_workspace(KjRepository *repository, const char *digest, GError **error) {
    g_autofree char *name = kj_proposal_reference(digest);
    g_autoptr(git_commit) commit = NULL;
    git_oid id;
    if (git_reference_name_to_id(&id, repository->git, name) != 0 || git_commit_lookup(&commit, repository->git, &id) != 0) {
        kj_repository_fail(error, name);
        return NULL;
    }
    return kj_workspace_new_commit(repository, commit, "", name, error);
}

/* ---- a change ---- */

/* A unit as a proposal has it, of its own pieces alone. */
static KjWorkspace *read_approved(gpointer data, const char *unit, const char *digest) {
    const KjDesk *desk = data;
    for (guint c = 0; c < desk->chains->len; c++) {
        const GPtrArray *chain = desk->chains->pdata[c];
        for (guint i = chain->len; i-- > 0;) {
            const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
            if (kj_statement_kind(statement) != KJ_STATEMENT_PROPOSAL || !kj_lists_change(statement, unit, digest))
                continue;
            g_autoptr(KjWorkspace) whole = kj_proposal_workspace(desk->repository, kj_statement_digest(statement), NULL);
            const KjUnit *found = whole && whole->units ? kj_units_find(whole->units, unit) : NULL;
            if (found && strcmp(found->digest, digest) == 0) {
                g_autoptr(GArray) files = kj_release_files(found);
                return kj_workspace_new_files((const KjUnitFile *)(void *)files->data, files->len, unit, NULL);
            }
        }
    }
    return NULL;
}

static gint64 since_of(gpointer data, const char *unit) {
    return kj_verifier_since(((const KjDesk *)data)->verifier, unit);
}

KjRuling *kj_desk_decide(KjDesk *desk, const KjWorkspace *result, const KjStatement *emergency, gint64 date) {
    const KjSide base = { desk->base ? desk->base->compilation : NULL, desk->base ? desk->base->units : NULL },
                 after = { result->compilation, result->units };
    const KjQuestion question = { .base = &base,
                                  .result = &after,
                                  .root = desk->root,
                                  .serial = kj_desk_next_serial(desk),
                                  .date = date,
                                  .context = desk->context,
                                  .chains = desk->chains,
                                  .emergency = emergency,
                                  .approved = read_approved,
                                  .since = since_of,
                                  .data = desk };
    return kj_ruling_new(&question);
}
