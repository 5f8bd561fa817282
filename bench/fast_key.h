/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A throw-away Ed25519 key that signs in this process, because a thousand runs of ssh-keygen would be what is measured. For benchmarks and tests only. */
#ifndef KJ_BENCH_FAST_KEY_H
#define KJ_BENCH_FAST_KEY_H

#include "../history/statement.h"

typedef struct KjFastKey KjFastKey;

KjFastKey *kj_fast_key_new(void);
void kj_fast_key_free(KjFastKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjFastKey, kj_fast_key_free)

/* "ssh-ed25519 AAAA..."; owned by the key. */
const char *kj_fast_key_line(const KjFastKey *key);
/* As ssh-keygen -Y sign writes it. Free with g_free. */
char *kj_fast_key_sign(const KjFastKey *key, const KjStatement *statement);

#endif
