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

#define PREFIX "refs/kijun/s/"
#define LINKS_MAX 100000u

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference, git_reference_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference_iterator, git_reference_iterator_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_treebuilder, git_treebuilder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_signature, git_signature_free)

G_GNUC_PRINTF(2, 3) static gboolean refuse(GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_REFUSED, message);
    return FALSE;
}

/* ---- one statement ---- */

KjSigned *kj_signed_new(const char *bytes, gsize length, const char *armor, gsize armor_length, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(KjStatement) statement = kj_statement_parse(bytes, length, error);
    if (!statement)
        return NULL;
    g_autoptr(KjKey) key = kj_signature_verify(armor, armor_length, kj_statement_name_space(kj_statement_kind(statement)), bytes, length, NULL, &problem);
    if (!key) {
        refuse(error, "%s", problem->message);
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

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *kj_chain_names(KjRepository *repository, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(git_reference_iterator) references = NULL;
    const char *name;
    if (git_reference_iterator_glob_new(&references, repository->git, PREFIX "*") != 0) {
        kj_repository_fail(error, PREFIX);
        return NULL;
    }
    while (git_reference_next_name(&name, references) == 0)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

/* ---- reading ---- */

/* One file of a commit's tree, which must be a regular one of at most `most` bytes. NULL: there is none. */
static git_blob *read_entry(git_repository *repository, const git_tree *tree, const char *name, gsize most) {
    const git_tree_entry *entry = git_tree_entry_byname(tree, name);
    g_autoptr(git_blob) blob = NULL;
    if (!entry || git_tree_entry_filemode(entry) != GIT_FILEMODE_BLOB || git_blob_lookup(&blob, repository, git_tree_entry_id(entry)) != 0 ||
        (gsize)git_blob_rawsize(blob) > most)
        return NULL;
    return g_steal_pointer(&blob);
}

static KjSigned *read_commit(git_repository *repository, const git_commit *commit, GError **error) {
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_blob) statement = NULL, signature = NULL;
    if (git_commit_tree(&tree, commit) == 0 && git_tree_entrycount(tree) == 2) {
        statement = read_entry(repository, tree, "statement", KJ_STATEMENT_MAX);
        signature = read_entry(repository, tree, "signature", KJ_SIGNATURE_MAX);
    }
    if (statement && signature)
        return kj_signed_new(git_blob_rawcontent(statement), (gsize)git_blob_rawsize(statement), git_blob_rawcontent(signature),
                             (gsize)git_blob_rawsize(signature), error);
    refuse(error, _("its commit holds other than one statement and one signature"));
    return NULL;
}

/* From the head back; FALSE when something is no commit, or has two parents. */
static gboolean read_links(KjRepository *repository, const git_oid *head, GPtrArray *chain, GError **error) {
    g_autoptr(git_commit) commit = NULL;
    if (git_commit_lookup(&commit, repository->git, head) != 0) {
        kj_repository_fail(error, git_oid_tostr_s(head));
        return FALSE;
    }
    for (;;) {
        g_autoptr(GError) problem = NULL;
        KjSigned *link = read_commit(repository->git, commit, &problem);
        if (!link)
            return refuse(error, _("statement %s of the chain: %s"), git_oid_tostr_s(git_commit_id(commit)), problem->message);
        g_ptr_array_add(chain, link);
        if (git_commit_parentcount(commit) > 1 || chain->len > LINKS_MAX)
            return refuse(error, _("statement %s of the chain has two before it, or too many"), git_oid_tostr_s(git_commit_id(commit)));
        if (git_commit_parentcount(commit) == 0)
            return TRUE;
        git_commit *parent = NULL;
        if (git_commit_parent(&parent, commit, 0) != 0) {
            kj_repository_fail(error, git_oid_tostr_s(git_commit_id(commit)));
            return FALSE;
        }
        git_commit_free(commit);
        commit = parent;
    }
}

static gboolean check_link(const KjSigned *link, const char *last, const char *signer, const char *name, GError **error) {
    g_autofree char *own = kj_chain_name(link->key);
    const char *digest = kj_statement_digest(link->statement);
    if (strcmp(own, name) != 0)
        return refuse(error, _("statement %.12s stands in the chain %s and is signed by the key of another"), digest, name);
    if (strcmp(kj_statement_get(link->statement, "previous"), last) != 0)
        return refuse(error, _("statement %.12s names %.12s as the one before it, and in the chain that is %.12s"), digest,
                      kj_statement_get(link->statement, "previous"), last);
    if (strcmp(kj_statement_get(link->statement, "signer"), signer) != 0)
        return refuse(error, _("statement %.12s is by `%s`, and its chain is of `%s`"), digest, kj_statement_get(link->statement, "signer"), signer);
    return TRUE;
}

static void reverse(GPtrArray *chain) {
    for (guint i = 0; i < chain->len / 2; i++) {
        gpointer link = chain->pdata[i];
        chain->pdata[i] = chain->pdata[chain->len - 1 - i];
        chain->pdata[chain->len - 1 - i] = link;
    }
}

GPtrArray *kj_chain_read_commit(KjRepository *repository, const git_oid *head, const char *name, GError **error) {
    g_autoptr(GPtrArray) chain = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
    if (!read_links(repository, head, chain, error))
        return NULL;
    reverse(chain);
    const char *last = "none", *signer = kj_statement_get(((const KjSigned *)chain->pdata[0])->statement, "signer");
    for (guint i = 0; i < chain->len; i++) {
        if (!check_link(chain->pdata[i], last, signer, name, error))
            return NULL;
        last = kj_statement_digest(((const KjSigned *)chain->pdata[i])->statement);
    }
    return g_steal_pointer(&chain);
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

static gboolean add_entry(git_repository *repository, git_treebuilder *builder, const char *name, const void *bytes, gsize length) {
    git_oid id;
    return git_blob_create_from_buffer(&id, repository, bytes, length) == 0 && git_treebuilder_insert(NULL, builder, name, &id, GIT_FILEMODE_BLOB) == 0;
}

static gboolean write_tree(git_repository *repository, const KjSigned *link, git_oid *id) {
    g_autoptr(git_treebuilder) builder = NULL;
    gsize length;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(link->statement), &length);
    return git_treebuilder_new(&builder, repository, NULL) == 0 && add_entry(repository, builder, "statement", bytes, length) &&
           add_entry(repository, builder, "signature", link->armor, strlen(link->armor)) && git_treebuilder_write(id, builder) == 0;
}

/* The same statement gives the same commit, whoever writes it where. */
static gboolean write_commit(git_repository *repository, const KjSigned *link, const git_oid *head, git_oid *id) {
    git_oid tree_id;
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_commit) parent = NULL;
    g_autoptr(git_signature) signature = NULL;
    const char *signer = kj_statement_get(link->statement, "signer");
    g_autofree char *address = g_strdup_printf("%s@kijun", signer);
    if (!write_tree(repository, link, &tree_id) || git_tree_lookup(&tree, repository, &tree_id) != 0 ||
        (head && git_commit_lookup(&parent, repository, head) != 0) ||
        git_signature_new(&signature, signer, address, kj_statement_instant(link->statement, "date"), 0) != 0)
        return FALSE;
    const git_commit *parents[] = { parent };
    return git_commit_create(id, repository, NULL, signature, signature, "UTF-8", kj_statement_kind_name(kj_statement_kind(link->statement)), tree,
                             parent ? 1 : 0, parents) == 0;
}

gboolean kj_chain_append(KjRepository *repository, const KjSigned *link, GError **error) {
    git_oid head, id;
    g_autofree char *name = kj_chain_name(link->key);
    g_autoptr(GPtrArray) chain = kj_chain_read(repository, name, error);
    g_autoptr(git_reference) reference = NULL;
    if (!chain)
        return FALSE;
    gboolean begun = find_head(repository, name, &head);
    const char *signer = kj_statement_get((chain->len ? (const KjSigned *)chain->pdata[0] : link)->statement, "signer");
    if (!check_link(link, kj_chain_last(chain), signer, name, error))
        return FALSE;
    int code = write_commit(repository->git, link, begun ? &head : NULL, &id)
                   ? begun ? git_reference_create_matching(&reference, repository->git, name, &id, TRUE, &head, "kijun")
                           : git_reference_create(&reference, repository->git, name, &id, FALSE, "kijun")
                   : GIT_ERROR;
    if (code == GIT_EMODIFIED || code == GIT_EEXISTS)
        return refuse(error, _("somebody else has added to the chain %s just now; try again"), name);
    if (code != 0)
        kj_repository_fail(error, name);
    return code == 0;
}

/* ---- two chains ---- */

KjChains kj_chains_compare(const GPtrArray *first, const GPtrArray *second, guint *fork) {
    guint shorter = MIN(first->len, second->len);
    for (guint i = 0; i < shorter; i++) {
        const KjSigned *a = first->pdata[i], *b = second->pdata[i];
        if (strcmp(kj_statement_digest(a->statement), kj_statement_digest(b->statement)) == 0)
            continue;
        if (fork)
            *fork = i;
        return KJ_CHAINS_FORKED;
    }
    if (first->len == second->len)
        return KJ_CHAINS_SAME;
    return first->len < second->len ? KJ_CHAINS_FIRST_SHORTER : KJ_CHAINS_SECOND_SHORTER;
}
