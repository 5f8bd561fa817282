/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Witnesses are tried before they are shown: the request is decided by the reference evaluator and by the compiled table, and both must give what the
 * algebra said. One that does not is a mistake of Kijun, and is told as such (KJ0359, exit code 70), never as a finding.
 */
#ifndef KJ_REPLAY_H
#define KJ_REPLAY_H

#include <kijun/kijun.h>

#include "../compiler.h"
#include "../region/witness.h"

typedef struct KjReplay {
    const KjPolicy *policy;
    KjTable *table;     /* of all of it, where there is one already */
    GHashTable *blocks; /* else: const KjBlock * of it -> KjTable of that block alone (NULL: does not build), made when first needed */
} KjReplay;

void kj_replay_clear(KjReplay *replay);

/* Whether `rule` decides the request (NULL: the default), as reference and table see it. Where requirements add up: whether it is one of those that
 * match, or, of NULL, whether there is nothing to be asked (always). */
gboolean kj_replay_decides(KjReplay *replay, const KjBlock *block, const KjRule *rule, const KjWitness *witness);

/* The same by the reference alone, for a block that is no block of the policy. */
gboolean kj_replay_refers(const KjBlock *block, const KjRule *rule, const KjWitness *witness);

/* Whether the compiled table answers a request as the reference evaluator did. TRUE when there is no table. */
gboolean kj_replay_agrees(KjReplay *replay, const KjBlock *block, const KjFieldText *texts, guint count, gboolean has_instant,
                          gint64 instant, const KjReferenceVerdict *reference);

/* "kijun explain PATH BLOCK from=... --at ..." Free with g_free. */
char *kj_replay_command(const char *path, const KjBlock *block, const KjWitness *witness);

#endif
