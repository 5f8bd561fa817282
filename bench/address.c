/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See address.h. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

gboolean address_read(const char *text, Address *address) {
    guint64 port;
    memset(address, 0, sizeof *address);
    if (g_str_has_prefix(text, "unix:") && strlen(text + 5) < sizeof address->name.local.sun_path) {
        address->name.local.sun_family = AF_UNIX;
        strcpy(address->name.local.sun_path, text + 5);
        address->length = sizeof address->name.local;
        return TRUE;
    }
    if (!g_str_has_prefix(text, "inet:") || !g_ascii_string_to_unsigned(text + 5, 10, 1, G_MAXUINT16, &port, NULL))
        return FALSE;
    address->name.inet.sin_family = AF_INET;
    address->name.inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->name.inet.sin_port = htons((guint16)port);
    address->length = sizeof address->name.inet;
    return TRUE;
}

static int give(int opened, gboolean good) {
    if (good)
        return opened;
    if (opened >= 0)
        close(opened);
    return -1;
}

int address_connect(const Address *address) {
    static const int on = 1;
    int opened = socket(address->name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean good = opened >= 0 && connect(opened, &address->name.any, address->length) == 0;
    if (good && address->name.any.sa_family == AF_INET)
        setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return give(opened, good);
}

int address_listen(const Address *address) {
    static const int on = 1;
    int opened = socket(address->name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return give(opened, opened >= 0 && setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                            bind(opened, &address->name.any, address->length) == 0 && listen(opened, 64) == 0);
}
