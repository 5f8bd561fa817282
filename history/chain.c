/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statements in commits.
 *
 * A chain is read from its head back to its start, which git does without trusting anything, and judged from its start to its head. Bounds: a chain has at most
 * LINKS_MAX statements, each file of a commit the most bytes that a statement or a signature may have.
 */
#include "chain.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"
#include "commit.h"

#define PREFIX "refs/kijun/s/"
#define LINKS_MAX 100000u

/* ---- one statement ---- */

KjSigned *kj_signed_new(const char *bytes, gsize length, const char *armor, gsize armor_length, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(KjStatement) statement = kj_statement_parse(bytes, length, error);
    if (!statement)
        return NULL;
    g_autoptr(KjKey) key = kj_signature_verify(armor, armor_length, kj_statement_name_space(kj_statement_kind(statement)), bytes, length,
                                               NULL, &problem);
    if (!key) {
        kj_fail(error, KJ_ERROR_REFUSED, "%s", problem->message);
        return NULL;
    }
    KjSigned *signed_statement = g_new(KjSigned, 1);
    *signed_statement = (KjSigned){ g_steal_pointer(&statement), g_strndup(armor, armor_length), g_steal_pointer(&key) };
    return signed_statement;
}

void kj_signed_free(KjSigned *signed_statement) {
    if (!signed_statement)
        return;
    kj_statement_free(signed_statement->statement);
    g_free(signed_statement->armor);
    kj_key_free(signed_statement->key);
    g_free(signed_statement);
}

/* ---- names ---- */

char *kj_chain_name(const KjKey *key) {
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, key->blob);
    return g_strconcat(PREFIX, digest, NULL);
}

GPtrArray *kj_chain_names(KjRepository *repository, GError **error) {
    return kj_repository_references(repository, PREFIX, G_MAXUINT, error);
}

/* ---- reading ---- */

static KjSigned *read_commit(KjRepository *repository, const git_commit *commit, GError **error) {
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_blob) statement = NULL, signature = NULL;
    if (git_commit_tree(&tree, commit) == 0 && git_tree_entrycount(tree) == 2) {
        statement = kj_commit_blob(repository, tree, "statement", KJ_STATEMENT_MAX);
        signature = kj_commit_blob(repository, tree, "signature", KJ_SIGNATURE_MAX);
    }
    if (statement && signature)
        return kj_signed_new(git_blob_rawcontent(statement), (gsize)git_blob_rawsize(statement), git_blob_rawcontent(signature),
                             (gsize)git_blob_rawsize(signature), error);
    kj_fail(error, KJ_ERROR_REFUSED, _("its commit holds other than one statement and one signature"));
    return NULL;
}

/* From the head back to the commit `known`, or to the start where that is zero or never comes, of which *goes_on tells. FALSE when something is no commit or
 * has two parents. */
static gboolean read_links(KjRepository *repository, const git_oid *known, const git_oid *head, GPtrArray *links, gboolean *goes_on,
                           GError **error) {
    git_oid at = *head;
    *goes_on = TRUE;
    while (!git_oid_equal(&at, known)) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(git_commit) commit = NULL;
        if (git_commit_lookup(&commit, repository->git, &at) != 0) {
            kj_repository_fail(error, git_oid_tostr_s(&at));
            return FALSE;
        }
        KjSigned *link = read_commit(repository, commit, &problem);
        if (!link)
            return kj_fail(error, KJ_ERROR_REFUSED, _("statement %s of the chain: %s"), git_oid_tostr_s(&at), problem->message);
        g_ptr_array_add(links, link);
        if (git_commit_parentcount(commit) > 1 || links->len > LINKS_MAX)
            return kj_fail(error, KJ_ERROR_REFUSED, _("statement %s of the chain has two before it, or too many"), git_oid_tostr_s(&at));
        if (git_commit_parentcount(commit) == 0) {
            *goes_on = git_oid_is_zero(known);
            return TRUE;
        }
        at = *git_commit_parent_id(commit, 0);
    }
    return TRUE;
}

/* Of a chain that does not go on from what was seen of it (`links`: what it is now, last to first): the place where it parts. FALSE. */
static gboolean tell_fork(const GPtrArray *seen, const GPtrArray *links, GError **error) {
    const char *before = "none";
    for (guint i = 0; i < seen->len; i++) {
        const char *old = kj_statement_digest(((const KjSigned *)seen->pdata[i])->statement);
        const KjSigned *now = i < links->len ? links->pdata[links->len - 1 - i] : NULL;
        if (!now)
            return kj_fail(error, KJ_ERROR_REFUSED, _("the chain was shortened: after statement %.12s it had statement %.12s"), before, old);
        if (strcmp(kj_statement_digest(now->statement), old) != 0)
            return kj_fail(error, KJ_ERROR_REFUSED, _("`%s` tells two stories: after statement %.12s came %.12s, and now comes %.12s"),
                           kj_statement_get(now->statement, "signer"), before, old, kj_statement_digest(now->statement));
        before = old;
    }
    return kj_fail(error, KJ_ERROR_REFUSED, _("the chain is made of other commits than were seen of it"));
}

static gboolean check_link(const KjSigned *link, const char *last, const char *signer, const char *name, GError **error) {
    g_autofree char *own = kj_chain_name(link->key);
    const char *digest = kj_statement_digest(link->statement);
    if (strcmp(own, name) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("statement %.12s stands in the chain %s and is signed by the key of another"), digest,
                       name);
    if (strcmp(kj_statement_get(link->statement, "previous"), last) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("statement %.12s names %.12s as the one before it, and in the chain that is %.12s"),
                       digest, kj_statement_get(link->statement, "previous"), last);
    if (strcmp(kj_statement_get(link->statement, "signer"), signer) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("statement %.12s is by `%s`, and its chain is of `%s`"), digest,
                       kj_statement_get(link->statement, "signer"), signer);
    return TRUE;
}

gboolean kj_chain_extend(KjRepository *repository, GPtrArray *chain, const git_oid *known, const git_oid *head, const char *name,
                         GError **error) {
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free); /* last to first */
    gboolean goes_on;
    if (!read_links(repository, known, head, links, &goes_on, error))
        return FALSE;
    if (!goes_on)
        return tell_fork(chain, links, error);
    const char *last = kj_chain_last(chain), *signer = NULL;
    if (chain->len + links->len > 0)
        signer = kj_statement_get(((const KjSigned *)(chain->len ? chain->pdata[0] : links->pdata[links->len - 1]))->statement, "signer");
    for (guint i = links->len; i-- > 0; last = kj_statement_digest(((const KjSigned *)links->pdata[i])->statement))
        if (!check_link(links->pdata[i], last, signer, name, error))
            return FALSE;
    while (links->len > 0)
        g_ptr_array_add(chain, g_ptr_array_steal_index(links, links->len - 1));
    return TRUE;
}

GPtrArray *kj_chain_read_commit(KjRepository *repository, const git_oid *head, const char *name, GError **error) {
    static const git_oid nothing;
    g_autoptr(GPtrArray) chain = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
    return kj_chain_extend(repository, chain, &nothing, head, name, error) ? g_steal_pointer(&chain) : NULL;
}

/* The head of a chain; FALSE when there is none. */
static gboolean find_head(KjRepository *repository, const char *name, git_oid *head) {
    return git_reference_name_to_id(head, repository->git, name) == 0;
}

GPtrArray *kj_chain_read(KjRepository *repository, const char *name, GError **error) {
    git_oid head;
    if (!find_head(repository, name, &head))
        return g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
    return kj_chain_read_commit(repository, &head, name, error);
}

const char *kj_chain_last(const GPtrArray *chain) {
    return chain->len ? kj_statement_digest(((const KjSigned *)chain->pdata[chain->len - 1])->statement) : "none";
}

/* ---- writing ---- */

static gboolean write_tree(KjRepository *repository, const KjSigned *link, git_oid *id) {
    g_autoptr(git_treebuilder) builder = NULL;
    gsize length;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(link->statement), &length);
    return git_treebuilder_new(&builder, repository->git, NULL) == 0 &&
           kj_commit_add_blob(repository, builder, "statement", bytes, length) &&
           kj_commit_add_blob(repository, builder, "signature", link->armor, strlen(link->armor)) &&
           git_treebuilder_write(id, builder) == 0;
}

gboolean kj_chain_append(KjRepository *repository, const KjSigned *link, GError **error) {
    git_oid head, tree, id;
    g_autofree char *name = kj_chain_name(link->key);
    g_autoptr(GPtrArray) chain = kj_chain_read(repository, name, error);
    if (!chain)
        return FALSE;
    gboolean begun = find_head(repository, name, &head);
    const char *signer = kj_statement_get((chain->len ? (const KjSigned *)chain->pdata[0] : link)->statement, "signer");
    if (!check_link(link, kj_chain_last(chain), signer, name, error))
        return FALSE;
    if (write_tree(repository, link, &tree) && kj_commit_write(repository, link->statement, &tree, &head, begun ? 1 : 0, &id))
        return kj_commit_move(repository, name, begun ? &head : NULL, &id, error);
    kj_repository_fail(error, name);
    return FALSE;
}

gboolean kj_chain_takes_back(const GPtrArray *chain, const char *digest) {
    for (guint i = 0; chain && i < chain->len; i++) {
        const KjStatement *statement = ((const KjSigned *)chain->pdata[i])->statement;
        if (kj_statement_kind(statement) == KJ_STATEMENT_WITHDRAWAL && strcmp(kj_statement_get(statement, "statement"), digest) == 0)
            return TRUE;
    }
    return FALSE;
}
