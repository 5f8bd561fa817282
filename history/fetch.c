/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fetching, seen from the host: starting the process that receives, reading what it received, and making that part of the host's
 * repository.
 *
 * The quarantine is a folder in the host's repository, so that accepting is renaming: the packs first, each before its index, then the
 * reference. A crash between leaves objects that nothing names, all of them with everything they lead to; the next fetch finds them there.
 * While a fetch is under way its lock is held, and by that the next one knows that whatever it finds is left over: the quarantine, and
 * libgit2's lock on the reference.
 */
#include "fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <git2/sys/repository.h>
#include <kijun/kijun.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../compiler/translate.h"
#include "disk.h"
#include "fetch_private.h"

#define QUARANTINE "kijun-quarantine"
#define LOCK "kijun-fetch.lock"

const KjFetchLimits kj_fetch_limits = {
    .bytes = 256u << 20,
    .objects = 1u << 20,
    .object_bytes = 64u << 20,
    .memory = 1u << 30,
    .processor = 120,
    .wall = 600,
};

struct KjFetch {
    char *folder;     /* of the host's repository */
    char *quarantine; /* of what came */
    char *reference;
    int lock;
    KjRepository *repository;
    git_oid head, old;
    gboolean has_old;
};

const git_oid *kj_fetch_head(const KjFetch *fetch) {
    return &fetch->head;
}

const git_oid *kj_fetch_old_head(const KjFetch *fetch) {
    return fetch->has_old ? &fetch->old : NULL;
}

KjRepository *kj_fetch_repository(KjFetch *fetch) {
    return fetch->repository;
}

/* ---- the host's repository ---- */

/* Made beside its place, so that there never is half a one. An empty folder there is replaced, any other stays as it is. */
static gboolean make_repository(const char *folder, GError **error) {
    g_autofree char *beside = g_strconcat(folder, ".new", NULL), *parent = g_path_get_dirname(folder);
    g_autoptr(git_repository) made = NULL;
    kj_repository_start();
    if (g_mkdir_with_parents(parent, 0755) != 0)
        return kj_disk_fail(error, _("cannot be made"), parent);
    if (!kj_disk_remove(beside, error))
        return FALSE;
    if (git_repository_init(&made, beside, TRUE) != 0) {
        kj_repository_fail(error, beside);
        return FALSE;
    }
    return (rename(beside, folder) == 0 || kj_disk_fail(error, _("cannot be made"), folder)) && kj_disk_sync(parent, error);
}

/* git shows other objects than there are where somebody has put replacements; nobody may be shown another policy than the one that is in
 * force. */
static gboolean check_no_replacements(const KjFetch *fetch, GError **error) {
    git_strarray names = { NULL, 0 };
    gboolean none = TRUE;
    if (git_reference_list(&names, fetch->repository->git) != 0) {
        kj_repository_fail(error, fetch->folder);
        return FALSE;
    }
    for (gsize i = 0; none && i < names.count; i++)
        if (g_str_has_prefix(names.strings[i], "refs/replace/"))
            none = kj_fetch_refuse(error, KJ_FETCH_EXTRANEOUS,
                                   _("%s has %s, by which git shows other objects than there are; remove it: git replace -d"),
                                   fetch->folder, names.strings[i]);
    git_strarray_dispose(&names);
    return none;
}

static gboolean open_repository(KjFetch *fetch, GError **error) {
    g_autofree char *lock = g_build_filename(fetch->folder, LOCK, NULL),
                    *stale = g_strdup_printf("%s/%s.lock", fetch->folder, fetch->reference);
    g_autofree char *head = g_build_filename(fetch->folder, "HEAD", NULL);

    if (!g_file_test(head, G_FILE_TEST_EXISTS) && !make_repository(fetch->folder, error))
        return FALSE;
    if (!(fetch->repository = kj_repository_open_bare(fetch->folder, error)) || !check_no_replacements(fetch, error))
        return FALSE;
    if ((fetch->lock = kj_disk_lock(lock, _("another fetch is at work on this host; try again when it has ended"), error)) < 0)
        return FALSE;
    if (!kj_disk_remove(stale, error) || !kj_disk_remove(fetch->quarantine, error))
        return FALSE;
    int code = git_reference_name_to_id(&fetch->old, fetch->repository->git, fetch->reference);
    fetch->has_old = code == 0;
    if (code != 0 && code != GIT_ENOTFOUND)
        kj_repository_fail(error, fetch->folder);
    return code == 0 || code == GIT_ENOTFOUND;
}

/* ---- the process that receives ---- */

typedef struct {
    pid_t pid;
    int line; /* a socket: to its standard input, from its standard output */
} Process;

static int spawn_with(pid_t *pid, int line) {
    static char *const arguments[] = { (char *)KJ_FETCH_PROGRAM, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, line, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, line, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int code = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static gboolean start_process(Process *process, GError **error) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return kj_disk_fail(error, _("cannot be started"), KJ_FETCH_PROGRAM);
    int code = spawn_with(&process->pid, ends[1]);
    close(ends[1]);
    process->line = ends[0];
    if (code == 0)
        return TRUE;
    close(ends[0]);
    errno = code;
    return kj_disk_fail(error, _("cannot be started"), KJ_FETCH_PROGRAM);
}

static gboolean send_request(const Process *process, const KjFetch *fetch, const char *source, const KjFetchLimits *limits,
                             GError **error) {
    g_autofree char *objects = g_build_filename(fetch->folder, "objects", NULL);
    const guint64 numbers[] = { limits->bytes, limits->objects, limits->object_bytes, limits->memory, limits->processor };
    g_autoptr(GString) request = g_string_new(NULL);
    char old[GIT_OID_HEXSZ + 1] = "-";
    if (fetch->has_old)
        git_oid_tostr(old, sizeof old, &fetch->old);
    const char *const texts[] = { source, fetch->reference, objects, fetch->quarantine, old };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_string_append_len(request, texts[i], (gssize)strlen(texts[i]) + 1);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_string_append_printf(request, "%" G_GUINT64_FORMAT, numbers[i]);
        g_string_append_c(request, '\0');
    }
    return (send(process->line, request->str, request->len, MSG_NOSIGNAL) == (gssize)request->len &&
            shutdown(process->line, SHUT_WR) == 0) ||
           kj_disk_fail(error, _("cannot be asked"), KJ_FETCH_PROGRAM);
}

/* Reads the answer until its end, or until the time is over. FALSE: it is over. */
static gboolean read_answer(const Process *process, GString *answer, guint seconds) {
    gint64 end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
    char piece[KJ_FETCH_ANSWER_BYTES];
    for (;;) {
        gint64 left = (end - g_get_monotonic_time()) / 1000;
        struct pollfd waiting = { .fd = process->line, .events = POLLIN };
        if (left <= 0)
            return FALSE;
        if (poll(&waiting, 1, (int)MIN(left, G_MAXINT)) <= 0)
            continue;
        ssize_t got = read(process->line, piece, sizeof piece);
        if (got == 0 || (got < 0 && errno != EINTR))
            return TRUE;
        if (got > 0 && answer->len < KJ_FETCH_ANSWER_BYTES)
            g_string_append_len(answer, piece, got);
    }
}

static int end_process(const Process *process, gboolean kill_it) {
    int status = 0;
    if (kill_it)
        kill(process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* Names of a stranger are in an answer, and it may be cut anywhere: no half characters, and nothing that moves on a screen. Free with g_free. */
static char *shown_text(const char *answer) {
    g_autofree char *valid = g_utf8_make_valid(answer, -1);
    GString *shown = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);
        gboolean hidden = g_unichar_iscntrl(character) || g_unichar_type(character) == G_UNICODE_FORMAT;
        g_string_append_unichar(shown, hidden ? 0xfffd : character);
    }
    return g_string_free(shown, FALSE);
}

static gboolean take_answer(KjFetch *fetch, const char *source, const char *answer, int status, const KjFetchLimits *limits,
                            GError **error) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return kj_fetch_refuse(error, KJ_FETCH_ENDLESS, _("%s takes more than %u seconds of processor time to receive"), source,
                               limits->processor);
    if (WIFSIGNALED(status)) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the process that received from %s was ended by %s"), source,
                    strsignal(WTERMSIG(status)));
        return FALSE;
    }
    if (g_str_has_prefix(answer, "head ") && git_oid_fromstr(&fetch->head, answer + strlen("head ")) == 0)
        return TRUE;
    const char *text = strchr(answer, ' ');
    g_autofree char *why = text ? shown_text(text + 1) : NULL;
    g_set_error(error, KJ_ERROR, g_str_has_prefix(answer, "refused ") ? KJ_ERROR_REFUSED : KJ_ERROR_IO, "%s",
                why ? why : _("the process that receives could not start its work"));
    return FALSE;
}

static gboolean receive(KjFetch *fetch, const char *source, const KjFetchLimits *limits, GError **error) {
    g_autoptr(GString) answer = g_string_new(NULL);
    Process process;
    gboolean in_time = FALSE;

    if (!start_process(&process, error))
        return FALSE;
    gboolean asked = send_request(&process, fetch, source, limits, error);
    if (asked)
        in_time = read_answer(&process, answer, limits->wall);
    int status = end_process(&process, !in_time);
    close(process.line);
    if (!asked)
        return FALSE;
    if (!in_time)
        return kj_fetch_refuse(error, KJ_FETCH_SLOW, _("%s has not sent everything within %u seconds"), source, limits->wall);
    return take_answer(fetch, source, answer->str, status, limits, error);
}

/* ---- starting ---- */

static gboolean check_names(const char *source, const char *reference, GError **error) {
    int valid = FALSE;
    if (strlen(source) > PATH_MAX || *source == '\0' || *source == '-' || g_str_has_prefix(source, "ext::")) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("`%.100s` is no source"), source);
        return FALSE;
    }
    if (git_reference_name_is_valid(&valid, reference) != 0 || !valid || !g_str_has_prefix(reference, "refs/") || strchr(reference, '*')) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("`%.100s` is no reference"), reference);
        return FALSE;
    }
    return TRUE;
}

static gboolean add_quarantine(KjFetch *fetch, GError **error) {
    g_autofree char *objects = g_build_filename(fetch->quarantine, "objects", NULL);
    g_autoptr(git_odb) all = NULL;
    if (git_repository_odb(&all, fetch->repository->git) == 0 && git_odb_add_disk_alternate(all, objects) == 0)
        return TRUE;
    kj_repository_fail(error, fetch->quarantine);
    return FALSE;
}

KjFetch *kj_fetch_start(const char *repository, const char *source, const char *reference, const KjFetchLimits *limits, GError **error) {
    g_autoptr(KjFetch) fetch = g_new0(KjFetch, 1);
    fetch->lock = -1;
    fetch->folder = g_canonicalize_filename(repository, NULL);
    fetch->quarantine = g_build_filename(fetch->folder, QUARANTINE, NULL);
    fetch->reference = g_strdup(reference);
    kj_repository_start();
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1); /* what a host accepts outlives the power */
    gboolean done = check_names(source, reference, error) && open_repository(fetch, error) &&
                    receive(fetch, source, limits ? limits : &kj_fetch_limits, error) && add_quarantine(fetch, error);
    return done ? g_steal_pointer(&fetch) : NULL;
}

void kj_fetch_free(KjFetch *fetch) {
    if (!fetch)
        return;
    if (fetch->repository)
        kj_repository_unref(fetch->repository);
    if (fetch->lock >= 0) {
        kj_disk_remove(fetch->quarantine, NULL); /* what cannot be removed now the next fetch will */
        close(fetch->lock);
    }
    g_free(fetch->folder);
    g_free(fetch->quarantine);
    g_free(fetch->reference);
    g_free(fetch);
}

/* ---- accepting ---- */

static gboolean sync_file(const char *path, GError **error) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gboolean synced = file >= 0 && fsync(file) == 0;
    if (!synced)
        kj_disk_fail(error, _("cannot be brought to the disk"), path);
    if (file >= 0)
        close(file);
    return synced;
}

/* Moves the files of one suffix. */
static gboolean move_files(const char *from, const char *to, const char *suffix, GError **error) {
    g_autoptr(GDir) all = g_dir_open(from, 0, error);
    gboolean done = all != NULL;
    for (const char *name; done && (name = g_dir_read_name(all));) {
        g_autofree char *old = g_build_filename(from, name, NULL), *new = g_build_filename(to, name, NULL);
        if (g_str_has_prefix(name, "pack-") && g_str_has_suffix(name, suffix))
            done = sync_file(old, error) && (rename(old, new) == 0 || kj_disk_fail(error, _("cannot be moved to its place"), old));
    }
    return done;
}

/* git takes a pack for one when its index is there. */
static gboolean move_packs(const KjFetch *fetch, GError **error) {
    g_autofree char *from = g_build_filename(fetch->quarantine, "objects", "pack", NULL),
                    *to = g_build_filename(fetch->folder, "objects", "pack", NULL);
    if (!g_file_test(from, G_FILE_TEST_IS_DIR))
        return TRUE;
    return move_files(from, to, ".pack", error) && kj_disk_sync(to, error) && move_files(from, to, ".idx", error) &&
           kj_disk_sync(to, error);
}

/* From here on the host's repository is read alone: the quarantine is about to go. */
static gboolean leave_quarantine(KjFetch *fetch, GError **error) {
    g_autofree char *objects = g_build_filename(fetch->folder, "objects", NULL);
    g_autoptr(git_odb) own = NULL;
    if (git_odb_open(&own, objects) == 0 && git_repository_set_odb(fetch->repository->git, own) == 0)
        return TRUE;
    kj_repository_fail(error, fetch->folder);
    return FALSE;
}

/* Where only bringing it to the disk failed, the reference has moved all the same. */
static void put_back(KjFetch *fetch) {
    g_autoptr(git_reference) moved = NULL, back = NULL;
    if (git_reference_lookup(&moved, fetch->repository->git, fetch->reference) != 0 || git_reference_type(moved) != GIT_REFERENCE_DIRECT ||
        !git_oid_equal(git_reference_target(moved), &fetch->head))
        return;
    if (fetch->has_old)
        git_reference_set_target(&back, moved, &fetch->old, NULL);
    else
        git_reference_delete(moved);
}

gboolean kj_fetch_accept(KjFetch *fetch, GError **error) {
    g_autoptr(git_reference) set = NULL;
    if (fetch->has_old && git_oid_equal(&fetch->old, &fetch->head))
        return TRUE;
    if (!move_packs(fetch, error) || !leave_quarantine(fetch, error))
        return FALSE;
    int code = fetch->has_old ?
                   git_reference_create_matching(&set, fetch->repository->git, fetch->reference, &fetch->head, TRUE, &fetch->old, NULL) :
                   git_reference_create(&set, fetch->repository->git, fetch->reference, &fetch->head, FALSE, NULL);
    if (code == 0) {
        fetch->old = fetch->head;
        fetch->has_old = TRUE;
    } else if (code == GIT_EMODIFIED || code == GIT_EEXISTS) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_REFUSED, _("somebody else has moved %s meanwhile"), fetch->reference);
    } else {
        kj_repository_fail(error, fetch->reference);
        put_back(fetch);
    }
    return code == 0;
}
