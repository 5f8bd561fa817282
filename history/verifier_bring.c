/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a link brings along beside its own statement: the root it is made under, everything that the signers have said, and what of that it relies on.
 *
 * Nothing of it may be less than what is known: roots go on, chains only grow, and what somebody said does not go away. State of the chains is carried from link to link and only
 * read on, so that a thousand releases cost a thousand steps and not a thousand histories.
 */
#include "verifier_private.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"

/* ---- the root ---- */

static const git_oid *parent_at(const KjLink *link, guint index) {
    return index < link->parents->len ? &g_array_index(link->parents, git_oid, index) : NULL;
}

/* The parent that is the root's head; those after it are the chains'. */
static guint root_parent(const KjLink *link) {
    return kj_link_before(link) ? 1 : 0;
}

/* Reads the versions up to a head, which must have those that are known. */
static gboolean take_roots(KjVerifier *verifier, const git_oid *head, GError **error) {
    if (verifier->roots && git_oid_equal(head, &verifier->root_head))
        return TRUE;
    g_autoptr(GPtrArray) roots = kj_roots_read(verifier->repository, head, error);
    if (!roots)
        return kj_verifier_name(verifier, error, KJ_ATTACK_ARBITRARY);
    if (!kj_roots_check_pinned(roots, verifier->root_digest, error))
        return kj_verifier_name(verifier, error, KJ_ATTACK_ARBITRARY);
    for (guint i = 0; verifier->roots && i < verifier->roots->len; i++) {
        const KjRoot *known = verifier->roots->pdata[i], *now = i < roots->len ? roots->pdata[i] : NULL;
        if (!now || strcmp(kj_statement_digest(kj_root_statement(known)), kj_statement_digest(kj_root_statement(now))) != 0)
            return kj_verifier_refuse(verifier, error, now ? KJ_ATTACK_FORKED : KJ_ATTACK_ROLLBACK,
                                      _("root %u is not the one that is known here"), i + 1);
    }
    if (verifier->root) /* it is about to go */
        verifier->root = kj_roots_find(roots, kj_root_version(verifier->root));
    g_clear_pointer(&verifier->roots, g_ptr_array_unref);
    verifier->roots = g_steal_pointer(&roots);
    verifier->root_head = *head;
    return TRUE;
}

gboolean kj_verifier_judge_root(KjJudged *judged) {
    const git_oid *head = parent_at(judged->link, root_parent(judged->link));
    guint64 version = kj_statement_number(judged->statement, "root");
    if (!head)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it brings no root"));
    if (!take_roots(judged->verifier, head, judged->error))
        return FALSE;
    judged->root = kj_roots_last(judged->verifier->roots);
    if (kj_root_version(judged->root) != version)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it is made under root %" PRIu64 ", and brings root %" PRIu64), version,
                      kj_root_version(judged->root));
    return TRUE;
}

/* ---- the signers' chains ---- */

static KjVerifierChain *find_chain(const KjVerifier *verifier, const char *name) {
    for (guint i = 0; i < verifier->chains->len; i++) {
        KjVerifierChain *chain = verifier->chains->pdata[i];
        if (strcmp(chain->name, name) == 0)
            return chain;
    }
    return NULL;
}

static KjVerifierChain *open_chain(KjVerifier *verifier, const char *name) {
    KjVerifierChain *chain = find_chain(verifier, name);
    if (!chain) {
        chain = g_new0(KjVerifierChain, 1);
        chain->name = g_strdup(name);
        chain->links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
        g_ptr_array_add(verifier->chains, chain);
    }
    return chain;
}

/* "FINGERPRINT DIGEST" and the parent beside it. */
static gboolean take_chain(const KjJudged *judged, const char *line, const git_oid *head) {
    KjVerifier *verifier = judged->verifier;
    const char *space = strchr(line, ' ');
    g_autofree char *fingerprint = g_strndup(line, (gsize)(space - line));
    const KjKey *key = kj_root_key(judged->root, fingerprint);
    if (!key)
        return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("it relies on the chain of the key %s, which root %" PRIu64 " does not know"),
                      fingerprint, kj_root_version(judged->root));
    if (!head)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it does not bring the chain of the key %s"), fingerprint);
    g_autofree char *name = kj_chain_name(key);
    KjVerifierChain *chain = open_chain(verifier, name);
    if (!kj_chain_extend(verifier->repository, chain->links, &chain->head, head, name, judged->error)) {
        g_prefix_error(judged->error, "%s: ", fingerprint);
        return kj_verifier_name(verifier, judged->error, KJ_ATTACK_FORKED);
    }
    chain->head = *head;
    if (strcmp(kj_chain_last(chain->links), space + 1) != 0)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it brings another chain of the key %s than it names"), fingerprint);
    return TRUE;
}

static gboolean lists_head(const KjStatement *statement, const char *chain, const KjRoot *root) {
    for (const char *const *line = kj_statement_list(statement, "head"); *line; line++) {
        g_autofree char *fingerprint = g_strndup(*line, strcspn(*line, " "));
        const KjKey *key = kj_root_key(root, fingerprint);
        g_autofree char *name = key ? kj_chain_name(key) : NULL;
        if (g_strcmp0(name, chain) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Chains that are known and whose key the root still knows must be there again: what somebody said does not go away. */
static gboolean judge_omissions(const KjJudged *judged) {
    for (guint i = 0; i < judged->verifier->chains->len; i++) {
        const KjVerifierChain *chain = judged->verifier->chains->pdata[i];
        if (chain->links->len == 0 || lists_head(judged->statement, chain->name, judged->root))
            continue;
        const KjKey *key = ((const KjSigned *)chain->links->pdata[0])->key;
        if (kj_root_key(judged->root, key->fingerprint))
            return REFUSE(judged, KJ_ATTACK_OMITTED, _("it leaves out everything that was said with the key %s, which was there before"),
                          key->fingerprint);
    }
    return TRUE;
}

gboolean kj_verifier_judge_chains(const KjJudged *judged) {
    guint parent = root_parent(judged->link) + 1;
    for (const char *const *line = kj_statement_list(judged->statement, "head"); *line; line++)
        if (!take_chain(judged, *line, parent_at(judged->link, parent++)))
            return FALSE;
    if (parent != judged->link->parents->len)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it brings more than it names"));
    return judge_omissions(judged);
}

GPtrArray *kj_verifier_chains(const KjVerifier *verifier) {
    GPtrArray *all = g_ptr_array_new();
    for (guint i = 0; i < verifier->chains->len; i++)
        g_ptr_array_add(all, ((const KjVerifierChain *)verifier->chains->pdata[i])->links);
    return all;
}

const KjSigned *kj_verifier_find(const KjVerifier *verifier, const char *digest) {
    for (guint c = 0; c < verifier->chains->len; c++) {
        const GPtrArray *links = ((const KjVerifierChain *)verifier->chains->pdata[c])->links;
        for (guint i = links->len; i-- > 0;) /* what is relied upon is mostly recent */
            if (strcmp(kj_statement_digest(((const KjSigned *)links->pdata[i])->statement), digest) == 0)
                return links->pdata[i];
    }
    return NULL;
}

gboolean kj_verifier_judge_reliance(const KjJudged *judged) {
    for (const char *const *digest = kj_statement_list(judged->statement, "relies"); *digest; digest++)
        if (!kj_verifier_find(judged->verifier, *digest))
            return REFUSE(judged, KJ_ATTACK_OMITTED, _("it relies on the statement %.12s, and does not bring it"), *digest);
    return TRUE;
}
