/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many: points of numeric fields exactly, up to all of IPv6; classes and named values of the others. The two are never one number.
 */
#ifndef KJ_COUNT_H
#define KJ_COUNT_H

#include "universe.h"

/* A number up to 2^192. */
typedef struct {
    guint64 part[3]; /* least first */
} KjCount;

void kj_count_add(KjCount *a, KjCount b);
int kj_count_compare(KjCount a, KjCount b);
/* "65536"; free with g_free. */
char *kj_count_text(KjCount count);
/* For people: exact to a million, else to two digits or the whole of a unit: "4.3 billion", "1.2 × 10^20"; a power of two above 2^40 as "2^64". ja: "43億". Free
 * with g_free. */
char *kj_count_words(KjCount count, const char *language);

typedef struct {
    gboolean numeric;
    KjCount points;    /* numeric: how many values, missing not counted */
    KjCount ipv4;      /* of addresses: those of IPv4; the others are points - ipv4 */
    guint named;       /* not numeric: values the policy names */
    gboolean others;   /* not numeric: and values nobody named */
    gboolean all_others; /* these are all values nobody named */
    gboolean all;      /* every value there is */
} KjFieldCount;

/* Of the values of some classes of a joint value field. */
void kj_count_field(KjUniverse *universe, guint field, const KjClassSet *classes, KjFieldCount *count);
/* "12 addresses", "4.3 billion IPv4 and 2^64 IPv6 addresses", "3 named principals and all others", "all addresses", from the field's type. Free with g_free. */
char *kj_count_field_text(KjUniverse *universe, guint field, const KjFieldCount *count, const char *language);

/* The logarithm to base 2 of the share of the whole that a box takes, every class weighed by its points on numeric fields and alike on others; <= 0. IPv4 and
 * IPv6 are half of all addresses each: by number of points nothing of IPv4 would ever be worth a line. For ordering only. */
double kj_count_share(KjUniverse *universe, const KjBox *box);

#endif
