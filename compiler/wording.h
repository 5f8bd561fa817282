/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Japanese endings, and durations in words. */
#ifndef KJ_WORDING_H
#define KJ_WORDING_H

#include <glib.h>

/* What follows a Japanese fragment. */
typedef enum {
    KJ_ENDING_NONE,
    KJ_ENDING_NOUN,      /* a noun it describes: "…の" / "…する" */
    KJ_ENDING_CASE,      /* "…である場合" / "…する場合" */
    KJ_ENDING_THAT,      /* "…であること" / "…すること" */
    KJ_ENDING_LISTED,    /* another of a row before a noun: "…、" / "…し、" */
    KJ_ENDING_CONTINUED, /* another fragment that holds as well: "…であり" / "…し" */
    KJ_ENDING_WHETHER,   /* another that may hold instead: "…であるか" / "…するか" */
} KjEnding;

/* Whether the end of a Japanese phrase (what stands behind its {}) is a verb or an adjective, and not a noun. */
gboolean kj_wording_is_verbal(const char *end);

/* Appends a Japanese fragment with its ending. `verbal`: it ends in a verb or an adjective. */
void kj_wording_end(GString *out, const char *fragment, gboolean verbal, KjEnding ending);

/* A Japanese phrase that ends in a verb or an adjective, negated; it stays one that does. Free with g_free. */
char *kj_wording_negated(const char *phrase);

/* "60d" as "60 days" or "60日"; what is no number with a unit stays as it is. Free with g_free. */
char *kj_wording_duration(const char *text, gboolean japanese);

#endif
