/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host fetches from, good and bad: commits made by hand, and servers that speak as much of git's protocol as they want to. */
#ifndef KJ_TEST_SOURCE_H
#define KJ_TEST_SOURCE_H

#include "../../history/repository.h"

/* One entry of a tree. `text` is a blob's; for a submodule it is ignored. */
typedef struct {
    const char *name, *text;
    git_filemode_t mode;
} KjTestEntry;

/* Writes a commit of these entries behind what `reference` (may be NULL) names, and moves it. */
git_oid kj_test_commit(KjRepository *repository, const char *reference, const KjTestEntry *entries, guint count);

typedef enum {
    KJ_TEST_SERVER_GIT = 1,  /* git upload-pack itself */
    KJ_TEST_SERVER_SILENT,   /* takes the connection and says nothing */
    KJ_TEST_SERVER_SLOW,     /* one byte of its references at a time */
    KJ_TEST_SERVER_NAMES,    /* references without end */
    KJ_TEST_SERVER_TALK,     /* messages without end, before the pack */
    KJ_TEST_SERVER_PACK,     /* a pack of one object without end */
} KjTestServerKind;

typedef struct KjTestServer KjTestServer;

/* Serves `folder` on 127.0.0.1; `reference` is what the false ones say they have. Free with kj_test_server_free, which ends it. */
KjTestServer *kj_test_server_new(KjTestServerKind kind, const char *folder, const char *reference);
const char *kj_test_server_url(const KjTestServer *server); /* git://127.0.0.1:PORT/ */
void kj_test_server_free(KjTestServer *server);

#endif
