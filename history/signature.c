/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the armor to the one who signed.
 *
 * Everything is a run of bytes that is cut from the front; a cut that does not fit leaves the run broken, and what is broken stays so. So each
 * structure is read straight through and judged once, at its end.
 */
#include "signature.h"

#include <kijun/kijun.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include "../compiler/translate.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 16384
#define POINT_UNCOMPRESSED 0x04
#define TOKEN_TOUCHED 0x01
#define TOKEN_VERIFIED 0x04

static gboolean fail(GError **error, const char *what) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "%s", what);
    return FALSE;
}

/* ---- runs of bytes ---- */

typedef struct {
    const guint8 *bytes;
    gsize length;
    gboolean broken;
} Run;

static Run cut(Run *run, gsize length) {
    Run front = { run->bytes, length, FALSE };
    if (run->broken || length > run->length) {
        run->broken = TRUE;
        return (Run){ (const guint8 *)"", 0, TRUE };
    }
    run->bytes += length;
    run->length -= length;
    return front;
}

static guint32 cut_number(Run *run) {
    Run four = cut(run, 4);
    return four.broken ? 0 : (guint32)four.bytes[0] << 24 | (guint32)four.bytes[1] << 16 | (guint32)four.bytes[2] << 8 | four.bytes[3];
}

static Run cut_string(Run *run) {
    return cut(run, cut_number(run));
}

/* A number above zero without a superfluous zero in front (RFC 4251, mpint). */
static Run cut_positive(Run *run) {
    Run number = cut_string(run);
    gboolean padded = number.length > 0 && number.bytes[0] == 0;
    if (number.length == 0 || (padded && (number.length == 1 || number.bytes[1] < 0x80)) || (!padded && number.bytes[0] >= 0x80))
        run->broken = TRUE;
    return number;
}

static gboolean is_end(const Run *run) {
    return !run->broken && run->length == 0;
}

static gboolean is_text(Run run, const char *text) {
    return !run.broken && run.length == strlen(text) && memcmp(run.bytes, text, run.length) == 0;
}

static Run run_of(GBytes *bytes) {
    Run run = { NULL, 0, FALSE };
    run.bytes = g_bytes_get_data(bytes, &run.length);
    return run;
}

/* ---- keys ---- */

static const struct {
    const char *name;
    KjKeyType type;
} key_types[] = {
    { "ssh-ed25519", KJ_KEY_ED25519 },
    { "sk-ssh-ed25519@openssh.com", KJ_KEY_ED25519_TOKEN },
    { "ecdsa-sha2-nistp256", KJ_KEY_ECDSA },
    { "sk-ecdsa-sha2-nistp256@openssh.com", KJ_KEY_ECDSA_TOKEN },
    { "ssh-rsa", KJ_KEY_RSA },
};

static gboolean is_token(KjKeyType type) {
    return type == KJ_KEY_ED25519_TOKEN || type == KJ_KEY_ECDSA_TOKEN;
}

static gboolean is_curve25519(KjKeyType type) {
    return type == KJ_KEY_ED25519 || type == KJ_KEY_ED25519_TOKEN;
}

/* What stands in a key's bytes. */
typedef struct {
    KjKeyType type;
    const char *name;
    Run point;            /* Ed25519: 32 bytes; P-256: the point, uncompressed */
    Run exponent, modulus; /* RSA */
    Run application;      /* a token's */
} Parts;

static gboolean read_parts(Run run, Parts *parts) {
    Run name = cut_string(&run);
    *parts = (Parts){ .type = 0 };
    for (guint i = 0; i < G_N_ELEMENTS(key_types); i++)
        if (is_text(name, key_types[i].name))
            *parts = (Parts){ .type = key_types[i].type, .name = key_types[i].name };
    if (!parts->type)
        return FALSE;
    if (parts->type == KJ_KEY_RSA) {
        parts->exponent = cut_positive(&run);
        parts->modulus = cut_positive(&run);
        return is_end(&run);
    }
    if (!is_curve25519(parts->type) && !is_text(cut_string(&run), "nistp256"))
        return FALSE;
    parts->point = cut_string(&run);
    if (is_token(parts->type))
        parts->application = cut_string(&run);
    if (is_curve25519(parts->type))
        return is_end(&run) && parts->point.length == 32;
    return is_end(&run) && parts->point.length == 65 &&
           parts->point.bytes[0] == POINT_UNCOMPRESSED; /* OpenSSL would read it with 6 or 7 as well */
}

static EVP_PKEY *key_from(const char *algorithm, OSSL_PARAM_BLD *builder) {
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
    g_autoptr(OSSL_PARAM) parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY *key = NULL;
    if (!context || !parameters || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return NULL;
    return key;
}

static EVP_PKEY *rsa_key(const Parts *parts) {
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    g_autoptr(BIGNUM) exponent = BN_bin2bn(parts->exponent.bytes, (int)parts->exponent.length, NULL);
    g_autoptr(BIGNUM) modulus = BN_bin2bn(parts->modulus.bytes, (int)parts->modulus.length, NULL);
    int bits = modulus ? BN_num_bits(modulus) : 0;
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || !builder || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) != 1)
        return NULL;
    return key_from("RSA", builder);
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *curve_key(const Parts *parts) {
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, parts->point.bytes, parts->point.length) != 1)
        return NULL;
    return key_from("EC", builder);
}

/* NULL: no key that may sign here. */
static EVP_PKEY *openssl_key(const Parts *parts) {
    if (parts->type == KJ_KEY_RSA)
        return rsa_key(parts);
    if (is_curve25519(parts->type))
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, parts->point.bytes, parts->point.length);
    return curve_key(parts);
}

static KjKey *key_new(Run blob, GError **error) {
    Parts parts;
    guint8 digest[SHA256_DIGEST_LENGTH];
    g_autoptr(EVP_PKEY) usable = read_parts(blob, &parts) ? openssl_key(&parts) : NULL;
    if (!usable) {
        fail(error, _("the key is of no kind that may sign: Ed25519, ECDSA over P-256 or RSA of 2048 bits and more is"));
        return NULL;
    }
    KjKey *key = g_new0(KjKey, 1);
    key->type = parts.type;
    key->blob = g_bytes_new(blob.bytes, blob.length);
    SHA256(blob.bytes, blob.length, digest);
    g_autofree char *text = g_base64_encode(digest, sizeof digest);
    key->fingerprint = g_strdup_printf("SHA256:%.43s", text);
    return key;
}

void kj_key_free(KjKey *key) {
    if (!key)
        return;
    g_bytes_unref(key->blob);
    g_free(key->fingerprint);
    g_free(key);
}

gboolean kj_key_equal(const KjKey *a, const KjKey *b) {
    return g_bytes_equal(a->blob, b->blob);
}

/* The only spelling of the bytes: what is not comes back otherwise. NULL: no such thing. */
static GBytes *decode(const char *text) {
    gsize length;
    guint8 *bytes = g_base64_decode(text, &length);
    g_autofree char *again = g_base64_encode(bytes, length);
    if (length > 0 && strcmp(again, text) == 0)
        return g_bytes_new_take(bytes, length);
    g_free(bytes);
    return NULL;
}

KjKey *kj_key_parse(const char *line, GError **error) {
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    g_autoptr(GBytes) blob = g_strv_length(words) >= 2 ? decode(words[1]) : NULL;
    if (!blob) {
        fail(error, _("this is no public key; one line of a file like ~/.ssh/id_ed25519.pub is: `ssh-ed25519 AAAA...`"));
        return NULL;
    }
    g_autoptr(KjKey) key = key_new(run_of(blob), error);
    if (key && strcmp(words[0], key_types[key->type - KJ_KEY_ED25519].name) != 0) {
        fail(error, _("the key is of another kind than its line says"));
        return NULL;
    }
    return g_steal_pointer(&key);
}

char *kj_key_line(const KjKey *key) {
    gsize length;
    const guint8 *bytes = g_bytes_get_data(key->blob, &length);
    g_autofree char *text = g_base64_encode(bytes, length);
    return g_strdup_printf("%s %s", key_types[key->type - KJ_KEY_ED25519].name, text);
}

/* ---- signatures ---- */

#define ARMOR_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define ARMOR_END "-----END SSH SIGNATURE-----"

#define ARMOR_LINE 70u

/* Lines of base64 between the two marks, all as long as ssh-keygen makes them but for the last; the last mark may end with a newline. */
static GBytes *open_armor(const char *armor, gsize length) {
    g_autoptr(GString) text = g_string_new(NULL);
    gsize at = strlen(ARMOR_BEGIN), end = length, column = 0;
    if (length > KJ_SIGNATURE_MAX)
        return NULL;
    if (end > 0 && armor[end - 1] == '\n')
        end--;
    if (end < at + strlen(ARMOR_END) || memcmp(armor, ARMOR_BEGIN, at) != 0 ||
        memcmp(armor + end - strlen(ARMOR_END), ARMOR_END, strlen(ARMOR_END)) != 0)
        return NULL;
    for (end -= strlen(ARMOR_END); at < end; at++) {
        gboolean ends_line = armor[at] == '\n', is_last = at + 1 == end;
        if (armor[at] == 0 || ends_line != (column == ARMOR_LINE || is_last) || (ends_line && column == 0))
            return NULL;
        column = ends_line ? 0 : column + 1;
        if (!ends_line)
            g_string_append_c(text, armor[at]);
    }
    return decode(text->str);
}

typedef struct {
    Run key, name_space, reserved, hash, algorithm, value;
    guint8 flags; /* a token's */
    guint32 counter;
} Signature;

/* The outer frame, and within it the signature proper, which the key's kind tells how to read. */
static gboolean read_signature(Run run, Signature *signature, Parts *key) {
    Run magic = cut(&run, 6);
    guint32 version = cut_number(&run);
    signature->key = cut_string(&run);
    signature->name_space = cut_string(&run);
    signature->reserved = cut_string(&run);
    signature->hash = cut_string(&run);
    Run inner = cut_string(&run);
    if (!is_text(magic, "SSHSIG") || version != 1 || !is_end(&run) || !read_parts(signature->key, key))
        return FALSE;
    signature->algorithm = cut_string(&inner);
    signature->value = cut_string(&inner);
    if (is_token(key->type)) {
        Run flags = cut(&inner, 1);
        signature->flags = flags.broken ? 0 : flags.bytes[0];
        signature->counter = cut_number(&inner);
    }
    return is_end(&inner);
}

static void append_string(GByteArray *out, const void *bytes, gsize length) {
    guint32 size = GUINT32_TO_BE((guint32)length);
    g_byte_array_append(out, (const guint8 *)&size, sizeof size);
    g_byte_array_append(out, bytes, (guint)length);
}

/* What was signed: not the message but the frame around its hash, so that no signature for another purpose fits. A token signs a frame around that. */
static GByteArray *signed_bytes(const Signature *signature, const Parts *key, const void *message, gsize length) {
    guint8 digest[SHA512_DIGEST_LENGTH];
    gboolean is_sha512 = is_text(signature->hash, "sha512");
    if (!is_sha512 && !is_text(signature->hash, "sha256"))
        return NULL;
    if (is_sha512)
        SHA512(message, length, digest);
    else
        SHA256(message, length, digest);
    GByteArray *frame = g_byte_array_new();
    g_byte_array_append(frame, (const guint8 *)"SSHSIG", 6);
    append_string(frame, signature->name_space.bytes, signature->name_space.length);
    append_string(frame, signature->reserved.bytes, signature->reserved.length);
    append_string(frame, signature->hash.bytes, signature->hash.length);
    append_string(frame, digest, is_sha512 ? SHA512_DIGEST_LENGTH : SHA256_DIGEST_LENGTH);
    if (!is_token(key->type))
        return frame;
    guint32 counter = GUINT32_TO_BE(signature->counter);
    SHA256(frame->data, frame->len, digest);
    g_byte_array_set_size(frame, 0);
    guint8 application[SHA256_DIGEST_LENGTH];
    SHA256(key->application.bytes, key->application.length, application);
    g_byte_array_append(frame, application, sizeof application);
    g_byte_array_append(frame, &signature->flags, 1);
    g_byte_array_append(frame, (const guint8 *)&counter, sizeof counter);
    g_byte_array_append(frame, digest, SHA256_DIGEST_LENGTH);
    return frame;
}

/* The two numbers of an ECDSA signature as OpenSSL wants them. NULL: no such numbers. */
static GBytes *ecdsa_value(Run value) {
    Run r = cut_positive(&value), s = cut_positive(&value);
    if (!is_end(&value) || r.length > 33 || s.length > 33)
        return NULL;
    g_autoptr(ECDSA_SIG) pair = ECDSA_SIG_new();
    BIGNUM *numbers[] = { BN_bin2bn(r.bytes, (int)r.length, NULL), BN_bin2bn(s.bytes, (int)s.length, NULL) };
    if (!pair || ECDSA_SIG_set0(pair, numbers[0], numbers[1]) != 1) {
        BN_free(numbers[0]);
        BN_free(numbers[1]);
        return NULL;
    }
    guint8 *encoded = NULL;
    int length = i2d_ECDSA_SIG(pair, &encoded);
    GBytes *bytes = length > 0 ? g_bytes_new(encoded, (gsize)length) : NULL;
    OPENSSL_free(encoded);
    return bytes;
}

/* The hash that an algorithm's name asks for. FALSE: not one for this key. */
static gboolean find_hash(const Signature *signature, const Parts *key, const EVP_MD **hash) {
    if (key->type == KJ_KEY_RSA) {
        *hash = is_text(signature->algorithm, "rsa-sha2-512") ? EVP_sha512() : EVP_sha256();
        return is_text(signature->algorithm, "rsa-sha2-512") || is_text(signature->algorithm, "rsa-sha2-256");
    }
    *hash = is_curve25519(key->type) ? NULL : EVP_sha256();
    return is_text(signature->algorithm, key->name);
}

static gboolean holds(const Signature *signature, const Parts *parts, const GByteArray *frame) {
    const EVP_MD *hash;
    g_autoptr(EVP_PKEY) key = openssl_key(parts);
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    gboolean is_ecdsa = parts->type == KJ_KEY_ECDSA || parts->type == KJ_KEY_ECDSA_TOKEN;
    g_autoptr(GBytes) value = is_ecdsa ? ecdsa_value(signature->value)
                                       : g_bytes_new_static(signature->value.bytes, signature->value.length);
    if (!key || !context || !value || !find_hash(signature, parts, &hash))
        return FALSE;
    gsize length;
    const guint8 *bytes = g_bytes_get_data(value, &length);
    return EVP_DigestVerifyInit(context, NULL, hash, NULL, key) == 1 &&
           EVP_DigestVerify(context, bytes, length, frame->data, frame->len) == 1;
}

KjKey *kj_signature_verify(const char *armor, gsize length, const char *name_space, const void *message, gsize message_length,
                           gboolean *verified, GError **error) {
    Signature signature = { .flags = 0 };
    Parts parts;
    g_autoptr(GBytes) bytes = open_armor(armor, length);
    if (!bytes || !read_signature(run_of(bytes), &signature, &parts)) {
        fail(error, _("this is no SSH signature as `ssh-keygen -Y sign` writes it"));
        return NULL;
    }
    if (!is_text(signature.name_space, name_space)) {
        g_autofree char *found = g_strndup((const char *)signature.name_space.bytes, MIN(signature.name_space.length, 64));
        g_autofree char *shown = g_strescape(found, NULL); /* anything may be in it */
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, _("the signature is for `%s`, not for `%s`"), shown, name_space);
        return NULL;
    }
    if (is_token(parts.type) && !(signature.flags & TOKEN_TOUCHED)) {
        fail(error, _("the signature comes from a security token that nobody touched"));
        return NULL;
    }
    g_autoptr(GByteArray) frame = signed_bytes(&signature, &parts, message, message_length);
    if (!frame || !holds(&signature, &parts, frame)) {
        fail(error, _("the signature does not hold: the text or the signature was altered"));
        return NULL;
    }
    if (verified)
        *verified = is_token(parts.type) && (signature.flags & TOKEN_VERIFIED);
    return key_new(signature.key, error);
}
