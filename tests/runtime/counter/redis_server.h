/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Redis of the test's own: in a private folder, on a unix socket, without persistence, ended by its process id. */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include <glib.h>

typedef struct {
    char *folder;
    char *socket;
    GPid process; /* 0: not running */
} RedisServer;

/* Whether the machine has one; else the test is skipped. */
gboolean redis_server_available(void);
void redis_server_init(RedisServer *server);
/* Returns when it answers; aborts the test when it does not. `password` may be NULL. */
void redis_server_start(RedisServer *server, const char *password);
void redis_server_stop(RedisServer *server);
void redis_server_clear(RedisServer *server);

#endif
