/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The history of passwords, in the form of /etc/security/opasswd:
 *
 *     user:uid:count:hash,hash,...        oldest first; the last is the present password
 *
 * Hashes are libxcrypt's, new ones yescrypt, of the password as PRECIS OpaqueString leaves it in UTF-8, so that one typed in NFD is known
 * again in NFC. Whoever can read the file can try guesses on old passwords, which are like new ones; therefore a file that group or others
 * can read is not used at all. Nor is one with a line that is not understood: it might be the one that matters.
 *
 * A change is written under a lock on FILE.lock, never on the file itself, which the rename replaces.
 */
#include "history.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kijun/kijun.h>

#define FILE_MAX (64u << 20)
#define HASHES_MAX 400u
#define LOCK_TRIES 50 /* of LOCK_WAIT: five seconds, in which another change has long been written */
#define LOCK_WAIT (100 * 1000)

typedef struct {
    char *user;
    guint64 uid;
    GPtrArray *hashes; /* char *, oldest first */
} Entry;

struct KjHistory {
    GPtrArray *entries; /* in the file's order */
    GHashTable *by_user;
};

static void free_entry(gpointer data) {
    Entry *entry = data;
    g_free(entry->user);
    g_ptr_array_unref(entry->hashes);
    g_free(entry);
}

static KjHistory *new_history(void) {
    KjHistory *history = g_new(KjHistory, 1);
    history->entries = g_ptr_array_new_with_free_func(free_entry);
    history->by_user = g_hash_table_new(g_str_hash, g_str_equal);
    return history;
}

void kj_history_free(KjHistory *history) {
    if (!history)
        return;
    g_hash_table_unref(history->by_user);
    g_ptr_array_unref(history->entries);
    g_free(history);
}

static Entry *add_entry(KjHistory *history, const char *user, guint64 uid) {
    Entry *entry = g_new(Entry, 1);
    *entry = (Entry){ g_strdup(user), uid, g_ptr_array_new_with_free_func(g_free) };
    g_ptr_array_add(history->entries, entry);
    g_hash_table_insert(history->by_user, entry->user, entry);
    return entry;
}

/* ---- reading ---- */

static gboolean refuse_line(guint number, const char *reason, GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "line %u of the history: %s", number, reason);
    return FALSE;
}

/* What a hash may be made of, by crypt(5); it also keeps every later line of ours readable. */
static gboolean is_hash(const char *text) {
    for (const char *c = text; *c; c++)
        if (!g_ascii_isgraph(*c) || strchr(":;*!\\,", *c))
            return FALSE;
    return *text != '\0';
}

static gboolean read_line(KjHistory *history, const char *line, guint number, GError **error) {
    g_auto(GStrv) parts = g_strsplit(line, ":", -1);
    guint64 uid, count;
    if (g_strv_length(parts) != 4 || !*parts[0])
        return refuse_line(number, "not `user:uid:count:hash,hash,...`", error);
    if (!g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXUINT32 - 1, &uid, NULL) ||
        !g_ascii_string_to_unsigned(parts[2], 10, 1, HASHES_MAX, &count, NULL))
        return refuse_line(number, "the user's number or the count is wrong", error);
    if (g_hash_table_contains(history->by_user, parts[0]))
        return refuse_line(number, "the user has a line already", error);
    g_auto(GStrv) hashes = g_strsplit(parts[3], ",", -1);
    if (g_strv_length(hashes) != count)
        return refuse_line(number, "there are not as many hashes as it says", error);
    Entry *entry = add_entry(history, parts[0], uid);
    for (char **hash = hashes; *hash; hash++) {
        if (!is_hash(*hash))
            return refuse_line(number, "a hash is no hash", error);
        g_ptr_array_add(entry->hashes, g_strdup(*hash));
    }
    return TRUE;
}

KjHistory *kj_history_parse(const char *bytes, gsize length, GError **error) {
    g_autoptr(KjHistory) history = new_history();
    if (memchr(bytes, 0, length)) {
        refuse_line(1, "a NUL byte in the file", error);
        return NULL;
    }
    guint number = 1;
    for (const char *at = bytes, *end = bytes + length; at < end; number++) {
        const char *stop = memchr(at, '\n', (gsize)(end - at));
        if (!stop) {
            refuse_line(number, "the last line is cut off", error);
            return NULL;
        }
        g_autofree char *line = g_strndup(at, (gsize)(stop - at));
        if (!read_line(history, line, number, error))
            return NULL;
        at = stop + 1;
    }
    return g_steal_pointer(&history);
}

static gboolean fail(const char *path, GError **error) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path, g_strerror(errno));
    return FALSE;
}

/* The file's bytes; nothing at all when there is no file. */
static gboolean read_bytes(int file, const char *path, GString *bytes, GError **error) {
    struct stat status;
    char piece[4096];
    ssize_t length;
    if (fstat(file, &status) != 0)
        return fail(path, error);
    if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0 || (status.st_uid != 0 && status.st_uid != geteuid())) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: not a file that only root may read (owner root, mode 0600)", path);
        return FALSE;
    }
    while ((length = read(file, piece, sizeof piece)) > 0 && bytes->len <= FILE_MAX)
        g_string_append_len(bytes, piece, length);
    if (length < 0)
        return fail(path, error);
    if (bytes->len > FILE_MAX) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: larger than %u MiB", path, FILE_MAX >> 20);
        return FALSE;
    }
    return TRUE;
}

KjHistory *kj_history_read(const char *path, GError **error) {
    g_autoptr(GString) bytes = g_string_new(NULL);
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return new_history();
    if (file < 0) {
        fail(path, error);
        return NULL;
    }
    gboolean good = read_bytes(file, path, bytes, error);
    close(file);
    KjHistory *history = good ? kj_history_parse(bytes->str, bytes->len, error) : NULL;
    if (good && !history)
        g_prefix_error(error, "%s: ", path);
    return history;
}

/* ---- hashes ---- */

/* FALSE when crypt cannot hash with this setting, or not so long a password (512 bytes). */
static gboolean hash_password(const char *password, const char *setting, char hash[CRYPT_OUTPUT_SIZE], GError **error) {
    struct crypt_data *data = g_new0(struct crypt_data, 1);
    const char *result = crypt_rn(password, setting, data, (int)sizeof *data);
    gboolean good = result && result[0] != '*';
    if (good)
        g_strlcpy(hash, result, CRYPT_OUTPUT_SIZE);
    else
        g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, "a password cannot be hashed for the history: %s", g_strerror(errno));
    explicit_bzero(data, sizeof *data);
    g_free(data);
    return good;
}

gboolean kj_history_last_used(const KjHistory *history, const char *user, const char *password, guint *changes, GError **error) {
    const Entry *entry = g_hash_table_lookup(history->by_user, user);
    *changes = 0;
    for (guint i = 1; entry && i <= entry->hashes->len; i++) {
        const char *known = entry->hashes->pdata[entry->hashes->len - i];
        char hash[CRYPT_OUTPUT_SIZE];
        if (!hash_password(password, known, hash, error))
            return FALSE;
        if (strcmp(hash, known) == 0) {
            *changes = i;
            return TRUE;
        }
    }
    return TRUE;
}

/* ---- writing ---- */

void kj_history_print(const KjHistory *history, GString *out) {
    for (guint i = 0; i < history->entries->len; i++) {
        const Entry *entry = history->entries->pdata[i];
        g_string_append_printf(out, "%s:%" G_GUINT64_FORMAT ":%u:", entry->user, entry->uid, entry->hashes->len);
        for (guint j = 0; j < entry->hashes->len; j++)
            g_string_append_printf(out, "%s%s", j > 0 ? "," : "", (const char *)entry->hashes->pdata[j]);
        g_string_append_c(out, '\n');
    }
}

static gboolean add_password(KjHistory *history, const char *user, uid_t uid, const char *password, guint remember, GError **error) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE], hash[CRYPT_OUTPUT_SIZE];
    Entry *entry = g_hash_table_lookup(history->by_user, user);
    if (!*user || strpbrk(user, ":\n")) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, "the user's name cannot stand in a history");
        return FALSE;
    }
    if (!crypt_gensalt_rn("$y$", 0, NULL, 0, setting, (int)sizeof setting)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "no salt for yescrypt: %s", g_strerror(errno));
        return FALSE;
    }
    if (!hash_password(password, setting, hash, error))
        return FALSE;
    if (!entry)
        entry = add_entry(history, user, uid);
    entry->uid = uid;
    g_ptr_array_add(entry->hashes, g_strdup(hash));
    if (entry->hashes->len > remember)
        g_ptr_array_remove_range(entry->hashes, 0, entry->hashes->len - remember);
    return TRUE;
}

static int take_lock(const char *path, GError **error) {
    g_autofree char *name = g_strconcat(path, ".lock", NULL);
    int lock = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    for (guint i = 0; lock >= 0; i++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0)
            return lock;
        if (i == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR)) {
            fail(name, error);
            close(lock);
            return -1;
        }
        g_usleep(LOCK_WAIT);
    }
    fail(name, error);
    return -1;
}

static gboolean append_locked(const char *path, const char *user, uid_t uid, const char *password, guint remember, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(KjHistory) history = kj_history_read(path, error);
    if (!history || !add_password(history, user, uid, password, remember, error))
        return FALSE;
    kj_history_print(history, text);
    return g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                    error);
}

gboolean kj_history_append(const char *path, const char *user, uid_t uid, const char *password, guint remember, GError **error) {
    int lock = take_lock(path, error);
    if (lock < 0)
        return FALSE;
    gboolean good = append_locked(path, user, uid, password, remember, error);
    close(lock);
    return good;
}
