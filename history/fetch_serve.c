/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that receives.
 *
 * It is this program, executed again under another name. Only forking would leave it with the locks and threads of a larger process in an
 * unknown state, in which neither libgit2 nor anything that allocates may be called; a program of its own would have to be found, and to
 * fit. What it works on comes on standard input (addresses may hold secrets, and a command line is everybody's), its answer goes to
 * standard output: the head, or what went wrong. It takes its limits on itself before it touches anything foreign, and dies with its
 * parent.
 *
 * The settings of a system or a user (address rewriting, helpers) are not read: libgit2 is shown no folders of settings.
 */
#include <kijun/kijun.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../compiler/translate.h"
#include "fetch_private.h"

/* AddressSanitizer takes terabytes of addresses, and uses few. */
#if defined __SANITIZE_ADDRESS__
#define LIMIT_MEMORY FALSE
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define LIMIT_MEMORY FALSE
#endif
#endif
#ifndef LIMIT_MEMORY
#define LIMIT_MEMORY TRUE
#endif

#define REQUEST_BYTES (64u << 10)
#define FIELDS 10u
#define MAPPED_PART 4u /* of its memory, the part for packs */

static gboolean limit(int resource, guint64 amount) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return FALSE;
    now.rlim_cur = MIN(now.rlim_max, (rlim_t)amount);
    now.rlim_max = MIN(now.rlim_max, (rlim_t)amount + 1); /* of processor time: one second to end by SIGXCPU rather than SIGKILL */
    return setrlimit(resource, &now) == 0;
}

static gboolean take_limits(const KjFetchLimits *limits) {
    gsize mapped = (gsize)(limits->memory / MAPPED_PART), object = (gsize)limits->object_bytes;
    static const int levels[] = { GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA };

    if (!limit(RLIMIT_CPU, limits->processor) || !limit(RLIMIT_CORE, 0) || (LIMIT_MEMORY && !limit(RLIMIT_AS, limits->memory)))
        return FALSE;
    kj_repository_start();
    for (guint i = 0; i < G_N_ELEMENTS(levels); i++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0); /* it keeps settings and hooks of others from being obeyed, and here none are */
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, object);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, mapped / MAPPED_PART);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, mapped);
    return TRUE;
}

/* ---- the request ---- */

static gboolean read_request(char *bytes, KjReceiver *receiver) {
    gsize length = fread(bytes, 1, REQUEST_BYTES - 1, stdin);
    const char *fields[FIELDS];
    guint count = 0;

    bytes[length] = '\0';
    for (const char *field = bytes; count < FIELDS && field < bytes + length; field += strlen(field) + 1)
        fields[count++] = field;
    if (count != FIELDS || !feof(stdin))
        return FALSE;
    receiver->source = fields[0];
    receiver->reference = fields[1];
    receiver->objects = fields[2];
    receiver->quarantine = fields[3];
    receiver->has_old = *fields[4] != '-';
    receiver->limits.bytes = g_ascii_strtoull(fields[5], NULL, 10);
    receiver->limits.objects = g_ascii_strtoull(fields[6], NULL, 10);
    receiver->limits.object_bytes = g_ascii_strtoull(fields[7], NULL, 10);
    receiver->limits.memory = g_ascii_strtoull(fields[8], NULL, 10);
    receiver->limits.processor = (guint)g_ascii_strtoull(fields[9], NULL, 10);
    return !receiver->has_old || git_oid_fromstr(&receiver->old, fields[4]) == 0;
}

/* The quarantine is a bare repository that also reads the host's objects, and has a reference to what the host has: by that git's protocol
 * knows what need not be sent. */
static gboolean open_quarantine(KjReceiver *receiver, GError **error) {
    g_autoptr(git_odb) all = NULL;
    g_autoptr(git_reference) old = NULL;
    return (git_repository_init(&receiver->repository, receiver->quarantine, TRUE) == 0 &&
            git_odb_open(&receiver->own, receiver->objects) == 0 && git_repository_odb(&all, receiver->repository) == 0 &&
            git_odb_add_disk_alternate(all, receiver->objects) == 0 &&
            (!receiver->has_old || git_reference_create(&old, receiver->repository, "refs/known", &receiver->old, TRUE, NULL) == 0)) ||
           kj_receiver_fail(receiver, error);
}

static int answer(const char *word, const char *text) {
    printf("%s %.*s", word, (int)KJ_FETCH_ANSWER_BYTES - 64, text);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve(void) {
    static char bytes[REQUEST_BYTES];
    g_autoptr(GError) error = NULL;
    KjReceiver receiver = { .source = NULL };
    char head[GIT_OID_HEXSZ + 1];

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !read_request(bytes, &receiver) || !take_limits(&receiver.limits))
        return EXIT_FAILURE;
    if (!open_quarantine(&receiver, &error) || !kj_receiver_receive(&receiver, &error) || !kj_receiver_inspect(&receiver, &error))
        return answer(error->code == KJ_ERROR_REFUSED ? "refused" : "failed", error->message);
    return answer("head", git_oid_tostr(head, sizeof head, &receiver.head));
}

/* Nothing is tidied up: libgit2 1.5.1 does not give back all that a conversation with a server took, and everything goes with the process.
 */
void kj_fetch_serve(int argc, char **argv) {
    if (argc == 1 && strcmp(argv[0], KJ_FETCH_PROGRAM) == 0)
        _exit(serve());
}
