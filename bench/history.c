/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A long history of releases, and what it takes to verify it.
 *
 *     history make FOLDER COUNT [BLOCKS]   a bare repository with COUNT releases of the context `production`, one an hour, all signed by one throw-away key
 *     history verify FOLDER                judges all of them from the root, as a host does, and prints how long that took
 *     history time COMMAND...              runs a command, and prints what it took on standard error: wall time, processor time
 *
 * The workspace has BLOCKS (10) firewalls; each release changes one rule of one of them, in turn. The block `edge0.border` opens port 8443 in its 2nd version, closes it in its 4th and
 * opens it for good in its 6th: with ten blocks in the releases 11, 31 and 51. No other version of it does anything to that port.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../history/desk.h"
#include "fast_key.h"

#define CONTEXT "production"
#define FIRST 1735689600 /* 2025-01-01T00:00:00Z */
#define HOUR 3600
#define BLOCKS_MAX 200
#define RULES 8

static guint blocks = 10;

static void fail(const char *what, const GError *error) {
    fprintf(stderr, "history: %s: %s\n", what, error ? error->message : "");
    exit(1);
}

/* ---- the root ---- */

static KjSealed *seal(const KjFastKey *key, KjStatement *statement) {
    g_autoptr(GError) error = NULL;
    g_autofree char *armor = kj_fast_key_sign(key, statement);
    KjSealed *sealed = kj_sealed_new(statement, (const char *const[]){ armor, NULL }, &error);
    if (!sealed)
        fail("signing", error);
    return sealed;
}

static void make_root(KjRepository *repository, const KjFastKey *key) {
    g_autoptr(GError) error = NULL;
    g_autofree char *line = g_strconcat("ono ", kj_fast_key_line(key), NULL), *date = kj_statement_date(FIRST - HOUR),
                    *expires = kj_statement_date(FIRST + 100000 * (gint64)HOUR);
    const KjStatementValue values[] = {
        { "signer", "ono" }, { "previous", "none" },     { "date", date },          { "version", "1" },          { "expires", expires },
        { "key", line },     { "may", "release ono" },   { "may", "root ono" },     { "threshold", "release 1" }, { "threshold", "root 1" },
    };
    KjStatement *statement = kj_statement_new(KJ_STATEMENT_ROOT, values, G_N_ELEMENTS(values), &error);
    g_autoptr(KjSealed) sealed = statement ? seal(key, statement) : NULL;
    if (!sealed || !kj_roots_append(repository, sealed, &error))
        fail("the root", error);
}

/* ---- the workspace ---- */

/* Block `block` after it was changed `edits` times. */
static char *text_of(guint block, guint edits) {
    GString *text = g_string_new("firewall border {\n    default deny;\n");
    for (guint rule = 0; rule < RULES; rule++) {
        guint changed = (edits + RULES - 1 - rule) / RULES; /* how often this rule was the one that changed */
        g_string_append_printf(text, "    r%u: allow to 10.%u.%u.0/24 service %u/tcp;\n", rule, block, rule, 1000 + changed);
    }
    if (block == 0 && ((edits >= 2 && edits < 4) || edits >= 6))
        g_string_append(text, "    tls: allow to 192.0.2.1 service 8443/tcp;\n");
    g_string_append(text, "}\n");
    return g_string_free(text, FALSE);
}

static KjWorkspace *workspace_of(guint release) {
    g_autoptr(GError) error = NULL;
    KjUnitFile files[BLOCKS_MAX];
    for (guint block = 0; block < blocks; block++) {
        guint edits = release > block ? (release - block - 1) / blocks + 1 : 0; /* release 1 changes block 0 first */
        char *text = text_of(block, edits);
        files[block] = (KjUnitFile){ g_strdup_printf("edge%u.pol", block), 0100644, g_bytes_new_take(text, strlen(text)) };
    }
    KjWorkspace *workspace = kj_workspace_new_files(files, blocks, "the bench", &error);
    if (!workspace || !workspace->units)
        fail("the workspace", error);
    for (guint block = 0; block < blocks; block++) {
        g_free((char *)files[block].path);
        g_bytes_unref(files[block].bytes);
    }
    return workspace;
}

/* ---- releases ---- */

static void make_release(KjDesk *desk, const KjFastKey *key, guint release) {
    g_autoptr(GError) error = NULL;
    gint64 date = FIRST + (gint64)release * HOUR;
    KjWorkspace *workspace = workspace_of(release);
    g_autoptr(KjRuling) ruling = kj_desk_decide(desk, workspace, NULL, date);
    g_autofree char *title = g_strdup_printf("release number %u", release);
    KjStatement *statement = kj_desk_release(desk, workspace, ruling, NULL, "ono", title, date, date + 1000 * (gint64)HOUR, &error);
    g_autoptr(KjSealed) sealed = statement ? seal(key, statement) : NULL;
    if (!sealed || !kj_desk_publish(desk, workspace, ruling, sealed, &error))
        fail(title, error);
    g_clear_pointer(&ruling, kj_ruling_free); /* it speaks of the base that goes */
    kj_workspace_free(desk->base);
    desk->base = workspace;
}

static void make(const char *folder, guint count) {
    git_repository *git = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(KjFastKey) key = kj_fast_key_new();
    kj_repository_start();
    if (git_repository_init(&git, folder, TRUE) != 0)
        fail(folder, NULL);
    git_repository_free(git);
    g_autoptr(KjRepository) repository = kj_repository_open(folder, &error);
    if (!repository)
        fail(folder, error);
    make_root(repository, key);
    g_autoptr(KjDesk) desk = kj_desk_open(folder, CONTEXT, NULL, FIRST + (gint64)(count + 1) * HOUR, &error);
    if (!desk)
        fail("the desk", error);
    for (guint release = 1; release <= count; release++)
        make_release(desk, key, release);
}

static void verify(const char *folder) {
    g_autoptr(GError) error = NULL;
    git_oid head, root;
    g_autoptr(KjRepository) repository = kj_repository_open(folder, &error);
    if (!repository || !kj_roots_head(repository, &root, &error) || !kj_release_head(repository, CONTEXT, &head, &error))
        fail(folder, error);
    g_autoptr(GPtrArray) roots = kj_roots_read(repository, &root, &error);
    if (!roots)
        fail("the root", error);
    gint64 start = g_get_monotonic_time();
    g_autoptr(KjVerifier) verifier = kj_verifier_new(repository, CONTEXT, kj_statement_digest(kj_root_statement(roots->pdata[0])));
    if (!kj_verifier_run(verifier, &head, g_get_real_time() / G_USEC_PER_SEC, &error))
        fail("verifying", error);
    printf("%" G_GUINT64_FORMAT " releases verified from the root in %.3f s\n", kj_verifier_serial(verifier),
           (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int time_command(char **command) {
    g_autoptr(GError) error = NULL;
    struct rusage usage;
    int status;
    gint64 start = g_get_monotonic_time();
    if (!g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &status, &error))
        fail(command[0], error);
    double wall = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    getrusage(RUSAGE_CHILDREN, &usage);
    fprintf(stderr, "%.3f %.3f\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return g_spawn_check_wait_status(status, NULL) ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "time") == 0)
        return time_command(argv + 2);
    if (argc == 5)
        blocks = (guint)CLAMP(atoi(argv[4]), 1, BLOCKS_MAX);
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "make") == 0 && atoi(argv[3]) > 0)
        make(argv[2], (guint)atoi(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "verify") == 0)
        verify(argv[2]);
    else {
        fputs("usage: history make FOLDER COUNT [BLOCKS] | history verify FOLDER | history time COMMAND...\n", stderr);
        return 3;
    }
    return 0;
}
