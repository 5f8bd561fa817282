/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon gives up, piece by piece; sandbox.c says when, and what kijund keeps (plugins/mail/milter/main.c: kijun-milter).
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

/* ---- as a setting wishes it (confine.c) ---- */

/* "no", "if-possible", "required"; NULL is if-possible. FALSE: none of them. */
gboolean kj_sandbox_read_wish(const char *text, KjSandboxWish *wish);

/* A list of KjSandboxPath, with what libraries read. */
GArray *kj_sandbox_paths_new(void);
/* A file that is read again, and may be exchanged by renaming or by turning a link: the folder of the name, and that of what it leads to.
 * NULL: none. */
void kj_sandbox_allow_exchanged(GArray *paths, const char *file);
/* A counter's place: `lmdb:FOLDER`, which is made here because nothing can be said about a folder that is not there; any place may have a
 * password_file. NULL: none. So for a log's place, and for the address of a socket that is removed at the end. */
void kj_sandbox_allow_counter(GArray *paths, const char *where);
void kj_sandbox_allow_log(GArray *paths, const char *where);
void kj_sandbox_allow_socket(GArray *paths, const char *address);

typedef void (*KjSandboxTell)(const char *warning);

/* Powers and files, while there is one thread; later system calls. What the kernel does not know is told and passed over where that is the
 * wish. FALSE: the daemon must not serve. */
gboolean kj_sandbox_confine(KjSandboxWish wish, const GArray *paths, KjSandboxTell tell, GError **error);
gboolean kj_sandbox_finish(KjSandboxWish wish, KjSandboxTell tell, GError **error);

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
