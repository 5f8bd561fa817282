/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the loads and the null server meet: `unix:PATH`, or `inet:PORT` of 127.0.0.1. */
#ifndef KJ_BENCH_ADDRESS_H
#define KJ_BENCH_ADDRESS_H

#include <glib.h>
#include <netinet/in.h>
#include <sys/un.h>

typedef struct {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in inet;
    } name;
    socklen_t length;
} Address;

/* FALSE: the text is no address. */
gboolean address_read(const char *text, Address *address);

/* A connected socket, without Nagle's delay; negative with errno. */
int address_connect(const Address *address);

/* A listening socket; negative with errno. */
int address_listen(const Address *address);

#endif
