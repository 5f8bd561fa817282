/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the verifier share: what it remembers, and a link while it is judged. For verifier*.c only. */
#ifndef KJ_VERIFIER_PRIVATE_H
#define KJ_VERIFIER_PRIVATE_H

#include "verifier.h"

typedef struct {
    char *name; /* of the reference */
    git_oid head;
    GPtrArray *links; /* KjSigned */
} KjVerifierChain;

/* A release and what it carries. */
typedef struct {
    KjLink *link; /* NULL: there is none */
    KjWorkspace *workspace;
} KjAccepted;

struct KjVerifier {
    KjRepository *repository;
    char *context, *root_digest;
    KjAttack attack;
    git_oid root_head;
    GPtrArray *roots;   /* KjRoot */
    const KjRoot *root; /* of the last release */
    GPtrArray *chains;  /* KjVerifierChain */
    KjLink *last;       /* a heartbeat behind the release, or NULL: the release is the last */
    KjAccepted release;   /* an emergency's, or without links where it is the lasting one */
    KjAccepted lasting;
    const KjStatement *emergency; /* of `release`, in a chain */
    GHashTable *since;  /* unit -> gint64: the date of the lasting release that brought its text; what was not asked for yet is not there */
};

/* What is being judged; moved into the verifier when it is accepted. */
typedef struct {
    KjVerifier *verifier;
    KjLink *link;
    const KjStatement *statement;
    gint64 now;
    const KjRoot *root;
    KjWorkspace *workspace;
    const KjStatement *emergency;
    GError **error;
} KjJudged;

/* FALSE with KJ_ERROR_REFUSED, the message beginning with the attack's name. */
gboolean kj_verifier_refuse(KjVerifier *verifier, GError **error, KjAttack attack, const char *format, ...) G_GNUC_PRINTF(4, 5);
#define REFUSE(judged, attack, ...) kj_verifier_refuse((judged)->verifier, (judged)->error, attack, __VA_ARGS__)
/* What a reader refused gets the attack's name; trouble of the machine stays trouble. FALSE. */
gboolean kj_verifier_name(KjVerifier *verifier, GError **error, KjAttack attack);

/* ---- what a link brings (verifier_bring.c) ---- */

/* The root it is made under, which must go on from what is known; taken into `judged`. */
gboolean kj_verifier_judge_root(KjJudged *judged);
/* The signers' chains, which may only have grown, and all that was there before. */
gboolean kj_verifier_judge_chains(const KjJudged *judged);
/* The statements that it relies on. */
gboolean kj_verifier_judge_reliance(const KjJudged *judged);

/* A statement of any chain. NULL: it is in none. */
const KjSigned *kj_verifier_find(const KjVerifier *verifier, const char *digest);
/* The chains as everybody else sees them. Free the array alone. */
GPtrArray *kj_verifier_chains(const KjVerifier *verifier);

/* ---- what it carries, and whether that was agreed to (verifier_change.c) ---- */

/* The sources, taken into `judged`: unit by unit what the statement pins, and nothing else. */
gboolean kj_verifier_judge_sources(KjJudged *judged);
gboolean kj_verifier_judge_change(KjJudged *judged);

#endif
