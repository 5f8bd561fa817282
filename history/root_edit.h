/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preparing the next version of a root: what stays, and what is to be otherwise.
 *
 * An edit begins with everything that the version before says (or with nothing) and is changed step by step, each step a line of the table below. Whether the
 * outcome holds together is asked once, at the end, by the one judge of roots (root.h).
 */
#ifndef KJ_ROOT_EDIT_H
#define KJ_ROOT_EDIT_H

#include "root.h"

typedef enum {                /* in the order in which several are best made */
    KJ_ROOT_EDIT_REMOVE = 0,  /* NAME, with all his keys, or the fingerprint of one key */
    KJ_ROOT_EDIT_REVOKE,      /* FINGERPRINT=SERIAL, or NAME=SERIAL for all of somebody's keys: not good from that release on */
    KJ_ROOT_EDIT_MAY_NOT,     /* root=NAME, release=NAME */
    KJ_ROOT_EDIT_SIGNER,      /* NAME=KEYFILE: his key, and he may sign roots and releases */
    KJ_ROOT_EDIT_PERSON,      /* NAME=KEYFILE: his key */
    KJ_ROOT_EDIT_RECOVERY,    /* NAME=KEYFILE */
    KJ_ROOT_EDIT_MAY,         /* root=NAME, release=NAME */
    KJ_ROOT_EDIT_THRESHOLD,   /* root=N, release=N, recovery=N */
    KJ_ROOT_EDIT_DEPUTY,      /* NAME=FIRST,SECOND,...; NAME= for none */
    KJ_ROOT_EDIT_EXPIRES,     /* an instant as statements write it */
    KJ_ROOT_EDITS,
} KjRootEditKind;

typedef struct KjRootEdit KjRootEdit;

/* `before`: the root that it follows, or NULL for the first; must outlive it. Free with kj_root_edit_free. */
KjRootEdit *kj_root_edit_new(const KjRoot *before);
void kj_root_edit_free(KjRootEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjRootEdit, kj_root_edit_free)

/* FALSE with KJ_ERROR_VALUE (what to write instead) or KJ_ERROR_IO (a key's file). */
gboolean kj_root_edit_apply(KjRootEdit *edit, KjRootEditKind kind, const char *argument, GError **error);

/* How many people may do `what` ("root", "release"), or hold a recovery key ("recovery"), as it stands. */
guint kj_root_edit_count(const KjRootEdit *edit, const char *what);
/* Whether it says a threshold for `what`. */
gboolean kj_root_edit_has_threshold(const KjRootEdit *edit, const char *what);

/* The next version, unsigned. NULL with KJ_ERROR_VALUE: nothing changes, or it does not hold together. */
KjStatement *kj_root_edit_finish(const KjRootEdit *edit, const char *signer, gint64 date, GError **error);

#endif
