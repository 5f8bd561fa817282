/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each server is a process of one connection after another; what it says never depends on what it is told, but that it waits for it. */
#include "source.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID "1111111111111111111111111111111111111111"

/* ---- commits ---- */

static git_oid tree_of(KjRepository *repository, const KjTestEntry *entries, guint count) {
    git_treebuilder *builder = NULL;
    git_oid tree, id;
    g_assert_cmpint(git_treebuilder_new(&builder, repository->git, NULL), ==, 0);
    for (guint i = 0; i < count; i++) {
        if (entries[i].mode == GIT_FILEMODE_COMMIT)
            g_assert_cmpint(git_oid_fromstr(&id, ID), ==, 0);
        else
            g_assert_cmpint(git_blob_create_from_buffer(&id, repository->git, entries[i].text, strlen(entries[i].text)), ==, 0);
        g_assert_cmpint(git_treebuilder_insert(NULL, builder, entries[i].name, &id, entries[i].mode), ==, 0);
    }
    g_assert_cmpint(git_treebuilder_write(&tree, builder), ==, 0);
    git_treebuilder_free(builder);
    return tree;
}

git_oid kj_test_commit(KjRepository *repository, const char *reference, const KjTestEntry *entries, guint count) {
    git_oid id = tree_of(repository, entries, count), before;
    g_autoptr(git_tree) tree = NULL;
    g_autoptr(git_commit) parent = NULL;
    git_signature *who = NULL;

    g_assert_cmpint(git_tree_lookup(&tree, repository->git, &id), ==, 0);
    g_assert_cmpint(git_signature_new(&who, "test", "test@example.org", 1800000000, 0), ==, 0);
    if (reference && git_reference_name_to_id(&before, repository->git, reference) == 0)
        g_assert_cmpint(git_commit_lookup(&parent, repository->git, &before), ==, 0);
    const git_commit *parents[] = { parent };
    g_assert_cmpint(git_commit_create(&id, repository->git, reference, who, who, NULL, "a link\n", tree, parent ? 1 : 0, parents), ==, 0);
    git_signature_free(who);
    return id;
}

/* ---- servers ---- */

struct KjTestServer {
    pid_t pid;
    char *url;
};

/* A line of git's protocol: its length in four hexadecimal digits, itself included. */
static gboolean say(int connection, const char *text, gsize length) {
    g_autofree char *line = g_malloc(length + 5);
    g_snprintf(line, 5, "%04x", (guint)length + 4);
    memcpy(line + 4, text, length);
    return write(connection, line, length + 4) == (gssize)length + 4;
}

static gboolean hear(int connection) {
    char bytes[4096];
    return read(connection, bytes, sizeof bytes) > 0;
}

static gboolean advertise(int connection, const char *reference) {
    g_autofree char *name = g_strdup_printf(ID " %s", reference);
    g_autoptr(GString) line = g_string_new(name);
    g_string_append_len(line, "\0side-band-64k ofs-delta\n", 25);
    return say(connection, line->str, line->len) && write(connection, "0000", 4) == 4;
}

static void say_names(int connection) {
    for (guint64 i = 0;; i++) {
        g_autofree char *line = g_strdup_printf(ID " refs/heads/%0*d%" G_GUINT64_FORMAT "\n", 60000, 0, i);
        if (!say(connection, line, strlen(line)))
            return;
    }
}

static void say_slowly(int connection, const char *reference) {
    g_autofree char *line = g_strdup_printf("00ff" ID " %s", reference);
    for (gsize i = 0; line[i] && write(connection, line + i, 1) == 1; i++)
        g_usleep(G_USEC_PER_SEC / 10);
    pause();
}

/* The head of a pack of one object: a blob of as many bytes as 28 digits can say, then zlib's blocks that are stored as they are. */
static void say_pack(int connection) {
    static const char head[] = "\1PACK\0\0\0\2\0\0\0\1\xbf\xff\xff\xff\x7f\x78\x01";
    char block[1 + 5 + 32768] = { 1, 0, 0, (char)0x80, (char)0xff, 0x7f };
    if (!say(connection, head, sizeof head - 1))
        return;
    for (guint i = 0;; i++) {
        memset(block + 6, (int)(i & 0x7f), sizeof block - 6);
        if (!say(connection, block, sizeof block))
            return;
    }
}

static void answer(KjTestServerKind kind, int connection, const char *folder, const char *reference) {
    if (!hear(connection))
        return;
    switch (kind) {
    case KJ_TEST_SERVER_GIT:
        signal(SIGCHLD, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        dup2(connection, STDIN_FILENO);
        dup2(connection, STDOUT_FILENO);
        execlp("git", "git", "upload-pack", "--strict", folder, NULL);
        _exit(1);
    case KJ_TEST_SERVER_SILENT:
        pause();
        return;
    case KJ_TEST_SERVER_SLOW:
        say_slowly(connection, reference);
        return;
    case KJ_TEST_SERVER_NAMES:
        say_names(connection);
        return;
    case KJ_TEST_SERVER_TALK:
    case KJ_TEST_SERVER_PACK:
        if (!advertise(connection, reference) || !hear(connection) || !say(connection, "NAK\n", 4))
            return;
        if (kind == KJ_TEST_SERVER_PACK)
            say_pack(connection);
        static char talk[60000];
        memset(talk, 'x', sizeof talk);
        talk[0] = 2;
        talk[sizeof talk - 1] = '\n';
        while (say(connection, talk, sizeof talk))
            ;
    }
}

static void serve(KjTestServerKind kind, int listening, const char *folder, const char *reference) G_GNUC_NORETURN;
static void serve(KjTestServerKind kind, int listening, const char *folder, const char *reference) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int connection = accept(listening, NULL, NULL);
        if (connection >= 0 && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            answer(kind, connection, folder, reference);
            _exit(0);
        }
        close(connection);
    }
}

KjTestServer *kj_test_server_new(KjTestServerKind kind, const char *folder, const char *reference) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(listening, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(listening, 8), ==, 0);
    g_assert_cmpint(getsockname(listening, (struct sockaddr *)&address, &length), ==, 0);

    KjTestServer *server = g_new0(KjTestServer, 1);
    server->url = g_strdup_printf("git://127.0.0.1:%u/", ntohs(address.sin_port));
    server->pid = fork();
    g_assert_cmpint(server->pid, >=, 0);
    if (server->pid == 0)
        serve(kind, listening, folder, reference);
    close(listening);
    return server;
}

const char *kj_test_server_url(const KjTestServer *server) {
    return server->url;
}

void kj_test_server_free(KjTestServer *server) {
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    g_free(server->url);
    g_free(server);
}
