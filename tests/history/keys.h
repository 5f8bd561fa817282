/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Throw-away keys, made and used by ssh-keygen. */
#ifndef KJ_TEST_KEYS_H
#define KJ_TEST_KEYS_H

#include "../../history/statement.h"

typedef struct {
    char *folder;
    char **lines; /* public keys */
    guint count;
} KjTestKeys;

gboolean kj_test_keys_are_possible(void); /* whether ssh-keygen is there */
KjTestKeys *kj_test_keys_new(guint count);
void kj_test_keys_free(KjTestKeys *keys);

/* An armored signature. Free with g_free. */
char *kj_test_sign(const KjTestKeys *keys, guint key, const KjStatement *statement);

#endif
