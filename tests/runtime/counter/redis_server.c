/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redis_server.h"

#include <glib/gstdio.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define START_TRIES 500 /* of ten milliseconds */

gboolean redis_server_available(void) {
    g_autofree char *program = g_find_program_in_path("redis-server");
    if (!program)
        g_test_skip("no redis-server");
    return program != NULL;
}

void redis_server_init(RedisServer *server) {
    server->folder = g_dir_make_tmp("kijun-redis-XXXXXX", NULL);
    server->socket = g_build_filename(server->folder, "socket", NULL);
    server->process = 0;
}

/* A test that dies takes its server along. */
static void die_with_parent(gpointer data) {
    (void) data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean answers(const RedisServer *server) {
    redisContext *context = redisConnectUnix(server->socket);
    gboolean answered = FALSE;
    if (context && !context->err) {
        redisReply *reply = redisCommand(context, "PING");
        answered = reply != NULL;
        if (reply)
            freeReplyObject(reply);
    }
    if (context)
        redisFree(context);
    return answered;
}

void redis_server_start(RedisServer *server, const char *password) {
    const char *arguments[] = { "redis-server", "--port", "0", "--unixsocket", server->socket, "--dir", server->folder, "--save", "", "--appendonly", "no",
                                "--logfile", "log", password ? "--requirepass" : NULL, password, NULL };
    g_autoptr(GError) error = NULL;
    g_spawn_async(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent, NULL,
                  &server->process, &error);
    g_assert_no_error(error);
    for (guint i = 0; !answers(server); i++) {
        g_assert_cmpuint(i, <, START_TRIES);
        g_usleep(10000);
    }
}

void redis_server_stop(RedisServer *server) {
    if (server->process == 0)
        return;
    kill(server->process, SIGKILL);
    waitpid(server->process, NULL, 0);
    server->process = 0;
}

void redis_server_clear(RedisServer *server) {
    g_autofree char *log = g_build_filename(server->folder, "log", NULL);
    redis_server_stop(server);
    g_unlink(server->socket);
    g_unlink(log);
    g_rmdir(server->folder);
    g_free(server->socket);
    g_free(server->folder);
}
