/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Workspaces out of trees, and out of memory: the same units with the same digests; what is no file of its own is refused. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/workspace.h"
#include "place.h"

#define DOOR "group staff = from \"staff.csv\" column id;\nacl door {\n    default deny;\n    enter: allow principal staff;\n}\n"

typedef struct {
    const char *path, *text;
    git_filemode_t mode;
} Entry;

typedef struct {
    char *folder;
    KjRepository *repository;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->repository = kj_test_repository(&fixture->folder);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_repository_unref(fixture->repository);
    kj_test_remove(fixture->folder);
    g_free(fixture->folder);
}

/* A tree of the entries; a path of two parts lies in a folder, whose entries come one after another. */
static KjSnapshot *make(const Fixture *fixture, const Entry *entries, guint count) {
    git_index *index = NULL;
    git_oid id;
    git_tree *tree = NULL;
    g_assert_cmpint(git_index_new(&index), ==, 0);
    for (guint i = 0; i < count; i++) {
        git_index_entry entry = { .path = entries[i].path, .mode = entries[i].mode ? entries[i].mode : GIT_FILEMODE_BLOB };
        g_assert_cmpint(git_blob_create_from_buffer(&entry.id, fixture->repository->git, entries[i].text, strlen(entries[i].text)), ==, 0);
        g_assert_cmpint(git_index_add(index, &entry), ==, 0);
    }
    g_assert_cmpint(git_index_write_tree_to(&id, index, fixture->repository->git), ==, 0);
    g_assert_cmpint(git_tree_lookup(&tree, fixture->repository->git, &id), ==, 0);
    KjSnapshot *snapshot = kj_snapshot_new_tree(fixture->repository, tree);
    git_tree_free(tree);
    git_index_free(index);
    return snapshot;
}

static const char *digest(const KjWorkspace *workspace, const char *unit) {
    return kj_units_find(workspace->units, unit)->digest;
}

static void test_same_units(Fixture *fixture, gconstpointer data) {
    static const Entry entries[] = {
        { "policy/door.pol", DOOR, 0 }, { "policy/staff.csv", "id\nsato\n", 0 }, { "policy/.hidden", "x", 0 }, { "policy/tool", "#!/bin/sh\n", GIT_FILEMODE_BLOB_EXECUTABLE },
        { "README", "not in the folder", 0 },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(KjSnapshot) snapshot = make(fixture, entries, G_N_ELEMENTS(entries));
    g_autoptr(KjWorkspace) read = kj_workspace_new(snapshot, "policy", "HEAD:policy", &error);
    (void)data;
    g_assert_no_error(error);
    g_assert_nonnull(read->units);
    g_assert_cmpuint(read->files->len, ==, 4);
    g_assert_cmpuint(kj_units_find(read->units, "*")->parts->len, ==, 2);
    g_assert_cmpuint(kj_units_find(read->units, "door.door")->parts->len, ==, 2);
    g_autoptr(KjWorkspace) again = kj_workspace_new_files((const KjUnitFile *)(void *)read->files->data, read->files->len, "a release", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(digest(again, "door.door"), ==, digest(read, "door.door"));
    g_assert_cmpstr(digest(again, "*"), ==, digest(read, "*"));
}

static void test_refused(Fixture *fixture, gconstpointer data) {
    static const Entry entries[] = { { "door.pol", DOOR, 0 }, { "notes", "staff.csv", GIT_FILEMODE_LINK }, { "staff.csv", "id\nsato\n", 0 } };
    g_autoptr(GError) error = NULL;
    g_autoptr(KjSnapshot) snapshot = make(fixture, entries, G_N_ELEMENTS(entries));
    g_autoptr(KjWorkspace) workspace = kj_workspace_new(snapshot, "", "HEAD:", &error);
    (void)data;
    g_assert_null(workspace);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "HEAD:: notes is a link or a submodule"));
}

static void test_errors(Fixture *fixture, gconstpointer data) {
    static const Entry entries[] = { { "door.pol", "acl door { default perhaps; }\n", 0 } };
    g_autoptr(GError) error = NULL;
    g_autoptr(KjSnapshot) snapshot = make(fixture, entries, G_N_ELEMENTS(entries));
    g_autoptr(KjWorkspace) workspace = kj_workspace_new(snapshot, "", "HEAD:", &error);
    (void)data;
    g_assert_no_error(error);
    g_assert_null(workspace->compilation->policy);
    g_assert_null(workspace->units);
    g_autoptr(KjWorkspace) nothing = kj_workspace_new(snapshot, "no/such", "HEAD:no/such", &error);
    g_assert_null(nothing);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add("/workspace/same-units", Fixture, NULL, set_up, test_same_units, tear_down);
    g_test_add("/workspace/refused", Fixture, NULL, set_up, test_refused, tear_down);
    g_test_add("/workspace/errors", Fixture, NULL, set_up, test_errors, tear_down);
    return g_test_run();
}
