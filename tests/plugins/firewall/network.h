/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network of our own to send packets through: see network.c. */
#ifndef KJ_TEST_NETWORK_H
#define KJ_TEST_NETWORK_H

#include "packet.h"

#define NETWORK_IN "in0"   /* packets arrive here */
#define NETWORK_OUT "out0" /* and leave here */

/* Moves this process into a network namespace of its own and builds the network in it. NULL, or why that cannot be done here. Free with g_free. */
char *network_new(void);

/* The packets of all tables go through the kernel (FALSE) or to it (TRUE: every destination is local). */
void network_deliver_locally(gboolean locally);

/* Runs a program to its end; gives what it wrote to stdout, or fails the test with what it wrote to stderr. `expect_failure`: gives stderr. */
char *network_run(const char *const *arguments, gboolean expect_failure);

/* Loads a script with TZ=UTC nft -f. NULL, or nft's message. */
char *network_load(const char *script);

void network_send(const Packet *packet);
void network_forget_flows(void);

/* Name of a counter -> packets (guint), of one table. */
GHashTable *network_counters(const char *table);

#endif
