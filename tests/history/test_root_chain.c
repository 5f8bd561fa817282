/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The versions of the root: which may follow which, what a reader refuses, and how everybody's lost keys are replaced. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/root_chain.h"
#include "desk_place.h"

enum { SATO, SUZUKI, TANAKA, VAULT_A, VAULT_B, MORI, KEYS };

typedef KjTestDeskPlace Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_desk_place_set_up(fixture, KEYS);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_desk_place_tear_down(fixture);
}

/* Who may sign roots and releases is listed; the two vaults recover. */
typedef struct {
    guint version, threshold;
    const char *previous;
    struct {
        const char *person;
        guint key;
    } people[4];
    guint revoked; /* key + 1; 0: none */
} Plan;

static KjStatement *make(const Fixture *fixture, const Plan *plan) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    const KjStatementValue fixed[] = { { "signer", "sato" }, { "date", "2026-11-22T09:00:00Z" }, { "expires", "2027-11-22T09:00:00Z" }, { "previous", plan->previous },
                                       { "threshold", "release 1" }, { "threshold", "recovery 2" } };
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
#define ADD(name, ...)                                                                                                                                  \
    do {                                                                                                                                                \
        g_ptr_array_add(texts, g_strdup_printf(__VA_ARGS__));                                                                                          \
        g_array_append_val(values, ((KjStatementValue){ name, texts->pdata[texts->len - 1] }));                                                        \
    } while (0)
    ADD("version", "%u", plan->version);
    ADD("threshold", "root %u", plan->threshold);
    ADD("recovery", "vault-a %s", fixture->keys->lines[VAULT_A]);
    ADD("recovery", "vault-b %s", fixture->keys->lines[VAULT_B]);
    for (guint i = 0; i < G_N_ELEMENTS(plan->people) && plan->people[i].person; i++) {
        ADD("key", "%s %s", plan->people[i].person, fixture->keys->lines[plan->people[i].key]);
        if (i > 0 && strcmp(plan->people[i].person, plan->people[0].person) == 0)
            continue; /* a second key of the same person */
        ADD("may", "root %s", plan->people[i].person);
        ADD("may", "release %s", plan->people[i].person);
    }
    if (plan->revoked) {
        g_autoptr(KjKey) key = kj_key_parse(fixture->keys->lines[plan->revoked - 1], NULL);
        ADD("revoked", "%s 900", key->fingerprint);
    }
#undef ADD
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len, &error);
    g_assert_no_error(error);
    return statement;
}

/* Signed by so many keys. */
static KjSealed *seal(const Fixture *fixture, const Plan *plan, guint count, const guint *signers) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = make(fixture, plan);
    g_auto(GStrv) armors = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++)
        armors[i] = kj_test_sign(fixture->keys, signers[i], statement);
    KjSealed *sealed = kj_sealed_new(g_steal_pointer(&statement), (const char *const *)armors, &error);
    g_assert_no_error(error);
    return sealed;
}

#define SEAL(plan, ...) seal(fixture, &(plan), sizeof((guint[]){ __VA_ARGS__ }) / sizeof(guint), (guint[]){ __VA_ARGS__ })

static void append(const Fixture *fixture, const KjSealed *sealed) {
    g_autoptr(GError) error = NULL;
    kj_roots_append(fixture->repository, sealed, &error);
    g_assert_no_error(error);
}

static void append_fails(const Fixture *fixture, const KjSealed *sealed, const char *message) {
    g_autoptr(GError) error = NULL;
    git_oid before = { { 0 } }, after = { { 0 } };
    kj_roots_head(fixture->repository, &before, NULL);
    g_assert_false(kj_roots_append(fixture->repository, sealed, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    if (!strstr(error->message, message))
        g_error("%s: instead of: %s", error->message, message);
    kj_roots_head(fixture->repository, &after, NULL);
    g_assert_true(git_oid_equal(&before, &after));
}

static const Plan two = { 1, 2, "none", { { "sato", SATO }, { "suzuki", SUZUKI } }, 0 };

static void begin(const Fixture *fixture, char digest[65]) {
    g_autoptr(KjSealed) first = SEAL(two, SATO, SUZUKI);
    append(fixture, first);
    g_strlcpy(digest, kj_statement_digest(first->statement), 65);
}

static GPtrArray *read_all(const Fixture *fixture, GError **error) {
    git_oid head;
    return kj_roots_head(fixture->repository, &head, error) ? kj_roots_read(fixture->repository, &head, error) : NULL;
}

static void test_first(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_null(read_all(fixture, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_assert_nonnull(strstr(error->message, "kijun init --governance"));
    const Plan second = { 2, 1, "none", { { "sato", SATO } }, 0 };
    g_autoptr(KjSealed) alone = SEAL(two, SATO), strangers = SEAL(two, SATO, MORI), too_high = SEAL(second, SATO), vaults = SEAL(two, VAULT_A, VAULT_B);
    append_fails(fixture, alone, "root 1 is signed by 1 of the 2 people that it wants itself");
    append_fails(fixture, strangers, "root 1 is signed by 1 of the 2");
    append_fails(fixture, vaults, "root 1 is signed by 0 of the 2");
    append_fails(fixture, too_high, "the first root must have the version 1");
    char digest[65];
    begin(fixture, digest);
    g_autoptr(KjSealed) again = SEAL(two, SATO, SUZUKI);
    append_fails(fixture, again, "root 1 cannot follow root 1");
}

static void test_rotated(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    char digest[65];
    begin(fixture, digest);
    const Plan skipped = { 3, 1, digest, { { "sato", SATO }, { "tanaka", TANAKA } }, 0 };
    const Plan next = { 2, 2, digest, { { "sato", SATO }, { "tanaka", TANAKA } }, 0 };
    g_autoptr(KjSealed) no_third = SEAL(skipped, SATO, SUZUKI), by_old = SEAL(next, SATO, SUZUKI), by_new = SEAL(next, SATO, TANAKA), good = SEAL(next, SATO, SUZUKI, TANAKA);
    append_fails(fixture, no_third, "root 3 cannot follow root 1");
    append_fails(fixture, by_old, "root 2 is signed by 1 of the 2 people that it wants itself");
    append_fails(fixture, by_new, "root 2 is signed by 1 of the 2 people that root 1 wants");
    append(fixture, good);
    g_autoptr(GPtrArray) roots = read_all(fixture, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(roots->len, ==, 2);
    g_assert_cmpuint(kj_root_version(kj_roots_last(roots)), ==, 2);
    g_assert_true(kj_roots_find(roots, 1) == roots->pdata[0]);
    g_assert_null(kj_roots_find(roots, 0));
    g_assert_null(kj_roots_find(roots, 3));
    g_assert_true(kj_roots_check_pinned(roots, digest, &error));
    g_assert_true(kj_roots_check_pinned(roots, kj_statement_digest(good->statement), &error));
    g_assert_false(kj_roots_check_pinned(roots, kj_statement_digest(no_third->statement), &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
}

/* Every key that signs is lost: the vaults name others. One vault is not enough, nor the new ones without the vaults. */
static void test_recovered(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    char digest[65];
    begin(fixture, digest);
    const Plan next = { 2, 1, digest, { { "mori", MORI } }, 0 };
    g_autoptr(KjSealed) one = SEAL(next, VAULT_A, MORI), none = SEAL(next, MORI), no_mori = SEAL(next, VAULT_A, VAULT_B), good = SEAL(next, VAULT_A, VAULT_B, MORI);
    append_fails(fixture, one, "root 2 is signed by 0 of the 2 people that root 1 wants");
    append_fails(fixture, none, "root 2 is signed by 0 of the 2 people that root 1 wants");
    append_fails(fixture, no_mori, "root 2 is signed by 0 of the 1 people that it wants itself");
    append(fixture, good);
    g_autoptr(GPtrArray) roots = read_all(fixture, &error);
    g_assert_no_error(error);
    g_assert_true(kj_root_may(kj_roots_last(roots), "root", "mori"));
}

/* From whatever release a key is revoked, it signs no root any more; it may have signed the one that revokes it. */
static void test_revoked(Fixture *fixture, gconstpointer data) {
    (void)data;
    char digest[65];
    begin(fixture, digest);
    const Plan second = { 2, 2, digest, { { "sato", SATO }, { "suzuki", SUZUKI }, { "sato", TANAKA } }, SATO + 1 };
    g_autoptr(KjSealed) revoked_self = SEAL(second, SATO, SUZUKI), good = SEAL(second, SATO, SUZUKI, TANAKA);
    append_fails(fixture, revoked_self, "root 2 is signed by 1 of the 2 people that it wants itself");
    append(fixture, good);
    const Plan third = { 3, 2, kj_statement_digest(good->statement), { { "sato", SATO }, { "suzuki", SUZUKI } }, 0 };
    g_autoptr(KjSealed) by_revoked = SEAL(third, SATO, SUZUKI), by_both = SEAL(third, SATO, TANAKA, SUZUKI);
    append_fails(fixture, by_revoked, "root 3 is signed by 1 of the 2 people that root 2 wants");
    append(fixture, by_both);
}

/* Two second roots, each good: who has seen one refuses the other, and whoever reads sees only one. */
static void test_forked(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    char digest[65];
    git_oid first;
    begin(fixture, digest);
    g_assert_true(kj_roots_head(fixture->repository, &first, NULL));
    const Plan one = { 2, 1, digest, { { "sato", SATO }, { "suzuki", SUZUKI } }, 0 }, other = { 2, 1, digest, { { "sato", SATO }, { "tanaka", TANAKA } }, 0 };
    g_autoptr(KjSealed) here = SEAL(one, SATO, SUZUKI), there = SEAL(other, SATO, SUZUKI);
    append(fixture, here);
    append_fails(fixture, there, "root 2 cannot follow root 2");
    git_reference *moved = NULL;
    g_assert_cmpint(git_reference_create(&moved, fixture->repository->git, KJ_ROOT_REFERENCE, &first, TRUE, NULL), ==, 0);
    git_reference_free(moved);
    append(fixture, there);
    g_autoptr(GPtrArray) roots = read_all(fixture, &error);
    g_assert_no_error(error);
    g_assert_false(kj_roots_check_pinned(roots, kj_statement_digest(here->statement), &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    const Plan third = { 3, 1, kj_statement_digest(here->statement), { { "sato", SATO } }, 0 };
    g_autoptr(KjSealed) on_the_other = SEAL(third, SATO);
    append_fails(fixture, on_the_other, "root 3 names another root before it");
}

/* Put behind the functions that judge, as somebody with the repository but without the keys would. */
static void force(const Fixture *fixture, const KjSealed *sealed, guint parents) {
    git_oid head, tree, id;
    git_reference *reference = NULL;
    g_assert_true(kj_roots_head(fixture->repository, &head, NULL) && kj_sealed_write(fixture->repository, sealed, NULL, &tree, NULL));
    const git_oid both[] = { head, head };
    g_assert_true(kj_commit_write(fixture->repository, sealed->statement, &tree, both, parents, &id));
    g_assert_cmpint(git_reference_create(&reference, fixture->repository->git, KJ_ROOT_REFERENCE, &id, TRUE, NULL), ==, 0);
    git_reference_free(reference);
}

static void test_tampered(Fixture *fixture, gconstpointer data) {
    static const char *const messages[] = { "signed by 1 of the 2 people that root 1 wants", "root 3 cannot follow root 1", "has two before it", "the first root must have the version 1",
                                            "where one of the kind `root` must stand" };
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_autoptr(GError) error = NULL;
        char digest[65];
        git_reference_remove(fixture->repository->git, KJ_ROOT_REFERENCE);
        begin(fixture, digest);
        const Plan next = { 2, 1, digest, { { "sato", SATO } }, 0 }, skipped = { 3, 1, digest, { { "sato", SATO } }, 0 };
        g_autoptr(KjSealed) weak = SEAL(next, SATO, MORI), third = SEAL(skipped, SATO, SUZUKI), good = SEAL(next, SATO, SUZUKI);
        const KjStatementValue values[] = { { "signer", "sato" }, { "previous", "none" }, { "date", "2026-11-22T09:00:00Z" }, { "context", "production" }, { "serial", "1" }, { "release", "none" } };
        g_autoptr(KjStatement) heartbeat = kj_statement_new(KJ_STATEMENT_HEARTBEAT, values, G_N_ELEMENTS(values), NULL);
        g_autofree char *armor = kj_test_sign(fixture->keys, SATO, heartbeat);
        g_autoptr(KjSealed) no_root = kj_sealed_new(g_steal_pointer(&heartbeat), (const char *[]){ armor, NULL }, NULL);
        const KjSealed *forced[] = { weak, third, good, good, no_root };
        force(fixture, forced[i], i == 2 ? 2 : i == 3 ? 0 : 1);
        g_autoptr(GPtrArray) roots = read_all(fixture, &error);
        g_assert_null(roots);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        if (!strstr(error->message, messages[i]))
            g_error("%s: instead of: %s", error->message, messages[i]);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    g_test_add("/root-chain/first", Fixture, NULL, set_up, test_first, tear_down);
    g_test_add("/root-chain/rotated", Fixture, NULL, set_up, test_rotated, tear_down);
    g_test_add("/root-chain/recovered", Fixture, NULL, set_up, test_recovered, tear_down);
    g_test_add("/root-chain/revoked", Fixture, NULL, set_up, test_revoked, tear_down);
    g_test_add("/root-chain/forked", Fixture, NULL, set_up, test_forked, tear_down);
    g_test_add("/root-chain/tampered", Fixture, NULL, set_up, test_tampered, tear_down);
    return g_test_run();
}
