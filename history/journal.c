/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of a host.
 *
 * A line is written by one write(2) to a file opened for appending, and synced. What a crash leaves is a whole line, none, or the beginning
 * of one without a newline, and only that can be told from a forgery by its missing end; so it is cut off, and a line says so. Appending
 * reads no more than the last line, reading verifies everything.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <kijun/kijun.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../compiler/translate.h"
#include "disk.h"

#define LINE_BYTES (64u << 10) /* the longest line; what is kept of a text is far shorter */
#define TEXT_BYTES 4096u
#define NONE_BEFORE "0000000000000000000000000000000000000000000000000000000000000000"

static const char *const event_names[] = {
    [KJ_JOURNAL_DEPLOYED] = "deployed",
    [KJ_JOURNAL_REFUSED] = "refused",
    [KJ_JOURNAL_ROLLED_BACK] = "rolled back",
    [KJ_JOURNAL_EMERGENCY_BEGUN] = "emergency begun",
    [KJ_JOURNAL_EMERGENCY_ENDED] = "emergency ended",
    [KJ_JOURNAL_RECOVERED] = "recovered",
};
G_STATIC_ASSERT(G_N_ELEMENTS(event_names) == KJ_JOURNAL_EVENTS);

const char *kj_journal_event_name(KjJournalEvent event) {
    return event_names[event];
}

static void entry_free(gpointer data) {
    KjJournalEntry *entry = data;
    g_free(entry->release);
    g_free(entry->attack);
    g_free(entry->text);
    g_free(entry);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjJournalEntry, entry_free)

/* ---- one line ---- */

static void add_text(JsonBuilder *builder, const char *name, const char *text) {
    if (!text)
        return;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    if (strlen(valid) > TEXT_BYTES)
        *g_utf8_find_prev_char(valid, valid + TEXT_BYTES) = '\0';
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, valid);
}

static char *line_of(const KjJournalEntry *entry, const char *previous) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(entry->at);
    g_autofree char *date = at ? g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    g_assert(date);

    json_builder_begin_object(builder);
    add_text(builder, "previous", previous);
    add_text(builder, "at", date);
    add_text(builder, "event", kj_journal_event_name(entry->event));
    if (entry->serial) {
        json_builder_set_member_name(builder, "serial");
        json_builder_add_int_value(builder, (gint64)entry->serial);
    }
    add_text(builder, "release", entry->release);
    add_text(builder, "attack", entry->attack);
    add_text(builder, "text", entry->text);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    return json_generator_to_data(generator, NULL);
}

static const char *member(JsonObject *object, const char *name) {
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

/* NULL when the line is none. `previous` takes what it names before it. */
static KjJournalEntry *read_line(const char *line, gsize length, char **previous) {
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (length == 0 || length > LINE_BYTES || !json_parser_load_from_data(parser, line, (gssize)length, NULL))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return NULL;
    JsonObject *object = json_node_get_object(root);
    const char *before = member(object, "previous"), *date = member(object, "at"), *name = member(object, "event");
    g_autoptr(GDateTime) at = date ? g_date_time_new_from_iso8601(date, NULL) : NULL;
    KjJournalEvent event = 1;
    while (event < KJ_JOURNAL_EVENTS && g_strcmp0(event_names[event], name) != 0)
        event++;
    if (!before || !at || event == KJ_JOURNAL_EVENTS)
        return NULL;
    g_autoptr(KjJournalEntry) entry = g_new0(KjJournalEntry, 1);
    entry->at = g_date_time_to_unix(at);
    entry->event = event;
    entry->serial = (guint64)json_object_get_int_member_with_default(object, "serial", 0);
    entry->release = g_strdup(member(object, "release"));
    entry->attack = g_strdup(member(object, "attack"));
    entry->text = g_strdup(member(object, "text"));
    *previous = g_strdup(before);
    return g_steal_pointer(&entry);
}

/* ---- adding ---- */

typedef struct {
    gsize whole; /* bytes of the file up to its last newline, included */
    gsize torn;  /* bytes behind it */
    char *last;  /* the digest of the last whole line */
} End;

static gboolean read_end(int file, const char *path, End *end, GError **error) {
    struct stat status;
    g_autofree char *tail = g_malloc(2 * LINE_BYTES);
    if (fstat(file, &status) != 0)
        return kj_disk_fail(error, _("cannot be read"), path);
    gsize size = (gsize)status.st_size, length = MIN(size, 2 * LINE_BYTES);
    for (gsize done = 0; done < length;) {
        ssize_t got = pread(file, tail + done, length - done, (off_t)(size - length + done));
        if (got <= 0 && errno != EINTR)
            return kj_disk_fail(error, _("cannot be read"), path);
        done += got > 0 ? (gsize)got : 0;
    }
    const char *newline = memrchr(tail, '\n', length);
    gsize kept = newline ? (gsize)(newline - tail) : 0;
    end->torn = length - (newline ? kept + 1 : 0);
    end->whole = size - end->torn;
    end->last = g_strdup(NONE_BEFORE);
    if (end->whole == 0)
        return TRUE;
    const char *before = memrchr(tail, '\n', kept), *line = before ? before + 1 : tail;
    g_autofree char *previous = NULL;
    g_autoptr(KjJournalEntry) entry = newline ? read_line(line, (gsize)(newline - line), &previous) : NULL;
    g_free(end->last);
    end->last = entry ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line, (gsize)(newline - line)) : NULL;
    if (!entry)
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                    _("%s: its last line is none of this journal; keep the file for whoever looks into it, and move it away"), path);
    return entry != NULL;
}

/* One write. A failure leaves `whole` bytes. */
static gboolean write_end(int file, const char *path, gsize whole, const GString *lines, GError **error) {
    ssize_t written = write(file, lines->str, lines->len);
    if (written == (ssize_t)lines->len && fsync(file) == 0)
        return TRUE;
    if (written >= 0 && written < (ssize_t)lines->len)
        errno = ENOSPC; /* the only reason for which a file takes less than it is given */
    kj_disk_fail(error, _("cannot be written"), path);
    if (ftruncate(file, (off_t)whole) != 0)
        g_prefix_error(error, "%s ", _("(and its last line is left unfinished)"));
    return FALSE;
}

static void add_line(GString *lines, const KjJournalEntry *entry, char **last) {
    g_autofree char *line = line_of(entry, *last);
    g_free(*last);
    *last = g_compute_checksum_for_string(G_CHECKSUM_SHA256, line, -1);
    g_string_append_printf(lines, "%s\n", line);
}

static gboolean append_to(int file, const char *path, const KjJournalEntry *entry, char **digest, GError **error) {
    g_autoptr(GString) lines = g_string_new(NULL);
    End end = { 0, 0, NULL };
    gboolean read = read_end(file, path, &end, error);
    g_autofree char *last = end.last;
    if (!read)
        return FALSE;
    if (end.torn) {
        g_autofree char *text = g_strdup_printf("an unfinished line of %" G_GSIZE_FORMAT " bytes was cut off", end.torn);
        if (ftruncate(file, (off_t)end.whole) != 0)
            return kj_disk_fail(error, _("cannot be written"), path);
        add_line(lines, &(KjJournalEntry){ .at = entry->at, .event = KJ_JOURNAL_RECOVERED, .text = text }, &last);
    }
    add_line(lines, entry, &last);
    if (!write_end(file, path, end.whole, lines, error))
        return FALSE;
    if (digest)
        *digest = g_steal_pointer(&last);
    return TRUE;
}

gboolean kj_journal_append(const char *path, const KjJournalEntry *entry, char **digest, GError **error) {
    g_autofree char *folder = g_path_get_dirname(path);
    gboolean is_new = !g_file_test(path, G_FILE_TEST_EXISTS);
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0)
        return kj_disk_fail(error, _("cannot be written"), path);
    gboolean done = flock(file, LOCK_EX) == 0 || kj_disk_fail(error, _("cannot be locked"), path);
    done = done && (!is_new || kj_disk_sync(folder, error)) && append_to(file, path, entry, digest, error);
    close(file);
    return done;
}

/* ---- reading ---- */

GPtrArray *kj_journal_read(const char *path, gboolean *torn, GError **error) {
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GError) problem = NULL;
    g_autofree char *bytes = NULL, *last = g_strdup(NONE_BEFORE);
    gsize length = 0;

    if (torn)
        *torn = FALSE;
    if (!g_file_get_contents(path, &bytes, &length, &problem)) {
        if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&entries);
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_IO, problem->message);
        return NULL;
    }
    for (const char *line = bytes, *end = bytes + length; line < end;) {
        const char *newline = memchr(line, '\n', (gsize)(end - line));
        if (!newline) {
            if (torn)
                *torn = TRUE;
            break;
        }
        g_autofree char *previous = NULL;
        g_autoptr(KjJournalEntry) entry = read_line(line, (gsize)(newline - line), &previous);
        if (!entry || strcmp(previous, last) != 0) {
            g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED,
                        entry ? _("%s:%u: this line does not follow the one before it: a line was changed, taken out or put in") :
                                _("%s:%u: this is no line of a journal"),
                        path, entries->len + 1);
            return NULL;
        }
        g_free(last);
        last = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line, (gsize)(newline - line));
        g_ptr_array_add(entries, g_steal_pointer(&entry));
        line = newline + 1;
    }
    return g_steal_pointer(&entries);
}
