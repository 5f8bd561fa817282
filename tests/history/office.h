/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An office with a repository, a root, people with keys, and a policy with governance: what releases are tested with. */
#ifndef KJ_TEST_OFFICE_H
#define KJ_TEST_OFFICE_H

#include "../../history/desk.h"
#include "keys.h"

/* abe and baba own procedures; chiba, doi and endo are the board; sato writes, ono releases; mallory is nobody. */
enum { ABE, BABA, CHIBA, DOI, ENDO, SATO, ONO, MALLORY, PEOPLE };

#define CONTEXT "production"

typedef struct {
    KjTestKeys *keys; /* one of each person, and a second one of sato's as the last */
    char *folder;
    KjRepository *repository;
    GPtrArray *paths, *texts; /* char *: the files as they are now */
    gint64 now;
} Office;

extern const char *const office_names[PEOPLE];
#define OFFICE_SECOND_KEY PEOPLE /* of sato */

typedef struct {
    const char *name;
    void (*test)(void);
} OfficeTest;

/* What main() of a test of offices is: "/history/FOLDER/NAME", skipped without ssh-keygen. */
int office_run(int argc, char **argv, const char *folder, const OfficeTest *tests, guint count);

/* With its first release. */
Office *office_new(void);
/* The same of files one of which is edited before. */
Office *office_new_edited(const char *path, const char *before, const char *after);
void office_free(Office *office);

/* Another version of the root with these lines more, and without lines that begin with `without` (NULL: none); signed by `who` and `other`. */
void office_new_root(Office *office, const KjStatementValue *more, guint count, const char *without, guint who, guint other);

KjDesk *office_desk(Office *office);
/* The first `before` of the file `path` becomes `after`; a file that is not there is made of `after`; `after` NULL removes it. */
void office_edit(Office *office, const char *path, const char *before, const char *after);
KjWorkspace *office_workspace(const Office *office);

/* A statement in the chain of the key, with the signer's name, the one before and the date given. Its digest; free with g_free. */
char *office_say(Office *office, guint key, KjStatementKind kind, const KjStatementValue *values, guint count);
/* Proposes the files as they are. */
char *office_propose(Office *office, guint who, const char *author);
/* Approves the change of the unit as the files are, for so many days. */
char *office_approve(Office *office, guint key, const char *unit, guint days);
/* The same changes as an emergency. */
char *office_declare(Office *office, guint who, guint hours);

/* The next release of the files as they are, signed by `who`; `emergency`: its digest, or NULL. */
gboolean office_release(Office *office, guint who, const char *emergency, GError **error);
gboolean office_heartbeat(Office *office, guint who, GError **error);

/* What a host makes of what is published: a verifier that starts from the root alone. */
KjVerifier *office_host(Office *office);
gboolean office_judge(Office *office, KjVerifier *host, GError **error);
git_oid office_head(Office *office);

#endif
