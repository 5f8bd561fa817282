/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The AuthZEN Authorization API 1.0 over one block of a point: bodies in, answers out. No HTTP here, so that it can be tried and fuzzed
 * without.
 *
 * Which fields of the block the entities are is the domain's business: its own reader reads each evaluation, and a search finds out by
 * asking it.
 */
#ifndef KJ_AUTHZEN_H
#define KJ_AUTHZEN_H

#include <kijun/plugin.h>

#include "authzen_read.h"
#include "http.h"

G_BEGIN_DECLS

#define KJ_AUTHZEN_ABSENT_MAX 64u

typedef struct {
    char *field, *value;
} KjAbsent;

typedef struct {
    KjPoint *point;
    char *block;
    const KjDomain *domain;
    GArray *absent;       /* KjAbsent: what a field is taken for that a request does not have */
    char **subject_types; /* NULL: any */
    char *url;            /* NULL: no metadata */
    GMutex lock;          /* of the askers nobody uses just now */
    GPtrArray *askers, *quiet_askers;
} KjAuthzen;

/* `absent`: "FIELD=VALUE; FIELD=VALUE"; `subject_types`: "user; service"; each may be NULL. NULL with KJ_ERROR_VALUE, KJ_ERROR_UNKNOWN or
 * KJ_ERROR_PLUGIN. */
KjAuthzen *kj_authzen_new(KjPoint *point, const char *block, const char *absent, const char *subject_types, const char *url,
                          GError **error);
void kj_authzen_free(KjAuthzen *authzen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjAuthzen, kj_authzen_free)
/* Idle askers let go of a table that is no longer the active one. */
void kj_authzen_renew(KjAuthzen *authzen);

/* "FIELD=VALUE; ..." as KjAbsent; NULL with what is wrong. */
GArray *kj_authzen_read_absent(const char *text, GError **error);

/* Answers a body of the kind `which`. Any thread. `authzen` is a KjAuthzen. */
void kj_authzen_serve(gpointer authzen, guint which, const KjHttpRequest *request, KjHttpAnswer *answer);
/* /.well-known/authzen-configuration */
void kj_authzen_describe(gpointer authzen, guint which, const KjHttpRequest *request, KjHttpAnswer *answer);

/* ---- between authzen.c and search.c ---- */

/* Reads an evaluation into the question at hand. */
void kj_authzen_put(const KjAuthzen *authzen, KjAsker *asker, const char *subject_type, const char *bytes, gsize length);
gboolean kj_authzen_knows_type(const KjAuthzen *authzen, const char *subject_type);
/* One page of a search. `asker` is a quiet one. */
void kj_authzen_search(const KjAuthzen *authzen, KjAsker *asker, const KjAuthzenAsked *asked, KjHttpAnswer *answer);

G_END_DECLS

#endif
