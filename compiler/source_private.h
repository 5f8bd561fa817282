/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files in memory (source.c) and the reading of them (source_read.c) share. Nobody else includes this. */
#ifndef KJ_SOURCE_PRIVATE_H
#define KJ_SOURCE_PRIVATE_H

#include "source.h"
#include "translate.h"

#define KJ_POLICY_SUFFIX ".pol"

typedef struct {
    KjSourceFile public; /* points to what is below */
    char *path, *module, *text;
    gsize length;
    gboolean refused; /* not readable, or not a text; see source.c */
    GArray *lines;    /* guint32 offsets of line starts, or NULL so far */
} KjLoadedFile;

struct KjSources {
    GPtrArray *files;     /* KjLoadedFile */
    GHashTable *modules;  /* name -> index */
    GHashTable *paths;    /* path -> index, of files that were not refused */
    GHashTable *overlays; /* path -> GBytes that stand for the file on disk */
    char *root;           /* the workspace's real path, or NULL for one in memory */
    char *called;         /* the name of a file given alone, if not its own */
    KjSourceStore store;  /* where the workspace lies if not there; `read` is NULL for none */
};

/* Adds a file and judges its text, which it takes; `text` is NULL for a file that could not be read and was reported. Returns its index. */
guint32 kj_sources_take(KjSources *sources, const char *path, char *text, gsize length, KjDiagnostics *diagnostics);

/* Was it reported as unusable? */
gboolean kj_sources_refused(const KjSources *sources, guint32 file);

#endif
