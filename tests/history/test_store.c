/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Releases on a host and the switch between them: what is kept, what is refused, and each state that a crash can leave. What the crashes
 * themselves leave is in inject.test. */
#include <errno.h>
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../history/store.h"
#include "place.h"

typedef struct {
    char *folder, *place;
    KjStore *store;
    char *digests[10]; /* of releases 0 to 9 */
} Fixture;

static void open_store(Fixture *fixture) {
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&fixture->store, kj_store_free);
    fixture->store = kj_store_open(fixture->place, KJ_STORE_DEPLOY, &error);
    g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->folder = g_dir_make_tmp("kijun-store-XXXXXX", NULL);
    fixture->place = g_build_filename(fixture->folder, "lib", "kijun", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(fixture->digests); i++)
        fixture->digests[i] = g_strnfill(64, (char)('0' + i));
    open_store(fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_clear_pointer(&fixture->store, kj_store_free);
    kj_test_remove(fixture->folder);
    for (guint i = 0; i < G_N_ELEMENTS(fixture->digests); i++)
        g_free(fixture->digests[i]);
    g_free(fixture->folder);
    g_free(fixture->place);
}

static gboolean put_text(const Fixture *fixture, guint number, const char *text, GError **error) {
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text)), secret = g_bytes_new_static("secret", 6), none = g_bytes_new_static("", 0);
    const KjStoreFile files[] = { { "policy.kjt", bytes, 0644 },
                                  { "targets/nftables/mail.nft", bytes, 0644 },
                                  { "targets/key", secret, 0600 },
                                  { "empty", none, 0644 } };
    return kj_store_put(fixture->store, fixture->digests[number], files, G_N_ELEMENTS(files), error);
}

static void put(const Fixture *fixture, guint number) {
    g_autoptr(GError) error = NULL;
    gboolean done = put_text(fixture, number, fixture->digests[number], &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

static KjStoreState state_of(const Fixture *fixture, guint number) {
    return (KjStoreState){
        .release = fixture->digests[number], .serial = number, .root = 1, .root_digest = fixture->digests[9], .seen = 1800000000 + number
    };
}

static void deploy(const Fixture *fixture, guint number, guint keep) {
    g_autoptr(GError) error = NULL;
    KjStoreState state = state_of(fixture, number);
    put(fixture, number);
    gboolean done = kj_store_switch(fixture->store, &state, keep, &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

static char *in_place(const Fixture *fixture, const char *name) {
    return g_build_filename(fixture->place, name, NULL);
}

static void assert_reads(const Fixture *fixture, const char *name, const char *wanted) {
    g_autofree char *path = in_place(fixture, name), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, wanted);
}

static void assert_in_force(const Fixture *fixture, guint number, guint64 epoch) {
    assert_reads(fixture, "current/policy.kjt", fixture->digests[number]);
    assert_reads(fixture, "current/targets/nftables/mail.nft", fixture->digests[number]);
    g_assert_cmpstr(kj_store_state(fixture->store)->release, ==, fixture->digests[number]);
    g_assert_cmpuint(kj_store_state(fixture->store)->epoch, ==, epoch);
}

static void assert_no_leftovers(const Fixture *fixture) {
    static const char *const names[] = { "next", "next.new", "state.new", "current.new", "releases/.new", "releases/.old" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in_place(fixture, names[i]);
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK));
    }
}

static void point_current(const Fixture *fixture, const char *target) {
    g_autofree char *path = in_place(fixture, "current");
    g_assert_true(g_remove(path) == 0 || errno == ENOENT);
    g_assert_cmpint(symlink(target, path), ==, 0);
}

/* ---- what it does ---- */

static void test_empty(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_null(kj_store_state(fixture->store)->release);
    g_assert_null(kj_store_recovered(fixture->store));
    g_assert_null(kj_store_kept(fixture->store)[0]);
    g_assert_false(kj_store_has(fixture->store, fixture->digests[1]));
    g_autoptr(KjStore) reader = kj_store_open(fixture->place, KJ_STORE_READ, &error);
    g_assert_no_error(error);
    g_assert_null(kj_store_state(reader)->release);
    g_autofree char *nowhere = in_place(fixture, "nowhere");
    g_autoptr(KjStore) none = kj_store_open(nowhere, KJ_STORE_READ, &error);
    g_assert_no_error(error);
    g_assert_null(kj_store_state(none)->release);
    g_assert_false(g_file_test(nowhere, G_FILE_TEST_EXISTS));
}

static void test_deploy(Fixture *fixture, gconstpointer data) {
    (void)data;
    struct stat status;
    g_autofree char *secret = in_place(fixture, "current/targets/key"), *folder = in_place(fixture, "current/targets");
    mode_t before = umask(077);
    deploy(fixture, 1, 3);
    umask(before);
    assert_in_force(fixture, 1, 1);
    g_assert_cmpint(stat(secret, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
    g_assert_cmpint(stat(folder, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0755);
    assert_reads(fixture, "current/empty", "");
    deploy(fixture, 2, 3);
    assert_in_force(fixture, 2, 2);
    open_store(fixture);
    g_assert_null(kj_store_recovered(fixture->store));
    assert_in_force(fixture, 2, 2);
    const KjStoreState *state = kj_store_state(fixture->store);
    g_assert_cmpuint(state->serial, ==, 2);
    g_assert_cmpuint(state->root, ==, 1);
    g_assert_cmpstr(state->root_digest, ==, fixture->digests[9]);
    g_assert_cmpint(state->seen, ==, 1800000002);
    g_assert_null(state->fallback);
    assert_no_leftovers(fixture);
}

static void test_keep(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    deploy(fixture, 1, 2);
    put(fixture, 2);
    KjStoreState emergency = state_of(fixture, 2);
    emergency.fallback = fixture->digests[1];
    g_assert_true(kj_store_switch(fixture->store, &emergency, 2, &error));
    for (guint i = 3; i < 7; i++) {
        put(fixture, i);
        KjStoreState state = state_of(fixture, i);
        state.fallback = fixture->digests[1];
        g_assert_true(kj_store_switch(fixture->store, &state, 2, &error));
    }
    g_assert_true(kj_store_has(fixture->store, fixture->digests[6]));
    g_assert_true(kj_store_has(fixture->store, fixture->digests[5]));
    g_assert_false(kj_store_has(fixture->store, fixture->digests[4]));
    g_assert_true(kj_store_has(fixture->store, fixture->digests[1])); /* the fallback */
    KjStoreState confirmed = state_of(fixture, 6);
    g_assert_true(kj_store_remember(fixture->store, &confirmed, &error));
    g_assert_null(kj_store_state(fixture->store)->fallback);
    deploy(fixture, 7, 2);
    g_assert_false(kj_store_has(fixture->store, fixture->digests[1]));
    g_assert_true(kj_store_has(fixture->store, fixture->digests[6]));
    assert_in_force(fixture, 7, 7);
}

/* A host that begins in an emergency has never had the release to go back to in force. */
static void test_fallback_never_in_force(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    put(fixture, 1);
    put(fixture, 2);
    KjStoreState state = state_of(fixture, 2);
    state.fallback = fixture->digests[1];
    g_assert_true(kj_store_switch(fixture->store, &state, 1, &error));
    open_store(fixture);
    g_assert_true(kj_store_has(fixture->store, fixture->digests[1]));
    put(fixture, 3);
    state.fallback = fixture->digests[3];
    g_assert_true(kj_store_remember(fixture->store, &state, &error));
    open_store(fixture);
    g_assert_true(kj_store_has(fixture->store, fixture->digests[3]));
    g_assert_cmpstr(kj_store_state(fixture->store)->fallback, ==, fixture->digests[3]);
    assert_in_force(fixture, 2, 1);
}

/* Back to a release that is kept: with what was accepted meanwhile still remembered. */
static void test_return(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    deploy(fixture, 1, 3);
    deploy(fixture, 2, 3);
    KjStoreState state = state_of(fixture, 2);
    state.release = fixture->digests[1];
    g_assert_true(kj_store_switch(fixture->store, &state, 3, &error));
    assert_in_force(fixture, 1, 3);
    g_assert_cmpuint(kj_store_state(fixture->store)->serial, ==, 2);
    g_assert_cmpstr(kj_store_kept(fixture->store)[0], ==, fixture->digests[1]);
    g_assert_cmpstr(kj_store_kept(fixture->store)[1], ==, fixture->digests[2]);
    g_assert_null(kj_store_kept(fixture->store)[2]);
}

static void test_only_forward(Fixture *fixture, gconstpointer data) {
    (void)data;
    deploy(fixture, 5, 3);
    put(fixture, 6);
    for (guint i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        KjStoreState state = state_of(fixture, 6);
        state.serial -= i == 0 ? 2 : 0;
        state.root -= i == 1 ? 1 : 0;
        state.seen -= i == 2 ? 1000 : 0;
        state.root_digest = i == 3 ? fixture->digests[8] : state.root_digest;
        g_assert_false(kj_store_switch(fixture->store, &state, 3, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        g_assert_true(g_str_has_prefix(error->message, i == 3 ? "forked history: " : "rollback: "));
        assert_in_force(fixture, 5, 1);
    }
}

static void test_missing(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    KjStoreState state = state_of(fixture, 1);
    g_assert_false(kj_store_switch(fixture->store, &state, 3, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_clear_error(&error);
    put(fixture, 1);
    state.fallback = fixture->digests[2];
    g_assert_false(kj_store_switch(fixture->store, &state, 3, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_assert_null(kj_store_state(fixture->store)->release);
}

/* The same files are left alone, a release that was tampered with is whole again. */
static void test_repair(Fixture *fixture, gconstpointer data) {
    (void)data;
    struct stat before, after;
    g_autofree char *policy = in_place(fixture, "current/policy.kjt"), *key = in_place(fixture, "current/targets/key"),
                    *extra = in_place(fixture, "current/targets/extra");
    deploy(fixture, 1, 3);
    g_assert_cmpint(stat(policy, &before), ==, 0);
    put(fixture, 1);
    g_assert_cmpint(stat(policy, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);

    for (guint i = 0; i < 5; i++) {
        g_assert_true(i != 0 || g_file_set_contents(policy, "another", -1, NULL));
        g_assert_cmpint(i == 1 ? chmod(key, 0644) : 0, ==, 0);
        g_assert_true(i != 2 || g_file_set_contents(extra, "", 0, NULL));
        g_assert_cmpint(i == 3 ? g_remove(key) : 0, ==, 0);
        g_assert_cmpint(i == 4 ? g_remove(policy) || symlink("/etc/passwd", policy) : 0, ==, 0);
        put(fixture, 1);
        assert_in_force(fixture, 1, 1);
        g_assert_cmpint(stat(key, &after), ==, 0);
        g_assert_cmpuint(after.st_mode & 07777, ==, 0600);
        g_assert_false(g_file_test(extra, G_FILE_TEST_EXISTS));
        g_assert_false(g_file_test(policy, G_FILE_TEST_IS_SYMLINK));
        assert_no_leftovers(fixture);
    }
}

static void test_paths(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const char *const wrong[] = { "",        "/etc/passwd", "a/",   "/",        "a//b",  "..",   "a/../b", "./a",
                                         ".hidden", "a/.git/b",    "a\nb", "a\x1b[2J", "a\x7f", "a\\b", "\xff",   "\xc2\x85" };
    g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
    g_autofree char *long_name = g_strnfill(256, 'a'), *fine_name = g_strnfill(255, 'a');
    for (guint i = 0; i < G_N_ELEMENTS(wrong) + 2; i++) {
        g_autoptr(GError) error = NULL;
        const char *path = i < G_N_ELEMENTS(wrong) ? wrong[i] : i == G_N_ELEMENTS(wrong) ? long_name : "fine";
        KjStoreFile files[] = { { "fine", bytes, 0644 }, { path, bytes, 0644 } };
        g_assert_false(kj_store_put(fixture->store, fixture->digests[1], files, 2, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
        g_assert_false(kj_store_has(fixture->store, fixture->digests[1]));
    }
    g_autoptr(GError) error = NULL;
    KjStoreFile both[] = { { "a/b", bytes, 0644 }, { "a", bytes, 0644 } };
    g_assert_false(kj_store_put(fixture->store, fixture->digests[1], both, 2, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
    g_clear_error(&error);
    KjStoreFile fine[] = { { fine_name, bytes, 0644 }, { "\xe5\x9f\xba\xe6\xba\x96/a..b", bytes, 0644 } };
    g_assert_true(kj_store_put(fixture->store, fixture->digests[1], fine, 2, &error));
    g_assert_no_error(error);
}

static void test_lock(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    deploy(fixture, 1, 3);
    KjStore *second = kj_store_open(fixture->place, KJ_STORE_DEPLOY, &error);
    g_assert_null(second);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    g_clear_error(&error);
    g_autoptr(KjStore) reader = kj_store_open(fixture->place, KJ_STORE_READ, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(kj_store_state(reader)->release, ==, fixture->digests[1]);
}

/* ---- what a crash left ---- */

/* Ends in the state of release 1 in force and remembered, release 2 whole, and `next` about to make it 2. */
static void begin_switch(Fixture *fixture) {
    deploy(fixture, 1, 3);
    g_autofree char *state = in_place(fixture, "state"), *next = in_place(fixture, "next"), *first = NULL, *second = NULL;
    g_assert_true(g_file_get_contents(state, &first, NULL, NULL));
    deploy(fixture, 2, 3);
    g_assert_true(g_file_get_contents(state, &second, NULL, NULL));
    g_assert_true(g_file_set_contents(next, second, -1, NULL) && g_file_set_contents(state, first, -1, NULL));
}

static void read_only(const Fixture *fixture, guint number, guint64 epoch) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStore) reader = kj_store_open(fixture->place, KJ_STORE_READ, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(kj_store_state(reader)->release, ==, fixture->digests[number]);
    g_assert_cmpuint(kj_store_state(reader)->epoch, ==, epoch);
}

static void test_crash_before(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *target = g_strconcat("releases/", fixture->digests[1], NULL), *junk = in_place(fixture, "releases/.new"),
                    *file = in_place(fixture, "state.new");
    begin_switch(fixture);
    point_current(fixture, target);
    g_assert_cmpint(g_mkdir(junk, 0755), ==, 0);
    g_assert_true(g_file_set_contents(file, "half", -1, NULL));
    read_only(fixture, 1, 1);
    open_store(fixture);
    g_assert_nonnull(strstr(kj_store_recovered(fixture->store), "given up"));
    assert_in_force(fixture, 1, 1);
    assert_no_leftovers(fixture);
    g_assert_false(kj_store_has(fixture->store, fixture->digests[2])); /* never was in force */
    open_store(fixture);
    g_assert_null(kj_store_recovered(fixture->store));
}

static void test_crash_after(Fixture *fixture, gconstpointer data) {
    (void)data;
    begin_switch(fixture); /* `current` names 2 */
    read_only(fixture, 2, 2);
    open_store(fixture);
    g_assert_nonnull(strstr(kj_store_recovered(fixture->store), "now remembered"));
    assert_in_force(fixture, 2, 2);
    assert_no_leftovers(fixture);
    g_assert_true(kj_store_has(fixture->store, fixture->digests[1]));
    deploy(fixture, 3, 3);
    assert_in_force(fixture, 3, 3);
}

static void test_crash_first(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *state = in_place(fixture, "state"), *next = in_place(fixture, "next"), *current = in_place(fixture, "current");
    deploy(fixture, 1, 3);
    g_assert_cmpint(g_rename(state, next), ==, 0);
    read_only(fixture, 1, 1);
    open_store(fixture);
    assert_in_force(fixture, 1, 1);
    g_assert_cmpint(g_rename(state, next), ==, 0);
    g_assert_cmpint(g_remove(current), ==, 0);
    open_store(fixture);
    g_assert_null(kj_store_state(fixture->store)->release);
    g_assert_false(kj_store_has(fixture->store, fixture->digests[1]));
    assert_no_leftovers(fixture);
}

/* ---- what no crash leaves ---- */

static void test_meddled(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *target = g_strconcat("releases/", fixture->digests[1], NULL), *current = in_place(fixture, "current");
    deploy(fixture, 1, 3);
    deploy(fixture, 2, 3);
    point_current(fixture, target);
    open_store(fixture);
    g_assert_nonnull(strstr(kj_store_recovered(fixture->store), "nobody's decision"));
    assert_in_force(fixture, 2, 2);
    g_assert_cmpint(g_remove(current), ==, 0);
    open_store(fixture);
    assert_in_force(fixture, 2, 2);
}

static void assert_will_not_open(Fixture *fixture) {
    for (KjStorePurpose purpose = KJ_STORE_READ; purpose <= KJ_STORE_DEPLOY; purpose++) {
        g_autoptr(GError) error = NULL;
        KjStore *store = kj_store_open(fixture->place, purpose, &error);
        g_assert_null(store);
        g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    }
}

static void test_state_lost(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const char *const wrong[] = { "", "release: none\n", "serial: 1\n", "x" };
    g_autofree char *state = in_place(fixture, "state"), *text = NULL;
    deploy(fixture, 1, 3);
    g_clear_pointer(&fixture->store, kj_store_free);
    g_assert_true(g_file_get_contents(state, &text, NULL, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_true(g_file_set_contents(state, wrong[i], -1, NULL));
        assert_will_not_open(fixture);
    }
    gsize length = strlen(text);
    for (gsize cut = 0; cut < length; cut++) { /* shortened anywhere */
        g_assert_true(g_file_set_contents(state, text, (gssize)cut, NULL));
        assert_will_not_open(fixture);
    }
    g_assert_cmpint(g_remove(state), ==, 0);
    assert_will_not_open(fixture);
    assert_reads(fixture, "current/policy.kjt", fixture->digests[1]);
}

static void test_current_elsewhere(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const char *const wrong[] = {
        "/etc", "releases/..", "releases/", "elsewhere",
        "releases/11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
    };
    deploy(fixture, 1, 3);
    g_clear_pointer(&fixture->store, kj_store_free);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        point_current(fixture, wrong[i]);
        assert_will_not_open(fixture);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/store/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("empty", test_empty);
    ADD("deploy", test_deploy);
    ADD("keep", test_keep);
    ADD("fallback-never-in-force", test_fallback_never_in_force);
    ADD("return", test_return);
    ADD("only-forward", test_only_forward);
    ADD("missing", test_missing);
    ADD("repair", test_repair);
    ADD("paths", test_paths);
    ADD("lock", test_lock);
    ADD("crash-before", test_crash_before);
    ADD("crash-after", test_crash_after);
    ADD("crash-first", test_crash_first);
    ADD("meddled", test_meddled);
    ADD("state-lost", test_state_lost);
    ADD("current-elsewhere", test_current_elsewhere);
    return g_test_run();
}
