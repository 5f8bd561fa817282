/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One command to the control socket of a daemon, and its one line back. */
#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kijun/translate.h>

#include "listen.h"

#define ANSWER_MAX (1u << 20)

static gboolean send_all(int socket, const char *bytes, gsize length) {
    while (length > 0) {
        gssize sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return FALSE;
        bytes += sent;
        length -= (gsize)sent;
    }
    return TRUE;
}

/* Up to the end of the line. */
static gboolean receive_line(int socket, GString *line) {
    char bytes[4096];
    while (line->len < ANSWER_MAX && !memchr(line->str, '\n', line->len)) {
        gssize count = recv(socket, bytes, sizeof bytes, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return FALSE;
        g_string_append_len(line, bytes, count);
    }
    return TRUE;
}

static gboolean read_answer(const char *line, char **answer, GError **error) {
    if (strcmp(line, "ok") == 0 || g_str_has_prefix(line, "ok ")) {
        *answer = g_strdup(line[2] ? line + 3 : "");
        return TRUE;
    }
    gboolean said = g_str_has_prefix(line, "error ");
    g_set_error_literal(error, KJ_ERROR, KJ_ERROR_UNABLE, said ? line + strlen("error ") : _("the daemon's answer makes no sense"));
    return FALSE;
}

gboolean kj_control_ask(const char *path, const char *const *words, char **answer, GError **error) {
    g_autofree char *name = g_strdup_printf("unix:%s", path), *command = g_strjoinv(" ", (char **)words);
    g_autoptr(GString) line = g_string_new(NULL);
    KjAddress address;
    if (strpbrk(command, "\n\r")) {
        g_set_error_literal(error, KJ_ERROR, KJ_ERROR_VALUE, _("a command is one line"));
        return FALSE;
    }
    if (!kj_address_read(name, &address, error))
        return FALSE;
    int socket = kj_address_connect(&address, error);
    if (socket < 0)
        return FALSE;
    g_autofree char *sent = g_strconcat(command, "\n", NULL);
    gboolean heard = send_all(socket, sent, strlen(sent)) && receive_line(socket, line);
    close(socket);
    if (!heard) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("%s: the daemon has hung up; it hears only root and the user it runs as"), path);
        return FALSE;
    }
    g_string_truncate(line, strcspn(line->str, "\n"));
    return read_answer(line->str, answer, error);
}
