/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A block put in force on this machine, as `kijun apply` remembers it; see application.c and apply_watch.c.
 */
#ifndef KJ_CLI_APPLICATION_H
#define KJ_CLI_APPLICATION_H

#include <kijun/plugin.h>

typedef enum {
    KJ_APPLICATION_NONE = 0, /* nothing is known of the block */
    KJ_APPLICATION_PENDING,  /* in force, or about to be, until its time is over */
    KJ_APPLICATION_KEPT,     /* confirmed */
    KJ_APPLICATION_UNDONE,   /* what was in force before is in force again */
} KjApplicationPhase;

typedef struct {
    KjApplicationPhase phase;
    char *domain, *target;
    char *name;      /* of the block, without its module: what the target knows it by */
    char *block;     /* with its module */
    char *before;    /* what was in force before: what an undo puts in force */
    char *text;      /* what was put in force */
    char *after;     /* what was then in force; "" while it is not known */
    char *boot;      /* of the machine's running since it started */
    char *token;     /* tells this one from one before or after it */
    gint64 deadline; /* milliseconds of that running (CLOCK_BOOTTIME), which no change of the clock moves */
    gint64 changed;  /* when the phase became what it is, seconds since 1970 */
} KjApplication;

void kj_application_free(KjApplication *application);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjApplication, kj_application_free)

/* A new one, pending for so many seconds. */
KjApplication *kj_application_new(const char *domain, const char *target, const char *name, const char *block, const char *text,
                                  guint64 seconds);

/* What is remembered of the name; of a phase NONE when there is nothing. NULL with KJ_ERROR_IO. */
KjApplication *kj_application_read(const char *target, const char *name, GError **error);
/* Of all there are (element-type KjApplication), in order of their blocks. NULL with KJ_ERROR_IO. */
GPtrArray *kj_application_list(GError **error);
/* Remembers it: it is on the disk when this returns. */
gboolean kj_application_write(KjApplication *application, KjApplicationPhase phase, GError **error);

/* One at a time changes what is in force under a name. -1 with KJ_ERROR_REFUSED when another does and `wait` is FALSE. Unlock with
 * kj_application_unlock. */
int kj_application_lock(const char *target, const char *name, gboolean wait, GError **error);
void kj_application_unlock(int lock);

/* Milliseconds; 0: its time is over, or the machine was started again since. */
gint64 kj_application_left(const KjApplication *application);
/* NULL with KJ_ERROR_UNABLE when the domain has none. */
const KjEnforcerDefinition *kj_application_enforcer(const KjApplication *application, GError **error);
/* Puts in force what was before. Only under the lock. May be done again when it was interrupted. */
gboolean kj_application_undo(KjApplication *application, GError **error);

/* Puts it in force; `watched`: a process undoes it when its time is over, else it is kept at once. Only under the lock. FALSE with KJ_ERROR_REFUSED or another error, and what was in
 * force before is again, or the message says that it is not. */
gboolean kj_application_put(KjApplication *application, gboolean watched, GError **error);
/* Whether what is in force is something else by now; *problem (free with g_free) when that cannot be seen. */
gboolean kj_application_has_drifted(const KjApplication *application, char **problem);

/* Starts the process that undoes it when its time is over (apply_watch.c). It outlives this process and its session. */
gboolean kj_application_watch(const KjApplication *application, GError **error);
/* Whether there is one. */
gboolean kj_application_is_watched(const KjApplication *application);

/* The file of that suffix of the name in the state folder, which is made where it is not there. NULL with KJ_ERROR_IO. */
char *kj_application_file(const char *target, const char *name, const char *suffix, GError **error);

#endif
