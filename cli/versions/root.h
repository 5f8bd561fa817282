/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `kijun root`: what its parts share. root.c changes roots, root_show.c tells them, root_export.c writes them for others. */
#ifndef KJ_CLI_ROOT_H
#define KJ_CLI_ROOT_H

#include "../../history/root_draft.h"
#include "../cli.h"

typedef struct {
    KjRepository *repository;
    GPtrArray *roots;   /* KjRoot */
    const KjRoot *last; /* in force */
    KjSealed *sealed;   /* the same with its signatures */
    GPtrArray *drafts;  /* KjSealed: of the next */
    guint passed_over;  /* references among the drafts that hold none */
    gint64 now;
} KjRootView;

/* "kijun COMMAND: message"; the exit code. */
int kj_root_fail(const GError *error);

/* The root that a draft would be; NULL never, where drafts were read. Free with kj_root_free. */
KjRoot *kj_root_of_draft(const KjSealed *draft);

/* The lines that a draft adds and takes away, "+ key: ..." and "- threshold: ...". Free with g_ptr_array_unref. */
GPtrArray *kj_root_changes(const KjRoot *last, const KjStatement *next);
void kj_root_print_changes(const KjRoot *last, const KjStatement *next);
/* Who has signed a draft, and what it still needs; then how it goes on. */
void kj_root_print_progress(const KjRootView *view, const KjSealed *draft);

/* The root in force and the drafts. */
void kj_root_print(const KjRootView *view);
void kj_root_print_json(const KjRootView *view);

/* What others understand of it, on standard output. The second returns the exit code; `place`: a folder of the last commit, or REV:FOLDER. */
void kj_root_export_allowed_signers(const KjRootView *view);
int kj_root_export_codeowners(const KjRootView *view, const char *place);

#endif
