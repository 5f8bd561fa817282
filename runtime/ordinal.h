/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ordinals: every value of a numeric type as one point of a line.
 *
 * An IPv4 address is family 4 and a number below 2^32; an IPv6 address family 6 and a number below 2^128; everything else (integers,
 * sizes in bytes, durations in seconds, dates as days since 1970-01-01, enumeration indices, booleans) family 0 and a number below
 * 2^64. Families never compare equal, so an IPv4 address can never match an IPv6 rule.
 */
#ifndef KIJUN_ORDINAL_H
#define KIJUN_ORDINAL_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    guint64 family;
    guint64 high;
    guint64 low;
} KjOrdinal;

typedef struct {
    KjOrdinal low, high; /* both inclusive */
} KjInterval;

static inline int kj_ordinal_compare(KjOrdinal a, KjOrdinal b) {
    if (a.family != b.family)
        return a.family < b.family ? -1 : 1;
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static inline KjOrdinal kj_ordinal_number(guint64 number) {
    return (KjOrdinal){ 0, 0, number };
}

/* The next point of the line of one type. The point after 255.255.255.255 is `::`. FALSE at the end of the line. */
static inline gboolean kj_ordinal_next(KjOrdinal *ordinal) {
    if (ordinal->family == 4 && ordinal->low == G_MAXUINT32) {
        *ordinal = (KjOrdinal){ 6, 0, 0 };
        return TRUE;
    }
    if (++ordinal->low != 0)
        return TRUE;
    if (ordinal->family == 6 && ++ordinal->high != 0)
        return TRUE;
    return FALSE;
}

/* The point before; undefined at the start of a line. */
static inline KjOrdinal kj_ordinal_previous(KjOrdinal ordinal) {
    if (ordinal.family == 6 && ordinal.high == 0 && ordinal.low == 0)
        return (KjOrdinal){ 4, 0, G_MAXUINT32 };
    if (ordinal.low-- == 0)
        ordinal.high--;
    return ordinal;
}

G_END_DECLS

#endif
