/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mail servers are set up to forward: mailboxes as nodes, forwards as edges between them, read from maps, .forward files and Sieve scripts.
 */
#ifndef KJ_MAIL_AUDIT_H
#define KJ_MAIL_AUDIT_H

#include <kijun/plugin.h>

/* ---- graph.c ---- */

typedef struct KjMailGraph KjMailGraph;

KjMailGraph *kj_mail_graph_new(void);
void kj_mail_graph_free(KjMailGraph *graph);
/* Addresses at these domains ("a.example,b.example") are the same mailboxes. */
void kj_mail_graph_local(KjMailGraph *graph, const char *domains);
/* Mail for `mailbox` goes to `target`, both full addresses; a mailbox "@domain" is every other one there. One that goes to itself keeps a copy. */
void kj_mail_graph_add(KjMailGraph *graph, const char *mailbox, const char *target, const char *file, guint line);
/* Tells every forward from every mailbox to where it ends, and loops. */
void kj_mail_graph_tell(KjMailGraph *graph, KjAuditSink *sink);

/* ---- targets.c: what stands to the right of an alias, or in a .forward file ---- */

/* Who forwards, and where that is written. */
typedef struct {
    KjMailGraph *graph;
    KjAuditSink *sink;
    const char *mailbox, *domain; /* of names without one */
    const char *file;
    guint line;
    guint depth; /* of :include: files */
} KjMailSource;

/* One address, |program, /file, :include:/file, \name, of which quotation marks and comments have not been taken off yet. */
void kj_mail_add_target(const KjMailSource *source, const char *text);
/* Several, with commas or line ends between them; source->line is that of the first. */
void kj_mail_add_targets(const KjMailSource *source, const char *text);
/* Whether it is local@domain, without what would end an address. */
gboolean kj_mail_is_address(const char *text);
void kj_mail_tell(const KjMailSource *source, KjAuditKind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* ---- sieve.c: RFC 5228 ---- */

#define KJ_SIEVE_BYTES_MAX (1u << 20)
#define KJ_SIEVE_NESTING_MAX 32u /* RFC 5228 asks for 15 */

typedef struct {
    const char *name; /* of the command, as it was written */
    guint line;
    const GPtrArray *tags;    /* utf8: ":copy" */
    const GPtrArray *strings; /* utf8: those of all its arguments in order; a tag's own value stands among them */
    gboolean expands;         /* `${...}` in strings means something else: variables or encoded-character are required before */
} KjSieveCommand;

/* Every command in order, whatever condition it stands under, tests left out. FALSE when it is no Sieve script, with where and why. */
gboolean kj_sieve_read(const char *bytes, gsize length, void (*take)(const KjSieveCommand *command, gpointer data), gpointer data,
                       GError **error);

/* ---- the forms: maps.c, scripts.c ---- */

gboolean kj_mail_read_aliases(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error);
gboolean kj_mail_read_virtual(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error);
gboolean kj_mail_read_forward(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                              KjAuditSink *sink, GError **error);
gboolean kj_mail_read_sieve(void *graph, const char *owner, const char *user, const char *path, const char *bytes, gsize length,
                            KjAuditSink *sink, GError **error);

#endif
