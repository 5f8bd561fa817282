/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Judging releases, one after another, from nothing but a pinned root and the releases' own commits.
 *
 * This is what a host believes, and what an author tries before publishing: both walk the same links through the same function. Each is judged by what is in force at
 * its place: the root it names (never older than that of the release before), the governance of the release it changes, the chains of signers as it pins them,
 * which may only have grown. Nothing is taken from the statement that can be computed: digests of units, verdicts, who must agree. Whatever is wrong is refused with
 * the name of the attack that it looks like.
 */
#ifndef KJ_VERIFIER_H
#define KJ_VERIFIER_H

#include "judge.h"
#include "release.h"
#include "root_chain.h"

typedef enum {
    KJ_ATTACK_NONE = 0,
    KJ_ATTACK_ROLLBACK,     /* an older release than the one in force */
    KJ_ATTACK_FREEZE,       /* nothing new, for longer than was promised */
    KJ_ATTACK_MIX,          /* mix-and-match: parts of different releases */
    KJ_ATTACK_FAST_FORWARD, /* a number that skips others */
    KJ_ATTACK_ARBITRARY,    /* arbitrary installation: signed by nobody who may */
    KJ_ATTACK_ENDLESS,      /* endless data */
    KJ_ATTACK_SLOW,         /* slow data */
    KJ_ATTACK_EXTRANEOUS,   /* something from outside: links, submodules, bytes of no unit */
    KJ_ATTACK_CONTEXT,      /* of another context */
    KJ_ATTACK_THRESHOLD,    /* signed by some, and fewer than must */
    KJ_ATTACK_FORKED,       /* two histories: releases, roots, or a signer's chain */
    KJ_ATTACK_UNAPPROVED,   /* somebody's approval is missing */
    KJ_ATTACK_OMITTED,      /* something that was said is left out */
    KJ_ATTACK_CLOCK,        /* dates that cannot be */
    KJ_ATTACK_EXPIRED,      /* of a root that has expired */
} KjAttack;

const char *kj_attack_name(KjAttack attack); /* "rollback", "mix-and-match" */

/* How much a release may be dated ahead of the clock of who verifies it, in seconds. */
#define KJ_VERIFIER_AHEAD 600

typedef struct KjVerifier KjVerifier;

/* `root_digest`: of the root that is pinned, 64 hexadecimal digits. `context` is copied. The repository must outlive it. Free with kj_verifier_free. */
KjVerifier *kj_verifier_new(KjRepository *repository, const char *context, const char *root_digest);
void kj_verifier_free(KjVerifier *verifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjVerifier, kj_verifier_free)

/* Goes on behind a release (or heartbeat) that was verified before, in an earlier run. FALSE with KJ_ERROR_REFUSED or KJ_ERROR_IO when it is not there any more. */
gboolean kj_verifier_resume(KjVerifier *verifier, const git_oid *commit, GError **error);

/* Judges every link up to `head`. `now`: of the clock, seconds since 1970. FALSE with KJ_ERROR_REFUSED, its message beginning with the attack's name, or KJ_ERROR_IO; what was
 * accepted before stays so, and kj_verifier_* tell of the last accepted. */
gboolean kj_verifier_run(KjVerifier *verifier, const git_oid *head, gint64 now, GError **error);
KjAttack kj_verifier_attack(const KjVerifier *verifier);

/* ---- the last accepted; borrowed, and NULL or zero before the first ---- */

const KjLink *kj_verifier_link(const KjVerifier *verifier);       /* a release or a heartbeat */
const KjLink *kj_verifier_release(const KjVerifier *verifier);
const KjWorkspace *kj_verifier_workspace(const KjVerifier *verifier);  /* of that release */
const KjLink *kj_verifier_lasting(const KjVerifier *verifier);    /* the last release that is no emergency */
const KjWorkspace *kj_verifier_lasting_workspace(const KjVerifier *verifier);
const KjStatement *kj_verifier_emergency(const KjVerifier *verifier);  /* under which the last release is made, or NULL */
const KjRoot *kj_verifier_root(const KjVerifier *verifier);       /* that the last release names */
guint64 kj_verifier_serial(const KjVerifier *verifier);

/* The date of the lasting release that brought the unit as it is now; G_MININT64: there is none. */
gint64 kj_verifier_since(const KjVerifier *verifier, const char *unit);

/* Until when what is accepted is fresh: the last word's date, and as long as the release promised; 0 before the first. */
gint64 kj_verifier_fresh_until(const KjVerifier *verifier);

#endif
