/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why: a decision as sentences, and the smallest change to a request that would have let it through.
 *
 *     kj_decide(request, &verdict);
 *     kj_explain(request, &verdict, values, count, "en", out);
 *
 * Works on the request as it was decided: between kj_decide() and these functions the request must not be set or cleared. They allocate, and
 * may take some thousand times as long as a decision.
 */
#ifndef KIJUN_EXPLAIN_H
#define KIJUN_EXPLAIN_H

#include <kijun/kijun.h>

G_BEGIN_DECLS

/* One field as the caller gave it. A request keeps no texts; who wants to read them in an explanation passes them. */
typedef struct {
    int field;        /* as kj_table_find_field gives it */
    const char *text; /* NULL: an empty set */
} KjAskedValue;

/* Appends what was asked, what decided, with which obligations and message, which rules failed to match and why, and on a refusal the near
 * miss. Lines end in '\n'. `language` is "en" or "ja"; `values` may be NULL. */
void kj_explain(KjRequest *request, const KjVerdict *verdict, const KjAskedValue *values, guint count, const char *language, GString *out);

/* A verdict's problem in the language gettext speaks: deciding itself looks nothing up. Free with g_free. */
char *kj_explain_problem(const char *problem);

#define KJ_NEAR_MISS_CHANGES 4 /* fields */
#define KJ_NEAR_MISS_PARTS 16

/* A request that differs in a few fields only and is let through. The time is one field, and so is a set with all its members. */
typedef struct {
    guint32 rule; /* that would decide (absolute); KJ_RULE_DEFAULT: the default would */
    guint fields; /* how many fields differ */
    guint count;  /* how they differ, in as many parts: */
    struct {
        guint field; /* relative to the block; a derived field (time, member, comparison) too */
        guint32 klass;
    } changes[KJ_NEAR_MISS_PARTS];
    gboolean has_instant; /* the time is one of the fields: */
    gint64 instant;       /* such a time */
} KjNearMiss;

/* After a refusal: the change of the fewest fields that turns the answer into a permission or a limit. FALSE when the verdict was none, or there is
 * no such change of at most KJ_NEAR_MISS_CHANGES fields within the search's bounds. Within those bounds no smaller change exists. */
gboolean kj_explain_nearest(KjRequest *request, const KjVerdict *verdict, KjNearMiss *miss);

/* Appends the changes on one line: "port 80; without tls". */
void kj_explain_changes(const KjRequest *request, const KjNearMiss *miss, const char *language, GString *out);

G_END_DECLS

#endif
