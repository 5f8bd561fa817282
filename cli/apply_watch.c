/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watcher: a process that undoes an application when its time is over and nobody has confirmed it.
 *
 * It is started before anything is put in force, and has a session of its own, no terminal and no open files but one, so that it lives on
 * when the connection breaks over which the block was applied; that is what it is for. Told to end (SIGTERM, as when the machine goes down)
 * it undoes at once. Killed outright it leaves what `kijun apply --recover` finishes. While it lives it holds a lock on a file of its own,
 * by which others see that it does.
 *
 * It learns of a confirmation by looking at the application's file four times a second: a rename gives it another inode. What it does is
 * told to syslog, for it has nobody else to tell.
 */
#include "application.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <string.h>

#include "../compiler/translate.h"

enum {
    LOOK_MILLISECONDS = 250,
    TRIES = 40, /* to undo, if the target cannot at once */
    TRY_MILLISECONDS = 3000,
    START_TRIES = 20, /* for the watcher of an earlier application to see that it is not needed any more */
};

static volatile sig_atomic_t told_to_end;

static void end_now(int number) {
    (void)number;
    told_to_end = 1;
}

static void wait_milliseconds(gint64 milliseconds) {
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* ---- whether there is one ---- */

/* -1 when another holds it. */
static int hold(const KjApplication *application) {
    g_autofree char *path = kj_application_file(application->target, application->name, "watch", NULL);
    int lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (lock >= 0)
        close(lock);
    return -1;
}

gboolean kj_application_is_watched(const KjApplication *application) {
    int lock = hold(application);
    if (lock >= 0)
        close(lock);
    return lock < 0;
}

/* ---- the watcher ---- */

static gboolean is_the_same(const KjApplication *application, const KjApplication *now) {
    return now && now->phase == KJ_APPLICATION_PENDING && strcmp(now->token, application->token) == 0;
}

/* FALSE once it is confirmed, undone, another, or forgotten. A file that cannot be read is not a confirmation. */
static gboolean is_pending(const KjApplication *application, const char *path, struct stat *seen) {
    struct stat status;
    if (stat(path, &status) != 0)
        return errno != ENOENT;
    if (status.st_ino == seen->st_ino && status.st_mtim.tv_nsec == seen->st_mtim.tv_nsec)
        return TRUE;
    *seen = status;
    g_autoptr(KjApplication) now = kj_application_read(application->target, application->name, NULL);
    return !now || is_the_same(application, now);
}

static gboolean try_undo(const KjApplication *application) {
    g_autoptr(GError) error = NULL;
    int lock = kj_application_lock(application->target, application->name, TRUE, &error);
    g_autoptr(KjApplication) now = lock >= 0 ? kj_application_read(application->target, application->name, &error) : NULL;
    gboolean mine = is_the_same(application, now), done = now && (!mine || kj_application_undo(now, &error));
    if (lock >= 0)
        kj_application_unlock(lock);
    if (!done)
        syslog(LOG_ERR, "%s by %s: not confirmed, and what was in force before could not be put back: %s", application->block,
               application->target, error->message);
    else if (mine)
        syslog(LOG_WARNING, "%s by %s: not confirmed in time; what was in force before is in force again", application->block,
               application->target);
    return done;
}

static void watch(const KjApplication *application) {
    g_autofree char *path = kj_application_file(application->target, application->name, "state", NULL);
    struct stat seen = { .st_ino = 0 };
    gint64 left;
    while (path && !told_to_end && (left = kj_application_left(application)) > 0) {
        if (!is_pending(application, path, &seen))
            return;
        wait_milliseconds(MIN(left, LOOK_MILLISECONDS));
    }
    for (guint i = 0; i < TRIES && !try_undo(application); i++)
        wait_milliseconds(TRY_MILLISECONDS);
}

/* ---- starting it ---- */

/* Standard streams go nowhere; of what else was open only `keep` stays, as descriptor 3. */
static gboolean leave_everything(int keep) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || dup2(keep, STDERR_FILENO + 1) < 0 || fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC) != 0)
        return FALSE;
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (dup2(nowhere, stream) < 0)
            return FALSE;
    return syscall(SYS_close_range, STDERR_FILENO + 2, ~0u, 0) == 0 && chdir("/") == 0;
}

static void take_signals(void) {
    struct sigaction end = { .sa_handler = end_now }, ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* In the child. A byte says that it watches. */
static void become_watcher(const KjApplication *application, int started) G_GNUC_NORETURN;
static void become_watcher(const KjApplication *application, int started) {
    int lock = -1;
    if (setsid() < 0)
        _exit(EXIT_FAILURE);
    pid_t child = fork(); /* no leader of its session: it can never get a terminal again */
    if (child != 0 || !leave_everything(started))
        _exit(child > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    take_signals();
    openlog("kijun-apply", LOG_PID, LOG_AUTHPRIV);
    for (guint i = 0; i < START_TRIES && (lock = hold(application)) < 0; i++)
        wait_milliseconds(LOOK_MILLISECONDS);
    if (lock < 0 || write(STDERR_FILENO + 1, "", 1) != 1)
        _exit(EXIT_FAILURE);
    close(STDERR_FILENO + 1);
    watch(application);
    _exit(EXIT_SUCCESS);
}

gboolean kj_application_watch(const KjApplication *application, GError **error) {
    int ends[2];
    char byte;
    pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (child < 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("no process could be started to undo it: %s"), g_strerror(errno));
        return FALSE;
    }
    if (child == 0)
        become_watcher(application, ends[1]);
    close(ends[1]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    ssize_t got;
    while ((got = read(ends[0], &byte, 1)) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    if (got != 1)
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("the process that would undo it did not start"));
    return got == 1;
}
