/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a kijund of one's own; served.h says how. */
#include "served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_SECONDS 20

Served *served_new(void) {
    Served *served = g_new0(Served, 1);
    g_autoptr(GError) error = NULL;
    served->folder = g_dir_make_tmp("kijund-XXXXXX", &error);
    g_assert_no_error(error);
    return served;
}

void served_free(Served *served) {
    if (served->process)
        served_end(served, SIGKILL);
    const char *argv[] = { "rm", "-rf", served->folder, NULL };
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    g_free(served->folder);
    g_free(served->config);
    g_free(served);
}

char *served_path(const Served *served, const char *name) {
    return g_build_filename(served->folder, name, NULL);
}

void served_write(const Served *served, const char *name, const char *text) {
    g_autofree char *path = served_path(served, name);
    g_autoptr(GError) error = NULL;
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

char *served_read(const Served *served, const char *name) {
    g_autofree char *path = served_path(served, name);
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

void served_build(const Served *served, const char *name, const char *policy) {
    g_autofree char *from = served_path(served, "mail.pol"), *to = served_path(served, name); /* one file: counters have the module's name */
    const char *argv[] = { g_getenv("KIJUN"), "build", "-o", to, from, NULL };
    g_autofree char *told = NULL;
    int status = -1;
    served_write(served, "mail.pol", policy);
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &told, &status, NULL));
    g_assert_cmpstr(told, ==, "");
    g_assert_cmpint(status, ==, 0);
}

/* ---- sockets ---- */

static int free_port(void) {
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof name;
    int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(socket_, (struct sockaddr *)&name, sizeof name), ==, 0);
    g_assert_cmpint(getsockname(socket_, (struct sockaddr *)&name, &length), ==, 0);
    close(socket_);
    return ntohs(name.sin_port);
}

int served_try_unix(const Served *served, const char *name) {
    g_autofree char *path = served_path(served, name);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof address.sun_path), <, sizeof address.sun_path);
    if (connect(socket_, (struct sockaddr *)&address, sizeof address) == 0)
        return socket_;
    close(socket_);
    return -1;
}

int served_connect_unix(const Served *served, const char *name) {
    int socket_ = served_try_unix(served, name);
    g_assert_cmpint(socket_, >=, 0);
    return socket_;
}

int served_connect_inet(const Served *served) {
    static const int on = 1;
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((guint16)served->port) };
    int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(socket_, (struct sockaddr *)&name, sizeof name), ==, 0);
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket_;
}

/* ---- the process ---- */

void served_configure(Served *served, const char *block, const char *main, const char *listen, const char *more) {
    const char *f = served->folder;
    g_autofree char *text = NULL;
    served->port = served->port ? served->port : free_port();
    text = g_strdup_printf("[kijund]\ntable=%s/table.kjt\nlog=file:%s/log\n%s\n"
                           "[listen unix]\nprotocol=postfix\naddress=unix:%s/policy\nblock=%s\n%s\n"
                           "[listen inet]\nprotocol=postfix\naddress=inet:127.0.0.1:%d\nblock=%s\n%s\n"
                           "[listen control]\nprotocol=control\naddress=unix:%s/control\n%s\n",
                           f, f, main, f, block, listen, served->port, block, listen, f, more);
    served_write(served, "kijund.conf", text);
    g_free(served->config);
    served->config = served_path(served, "kijund.conf");
}

/* A test that aborts takes its daemon with it. */
static void die_together(gpointer data) {
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void served_start(Served *served) {
    g_autofree char *program = g_build_filename(g_getenv("G_TEST_BUILDDIR"), "kijund", NULL), *told = served_path(served, "told");
    /* Where it is built with ASan: freed memory is not kept, so that what is resident is what is used. */
    g_autofree char *script = g_strdup_printf("ASAN_OPTIONS=\"$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=16\" "
                                              "exec '%s' --config '%s' >>'%s' 2>&1", program, served->config, told);
    const char *argv[] = { "sh", "-c", script, NULL };
    g_autoptr(GError) error = NULL;
    gint64 end = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
    g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_together, NULL, &served->process,
                  &error);
    g_assert_no_error(error);
    while (!served_control(served, "status", NULL)) {
        if (waitpid(served->process, NULL, WNOHANG) != 0 || g_get_monotonic_time() > end) {
            g_autofree char *text = served_read(served, "told");
            g_error("kijund does not start: %s", text);
        }
        g_usleep(5000);
    }
}

int served_end(Served *served, int signal) {
    int status = -1;
    kill(served->process, signal);
    while (waitpid(served->process, &status, 0) < 0 && errno == EINTR)
        continue;
    served->process = 0;
    return status;
}

guint64 served_resident(const Served *served) {
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)served->process), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    const char *line = strstr(text, "VmRSS:");
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen("VmRSS:"), NULL, 10);
}

/* ---- talking ---- */

static gboolean send_text(int socket, const char *text, gsize length) {
    while (length > 0) {
        gssize sent = send(socket, text, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return FALSE;
        text += sent;
        length -= (gsize)sent;
    }
    return TRUE;
}

/* Up to and without `end`; NULL when the peer hangs up before. */
static char *receive_until(int socket, const char *end) {
    g_autoptr(GString) text = g_string_new(NULL);
    char bytes[4096];
    while (!g_str_has_suffix(text->str, end)) {
        gssize count = recv(socket, bytes, sizeof bytes, 0);
        if (count <= 0)
            return NULL;
        g_string_append_len(text, bytes, count);
    }
    g_string_truncate(text, text->len - strlen(end));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean served_control(const Served *served, const char *command, char **answer) {
    g_autofree char *line = g_strconcat(command, "\n", NULL), *told = NULL;
    int socket = served_try_unix(served, "control");
    if (socket < 0)
        return FALSE;
    if (send_text(socket, line, strlen(line)))
        told = receive_until(socket, "\n");
    close(socket);
    gboolean good = told && g_str_has_prefix(told, "ok");
    if (answer)
        *answer = g_steal_pointer(&told);
    return good;
}

char *served_ask(int socket, const char *lines) {
    g_autofree char *whole = g_strconcat(lines, "\n", NULL);
    if (!send_text(socket, whole, strlen(whole)))
        return NULL;
    g_autofree char *answer = receive_until(socket, "\n\n");
    g_assert_true(!answer || g_str_has_prefix(answer, "action="));
    return answer ? g_strdup(answer + strlen("action=")) : NULL;
}

char *served_post(int socket, const char *request) {
    g_autoptr(GString) text = g_string_new(NULL);
    char bytes[4096];
    if (!send_text(socket, request, strlen(request)))
        return NULL;
    while (TRUE) {
        const char *body = strstr(text->str, "\r\n\r\n"), *length = strstr(text->str, "Content-Length: ");
        if (body && length && text->len - (gsize)(body + 4 - text->str) >= g_ascii_strtoull(length + strlen("Content-Length: "), NULL, 10))
            return g_strdup(body + 4);
        gssize count = recv(socket, bytes, sizeof bytes, 0);
        if (count <= 0)
            return NULL;
        g_string_append_len(text, bytes, count);
    }
}

char *served_request(const char *state, const char *instance, const char *from, const char *to, guint size, guint count) {
    return g_strdup_printf("request=smtpd_access_policy\nprotocol_state=%s\nprotocol_name=ESMTP\nhelo_name=client.test.invalid\nqueue_id=\nsender=%s\n"
                           "recipient=%s\nrecipient_count=%u\nclient_address=192.0.2.7\nclient_name=client.test.invalid\ninstance=%s\nsize=%u\n"
                           "sasl_username=\nencryption_protocol=\n",
                           state, from, to, count, instance, size);
}

void served_expect(int socket, const char *state, const char *instance, const char *from, const char *to, guint size, guint count, const char *wanted) {
    g_autofree char *request = served_request(state, instance, from, to, size, count), *answer = served_ask(socket, request);
    g_assert_cmpstr(answer, ==, wanted);
}
