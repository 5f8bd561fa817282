/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where records go, and that they arrive whole.
 *
 * A file is opened for appending and each record is one write(2), so that records of several processes never mix: the kernel serialises
 * them. Two things can still tear one: a full disk takes the first bytes only, and a SIGKILL may stop the kernel between two pages of a
 * record. So a writer holds flock(2), cuts off what it could not write whole, and, where the file's length is not the one it left itself,
 * looks whether the file ends in a line end and cuts off what another writer left torn. A process that is stopped while it holds the lock
 * must not stop decisions: after 10 ms a record is written without it, and nothing is cut off then.
 *
 * A socket gets a datagram without waiting: who reads too slowly loses records, not we time. What is lost is counted and told.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <kijun/kijun.h>
#include <kijun/translate.h>

#include "form.h"

#define FILE_MODE 0640
#define LOCK_TRIES 100
#define LOCK_PAUSE 100   /* microseconds */
#define QUIET_SECONDS 60
#define TAIL_MOST 131072 /* no record is longer: KJ_LOG_VALUES_MOST, each byte escaped as six, and what stands around them */

typedef enum { PLACE_NONE, PLACE_STREAM, PLACE_FILE, PLACE_SOCKET } Place;

struct KjLog {
    Place place;
    KjLogForm form;
    char **masked;
    char *path; /* of the file or the socket */
    struct sockaddr_un address;

    GMutex mutex; /* over all below */
    int descriptor;
    gboolean owned;   /* the descriptor is ours to close */
    gboolean regular; /* not a pipe, a terminal, a device */
    gboolean torn;    /* a record was begun and not ended */
    off_t end;        /* of the file, as we left it; -1: unknown */
    guint64 lost;
    guint64 told;       /* of these, those that the log has a record of; below `lost` while the trouble lasts */
    guint64 said;       /* and those that stderr knows of */
    gboolean in_trouble; /* stderr was told so */
    gint64 quiet_until; /* monotonic: a reader that is now and then too slow is no news each time */
};

/* ---- opening ---- */

static int open_file(const char *path, gboolean *regular, GError **error) {
    struct stat status;
    int descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    if (descriptor < 0 || fstat(descriptor, &status) < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the log %s cannot be opened: %s"), path, g_strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return -1;
    }
    *regular = S_ISREG(status.st_mode);
    return descriptor;
}

static gboolean open_socket(KjLog *log, GError **error) {
    if (strlen(log->path) >= sizeof log->address.sun_path) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the log %s cannot be opened: %s"), log->path, g_strerror(ENAMETOOLONG));
        return FALSE;
    }
    log->address.sun_family = AF_UNIX;
    strcpy(log->address.sun_path, log->path);
    log->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (log->descriptor < 0)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the log %s cannot be opened: %s"), log->path, g_strerror(errno));
    return log->descriptor >= 0;
}

static gboolean open_place(KjLog *log, const char *where, GError **error) {
    if (strcmp(where, "none") == 0)
        return TRUE;
    if (strcmp(where, "-") == 0 || strcmp(where, "stderr") == 0) {
        log->place = PLACE_STREAM;
        log->descriptor = strcmp(where, "-") == 0 ? STDOUT_FILENO : STDERR_FILENO;
        return TRUE;
    }
    const char *path = strchr(where, ':');
    log->owned = TRUE;
    log->path = path ? g_strdup(path + 1) : NULL;
    if (g_str_has_prefix(where, "file:/")) {
        log->place = PLACE_FILE;
        log->descriptor = open_file(log->path, &log->regular, error);
        return log->descriptor >= 0;
    }
    if (g_str_has_prefix(where, "unix:/")) {
        log->place = PLACE_SOCKET;
        return open_socket(log, error);
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE,
                _("`%s` is no place for a log; write `-`, `stderr`, `file:/PATH`, `unix:/PATH` or `none`"), where);
    return FALSE;
}

KjLog *kj_log_open(const char *where, KjLogForm form, const char *const *masked, GError **error) {
    g_autoptr(KjLog) log = g_new0(KjLog, 1);
    g_mutex_init(&log->mutex);
    log->form = form;
    log->masked = g_strdupv((char **)masked);
    log->descriptor = log->end = -1;
    return open_place(log, where, error) ? g_steal_pointer(&log) : NULL;
}

void kj_log_free(KjLog *log) {
    if (!log)
        return;
    if (log->owned && log->descriptor >= 0)
        close(log->descriptor);
    g_mutex_clear(&log->mutex);
    g_strfreev(log->masked);
    g_free(log->path);
    g_free(log);
}

gboolean kj_log_reopen(KjLog *log, GError **error) {
    gboolean regular;
    if (log->place != PLACE_FILE)
        return TRUE;
    int descriptor = open_file(log->path, &regular, error);
    if (descriptor < 0)
        return FALSE;
    g_mutex_lock(&log->mutex);
    close(log->descriptor);
    log->descriptor = descriptor;
    log->regular = regular;
    log->end = -1;
    g_mutex_unlock(&log->mutex);
    return TRUE;
}

guint64 kj_log_lost(KjLog *log) {
    g_mutex_lock(&log->mutex);
    guint64 lost = log->lost;
    g_mutex_unlock(&log->mutex);
    return lost;
}

/* ---- writing; 0 or an errno ---- */

static gboolean lock_file(int descriptor) {
    for (guint i = 0; i < LOCK_TRIES; i++) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            return TRUE;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return FALSE;
        g_usleep(LOCK_PAUSE);
    }
    return FALSE;
}

/* Cuts off what stands behind the last line end; `length` becomes what is left. What is longer than any record is none of ours,
 * and what may not be cut off (chattr +a) stays: these are ended instead. */
static int mend_tail(int descriptor, off_t *length) {
    char last;
    if (pread(descriptor, &last, 1, *length - 1) != 1 || last == '\n')
        return 0;
    gsize span = (gsize)MIN(*length, TAIL_MOST);
    g_autofree char *tail = g_malloc(span);
    if (pread(descriptor, tail, span, *length - (off_t)span) != (ssize_t)span)
        return 0;
    const char *end = memrchr(tail, '\n', span);
    off_t kept = *length - (off_t)span + (end ? end + 1 - tail : 0);
    if ((end || kept == 0) && ftruncate(descriptor, kept) == 0) {
        *length = kept;
        return 0;
    }
    if (write(descriptor, "\n", 1) != 1)
        return errno;
    (*length)++;
    return 0;
}

static int write_locked(KjLog *log, const char *text, gsize length) {
    struct stat status;
    if (fstat(log->descriptor, &status) < 0)
        return errno;
    off_t before = status.st_size;
    if (before > 0 && before != log->end) {
        int trouble = mend_tail(log->descriptor, &before);
        if (trouble)
            return trouble;
    }
    log->end = -1;
    ssize_t written = write(log->descriptor, text, length);
    if (written == (ssize_t)length) {
        log->end = before + written;
        return 0;
    }
    int trouble = written < 0 ? errno : ENOSPC;
    return written > 0 && ftruncate(log->descriptor, before) < 0 ? errno : trouble; /* what is left then the next writer mends */
}

static int write_file(KjLog *log, const char *text, gsize length) {
    gboolean locked = lock_file(log->descriptor);
    int trouble;
    if (locked) {
        trouble = write_locked(log, text, length);
        flock(log->descriptor, LOCK_UN);
        return trouble;
    }
    log->end = -1;
    ssize_t written = write(log->descriptor, text, length);
    return written == (ssize_t)length ? 0 : written < 0 ? errno : ENOSPC;
}

/* A pipe or a terminal may take a record in pieces. One that could not be ended ends before the next. */
static int write_stream(KjLog *log, const char *text, gsize length) {
    guint tries = 0;
    for (gsize done = 0; done < length;) {
        ssize_t written = write(log->descriptor, text + done, length - done);
        if (written > 0) {
            done += (gsize)written;
            log->torn = done < length;
        } else if (written < 0 && (errno == EINTR || (errno == EAGAIN && done > 0 && tries++ < LOCK_TRIES))) {
            g_usleep(errno == EAGAIN ? LOCK_PAUSE : 0);
        } else {
            return written < 0 ? errno : EIO;
        }
    }
    return 0;
}

static int put(KjLog *log, const GString *text) {
    if (log->place == PLACE_FILE && log->regular)
        return write_file(log, text->str, text->len);
    if (log->place != PLACE_SOCKET) {
        int trouble = log->torn ? write_stream(log, "\n", 1) : 0;
        return trouble ? trouble : write_stream(log, text->str, text->len);
    }
    gsize length = text->len - 1; /* a datagram needs no line end */
    ssize_t sent = sendto(log->descriptor, text->str, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&log->address,
                          sizeof log->address);
    return sent == (ssize_t)length ? 0 : sent < 0 ? errno : EMSGSIZE;
}

/* ---- losses ---- */

/* After trouble a record that says so comes first: to a file or a stream in one write with the next, or a nearly full disk would take it
 * alone. */
static int put_after_loss(KjLog *log, gint64 instant, GString *text) {
    g_autoptr(GString) first = g_string_new(NULL);
    guint64 lost = log->lost;
    kj_log_format_lost(log->form, instant, lost - log->told, first);
    g_string_append_c(first, '\n');
    if (log->place == PLACE_SOCKET) {
        int trouble = put(log, first);
        if (trouble)
            return trouble;
        log->told = lost;
    } else {
        g_string_prepend_len(text, first->str, (gssize)first->len);
    }
    int trouble = put(log, text);
    if (!trouble)
        log->told = lost;
    return trouble;
}

static void tell(KjLog *log, int trouble) {
    const char *name = log->path ? log->path : "-";
    gint64 now = g_get_monotonic_time();
    if (trouble && !log->in_trouble && now >= log->quiet_until) {
        log->in_trouble = TRUE;
        log->quiet_until = now + QUIET_SECONDS * G_USEC_PER_SEC;
        g_printerr(_("the log %s cannot be written, records are being lost: %s\n"), name, g_strerror(trouble));
    } else if (!trouble && log->in_trouble) {
        log->in_trouble = FALSE;
        g_printerr(_("the log %s is written again; %" PRIu64 " records were lost\n"), name, log->lost - log->said);
        log->said = log->lost;
    }
}

void kj_log_write(KjLog *log, const KjLogRecord *record) {
    if (log->place == PLACE_NONE)
        return;
    g_autoptr(GString) text = g_string_sized_new(768);
    kj_log_format(record, log->form, (const char *const *)log->masked, text);
    g_string_append_c(text, '\n');
    g_mutex_lock(&log->mutex);
    int trouble = log->lost == log->told ? put(log, text) : put_after_loss(log, record->instant, text);
    log->lost += trouble != 0;
    if (trouble || log->in_trouble)
        tell(log, trouble);
    g_mutex_unlock(&log->mutex);
}
