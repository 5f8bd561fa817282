/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sealed.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"

#define STATEMENT "statement"
#define SIGNATURES "signatures"
#define SOURCES "sources"

/* ---- in memory ---- */

static char *file_name(const KjKey *key) {
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, key->blob);
}

/* Where a key with this name stands, or would stand. */
static guint find_place(const KjSealed *sealed, const char *name, gboolean *there) {
    for (guint i = 0; i < sealed->keys->len; i++) {
        g_autofree char *other = file_name(sealed->keys->pdata[i]);
        int order = strcmp(name, other);
        *there = order == 0;
        if (order <= 0)
            return i;
    }
    *there = FALSE;
    return sealed->keys->len;
}

static gboolean add_armor(KjSealed *sealed, const char *armor, GError **error) {
    g_autoptr(GError) problem = NULL;
    gsize length;
    gboolean there;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(sealed->statement), &length);
    g_autoptr(KjKey) key = kj_signature_verify(armor, strlen(armor), kj_statement_name_space(kj_statement_kind(sealed->statement)), bytes,
                                               length, NULL, &problem);
    if (!key)
        return kj_fail(error, KJ_ERROR_REFUSED, "%s", problem->message);
    g_autofree char *name = file_name(key);
    guint place = find_place(sealed, name, &there);
    if (there)
        return TRUE;
    g_ptr_array_insert(sealed->keys, (gint)place, g_steal_pointer(&key));
    g_ptr_array_insert(sealed->armors, (gint)place, g_strdup(armor));
    return TRUE;
}

KjSealed *kj_sealed_new(KjStatement *statement, const char *const *armors, GError **error) {
    g_autoptr(KjSealed) sealed = g_new(KjSealed, 1);
    *sealed = (KjSealed){ statement, g_ptr_array_new_null_terminated(1, g_free, TRUE),
                          g_ptr_array_new_with_free_func((GDestroyNotify)kj_key_free) };
    for (; *armors; armors++) {
        if (!add_armor(sealed, *armors, error))
            return NULL;
        if (sealed->keys->len > KJ_SEALED_SIGNATURES_MAX) {
            kj_fail(error, KJ_ERROR_REFUSED, _("it carries more signatures than anybody would look at"));
            return NULL;
        }
    }
    if (sealed->keys->len > 0)
        return g_steal_pointer(&sealed);
    kj_fail(error, KJ_ERROR_REFUSED, _("nobody has signed it"));
    return NULL;
}

void kj_sealed_free(KjSealed *sealed) {
    if (!sealed)
        return;
    kj_statement_free(sealed->statement);
    g_ptr_array_unref(sealed->armors);
    g_ptr_array_unref(sealed->keys);
    g_free(sealed);
}

const char *const *kj_sealed_armors(const KjSealed *sealed) {
    return (const char *const *)sealed->armors->pdata;
}

/* ---- reading ---- */

static gboolean check_entries(const git_tree *tree, const char *const *also, GError **error) {
    for (gsize i = 0; i < git_tree_entrycount(tree); i++) {
        const char *name = git_tree_entry_name(git_tree_entry_byindex(tree, i));
        if (strcmp(name, STATEMENT) == 0 || strcmp(name, SIGNATURES) == 0 || (also && g_strv_contains(also, name)))
            continue;
        g_autofree char *shown = g_strescape(name, NULL); /* a stranger's: anything may be in it */
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("its commit holds `%s`, which nobody has signed"), shown);
        return FALSE;
    }
    return TRUE;
}

static KjStatement *read_statement(KjRepository *repository, const git_tree *tree, KjStatementKind kind, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_autoptr(git_blob) blob = kj_commit_blob(repository, tree, STATEMENT, KJ_STATEMENT_MAX);
    if (!blob) {
        kj_fail(error, KJ_ERROR_REFUSED, _("its commit holds no file `statement` of a statement's size"));
        return NULL;
    }
    g_autoptr(KjStatement) statement = kj_statement_parse(git_blob_rawcontent(blob), (gsize)git_blob_rawsize(blob), &problem);
    if (!statement)
        kj_fail(error, KJ_ERROR_REFUSED, "%s", problem->message);
    else if (!kind || kj_statement_kind(statement) == kind)
        return g_steal_pointer(&statement);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("it is a statement of the kind `%s` where one of the kind `%s` must stand"),
                    kj_statement_kind_name(kj_statement_kind(statement)), kj_statement_kind_name(kind));
    return NULL;
}

/* The armors in the folder, by name, NULL-terminated. */
static GPtrArray *read_armors(KjRepository *repository, const git_tree *folder, GError **error) {
    g_autoptr(GPtrArray) armors = g_ptr_array_new_null_terminated(1, g_free, TRUE);
    if (git_tree_entrycount(folder) > KJ_SEALED_SIGNATURES_MAX) {
        kj_fail(error, KJ_ERROR_REFUSED, _("it carries more signatures than anybody would look at"));
        return NULL;
    }
    for (gsize i = 0; i < git_tree_entrycount(folder); i++) {
        const char *name = git_tree_entry_name(git_tree_entry_byindex(folder, i));
        g_autoptr(git_blob) blob = kj_commit_blob(repository, folder, name, KJ_SIGNATURE_MAX);
        if (!blob || memchr(git_blob_rawcontent(blob), 0, (gsize)git_blob_rawsize(blob))) {
            g_autofree char *shown = g_strescape(name, NULL);
            g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("its file `signatures/%s` is no signature"), shown);
            return NULL;
        }
        g_ptr_array_add(armors, g_strndup(git_blob_rawcontent(blob), (gsize)git_blob_rawsize(blob)));
    }
    return g_steal_pointer(&armors);
}

/* Git keeps a tree's files in the order in which a sealed statement keeps its keys. */
static gboolean check_names(const KjSealed *sealed, const git_tree *folder, GError **error) {
    for (gsize i = 0; i < git_tree_entrycount(folder); i++) {
        const char *name = git_tree_entry_name(git_tree_entry_byindex(folder, i));
        g_autofree char *own = i < sealed->keys->len ? file_name(sealed->keys->pdata[i]) : NULL;
        if (g_strcmp0(own, name) == 0)
            continue;
        g_autofree char *shown = g_strescape(name, NULL);
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("its file `signatures/%s` has not the name of the key that signed in it"), shown);
        return FALSE;
    }
    return TRUE;
}

KjSealed *kj_sealed_read(KjRepository *repository, const git_commit *commit, KjStatementKind kind, const char *const *also,
                         GError **error) {
    g_autoptr(git_tree) tree = NULL, folder = NULL;
    if (git_commit_tree(&tree, commit) != 0) {
        kj_repository_fail(error, git_oid_tostr_s(git_commit_id(commit)));
        return NULL;
    }
    if (!check_entries(tree, also, error))
        return NULL;
    g_autoptr(KjStatement) statement = read_statement(repository, tree, kind, error);
    if (!statement)
        return NULL;
    const git_tree_entry *entry = git_tree_entry_byname(tree, SIGNATURES);
    if (!entry || git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE ||
        git_tree_lookup(&folder, repository->git, git_tree_entry_id(entry)) != 0) {
        kj_fail(error, KJ_ERROR_REFUSED, _("its commit holds no folder `signatures`"));
        return NULL;
    }
    g_autoptr(GPtrArray) armors = read_armors(repository, folder, error);
    g_autoptr(KjSealed) sealed = armors ? kj_sealed_new(g_steal_pointer(&statement), (const char *const *)armors->pdata, error) : NULL;
    return sealed && check_names(sealed, folder, error) ? g_steal_pointer(&sealed) : NULL;
}

/* ---- writing ---- */

static gboolean write_signatures(KjRepository *repository, const KjSealed *sealed, git_oid *id) {
    g_autoptr(git_treebuilder) builder = NULL;
    if (git_treebuilder_new(&builder, repository->git, NULL) != 0)
        return FALSE;
    for (guint i = 0; i < sealed->keys->len; i++) {
        g_autofree char *name = file_name(sealed->keys->pdata[i]);
        const char *armor = sealed->armors->pdata[i];
        if (!kj_commit_add_blob(repository, builder, name, armor, strlen(armor)))
            return FALSE;
    }
    return git_treebuilder_write(id, builder) == 0;
}

gboolean kj_sealed_write(KjRepository *repository, const KjSealed *sealed, const git_oid *sources, git_oid *tree, GError **error) {
    g_autoptr(git_treebuilder) builder = NULL;
    git_oid signatures;
    gsize length;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(sealed->statement), &length);
    if (write_signatures(repository, sealed, &signatures) && git_treebuilder_new(&builder, repository->git, NULL) == 0 &&
        kj_commit_add_blob(repository, builder, STATEMENT, bytes, length) &&
        git_treebuilder_insert(NULL, builder, SIGNATURES, &signatures, GIT_FILEMODE_TREE) == 0 &&
        (!sources || git_treebuilder_insert(NULL, builder, SOURCES, sources, GIT_FILEMODE_TREE) == 0) &&
        git_treebuilder_write(tree, builder) == 0)
        return TRUE;
    kj_repository_fail(error, SIGNATURES);
    return FALSE;
}
