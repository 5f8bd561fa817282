/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures against ssh-keygen: every kind of key, good and damaged, and both must say the same. Security tokens are played with OpenSSL keys, which sign
 * what a token would (PROTOCOL.u2f).
 *
 * --statements N: so many comparisons with `ssh-keygen -Y verify` (2,000 take about a minute); as a test 100, or 20 under KIJUN_SHORT.
 */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "../../history/signature.h"

#define NAME_SPACE "kijun-approval@v1"
#define TOUCHED 0x01
#define VERIFIED 0x04

static int statements;

typedef struct {
    const char *name; /* of the file */
    const char *type; /* of ssh-keygen -t; NULL: a token that is played */
    const char *bits;
} Kind;

static const Kind kinds[] = {
    { "ed25519", "ed25519", NULL },   { "ecdsa", "ecdsa", "256" }, { "rsa", "rsa", "2048" },
    { "token-ed25519", NULL, NULL }, { "token-ecdsa", NULL, NULL },
};

typedef struct {
    char *folder;
    char *lines[G_N_ELEMENTS(kinds)];      /* public keys */
    EVP_PKEY *tokens[G_N_ELEMENTS(kinds)]; /* NULL: ssh-keygen has it */
    GRand *random;
} Fixture;

static char *path_of(const Fixture *fixture, const char *name) {
    return g_build_filename(fixture->folder, name, NULL);
}

static void write_file(const Fixture *fixture, const char *name, const void *bytes, gsize length) {
    g_autofree char *path = path_of(fixture, name);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
}

static int run(const char *const *arguments) {
    int status;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                               NULL, &status, &error));
    return status;
}

/* ---- bytes ---- */

static void append_string(GByteArray *out, const void *bytes, gsize length) {
    guint32 size = GUINT32_TO_BE((guint32)length);
    g_byte_array_append(out, (const guint8 *)&size, 4);
    g_byte_array_append(out, bytes, (guint)length);
}

static void append_text(GByteArray *out, const char *text) {
    append_string(out, text, strlen(text));
}

static void append_positive(GByteArray *out, const BIGNUM *number) {
    guint8 bytes[40] = { 0 };
    int length = BN_bn2bin(number, bytes + 1);
    gboolean padded = bytes[1] >= 0x80;
    append_string(out, padded ? bytes : bytes + 1, (gsize)length + padded);
}

/* As ssh-keygen writes it: lines of 70. */
static char *armor(const GByteArray *blob) {
    GString *text = g_string_new("-----BEGIN SSH SIGNATURE-----\n");
    g_autofree char *encoded = g_base64_encode(blob->data, blob->len);
    for (gsize at = 0; encoded[at]; at += MIN(70, strlen(encoded + at)))
        g_string_append_printf(text, "%.70s\n", encoded + at);
    g_string_append(text, "-----END SSH SIGNATURE-----\n");
    return g_string_free(text, FALSE);
}

static GByteArray *open_armor(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) body = g_string_new(NULL);
    for (guint i = 1; lines[i] && !g_str_has_prefix(lines[i], "-----END"); i++)
        g_string_append(body, lines[i]);
    gsize length;
    guint8 *bytes = g_base64_decode(body->str, &length);
    return g_byte_array_new_take(bytes, length);
}

/* ---- tokens ---- */

static const char *token_type(guint kind) {
    return kind == 3 ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
}

static GByteArray *token_blob(guint kind, EVP_PKEY *key) {
    guint8 point[65];
    gsize length = sizeof point;
    GByteArray *blob = g_byte_array_new();
    append_text(blob, token_type(kind));
    if (kind == 3) {
        g_assert_cmpint(EVP_PKEY_get_raw_public_key(key, point, &length), ==, 1);
    } else {
        append_text(blob, "nistp256");
        g_assert_cmpint(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &length), ==, 1);
    }
    append_string(blob, point, length);
    append_text(blob, "ssh:");
    return blob;
}

static char *token_sign(guint kind, EVP_PKEY *key, const char *message, guint8 flags) {
    guint8 digest[SHA512_DIGEST_LENGTH], value[128];
    gsize length = sizeof value;
    g_autoptr(GByteArray) frame = g_byte_array_new(), payload = g_byte_array_new(), inner = g_byte_array_new(), blob = g_byte_array_new();
    SHA512((const guint8 *)message, strlen(message), digest);
    g_byte_array_append(frame, (const guint8 *)"SSHSIG", 6);
    append_text(frame, NAME_SPACE);
    append_text(frame, "");
    append_text(frame, "sha512");
    append_string(frame, digest, 64);

    const guint8 counter[4] = { 0, 0, 0, 9 };
    SHA256((const guint8 *)"ssh:", 4, digest);
    g_byte_array_append(payload, digest, 32);
    g_byte_array_append(payload, &flags, 1);
    g_byte_array_append(payload, counter, 4);
    SHA256(frame->data, frame->len, digest);
    g_byte_array_append(payload, digest, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_cmpint(EVP_DigestSignInit(context, NULL, kind == 3 ? NULL : EVP_sha256(), NULL, key), ==, 1);
    g_assert_cmpint(EVP_DigestSign(context, value, &length, payload->data, payload->len), ==, 1);
    EVP_MD_CTX_free(context);

    append_text(inner, token_type(kind));
    if (kind == 3) {
        append_string(inner, value, length);
    } else {
        const guint8 *at = value;
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
        g_autoptr(GByteArray) numbers = g_byte_array_new();
        append_positive(numbers, ECDSA_SIG_get0_r(pair));
        append_positive(numbers, ECDSA_SIG_get0_s(pair));
        append_string(inner, numbers->data, numbers->len);
        ECDSA_SIG_free(pair);
    }
    g_byte_array_append(inner, &flags, 1);
    g_byte_array_append(inner, counter, 4);

    const guint8 version[4] = { 0, 0, 0, 1 };
    g_autoptr(GByteArray) public = token_blob(kind, key);
    g_byte_array_append(blob, (const guint8 *)"SSHSIG", 6);
    g_byte_array_append(blob, version, 4);
    append_string(blob, public->data, public->len);
    append_text(blob, NAME_SPACE);
    append_text(blob, "");
    append_text(blob, "sha512");
    append_string(blob, inner->data, inner->len);
    return armor(blob);
}

/* ---- keys and signatures ---- */

static void make_key(Fixture *fixture, guint kind) {
    g_autofree char *path = path_of(fixture, kinds[kind].name);
    if (kinds[kind].type) {
        g_autofree char *public = g_strconcat(path, ".pub", NULL);
        const char *arguments[] = { "ssh-keygen", "-q", "-N", "", "-C", "", "-f", path, "-t", kinds[kind].type, kinds[kind].bits ? "-b" : NULL, kinds[kind].bits, NULL };
        g_assert_cmpint(run(arguments), ==, 0);
        g_assert_true(g_file_get_contents(public, &fixture->lines[kind], NULL, NULL));
        g_strstrip(fixture->lines[kind]);
        return;
    }
    fixture->tokens[kind] = kind == 3 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    g_autoptr(GByteArray) blob = token_blob(kind, fixture->tokens[kind]);
    g_autofree char *encoded = g_base64_encode(blob->data, blob->len);
    fixture->lines[kind] = g_strdup_printf("%s %s", token_type(kind), encoded);
}

static char *sign(Fixture *fixture, guint kind, const char *message) {
    char *text = NULL;
    if (fixture->tokens[kind])
        return token_sign(kind, fixture->tokens[kind], message, TOUCHED);
    g_autofree char *key = path_of(fixture, kinds[kind].name);
    g_autofree char *file = path_of(fixture, "message");
    g_autofree char *signature = path_of(fixture, "message.sig");
    const char *arguments[] = { "ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAME_SPACE, file, NULL };
    write_file(fixture, "message", message, strlen(message));
    g_unlink(signature);
    g_assert_cmpint(run(arguments), ==, 0);
    g_assert_true(g_file_get_contents(signature, &text, NULL, NULL));
    return text;
}

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->folder = g_dir_make_tmp("kijun-signature-XXXXXX", NULL);
    fixture->random = g_rand_new_with_seed(20261122);
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
        make_key(fixture, kind);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GDir) directory = g_dir_open(fixture->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = path_of(fixture, name);
        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_rand_free(fixture->random);
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        g_free(fixture->lines[kind]);
        EVP_PKEY_free(fixture->tokens[kind]);
    }
}

static gboolean is_good(const char *text, const char *name_space, const char *message, gsize length, const char *line) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjKey) key = kj_signature_verify(text, strlen(text), name_space, message, length, NULL, &error);
    g_autoptr(KjKey) wanted = kj_key_parse(line, NULL);
    g_assert_true(key ? !error : g_error_matches(error, KJ_ERROR, KJ_ERROR_VALUE));
    return key && kj_key_equal(key, wanted);
}

static gboolean ssh_keygen_says(Fixture *fixture, const char *text, const char *message, gsize length, const char *line) {
    g_autofree char *allowed = g_strdup_printf("sato %s\n", line);
    g_autofree char *command = g_strdup_printf("ssh-keygen -Y verify -f %s/allowed -I sato -n " NAME_SPACE " -s %s/signature <%s/message", fixture->folder,
                                               fixture->folder, fixture->folder);
    const char *arguments[] = { "sh", "-c", command, NULL };
    write_file(fixture, "allowed", allowed, strlen(allowed));
    write_file(fixture, "signature", text, strlen(text));
    write_file(fixture, "message", message, length);
    return run(arguments) == 0;
}

/* ---- tests ---- */

static void test_each_kind(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        g_autofree char *text = sign(fixture, kind, "kind: approval\n");
        g_autoptr(KjKey) key = kj_key_parse(fixture->lines[kind], NULL);
        g_autofree char *line = kj_key_line(key);
        g_assert_true(g_str_has_prefix(fixture->lines[kind], line));
        g_assert_true(is_good(text, NAME_SPACE, "kind: approval\n", 15, fixture->lines[kind]));
        g_assert_false(is_good(text, NAME_SPACE, "kind: approval\r", 15, fixture->lines[kind]));
        g_assert_false(is_good(text, "kijun-veto@v1", "kind: approval\n", 15, fixture->lines[kind]));
        g_assert_false(is_good(text, NAME_SPACE, "kind: approval\n", 15, fixture->lines[(kind + 1) % G_N_ELEMENTS(kinds)]));
    }
}

static void test_fingerprint(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *path = path_of(fixture, "ed25519.pub"), *out = NULL;
    const char *arguments[] = { "ssh-keygen", "-l", "-f", path, NULL };
    g_autoptr(KjKey) key = kj_key_parse(fixture->lines[0], NULL);
    g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, NULL));
    g_assert_nonnull(strstr(out, key->fingerprint));
}

static void test_token_untouched(Fixture *fixture, gconstpointer data) {
    (void)data;
    for (guint kind = 3; kind < G_N_ELEMENTS(kinds); kind++) {
        gboolean verified = FALSE;
        g_autoptr(GError) error = NULL;
        g_autofree char *untouched = token_sign(kind, fixture->tokens[kind], "m", VERIFIED);
        g_autofree char *by_finger = token_sign(kind, fixture->tokens[kind], "m", TOUCHED | VERIFIED);
        g_autoptr(KjKey) none = kj_signature_verify(untouched, strlen(untouched), NAME_SPACE, "m", 1, NULL, &error);
        g_assert_null(none);
        g_assert_nonnull(strstr(error->message, "nobody touched"));
        g_autoptr(KjKey) key = kj_signature_verify(by_finger, strlen(by_finger), NAME_SPACE, "m", 1, &verified, NULL);
        g_assert_nonnull(key);
        g_assert_true(verified);
    }
}

/* One more spelling of the same signature is none. */
static void test_one_spelling(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *text = sign(fixture, 0, "m");
    g_autoptr(GByteArray) blob = open_armor(text);
    g_byte_array_append(blob, (const guint8 *)"", 1);
    g_autofree char *longer = armor(blob), *behind = g_strconcat(text, "\n", NULL), *before = g_strconcat(" ", text, NULL);
    g_autofree char *spaced = g_strdup(text);
    *strchr(spaced + 40, '\n') = ' ';
    g_autofree char *moved = g_strdup(text), *blank = g_strdup_printf("%.*s\n%s", (int)(strchr(text + 40, '\n') - text), text, strchr(text + 40, '\n'));
    char *end_of_line = strchr(moved + 40, '\n');
    end_of_line[0] = end_of_line[-1], end_of_line[-1] = '\n';
    const char *others[] = { longer, behind, before, spaced, moved, blank, "", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n" };
    g_assert_true(is_good(text, NAME_SPACE, "m", 1, fixture->lines[0]));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_false(is_good(others[i], NAME_SPACE, "m", 1, fixture->lines[0]));
}

/* OpenSSL reads a point of a curve in two more forms, in which its key would be another; neither ssh-keygen nor we do. */
static void test_one_form(Fixture *fixture, gconstpointer data) {
    static const guint of_curve[] = { 1, 4 };
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(of_curve); i++) {
        guint kind = of_curve[i];
        g_autofree char *text = sign(fixture, kind, "m");
        g_autoptr(GByteArray) blob = open_armor(text);
        guint8 *point = memmem(blob->data, blob->len, "\0\0\0\x41\x04", 5);
        g_assert_nonnull(point);
        point[4] = (guint8)(6 + (point[4 + 64] & 1));
        gsize length = blob->data[13]; /* of the key, which is shorter than 256 bytes */
        g_autofree char *other = armor(blob), *encoded = g_base64_encode(blob->data + 14, length);
        g_autofree char *line = g_strdup_printf("%s %s", kinds[kind].type ? "ecdsa-sha2-nistp256" : token_type(kind), encoded);
        g_autoptr(KjKey) key = kj_key_parse(line, NULL);
        g_autoptr(KjKey) signer = kj_signature_verify(other, strlen(other), NAME_SPACE, "m", 1, NULL, NULL);
        g_assert_true(!key && !signer && !ssh_keygen_says(fixture, other, "m", 1, line));
    }
}

static void test_weak_keys(Fixture *fixture, gconstpointer data) {
    static const char *const weak[][2] = { { "rsa", "1024" }, { "ecdsa", "384" } };
    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(weak); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_strdup_printf("%s/weak%u", fixture->folder, i), *public = g_strconcat(path, ".pub", NULL), *line = NULL;
        const char *arguments[] = { "ssh-keygen", "-q", "-N", "", "-f", path, "-t", weak[i][0], "-b", weak[i][1], NULL };
        g_assert_cmpint(run(arguments), ==, 0);
        g_assert_true(g_file_get_contents(public, &line, NULL, NULL));
        g_autoptr(KjKey) key = kj_key_parse(line, &error);
        g_assert_null(key);
        g_assert_nonnull(strstr(error->message, "no kind that may sign"));
    }
}

/* A signature with a few of its bytes changed, moved or cut, in a good frame of text. */
static char *damage(Fixture *fixture, const char *text) {
    g_autoptr(GByteArray) blob = open_armor(text);
    guint at = (guint)g_rand_int_range(fixture->random, 0, (int)blob->len);
    switch (g_rand_int_range(fixture->random, 0, 4)) {
    case 0:
        blob->data[at] ^= (guint8)(1 << g_rand_int_range(fixture->random, 0, 8));
        break;
    case 1:
        g_byte_array_remove_index(blob, at);
        break;
    case 2:
        g_byte_array_append(blob, &(guint8){ blob->data[at] }, 1);
        break;
    default:
        blob->data[at] = (guint8)g_rand_int_range(fixture->random, 0, 256);
    }
    return armor(blob);
}

static void test_as_ssh_keygen(Fixture *fixture, gconstpointer data) {
    int wanted = statements ? statements : g_getenv("KIJUN_SHORT") ? 20 : 100, good = 0;
    (void)data;
    for (int i = 0; i < wanted; i++) {
        guint kind = (guint)i % G_N_ELEMENTS(kinds);
        g_autofree char *message = g_strdup_printf("kind: approval\nsigner: sato\nserial: %u\n", g_rand_int(fixture->random));
        g_autofree char *signature = sign(fixture, kind, message);
        g_autofree char *shown = i % 3 == 0 ? g_strdup(signature) : damage(fixture, signature);
        gsize length = strlen(message);
        if (i % 7 == 0)
            message[g_rand_int_range(fixture->random, 0, (int)length)] ^= 1;
        gboolean ours = is_good(shown, NAME_SPACE, message, length, fixture->lines[kind]);
        gboolean theirs = ssh_keygen_says(fixture, shown, message, length, fixture->lines[kind]);
        if (ours != theirs)
            g_test_message("key %s: we say %d, ssh-keygen %d, of:\n%s\n%s", kinds[kind].name, ours, theirs, message, shown);
        g_assert_cmpint(ours, ==, theirs);
        good += ours;
    }
    g_test_message("%d statements, %d of them good, by %u kinds of keys: the same answers as ssh-keygen", wanted, good, (guint)G_N_ELEMENTS(kinds));
    g_assert_cmpint(good, >, wanted / 5);
    g_assert_cmpint(good, <, wanted);
}

int main(int argc, char **argv) {
    const GOptionEntry options[] = { { "statements", 0, 0, G_OPTION_ARG_INT, &statements, "Compare so many", "N" }, G_OPTION_ENTRY_NULL };
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, options, NULL);
    g_assert_true(g_option_context_parse(context, &argc, &argv, NULL));
    g_autofree char *ssh_keygen = g_find_program_in_path("ssh-keygen");
    if (!ssh_keygen)
        return 77;
    static const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "each-kind", test_each_kind },     { "fingerprint", test_fingerprint }, { "token-untouched", test_token_untouched },
        { "one-spelling", test_one_spelling }, { "one-form", test_one_form },     { "weak-keys", test_weak_keys },     { "as-ssh-keygen", test_as_ssh_keygen },
    };
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/signature/", tests[i].name, NULL);
        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
