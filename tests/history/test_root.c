/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Roots of trust: what holds together, and which root may follow which. Keys are ssh-keygen's. */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/root.h"
#include "keys.h"

enum { SATO, SUZUKI, TANAKA, OLD, VAULT_A, VAULT_B, STRANGER, KEYS };

typedef struct {
    KjTestKeys *keys;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->keys = kj_test_keys_new(KEYS);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_keys_free(fixture->keys);
}

/* A root: sato and suzuki sign roots, two of them; any of the three signs releases; two vaults recover. `more`: pairs of key and value, NULL-terminated, beside. */
static KjRoot *make_root(const Fixture *fixture, guint version, const KjRoot *before, const char *const *more, GError **error) {
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(KjStatementValue));
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    static const struct {
        const char *key, *person;
        guint number;
    } keys[] = { { "key", "sato", SATO },     { "key", "suzuki", SUZUKI },          { "key", "tanaka", TANAKA }, { "key", "sato", OLD },
                 { "recovery", "vault-a", VAULT_A }, { "recovery", "vault-b", VAULT_B } };
    static const KjStatementValue fixed[] = {
        { "signer", "sato" }, { "date", "2026-11-22T09:00:00Z" }, { "expires", "2027-11-22T09:00:00Z" }, { "may", "root sato" }, { "may", "root suzuki" },
        { "may", "release sato" }, { "may", "release suzuki" }, { "may", "release tanaka" }, { "threshold", "root 2" }, { "threshold", "release 1" },
        { "threshold", "recovery 2" }, { "deputy", "sato 1 tanaka" }, { "deputy", "sato 2 suzuki" },
    };
    g_array_append_vals(values, fixed, G_N_ELEMENTS(fixed));
    g_ptr_array_add(texts, g_strdup_printf("%u", version));
    g_array_append_val(values, ((KjStatementValue){ "version", texts->pdata[0] }));
    g_array_append_val(values, ((KjStatementValue){ "previous", before ? kj_statement_digest(kj_root_statement(before)) : "none" }));
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_ptr_array_add(texts, g_strdup_printf("%s %s", keys[i].person, fixture->keys->lines[keys[i].number]));
        g_array_append_val(values, ((KjStatementValue){ keys[i].key, texts->pdata[texts->len - 1] }));
    }
    for (guint i = 0; more && more[i]; i += 2)
        g_array_append_val(values, ((KjStatementValue){ more[i], more[i + 1] }));
    g_autoptr(KjStatement) statement = kj_statement_new(KJ_STATEMENT_ROOT, (const KjStatementValue *)(void *)values->data, values->len, error);
    return statement ? kj_root_new(g_steal_pointer(&statement), error) : NULL;
}

static void test_asked(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjKey) old = kj_key_parse(fixture->keys->lines[OLD], NULL), stranger = kj_key_parse(fixture->keys->lines[STRANGER], NULL), vault = kj_key_parse(fixture->keys->lines[VAULT_A], NULL);
    g_autofree char *revoked = g_strdup_printf("%s 7", old->fingerprint);
    g_autoptr(KjRoot) root = make_root(fixture, 1, NULL, (const char *[]){ "revoked", revoked, NULL }, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(kj_root_person(root, old, 6), ==, "sato");
    g_assert_null(kj_root_person(root, old, 7));
    g_assert_null(kj_root_person(root, stranger, 0));
    g_assert_null(kj_root_person(root, vault, 0));
    g_assert_true(kj_root_may(root, "release", "tanaka"));
    g_assert_false(kj_root_may(root, "root", "tanaka"));
    g_autofree const char **deputies = kj_root_deputies(root, "sato");
    g_assert_cmpuint(g_strv_length((char **)deputies), ==, 2);
    g_assert_cmpstr(deputies[0], ==, "tanaka");
    g_assert_cmpstr(deputies[1], ==, "suzuki");
}

static void test_does_not_hold_together(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *twice = g_strdup_printf("tanaka %s", fixture->keys->lines[VAULT_A]);
    g_autofree char *nobody = g_strdup("SHA256:0000000000000000000000000000000000000000000 3");
    g_autoptr(KjKey) vault = kj_key_parse(fixture->keys->lines[VAULT_B], NULL);
    g_autofree char *lost = g_strdup_printf("%s 1", vault->fingerprint);
    const struct {
        const char *more[3], *message;
    } cases[] = {
        { { "revoked", lost, NULL }, "the root wants 2 people for `recovery`, and 1 have a key" },
        { { "key", twice, NULL }, "twice, to `tanaka` and to `vault-a`" },
        { { "revoked", nobody, NULL }, "which it gives to nobody" },
        { { "threshold", "publish 1", NULL }, "the root wants 1 people for `publish`, and 0 have a key" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(KjRoot) root = make_root(fixture, 1, NULL, cases[i].more, &error);
        g_assert_null(root);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
        if (!strstr(error->message, cases[i].message))
            g_error("%s: instead of: %s", error->message, cases[i].message);
    }
}

/* Whose signatures these are, for each that holds. */
static GPtrArray *keys_of(const KjStatement *statement, char **armors) {
    GPtrArray *keys = g_ptr_array_new_with_free_func((GDestroyNotify)kj_key_free);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    for (; *armors; armors++) {
        KjKey *key = kj_signature_verify(*armors, strlen(*armors), kj_statement_name_space(KJ_STATEMENT_ROOT), bytes, length, NULL, NULL);
        g_assert_nonnull(key);
        g_ptr_array_add(keys, key);
    }
    return keys;
}

static void test_follows(Fixture *fixture, gconstpointer data) {
    static const struct {
        guint signers[4], count, version;
        gboolean other_before;
        const char *message; /* NULL: it may */
    } cases[] = {
        { { SATO, SUZUKI }, 2, 2, FALSE, NULL },
        { { SATO, OLD }, 2, 2, FALSE, "signed by 1 of the 2 people that root 1 wants" }, /* two keys, one person */
        { { SATO, SATO }, 2, 2, FALSE, "signed by 1 of the 2" },
        { { SATO, TANAKA }, 2, 2, FALSE, "signed by 1 of the 2" },
        { { SATO, STRANGER }, 2, 2, FALSE, "signed by 1 of the 2" },
        { { 0 }, 0, 2, FALSE, "signed by 0 of the 2" },
        { { SATO, SUZUKI }, 2, 3, FALSE, "root 3 cannot follow root 1" },
        { { SATO, SUZUKI }, 2, 1, FALSE, "root 1 cannot follow root 1" },
        { { SATO, SUZUKI }, 2, 2, TRUE, "names another root before it" },
        { { VAULT_A, VAULT_B }, 2, 2, FALSE, "signed by 0 of the 2 people that it wants itself" },
        { { VAULT_A, VAULT_B, SATO, SUZUKI }, 4, 2, FALSE, NULL },
        { { VAULT_A, SATO }, 2, 2, FALSE, "signed by 1 of the 2 people that root 1 wants" },
    };
    (void)data;
    g_autoptr(KjRoot) first = make_root(fixture, 1, NULL, NULL, NULL);
    g_autoptr(KjRoot) other = make_root(fixture, 1, NULL, (const char *[]){ "deputy", "suzuki 1 sato", NULL }, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) armors = g_new0(char *, 5);
        g_autoptr(KjRoot) next = make_root(fixture, cases[i].version, cases[i].other_before ? other : first, NULL, &error);
        g_assert_no_error(error);
        for (guint n = 0; n < cases[i].count; n++)
            armors[n] = kj_test_sign(fixture->keys, cases[i].signers[n], kj_root_statement(next));
        g_autoptr(GPtrArray) keys = keys_of(kj_root_statement(next), armors);
        gboolean may = kj_root_may_follow(first, next, 0, keys, &error);
        g_assert_cmpint(may, ==, !cases[i].message);
        if (!may)
            g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        if (!may && !strstr(error->message, cases[i].message))
            g_error("case %u: %s: instead of: %s", i, error->message, cases[i].message);
    }
}

/* The keys of all signers are lost: the vaults say who signs from now on. */
static void test_recovery(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjRoot) first = make_root(fixture, 1, NULL, NULL, NULL);
    g_autofree char *new_key = g_strdup_printf("mori %s", fixture->keys->lines[STRANGER]);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(kj_root_statement(first)), &length);
    g_autoptr(GString) changed = g_string_new_len(bytes, (gssize)length);
    g_autofree char *key_line = g_strdup_printf("key: %s\nkey: sato", new_key), *previous = g_strdup_printf("previous: %s", kj_statement_digest(kj_root_statement(first)));
    g_string_replace(changed, "key: sato", key_line, 1);
    g_string_replace(changed, "previous: none", previous, 1);
    g_string_replace(changed, "version: 1", "version: 2", 1);
    g_string_replace(changed, "may: root sato\nmay: root suzuki", "may: root mori", 1);
    g_string_replace(changed, "may: release sato\nmay: release suzuki\nmay: release tanaka\nmay: root mori", "may: release mori\nmay: root mori", 1);
    g_string_replace(changed, "threshold: root 2", "threshold: root 1", 1);
    g_autoptr(KjStatement) statement = kj_statement_parse(changed->str, changed->len, &error);
    g_assert_no_error(error);
    g_autoptr(KjRoot) next = kj_root_new(g_steal_pointer(&statement), &error);
    g_assert_no_error(error);
    g_auto(GStrv) armors = g_new0(char *, 4);
    armors[0] = kj_test_sign(fixture->keys, VAULT_A, kj_root_statement(next));
    armors[1] = kj_test_sign(fixture->keys, STRANGER, kj_root_statement(next));
    g_autoptr(GPtrArray) too_few = keys_of(kj_root_statement(next), armors);
    g_assert_false(kj_root_may_follow(first, next, 0, too_few, NULL));
    armors[2] = kj_test_sign(fixture->keys, VAULT_B, kj_root_statement(next));
    g_autoptr(GPtrArray) enough = keys_of(kj_root_statement(next), armors);
    g_assert_true(kj_root_may_follow(first, next, 0, enough, &error));
    g_assert_no_error(error);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    g_test_add("/root/asked", Fixture, NULL, set_up, test_asked, tear_down);
    g_test_add("/root/does-not-hold-together", Fixture, NULL, set_up, test_does_not_hold_together, tear_down);
    g_test_add("/root/follows", Fixture, NULL, set_up, test_follows, tear_down);
    g_test_add("/root/recovery", Fixture, NULL, set_up, test_recovery, tear_down);
    return g_test_run();
}
