/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step of a host at a time, for inject.sh to end and to fail.
 *
 *     host_steps WHAT FOLDER [ENDED]
 *
 * setup-... makes the state before, step-... is what is disturbed, check-... looks at what is there: as it is, as the next run finds it,
 * and whether that run then does the whole step. It prints `old` or `new`. What ended in 0 must be new, in FAILED old; what was killed may
 * be either.
 */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <stdio.h>
#include <string.h>

#include "../../history/fetch.h"
#include "../../history/journal.h"
#include "../../history/store.h"
#include "place.h"
#include "source.h"

#define NAME "refs/kijun/releases/production"
#define FAILED 4
#define UNLOGGED 3 /* done, but the journal does not say so */

#define KEEP 1 /* so that a switch removes the release before */

static int fail(const char *what, const GError *error) {
    fprintf(stderr, "%s: %s\n", what, error ? error->message : "not as it must be");
    return FAILED;
}

static char *in(const char *folder, const char *name) {
    return g_build_filename(folder, name, NULL);
}

/* ---- the store ---- */

static char *digest_of(guint number) {
    return g_strnfill(64, (char)('0' + number));
}

static char *text_of(guint number, const char *name) {
    return g_strdup_printf("%u %s\n", number, name);
}

static const char *const paths[] = { "policy.kjt", "targets/nftables/mail.nft", "targets/sudoers/admin" };

static gboolean put(KjStore *store, guint number, GError **error) {
    KjStoreFile files[G_N_ELEMENTS(paths)];
    g_autofree char *digest = digest_of(number);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        char *text = text_of(number, paths[i]);
        files[i] = (KjStoreFile){ paths[i], g_bytes_new_take(text, strlen(text)), 0644 };
    }
    gboolean done = kj_store_put(store, digest, files, G_N_ELEMENTS(paths), error);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
        g_bytes_unref(files[i].bytes);
    return done;
}

static int step_store(const char *folder, guint number) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStore) store = kj_store_open(folder, KJ_STORE_DEPLOY, &error);
    g_autofree char *digest = digest_of(number), *root = digest_of(9), *journal = in(folder, "journal");
    KjStoreState state = { .release = digest, .serial = number, .root = 1, .root_digest = root, .seen = 1800000000 + number };
    KjJournalEntry entry = { .at = state.seen, .event = KJ_JOURNAL_DEPLOYED, .serial = number, .release = digest };
    if (!store || !put(store, number, &error) || !kj_store_switch(store, &state, KEEP, &error))
        return fail("deploy", error);
    return kj_journal_append(journal, &entry, NULL, &error) ? 0 : (fail("journal", error), UNLOGGED);
}

/* Which release all files below `current` are of; 0: none is in force; G_MAXUINT: of no one. */
static guint release_below(const char *folder) {
    guint all = 0;
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *path = g_build_filename(folder, "current", paths[i], NULL), *text = NULL;
        guint found = 0;
        if (g_file_get_contents(path, &text, NULL, NULL))
            found = (guint)g_ascii_strtoull(text, NULL, 10);
        g_autofree char *wanted = text_of(found, paths[i]);
        if ((i > 0 && found != all) || (text && strcmp(text, wanted) != 0))
            return G_MAXUINT;
        all = found;
    }
    return all;
}

static gboolean state_is(const char *folder, KjStorePurpose purpose, guint number) {
    g_autoptr(GError) error = NULL;
    g_autofree char *digest = number ? digest_of(number) : NULL;
    g_autoptr(KjStore) store = kj_store_open(folder, purpose, &error);
    if (!store) {
        fail("open", error);
        return FALSE;
    }
    const KjStoreState *state = kj_store_state(store);
    return g_strcmp0(state->release, digest) == 0 && state->serial == number && state->epoch == number;
}

static gboolean journal_holds(const char *folder) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = in(folder, "journal");
    g_autoptr(GPtrArray) entries = kj_journal_read(path, NULL, &error);
    if (!entries)
        fail("journal", error);
    return entries != NULL;
}

static gboolean is_clean(const char *folder) {
    static const char *const names[] = { "next", "next.new", "state.new", "current.new", "releases/.new", "releases/.old" };
    gboolean clean = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in(folder, names[i]);
        clean = clean && !g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK);
    }
    return clean;
}

/* The words that inject.sh counts. `wanted`: the release that the step was to deploy. */
static int judge(guint found, guint wanted, const char *ended) {
    gboolean is_new = found == wanted;
    puts(is_new ? "new" : "old");
    if (strcmp(ended, "killed") != 0 && is_new != (atoi(ended) == 0 || atoi(ended) == UNLOGGED))
        return fail("its exit code says otherwise", NULL);
    return 0;
}

static int check_store(const char *folder, guint wanted, const char *ended) {
    guint found = release_below(folder);
    if (found != wanted && found != wanted - 1)
        return fail("what services read", NULL);
    if (judge(found, wanted, ended) != 0)
        return FAILED;
    if (!state_is(folder, KJ_STORE_READ, found) || !journal_holds(folder))
        return fail("before recovery", NULL);
    if (!state_is(folder, KJ_STORE_DEPLOY, found) || release_below(folder) != found || !is_clean(folder))
        return fail("after recovery", NULL);
    if (found != wanted && step_store(folder, wanted) != 0)
        return fail("the next run", NULL);
    return state_is(folder, KJ_STORE_READ, wanted) && release_below(folder) == wanted && is_clean(folder) && journal_holds(folder) ?
               0 :
               fail("at the end", NULL);
}

/* ---- the fetch ---- */

static int step_fetch(const char *folder) {
    g_autoptr(GError) error = NULL;
    g_autofree char *host = in(folder, "host.git"), *source = in(folder, "source.git");
    g_autoptr(KjFetch) fetch = kj_fetch_start(host, source, NAME, NULL, &error);
    return fetch && kj_fetch_accept(fetch, &error) ? 0 : fail("fetch", error);
}

static void release(const char *folder, const char *statement) {
    g_autofree char *source = in(folder, "source.git");
    git_repository *git = NULL;
    kj_repository_start();
    g_assert_cmpint(git_repository_init(&git, source, TRUE), ==, 0);
    git_repository_free(git);
    g_autoptr(KjRepository) repository = kj_repository_open_bare(source, NULL);
    const KjTestEntry entries[] = { { "statement", statement, GIT_FILEMODE_BLOB }, { "same", "in all\n", GIT_FILEMODE_BLOB } };
    kj_test_commit(repository, NAME, entries, G_N_ELEMENTS(entries));
}

/* How many releases the host has, each with its files; 0 also where there is no repository yet, G_MAXUINT where something is missing. */
static guint releases_in(const char *folder) {
    g_autofree char *host = in(folder, "host.git");
    g_autoptr(KjRepository) repository = kj_repository_open_bare(host, NULL);
    g_autoptr(git_revwalk) walk = NULL;
    git_oid id;
    guint count = 0;
    if (!repository || git_revwalk_new(&walk, repository->git) != 0 || git_revwalk_push_ref(walk, NAME) != 0)
        return 0;
    for (int code; (code = git_revwalk_next(&id, walk)) != GIT_ITEROVER; count++) {
        g_autoptr(git_commit) commit = NULL;
        g_autoptr(git_tree) tree = NULL;
        if (code != 0 || git_commit_lookup(&commit, repository->git, &id) != 0 || git_commit_tree(&tree, commit) != 0)
            return G_MAXUINT;
        for (gsize i = 0; i < git_tree_entrycount(tree); i++) {
            g_autoptr(git_blob) blob = NULL;
            if (git_blob_lookup(&blob, repository->git, git_tree_entry_id(git_tree_entry_byindex(tree, i))) != 0)
                return G_MAXUINT;
        }
    }
    return count;
}

static int check_fetch(const char *folder, guint wanted, const char *ended) {
    g_autofree char *quarantine = in(folder, "host.git/kijun-quarantine"), *half = in(folder, "host.git.new"),
                    *lock = in(folder, "host.git/" NAME ".lock");
    guint found = releases_in(folder);
    if (found != wanted && found != wanted - 1)
        return fail("the host's repository", NULL);
    if (judge(found, wanted, ended) != 0)
        return FAILED;
    if (step_fetch(folder) != 0)
        return fail("the next run", NULL);
    return releases_in(folder) == wanted && !g_file_test(quarantine, G_FILE_TEST_EXISTS) && !g_file_test(half, G_FILE_TEST_EXISTS) &&
                   !g_file_test(lock, G_FILE_TEST_EXISTS) ?
               0 :
               fail("at the end", NULL);
}

int main(int argc, char **argv) {
    kj_fetch_serve(argc, argv);
    g_assert_cmpint(argc, >=, 3);
    const char *what = argv[1], *folder = argv[2], *ended = argc > 3 ? argv[3] : "killed";
    if (strcmp(what, "setup-store") == 0 || strcmp(what, "step-first") == 0)
        return step_store(folder, 1);
    if (strcmp(what, "step-store") == 0)
        return step_store(folder, 2);
    if (strcmp(what, "check-first") == 0)
        return check_store(folder, 1, ended);
    if (strcmp(what, "check-store") == 0)
        return check_store(folder, 2, ended);
    if (strcmp(what, "setup-fetch") == 0 || strcmp(what, "setup-first-fetch") == 0) {
        release(folder, "one\n");
        int code = strcmp(what, "setup-fetch") == 0 ? step_fetch(folder) : 0;
        if (strcmp(what, "setup-fetch") == 0)
            release(folder, "two\n");
        return code;
    }
    if (strcmp(what, "step-fetch") == 0)
        return step_fetch(folder);
    if (strcmp(what, "check-fetch") == 0)
        return check_fetch(folder, 2, ended);
    if (strcmp(what, "check-first-fetch") == 0)
        return check_fetch(folder, 1, ended);
    fprintf(stderr, "host_steps: %s?\n", what);
    return 64;
}
