/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains: what is appended is read again, and every way of breaking one is named. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <time.h>
#include <utime.h>

#include "../../history/chain.h"
#include "keys.h"
#include "place.h"

enum { SATO, SUZUKI, KEYS };

typedef struct {
    KjTestKeys *keys;
    char *folder;
    KjRepository *repository;
    char *name; /* of sato's chain */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->keys = kj_test_keys_new(KEYS);
    fixture->repository = kj_test_repository(&fixture->folder);
    g_autoptr(KjKey) key = kj_key_parse(fixture->keys->lines[SATO], NULL);
    fixture->name = kj_chain_name(key);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_keys_free(fixture->keys);
    kj_repository_unref(fixture->repository);
    kj_test_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->name);
}

/* A comment after `previous`, signed by `key`. */
static KjSigned *comment(const Fixture *fixture, guint key, const char *signer, const char *previous, const char *text) {
    const KjStatementValue values[] = { { "signer", signer },  { "previous", previous }, { "date", "2026-11-22T09:00:00Z" }, { "context", "production" },
                                        { "unit", "*" },       { "result", "none" },     { "text", text } };
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = kj_statement_new(KJ_STATEMENT_COMMENT, values, G_N_ELEMENTS(values), &error);
    g_assert_no_error(error);
    g_autofree char *armor = kj_test_sign(fixture->keys, key, statement);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    KjSigned *link = kj_signed_new(bytes, length, armor, strlen(armor), &error);
    g_assert_no_error(error);
    return link;
}

static void append(const Fixture *fixture, const char *previous, const char *text, char digest[65]) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjSigned) link = comment(fixture, SATO, "sato", previous, text);
    g_assert_true(kj_chain_append(fixture->repository, link, &error));
    g_assert_no_error(error);
    g_strlcpy(digest, kj_statement_digest(link->statement), 65);
}

static void test_appended(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    char digest[65];
    g_autoptr(GPtrArray) empty = kj_chain_read(fixture->repository, fixture->name, &error);
    g_assert_cmpuint(empty->len, ==, 0);
    g_assert_cmpstr(kj_chain_last(empty), ==, "none");
    append(fixture, "none", "one", digest);
    append(fixture, digest, "two", digest);
    append(fixture, digest, "three", digest);
    g_autoptr(GPtrArray) chain = kj_chain_read(fixture->repository, fixture->name, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(chain->len, ==, 3);
    g_assert_cmpstr(kj_statement_get(((KjSigned *)chain->pdata[1])->statement, "text"), ==, "two");
    g_assert_cmpstr(kj_chain_last(chain), ==, digest);
    g_autoptr(GPtrArray) names = kj_chain_names(fixture->repository, &error);
    g_assert_cmpuint(names->len, ==, 1);
    g_assert_cmpstr(names->pdata[0], ==, fixture->name);
}

static void test_not_appended(Fixture *fixture, gconstpointer data) {
    (void)data;
    char digest[65];
    append(fixture, "none", "one", digest);
    g_autoptr(KjSigned) again = comment(fixture, SATO, "sato", "none", "instead"), other_name = comment(fixture, SATO, "suzuki", digest, "two");
    const struct {
        const KjSigned *link;
        const char *message;
    } cases[] = { { again, "names none as the one before it" }, { other_name, "is by `suzuki`, and its chain is of `sato`" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(kj_chain_append(fixture->repository, cases[i].link, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        g_assert_nonnull(strstr(error->message, cases[i].message));
    }
    g_autoptr(GPtrArray) chain = kj_chain_read(fixture->repository, fixture->name, NULL);
    g_assert_cmpuint(chain->len, ==, 1);
}

/* Commits made by hand, as somebody with the repository but without the key would. */
static void write_link(const Fixture *fixture, const char *statement, gsize length, const char *armor, const char *extra, guint parents) {
    git_oid ids[3], tree_id, commit_id, head;
    git_treebuilder *builder = NULL;
    git_tree *tree = NULL;
    git_commit *parent = NULL;
    git_signature *author = NULL;
    git_repository *git = fixture->repository->git;
    gboolean begun = git_reference_name_to_id(&head, git, fixture->name) == 0;
    git_blob_create_from_buffer(&ids[0], git, statement, length);
    git_blob_create_from_buffer(&ids[1], git, armor, strlen(armor));
    git_treebuilder_new(&builder, git, NULL);
    git_treebuilder_insert(NULL, builder, "statement", &ids[0], GIT_FILEMODE_BLOB);
    git_treebuilder_insert(NULL, builder, "signature", &ids[1], GIT_FILEMODE_BLOB);
    if (extra)
        git_treebuilder_insert(NULL, builder, extra, &ids[1], GIT_FILEMODE_BLOB);
    git_treebuilder_write(&tree_id, builder);
    git_tree_lookup(&tree, git, &tree_id);
    git_signature_new(&author, "mallory", "mallory@example.jp", 0, 0);
    if (begun)
        git_commit_lookup(&parent, git, &head);
    const git_commit *both[] = { parent, parent };
    g_assert_cmpint(git_commit_create(&commit_id, git, NULL, author, author, NULL, "x", tree, begun ? parents : 0, both), ==, 0);
    git_reference *reference = NULL;
    git_reference_create(&reference, git, fixture->name, &commit_id, TRUE, NULL);
    git_reference_free(reference);
    git_signature_free(author);
    git_commit_free(parent);
    git_tree_free(tree);
    git_treebuilder_free(builder);
}

static void test_broken(Fixture *fixture, gconstpointer data) {
    static const char *const messages[] = {
        "the signature does not hold", "signed by the key of another", "as the one before it, and in the chain that is", "other than one statement and one signature",
        "has two before it", "a statement is UTF-8 text",
    };
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(GError) error = NULL;
        char digest[65];
        git_reference_remove(fixture->repository->git, fixture->name);
        append(fixture, "none", "one", digest);
        g_autoptr(KjSigned) good = comment(fixture, SATO, "sato", digest, "two"), by_other = comment(fixture, SUZUKI, "sato", digest, "two");
        g_autoptr(KjSigned) left_out = comment(fixture, SATO, "sato", "1111111111111111111111111111111111111111111111111111111111111111", "three");
        const KjSigned *links[] = { good, by_other, left_out, good, good, good };
        gsize length;
        const char *bytes = g_bytes_get_data(kj_statement_bytes(links[i]->statement), &length);
        g_autofree char *changed = g_strndup(bytes, length);
        if (i == 0)
            memcpy(strstr(changed, "two"), "TWO", 3);
        write_link(fixture, changed, i == 5 ? length - 1 : length, links[i]->armor, i == 3 ? "more" : NULL, i == 4 ? 2 : 1);
        g_autoptr(GPtrArray) chain = kj_chain_read(fixture->repository, fixture->name, &error);
        g_assert_null(chain);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        if (!strstr(error->message, messages[i]))
            g_error("%s: instead of: %s", error->message, messages[i]);
    }
}

/* A process that was killed has left git's lock; one that is at work is waited for. */
static void test_left_lock(Fixture *fixture, gconstpointer data) {
    (void)data;
    char first[65], second[65];
    g_autofree char *lock = g_strdup_printf("%s/%s.lock", fixture->folder, fixture->name);
    struct utimbuf old = { 0, 0 };
    append(fixture, "none", "one", first);
    g_assert_true(g_file_set_contents(lock, "", 0, NULL));
    old.actime = old.modtime = time(NULL) - 60;
    g_assert_cmpint(g_utime(lock, &old), ==, 0);
    append(fixture, first, "two", second);
    g_assert_false(g_file_test(lock, G_FILE_TEST_EXISTS));
    g_autoptr(GPtrArray) chain = kj_chain_read(fixture->repository, fixture->name, NULL);
    g_assert_cmpuint(chain->len, ==, 2);
}

static void read_on(Fixture *fixture, GPtrArray *chain, const git_oid *known, const git_oid *head, const char *first, const char *second) {
    g_autoptr(GError) error = NULL;
    guint before = chain->len;
    gboolean good = kj_chain_extend(fixture->repository, chain, known, head, fixture->name, &error);
    if (!first) {
        g_assert_no_error(error);
        return;
    }
    g_assert_false(good);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    if (!strstr(error->message, first) || !strstr(error->message, second))
        g_error("%s: instead of: %s ... %s", error->message, first, second);
    g_assert_cmpuint(chain->len, ==, before);
}

/* Who takes a statement back, or says another in its place, is shown both. */
static void test_forked(Fixture *fixture, gconstpointer data) {
    (void)data;
    char first[65], second[65], other[65];
    git_oid here, shorter, there;
    append(fixture, "none", "one", first);
    git_reference_name_to_id(&shorter, fixture->repository->git, fixture->name);
    append(fixture, first, "two", second);
    git_reference_name_to_id(&here, fixture->repository->git, fixture->name);
    g_autoptr(GPtrArray) chain = kj_chain_read_commit(fixture->repository, &shorter, fixture->name, NULL);
    read_on(fixture, chain, &shorter, &here, NULL, NULL);
    g_assert_cmpuint(chain->len, ==, 2);
    git_reference_remove(fixture->repository->git, fixture->name);
    append(fixture, "none", "one", first);
    append(fixture, first, "another two", other);
    git_reference_name_to_id(&there, fixture->repository->git, fixture->name);
    second[12] = other[12] = 0;
    g_autofree char *came = g_strdup_printf("came %s", second), *comes = g_strdup_printf("now comes %s", other),
                    *had = g_strdup_printf("it had statement %s", second);
    read_on(fixture, chain, &here, &there, came, comes);
    read_on(fixture, chain, &here, &shorter, "the chain was shortened", had);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    g_test_add("/chain/appended", Fixture, NULL, set_up, test_appended, tear_down);
    g_test_add("/chain/not-appended", Fixture, NULL, set_up, test_not_appended, tear_down);
    g_test_add("/chain/broken", Fixture, NULL, set_up, test_broken, tear_down);
    g_test_add("/chain/left-lock", Fixture, NULL, set_up, test_left_lock, tear_down);
    g_test_add("/chain/forked", Fixture, NULL, set_up, test_forked, tear_down);
    return g_test_run();
}
