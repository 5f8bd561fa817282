/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding a person's key, and letting ssh-keygen sign with it.
 *
 * The message lies in a folder of its own that nobody else can open: from standard input ssh-keygen could not ask for a PIN. What went wrong is told from what
 * is there (a file, an agent) and not from ssh-keygen's words, which a person has read already when they went to his terminal.
 */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../compiler/translate.h"
#include "fail.h"

#define LITERAL "key::"
#define PUBLIC_SUFFIX ".pub"
#define PUBLIC_MAX (16u << 10) /* bytes of a public key's file; RSA of 16384 bits takes 3 kB */
#define PROGRAM "ssh-keygen"

/* ---- the public half ---- */

/* A key written out, or NULL: it is a file's name. */
static KjKey *parse_literal(const char *text) {
    return g_str_has_prefix(text, LITERAL) ? kj_key_parse(text + strlen(LITERAL), NULL)
           : strchr(text, ' ')             ? kj_key_parse(text, NULL)
                                           : NULL;
}

/* The first line of a file. Of a private key's no more is read than what shows that it is one. */
static char *first_line(const char *path, GError **error) {
    FILE *file = fopen(path, "re");
    if (!file) {
        kj_fail(error, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    char start[] = "-----BEGIN";
    setvbuf(file, NULL, _IONBF, 0);
    gsize length = fread(start, 1, strlen(start), file);
    if (length == strlen(start) && strcmp(start, "-----BEGIN") == 0) {
        fclose(file);
        kj_fail(error, KJ_ERROR_IO,
             _("beside the private key %s there is no %s.pub; make it: ssh-keygen -y -f %s >%s.pub"), path, path, path, path);
        return NULL;
    }
    g_autoptr(GString) line = g_string_new_len(start, (gssize)length);
    for (int c; line->len < PUBLIC_MAX && (c = getc(file)) != EOF && c;)
        g_string_append_c(line, (char)c);
    fclose(file);
    g_string_truncate(line, strcspn(line->str, "\r\n"));
    return g_string_free(g_steal_pointer(&line), FALSE);
}

KjKey *kj_sign_read_public(const char *file, GError **error) {
    g_autoptr(GError) problem = NULL;
    KjKey *key = parse_literal(file);
    if (key)
        return key;
    if (g_str_has_prefix(file, LITERAL)) {
        kj_fail(error, KJ_ERROR_VALUE, _("`%s` is no key; write %sssh-ed25519 AAAA..., as it stands in a .pub file"), file, LITERAL);
        return NULL;
    }
    g_autofree char *beside = g_strconcat(file, PUBLIC_SUFFIX, NULL);
    const char *path = !g_str_has_suffix(file, PUBLIC_SUFFIX) && g_file_test(beside, G_FILE_TEST_EXISTS) ? beside : file;
    g_autofree char *line = first_line(path, error);
    if (!line)
        return NULL;
    key = kj_key_parse(line, &problem);
    if (!key)
        kj_fail(error, KJ_ERROR_VALUE, "%s: %s", path, problem->message);
    return key;
}

/* ---- which key ---- */

static git_config *open_settings(KjRepository *repository) {
    git_config *settings = NULL;
    kj_repository_start();
    return (repository ? git_repository_config_snapshot(&settings, repository->git) : git_config_open_default(&settings)) == 0 ? settings
                                                                                                                               : NULL;
}

/* A setting, `~/` written out, or NULL. Free with g_free. */
static char *get_setting(git_config *settings, const char *name) {
    git_buf value = { NULL, 0, 0 };
    char *copy = settings && git_config_get_path(&value, settings, name) == 0 && value.size ? g_strdup(value.ptr) : NULL;
    git_buf_dispose(&value);
    return copy;
}

/* Git also keeps the name of a PGP key under user.signingkey. */
static char *get_signing_key(git_config *settings) {
    g_autofree char *value = get_setting(settings, "user.signingkey"), *format = get_setting(settings, "gpg.format");
    if (!value || g_strcmp0(format, "ssh") == 0 || g_str_has_prefix(value, LITERAL) || g_file_test(value, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&value);
    g_autoptr(KjKey) literal = parse_literal(value);
    return literal ? g_steal_pointer(&value) : NULL;
}

char *kj_sign_find(KjRepository *repository, const char *chosen, GError **error) {
    g_autoptr(git_config) settings = NULL;
    const char *variable = g_getenv("KIJUN_KEY");
    if (chosen || (variable && *variable))
        return g_strdup(chosen ? chosen : variable);
    settings = open_settings(repository);
    char *value = get_setting(settings, "kijun.key");
    if (!value)
        value = get_signing_key(settings);
    if (!value)
        kj_fail(
            error, KJ_ERROR_UNKNOWN,
            _("which key is yours is not known; name it with --key FILE, or once for all: git config --global kijun.key ~/.ssh/id_ed25519 (a new one is "
              "made by `ssh-keygen -t ed25519`)"));
    return value;
}

KjKey *kj_sign_public(KjRepository *repository, const char *chosen, GError **error) {
    g_autofree char *file = kj_sign_find(repository, chosen, error);
    return file ? kj_sign_read_public(file, error) : NULL;
}

/* ---- the child ---- */

/* A folder of this signature's own, and what lies in it. */
typedef struct {
    char *folder, *message, *signature, *key;
} Workplace;

static void clear_workplace(Workplace *place) {
    char **all[] = { &place->message, &place->signature, &place->key };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (*all[i])
            g_unlink(*all[i]);
        g_clear_pointer(all[i], g_free);
    }
    if (place->folder)
        g_rmdir(place->folder);
    g_clear_pointer(&place->folder, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Workplace, clear_workplace)

static gboolean lay_out(Workplace *place, const KjStatement *statement, const KjKey *key, GError **error) {
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    g_autofree char *line = kj_key_line(key);
    place->folder = g_dir_make_tmp("kijun-sign-XXXXXX", error);
    if (!place->folder)
        return FALSE;
    place->message = g_build_filename(place->folder, "statement", NULL);
    place->signature = g_build_filename(place->folder, "statement.sig", NULL);
    place->key = g_build_filename(place->folder, "key.pub", NULL);
    return g_file_set_contents_full(place->message, bytes, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, error) &&
           g_file_set_contents_full(place->key, line, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

/* Why ssh-keygen gave no signature. `said`: what it wrote, or NULL when that went to the terminal. */
static void explain(const char *file, const KjKey *key, gboolean literal, char *said, GError **error) {
    g_autofree char *private_file = g_strdup(file), *beside = NULL;
    if (g_str_has_suffix(file, PUBLIC_SUFFIX))
        private_file[strlen(file) - strlen(PUBLIC_SUFFIX)] = 0;
    beside = g_strconcat(private_file, PUBLIC_SUFFIX, NULL); /* a public key's file may also have another name, and stand alone */
    const char *agent = g_getenv("SSH_AUTH_SOCK");
    const char *words = said ? g_strstrip(g_strdelimit(said, "\r\n", ' ')) : "";
    if (!literal && g_file_test(private_file, G_FILE_TEST_EXISTS) && g_file_test(beside, G_FILE_TEST_EXISTS))
        kj_fail(
            error, KJ_ERROR_IO,
            _("ssh-keygen could not sign with %s: a wrong passphrase or PIN, a security token that is not there or was not touched, or a file that others "
              "can read. %s"),
            private_file, words);
    else if (!agent || !*agent)
        kj_fail(error, KJ_ERROR_IO,
                _("the private half of %s is in no file here, and no agent runs that could hold it; start one: eval $(ssh-agent). %s"),
                key->fingerprint, words);
    else
        kj_fail(error, KJ_ERROR_IO,
                _("the agent does not hold the key %s, or would not use it; `ssh-add -l` lists what it holds, `ssh-add FILE` adds one. %s"),
                key->fingerprint, words);
}

/* FALSE also when it could not be started. `*said`: free with g_free. */
static gboolean run_child(const char *file, const char *name_space, const char *message, char **said, GError **error) {
    g_autoptr(GError) problem = NULL;
    gboolean terminal = isatty(STDERR_FILENO);
    const char *const arguments[] = { PROGRAM, "-Y", "sign", "-q", "-n", name_space, "-f", file, message, NULL };
    g_autoptr(GSubprocess) child = g_subprocess_newv(arguments,
                                                     G_SUBPROCESS_FLAGS_STDIN_INHERIT | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                                         (terminal ? G_SUBPROCESS_FLAGS_NONE : G_SUBPROCESS_FLAGS_STDERR_PIPE),
                                                     &problem);
    if (!child && g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
        return kj_fail(error, KJ_ERROR_IO,
                       _("ssh-keygen, which makes the signatures, is not installed (Debian: apt-get install openssh-client)"));
    if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, NULL, terminal ? NULL : said, &problem))
        return kj_fail(error, KJ_ERROR_IO, "%s: %s", PROGRAM, problem->message);
    return g_subprocess_get_successful(child);
}

char *kj_sign(KjRepository *repository, const char *chosen, const KjStatement *statement, GError **error) {
    g_auto(Workplace) place = { 0 };
    g_autoptr(GError) problem = NULL;
    g_autofree char *file = kj_sign_find(repository, chosen, error), *said = NULL, *armor = NULL;
    g_autoptr(KjKey) key = file ? kj_sign_read_public(file, error) : NULL;
    gsize length, armor_length = 0;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    const char *name_space = kj_statement_name_space(kj_statement_kind(statement));
    if (!key || !lay_out(&place, statement, key, error))
        return NULL;
    g_autoptr(KjKey) literal = parse_literal(file);
    if (!run_child(literal ? place.key : file, name_space, place.message, &said, &problem)) {
        if (problem)
            g_propagate_error(error, g_steal_pointer(&problem));
        else
            explain(file, key, literal != NULL, said, error);
        return NULL;
    }
    if (!g_file_get_contents(place.signature, &armor, &armor_length, error))
        return NULL;
    g_autoptr(KjKey) signer = kj_signature_verify(armor, armor_length, name_space, bytes, length, NULL, &problem);
    if (signer && kj_key_equal(signer, key))
        return g_steal_pointer(&armor);
    if (signer)
        kj_fail(error, KJ_ERROR_IO, _("ssh-keygen signed with the key %s instead of %s; the two files of %s do not belong together"),
                signer->fingerprint, key->fingerprint, file);
    else
        kj_fail(error, KJ_ERROR_IO, _("the signature that ssh-keygen made cannot be used: %s"), problem->message);
    return NULL;
}

KjSigned *kj_sign_link(KjRepository *repository, const char *chosen, const KjStatement *statement, GError **error) {
    g_autofree char *armor = kj_sign(repository, chosen, statement, error);
    gsize length;
    const char *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    return armor ? kj_signed_new(bytes, length, armor, strlen(armor), error) : NULL;
}
