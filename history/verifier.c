/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One link after another. What must hold is written as a list of small judges, in the order in which a host asks: where the link stands, by whom it is signed, what
 * was said when it was made, what it carries, and whether that was agreed to. The first that objects ends it, and nothing of the link is kept.
 *
 * State of the chains is carried along and only read on, so that a thousand releases cost a thousand steps and not a thousand histories.
 */
#include "verifier.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "ruling.h"

#define NONE "none"
#define REST "*"

typedef struct {
    char *name; /* of the reference */
    git_oid head;
    GPtrArray *links; /* KjSigned */
} Chain;

/* A release and what it carries. */
typedef struct {
    KjLink *link; /* NULL: there is none */
    KjWorkspace *workspace;
} Accepted;

struct KjVerifier {
    KjRepository *repository;
    char *context, *root_digest;
    KjAttack attack;
    git_oid root_head;
    GPtrArray *roots;   /* KjRoot */
    const KjRoot *root; /* of the last release */
    GPtrArray *chains;  /* Chain */
    KjLink *last;       /* a heartbeat behind the release, or NULL: the release is the last */
    Accepted release;   /* an emergency's, or without links where it is the lasting one */
    Accepted lasting;
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
} Judged;

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

G_GNUC_PRINTF(4, 5) static gboolean refuse(KjVerifier *verifier, GError **error, KjAttack attack, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    verifier->attack = attack;
    g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, "%s: %s", names[attack], message);
    return FALSE;
}

/* What a reader refused gets the attack's name; trouble of the machine stays trouble. */
static gboolean rename_error(KjVerifier *verifier, GError **error, KjAttack attack) {
    if (error && g_error_matches(*error, KJ_ERROR, KJ_ERROR_REFUSED))
        g_prefix_error(error, "%s: ", names[attack]);
    verifier->attack = attack;
    return FALSE;
}

#define REFUSE(judged, attack, ...) refuse((judged)->verifier, (judged)->error, attack, __VA_ARGS__)

/* ---- making and freeing ---- */

static void chain_free(gpointer data) {
    Chain *chain = data;
    g_free(chain->name);
    g_ptr_array_unref(chain->links);
    g_free(chain);
}

static void clear_accepted(Accepted *accepted) {
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
    return link ? kj_statement_digest(link->sealed->statement) : NONE;
}

static gboolean judge_place(const Judged *judged) {
    const KjLink *before = kj_verifier_link(judged->verifier);
    const git_oid *parent = kj_link_before(judged->link);
    if (!says(judged->statement, "context", judged->verifier->context))
        return REFUSE(judged, KJ_ATTACK_CONTEXT, _("it is a release of `%s`, and this is `%s`"), kj_statement_get(judged->statement, "context"),
                      judged->verifier->context);
    if (!says(judged->statement, "previous", digest_of(before)) || (before && (!parent || !git_oid_equal(parent, &before->commit))))
        return REFUSE(judged, KJ_ATTACK_FORKED, _("it names %.12s as the one before it, and that is %.12s"), kj_statement_get(judged->statement, "previous"),
                      digest_of(before));
    return TRUE;
}

static gboolean judge_date(const Judged *judged) {
    const KjLink *before = kj_verifier_link(judged->verifier);
    gint64 date = kj_statement_instant(judged->statement, "date");
    if (before && date < kj_statement_instant(before->sealed->statement, "date"))
        return REFUSE(judged, KJ_ATTACK_CLOCK, _("it is of %s, before the one before it (%s)"), kj_statement_get(judged->statement, "date"),
                      kj_statement_get(before->sealed->statement, "date"));
    if (date > judged->now + KJ_VERIFIER_AHEAD)
        return REFUSE(judged, KJ_ATTACK_CLOCK, _("it is of %s, which is yet to come; is this machine's clock right?"), kj_statement_get(judged->statement, "date"));
    return TRUE;
}

static gboolean judge_serial(const Judged *judged) {
    guint64 serial = kj_statement_number(judged->statement, "serial"), last = kj_verifier_serial(judged->verifier);
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    if (serial <= last)
        return REFUSE(judged, KJ_ATTACK_ROLLBACK, _("it is release %" PRIu64 ", and release %" PRIu64 " is in force"), serial, last);
    if (serial != last + 1)
        return REFUSE(judged, KJ_ATTACK_FAST_FORWARD, _("it is release %" PRIu64 ", and the next is %" PRIu64), serial, last + 1);
    if (!says(judged->statement, "before", digest_of(lasting)))
        return REFUSE(judged, KJ_ATTACK_MIX, _("it changes the release %.12s, and the one that lasts is %.12s"), kj_statement_get(judged->statement, "before"),
                      digest_of(lasting));
    return TRUE;
}

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
        return rename_error(verifier, error, KJ_ATTACK_ARBITRARY);
    if (!kj_roots_check_pinned(roots, verifier->root_digest, error))
        return rename_error(verifier, error, KJ_ATTACK_ARBITRARY);
    for (guint i = 0; verifier->roots && i < verifier->roots->len; i++) {
        const KjRoot *known = verifier->roots->pdata[i], *now = i < roots->len ? roots->pdata[i] : NULL;
        if (!now || strcmp(kj_statement_digest(kj_root_statement(known)), kj_statement_digest(kj_root_statement(now))) != 0)
            return refuse(verifier, error, now ? KJ_ATTACK_FORKED : KJ_ATTACK_ROLLBACK, _("root %u is not the one that is known here"), i + 1);
    }
    if (verifier->root) /* it is about to go */
        verifier->root = kj_roots_find(roots, kj_root_version(verifier->root));
    g_clear_pointer(&verifier->roots, g_ptr_array_unref);
    verifier->roots = g_steal_pointer(&roots);
    verifier->root_head = *head;
    return TRUE;
}

static gboolean judge_root(Judged *judged) {
    const git_oid *head = parent_at(judged->link, root_parent(judged->link));
    guint64 version = kj_statement_number(judged->statement, "root");
    if (!head)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it brings no root"));
    if (!take_roots(judged->verifier, head, judged->error))
        return FALSE;
    judged->root = kj_roots_last(judged->verifier->roots);
    if (kj_root_version(judged->root) != version)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it is made under root %" PRIu64 ", and brings root %" PRIu64), version, kj_root_version(judged->root));
    return TRUE;
}

/* ---- the signers' chains ---- */

static Chain *find_chain(const KjVerifier *verifier, const char *name) {
    for (guint i = 0; i < verifier->chains->len; i++) {
        Chain *chain = verifier->chains->pdata[i];
        if (strcmp(chain->name, name) == 0)
            return chain;
    }
    return NULL;
}

static Chain *open_chain(KjVerifier *verifier, const char *name) {
    Chain *chain = find_chain(verifier, name);
    if (!chain) {
        chain = g_new0(Chain, 1);
        chain->name = g_strdup(name);
        chain->links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_signed_free);
        g_ptr_array_add(verifier->chains, chain);
    }
    return chain;
}

/* "FINGERPRINT DIGEST" and the parent beside it. */
static gboolean take_chain(const Judged *judged, const char *line, const git_oid *head) {
    KjVerifier *verifier = judged->verifier;
    const char *space = strchr(line, ' ');
    g_autofree char *fingerprint = g_strndup(line, (gsize)(space - line));
    const KjKey *key = kj_root_key(judged->root, fingerprint);
    if (!key)
        return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("it relies on the chain of the key %s, which root %" PRIu64 " does not know"), fingerprint,
                      kj_root_version(judged->root));
    if (!head)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it does not bring the chain of the key %s"), fingerprint);
    g_autofree char *name = kj_chain_name(key);
    Chain *chain = open_chain(verifier, name);
    if (!kj_chain_extend(verifier->repository, chain->links, &chain->head, head, name, judged->error)) {
        g_prefix_error(judged->error, "%s: ", fingerprint);
        return rename_error(verifier, judged->error, KJ_ATTACK_FORKED);
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
static gboolean judge_omissions(const Judged *judged) {
    for (guint i = 0; i < judged->verifier->chains->len; i++) {
        const Chain *chain = judged->verifier->chains->pdata[i];
        if (chain->links->len == 0 || lists_head(judged->statement, chain->name, judged->root))
            continue;
        const KjKey *key = ((const KjSigned *)chain->links->pdata[0])->key;
        if (kj_root_key(judged->root, key->fingerprint))
            return REFUSE(judged, KJ_ATTACK_OMITTED, _("it leaves out everything that was said with the key %s, which was there before"), key->fingerprint);
    }
    return TRUE;
}

static gboolean judge_chains(const Judged *judged) {
    guint parent = root_parent(judged->link) + 1;
    for (const char *const *line = kj_statement_list(judged->statement, "head"); *line; line++)
        if (!take_chain(judged, *line, parent_at(judged->link, parent++)))
            return FALSE;
    if (parent != judged->link->parents->len)
        return REFUSE(judged, KJ_ATTACK_MIX, _("it brings more than it names"));
    return judge_omissions(judged);
}

/* The chains as everybody else sees them. Free the array alone. */
static GPtrArray *links_of_all(const KjVerifier *verifier) {
    GPtrArray *all = g_ptr_array_new();
    for (guint i = 0; i < verifier->chains->len; i++)
        g_ptr_array_add(all, ((const Chain *)verifier->chains->pdata[i])->links);
    return all;
}

static const KjSigned *find_statement(const KjVerifier *verifier, const char *digest) {
    for (guint c = 0; c < verifier->chains->len; c++) {
        const GPtrArray *links = ((const Chain *)verifier->chains->pdata[c])->links;
        for (guint i = links->len; i-- > 0;) /* what is relied upon is mostly recent */
            if (strcmp(kj_statement_digest(((const KjSigned *)links->pdata[i])->statement), digest) == 0)
                return links->pdata[i];
    }
    return NULL;
}

static gboolean judge_reliance(const Judged *judged) {
    for (const char *const *digest = kj_statement_list(judged->statement, "relies"); *digest; digest++)
        if (!find_statement(judged->verifier, *digest))
            return REFUSE(judged, KJ_ATTACK_OMITTED, _("it relies on the statement %.12s, and does not bring it"), *digest);
    return TRUE;
}

/* ---- emergencies ---- */

/* The person, if he signed this emergency: the same changes until the same instant. */
static gboolean has_declared(const Judged *judged, const char *person) {
    for (guint c = 0; c < judged->verifier->chains->len; c++) {
        const GPtrArray *links = ((const Chain *)judged->verifier->chains->pdata[c])->links;
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

static gboolean judge_emergency(Judged *judged) {
    const char *digest = kj_statement_get(judged->statement, "emergency");
    gint64 date = kj_statement_instant(judged->statement, "date");
    if (!digest)
        return TRUE;
    const KjSigned *found = find_statement(judged->verifier, digest);
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

static gboolean judge_threshold(const Judged *judged, const char *what) {
    guint64 serial = kj_verifier_serial(judged->verifier) + 1;
    guint signers = kj_root_signers(judged->root, what, serial, judged->link->sealed->keys), threshold = kj_root_threshold(judged->root, what);
    if (signers == 0)
        return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("nobody who may sign `%s` under root %" PRIu64 " has signed it"), what, kj_root_version(judged->root));
    if (signers < threshold)
        return REFUSE(judged, KJ_ATTACK_THRESHOLD, _("%u of the %u people that root %" PRIu64 " wants for `%s` have signed it"), signers, threshold,
                      kj_root_version(judged->root), what);
    return TRUE;
}

/* In an emergency one of those who declared it; else as many as may release; and the first release also as many as may sign roots: there was nothing before that could judge it. */
static gboolean judge_signatures(const Judged *judged) {
    if (!judged->emergency)
        return judge_threshold(judged, "release") && (kj_verifier_serial(judged->verifier) > 0 || judge_threshold(judged, "root"));
    for (guint i = 0; i < judged->link->sealed->keys->len; i++) {
        const char *person = kj_root_person(judged->root, judged->link->sealed->keys->pdata[i], kj_statement_number(judged->statement, "serial"));
        if (person && has_declared(judged, person))
            return TRUE;
    }
    return REFUSE(judged, KJ_ATTACK_ARBITRARY, _("nobody who declared the emergency has signed it"));
}

/* ---- what it carries ---- */

/* The first message of the compiler, in one line. */
static char *first_problem(const KjWorkspace *workspace) {
    g_autoptr(GString) text = g_string_new(NULL);
    kj_diagnostics_print_text(workspace->compilation->diagnostics, workspace->compilation->sources, FALSE, text);
    return g_strndup(text->str, strcspn(text->str, "\n"));
}

static gboolean judge_units(const Judged *judged) {
    const GPtrArray *units = judged->workspace->units;
    for (guint i = 0; i < units->len; i++) {
        const KjUnit *unit = units->pdata[i];
        const char *pin = kj_release_pin(judged->statement, unit->name);
        if (strcmp(unit->name, REST) == 0) {
            if (unit->parts->len > 0)
                return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources hold more than its units, in %s"), ((const KjUnitPart *)unit->parts->pdata[0])->path);
        } else if (!pin) {
            return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources hold %s, of which it says nothing"), unit->name);
        } else if (strcmp(pin, unit->digest) != 0) {
            return REFUSE(judged, KJ_ATTACK_MIX, _("its sources of %s are not those that it names"), unit->name);
        }
    }
    for (const char *const *name = kj_statement_list(judged->statement, "enforces"); *name; name++)
        if (!kj_units_find(units, *name))
            return REFUSE(judged, KJ_ATTACK_MIX, _("it enforces %s, and does not bring it"), *name);
    return TRUE;
}

/* What was there is there, or is gone from the release altogether (and that was agreed to). */
static gboolean judge_continuity(const Judged *judged) {
    const KjWorkspace *base = kj_verifier_lasting_workspace(judged->verifier);
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    if (!base)
        return TRUE;
    for (guint i = 0; i < base->units->len; i++) {
        const KjUnit *unit = base->units->pdata[i];
        if (strcmp(unit->name, REST) != 0 && kj_release_pin(judged->statement, unit->name) && !kj_units_find(judged->workspace->units, unit->name))
            return REFUSE(judged, KJ_ATTACK_MIX, _("it does not bring %s any more, which it names"), unit->name);
    }
    for (const char *const *name = kj_statement_list(lasting->sealed->statement, "enforces"); *name; name++) {
        const char *before = kj_release_pin(lasting->sealed->statement, *name), *after = kj_release_pin(judged->statement, *name);
        if (after && strcmp(before, after) == 0 && !g_strv_contains(kj_statement_list(judged->statement, "enforces"), *name))
            return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("it does not enforce %s any more, of which nothing has changed"), *name);
    }
    return TRUE;
}

static gboolean judge_sources(Judged *judged) {
    judged->workspace = kj_link_workspace(judged->verifier->repository, judged->link, judged->error);
    if (!judged->workspace)
        return rename_error(judged->verifier, judged->error, KJ_ATTACK_EXTRANEOUS);
    if (!judged->workspace->units) {
        g_autofree char *problem = first_problem(judged->workspace);
        return REFUSE(judged, KJ_ATTACK_EXTRANEOUS, _("its sources are no policy: %s"), problem);
    }
    return judge_units(judged) && judge_continuity(judged);
}

/* ---- what it changes ---- */

static const KjListedChange *find_listed(const GPtrArray *listed, const char *unit, const char *base) {
    for (guint i = 0; i < listed->len; i++) {
        const KjListedChange *change = listed->pdata[i];
        if (strcmp(change->unit, unit) == 0 && strcmp(change->base, base) == 0)
            return change;
    }
    return NULL;
}

/* Every unit whose pin is another than before is among the changes, also those that are not brought. */
static gboolean judge_pins(const Judged *judged, const GPtrArray *listed) {
    const KjLink *lasting = kj_verifier_lasting(judged->verifier);
    const KjStatement *before = lasting ? lasting->sealed->statement : NULL;
    const KjStatement *const sides[] = { before, judged->statement };
    for (guint side = 0; side < G_N_ELEMENTS(sides); side++) {
        for (const char *const *line = sides[side] ? kj_statement_list(sides[side], "unit") : (const char *const[]){ NULL }; *line; line++) {
            g_autofree char *unit = g_strndup(*line, strcspn(*line, " "));
            const char *old_pin = before ? kj_release_pin(before, unit) : NULL, *new_pin = kj_release_pin(judged->statement, unit);
            if (g_strcmp0(old_pin, new_pin) != 0 && !find_listed(listed, unit, old_pin ? old_pin : NONE))
                return REFUSE(judged, KJ_ATTACK_MIX, _("it changes %s, and does not say so"), unit);
        }
    }
    return TRUE;
}

/* The step is listed for what it is, or for something graver. */
static gboolean judge_listed(const Judged *judged, const GPtrArray *listed, const KjStep *step) {
    g_autofree char *line = kj_step_line(step);
    g_auto(GStrv) words = g_strsplit(line, " ", 5);
    for (guint i = 0; i < listed->len; i++) {
        const KjListedChange *change = listed->pdata[i];
        if (strcmp(change->unit, words[0]) == 0 && strcmp(change->base, words[1]) == 0 && strcmp(change->result, words[2]) == 0 &&
            strcmp(change->verdict, words[3]) == 0 && (change->weakens || !step->need->weakens))
            return TRUE;
    }
    return REFUSE(judged, KJ_ATTACK_MIX, _("what it does to %s is: %s; and it does not say so"), step->need->name, kj_change_verdict_name(step->need->verdict));
}

/* Within what time whoever rules wants an emergency ratified; 0: nobody does. */
static guint64 ratify_within(const KjRuling *ruling) {
    guint64 within = 0;
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjNeed *need = ((const KjStep *)ruling->steps->pdata[i])->need;
        if (need->ratify_within == 0)
            return 0;
        within = within ? MIN(within, need->ratify_within) : need->ratify_within;
    }
    return within;
}

static gboolean judge_bound(const Judged *judged, const KjRuling *ruling) {
    gint64 date = kj_statement_instant(judged->statement, "date");
    guint64 within = ratify_within(ruling);
    if (!judged->emergency)
        return TRUE;
    if (ruling->by_thresholds || within == 0)
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("no rule of the governance in force says within what time such an emergency is ratified, so there can be none"));
    if (kj_statement_instant(judged->emergency, "until") - date > (gint64)within)
        return REFUSE(judged, KJ_ATTACK_UNAPPROVED, _("its emergency lasts longer than the %" PRIu64 " hours within which it must be ratified"), within / 3600);
    return TRUE;
}

static gboolean judge_steps(const Judged *judged, const GPtrArray *listed, const KjRuling *ruling) {
    gboolean expired = kj_statement_instant(judged->statement, "date") >= kj_statement_instant(kj_root_statement(judged->root), "expires");
    for (guint i = 0; i < ruling->steps->len; i++) {
        const KjStep *step = ruling->steps->pdata[i];
        KjChangeVerdict verdict = step->need->verdict;
        if (strcmp(step->need->name, REST) == 0) /* nothing of it is brought */
            continue;
        if (!judge_listed(judged, listed, step))
            return FALSE;
        if (!step->met) {
            g_autofree char *missing = kj_step_missing(step);
            return REFUSE(judged, KJ_ATTACK_UNAPPROVED, "%s: %s", step->need->name, missing);
        }
        if (expired && (verdict == KJ_CHANGE_WIDENS || verdict == KJ_CHANGE_MIXED || step->need->weakens))
            return REFUSE(judged, KJ_ATTACK_EXPIRED, _("root %" PRIu64 " expired at %s, and under it nothing is widened any more; %s would be"),
                          kj_root_version(judged->root), kj_statement_get(kj_root_statement(judged->root), "expires"), step->need->name);
    }
    return TRUE;
}

static const char *pinned_of(gpointer data, const char *unit) {
    const KjLink *lasting = kj_verifier_lasting(((const Judged *)data)->verifier);
    return lasting ? kj_release_pin(lasting->sealed->statement, unit) : NULL;
}

static gint64 since_of(gpointer data, const char *unit) {
    return kj_verifier_since(((const Judged *)data)->verifier, unit);
}

static KjWorkspace *read_approved(gpointer data, const char *unit, const char *digest) {
    const Judged *judged = data;
    (void)unit;
    return kj_link_step(judged->verifier->repository, judged->link, digest, NULL);
}

static gboolean judge_change(Judged *judged) {
    const KjWorkspace *before = kj_verifier_lasting_workspace(judged->verifier);
    const KjSide base = { before ? before->compilation : NULL, before ? before->units : NULL }, result = { judged->workspace->compilation, judged->workspace->units };
    g_autoptr(GPtrArray) listed = kj_listed_changes(judged->statement), chains = links_of_all(judged->verifier);
    const KjQuestion question = { .base = &base,
                                  .result = &result,
                                  .root = judged->root,
                                  .serial = kj_statement_number(judged->statement, "serial"),
                                  .date = kj_statement_instant(judged->statement, "date"),
                                  .context = judged->verifier->context,
                                  .chains = chains,
                                  .emergency = judged->emergency,
                                  .listed = listed,
                                  .approved = read_approved,
                                  .pinned = pinned_of,
                                  .since = since_of,
                                  .data = judged };
    if (!judge_pins(judged, listed))
        return FALSE;
    g_autoptr(KjRuling) ruling = kj_ruling_new(&question);
    return judge_steps(judged, listed, ruling) && judge_bound(judged, ruling);
}

/* ---- a link ---- */

static void remember_since(const Judged *judged) {
    gint64 date = kj_statement_instant(judged->statement, "date");
    for (const char *const *line = kj_statement_list(judged->statement, "change"); *line; line++)
        g_hash_table_insert(judged->verifier->since, g_strndup(*line, strcspn(*line, " ")), g_memdup2(&date, sizeof date));
}

static gboolean accept_release(Judged *judged) {
    KjVerifier *verifier = judged->verifier;
    if (!judged->emergency)
        remember_since(judged);
    Accepted *place = judged->emergency ? &verifier->release : &verifier->lasting;
    clear_accepted(&verifier->release);
    clear_accepted(place);
    g_clear_pointer(&verifier->last, kj_link_free);
    *place = (Accepted){ g_steal_pointer(&judged->link), g_steal_pointer(&judged->workspace) };
    verifier->emergency = judged->emergency;
    verifier->root = judged->root;
    return TRUE;
}

static gboolean judge_release(Judged *judged) {
    return judge_place(judged) && judge_serial(judged) && judge_date(judged) && judge_root(judged) && judge_chains(judged) && judge_reliance(judged) &&
           judge_emergency(judged) && judge_signatures(judged) && judge_sources(judged) && judge_change(judged) && accept_release(judged);
}

static gboolean judge_heartbeat(Judged *judged) {
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
    Judged judged = { .verifier = verifier, .link = link, .statement = link->sealed->statement, .now = now, .error = error };
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
        return refuse(verifier, error, KJ_ATTACK_ROLLBACK, _("the newest is release %" PRIu64 ", and release %" PRIu64 " is in force"), serial, kj_verifier_serial(verifier));
    return refuse(verifier, error, KJ_ATTACK_FORKED, _("its release %" PRIu64 " does not come after the one that is in force (%.12s)"), serial, digest_of(known));
}

gboolean kj_verifier_run(KjVerifier *verifier, const git_oid *head, gint64 now, GError **error) {
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
        return rename_error(verifier, error, KJ_ATTACK_ARBITRARY);
    }
    for (guint i = 0; i < links->len; i++)
        if (!judge_link(verifier, g_steal_pointer(&links->pdata[i]), now, error))
            return FALSE;
    return TRUE;
}

/* ---- going on ---- */

/* What was accepted in an earlier run: nothing is judged again, only read. */
static gboolean take_known(KjVerifier *verifier, Judged *judged, Accepted *place, KjLink *link) {
    judged->link = link;
    judged->statement = link->sealed->statement;
    place->link = link;
    place->workspace = kj_link_workspace(verifier->repository, link, judged->error);
    return place->workspace && place->workspace->units;
}

gboolean kj_verifier_resume(KjVerifier *verifier, const git_oid *commit, GError **error) {
    Judged judged = { .verifier = verifier, .error = error };
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
            return refuse(verifier, error, KJ_ATTACK_MIX, _("what was accepted here before is not a history of releases any more"));
    }
    Judged newest = { .verifier = verifier, .link = (KjLink *)kj_verifier_release(verifier), .error = error };
    newest.statement = newest.link->sealed->statement;
    if (!judge_root(&newest) || !judge_chains(&newest))
        return FALSE;
    verifier->root = newest.root;
    if (verifier->release.link) {
        const KjSigned *emergency = find_statement(verifier, kj_statement_get(newest.statement, "emergency"));
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
    gint64 promised = kj_statement_instant(release->sealed->statement, "expires") - kj_statement_instant(release->sealed->statement, "date");
    return kj_statement_instant(kj_verifier_link(verifier)->sealed->statement, "date") + promised;
}
