/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon: opens what the settings say, and then waits for signals.
 *
 * Everything that can fail is opened before the first question is answered; a daemon that is half there does not start. From then on a bad
 * table, a counter that is away, a log that cannot be written are told and change nothing else.
 *
 * Reloading is done in the thread that was asked to (the control socket's, or the main thread on SIGHUP), one at a time, and not any more
 * once the end has begun: protocols are being stopped then.
 */
#include "daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "json.h"
#include "listen.h"
#include "notify.h"

typedef struct {
    KjService service;
    const KjProtocol *protocol;
    KjAddress address;
    gpointer running; /* NULL: not yet */
} Served;

struct KjDaemon {
    KjSettings *settings;
    KjLog *log;
    KjCounter *counter;
    KjPoint *point;
    GPtrArray *served; /* Served; fixed once started */
    int signals, wake;
    KjNotify *notify;
    GMutex lock; /* of reloading, and of: */
    gboolean draining;
    char *table, *shadow; /* the files in use; `shadow` NULL: no candidate */
};

/* ---- swapping ---- */

static gboolean refuse_draining(KjDaemon *daemon, GError **error) {
    if (daemon->draining)
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, _("the daemon is ending"));
    return daemon->draining;
}

static void renew_all(KjDaemon *daemon) {
    for (guint i = 0; i < daemon->served->len; i++) {
        Served *served = daemon->served->pdata[i];
        if (served->running && served->protocol->renew)
            served->protocol->renew(served->running);
    }
}

static void tell_swap(const char *what, const char *path, gboolean swapped, GError **error) {
    if (swapped)
        kj_daemon_note(KJ_NOTE_INFO, "%s: %s", what, path ? path : _("none"));
    else
        kj_daemon_note(KJ_NOTE_ERROR, _("%s: refused, nothing changes: %s"), what, error && *error ? (*error)->message : path);
}

gboolean kj_daemon_reload(KjDaemon *daemon, const char *path, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_mutex_lock(&daemon->lock);
    const char *file = path ? path : daemon->table;
    gboolean swapped = !refuse_draining(daemon, &problem) && kj_point_load(daemon->point, file, &problem);
    if (swapped)
        renew_all(daemon);
    tell_swap(_("table"), file, swapped, &problem);
    if (swapped && path) {
        g_free(daemon->table);
        daemon->table = g_strdup(path);
    }
    g_mutex_unlock(&daemon->lock);
    if (!swapped)
        g_propagate_error(error, g_steal_pointer(&problem));
    return swapped;
}

gboolean kj_daemon_shadow(KjDaemon *daemon, const char *path, GError **error) {
    g_autoptr(GError) problem = NULL;
    g_mutex_lock(&daemon->lock);
    gboolean swapped = !refuse_draining(daemon, &problem) && kj_point_shadow(daemon->point, path, &problem);
    if (swapped)
        renew_all(daemon);
    tell_swap(_("candidate"), path, swapped, &problem);
    if (swapped) {
        g_free(daemon->shadow);
        daemon->shadow = g_strdup(path);
    }
    g_mutex_unlock(&daemon->lock);
    if (!swapped)
        g_propagate_error(error, g_steal_pointer(&problem));
    return swapped;
}

/* ---- looking ---- */

gboolean kj_daemon_is_ready(KjDaemon *daemon, char **why) {
    g_mutex_lock(&daemon->lock);
    gboolean draining = daemon->draining;
    g_mutex_unlock(&daemon->lock);
    g_autofree char *trouble = draining ? g_strdup(N_("the daemon is ending")) : kj_counter_trouble(daemon->counter);
    gboolean ready = !trouble;
    if (why)
        *why = g_steal_pointer(&trouble);
    return ready;
}

static void append_member(GString *out, const char *name, const char *text) {
    g_string_append_printf(out, "%s\"%s\":", out->str[out->len - 1] == '{' ? "" : ",", name);
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;
    if (valid)
        kj_json_append_text(out, valid);
    else
        g_string_append(out, "null");
}

static void append_edition(GString *out, const char *name, const char *file, const char *release) {
    g_string_append_printf(out, ",\"%s\":", name);
    if (!file) {
        g_string_append(out, "null");
        return;
    }
    g_string_append(out, "{");
    append_member(out, "file", file);
    append_member(out, "release", release);
    g_string_append(out, "}");
}

static void append_served(GString *out, const Served *served) {
    g_string_append(out, "{");
    append_member(out, "name", kj_section_name(served->service.section));
    append_member(out, "protocol", served->protocol->name);
    append_member(out, "block", served->service.block);
    if (served->protocol->connections_now)
        g_string_append_printf(out, ",\"connections\":%u", served->protocol->connections_now(served->running));
    g_string_append(out, "}");
}

char *kj_daemon_status(KjDaemon *daemon) {
    g_autoptr(GString) out = g_string_new("{\"version\":1");
    g_autofree char *trouble = kj_counter_trouble(daemon->counter);
    char release[17] = "", candidate[17] = "";
    kj_table_unref(kj_point_table(daemon->point, release));
    kj_table_unref(kj_point_candidate(daemon->point, candidate));
    g_mutex_lock(&daemon->lock);
    g_string_append_printf(out, ",\"pid\":%d,\"draining\":%s,\"epoch\":%" PRIu64, (int)getpid(), daemon->draining ? "true" : "false",
                           kj_point_epoch(daemon->point));
    append_edition(out, "table", daemon->table, release);
    append_edition(out, "candidate", daemon->shadow, candidate);
    append_member(out, "counter_trouble", trouble);
    g_string_append_printf(out, ",\"log_lost\":%" PRIu64 ",\"listen\":[", kj_log_lost(daemon->log));
    for (guint i = 0; i < daemon->served->len; i++) {
        g_string_append(out, i ? "," : "");
        append_served(out, daemon->served->pdata[i]);
    }
    g_mutex_unlock(&daemon->lock);
    g_string_append(out, "]}");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- starting ---- */

static void watch_counter(const char *trouble, gpointer data) {
    (void)data;
    if (trouble)
        kj_daemon_note(KJ_NOTE_ERROR, _("the counter cannot be asked: %s"), trouble);
    else
        kj_daemon_note(KJ_NOTE_INFO, _("the counter can be asked again"));
}

static gboolean open_files(KjDaemon *daemon, GError **error) {
    KjSection *main = kj_settings_main(daemon->settings);
    const char *log = kj_section_get(main, "log"), *counter = kj_section_get(main, "counter"), *shadow = kj_section_get(main, "shadow");
    g_auto(GStrv) masked = kj_settings_mask(daemon->settings);
    daemon->log = kj_log_open(log ? log : "stderr", kj_settings_log_form(daemon->settings), (const char *const *)masked, error);
    if (!daemon->log)
        return FALSE;
    daemon->counter = kj_counter_open(counter ? counter : "memory", error);
    if (!daemon->counter)
        return FALSE;
    kj_counter_watch(daemon->counter, watch_counter, NULL);
    daemon->point = kj_point_new(daemon->counter, daemon->log);
    daemon->table = g_strdup(kj_section_get(main, "table"));
    daemon->shadow = g_strdup(shadow);
    return kj_point_load(daemon->point, daemon->table, error) && (!shadow || kj_point_shadow(daemon->point, shadow, error));
}

static guint read_mode(const KjSection *section) {
    const char *text = kj_section_get(section, "mode");
    return text ? (guint)g_ascii_strtoull(text, NULL, 8) : section->protocol->mode;
}

static gboolean check_reach(const Served *served, GError **error) {
    if (served->service.reach <= served->protocol->farthest)
        return TRUE;
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE,
                _("the protocol `%s` knows no proof of who asks: its socket must be a unix socket or on loopback"),
                served->protocol->name);
    return FALSE;
}

static gboolean open_socket(Served *served, GError **error) {
    KjSection *section = served->service.section;
    if (!kj_address_read(kj_section_get(section, "address"), &served->address, error))
        return FALSE;
    served->service.socket = kj_address_listen(&served->address, read_mode(section), kj_section_get(section, "group"), error);
    if (served->service.socket < 0)
        return FALSE;
    served->service.reach = kj_socket_reach(served->service.socket);
    return check_reach(served, error);
}

static gboolean open_one(KjDaemon *daemon, KjSection *section, GError **error) {
    Served *served = g_new0(Served, 1);
    served->protocol = section->protocol;
    served->service = (KjService){
        .daemon = daemon,
        .section = section,
        .block = kj_section_get(section, "block"),
        .socket = -1,
        .connections = (guint)kj_section_number(section, "connections", 1, 100000, section->protocol->connections),
        .idle_seconds = (guint)kj_section_number(section, "idle", 1, 86400, section->protocol->idle_seconds),
    };
    if (open_socket(served, error)) {
        g_ptr_array_add(daemon->served, served);
        return TRUE;
    }
    g_prefix_error(error, "[%s]: ", section->group);
    if (served->service.socket >= 0) {
        close(served->service.socket);
        kj_address_remove(&served->address);
    }
    g_free(served);
    return FALSE;
}

static gboolean open_sockets(KjDaemon *daemon, GError **error) {
    const GPtrArray *sections = kj_settings_listen(daemon->settings);
    gboolean opened = TRUE;
    for (guint i = 0; i < sections->len && opened; i++)
        opened = open_one(daemon, sections->pdata[i], error);
    return opened;
}

static gboolean start_all(KjDaemon *daemon, GError **error) {
    gboolean started = TRUE;
    g_mutex_lock(&daemon->lock); /* a reload that is asked for now waits until all are there */
    for (guint i = 0; i < daemon->served->len && started; i++) {
        Served *served = daemon->served->pdata[i];
        served->service.point = daemon->point;
        served->running = served->protocol->start(&served->service, error);
        started = served->running != NULL;
        if (!started)
            g_prefix_error(error, "[%s]: ", served->service.section->group);
    }
    g_mutex_unlock(&daemon->lock);
    return started;
}

static void fill_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
}

void kj_daemon_block_signals(void) {
    sigset_t signals;
    fill_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

KjDaemon *kj_daemon_start(KjSettings *settings, GError **error) {
    KjDaemon *daemon = g_new0(KjDaemon, 1);
    sigset_t signals;
    fill_signals(&signals);
    g_mutex_init(&daemon->lock);
    daemon->settings = settings;
    daemon->served = g_ptr_array_new_with_free_func(g_free);
    daemon->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    daemon->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    daemon->notify = kj_notify_new();
    if (open_sockets(daemon, error) && kj_daemon_confine(settings, error) && open_files(daemon, error) && start_all(daemon, error) &&
        kj_daemon_sandbox(settings, error))
        return daemon;
    kj_daemon_stop(daemon);
    return NULL;
}

/* ---- running and ending ---- */

/* Certificates and tokens: of each section the new ones, or those it has. FALSE: some were refused. */
static gboolean reread_all(KjDaemon *daemon) {
    gboolean all = TRUE;
    g_mutex_lock(&daemon->lock);
    for (guint i = 0; i < daemon->served->len; i++) {
        Served *served = daemon->served->pdata[i];
        g_autoptr(GError) error = NULL;
        if (!served->protocol->reread || served->protocol->reread(served->running, &error))
            continue;
        kj_daemon_note(KJ_NOTE_ERROR, _("[%s]: certificate and tokens: refused, nothing changes: %s"),
                       kj_section_name(served->service.section), error->message);
        all = FALSE;
    }
    g_mutex_unlock(&daemon->lock);
    return all;
}

static void on_hangup(KjDaemon *daemon) {
    g_autoptr(GError) error = NULL;
    kj_notify_reloading(daemon->notify);
    gboolean swapped = kj_daemon_reload(daemon, NULL, NULL), reread = reread_all(daemon);
    if (!kj_log_reopen(daemon->log, &error))
        kj_daemon_note(KJ_NOTE_ERROR, "%s", error->message);
    kj_notify_say(daemon->notify, "READY=1\nSTATUS=%s",
                  !swapped ? _("a new table was refused; the old one decides")
                  : reread ? _("the table was loaded again")
                           : _("the table was loaded again; a new certificate or token file was refused"));
}

/* TRUE: the end was asked for. */
static gboolean hear_signals(KjDaemon *daemon) {
    struct signalfd_siginfo signal;
    gboolean end = FALSE;
    while (read(daemon->signals, &signal, sizeof signal) == (gssize)sizeof signal) {
        if (signal.ssi_signo == SIGHUP)
            on_hangup(daemon);
        else
            end = TRUE;
    }
    return end;
}

/* Whether every thread that answers has come around of late: only then is the watchdog told that we live. This thread shows it by asking.
 * A protocol whose lock is held for ever keeps it from coming back, which shows too. */
static gboolean all_live(KjDaemon *daemon) {
    gint64 patience = (gint64)KJ_TURN_SECONDS * G_USEC_PER_SEC + kj_notify_interval(daemon->notify), now = g_get_monotonic_time();
    for (guint i = 0; i < daemon->served->len; i++) {
        Served *served = daemon->served->pdata[i];
        if (now - served->protocol->alive_at(served->running) > patience) {
            kj_daemon_note(KJ_NOTE_ERROR, _("[%s]: a thread hangs; the watchdog is not told that all is well"),
                           kj_section_name(served->service.section));
            return FALSE;
        }
    }
    return TRUE;
}

/* Tells the watchdog when it is time; in how many milliseconds the next time is, -1: never. */
static int tell_watchdog(KjDaemon *daemon, gint64 *next) {
    gint64 interval = kj_notify_interval(daemon->notify), now = g_get_monotonic_time();
    if (interval == 0)
        return -1;
    if (now >= *next) {
        if (all_live(daemon))
            kj_notify_say(daemon->notify, "WATCHDOG=1");
        *next = now + interval;
    }
    return (int)MIN((*next - now + 999) / 1000, G_MAXINT);
}

void kj_daemon_run(KjDaemon *daemon) {
    struct pollfd watched[] = { { daemon->signals, POLLIN, 0 }, { daemon->wake, POLLIN, 0 } };
    gboolean end = FALSE;
    gint64 next = 0;
    kj_daemon_note(KJ_NOTE_INFO, _("ready: %s"), daemon->table);
    kj_notify_say(daemon->notify, "READY=1\nSTATUS=%s", _("answering"));
    while (!end) {
        if (poll(watched, G_N_ELEMENTS(watched), tell_watchdog(daemon, &next)) < 0 && errno != EINTR)
            break;
        end = hear_signals(daemon) || (watched[1].revents & POLLIN);
    }
    kj_daemon_note(KJ_NOTE_INFO, _("ending"));
    kj_notify_say(daemon->notify, "STOPPING=1\nSTATUS=%s", _("ending"));
}

void kj_daemon_drain(KjDaemon *daemon) {
    guint64 one = 1;
    while (write(daemon->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

void kj_daemon_stop(KjDaemon *daemon) {
    g_mutex_lock(&daemon->lock);
    daemon->draining = TRUE;
    g_mutex_unlock(&daemon->lock);
    for (guint i = 0; i < daemon->served->len; i++) {
        Served *served = daemon->served->pdata[i];
        kj_address_remove(&served->address); /* first: who connects from now on shall not wait for an answer that never comes */
        if (served->running)
            served->protocol->stop(served->running);
        close(served->service.socket);
    }
    g_ptr_array_unref(daemon->served);
    kj_point_free(daemon->point);
    kj_counter_free(daemon->counter);
    kj_log_free(daemon->log);
    close(daemon->signals);
    close(daemon->wake);
    kj_notify_free(daemon->notify);
    g_mutex_clear(&daemon->lock);
    g_free(daemon->table);
    g_free(daemon->shadow);
    g_free(daemon);
}
