/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One link after another. What must hold is written as a list of small judges, in the order in which a host asks: where the link stands, by whom it is signed, what
 * was said when it was made, what it carries, and whether that was agreed to. The first that objects ends it, and nothing of the link is kept.
 */
#include "verifier_private.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/progress.h"
#include "../compiler/translate.h"

static const char *const names[] = {
    [KJ_ATTACK_NONE] = "none",
    [KJ_ATTACK_ROLLBACK] = "rollback",
    [KJ_ATTACK_FREEZE] = "freeze",
    [KJ_ATTACK_MIX] = "mix-and-match",
    [KJ_ATTACK_FAST_FORWARD] = "fast-forward",
    [KJ_ATTACK_ARBITRARY] = "arbitrary installation",
    [KJ_ATTACK_ENDLESS] = "endless data",
    [KJ_ATTACK_SLOW] = "slow data",
    [KJ_ATTACK_EXTRANEOUS] = "extraneous dependency",
    [KJ_ATTACK_CONTEXT] = "wrong context",
    [KJ_ATTACK_THRESHOLD] = "keys below the threshold",
    [KJ_ATTACK_FORKED] = "forked history",
    [KJ_ATTACK_UNAPPROVED] = "missing approval",
    [KJ_ATTACK_OMITTED] = "omitted statement",
    [KJ_ATTACK_CLOCK] = "wrong clock",
    [KJ_ATTACK_EXPIRED] = "expired root",
};

const char *kj_attack_name(KjAttack attack) {
    return names[attack];
}

gboolean kj_verifier_refuse(KjVerifier *verifier, GError **error, KjAttack attack, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    verifier->attack = attack;
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, "%s: %s", names[attack], message);
    return FALSE;
}

gboolean kj_verifier_name(KjVerifier *verifier, GError **error, KjAttack attack) {
    if (error && g_error_matches(*error, KJ_ERROR, KJ_ERROR_REFUSED))
        g_prefix_error(error, "%s: ", names[attack]);
    verifier->attack = attack;
    return FALSE;
}

/* ---- making and freeing ---- */

static void chain_free(gpointer data) {
    KjVerifierChain *chain = data;
    g_free(chain->name);
    g_ptr_array_unref(chain->links);
    g_free(chain);
}

static void clear_accepted(KjAccepted *accepted) {
    g_clear_pointer(&accepted->link, kj_link_free);
    g_clear_pointer(&accepted->workspace, kj_workspace_free);
}

KjVerifier *kj_verifier_new(KjRepository *repository, const char *context, const char *root_digest) {
    KjVerifier *verifier = g_new0(KjVerifier, 1);
    verifier->repository = kj_repository_ref(repository);
    verifier->context = g_strdup(context);
    verifier->root_digest = g_strdup(root_digest);
    verifier->chains = g_ptr_array_new_with_free_func(chain_free);
    verifier->since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return verifier;
}

void kj_verifier_free(KjVerifier *verifier) {
    if (!verifier)
        return;
    kj_link_free(verifier->last);
    clear_accepted(&verifier->release);
    clear_accepted(&verifier->lasting);
    g_clear_pointer(&verifier->roots, g_ptr_array_unref);
    g_ptr_array_unref(verifier->chains);
    g_hash_table_unref(verifier->since);
    g_free(verifier->context);
    g_free(verifier->root_digest);
    kj_repository_unref(verifier->repository);
    g_free(verifier);
}

/* ---- where it stands ---- */

static gboolean says(const KjStatement *statement, const char *key, const char *value) {
    return strcmp(kj_statement_get(statement, key), value) == 0;
}

static const char *digest_of(const KjLink *link) {
    return link ? kj_statement_digest(link->sealed->statement) : KJ_STATEMENT_NONE;
}

static gboolean judge_place(const KjJudged *judged) {
    const KjLink *before = kj_verifier_link(judged->verifier);
    const git_oid *parent = kj_link_before(judged->link);
    if (!says(judged->statement, "context", judged->verifier->context))
        return REFUSE(judged, KJ_ATTACK_CONTEXT, _("it is a release of `%s`, and this is `%s`"),
                      kj_statement_get(judged->statement, "context"), judged->verifier->context);
    if (!says(judged->statement, "previous", digest_of(before)) || (before && (!parent || !git_oid_equal(parent, &before->commit))))
        return REFUSE(judged, KJ_ATTACK_FORKED, _("it names %.12s as the one before it, and that is %.12s"),
                      kj_statement_get(judged->statement, "previous"), digest_of(before));
    return TRUE;
}

static gboolean judge_date(const KjJudged *judged) {
    const KjLink *before = kj_verifier_link(judged->verifier);
    gint64 date = kj_statement_instant(judged->statement, "date");
    if (before && date < kj_statement_instant(before->sealed->statement, "date"))
        return REFUSE(judged, KJ_ATTACK_CLOCK, _("it is of %s, before the one before it (%s)"), kj_statement_get(judged->statement, "date"),
                      kj_statement_get(before->sealed->statement, "date"));
    if (date > judged->now + KJ_VERIFIER_AHEAD)
        return REFUSE(judged, KJ_ATTACK_CLOCK, _("it is of %s, which is yet to come; is this machine's clock right?"),
                      kj_statement_get(judged->statement, "date"));
    return TRUE;
}

static gboolean judge_serial(const KjJudged *judged) {
    guint64 serial = kj_statement_number(judged->statement, "serial"), last = kj_verifier_serial(judged->verifier);
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    if (serial <= last)
        return REFUSE(judged, KJ_ATTACK_ROLLBACK, _("it is release %" PRIu64 ", and release %" PRIu64 " is in force"), serial, last);
    if (serial != last + 1)
        return REFUSE(judged, KJ_ATTACK_FAST_FORWARD, _("it is release %" PRIu64 ", and the next is %" PRIu64), serial, last + 1);
    if (!says(judged->statement, "before", digest_of(lasting)))
        return REFUSE(judged, KJ_ATTACK_MIX, _("it changes the release %.12s, and the one that lasts is %.12s"),
                      kj_statement_get(judged->statement, "before"), digest_of(lasting));
    return TRUE;
}

/* ---- emergencies ---- */

/* The person, if he signed this emergency: the same changes until the same instant. */
static gboolean has_declared(const KjJudged *judged, const char *person) {
    for (guint c = 0; c < judged->verifier->chains->len; c++) {
        const GPtrArray *links = ((const KjVerifierChain *)judged->verifier->chains->pdata[c])->links;
        for (guint i = 0; i < links->len; i++) {
            const KjSigned *link = links->pdata[i];
            const char *signer = kj_root_person(judged->root, link->key, kj_statement_number(judged->statement, "serial"));
            if (kj_statement_kind(link->statement) == KJ_STATEMENT_EMERGENCY && signer && strcmp(signer, person) == 0 &&
                kj_statement_same_emergency(link->statement, judged->emergency))
                return TRUE;
        }
    }
    return FALSE;
}

/* Whether an emergency is in force at an instant. */
static gboolean is_running(const KjVerifier *verifier, gint64 instant) {
    return verifier->emergency && instant < kj_statement_instant(verifier->emergency, "until");
}

static gboolean judge_emergency(KjJudged *judged) {
    const char *digest = kj_statement_get(judged->statement, "emergency");
    gint64 date = kj_statement_instant(judged->statement, "date");
    if (!digest)
        return TRUE;
    const KjSigned *found = kj_verifier_find(judged->verifier, digest);
    if (!found || kj_statement_kind(found->statement) != KJ_STATEMENT_EMERGENCY)
        return REFUSE(judged, KJ_ATTACK_OMITTED, _("it is made under the emergency %.12s, and does not bring it"), digest);
    judged->emergency = found->statement;
    if (is_running(judged->verifier, date))
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("an emergency is in force until %s, and takes no second one on top"),
                      kj_statement_get(judged->verifier->emergency, "until"));
    if (!says(found->statement, "context", judged->verifier->context) ||
        !g_strv_equal(kj_statement_list(found->statement, "change"), kj_statement_list(judged->statement, "change")))
        return REFUSE(judged, KJ_ATTACK_MIX, _("it changes other than the emergency says"));
    if (kj_statement_instant(found->statement, "until") <= date)
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("its emergency was over at %s"), kj_statement_get(found->statement, "until"));
    return TRUE;
}

/* ---- who signed ---- */

static gboolean judge_threshold(const KjJudged *judged, const char *what) {
    guint64 serial = kj_verifier_serial(judged->verifier) + 1;
    guint signers = kj_root_signers(judged->root, what, serial, judged->link->sealed->keys),
          threshold = kj_root_threshold(judged->root, what);
    if (signers == 0)
        return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("nobody who may sign `%s` under root %" PRIu64 " has signed it"), what,
                      kj_root_version(judged->root));
    if (signers < threshold)
        return REFUSE(judged, KJ_ATTACK_THRESHOLD, _("%u of the %u people that root %" PRIu64 " wants for `%s` have signed it"), signers,
                      threshold, kj_root_version(judged->root), what);
    return TRUE;
}

/* In an emergency one of those who declared it; else as many as may release; and the first release also as many as may sign roots: there was nothing before that could judge it. */
static gboolean judge_signatures(const KjJudged *judged) {
    if (!judged->emergency)
        return judge_threshold(judged, "release") && (kj_verifier_serial(judged->verifier) > 0 || judge_threshold(judged, "root"));
    for (guint i = 0; i < judged->link->sealed->keys->len; i++) {
        const char *person = kj_root_person(judged->root, judged->link->sealed->keys->pdata[i],
                                            kj_statement_number(judged->statement, "serial"));
        if (person && has_declared(judged, person))
            return TRUE;
    }
    return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("nobody who declared the emergency has signed it"));
}

/* ---- a link ---- */

static void remember_since(const KjJudged *judged) {
    gint64 date = kj_statement_instant(judged->statement, "date");
    for (const char *const *line = kj_statement_list(judged->statement, "change"); *line; line++)
        g_hash_table_insert(judged->verifier->since, g_strndup(*line, strcspn(*line, " ")), g_memdup2(&date, sizeof date));
}

static gboolean accept_release(KjJudged *judged) {
    KjVerifier *verifier = judged->verifier;
    if (!judged->emergency)
        remember_since(judged);
    KjAccepted *place = judged->emergency ? &verifier->release : &verifier->lasting;
    clear_accepted(&verifier->release);
    clear_accepted(place);
    g_clear_pointer(&verifier->last, kj_link_free);
    *place = (KjAccepted){ g_steal_pointer(&judged->link), g_steal_pointer(&judged->workspace) };
    verifier->emergency = judged->emergency;
    verifier->root = judged->root;
    return TRUE;
}

static gboolean judge_release(KjJudged *judged) {
    return judge_place(judged) && judge_serial(judged) && judge_date(judged) && kj_verifier_judge_root(judged) &&
           kj_verifier_judge_chains(judged) && kj_verifier_judge_reliance(judged) && judge_emergency(judged) && judge_signatures(judged) &&
           kj_verifier_judge_sources(judged) && kj_verifier_judge_change(judged) && accept_release(judged);
}

static gboolean judge_heartbeat(KjJudged *judged) {
    const KjLink *release = kj_verifier_release(judged->verifier);
    judged->root = judged->verifier->root;
    if (!release)
        return REFUSE(judged, KJ_ATTACK_MIX, _("a heartbeat stands before the first release"));
    if (!judge_place(judged) || !judge_date(judged))
        return FALSE;
    if (judged->link->parents->len != 1 || kj_statement_number(judged->statement, "serial") != kj_verifier_serial(judged->verifier) ||
        !says(judged->statement, "release", digest_of(release)))
        return REFUSE(judged, KJ_ATTACK_MIX, _("a heartbeat is of another release than the one before it"));
    if (!judge_threshold(judged, "release"))
        return FALSE;
    g_clear_pointer(&judged->verifier->last, kj_link_free);
    judged->verifier->last = g_steal_pointer(&judged->link);
    return TRUE;
}

/* Takes the link. */
static gboolean judge_link(KjVerifier *verifier, KjLink *link, gint64 now, GError **error) {
    KjJudged judged = { .verifier = verifier, .link = link, .statement = link->sealed->statement, .now = now, .error = error };
    gboolean accepted = kj_link_is_release(link) ? judge_release(&judged) : judge_heartbeat(&judged);
    kj_link_free(judged.link);
    kj_workspace_free(judged.workspace);
    return accepted;
}

/* ---- running ---- */

/* Why the head does not come after what is known. */
static gboolean refuse_other(KjVerifier *verifier, const git_oid *head, GError **error) {
    const KjLink *known = kj_verifier_link(verifier);
    g_autoptr(KjLink) other = kj_link_read(verifier->repository, head, NULL);
    guint64 serial = other ? kj_statement_number(other->sealed->statement, "serial") : 0;
    if (git_graph_descendant_of(verifier->repository->git, &known->commit, head) == 1 || serial < kj_verifier_serial(verifier))
        return kj_verifier_refuse(verifier, error, KJ_ATTACK_ROLLBACK,
                                  _("the newest is release %" PRIu64 ", and release %" PRIu64 " is in force"), serial,
                                  kj_verifier_serial(verifier));
    return kj_verifier_refuse(verifier, error, KJ_ATTACK_FORKED,
                              _("its release %" PRIu64 " does not come after the one that is in force (%.12s)"), serial, digest_of(known));
}

gboolean kj_verifier_run(KjVerifier *verifier, const git_oid *head, gint64 now, GError **error) {
    static const char work[] = N_("releases verified");
    const KjLink *known = kj_verifier_link(verifier);
    g_autoptr(GError) problem = NULL;
    verifier->attack = KJ_ATTACK_NONE;
    if (known && git_oid_equal(&known->commit, head))
        return TRUE;
    if (known && git_graph_descendant_of(verifier->repository->git, head, &known->commit) != 1)
        return refuse_other(verifier, head, error);
    g_autoptr(GPtrArray) links = kj_links_read(verifier->repository, known ? &known->commit : NULL, head, &problem);
    if (!links) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return kj_verifier_name(verifier, error, KJ_ATTACK_ARBITRARY);
    }
    for (guint i = 0; i < links->len; i++) {
        kj_progress(work, NULL, i, links->len);
        if (!judge_link(verifier, g_steal_pointer(&links->pdata[i]), now, error))
            return FALSE;
    }
    kj_progress(work, NULL, links->len, links->len);
    return TRUE;
}

/* ---- going on ---- */

/* What was accepted in an earlier run: nothing is judged again, only read. */
static gboolean take_known(KjVerifier *verifier, KjJudged *judged, KjAccepted *place, KjLink *link) {
    judged->link = link;
    judged->statement = link->sealed->statement;
    place->link = link;
    place->workspace = kj_link_workspace(verifier->repository, link, judged->error);
    return place->workspace && place->workspace->units;
}

gboolean kj_verifier_resume(KjVerifier *verifier, const git_oid *commit, GError **error) {
    KjJudged judged = { .verifier = verifier, .error = error };
    g_assert(!kj_verifier_link(verifier));
    for (git_oid at = *commit;;) {
        KjLink *link = kj_link_read(verifier->repository, &at, error);
        if (!link)
            return FALSE;
        const git_oid *before = kj_link_before(link);
        gboolean emergency = kj_link_is_release(link) && kj_statement_get(link->sealed->statement, "emergency");
        if (kj_link_is_release(link) && !emergency) {
            if (!take_known(verifier, &judged, &verifier->lasting, link))
                return FALSE;
            break;
        }
        if (before)
            at = *before;
        if (emergency && !verifier->release.link) {
            if (!take_known(verifier, &judged, &verifier->release, link))
                return FALSE;
        } else if (!kj_link_is_release(link) && !verifier->last && !verifier->release.link) {
            verifier->last = link;
        } else {
            kj_link_free(link);
        }
        if (!before)
            return kj_verifier_refuse(verifier, error, KJ_ATTACK_MIX,
                                      _("what was accepted here before is not a history of releases any more"));
    }
    KjJudged newest = { .verifier = verifier, .link = (KjLink *)kj_verifier_release(verifier), .error = error };
    newest.statement = newest.link->sealed->statement;
    if (!kj_verifier_judge_root(&newest) || !kj_verifier_judge_chains(&newest))
        return FALSE;
    verifier->root = newest.root;
    if (verifier->release.link) {
        const KjSigned *emergency = kj_verifier_find(verifier, kj_statement_get(newest.statement, "emergency"));
        verifier->emergency = emergency ? emergency->statement : NULL;
    }
    return TRUE;
}

/* ---- asking ---- */

KjAttack kj_verifier_attack(const KjVerifier *verifier) {
    return verifier->attack;
}

const KjLink *kj_verifier_link(const KjVerifier *verifier) {
    return verifier->last ? verifier->last : kj_verifier_release(verifier);
}

const KjLink *kj_verifier_release(const KjVerifier *verifier) {
    return verifier->release.link ? verifier->release.link : verifier->lasting.link;
}

const KjWorkspace *kj_verifier_workspace(const KjVerifier *verifier) {
    return verifier->release.link ? verifier->release.workspace : verifier->lasting.workspace;
}

const KjLink *kj_verifier_lasting(const KjVerifier *verifier) {
    return verifier->lasting.link;
}

const KjWorkspace *kj_verifier_lasting_workspace(const KjVerifier *verifier) {
    return verifier->lasting.workspace;
}

const KjStatement *kj_verifier_emergency(const KjVerifier *verifier) {
    return verifier->emergency;
}

const KjRoot *kj_verifier_root(const KjVerifier *verifier) {
    return verifier->root;
}

guint64 kj_verifier_serial(const KjVerifier *verifier) {
    const KjLink *release = kj_verifier_release(verifier);
    return release ? kj_statement_number(release->sealed->statement, "serial") : 0;
}

/* Back to the first lasting release that has the unit as it is now: only after going on from an earlier run. */
static gint64 find_since(const KjVerifier *verifier, const char *unit) {
    const KjLink *lasting = verifier->lasting.link;
    const char *pin = kj_release_pin(lasting->sealed->statement, unit);
    gint64 since = kj_statement_instant(lasting->sealed->statement, "date");
    const git_oid *before = kj_link_before(lasting);
    g_autoptr(KjLink) link = before ? kj_link_read(verifier->repository, before, NULL) : NULL;
    while (link) {
        gboolean lasts = kj_link_is_release(link) && !kj_statement_get(link->sealed->statement, "emergency");
        if (lasts && g_strcmp0(kj_release_pin(link->sealed->statement, unit), pin) != 0)
            break;
        if (lasts)
            since = kj_statement_instant(link->sealed->statement, "date");
        before = kj_link_before(link);
        KjLink *next = before ? kj_link_read(verifier->repository, before, NULL) : NULL;
        kj_link_free(link);
        link = next;
    }
    return since;
}

gint64 kj_verifier_since(const KjVerifier *verifier, const char *unit) {
    const gint64 *known = g_hash_table_lookup(verifier->since, unit);
    if (known)
        return *known;
    if (!verifier->lasting.link)
        return G_MININT64;
    gint64 since = find_since(verifier, unit);
    g_hash_table_insert(verifier->since, g_strdup(unit), g_memdup2(&since, sizeof since));
    return since;
}

gint64 kj_verifier_fresh_until(const KjVerifier *verifier) {
    const KjLink *release = kj_verifier_release(verifier);
    if (!release)
        return 0;
    gint64 promised = kj_statement_instant(release->sealed->statement, "expires") -
                      kj_statement_instant(release->sealed->statement, "date");
    return kj_statement_instant(kj_verifier_link(verifier)->sealed->statement, "date") + promised;
}
