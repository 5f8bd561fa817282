/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "release.h"

#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"

#define PREFIX "refs/kijun/releases/"
#define SOURCES "sources"
#define WORKSPACE "workspace"
#define STEPS "steps"

/* ---- references ---- */

char *kj_release_reference(const char *context) {
    return g_strconcat(PREFIX, context, NULL);
}

char **kj_release_contexts(KjRepository *repository, GError **error) {
    g_autoptr(GPtrArray) references = kj_repository_references(repository, PREFIX, G_MAXUINT, error);
    if (!references)
        return NULL;
    char **contexts = g_new0(char *, references->len + 1);
    for (guint i = 0; i < references->len; i++)
        contexts[i] = g_strdup((const char *)references->pdata[i] + strlen(PREFIX));
    return contexts;
}

gboolean kj_release_head(KjRepository *repository, const char *context, git_oid *head, GError **error) {
    g_autofree char *name = kj_release_reference(context);
    int code = git_reference_name_to_id(head, repository->git, name);
    if (code == 0)
        return TRUE;
    g_auto(GStrv) contexts = kj_release_contexts(repository, error);
    if (!contexts)
        return FALSE;
    g_autofree char *all = g_strjoinv(", ", contexts);
    if (*contexts)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the context `%s` has no releases here; there are: %s"), context, all);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO,
                    _("the repository has no releases, neither of `%s` nor of another context; `kijun release` makes the first"), context);
    return FALSE;
}

/* ---- links ---- */

KjLink *kj_link_read(KjRepository *repository, const git_oid *id, GError **error) {
    static const char *const also[] = { SOURCES, NULL };
    g_autoptr(git_commit) commit = NULL;
    if (git_commit_lookup(&commit, repository->git, id) != 0) {
        kj_repository_fail(error, git_oid_tostr_s(id));
        return NULL;
    }
    g_autoptr(KjSealed) sealed = kj_sealed_read(repository, commit, (KjStatementKind)0, also, error);
    if (!sealed)
        return NULL;
    KjStatementKind kind = kj_statement_kind(sealed->statement);
    if (kind != KJ_STATEMENT_RELEASE && kind != KJ_STATEMENT_HEARTBEAT) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("among the releases stands a statement of the kind `%s`"),
                    kj_statement_kind_name(kind));
        return NULL;
    }
    KjLink *link = g_new0(KjLink, 1);
    link->commit = *id;
    link->sealed = g_steal_pointer(&sealed);
    link->parents = g_array_new(FALSE, FALSE, sizeof(git_oid));
    for (guint i = 0; i < git_commit_parentcount(commit); i++)
        g_array_append_val(link->parents, *git_commit_parent_id(commit, i));
    return link;
}

void kj_link_free(KjLink *link) {
    if (!link)
        return;
    kj_sealed_free(link->sealed);
    g_array_unref(link->parents);
    g_free(link);
}

gboolean kj_link_is_release(const KjLink *link) {
    return kj_statement_kind(link->sealed->statement) == KJ_STATEMENT_RELEASE;
}

const git_oid *kj_link_before(const KjLink *link) {
    gboolean first = strcmp(kj_statement_get(link->sealed->statement, "previous"), "none") == 0;
    return first || link->parents->len == 0 ? NULL : &g_array_index(link->parents, git_oid, 0);
}

static void reverse(GPtrArray *array) {
    for (guint i = 0; i < array->len / 2; i++) {
        gpointer other = array->pdata[i];
        array->pdata[i] = array->pdata[array->len - 1 - i];
        array->pdata[array->len - 1 - i] = other;
    }
}

GPtrArray *kj_links_read(KjRepository *repository, const git_oid *known, const git_oid *head, GError **error) {
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_link_free);
    const git_oid *at = head;
    while (at && !(known && git_oid_equal(at, known))) {
        KjLink *link = kj_link_read(repository, at, error);
        if (!link)
            return NULL;
        g_ptr_array_add(links, link);
        at = kj_link_before(link);
    }
    if (known && !at) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("the releases do not go on from the one that is known here"));
        return NULL;
    }
    reverse(links);
    return g_steal_pointer(&links);
}

/* ---- workspaces ---- */

/* A folder of the link's tree as a workspace. */
static KjWorkspace *read_folder(KjRepository *repository, const KjLink *link, const char *path, GError **error) {
    g_autoptr(git_commit) commit = NULL;
    if (git_commit_lookup(&commit, repository->git, &link->commit) == 0)
        return kj_workspace_new_commit(repository, commit, path, path, error);
    kj_repository_fail(error, git_oid_tostr_s(&link->commit));
    return NULL;
}

KjWorkspace *kj_link_workspace(KjRepository *repository, const KjLink *link, GError **error) {
    return read_folder(repository, link, SOURCES "/" WORKSPACE, error);
}

KjWorkspace *kj_link_step(KjRepository *repository, const KjLink *link, const char *digest, GError **error) {
    g_autofree char *path = g_strconcat(SOURCES "/" STEPS "/", digest, NULL);
    return read_folder(repository, link, path, error);
}

/* ---- what a release says ---- */

static void listed_free(gpointer data) {
    KjListedChange *change = data;
    g_free(change->unit);
    g_free(change->base);
    g_free(change->result);
    g_free(change->verdict);
    g_free(change);
}

GPtrArray *kj_listed_changes(const KjStatement *statement) {
    GPtrArray *changes = g_ptr_array_new_with_free_func(listed_free);
    for (const char *const *line = kj_statement_list(statement, "change"); *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 5);
        KjListedChange *change = g_new(KjListedChange, 1);
        *change = (KjListedChange){ g_strdup(words[0]), g_strdup(words[1]), g_strdup(words[2]), g_strdup(words[3]),
                                    strcmp(words[4], "yes") == 0 };
        g_ptr_array_add(changes, change);
    }
    return changes;
}

static gboolean is_word(const char *at, const char *word) {
    gsize length = strlen(word);
    return strncmp(at, word, length) == 0 && at[length] == ' ';
}

gboolean kj_lists_change(const KjStatement *statement, const char *unit, const char *result) {
    for (const char *const *line = kj_statement_list(statement, "change"); *line; line++) {
        const char *base = is_word(*line, unit) ? *line + strlen(unit) + 1 : NULL; /* UNIT BASE RESULT ... */
        if (base && (!result || is_word(strchr(base, ' ') + 1, result)))
            return TRUE;
    }
    return FALSE;
}

const char *kj_release_pin(const KjStatement *release, const char *unit) {
    gsize length = strlen(unit);
    for (const char *const *line = kj_statement_list(release, "unit"); *line; line++)
        if (strncmp(*line, unit, length) == 0 && (*line)[length] == ' ')
            return *line + length + 1;
    return NULL;
}

/* ---- making one ---- */

GArray *kj_release_files(const KjUnit *unit) {
    GArray *files = g_array_new(FALSE, FALSE, sizeof(KjUnitFile));
    for (guint i = 0; i < unit->parts->len; i++) {
        const KjUnitPart *part = unit->parts->pdata[i];
        g_array_append_val(files, ((KjUnitFile){ part->path, part->mode, part->bytes }));
    }
    return files;
}

/* The files of one folder, and of those in it: all whose path begins with `folder`, of which there is at least one or `folder` is "". `files` sorted by path. */
static gboolean write_folder(KjRepository *repository, const KjUnitFile *files, guint count, const char *folder, git_oid *tree) {
    g_autoptr(git_treebuilder) builder = NULL;
    gsize length = strlen(folder);
    if (git_treebuilder_new(&builder, repository->git, NULL) != 0)
        return FALSE;
    for (guint i = 0; i < count;) {
        const char *name = files[i].path + length, *slash = strchr(name, '/');
        git_oid id;
        if (!slash) {
            gsize size;
            const void *bytes = g_bytes_get_data(files[i].bytes, &size);
            if (git_blob_create_from_buffer(&id, repository->git, bytes ? bytes : "", size) != 0 ||
                git_treebuilder_insert(NULL, builder, name, &id, (git_filemode_t)files[i].mode) != 0)
                return FALSE;
            i++;
            continue;
        }
        g_autofree char *inner = g_strndup(files[i].path, (gsize)(slash + 1 - files[i].path)),
                        *inner_name = g_strndup(name, (gsize)(slash - name));
        guint end = i;
        while (end < count && g_str_has_prefix(files[end].path, inner))
            end++;
        if (!write_folder(repository, files + i, end - i, inner, &id) ||
            git_treebuilder_insert(NULL, builder, inner_name, &id, GIT_FILEMODE_TREE) != 0)
            return FALSE;
        i = end;
    }
    return git_treebuilder_write(tree, builder) == 0;
}

static int compare_files(gconstpointer a, gconstpointer b) {
    return strcmp(((const KjUnitFile *)a)->path, ((const KjUnitFile *)b)->path);
}

gboolean kj_release_write_files(KjRepository *repository, const KjUnitFile *files, guint count, git_oid *tree, GError **error) {
    g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(KjUnitFile));
    g_array_append_vals(sorted, files, count);
    g_array_sort(sorted, compare_files);
    if (write_folder(repository, (const KjUnitFile *)(void *)sorted->data, count, "", tree))
        return TRUE;
    kj_repository_fail(error, _("files of a workspace could not be written"));
    return FALSE;
}
