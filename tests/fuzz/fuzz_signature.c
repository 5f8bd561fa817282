/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signatures and public keys as strangers might send them. Nobody here has a private key of the corpus, so whatever holds for the message must be one of the
 * corpus' own files good-*, byte for byte: anything else is a second spelling of somebody's signature, or a forgery. A key that is read is written
 * again as the beginning of its line, and is the same key when read again.
 *
 * Base64 hides from a fuzzer what it changes; so bytes that begin as the inside of a signature does, or of a key, are put in their armor first.
 */
#include <kijun/kijun.h>
#include <string.h>

#include "../../history/signature.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "signature", "signature.dict", 2048 };

#define MESSAGE "kind: approval\n"
#define NAME_SPACE "kijun-approval@v1"
#define PREFIX "good-"

/* The good signatures of the corpus: every armor, with its last newline. */
static GHashTable *good(void) {
    static GHashTable *known;
    if (known)
        return known;
    known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *path = fuzz_path("tests/fuzz/corpus/signature");
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename("tests/fuzz/corpus/signature", name, NULL);
        if (g_str_has_prefix(name, PREFIX))
            g_hash_table_add(known, fuzz_read(file, NULL));
    }
    g_assert_cmpuint(g_hash_table_size(known), >=, 5);
    return known;
}

static void check_error(const GError *error) {
    g_assert_true(g_error_matches(error, KJ_ERROR, KJ_ERROR_VALUE));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    for (const char *at = error->message; *at; at++)
        g_assert_false(g_ascii_iscntrl(*at)); /* it is shown on a screen */
}

static void check_armor(const char *armor, gsize length) {
    g_autoptr(GError) error = NULL;
    gboolean verified = FALSE;
    g_autoptr(KjKey) key = kj_signature_verify(armor, length, NAME_SPACE, MESSAGE, strlen(MESSAGE), &verified, &error);
    g_assert_true((key == NULL) == (error != NULL));
    if (!key) {
        check_error(error);
        return;
    }
    g_assert_true(!verified || key->type == KJ_KEY_ED25519_TOKEN || key->type == KJ_KEY_ECDSA_TOKEN);
    g_autofree char *spelled = armor[length - 1] == '\n' ? g_strndup(armor, length) : g_strdup_printf("%.*s\n", (int)length, armor);
    g_assert_true(strlen(spelled) == length + (armor[length - 1] != '\n') && g_hash_table_contains(good(), spelled));
    g_autoptr(KjKey) other_text = kj_signature_verify(armor, length, NAME_SPACE, MESSAGE, strlen(MESSAGE) - 1, NULL, NULL);
    g_autoptr(KjKey) other_space = kj_signature_verify(armor, length, "kijun-veto@v1", MESSAGE, strlen(MESSAGE), NULL, NULL);
    g_assert_true(!other_text && !other_space);
}

static void check_key(const char *line) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjKey) key = kj_key_parse(line, &error);
    g_assert_true((key == NULL) == (error != NULL));
    if (!key) {
        check_error(error);
        return;
    }
    g_autofree char *written = kj_key_line(key);
    gsize length = strlen(written);
    g_assert_true(strncmp(line, written, length) == 0 && (line[length] == '\0' || line[length] == ' '));
    g_autoptr(KjKey) again = kj_key_parse(written, NULL);
    g_assert_true(again && kj_key_equal(key, again) && again->type == key->type);
    g_assert_cmpstr(again->fingerprint, ==, key->fingerprint);
    g_assert_true(strlen(key->fingerprint) == 50);
}

/* As ssh-keygen writes it: lines of 70. */
static void check_blob(const guint8 *data, gsize size) {
    g_autofree char *encoded = g_base64_encode(data, size);
    g_autoptr(GString) text = g_string_new("-----BEGIN SSH SIGNATURE-----\n");
    for (gsize at = 0, length = strlen(encoded); at < length; at += 70)
        g_string_append_printf(text, "%.70s\n", encoded + at);
    g_string_append(text, "-----END SSH SIGNATURE-----\n");
    check_armor(text->str, text->len);
}

static void check_key_blob(const guint8 *data, gsize size) {
    gsize length = size >= 4 ? MIN(data[3], size - 4) : 0;
    g_autofree char *name = g_strndup((const char *)data + MIN(size, 4), length), *encoded = g_base64_encode(data, size);
    g_autofree char *line = g_strdup_printf("%s %s", name, encoded);
    check_key(line);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    if (size >= 6 && memcmp(data, "SSHSIG", 6) == 0)
        check_blob(data, size);
    else if (size > 0 && data[0] == 0)
        check_key_blob(data, size);
    else if (size > 0 && data[0] == '-')
        check_armor((const char *)data, size);
    else
        check_key(text);
    return 0;
}
