/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statements with several signatures: what is written is read again, and every way of breaking one is named. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/sealed.h"
#include "desk_place.h"

enum { SATO, SUZUKI, KEYS };

typedef KjTestDeskPlace Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_desk_place_set_up(fixture, KEYS);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_desk_place_tear_down(fixture);
}

static KjStatement *heartbeat(const char *serial) {
    const KjStatementValue values[] = { { "signer", "sato" }, { "previous", "none" }, { "date", "2026-11-22T09:00:00Z" }, { "context", "production" },
                                        { "serial", serial }, { "release", "none" } };
    g_autoptr(GError) error = NULL;
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_HEARTBEAT, values, G_N_ELEMENTS(values), &error);
    g_assert_no_error(error);
    return statement;
}

/* Signed by both, sato twice. */
static KjSealed *sealed_by_both(const Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = heartbeat("7");
    g_autofree char *one = kj_test_sign(fixture->keys, SATO, statement), *other = kj_test_sign(fixture->keys, SUZUKI, statement);
    const char *const armors[] = { one, other, one, NULL };
    KjSealed *sealed = kj_sealed_new(g_steal_pointer(&statement), armors, &error);
    g_assert_no_error(error);
    return sealed;
}

static git_commit *commit_of(const Fixture *fixture, const git_oid *tree) {
    git_oid id;
    git_commit *commit = NULL;
    g_autoptr(KjStatement) statement = heartbeat("7");
    g_assert_true(kj_commit_write(fixture->repository, statement, tree, NULL, 0, &id));
    g_assert_cmpint(git_commit_lookup(&commit, fixture->repository->git, &id), ==, 0);
    return commit;
}

static void test_written(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjSealed) sealed = sealed_by_both(fixture);
    git_oid tree, with_sources;
    g_assert_cmpuint(sealed->keys->len, ==, 2);
    g_assert_cmpuint(g_strv_length((char **)kj_sealed_armors(sealed)), ==, 2);
    g_assert_true(kj_sealed_write(fixture->repository, sealed, NULL, &tree, &error));
    g_assert_true(kj_sealed_write(fixture->repository, sealed, &tree, &with_sources, &error));
    g_autoptr(git_commit) commit = commit_of(fixture, &tree), released = commit_of(fixture, &with_sources);
    g_autoptr(KjSealed) read = kj_sealed_read(fixture->repository, commit, KJ_STATEMENT_HEARTBEAT, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(kj_statement_digest(read->statement), ==, kj_statement_digest(sealed->statement));
    for (guint i = 0; i < 2; i++) {
        g_assert_true(kj_key_equal(read->keys->pdata[i], sealed->keys->pdata[i]));
        g_assert_cmpstr(kj_sealed_armors(read)[i], ==, kj_sealed_armors(sealed)[i]);
    }
    g_autoptr(KjSealed) any = kj_sealed_read(fixture->repository, released, (KjStatementKind)0, (const char *[]){ "sources", NULL }, &error);
    g_assert_no_error(error);
    g_assert_nonnull(any);
    g_autoptr(KjSealed) too_much = kj_sealed_read(fixture->repository, released, (KjStatementKind)0, NULL, &error);
    g_assert_null(too_much);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "its commit holds `sources`, which nobody has signed"));
}

/* The order in which signatures come decides nothing: the same tree. */
static void test_same_tree(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(KjStatement) statement = heartbeat("7");
    g_autofree char *one = kj_test_sign(fixture->keys, SATO, statement), *other = kj_test_sign(fixture->keys, SUZUKI, statement);
    g_autoptr(KjSealed) forth = kj_sealed_new(heartbeat("7"), (const char *[]){ one, other, NULL }, NULL);
    g_autoptr(KjSealed) back = kj_sealed_new(heartbeat("7"), (const char *[]){ other, one, NULL }, NULL);
    git_oid first, second;
    g_assert_true(kj_sealed_write(fixture->repository, forth, NULL, &first, NULL) && kj_sealed_write(fixture->repository, back, NULL, &second, NULL));
    g_assert_true(git_oid_equal(&first, &second));
}

static void test_not_made(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(KjStatement) other = heartbeat("8");
    g_autofree char *armor = kj_test_sign(fixture->keys, SATO, other);
    const struct {
        const char *armors[2], *message;
    } cases[] = { { { NULL }, "nobody has signed it" }, { { armor, NULL }, "the signature does not hold" }, { { "", NULL }, "" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(kj_sealed_new(heartbeat("7"), cases[i].armors, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, cases[i].message));
    }
}

/* ---- trees as somebody without the keys would make them ---- */

static void put(const Fixture *fixture, git_treebuilder *builder, const char *name, const char *text, git_filemode_t mode) {
    git_oid id;
    g_assert_cmpint(git_blob_create_from_buffer(&id, fixture->repository->git, text, strlen(text)), ==, 0);
    g_assert_cmpint(git_treebuilder_insert(NULL, builder, name, &id, mode), ==, 0);
}

typedef enum { GOOD, ALTERED, WRONG_NAME, NO_FOLDER, EMPTY_FOLDER, BESIDE, LINK, SIGNATURE_LINK, OTHER_KIND, NO_SIGNATURE, LARGE, BROKEN_CASES } Broken;

static git_commit *broken_commit(const Fixture *fixture, const KjSealed *sealed, Broken how) {
    git_repository *git = fixture->repository->git;
    g_autoptr(git_treebuilder) builder = NULL, folder = NULL;
    git_oid folder_id, id;
    g_autofree char *name = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, ((const KjKey *)sealed->keys->pdata[0])->blob);
    g_autofree char *zeros = g_strnfill(64, '0'), *large = g_strnfill(KJ_STATEMENT_MAX + 1, '\n');
    g_autofree char *text = g_strndup(g_bytes_get_data(kj_statement_bytes(sealed->statement), NULL), g_bytes_get_size(kj_statement_bytes(sealed->statement)));
    if (how == ALTERED)
        memcpy(strstr(text, "serial: 7"), "serial: 8", 9);
    git_treebuilder_new(&builder, git, NULL);
    git_treebuilder_new(&folder, git, NULL);
    if (how != EMPTY_FOLDER)
        put(fixture, folder, how == WRONG_NAME ? zeros : name, how == NO_SIGNATURE ? "x" : kj_sealed_armors(sealed)[0], how == SIGNATURE_LINK ? GIT_FILEMODE_LINK : GIT_FILEMODE_BLOB);
    g_assert_cmpint(git_treebuilder_write(&folder_id, folder), ==, 0);
    put(fixture, builder, "statement", how == LARGE ? large : text, how == LINK ? GIT_FILEMODE_LINK : GIT_FILEMODE_BLOB);
    if (how != NO_FOLDER)
        git_treebuilder_insert(NULL, builder, "signatures", &folder_id, GIT_FILEMODE_TREE);
    if (how == BESIDE)
        put(fixture, builder, "mo\033re", "x", GIT_FILEMODE_BLOB); /* moves nothing on a screen */
    g_assert_cmpint(git_treebuilder_write(&id, builder), ==, 0);
    return commit_of(fixture, &id);
}

static void test_broken(Fixture *fixture, gconstpointer data) {
    static const char *const messages[BROKEN_CASES] = {
        [GOOD] = NULL,
        [ALTERED] = "the signature does not hold",
        [WRONG_NAME] = "has not the name of the key that signed in it",
        [NO_FOLDER] = "holds no folder `signatures`",
        [EMPTY_FOLDER] = "nobody has signed it",
        [BESIDE] = "its commit holds `mo\\033re`, which nobody has signed",
        [LINK] = "holds no file `statement`",
        [SIGNATURE_LINK] = "is no signature",
        [OTHER_KIND] = "it is a statement of the kind `heartbeat` where one of the kind `root` must stand",
        [NO_SIGNATURE] = "",
        [LARGE] = "holds no file `statement` of a statement's size",
    };
    (void)data;
    g_autoptr(KjSealed) sealed = sealed_by_both(fixture);
    for (Broken how = GOOD; how < BROKEN_CASES; how++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(git_commit) commit = broken_commit(fixture, sealed, how);
        g_autoptr(KjSealed) read = kj_sealed_read(fixture->repository, commit, how == OTHER_KIND ? KJ_STATEMENT_ROOT : KJ_STATEMENT_HEARTBEAT, NULL, &error);
        g_assert_cmpint(read != NULL, ==, messages[how] == NULL);
        if (read)
            continue;
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        if (!strstr(error->message, messages[how]))
            g_error("case %u: %s: instead of: %s", how, error->message, messages[how]);
    }
}

static void test_moved(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(KjSealed) sealed = sealed_by_both(fixture);
    g_autoptr(KjStatement) other = heartbeat("8");
    git_oid tree, first, second, now;
    const char *name = "refs/kijun/test";
    g_assert_true(kj_sealed_write(fixture->repository, sealed, NULL, &tree, NULL));
    g_assert_true(kj_commit_write(fixture->repository, sealed->statement, &tree, NULL, 0, &first));
    g_assert_true(kj_commit_write(fixture->repository, other, &tree, &first, 1, &second));
    g_assert_true(kj_commit_move(fixture->repository, name, NULL, &first, NULL));
    g_assert_true(kj_commit_move(fixture->repository, name, &first, &second, NULL));
    const git_oid *const befores[] = { NULL, &first };
    for (guint i = 0; i < G_N_ELEMENTS(befores); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(kj_commit_move(fixture->repository, name, befores[i], &first, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, "somebody else has moved refs/kijun/test just now"));
        g_assert_cmpint(git_reference_name_to_id(&now, fixture->repository->git, name), ==, 0);
        g_assert_true(git_oid_equal(&now, &second));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    g_test_add("/sealed/written", Fixture, NULL, set_up, test_written, tear_down);
    g_test_add("/sealed/same-tree", Fixture, NULL, set_up, test_same_tree, tear_down);
    g_test_add("/sealed/not-made", Fixture, NULL, set_up, test_not_made, tear_down);
    g_test_add("/sealed/broken", Fixture, NULL, set_up, test_broken, tear_down);
    g_test_add("/sealed/moved", Fixture, NULL, set_up, test_moved, tear_down);
    return g_test_run();
}
