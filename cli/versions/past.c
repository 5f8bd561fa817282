/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "past.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../../compiler/translate.h"
#include "../../history/fail.h"

struct KjPast {
    KjRepository *repository;
    char *context;
    git_oid head;
    char *own_root;        /* digest of the first root of the repository, or NULL: it has no roots but those of its releases */
    git_oid roots_at;      /* of which `roots` are; */
    GPtrArray *roots;      /* KjRoot, as the last link that was asked about brings them; NULL: none yet */
    GPtrArray *chains;     /* of GPtrArray of KjSigned: all that were read */
    GHashTable *statements; /* digest -> KjSigned * of them */
};

/* ---- roots ---- */

/* Where the root stands among a link's parents; the chains' heads follow it. */
static guint root_place(const KjLink *link) {
    return kj_link_before(link) ? 1 : 0;
}

static const char *first_root(const GPtrArray *roots) {
    return kj_statement_digest(kj_root_statement(roots->pdata[0]));
}

static gboolean read_own_root(KjPast *past, GError **error) {
    git_oid head;
    if (git_reference_name_to_id(&head, past->repository->git, KJ_ROOT_REFERENCE) != 0)
        return TRUE; /* a clone of the releases alone */
    g_autoptr(GPtrArray) roots = kj_roots_read(past->repository, &head, error);
    past->own_root = roots ? g_strdup(first_root(roots)) : NULL;
    return roots != NULL;
}

/* The roots that a release brings; most bring what the one before did. */
static gboolean read_roots(KjPast *past, const KjLink *release, GError **error) {
    guint place = root_place(release);
    if (release->parents->len <= place)
        return kj_fail(error, KJ_ERROR_REFUSED, _("mix-and-match: a release does not bring the root that it names"));
    const git_oid *at = &g_array_index(release->parents, git_oid, place);
    if (past->roots && git_oid_equal(at, &past->roots_at))
        return TRUE;
    g_autoptr(GPtrArray) roots = kj_roots_read(past->repository, at, error);
    if (!roots)
        return FALSE;
    if (past->own_root && strcmp(first_root(roots), past->own_root) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED,
                       _("forked history: the releases go back to another root than this repository's refs/kijun/root"));
    g_clear_pointer(&past->roots, g_ptr_array_unref);
    past->roots = g_steal_pointer(&roots);
    past->roots_at = *at;
    return TRUE;
}

/* The root that a release names. */
static const KjRoot *root_of(KjPast *past, const KjLink *link, GError **error) {
    if (!read_roots(past, link, error))
        return NULL;
    const KjRoot *root = kj_roots_find(past->roots, kj_statement_number(link->sealed->statement, "root"));
    if (!root)
        kj_fail(error, KJ_ERROR_REFUSED, _("mix-and-match: release %" PRIu64 " does not bring the root that it names"),
                                      kj_statement_number(link->sealed->statement, "serial"));
    return root;
}

/* ---- who signed ---- */

static gboolean has_name(const GPtrArray *names, const char *name) {
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

static GPtrArray *signers_under(const KjRoot *root, const KjLink *link) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    guint64 serial = kj_statement_number(link->sealed->statement, "serial");
    for (guint i = 0; i < link->sealed->keys->len; i++) {
        const char *person = kj_root_person(root, link->sealed->keys->pdata[i], serial);
        if (person && !has_name(names, person))
            g_ptr_array_add(names, g_strdup(person));
    }
    return names;
}

GPtrArray *kj_past_signers(KjPast *past, const KjLink *release, GError **error) {
    const KjRoot *root = root_of(past, release, error);
    return root ? signers_under(root, release) : NULL;
}

static gboolean check(KjPast *past, const KjLink *link, GError **error) {
    const KjStatement *statement = link->sealed->statement;
    guint64 serial = kj_statement_number(statement, "serial");
    if (strcmp(kj_statement_get(statement, "context"), past->context) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("wrong context: release %" PRIu64 " is of `%s`, not of `%s`"), serial,
                                             kj_statement_get(statement, "context"), past->context);
    if (!kj_link_is_release(link))
        return TRUE; /* it changes nothing that is read here */
    const KjRoot *root = root_of(past, link, error);
    if (!root)
        return FALSE;
    g_autoptr(GPtrArray) signers = signers_under(root, link);
    gboolean emergency = kj_statement_get(statement, "emergency") != NULL; /* which one of those who declared it signs */
    guint count = 0, wanted = emergency ? 1 : kj_root_threshold(root, "release");
    for (guint i = 0; i < signers->len; i++)
        count += emergency || kj_root_may(root, "release", signers->pdata[i]);
    return count >= wanted || kj_fail(error, KJ_ERROR_REFUSED,
                                      _("release %" PRIu64 " is signed by %u of the %u people that its root wants"), serial, count, wanted);
}

KjLink *kj_past_read(KjPast *past, const git_oid *commit, GError **error) {
    g_autoptr(KjLink) link = kj_link_read(past->repository, commit, error);
    return link && check(past, link, error) ? g_steal_pointer(&link) : NULL;
}

GPtrArray *kj_past_links(KjPast *past, GError **error) {
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)kj_link_free);
    for (const git_oid *at = &past->head; at; at = kj_link_before(links->pdata[links->len - 1])) {
        KjLink *link = kj_past_read(past, at, error);
        if (!link)
            return NULL;
        g_ptr_array_add(links, link);
    }
    return g_steal_pointer(&links);
}

/* ---- statements that releases name ---- */

/* Later releases bring longer chains, so it is mostly the first one asked that reads anything. */
static gboolean read_chains(KjPast *past, const KjLink *release, GError **error) {
    const char *const *heads = kj_statement_list(release->sealed->statement, "head");
    const KjRoot *root = root_of(past, release, error);
    if (!root)
        return FALSE;
    for (guint i = 0; heads[i]; i++) {
        g_auto(GStrv) words = g_strsplit(heads[i], " ", 2);
        const KjKey *key = kj_root_key(root, words[0]);
        g_autofree char *name = key ? kj_chain_name(key) : NULL;
        guint place = root_place(release) + 1 + i;
        if (g_hash_table_contains(past->statements, words[1]))
            continue;
        if (!name || place >= release->parents->len)
            return kj_fail(error, KJ_ERROR_REFUSED, _("mix-and-match: a release does not bring the signers' statements that it names"));
        GPtrArray *chain = kj_chain_read_commit(past->repository, &g_array_index(release->parents, git_oid, place), name, error);
        if (!chain)
            return FALSE;
        g_ptr_array_add(past->chains, chain);
        for (guint s = 0; s < chain->len; s++)
            g_hash_table_insert(past->statements, (gpointer)kj_statement_digest(((const KjSigned *)chain->pdata[s])->statement),
                                chain->pdata[s]);
    }
    return TRUE;
}

const KjSigned *kj_past_find(KjPast *past, const KjLink *release, const char *digest, GError **error) {
    const KjSigned *found = g_hash_table_lookup(past->statements, digest);
    if (found)
        return found;
    if (!read_chains(past, release, error))
        return NULL;
    found = g_hash_table_lookup(past->statements, digest);
    if (!found)
        kj_fail(error, KJ_ERROR_REFUSED, _("mix-and-match: release %" PRIu64 " relies on statement %.12s and does not bring it"),
                                      kj_statement_number(release->sealed->statement, "serial"), digest);
    return found;
}

static gboolean names_unit(const KjStatement *statement, const char *unit) {
    switch (kj_statement_kind(statement)) {
    case KJ_STATEMENT_APPROVAL:
    case KJ_STATEMENT_RECORD:
        return strcmp(kj_statement_get(statement, "unit"), unit) == 0;
    case KJ_STATEMENT_EMERGENCY:
        return kj_lists_change(statement, unit, NULL);
    default:
        return kj_statement_kind(statement) == KJ_STATEMENT_RATIFY; /* it speaks of every unit of its emergency */
    }
}

GPtrArray *kj_past_voices(KjPast *past, const KjLink *release, const char *unit, GError **error) {
    g_autoptr(GPtrArray) voices = g_ptr_array_new();
    for (const char *const *digest = kj_statement_list(release->sealed->statement, "relies"); *digest; digest++) {
        const KjSigned *voice = kj_past_find(past, release, *digest, error);
        if (!voice)
            return NULL;
        if (!unit || names_unit(voice->statement, unit))
            g_ptr_array_add(voices, (gpointer)voice);
    }
    return g_steal_pointer(&voices);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *kj_past_people(const GPtrArray *voices, gboolean declared) {
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; voices && i < voices->len; i++) {
        const KjStatement *voice = ((const KjSigned *)voices->pdata[i])->statement;
        const char *const one[] = { kj_statement_get(voice, "signer"), NULL };
        const char *const *people = kj_statement_kind(voice) == KJ_STATEMENT_RECORD ? kj_statement_list(voice, "by") : one;
        if ((kj_statement_kind(voice) == KJ_STATEMENT_EMERGENCY) != declared)
            continue;
        for (; *people; people++)
            if (!has_name(names, *people))
                g_ptr_array_add(names, (gpointer)*people);
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

char *kj_past_join(const GPtrArray *names) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i ? _(", ") : "", (const char *)names->pdata[i]);
    return g_string_free(text, FALSE);
}

gint64 kj_past_until(KjPast *past, const KjLink *release, GError **error) {
    const char *emergency = kj_statement_get(release->sealed->statement, "emergency");
    if (!emergency)
        return 0;
    const KjSigned *found = kj_past_find(past, release, emergency, error);
    if (found && kj_statement_kind(found->statement) == KJ_STATEMENT_EMERGENCY)
        return kj_statement_instant(found->statement, "until");
    if (found)
        kj_fail(error, KJ_ERROR_REFUSED, _("mix-and-match: what a release names as its emergency is none"));
    return -1;
}

/* ---- the whole ---- */

KjPast *kj_past_new(KjRepository *repository, const char *context, GError **error) {
    g_autoptr(KjPast) past = g_new0(KjPast, 1);
    past->repository = kj_repository_ref(repository);
    past->context = g_strdup(context);
    past->chains = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    past->statements = g_hash_table_new(g_str_hash, g_str_equal);
    if (!kj_release_head(repository, context, &past->head, error) || !read_own_root(past, error))
        return NULL;
    return g_steal_pointer(&past);
}

void kj_past_free(KjPast *past) {
    if (!past)
        return;
    g_clear_pointer(&past->roots, g_ptr_array_unref);
    g_hash_table_unref(past->statements);
    g_ptr_array_unref(past->chains);
    g_free(past->own_root);
    g_free(past->context);
    kj_repository_unref(past->repository);
    g_free(past);
}

KjRepository *kj_past_repository(const KjPast *past) {
    return past->repository;
}

const char *kj_past_context(const KjPast *past) {
    return past->context;
}

const char *kj_past_own_root(const KjPast *past) {
    return past->own_root ? past->own_root : "none";
}

const git_oid *kj_past_head(const KjPast *past) {
    return &past->head;
}
