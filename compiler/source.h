/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes to validated text, spans, and the files of a workspace.
 *
 * A KjSources holds every file of one compilation, each read once, capped, proved to be UTF-8 without NUL or bidirectional controls.
 * A span is a byte range in one of them; line and column are computed only when somebody asks.
 */
#ifndef KJ_SOURCE_H
#define KJ_SOURCE_H

#include <glib.h>

typedef struct {
    guint32 file; /* index in KjSources; G_MAXUINT32: no place */
    guint32 start, end; /* bytes, end exclusive */
} KjSpan;

#define KJ_SPAN_NONE ((KjSpan){ G_MAXUINT32, 0, 0 })

typedef struct KjSources KjSources;
typedef struct KjDiagnostics KjDiagnostics;

typedef struct {
    const char *path;   /* relative to the workspace, '/' between folders; what messages show */
    const char *module; /* dotted module name that the path gives, `-` read as `_`; "" for data files */
    const char *text;   /* NUL-terminated; `length` bytes of UTF-8 */
    gsize length;
} KjSourceFile;

/* Free with kj_sources_free. */
KjSources *kj_sources_new(void);
void kj_sources_free(KjSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjSources, kj_sources_free)

/* Adds every .pol file below `path` (a folder, files sorted by path) or the one file `path`. Problems with the text are diagnostics; FALSE with
 * KJ_ERROR_IO when `path` itself cannot be read. A file given alone is a workspace of one module; data files are then looked up beside it. */
gboolean kj_sources_add_path(KjSources *sources, const char *path, KjDiagnostics *diagnostics, GError **error);

/* Before adding one file alone: what it is called in place of its own name. Copies the name. */
void kj_sources_call(KjSources *sources, const char *name);

/* Adds a file from memory (tests, editors, git blobs); copies the text. Returns its index, or G_MAXUINT32 when the text is refused. */
guint32 kj_sources_add_text(KjSources *sources, const char *path, const char *text, gsize length, KjDiagnostics *diagnostics);

/* Before adding a path: the file called `path` in messages has this text, whatever the disk says (a text that is being mended or edited). Only
 * a file that exists is read at all. Copies the text. */
void kj_sources_overlay(KjSources *sources, const char *path, const char *text, gsize length);

/* A workspace that lies elsewhere than on the disk (a git tree). `read` gives 0 and the text of a file, with a NUL after it, or an errno: ENOENT, ENOTSUP (no
 * regular file), EFBIG, EIO; with `text` NULL only whether there is such a file. Paths are relative to the workspace, as those of KjSourceFile. */
typedef struct {
    int (*read)(gpointer data, const char *path, char **text, gsize *length);
    gpointer data;
    GDestroyNotify free; /* of data; may be NULL */
} KjSourceStore;

/* The files of this name in the store, in the order of their bytes, and from now on its data files. Takes `store->data`. */
void kj_sources_add_store(KjSources *sources, const KjSourceStore *store, const char *const *paths, guint count,
                          KjDiagnostics *diagnostics);

/* A data file (CSV) named by the string at `span` in a module, relative to that module's folder; read once. NULL with a diagnostic. Never leaves the workspace. */
const KjSourceFile *kj_sources_data(KjSources *sources, KjSpan span, const char *name, guint32 *file, KjDiagnostics *diagnostics);

guint32 kj_sources_count(const KjSources *sources);
const KjSourceFile *kj_sources_file(const KjSources *sources, guint32 file);

/* 1-based line; 1-based column in code points. */
void kj_sources_position(const KjSources *sources, guint32 file, guint32 offset, guint *line, guint *column);

#endif
