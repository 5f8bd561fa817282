/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root_draft.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"

#define REFERENCES_MAX 10000u

/* ---- one reference ---- */

static char *reference_name(const KjStatement *statement, const KjKey *key) {
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, key->blob);
    return g_strconcat(KJ_ROOT_DRAFTS, kj_statement_digest(statement), "/", name, NULL);
}

/* Whether a key has a say in this step: one root or the other knows it, and they hold together. */
static gboolean has_say(const KjRoot *last, const KjStatement *next, const KjKey *key) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(next), &length);
    KjStatement *copy = kj_statement_parse(bytes, length, NULL);
    g_autoptr(KjRoot) root = copy ? kj_root_new(copy, NULL) : NULL;
    return root && (kj_root_holder(last, key, NULL) || kj_root_holder(root, key, NULL));
}

/* What a reference holds, if it is the signature that its name says, would follow `last`, and is by somebody who has a say. */
static KjSealed *read_reference(KjRepository *repository, const char *name, const KjRoot *last) {
    git_oid id;
    g_autoptr(git_commit) commit = NULL;
    if (git_reference_name_to_id(&id, repository->git, name) != 0 || git_commit_lookup(&commit, repository->git, &id) != 0)
        return NULL;
    g_autoptr(KjSealed) sealed = kj_sealed_read(repository, commit, KJ_STATEMENT_ROOT, NULL, NULL);
    if (!sealed || sealed->keys->len != 1 ||
        strcmp(kj_statement_get(sealed->statement, "previous"), kj_statement_digest(kj_root_statement(last))) != 0)
        return NULL;
    g_autofree char *own = reference_name(sealed->statement, sealed->keys->pdata[0]);
    return strcmp(own, name) == 0 && has_say(last, sealed->statement, sealed->keys->pdata[0]) ? g_steal_pointer(&sealed) : NULL;
}

/* ---- all of them ---- */

/* The references of one statement stand one after another: their signatures are joined. */
static void join(GPtrArray *drafts, KjSealed *one) {
    KjSealed *last = drafts->len ? drafts->pdata[drafts->len - 1] : NULL;
    if (!last || strcmp(kj_statement_digest(last->statement), kj_statement_digest(one->statement)) != 0) {
        g_ptr_array_add(drafts, one);
        return;
    }
    g_ptr_array_add(last->armors, g_strdup(kj_sealed_armors(one)[0]));
    g_ptr_array_add(last->keys, g_ptr_array_steal_index(one->keys, 0));
    kj_sealed_free(one);
}

GPtrArray *kj_root_drafts_read(KjRepository *repository, const KjRoot *last, guint *passed_over, GError **error) {
    g_autoptr(GPtrArray) names = kj_repository_references(repository, KJ_ROOT_DRAFTS, REFERENCES_MAX, error),
                         drafts = g_ptr_array_new_with_free_func((GDestroyNotify)kj_sealed_free);
    guint unreadable = 0;
    if (!names)
        return NULL;
    for (guint i = 0; i < names->len; i++) {
        KjSealed *one = read_reference(repository, names->pdata[i], last);
        if (one)
            join(drafts, one);
        else
            unreadable++;
    }
    if (passed_over)
        *passed_over = unreadable;
    return g_steal_pointer(&drafts);
}

gboolean kj_root_drafts_clear(KjRepository *repository, const KjRoot *last, GError **error) {
    g_autoptr(GPtrArray) names = kj_repository_references(repository, KJ_ROOT_DRAFTS, REFERENCES_MAX, error);
    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(KjSealed) one = read_reference(repository, names->pdata[i], last);
        if (one || git_reference_remove(repository->git, names->pdata[i]) == 0)
            continue;
        kj_repository_fail(error, names->pdata[i]);
        return FALSE;
    }
    return TRUE;
}

/* ---- writing ---- */

static gboolean keep_one(KjRepository *repository, const KjSealed *draft, guint which, const git_oid *head, GError **error) {
    g_autofree char *name = reference_name(draft->statement, draft->keys->pdata[which]);
    git_oid tree, id;
    if (git_reference_name_to_id(&id, repository->git, name) == 0)
        return TRUE;
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(draft->statement), &length);
    KjStatement *copy = kj_statement_parse(bytes, length, error);
    const char *const armors[] = { kj_sealed_armors(draft)[which], NULL };
    g_autoptr(KjSealed) one = copy ? kj_sealed_new(copy, armors, error) : NULL;
    if (!one || !kj_sealed_write(repository, one, NULL, &tree, error))
        return FALSE;
    if (kj_commit_write(repository, one->statement, &tree, head, 1, &id))
        return kj_commit_move(repository, name, NULL, &id, error);
    kj_repository_fail(error, name);
    return FALSE;
}

gboolean kj_root_draft_keep(KjRepository *repository, const KjSealed *draft, GError **error) {
    git_oid head;
    if (!kj_roots_head(repository, &head, error))
        return FALSE;
    for (guint i = 0; i < draft->keys->len; i++)
        if (!keep_one(repository, draft, i, &head, error))
            return FALSE;
    return TRUE;
}
