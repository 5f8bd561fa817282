/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The password history: what is kept, what is known again, and every way in which a file is not used. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pam/history.h"

typedef struct {
    char *folder, *path, *lock;
} Place;

static void set_up(Place *place, gconstpointer data) {
    (void)data;
    place->folder = g_dir_make_tmp("kijun-history-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "opasswd", NULL);
    place->lock = g_strconcat(place->path, ".lock", NULL);
}

/* What a killed process left beside the file. */
static void sweep(const Place *place) {
    g_autoptr(GDir) folder = g_dir_open(place->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        struct stat status;
        if (strcmp(path, place->path) == 0 || strcmp(path, place->lock) == 0)
            continue;
        g_assert_cmpint(g_stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
        g_unlink(path);
    }
}

static void tear_down(Place *place, gconstpointer data) {
    (void)data;
    g_unlink(place->path);
    g_unlink(place->lock);
    g_assert_cmpint(g_rmdir(place->folder), ==, 0);
    g_free(place->folder);
    g_free(place->path);
    g_free(place->lock);
}

static guint last_used(const Place *place, const char *user, const char *password) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjHistory) history = kj_history_read(place->path, &error);
    guint changes = 99;
    g_assert_no_error(error);
    g_assert_true(kj_history_last_used(history, user, password, &changes, &error));
    return changes;
}

static void append(const Place *place, const char *user, const char *password, guint remember) {
    g_autoptr(GError) error = NULL;
    g_assert_true(kj_history_append(place->path, user, 1000, password, remember, &error));
    g_assert_no_error(error);
}

static void test_kept(Place *place, gconstpointer data) {
    struct stat status;
    g_autofree char *text = NULL;
    (void)data;
    g_assert_cmpuint(last_used(place, "taro", "one"), ==, 0); /* no file yet */
    append(place, "taro", "one", 3);
    append(place, "hana", "one", 3);
    append(place, "taro", "two", 3);
    append(place, "taro", "パスワード三", 3);
    g_assert_cmpuint(last_used(place, "taro", "パスワード三"), ==, 1);
    g_assert_cmpuint(last_used(place, "taro", "two"), ==, 2);
    g_assert_cmpuint(last_used(place, "taro", "one"), ==, 3);
    g_assert_cmpuint(last_used(place, "hana", "one"), ==, 1);
    g_assert_cmpuint(last_used(place, "hana", "two"), ==, 0);
    append(place, "taro", "four", 3);
    g_assert_cmpuint(last_used(place, "taro", "one"), ==, 0); /* forgotten */
    g_assert_cmpuint(last_used(place, "taro", "two"), ==, 3);
    g_assert_cmpint(g_stat(place->path, &status), ==, 0);
    g_assert_cmphex(status.st_mode & 07777, ==, 0600);
    g_assert_true(g_file_get_contents(place->path, &text, NULL, NULL));
    g_assert_true(g_regex_match_simple("\\Ataro:1000:3:(\\$y\\$[^,:]+,){2}\\$y\\$[^,:]+\\nhana:1000:1:\\$y\\$[^,:]+\\n\\z", text, 0, 0));
    g_assert_null(strstr(text, "two"));
}

/* A file that others can read, or a line that is not understood, is not used; nothing is written over it either. */
static void test_not_used(Place *place, gconstpointer data) {
    static const char *const wrong[] = {
        "taro:1000:1", "taro:1000:1:", "taro:1000:2:$y$a", "taro:1000:1:$y$a,$y$b", "taro:1000:1:a b", "taro:1000:1:x:y", ":1000:1:a", "taro::1:a",
        "taro:-1:1:a", "taro:1000:0:", "taro:1000:401:a", "taro:4294967295:1:a", "taro:1000:1:a\ntaro:1000:1:b", "taro:1000:1:!x", "\x80",
    };
    (void)data;
    for (guint i = 0; i <= G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = i < G_N_ELEMENTS(wrong) ? g_strconcat("hana:1:1:$y$ok\n", wrong[i], "\n", NULL) : g_strdup("hana:1:1:$y$cut");
        g_autofree char *kept = NULL;
        g_autoptr(GError) error = NULL, again = NULL;
        g_assert_true(g_file_set_contents_full(place->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
        g_assert_null(kj_history_read(place->path, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
        g_assert_false(kj_history_append(place->path, "hana", 1, "x", 3, &again));
        g_assert_true(g_file_get_contents(place->path, &kept, NULL, NULL));
        g_assert_cmpstr(kept, ==, text);
    }
    g_assert_true(g_file_set_contents(place->path, "", -1, NULL));
    for (guint mode = 0; mode < 0100; mode++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(g_chmod(place->path, 0600 | (int)mode), ==, 0);
        KjHistory *history = kj_history_read(place->path, &error);
        g_assert_true((history != NULL) == (mode == 0));
        kj_history_free(history);
    }
}

static void test_odd_files(Place *place, gconstpointer data) {
    g_autoptr(GError) link = NULL, folder = NULL;
    (void)data;
    g_assert_cmpint(symlink("/dev/null", place->path), ==, 0);
    g_assert_null(kj_history_read(place->path, &link));
    g_assert_error(link, KJ_ERROR, KJ_ERROR_IO);
    g_unlink(place->path);
    g_assert_null(kj_history_read(place->folder, &folder));
    g_assert_error(folder, KJ_ERROR, KJ_ERROR_IO);
}

/* A hash that crypt does not take answers nothing: whether the password was in use is then unknown, and unknown refuses. */
static void test_unknown_hash(Place *place, gconstpointer data) {
    static const char text[] = "taro:1:1:$nosuch$abc\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(KjHistory) history = kj_history_parse(text, sizeof text - 1, NULL);
    guint changes;
    (void)place, (void)data;
    g_assert_nonnull(history);
    g_assert_false(kj_history_last_used(history, "taro", "x", &changes, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
}

static void test_limits(Place *place, gconstpointer data) {
    g_autofree char *password = g_strnfill(512, 'x');
    g_autoptr(GError) error = NULL, name = NULL;
    (void)data;
    g_assert_false(kj_history_append(place->path, "taro", 1, password, 3, &error)); /* CRYPT_MAX_PASSPHRASE_SIZE is 512 with its NUL */
    g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
    g_assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));
    password[511] = '\0';
    append(place, "taro", password, 3);
    g_assert_cmpuint(last_used(place, "taro", password), ==, 1);
    g_assert_false(kj_history_append(place->path, "a:b", 1, "x", 3, &name));
    g_assert_error(name, KJ_ERROR, KJ_ERROR_VALUE);
}

static gpointer append_some(gpointer data) {
    for (guint i = 0; i < 3; i++)
        append(data, "taro", "same", 100);
    return NULL;
}

/* Two changes at once: none is lost. */
static void test_two_at_once(Place *place, gconstpointer data) {
    GThread *threads[2];
    g_autofree char *text = NULL;
    (void)data;
    for (guint i = 0; i < 2; i++)
        threads[i] = g_thread_new(NULL, append_some, place);
    for (guint i = 0; i < 2; i++)
        g_thread_join(threads[i]);
    g_assert_true(g_file_get_contents(place->path, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, "taro:1000:6:"));
}

/* ---- killed ---- */

/* How many passwords of taro's the file has; it must always be one that is taken. */
static guint count_kept(const Place *place) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjHistory) history = kj_history_read(place->path, &error);
    g_autoptr(GString) text = g_string_new(NULL);
    g_assert_no_error(error);
    kj_history_print(history, text);
    return text->len ? (guint)g_ascii_strtoull(text->str + strlen("taro:1000:"), NULL, 10) : 0;
}

/* Adds one password after the other, and says so of each that is kept. */
static G_NORETURN void append_for_ever(const Place *place, int told) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (guint i = 0;; i++) {
        g_autofree char *password = g_strdup_printf("password %u of %d", i, (int)getpid());
        if (!kj_history_append(place->path, "taro", 1000, password, 400, NULL) || write(told, "+", 1) != 1)
            _exit(1);
    }
}

/* How many passwords a child said are kept that was killed so long after its first. */
static guint kill_one(const Place *place, gulong microseconds) {
    int told[2], status;
    char bytes[400];
    g_assert_cmpint(pipe(told), ==, 0);
    pid_t child = fork();
    if (child == 0)
        append_for_ever(place, told[1]);
    close(told[1]);
    g_assert_cmpint(read(told[0], bytes, 1), ==, 1);
    g_usleep(microseconds);
    kill(child, SIGKILL);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status));
    gssize count = read(told[0], bytes, sizeof bytes);
    close(told[0]);
    return 1 + (guint)MAX(count, 0);
}

/* Whoever is killed while a password changes leaves a history that is whole, and in which nothing lacks that was said to be kept. */
static void test_killed(Place *place, gconstpointer data) {
    guint rounds = g_getenv("KIJUN_SHORT") ? 10 : 50, before = 0;
    (void)data;
    for (guint i = 0; i < rounds; i++) {
        guint said = kill_one(place, (gulong)g_test_rand_int_range(0, 40000)), now = count_kept(place);
        g_assert_cmpuint(now, >=, before + said);
        g_assert_cmpuint(now, <=, before + said + 1);
        before = now;
    }
    g_test_message("killed %u times; %u passwords are kept", rounds, before);
    sweep(place);
}

#define ADD(path, function) g_test_add(path, Place, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    ADD("/password/history/kept", test_kept);
    ADD("/password/history/not-used", test_not_used);
    ADD("/password/history/odd-files", test_odd_files);
    ADD("/password/history/unknown-hash", test_unknown_hash);
    ADD("/password/history/limits", test_limits);
    ADD("/password/history/two-at-once", test_two_at_once);
    ADD("/password/history/killed", test_killed);
    return g_test_run();
}
