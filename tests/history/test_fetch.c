/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bringing one reference into a host's repository: from folders, bundles and a server; from those who send too much, too slowly or
 * something else; and nothing changes before it is accepted. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../history/fetch.h"
#include "place.h"
#include "source.h"

#define NAME "refs/kijun/releases/production"

typedef struct {
    KjRepository *source;
    char *source_folder, *folder, *host; /* `host` is in `folder` */
} Fixture;

static const KjFetchLimits narrow = {
    .bytes = 1u << 20, .objects = 100, .object_bytes = 1u << 18, .memory = 384u << 20, .processor = 1, .wall = 20
};

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->source = kj_test_repository(&fixture->source_folder);
    fixture->folder = g_dir_make_tmp("kijun-fetch-XXXXXX", NULL);
    fixture->host = g_build_filename(fixture->folder, "host.git", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_repository_unref(fixture->source);
    kj_test_remove(fixture->source_folder);
    kj_test_remove(fixture->folder);
    g_free(fixture->source_folder);
    g_free(fixture->folder);
    g_free(fixture->host);
}

static git_oid release(const Fixture *fixture, const char *statement) {
    const KjTestEntry entries[] = { { "statement", statement, GIT_FILEMODE_BLOB }, { "always", "the same\n", GIT_FILEMODE_BLOB } };
    return kj_test_commit(fixture->source, NAME, entries, G_N_ELEMENTS(entries));
}

static KjFetch *start_from(const Fixture *fixture, const char *source, const KjFetchLimits *limits, GError **error) {
    return kj_fetch_start(fixture->host, source, NAME, limits, error);
}

static KjFetch *start(const Fixture *fixture, const char *source) {
    g_autoptr(GError) error = NULL;
    KjFetch *fetch = start_from(fixture, source, NULL, &error);
    g_assert_no_error(error);
    return fetch;
}

static void accept_now(const Fixture *fixture, const char *source) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjFetch) fetch = start(fixture, source);
    gboolean done = kj_fetch_accept(fetch, &error);
    g_assert_no_error(error);
    g_assert_true(done);
}

/* Where the host's reference points, as anybody else sees it. */
static gboolean host_head(const Fixture *fixture, git_oid *head) {
    g_autoptr(KjRepository) host = kj_repository_open_bare(fixture->host, NULL);
    g_assert_nonnull(host);
    return git_reference_name_to_id(head, host->git, NAME) == 0;
}

static gboolean host_has(const Fixture *fixture, const git_oid *id) {
    g_autoptr(KjRepository) host = kj_repository_open_bare(fixture->host, NULL);
    git_odb *odb = NULL;
    g_assert_cmpint(git_repository_odb(&odb, host->git), ==, 0);
    gboolean has = git_odb_exists(odb, id);
    git_odb_free(odb);
    return has;
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every file of a folder with its size, but for the lock. */
static void list_files(const char *folder, GString *list) {
    g_autoptr(GDir) all = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; all && (name = g_dir_read_name(all));)
        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        struct stat status;
        g_assert_cmpint(lstat(names->pdata[i], &status), ==, 0);
        if (S_ISDIR(status.st_mode))
            list_files(names->pdata[i], list);
        else if (!g_str_has_suffix(names->pdata[i], "/kijun-fetch.lock"))
            g_string_append_printf(list, "%s %ld\n", (char *)names->pdata[i], (long)status.st_size);
    }
}

static char *host_files(const Fixture *fixture) {
    GString *list = g_string_new(NULL);
    list_files(fixture->host, list);
    return g_string_free(list, FALSE);
}

/* The fetch fails (`code` 0: for whatever reason), in so many seconds, and nothing in the host's repository has changed. */
static void assert_fails(const Fixture *fixture, const char *source, const KjFetchLimits *limits, int code, const char *words) {
    g_autoptr(GError) error = NULL;
    git_oid head;
    gint64 started = g_get_monotonic_time();
    gboolean was_there = g_file_test(fixture->host, G_FILE_TEST_EXISTS), had = was_there && host_head(fixture, &head);
    g_autofree char *before = host_files(fixture);
    KjFetch *fetch = start_from(fixture, source, limits, &error);
    g_assert_null(fetch);
    g_assert_error(error, KJ_ERROR, (code ? code : error->code));
    g_assert_true(g_utf8_validate(error->message, -1, NULL) && !strchr(error->message, '\033'));
    g_test_message("%s", error->message);
    if (!strstr(error->message, words))
        g_error("`%s` has no `%s`", error->message, words);
    g_assert_cmpint(g_get_monotonic_time() - started, <, 30 * G_USEC_PER_SEC);
    g_autofree char *after = host_files(fixture);
    if (was_there) {
        g_assert_cmpstr(before, ==, after);
        g_assert_cmpint(had, ==, host_head(fixture, &head));
    }
}

static gboolean run(const char *folder, const char *command) {
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL, *problems = NULL;
    const char *arguments[] = { "sh", "-c", command, NULL };
    int status = 0;
    gboolean started = g_spawn_sync(folder, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &problems, &status, &error);
    g_assert_no_error(error);
    if (status != 0)
        g_test_message("%s: %s", command, problems);
    return started && status == 0;
}

/* ---- what sources hold ---- */

static char *random_text(gsize length, guint32 seed) {
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    char *text = g_malloc(length + 1);
    for (gsize i = 0; i < length; i++)
        text[i] = (char)g_rand_int_range(random, 1, 256);
    text[length] = '\0';
    return text;
}

/* `text` with a number before it; or, where it is NULL, noise that nothing makes smaller. */
static void add_files(const Fixture *fixture, guint count, const char *text) {
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(KjTestEntry));
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < count; i++) {
        char *name = g_strdup_printf("file-%u", i), *own = text ? g_strdup_printf("%u%s", i, text) : random_text(200000, i);
        g_ptr_array_add(texts, name);
        g_ptr_array_add(texts, own);
        g_array_append_val(entries, ((KjTestEntry){ name, own, GIT_FILEMODE_BLOB }));
    }
    kj_test_commit(fixture->source, NAME, (const KjTestEntry *)(gpointer)entries->data, entries->len);
}

static char *bundle(const Fixture *fixture, const char *what) {
    g_autofree char *command = g_strdup_printf("git bundle create --version=2 '%s/bundle' %s", fixture->folder, what);
    g_assert_true(run(fixture->source_folder, command));
    return g_build_filename(fixture->folder, "bundle", NULL);
}

/* ---- what works ---- */

static void read_whole(KjRepository *repository, const git_oid *head, const char *statement) {
    g_autoptr(git_commit) commit = NULL;
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_tree_entry) entry = NULL;
    g_autoptr(git_blob) blob = NULL;
    g_assert_cmpint(git_commit_lookup(&commit, repository->git, head), ==, 0);
    g_assert_cmpint(git_commit_tree(&tree, commit), ==, 0);
    g_assert_cmpint(git_tree_entry_bypath(&entry, tree, "statement"), ==, 0);
    g_assert_cmpint(git_blob_lookup(&blob, repository->git, git_tree_entry_id(entry)), ==, 0);
    g_assert_cmpmem(git_blob_rawcontent(blob), git_blob_rawsize(blob), statement, strlen(statement));
}

static void assert_goes_on(const Fixture *fixture, const char *source) {
    g_autoptr(GError) error = NULL;
    git_oid second = release(fixture, "two\n"), head;
    g_autoptr(KjFetch) fetch = start(fixture, source);
    g_assert_true(git_oid_equal(kj_fetch_head(fetch), &second));
    g_assert_nonnull(kj_fetch_old_head(fetch));
    read_whole(kj_fetch_repository(fetch), &second, "two\n");
    g_assert_true(kj_fetch_accept(fetch, &error));
    read_whole(kj_fetch_repository(fetch), &second, "two\n");
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &second));
    g_clear_pointer(&fetch, kj_fetch_free);
    g_autofree char *before = host_files(fixture);
    g_autoptr(KjFetch) again = start(fixture, source);
    g_assert_true(git_oid_equal(kj_fetch_head(again), kj_fetch_old_head(again)));
    g_assert_true(kj_fetch_accept(again, &error));
    g_clear_pointer(&again, kj_fetch_free);
    g_autofree char *after = host_files(fixture);
    g_assert_cmpstr(before, ==, after);
}

static void assert_brings(const Fixture *fixture, const char *source) {
    g_autoptr(GError) error = NULL;
    const KjTestEntry other = { "plan", "the network's plan\n", GIT_FILEMODE_BLOB };
    git_oid first = release(fixture, "one\n"), plan = kj_test_commit(fixture->source, "refs/heads/main", &other, 1), head;
    g_autoptr(KjFetch) fetch = start(fixture, source);
    g_assert_true(git_oid_equal(kj_fetch_head(fetch), &first));
    g_assert_null(kj_fetch_old_head(fetch));
    read_whole(kj_fetch_repository(fetch), &first, "one\n");
    g_assert_false(host_has(fixture, &first));
    g_assert_false(host_head(fixture, &head));
    g_assert_true(kj_fetch_accept(fetch, &error));
    g_assert_no_error(error);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &first));
    g_assert_true(host_has(fixture, &first));
    g_assert_false(host_has(fixture, &plan)); /* of another reference */
    g_clear_pointer(&fetch, kj_fetch_free);
    g_autofree char *files = host_files(fixture);
    g_assert_null(strstr(files, "quarantine"));
    assert_goes_on(fixture, source);
    g_autofree char *check = g_strdup_printf("git -C '%s' fsck --full --strict", fixture->host);
    g_assert_true(run(NULL, check));
}

static void test_folder(Fixture *fixture, gconstpointer data) {
    (void)data;
    assert_brings(fixture, fixture->source_folder);
}

/* Files that differ little travel as differences, also from what the host has already. */
static void test_differences(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const char *const ways[] = { "folder", "bundle", "server" };
    g_autofree char *common = random_text(20000, 0);
    g_autoptr(GString) text = g_string_new(common);
    KjTestServer *server = kj_test_server_new(KJ_TEST_SERVER_GIT, fixture->source_folder, NAME);
    for (guint i = 0; i < 3 * G_N_ELEMENTS(ways); i++) {
        git_oid head, last;
        g_string_append_printf(text, "%u", i);
        add_files(fixture, 5, text->str);
        last = release(fixture, text->str);
        if (i % 3 == 1)
            g_assert_true(run(fixture->source_folder, "git repack -adfq"));
        g_autofree char *path = i % 3 == 1 ? bundle(fixture, i < 3 ? NAME : NAME "~2.." NAME) : NULL;
        accept_now(fixture, path ? path : i % 3 == 0 ? fixture->source_folder : kj_test_server_url(server));
        g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &last));
    }
    kj_test_server_free(server);
    g_autofree char *check = g_strdup_printf("git -C '%s' fsck --full --strict", fixture->host);
    g_assert_true(run(NULL, check));
}

static void test_file_address(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *address = g_filename_to_uri(fixture->source_folder, NULL, NULL);
    g_assert_cmpint(g_mkdir(fixture->host, 0755), ==, 0); /* somebody has made the folder already */
    assert_brings(fixture, address);
}

static void test_server(Fixture *fixture, gconstpointer data) {
    (void)data;
    KjTestServer *server = kj_test_server_new(KJ_TEST_SERVER_GIT, fixture->source_folder, NAME);
    assert_brings(fixture, kj_test_server_url(server));
    kj_test_server_free(server);
}

static void test_dropped(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    git_oid second = release(fixture, "two\n");
    g_autofree char *before = host_files(fixture);
    kj_fetch_free(start(fixture, fixture->source_folder));
    g_autofree char *after = host_files(fixture);
    g_assert_cmpstr(before, ==, after);
    g_assert_false(host_has(fixture, &second));
}

/* A run that was killed leaves a quarantine and a lock on the reference; one that was killed between packs and reference leaves objects. */
static void test_leftovers(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    g_autofree char *junk = g_build_filename(fixture->host, "kijun-quarantine", "objects", "pack", NULL),
                    *lock = g_strconcat(fixture->host, "/" NAME ".lock", NULL);
    g_autofree char *file = g_build_filename(junk, "pack-x.pack", NULL), *half = g_strconcat(fixture->host, ".new", NULL);
    g_assert_cmpint(g_mkdir_with_parents(junk, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, "PACK", -1, NULL) && g_file_set_contents(lock, "", -1, NULL) &&
                  g_file_set_contents(half, "", -1, NULL));
    git_oid second = release(fixture, "two\n"), head;
    accept_now(fixture, fixture->source_folder);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &second));
    g_autofree char *files = host_files(fixture);
    g_assert_null(strstr(files, "quarantine"));

    git_oid third = release(fixture, "three\n");
    g_assert_true(run(fixture->source_folder, "git rev-list --objects " NAME " | git pack-objects --stdout >pack"));
    g_autofree char *index = g_strdup_printf("git -C '%s' index-pack --stdin <'%s/pack'", fixture->host, fixture->source_folder);
    g_assert_true(run(NULL, index));
    g_assert_true(host_has(fixture, &third));
    accept_now(fixture, fixture->source_folder);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &third));
}

static void test_one_at_a_time(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    g_autoptr(KjFetch) fetch = start(fixture, fixture->source_folder);
    g_autoptr(GError) error = NULL;
    KjFetch *second = start_from(fixture, fixture->source_folder, NULL, &error);
    g_assert_null(second);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    read_whole(kj_fetch_repository(fetch), kj_fetch_head(fetch), "one\n");
}

static void test_moved_meanwhile(Fixture *fixture, gconstpointer data) {
    (void)data;
    git_oid first = release(fixture, "one\n"), head;
    accept_now(fixture, fixture->source_folder);
    release(fixture, "two\n");
    g_autoptr(KjFetch) fetch = start(fixture, fixture->source_folder);
    g_autoptr(KjRepository) host = kj_repository_open_bare(fixture->host, NULL);
    g_autoptr(GError) error = NULL;
    const KjTestEntry entry = { "statement", "another\n", GIT_FILEMODE_BLOB };
    git_oid other = kj_test_commit(host, NAME, &entry, 1);
    g_assert_false(kj_fetch_accept(fetch, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &other) && !git_oid_equal(&head, &first));
}

/* ---- bundles ---- */

static void test_bundle(Fixture *fixture, gconstpointer data) {
    (void)data;
    git_oid first = release(fixture, "one\n"), head;
    g_autofree char *path = bundle(fixture, NAME);
    accept_now(fixture, path);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &first));

    git_oid second = release(fixture, "two\n"), third = release(fixture, "three\n");
    g_free(bundle(fixture, NAME "~1.." NAME)); /* needs the second, which the host does not have */
    assert_fails(fixture, path, NULL, KJ_ERROR_IO, "is not here");
    g_free(bundle(fixture, NAME "~2.." NAME)); /* goes on from the first */
    accept_now(fixture, path);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &third));
    g_assert_true(host_has(fixture, &second));
    accept_now(fixture, path); /* nothing is new */
}

static void test_bundle_damaged(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    g_autofree char *path = bundle(fixture, NAME), *whole = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &whole, &length, NULL));
    g_autofree char *text = g_strndup(whole, length);
    gsize header = (gsize)(strstr(text, "\n\n") - text) + 2;
    g_autofree char *line = g_strndup(whole + 16, header - 17); /* "<id> <name>\n" */
    g_autofree char *no_end = g_strdup_printf("# v2 git bundle\n%s", line), *twice = g_strdup_printf("# v2 git bundle\n%s%s\n", line, line);
    g_autofree char *late = g_strdup_printf("# v2 git bundle\n%s-%s\n", line, line), *many = g_strnfill(5 << 20, 'x');
    g_autofree char *replaced = g_strdup_printf("# v2 git bundle\n%.40s refs/replace/%.40s\n%s\n", line, line, line),
                    *flood = g_strdup_printf("# v2 git bundle\n%s", many);
    g_autofree char *bytes = g_strnfill(4000, (char)0xf0), *no_text = g_strdup_printf("# v2 git bundle\n%.40s refs/replace/\033[2J%s\n%s\n", line, bytes, line);
    const struct {
        const char *bytes;
        gsize length;
        int code;
        const char *words;
    } cases[] = {
        { "", 0, KJ_ERROR_IO, "no bundle" },
        { "# v2 git bundl\n", 15, KJ_ERROR_IO, "no bundle" },
        { "# v3 git bundle\n@object-format=sha1\n", 36, KJ_ERROR_IO, "version 3" },
        { "# v2 git bundle\n\n", 17, KJ_ERROR_IO, "has no reference" },
        { "# v2 git bundle\nhello\n\n", 23, KJ_ERROR_IO, "damaged" },
        { "# v2 git bundle\n\0\n\n", 19, KJ_ERROR_IO, "damaged" },
        { "# v2 git bundle\n1111111111111111111111111111111111111111\n\n", 58, KJ_ERROR_IO, "damaged" },
        { "# v2 git bundle\n1111111111111111111111111111111111111111" NAME "\n\n", 88, KJ_ERROR_IO, "damaged" },
        { no_end, strlen(no_end), KJ_ERROR_IO, "damaged" },
        { twice, strlen(twice), KJ_ERROR_IO, "twice" },
        { late, strlen(late), KJ_ERROR_IO, "damaged" },
        { flood, strlen(flood), KJ_ERROR_IO, "damaged" },
        { replaced, strlen(replaced), KJ_ERROR_REFUSED, "extraneous dependency: " },
        { no_text, strlen(no_text), KJ_ERROR_REFUSED, "extraneous dependency: " }, /* its name is longer than the message can be */
        { whole, header, KJ_ERROR_IO, "" },
        { whole, header + 3, KJ_ERROR_IO, "" },
        { whole, length - 21, KJ_ERROR_IO, "" },
        { whole, length - 1, KJ_ERROR_IO, "" },
    };
    const KjTestEntry entry = { "statement", "zero\n", GIT_FILEMODE_BLOB };
    g_autofree char *elsewhere = NULL;
    g_autoptr(KjRepository) unrelated = kj_test_repository(&elsewhere);
    kj_test_commit(unrelated, NAME, &entry, 1);
    accept_now(fixture, elsewhere); /* so that there is something to leave alone */
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(g_file_set_contents(path, cases[i].bytes, (gssize)cases[i].length, NULL));
        assert_fails(fixture, path, NULL, cases[i].code, cases[i].words);
    }
    for (gsize i = header; i < length; i += g_getenv("KIJUN_SHORT") ? 97 : 29) { /* a changed byte anywhere in the pack */
        g_autofree char *changed = g_memdup2(whole, length);
        changed[i] ^= 0x10;
        g_assert_true(g_file_set_contents(path, changed, (gssize)length, NULL));
        assert_fails(fixture, path, &narrow, 0, "");
    }
    kj_test_remove(elsewhere);
}

/* A pack in which something that is named is missing. */
static void test_bundle_incomplete(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    static const char *const parts[] = { "commit", "tree", "commit tree" };
    g_autofree char *path = g_build_filename(fixture->folder, "bundle", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *command = g_strdup_printf(
            "head=$(git rev-parse %s); commit=$head; tree=$(git rev-parse %s^{tree}); { printf '# v2 git bundle\\n%%s %s\\n\\n' $head; "
            "for part in %s; do eval echo \\$$part; done | git pack-objects --stdout; } >'%s'",
            NAME, NAME, NAME, parts[i], path);
        g_assert_true(run(fixture->source_folder, command));
        assert_fails(fixture, path, NULL, KJ_ERROR_REFUSED, "extraneous dependency: ");
    }
    git_oid head; /* and a head that is no commit */
    g_autofree char *command = g_strdup_printf("head=$(git rev-parse %s^{tree}); { printf '# v2 git bundle\\n%%s %s\\n\\n' $head; git "
                                               "rev-list --objects %s | git pack-objects --stdout; } >'%s'",
                                               NAME, NAME, NAME, path);
    g_assert_true(run(fixture->source_folder, command));
    assert_fails(fixture, path, NULL, KJ_ERROR_REFUSED, "is a tree where a commit must be");
    g_assert_false(host_head(fixture, &head));
}

/* ---- too much, too slowly ---- */

static void test_endless(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    g_autofree char *zeros = g_strnfill(1 << 20, 'z');
    static const char *const words[] = { "endless data: %s: sends more objects", "endless data: %s: object ",
                                         "endless data: %s: sends more bytes" };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        add_files(fixture, i == 0 ? 200 : i == 1 ? 1 : 8, i == 0 ? "" : i == 1 ? zeros : NULL);
        g_autofree char *path = bundle(fixture, NAME), *of_folder = g_strdup_printf(words[i], fixture->source_folder),
                        *of_bundle = g_strdup_printf(words[i], path);
        KjTestServer *server = kj_test_server_new(KJ_TEST_SERVER_GIT, fixture->source_folder, NAME);
        g_autofree char *of_server = g_strdup_printf(words[i], kj_test_server_url(server));
        assert_fails(fixture, fixture->source_folder, &narrow, KJ_ERROR_REFUSED, of_folder);
        assert_fails(fixture, path, &narrow, KJ_ERROR_REFUSED, of_bundle);
        assert_fails(fixture, kj_test_server_url(server), &narrow, KJ_ERROR_REFUSED, of_server);
        kj_test_server_free(server);
        g_assert_true(run(fixture->source_folder, "git update-ref " NAME " " NAME "~1")); /* away with it */
    }
}

static void assert_server_fails(const Fixture *fixture, KjTestServerKind kind, const KjFetchLimits *limits, const char *words) {
    KjTestServer *server = kj_test_server_new(kind, fixture->source_folder, NAME);
    assert_fails(fixture, kj_test_server_url(server), limits, KJ_ERROR_REFUSED, words);
    kj_test_server_free(server);
}

static void test_endless_server(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    assert_server_fails(fixture, KJ_TEST_SERVER_PACK, &narrow, "endless data: ");
    assert_server_fails(fixture, KJ_TEST_SERVER_TALK, &narrow, "endless data: ");
    assert_server_fails(fixture, KJ_TEST_SERVER_NAMES, &narrow, "endless data: ");
}

static void test_slow_server(Fixture *fixture, gconstpointer data) {
    (void)data;
    KjFetchLimits hasty = narrow;
    hasty.wall = 1;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    assert_server_fails(fixture, KJ_TEST_SERVER_SLOW, &hasty, "slow data: ");
    assert_server_fails(fixture, KJ_TEST_SERVER_SILENT, &hasty, "slow data: ");
}

/* ---- something else ---- */

static void test_extraneous(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const KjTestEntry wrong[] = { { "sub", NULL, GIT_FILEMODE_COMMIT }, { "link", "/etc/passwd", GIT_FILEMODE_LINK } };
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        kj_test_commit(fixture->source, NAME, &wrong[i], 1);
        g_autofree char *path = bundle(fixture, NAME);
        assert_fails(fixture, fixture->source_folder, NULL, KJ_ERROR_REFUSED, "extraneous dependency: ");
        assert_fails(fixture, path, NULL, KJ_ERROR_REFUSED, wrong[i].name);
        release(fixture, "after it\n"); /* in the history it is as bad */
        assert_fails(fixture, fixture->source_folder, NULL, KJ_ERROR_REFUSED, wrong[i].name);
        g_assert_true(run(fixture->source_folder, "git update-ref " NAME " " NAME "~2"));
    }
}

static void test_replaced(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    accept_now(fixture, fixture->source_folder);
    release(fixture, "two\n");
    g_assert_true(run(fixture->source_folder, "git replace -f " NAME " " NAME "~1"));
    assert_fails(fixture, fixture->source_folder, NULL, KJ_ERROR_REFUSED, "extraneous dependency: ");
    KjTestServer *server = kj_test_server_new(KJ_TEST_SERVER_GIT, fixture->source_folder, NAME);
    assert_fails(fixture, kj_test_server_url(server), NULL, KJ_ERROR_REFUSED, "refs/replace/");
    kj_test_server_free(server);
    g_assert_true(run(fixture->source_folder, "git replace -d $(git replace -l)"));
    g_assert_true(run(fixture->host, "git update-ref refs/replace/1111111111111111111111111111111111111111 " NAME));
    assert_fails(fixture, fixture->source_folder, NULL, KJ_ERROR_REFUSED, fixture->host);
}

static void test_alternates(Fixture *fixture, gconstpointer data) {
    (void)data;
    release(fixture, "one\n");
    g_autofree char *copy = g_build_filename(fixture->folder, "copy.git", NULL),
                    *command = g_strdup_printf("git clone --quiet --mirror --shared '%s' '%s'", fixture->source_folder, copy);
    g_assert_true(run(NULL, command));
    assert_fails(fixture, copy, NULL, KJ_ERROR_REFUSED, "extraneous dependency: ");
}

/* Settings of the source and of the user that runs it are of no effect: an address rewritten, a program to be run. */
static void test_settings(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *mark = g_build_filename(fixture->folder, "mark", NULL);
    g_autofree char *command =
        g_strdup_printf("git config core.fsmonitor 'touch %s' && git config uploadpack.packObjectsHook 'touch %s' && git config "
                        "core.sshCommand 'touch %s' && "
                        "mkdir -p hooks && printf '#!/bin/sh\\ntouch %s\\n' >hooks/post-checkout && chmod +x hooks/post-checkout",
                        mark, mark, mark, mark);
    git_oid first = release(fixture, "one\n"), head;
    g_assert_true(run(fixture->source_folder, command));
    accept_now(fixture, fixture->source_folder);
    g_assert_true(host_head(fixture, &head) && git_oid_equal(&head, &first));
    g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
}

static void test_no_source(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autofree char *nowhere = g_build_filename(fixture->folder, "nowhere", NULL), *pipe = g_build_filename(fixture->folder, "pipe", NULL);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    const struct {
        const char *source, *words;
    } cases[] = {
        { fixture->source_folder, "has no reference " NAME },
        { nowhere, "nowhere" },
        { pipe, "neither a folder nor a file" },
        { fixture->folder, "" }, /* no repository */
        { "ext::sh -c true", "no source" },
        { "--upload-pack=true", "no source" },
        { "", "no source" },
        { "gopher://example.org/", "a source is" },
        { "git://127.0.0.1:1/", "127.0.0.1" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_fails(fixture, cases[i].source, &narrow, KJ_ERROR_IO, cases[i].words);
    g_autoptr(GError) error = NULL;
    KjFetch *fetch = kj_fetch_start(fixture->host, fixture->source_folder, "refs/../x", NULL, &error);
    g_assert_null(fetch);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
}

int main(int argc, char **argv) {
    kj_fetch_serve(argc, argv);
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/fetch/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("folder", test_folder);
    ADD("file-address", test_file_address);
    ADD("server", test_server);
    ADD("differences", test_differences);
    ADD("dropped", test_dropped);
    ADD("leftovers", test_leftovers);
    ADD("one-at-a-time", test_one_at_a_time);
    ADD("moved-meanwhile", test_moved_meanwhile);
    ADD("bundle", test_bundle);
    ADD("bundle-damaged", test_bundle_damaged);
    ADD("bundle-incomplete", test_bundle_incomplete);
    ADD("endless", test_endless);
    ADD("endless-server", test_endless_server);
    ADD("slow-server", test_slow_server);
    ADD("extraneous", test_extraneous);
    ADD("replaced", test_replaced);
    ADD("alternates", test_alternates);
    ADD("settings", test_settings);
    ADD("no-source", test_no_source);
    return g_test_run();
}
