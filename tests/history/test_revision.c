/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies out of a repository: forms of a PATH, what a tree may hold, hostile trees, errors a person understands. Each test makes a repository of its own. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <unistd.h>

#include "../../compiler/limits.h"
#include "../../history/repository.h"
#include "../../history/revision.h"
#include "place.h"

#define DOOR "group staff = from \"staff.csv\" column id;\nacl door {\n    default deny;\n    enter: allow principal staff;\n}\n"
#define CSV "id\nsato\n"

typedef struct {
    char *folder, *before;
    git_repository *git;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    git_libgit2_init();
    fixture->before = g_get_current_dir();
    fixture->folder = g_dir_make_tmp("kijun-history-XXXXXX", NULL);
    g_assert_cmpint(g_chdir(fixture->folder), ==, 0);
    git_repository_init_options options;
    g_assert_cmpint(git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION), ==, 0);
    options.flags = GIT_REPOSITORY_INIT_MKPATH;
    options.initial_head = "main";
    g_assert_cmpint(git_repository_init_ext(&fixture->git, fixture->folder, &options), ==, 0);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    git_repository_free(fixture->git);
    g_assert_cmpint(g_chdir(fixture->before), ==, 0);
    kj_test_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->before);
    git_libgit2_shutdown();
}

/* ---- making history ---- */

typedef struct {
    const char *path, *text;
    git_filemode_t mode; /* 0: a regular file */
} Entry;

/* A tree of these files, through an index in memory. */
static git_oid make_tree(git_repository *git, const Entry *entries) {
    git_index *index = NULL;
    git_oid tree;
    g_assert_cmpint(git_index_new(&index), ==, 0);
    for (const Entry *each = entries; each->path; each++) {
        git_index_entry entry = { .path = each->path, .mode = each->mode ? each->mode : GIT_FILEMODE_BLOB };
        g_assert_cmpint(git_blob_create_from_buffer(&entry.id, git, each->text, strlen(each->text)), ==, 0);
        g_assert_cmpint(git_index_add(index, &entry), ==, 0);
    }
    g_assert_cmpint(git_index_write_tree_to(&tree, index, git), ==, 0);
    git_index_free(index);
    return tree;
}

/* On top of `main`. */
static git_oid commit_tree(git_repository *git, const git_oid *id) {
    git_signature *who = NULL;
    git_tree *tree = NULL;
    git_commit *parent = NULL;
    git_oid commit, last;
    g_assert_cmpint(git_signature_new(&who, "T", "t@example.go.jp", 1793000000, 0), ==, 0);
    g_assert_cmpint(git_tree_lookup(&tree, git, id), ==, 0);
    if (git_reference_name_to_id(&last, git, "refs/heads/main") == 0)
        g_assert_cmpint(git_commit_lookup(&parent, git, &last), ==, 0);
    const git_commit *parents[] = { parent };
    g_assert_cmpint(git_commit_create(&commit, git, "refs/heads/main", who, who, NULL, "m", tree, parent ? 1 : 0, parents), ==, 0);
    git_commit_free(parent);
    git_tree_free(tree);
    git_signature_free(who);
    return commit;
}

static void commit_files(const Fixture *fixture, const Entry *entries) {
    git_oid tree = make_tree(fixture->git, entries);
    commit_tree(fixture->git, &tree);
}

/* ---- asking ---- */

/* What loading `path` ends in: the files with their modules, or the codes of the errors, or the error. Free with g_free. */
static char *load(const char *path) {
    g_autoptr(KjCompilation) compilation = kj_compilation_new();
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    if (!kj_revision_load(compilation, path, &error)) {
        g_assert_true(g_error_matches(error, KJ_ERROR, KJ_ERROR_IO));
        return g_string_free(g_string_append(out, error->message), FALSE);
    }
    for (guint32 i = 0; i < kj_sources_count(compilation->sources); i++) {
        const KjSourceFile *file = kj_sources_file(compilation->sources, i);
        g_string_append_printf(out, "%s=%s ", file->path, file->module);
    }
    if (!compilation->policy)
        kj_diagnostics_print_text(compilation->diagnostics, compilation->sources, FALSE, out);
    return g_string_free(out, FALSE);
}

static void check(const char *path, const char *wanted) {
    g_autofree char *got = load(path);
    g_assert_cmpstr(got, ==, wanted);
}

static void check_says(const char *path, const char *part) {
    g_autofree char *got = load(path);
    if (!strstr(got, part))
        g_error("%s: wanted `%s` in: %s", path, part, got);
}

/* ---- tests ---- */

static void test_form(void) {
    static const struct {
        const char *path;
        gboolean revision;
    } rows[] = {
        { "HEAD:", TRUE },          { "main:policies", TRUE },  { "feature/x:policies", TRUE }, { ":", TRUE },
        { ":policies", TRUE },      { "HEAD@{10:00}:a", TRUE }, { "HEAD@{10:00}", FALSE },      { "policies", FALSE },
        { "./main:policies", FALSE }, { "/tmp/a:b", FALSE },    { "../a:b", FALSE },            { "", FALSE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (kj_revision_form(rows[i].path) != rows[i].revision)
            g_error("`%s`", rows[i].path);
}

static void test_paths(Fixture *fixture, gconstpointer data) {
    (void)data;
    commit_files(fixture, (Entry[]){ { "old.pol", "acl a { default deny; }\n", 0 }, { NULL, NULL, 0 } });
    commit_files(fixture, (Entry[]){ { "gate/door-2.pol", DOOR, 0 },
                                     { "gate/staff.csv", CSV, 0 },
                                     { "gate/sub/b.pol", "acl b { default deny; }\n", 0 },
                                     { "gate.pol", "acl c { default deny; }\n", GIT_FILEMODE_BLOB_EXECUTABLE },
                                     { ".hidden/x.pol", "mistake", 0 },
                                     { "README", "text", 0 },
                                     { NULL, NULL, 0 } });
    check("main:", "gate.pol=gate gate/door-2.pol=gate.door_2 gate/sub/b.pol=gate.sub.b gate/staff.csv= ");
    check("HEAD:gate", "door-2.pol=door_2 sub/b.pol=sub.b staff.csv= ");
    check("HEAD:gate/", "door-2.pol=door_2 sub/b.pol=sub.b staff.csv= ");
    check("HEAD:gate/sub/../door-2.pol", "door-2.pol=door_2 staff.csv= ");
    check("main~1:", "old.pol=old ");
    check("HEAD:nothing", "HEAD:nothing: there is no such folder or file in that revision");
    check("HEAD:README", "HEAD:README is neither a folder nor a .pol file");
    check("HEAD:../x", "HEAD:../x leads out of the repository");
    check("HEAD~1:gate", "HEAD~1:gate: there is no such folder or file in that revision");

    /* Relative to the current folder, as git has it; what the disk holds does not matter. */
    g_assert_cmpint(g_mkdir_with_parents("gate/HEAD:", 0700), ==, 0);
    g_assert_true(g_file_set_contents("gate/HEAD:/decoy.pol", "acl d { default deny; }\n", -1, NULL));
    g_assert_cmpint(g_chdir("gate"), ==, 0);
    check("HEAD:./sub", "b.pol=b ");
    check("HEAD:.", "door-2.pol=door_2 sub/b.pol=sub.b staff.csv= ");
    check("HEAD:..", "gate.pol=gate gate/door-2.pol=gate.door_2 gate/sub/b.pol=gate.sub.b gate/staff.csv= ");
    check("HEAD:gate/sub", "b.pol=b ");
    check("./HEAD:", "decoy.pol=decoy ");

    g_autoptr(GBytes) bytes = kj_revision_read("HEAD:README", NULL);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "text", 4);
    g_autofree char *commit = kj_revision_commit("main:gate");
    g_assert_cmpuint(strlen(commit), ==, 40);
    g_assert_null(kj_revision_commit("main^{tree}:"));
}

static void test_data(Fixture *fixture, gconstpointer data) {
    (void)data;
    commit_files(fixture, (Entry[]){ { "gate/door.pol", DOOR, 0 }, { "staff.csv", CSV, 0 }, { NULL, NULL, 0 } });
    check_says("HEAD:", "there is no data file `gate/staff.csv` in the workspace [KJ0011]");
    commit_files(fixture, (Entry[]){ { "gate/door.pol", DOOR, 0 }, { "gate/staff.csv", "../staff.csv", GIT_FILEMODE_LINK }, { NULL, NULL, 0 } });
    check_says("HEAD:", "`gate/staff.csv` is not a regular file [KJ0010]");
    /* The working tree's file of this name is no part of the revision. */
    g_assert_cmpint(g_mkdir_with_parents("gate", 0700), ==, 0);
    g_assert_true(g_file_set_contents("gate/staff.csv", CSV, -1, NULL));
    check_says("HEAD:", "[KJ0010]");
}

static void test_links(Fixture *fixture, gconstpointer data) {
    static const struct {
        Entry entry;
        const char *says; /* NULL: nothing */
    } rows[] = {
        { { "in/b.pol", "../a.pol", GIT_FILEMODE_LINK }, "`in/b.pol` is not a regular file [KJ0010]" },
        { { "in/more", "../../elsewhere", GIT_FILEMODE_LINK }, "`in/more` leads outside the workspace [KJ0009]" },
        { { "more", "/etc", GIT_FILEMODE_LINK }, "`more` leads outside the workspace [KJ0009]" },
        { { "in/readme", "../README", GIT_FILEMODE_LINK }, NULL },
        { { "in/here", ".", GIT_FILEMODE_LINK }, NULL },
    };
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        commit_files(fixture, (Entry[]){ { "a.pol", "acl a { default deny; }\n", 0 }, rows[i].entry, { NULL, NULL, 0 } });
        if (rows[i].says)
            check_says("HEAD:", rows[i].says);
        else
            check("HEAD:", "a.pol=a ");
    }
}

/* A tree with one entry. */
static git_oid wrap(git_repository *git, const char *name, const git_oid *id, git_filemode_t mode, guint times) {
    git_treebuilder *builder = NULL;
    git_oid tree;
    g_assert_cmpint(git_treebuilder_new(&builder, git, NULL), ==, 0);
    for (guint i = 0; i < times; i++) {
        g_autofree char *numbered = times > 1 ? g_strdup_printf("%s%u", name, i) : g_strdup(name);
        g_assert_cmpint(git_treebuilder_insert(NULL, builder, numbered, id, mode), ==, 0);
    }
    g_assert_cmpint(git_treebuilder_write(&tree, builder), ==, 0);
    git_treebuilder_free(builder);
    return tree;
}

static void test_submodule(Fixture *fixture, gconstpointer data) {
    (void)data;
    commit_files(fixture, (Entry[]){ { "a.pol", "acl a { default deny; }\n", 0 }, { NULL, NULL, 0 } });
    git_oid head;
    g_assert_cmpint(git_reference_name_to_id(&head, fixture->git, "refs/heads/main"), ==, 0);
    git_oid tree = wrap(fixture->git, "library", &head, GIT_FILEMODE_COMMIT, 1);
    commit_tree(fixture->git, &tree);
    check_says("HEAD:", "`library` is not a regular file [KJ0010]");
    check_says("HEAD:", "it is a submodule");
}

/* Each limit one below, at, and one above. */
static void test_limits(Fixture *fixture, gconstpointer data) {
    g_autofree char *long_name = g_strnfill(1023, 'd');
    git_oid file;
    (void)data;
    g_assert_cmpint(git_blob_create_from_buffer(&file, fixture->git, "acl a { default deny; }\n", 24), ==, 0);

    for (int more = -1; more <= 1; more++) { /* three folders of 1024 bytes with their slashes, and one that makes up the rest */
        g_autofree char *last = g_strnfill(KJ_LIMIT_PATH_BYTES - 3 * 1024 - 1 + more, 'e');
        git_oid tree = wrap(fixture->git, "a.pol", &file, GIT_FILEMODE_BLOB, 1);
        tree = wrap(fixture->git, last, &tree, GIT_FILEMODE_TREE, 1);
        for (guint i = 0; i < 3; i++)
            tree = wrap(fixture->git, long_name, &tree, GIT_FILEMODE_TREE, 1);
        commit_tree(fixture->git, &tree);
        check_says("HEAD:", more > 0 ? "a path is longer than 4096 bytes" : "/a.pol=");
    }

    /* Folders that are all one tree of 1,023 files, and single files that make up the rest. */
    git_oid text = wrap(fixture->git, "t", &file, GIT_FILEMODE_BLOB, 1023);
    for (int more = -1; more <= 1; more++) {
        guint folders = 1023, rest = KJ_LIMIT_TREE_ENTRIES - folders * 1024 - 1 + (guint)more; /* 1 for the policy */
        git_treebuilder *builder = NULL;
        git_oid tree;
        g_assert_cmpint(git_treebuilder_new(&builder, fixture->git, NULL), ==, 0);
        g_assert_cmpint(git_treebuilder_insert(NULL, builder, "a.pol", &file, GIT_FILEMODE_BLOB), ==, 0);
        for (guint i = 0; i < folders + rest; i++) {
            g_autofree char *name = g_strdup_printf("n%u", i);
            g_assert_cmpint(git_treebuilder_insert(NULL, builder, name, i < folders ? &text : &file, i < folders ? GIT_FILEMODE_TREE : GIT_FILEMODE_BLOB), ==, 0);
        }
        g_assert_cmpint(git_treebuilder_write(&tree, builder), ==, 0);
        git_treebuilder_free(builder);
        commit_tree(fixture->git, &tree);
        check("HEAD:", more > 0 ? "HEAD: has more than 1048576 files and folders" : "a.pol=a ");
    }
}

/* A few trees that spell 10^40 files end at once. */
static void test_bomb(Fixture *fixture, gconstpointer data) {
    git_oid tree;
    (void)data;
    g_assert_cmpint(git_blob_create_from_buffer(&tree, fixture->git, "x", 1), ==, 0);
    tree = wrap(fixture->git, "f", &tree, GIT_FILEMODE_BLOB, 10);
    for (guint i = 0; i < 40; i++)
        tree = wrap(fixture->git, "d", &tree, GIT_FILEMODE_TREE, 10);
    commit_tree(fixture->git, &tree);
    check("HEAD:", "HEAD: has more than 1048576 files and folders");
}

static void test_revisions(Fixture *fixture, gconstpointer data) {
    git_reference *tag = NULL;
    (void)data;
    check("HEAD:", "the repository has no revision `HEAD`: nothing was committed yet");
    commit_files(fixture, (Entry[]){ { "a.pol", "acl a { default deny; }\n", 0 }, { NULL, NULL, 0 } });
    git_oid head;
    g_assert_cmpint(git_reference_name_to_id(&head, fixture->git, "refs/heads/main"), ==, 0);
    g_assert_cmpint(git_reference_create(&tag, fixture->git, "refs/heads/feature/printing", &head, 0, NULL), ==, 0);
    git_reference_free(tag);
    check("feature/printing:", "a.pol=a ");
    check("mian:", "the repository has no revision `mian`; did you mean `main`?");
    check("feature/printin~0:", "the repository has no revision `feature/printin~0`; did you mean `feature/printing~0`?");
    check("main~1:", "the repository has no revision `main~1`: the history of `main` does not go back that far");
    check("completely-else:", "the repository has no revision `completely-else`; `git branch --all` and `git tag` list what there is");
    check("HEAD^{blob}:", "`HEAD^{blob}` is no revision; gitrevisions(7) tells how they are written");
    check("HEAD:a.pol", "a.pol=a ");
    commit_files(fixture, (Entry[]){ { "README", "none", 0 }, { NULL, NULL, 0 } });
    check("HEAD:", "there is no policy in HEAD:: no file that ends in .pol");
}

static void test_index(Fixture *fixture, gconstpointer data) {
    git_index *index = NULL;
    (void)data;
    check(":", "there is no policy in :: no file that ends in .pol");
    g_assert_cmpint(g_mkdir_with_parents("gate/.x", 0700), ==, 0);
    g_assert_true(g_file_set_contents("gate/a.pol", DOOR, -1, NULL) && g_file_set_contents("gate/staff.csv", CSV, -1, NULL)
                  && g_file_set_contents("gate/.x/b.pol", "mistake", -1, NULL));
    g_assert_cmpint(git_repository_index(&index, fixture->git), ==, 0);
    g_assert_cmpint(git_index_add_bypath(index, "gate/a.pol"), ==, 0);
    g_assert_cmpint(git_index_add_bypath(index, "gate/staff.csv"), ==, 0);
    g_assert_cmpint(git_index_add_bypath(index, "gate/.x/b.pol"), ==, 0);
    g_assert_cmpint(git_index_write(index), ==, 0);
    git_index_free(index);
    check(":", "gate/a.pol=gate.a gate/staff.csv= ");
    check(":gate", "a.pol=a staff.csv= ");
    check(":gate/a.pol", "a.pol=a staff.csv= ");
    check(":door", ":door: there is no such folder or file in that revision");
}

static void test_no_repository(Fixture *fixture, gconstpointer data) {
    g_autofree char *git = g_build_filename(fixture->folder, ".git", NULL);
    (void)data;
    g_setenv("GIT_CEILING_DIRECTORIES", g_get_tmp_dir(), TRUE);
    kj_test_remove(git);
    check("HEAD:", ". is not in a git repository");
    g_unsetenv("GIT_CEILING_DIRECTORIES");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_unsetenv("GIT_DIR");
    g_unsetenv("GIT_INDEX_FILE");
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, "/nonexistent"); /* nobody's own settings */
    g_test_add_func("/history/form", test_form);
    g_test_add("/history/paths", Fixture, NULL, set_up, test_paths, tear_down);
    g_test_add("/history/data", Fixture, NULL, set_up, test_data, tear_down);
    g_test_add("/history/links", Fixture, NULL, set_up, test_links, tear_down);
    g_test_add("/history/submodule", Fixture, NULL, set_up, test_submodule, tear_down);
    g_test_add("/history/limits", Fixture, NULL, set_up, test_limits, tear_down);
    g_test_add("/history/bomb", Fixture, NULL, set_up, test_bomb, tear_down);
    g_test_add("/history/revisions", Fixture, NULL, set_up, test_revisions, tear_down);
    g_test_add("/history/index", Fixture, NULL, set_up, test_index, tear_down);
    g_test_add("/history/no-repository", Fixture, NULL, set_up, test_no_repository, tear_down);
    return g_test_run();
}
