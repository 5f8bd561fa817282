/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OpenSSH, PROTOCOL.sshsig; RFC 8709 for the key and the signature. */
#include "fast_key.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define TYPE "ssh-ed25519"
#define ARMOR_WIDTH 70

struct KjFastKey {
    EVP_PKEY *key;
    GByteArray *blob;
    char *line;
};

static void append_string(GByteArray *out, const void *bytes, gsize length) {
    const guint32 size = GUINT32_TO_BE((guint32)length);
    g_byte_array_append(out, (const guint8 *)&size, sizeof size);
    g_byte_array_append(out, bytes, (guint)length);
}

static void append_text(GByteArray *out, const char *text) {
    append_string(out, text, strlen(text));
}

KjFastKey *kj_fast_key_new(void) {
    KjFastKey *key = g_new0(KjFastKey, 1);
    guint8 point[32];
    gsize length = sizeof point;
    key->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    g_assert_cmpint(EVP_PKEY_get_raw_public_key(key->key, point, &length), ==, 1);
    key->blob = g_byte_array_new();
    append_text(key->blob, TYPE);
    append_string(key->blob, point, length);
    g_autofree char *base = g_base64_encode(key->blob->data, key->blob->len);
    key->line = g_strconcat(TYPE " ", base, NULL);
    return key;
}

void kj_fast_key_free(KjFastKey *key) {
    EVP_PKEY_free(key->key);
    g_byte_array_unref(key->blob);
    g_free(key->line);
    g_free(key);
}

const char *kj_fast_key_line(const KjFastKey *key) {
    return key->line;
}

/* What is signed: the digest of the message in its frame; with `magic` and the name space as in the file. */
static void sign_frame(const KjFastKey *key, const char *name_space, const KjStatement *statement, guint8 signature[64]) {
    guint8 digest[SHA512_DIGEST_LENGTH];
    gsize length, signed_length = 64;
    const void *bytes = g_bytes_get_data(kj_statement_bytes(statement), &length);
    g_autoptr(GByteArray) frame = g_byte_array_new();
    SHA512(bytes, length, digest);
    g_byte_array_append(frame, (const guint8 *)"SSHSIG", 6);
    append_text(frame, name_space);
    append_text(frame, "");
    append_text(frame, "sha512");
    append_string(frame, digest, sizeof digest);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_cmpint(EVP_DigestSignInit(context, NULL, NULL, NULL, key->key), ==, 1);
    g_assert_cmpint(EVP_DigestSign(context, signature, &signed_length, frame->data, frame->len), ==, 1);
    EVP_MD_CTX_free(context);
}

static char *armor_of(const GByteArray *blob) {
    g_autofree char *base = g_base64_encode(blob->data, blob->len);
    GString *armor = g_string_new("-----BEGIN SSH SIGNATURE-----\n");
    for (gsize at = 0, length = strlen(base); at < length; at += ARMOR_WIDTH)
        g_string_append_printf(armor, "%.*s\n", ARMOR_WIDTH, base + at);
    g_string_append(armor, "-----END SSH SIGNATURE-----\n");
    return g_string_free(armor, FALSE);
}

char *kj_fast_key_sign(const KjFastKey *key, const KjStatement *statement) {
    const char *name_space = kj_statement_name_space(kj_statement_kind(statement));
    const guint32 version = GUINT32_TO_BE(1);
    guint8 value[64];
    g_autoptr(GByteArray) inner = g_byte_array_new(), blob = g_byte_array_new();
    sign_frame(key, name_space, statement, value);
    append_text(inner, TYPE);
    append_string(inner, value, sizeof value);
    g_byte_array_append(blob, (const guint8 *)"SSHSIG", 6);
    g_byte_array_append(blob, (const guint8 *)&version, sizeof version);
    append_string(blob, key->blob->data, key->blob->len);
    append_text(blob, name_space);
    append_text(blob, "");
    append_text(blob, "sha512");
    append_string(blob, inner->data, inner->len);
    return armor_of(blob);
}
