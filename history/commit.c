/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commit.h"

#include <fcntl.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../compiler/translate.h"

/* The size stands in the object's header: a blob that is too large is never unpacked. */
git_blob *kj_commit_blob(KjRepository *repository, const git_tree *tree, const char *name, gsize most) {
    const git_tree_entry *entry = git_tree_entry_byname(tree, name);
    git_odb *objects = NULL;
    git_object_t type = GIT_OBJECT_INVALID;
    gsize size = 0;
    git_blob *blob = NULL;
    if (!entry || git_tree_entry_filemode(entry) != GIT_FILEMODE_BLOB || git_repository_odb(&objects, repository->git) != 0)
        return NULL;
    gboolean fits = git_odb_read_header(&size, &type, objects, git_tree_entry_id(entry)) == 0 && type == GIT_OBJECT_BLOB && size <= most;
    git_odb_free(objects);
    return fits && git_blob_lookup(&blob, repository->git, git_tree_entry_id(entry)) == 0 ? blob : NULL;
}

gboolean kj_commit_add_blob(KjRepository *repository, git_treebuilder *builder, const char *name, const void *bytes, gsize length) {
    git_oid id;
    return git_blob_create_from_buffer(&id, repository->git, bytes, length) == 0 &&
           git_treebuilder_insert(NULL, builder, name, &id, GIT_FILEMODE_BLOB) == 0;
}

gboolean kj_commit_write(KjRepository *repository, const KjStatement *statement, const git_oid *tree_id, const git_oid *parent_ids,
                         guint count, git_oid *id) {
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_signature) signature = NULL;
    g_autoptr(GPtrArray) parents = g_ptr_array_new_with_free_func((GDestroyNotify)git_commit_free);
    const char *signer = kj_statement_get(statement, "signer");
    g_autofree char *address = g_strdup_printf("%s@kijun", signer);
    for (guint i = 0; i < count; i++) {
        git_commit *parent = NULL;
        if (git_commit_lookup(&parent, repository->git, &parent_ids[i]) != 0)
            return FALSE;
        g_ptr_array_add(parents, parent);
    }
    return git_tree_lookup(&tree, repository->git, tree_id) == 0 &&
           git_signature_new(&signature, signer, address, kj_statement_instant(statement, "date"), 0) == 0 &&
           git_commit_create(id, repository->git, NULL, signature, signature, "UTF-8", kj_statement_kind_name(kj_statement_kind(statement)),
                             tree, count, (const git_commit **)parents->pdata) == 0;
}

/* How long a reference's lock of git may stand before it is what a killed process left: to move a reference takes no second. */
#define STALE_SECONDS 5

/*
 * Git locks a reference by a file that outlives its maker. One that is older than anybody's work is taken away; who does so holds a lock of our own meanwhile, which dies with its holder, so that
 * nobody takes away a fresh one. FALSE when there is none to wait for.
 */
static gboolean wait_for_lock(KjRepository *repository, const char *name) {
    const char *folder = git_repository_commondir(repository->git);
    g_autofree char *lock = g_strdup_printf("%s%s.lock", folder, name), *own = g_build_filename(folder, "kijun.lock", NULL);
    int descriptor = open(own, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    gboolean there = descriptor >= 0 && flock(descriptor, LOCK_EX) == 0 && stat(lock, &status) == 0;
    if (there && time(NULL) - status.st_mtime >= STALE_SECONDS)
        unlink(lock);
    if (descriptor >= 0)
        close(descriptor);
    if (there)
        g_usleep(G_USEC_PER_SEC / 10);
    return there;
}

static int move(KjRepository *repository, const char *name, const git_oid *before, const git_oid *id) {
    g_autoptr(git_reference) reference = NULL;
    return before ? git_reference_create_matching(&reference, repository->git, name, id, TRUE, before, "kijun")
                  : git_reference_create(&reference, repository->git, name, id, FALSE, "kijun");
}

gboolean kj_commit_move(KjRepository *repository, const char *name, const git_oid *before, const git_oid *id, GError **error) {
    int code = move(repository, name, before, id);
    for (guint i = 0; i < 10 * (STALE_SECONDS + 2) && code == GIT_ELOCKED && wait_for_lock(repository, name); i++)
        code = move(repository, name, before, id);
    if (code == GIT_EMODIFIED || code == GIT_EEXISTS)
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("somebody else has moved %s just now; try again"), name);
    else if (code != 0)
        kj_repository_fail(error, name);
    return code == 0;
}
