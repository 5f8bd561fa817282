/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signing, by `ssh-keygen -Y sign`: no private key ever enters this process, and keys in an agent, in a security token or behind PKCS#11 come free.
 *
 * Which key is a person's own: the one that is named, else $KIJUN_KEY, else git's setting kijun.key, else user.signingkey. Each is the file of a private or of a public key, or
 * `key::ssh-ed25519 AAAA...` for a key that only the agent holds. The public half must stand in a file: beside FILE in FILE.pub, as ssh-keygen puts it.
 *
 * The child inherits standard input, so that a passphrase, a PIN or a touch can be asked for, and standard error while that is a terminal.
 */
#ifndef KJ_SIGN_H
#define KJ_SIGN_H

#include "chain.h"

/* Where the key that would sign is: a file, or `key::...`. NULL with KJ_ERROR_UNKNOWN. Free with g_free. */
char *kj_sign_find(KjRepository *repository, const char *chosen, GError **error);

/* The public half of the key that would sign. `repository`: whose settings count, or NULL for the user's. `chosen`: as named (--key), or NULL. NULL with
 * KJ_ERROR_UNKNOWN (no key is set up, and what to write) or KJ_ERROR_IO. Free with kj_key_free. */
KjKey *kj_sign_public(KjRepository *repository, const char *chosen, GError **error);

/* Signs the statement's bytes in the name space of its kind and verifies the result. The armor; free with g_free. NULL with KJ_ERROR_UNKNOWN, or KJ_ERROR_IO: ssh-keygen is not
 * there, or could not sign, and what may help. */
char *kj_sign(KjRepository *repository, const char *chosen, const KjStatement *statement, GError **error);

/* The same as a link for the signer's chain. Takes nothing. */
KjSigned *kj_sign_link(KjRepository *repository, const char *chosen, const KjStatement *statement, GError **error);

/* The public key that FILE holds, or FILE.pub beside a private one; or that `key::...` is. NULL with KJ_ERROR_IO or KJ_ERROR_VALUE. */
KjKey *kj_sign_read_public(const char *file, GError **error);

#endif
