/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses and listening sockets.
 *
 * An inet address is a number, never a name: whom a daemon listens to must not depend on a resolver. A unix socket is bound with a umask
 * that lets nobody in and only then given its group and mode, so there is no moment at which it is open to more than was said.
 *
 * Sockets of systemd's (sd_listen_fds(3)): LISTEN_PID is us, LISTEN_FDS says how many there are from descriptor 3, LISTEN_FDNAMES names
 * them.
 */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kijun/translate.h>

#define FIRST_PASSED 3 /* SD_LISTEN_FDS_START */

/* ---- reading ---- */

static gboolean refuse(GError **error, const char *format, const char *text) {
    g_set_error(error, KJ_ERROR, KJ_ERROR_VALUE, format, text);
    return FALSE;
}

static gboolean read_unix(const char *path, KjAddress *address, GError **error) {
    struct sockaddr_un *name = (struct sockaddr_un *)&address->socket;
    if (path[0] != '/' || strlen(path) >= sizeof name->sun_path)
        return refuse(error, _("`%s` is no path of a socket: it must begin with / and have at most 107 bytes"), path);
    address->kind = KJ_ADDRESS_UNIX;
    address->reach = KJ_REACH_UNIX;
    address->length = sizeof *name;
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path, path, strlen(path) + 1);
    return TRUE;
}

static gboolean read_inet(const char *text, KjAddress *address, GError **error) {
    struct sockaddr_in *four = (struct sockaddr_in *)&address->socket;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->socket;
    const char *colon = strrchr(text, ':');
    guint64 port;
    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        return refuse(error, _("`%s` has no port: write ADDRESS:PORT or [ADDRESS]:PORT"), text);
    gboolean bracketed = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    g_autofree char *host = bracketed ? g_strndup(text + 1, (gsize)(colon - text) - 2) : g_strndup(text, (gsize)(colon - text));
    address->kind = KJ_ADDRESS_INET;
    if (!bracketed && inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((guint16)port);
        address->length = sizeof *four;
        address->reach = (ntohl(four->sin_addr.s_addr) >> 24) == 127 ? KJ_REACH_LOOPBACK : KJ_REACH_NETWORK;
        return TRUE;
    }
    if (bracketed && inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((guint16)port);
        address->length = sizeof *six;
        address->reach = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ? KJ_REACH_LOOPBACK : KJ_REACH_NETWORK;
        return TRUE;
    }
    return refuse(error, _("`%s` is no address: write it in numbers, IPv6 in brackets"), host);
}

static gboolean read_systemd(const char *name, KjAddress *address, GError **error) {
    address->kind = KJ_ADDRESS_SYSTEMD;
    if (!*name || g_strlcpy(address->name, name, sizeof address->name) >= sizeof address->name)
        return refuse(error, _("`%s` is no name of a socket of systemd's"), name);
    return TRUE;
}

gboolean kj_address_read(const char *text, KjAddress *address, GError **error) {
    static const struct {
        const char *prefix;
        gboolean (*read)(const char *rest, KjAddress *address, GError **error);
    } kinds[] = { { "unix:", read_unix }, { "inet:", read_inet }, { "systemd:", read_systemd } };
    memset(address, 0, sizeof *address);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(text, kinds[i].prefix))
            return kinds[i].read(text + strlen(kinds[i].prefix), address, error);
    return refuse(error, _("`%s` is no address: write unix:PATH, inet:ADDRESS:PORT or systemd:NAME"), text);
}

/* ---- opening ---- */

static const char *path_of(const KjAddress *address) {
    return ((const struct sockaddr_un *)&address->socket)->sun_path;
}

static int fail(int descriptor, const KjAddress *address, GError **error) {
    int code = errno;
    const char *what = address->kind == KJ_ADDRESS_UNIX ? path_of(address) : _("the socket");
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", what, g_strerror(code));
    if (descriptor >= 0)
        close(descriptor);
    errno = code;
    return -1;
}

int kj_address_connect(const KjAddress *address, GError **error) {
    int descriptor = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&address->socket, address->length) != 0)
        return fail(descriptor, address, error);
    return descriptor;
}

/* What a dead process left: a socket that nobody answers. Anything else stays, and bind(2) then says so. */
static void remove_stale(const KjAddress *address) {
    struct stat status;
    int descriptor;
    if (lstat(path_of(address), &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    descriptor = kj_address_connect(address, NULL);
    if (descriptor >= 0)
        close(descriptor);
    else if (errno == ECONNREFUSED)
        unlink(path_of(address));
}

static gboolean give(const KjAddress *address, guint mode, const char *group, GError **error) {
    struct group *entry = group ? getgrnam(group) : NULL;
    if (group && !entry) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("there is no group `%s`"), group);
        return FALSE;
    }
    if ((entry && chown(path_of(address), (uid_t) -1, entry->gr_gid) != 0) || chmod(path_of(address), mode) != 0) {
        g_set_error(error, KJ_ERROR, KJ_ERROR_IO, "%s: %s", path_of(address), g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static int bind_unix(const KjAddress *address, int descriptor) {
    remove_stale(address);
    mode_t before = umask(0777);
    int bound = bind(descriptor, (const struct sockaddr *)&address->socket, address->length);
    umask(before);
    return bound;
}

static int bind_inet(const KjAddress *address, int descriptor) {
    static const int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return -1;
    if (address->socket.ss_family == AF_INET6 && setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return -1;
    return bind(descriptor, (const struct sockaddr *)&address->socket, address->length);
}

static int take_passed(const KjAddress *address, GError **error) {
    const char *pid = g_getenv("LISTEN_PID"), *count = g_getenv("LISTEN_FDS"), *text = g_getenv("LISTEN_FDNAMES");
    g_auto(GStrv) names = g_strsplit(text ? text : "", ":", -1);
    guint64 whose = 0, passed = 0;
    int accepting = 0;
    socklen_t length = sizeof accepting;
    if (pid && count && g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT, &whose, NULL) && whose == (guint64)getpid())
        g_ascii_string_to_unsigned(count, 10, 0, 1024, &passed, NULL);
    for (guint i = 0; i < passed && names[i]; i++) {
        int descriptor = FIRST_PASSED + (int)i;
        if (strcmp(names[i], address->name) != 0)
            continue;
        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &length) != 0 || !accepting)
            break;
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        return descriptor;
    }
    g_set_error(error, KJ_ERROR, KJ_ERROR_IO, _("systemd has passed no listening socket with the name `%s`"), address->name);
    return -1;
}

int kj_address_listen(const KjAddress *address, guint mode, const char *group, GError **error) {
    if (address->kind == KJ_ADDRESS_SYSTEMD)
        return take_passed(address, error);
    int descriptor = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gboolean local = address->kind == KJ_ADDRESS_UNIX;
    if (descriptor < 0 || (local ? bind_unix(address, descriptor) : bind_inet(address, descriptor)) != 0)
        return fail(descriptor, address, error);
    if (local && !give(address, mode, group, error)) {
        close(descriptor);
        return -1;
    }
    if (listen(descriptor, SOMAXCONN) != 0)
        return fail(descriptor, address, error);
    return descriptor;
}

void kj_address_remove(const KjAddress *address) {
    if (address->kind == KJ_ADDRESS_UNIX)
        unlink(path_of(address));
}

KjReach kj_socket_reach(int descriptor) {
    struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
    socklen_t length = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &length) != 0)
        return KJ_REACH_NETWORK;
    switch (name.ss_family) {
    case AF_UNIX:
        return KJ_REACH_UNIX;
    case AF_INET:
        return (ntohl(((struct sockaddr_in *)&name)->sin_addr.s_addr) >> 24) == 127 ? KJ_REACH_LOOPBACK : KJ_REACH_NETWORK;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&name)->sin6_addr) ? KJ_REACH_LOOPBACK : KJ_REACH_NETWORK;
    default:
        return KJ_REACH_NETWORK;
    }
}
