/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Policies named by a revision: `REV:` is the root of the repository at REV, `REV:path` a folder or file of it (`main:policies`,
 * `HEAD~1:`). As in git, `REV:./path` is relative to the current folder, and with nothing before the colon it is the index. The repository
 * is the one that the current folder lies in.
 *
 * A path with a colon always means a revision, whatever the disk holds, unless it begins with `/`, `./` or `../`: a folder that somebody
 * named `main:` must not stand in for what is in the repository.
 */
#ifndef KJ_REVISION_H
#define KJ_REVISION_H

#include "../compiler/compiler.h"

gboolean kj_revision_form(const char *path);

/* Adds the workspace that `path`, of that form, names. FALSE with KJ_ERROR_IO. */
gboolean kj_revision_add(KjSources *sources, const char *path, KjDiagnostics *diagnostics, GError **error);

/* Reads, parses and checks: kj_compilation_load for every PATH, of that form or not. */
gboolean kj_revision_load(KjCompilation *compilation, const char *path, GError **error);

/* The bytes of one file (a table). NULL with KJ_ERROR_IO. Free with g_bytes_unref. */
GBytes *kj_revision_read(const char *path, GError **error);

/* The id of the commit that `path` names; NULL when it names none. Free with g_free. */
char *kj_revision_commit(const char *path);

#endif
