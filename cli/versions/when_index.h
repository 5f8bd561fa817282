/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which text of which unit every release of a context pins: all that a search through a thousand releases needs.
 *
 * It is one text, a line for each release and one for each thing that is not as in the release before, so it is short. It is kept in the cache (cache.h) under the id of the newest commit
 * it speaks of, and read on from there: what was verified once is not verified again by who only reads.
 */
#ifndef KJ_CLI_WHEN_INDEX_H
#define KJ_CLI_WHEN_INDEX_H

#include "past.h"

typedef struct {
    git_oid commit;
    guint64 serial;
    gint64 date;
    gint64 until; /* of an emergency; else 0 */
} KjIndexedRelease;

/* From this release on, until the next such. */
typedef struct {
    guint release;       /* index */
    const char *digest;  /* of the unit's text; NULL: there is no such unit */
    gboolean enforced;   /* by the context */
} KjIndexedUnit;

typedef struct {
    GArray *releases;    /* KjIndexedRelease, first to last */
    GHashTable *units;   /* name -> GArray of KjIndexedUnit */
    GStringChunk *texts;
} KjIndex;

/* NULL with KJ_ERROR_REFUSED or KJ_ERROR_IO. Free with kj_index_free. */
KjIndex *kj_index_new(KjPast *past, GError **error);
void kj_index_free(KjIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjIndex, kj_index_free)

/* How a unit stands in a release. */
KjIndexedUnit kj_index_at(const KjIndex *index, const char *unit, guint release);

/* The unit that `name` means: `module.block`, or `block` where that is unique, of all there have ever been. NULL with KJ_ERROR_UNKNOWN. */
const char *kj_index_find(const KjIndex *index, const char *name, GError **error);

#endif
