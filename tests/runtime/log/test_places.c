/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where records go: whole lines whatever happens (threads, processes, a disk that is full, a writer killed at a random moment), losses
 * counted and told, a file moved by logrotate.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <kijun/kijun.h>

#include "runtime/log/log.h"

#define THREADS 4
#define RECORDS 500

static char *folder, *path, *where;
static GString *told; /* what was said to stderr */

static void hear(const char *text) {
    g_string_append(told, text);
}

static void write_one(KjLog *log, const char *name, guint number, gsize length) {
    g_autofree char *value = g_strnfill(length, 'v'), *request = g_strdup_printf("%s-%u", name, number);
    const KjLogValue values[] = { { "from", value } };
    KjLogRecord record = { .instant = number, .request = request, .effect = "allow", .answer = "permit", .label = "a", .values = values,
                           .value_count = 1 };
    kj_log_write(log, &record);
}

static KjLog *open_log(const char *place) {
    g_autoptr(GError) error = NULL;
    KjLog *log = kj_log_open(place, KJ_LOG_JSON, NULL, &error);
    g_assert_no_error(error);
    return log;
}

/* Every line is one record; gives how many decisions there are, and the sum of records told as lost. */
static guint count_records(const char *of, guint64 *lost) {
    g_autofree char *text = NULL;
    gsize length;
    guint count = 0;
    g_assert_true(g_file_get_contents(of, &text, &length, NULL));
    g_assert_true(length == 0 || text[length - 1] == '\n');
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] && lines[i + 1]; i++) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) error = NULL;
        json_parser_load_from_data(parser, lines[i], -1, &error);
        g_assert_no_error(error);
        JsonObject *root = json_node_get_object(json_parser_get_root(parser));
        if (json_object_has_member(root, "lost"))
            *lost += (guint64)json_object_get_int_member(root, "lost");
        else
            count++;
    }
    return count;
}

static void begin(void) {
    g_unlink(path);
    g_string_truncate(told, 0);
}

/* ---- many writers ---- */

typedef struct {
    KjLog *log;
    guint number;
} Writer;

static gpointer run_writer(gpointer data) {
    Writer *writer = data;
    g_autofree char *name = g_strdup_printf("%ld.%u", (long)getpid(), writer->number);
    for (guint i = 0; i < RECORDS; i++)
        write_one(writer->log, name, i, i % 7 ? 20 : 900);
    return NULL;
}

static void write_by_threads(void) {
    g_autoptr(KjLog) log = open_log(where);
    Writer writers[THREADS];
    GThread *threads[THREADS];
    for (guint i = 0; i < THREADS; i++) {
        writers[i] = (Writer){ log, i };
        threads[i] = g_thread_new("writer", run_writer, &writers[i]);
    }
    for (guint i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    if (kj_log_lost(log) > 0)
        _exit(9);
}

static void test_many_writers(void) {
    guint64 lost = 0;
    begin();
    pid_t child = fork();
    if (child == 0) {
        write_by_threads();
        _exit(0);
    }
    write_by_threads();
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpuint(count_records(path, &lost), ==, 2 * THREADS * RECORDS);
    g_assert_cmpuint(lost, ==, 0);
    g_assert_cmpstr(told->str, ==, "");
}

/* A process stopped with the lock in its hands stops nobody else. */
static void test_stopped_holder(void) {
    guint64 lost = 0;
    begin();
    g_autoptr(KjLog) log = open_log(where);
    int holder = open(path, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(flock(holder, LOCK_EX), ==, 0);
    gint64 start = g_get_monotonic_time();
    write_one(log, "a", 1, 10);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
    close(holder);
    write_one(log, "a", 2, 10);
    g_assert_cmpuint(count_records(path, &lost), ==, 2);
}

/* ---- killed ---- */

/* A writer of long records is killed at a random moment, again and again; another goes on. */
static void test_killed(void) {
    guint rounds = g_getenv("KIJUN_SHORT") ? 20 : 100;
    guint64 lost = 0;
    begin();
    g_autoptr(KjLog) log = open_log(where);
    for (guint round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) {
            g_autoptr(KjLog) own = open_log(where);
            for (guint i = 0;; i++)
                write_one(own, "child", i, 1000);
        }
        g_usleep((gulong)g_test_rand_int_range(500, 6000));
        write_one(log, "parent", round, 10);
        g_usleep((gulong)g_test_rand_int_range(1, 500));
        kill(child, SIGKILL);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        write_one(log, "parent", round, 10); /* takes away what it left */
    }
    g_assert_cmpuint(count_records(path, &lost), >, 2 * rounds);
    g_assert_cmpuint(kj_log_lost(log), ==, 0);
}

/* The same, made certain: a torn record at the end, and one longer than any of ours. */
static void test_torn(void) {
    guint64 lost = 0;
    g_autofree char *text = NULL;
    begin();
    g_assert_true(g_file_set_contents(path, "{\"version\":1}\n{\"version\":1,\"ti", -1, NULL));
    {
        g_autoptr(KjLog) log = open_log(where);
        write_one(log, "a", 1, 10);
    }
    g_assert_cmpuint(count_records(path, &lost), ==, 2);
    g_assert_true(g_file_set_contents(path, "{\"ver", -1, NULL));
    {
        g_autoptr(KjLog) log = open_log(where);
        write_one(log, "a", 1, 10);
        write_one(log, "a", 2, 10);
    }
    g_assert_cmpuint(count_records(path, &lost), ==, 2);
    g_autofree char *foreign = g_strnfill(200000, 'x');
    g_assert_true(g_file_set_contents(path, foreign, -1, NULL));
    {
        g_autoptr(KjLog) log = open_log(where);
        write_one(log, "a", 1, 10);
    }
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpuint(strspn(text, "x"), ==, 200000);
    g_assert_true(g_str_has_prefix(text + 200000, "\n{\"version\":1,"));
}

/* ---- losses ---- */

static void test_device_full(void) {
    begin();
    g_autoptr(KjLog) log = open_log("file:/dev/full");
    for (guint i = 0; i < 5; i++)
        write_one(log, "a", i, 10);
    g_assert_cmpuint(kj_log_lost(log), ==, 5);
    g_assert_cmpstr(told->str, ==, "the log /dev/full cannot be written, records are being lost: No space left on device\n");
}

/* A disk that fills in the midst of a record, and is emptied. */
static void test_disk_full(void) {
    guint64 lost = 0;
    struct rlimit before, bound;
    begin();
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    g_autoptr(KjLog) log = open_log(where);
    write_one(log, "a", 0, 10);
    bound = (struct rlimit){ 1000, before.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &bound), ==, 0);
    for (guint i = 1; i <= 20; i++)
        write_one(log, "a", i, 100);
    guint64 missing = kj_log_lost(log);
    g_assert_cmpuint(missing, >, 10);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    g_assert_cmpuint(count_records(path, &lost), ==, 21 - missing);
    g_assert_cmpuint(lost, ==, 0);
    write_one(log, "a", 21, 10);
    write_one(log, "a", 22, 10);
    g_assert_cmpuint(count_records(path, &lost), ==, 23 - missing);
    g_assert_cmpuint(lost, ==, missing);
    g_assert_cmpuint(kj_log_lost(log), ==, missing);
    g_autofree char *expected = g_strdup_printf("the log %s cannot be written, records are being lost: No space left on device\n"
                                                "the log %s is written again; %" G_GUINT64_FORMAT " records were lost\n", path, path, missing);
    g_autofree char *too_large = g_strdup_printf("the log %s cannot be written, records are being lost: File too large\n"
                                                 "the log %s is written again; %" G_GUINT64_FORMAT " records were lost\n", path, path, missing);
    g_assert_true(strcmp(told->str, expected) == 0 || strcmp(told->str, too_large) == 0);
}

/* ---- sockets ---- */

static void drain(int reader, guint *received, guint64 *lost) {
    char got[2048];
    for (ssize_t length; (length = recv(reader, got, sizeof got - 1, MSG_DONTWAIT)) > 0;) {
        got[length] = 0;
        const char *count = strstr(got, "\"lost\":");
        *lost += count ? g_ascii_strtoull(count + strlen("\"lost\":"), NULL, 10) : 0;
        *received += count == NULL;
    }
}

static void test_socket(void) {
    g_autofree char *name = g_build_filename(folder, "socket", NULL), *place = g_strconcat("unix:", name, NULL);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char got[2048];
    begin();
    g_strlcpy(address.sun_path, name, sizeof address.sun_path);
    g_autoptr(KjLog) log = open_log(place); /* nobody there yet */
    write_one(log, "a", 1, 10);
    g_assert_cmpuint(kj_log_lost(log), ==, 1);
    int reader = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(reader, (struct sockaddr *)&address, sizeof address), ==, 0);
    write_one(log, "a", 2, 10);
    ssize_t length = recv(reader, got, sizeof got, MSG_DONTWAIT);
    g_assert_cmpint(length, >, 0);
    got[length] = 0;
    g_assert_cmpstr(got, ==, "{\"version\":1,\"time\":\"1970-01-01T00:00:00.000002Z\",\"lost\":1}");
    length = recv(reader, got, sizeof got, MSG_DONTWAIT);
    g_assert_cmpint(length, >, 0);
    g_assert_cmpint(got[length - 1], ==, '}');
    for (guint i = 0; i < 10000; i++) /* who does not read does not stop us */
        write_one(log, "a", i, 500);
    guint64 lost = kj_log_lost(log), accounted = 0;
    guint received = 0;
    g_assert_cmpuint(lost, >, 1000);
    drain(reader, &received, &accounted);
    write_one(log, "a", 10000, 10);
    drain(reader, &received, &accounted);
    g_assert_cmpuint(received, ==, 10001 - (lost - 1));
    g_assert_cmpuint(accounted, ==, lost - 1);
    g_assert_cmpuint(told->len, <, 500); /* and is not told each time */
    close(reader);
    g_unlink(name);
}

/* ---- files that move, places that are none ---- */

static void test_reopen(void) {
    guint64 lost = 0;
    g_autofree char *moved = g_strconcat(path, ".1", NULL);
    g_autoptr(GError) error = NULL;
    begin();
    g_autoptr(KjLog) log = open_log(where);
    write_one(log, "a", 1, 10);
    g_assert_cmpint(g_rename(path, moved), ==, 0);
    write_one(log, "a", 2, 10);
    g_assert_true(kj_log_reopen(log, &error));
    write_one(log, "a", 3, 10);
    g_assert_cmpuint(count_records(moved, &lost), ==, 2);
    g_assert_cmpuint(count_records(path, &lost), ==, 1);
    g_unlink(path);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    g_assert_false(kj_log_reopen(log, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    write_one(log, "a", 4, 10); /* to the file that is open still */
    g_assert_cmpuint(kj_log_lost(log), ==, 0);
    g_rmdir(path);
    g_unlink(moved);
}

static void test_places(void) {
    static const char *const wrong[] = { "", "syslog", "file:", "file:relative", "unix:relative", "/dev/log" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(kj_log_open(wrong[i], KJ_LOG_JSON, NULL, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_VALUE);
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *deep = g_strdup_printf("unix:/%0200d", 1);
    g_assert_null(kj_log_open("file:/nonexistent/log", KJ_LOG_JSON, NULL, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_clear_error(&error);
    g_assert_null(kj_log_open(deep, KJ_LOG_JSON, NULL, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
    g_autoptr(KjLog) none = open_log("none");
    write_one(none, "a", 1, 10);
    g_assert_cmpuint(kj_log_lost(none), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("kijun-log-XXXXXX", NULL);
    path = g_build_filename(folder, "log", NULL);
    where = g_strconcat("file:", path, NULL);
    told = g_string_new(NULL);
    g_set_printerr_handler(hear);
    g_test_add_func("/log/many-writers", test_many_writers);
    g_test_add_func("/log/stopped-holder", test_stopped_holder);
    g_test_add_func("/log/killed", test_killed);
    g_test_add_func("/log/torn", test_torn);
    g_test_add_func("/log/device-full", test_device_full);
    g_test_add_func("/log/disk-full", test_disk_full);
    g_test_add_func("/log/socket", test_socket);
    g_test_add_func("/log/reopen", test_reopen);
    g_test_add_func("/log/places", test_places);
    int result = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    return result;
}
