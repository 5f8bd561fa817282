/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bodies of AuthZEN Authorization API 1.0 requests: what is asked, or why it cannot be read. Pure: bytes in, texts out.
 *
 * An evaluation is given to the domain's own reader as it came. Of several in one body each becomes an evaluation of its own: what stands
 * at the top is the default of each, an entity of an item replaces the default whole, but a `type`, `id` or `name` it leaves out is the
 * default's. A search becomes an evaluation with the candidate in the place of what is searched.
 *
 * What is wrong with the whole (no JSON, a wrong type, an entity missing from a single evaluation) is an error here, and a 400 to the
 * caller; what is wrong with one of several is that one's error.
 */
#ifndef KJ_AUTHZEN_READ_H
#define KJ_AUTHZEN_READ_H

#include "json.h"

G_BEGIN_DECLS

typedef enum {
    KJ_AUTHZEN_EVALUATION = 1,
    KJ_AUTHZEN_EVALUATIONS,
    KJ_AUTHZEN_SUBJECTS, /* these three are searches */
    KJ_AUTHZEN_RESOURCES,
    KJ_AUTHZEN_ACTIONS,
} KjAuthzenKind;

typedef enum { KJ_AUTHZEN_ALL = 1, KJ_AUTHZEN_UNTIL_DENY, KJ_AUTHZEN_UNTIL_PERMIT } KjAuthzenSemantic;

#define KJ_AUTHZEN_ITEMS_MAX 10000u /* evaluations in one body: some 10 ms of deciding */
#define KJ_AUTHZEN_PAGE_MAX 1000u   /* results of one page; who asks for more gets so many */

typedef struct {
    KjAuthzenKind kind;
    KjJson *json;
    const KjJsonValue *items; /* the array of evaluations; NULL: the whole is one */
    KjAuthzenSemantic semantic;
    guint page_limit;       /* of a search: results wanted */
    const char *page_token; /* "" on the first page */
} KjAuthzenAsked;

/* NULL with KJ_ERROR_VALUE. Borrows `bytes`. Free with kj_authzen_asked_free. */
KjAuthzenAsked *kj_authzen_read(KjAuthzenKind kind, const char *bytes, gsize length, GError **error);
void kj_authzen_asked_free(KjAuthzenAsked *asked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KjAuthzenAsked, kj_authzen_asked_free)

/* Appends one item as an evaluation request of its own. FALSE with KJ_ERROR_VALUE when it is none. */
gboolean kj_authzen_append_item(const KjAuthzenAsked *asked, const KjJsonValue *item, GString *out, GError **error);
/* Appends the evaluation that a search asks for one candidate. */
void kj_authzen_append_candidate(const KjAuthzenAsked *asked, const char *candidate, GString *out);

/* The text at `entity`.`member` of a single evaluation, an item with its defaults, or a search; NULL when it is none. `item` may be NULL.
 * */
const char *kj_authzen_text(const KjAuthzenAsked *asked, const KjJsonValue *item, const char *entity, const char *member);

G_END_DECLS

#endif
