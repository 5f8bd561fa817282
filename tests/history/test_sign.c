/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing: which key is found where, what signs, and what a person is told when it cannot be done. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/sign.h"
#include "keys.h"
#include "place.h"

enum { SATO, SUZUKI, KEYS };

typedef struct {
    KjTestKeys *keys;
    char *folder, *files[KEYS], *path;
    KjRepository *repository;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->keys = kj_test_keys_new(KEYS);
    fixture->repository = kj_test_repository(&fixture->folder);
    for (guint i = 0; i < KEYS; i++)
        fixture->files[i] = g_strdup_printf("%s/key%u", fixture->keys->folder, i);
    fixture->path = g_strdup(g_getenv("PATH"));
    g_setenv("HOME", fixture->folder, TRUE);
    g_setenv("XDG_CONFIG_HOME", fixture->folder, TRUE);
    g_setenv("GIT_CONFIG_NOSYSTEM", "1", TRUE);
    g_unsetenv("KIJUN_KEY");
    g_unsetenv("SSH_AUTH_SOCK");
    g_unsetenv("DISPLAY");
    for (guint level = GIT_CONFIG_LEVEL_SYSTEM; level <= GIT_CONFIG_LEVEL_GLOBAL; level++) /* nobody's own settings */
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, fixture->folder);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_setenv("PATH", fixture->path, TRUE);
    kj_test_keys_free(fixture->keys);
    kj_repository_unref(fixture->repository);
    kj_test_remove(fixture->folder);
    for (guint i = 0; i < KEYS; i++)
        g_free(fixture->files[i]);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static KjStatement *comment(void) {
    const KjStatementValue values[] = { { "signer", "sato" }, { "previous", "none" }, { "date", "2026-11-22T09:00:00Z" }, { "context", "production" },
                                        { "unit", "*" },      { "result", "none" },   { "text", "日本語も" } };
    g_autoptr(GError) error = NULL;
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_COMMENT, values, G_N_ELEMENTS(values), &error);
    g_assert_no_error(error);
    return statement;
}

static void configure(const Fixture *fixture, const char *name, const char *value) {
    g_autoptr(git_config) config = NULL;
    g_assert_cmpint(git_repository_config(&config, fixture->repository->git), ==, 0);
    g_assert_cmpint(value ? git_config_set_string(config, name, value) : git_config_delete_entry(config, name), ==, 0);
}

static void finds(const Fixture *fixture, const char *chosen, guint key) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjKey) wanted = kj_key_parse(fixture->keys->lines[key], NULL), found = kj_sign_public(fixture->repository, chosen, &error);
    g_assert_no_error(error);
    g_assert_true(kj_key_equal(found, wanted));
}

static void fails(const Fixture *fixture, const char *chosen, KjErrorCode code, const char *message) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = comment();
    g_assert_null(kj_sign(fixture->repository, chosen, statement, &error));
    g_assert_error(error, KJ_ERROR, (gint)code);
    if (!strstr(error->message, message))
        g_error("%s: instead of: %s", error->message, message);
}

/* Each place is asked only when those before it say nothing. */
static void test_found(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *public = g_strconcat(fixture->files[SUZUKI], ".pub", NULL), *literal = g_strconcat("key::", fixture->keys->lines[SATO], NULL);
    g_autofree char *other_name = g_build_filename(fixture->folder, "mine", NULL), *alone = g_build_filename(fixture->folder, "private", NULL);
    fails(fixture, NULL, KJ_ERROR_UNKNOWN, "git config --global kijun.key ~/.ssh/id_ed25519");
    configure(fixture, "user.signingkey", "0123ABCD"); /* a PGP key's name */
    fails(fixture, NULL, KJ_ERROR_UNKNOWN, "which key is yours is not known");
    configure(fixture, "user.signingkey", literal);
    finds(fixture, NULL, SATO);
    configure(fixture, "user.signingkey", fixture->keys->lines[SATO]);
    finds(fixture, NULL, SATO);
    configure(fixture, "user.signingkey", fixture->files[SATO]);
    finds(fixture, NULL, SATO);
    configure(fixture, "kijun.key", public);
    finds(fixture, NULL, SUZUKI);
    g_setenv("KIJUN_KEY", fixture->files[SATO], TRUE);
    finds(fixture, NULL, SATO);
    finds(fixture, public, SUZUKI);
    finds(fixture, literal, SATO);
    g_assert_true(g_file_set_contents(other_name, fixture->keys->lines[SUZUKI], -1, NULL)); /* a public key's file may be called anything */
    finds(fixture, other_name, SUZUKI);
    configure(fixture, "kijun.key", "~/mine");
    g_unsetenv("KIJUN_KEY");
    finds(fixture, NULL, SUZUKI);
    g_autofree char *bytes = NULL;
    g_assert_true(g_file_get_contents(fixture->files[SATO], &bytes, NULL, NULL) && g_file_set_contents(alone, bytes, -1, NULL));
    fails(fixture, alone, KJ_ERROR_IO, "ssh-keygen -y -f");
}

static void test_signs(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = comment();
    g_autofree char *public = g_strconcat(fixture->files[SATO], ".pub", NULL);
    const char *const files[] = { fixture->files[SATO], public };
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(KjSigned) link = kj_sign_link(fixture->repository, files[i], statement, &error);
        g_assert_no_error(error);
        g_autoptr(KjKey) wanted = kj_key_parse(fixture->keys->lines[SATO], NULL);
        g_assert_true(kj_key_equal(link->key, wanted));
        g_assert_cmpstr(kj_statement_digest(link->statement), ==, kj_statement_digest(statement));
    }
}

static void test_cannot(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *literal = g_strconcat("key::", fixture->keys->lines[SATO], NULL), *socket = g_build_filename(fixture->folder, "no-agent", NULL);
    g_autofree char *public = g_strconcat(fixture->files[SUZUKI], ".pub", NULL);
    fails(fixture, "/nowhere/key", KJ_ERROR_IO, "/nowhere/key: No such file");
    fails(fixture, "key::ssh-dss AAAA", KJ_ERROR_VALUE, "is no key; write key::ssh-ed25519 AAAA...");
    fails(fixture, literal, KJ_ERROR_IO, "no agent runs that could hold it");
    g_setenv("SSH_AUTH_SOCK", socket, TRUE);
    fails(fixture, literal, KJ_ERROR_IO, "the agent does not hold the key SHA256:");
    g_unsetenv("SSH_AUTH_SOCK");
    g_assert_cmpint(g_chmod(fixture->files[SATO], 0644), ==, 0);
    fails(fixture, fixture->files[SATO], KJ_ERROR_IO, "a file that others can read");
    g_assert_cmpint(g_chmod(fixture->files[SATO], 0600), ==, 0);
    g_assert_true(g_file_set_contents(public, fixture->keys->lines[SATO], -1, NULL)); /* somebody has mixed up two keys */
    fails(fixture, fixture->files[SUZUKI], KJ_ERROR_IO, "match private");
    g_setenv("PATH", fixture->folder, TRUE);
    fails(fixture, fixture->files[SATO], KJ_ERROR_IO, "ssh-keygen, which makes the signatures, is not installed");
}

/* Nothing stays behind where temporary files lie. */
static void test_tidy(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStatement) statement = comment();
    g_autofree char *armor = kj_sign(fixture->repository, fixture->files[SATO], statement, &error);
    g_assert_no_error(error);
    g_assert_nonnull(armor);
    fails(fixture, "key::ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUZkp0mmPg4dNNmRFGpiH1XTlY9lT9jvcgnKP2NQY2b", KJ_ERROR_IO, "no agent runs");
    g_autoptr(GDir) folder = g_dir_open(g_get_tmp_dir(), 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));)
        g_assert_false(g_str_has_prefix(name, "kijun-sign-"));
}

int main(int argc, char **argv) {
    const char *around = g_getenv("TMPDIR");
    g_autofree char *temporary = g_build_filename(around ? around : "/tmp", "kijun-test-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(temporary));
    g_setenv("TMPDIR", temporary, TRUE); /* before GLib asks for it, and it asks once: so not by g_dir_make_tmp */
    g_test_init(&argc, &argv, NULL);
    if (!kj_test_keys_are_possible())
        return 77;
    kj_repository_start();
    g_test_add("/sign/found", Fixture, NULL, set_up, test_found, tear_down);
    g_test_add("/sign/signs", Fixture, NULL, set_up, test_signs, tear_down);
    g_test_add("/sign/cannot", Fixture, NULL, set_up, test_cannot, tear_down);
    g_test_add("/sign/tidy", Fixture, NULL, set_up, test_tidy, tear_down);
    int code = g_test_run();
    g_rmdir(temporary);
    return code;
}
