/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root.h"

#include <inttypes.h>
#include <kijun/kijun.h>
#include <string.h>

#include "../compiler/translate.h"
#include "fail.h"

#define ROOT "root"
#define RECOVERY "recovery"

typedef struct {
    char *person;
    KjKey *key;
    gboolean recovery;
    guint64 revoked; /* the release from which on it is not good; G_MAXUINT64: never */
} Held;

struct KjRoot {
    KjStatement *statement;
    GPtrArray *keys; /* Held */
};

static void held_free(gpointer data) {
    Held *held = data;
    g_free(held->person);
    kj_key_free(held->key);
    g_free(held);
}

/* ---- reading ---- */

static const Held *find_key(const KjRoot *root, const KjKey *key) {
    for (guint i = 0; i < root->keys->len; i++) {
        const Held *held = root->keys->pdata[i];
        if (kj_key_equal(held->key, key))
            return held;
    }
    return NULL;
}

/* Two lines of one key would let one person sit on two chairs. */
static gboolean read_keys(KjRoot *root, const char *name, gboolean recovery, GError **error) {
    for (const char *const *line = kj_statement_list(root->statement, name); *line; line++) {
        const char *space = strchr(*line, ' ');
        g_autoptr(KjKey) key = kj_key_parse(space + 1, error);
        if (!key)
            return FALSE;
        const Held *other = find_key(root, key);
        if (other)
            return kj_fail(error, KJ_ERROR_VALUE, _("the root gives the key %s twice, to `%s` and to `%.*s`"), key->fingerprint,
                           other->person, (int)(space - *line), *line);
        Held *held = g_new0(Held, 1);
        *held = (Held){ g_strndup(*line, (gsize)(space - *line)), g_steal_pointer(&key), recovery, G_MAXUINT64 };
        g_ptr_array_add(root->keys, held);
    }
    return TRUE;
}

static gboolean read_revoked(KjRoot *root, GError **error) {
    for (const char *const *line = kj_statement_list(root->statement, "revoked"); *line; line++) {
        const char *space = strchr(*line, ' ');
        gboolean found = FALSE;
        for (guint i = 0; i < root->keys->len; i++) {
            Held *held = root->keys->pdata[i];
            if (strlen(held->key->fingerprint) != (gsize)(space - *line) ||
                strncmp(held->key->fingerprint, *line, (gsize)(space - *line)) != 0)
                continue;
            held->revoked = g_ascii_strtoull(space + 1, NULL, 10);
            found = TRUE;
        }
        if (!found)
            return kj_fail(error, KJ_ERROR_VALUE, _("the root revokes the key %.*s, which it gives to nobody"), (int)(space - *line),
                           *line);
    }
    return TRUE;
}

static gboolean has_key(const KjRoot *root, const char *person) {
    for (guint i = 0; i < root->keys->len; i++) {
        const Held *held = root->keys->pdata[i];
        if (!held->recovery && held->revoked == G_MAXUINT64 && strcmp(held->person, person) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The people behind a threshold. */
static guint count_people(const KjRoot *root, const char *what) {
    g_autoptr(GHashTable) people = g_hash_table_new(g_str_hash, g_str_equal);
    if (strcmp(what, RECOVERY) == 0) {
        for (guint i = 0; i < root->keys->len; i++)
            if (((const Held *)root->keys->pdata[i])->recovery && ((const Held *)root->keys->pdata[i])->revoked == G_MAXUINT64)
                g_hash_table_add(people, ((const Held *)root->keys->pdata[i])->person);
        return g_hash_table_size(people);
    }
    for (const char *const *line = kj_statement_list(root->statement, "may"); *line; line++) {
        const char *person = strchr(*line, ' ') + 1;
        if (kj_root_may(root, what, person) && has_key(root, person))
            g_hash_table_add(people, (gpointer)person);
    }
    return g_hash_table_size(people);
}

static gboolean check_thresholds(const KjRoot *root, GError **error) {
    static const char *const wanted[] = { ROOT, "release" };
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (kj_root_threshold(root, wanted[i]) == 0)
            return kj_fail(error, KJ_ERROR_VALUE, _("the root says no threshold for `%s`; write `threshold: %s 1`, or more"), wanted[i],
                           wanted[i]);
    if (kj_statement_list(root->statement, "recovery")[0] && kj_root_threshold(root, RECOVERY) == 0)
        return kj_fail(error, KJ_ERROR_VALUE, _("the root has recovery keys and no threshold for them; write `threshold: recovery 2`"));
    for (const char *const *line = kj_statement_list(root->statement, "threshold"); *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 2);
        guint people = count_people(root, words[0]);
        if (kj_root_threshold(root, words[0]) > people)
            return kj_fail(error, KJ_ERROR_VALUE, _("the root wants %s people for `%s`, and %u have a key and may sign it"), words[1],
                           words[0], people);
    }
    return TRUE;
}

KjRoot *kj_root_new(KjStatement *statement, GError **error) {
    g_autoptr(KjRoot) root = g_new0(KjRoot, 1);
    root->statement = statement;
    root->keys = g_ptr_array_new_with_free_func(held_free);
    g_assert(kj_statement_kind(statement) == KJ_STATEMENT_ROOT);
    if (!read_keys(root, "key", FALSE, error) || !read_keys(root, "recovery", TRUE, error) || !read_revoked(root, error) ||
        !check_thresholds(root, error))
        return NULL;
    return g_steal_pointer(&root);
}

void kj_root_free(KjRoot *root) {
    if (!root)
        return;
    kj_statement_free(root->statement);
    g_ptr_array_unref(root->keys);
    g_free(root);
}

/* ---- asking ---- */

const KjStatement *kj_root_statement(const KjRoot *root) {
    return root->statement;
}

guint64 kj_root_version(const KjRoot *root) {
    return kj_statement_number(root->statement, "version");
}

const char *kj_root_person(const KjRoot *root, const KjKey *key, guint64 serial) {
    const Held *held = find_key(root, key);
    return held && !held->recovery && serial < held->revoked ? held->person : NULL;
}

const KjKey *kj_root_key(const KjRoot *root, const char *fingerprint) {
    for (guint i = 0; i < root->keys->len; i++) {
        const Held *held = root->keys->pdata[i];
        if (!held->recovery && strcmp(held->key->fingerprint, fingerprint) == 0)
            return held->key;
    }
    return NULL;
}

const char *kj_root_holder(const KjRoot *root, const KjKey *key, gboolean *recovery) {
    const Held *held = find_key(root, key);
    if (held && recovery)
        *recovery = held->recovery;
    return held ? held->person : NULL;
}

gboolean kj_root_may(const KjRoot *root, const char *what, const char *person) {
    g_autofree char *line = g_strdup_printf("%s %s", what, person);
    return g_strv_contains(kj_statement_list(root->statement, "may"), line);
}

guint kj_root_threshold(const KjRoot *root, const char *what) {
    gsize length = strlen(what);
    for (const char *const *line = kj_statement_list(root->statement, "threshold"); *line; line++)
        if (strncmp(*line, what, length) == 0 && (*line)[length] == ' ')
            return (guint)MIN(g_ascii_strtoull(*line + length, NULL, 10), G_MAXUINT);
    return 0;
}

gboolean kj_root_has_key(const KjRoot *root, const char *person, guint64 serial) {
    for (guint i = 0; i < root->keys->len; i++) {
        const Held *held = root->keys->pdata[i];
        if (!held->recovery && serial < held->revoked && strcmp(held->person, person) == 0)
            return TRUE;
    }
    return FALSE;
}

const char **kj_root_deputies(const KjRoot *root, const char *person) {
    g_autoptr(GPtrArray) deputies = g_ptr_array_new();
    gsize length = strlen(person);
    for (guint order = 1; order != 0; order++) { /* orders may have gaps only at the end */
        g_autofree char *start = g_strdup_printf("%s %u ", person, order);
        const char *found = NULL;
        for (const char *const *line = kj_statement_list(root->statement, "deputy"); *line; line++)
            if (strncmp(*line, person, length) == 0 && g_str_has_prefix(*line, start))
                found = *line + strlen(start);
        if (!found)
            break;
        g_ptr_array_add(deputies, (gpointer)found);
    }
    g_ptr_array_add(deputies, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&deputies), FALSE);
}

static const char *counts_for(const KjRoot *root, const char *what, guint64 serial, const KjKey *key) {
    const Held *held = find_key(root, key);
    if (!held || serial >= held->revoked)
        return NULL;
    if (strcmp(what, RECOVERY) == 0)
        return held->recovery ? held->person : NULL;
    return !held->recovery && kj_root_may(root, what, held->person) ? held->person : NULL;
}

guint kj_root_signers(const KjRoot *root, const char *what, guint64 serial, const GPtrArray *keys) {
    g_autoptr(GHashTable) people = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < keys->len; i++) {
        const char *person = counts_for(root, what, serial, keys->pdata[i]);
        if (person)
            g_hash_table_add(people, (gpointer)person);
    }
    return g_hash_table_size(people);
}

gboolean kj_root_may_follow(const KjRoot *root, const KjRoot *next, guint64 serial, const GPtrArray *keys, GError **error) {
    guint by_old = kj_root_signers(root, ROOT, serial, keys);
    guint by_recovery = kj_root_signers(root, RECOVERY, serial, keys);
    guint by_new = kj_root_signers(next, ROOT, serial, keys);
    guint recovery = kj_root_threshold(root, RECOVERY);
    if (kj_root_version(next) != kj_root_version(root) + 1)
        return kj_fail(error, KJ_ERROR_REFUSED, _("root %" PRIu64 " cannot follow root %" PRIu64 ": only the next version can"),
                       kj_root_version(next), kj_root_version(root));
    if (strcmp(kj_statement_get(next->statement, "previous"), kj_statement_digest(root->statement)) != 0)
        return kj_fail(error, KJ_ERROR_REFUSED, _("root %" PRIu64 " names another root before it than the one that is in force"),
                       kj_root_version(next));
    if (by_old < kj_root_threshold(root, ROOT) && (recovery == 0 || by_recovery < recovery))
        return kj_fail(error, KJ_ERROR_REFUSED, _("root %" PRIu64 " is signed by %u of the %u people that root %" PRIu64 " wants"),
                       kj_root_version(next), by_old, kj_root_threshold(root, ROOT), kj_root_version(root));
    if (by_new < kj_root_threshold(next, ROOT))
        return kj_fail(error, KJ_ERROR_REFUSED, _("root %" PRIu64 " is signed by %u of the %u people that it wants itself"),
                       kj_root_version(next), by_new, kj_root_threshold(next, ROOT));
    return TRUE;
}
