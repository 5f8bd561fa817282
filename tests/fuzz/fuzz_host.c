/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that a host keeps of itself, as somebody may have left them: its journal (what begins with a brace) and its state.
 *
 * A state that is read has one spelling: written again it is the same bytes. A journal that is read goes on: another line can be added, all before it stay
 * what they were, and no bit before its last line can change without the chain breaking. The chain is mended in every other input, as a forger would.
 */
#include <glib/gstdio.h>
#include <kijun/kijun.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../history/disk.h"
#include "../../history/journal.h"
#include "../../history/store_state.h"
#include "fuzz.h"

const FuzzTarget fuzz_target = { "host", "host.dict", 4096 };

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define PREVIOUS "\"previous\":\""

static char *folder;

static void remove_folder(void) {
    kj_disk_remove(folder, NULL);
}

/* In memory where there is such a folder. */
static char *path_of(const char *name) {
    if (!folder) {
        folder = g_build_filename(g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir(), "kijun-host-XXXXXX", NULL);
        g_assert_nonnull(g_mkdtemp(folder));
        atexit(remove_folder);
    }
    return g_build_filename(folder, name, NULL);
}

static void write_file(const char *path, const void *bytes, gsize length) {
    g_autoptr(GError) error = NULL;
    g_file_set_contents_full(path, bytes, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
    g_assert_no_error(error);
}

static void check_error(const GError *error) {
    g_assert_true(error && error->domain == KJ_ERROR && g_utf8_validate(error->message, -1, NULL));
}

/* ---- the state ---- */

static void check_state(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autoptr(KjStoreRecord) record = NULL;
    g_autofree char *path = path_of("state"), *again = NULL;
    gsize length;
    write_file(path, data, size);
    if (!kj_store_record_read(path, &record, &error)) {
        check_error(error);
        return;
    }
    g_assert_true(record && kj_store_record_write(record, path, &error));
    g_assert_true(g_file_get_contents(path, &again, &length, NULL));
    g_assert_cmpmem(again, length, data, size);
}

/* ---- the journal ---- */

static void mend(char *bytes, gsize size) {
    char last[sizeof ZEROS] = ZEROS, *newline;
    for (char *line = bytes, *end = bytes + size; line < end && (newline = memchr(line, '\n', (gsize)(end - line))); line = newline + 1) {
        char *previous = memmem(line, (gsize)(newline - line), PREVIOUS, strlen(PREVIOUS));
        if (previous && newline - previous > (gssize)(strlen(PREVIOUS) + strlen(ZEROS)))
            memcpy(previous + strlen(PREVIOUS), last, strlen(ZEROS));
        g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line, (gsize)(newline - line));
        memcpy(last, digest, sizeof last);
    }
}

static void check_entries(const GPtrArray *before, const GPtrArray *after) {
    for (guint i = 0; i < before->len; i++) {
        const KjJournalEntry *a = before->pdata[i], *b = after->pdata[i];
        g_assert_true(a->at == b->at && a->event == b->event && a->serial == b->serial && g_strcmp0(a->release, b->release) == 0 &&
                      g_strcmp0(a->attack, b->attack) == 0 && g_strcmp0(a->text, b->text) == 0);
    }
}

static void check_goes_on(const char *path, const GPtrArray *entries, gboolean torn) {
    g_autoptr(GError) error = NULL;
    const KjJournalEntry next = { .at = 1795338000, .event = KJ_JOURNAL_REFUSED, .serial = 7, .attack = (char *)"rollback" };
    gboolean still_torn = FALSE;
    g_assert_true(kj_journal_append(path, &next, NULL, &error));
    g_autoptr(GPtrArray) after = kj_journal_read(path, &still_torn, &error);
    g_assert_no_error(error);
    g_assert_true(after && !still_torn);
    g_assert_cmpuint(after->len, ==, entries->len + 1 + torn);
    check_entries(entries, after);
    const KjJournalEntry *last = after->pdata[after->len - 1];
    g_assert_true(last->at == next.at && last->event == next.event && last->serial == 7 && strcmp(last->attack, "rollback") == 0);
}

/* One bit before the last whole line: which, the input says. */
static void check_chain(const char *path, char *bytes, gsize size, gsize place) {
    const char *end = memrchr(bytes, '\n', size), *before = end ? memrchr(bytes, '\n', (gsize)(end - bytes)) : NULL;
    if (!before)
        return;
    bytes[place % (gsize)(before - bytes)] ^= 1;
    write_file(path, bytes, size);
    g_autoptr(GPtrArray) entries = kj_journal_read(path, NULL, NULL);
    g_assert_null(entries);
}

static void check_journal(char *bytes, gsize size) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of("journal");
    gboolean torn;
    gsize place = (gsize)(guint8)bytes[size / 2] << 8 | (guint8)bytes[size / 3];
    write_file(path, bytes, size);
    g_autoptr(GPtrArray) entries = kj_journal_read(path, &torn, &error);
    if (!entries) {
        check_error(error);
        return;
    }
    check_goes_on(path, entries, torn);
    check_chain(path, bytes, size, place);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *bytes = g_memdup2(data, MAX(size, 1));
    if (size == 0 || data[0] != '{') {
        check_state(data, size);
        return 0;
    }
    if (size % 2)
        mend(bytes, size);
    check_journal(bytes, size);
    return 0;
}
