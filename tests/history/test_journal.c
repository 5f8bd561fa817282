/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's log: what is written is read back, a crash's half line is cut off and told, and whoever changes a line is found at it. */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <string.h>
#include <unistd.h>

#include "../../history/journal.h"
#include "place.h"

typedef struct {
    char *folder, *path;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
    (void)data;
    fixture->folder = g_dir_make_tmp("kijun-journal-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "journal", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
    (void)data;
    kj_test_remove(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static char *append(const Fixture *fixture, KjJournalEvent event, guint64 serial, const char *text) {
    g_autoptr(GError) error = NULL;
    char *digest = NULL;
    KjJournalEntry entry = { .at = 1800000000 + (gint64)serial, .event = event, .serial = serial, .text = (char *)text };
    gboolean done = kj_journal_append(fixture->path, &entry, &digest, &error);
    g_assert_no_error(error);
    g_assert_true(done);
    return digest;
}

static void fill(const Fixture *fixture, guint count) {
    for (guint i = 1; i <= count; i++) {
        g_autofree char *digest = append(fixture, i % 2 ? KJ_JOURNAL_DEPLOYED : KJ_JOURNAL_REFUSED, i, "text");
        g_assert_cmpuint(strlen(digest), ==, 64);
    }
}

static char **lines_of(const Fixture *fixture) {
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(fixture->path, &text, NULL, NULL));
    return g_strsplit(text, "\n", -1);
}

static void put_lines(const Fixture *fixture, char **lines) {
    g_autofree char *text = g_strjoinv("\n", lines);
    g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
}

static void test_round(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    gboolean torn = TRUE;
    g_autoptr(GPtrArray) none = kj_journal_read(fixture->path, &torn, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_false(torn);

    g_autofree char *release = g_strnfill(64, 'a'), *digest = NULL;
    const char *text = "line one\nline \"two\" \xe5\x9f\xba\xe6\xba\x96";
    KjJournalEntry entry = {
        .at = 1800000000, .event = KJ_JOURNAL_REFUSED, .serial = 7, .release = release, .attack = (char *)"rollback", .text = (char *)text
    };
    g_assert_true(kj_journal_append(fixture->path, &entry, &digest, &error));
    g_free(append(fixture, KJ_JOURNAL_EMERGENCY_BEGUN, 0, NULL));

    g_autoptr(GPtrArray) read = kj_journal_read(fixture->path, &torn, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(read->len, ==, 2);
    g_assert_false(torn);
    const KjJournalEntry *first = read->pdata[0], *second = read->pdata[1];
    g_assert_cmpint(first->at, ==, 1800000000);
    g_assert_cmpint(first->event, ==, KJ_JOURNAL_REFUSED);
    g_assert_cmpuint(first->serial, ==, 7);
    g_assert_cmpstr(first->release, ==, release);
    g_assert_cmpstr(first->attack, ==, "rollback");
    g_assert_cmpstr(first->text, ==, text);
    g_assert_cmpint(second->event, ==, KJ_JOURNAL_EMERGENCY_BEGUN);
    g_assert_null(second->attack);
    g_assert_null(second->text);

    g_auto(GStrv) lines = lines_of(fixture);
    g_autofree char *wanted = g_compute_checksum_for_string(G_CHECKSUM_SHA256, lines[0], -1);
    g_assert_cmpstr(digest, ==, wanted);
    g_assert_nonnull(strstr(lines[1], wanted));
}

static void test_long_text(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strnfill(1 << 20, '"');
    g_free(append(fixture, KJ_JOURNAL_REFUSED, 1, text));
    g_free(append(fixture, KJ_JOURNAL_REFUSED, 2, "\xff not UTF-8"));
    g_autoptr(GPtrArray) read = kj_journal_read(fixture->path, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(read->len, ==, 2);
    g_assert_cmpuint(strlen(((KjJournalEntry *)read->pdata[0])->text), <=, 4096);
}

/* Cut anywhere in the last line: the rest is read, the next writer cuts it off and says so. */
static void test_torn(Fixture *fixture, gconstpointer data) {
    (void)data;
    fill(fixture, 3);
    g_autofree char *whole = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(fixture->path, &whole, &length, NULL));
    gsize last = (gsize)((char *)memrchr(whole, '\n', length - 1) - whole) + 1;

    for (gsize cut = 1; cut < length; cut += cut < last ? 37 : 1) {
        g_autoptr(GError) error = NULL;
        gboolean torn = FALSE, ends = whole[cut - 1] == '\n';
        g_assert_true(g_file_set_contents(fixture->path, whole, (gssize)cut, NULL));
        g_autoptr(GPtrArray) read = kj_journal_read(fixture->path, &torn, &error);
        g_assert_no_error(error);
        g_assert_cmpint(torn, ==, !ends);
        g_free(append(fixture, KJ_JOURNAL_DEPLOYED, 9, NULL));
        g_autoptr(GPtrArray) after = kj_journal_read(fixture->path, &torn, &error);
        g_assert_no_error(error);
        g_assert_false(torn);
        g_assert_cmpuint(after->len, ==, read->len + 1 + !ends);
        if (!ends)
            g_assert_cmpint(((KjJournalEntry *)after->pdata[read->len])->event, ==, KJ_JOURNAL_RECOVERED);
    }
}

static void assert_breaks(const Fixture *fixture, guint line) {
    g_autoptr(GError) error = NULL;
    g_autofree char *place = g_strdup_printf("journal:%u:", line);
    GPtrArray *read = kj_journal_read(fixture->path, NULL, &error);
    g_assert_null(read);
    g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, place));
}

static void test_changed(Fixture *fixture, gconstpointer data) {
    (void)data;
    fill(fixture, 5);
    for (guint i = 0; i < 4; i++) { /* each line but the last: found at the next */
        g_auto(GStrv) lines = lines_of(fixture);
        char *place = strstr(lines[i], "\"text\"}");
        place[1] = 'T';
        put_lines(fixture, lines);
        assert_breaks(fixture, i + 2);
        place[1] = 't';
        put_lines(fixture, lines);
    }
    g_autoptr(GPtrArray) whole = kj_journal_read(fixture->path, NULL, NULL);
    g_assert_cmpuint(whole->len, ==, 5);
}

static void test_taken_out(Fixture *fixture, gconstpointer data) {
    (void)data;
    fill(fixture, 4);
    g_auto(GStrv) lines = lines_of(fixture);
    char *const out[] = { lines[0], lines[2], lines[3], lines[4], NULL };
    put_lines(fixture, (char **)out);
    assert_breaks(fixture, 2);
    char *const swapped[] = { lines[1], lines[0], lines[2], lines[3], lines[4], NULL };
    put_lines(fixture, (char **)swapped);
    assert_breaks(fixture, 1);
    char *const twice[] = { lines[0], lines[1], lines[1], lines[2], lines[3], lines[4], NULL };
    put_lines(fixture, (char **)twice);
    assert_breaks(fixture, 3);
}

/* Nobody goes on behind a line that is none. */
static void test_foreign_end(Fixture *fixture, gconstpointer data) {
    (void)data;
    static const char *const ends[] = { "hello\n",
                                        "{}\n",
                                        "\n",
                                        "[]\n",
                                        "{\"previous\":1,\"at\":\"2026-11-22T00:00:00Z\",\"event\":\"deployed\"}\n",
                                        "{\"previous\":\"\",\"at\":\"2026-11-22T00:00:00Z\",\"event\":\"danced\"}\n",
                                        NULL };
    for (guint i = 0; ends[i]; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *after = NULL;
        KjJournalEntry entry = { .at = 1, .event = KJ_JOURNAL_DEPLOYED };
        g_assert_true(g_file_set_contents(fixture->path, ends[i], -1, NULL));
        g_assert_false(kj_journal_append(fixture->path, &entry, NULL, &error));
        g_assert_error(error, KJ_ERROR, KJ_ERROR_REFUSED);
        g_assert_true(g_file_get_contents(fixture->path, &after, NULL, NULL));
        g_assert_cmpstr(after, ==, ends[i]);
        assert_breaks(fixture, 1);
    }
}

static void test_no_folder(Fixture *fixture, gconstpointer data) {
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->folder, "none", "journal", NULL);
    KjJournalEntry entry = { .at = 1, .event = KJ_JOURNAL_DEPLOYED };
    g_assert_false(kj_journal_append(path, &entry, NULL, &error));
    g_assert_error(error, KJ_ERROR, KJ_ERROR_IO);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add("/journal/round", Fixture, NULL, set_up, test_round, tear_down);
    g_test_add("/journal/long-text", Fixture, NULL, set_up, test_long_text, tear_down);
    g_test_add("/journal/torn", Fixture, NULL, set_up, test_torn, tear_down);
    g_test_add("/journal/changed", Fixture, NULL, set_up, test_changed, tear_down);
    g_test_add("/journal/taken-out", Fixture, NULL, set_up, test_taken_out, tear_down);
    g_test_add("/journal/foreign-end", Fixture, NULL, set_up, test_foreign_end, tear_down);
    g_test_add("/journal/no-folder", Fixture, NULL, set_up, test_no_folder, tear_down);
    return g_test_run();
}
