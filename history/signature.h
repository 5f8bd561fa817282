/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SSH signatures over messages, verified in this process (OpenSSH, PROTOCOL.sshsig; PROTOCOL.u2f for keys in security tokens; RFC 4253, 5656, 8332, 8709 for
 * keys and signatures). They are made by `ssh-keygen -Y sign`, so that no private key ever comes near us.
 *
 * Bytes are read strictly: armor as ssh-keygen writes it, one spelling of each number, nothing after the end (but for the armor's last newline, which may be
 * missing). So nobody can make a second valid spelling of somebody's signature. Only ECDSA itself knows two, s and n - s, and ssh-keygen takes both: what
 * must have one name is named by its statement or its key, never by a signature's bytes. Accepted are Ed25519, ECDSA over P-256, both also from a token that
 * saw a touch, and RSA of 2048 bits and more with SHA-2; nothing in the signature can ask for less.
 *
 * The format has no date: when a key was good is for the one who asks to know.
 */
#ifndef KJ_SIGNATURE_H
#define KJ_SIGNATURE_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    KJ_KEY_ED25519 = 1,
    KJ_KEY_ED25519_TOKEN,
    KJ_KEY_ECDSA, /* over P-256 */
    KJ_KEY_ECDSA_TOKEN,
    KJ_KEY_RSA,
} KjKeyType;

typedef struct {
    KjKeyType type;
    GBytes *blob;      /* as it stands in authorized_keys, decoded: two keys are the same when these are */
    char *fingerprint; /* "SHA256:" and 43 characters, as ssh-keygen -l prints it */
} KjKey;

/* A line "ssh-ed25519 AAAA... comment". NULL with KJ_ERROR_VALUE. Free with kj_key_free. */
KjKey *kj_key_parse(const char *line, GError **error);
void kj_key_free(KjKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjKey, kj_key_free)
gboolean kj_key_equal(const KjKey *a, const KjKey *b);
/* "ssh-ed25519 AAAA...", without a comment. Free with g_free. */
char *kj_key_line(const KjKey *key);

/* The most bytes of a signature's armor that are looked at. */
#define KJ_SIGNATURE_MAX (16u << 10)

/*
 * Whose signature over `message` this is: the key inside it, once that key is shown to have signed these bytes for this name space (one for each kind of
 * statement, "kijun-approval@v1", so that a signature of one kind is none of another). NULL with KJ_ERROR_VALUE. `verified`, if not NULL, says whether a
 * token also verified its user (PIN or finger), beside the touch. Whether the key is anybody's is the caller's question.
 */
KjKey *kj_signature_verify(const char *armor, gsize length, const char *name_space, const void *message, gsize message_length,
                           gboolean *verified, GError **error);

G_END_DECLS

#endif
