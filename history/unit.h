/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units: what an approval is bound to.
 *
 * A unit is one block or standard with everything it is made of: its declaration, the lets, groups, types, standards and data files that it uses, directly or
 * through others, its exceptions, tests, proofs and enforcements (a test of two blocks ties them), the `use` that
 * leads to any of this, and the `module` and `zone` of every file that any of it stands in. One more
 * unit, `*`, is all that remains of the workspace: declarations nobody uses, comments after them, files that are no policy. So every byte of a
 * workspace belongs to at least one unit, and no text escapes approval.
 *
 * A file is cut at the ends of the lines on which declarations end; what stands between two belongs to the second, what stands after the last to the last. The pieces of a unit, in
 * the order of the file, are again policy text, and a workspace of just these pieces has the same unit with the same digest: a host compiles what it is
 * given and finds the digest that was approved.
 *
 * Digest: SHA-256 over `path NUL mode NUL SHA-256 in hexadecimal digits` of each file, in the order of the bytes of paths; of a file that is cut, over its
 * pieces one after another. It depends on no commit, no tree and no other unit.
 *
 * What a name means is not asked: a declaration of that name which the module can see counts as used. Too much only makes an approval lapse once too often.
 */
#ifndef KJ_UNIT_H
#define KJ_UNIT_H

#include "../compiler/compiler.h"

/* A file of the workspace: all there are, policies, data and the rest. */
typedef struct {
    const char *path; /* relative to the workspace */
    guint mode;       /* 0100644 or 0100755 */
    GBytes *bytes;
} KjUnitFile;

/* The pieces of one file that belong to a unit, one after another. */
typedef struct {
    char *path;
    guint mode;
    GBytes *bytes;
} KjUnitPart;

typedef struct {
    char *name;           /* "mail.forwarding", "jp.gov.mail"; "*" */
    const KjBlock *block; /* of the compilation; NULL: the rest */
    GPtrArray *parts;     /* KjUnitPart, by path */
    char digest[65];
} KjUnit;

/* All units of a workspace that compiled, by name, `*` first. `files`: everything in it, each path once; must hold every file that was compiled. Free with
 * g_ptr_array_unref. */
GPtrArray *kj_units_new(const KjCompilation *compilation, const KjUnitFile *files, guint count);

/*
 * What the units of these names (NULL-terminated) are made of, together: a workspace in which each of them is again the same unit, and so is every other block or standard that
 * stands there because one of them needs it. `files` as above. Free with kj_unit_free.
 */
KjUnit *kj_unit_new_together(const KjCompilation *compilation, const KjUnitFile *files, guint count, const char *const *names);
void kj_unit_free(KjUnit *unit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjUnit, kj_unit_free)

/* Its digest, or "none" for NULL: there is no such unit. */
const char *kj_unit_digest(const KjUnit *unit);

/* The unit of this name, or NULL. */
const KjUnit *kj_units_find(const GPtrArray *units, const char *name);

#endif
