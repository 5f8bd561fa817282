/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon gives up, piece by piece; sandbox.c says when, and what it keeps.
 *
 * Powers and files are each thread's own and go to the threads it makes: give them up before there is a second one. System calls are
 * given up for all threads at once, when everything is open.
 */
#ifndef KJ_DAEMON_SANDBOX_H
#define KJ_DAEMON_SANDBOX_H

#include <glib.h>

G_BEGIN_DECLS

typedef enum { KJ_SANDBOX_NO = 1, KJ_SANDBOX_IF_POSSIBLE, KJ_SANDBOX_REQUIRED } KjSandboxWish;

/* No new privileges by executing, no memory shown to others, no capability, and none to be had again. A process of root's keeps its user
 * and with it root's files, and nothing else. FALSE with KJ_ERROR_IO. */
gboolean kj_sandbox_powers(GError **error);

typedef enum {
    KJ_SANDBOX_READ = 1, /* a file, or what is in a folder */
    KJ_SANDBOX_APPEND,   /* read, write and make files in a folder */
    KJ_SANDBOX_KEEP,     /* the same, and remove and rename */
    KJ_SANDBOX_REMOVE,   /* remove what is in a folder */
} KjSandboxUse;

typedef struct {
    char *path; /* folders: with everything in them. What is not there stays closed should it come */
    KjSandboxUse use;
} KjSandboxPath;

/* Closes the file system to this thread and those it will make, but for these paths (Landlock; element-type KjSandboxPath). Files that are
 * open stay so, and sockets can be connected to. FALSE with KJ_ERROR_UNABLE where the kernel knows no Landlock, else with KJ_ERROR_IO. */
gboolean kj_sandbox_files(const GArray *paths, GError **error);

/* From here on any thread that makes a system call a serving daemon has no use for ends the process (SIGSYS). Errors as above. */
gboolean kj_sandbox_calls(GError **error);

/* AddressSanitizer looks at the process itself when it ends: at /proc, with ptrace(2) and a process of its own. */
#if defined __SANITIZE_ADDRESS__
#define KJ_SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define KJ_SANITIZED 1
#endif
#endif
#ifndef KJ_SANITIZED
#define KJ_SANITIZED 0
#endif

G_END_DECLS

#endif
