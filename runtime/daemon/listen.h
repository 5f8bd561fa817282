/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses, and the sockets that listen at them. */
#ifndef KJ_DAEMON_LISTEN_H
#define KJ_DAEMON_LISTEN_H

#include <sys/socket.h>
#include <sys/un.h>

#include "protocol.h"

G_BEGIN_DECLS

typedef enum { KJ_ADDRESS_UNIX = 1, KJ_ADDRESS_INET, KJ_ADDRESS_SYSTEMD } KjAddressKind;

typedef struct {
    KjAddressKind kind;
    KjReach reach; /* 0 for KJ_ADDRESS_SYSTEMD */
    struct sockaddr_storage socket;
    socklen_t length;
    char name[64]; /* KJ_ADDRESS_SYSTEMD: the socket's FileDescriptorName= */
} KjAddress;

/* unix:/PATH, inet:192.0.2.1:PORT, inet:[2001:db8::1]:PORT, systemd:NAME. FALSE with KJ_ERROR_VALUE. */
gboolean kj_address_read(const char *text, KjAddress *address, GError **error);

/*
 * A socket that listens, non-blocking and close-on-exec; -1 with KJ_ERROR_IO. A unix socket gets `mode` and `group` (NULL: as it comes)
 * before anyone can connect; one that a dead process left behind is replaced, one that answers is not.
 */
int kj_address_listen(const KjAddress *address, guint mode, const char *group, GError **error);
/* Connects to a unix or inet address, for clients. -1 with KJ_ERROR_IO. */
int kj_address_connect(const KjAddress *address, GError **error);
/* Removes what kj_address_listen() has put into the file system. */
void kj_address_remove(const KjAddress *address);
/* Who can reach a socket that listens. */
KjReach kj_socket_reach(int socket);

G_END_DECLS

#endif
