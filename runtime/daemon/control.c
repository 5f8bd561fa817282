/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket: one command a line, one line back.
 *
 *     reload [FILE]     the table again, or another         shadow FILE | shadow off
 *     status            one JSON object                     drain
 *
 * The answer begins with `ok` or `error`. Only root and the user kijund runs as are heard: the kernel says who connected (SO_PEERCRED), and
 * the permissions of the socket are no more than a first door. `kijund --control SOCKET COMMAND` is the client.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "worker.h"

#define COMMAND_MAX 8192u /* bytes of a line: a word and a path */

/* ---- commands; each appends what comes behind `ok` ---- */

static gboolean do_reload(KjDaemon *daemon, const char *file, GString *out, GError **error) {
    (void)out;
    return kj_daemon_reload(daemon, *file ? file : NULL, error);
}

static gboolean do_shadow(KjDaemon *daemon, const char *file, GString *out, GError **error) {
    (void)out;
    if (!*file) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("shadow needs the file of a table, or `off`"));
        return FALSE;
    }
    return kj_daemon_shadow(daemon, strcmp(file, "off") == 0 ? NULL : file, error);
}

static gboolean do_status(KjDaemon *daemon, const char *rest, GString *out, GError **error) {
    g_autofree char *status = kj_daemon_status(daemon);
    (void)rest;
    (void)error;
    g_string_append_printf(out, " %s", status);
    return TRUE;
}

static gboolean do_drain(KjDaemon *daemon, const char *rest, GString *out, GError **error) {
    (void)rest;
    (void)out;
    (void)error;
    kj_daemon_drain(daemon);
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*run)(KjDaemon *daemon, const char *rest, GString *out, GError **error);
    gboolean takes_file;
} commands[] = {
    { "reload", do_reload, TRUE },
    { "shadow", do_shadow, TRUE },
    { "status", do_status, FALSE },
    { "drain", do_drain, FALSE },
};

static gboolean run_command(KjDaemon *daemon, char *line, GString *out, GError **error) {
    char *rest = strchr(line, ' ');
    if (rest)
        *rest++ = 0;
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i].name, line) == 0 && (commands[i].takes_file || !rest))
            return commands[i].run(daemon, rest ? g_strstrip(rest) : "", out, error);
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNKNOWN, _("the commands are: reload [FILE], shadow FILE, shadow off, status, drain"));
    return FALSE;
}

/* ---- the conversation ---- */

static gssize take(gpointer own, gpointer connection, const char *bytes, gsize length, GString *reply) {
    const KjService *service = own;
    const char *end = memchr(bytes, '\n', length);
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    (void)connection;
    if (!end)
        return 0;
    g_autofree char *line = g_strndup(bytes, (gsize)(end - bytes));
    if (run_command(service->daemon, g_strstrip(line), out, &error)) {
        g_string_append_printf(reply, "ok%s\n", out->str);
    } else {
        g_string_append_printf(reply, "error %s\n", g_strdelimit(error->message, "\n\r", ' '));
    }
    return end - bytes + 1;
}

static gpointer begin(const KjService *service, GError **error) {
    (void)error;
    return (gpointer)service;
}

static void end(gpointer own) {
    (void)own;
}

static gpointer open_connection(gpointer own, int socket) {
    struct ucred peer = { .uid = (uid_t) -1 };
    socklen_t length = sizeof peer;
    const KjService *service = own;
    gboolean known = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof peer;
    if (known && (peer.uid == 0 || peer.uid == geteuid()))
        return own;
    kj_daemon_note(KJ_NOTE_WARNING, _("[%s]: user %u may not control this daemon; hanging up"), kj_section_name(service->section),
                   (guint)peer.uid);
    return NULL;
}

static void close_connection(gpointer connection) {
    (void)connection;
}

static const KjConversation conversation = {
    .input_max = COMMAND_MAX,
    .begin = begin,
    .end = end,
    .open = open_connection,
    .close = close_connection,
    .take = take,
};

/* ---- the protocol ---- */

static gpointer start(const KjService *service, GError **error) {
    return kj_workers_start(&conversation, service, 1, 0, error);
}

const KjProtocol kj_protocol_control = {
    .name = "control",
    .doc = N_("Commands of the administrator: kijund --control SOCKET COMMAND."),
    .farthest = KJ_REACH_UNIX,
    .mode = 0600,
    .connections = 16,
    .idle_seconds = 60,
    .start = start,
    .connections_now = kj_workers_connections,
    .alive_at = kj_workers_alive_at,
    .stop = kj_workers_stop,
};
